import type { Instant } from "../lib/time.ts";
import { iso } from "../lib/time.ts";
import { freshnessOf } from "../slots/freshness.ts";
import type { History, InstanceHistory } from "../slots/history.ts";
import { expectationOf } from "../slots/plan.ts";
import { type AssessedSlot, slotsOf } from "../slots/state.ts";
import { waitedAfter } from "../slots/waiting.ts";
import { excessOf } from "./excess.ts";

/** One question, one word from its closed list, and why. There is no word over all of them. */
export interface Verdict<W extends string> {
  readonly word: W;
  readonly reason: string;
  /** Up to when the answer holds, where it depends on time. */
  readonly until?: string;
  /** It could not be judged, and the reason says why: the word is the one that promises least. */
  readonly judged?: false;
}

const NOT_JUDGED = "not judged";

/** A question that could not be answered, with the word that promises least. */
export function unjudged<W extends string>(word: W, why: string): Verdict<W> {
  return { word, reason: `${NOT_JUDGED}, because ${why}`, judged: false };
}

/** Word and reason as people read them: a word that promises little must not look like an answer where there is none. */
export function inWords({ word, reason, judged }: Verdict<string>): { readonly word: string; readonly reason: string } {
  return judged === false ? { word: NOT_JUDGED, reason: reason.replace(`${NOT_JUDGED}, `, "") } : { word, reason };
}

export interface Verdicts {
  /** Is everything as it was signed? */
  readonly integrity: Verdict<"intact" | "broken">;
  /** When did it exist, by somebody else's clock? */
  readonly time: Verdict<"anchored" | "expired" | "unanchored"> & {
    /** The earliest and the newest moment at which somebody outside had seen a head of this log. */
    readonly earliest?: string;
    readonly latest?: string;
  };
  /** Who besides the operator vouches for it? */
  readonly independence: Verdict<"self-attested" | "timestamped" | "witnessed" | "published">;
  /** Is every expected piece of evidence there, or said to be missing? */
  readonly completeness: Verdict<"complete" | "accounted" | "holes">;
  /** Is the newest evidence of every collector as new as required? */
  readonly freshness: Verdict<"current" | "stale" | "never">;
}

const EARLIEST: Instant = Date.UTC(1970, 0, 1);

/**
 * `complete`: every slot whose time is over was covered. `accounted`: what was not covered has an entry that says what
 * happened. `holes`: something was not covered and nothing in the log says why.
 */
export function completenessOf(history: History): Verdicts["completeness"] {
  const until = iso(history.asOf);
  const tooMuch = excessOf(history);
  if (tooMuch !== undefined) return { ...unjudged("holes", tooMuch), until };
  let over = 0;
  let late = 0;
  let missing = 0;
  let unexplained = 0;
  for (const instance of history.instances.values()) {
    for (const slot of slotsOf(instance, { from: EARLIEST, to: history.asOf }, history.asOf)) {
      if (slot.state === "open" || slot.state === "due") continue;
      over += 1;
      if (slot.state === "late") late += 1;
      else if (slot.state !== "collected") {
        missing += 1;
        if (!explained(slot, instance)) unexplained += 1;
      }
    }
  }
  const counted = `${over - missing} of ${over} expected periods were covered${late > 0 ? `, ${late} of them late` : ""}`;
  if (history.unreadable.length > 0) {
    const entries = history.unreadable
      .map((u) => u.index)
      .slice(0, 10)
      .join(", ");
    return {
      word: "holes",
      reason: `${counted}; records ${entries} decide about more and were written by a later version of Custody`,
      until,
    };
  }
  if (over === 0) return { word: "complete", reason: "no expected period is over yet", until };
  if (missing === 0) return { word: "complete", reason: counted, until };
  if (unexplained === 0)
    return {
      word: "accounted",
      reason: `${counted}; for the other ${missing} the log says what happened`,
      until,
    };
  return { word: "holes", reason: `${counted}; for ${unexplained} nothing in the log says why`, until };
}

/** A failed, partial or paused slot has entries of its own; a missed one needs a gap entry over it, or failures just before it. */
function explained(slot: AssessedSlot, instance: InstanceHistory): boolean {
  if (slot.state !== "missed") return true;
  const noted = instance.gaps.some(({ window }) => window.from <= slot.from && window.to >= slot.to);
  return noted || waitedAfter(instance, slot) !== undefined;
}

export function freshnessVerdict(history: History): Verdicts["freshness"] {
  const until = iso(history.asOf);
  const tooMuch = excessOf(history);
  if (tooMuch !== undefined) return { ...unjudged("never", tooMuch), until };
  const states = [...history.instances.values()]
    .filter((i) => expectationOf(i, history.asOf) !== "retired")
    .map((i) => ({ id: i.id, state: freshnessOf(i, history.asOf).state }));
  for (const word of ["never", "stale"] as const) {
    const which = states.filter((s) => s.state === word).map((s) => s.id);
    if (which.length > 0)
      return {
        word,
        reason: `${which.join(", ")}: ${word === "never" ? "nothing was ever collected" : "the newest evidence is older than required"}`,
        until,
      };
  }
  if (states.length === 0) return { word: "never", reason: "no collector is configured", until };
  return { word: "current", reason: `all ${states.length} collectors are as new as required`, until };
}
