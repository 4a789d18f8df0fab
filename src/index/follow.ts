import type { Found } from "../collector/facts.ts";
import type { Recorded } from "../evidence/batch.ts";
import { blobRefs } from "../evidence/blob.ts";
import { type Entry, isKind } from "../evidence/entry.ts";
import { decodeManifest } from "../evidence/manifest.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";
import type { Connection, Database } from "./database.ts";
import { writeFacts } from "./facts.ts";
import { createSchemas, MIGRATING } from "./migrate.ts";
import { checkPosition, FOLLOWING, type Position, readPosition, writePosition } from "./position.ts";
import { entryRow, instanceOf, itemRows, problemRows, type ReadEntry, runRow } from "./rows.ts";
import { insertRows } from "./tables.ts";

/** What the index needs of a ledger. */
export interface LedgerReader {
  readonly origin: string;
  /** Entries from this index on, in order, chain-checked, to the tip at the time of the call. */
  read(from?: number): AsyncIterable<Recorded>;
  blob(digest: string): Promise<Uint8Array | undefined>;
}

/** What the captures of an entry say. A pure function of entry and blobs, so that the index can be made again. */
export interface ReadFacts {
  (entry: Entry, blob: LedgerReader["blob"]): Promise<Found>;
  /** Names the readers and their versions: others may find other facts in the same bytes. */
  readonly readers?: string;
}

/** A batch is one transaction: large enough to be quick, small enough that others can get in between. */
const BATCH_ENTRIES = 200;
const BATCH_ROWS = 5_000;

/**
 * Brings the index up to the ledger's tip and returns where it stands then. Harmless to repeat and to run in several
 * processes at once: rows and position change together, and whoever finds itself overtaken goes on from there. What other
 * readers have found is made again. Throws
 * INDEX_UNUSABLE when the index contradicts the ledger.
 */
export async function followLedger(
  database: Database,
  ledger: LedgerReader,
  readFacts: ReadFacts,
  progress: (size: number) => void = () => {},
): Promise<Position | undefined> {
  for (;;) {
    let position = await readPosition(database);
    if (position !== undefined && position.readers !== (readFacts.readers ?? "")) {
      await dropRows(database);
      position = undefined;
    }
    let overtaken = false;
    for await (const batch of batches(ledger, position, readFacts, database.place)) {
      const next = await writeBatch(database, ledger.origin, readFacts.readers ?? "", position, batch);
      overtaken = next === undefined;
      if (next === undefined) break;
      position = next;
      progress(next.size);
    }
    if (!overtaken) return position;
  }
}

/** Drops what was made from the ledger and makes it again. Whoever reads meanwhile sees an index that is behind, never a wrong one. */
export async function rebuildIndex(
  database: Database,
  ledger: LedgerReader,
  readFacts: ReadFacts,
  progress?: (size: number) => void,
): Promise<Position | undefined> {
  await dropRows(database);
  return await followLedger(database, ledger, readFacts, progress);
}

async function dropRows(database: Database): Promise<void> {
  await database.transaction(async (connection) => {
    await connection.query(`select pg_advisory_xact_lock(${MIGRATING})`);
    await connection.query(`select pg_advisory_xact_lock(${FOLLOWING})`);
    await connection.query('drop schema if exists "index" cascade');
    await createSchemas(connection);
  });
}

/** Entries after the position with all that their rows need; the slow part, done while no lock is held. */
async function* batches(
  ledger: LedgerReader,
  position: Position | undefined,
  readFacts: ReadFacts,
  place: string,
): AsyncGenerator<ReadEntry[]> {
  // The entry before is read again: it tells whether the index stands on this very chain.
  let unchecked = position !== undefined && position.size > 0 ? position : undefined;
  let batch: ReadEntry[] = [];
  let rows = 0;
  for await (const recorded of ledger.read(unchecked ? unchecked.size - 1 : 0)) {
    if (unchecked) {
      checkPosition(unchecked, ledger.origin, recorded, place);
      unchecked = undefined;
      continue;
    }
    const read = await readEntry(recorded, ledger, readFacts);
    batch.push(read);
    rows += read.captures.length + read.found.facts.length + read.found.problems.length;
    if (batch.length >= BATCH_ENTRIES || rows >= BATCH_ROWS) {
      yield batch;
      batch = [];
      rows = 0;
    }
  }
  if (unchecked) checkPosition(unchecked, ledger.origin, undefined, place);
  if (batch.length > 0) yield batch;
}

async function readEntry(
  { index, digest, entry }: Recorded,
  ledger: LedgerReader,
  readFacts: ReadFacts,
): Promise<ReadEntry> {
  const evidence =
    isKind(entry, "run") || isKind(entry, "intake") || isKind(entry, "import") || isKind(entry, "upload");
  if (!evidence) return { index, digest, entry, captures: [], found: { facts: [], problems: [] } };
  const manifest = entry.manifest && (await ledger.blob(entry.manifest.digest));
  const blob: LedgerReader["blob"] = async (wanted) =>
    wanted === entry.manifest?.digest ? manifest : await ledger.blob(wanted);
  return {
    index,
    digest,
    entry,
    captures: capturesIn(manifest) ?? blobRefs(entry.evidence),
    found: await factsOf(entry, blob, readFacts),
  };
}

/** Undefined for a manifest that is gone or is none: `readFacts` says so, and the entry's own list must do. */
function capturesIn(manifest: Uint8Array | undefined): ReadEntry["captures"] | undefined {
  if (manifest === undefined) return undefined;
  try {
    return decodeManifest(manifest).captures;
  } catch {
    return undefined;
  }
}

/** One entry whose evidence no reader can stand must not keep the index from all that follow; a store that does not answer must. */
async function factsOf(entry: Entry, blob: LedgerReader["blob"], readFacts: ReadFacts): Promise<Found> {
  try {
    return await readFacts(entry, blob);
  } catch (error) {
    if (error instanceof CustodyError && error.kind !== "input") throw error;
    const where = `entry ${entry.index}`;
    const message = `its evidence could not be read: ${messageOf(error)}`;
    return {
      facts: [],
      problems: [{ kind: "problem", instance: instanceOf(entry) ?? "", entry: entry.index, where, message }],
    };
  }
}

/** Writes a batch if the index still stands where its reading began; undefined if somebody else was there meanwhile. */
async function writeBatch(
  database: Database,
  origin: string,
  readers: string,
  expected: Position | undefined,
  batch: readonly ReadEntry[],
): Promise<Position | undefined> {
  const last = batch.at(-1);
  if (last === undefined) return expected;
  return await database.transaction(async (connection) => {
    await connection.query(`select pg_advisory_xact_lock(${FOLLOWING})`);
    const found = await readPosition(connection);
    if (found?.size !== expected?.size || found?.digest !== expected?.digest) return undefined;
    await writeRows(connection, batch);
    const position = { origin, size: last.index + 1, digest: last.digest, readers };
    await writePosition(connection, position);
    return position;
  });
}

async function writeRows(connection: Connection, batch: readonly ReadEntry[]): Promise<void> {
  await insertRows(connection, "entry", batch.map(entryRow));
  await insertRows(
    connection,
    "run",
    batch.map(runRow).filter((row) => row !== undefined),
  );
  await insertRows(connection, "item", batch.flatMap(itemRows));
  await insertRows(connection, "problem", batch.flatMap(problemRows));
  await writeFacts(
    connection,
    batch.flatMap(({ found }) => found.facts),
  );
}
