import type { InstanceRecord } from "../evidence/entry.ts";

/** `urgent` is told at once, everything else with the next daily notice. */
export type Level = "normal" | "urgent";

/** A line of `gaps:` in the configuration: gaps of these collectors, or of all of a family, have this level. */
export interface LevelRule {
  readonly collectors?: readonly string[] | undefined;
  readonly family?: string | undefined;
  readonly level: Level;
}

/** Somebody else may be at work: that waits for no digest, and no configuration makes it less. */
const ALWAYS_URGENT: ReadonlySet<string> = new Set(["integrity", "key"]);

/**
 * The level of a gap as configured now; the first line that fits counts, and one that names neither collectors nor a
 * family fits every collector. `record` is the collector it is about, if it is about one.
 */
export function levelOf(requirement: string, record: InstanceRecord | undefined, rules: readonly LevelRule[]): Level {
  if (ALWAYS_URGENT.has(requirement)) return "urgent";
  if (record === undefined) return "normal";
  const fits = ({ collectors, family }: LevelRule) =>
    (collectors === undefined || collectors.includes(record.id)) && (family === undefined || family === record.family);
  return rules.find(fits)?.level ?? "normal";
}
