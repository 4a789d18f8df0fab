import { type Calendar, EARLIEST, LATEST, openCalendar } from "../calendar/calendar.ts";
import { defaultCalendar } from "../calendar/shape.ts";
import type { Stamp } from "../calendar/stamp.ts";
import type { IncidentTime } from "../evidence/case-facts.ts";
import type { FactOf } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import { wallClock } from "../lib/zone.ts";
import type { Policy } from "../policy/policy.ts";
import type { Law } from "./shape.ts";
import { type Telling, withTold } from "./told.ts";

/** What a clock of law or contract is about: an incident, and where a law wants it so one role and set of data of it. */

export type Incident = FactOf<"incident">;
export type Breach = Incident["breaches"][number];

/** What is known beside the incident. */
export interface Situation {
  /** The organisation's own rules that count for the incident; undefined where there are none. */
  readonly policy: Policy | undefined;
  readonly asOf: Instant;
  readonly zone: string;
  /** False where the source of the incident cannot tell of breaches and reports, so that none is no sign that there was none. */
  readonly tells?: boolean;
}

export interface LawCase {
  readonly incident: Incident;
  /** Undefined for laws that are about incidents, and for a breach that nobody recorded. */
  readonly breach: Breach | undefined;
  /** Place of the breach in the record of the incident. */
  readonly place: number;
  readonly role: "controller" | "processor" | undefined;
  /** Where the role is from, if not from the record. */
  readonly roleFrom: string | undefined;
  /** Of what was told, what a message says and nothing else. */
  readonly byMessage?: readonly Telling[] | undefined;
}

/** A moment that is recorded. */
export interface Found {
  /** Undefined: recorded without its time. */
  readonly stamp: Stamp | undefined;
  /** Where it was taken from instead, in words. */
  readonly instead?: string;
}

export function stamped(incident: Incident, at: Instant | null, name: string): Stamp | undefined {
  const { precision } = incident;
  return at === null ? undefined : { at, precision: Object.hasOwn(precision, name) ? (precision[name] ?? 0) : 0 };
}

/** A time of the incident, or of the breach where both have it; undefined where it is not recorded. */
function timeOf({ incident, breach, place }: LawCase, field: IncidentTime): Found | undefined {
  if (field === "awareAt" && breach !== undefined) {
    const own = stamped(incident, breach.awareAt, `breaches.${place}.awareAt`);
    if (own !== undefined) return { stamp: own };
    // Of several breaches it cannot be told whose it is.
    if (incident.breaches.length > 1) return undefined;
  }
  const stamp = stamped(incident, incident[field], field);
  return stamp && { stamp };
}

/** A moment by its name in the data of a law: a time of the incident, or a step or moment recorded for the law. */
export function momentOf(one: LawCase, law: Law, name: string): Found | undefined {
  if (!name.includes(".")) return timeOf(one, name as IncidentTime);
  const { incident } = one;
  const found = incident.lawSteps
    .map(({ step, at }, i) => ({ step, stamp: stamped(incident, at, `lawSteps.${i}`) }))
    .filter(({ step }) => step === name);
  if (found.length === 0) return undefined;
  const stamps = found.flatMap(({ stamp }) => stamp ?? []).sort((a, b) => a.at - b.at);
  const last = law.moments.find(({ id }) => `${law.law}.${id}` === name)?.counts === "last";
  return { stamp: last ? stamps.at(-1) : stamps[0] };
}

/** When it began for a law or contract: when somebody knew, else the first time that is recorded. */
export function beganAt(one: LawCase): Instant | undefined {
  const names = ["awareAt", "detectedAt", "createdAt", "acknowledgedAt", "occurredAt", "resolvedAt"] as const;
  for (const name of names) {
    const at = timeOf(one, name)?.stamp?.at;
    if (at !== undefined) return at;
  }
  return undefined;
}

/** The cases of an incident for laws about breaches: one for each that is recorded, or one by the rules where none is. */
export function breachCases(recorded: Incident, policy: Policy | undefined): LawCase[] {
  const { incident, byMessage } = withTold(recorded, (breach) => roleOf(breach, policy).role);
  if (incident.breaches.length > 0)
    return incident.breaches.map((breach, place) => ({
      incident,
      breach,
      place,
      ...roleOf(breach, policy),
      byMessage: byMessage[place],
    }));
  return [{ incident, breach: undefined, place: -1, ...roleOf(undefined, policy) }];
}

function roleOf(breach: Breach | undefined, policy: Policy | undefined): Pick<LawCase, "role" | "roleFrom"> {
  if (breach?.role) return { role: breach.role, roleFrom: undefined };
  const known = policy?.datasets.find(({ id }) => id === breach?.dataset);
  if (known !== undefined)
    return { role: known.role, roleFrom: `nobody recorded the role; ${known.role} of ${known.id} by your rules` };
  const usual = policy?.breach?.usualRole;
  return { role: usual, roleFrom: usual && `nobody recorded the role; ${usual} is the usual one by your rules` };
}

export function incidentCase(incident: Incident): LawCase {
  return { incident, breach: undefined, place: -1, role: undefined, roleFrom: undefined };
}

/** `INC-1`, `INC-1#processor/acme` where it has several breaches. */
export function idOf(one: LawCase): string {
  const { incident, breach, role } = one;
  if (breach === undefined) return incident.id;
  // One that only a message tells of is no breach of its own.
  if (breach.role === null && breach.dataset === null && incident.breaches.length === 1 && one.byMessage?.length)
    return incident.id;
  return `${incident.id}#${[role ?? "role unknown", breach.dataset].filter((part) => part !== null).join("/")}`;
}

/** True where a time is recorded that is not later than now. */
export function isPast(incident: Incident, field: "closedAt" | "resolvedAt", asOf: Instant): boolean {
  const at = incident[field];
  return at !== null && at <= asOf;
}

/** The local day of an instant, `2026-11-20`. */
export function dayOf(at: Instant, zone: string): string {
  // A source can name a time that no calendar has; that it cannot be is said by the clock that starts with it.
  return wallClock(Math.min(Math.max(at, EARLIEST), LATEST), zone)
    .toPlainDate()
    .toString();
}

/**
 * The calendar by which law counts: the one that the rules call `law`, else the first of them. Of it only zone and holidays
 * matter.
 */
export function lawCalendar({ policy, zone }: Situation): Calendar {
  const calendars = policy?.calendars ?? {};
  const data = (Object.hasOwn(calendars, "law") ? calendars.law : undefined) ?? Object.values(calendars)[0];
  return openCalendar(data ?? defaultCalendar(policy?.zone ?? zone));
}
