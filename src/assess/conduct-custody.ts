import type { FactOf } from "../evidence/fact.ts";
import { lengthForPeople } from "../lib/length.ts";
import { precisionOf } from "./case.ts";
import { bad, judgeAll, OK, together, unclear } from "./conduct.ts";
import type { Circumstances, Judgement } from "./judgement.ts";
import { wordsOf } from "./vocabulary.ts";

/** Things kept as evidence of incidents: whether their record holds together. */

type Item = FactOf<"evidence">;
const blank = (text: string | null) => text === null || text.trim() === "";
const TAKEN = ["collect", "receive"];

/** From when it was taken on, somebody held it at every moment. */
export function custodyContiguous(circumstances: Circumstances): Judgement {
  return judgeAll(
    circumstances,
    "evidence",
    { bad: "with a hole in the record of who held them", ok: "without a hole in the record of who held them" },
    ({ holes, doubts, events }: Item) => {
      const open = doubts.length === 0 ? [] : [unclear(doubts.join(" "))];
      if (holes.length > 0) return together([bad(holes.join(" ")), ...open]);
      if (!events.some(({ act }) => TAKEN.includes(act))) return bad("nobody recorded how it was collected");
      return together([OK, ...open]);
    },
  );
}

/** Acts that nobody should have to guess the reason of. */
const REASONED = ["access", "export", "transfer", "copy", "redact", "return", "release", "dispose"];

/** Whoever looked at it, passed it on or ended its record says who it was, when and why. */
export function custodyReasons(circumstances: Circumstances): Judgement {
  return judgeAll(
    circumstances,
    "evidence",
    { bad: "handled without a reason, a name or a time", ok: "handled with a reason, a name and a time each time" },
    ({ events }: Item) =>
      together([
        OK,
        ...events
          .filter(({ act }) => REASONED.includes(act))
          .map(({ act, by, at, reason, entry }) => {
            const lacks = [
              ...(blank(by) ? ["by whom"] : []),
              ...(at === null ? ["when"] : []),
              ...(blank(reason) ? ["why"] : []),
            ];
            return lacks.length === 0 ? OK : bad(`${act} (record ${entry}) does not say ${lacks.join(", ")}`);
          }),
      ]),
  );
}

/** What whoever relies on it will ask; the last two only of files and of things. */
const ASKED = ["title", "source", "method", "collectedBy", "collectedAt", "authorisedBy", "personalData"];
const OF_FILES = ["tool"];
const OF_THINGS = ["location"];

/** Its record has everything that a record of evidence should have. */
export function custodyFields(circumstances: Circumstances): Judgement {
  return judgeAll(
    circumstances,
    "evidence",
    { bad: "of which something is not recorded", ok: "with a complete record" },
    ({ filled, physical }: Item) => {
      const lacks = [...ASKED, ...(physical ? OF_THINGS : OF_FILES)].filter((field) => !filled.includes(field));
      return lacks.length === 0 ? OK : bad(`without ${lacks.map(wordsOf).join(", ")}`);
    },
  );
}

/** Its files were hashed when it was collected. No number is set for how soon: how long it took is told. */
export function custodyHashed(circumstances: Circumstances): Judgement {
  return judgeAll(
    circumstances,
    "evidence",
    { bad: "not hashed when they were collected", ok: "hashed when they were collected" },
    (item: Item) => {
      const { physical, digests, hashedAt, collectedAt } = item;
      if (physical && digests.length === 0) return undefined;
      if (digests.length === 0 || hashedAt === null) return bad("never hashed");
      if (collectedAt === null) return unclear("when it was collected is not recorded");
      const late = hashedAt - collectedAt - Math.max(0, precisionOf(item, "collectedAt") - 1);
      return late <= 0
        ? OK
        : bad(
            `hashed ${lengthForPeople(late, { deciding: late })} after it was collected; until then a change would not show`,
          );
    },
  );
}

/** Whoever handled it was allowed to at that time. */
export function custodyAllowed(circumstances: Circumstances): Judgement {
  return judgeAll(
    circumstances,
    "evidence",
    { bad: "handled by somebody who was not allowed to", ok: "handled only by people who were allowed to" },
    ({ events }: Item) =>
      together(
        events.map(({ act, by, allowed, entry }) => {
          if (allowed === "yes") return OK;
          const who = `${act} by ${by ?? "nobody that is named"} (record ${entry})`;
          return allowed === "no"
            ? bad(`${who}, who was not allowed to`)
            : unclear(`${who}: allowed or not is not known`);
        }),
      ),
  );
}

/** What derived files were made of is still there. */
export function custodyOriginal(circumstances: Circumstances): Judgement {
  return judgeAll(
    circumstances,
    "evidence",
    { bad: "whose original is gone", ok: "whose original is kept" },
    ({ originalKept }: Item) =>
      originalKept === null
        ? undefined
        : originalKept === "yes"
          ? OK
          : bad("what its copies were made of is not there"),
  );
}
