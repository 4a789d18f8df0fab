import { type Actor, type Entry, encodeEntry, type InstanceRecord, NO_PREVIOUS } from "../../src/evidence/entry.ts";
import { digestOf } from "../../src/lib/digest.ts";
import { CustodyError } from "../../src/lib/errors.ts";
import { type Instant, iso } from "../../src/lib/time.ts";
import { History, type InstanceHistory } from "../../src/slots/history.ts";

/**
 * Builders of ledger entries for tests. Each gives an entry that its schema accepts; index and chain are put right by
 * `chain`. Times are milliseconds or anything that `t` reads.
 */
export type When = Instant | string;
export type Span = readonly [When, When];

/** Milliseconds of `2026-11-20T10:00Z`, `2026-11-20` (midnight UTC) or a time with an offset. */
export function t(when: When): Instant {
  if (typeof when === "number") return when;
  const at = Date.parse(when);
  const zoned = /^\d{4}-\d\d-\d\d$|(Z|[+-]\d\d:\d\d)$/.test(when);
  if (Number.isNaN(at) || !zoned) throw new CustodyError("INPUT_INVALID", `"${when}" is not a time for a test`);
  return at;
}

const span = ([from, to]: Span) => ({ from: iso(t(from)), to: iso(t(to)) });

export const SYSTEM: Actor = { type: "system", id: "custody" };
export const ANNA: Actor = { type: "person", id: "p-anna", role: "owner", auth: "password" };

/** The name of some stored bytes that follow from the seed. */
export function blobRef(seed: string, mediaType = "application/json") {
  return { digest: digestOf(new TextEncoder().encode(seed)), size: seed.length, mediaType };
}

/** An entry of any kind, also of one that this version does not know. */
export function entry(kind: string, at: When, fields: Record<string, unknown> = {}): Entry {
  return {
    v: 1,
    index: 0,
    prev: NO_PREVIOUS,
    batch: "0".repeat(32),
    at: iso(t(at)),
    actor: SYSTEM,
    software: "custody test",
    kind,
    ...fields,
  } as Entry;
}

export function genesis(at: When, fields: Record<string, unknown> = {}): Entry {
  const zone = "UTC";
  return entry("genesis", at, { origin: "example-00000000", nonce: "0".repeat(32), zone, key: "key", ...fields });
}

/** One configured collector: daily in UTC with six hours of grace where nothing else is said. */
export function instance(fields: Partial<InstanceRecord> = {}): InstanceRecord {
  return {
    id: "jobs",
    use: "cron-health/ping",
    family: "cron-health",
    mode: "window",
    cadence: "daily",
    grace: "6h",
    zone: "UTC",
    ...fields,
  };
}

export function config(at: When, instances: readonly InstanceRecord[], fields: Record<string, unknown> = {}): Entry {
  return entry("config", at, { config: blobRef("config", "application/yaml"), zone: "UTC", instances, ...fields });
}

export interface RunFields {
  readonly instance?: string;
  readonly outcome?: "collected" | "partial" | "failed" | "unavailable";
  readonly trigger?: "schedule" | "interim" | "manual" | "catch-up" | "backfill";
  readonly slot?: string;
  /** Asked for; the first to the last of `covered` where it is left out. */
  readonly window?: Span;
  readonly covered?: readonly Span[];
  readonly instants?: readonly When[];
  readonly reason?: string;
  readonly [field: string]: unknown;
}

/** A run logged `at`: collected, or failed where it covered nothing. */
export function run(at: When, { covered = [], instants, window, ...fields }: RunFields = {}): Entry {
  const logged = t(at);
  const spans = covered.map(span);
  const seen = instants?.map((moment) => iso(t(moment)));
  const asked = window ?? [covered[0]?.[0] ?? seen?.[0] ?? logged - 3_600_000, covered.at(-1)?.[1] ?? logged];
  return entry("run", logged, {
    instance: "jobs",
    use: "cron-health/ping",
    trigger: "schedule",
    window: span(asked),
    started: iso(logged),
    ended: iso(logged),
    outcome: covered.length + (instants?.length ?? 0) > 0 ? "collected" : "failed",
    covered: spans,
    ...(seen ? { instants: seen } : {}),
    requests: 1,
    found: { reader: 1, facts: 0, problems: 0 },
    items: 1,
    evidence: [blobRef(`run ${logged}`)],
    ...fields,
  });
}

export function importOf(at: When, window: Span, fields: Record<string, unknown> = {}): Entry {
  return entry("import", at, {
    instance: "jobs",
    use: "cron-health/file",
    window: span(window),
    items: 1,
    found: { reader: 1, facts: 0, problems: 0 },
    evidence: [blobRef("import")],
    ...fields,
  });
}

type PlanAction = "pause" | "resume" | "retire";

/** A pause, resume or retirement, from when it is logged where nothing else is said. */
export function plan(at: When, action: PlanAction, fields: { from?: When; to?: When; instance?: string } = {}): Entry {
  const { from = at, to, instance: id = "jobs" } = fields;
  const until = to === undefined ? {} : { to: iso(t(to)) };
  return entry("plan", at, { instance: id, action, from: iso(t(from)), ...until, actor: ANNA });
}

type GapAction = "open" | "acknowledge" | "accept" | "close" | "close-late";

/** Somebody's act about the gap with this ID. */
export function gap(at: When, id: string, action: GapAction, fields: Record<string, unknown> = {}): Entry {
  return entry("gap", at, {
    gap: id,
    instance: "jobs",
    requirement: "cadence",
    action,
    window: span([t(at) - 1, at]),
    slots: 1,
    actor: ANNA,
    ...fields,
  });
}

/** The entries with index and chain as a ledger has them. */
export function chain(entries: readonly Entry[]): Entry[] {
  let prev = NO_PREVIOUS;
  return entries.map((one, index) => {
    const linked = { ...one, index, prev } as Entry;
    prev = digestOf(encodeEntry(linked));
    return linked;
  });
}

/** A history of these entries, in this order. */
export function historyOf(entries: readonly Entry[]): History {
  const history = new History();
  entries.forEach((one, index) => {
    history.add(index, one);
  });
  return history;
}

/** The history of one instance after these entries. */
export function instanceOf(entries: readonly Entry[], id = "jobs"): InstanceHistory {
  const found = historyOf(entries).instances.get(id);
  if (!found) throw new CustodyError("NOT_FOUND", `no instance "${id}" is configured by these entries`);
  return found;
}
