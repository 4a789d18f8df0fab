import type { Found, FoundFact } from "../collector/facts.ts";
import type { BlobRef } from "../evidence/blob.ts";
import { type Entry, isKind } from "../evidence/entry.ts";
import type { Fact } from "../evidence/fact.ts";
import type { ManifestCapture } from "../evidence/manifest.ts";
import { fromIso, type Instant } from "../lib/time.ts";
import type { Row } from "./tables.ts";

/** An entry, what its manifest lists, and what its captures say: all that its rows follow from. */
export interface ReadEntry {
  readonly index: number;
  readonly digest: string;
  readonly entry: Entry;
  /** What the manifest lists, or else what the entry itself names. */
  readonly captures: readonly (ManifestCapture | BlobRef)[];
  readonly found: Found;
}

/** Instance of an entry, whatever its kind, also of one that this version does not know. */
export function instanceOf(entry: Entry): string | null {
  const { instance } = entry as { instance?: unknown };
  return typeof instance === "string" ? instance : null;
}

export function entryRow({ index, digest, entry }: ReadEntry): Row<"entry"> {
  return {
    index,
    kind: entry.kind,
    at: fromIso(entry.at),
    instance: instanceOf(entry),
    once: entry.once ?? null,
    digest,
    body: JSON.stringify(entry),
  };
}

/** The row of a run; undefined for other entries, and for a run whose fields are not as this version knows them. */
export function runRow({ index, entry }: ReadEntry): Row<"run"> | undefined {
  if (!isKind(entry, "run")) return undefined;
  return {
    entry: index,
    instance: entry.instance,
    use: entry.use,
    trigger: entry.trigger,
    slot: entry.slot ?? null,
    at: fromIso(entry.at),
    started: fromIso(entry.started),
    ended: fromIso(entry.ended),
    window_from: fromIso(entry.window.from),
    window_to: fromIso(entry.window.to),
    outcome: entry.outcome,
    reason: entry.reason ?? null,
    covered: JSON.stringify(entry.covered.map(({ from, to }) => ({ from: fromIso(from), to: fromIso(to) }))),
    instants: JSON.stringify((entry.instants ?? []).map(fromIso)),
    requests: entry.requests,
    total: entry.total ?? null,
    items: entry.items,
    facts: entry.found.facts,
    problems: entry.found.problems,
    clock_offset: entry.clockOffset ?? null,
  };
}

export function itemRows({ index, entry, captures }: ReadEntry): Row<"item">[] {
  return captures.map((capture, ordinal) => {
    const { origin = null, capturedAt, modifiedAt, masked = [] } = capture as Partial<ManifestCapture>;
    return {
      entry: index,
      ordinal,
      instance: instanceOf(entry),
      digest: capture.digest,
      size: capture.size,
      media_type: capture.mediaType,
      origin,
      captured_at: capturedAt === undefined ? null : fromIso(capturedAt),
      modified_at: modifiedAt === undefined ? null : fromIso(modifiedAt),
      masked: masked.reduce((sum, { count }) => sum + count, 0),
    };
  });
}

export function problemRows({ index, found }: ReadEntry): Row<"problem">[] {
  return found.problems.map(({ instance, item, where, message }, ordinal) => ({
    entry: index,
    ordinal,
    instance,
    item: item ?? null,
    place: where,
    message,
  }));
}

/** The row of a fact that nobody saw before. */
export function factRow({ fact, instance, entry, position, item, ordinal }: FoundFact): Row<"fact"> {
  return {
    instance: plain(instance),
    kind: fact.kind,
    id: plain(fact.id),
    revision: 1,
    entry,
    item: position,
    ordinal,
    digest: item,
    last_entry: entry,
    sightings: 1,
    latest: true,
    ...columnsOf(fact),
    data: JSON.stringify(fact),
  };
}

interface MainColumns {
  readonly title: string | null;
  readonly severity: string | null;
  readonly status: string | null;
  /** The stretch of time a fact is about. No end: it goes on, or its end is not known. No start: the source gives no time. */
  readonly started_at: Instant | null;
  readonly ended_at: Instant | null;
}

/** What pages list and sort by, the same for every kind. */
function columnsOf(fact: Fact): MainColumns {
  switch (fact.kind) {
    case "incident": {
      const { title, severity, status } = fact;
      return {
        title,
        severity,
        status,
        started_at: fact.occurredAt ?? fact.detectedAt,
        ended_at: fact.closedAt ?? fact.resolvedAt,
      };
    }
    case "review":
      return { title: fact.title, severity: fact.severity, status: null, started_at: fact.date, ended_at: fact.date };
    case "alert":
      return {
        title: fact.name,
        severity: fact.severity,
        status: fact.state,
        started_at: fact.startsAt,
        ended_at: fact.endsAt,
      };
    case "silence":
      return { title: fact.matches, severity: null, status: null, started_at: fact.startsAt, ended_at: fact.endsAt };
    case "alert-rule":
      return { title: fact.name, severity: fact.severity, status: null, started_at: null, ended_at: null };
    case "job-run":
      return {
        title: fact.job,
        severity: null,
        status: fact.outcome,
        started_at: fact.startedAt,
        ended_at: fact.endedAt ?? fact.startedAt,
      };
    case "action":
      return named(fact.title, fact.type, fact.createdAt, fact.verifiedAt ?? fact.doneAt ?? fact.cancelledAt);
    case "event":
      return named(fact.title, fact.channel, fact.receivedAt, fact.receivedAt);
    case "decision":
      return named(fact.about.id, fact.decision, fact.decidedAt, fact.decidedAt);
    case "activity":
      return named(fact.title, fact.type, fact.at, fact.at);
    case "evidence":
      return named(fact.title, null, fact.collectedAt, fact.disposedAt);
  }
}

function named(title: string, status: string | null, from: Instant | null, to: Instant | null): MainColumns {
  return { title, severity: null, status, started_at: from, ended_at: to };
}

/** Text as the database will give it back: without U+0000 and without half surrogates. */
function plain(text: string): string {
  return Buffer.from(text.replaceAll("\0", "\ufffd"), "utf8").toString("utf8");
}
