import type { Instant } from "../lib/time.ts";
import type { InstanceHistory } from "./history.ts";
import { laterOf, seenTo } from "./record.ts";
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
  /** The same without the grace: what is covered is one window old then. */
  readonly overBy: Instant | undefined;
}

/**
 * How old the evidence of an instance is. It is stale when more than one window of the required cadence and the grace
 * have passed since `coveredTo`. All of it is derived from entries logged up to `asOf`: no date that decides it can be
 * edited. A pause does not make old evidence newer; whether it matters is the reader's question.
 */
export function freshnessOf(history: InstanceHistory, asOf: Instant): Freshness {
  const coveredTo = coveredBy(history, asOf);
  const [overBy, dueBy] = oneWindowLater(history, coveredTo ?? history.configuredSince, asOf);
  if (coveredTo === undefined) return { state: "never", coveredTo, staleSince: undefined, dueBy, overBy };
  const stale = dueBy !== undefined && asOf > dueBy;
  return { state: stale ? "stale" : "current", coveredTo, staleSince: stale ? dueBy : undefined, dueBy, overBy };
}

function coveredBy(history: InstanceHistory, asOf: Instant): Instant | undefined {
  if (asOf >= history.log.asOf) return history.coveredTo;
  let latest: Instant | undefined;
  for (const run of history.runs) if (run.at <= asOf) latest = laterOf(latest, seenTo(run));
  return latest;
}

/**
 * The same point of the next window, without and with its grace. Windows differ in length (months, days with a change of clocks), so
 * the point is a fraction: more coverage can then never make evidence stale earlier.
 */
function oneWindowLater(history: InstanceHistory, at: Instant, asOf: Instant): [over: Instant, due: Instant] | [] {
  const [current, next] = firstTwo(slotsFrom(history, at, asOf));
  if (!current || !next) return [];
  const fraction = (at - current.from) / (current.to - current.from);
  const over = next.from + Math.round(fraction * (next.to - next.from));
  return [over, over + (next.due - next.to)];
}

function firstTwo<T>(items: Iterable<T>): T[] {
  const found: T[] = [];
  for (const item of items) if (found.push(item) === 2) break;
  return found;
}
