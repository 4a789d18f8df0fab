import { audit } from "../reports/audit.ts";
import type { AnyGap } from "./gaps/gap.ts";
import { wordsOf } from "./gaps/words.ts";
import { dateForPeople, forPeople, untilForPeople } from "./lib/zone.ts";
import type { Disposed } from "./trust/disposals.ts";

/** Why something was not collected, from the closed code that the ledger has. */
export function causeText(cause: string | undefined): string {
  return cause === undefined ? "no cause is recorded" : (audit.reasons[cause] ?? cause);
}

/** A gap in one sentence: what, for how long, why, and whether anything is lost. */
export function gapText(
  gap: Omit<AnyGap, "level" | "records" | "settled" | "times"> & { readonly times?: number },
  zone: string,
): string {
  if (gap.requirement !== "cadence") return otherGapText(gap, zone);
  const n = gap.slots.length;
  const span =
    gap.to - gap.from >= 86_400_000
      ? `${dateForPeople(gap.from, zone)} to ${dateForPeople(gap.to - 1, zone)}`
      : `${forPeople(gap.from, zone)} to ${forPeople(gap.to, zone)}`;
  const fate =
    gap.state === "closed-late"
      ? "Collected afterwards; it stays marked as late."
      : gap.state === "accepted" && gap.acceptedUntil !== undefined
        ? `Accepted until ${untilForPeople(gap.acceptedUntil, zone, dateForPeople)}.`
        : "Not collected so far.";
  return `${gap.instance} was not completely collected for ${span} (${n} ${n === 1 ? "period" : "periods"}; ${causeText(gap.cause)}). ${fate}`;
}

function otherGapText(gap: Parameters<typeof gapText>[0], zone: string): string {
  const { title, what } = wordsOf({ ...gap, times: gap.times ?? 1 }, zone, causeText(gap.cause));
  const fate =
    gap.state === "closed" && gap.closedAt !== undefined
      ? `Over since ${forPeople(gap.closedAt, zone)}.`
      : gap.state === "accepted" && gap.acceptedUntil !== undefined
        ? `Accepted until ${untilForPeople(gap.acceptedUntil, zone, dateForPeople)}.`
        : "";
  return `${title}. ${what} ${fate}`.trimEnd();
}

const DISPOSAL_REASONS: Readonly<Record<string, string>> = {
  retention: "the time for which it was to be kept was over",
  "erasure-request": "a person asked for their data to be erased",
  "contract-end": "a contract ended",
  order: "it was ordered",
  mistake: "it was taken in by mistake",
  other: "of another reason",
};

/** What became of a file that was lawfully deleted: `was disposed of on …, because …`. */
export function disposalInWords({ at, by, authority, reason, index, unproven }: Disposed): string {
  return `was disposed of on ${at.slice(0, 10)} by ${by}${unproven ? " (nobody checked who that was)" : ""}, on the authority of ${authority}, because ${DISPOSAL_REASONS[reason] ?? reason} (record ${index})`;
}
