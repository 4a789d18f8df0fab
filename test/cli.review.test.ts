import { createHash } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newToken, tokenLine } from "../src/people.ts";
import { Cli } from "./support/cli.ts";

let cli: Cli;
beforeAll(async () => {
  cli = await Cli.resident("cli-review");
}, 120_000);
afterAll(() => cli.close());

const TOKEN = newToken();
const OTHER = newToken();
const CONFIG = `organisation: { name: Example GmbH, zone: Europe/Berlin }
store: file:./data/store
people:
  anna: { role: owner, token: "${tokenLine(TOKEN)}" }
  ben: { role: operator, token: "${tokenLine(OTHER)}" }
collectors:
  - { id: register, use: incident-log/markdown, path: ./incidents }
`;

async function place(config = CONFIG) {
  const workspace = await cli.workspace(config);
  await mkdir(workspace.path("incidents"), { recursive: true });
  const as = (token: string, ...args: string[]) => cli.run(workspace.folder, args, { env: { CUSTODY_TOKEN: token } });
  const anna = (...args: string[]) => as(TOKEN, ...args);
  const ben = (...args: string[]) => as(OTHER, ...args);
  const incident = async (title: string, ...more: string[]) => {
    const opened = await ben("incident", "open", "--title", title, ...more);
    const id = /INC-\d{4}-\d{3}/.exec(opened.all)?.[0];
    if (opened.code !== 0 || id === undefined) throw new Error(opened.all);
    return id;
  };
  return { workspace, anna, ben, incident };
}

/** Every placeholder filled in. */
const written = (text: string) =>
  text
    .replace(/Author: .*/, "Author: ben")
    .replace(/Duration: .*/, "Duration: 45 minutes")
    .replace(/\| <what is to be done> .*/, "| Lock timeout | Anna | 2026-12-01 |")
    .replace(/Severity: <severity>/, "Severity: P1")
    .replace(/<[^<>\n]+>/g, "Something was written here.");

const shaOf = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

describe("a review", () => {
  test("is begun, checked, recorded, approved, changed and approved anew", { timeout: 240_000 }, async () => {
    const { workspace, anna, ben, incident } = await place();
    const id = await incident("Login outage");
    await ben("action", "open", "--incident", id, "--owner", "anna", "--due", "+14d", "Lock timeout");
    const begun = await ben("review", "new", id);
    expect(begun.code, begun.all).toBe(0);
    const path = `review-${id}.md`;
    const draft = await readFile(workspace.path(path), "utf8");
    expect(draft).toContain("# Post-incident review: Login outage");
    expect(draft).toContain(`Incident: ${id}`);
    expect(draft).toMatch(
      /- \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(.* Europe\/Berlin\): opened: Login outage \(record \d+\)/,
    );
    expect(draft).toMatch(/\| Lock timeout \| anna \| \d{4}-\d\d-\d\d \|/);
    expect(draft).toContain("<what actually caused it>");
    // It is never overwritten.
    const twice = await ben("review", "new", id);
    expect([twice.code, twice.all]).toEqual([2, expect.stringContaining("is not overwritten")]);

    const checked = await ben("review", "check", path);
    expect(checked.code).toBe(1);
    expect(checked.stdout).toMatch(new RegExp(`^${path}:\\d+: "<what actually caused it>" was not filled in`, "m"));
    expect(checked.stdout).toMatch(/: nothing stands under "Root cause": the cause is not said$/m);
    const refused = await ben("review", "record", id, path);
    expect([refused.code, refused.all]).toEqual([2, expect.stringContaining("say with --incomplete")]);

    const text = written(draft);
    await workspace.write(path, text);
    const whole = await ben("review", "check", path);
    expect(whole.code, whole.all).toBe(0);
    const recorded = await ben("review", "record", id, path, "--controls", "yes", "--reason", "locks", "--json");
    expect(recorded.code, recorded.all).toBe(0);
    const { id: rev, digest } = recorded.json<{ id: string; digest: string }>();
    expect(digest).toBe(shaOf(text));
    expect(rev).toMatch(/^REV-\d{4}-001$/);
    expect((await ben("review", "record", id, path)).stdout).toContain("recorded already; nothing was added");
    const links = (await workspace.entries()).filter(({ kind }) => kind === "link");
    expect(links).toMatchObject([
      { relation: "review", from: { type: "incident", id }, to: { type: "activity", id: rev } },
    ]);

    for (const [who, what] of [
      [ben, "ben is operator and may not"],
      [(...args: string[]) => workspace.run(...args), "counts only from somebody who shows who they are"],
    ] as const) {
      const no = await who("review", "approve", rev, "--yes");
      expect([no.code, no.all]).toEqual([2, expect.stringContaining(what)]);
    }
    const asked = await anna("review", "approve", rev);
    expect([asked.code, asked.all]).toEqual([2, expect.stringContaining("add --yes")]);
    expect(asked.stdout).toContain(digest);
    const elsewhere = await anna("review", "approve", rev, "--yes", "--digest", "a".repeat(64));
    expect([elsewhere.code, elsewhere.all]).toEqual([
      2,
      expect.stringContaining("another version was recorded meanwhile"),
    ]);
    expect((await anna("review", "approve", rev, "--yes")).stdout).toContain("approved by anna");
    expect((await anna("review", "list")).stdout).toMatch(
      new RegExp(`^${rev} .* approved by anna  Login outage \\(${id}\\)$`, "m"),
    );

    // One byte more is another document.
    await workspace.write(path, `${text}\n`);
    const changed = await ben("review", "record", id, path);
    expect(changed.stdout).toContain("which nobody has approved");
    expect((await anna("review", "list")).stdout).toContain("not approved");
    expect((await anna("review", "show", rev)).stdout).toContain(
      "does not hold: another version was recorded after it",
    );
    expect((await anna("review", "approve", rev, "--yes")).code).toBe(0);

    await workspace.write("page.html", "<h1>Login outage</h1>");
    const bad = await ben("review", "publish", rev, "--url", "ftp://x");
    expect(bad.all).toContain("--url: expected the address");
    expect(bad.all).toContain("--file is missing");
    const out = await ben("review", "publish", rev, "--url", "https://example.org/blog/login", "--file", "page.html");
    expect(out.code, out.all).toBe(0);
    expect((await anna("review", "show", rev, "--json")).json()).toMatchObject({
      review: {
        state: "approved",
        published: { url: "https://example.org/blog/login" },
        controlChange: { decision: "yes", reason: "locks" },
      },
    });
    const withdrawn = await ben("review", "withdraw", rev, "--reason", "wrong incident");
    expect(withdrawn.code, withdrawn.all).toBe(0);
    expect((await anna("review", "list")).stdout).toContain("withdrawn");
    // Words and addresses stand in no entry.
    const entries = JSON.stringify(await workspace.entries());
    for (const word of ["example.org", "wrong incident", "Lock timeout", "locks"]) expect(entries).not.toContain(word);
    await workspace.verified();
  });

  test("with something missing is recorded only with a reason, and approved only with one", {
    timeout: 120_000,
  }, async () => {
    const { workspace, anna, ben, incident } = await place();
    const id = await incident("x y");
    await workspace.write("r.md", "# Post-mortem: x\n\nDate: 2026-11-20\nAuthor: anna\n\n## Root cause\nA disk.\n");
    const refused = await ben("review", "record", id, "r.md", "--controls", "maybe");
    expect(refused.code).toBe(2);
    for (const part of [
      "r.md:",
      'there is no section "Impact"',
      "--controls maybe",
      "--reason is missing",
      "Nothing was recorded",
    ])
      expect(refused.all).toContain(part);
    const recorded = await ben("review", "record", id, "r.md", "--incomplete", "the rest follows", "--json");
    expect(recorded.code, recorded.all).toBe(0);
    const { id: rev } = recorded.json<{ id: string }>();
    const no = await anna("review", "approve", rev, "--yes");
    expect([no.code, no.all]).toEqual([2, expect.stringContaining("things were missing in it when it was recorded")]);
    const yes = await anna("review", "approve", rev, "--yes", "--reason", "enough for now", "--controls", "no");
    expect(yes.code, yes.all).toBe(0);
    // There is one owner, and she wrote it.
    expect(yes.stdout).toContain("Whoever approved it wrote it; there is no other owner.");
  });

  test("of another register, by a template of the organisation's own", { timeout: 120_000 }, async () => {
    const { workspace, ben } = await place();
    await workspace.write(
      "incidents/1.md",
      "# Incident: Ausfall\n\nid: EXT 1\ndetected: 2026-11-20T17:40+01:00\n\nText.\n",
    );
    expect((await ben("collect")).code).toBe(0);
    await workspace.write(
      "vorlage.md",
      "---\ntemplate: review\nsections: [Ablauf, { heading: Ursache, part: cause }]\nhead: [date, author]\nwords: { author: Verfasser, date: Datum }\n---\n# {{title}}\n\nDatum: {{date}}\nVerfasser: {{author}}\n\n## Ablauf\n\n{{timeline}}\n\n## Ursache\n\n{{cause}}\n",
    );
    const begun = await ben(
      "review",
      "new",
      "register/EXT 1",
      "--template",
      "vorlage.md",
      "--out",
      "r.md",
      "--author",
      "Ben Beispiel",
    );
    expect(begun.code, begun.all).toBe(0);
    const text = await readFile(workspace.path("r.md"), "utf8");
    expect(text).toContain("- 2026-11-20 16:40 UTC (20 Nov 2026, 17:40 Europe/Berlin): detected");
    expect(text).not.toContain("template:");
    await workspace.write("r.md", text.replace("<what actually caused it>", "Eine Sperre."));
    const recorded = await ben("review", "record", "register/EXT 1", "r.md", "--template", "vorlage.md", "--json");
    expect(recorded.code, recorded.all).toBe(0);
    const link = (await workspace.entries()).find(({ kind }) => kind === "link");
    expect(link).toMatchObject({ from: { instance: "register", kind: "incident" }, relation: "review" });
    const unknown = await ben("review", "new", "INC-9999-001", "--out", "no.md");
    expect([unknown.code, unknown.all]).toEqual([2, expect.stringContaining("there is no incident")]);
    expect(await stat(workspace.path("no.md")).catch(() => "none")).toBe("none");
  });

  test("asks for the headings of the rules in force", { timeout: 120_000 }, async () => {
    const { workspace, ben } = await place(CONFIG.replace("collectors:", "policy: p1-p4\ncollectors:"));
    expect((await ben("collect")).code).toBe(0);
    await workspace.write("r.md", "# Incident: x\n\nDate: 2026-11-20\nAuthor: ben\n\n## Root cause\nA disk.\n");
    const checked = (await ben("review", "check", "r.md", "--json")).json<{
      asked: string;
      missing: { message: string }[];
    }>();
    expect(checked.asked).toMatch(/^your rules p1-p4 /);
    const missing = checked.missing.map(({ message }) => message).join("\n");
    for (const part of ["What went well", "Action items", "the severity"]) expect(missing).toContain(part);
  });

  test("files that are no review are refused before anything is written", { timeout: 120_000 }, async () => {
    const { workspace, ben, incident } = await place();
    const id = await incident("x y");
    await mkdir(workspace.path("folder"));
    await workspace.write("empty.md", "");
    await workspace.write("binary.md", Uint8Array.of(0xff, 0xd8, 0xff));
    await workspace.write("large.md", new Uint8Array(5 * 1024 * 1024).fill(97));
    const before = (await workspace.entries()).length;
    for (const [file, text] of [
      ["folder", "a folder"],
      ["empty.md", "empty; it shows nothing"],
      ["none.md", "no such file"],
      ["binary.md", "expected text in UTF-8"],
      ["large.md", "more than 4194304 bytes"],
    ] as const) {
      const refused = await ben("review", "record", id, file, "--incomplete", "x");
      expect([refused.code, refused.all]).toEqual([2, expect.stringContaining(text)]);
    }
    expect((await workspace.entries()).length).toBe(before);
  });
});

describe("what was held", () => {
  test("is recorded with who was there, is followed by actions, and signed", { timeout: 120_000 }, async () => {
    const { workspace, anna, ben } = await place();
    await workspace.write("minutes.txt", "we played");
    const wrong = await ben(
      "activity",
      "record",
      "excercise",
      "--date",
      "2026-02-30",
      "--participants",
      "anna,bem",
      "--value",
      "x",
      "--value",
      "author=y",
    );
    expect(wrong.code).toBe(2);
    for (const part of [
      'did you mean "exercise"',
      "there is no day 2026-02-30",
      'did you mean "ben"',
      "--text is missing",
      "expected name=word",
      "this name is taken",
    ])
      expect(wrong.all, wrong.all).toContain(part);
    const held = await ben(
      "activity",
      "record",
      "exercise",
      "--date",
      "2026-10-25",
      "--participants",
      "anna, ben,Carla Example",
      "--title",
      "Table top",
      "--text",
      "Ransomware played through.",
      "--value",
      "scenario=ransomware",
      "--file",
      "minutes.txt",
      "--json",
    );
    expect(held.code, held.all).toBe(0);
    const { id } = held.json<{ id: string }>();
    expect(id).toMatch(/^EXE-\d{4}-001$/);
    // The day on which the clocks were put back has 25 hours.
    expect((await workspace.entries()).find(({ kind }) => kind === "activity")).toMatchObject({
      precision: 90_000_000,
      happened: "2026-10-24T22:00:00.000Z",
    });
    expect((await ben("action", "open", "--activity", id, "Call list is old")).code).toBe(0);
    expect((await ben("action", "open", "--activity", "EXE-1", "x")).all).toContain("there is no activity EXE-1");
    expect((await anna("activity", "approve", id, "--yes")).code).toBe(0);
    expect((await anna("activity", "list")).stdout).toMatch(
      new RegExp(`^${id}  exercise  25 Oct 2026  approved by anna  Table top$`, "m"),
    );
    expect((await anna("activity", "show", id)).stdout).toContain("with anna, ben, Carla Example");
    expect((await anna("review", "list")).stdout).toContain("There is no review yet");
    expect(JSON.stringify(await workspace.entries())).not.toContain("Carla");
    await workspace.verified();
  });

  test("trends count what the registers tell, each incident once", { timeout: 120_000 }, async () => {
    const { workspace, ben, anna } = await place();
    for (const n of [1, 2])
      await workspace.write(
        `incidents/${n}.md`,
        `# Incident: Outage ${n}\n\nid: X-${n}\nseverity: P1\ndetected: 2026-0${n}-05T10:00+01:00\nacknowledged: 2026-0${n}-05T10:1${n}+01:00\n\nText.\n`,
      );
    expect((await ben("collect")).code).toBe(0);
    expect((await ben("trends")).stdout).toContain("2 incidents, each counted once");
    expect((await ben("trends", "--period", "2026-Q1", "--json")).json()).toMatchObject({
      n: 2,
      counts: [{ quarter: "2026-Q1", severity: "P1", n: 2 }],
      // The files tell minutes, which are as far apart as they are written.
      times: [{ severity: null, respond: { n: 2, mean: 690_000, worst: 720_000, worstId: "X-2" } }, { severity: "P1" }],
    });
    expect((await anna("link", "register/X-1", "register/X-2", "--relation", "same")).stdout).toContain("Look at this");
    // One source tells them apart, so none hides behind the other.
    expect((await ben("trends")).stdout).toContain("2 incidents, each counted once");
  });
});
