import type { Custody } from "../custody.ts";
import type { DecisionWord } from "../events/decision.ts";
import type { Trouble } from "../events/event.ts";
import { type EventLog, type EventState, foldEvents } from "../events/fold.ts";
import { eventsNamed, recordName } from "../events/name.ts";
import { impossible } from "../events/people.ts";
import { Telling } from "../events/telling.ts";
import { actsOfKind, type Words } from "../evidence/act.ts";
import { type Actor, isKind, MAX_BATCH_BYTES, MAX_BATCH_ENTRIES } from "../evidence/entry.ts";
import type { Observed } from "../evidence/fact.ts";
import { happenedFields, type Moment } from "../incidents/moment.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { type Instant, iso } from "../lib/time.ts";
import { personFor } from "../people.ts";
import { evidenceOf } from "../remembering.ts";
import { type ActDraft, type Acts, readActs, recordActs } from "./acting.ts";
import { attach } from "./attaching.ts";
import { type RulesInLog, rulesIn } from "./intake-rules.ts";
import { refOf } from "./linking.ts";
import { begin } from "./numbering.ts";
import { declareFirst } from "./rules-first.ts";

/** Events and what was decided about them, out of the log, and the one way to report and to decide. Commands and pages come here. */

export interface Deciding {
  readonly acts: Acts;
  readonly log: EventLog;
  readonly rules: RulesInLog;
  /** Everything of the records that does not fit. */
  readonly troubles: readonly Trouble[];
  /** Names of incidents that a decision can name: of our register, and of others'. */
  readonly incidents: ReadonlySet<string>;
  /** Collectors that tell of alerts, by their ids. */
  readonly sources: readonly string[];
  readonly names: ReadonlyMap<string, string>;
  /** The organisation's. */
  readonly zone: string;
  readonly now: Instant;
  /** The one event that a text names. Throws NOT_FOUND, and INPUT_INVALID where it may mean several. */
  find(text: string): EventState;
}

/** Reads events and decisions; of captured evidence only what tells of events is held. */
export async function openEvents(custody: Custody): Promise<Deciding> {
  const acts = await readActs(custody);
  const rules = await rulesIn(custody, acts.acts);
  const history = await custody.history();
  const telling = new Telling((kind) => rules.timeline.takesIn(kind), OWN_REGISTER);
  const incidents = new Set(actsOfKind(acts.acts, "incident").map(({ entry }) => entry.incident));
  await eachFact(custody, acts.seen.size, (seen) => {
    if (seen.fact.kind === "incident") incidents.add(recordName("incident", seen.fact.id));
    else telling.add(seen);
  });
  const now = Math.max(acts.asOf, custody.clock.now());
  const records = [...history.instances.values()].map(({ record }) => record);
  const log = foldEvents({
    acts: acts.acts,
    facts: telling,
    rules: rules.timeline,
    families: new Map(records.map(({ id, family }) => [id, family])),
    incidents,
    register: OWN_REGISTER,
    asOf: now,
  });
  const tellsAlerts = (use: string) =>
    custody.config.collectors.find(({ name }) => name === use)?.facts.includes("alert") ?? false;
  return {
    acts,
    log,
    rules,
    troubles: [...log.troubles, ...rules.troubles].sort((a, b) => a.index - b.index),
    incidents,
    sources: records.filter(({ use }) => tellsAlerts(use)).map(({ id }) => id),
    names: acts.names,
    zone: custody.config.organisation.zone,
    now,
    find: (text) => oneNamed(log.events, text),
  };
}

async function eachFact(custody: Custody, size: number, take: (seen: Observed) => void): Promise<void> {
  const disposals = await custody.disposals();
  for await (const { entry, index } of (await custody.view()).read()) {
    if (index >= size) break;
    if (!isKind(entry, "run") && !isKind(entry, "intake") && !isKind(entry, "import")) continue;
    const { facts } = await evidenceOf(custody, entry, disposals);
    for (const seen of facts) take(seen);
  }
}

const shown = (text: string) => text.slice(0, 80).replace(/[^\x20-\x7e]/g, "?");
/** Names compared for a hint: nobody waits for more. */
const MOST_COMPARED = 5_000;

function oneNamed(events: readonly EventState[], text: string): EventState {
  const found = eventsNamed(events, text.trim());
  const [one] = found;
  if (one !== undefined && found.length === 1) return one;
  if (one === undefined) {
    const known = events.slice(-MOST_COMPARED).map(({ event }) => event);
    throw new CustodyError("NOT_FOUND", `there is no event ${shown(text)}${didYouMean(text, known)}`, {
      remedy: "`custody event list` shows them.",
    });
  }
  const all = found.slice(0, 5).map((each) => `${each.event} (${shown(each.instance)}, ${iso(each.when)})`);
  throw new CustodyError(
    "INPUT_INVALID",
    `${shown(text)} may be ${found.length} events: ${all.join(", ")}${found.length > 5 ? ", …" : ""}`,
    { remedy: "Name the one that you mean by its whole name." },
  );
}

/** Ways by which people report; an organisation may have others. */
export const CHANNELS = ["mail", "phone", "chat", "form", "person", "disclosure", "portal", "letter", "other"] as const;

export interface ReportRequest {
  readonly channel: string;
  readonly subject: string;
  readonly text?: string | undefined;
  /** Whoever reported it, in words. */
  readonly reporter?: string | undefined;
  /** When it came in; now where left out. */
  readonly received?: Moment | undefined;
  /** When they were answered. */
  readonly acknowledged?: Moment | undefined;
  readonly files?: readonly string[];
  /** A number of one's own. */
  readonly id?: string | undefined;
}

export interface Reported {
  readonly event: string;
  readonly entry: number;
  readonly received: Moment;
  readonly acknowledgedEntry: number | undefined;
  readonly by: Actor;
  /** Why what is configured could not be put into the log first, in words. */
  readonly undeclared: string | undefined;
}

/** What is wrong with a report, a line each; none where it can be recorded. */
export function reportProblems({ channel, subject, received, acknowledged }: ReportRequest): string[] {
  const problems: string[] = [];
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(channel))
    problems.push(`--channel "${shown(channel)}": expected a word such as ${CHANNELS.join(", ")}`);
  else if (!(CHANNELS as readonly string[]).includes(channel)) {
    const hint = didYouMean(channel, CHANNELS);
    if (hint !== "") problems.push(`--channel ${channel}${hint}`);
  }
  if (subject.trim() === "") problems.push("the subject is missing: what was reported, in a few words?");
  if (subject.length > 500)
    problems.push(`the subject has ${subject.length} characters; at most 500, the rest belongs into --text`);
  if (received !== undefined && acknowledged !== undefined && acknowledged.at + acknowledged.precision <= received.at)
    problems.push("--acknowledged is before --received: nobody answers what has not come in");
  return problems;
}

/**
 * Records a report of something that may be an incident; what is configured is put into the log before it, so that the time
 * to answer it runs under rules that stand there. Throws INPUT_INVALID with all that is wrong, NOT_ALLOWED for whoever may
 * not. Publishes nothing.
 */
export async function recordReport(custody: Custody, request: ReportRequest): Promise<Reported> {
  const { channel, subject, text, reporter, acknowledged, files = [], id } = request;
  // Before anything is written.
  personFor(custody.config, "record");
  const now = { at: custody.clock.now(), precision: 1 };
  const problems = reportProblems({ ...request, received: request.received ?? now });
  if (problems.length > 0)
    throw new CustodyError("INPUT_INVALID", problems.join("\n"), { remedy: "Nothing was recorded." });
  const { acts } = await readActs(custody);
  const taken = actsOfKind(acts, "event").map(({ entry }) => entry.event);
  const evidence = await attach(custody, files);
  const undeclared = await declareFirst(custody);
  // What comes in now comes in under the rules that were logged a moment ago.
  const received = request.received ?? { at: custody.clock.now(), precision: 1 };
  const words: Words = {
    title: subject.trim(),
    ...(text === undefined ? {} : { text }),
    ...(reporter === undefined ? {} : { reporter }),
  };
  const begun = await begin(custody, { series: "EVT", kind: "event", taken, own: id }, (event) => ({
    kind: "event",
    event,
    channel,
    act: "report",
    ...(evidence.length > 0 ? { evidence } : {}),
    ...happenedFields(received),
    words,
  }));
  const answer =
    acknowledged === undefined ? undefined : await recordAcknowledgement(custody, begun.id, channel, acknowledged);
  const { id: event, index: entry, by } = begun;
  return { event, entry, received, acknowledgedEntry: answer?.entry, by, undeclared };
}

/** Records that whoever reported something was answered. Publishes nothing. */
export async function recordAcknowledgement(
  custody: Custody,
  event: string,
  channel: string,
  moment: Moment,
  text?: string,
): Promise<{ readonly entry: number; readonly by: Actor }> {
  const draft: ActDraft = {
    kind: "event",
    event,
    channel,
    act: "acknowledge",
    ...happenedFields(moment),
    ...(text === undefined ? {} : { words: { text } }),
  };
  const { by, records } = await recordActs(custody, [draft]);
  return { entry: records[0]?.index ?? 0, by };
}

export interface DecisionRequest {
  readonly events: readonly EventState[];
  readonly decision: DecisionWord;
  readonly incident?: string | undefined;
  readonly duplicateOf?: EventState | undefined;
  readonly reason: string;
  readonly at?: Moment | undefined;
  /** How several events were chosen, in words. */
  readonly chosen?: string | undefined;
  /** True where whoever decides says that each was looked at by itself. */
  readonly each?: boolean;
}

/** Events in one record. */
export const IN_ONE_RECORD = 64;
/** What a record needs beside what it says: times, names, digests of its words. */
const ENVELOPE = 1_500;

/** What is wrong with a decision, a line each; none where it can be recorded. */
export function decisionProblems(deciding: Deciding, request: DecisionRequest): string[] {
  const { events, decision, incident, duplicateOf, reason, at } = request;
  const problems: string[] = [];
  if (reason.trim() === "")
    problems.push("--reason is missing: why is it so? A decision without a reason cannot be followed");
  if (decision === "incident") {
    if (incident === undefined) problems.push("--incident is missing: which one did it become, or belong to?");
    else if (!deciding.incidents.has(incident))
      problems.push(
        `--incident: there is no incident ${shown(incident)}${didYouMean(incident, [...deciding.incidents])}`,
      );
  } else if (incident !== undefined) problems.push(`--incident is only for the decision "incident"`);
  if (decision === "duplicate") {
    if (duplicateOf === undefined) problems.push("--of is missing: of which event is it a duplicate?");
    else if (duplicateOf.decided?.decision === "duplicate")
      problems.push(
        `--of: ${duplicateOf.event} is itself a duplicate, of ${duplicateOf.decided.duplicateOf}; name that one`,
      );
  } else if (duplicateOf !== undefined) problems.push(`--of is only for the decision "duplicate"`);
  const moment = at ?? { at: deciding.now, precision: 1 };
  const wrong = events.flatMap((event) => {
    const { entry, item, ordinal } = event.newest;
    const known = { entry, item, ordinal };
    const why = impossible(event, { ...moment, known, decision, duplicateOf: duplicateOf?.event });
    return why === undefined ? [] : [`${event.event}: ${why}`];
  });
  problems.push(...wrong.slice(0, 5));
  if (wrong.length > 5) problems.push(`and ${wrong.length - 5} more like these`);
  const most = mostAtOnce(draftsOf(deciding, request));
  if (events.length > most)
    problems.push(
      `${events.length} events at once; at most about ${most}. Choose fewer, with --from and --until; what comes in such numbers is better decided by an intake rule in your policy`,
    );
  return problems;
}

/** How many events like these can be written as one batch. Beyond it they would be written one after the other, and a failure would leave half of them. */
function mostAtOnce(drafts: readonly ActDraft[]): number {
  const bytes = drafts.reduce((sum, draft) => sum + Buffer.byteLength(JSON.stringify(draft)) + ENVELOPE, 0);
  const records = bytes === 0 ? MAX_BATCH_ENTRIES : Math.floor((drafts.length * MAX_BATCH_BYTES) / bytes);
  return Math.min(MAX_BATCH_ENTRIES, records) * IN_ONE_RECORD;
}

/**
 * Records one decision about one event or many, all of its records or none. Throws INPUT_INVALID with everything that is wrong,
 * more than can be written at once included. Publishes nothing.
 */
export async function recordDecision(
  custody: Custody,
  deciding: Deciding,
  request: DecisionRequest,
): Promise<{ readonly entries: readonly number[]; readonly by: Actor }> {
  const problems = decisionProblems(deciding, request);
  if (request.events.length === 0) problems.push("no event is named");
  if (problems.length > 0)
    throw new CustodyError("INPUT_INVALID", problems.join("\n"), { remedy: "Nothing was recorded." });
  const drafts = draftsOf(deciding, request);
  const { by, records } = await recordActs(custody, drafts);
  return { entries: records.map(({ index }) => index), by };
}

function draftsOf(deciding: Deciding, request: DecisionRequest): ActDraft[] {
  const { events, decision, incident, duplicateOf, reason, at, chosen, each = false } = request;
  const together = events.length;
  const words: Words = {
    reason: reason.trim(),
    ...(chosen === undefined ? {} : { chosen }),
    ...(together === 1
      ? {}
      : {
          together: each
            ? `Decided together with ${together - 1} others; whoever decided says that each was looked at by itself.`
            : `Decided together with ${together - 1} others, and not each looked at by itself.`,
        }),
  };
  const drafts: ActDraft[] = [];
  for (let i = 0; i < events.length; i += IN_ONE_RECORD) {
    const own = events.slice(i, i + IN_ONE_RECORD);
    const facts = own.filter(isOfSource).map(({ newest }) => refOf(newest));
    const reports = own.filter((event) => !isOfSource(event)).map(({ event }) => event);
    drafts.push({
      kind: "event-decision",
      ...(facts.length > 0 ? { facts } : {}),
      ...(reports.length > 0 ? { events: reports } : {}),
      decision,
      ...(incident === undefined ? {} : { incident }),
      ...(duplicateOf === undefined ? {} : { duplicateOf: duplicateOf.event }),
      ...(together > 1 ? { together } : {}),
      ...(together > 1 && each ? { each } : {}),
      ...happenedFields(at ?? { at: deciding.now, precision: 1 }),
      words,
    });
  }
  return drafts;
}

const isOfSource = ({ instance }: EventState) => instance !== OWN_REGISTER;
