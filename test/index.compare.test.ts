import { beforeAll, beforeEach, expect, test } from "vitest";
import { compareIndex } from "../src/index/compare.ts";
import { type Database, openDatabase } from "../src/index/database.ts";
import { followLedger, rebuildIndex } from "../src/index/follow.ts";
import { readFacts, richLedger } from "./support/index-ledger.ts";
import { privateLocation } from "./support/index-postgres.ts";

let database: Database;
const ledger = richLedger();

beforeAll(async () => {
  const { location, remove } = await privateLocation();
  database = await openDatabase(location);
  return async () => {
    await database.close();
    await remove();
  };
});

beforeEach(async () => {
  await rebuildIndex(database, ledger, readFacts);
});

const compare = () => compareIndex(database, ledger, readFacts);
const rowsOf = async () => (await compare()).map(({ row }) => row);

test("an index that follows from the ledger has no differences, also one that was behind, and nothing is left beside it", async () => {
  expect(await compare()).toEqual([]);
  await database.query('drop schema "index" cascade');
  await rebuildIndex(database, ledger, readFacts);
  expect(await compare()).toEqual([]);
  expect(await database.query("select from pg_namespace where nspname = 'index_second'")).toEqual([]);
});

test("whatever is edited in the index is named by table, row and column", async () => {
  const [fact] = await database.query<{ entry: number; item: number; ordinal: number; status: string }>(
    `select entry, item, ordinal, status from "index".fact where kind = 'incident' order by 1, 2, 3`,
  );
  await database.query(
    `update "index".fact set status = 'never happened' where (entry, item, ordinal) = ($1, $2, $3)`,
    [fact?.entry ?? -1, fact?.item ?? -1, fact?.ordinal ?? -1],
  );
  expect(await compare()).toEqual([
    {
      row: `fact entry ${fact?.entry}, item ${fact?.item}, ordinal ${fact?.ordinal}`,
      expected: `status ${fact?.status ?? "nothing"}`,
      found: "status never happened",
    },
  ]);
});

test("rows that were removed or made up are named", async () => {
  await database.query(`delete from "index".problem where entry = (select min(entry) from "index".problem)`);
  const [run] = await database.query<{ entry: number }>('select max(entry) as entry from "index".run');
  await database.query(`update "index".run set outcome = 'collected', covered = '[]' where entry = $1`, [
    run?.entry ?? -1,
  ]);
  await database.query(
    `insert into "index".problem (entry, ordinal, instance, place, message) values (1, 99, 'x', 'nowhere', 'made up')`,
  );
  expect(await rowsOf()).toEqual(
    expect.arrayContaining([
      `run entry ${run?.entry}`,
      "problem entry 1, ordinal 99",
      expect.stringMatching(/^problem entry \d+, ordinal 0$/),
    ]),
  );
});

test("what was already compared can be followed on", async () => {
  await compare();
  await followLedger(database, ledger, readFacts);
  expect(await compare()).toEqual([]);
});
