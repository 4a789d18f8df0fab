import pg from "pg";
import { beforeAll, expect, test } from "vitest";
import { openDatabase } from "../src/index/database.ts";
import { dumpIndex } from "../src/index/dump.ts";
import { eraseGivenIndex } from "../src/index/erase.ts";
import { followLedger, rebuildIndex } from "../src/index/follow.ts";
import { guardRow } from "../src/index/guard-row.ts";
import { readFacts, richLedger } from "./support/index-ledger.ts";
import { type GivenPostgres, givenPostgres, privateLocation } from "./support/index-postgres.ts";

let server: GivenPostgres;
beforeAll(async () => {
  server = await givenPostgres();
  return () => server.stop();
});

/** A database of its own, encoded and owned as said. */
async function newDatabase(name: string, options = ""): Promise<string> {
  await sql(server.url, `create database ${name} ${options}`);
  return server.url.replace(/postgres$/, name);
}

async function sql(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The error of opening that URL, with everything a log might print of it. */
async function refusal(url: string): Promise<{ code?: string; message: string; remedy?: string; printed: string }> {
  try {
    await (await openDatabase({ kind: "given", url })).close();
  } catch (error) {
    const { code, message, remedy, stack } = error as { code: string; message: string; remedy: string; stack: string };
    return {
      code,
      message,
      remedy,
      printed: `${message} ${remedy} ${stack} ${JSON.stringify(error)} ${(error as Error).cause}`,
    };
  }
  throw new Error("it was opened");
}

test("a given Postgres holds the same rows as a private one", async () => {
  const ledger = richLedger(60);
  const given = await openDatabase({
    kind: "given",
    url: await newDatabase("same", "lc_collate 'C.UTF-8' template template0"),
  });
  const { location, remove } = await privateLocation();
  const own = await openDatabase(location);
  const dumps = await Promise.all(
    [given, own].map(async (database) => {
      await followLedger(database, ledger, readFacts);
      const lines: string[] = [];
      await dumpIndex(database, (line) => lines.push(line));
      return lines;
    }),
  );
  expect(dumps[0]?.length).toBeGreaterThan(100);
  expect(dumps[0]).toEqual(dumps[1]);
  await Promise.all([given.close(), own.close()]);
  await remove();
});

test("messages name the place and what to do, and never the password", async () => {
  const wrong = server.url.replace("p%40ss", "other%40");
  const secret = /p@ss|p%40ss|other[@%]|word#1|word%231/;
  const cases: [string, string, RegExp][] = [
    [wrong, "INDEX_UNUSABLE", /Correct user and password/],
    [server.url.replace(/postgres$/, "nowhere"), "INDEX_UNUSABLE", /Create the database/],
    [server.url.replace(/:\d+\/postgres$/, ":1/postgres"), "INDEX_UNREACHABLE", /Try again later/],
    [server.url.replace("%2F", "/"), "INDEX_UNUSABLE", /%2F/],
    [server.url.replace("postgres://", "mysql://"), "INDEX_UNUSABLE", /index/],
    [`${server.url}?sslmode=verify-full`, "INDEX_UNUSABLE", /sslmode/],
  ];
  for (const [url, code, remedy] of cases) {
    const found = await refusal(url);
    expect(found).toMatchObject({ code, remedy: expect.stringMatching(remedy) });
    expect(found.printed).not.toMatch(secret);
  }
  expect((await refusal(wrong)).message).toMatch(/^the index at postgres:\/\/127\.0\.0\.1:\d+\/postgres: /);
});

test("a database that cannot hold the index, and a user who may not make schemas, are refused with the reason", async () => {
  expect(
    await refusal(await newDatabase("latin", "encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0")),
  ).toMatchObject({
    code: "INDEX_UNUSABLE",
    message: expect.stringContaining("found 18 with LATIN1"),
  });
  const url = await newDatabase("readonly");
  await sql(server.url, "create role reader login password 'readerpw'");
  const found = await refusal(url.replace(/custody:[^@]+/, "reader:readerpw"));
  expect(found).toMatchObject({ code: "INDEX_UNUSABLE", remedy: expect.stringContaining("grant create on database") });
});

test("an index that a newer Custody has written is not touched", async () => {
  const url = await newDatabase("newer");
  await (await openDatabase({ kind: "given", url })).close();
  await sql(url, 'insert into "index".migration values (99)');
  expect(await refusal(url)).toMatchObject({
    code: "INDEX_UNUSABLE",
    message: expect.stringMatching(/newer Custody \(index 99/),
  });
});

test("any number of processes may bring a database up to date at once, and a dropped index comes back", async () => {
  const url = await newDatabase("many");
  for (let round = 0; round < 2; round += 1) {
    const databases = await Promise.all([1, 2, 3, 4, 5, 6].map(() => openDatabase({ kind: "given", url })));
    expect(await databases[0]?.query('select number from "index".migration')).toEqual([{ number: 1 }, { number: 2 }]);
    await Promise.all(databases.map((database) => database.close()));
    await sql(url, 'drop schema "index" cascade');
  }
});

test("the guard row keeps the largest head, through a rebuild of the index and a restart", async () => {
  const url = await newDatabase("guarded");
  const head = (size: number) => ({ size, root: new Uint8Array(32).fill(size) });
  const database = await openDatabase({ kind: "given", url });
  const guard = guardRow(database, "example-0a1b2c3d");
  expect(await guard.newest()).toBe(undefined);
  await Promise.all([3, 9, 5, 7, 1].map((size) => guard.add(head(size))));
  await guardRow(database, "other-00000000").add(head(200));
  await rebuildIndex(database, richLedger(2), readFacts);
  await database.close();
  const again = await openDatabase({ kind: "given", url });
  expect(await guardRow(again, "example-0a1b2c3d").newest()).toEqual(head(9));
  await again.close();
});

test("a connection that the server ends is an error worth another try, and the next call works", async () => {
  const database = await openDatabase({ kind: "given", url: await newDatabase("broken") });
  const ended = database.query("select pg_terminate_backend(pg_backend_pid())");
  await expect(ended).rejects.toMatchObject({ code: "INDEX_UNREACHABLE" });
  expect(await database.query("select 1 as one")).toEqual([{ one: 1 }]);
  const half = database.transaction(async (connection) => {
    await connection.query("insert into state.guard values ('half', 1, decode(repeat('00', 32), 'hex'))");
    throw new Error("no further");
  });
  await expect(half).rejects.toThrow("no further");
  expect(await database.query("select * from state.guard")).toEqual([]);
  await database.close();
});

test("what is erased from a given Postgres is out of its tables and statistics, and what is not is said", async () => {
  const url = await newDatabase("erased");
  const database = await openDatabase({ kind: "given", url });
  await followLedger(database, richLedger(60), readFacts);
  await sql(url, "analyze");
  const samples = "select count(*)::int as n from pg_stats where schemaname = 'index'";
  expect((await database.query<{ n: number }>(samples))[0]?.n).toBeGreaterThan(0);
  const left = await eraseGivenIndex(database);
  expect((await database.query<{ n: number }>(samples))[0]?.n).toBe(0);
  expect(left.join()).toContain("write-ahead log");
  const [dead] = await database.query<{ n: number }>(
    "select count(*)::int as n from pg_namespace where nspname = 'index'",
  );
  expect(dead?.n).toBe(0);
  await database.close();
});
