import type { Instant } from "../lib/time.ts";
import { freshnessOf } from "../slots/freshness.ts";
import type { InstanceHistory } from "../slots/history.ts";
import { expectationOf } from "../slots/plan.ts";

/**
 * How the newest evidence of a collector stands. Let *covered* be the latest moment of the source's time that was seen,
 * *period* one window of the required cadence from there, and *grace* what follows it.
 * - `current`: covered less than three quarters of a period ago.
 * - `due-soon`: in the last quarter of the period; nothing is late.
 * - `late`: the period is over, the grace is not: what comes now is still in time.
 * - `stale`: the grace is over as well.
 * - `never`: nothing was ever collected; whether that is overdue, the gap `first` says.
 * - `paused`, `retired`: nothing is required now, however old the evidence is.
 * It says nothing about holes further back: those are gaps.
 */
export const STANDINGS = ["current", "due-soon", "late", "stale", "never", "paused", "retired"] as const;
export type Standing = (typeof STANDINGS)[number];

/** Part of the period at whose end evidence is due soon. */
const SOON = 0.25;

/** The standing of a collector as of a moment: a function of the entries logged up to then. */
export function standingOf(instance: InstanceHistory, asOf: Instant, soon: number = SOON): Standing {
  const expectation = expectationOf(instance, asOf);
  if (expectation !== "expected") return expectation;
  const { state, coveredTo, dueBy, overBy } = freshnessOf(instance, asOf);
  if (state !== "current" || coveredTo === undefined || dueBy === undefined || overBy === undefined) return state;
  if (asOf > overBy) return "late";
  return asOf > overBy - (overBy - coveredTo) * soon ? "due-soon" : "current";
}
