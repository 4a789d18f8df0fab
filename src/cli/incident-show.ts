import { closingConditions } from "../acts/closing.ts";
import { closedBefore } from "../acts/incident-remarks.ts";
import { type OpenRegister, openRegister } from "../acts/open-register.ts";
import { clocksFor } from "../acts/registering.ts";
import type { Actor } from "../evidence/entry.ts";
import { CORRECTION } from "../incidents/acts.ts";
import { askedBesides, type ClosingConditions, type ClosingProblem, closingProblems } from "../incidents/closing.ts";
import { incidentFact, type Names, nameOf } from "../incidents/facts.ts";
import {
  holderOf,
  REGISTER_TIMES,
  type RegisterAct,
  type RegisterIncident,
  severityOf,
  textOf,
} from "../incidents/incident.ts";
import { momentForPeople } from "../incidents/moment.ts";
import { actInWords } from "../incidents/words.ts";
import { CustodyError } from "../lib/errors.ts";
import { lengthForPeople } from "../lib/length.ts";
import { type Instant, iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { severityOf as severityIn } from "../policy/policy.ts";
import { clean } from "../report/clean.ts";
import { agendaOf } from "../views/agenda.ts";
import { standingIncidents } from "../views/going-on.ts";
import { toldTogether } from "../views/told-together.ts";
import { withCustody } from "./context.ts";
import type { DueFlags } from "./incident-due.ts";
import { keptLines, refuseFromElsewhere } from "./incident-elsewhere.ts";
import { standingRecord } from "./incidents-open.ts";
import type { Output } from "./output.ts";

type Flags = DueFlags;

/** Of those that are over, so many are listed. */
const OVER_LISTED = 20;

/** `custody incident list`: those that go on first, each with its age and what is due; then the newest of the others. */
export async function list(flags: Flags): Promise<number> {
  if (flags.due) return (await import("./incident-due.ts")).listDue(flags);
  return withCustody(flags, async (custody, output) => {
    const most = flags.number === undefined ? OVER_LISTED : Number(flags.number);
    const problems = [
      ...(Number.isInteger(most) && most >= 0 ? [] : [`-n ${clean(flags.number ?? "", 60)}: expected a whole number`]),
      ...(flags.within === undefined ? [] : ["--within says how far ahead --due looks, and does not go without it"]),
    ];
    if (problems.length > 0)
      throw new CustodyError("USAGE", problems.join("\n"), {
        remedy: "`custody incident list --help` says what it takes.",
      });
    const register = await openRegister(custody);
    const now = Math.max(register.asOf, custody.clock.now());
    const all = [...register.incidents.values()];
    const together = await toldTogether(custody, register.facts);
    const going = all.filter(({ state }) => state === "open").sort((a, b) => began(a) - began(b));
    const resolved = all.filter(({ state }) => state === "resolved");
    const over = all.filter(({ state }) => state === "closed" || state === "withdrawn").reverse();
    for (const one of [...going, ...resolved]) summary(output, one, register, now, together);
    const listed = flags.open ? [] : over.slice(0, most);
    for (const one of listed) summary(output, one, register, now, together);
    const others = (await standingIncidents(custody)).filter(({ keptBy }) => keptBy !== undefined);
    const agenda = others.length === 0 ? undefined : await agendaOf(custody, now);
    const kept =
      agenda === undefined ? [] : keptLines(others, agenda, { now, zone: register.zone, most, open: flags.open });
    for (const line of kept) output.line(line);
    if (all.length === 0)
      output.line(
        others.length === 0
          ? 'The register of this log is empty. `custody incident open --title "…"` opens its first incident.'
          : "None is kept in the register of this log.",
      );
    if (all.length > 0 && !flags.open && over.length > listed.length)
      output.line(`${over.length - listed.length} more are over; -n ${over.length} lists them.`);
    const mistakes = all.filter(({ state }) => state === "withdrawn").length;
    if (all.length > 0)
      output.line(
        `${many(all.length - mistakes)}${others.length > 0 ? " in the register of this log" : ""}, ${going.length} open, ${resolved.length} resolved and not closed.${
          mistakes > 0 ? ` Besides, ${mistakes} opened by mistake.` : ""
        }`,
      );
    tellTroubles(output, register);
    output.object({
      ok: register.troubles.length === 0,
      incidents: all.map((one) => inRecords(one, register.names)),
      elsewhere: others.map(standingRecord),
      troubles: register.troubles,
    });
    return 0;
  });
}

const many = (count: number) => `${count} incident${count === 1 ? "" : "s"}`;
const began = ({ times, opened }: RegisterIncident): Instant => (times.detectedAt ?? opened).at;

function summary(
  output: Output,
  incident: RegisterIncident,
  register: OpenRegister,
  now: Instant,
  together: Awaited<ReturnType<typeof toldTogether>>,
): void {
  const { names, zone } = register;
  const { id, title, state, times } = incident;
  const since = times.detectedAt ?? incident.opened;
  const age =
    state === "open" ? `open for ${lengthForPeople(Math.max(0, now - since.at), { round: "down" })}` : STATES[state];
  const owner = holderOf(incident, "owner");
  const who = owner === null ? "NOBODY RESPONSIBLE" : clean(nameOf(owner, names), 60);
  output.line(`${id}  ${severityOf(incident) ?? "no severity"}  ${clean(title, 100)}`);
  output.line(`    ${age}, noticed ${momentForPeople(since, zone)}; ${who}`);
  for (const clock of clocksFor(register, incident, now, together.get(id))) output.line(`    ${clock.text}`);
  if (state !== "resolved") return;
  const conditions = closingConditions(register, incident);
  const missing = closingProblems(incident, conditions);
  output.line(
    missing.length === 0
      ? `    Can be closed: custody incident close ${id}${conditions.reason ? ' --reason "…"' : ""}`
      : `    Before it can be closed: ${missing.map(({ text }) => text).join("; ")}.`,
  );
  const besides = askedBesides(incident, conditions);
  if (besides.length > 0) output.line(`    Your rules also ask: ${besides.map(({ text }) => text).join("; ")}.`);
}

const STATES = {
  open: "open",
  resolved: "resolved, not closed",
  closed: "closed",
  withdrawn: "opened by mistake, withdrawn",
};

function tellTroubles(output: Output, { troubles }: Pick<OpenRegister, "troubles">): void {
  if (troubles.length === 0) return;
  output.line();
  output.line(`${troubles.length === 1 ? "One record does" : `${troubles.length} records do`} not fit:`);
  for (const { index, incident, text } of troubles) output.line(`  record ${index}, ${incident}: ${clean(text)}.`);
  output.line("  A correction mends that: custody incident correct ID RECORD --because …");
}

/** `custody incident show ID`: how it stands, and everything that was recorded, in the order in which it happened. */
export function show(flags: Flags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const register = await openRegister(custody);
    if (!register.incidents.has(id)) await refuseFromElsewhere(custody, id);
    const incident = register.find(id);
    const { names, zone } = register;
    const now = Math.max(register.asOf, custody.clock.now());
    head(output, incident, register);
    const together = await toldTogether(custody, register.facts);
    for (const clock of clocksFor(register, incident, now, together.get(id))) output.line(`  ${clock.text}`);
    output.line();
    const inTime = [...incident.history].sort((a, b) => a.happened.at - b.happened.at || a.index - b.index);
    for (const act of inTime) {
      tellAct(output, act, names, zone);
      const closed = closedBefore(incident, act);
      if (closed !== undefined) output.line(`    recorded after it was closed (record ${closed})`);
    }
    if (incident.state !== "withdrawn") tellMissing(output, incident, closingConditions(register, incident));
    tellTroubles(output, incident);
    output.object({
      ok: incident.troubles.length === 0,
      incident: inRecords(incident, names),
      timeline: inTime.map((act) => actInRecords(act, names, zone)),
      troubles: incident.troubles,
    });
    return 0;
  });
}

/** What keeps it from being closed, and what checks will find missing all the same. */
function tellMissing(output: Output, incident: RegisterIncident, conditions: ClosingConditions): void {
  const list = (title: string, problems: readonly ClosingProblem[]) => {
    output.line(title);
    for (const { text, todo } of problems) output.line(`  - ${text}${todo === undefined ? "" : `: ${todo}`}`);
  };
  output.line();
  if (incident.state !== "closed") {
    const missing = closingProblems(incident, conditions);
    if (missing.length > 0) list("Before it can be closed:", missing);
    else output.line("Everything holds that is asked before it is closed.");
    if (conditions.reason)
      output.line(`  Whoever closes it says why: custody incident close ${incident.id} --reason "…"`);
  }
  const besides = askedBesides(incident, conditions);
  if (besides.length > 0) list("Your rules ask for this too; where it stays missing, reports say so:", besides);
}

function head(output: Output, incident: RegisterIncident, { names, zone, timeline }: OpenRegister): void {
  const { id, title, state, times, nature, tags, personalData } = incident;
  output.line(`${id}: ${clean(title)}`);
  const line = (what: string, value: string | null | undefined) => {
    if (value) output.line(`  ${what.padEnd(14)} ${clean(value)}`);
  };
  line("state", STATES[state]);
  const labels = incident.severities.map(({ severity, at }) => {
    const policy = timeline.policyAt(at)?.policy;
    return (policy && severityIn(policy, severity)?.label) ?? severity;
  });
  line("severity", labels.filter((label, i) => label !== labels[i - 1]).join(" → ") || "not given");
  line("concerns", nature ?? "not said");
  const roles = [...incident.roles.values()].map(
    ({ role, person, team }) => `${role} ${person === null ? `${team} (a team)` : nameOf(person, names)}`,
  );
  line("who", roles.join(", ") || "nobody is responsible");
  line(
    "personal data",
    personalData === null ? "not decided" : `${personalData.decision}, decided by ${nameOf(personalData.by, names)}`,
  );
  line("marks", tags.join(", "));
  line("supplier", incident.supplier);
  line("cause", incident.cause?.text ?? incident.cause?.key);
  for (const name of REGISTER_TIMES) {
    const moment = times[name];
    if (moment !== undefined) line(name.replace(/At$/, ""), momentForPeople(moment, zone));
  }
}

function tellAct(output: Output, act: RegisterAct, names: Names, zone: string): void {
  output.line(`${momentForPeople(act.happened, zone)}`);
  output.line(`    ${clean(actInWords(act, names, zone), 2_000)}`);
  output.line(`    record ${act.index}, logged ${forPeople(act.at, zone)} by ${byInWords(act.by, names)}`);
  for (const earlier of [...act.replaced].reverse()) {
    output.line(
      `    instead of record ${earlier.index}, ${momentForPeople(earlier.happened, zone)}: ${clean(actInWords(earlier, names, zone), 500)}`,
    );
  }
  const why = act.replaced.length > 0 ? textOf(act, CORRECTION) : null;
  if (why !== null) output.line(`    because: ${clean(why)}`);
}

function byInWords({ id, type, role, auth }: Actor, names: Names): string {
  if (type !== "person") return id;
  const who = `${clean(nameOf(id, names), 60)}${role === undefined ? "" : ` (${role})`}`;
  return auth === "unauthenticated" || auth === undefined
    ? `${who}; nobody checked who that was`
    : `${who}, known by ${auth}`;
}

function inRecords(incident: RegisterIncident, names: Names) {
  const { state, entry, newest, exposure, deploy, ticket, withdrawal, closing } = incident;
  return {
    ...incidentFact(incident, names),
    state,
    entry,
    newest,
    exposure,
    deploy,
    ticket,
    ...(closing === null ? {} : { waived: closing.waived, waiver: closing.waiver }),
    ...(withdrawal === null ? {} : { withdrawal: { entry: withdrawal.index, reason: withdrawal.reason } }),
  };
}

function actInRecords(act: RegisterAct, names: Names, zone: string): object {
  return {
    entry: act.index,
    act: act.act,
    happened: iso(act.happened.at),
    precision: act.happened.precision,
    logged: iso(act.at),
    by: { ...act.by, name: names.get(act.by.id) ?? null },
    values: act.values,
    words: act.record.words,
    ...(act.record.gone === undefined ? {} : { gone: act.record.gone }),
    text: actInWords(act, names, zone),
    replaced: act.replaced.map((one) => actInRecords(one, names, zone)),
  };
}
