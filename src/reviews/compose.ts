import type { FactOf } from "../evidence/fact.ts";
import { type Instant, iso } from "../lib/time.ts";
import { forPeople, wallClock } from "../lib/zone.ts";
import type { Stamp } from "./stamp.ts";

/** A review to be written: the template with what the register knows. What nobody recorded stays a placeholder. */

/** Something that happened, for the timeline. */
export interface Happening extends Stamp {
  readonly text: string;
  /** Index of the record that says so; none where a source does. */
  readonly entry?: number;
}

/** An action as it is written into a review. */
export interface PlannedStep {
  readonly title: string;
  readonly owner: string | null;
  readonly due: Instant | null;
}

export interface ReviewSubject {
  readonly incident: FactOf<"incident">;
  /** How people name it: `INC-2026-004`. */
  readonly id: string;
  readonly timeline: readonly Happening[];
  readonly actions: readonly PlannedStep[];
  readonly author: string | undefined;
  readonly today: Instant;
  readonly zone: string;
}

/** What a template may name between two pairs of braces. */
export const BLANKS = [
  "incident",
  "title",
  "date",
  "today",
  "severity",
  "nature",
  "author",
  "owner",
  "commander",
  "occurred",
  "detected",
  "acknowledged",
  "contained",
  "resolved",
  "closed",
  "duration",
  "cause",
  "affected",
  "times",
  "timeline",
  "actions",
] as const;
export type Blank = (typeof BLANKS)[number];

const BLANK = /\{\{\s*([a-z]+)\s*\}\}/g;

/** Names between braces that mean nothing, each once. */
export function unknownBlanks(template: string): string[] {
  const found = [...template.matchAll(BLANK)].map(([, name = ""]) => name);
  return [...new Set(found)].filter((name) => !(BLANKS as readonly string[]).includes(name));
}

/** Fills a template in one pass: what a title or a note says between braces is text. */
export function composeReview(template: string, subject: ReviewSubject): string {
  const values = valuesOf(subject);
  return template.replace(BLANK, (whole, name: string) =>
    Object.hasOwn(values, name) ? values[name as Blank] : whole,
  );
}

function valuesOf(subject: ReviewSubject): Record<Blank, string> {
  const { incident, id, zone, timeline, actions, author, today } = subject;
  const { precision } = incident;
  const time = (name: "occurredAt" | "detectedAt" | "acknowledgedAt" | "containedAt" | "resolvedAt" | "closedAt") => {
    const at = incident[name];
    return at === null ? undefined : timeInBoth({ at, precision: precision[name] ?? 1 }, zone);
  };
  const or = (text: string | null | undefined, blank: string) => (text ? inline(text) : `<${blank}>`);
  const begin = time("occurredAt") ?? time("detectedAt");
  const from = incident.detectedAt ?? incident.occurredAt;
  const times = TOLD.flatMap(([name, label]) => {
    const text = time(name);
    return text === undefined ? [] : [`- ${label}: ${text}`];
  });
  return {
    incident: inline(id),
    title: or(incident.title, "title"),
    date: from === null ? "<date>" : dayOf(from, zone),
    today: dayOf(today, zone),
    severity: or(incident.severity, "severity"),
    nature: or(incident.nature, "nature"),
    author: or(author, "author"),
    owner: or(incident.owner, "owner"),
    commander: or(incident.commander, "commander"),
    occurred: time("occurredAt") ?? "<when it began>",
    detected: time("detectedAt") ?? "<when it was noticed>",
    acknowledged: time("acknowledgedAt") ?? "<when it was acknowledged>",
    contained: time("containedAt") ?? "<when it was contained>",
    resolved: time("resolvedAt") ?? "<when it was resolved>",
    closed: time("closedAt") ?? "<when it was closed>",
    duration: `${begin ?? "<start>"} to ${time("resolvedAt") ?? "<end>"}`,
    cause: or(incident.cause, "what actually caused it"),
    affected: incident.affected === null ? "<how many are affected>" : String(incident.affected),
    times: times.length === 0 ? "<when it began, was noticed and was resolved>" : times.join("\n"),
    timeline: timeline.length === 0 ? "<what happened, and when>" : linesOf(timeline, zone).join("\n"),
    actions: rowsOf(actions, zone).join("\n"),
  };
}

const TOLD = [
  ["occurredAt", "began"],
  ["detectedAt", "noticed"],
  ["acknowledgedAt", "acknowledged"],
  ["containedAt", "contained"],
  ["resolvedAt", "resolved"],
  ["closedAt", "closed"],
] as const;

const HALF_A_DAY = 12 * 3_600_000;
const dayOf = (at: Instant, zone: string) => wallClock(at, zone).toPlainDate().toString();

/** `2026-11-20 16:40 UTC (20 Nov 2026, 17:40 Europe/Berlin)`, and no more exactly than it is known. */
export function timeInBoth({ at, precision }: Stamp, zone: string): string {
  if (precision > HALF_A_DAY) return `${dayOf(at, zone)} (time of day not recorded)`;
  const utc = `${iso(at).slice(0, 10)} ${iso(at).slice(11, precision < 60_000 ? 19 : 16)} UTC`;
  return zone === "UTC" ? utc : `${utc} (${forPeople(at, zone, { seconds: precision < 60_000 })})`;
}

function linesOf(timeline: readonly Happening[], zone: string): string[] {
  return [...timeline]
    .sort((a, b) => a.at - b.at || (a.entry ?? 0) - (b.entry ?? 0))
    .map((one) => {
      const record = one.entry === undefined ? "" : ` (record ${one.entry})`;
      return `- ${timeInBoth(one, zone)}: ${inline(one.text)}${record}`;
    });
}

function rowsOf(actions: readonly PlannedStep[], zone: string): string[] {
  if (actions.length === 0) return ["| <what is to be done> | <who> | <until when> |"];
  return actions.map(
    ({ title, owner, due }) =>
      `| ${inline(title)} | ${owner === null ? "<who>" : inline(owner)} | ${due === null ? "<until when>" : dayOf(due, zone)} |`,
  );
}

/** Text of people as part of a line: what would begin a heading, a column, a link or a comment is made plain. */
function inline(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .replace(/[\\|<>[\]`*_{}]/g, (mark) => `\\${mark}`)
    .replace(/^(\s*)([#>+-]|\d+[.)])/, "$1\\$2")
    .replace(/\s+/g, " ")
    .trim();
}
