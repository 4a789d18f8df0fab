import type { Instant, Interval } from "../lib/time.ts";
import { dayOf, timeOn, withOffset, withoutZone } from "./calendar.ts";
import { type Random, randomFrom } from "./random.ts";
import { SCRIPTS, type Script } from "./scripts.ts";
import { ZONE } from "./settings.ts";

/** One incident with the moments of its life. What lies in the future at some moment is not in its record then. */
export interface Incident {
  readonly id: string;
  /** Below the folder of the register, without extension. */
  readonly name: string;
  readonly script: Script;
  readonly alert: Script["alert"];
  readonly owner: string;
  readonly commander: string;
  readonly occurred: Instant;
  readonly detected: Instant;
  readonly acknowledged: Instant;
  /** When somebody began to work on it; absent where nobody wrote it down. */
  readonly responded?: Instant;
  readonly contained?: Instant;
  readonly resolved?: Instant;
  readonly closed?: Instant;
  readonly reviewed?: Instant;
}

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const OWNERS = ["Jonas Petersen", "Lena Brandt", "Mehmet Aydın", "Sören Lübke"] as const;
const COMMANDERS = ["Katrin Vogel", "Jonas Petersen"] as const;

/** The incidents of a span, in the order in which they were noticed. */
export function makeIncidents(span: Interval, seed: string): Incident[] {
  const moments = SCRIPTS.map((script) => momentsOf(script, span, randomFrom(`${seed}/${script.slug}`)))
    .filter(({ occurred, detected }) => occurred >= span.from && detected < span.to)
    .sort((a, b) => a.detected - b.detected);
  const numbers = new Map<number, number>();
  return moments.map((incident) => {
    const { year } = dayOf(incident.detected, ZONE);
    const number = (numbers.get(year) ?? 0) + 1;
    numbers.set(year, number);
    const id = `INC-${year}-${String(number).padStart(2, "0")}`;
    return { ...incident, id, name: `${id}-${incident.script.slug}` };
  });
}

function momentsOf(script: Script, span: Interval, random: Random): Omit<Incident, "id" | "name"> {
  const day =
    script.day < 0
      ? dayOf(span.to, ZONE).subtract({ days: -script.day })
      : dayOf(span.from, ZONE).add({ days: script.day });
  const occurred = timeOn(day, script.time, ZONE) + random.int(0, 59) * MINUTE;
  const detected = occurred + script.unnoticed * MINUTE;
  const people = { owner: random.pick(OWNERS), commander: random.pick(COMMANDERS) };
  const acknowledged = detected + random.int(2, 14) * MINUTE;
  const responded =
    script.respondedAfter === undefined ? acknowledged + MINUTE : detected + script.respondedAfter * MINUTE;
  const common = {
    script,
    alert: script.alert,
    ...people,
    occurred,
    detected,
    acknowledged,
    ...(script.slip === "no-response" ? {} : { responded }),
  };
  if (script.resolvedAfter === undefined) return common;
  const resolved = detected + script.resolvedAfter * MINUTE;
  const contained = detected + Math.max(15, Math.round(script.resolvedAfter * 0.6)) * MINUTE;
  const closed = resolved + random.int(1, 3) * DAY + random.int(0, 90) * MINUTE;
  const { review } = script;
  return { ...common, contained, resolved, closed, ...(review ? { reviewed: resolved + review.days * DAY } : {}) };
}

/** How long after its detection a record is there. */
const FIRST_WRITTEN = 20 * MINUTE;

/** When somebody mends a record that could not be read: while it cannot, no month can be confirmed to be without incident. */
export const mendedAt = ({ detected }: Incident): Instant => detected + 60 * DAY;

/** The record of an incident as it stood at a moment; undefined where nobody had written one yet. */
export function incidentText(incident: Incident, at: Instant): string | undefined {
  const { script, id, detected } = incident;
  if (at < detected + FIRST_WRITTEN) return undefined;
  const past = (moment: Instant | undefined) => (moment !== undefined && moment <= at ? moment : undefined);
  const time = (moment: Instant | undefined) =>
    past(moment) === undefined ? undefined : withOffset(moment ?? 0, ZONE);
  const hasCommander = script.severity === "Sev1" || script.severity === "Sev2";
  const reviewed = past(incident.reviewed);
  const hasNoZone = script.slip === "no-zone" && at < mendedAt(incident);
  const fields: [string, string | undefined][] = [
    ["id", id],
    ["type", "incident"],
    ["title", quoted(script.title)],
    ["severity", script.severity],
    ["nature", script.nature],
    ["status", past(incident.closed) ? "closed" : past(incident.resolved) ? "resolved" : "open"],
    ["occurred", time(incident.occurred)],
    ["detected", hasNoZone ? withoutZone(detected, ZONE).slice(0, 16) : time(detected)],
    ["acknowledged", time(incident.acknowledged)],
    ["responded", time(incident.responded)],
    ["contained", time(incident.contained)],
    ["resolved", time(incident.resolved)],
    ["closed", time(incident.closed)],
    ["owner", script.slip === "no-owner" ? undefined : incident.owner],
    ["commander", hasCommander ? incident.commander : undefined],
    ["personal data", script.personalData ?? "no"],
    ["review", reviewed === undefined ? undefined : reviewId(incident)],
  ];
  const lines = fields.flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}`]));
  const log = [
    incident.acknowledged,
    incident.contained ?? detected + 90 * MINUTE,
    incident.resolved ?? detected + 20 * 60 * MINUTE,
  ];
  const notes = script.notes.flatMap((note, i) =>
    past(log[i]) === undefined ? [] : [`- ${withOffset(log[i] ?? 0, ZONE)} ${note}`],
  );
  return `---
${lines.join("\n")}
---

# ${id}

## Description

${script.description}

## Impact

${script.impact}

## Log

${notes.join("\n")}
`;
}

export const reviewId = ({ id }: Incident): string => id.replace("INC-", "PIR-");

/** As a YAML scalar; a title may hold a colon or a quotation mark. */
export const quoted = (text: string): string => JSON.stringify(text);
