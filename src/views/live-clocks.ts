import { catalogueOf } from "../assess/catalogue.ts";
import { type UpkeepDue, upkeepDue } from "../assess/upkeep-due.ts";
import type { Custody } from "../custody.ts";
import { clockDuties, type LiveClock, WARN } from "../duties/clocks.ts";
import type { Duty } from "../duties/duty.ts";
import { sentence } from "../duties/words.ts";
import { actsOfKind } from "../evidence/act.ts";
import { foldFindings } from "../findings/finding.ts";
import type { Instant } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import { calendarEnds } from "../policy/calendar-ends.ts";
import { actionsOf } from "../reviews/action.ts";
import { catalogueBytes } from "../work.ts";
import { incidentClocks } from "./incident-clocks.ts";
import { type LiveRecords, liveRecords } from "./live-acts.ts";

/** Everything that runs against a clock now, over all open incidents and beside them, as duties of people. */

/** What is due, what is late first. Reads nothing of the log twice; sources' registers only when they were looked at anew. */
export async function liveClocks(custody: Custody, now: Instant): Promise<Duty[]> {
  const { people, organisation } = custody.config;
  const clocks = await runningNow(custody, now);
  const soon = clocks.filter(({ due, late, warn, grave }) => late || grave || due === undefined || due - warn <= now);
  return clockDuties(soon, { now, zone: organisation.zone, people });
}

/** Every clock of incidents, actions, findings and upkeep that is not settled, near or not, in no order. */
export async function runningNow(custody: Custody, now: Instant): Promise<LiveClock[]> {
  const records = await liveRecords(custody);
  return [
    ...(await incidentClocks(custody, records, now)),
    ...actionClocks(records, now),
    ...findingClocks(records, now),
    ...(await upkeepClocks(custody, records, now)),
    ...calendarClocks(records, now, custody.config.organisation.zone),
  ];
}

function actionClocks({ acts, names }: LiveRecords, now: Instant): LiveClock[] {
  const { all } = actionsOf(actsOfKind(acts, "action"), now);
  return [...all.values()].flatMap(({ id, title, state, due, opened, owner, incident, finding }): LiveClock[] => {
    if (state !== "open" || due === undefined) return [];
    const of = incident ?? finding;
    return [
      {
        about: id,
        name: `action ${due}`,
        title: `${id}: an action is due`,
        what: sentence(`"${title}"${of === undefined ? "" : `, for ${of}`}`),
        todo: "Do it and say what shows it; or plan it anew, with a reason:",
        commands: [`custody action done ${id} --file FILE`, `custody action replan ${id} --due DATE --reason "…"`],
        since: opened.at,
        due,
        late: due < now,
        warn: WARN.task,
        grave: false,
        who: owner === undefined ? undefined : (names.get(owner) ?? owner),
      },
    ];
  });
}

function findingClocks({ acts, names }: LiveRecords, now: Instant): LiveClock[] {
  return foldFindings(acts).findings.flatMap(
    ({ id, state, due, gap, requirement, opened, owner, plan }): LiveClock[] => {
      if (due === undefined || (state !== "open" && state !== "planned")) return [];
      const planned = state === "planned" && plan !== undefined;
      const about = gap?.split("\n")[0] ?? requirement;
      return [
        {
          about: id,
          name: `finding ${due}`,
          title: `${id}: a finding is to be put right`,
          what: sentence(about === undefined ? "What it is about is not recorded" : about.slice(0, 300)),
          todo: planned
            ? "Record that it was done, or plan it anew:"
            : "Say why it happened and what is to be done, or plan it anew:",
          commands: [
            planned ? `custody finding done ${id} --text "…"` : `custody finding plan ${id} --text "…"`,
            `custody finding replan ${id} --due DATE --text "…"`,
          ],
          since: opened.happened,
          due,
          late: now >= due,
          warn: WARN.task,
          grave: false,
          who: owner === undefined ? undefined : (names.get(owner) ?? owner),
        },
      ];
    },
  );
}

/** A calendar of the rules in force that comes to its end: what is due in business time after it cannot be decided. */
export function calendarClocks({ timeline }: Pick<LiveRecords, "timeline">, now: Instant, zone: string): LiveClock[] {
  const policy = timeline.policyAt(now)?.policy;
  return (policy === undefined ? [] : calendarEnds(policy)).map(({ calendar, last, at }) => ({
    about: `calendar ${calendar}`,
    name: `calendar ${at}`,
    title: `The calendar "${calendar}" of your rules ends`,
    what: `It knows working days and holidays up to ${last} only. What counts business time after ${dateForPeople(at - 1, zone)} stays undecided.`,
    todo: "List the holidays of the time after it in your rules, raise their version, and look at them:",
    commands: ["custody policy check FILE"],
    since: undefined,
    due: at,
    late: at <= now,
    warn: WARN.yearly,
    grave: false,
  }));
}

const UPKEEP: Readonly<Record<UpkeepDue["what"], Pick<LiveClock, "title" | "todo" | "commands">>> = {
  procedure: {
    title: "The procedure is to be reviewed",
    todo: "Read it again, mend it where it is out of date, record that it was reviewed, and have an owner approve that:",
    commands: ['custody activity record procedure-review --title "…"', "custody activity approve ID"],
  },
  exercise: {
    title: "The procedure is to be exercised again",
    todo: "Hold an exercise and record it:",
    commands: ['custody activity record exercise --title "…"'],
  },
  contacts: {
    title: "The list of contacts is to be checked again",
    todo: "Check that everybody on it can be reached, and record it:",
    commands: ['custody activity record contact-check --title "…"'],
  },
};

async function upkeepClocks(custody: Custody, { timeline, register }: LiveRecords, now: Instant): Promise<LiveClock[]> {
  const { zone } = custody.config.organisation;
  const activities = register.beside.flatMap(({ fact }) => (fact.kind === "activity" ? [fact] : []));
  const { counting: signOffs } = await custody.signOffs();
  const catalogue = catalogueOf(new TextDecoder().decode(await catalogueBytes(custody.config)));
  return upkeepDue({ policies: timeline, activities, signOffs, catalogue, now, zone }).map(
    ({ what, last, since, due, owner, recommended }) => ({
      ...UPKEEP[what],
      about: what,
      name: `upkeep ${due}`,
      what: `${last === undefined ? "No review is on record" : `Done last on ${dateForPeople(last, zone)}`}${recommended ? "; good practice, no rule of yours" : ", as your rules ask"}.`,
      since,
      due,
      late: due < now,
      warn: WARN.yearly,
      grave: false,
      who: owner,
    }),
  );
}
