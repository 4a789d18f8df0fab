import { mkdir, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attach, attachmentProblems } from "../src/acts/attaching.ts";
import { systemClock } from "../src/lib/clock.ts";
import { newToken, tokenLine } from "../src/people.ts";
import { Cli } from "./support/cli.ts";
import { newWorkspace } from "./support/workspace.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-action");
}, 120_000);
afterAll(() => cli.close());

const TOKEN = newToken();
const CONFIG = `organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
people:
  anna: { role: owner, token: "${tokenLine(TOKEN)}" }
  ben: { role: operator }
collectors:
  - { id: register, use: incident-log/markdown, path: ./incidents }
`;

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly overdue: boolean;
  readonly due: string | null;
  readonly dues: readonly { due: string; missed: string; reason: string | null }[];
  readonly owner: { name: string } | null;
  readonly evidence: readonly { digest: string; size: number }[];
  readonly result: string | null;
  readonly tracker: string | null;
  readonly incident: string | null;
}

async function place() {
  const workspace = await cli.workspace(CONFIG);
  await workspace.write(
    "incidents/2026-001.md",
    "# Incident: Login outage\n\nid: EXT 1\ndetected: 2026-11-20T17:40+01:00\nseverity: P1\n\nText.\n",
  );
  const anna = (...args: string[]) => cli.run(workspace.folder, args, { env: { CUSTODY_TOKEN: TOKEN } });
  const action = async (id: string) => (await anna("action", "show", id, "--json")).json<{ action: Shown }>().action;
  return { workspace, anna, action };
}

describe("an action", () => {
  test("goes from opened to found effective, each step signed and readable", { timeout: 180_000 }, async () => {
    const { workspace, anna, action } = await place();
    const opened = await anna(
      "action",
      "open",
      "--type",
      "corrective",
      "--owner",
      "ben",
      "--due",
      "+1mo",
      "--text",
      "so that it ends",
      "Rotate",
      "the",
      "key",
    );
    expect(opened.code, opened.all).toBe(0);
    const id =
      /^(ACT-\d{4}-001): opened, due by the end of \d+ \w{3} \d{4} \(record \d+\)\.$/m.exec(opened.stdout)?.[1] ?? "";
    expect(await action(id)).toMatchObject({
      title: "Rotate the key",
      state: "open",
      owner: { name: "ben" },
      overdue: false,
      dues: [{ missed: "no" }],
    });

    const nothing = await anna("action", "done", id);
    expect([nothing.code, nothing.all]).toEqual([2, expect.stringContaining("--file or --tracker is missing")]);
    await workspace.write("proof.txt", "done");
    const done = await anna("action", "done", id, "--file", "proof.txt", "--tracker", "github:owner/name#12");
    expect(done.code, done.all).toBe(0);
    expect(await action(id)).toMatchObject({ state: "done", evidence: [{ size: 4 }], tracker: "github:owner/name#12" });

    const failed = await anna("action", "verify", id, "--result", "not-effective", "--text", "it came back");
    expect(failed.stdout).toContain("did not help; it is to be done again");
    expect(await action(id)).toMatchObject({ state: "open", result: "not-effective" });
    const replanned = await anna("action", "replan", id, "--due", "+2mo", "--reason", "a second try");
    expect(replanned.code, replanned.all).toBe(0);
    expect((await anna("action", "done", id, "--tracker", "4f1c9a2")).code).toBe(0);
    expect((await anna("action", "verify", id, "--result", "effective")).code).toBe(0);
    const now = await action(id);
    expect(now).toMatchObject({ state: "verified", result: "effective" });
    expect(now.dues.map(({ reason }) => reason)).toEqual([null, "a second try"]);
    // Nothing of it stands in the entries but ids, words of lists, times and digests.
    const text = JSON.stringify((await workspace.entries()).filter(({ kind }) => kind === "action"));
    for (const word of ["Rotate", "it came back", "second try", "proof.txt"]) expect(text).not.toContain(word);
    await workspace.verified();

    const wrong = await anna("action", "done", id, "--tracker", "x");
    expect([wrong.code, wrong.all]).toEqual([
      2,
      expect.stringContaining(`${id} is done and verified already, so "done" does not fit`),
    ]);
    expect((await anna("action", "list")).stdout).toContain("0 to be done; 1 more with --all.");
  });

  test("everything that is wrong is said at once, and nothing is recorded", { timeout: 120_000 }, async () => {
    const { workspace, anna } = await place();
    const before = (await workspace.entries()).length;
    const wrong = await anna(
      "action",
      "open",
      "--type",
      "corective",
      "--owner",
      "bem",
      "--due",
      "soon",
      "--incident",
      "INC-1",
      "--finding",
      "FND-1",
      "--tracker",
      "a b",
      "--at",
      "2030-01-01",
      "--file",
      "x",
    );
    expect([wrong.code, wrong.all]).toEqual([2, expect.stringContaining("unknown option '--file'")]);
    const refused = await anna(
      "action",
      "open",
      "--type",
      "corective",
      "--owner",
      "bem",
      "--due",
      "soon",
      "--incident",
      "INC-1",
      "--finding",
      "FND-1",
      "--tracker",
      "a b",
      "--at",
      "2030-01-01",
    );
    for (const part of [
      "TITLE is missing",
      'did you mean "corrective"',
      'did you mean "ben"',
      "--due:",
      "--incident:",
      "--finding:",
      "--tracker:",
      "--at:",
      "Nothing was recorded",
    ])
      expect(refused.all, refused.all).toContain(part);
    const unknown = await anna("action", "replan", "ACT-1");
    expect([unknown.code, unknown.all]).toEqual([2, expect.stringContaining("there is no action ACT-1")]);
    expect((await workspace.entries()).length).toBe(before);
  });

  test("on a bare shell is recorded as unauthenticated", { timeout: 120_000 }, async () => {
    const { workspace } = await place();
    const done = await workspace.run("action", "open", "Look");
    expect(done.code, done.all).toBe(0);
    expect(done.stdout).toContain("recorded as unauthenticated");
    expect(done.stdout).toContain("It does not say who is to do it or until when");
  });

  test("files: what cannot be taken is named, what is large is streamed", { timeout: 180_000 }, async () => {
    const { workspace, anna, action } = await place();
    const id = (await anna("action", "open", "A", "--json")).json<{ id: string }>().id;
    await workspace.write("empty.txt", "");
    await mkdir(workspace.path("folder"));
    await symlink("nowhere", workspace.path("dangling"));
    await workspace.write("real.txt", "real");
    await symlink("real.txt", workspace.path("link.txt"));
    await workspace.write("large.bin", "x");
    await truncate(workspace.path("large.bin"), 70 * 1024 * 1024);
    const before = (await workspace.keys()).length;
    const refused = await anna(
      "action",
      "done",
      id,
      "--file",
      "empty.txt",
      "--file",
      "folder",
      "--file",
      "dangling",
      "--file",
      "none",
      "--file",
      "real.txt",
    );
    expect(refused.code).toBe(2);
    for (const part of [
      "empty.txt: empty; it shows nothing",
      "folder: a folder",
      "dangling: no such file",
      "none: no such file",
    ])
      expect(refused.all).toContain(part);
    expect((await workspace.keys()).length).toBe(before);
    const taken = await anna("action", "done", id, "--file", "large.bin", "--file", "link.txt");
    expect(taken.code, taken.all).toBe(0);
    expect(taken.peak).toBeLessThan(400);
    expect((await action(id)).evidence.map(({ size }) => size)).toEqual([70 * 1024 * 1024, 4]);
    await workspace.verified();
  });

  test("a file that is gone once it is to be read is named, and nothing is stored", async () => {
    const custody = await newWorkspace("collectors: []", systemClock);
    const file = join(custody.config.folders.state, "proof.txt");
    await writeFile(file, "proof");
    expect(await attachmentProblems([file])).toEqual([]);
    const before = (await custody.ledger()).size;
    await rm(file);
    await expect(attach(custody, [file])).rejects.toMatchObject({
      code: "INPUT_INVALID",
      message: expect.stringContaining(`${file} could not be read (ENOENT)`),
    });
    expect((await custody.ledger()).size).toEqual(before);
  });

  test("corrections supersede: the earlier record stays readable", { timeout: 120_000 }, async () => {
    const { anna, action } = await place();
    const opened = (await anna("action", "open", "Rotate the kee", "--due", "+7d", "--json")).json<{
      id: string;
      entry: number;
    }>();
    const corrected = await anna("action", "open", "Rotate the key", "--corrects", String(opened.entry));
    expect(corrected.code, corrected.all).toBe(0);
    expect(await action(opened.id)).toMatchObject({ title: "Rotate the key", state: "open", dues: [{}, {}] });
    expect((await anna("action", "show", opened.id)).stdout).toContain(`instead of record ${opened.entry}`);
    const wrong = await anna("action", "done", opened.id, "--corrects", String(opened.entry), "--tracker", "x");
    expect(wrong.all).toContain('this record is "open"');
  });

  test("for an incident of another register names it as that register does", { timeout: 120_000 }, async () => {
    const { anna, action } = await place();
    expect((await anna("collect")).code).toBe(0);
    const id = (await anna("action", "open", "A", "--incident", "register/EXT 1", "--json")).json<{ id: string }>().id;
    expect((await action(id)).incident).toBe("EXT 1");
  });

  test("two who open at once get two numbers", { timeout: 120_000 }, async () => {
    const { anna } = await place();
    const both = await Promise.all([anna("action", "open", "A", "--json"), anna("action", "open", "B", "--json")]);
    expect(new Set(both.map((one) => one.json<{ id: string }>().id)).size).toBe(2);
  });
});

describe("links", () => {
  test("between records and facts, with near matches, warnings and a way back", { timeout: 180_000 }, async () => {
    const { workspace, anna } = await place();
    expect((await anna("collect")).code).toBe(0);
    const open = async (title: string) =>
      (await anna("incident", "open", "--title", title, "--json")).json<{ incident: string }>().incident;
    const [one, two] = [await open("Login outage"), await open("Another")];
    const linked = await anna("link", one, "register/EXT 1", "--relation", "same", "--json");
    expect(linked.code, linked.all).toBe(0);
    const [entry] = (await workspace.entries()).filter(({ kind }) => kind === "link") as {
      to: Record<string, unknown>;
    }[];
    expect(entry?.to).toMatchObject({
      instance: "register",
      kind: "incident",
      id: expect.stringMatching(/^incident-[0-9a-f]{16}$/),
      entry: expect.any(Number),
      item: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const again = await anna("link", "register/EXT 1", one, "--relation", "same");
    expect(again.stdout).toContain('linked as "same" already');
    const doubled = await anna("link", two, "register/EXT 1", "--relation", "same");
    expect(doubled.stdout).toContain("one incident would be counted where our own incidents has 2");
    const removed = await anna("link", two, "register/EXT 1", "--relation", "same", "--remove", "--reason", "mistake");
    expect(removed.code, removed.all).toBe(0);
    expect((await anna("link", "--list", "--json")).json()).toMatchObject({
      links: [{ relation: "same" }],
      warnings: [],
    });

    const wrong = await anna("link", one.replace("001", "009"), "register/EXT 2", "--relation", "sane");
    expect(wrong.code).toBe(2);
    expect(wrong.all).toMatch(new RegExp(`did you mean "${one.slice(0, 9)}`));
    expect(wrong.all).toContain('did you mean "register/EXT 1"');
    expect(wrong.all).toContain('did you mean "same"');
    for (const [args, text] of [
      [[one, one, "--relation", "same"], "cannot be linked with itself"],
      [[one, "register/EXT 1", "--relation", "alert"], "expected an alert or an event or an external behind it"],
      [[one, `file:${"a".repeat(64)}`, "--relation", "evidence"], "no record names a file"],
      [[one, "entry:99999", "--relation", "evidence"], "there is no record 99999"],
      [[one, two, "--relation", "same", "--remove"], "are not linked"],
    ] as const) {
      const refused = await anna("link", ...args);
      expect([refused.code, refused.all]).toEqual([2, expect.stringContaining(text)]);
    }
    expect((await anna("link", one, "external:risk/R-12", "--relation", "risk")).code).toBe(0);
    await workspace.verified();
  });

  test("are proposed, and never made", { timeout: 120_000 }, async () => {
    const { workspace } = await place();
    await workspace.configure(`- { id: register, use: incident-log/markdown, path: ./incidents }
- { id: second, use: incident-log/markdown, path: ./second }`);
    await workspace.write(
      "second/x.md",
      "# Incident: login  Outage\n\nid: OTHER-9\ndetected: 2026-11-20T18:10+01:00\n\nText.\n",
    );
    expect((await workspace.run("collect")).code).toBe(0);
    const proposed = await workspace.run("link", "--propose");
    expect(proposed.stdout).toContain(
      "they have the same title on 20 Nov 2026:\n  custody link register/incident/incident-",
    );
    expect(proposed.stdout).toContain(" second/incident/OTHER-9 --relation same");
    expect(proposed.stdout).toContain("Nothing was linked");
    const command = / {2}custody (link .*)$/m.exec(proposed.stdout)?.[1]?.split(" ") ?? [];
    expect((await workspace.run(...command)).code).toBe(0);
    expect((await workspace.run("link", "--propose")).stdout).toContain("No two records");
    expect((await workspace.entries()).filter(({ kind }) => kind === "link")).toHaveLength(1);
  });
});
