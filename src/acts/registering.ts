import { runningClocks } from "../assess/running.ts";
import type { Custody } from "../custody.ts";
import type { Words } from "../evidence/act.ts";
import type { Actor } from "../evidence/entry.ts";
import type { FactOf } from "../evidence/fact.ts";
import type { IncidentValues } from "../incidents/acts.ts";
import type { ClosingProblem } from "../incidents/closing.ts";
import { incidentFact } from "../incidents/facts.ts";
import type { RegisterIncident } from "../incidents/incident.ts";
import { happenedFields, type Moment } from "../incidents/moment.ts";
import { nextId } from "../incidents/register.ts";
import { lawClocks, spokenClocks } from "../law/clocks.ts";
import { shippedLaws } from "../laws.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import { wallClock } from "../lib/zone.ts";
import { personFor, personId } from "../people.ts";
import { type ActDraft, recordActs, requireMayCorrect } from "./acting.ts";
import { requireClosingRole, whatIsWaived } from "./closing-allowed.ts";
import { type IncidentRequest, refused, requestProblems } from "./incident-request.ts";
import { type OpenRegister, openAsIfDeclared } from "./open-register.ts";
import { declareFirst } from "./rules-first.ts";

/** The register of incidents of our own: what is in it, and the one way to record more. Commands and pages both come here. */

export interface RecordedIncident {
  readonly incident: string;
  /** Index of the record. */
  readonly entry: number;
  readonly happened: Moment;
  readonly by: Actor;
  /** Conditions that did not hold and were waived. */
  readonly waived: readonly ClosingProblem[];
  /** Why what is configured could not be put into the log first, in words. */
  readonly undeclared?: string;
  /** Opened more than a year after it was noticed: a year is easily mistyped. */
  readonly longAgo?: Instant;
}

/**
 * Records one act on the register, or nothing; what is configured is put into the log before it, so that clocks start under
 * rules that stand there. Throws INPUT_INVALID that names everything that is wrong with it at once,
 * NOT_FOUND for an incident that is not there, NOT_ALLOWED for whoever may not. Signs nothing yet: the caller publishes.
 */
export async function recordIncident(custody: Custody, request: IncidentRequest): Promise<RecordedIncident> {
  const { act } = request;
  const asSignOff = act === "withdraw" || request.waive !== undefined;
  // Before anything is written, and before anybody is named.
  personFor(custody.config, asSignOff ? "sign-off" : "record");
  await requireMayCorrect(custody, request.corrects === undefined ? [] : [request.corrects]);
  const opened = await openAsIfDeclared(custody);
  const now = custody.clock.now();
  const problems = requestProblems(custody, opened, request, request.at ?? { at: now, precision: 1 }, now);
  if (problems.length > 0) throw refused(request, problems);
  if (act === "close") requireClosingRole(custody, opened, opened.find(request.incident ?? ""));
  const waived = act === "close" ? whatIsWaived(opened, request) : [];
  const undeclared = await declareFirst(custody);
  // What happens now happens under the rules that were logged a moment ago.
  const happened = request.at ?? { at: custody.clock.now(), precision: 1 };
  const people: Record<string, string> = {};
  for (const [name, person] of Object.entries(request.people ?? {})) people[name] = await personId(custody, person);
  const values: IncidentValues = {
    ...request.values,
    ...people,
    ...(waived.length > 0 ? { waived: [...new Set(waived.map(({ need }) => need))] } : {}),
  };
  const words: Words = { ...request.words, ...(waived.length > 0 ? { waiver: request.waive ?? "" } : {}) };
  const draft = {
    kind: "incident" as const,
    act,
    ...happenedFields(happened),
    ...(request.corrects === undefined ? {} : { corrects: request.corrects }),
    ...(Object.keys(values).length > 0 ? { values } : {}),
    words,
  };
  const kind = asSignOff ? "sign-off" : "record";
  const isOpening = act === "open" && request.corrects === undefined;
  const done = isOpening
    ? await recordOpening(custody, opened, draft, request.incident)
    : await recordOne(custody, { ...draft, incident: request.incident ?? "" }, kind);
  const noticed = typeof values.detectedAt === "string" ? Date.parse(values.detectedAt) : happened.at;
  return {
    ...done,
    happened,
    waived,
    ...(undeclared === undefined ? {} : { undeclared }),
    ...(isOpening && noticed < now - LONG_AGO ? { longAgo: noticed } : {}),
  };
}

const LONG_AGO = 366 * 86_400_000;

type Done = Pick<RecordedIncident, "incident" | "entry" | "by">;

async function recordOne(
  custody: Custody,
  draft: Extract<ActDraft, { kind: "incident" }>,
  act: "sign-off" | "record",
): Promise<Done> {
  const { by, records } = await recordActs(custody, [draft], act);
  return { incident: draft.incident, entry: records[0]?.index ?? 0, by };
}

/** Numbers that others take at the same moment. */
const MAX_RACES = 1_000;

/** Gives it the next number of the year; somebody who was faster has that one, and this one the number after it. */
async function recordOpening(
  custody: Custody,
  { incidents, zone, acts }: OpenRegister,
  draft: Omit<Extract<ActDraft, { kind: "incident" }>, "incident">,
  own: string | undefined,
): Promise<Done> {
  const taken = new Set([...incidents.keys(), ...acts.map(({ entry }) => entry.incident)]);
  const { year } = wallClock(custody.clock.now(), zone);
  for (let tries = 0; tries < MAX_RACES; tries++) {
    const incident = own ?? nextId("INC", year, taken);
    const full = { ...draft, incident, once: `incident:${incident}:open` } as Extract<ActDraft, { kind: "incident" }>;
    const { by, records } = await recordActs(custody, [full]);
    const [record] = records;
    if (record !== undefined && !record.repeated) return { incident, entry: record.index, by };
    if (own !== undefined)
      throw new CustodyError(
        "INPUT_INVALID",
        `--id ${own}: somebody opened ${own} a moment ago (record ${record?.index})`,
        {
          remedy: "Choose another, or leave out --id. Nothing was recorded.",
        },
      );
    taken.add(incident);
  }
  throw new CustodyError("STORE_UNREACHABLE", `others took ${MAX_RACES} numbers of incidents meanwhile`, {
    remedy: "Try again.",
  });
}

/** Something that is due for an incident, in words to people. */
export interface IncidentClock {
  readonly text: string;
  readonly due: Instant;
}

/** What is due for an incident: by laws and contracts, then by the organisation's rules; the most pressing first. `fact`: with what linked records tell. */
export function clocksFor(
  { timeline, beside, names, zone }: Pick<OpenRegister, "timeline" | "beside" | "names" | "zone">,
  incident: RegisterIncident,
  now: Instant,
  fact: FactOf<"incident"> = incidentFact(incident, names),
): readonly IncidentClock[] {
  if (incident.state === "withdrawn") return [];
  const reviews = beside.flatMap(({ fact }) => (fact.kind === "review" ? [fact] : []));
  const byLaw = lawClocks(fact, { laws: shippedLaws(), policies: timeline, asOf: now, zone });
  return [...spokenClocks(byLaw, now), ...runningClocks(fact, reviews, timeline, now)];
}
