import type { InstanceHistory, RunRecord } from "./history.ts";
import type { Slot } from "./slot.ts";

/** Longest time that Custody waits after failures before it asks again, in milliseconds. */
export const LONGEST_WAIT = 60 * 60_000;

/**
 * The run after which nobody asked for a slot any more: the last that began by its due time, where that one failed and was logged an
 * hour before the slot at the earliest. It is the reason why a slot is missed: the source was being waited for (docs/FORMAT.md §13.4).
 */
export function waitedAfter(
  { runs }: Pick<InstanceHistory, "runs">,
  { from, due }: Pick<Slot, "from" | "due">,
): RunRecord | undefined {
  const last = runs.findLast(({ started }) => started <= due);
  const failed = last?.outcome === "failed" || last?.outcome === "unavailable";
  return failed && last.at >= from - LONGEST_WAIT ? last : undefined;
}
