import { inBoth, type LiveClock, limitInBoth } from "../duties/clocks.ts";
import { whoFor } from "../duties/duty.ts";
import { CustodyError } from "../lib/errors.ts";
import { lengthForPeople } from "../lib/length.ts";
import { type Instant, iso, parseDuration } from "../lib/time.ts";
import { clean } from "../report/clean.ts";
import { type Agenda, agendaOf } from "../views/agenda.ts";
import { standingIncidents } from "../views/going-on.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { openLines, standingRecord } from "./incidents-open.ts";
import type { Output } from "./output.ts";
import { clockRecord, leftInWords } from "./status-agenda.ts";

/** `custody incident list --due`: everything that is to be done by a time, over all incidents and beside them. */

export interface DueFlags extends GlobalFlags {
  readonly due?: boolean;
  readonly within?: string;
  readonly open?: boolean;
  readonly number?: string;
}

const TITLES: readonly (readonly [part: keyof Agenda, title: string])[] = [
  ["late", "Past due:"],
  ["between", "Due between two times, as only these are known:"],
  ["untimed", "Without undue delay; no number is set:"],
  ["coming", "To come:"],
];

/** What is past due, what has only bounds and what has no number is always listed; of what is to come, what is due in time. */
export function listDue(flags: DueFlags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const within = withinOf(flags);
    const { organisation, people } = custody.config;
    const { zone } = organisation;
    const now = Math.max((await custody.history()).asOf, custody.clock.now());
    const all = await agendaOf(custody, now);
    const coming = all.coming.filter(({ due = now }) => within === undefined || due - now <= within);
    const shown: Agenda = { ...all, coming };
    const incidents = await standingIncidents(custody);
    const going = openLines(incidents, all, { now, zone, most: incidents.length });
    for (const line of going) output.line(line);
    if (going.length > 0) output.line();
    const whose = (clock: LiveClock) => clock.who ?? whoFor("owner", people);
    for (const [part, title] of TITLES) {
      if (shown[part].length === 0) continue;
      output.line(title);
      for (const clock of shown[part]) tell(output, clock, whose(clock), { part, now, zone });
      output.line();
    }
    const later = all.coming.length - coming.length;
    if (TITLES.every(([part]) => all[part].length === 0)) output.line("Nothing is due, now or later.");
    else
      output.line(
        `${shown.late.length} past due, ${coming.length} to come${within === undefined ? "" : ` within ${flags.within}`}${
          later > 0 ? `; ${later} due later` : ""
        }. Times in ${zone}.`,
      );
    const records = (part: keyof Agenda) => shown[part].map((clock) => clockRecord({ ...clock, who: whose(clock) }));
    output.object({
      ok: true,
      asOf: iso(now),
      zone,
      open: incidents.filter(({ state }) => state === "open").map(standingRecord),
      late: records("late"),
      between: records("between"),
      untimed: records("untimed"),
      coming: records("coming"),
      later,
    });
    return 0;
  });
}

/** Throws USAGE with everything that is wrong. */
function withinOf({ within, open, number }: DueFlags): number | undefined {
  const problems: string[] = [];
  const length = within === undefined ? undefined : parseDuration(within);
  if (within !== undefined && length === undefined)
    problems.push(`--within ${clean(within, 60)}: expected a length of time such as 36h or 14d`);
  if (open || number !== undefined)
    problems.push("--due is about everything that is due, so --open and -n do not go with it");
  if (problems.length > 0)
    throw new CustodyError("USAGE", problems.join("\n"), {
      remedy: "`custody incident list --due --within 14d` lists what is past due and what is due in the next 14 days.",
    });
  return length;
}

function tell(
  output: Output,
  clock: LiveClock,
  who: string | undefined,
  { part, now, zone }: { readonly part: keyof Agenda; readonly now: Instant; readonly zone: string },
): void {
  output.line(`- ${clean(clock.title, 300)}`);
  const when = whenOf(clock, part, now, zone);
  if (when !== "") output.line(`    ${when}`);
  output.line(`    ${clean(clock.what, 500)}`);
  output.line(`    Who: ${who === undefined ? "nobody is named" : clean(who, 120)}. ${clock.todo}`);
  for (const command of clock.commands) output.line(`      ${command}`);
}

function whenOf({ due, dueUntil }: LiveClock, part: keyof Agenda, now: Instant, zone: string): string {
  if (due === undefined) return "";
  if (dueUntil !== undefined) {
    const last = dueUntil.at === undefined ? "an end that is not known" : inBoth(dueUntil.at, zone);
    return `Between ${inBoth(due, zone)} and ${last}.`;
  }
  return part === "late"
    ? `${limitInBoth(due, zone)}, ${lengthForPeople(now - due)} ago.`
    : `${limitInBoth(due, zone)}, ${leftInWords(due - now)}.`;
}
