import { cp, readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cli, configuration } from "./support/cli.ts";
import { type GivenPostgres, givenPostgres } from "./support/index-postgres.ts";

const RECORDED = resolve(import.meta.dirname, "recordings/markdown/company/incidents");
const NO_INDEX_LINE = /^index:.*\n/m;

let cli: Cli;
let server: GivenPostgres;
beforeAll(async () => {
  [cli, server] = await Promise.all([Cli.compile("cli-index"), givenPostgres()]);
}, 120_000);
afterAll(async () => {
  await server.stop();
  await cli.close();
});

async function sql(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(text);
  await client.end();
}

test("an edited index is found by `verify --index` and by the report, which is right all the same", {
  timeout: 180_000,
}, async () => {
  const base = configuration("- { id: incidents, use: incident-log/markdown, path: ./incidents }");
  const folder = (await cli.workspace(base)).folder;
  const env = { INDEX_URL: server.url };
  const run = (...args: string[]) => cli.run(folder, args, { env, limit: 120_000 });
  await writeFile(`${folder}/custody.yaml`, `${base.replace(NO_INDEX_LINE, "")}index: "\${env:INDEX_URL}"\n`);
  await cp(RECORDED, `${folder}/incidents`, { recursive: true });
  expect((await run("collect")).code).toBe(0);
  expect((await run("index", "rebuild")).code).toBe(0);
  expect((await run("verify", "--index")).code).toBe(0);
  expect((await run("report", "--period", "2026", "--out", "before.json")).code).toBe(0);

  await sql(`update "index".fact set status = 'never happened' where kind = 'incident'`);
  const verified = await run("verify", "--index", "--json");
  expect(verified.code).toBe(1);
  expect(verified.json()).toMatchObject({ ok: false, verdicts: { integrity: { word: "broken" } } });
  expect(verified.json<{ findings: { code: string; where: string; found: string }[] }>().findings[0]).toMatchObject({
    code: "index-altered",
    where: expect.stringMatching(/^index: fact entry \d+, item \d+, ordinal \d+$/),
    found: "status never happened",
  });
  expect((await run("verify")).code).toBe(0);

  const report = await run("report", "--period", "2026", "--out", "after.json");
  expect(report.code).toBe(1);
  expect(report.stderr).toMatch(/index-altered/);
  expect(await readFile(`${folder}/after.json`, "utf8")).not.toContain("never happened");

  expect((await run("index", "rebuild")).code).toBe(0);
  expect((await run("verify", "--index")).code).toBe(0);
  expect((await run("report", "--period", "2026", "--out", "mended.json")).code).toBe(0);
});
