import { beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../src/index/database.ts";
import { dumpIndex } from "../src/index/dump.ts";
import { followLedger, rebuildIndex } from "../src/index/follow.ts";
import { readPosition } from "../src/index/position.ts";
import {
  countIndex,
  entryAt,
  factRevisions,
  historyEntries,
  itemsOf,
  itemsWith,
  latestRuns,
  listEntries,
  listFacts,
  listProblems,
  listRuns,
} from "../src/index/query.ts";
import { TABLES } from "../src/index/tables.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { History } from "../src/slots/history.ts";
import { config, instance, run, t } from "./support/entries.ts";
import { incident, readFacts, richLedger, SampleLedger } from "./support/index-ledger.ts";
import { privateLocation } from "./support/index-postgres.ts";

let database: Database;
let second: Database;

beforeAll(async () => {
  const { location, remove } = await privateLocation();
  [database, second] = await Promise.all([openDatabase(location), openDatabase(location)]);
  return async () => {
    await Promise.all([database.close(), second.close()]);
    await remove();
  };
});

/** An index that holds this ledger and nothing else. */
async function indexOf(ledger: SampleLedger): Promise<SampleLedger> {
  await rebuildIndex(database, ledger, readFacts);
  return ledger;
}

async function dump(): Promise<string[]> {
  const lines: string[] = [];
  await dumpIndex(database, (line) => lines.push(line));
  return lines;
}

/** A copy that ends earlier. */
function shortened(ledger: SampleLedger, size: number): SampleLedger {
  const short = new SampleLedger(ledger.origin);
  short.entries.splice(0, Number.POSITIVE_INFINITY, ...ledger.entries.slice(0, size));
  for (const [digest, bytes] of ledger.blobs) short.blobs.set(digest, bytes);
  return short;
}

test("a rebuild gives identical rows, and so does following in steps of any size, twice, or in two processes at once", async () => {
  const ledger = await indexOf(richLedger());
  const rows = await dump();
  expect(rows.length).toBeGreaterThan(ledger.size * 2);
  expect(new Set(rows.map((row) => row.split(" ", 1)[0]))).toEqual(new Set(Object.keys(TABLES)));

  await rebuildIndex(database, ledger, readFacts);
  expect(await dump()).toEqual(rows);

  await indexOf(shortened(ledger, 1));
  for (const size of [2, 3, 50, 51, 260]) await followLedger(database, shortened(ledger, size), readFacts);
  await followLedger(database, ledger, readFacts);
  await followLedger(database, ledger, readFacts);
  expect(await dump()).toEqual(rows);

  await indexOf(shortened(ledger, 1));
  const ends = await Promise.all([database, second, database].map((db) => followLedger(db, ledger, readFacts)));
  expect(ends.map((end) => end?.size)).toEqual([ledger.size, ledger.size, ledger.size]);
  expect(await dump()).toEqual(rows);
});

test("a rebuild while another process follows gives the same rows", async () => {
  const ledger = await indexOf(richLedger(120));
  const rows = await dump();
  await indexOf(shortened(ledger, 1));
  await Promise.all([
    followLedger(second, ledger, readFacts),
    rebuildIndex(database, ledger, readFacts),
    rebuildIndex(second, ledger, readFacts),
  ]);
  expect(await dump()).toEqual(rows);
});

test("the dump knows every table and column that is made from the ledger", async () => {
  const columns = await database.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns
     where table_schema = 'index' and table_name <> 'migration' and column_name <> 'single' order by 1`,
  );
  const known = Object.entries(TABLES).flatMap(([table, { columns: c }]) =>
    Object.keys(c).map((column) => `${table}.${column}`),
  );
  expect(columns.map(({ name }) => name)).toEqual(known.sort());
});

test("an index of another ledger, of a longer one or of one that went another way is refused with the remedy", async () => {
  const ledger = await indexOf(new SampleLedger().addRun([[incident("INC-1")]]).addRun([[incident("INC-1")]]));
  const refusal = { code: "INDEX_UNUSABLE", remedy: expect.stringContaining("custody index rebuild") };
  await expect(followLedger(database, new SampleLedger("other-00000000"), readFacts)).rejects.toMatchObject(refusal);
  await expect(followLedger(database, shortened(ledger, 3), readFacts)).rejects.toMatchObject(refusal);
  const other = shortened(ledger, 3).addRun([[incident("INC-2")]]);
  await expect(followLedger(database, other, readFacts)).rejects.toMatchObject(refusal);
  expect(await readPosition(database)).toMatchObject({ origin: ledger.origin, size: 4 });
  await rebuildIndex(database, other, readFacts);
  expect((await listFacts(database, { kind: "incident" })).map(({ fact }) => fact.id)).toEqual(["INC-1", "INC-2"]);
});

test("a store that does not answer stops the following where it is; evidence that no reader can stand does not", async () => {
  const ledger = await indexOf(new SampleLedger());
  ledger.addRun([[incident("INC-1")]]).addRun([[incident("INC-2")]]);
  const unreachable = () => Promise.reject(new CustodyError("STORE_UNREACHABLE", "no answer"));
  await expect(followLedger(database, ledger, unreachable)).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
  expect((await readPosition(database))?.size).toBe(2);
  let calls = 0;
  await followLedger(database, ledger, (entry, blob) => {
    calls += 1;
    return calls === 1 ? Promise.reject(new TypeError("cannot read properties of undefined")) : readFacts(entry, blob);
  });
  expect(await listProblems(database, { all: true })).toMatchObject([
    { entry: 2, instance: "incidents", where: "entry 2", message: expect.stringContaining("cannot read properties") },
  ]);
  expect((await readPosition(database))?.size).toBe(4);
});

test("a fact keeps one row while it stays the same, and gets a revision for each change, also back to what it was", async () => {
  const [open, closed] = [incident("INC-1"), incident("INC-1", { status: "closed", closedAt: t("2026-01-02") })];
  await indexOf(
    new SampleLedger()
      .addRun([[open]])
      .addRun([[open], [closed, open]])
      .addRun([[open]]),
  );
  const revisions = await factRevisions(database, { instance: "incidents", kind: "incident", id: "INC-1" });
  expect(
    revisions.map(({ revision, entry, item, ordinal, lastEntry, sightings }) => [
      revision,
      entry,
      item,
      ordinal,
      lastEntry,
      sightings,
    ]),
  ).toEqual([
    [1, 2, 0, 0, 3, 2],
    [2, 3, 1, 0, 3, 1],
    [3, 3, 1, 1, 4, 2],
  ]);
  expect(revisions[1]?.fact).toEqual(closed);
  expect(await listFacts(database, { kind: "incident" })).toEqual([revisions[2]]);
});

test("facts are the same whatever characters a source uses", async () => {
  const odd = [
    incident("a\0b", { title: "\0" }),
    incident("c\ud800d", { title: "\ud800" }),
    incident("x".repeat(10_000)),
    incident("'; drop schema state; --"),
  ];
  await indexOf(new SampleLedger().addRun([odd]).addRun([odd]));
  const found = await listFacts(database, { kind: "incident" });
  expect(found).toHaveLength(odd.length);
  for (const { fact, sightings } of found) expect([odd.find(({ id }) => id === fact.id), sightings]).toEqual([fact, 2]);
  expect(await database.query("select count(*) as n from state.migration")).toEqual([{ n: 1 }]);
});

test("facts of a period are those whose time meets it, and those without a time", async () => {
  const fields = (from: string | null, to: string | null) => ({
    occurredAt: from === null ? null : t(from),
    detectedAt: null,
    closedAt: to === null ? null : t(to),
  });
  const facts = [
    incident("before", fields("2026-01-01", "2026-01-31")),
    incident("into", fields("2026-01-31", "2026-02-02")),
    incident("inside", fields("2026-02-03", "2026-02-03")),
    incident("goes on", fields("2026-01-01", null)),
    incident("after", fields("2026-03-01", null)),
    incident("no time", fields(null, null)),
  ] as const;
  await indexOf(
    new SampleLedger().addRun([facts]).addRun([[incident("into", fields("2026-02-01", null))]], { instance: "other" }),
  );
  const period = { from: t("2026-02-01"), to: t("2026-03-01") };
  const ids = async (query: object) =>
    (await listFacts(database, { kind: "incident", period, ...query })).map(({ fact }) => fact.id);
  expect((await ids({ instance: "incidents" })).sort()).toEqual(["goes on", "inside", "into", "no time"]);
  expect(await ids({ instance: "other" })).toEqual(["into"]);
  expect((await ids({ limit: 2 })).length).toBe(2);
});

test("runs, their items and their problems are found as the entries and manifests say", async () => {
  const broken = { kind: "problem", where: "list, line 3", message: "expected a date" };
  const ledger = new SampleLedger()
    .addRun([[broken], [incident("INC-1")]])
    .addRun([[incident("INC-1")]], { instance: "other" });
  ledger.add(
    run("2026-02-01", { instance: "other", covered: [], reason: "refused", items: 0, total: 9, clockOffset: -20 }),
  );
  await indexOf(ledger);

  const runs = await latestRuns(database);
  expect(runs.map(({ instance: id, entry }) => [id, entry])).toEqual([
    ["incidents", 2],
    ["other", 4],
  ]);
  expect(runs[1]).toMatchObject({
    outcome: "failed",
    reason: "refused",
    covered: [],
    total: 9,
    at: t("2026-02-01"),
    trigger: "schedule",
  });
  expect(runs[0]?.covered).toEqual([runs[0]?.window]);
  expect((await listRuns(database)).map(({ entry }) => entry)).toEqual([4, 3, 2]);
  expect((await listRuns(database, { instance: "other", before: 4 })).map(({ entry }) => entry)).toEqual([3]);
  expect(
    (await listRuns(database, { period: { from: t("2026-01-01"), to: t("2026-02-01") }, limit: 1 })).map(
      ({ entry }) => entry,
    ),
  ).toEqual([3]);

  const items = await itemsOf(database, 2);
  expect(items.map(({ origin, masked, mediaType, instance: id }) => [origin, masked, mediaType, id])).toEqual([
    ["list 0", 0, "application/json", "incidents"],
    ["list 1", 1, "application/json", "incidents"],
  ]);
  expect((await itemsWith(database, items[1]?.digest ?? "")).map(({ entry }) => entry)).toEqual([2, 3]);

  // A run that could not look leaves the problems of the one before standing; one that looked and found none clears them.
  const [{ kind: _, ...shown }] = [broken];
  expect(await listProblems(database)).toEqual([{ entry: 2, instance: "incidents", item: items[0]?.digest, ...shown }]);
  ledger.add(run("2026-02-02", { instance: "incidents", covered: [], items: 0 }));
  await followLedger(database, ledger, readFacts);
  expect(await listProblems(database)).toHaveLength(1);
  ledger.addRun([[incident("INC-1")]]);
  await followLedger(database, ledger, readFacts);
  expect(await listProblems(database)).toEqual([]);
  expect(await listProblems(database, { all: true, instance: "incidents" })).toHaveLength(1);
});

test("entries come back as they stand in the ledger, and give the same history of slots", async () => {
  const ledger = await indexOf(richLedger(40).add(config("2026-03-01", [instance({ id: "jobs", cadence: "weekly" })])));
  const fromLedger = new History();
  for (const [index, entry] of ledger.entries.entries()) fromLedger.add(index, entry);
  const fromIndex = new History();
  for await (const { index, entry } of historyEntries(database)) fromIndex.add(index, entry);
  expect(fromIndex).toEqual(fromLedger);
  expect((await listEntries(database, { kinds: ["config"] })).map(({ index }) => index)).toEqual([ledger.size - 1, 1]);
  expect(await listEntries(database, { instance: "incidents", limit: 1 })).toMatchObject([
    { entry: { kind: "telepathy", thought: "\0 and more" } },
  ]);
  expect(await entryAt(database, 0)).toMatchObject({ index: 0, entry: { kind: "genesis" } });
  expect(await entryAt(database, 9_999)).toBe(undefined);
});

test("counts say what there is", async () => {
  await indexOf(new SampleLedger().addRun([[incident("INC-1")], [incident("INC-2")]]).addRun([[incident("INC-1")]]));
  const sizes = await itemsOf(database, 2);
  expect(await countIndex(database)).toEqual({
    entries: { config: 1, genesis: 1, run: 2 },
    facts: { incident: 2 },
    items: 3,
    blobs: 2,
    bytes: sizes.reduce((sum, { size }) => sum + size, 0),
  });
  await indexOf(new SampleLedger());
  expect(await countIndex(database)).toMatchObject({ facts: {}, items: 0, blobs: 0, bytes: 0 });
});

test("facts that other readers have found are made again by themselves", async () => {
  const ledger = await indexOf(richLedger());
  const found = (await countIndex(database)).facts;
  const blind = Object.assign(async () => ({ facts: [], problems: [] }), { readers: "blind 2" });
  await followLedger(database, ledger, blind);
  expect((await countIndex(database)).facts).not.toEqual(found);
  expect(await readPosition(database)).toMatchObject({ size: ledger.entries.length, readers: "blind 2" });
  await followLedger(database, ledger, readFacts);
  expect((await countIndex(database)).facts).toEqual(found);
});
