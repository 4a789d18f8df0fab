import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { openSigning, signAll } from "../src/acts/signing.ts";
import { hereDuties } from "../src/duties/here.ts";
import { newToken, tokenLine } from "../src/people.ts";
import { seeDuties, seeGaps } from "../src/views/seeing.ts";
import { Cli } from "./support/cli.ts";
import { givenPostgres } from "./support/index-postgres.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { quietMonth } from "./support/quiet-month.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("status-duties");
});
afterAll(() => cli.close());
afterEach(() => {
  delete process.env.CUSTODY_TOKEN;
  delete process.env.CUSTODY_TEST_INDEX;
});

test("what a person must do is the same out of the log alone as with the index: to confirm, what holds no more, places to mend", {
  timeout: 120_000,
}, async () => {
  const token = newToken();
  const postgres = await givenPostgres();
  onTestFinished(() => postgres.stop());
  process.env.CUSTODY_TOKEN = token;
  process.env.CUSTODY_TEST_INDEX = postgres.url;
  const quiet = await quietMonth(await temporaryFolder(), {
    index: "${env:CUSTODY_TEST_INDEX}",
    people: `  anna: { role: owner, token: "${tokenLine(token)}" }`,
  });
  const { custody, folder, from } = quiet;
  const both = async () => {
    const sight = await seeGaps(custody);
    const [log, index] = [await seeDuties(custody, sight, "log"), await seeDuties(custody, sight, "index")];
    expect(index.unsure).toBeUndefined();
    expect(log.duties).toEqual(index.duties);
    return log.duties.map(({ title }) => title).join("\n");
  };
  expect(await both()).toContain("confirm that nothing happened");

  const signing = await openSigning(custody);
  const requirements = signing.nilReturns(quiet).map((one) => one.requirement);
  await signAll(custody, signing, [{ subject: "nil-return", window: quiet, requirements, statement: "Looked." }]);
  expect(await both()).not.toContain("confirm that nothing happened");

  await mkdir(join(folder, "incidents"), { recursive: true });
  const day = new Date(from + 5 * 86_400_000).toISOString();
  const record = `---\nid: INC-1\ntitle: Login down\nseverity: sev3\ndetected: ${day}\n---\n`;
  await writeFile(join(folder, "incidents", "INC-1.md"), record);
  await writeFile(join(folder, "incidents", "INC-2.md"), "---\nid: INC-2\nseverity: nobody knows\n---\n");
  await quiet.collect();
  const after = await both();
  expect(after).toContain("a confirmation holds no more");
  expect(after).toContain("in the source to mend");
});

test("status names the key without a backup and each place to mend among what needs you, not below", async () => {
  const place = await cli.workspace();
  await place.configure("- { id: incidents, use: incident-log/markdown, path: ./incidents }");
  await mkdir(place.path("incidents"));
  await writeFile(place.path("incidents/INC-2.md"), "---\nid: INC-2\nseverity: nobody knows\n---\n");
  await place.run("collect");
  const { stdout } = await place.run("status");
  expect(stdout).toMatch(/^\d things need you:\n/);
  expect(stdout).toMatch(/^- NO BACKUP of the signing key\n/m);
  expect(stdout).toMatch(/^ {4}- .*INC-2\.md.*: /m);
  const { duties } = (await place.run("status", "--json")).json<{ duties: { places?: unknown[] }[] }>();
  expect(duties.flatMap(({ places = [] }) => places).length).toBeGreaterThan(0);
});

test("status says that the database is away", async () => {
  const place = await cli.workspace();
  await place.configure("- { id: own, use: cron-health/custody }", "index: postgres://127.0.0.1:9/none\n");
  expect((await place.run("status")).all).toContain("- The database does not answer\n");
  // In doctor it is one thing to mend, told once.
  const doctor = await place.run("doctor", "--only", "index", "--only", "guard");
  expect(doctor.stdout).toContain("1 thing to mend (BAD).");
  expect(doctor.stdout).toContain("see `index`");
  expect((await place.run("doctor", "--only", "guard")).stdout).toContain("1 thing to mend (BAD)");
});

test("a notice waits with what a page says at once, and says nothing of the database", () => {
  const DAY = 86_400_000;
  const here = {
    now: 20 * DAY,
    zone: "UTC",
    people: {},
    databaseAway: { since: 0 },
    configRefused: 20 * DAY,
    unsavedKey: { id: "0a1b2c3d", since: 0 },
  };
  const ids = (notice: boolean, now = here.now) => hereDuties({ ...here, now, notice }).map(({ id }) => id);
  expect(ids(false)).toEqual(["config-refused", "database-away", "backup:0a1b2c3d"]);
  expect(ids(true)).toEqual(["backup:0a1b2c3d"]);
  expect(ids(true, 21 * DAY)).toEqual(["config-refused", "backup:0a1b2c3d"]);
  expect(ids(true, 13 * DAY)).toEqual([]);
});
