import { type Entry, isKind } from "../evidence/entry.ts";

/** What one entry says about one condition: it is bad, or it is not. */
export interface Signal {
  /** What it is about: `custody` itself, or `channel:<id>`. */
  readonly instance: string;
  readonly requirement: string;
  readonly bad: boolean;
  /** Of a bad one: a closed code. */
  readonly cause?: string;
}

/** A run that was refused because the machine's clock could not be believed. */
const CLOCK_WRONG = "clock-wrong";

/** What the entry says about conditions; at most one thing. `key` entries are no signals: they are looked at one by one. */
export function signalOf(entry: Entry): Signal | undefined {
  if (isKind(entry, "delivery")) {
    const bad = entry.outcome === "failed";
    const cause = bad ? { cause: entry.cause ?? "not-delivered" } : {};
    return { instance: `channel:${entry.channel}`, requirement: "delivery", bad, ...cause };
  }
  if (isKind(entry, "self-check")) {
    // What could not be checked is neither good nor bad; a check that never succeeds is a gap of the watcher's own slots.
    if (entry.result === "unknown") return undefined;
    const bad = entry.result === "bad";
    const cause = bad
      ? { cause: entry.codes?.[0] ?? (entry.check === "clock" ? CLOCK_WRONG : `${entry.check}-bad`) }
      : {};
    return { instance: "custody", requirement: entry.check, bad, ...cause };
  }
  // Most entries are runs that say nothing of it, and need not be read for that.
  const { reason, reference } = entry as { reason?: unknown; reference?: unknown };
  const wrong = reason === CLOCK_WRONG || reason === "CLOCK_WRONG";
  if (entry.kind !== "run" || (!wrong && reference === undefined) || !isKind(entry, "run")) return undefined;
  const clock = { instance: "custody", requirement: "clock" };
  return wrong ? { ...clock, bad: true, cause: CLOCK_WRONG } : { ...clock, bad: false };
}
