import { isProven } from "../evidence/proof.ts";
import type { EvidenceItem, ItemEvent } from "./item.ts";
import { eventAct, type Speaking } from "./words.ts";

/**
 * What keeps a chain without a hole from being closed: it was handed to somebody who never said that they have it. Whoever
 * looked at it, hashed or passed it on meanwhile is named: by the records it was not with them.
 */
export interface Doubt {
  readonly handed: ItemEvent;
  /** Acts of others on it since, until its holder showed that they have it. */
  readonly meanwhile: readonly ItemEvent[];
}

/** Acts that only amend the record. */
const ON_PAPER: ReadonlySet<ItemEvent["act"]> = new Set(["describe", "authorise"]);

/** In the order in which they happened. Whoever got it settles it by any act of their own for which they showed who they are. */
export function doubtsOf({ events }: Pick<EvidenceItem, "events">): Doubt[] {
  return events.flatMap((handed, i) => {
    const { act, to, confirmed } = handed;
    if (act !== "transfer" || to === undefined || confirmed === "receiver") return [];
    const after = events.slice(i + 1).filter((one) => !ON_PAPER.has(one.act));
    const settled = after.findIndex(({ by, auth }) => by === to && isProven({ type: "person", auth }));
    if (settled >= 0) return [];
    const next = after.findIndex((one) => one.act === "transfer");
    const until = next < 0 ? after : after.slice(0, next);
    return [{ handed, meanwhile: until.filter(({ by }) => by !== to) }];
  });
}

/** A doubt in one sentence: who never confirmed what, and who had it in hands meanwhile. */
export function doubtInWords({ handed, meanwhile }: Doubt, { person, moment }: Speaking): string {
  const { to = "", stamp, entry } = handed;
  const others = meanwhile.map(
    (one) =>
      `${eventAct(one)} by ${person(one.by)} on ${moment(one.stamp.at, one.stamp.precision)} (record ${one.entry})`,
  );
  const since = others.length === 0 ? "" : `; since then, and without a return, it was ${others.join(", ")}`;
  return `Handed over to ${person(to)} on ${moment(stamp.at, stamp.precision)} (record ${entry}), who never confirmed to have it${since}.`;
}
