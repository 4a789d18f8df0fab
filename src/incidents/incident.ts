import type { RecordedAct } from "../evidence/act.ts";
import { wordOf } from "../evidence/act.ts";
import { INCIDENT_TIMES, type IncidentTime } from "../evidence/case-facts.ts";
import type { Actor, EntryOf } from "../evidence/entry.ts";
import { fromIso, type Instant } from "../lib/time.ts";
import { type IncidentAct, precisionName } from "./acts.ts";
import type { Moment } from "./moment.ts";
import type { Statement } from "./statement.ts";

/** An incident of our own register: how it stands now, and everything that was recorded about it. */

/** A record that does not fit, or something that two of them say against each other. */
export interface Trouble {
  readonly index: number;
  readonly incident: string;
  /** In plain words. */
  readonly text: string;
}

/** One act as it was recorded. */
export interface RegisterAct {
  readonly index: number;
  /** When it was logged. */
  readonly at: Instant;
  readonly happened: Moment;
  /** As the record says it; a later version may know more. */
  readonly act: string;
  readonly known: IncidentAct | undefined;
  readonly by: Actor;
  readonly values: Readonly<NonNullable<EntryOf<"incident">["values"]>>;
  readonly record: RecordedAct<"incident">;
  /** Those that it took the place of, oldest first. */
  readonly replaced: readonly RegisterAct[];
}

/** The one text of this name; null where there is none. */
export const textOf = ({ record }: RegisterAct, name: string): string | null => wordOf(record, name) ?? null;

/** The one value of this name, where it is a word. */
export function labelOf({ values }: RegisterAct, name: string): string | null {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  return typeof value === "string" && value !== "" ? value : null;
}

export function countOf({ values }: RegisterAct, name: string): number | null {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  return typeof value === "number" ? value : null;
}

/** The words of a list. */
export function labelsOf({ values }: RegisterAct, name: string): string[] {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  return Array.isArray(value) ? value : [];
}

/** A time among the values, with how exactly it is known. */
export function momentOf({ values }: RegisterAct, name: string): Moment | undefined {
  const [at, precision] = [values[name], values[precisionName(name)]];
  if (typeof at !== "string") return undefined;
  try {
    return { at: fromIso(at), precision: typeof precision === "number" && precision > 0 ? precision : 1 };
  } catch {
    return undefined;
  }
}

/** `withdrawn`: it was opened by mistake, as somebody says who showed who they are. */
export type IncidentState = "open" | "resolved" | "closed" | "withdrawn";

export interface GivenSeverity extends Statement {
  readonly severity: string;
  readonly by: string;
  readonly reason: string | null;
}

export interface Assignment extends Statement {
  readonly role: string;
  /** A random ID; null where it is a team. */
  readonly person: string | null;
  readonly team: string | null;
}

export interface Escalation extends Statement {
  /** A role, or the random ID of a person. */
  readonly from: string | null;
  readonly to: string | null;
  readonly fromPerson: string | null;
  readonly toPerson: string | null;
  readonly reason: string | null;
}

export interface Message extends Statement {
  readonly channel: string | null;
  readonly audience: string | null;
  readonly purpose: string | null;
  readonly reached: number | null;
  readonly of: number | null;
}

export interface TakenMeasure extends Statement {
  readonly measure: string;
  readonly result: "done" | "planned" | "not-applicable";
  readonly layer: string | null;
  readonly type: string | null;
  readonly reason: string | null;
}

export interface PersonalDataDecision extends Statement {
  readonly decision: "yes" | "no" | "unclear";
  readonly by: string;
  readonly reason: string | null;
}

export const BREACH_TIMES = ["awareAt", "riskAt", "authorityAt", "controllerAt", "subjectsAt"] as const;
export type BreachTime = (typeof BREACH_TIMES)[number];
export const BREACH_TEXTS = ["riskReason", "exemption", "delayReason", "facts", "effects", "remedy"] as const;
export type BreachText = (typeof BREACH_TEXTS)[number];

/** A breach of personal data, for one role and one set of data. */
export interface RegisterBreach {
  readonly role: string | null;
  readonly dataset: string | null;
  readonly risk: string | null;
  readonly riskBy: string | null;
  /** When the decision that stands was written down first, whatever time it says itself. */
  readonly riskLogged: Instant | null;
  readonly people: number | null;
  /** On which ground of the law people need not be told; its words are among the texts. */
  readonly exemptionGround: string | null;
  readonly times: Readonly<Partial<Record<BreachTime, Statement>>>;
  readonly texts: Readonly<Partial<Record<BreachText, string>>>;
}

export interface LawStep extends Statement {
  readonly step: string;
}

/** Times of an incident, by the name of their field in facts. When it was recorded is not one of them: the log says that. */
export type RegisterTimes = Readonly<Partial<Record<RegisterTime, Statement>>>;
export type RegisterTime = Exclude<IncidentTime, "createdAt">;
export const REGISTER_TIMES = INCIDENT_TIMES.filter((time): time is RegisterTime => time !== "createdAt");

export interface RegisterIncident {
  readonly id: string;
  readonly title: string;
  readonly state: IncidentState;
  /** Index of the record that opened it, and when that was logged. */
  readonly entry: number;
  readonly createdAt: Instant;
  /** Index of the newest record about it. */
  readonly newest: number;
  readonly opened: Moment;
  readonly openedBy: Actor;
  readonly origin: string | null;
  readonly nature: string | null;
  readonly detectedBy: string | null;
  /** By when they were given. */
  readonly severities: readonly GivenSeverity[];
  /** What was said of it besides, and a correction or a date took away. */
  readonly severitiesSaid: readonly { readonly severity: string; readonly entry: number }[];
  readonly times: RegisterTimes;
  /** Who has which role now, and all there were. */
  readonly roles: ReadonlyMap<string, Assignment>;
  readonly assignments: readonly Assignment[];
  readonly escalations: readonly Escalation[];
  readonly messages: readonly Message[];
  /** How each stands now. */
  readonly measures: readonly TakenMeasure[];
  readonly impact: {
    readonly confidentiality: string | null;
    readonly integrity: string | null;
    readonly availability: string | null;
    readonly affected: number | null;
    readonly type: string | null;
  };
  readonly supplier: string | null;
  readonly personalData: PersonalDataDecision | null;
  readonly breaches: readonly RegisterBreach[];
  readonly lawSteps: readonly LawStep[];
  readonly cause: { readonly text: string | null; readonly key: string | null } | null;
  readonly tags: readonly string[];
  readonly exposure: { readonly from: Moment; readonly to: Moment | null } | null;
  /** Whether a deployment caused it; null where nobody said. */
  readonly deploy: { readonly correlated: boolean; readonly deploy: string | null } | null;
  /** Number of the ticket at a supplier. */
  readonly ticket: string | null;
  readonly reopened: number;
  /** Of the closing that stands. */
  readonly closing: {
    readonly index: number;
    readonly by: Actor;
    readonly reason: string | null;
    readonly waiver: string | null;
    readonly waived: readonly string[];
  } | null;
  readonly withdrawal: { readonly index: number; readonly by: Actor; readonly reason: string | null } | null;
  /** Everything that was recorded, in the order of the log. */
  readonly history: readonly RegisterAct[];
  readonly troubles: readonly Trouble[];
}

/** The severity it has now. */
export const severityOf = ({ severities }: Pick<RegisterIncident, "severities">): string | null =>
  severities.at(-1)?.severity ?? null;

/** Who has a role now: a random ID, or the name of a team. */
export function holderOf({ roles }: Pick<RegisterIncident, "roles">, role: string): string | null {
  const { person, team } = roles.get(role) ?? { person: null, team: null };
  return person ?? team;
}
