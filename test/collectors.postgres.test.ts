import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failureOf } from "../collectors/postgres/failure.ts";
import { postgresIncidents } from "../collectors/postgres-incidents.ts";
import { Fact } from "../src/evidence/fact.ts";
import { type Json, parseCanonical } from "../src/lib/canonical.ts";
import { describeCollector } from "./support/collector-contract.ts";
import { CANARY } from "./support/collector-run.ts";
import { type Postgres, startPostgres } from "./support/incident-database.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { NOVEMBER, type Ran, type RunOnce, readAll, runOnce } from "./support/run-once.ts";

const PASSWORD = "pass/word@with?signs";
const CONNECTION = "${env:INCIDENTS_DSN}";
const COLUMNS = {
  id: "key",
  title: "title",
  severity: "sev",
  detectedAt: "detected_at",
  resolvedAt: "resolved_at",
  owner: "owner",
  personalData: "personal_data",
};
const QUERY =
  "SELECT key, title, sev, detected_at, resolved_at, owner, personal_data, cost FROM incidents ORDER BY key";

const recording = (name: string, mediaType: string) => ({
  bytes: readFileSync(join(import.meta.dirname, "recordings", "postgres", name)),
  mediaType,
  origin: `database incidents, ${name}`,
  parameters: { columns: COLUMNS },
});

let server: Postgres;
beforeAll(async () => {
  server = await startPostgres();
  await server.admin(`
    CREATE ROLE reader LOGIN PASSWORD '${PASSWORD}';
    CREATE ROLE canary LOGIN PASSWORD '${CANARY}';
    CREATE ROLE stranger LOGIN PASSWORD '${PASSWORD}';
    CREATE TABLE incidents (key bigint PRIMARY KEY, title text, sev text, detected_at timestamptz, resolved_at timestamptz,
      owner text, personal_data boolean, cost numeric, noted timestamp);
    INSERT INTO incidents VALUES
      (9007199254740993, 'Löschung 🔥 "quoted"', 'Sev1', '2026-11-20 17:40:10.123456+01', NULL, 'Anna', true, 12345678901234567890.10, '2026-11-20 17:40'),
      (9007199254740994, NULL, NULL, '2026-11-21 00:00+00', '2026-11-21 02:00+05:30', NULL, false, NULL, '2026-12-20 17:40');
    GRANT SELECT ON incidents TO reader, canary;
    ALTER ROLE reader SET TimeZone = 'Europe/Berlin';
    ALTER ROLE reader SET DateStyle = 'German';`);
});
afterAll(async () => {
  await server?.stop();
});

interface Asked extends RunOnce {
  readonly role?: string;
  readonly password?: string;
  readonly database?: string;
}

/** One run with these settings over the ones above. */
async function ask(
  config: Record<string, unknown> = {},
  { role = "reader", password = PASSWORD, database, ...options }: Asked = {},
): Promise<Ran> {
  const secret = options.secret ?? server.address(role, password, database);
  const ran = await runOnce(
    postgresIncidents,
    { connection: CONNECTION, query: QUERY, columns: COLUMNS, ...config },
    { ...options, secret },
  );
  for (const text of [ran.message, ran.kept, JSON.stringify(ran.draft)]) {
    expect(text).not.toContain(password);
    expect(text).not.toContain(encodeURIComponent(password));
  }
  return ran;
}
const content = (ran: Ran, at: number) => parseCanonical(ran.captures.at(at)!.bytes) as Record<string, Json>;

describe("a real server", () => {
  test("rows become incidents, and every value is kept digit for digit as the server wrote it", async () => {
    const ran = await ask();
    expect([ran.outcome, ran.draft.total, ran.captures.length]).toEqual(["collected", 2, 2]);
    expect(content(ran, 0)).toMatchObject({
      v: 1,
      first: 1,
      columns: expect.arrayContaining([
        { name: "key", oid: 20, type: "bigint" },
        { name: "detected_at", oid: 1184, type: "timestamp with time zone" },
        { name: "cost", oid: 1700, type: "numeric" },
      ]),
      rows: [
        [
          "9007199254740993",
          'Löschung 🔥 "quoted"',
          "Sev1",
          "2026-11-20 17:40:10.123456+01",
          null,
          "Anna",
          "t",
          "12345678901234567890.10",
        ],
        ["9007199254740994", null, null, "2026-11-21 01:00:00+01", "2026-11-20 21:30:00+01", null, "f", null],
      ],
    });
    expect(content(ran, -1)).toMatchObject({
      query: QUERY,
      parameters: [],
      rows: 2,
      pages: 1,
      complete: true,
      server: {
        version: expect.stringMatching(/^18/),
        role: "reader",
        zone: "Europe/Berlin",
      },
    });
    expect(ran.captures.at(-1)?.parameters).toEqual({ snapshot: expect.stringMatching(/^\d+:\d+:/) });
    const { facts, problems } = readAll(postgresIncidents, ran.captures);
    expect(problems).toEqual([]);
    expect(facts).toMatchObject([
      {
        kind: "incident",
        id: "9007199254740993",
        title: 'Löschung 🔥 "quoted"',
        severity: "Sev1",
        detectedAt: Date.parse("2026-11-20T16:40:10.123Z"),
        resolvedAt: null,
        owner: "Anna",
        personalData: "yes",
        status: null,
      },
      {
        kind: "incident",
        id: "9007199254740994",
        title: "9007199254740994",
        detectedAt: Date.parse("2026-11-21T00:00Z"),
        resolvedAt: Date.parse("2026-11-20T20:30Z"),
        personalData: "no",
      },
    ]);
  });

  test("rows that did not change are the same evidence in the next run", async () => {
    const [first, second] = [await ask(), await ask()];
    expect(second.draft.evidence).toEqual(first.draft.evidence);
  });

  test("an empty result is evidence of nothing, not no evidence", async () => {
    const ran = await ask({ query: `${QUERY.replace("ORDER", "WHERE false ORDER")} ;` });
    expect([ran.outcome, ran.draft.total]).toEqual(["collected", 0]);
    expect(content(ran, 0)).toMatchObject({
      columns: expect.arrayContaining([{ name: "key", oid: 20, type: "bigint" }]),
      rows: [],
    });
  });

  test("$1 and $2 are the window; a dollar sign in text is none", async () => {
    const query = QUERY.replace(
      "ORDER",
      "WHERE detected_at >= $1 AND detected_at < $2 AND title IS DISTINCT FROM '$3' /* $4 */ ORDER",
    );
    const window = { from: Date.parse("2026-11-20T23:00:00Z"), to: NOVEMBER.to };
    const ran = await ask({ query }, { window });
    expect(content(ran, -1)).toMatchObject({
      parameters: ["2026-11-20T23:00:00.000Z", "2026-11-30T23:00:00.000Z"],
      rows: 1,
    });
    expect(
      (await ask({ query: QUERY.replace("ORDER", "WHERE detected_at >= $1 ORDER") }, { window })).draft.total,
    ).toBe(1);
  });

  test("a window over times without a zone needs the zone, and then means its wall times", async () => {
    const query = "SELECT key, noted FROM incidents WHERE noted >= $1 AND noted < $2";
    const columns = { id: "key", detectedAt: "noted" };
    const refused = await ask({ query, columns });
    expect([refused.outcome, refused.message]).toEqual(["failed", expect.stringContaining("Set `zone:`")]);
    const ran = await ask({ query, columns, zone: "Europe/Berlin" });
    expect(content(ran, -1)).toMatchObject({ parameters: ["2026-11-01T00:00:00", "2026-12-01T00:00:00"], rows: 1 });
    expect(readAll(postgresIncidents, ran.captures).facts).toMatchObject([
      { detectedAt: Date.parse("2026-11-20T16:40Z") },
    ]);
  });

  test("times without a zone are not guessed at: one problem for the column", async () => {
    const ran = await ask({ query: "SELECT key, noted FROM incidents", columns: { id: "key", detectedAt: "noted" } });
    expect(ran.problems).toMatchObject([
      { message: expect.stringContaining('column "noted" (timestamp without time zone) has no zone') },
    ]);
    expect(readAll(postgresIncidents, ran.captures).facts).toMatchObject([{ detectedAt: null }, { detectedAt: null }]);
  });

  test("timestamps are exact, dates are days, text is as written; arrays and JSON give marks and lists", async () => {
    const query = `SELECT 'a' AS key, timestamptz '2026-11-03 11:00+01' AS detected, timestamp '2026-11-03 11:05' AS responded,
      date '2026-10-25' AS closed, '2026-11-03 11:30' AS resolved, ARRAY['key-compromise', 'customer data'] AS tags, 12 AS people,
      json_agg(json_build_object('level', 'Sev' || n, 'at', timestamptz '2026-11-03 11:00+01' + n * interval '1 minute')
        ORDER BY n DESC) AS severities,
      jsonb_build_array(jsonb_build_object('channel', 'email', 'audience', 'customers', 'reached', 8)) AS messages
      FROM generate_series(1, 2) n`;
    const columns = {
      id: "key",
      detectedAt: "detected",
      respondedAt: "responded",
      closedAt: "closed",
      resolvedAt: "resolved",
      tags: "tags",
      affected: "people",
      severities: "severities",
      messages: "messages",
    };
    const ran = await ask({ query, columns, zone: "Europe/Berlin" });
    const { facts, problems } = readAll(postgresIncidents, ran.captures);
    expect(problems).toEqual([]);
    expect(facts).toMatchObject([
      {
        severity: "Sev1",
        detectedAt: Date.parse("2026-11-03T10:00Z"),
        respondedAt: Date.parse("2026-11-03T10:05Z"),
        closedAt: Date.parse("2026-10-24T22:00Z"),
        tags: ["key-compromise", "customer data"],
        affected: 12,
        severities: [
          { severity: "Sev2", at: Date.parse("2026-11-03T10:02Z") },
          { severity: "Sev1", at: Date.parse("2026-11-03T10:01Z") },
        ],
        messages: [{ at: null, channel: "email", audience: "customers", reached: 8 }],
      },
    ]);
    expect((facts[0] as { precision: object }).precision).toEqual({
      closedAt: 25 * 3_600_000,
      resolvedAt: 60_000,
      "severities.0": 1_000,
      "severities.1": 1_000,
    });
  });

  test("rows without an id, infinite times and a second row of an id are problems with their row", async () => {
    const query =
      "SELECT * FROM (VALUES (NULL, 'infinity'::timestamptz), ('a', 'infinity'), ('a', NULL)) AS t(key, at)";
    const ran = await ask({ query, columns: { id: "key", detectedAt: "at" } });
    expect(ran.problems.map(({ where, message }) => [where.replace(/^.*, /, ""), message.slice(0, 30)])).toEqual([
      ["row 1", 'column "key" is empty, so the '],
      ["row 2", "at: expected a time such as 20"],
      ["row 3", 'a second row has the id "a"; r'],
    ]);
  });

  test("a long result is kept in pages; one row beyond the limit makes it partial", async () => {
    const query = "SELECT i AS key, repeat('x', 1000) AS title FROM generate_series(1, 12000) i";
    const columns = { id: "key", title: "title" };
    const ran = await ask({ query, columns, limit: 12_000 });
    expect([ran.outcome, ran.draft.total, ran.draft.found.facts]).toEqual(["collected", 12_000, 12_000]);
    const pages = ran.captures.slice(0, -1).map(({ bytes, origin }) => [bytes.length < 5_000_000, origin]);
    expect(pages).toEqual([
      [true, expect.stringMatching(/, rows 1 to 41\d\d$/)],
      [true, expect.stringMatching(/, rows 41\d\d to 8\d\d\d$/)],
      [true, expect.stringMatching(/, rows 8\d\d\d to 12000$/)],
    ]);
    const cut = await ask({ query, columns, limit: 11_999 });
    expect([cut.outcome, cut.draft.reason, cut.draft.covered, cut.draft.found.facts]).toEqual([
      "partial",
      "truncated",
      [],
      11_999,
    ]);
    expect(cut.message).toContain("more than 11999 rows");
    expect(content(cut, -1)).toMatchObject({ complete: false, rows: 11_999 });
  });

  test("a row of many megabytes is refused before it fills the memory", async () => {
    const ran = await ask({
      query: "SELECT 1 AS key, repeat('x', 70000000) AS title",
      columns: { id: "key", title: "title" },
    });
    expect([ran.outcome, ran.draft.covered, ran.draft.items]).toEqual(["partial", [], 0]);
    expect(ran.message).toContain("left(column, 1000)");
  });
});

describe("a query that is no single read", () => {
  test.each([
    ["two statements", "SELECT 1 AS key; DELETE FROM incidents", "multiple commands"],
    ["a way out of the transaction", "SELECT 1 AS key; COMMIT; DROP TABLE incidents", "multiple commands"],
    ["a write", "DELETE FROM incidents RETURNING key", 'syntax error at or near "DELETE"'],
    ["a hidden write", "WITH gone AS (DELETE FROM incidents RETURNING key) SELECT key FROM gone", "data-modifying"],
    ["a write through a function", "SELECT nextval('counter') AS key", "read-only"],
    ["a lock", "SELECT key FROM incidents FOR UPDATE", "read-only"],
    ["a copy to a program", "COPY incidents TO PROGRAM 'true'", "syntax error"],
  ])("%s is refused and nothing is changed", async (_, query, said) => {
    await server.admin("CREATE SEQUENCE IF NOT EXISTS counter; GRANT ALL ON counter, incidents TO reader");
    const ran = await ask({ query, columns: { id: "key" } });
    expect([ran.outcome, ran.draft.items]).toEqual(["failed", 0]);
    expect(ran.message).toContain(said);
    await server.admin("REVOKE ALL ON incidents FROM reader; GRANT SELECT ON incidents TO reader");
    expect((await ask()).draft.total).toBe(2);
    const counted = await ask({ query: "SELECT is_called::text AS key FROM counter", columns: { id: "key" } });
    expect(readAll(postgresIncidents, counted.captures).facts).toMatchObject([{ id: "false" }]);
  });

  test("a mistake is shown at its line and column in the user's own query", async () => {
    const ran = await ask({ query: "SELECT key, '🔥'\n  FROM incident" });
    expect(ran.message).toContain('the query failed at line 2, column 8: relation "incident" does not exist');
  });

  test("a column that the result lacks or has twice is named, with those it has", async () => {
    expect((await ask({ query: "SELECT key AS id FROM incidents", columns: { id: "key" } })).message).toContain(
      'one column "key" for id; it has "id"',
    );
    expect((await ask({ query: "SELECT key, key FROM incidents", columns: { id: "key" } })).message).toContain(
      "it has it twice",
    );
  });

  test("a parameter that is not the window is refused", async () => {
    const columns = { id: "key" };
    expect((await ask({ query: "SELECT key FROM incidents WHERE title = $3 OR $1 < $2", columns })).outcome).toBe(
      "failed",
    );
    expect((await ask({ query: "SELECT key FROM incidents WHERE key = $1", columns })).message).toContain(
      "$1::timestamptz",
    );
  });

  test("a query that takes too long is stopped by the server", async () => {
    const ran = await ask({ query: "SELECT pg_sleep(60)::text AS key", columns: { id: "key" }, timeout: "100ms" });
    expect(ran.message).toContain("statement timeout");
    expect(ran.message).toContain("raise `timeout`");
  });
});

describe("a server that does not answer", () => {
  test.each([
    ["a wrong password", { password: "wrong-password" }, "failed", "password authentication failed"],
    ["a role that may not sign in", { role: "nobody" }, "failed", "password authentication failed"],
    ["a role without SELECT", { role: "stranger" }, "failed", "permission denied for table incidents"],
    ["another database", { database: "nothing" }, "failed", 'database "nothing" does not exist'],
  ])("%s: who must mend what is said, without the password", async (_, over, outcome, said) => {
    const ran = await ask({}, over);
    expect([ran.outcome, ran.draft.items]).toEqual([outcome, 0]);
    expect(ran.message).toContain(said);
  });

  test("a closed port, a hung port and an address that is none", async () => {
    const hung = createServer((socket) => void socket.on("error", () => {}));
    await new Promise<void>((resolve) => hung.listen(0, "127.0.0.1", resolve));
    const { port } = hung.address() as { port: number };
    const controller = new AbortController();
    hung.once("connection", () => controller.abort());
    const stopped = await ask(
      {},
      { secret: `postgres://reader:secret-word@127.0.0.1:${port}/x`, signal: controller.signal },
    );
    expect([stopped.outcome, stopped.draft.items]).toEqual([expect.stringMatching(/failed|unavailable|partial/), 0]);
    await new Promise((resolve) => hung.close(resolve));

    const closed = await ask({}, { secret: `postgres://reader:secret-word@127.0.0.1:${port}/x` });
    expect([closed.outcome, closed.message]).toEqual(["unavailable", expect.stringContaining("ECONNREFUSED")]);
    const missing = await ask({}, { secret: `postgres://reader:secret-word@/x?host=${await temporaryFolder()}` });
    expect([missing.outcome, missing.message]).toEqual(["unavailable", expect.stringContaining("ENOENT")]);
    const none = await ask({}, { secret: "host=db password=secret-word" });
    expect([none.outcome, none.message]).toEqual(["failed", expect.stringContaining("must begin with postgres://")]);
    for (const { message, kept } of [stopped, closed, missing, none])
      expect(message + kept).not.toContain("secret-word");
  });

  test("a server that asks for no TLS is not spoken to in the clear where TLS is required", async () => {
    const ran = await ask({}, { secret: `${server.address("reader", PASSWORD)}&sslmode=verify-full` });
    expect([ran.outcome, ran.draft.items]).toEqual(["failed", 0]);
    expect(ran.message).toContain("cannot be made as configured");
  });
});

describeCollector(postgresIncidents, {
  config: { connection: CONNECTION, query: QUERY, columns: COLUMNS, limit: 2 },
  recordings: [
    recording("rows.json", "application/vnd.custody.rows+json"),
    recording("query.json", "application/vnd.custody.query+json"),
  ],
  source: async () => ({ reveal: () => server.address("canary", CANARY) }),
  short: async () => ({
    reveal: () => server.address("canary", CANARY),
    config: { connection: CONNECTION, query: `${QUERY} -- ${CANARY}`, columns: COLUMNS, limit: 1 },
  }),
  gone: async () => ({ reveal: () => `postgres://canary:${encodeURIComponent(CANARY)}@127.0.0.1:1/x` }),
});

test("the connection must be a reference, so that no password is ever written down", () => {
  const config = { connection: "postgres://a:b@c/d", query: QUERY, columns: COLUMNS };
  expect(() => postgresIncidents.config.parse(config)).toThrow(/reference to a secret/);
  expect(() => postgresIncidents.config.parse({ ...config, connection: CONNECTION, columns: { title: "x" } })).toThrow(
    /id/,
  );
  expect(() => postgresIncidents.config.parse({ ...config, connection: CONNECTION, timeout: "1h" })).toThrow(/10m/);
});

test("read takes any bytes and yields nothing but facts and problems", () => {
  const cell = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "t",
      "infinity",
      "2026-11-20 17:40+01",
      "2026-11-20",
      "{a}",
      "[null]",
      '[{"at":1,"level":["x"]},[2]]',
    ),
    fc.jsonValue().map((value) => JSON.stringify([value])),
    fc.constant(null),
  );
  const page = fc.record({
    v: fc.constant(1),
    first: fc.integer(),
    columns: fc.array(
      fc.record({
        name: fc.constantFrom("a", "b", "__proto__"),
        oid: fc.constantFrom(25, 1114, 1184),
        type: fc.string(),
      }),
      { maxLength: 4 },
    ),
    rows: fc.array(fc.array(cell, { maxLength: 4 }), { maxLength: 5 }),
  });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    page.map((value) => Buffer.from(JSON.stringify(value))),
  );
  const rules = fc.oneof(
    fc.jsonValue(),
    fc.constant({ columns: { id: "a", detectedAt: "b", personalData: "__proto__" } }),
    fc.constant({ columns: { id: "a", severities: "b", measures: "b", messages: "b", tags: "b", affected: "b" } }),
  );
  fc.assert(
    fc.property(bytes, rules, (b, parameters) => {
      const capture = {
        bytes: b,
        mediaType: "application/vnd.custody.rows+json",
        origin: "rows",
        capturedAt: 0,
        window: NOVEMBER,
        parameters: parameters as Json,
      };
      for (const found of postgresIncidents.read(capture)) if (found.kind !== "problem") Fact.parse(found);
    }),
    { numRuns: 500 },
  );
});

test("a message of the driver that repeats the address loses the password in each spelling", () => {
  const address = "postgres://reader:p%40ss%2Fword@db/incidents";
  for (const text of [`cannot parse ${address}`, "wrong: p@ss/word", "wrong: p%40ss%2Fword"]) {
    const { message, cause } = failureOf(new Error(text), { doing: "connect" }, address);
    expect(message).toContain("(hidden)");
    expect(message).not.toMatch(/p@ss|p%40ss/);
    expect(cause).toBeUndefined();
  }
});

// The last one: there is no server after it.
test("a server that dies in the middle loses nothing that was kept, and claims nothing", async () => {
  const query = "SELECT i AS key, repeat('x', 10000) AS title FROM generate_series(1, 20000) i";
  let killed = false;
  const stored = async () => {
    if (!killed) await server.kill();
    killed = true;
  };
  const ran = await ask({ query, columns: { id: "key" } }, { stored });
  expect([ran.outcome, ran.draft.covered]).toEqual(["partial", []]);
  expect(ran.message).toContain("the database cannot be reached or broke off");
  expect(ran.draft.items).toBeGreaterThan(0);
  expect(ran.captures.every(({ origin }) => origin.includes("rows"))).toBe(true);
});
