import type { Clock } from "../lib/clock.ts";

/** How many sources are asked at once where nothing is said: enough to be quick, few enough for a small machine. */
const DEFAULT_PLACES = 8;
/** Who takes longer than this no longer counts: sources that hang must not keep others out. */
const PATIENCE = 60_000;

/** Room for some runs at once. A run that takes long gives its place away and goes on. */
export class Room {
  readonly #clock: Clock;
  readonly #places: () => number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(clock: Clock, places: () => number = () => DEFAULT_PLACES) {
    this.#clock = clock;
    this.#places = places;
  }

  /** Resolves when there is room, in the order of the calls; call the result when done. */
  async enter(): Promise<() => void> {
    while (this.#inside >= this.#places()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#inside += 1;
    const left = new AbortController();
    const leave = () => {
      if (left.signal.aborted) return;
      left.abort();
      this.#inside -= 1;
      this.#waiting.shift()?.();
    };
    this.#clock.sleep(PATIENCE, left.signal).then(leave, () => {});
    return leave;
  }
}
