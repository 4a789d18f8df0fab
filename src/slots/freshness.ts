import type { Instant } from "../lib/time.ts";
import type { InstanceHistory } from "./history.ts";
import { slotsFrom } from "./slot.ts";

export interface Freshness {
  /** `never`: no run has covered anything yet. */
  readonly state: "current" | "stale" | "never";
  /** The latest moment of the source's time that was seen. */
  readonly coveredTo: Instant | undefined;
  /** Set when stale: the last moment at which it was not. */
  readonly staleSince: Instant | undefined;
  /** Something newer must be covered by then; undefined before the first configuration. */
  readonly dueBy: Instant | undefined;
}

/**
 * How old the evidence of an instance is. It is stale when more than one window of the required cadence and the grace
 * have passed since `coveredTo`. All of it is derived from entries logged up to `asOf`: no date that decides it can be
 * edited. A pause does not make old evidence newer; whether it matters is the reader's question.
 */
export function freshnessOf(history: InstanceHistory, asOf: Instant): Freshness {
  let coveredTo: Instant | undefined;
  for (const run of history.runs) {
    if (run.at > asOf) continue;
    for (const seen of [run.covered.at(-1)?.to, run.instants.at(-1)]) {
      if (seen !== undefined && seen > (coveredTo ?? Number.NEGATIVE_INFINITY)) coveredTo = seen;
    }
  }
  const dueBy = oneWindowLater(history, coveredTo ?? history.configuredSince, asOf);
  if (coveredTo === undefined) return { state: "never", coveredTo, staleSince: undefined, dueBy };
  const stale = dueBy !== undefined && asOf > dueBy;
  return { state: stale ? "stale" : "current", coveredTo, staleSince: stale ? dueBy : undefined, dueBy };
}

/**
 * The same point of the next window, plus its grace. Windows differ in length (months, days with a change of clocks), so
 * the point is a fraction: more coverage can then never make evidence stale earlier.
 */
function oneWindowLater(history: InstanceHistory, at: Instant, asOf: Instant): Instant | undefined {
  const [current, next] = firstTwo(slotsFrom(history, at, asOf));
  if (!current || !next) return undefined;
  const fraction = (at - current.from) / (current.to - current.from);
  return next.from + Math.round(fraction * (next.to - next.from)) + (next.due - next.to);
}

function firstTwo<T>(items: Iterable<T>): T[] {
  const found: T[] = [];
  for (const item of items) if (found.push(item) === 2) break;
  return found;
}
