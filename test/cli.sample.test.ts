import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cli } from "./support/cli.ts";
import { registerWorkspace } from "./support/register-workspace.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-sample");
}, 120_000);
afterAll(() => cli.close());

interface Drawn {
  readonly rows: string[];
  readonly seed: { size: number; root: string };
}

test("a sample is frozen, drawn and marked, and comes out of the pack alone somewhere else", {
  timeout: 240_000,
}, async () => {
  const { workspace, as, period } = await registerWorkspace(cli, 12);
  const none = await as("audi", "sample", "list");
  expect(none.stdout).toContain("No population was frozen yet");
  const unsaid = await as("audi", "sample", "freeze");
  expect([unsaid.code, unsaid.stderr]).toEqual([2, expect.stringMatching(/--of is missing.*\n.*--period is missing/)]);
  const frozen = await as("audi", "sample", "freeze", "--of", "incidents", "--period", period);
  expect(frozen.code, frozen.all).toBe(0);
  for (const text of [
    "12 incidents",
    "register (incident-log/markdown): 12 rows",
    "its own count 12, 12 read",
    "the same",
    "ISO audits have no fixed sample sizes",
  ])
    expect(frozen.stdout).toContain(text);
  const [, head = ""] = /^Fingerprint that a draw will use: (\S+)$/m.exec(frozen.stdout) ?? [];
  const [id = ""] = /SMP-\d{4}-001/.exec(frozen.stdout) ?? [];

  // What is collected later is not in it.
  await workspace.write("incidents/late.md", "---\nid: INC-LATE\ntitle: x\n---\n\nx\n");
  const drawn = await as("audi", "sample", "draw", id, "--size", "4", "--words", "Sieben Brücken", "--json");
  expect(drawn.code, drawn.all).toBe(0);
  const { rows, seed } = drawn.json<Drawn>();
  expect(`${seed.size}:${seed.root}`).toBe(head);
  expect(new Set(rows).size).toBe(4);
  const more = await as("audi", "sample", "draw", id, "--size", "6", "--words", "  Sieben\tBrücken", "--json");
  expect(more.json<Drawn>().rows.slice(0, 4)).toEqual(rows);
  expect((await as("audi", "sample", "pick", id, "INC-003", "register/INC-004", "--reason", "odd ones")).code).toBe(0);
  expect((await as("audi", "sample", "mark", id, "1", "flagged", "--note", "no timeline")).code).toBe(0);
  const over = await as("anna", "sample", "mark", id, "1", "accepted");
  expect([over.code, over.stdout]).toEqual([0, expect.stringContaining("that mark goes on to count")]);
  const marked = await as(undefined, "sample", "mark", id, "INC-003", "good");
  expect([marked.code, marked.stderr]).toEqual([
    2,
    expect.stringContaining("expected accepted, flagged, not-applicable as the last word"),
  ]);
  const shown = await as(undefined, "sample", "show", id);
  expect(shown.stdout).toContain(
    `1. ${rows[0]} (${rows[0]?.match(/INC-00[34]/) ? "picked and drawn" : "drawn"}): flagged by audi (auditor): no timeline`,
  );
  expect(shown.stdout).toContain('and the words "Sieben Brücken"');
  const entries = (await workspace.entries()).filter(({ kind }) => kind === "sample");
  expect(entries.map(({ act }) => act)).toEqual(["freeze", "draw", "draw", "pick", "mark", "mark"]);
  expect(new Set(entries.map(({ window }) => JSON.stringify(window))).size).toBe(1);
  expect(JSON.stringify(entries)).not.toMatch(/Brücken|audi"|timeline|Printer/);

  expect((await as("anna", "export", "--period", period, "--out", "pack.zip")).code).toBe(0);
  const elsewhere = await cli.place();
  const pack = join(elsewhere, "pack.zip");
  const bytes = await readFile(workspace.path("pack.zip"));
  await writeFile(pack, bytes);
  const key = (await readFile(workspace.path("ledger.vkey"), "utf8")).trim();
  const replay = (...more: string[]) => cli.run(elsewhere, ["sample", "replay", pack, ...more]);
  const again = await replay("--key", key, "--json");
  expect(again.code, again.all).toBe(0);
  expect(again.json()).toMatchObject({
    ok: true,
    keyFromPack: false,
    samples: [{ sample: id, result: "same", rows: { same: 12, elsewhere: 0, lacking: [] } }],
  });
  const alone = await replay(id);
  expect([alone.code, alone.stdout]).toEqual([0, expect.stringContaining("which anybody can put there")]);
  expect(alone.stdout).toContain("the same 4 rows in the same order");
  const other = await replay("SMP-2000-001");
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining(`It has ${id}`)]);

  // One letter of the population changed, as somebody would who wants another one.
  const row = '},"row":"register/INC-00';
  const at = bytes.indexOf(`${row}1"`);
  expect(at).toBeGreaterThan(0);
  bytes.write("9", at + row.length);
  await writeFile(pack, bytes);
  const tampered = await replay("--key", key);
  expect([tampered.code, tampered.stdout]).toEqual([1, expect.stringContaining("The pack is NOT as it was signed")]);
  expect(tampered.stdout).toContain("cannot be drawn again from this pack");
});
