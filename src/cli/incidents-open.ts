import { type LiveClock, limitInBoth } from "../duties/clocks.ts";
import { lengthForPeople } from "../lib/length.ts";
import { type Instant, iso } from "../lib/time.ts";
import { clean } from "../report/clean.ts";
import type { Agenda } from "../views/agenda.ts";
import { clocksAbout, type Standing } from "../views/going-on.ts";
import { leftInWords } from "./status-agenda.ts";

/** Open incidents of every register, as `custody status` and `custody incident list` tell them. */

/** So many are shown where other things stand beside them; the others are counted. */
const SHOWN = 10;

/** The gravest first, each with what is to decide yet and what is due next; none where none is open. */
export function openLines(
  all: readonly Standing[],
  agenda: Agenda,
  { now, zone, most = SHOWN }: { readonly now: Instant; readonly zone: string; readonly most?: number },
): string[] {
  const open = all.filter(({ state }) => state === "open");
  if (open.length === 0) return [];
  const rest = open.length - most;
  return [
    `Open incidents (${open.length}), the gravest first:`,
    ...open.slice(0, most).flatMap((one) => incidentLines(one, everyClock(agenda), now, zone)),
    ...(rest > 0 ? [`- and ${rest} more; \`custody incident list\` has them`] : []),
  ];
}

function incidentLines(one: Standing, clocks: readonly LiveClock[], now: Instant, zone: string): string[] {
  const { about, fact, since, undecided } = one;
  const age =
    since === undefined
      ? "nobody wrote down since when"
      : `open for ${lengthForPeople(Math.max(0, now - since), { round: "down" })}`;
  return [
    `- ${about}  ${clean(fact.severity ?? "NO SEVERITY", 60)}  ${clean(fact.title, 100)}`,
    `    ${age}; ${fact.owner === null ? "NOBODY RESPONSIBLE" : clean(fact.owner, 80)}${keptWhere(one)}`,
    ...(undecided.length === 0 ? [] : [`    To decide yet: ${undecided.join("; ")}.`]),
    `    ${dueInWords(clocksAbout(clocks, about), now, zone)}`,
  ];
}

/** Where it is kept, so that nobody looks for it here; nothing of our own. */
export function keptWhere({ keptBy, origin }: Standing): string {
  if (keptBy === undefined) return "";
  return `; kept in the register that ${clean(keptBy, 60)} collects${origin === undefined ? "" : ` (${clean(origin, 200)})`}`;
}

/** Of those that are late how many, and the first; else what is due next. */
export function dueInWords(clocks: readonly LiveClock[], now: Instant, zone: string): string {
  const [first] = clocks;
  if (first === undefined)
    return "No deadline runs for it: neither your rules, law nor a contract set one that is open.";
  const what = clean(first.title.slice(first.title.indexOf(": ") + 2), 200);
  const late = clocks.filter((one) => one.late).length;
  const more = clocks.length - Math.max(1, late);
  const besides = more > 0 ? `; ${more} more to come` : "";
  if (late > 0) return `${late} PAST DUE: ${what}${late > 1 ? ` and ${late - 1} more` : ""}${besides}.`;
  const when =
    first.due === undefined
      ? "without undue delay"
      : `${limitInBoth(first.due, zone)}, ${leftInWords(first.due - now)}`;
  return `Next: ${what}, ${when}${besides}.`;
}

export const everyClock = ({ late, between, coming, untimed }: Agenda): LiveClock[] => [
  ...late,
  ...between,
  ...coming,
  ...untimed,
];

/** The same for programs. */
export function standingRecord({ about, keptBy, origin, fact, state, since, undecided }: Standing): object {
  return {
    incident: about,
    id: fact.id,
    title: fact.title,
    severity: fact.severity,
    state,
    since: since === undefined ? null : iso(since),
    owner: fact.owner,
    undecided,
    keptBy: keptBy ?? null,
    ...(origin === undefined ? {} : { origin }),
  };
}
