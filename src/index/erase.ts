import { randomBytes } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CustodyError, messageOf } from "../lib/errors.ts";
import type { Database } from "./database.ts";
import { type ServerPlace, serverPlace } from "./place.ts";
import { stopDiscarded, stopServer } from "./postmaster.ts";

/**
 * Makes a private index vanish with every file that held a row of it: tables, statistics, write-ahead log, server log.
 * Deleting rows would leave their bytes in all of these. The next use makes a new one from the ledger. Processes that use it
 * lose their connection and find the new one. Does nothing where there is none.
 */
export async function erasePrivateIndex(dir: string, home?: string): Promise<void> {
  if ((await stat(dir).catch(() => undefined)) === undefined) return;
  const place = await serverPlace(dir, home);
  try {
    await sweep(place);
    if ((await stat(place.data).catch(() => undefined)) !== undefined) {
      await stopServer(place);
      // Whoever starts it now finds no data and makes new ones; what still serves the old ones has lost its folder and is ended.
      const aside = `${place.data}.${randomBytes(6).toString("hex")}.erased`;
      await rename(place.data, aside);
      await stopDiscarded(place, aside);
      await sweep(place);
    }
    for (const log of [place.log, `${place.log}.1`]) await rm(log, { force: true });
  } catch (cause) {
    if (cause instanceof CustodyError) throw cause;
    throw new CustodyError(
      "INDEX_UNUSABLE",
      `${place.folder}: the old index could not be removed: ${messageOf(cause)}`,
      {
        cause,
        remedy: "Stop what uses this workspace, then run the same command again.",
      },
    );
  }
}

/** What an erasure that was killed, or a set-up that was, left behind. */
async function sweep(place: ServerPlace): Promise<void> {
  const folder = dirname(place.data);
  const left = (await readdir(folder)).filter(
    (name) => name.startsWith(`${basename(place.data)}.`) && name.endsWith(".erased"),
  );
  for (const name of left) await rm(join(folder, name), { recursive: true, force: true });
}

/**
 * What was made from the ledger is dropped from a given database, with its files, and the statistics that Postgres kept of
 * it. What only the database's owner can remove is named: a word for each.
 */
export async function eraseGivenIndex(database: Database): Promise<readonly string[]> {
  await database.query('drop schema if exists "index" cascade');
  await database.query('drop schema if exists "index_second" cascade');
  const left = ["its write-ahead log and archives", "its backups and replicas", "freed blocks of its disk"];
  try {
    // Deleted statistics keep sample values of columns until they are vacuumed.
    await database.query("vacuum pg_catalog.pg_statistic");
    return left;
  } catch {
    return [
      "sample values in pg_catalog.pg_statistic, until somebody with the right to does VACUUM pg_catalog.pg_statistic",
      ...left,
    ];
  }
}
