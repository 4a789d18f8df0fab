import type { FoundFact } from "../collector/facts.ts";
import type { Connection } from "./database.ts";
import { factRow } from "./rows.ts";
import { insertRows, type Row } from "./tables.ts";

type FactRow = Row<"fact">;

const IDENTITY =
  "md5(f.instance || chr(1) || f.kind || chr(1) || f.id) = md5(k.instance || chr(1) || k.kind || chr(1) || k.id)";

/** Identities per statement. */
const CHUNK = 5_000;

/**
 * Writes facts in the order of the ledger. Most sources tell the same thing at every pull: a fact that is as it was last
 * seen is counted, one that changed becomes the next revision. What is written depends on that order alone, not on how
 * the entries were cut into batches.
 */
export async function writeFacts(connection: Connection, found: readonly FoundFact[]): Promise<void> {
  const rows = found.map(factRow);
  const latest = await latestRows(connection, rows);
  const added = new Set<FactRow>();
  const changed = new Set<FactRow>();
  for (const row of rows) {
    const identity = identityOf(row);
    const before = latest.get(identity);
    if (before?.data === row.data) {
      before.last_entry = row.entry;
      before.sightings = (before.sightings ?? 0) + 1;
    } else {
      if (before) before.latest = false;
      row.revision = (before?.revision ?? 0) + 1;
      added.add(row);
      latest.set(identity, row);
    }
    if (before && !added.has(before)) changed.add(before);
  }
  await updateRows(connection, [...changed]);
  await insertRows(connection, "fact", [...added]);
}

function identityOf({ instance, kind, id }: FactRow): string {
  return JSON.stringify([instance, kind, id]);
}

/** The newest revisions of the facts that these rows are about, by identity. */
async function latestRows(connection: Connection, rows: readonly FactRow[]): Promise<Map<string, FactRow>> {
  const wanted = [...new Map(rows.map((row) => [identityOf(row), row])).values()];
  const latest = new Map<string, FactRow>();
  for (let from = 0; from < wanted.length; from += CHUNK) {
    const part = wanted.slice(from, from + CHUNK);
    const found = await connection.query<FactRow>(
      `select f.instance, f.kind, f.id, f.revision, f.entry, f.item, f.ordinal, f.digest, f.last_entry, f.sightings, f.latest,
              f.title, f.severity, f.status, f.started_at, f.ended_at, f.data::text as data
       from unnest($1::text[], $2::text[], $3::text[]) as k(instance, kind, id)
       join "index".fact f on f.latest and ${IDENTITY} and f.instance = k.instance and f.kind = k.kind and f.id = k.id`,
      [part.map((r) => r.instance), part.map((r) => r.kind), part.map((r) => r.id)],
    );
    for (const row of found) latest.set(identityOf(row), row);
  }
  return latest;
}

async function updateRows(connection: Connection, rows: readonly FactRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += CHUNK) {
    const part = rows.slice(from, from + CHUNK);
    await connection.query(
      `update "index".fact f set last_entry = n.last_entry, sightings = n.sightings, latest = n.latest
       from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::boolean[])
         as n(entry, item, ordinal, last_entry, sightings, latest)
       where (f.entry, f.item, f.ordinal) = (n.entry, n.item, n.ordinal)`,
      [
        part.map((r) => r.entry),
        part.map((r) => r.item),
        part.map((r) => r.ordinal),
        part.map((r) => r.last_entry),
        part.map((r) => r.sightings),
        part.map((r) => r.latest),
      ],
    );
  }
}
