import type { Random } from "./random.ts";
import type { Tally } from "./tally.ts";

/** One way to maltreat the ledger. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  /**
   * Goes on until the budget is spent, and does at least one round. Throws `Failed` when a promise was broken, `Skipped`
   * where this machine lacks what it needs.
   */
  run(random: Random, budget: Budget, tally: Tally, place: Place): Promise<void>;
}

/** Where scenarios find what they need on this machine. */
export interface Place {
  /** Root of the project's source. */
  readonly root: string;
  /** The same tree compiled, with everything that is shipped beside the code. */
  readonly compiled: string;
  /** An empty folder that is gone after the scenario. */
  folder(): Promise<string>;
}

const SHORT = 15_000;

/** Time to spend. */
export class Budget {
  readonly #until: number;
  /** Too little time for what takes long to start. */
  readonly isShort: boolean;

  constructor(ms: number, isShort = ms < SHORT) {
    this.#until = performance.now() + ms;
    this.isShort = isShort;
  }

  /** In ms. */
  get left(): number {
    return Math.max(0, this.#until - performance.now());
  }

  /** A part of what is left, from 0 to 1. */
  share(part: number): Budget {
    return new Budget(this.left * part, this.isShort);
  }

  get isLeft(): boolean {
    return performance.now() < this.#until;
  }

  /** Round numbers from 0 as long as there is time, at least one. */
  *rounds(): Generator<number> {
    let round = 0;
    do yield round++;
    while (this.isLeft);
  }

  /** All of a list in an order drawn by chance, or as much of it as there is time for: at least `least`. Tells the tally how much. */
  *through<T>(items: readonly T[], random: Random, tally: Tally, what: string, least = 1): Generator<T> {
    let done = 0;
    for (const item of random.shuffled(items)) {
      if (done >= least && !this.isLeft) break;
      done += 1;
      yield item;
    }
    tally.remarks.push(`${done} of ${items.length} ${what}`);
  }
}

/** What is needed is not on this machine. */
export class Skipped extends Error {}

/** Adds to an error where it happened, so that it can be made to happen again. */
export async function at<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof Skipped) throw thrown;
    throw new Error(`${where}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
  }
}
