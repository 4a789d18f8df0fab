import { memoriesOf, registerFacts } from "../acts/preserving.ts";
import { preservationDue } from "../assess/preservation.ts";
import type { Custody } from "../custody.ts";
import { type LiveClock, WARN } from "../duties/clocks.ts";
import { STAYS_TODO, staysCommands } from "../duties/gaps.ts";
import { many, sentence } from "../duties/words.ts";
import { standingAt, type Waiver, withOwners } from "../findings/waiver.ts";
import type { AnyGap } from "../gaps/gap.ts";
import type { Instant } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import { namesOf } from "../people.ts";
import { answersDue } from "./gap-answers.ts";
import { runningNow } from "./live-clocks.ts";
import { seeGaps } from "./seeing.ts";

/** Everything that is to be done by a time, near or not: what notices and the first page tell of, and what they are silent about yet. */

/** All of it as it stands now, apart by how sure its time is, each part with what is due first in front. */
export interface Agenda {
  /** Its time has passed, and it is not done. */
  readonly late: readonly LiveClock[];
  /** Only the bounds of its time are known, such as in a year whose holidays nobody listed; the last bound has not passed. */
  readonly between: readonly LiveClock[];
  readonly coming: readonly LiveClock[];
  /** Without undue delay: rules or law give no number. */
  readonly untimed: readonly LiveClock[];
}

/** Clocks of incidents, reviews, actions, findings and upkeep; accepted failures and gaps; gaps to be answered; what sources forget. */
export async function agendaOf(custody: Custody, now: Instant): Promise<Agenda> {
  const { gaps } = await seeGaps(custody);
  return sorted(
    [
      ...(await runningNow(custody, now)),
      ...(await waiverClocks(custody, now)),
      ...(await answerClocks(custody, gaps, now)),
      ...gaps.flatMap(acceptanceClock),
      ...(await preservationClocks(custody, now)),
    ],
    now,
  );
}

/** Two that name the same thing and time are one. Pure. */
export function sorted(clocks: readonly LiveClock[], now: Instant): Agenda {
  const by = [...clocks].sort((a, b) => (a.due ?? 0) - (b.due ?? 0) || (a.title < b.title ? -1 : 1));
  const once = by.filter(({ title, due }, i) => by.findIndex((one) => one.title === title && one.due === due) === i);
  const parts: Record<keyof Agenda, LiveClock[]> = { late: [], between: [], coming: [], untimed: [] };
  for (const clock of once) parts[partOf(clock, now)].push(clock);
  return parts;
}

function partOf({ due, dueUntil, late }: LiveClock, now: Instant): keyof Agenda {
  if (due === undefined) return late ? "late" : "untimed";
  if (dueUntil !== undefined && (dueUntil.at === undefined || dueUntil.at >= now)) return "between";
  return late || due < now ? "late" : "coming";
}

/** What is accepted now ends by itself; whoever accepted it, or answers for it, comes back to it before. */
async function waiverClocks(custody: Custody, now: Instant): Promise<LiveClock[]> {
  const { all } = await custody.waivers();
  if (all.length === 0) return [];
  const standing = withOwners(all, await namesOf(custody)).filter((one) => standingAt(one, now) === "in-force");
  return standing.map((one) => waiverClock(one));
}

function waiverClock({ id, requirement, incidents, granted, until, owner, ownerName }: Waiver): LiveClock {
  const only = incidents.length === 0 ? "" : ` for ${incidents.slice(0, 5).join(", ")}`;
  const rest = incidents.length > 5 ? ` and ${incidents.length - 5} more` : "";
  return {
    about: id,
    name: `waiver ${until}`,
    title: `${id}: the acceptance ends`,
    what: `That ${requirement} is not met${only}${rest} counts as accepted until then.`,
    todo: "Mend it, or accept it anew with a reason:",
    commands: [
      `custody waive ${requirement}${incidents.map((one) => ` --incident ${one}`).join("")} --until DATE --owner NAME --reason "…"`,
    ],
    since: granted,
    due: until,
    late: false,
    warn: WARN.yearly,
    grave: false,
    who: ownerName ?? owner,
  };
}

function acceptanceClock(gap: AnyGap): LiveClock[] {
  const { id, state, accepted, acceptedUntil } = gap;
  if (state !== "accepted" || acceptedUntil === undefined) return [];
  return [
    {
      about: id,
      name: `acceptance ${acceptedUntil}`,
      title: `${id}: the acceptance of the gap ends`,
      what: sentence(`What is missing from ${gap.instance} counts as accepted until then`),
      todo: "Mend it, or accept it anew with a reason:",
      commands: [`custody gap accept ${id} --until DATE --reason "…"`],
      since: accepted?.at,
      due: acceptedUntil,
      late: false,
      warn: WARN.task,
      grave: false,
    },
  ];
}

async function answerClocks(custody: Custody, gaps: readonly AnyGap[], now: Instant): Promise<LiveClock[]> {
  const answers = await answersDue(custody, gaps, now);
  return gaps.flatMap((gap): LiveClock[] => {
    const answer = answers.get(gap.id);
    if (answer?.due === undefined) return [];
    return [
      {
        about: gap.id,
        name: answer.name,
        title: `${gap.id}: somebody is to answer this gap`,
        what: sentence(`Evidence of ${gap.instance} is missing; ${answer.rule}`),
        todo: STAYS_TODO,
        commands: staysCommands(gap.id),
        since: gap.opened,
        due: answer.due,
        late: answer.late,
        warn: WARN.hours,
        grave: gap.level === "urgent",
      },
    ];
  });
}

/** The evidence of open incidents that a source will soon not remember. */
async function preservationClocks(custody: Custody, now: Instant): Promise<LiveClock[]> {
  const memories = await memoriesOf(custody);
  if (memories.length === 0) return [];
  const { zone } = custody.config.organisation;
  const { instances } = await custody.history();
  const facts = await registerFacts(custody);
  return preservationDue({ facts, memories, instances, now, zone }).map(
    ({ id, incident, deadline, sources, title, what, todo, commands }) => ({
      about: incident,
      name: id,
      title,
      what: `${what} ${many(sources.length, "source")}; the first forgets from ${dateForPeople(deadline, zone)} on.`,
      todo,
      commands,
      since: undefined,
      due: deadline,
      late: deadline <= now,
      warn: WARN.task,
      grave: false,
    }),
  );
}
