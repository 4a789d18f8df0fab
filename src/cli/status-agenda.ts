import type { LiveClock } from "../duties/clocks.ts";
import { lengthForPeople } from "../lib/length.ts";
import { type Instant, iso } from "../lib/time.ts";
import { limitForPeople } from "../lib/zone.ts";
import { clean } from "../report/clean.ts";

/** What comes next, as `custody status` tells it: also what nobody has to think of yet. */

/** So many are shown; the others are counted. */
const SHOWN = 10;

/** A line for each, the next first; none where nothing is to come. */
export function agendaLines(coming: readonly LiveClock[], now: Instant, zone: string): string[] {
  if (coming.length === 0) return [];
  const rest = coming.length - SHOWN;
  return [
    "To come, by when it is due:",
    ...coming
      .slice(0, SHOWN)
      .map(
        ({ due = now, title, who }) =>
          `- ${limitForPeople(due, zone)} (${leftInWords(due - now)})  ${clean(title, 200)}${who === undefined ? "" : `; ${clean(who, 80)}`}`,
      ),
    ...(rest > 0 ? [`- and ${rest} more`] : []),
    "`custody incident list --due` has all of it, with what settles each.",
  ];
}

/** How much time is left, never more than there is. */
export const leftInWords = (ms: number): string => `in ${lengthForPeople(ms, { round: "down" })}`;

/** The same for programs. */
export const agendaRecord = (coming: readonly LiveClock[]): object => ({ agenda: coming.map(clockRecord) });

/** One thing that is due, with what settles it. */
export function clockRecord({
  about,
  title,
  what,
  since,
  due,
  dueUntil,
  who,
  todo,
  commands,
  grave,
}: LiveClock): object {
  return {
    about,
    title,
    what,
    ...(since === undefined ? {} : { since: iso(since) }),
    due: due === undefined ? null : iso(due),
    ...(dueUntil === undefined ? {} : { dueUntil: dueUntil.at === undefined ? null : iso(dueUntil.at) }),
    ...(who === undefined ? {} : { who }),
    grave,
    todo,
    commands,
  };
}
