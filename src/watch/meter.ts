import { isCustodyError } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";

/** Upper bounds of the buckets of a histogram, in seconds. */
const BOUNDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;

/** How long things took: cumulative counts per bound, as Prometheus has them. */
export class Histogram {
  readonly #counts = BOUNDS.map(() => 0);
  #sum = 0;
  #count = 0;

  /** Takes a duration in milliseconds; one that a clock made negative counts as none. */
  observe(ms: number): void {
    const seconds = Math.max(0, ms) / 1_000;
    BOUNDS.forEach((bound, i) => {
      if (seconds <= bound) this.#counts[i] = (this.#counts[i] ?? 0) + 1;
    });
    this.#sum += seconds;
    this.#count += 1;
  }

  get buckets(): readonly { readonly le: number; readonly count: number }[] {
    return BOUNDS.map((le, i) => ({ le, count: this.#counts[i] ?? 0 }));
  }

  /** In seconds. */
  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#count;
  }
}

/** What this process did since it began: the numbers that no record holds. */
export class Meter {
  readonly appends = new Histogram();
  readonly #sources = new Map<string, Histogram>();
  #underWay = 0;
  #failing: { readonly code: string; readonly since: Instant; readonly last: Instant } | undefined;
  /** Runs that were due when the schedule was worked out last. */
  due = 0;
  /** When that was. */
  lastRound: Instant | undefined;
  /** The code of the contradiction for which nothing is written any more. */
  halted: string | undefined;
  /** When the dead man's switch was told last. */
  pinged: Instant | undefined;

  get underWay(): number {
    return this.#underWay;
  }

  /** How long runs took, by instance. */
  get sources(): ReadonlyMap<string, Histogram> {
    return this.#sources;
  }

  /** Since when nothing could be written, why, and when that was tried last; undefined while the newest attempt went well. */
  get failing(): { readonly code: string; readonly since: Instant; readonly last: Instant } | undefined {
    return this.#failing;
  }

  /** Measures one run of an instance. */
  async run<T>(instance: string, now: () => Instant, work: () => Promise<T>): Promise<T> {
    const began = now();
    const of = this.#sources.get(instance) ?? new Histogram();
    this.#sources.set(instance, of);
    this.#underWay += 1;
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
      of.observe(now() - began);
    }
  }

  /** Measures one write to the ledger, and remembers whether the newest one went well. */
  async append<T>(now: () => Instant, work: () => Promise<T>): Promise<T> {
    const began = now();
    try {
      const done = await work();
      this.appends.observe(now() - began);
      this.#failing = undefined;
      return done;
    } catch (error) {
      const code = isCustodyError(error) ? error.code : "BUG";
      // What was wrong with the input says nothing about the store.
      const ours =
        code.startsWith("STORE_") || code === "CLOCK_WRONG" || (isCustodyError(error) && error.kind === "fatal");
      if (ours) this.#failing = { code, since: began, ...this.#failing, last: now() };
      throw error;
    }
  }
}
