/** What is counted, and how the table heads it. */
const COLUMNS = {
  rounds: "rounds",
  callsFailed: "calls failed",
  requests: "requests disturbed",
  kills: "kills",
  jumps: "clock jumps",
  full: "full disks",
  schedules: "schedules",
  acknowledged: "acknowledged",
  lost: "lost",
  unmasked: "lies unmasked",
  verified: "stores verified",
  second: "by the second reader",
} as const;

export type Count = keyof typeof COLUMNS;

/** What was done and what came of it. Each number is counted where it happens, never worked out from the plan. */
export class Tally {
  readonly #counts = new Map<Count, number>();
  /** Sentences for people: what was left out and why, how much of an exhaustive list was reached. */
  readonly remarks: string[] = [];

  add(what: Count, n = 1): void {
    this.#counts.set(what, this.get(what) + n);
  }

  get(what: Count): number {
    return this.#counts.get(what) ?? 0;
  }

  addAll(other: Tally): void {
    for (const [what, n] of other.#counts) this.add(what, n);
  }

  /** `12 kills, 340 acknowledged, 0 lost`; what did not happen is left out, except losses. */
  toString(): string {
    return (Object.keys(COLUMNS) as Count[])
      .filter((what) => this.get(what) > 0 || what === "lost")
      .map((what) => `${COLUMNS[what]} ${this.get(what)}`)
      .join(" · ");
  }
}
