import type { FactOf, Observed } from "../evidence/fact.ts";
import { digestOf } from "../lib/digest.ts";
import { lengthForPeople } from "../lib/length.ts";
import type { Instant, Interval } from "../lib/time.ts";
import { dateForPeople, forPeople } from "../lib/zone.ts";
import type { InstanceHistory } from "../slots/history.ts";
import { seenTo } from "../slots/record.ts";
import { newestOf } from "./population.ts";

/** What is to be kept about an incident, and until when its sources still remember it. Pure. */

const DAY = 86_400_000;
/** What led to an incident, and what followed, lies around it. */
export const MARGIN = DAY;
/** Days of warning before a source forgets. */
export const WARN_DAYS = 5;

type SeenIncident = Omit<Observed, "fact"> & { readonly fact: FactOf<"incident"> };

/** The newest word about each incident. */
export function incidentsIn(facts: Iterable<Observed>): SeenIncident[] {
  return newestOf(facts).filter((seen): seen is SeenIncident => seen.fact.kind === "incident");
}

/** From a day before the first time that an incident names to a day after it was over, or now. Undefined where it names none. */
export function incidentWindow(incident: FactOf<"incident">, now: Instant): Interval | undefined {
  const { occurredAt, detectedAt, acknowledgedAt, containedAt, resolvedAt, closedAt } = incident;
  const times = [occurredAt, detectedAt, acknowledgedAt, containedAt, resolvedAt, closedAt].filter((at) => at !== null);
  if (times.length === 0) return undefined;
  const end = resolvedAt ?? closedAt;
  const from = Math.min(...times) - MARGIN;
  const to = Math.min(end === null ? now : end + MARGIN, now);
  return from < to ? { from, to } : undefined;
}

const ID = /^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$/;

/** An incident's id as records may hold it: itself, or a name made of it where it holds spaces or words. */
export function recordId(incident: string): string {
  return ID.test(incident) ? incident : `incident-${digestOf(new TextEncoder().encode(incident)).slice(0, 16)}`;
}

/** How long a source keeps its own past, in milliseconds. */
export interface Memory {
  readonly instance: string;
  readonly remembers: number;
}

export interface PreservationDuty {
  /** Stays the same for the same incident. */
  readonly id: string;
  readonly incident: string;
  /** When the first of the sources forgets the first of it; passed where it has begun. */
  readonly deadline: Instant;
  readonly sources: readonly { readonly instance: string; readonly remembers: number; readonly deadline: Instant }[];
  readonly title: string;
  readonly what: string;
  readonly lost: string;
  readonly todo: string;
  readonly commands: readonly string[];
  /** In words, without a stop. */
  readonly until: string;
}

export interface PreservationInput {
  /** Facts that hold the newest word about each incident; others are passed over. */
  readonly facts: Iterable<Observed>;
  readonly memories: readonly Memory[];
  readonly instances: ReadonlyMap<string, InstanceHistory>;
  readonly now: Instant;
  readonly zone: string;
  /** Days of warning, 5 unless stated; never more than half of what a source remembers. */
  readonly days?: number;
}

/** The open incidents whose time a source will soon not remember any more, and that nobody has preserved yet; the most pressing first. */
export function preservationDue(input: PreservationInput): PreservationDuty[] {
  const { memories, instances, now, zone, days = WARN_DAYS } = input;
  const open = incidentsIn(input.facts).filter(({ fact }) => fact.resolvedAt === null && fact.closedAt === null);
  const names = open.map(({ fact }) => fact.id);
  const duties = open.flatMap(({ fact, instance }) => {
    const window = incidentWindow(fact, now);
    if (window === undefined) return [];
    const sources = memories.flatMap((memory) => {
      const from = keptTo(instances.get(memory.instance), fact.id, window.from);
      const deadline = from + memory.remembers;
      const warning = Math.min(days * DAY, memory.remembers / 2);
      return now >= deadline - warning ? [{ ...memory, deadline }] : [];
    });
    if (sources.length === 0) return [];
    const name = names.filter((id) => id === fact.id).length > 1 ? `${instance}/${fact.id}` : fact.id;
    return [dutyOf(name, window, sources, now, zone)];
  });
  return duties.sort((a, b) => a.deadline - b.deadline);
}

/** Up to when the time of an incident was preserved from this source, without a break from its beginning. */
function keptTo(history: InstanceHistory | undefined, incident: string, from: Instant): Instant {
  let kept = from;
  for (const run of history?.runs ?? []) {
    if (run.incident !== recordId(incident) || run.window.from > kept) continue;
    // One that broke off got no further; what the source had forgotten before comes back by no other try.
    const to = run.outcome === "collected" ? run.window.to : seenTo(run);
    kept = Math.max(kept, to ?? kept);
  }
  return kept;
}

function dutyOf(
  incident: string,
  { from }: Interval,
  sources: PreservationDuty["sources"],
  now: Instant,
  zone: string,
): PreservationDuty {
  const deadline = Math.min(...sources.map((source) => source.deadline));
  const each = sources
    .map((source) => `${source.instance} keeps ${lengthForPeople(source.remembers, { round: "down" })}`)
    .join(", ");
  const gone = sources.filter((source) => source.deadline <= now).map((source) => source.instance);
  const argument = /^[A-Za-z0-9._/@:+-]+$/.test(incident) ? incident : `'${incident.replaceAll("'", "'\\''")}'`;
  return {
    // Again a name that records can hold.
    id: recordId(`preserve:${recordId(incident)}`),
    incident,
    deadline,
    sources,
    title: `${incident}: evidence of it will soon be gone at its source`,
    what: `The incident is open, and its time from ${dateForPeople(from, zone)} on has not been preserved (${each}).`,
    lost:
      gone.length === 0
        ? `Nothing is lost yet; from ${forPeople(deadline, zone)} on it is.`
        : `${gone.join(", ")} ${gone.length === 1 ? "has" : "have"} begun to forget it; what is left can still be kept.`,
    todo: "Collect everything about it now, and put a hold on it:",
    commands: [`custody preserve ${argument}`],
    until: forPeople(deadline, zone),
  };
}
