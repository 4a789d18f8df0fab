import type { Instant } from "../lib/time.ts";
import type { Moment } from "./moment.ts";

/** One thing that was said about when something happened, and by which record. */
export interface Statement extends Moment {
  readonly index: number;
}

/** What counts of all that was said. */
export interface Settled {
  readonly said: Statement;
  /** Those that cannot be true at once with the one that counts. */
  readonly against: readonly Statement[];
}

const end = ({ at, precision }: Moment): Instant => at + precision;
const holds = (outer: Moment, inner: Moment): boolean => outer.at <= inner.at && end(inner) <= end(outer);

/**
 * The careful reading of several words about one moment: what is only less exact is no contradiction, the exact one counts;
 * of those that contradict each other the earliest counts where a clock starts, and the latest where one ends.
 */
export function settle(statements: readonly Statement[], careful: "earliest" | "latest"): Settled | undefined {
  const exact = statements.filter(
    (one, i) => !statements.some((other, j) => i !== j && holds(one, other) && (!holds(other, one) || j < i)),
  );
  const sorted = [...exact].sort((a, b) =>
    careful === "earliest" ? a.at - b.at || a.index - b.index : end(b) - end(a) || a.index - b.index,
  );
  const [said, ...rest] = sorted;
  return said === undefined ? undefined : { said, against: rest };
}

/** True where it is certain that one was before the other, however exactly both are known. */
export function isBefore(a: Moment, b: Moment): boolean {
  return end(a) <= b.at;
}
