import { accessSync, chmodSync, constants, mkdtempSync, rmSync } from "node:fs";
import { chmod, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { newToken, tokenLine } from "../src/people.ts";
import { Cli, type Done, type Workspace } from "./support/cli.ts";

/** Every command that writes a record, where the store takes none. */

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-unwritable");
}, 120_000);
afterAll(() => cli.close());

const TOKEN = newToken();
const CONFIG = `organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
policy: sev1-4
people:
  anna: { role: owner, token: "${tokenLine(TOKEN)}" }
collectors:
  - { id: own, use: cron-health/custody }
`;
const BEGUN: readonly (readonly string[])[] = [
  ["incident", "open", "--title", "Login down", "--id", "INC-1", "--severity", "Sev2"],
  ["incident", "measure", "INC-1", "roll-back", "done", "--type", "containment"],
  ["action", "open", "Patch it", "--id", "ACT-1", "--owner", "anna", "--due", "+14d"],
  ["event", "add", "Strange mail", "--id", "EVT-1", "--channel", "mail"],
  [
    ...["evidence", "add", "paper.txt", "--incident", "INC-1", "--title", "Paper", "--id", "EVD-1"],
    ...["--source", "a desk", "--method", "upload", "--authorised-by", "anna"],
  ],
  [
    ...["finding", "open", "--origin", "external-audit", "--rule", "Owners are named", "--gap", "Two had none"],
    ...["--owner", "anna", "--due", "+30d", "--id", "FND-1"],
  ],
  ["hold", "place", "HLD-1", "--authority", "court", "--incident", "INC-1"],
  ["sample", "freeze", "--of", "incidents", "--period", "2026", "--id", "SMP-1"],
];

const SOON = new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10);

/** One line for each way to write: all acts of one subject go the same way. */
const WRITING: readonly (readonly string[])[] = [
  ["collect"],
  ["upload", "paper.txt", "--control", "A.5.24", "--reason", "x"],
  ["pause", "own", "--until", "2099-01-01", "--reason", "x"],
  ["incident", "open", "--title", "Other"],
  ["incident", "classify", "INC-1", "--severity", "Sev1", "--reason", "x"],
  ["incident", "stamp", "INC-1", "contained"],
  ["incident", "note", "INC-1", "x"],
  ["incident", "assign", "INC-1", "owner", "anna"],
  ["incident", "communicate", "INC-1", "--channel", "status-page", "--audience", "public", "--text", "x"],
  ["incident", "measure", "INC-1", "restart", "done", "--type", "containment"],
  ["incident", "personal-data", "INC-1", "no", "--reason", "x"],
  ["incident", "tag", "INC-1", "bad-deploy"],
  ["incident", "cause", "INC-1", "--text", "x"],
  ["incident", "resolve", "INC-1"],
  ["incident", "withdraw", "INC-1", "--reason", "x"],
  ["action", "open", "Other", "--owner", "anna", "--due", "+1d"],
  ["action", "assign", "ACT-1", "--owner", "anna", "--reason", "x"],
  ["action", "done", "ACT-1", "--text", "x", "--file", "paper.txt"],
  ["action", "cancel", "ACT-1", "--reason", "x"],
  ["link", "INC-1", "EVT-1", "--relation", "about", "--reason", "x"],
  ["review", "record", "INC-1", "review.md", "--incomplete", "x"],
  [
    ...["activity", "record", "training", "--title", "First aid", "--date", "2026-01-10"],
    ...["--participants", "anna", "--text", "x"],
  ],
  ["event", "add", "Other mail", "--channel", "mail"],
  ["event", "ack", "EVT-1"],
  ["event", "decide", "EVT-1", "false-positive", "--reason", "x"],
  ["sign", "access", "--month", "2026-10", "--note", "x", "--yes"],
  ["waive", "a526.owner.present", "--until", SOON, "--owner", "anna", "--reason", "x"],
  ["finding", "open", "--origin", "external-audit", "--rule", "x", "--gap", "x"],
  ["finding", "note", "FND-1", "--text", "x", "--evidence", "paper.txt"],
  ["finding", "cause", "FND-1", "--text", "x"],
  ["sample", "freeze", "--of", "incidents", "--period", "2025"],
  ["sample", "draw", "SMP-1", "--size", "1", "--words", "rain on the harbour"],
  ["evidence", "add", "other.txt", "--title", "x", "--source", "x", "--method", "upload", "--authorised-by", "anna"],
  ["evidence", "describe", "EVD-1", "tool=cat"],
  ["evidence", "verify", "EVD-1"],
  ["evidence", "access", "EVD-1", "--reason", "x", "--out", "handed-out.txt"],
  ["evidence", "store", "EVD-1", "--location", "safe"],
  ["preserve", "INC-1", "--authority", "owner"],
  ["hold", "place", "HLD-2", "--authority", "court", "--incident", "INC-1"],
  ["hold", "release", "HLD-1", "--authority", "court"],
  ["keys", "rotate"],
  ["store", "probe"],
];

/** Modes bind this user; they do not bind root. */
const BOUND = (() => {
  const folder = mkdtempSync(join(tmpdir(), "custody-bound-"));
  try {
    chmodSync(folder, 0o500);
    accessSync(folder, constants.W_OK);
    return false;
  } catch {
    return true;
  } finally {
    rmSync(folder, { recursive: true });
  }
})();

async function stocked() {
  const workspace = await cli.workspace(CONFIG);
  const as = (...args: readonly string[]) => cli.run(workspace.folder, args, { env: { CUSTODY_TOKEN: TOKEN } });
  for (const [name, text] of [
    ["paper.txt", "a paper"],
    ["other.txt", "another"],
    ["review.md", "# INC-1\n\nWords.\n"],
  ] as const)
    await workspace.write(name, text);
  for (const args of BEGUN) {
    const one = await as(...args);
    expect(one.code, `${args.join(" ")}: ${one.all}`).toBe(0);
  }
  return { workspace, as };
}

/** What is wrong with how it failed; none where it said so as everything does. */
function faultsOf(done: Done, args: readonly string[]): string[] {
  const faults: string[] = [];
  if (done.code === 0 || done.code === 4) faults.push(`exit ${done.code}`);
  try {
    const { ok, error } = done.json<{ ok: boolean; error?: { code: string; remedy?: string } }>();
    if (ok !== false) faults.push("the JSON does not say that it failed");
    if (error === undefined) faults.push("no error in the JSON");
    else {
      if (error.code !== "STORE_UNFIT") faults.push(error.code);
      if (error.remedy === undefined) faults.push("no remedy");
    }
  } catch {
    faults.push("stdout is not one JSON object");
  }
  return faults.map((fault) => `${args.join(" ")}: ${fault}: ${done.all.slice(0, 500)}`);
}

async function sweep({ workspace, as }: Awaited<ReturnType<typeof stocked>>): Promise<string[]> {
  const before = [await workspace.keys(), await readdir(workspace.folder)];
  const faults: string[] = [];
  for (const args of WRITING) faults.push(...faultsOf(await as(...args, "--json"), args));
  const after = [await workspace.keys(), await readdir(workspace.folder)];
  expect(after, "nothing half-written").toEqual(before);
  return faults;
}

/** It works again as if nothing had been, and the log is whole. */
async function afterwards(workspace: Workspace, as: (...args: string[]) => Promise<Done>): Promise<void> {
  const { length } = await workspace.entries();
  const again = await as("incident", "note", "INC-1", "it can be written again");
  expect(again.code, again.all).toBe(0);
  expect((await workspace.entries()).length).toBe(length + 1);
  await workspace.verified();
}

test("has no place for what is not finished: each says so by a code, with a remedy, and writes nothing", {
  timeout: 120_000,
}, async () => {
  const { workspace, as } = await stocked();
  await rm(workspace.path("data/store.tmp"), { recursive: true, force: true });
  await writeFile(workspace.path("data/store.tmp"), "in the way");
  expect(await sweep({ workspace, as })).toEqual([]);
  await rm(workspace.path("data/store.tmp"));
  await afterwards(workspace, as);
});

// Root may write everywhere.
test.skipIf(!BOUND)(
  "may only be read: each says so by a code, with a remedy, and writes nothing",
  {
    timeout: 120_000,
  },
  async () => {
    const { workspace, as } = await stocked();
    const folders = [workspace.path("data/store.tmp"), workspace.path("data/store")];
    for (const entry of await readdir(workspace.path("data/store"), { recursive: true, withFileTypes: true }))
      if (entry.isDirectory()) folders.push(join(entry.parentPath, entry.name));
    const modes = async (mode: number) => {
      for (const folder of folders) await chmod(folder, mode);
    };
    onTestFinished(() => modes(0o700));
    await modes(0o500);
    expect(await sweep({ workspace, as })).toEqual([]);
    await modes(0o700);
    await afterwards(workspace, as);
  },
);
