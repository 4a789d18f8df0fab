import type { Fact } from "../evidence/fact.ts";
import { iso } from "../lib/time.ts";
import type { PopulationRow } from "./population.ts";

/** What is kept of a fact beside its identity, so that somebody can tell the rows apart: no names of people. */
const FIELDS: { readonly [K in Fact["kind"]]: readonly (keyof Extract<Fact, { kind: K }>)[] } = {
  incident: [
    "title",
    "severity",
    "status",
    "nature",
    "occurredAt",
    "detectedAt",
    "resolvedAt",
    "closedAt",
    "personalData",
  ],
  review: ["title", "incident", "date"],
  alert: ["name", "severity", "state", "startsAt", "endsAt"],
  silence: ["matches", "startsAt", "endsAt"],
  "alert-rule": ["name", "severity"],
  "job-run": ["job", "outcome", "startedAt", "endedAt"],
  action: ["title", "type", "incident", "createdAt", "due", "doneAt", "verifiedAt"],
  event: ["title", "channel", "receivedAt"],
  decision: ["decision", "decidedAt", "rule", "incident"],
  activity: ["title", "type", "at"],
  evidence: ["title", "incident", "collectedAt"],
};

/** What people type after `--of`, and the kind it means. */
export const KINDS_OF: Readonly<Record<string, Fact["kind"]>> = {
  incidents: "incident",
  reviews: "review",
  alerts: "alert",
  silences: "silence",
  "alert-rules": "alert-rule",
  "job-runs": "job-run",
  actions: "action",
  events: "event",
  decisions: "decision",
  activities: "activity",
  evidence: "evidence",
};

const MAX_FIELD = 200;
const isTime = (field: string) => field.endsWith("At") || field === "date" || field === "due" || field === "at";
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The fields of a row, as the fact says them. */
export function fieldsOfRow(fact: Fact): PopulationRow["fields"] {
  const values = fact as unknown as Readonly<Record<string, unknown>>;
  const pairs = (FIELDS[fact.kind] as readonly string[]).map((field) => [field, fieldValue(field, values[field])]);
  return Object.fromEntries(pairs) as PopulationRow["fields"];
}

function fieldValue(field: string, value: unknown): string | number | null {
  if (typeof value === "number") {
    if (!isTime(field)) return Number.isSafeInteger(value) ? value : String(value);
    // A time that no calendar has is kept as the number that it is.
    return Math.abs(value) <= 8.64e15 ? iso(value) : String(value);
  }
  if (typeof value !== "string") return null;
  const points = Array.from(value.replaceAll(LONE, "\ufffd"));
  return points.length <= MAX_FIELD ? points.join("") : `${points.slice(0, MAX_FIELD).join("")}…`;
}
