import type { Instant, Interval } from "../lib/time.ts";
import { parseCadence, windows } from "../slots/cadence.ts";
import type { Requirement } from "./catalogue.ts";
import { PERIOD } from "./counted.ts";
import type { NilFinding, NilState } from "./nil.ts";
import { windowInWords } from "./nil-return.ts";
import { counted, NOUNS, type ResultWord } from "./vocabulary.ts";

/** A long time, of which each period of its own cadence is a claim by itself: a year says no more than its months do. */

/** The result of one claim that nothing happened. */
export function nilResult({ state, records }: Pick<NilFinding, "state" | "records">): ResultWord {
  // What happened after all is there to be judged; only the claim is gone.
  return state === "withdrawn" && records.length > 0 ? "not_applicable" : RESULTS[state];
}

const RESULTS: Readonly<Record<NilState, ResultWord>> = {
  confirmed: "nil",
  withdrawn: "indeterminate",
  confirmable: "pending",
  occupied: "not_applicable",
  refused: "indeterminate",
  running: "pending",
  unwatched: "no_data",
};

/** Which result stands for all: the first of these that any of them has. */
const WORST: readonly ResultWord[] = ["indeterminate", "no_data", "pending", "nil", "not_applicable"];

/** Every period of the requirement's cadence that a time meets, cut to it at both ends; the time itself where it is but one. */
export function periodsOf({ freshness }: Pick<Requirement, "freshness">, period: Interval, zone: string): Interval[] {
  if (freshness === "on-event") return [period];
  const found = [...windows(parseCadence(freshness, zone), period)].flatMap((window) => {
    const cut = { from: Math.max(window.from, period.from), to: Math.min(window.to, period.to) };
    return cut.from < cut.to ? [cut] : [];
  });
  return found.length > 0 ? found : [period];
}

/** Periods named in a reason; how many more there are is always said. */
const NAMED = 3;

/** What the claims of all periods say together. */
export interface NilOverall {
  readonly result: ResultWord;
  readonly reason: string;
  readonly state: NilState;
  /** Of the periods for which the claim is made, how many are confirmed. */
  readonly n: number;
  readonly of: number;
}

/** One answer from the claims of all periods. No good month hides another one. Pure. */
export function overallOf(claims: readonly NilFinding[], zone: string, asOf: Instant): NilOverall {
  const begun = claims.filter(({ window }) => window.from < asOf);
  const judged = (begun.length > 0 ? begun : claims).map((claim) => ({ claim, result: nilResult(claim) }));
  const result = WORST.find((word) => judged.some((one) => one.result === word)) ?? "no_data";
  const made = judged.filter((one) => one.result !== "not_applicable");
  const n = made.filter((one) => one.result === "nil").length;
  const [noun, many] = NOUNS[(claims[0] as NilFinding).over];
  const lead =
    made.length === 0
      ? `${many} in each of ${counted(judged.length, PERIOD)}, so nothing to confirm`
      : `${n} of ${counted(made.length, PERIOD)} confirmed to be without ${noun}`;
  // A claim that what turned up undid is told, whatever else there is: somebody signed it.
  const told = [
    ...made.filter((one) => one.result === result),
    ...judged.filter((one) => one.result === "not_applicable" && one.claim.state === "withdrawn"),
  ];
  const named = told
    .slice(0, NAMED)
    .map(({ claim: { window, reason } }) => `; ${windowInWords(window, zone)}: ${reason}`);
  const more = told.length > NAMED ? `; and ${told.length - NAMED} more` : "";
  const state = judged.find((one) => one.result === result)?.claim.state ?? "unwatched";
  return { result, reason: `${lead}${named.join("")}${more}`, state, n, of: made.length };
}
