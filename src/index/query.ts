import type { Entry } from "../evidence/entry.ts";
import type { Fact, FactKind, FactOf } from "../evidence/fact.ts";
import type { Instant, Interval } from "../lib/time.ts";
import type { Connection, Value } from "./database.ts";

/**
 * Every question that status and pages put to the index, one function each. Slots, gaps and freshness are not stored:
 * their state depends on the moment one asks about, so `src/slots` works them out from the entries of `historyEntries`.
 */

export interface RunView {
  /** Index of the run's entry. */
  readonly entry: number;
  readonly instance: string;
  readonly use: string;
  readonly trigger: string;
  readonly slot: string | null;
  /** When it was logged. */
  readonly at: Instant;
  readonly started: Instant;
  readonly ended: Instant;
  readonly window: Interval;
  readonly outcome: string;
  readonly reason: string | null;
  readonly covered: readonly Interval[];
  readonly instants: readonly Instant[];
  readonly requests: number;
  /** The source's own count, where it gives one. */
  readonly total: number | null;
  readonly items: number;
  readonly facts: number;
  readonly problems: number;
}

const RUN = `entry, instance, use, trigger, slot, at, started, ended, json_build_object('from', window_from, 'to', window_to) as "window",
  outcome, reason, covered, instants, requests, total, items, facts, problems`;

/** The last run of every instance that ever ran, by instance. */
export async function latestRuns(connection: Connection): Promise<RunView[]> {
  return await connection.query<RunView>(
    `select distinct on (instance) ${RUN} from "index".run order by instance, entry desc`,
  );
}

export interface Page {
  /** Only what is older than this entry: the last one of the page before. */
  readonly before?: number;
  /** At most this many, 100 if not said. */
  readonly limit?: number;
}

/** Runs, newest first; of one instance, or of those logged in a period. */
export async function listRuns(
  connection: Connection,
  { instance, period, before, limit }: Page & { readonly instance?: string; readonly period?: Interval } = {},
): Promise<RunView[]> {
  const wanted = new Conditions();
  if (instance !== undefined) wanted.add("instance = ?", instance);
  if (period) wanted.add("at >= ? and at < ?", period.from, period.to);
  if (before !== undefined) wanted.add("entry < ?", before);
  return await connection.query<RunView>(
    `select ${RUN} from "index".run ${wanted.where} order by entry desc limit ${bounded(limit)}`,
    wanted.values,
  );
}

export interface FactView<F extends Fact = Fact> {
  readonly fact: F;
  readonly instance: string;
  /** How often it has changed so far, counting from 1. */
  readonly revision: number;
  /** The entry, capture and place in the capture where it was first seen like this. */
  readonly entry: number;
  readonly item: number;
  readonly ordinal: number;
  /** Digest of the evidence file. */
  readonly digest: string;
  /** The entry that showed it like this last. */
  readonly lastEntry: number;
  readonly sightings: number;
}

const FACT = `data as fact, instance, revision, entry, item, ordinal, digest, last_entry as "lastEntry", sightings`;

/**
 * Facts of a kind as they were last seen, newest first by their own time. With a period: those whose time meets it, and
 * those for which the source gives no time, which nobody could place outside it.
 */
export async function listFacts<K extends FactKind>(
  connection: Connection,
  {
    kind,
    instance,
    period,
    limit,
  }: { readonly kind: K; readonly instance?: string; readonly period?: Interval; readonly limit?: number },
): Promise<FactView<FactOf<K>>[]> {
  const wanted = new Conditions();
  wanted.add("latest and kind = ?", kind);
  if (instance !== undefined) wanted.add("instance = ?", instance);
  if (period) {
    wanted.add(
      "(started_at < ? and (ended_at is null or ended_at > ? or started_at >= ?) or started_at is null and (ended_at is null or ended_at >= ?))",
      period.to,
      period.from,
      period.from,
      period.from,
    );
  }
  return await connection.query<FactView<FactOf<K>>>(
    `select ${FACT} from "index".fact ${wanted.where}
     order by started_at desc nulls first, instance, id limit ${bounded(limit)}`,
    wanted.values,
  );
}

/** All that was ever seen of one fact, first revision first. */
export async function factRevisions(
  connection: Connection,
  { instance, kind, id }: { readonly instance: string; readonly kind: FactKind; readonly id: string },
): Promise<FactView[]> {
  return await connection.query<FactView>(
    `select ${FACT} from "index".fact where instance = $1 and kind = $2 and id = $3 order by revision`,
    [instance, kind, id],
  );
}

/** Every fact as it was last seen, of all kinds, some thousand at a time: what an assessment starts from. */
export async function* latestFacts(connection: Connection): AsyncGenerator<FactView> {
  for (let after: [number, number, number] = [-1, 0, 0]; ; ) {
    const part = await connection.query<FactView>(
      `select ${FACT} from "index".fact where latest and (entry, item, ordinal) > ($1, $2, $3)
       order by entry, item, ordinal limit 5000`,
      after,
    );
    yield* part;
    const last = part.at(-1);
    if (last === undefined) return;
    after = [last.entry, last.item, last.ordinal];
  }
}

/** Every alert in each of its wordings, in the order in which they were first seen, with when that was logged. */
export async function* alertWordings(
  connection: Connection,
): AsyncGenerator<FactView<FactOf<"alert">> & { readonly at: Instant }> {
  for (let after: [number, number, number] = [-1, 0, 0]; ; ) {
    const part = await connection.query<FactView<FactOf<"alert">> & { readonly at: Instant }>(
      `select ${FACT}, (select at from "index".entry e where e.index = f.entry) as at from "index".fact f
       where kind = 'alert' and (entry, item, ordinal) > ($1, $2, $3) order by entry, item, ordinal limit 5000`,
      after,
    );
    yield* part;
    const last = part.at(-1);
    if (last === undefined) return;
    after = [last.entry, last.item, last.ordinal];
  }
}

export interface ItemView {
  readonly entry: number;
  readonly ordinal: number;
  readonly instance: string | null;
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
  readonly origin: string | null;
  readonly capturedAt: Instant | null;
  readonly modifiedAt: Instant | null;
  /** How many passages were masked. */
  readonly masked: number;
}

const ITEM = `entry, ordinal, instance, digest, size, media_type as "mediaType", origin, captured_at as "capturedAt",
  modified_at as "modifiedAt", masked`;

/** Evidence files of one entry, in their order. */
export async function itemsOf(connection: Connection, entry: number): Promise<ItemView[]> {
  return await connection.query<ItemView>(`select ${ITEM} from "index".item where entry = $1 order by ordinal`, [
    entry,
  ]);
}

/** Everywhere an evidence file with these bytes was taken, first time first. */
export async function itemsWith(connection: Connection, digest: string, limit?: number): Promise<ItemView[]> {
  return await connection.query<ItemView>(
    `select ${ITEM} from "index".item where digest = $1 order by entry, ordinal limit ${bounded(limit)}`,
    [digest],
  );
}

export interface ProblemView {
  readonly entry: number;
  readonly instance: string;
  /** Digest of the evidence file it is in, where it is in one. */
  readonly item: string | null;
  readonly where: string;
  readonly message: string;
}

/** What should be mended at the sources: problems in the newest evidence of every instance, or in all there ever was. */
export async function listProblems(
  connection: Connection,
  { instance, all = false, before, limit }: Page & { readonly instance?: string; readonly all?: boolean } = {},
): Promise<ProblemView[]> {
  const wanted = new Conditions();
  if (instance !== undefined) wanted.add("p.instance = ?", instance);
  if (before !== undefined) wanted.add("p.entry < ?", before);
  // A run that could not look says nothing about whether the problem is still there.
  const newest = `(select e.instance, max(e.index) as entry from "index".entry e left join "index".run r on r.entry = e.index
    where e.kind in ('run', 'intake', 'import') and coalesce(r.items, 1) > 0 group by e.instance)`;
  return await connection.query<ProblemView>(
    `select p.entry, p.instance, p.item, p.place as "where", p.message from "index".problem p
     ${all ? "" : `join ${newest} as newest on newest.instance = p.instance and newest.entry <= p.entry`} ${wanted.where}
     order by p.entry desc, p.ordinal limit ${bounded(limit)}`,
    wanted.values,
  );
}

export interface EntryView {
  readonly index: number;
  readonly digest: string;
  readonly entry: Entry;
}

const ENTRY = "index, digest, body as entry";

/** One entry; undefined when the index has not followed so far. */
export async function entryAt(connection: Connection, index: number): Promise<EntryView | undefined> {
  const [entry] = await connection.query<EntryView>(`select ${ENTRY} from "index".entry where index = $1`, [index]);
  return entry;
}

/** Entries, newest first; of some kinds, or about one instance. */
export async function listEntries(
  connection: Connection,
  { kinds, instance, before, limit }: Page & { readonly kinds?: readonly string[]; readonly instance?: string } = {},
): Promise<EntryView[]> {
  const wanted = new Conditions();
  if (kinds) wanted.add("kind = any(?)", kinds);
  if (instance !== undefined) wanted.add("instance = ?", instance);
  if (before !== undefined) wanted.add("index < ?", before);
  return await connection.query<EntryView>(
    `select ${ENTRY} from "index".entry ${wanted.where} order by index desc limit ${bounded(limit)}`,
    wanted.values,
  );
}

/** All entries from an index on, in order, a thousand at a time: what a history of slots is made from without the ledger. */
export async function* historyEntries(connection: Connection, from = 0): AsyncGenerator<EntryView> {
  for (let next = from; ; ) {
    const part = await connection.query<EntryView>(
      `select ${ENTRY} from "index".entry where index >= $1 order by index limit 1000`,
      [next],
    );
    yield* part;
    const last = part.at(-1);
    if (last === undefined) return;
    next = last.index + 1;
  }
}

export interface Counts {
  readonly entries: Readonly<Record<string, number>>;
  /** Facts as they were last seen, by kind. */
  readonly facts: Readonly<Record<string, number>>;
  readonly items: number;
  /** Different evidence files, and their bytes. */
  readonly blobs: number;
  readonly bytes: number;
}

/** How much there is. */
export async function countIndex(connection: Connection): Promise<Counts> {
  const entries = await connection.query<{ kind: string; n: number }>(
    'select kind, count(*) as n from "index".entry group by kind order by kind',
  );
  const facts = await connection.query<{ kind: string; n: number }>(
    'select kind, count(*) as n from "index".fact where latest group by kind order by kind',
  );
  const [items] = await connection.query<{ items: number; blobs: number; bytes: number }>(
    `select coalesce(sum(n), 0)::bigint as items, count(*) as blobs, coalesce(sum(size), 0)::bigint as bytes
     from (select count(*) as n, max(size) as size from "index".item group by digest) as blob`,
  );
  const record = (rows: { kind: string; n: number }[]) => Object.fromEntries(rows.map(({ kind, n }) => [kind, n]));
  return { entries: record(entries), facts: record(facts), items: 0, blobs: 0, bytes: 0, ...items };
}

/** At most this many rows, whatever a page was asked for. */
const MAX_ROWS = 10_000;

function bounded(limit = 100): number {
  return Math.min(Math.max(1, Math.trunc(limit) || 1), MAX_ROWS);
}

/** Conditions with their values; `?` stands for the next value. */
class Conditions {
  readonly values: Value[] = [];
  readonly #parts: string[] = [];

  add(sql: string, ...values: Value[]): void {
    let used = this.values.length;
    this.#parts.push(sql.replaceAll("?", () => `$${++used}`));
    this.values.push(...values);
  }

  get where(): string {
    return this.#parts.length === 0 ? "" : `where ${this.#parts.join(" and ")}`;
  }
}
