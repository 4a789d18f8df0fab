import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { markdownIncidents } from "../collectors/markdown-incidents.ts";
import { Fact, type FactOf, type Problem, wholeFact } from "../src/evidence/fact.ts";
import { type Json, parseCanonical } from "../src/lib/canonical.ts";
import { describeCollector } from "./support/collector-contract.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { readAll, runOnce } from "./support/run-once.ts";

const RECORDINGS = join(import.meta.dirname, "recordings", "markdown");

/** Reads a text as the file of that name; `parameters` as the configuration would have kept them. */
function read(text: string | Uint8Array, origin = "x.md", parameters?: Json) {
  const capture = {
    bytes: typeof text === "string" ? Buffer.from(text) : text,
    mediaType: "text/markdown; charset=utf-8",
    origin,
    capturedAt: 0,
    window: { from: 0, to: 1 },
    ...(parameters === undefined ? {} : { parameters }),
  };
  const found = [...markdownIncidents.read(capture)];
  return {
    incidents: found.filter((one): one is FactOf<"incident"> => one.kind === "incident"),
    reviews: found.filter((one): one is FactOf<"review"> => one.kind === "review"),
    problems: found.filter((one): one is Problem => one.kind === "problem"),
  };
}
const BERLIN = { zone: "Europe/Berlin", words: {} };
const at = (text: string) => Date.parse(text);

/** A folder with these files. */
async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const RECORD = "---\ndetected: 2026-11-20T17:40+01:00\n---\nText\n";

describe("reading records", () => {
  test("front matter with other words and four spellings of time gives one complete incident", () => {
    const { incidents, reviews, problems } = read(
      readFileSync(join(RECORDINGS, "company/incidents/INC-2026-014.md")),
      "incidents/INC-2026-014.md",
    );
    expect(problems).toEqual([]);
    expect(reviews).toEqual([]);
    expect(incidents.map((one) => wholeFact<"incident">(one))).toEqual([
      wholeFact<"incident">({
        kind: "incident",
        tellsOf: ["messages", "breaches"],
        id: "INC-2026-014",
        title: "API token in a public repository",
        severity: "Sev1",
        status: "closed",
        nature: "security",
        occurredAt: at("2026-11-18T22:10:00Z"),
        detectedAt: at("2026-11-19T07:41:12.345Z"),
        acknowledgedAt: at("2026-11-19T07:49Z"),
        containedAt: at("2026-11-19T08:05Z"),
        resolvedAt: at("2026-11-19T09:30Z"),
        closedAt: at("2026-11-21T09:00Z"),
        owner: "Anna Muster",
        commander: "Jörg Beispiel",
        personalData: "no",
        review: "../reviews/INC-2026-014-review.md",
        precision: {
          occurredAt: 1_000,
          acknowledgedAt: 60_000,
          containedAt: 60_000,
          resolvedAt: 60_000,
          closedAt: 60_000,
        },
      }),
    ]);
  });

  test("a headings-only post-mortem is an incident and its review; placeholders and TBD count as empty", () => {
    const { incidents, reviews, problems } = read(
      readFileSync(join(RECORDINGS, "company/incidents/2026-11-20-login-outage.md")),
      "incidents/2026-11-20-login-outage.md",
    );
    expect(problems).toEqual([]);
    expect(incidents).toMatchObject([
      {
        id: "2026-11-20-login-outage",
        title: "Login outage",
        severity: "P1",
        occurredAt: at("2026-11-20T16:40Z"),
        resolvedAt: at("2026-11-20T17:20Z"),
        detectedAt: null,
      },
    ]);
    expect(reviews).toEqual([
      {
        kind: "review",
        id: "2026-11-20-login-outage",
        title: "Login outage",
        incident: "2026-11-20-login-outage",
        severity: "P1",
        author: "Anna Muster",
        date: null,
        approvedBy: null,
        approvedAt: null,
        publishedAt: null,
        precision: {},
        sections: ["what happened", "impact", "customers", "action items"],
        empty: ["root cause", "what to improve"],
        actions: [
          { item: "Canary for sign-in", owner: "Jörg", due: "2026-12-04" },
          { item: "Alert on 401 | 403 rate", owner: null, due: null },
        ],
      },
    ]);
  });

  test("a review of its own links to its incident and is none itself", () => {
    const { incidents, reviews, problems } = read(
      readFileSync(join(RECORDINGS, "company/reviews/INC-2026-014-review.md")),
      "reviews/INC-2026-014-review.md",
    );
    expect(problems).toEqual([]);
    expect(incidents).toEqual([]);
    expect(reviews).toMatchObject([
      {
        id: "INC-2026-014-review",
        incident: "INC-2026-014",
        title: "Review of the leaked token",
        author: "Anna Muster",
        approvedBy: "Carla Chef",
        date: at("2026-11-24T00:00Z"),
        sections: ["timeline", "root cause", "action items"],
        empty: ["prevention"],
        actions: [
          { owner: "Jörg", due: "2026-12-01" },
          { item: "Rotate the token", owner: null, due: null },
        ],
      },
    ]);
  });

  test("a review that names no incident is a problem", () => {
    const { incidents, problems } = read("---\ntype: review\nauthor: Anna\n---\n# R\n## Root cause\nx\n", "r.md");
    expect(incidents).toEqual([]);
    expect(problems).toMatchObject([{ where: "r.md:1", message: expect.stringContaining("incident: INC-3") }]);
  });

  test("every issue of a real status page is an incident; with its zone declared no time is lost", () => {
    const folder = join(RECORDINGS, "cstate");
    const files = readdirSync(folder);
    expect(files).toHaveLength(11);
    const naive = files.map((name) => read(readFileSync(join(folder, name)), name));
    expect(naive.every(({ incidents }) => incidents.length === 1)).toBe(true);
    // 9 naive dates and 7 naive resolution times
    expect(naive.flatMap(({ problems }) => problems)).toHaveLength(16);
    const placed = files.map((name) => read(readFileSync(join(folder, name)), name, { zone: "UTC", words: {} }));
    expect(placed.flatMap(({ problems }) => problems)).toEqual([]);
    expect(placed.every(({ incidents }) => incidents[0]?.detectedAt !== null)).toBe(true);
    expect(placed[2]?.incidents).toMatchObject([
      {
        id: "2018-05-25-us-east-conn-issues",
        severity: "down",
        status: "resolved",
        detectedAt: at("2018-04-25T04:13:00Z"),
        resolvedAt: at("2018-04-25T04:13:59Z"),
      },
    ]);
  });

  test.each([
    ["detected at", "detectedAt"],
    ["Reported", "detectedAt"],
    ["opened_at", "detectedAt"],
    ["createdAt", "detectedAt"],
    ["Date", "detectedAt"],
    ["acked", "acknowledgedAt"],
    ["mitigated-at", "containedAt"],
    ["resolvedWhen", "resolvedAt"],
    ["closed at", "closedAt"],
    ["Started", "occurredAt"],
  ] as const)("%s is read as %s", (word, field) => {
    expect(read(`---\n${word}: 2026-11-20T17:40+01:00\n---\n`).incidents[0]?.[field]).toBe(at("2026-11-20T16:40Z"));
    expect(read(`# Outage\n${word}: 2026-11-20T17:40+01:00\n`).incidents[0]?.[field]).toBe(at("2026-11-20T16:40Z"));
  });

  test("the organisation's own words come before the built-in ones", () => {
    const parameters = { words: { detectedAt: ["Entdeckt am"], severity: ["Stufe"] } };
    const { incidents } = read(
      "---\nentdeckt_am: 2026-11-20T17:40Z\ncreated: 2026-01-01T00:00Z\nStufe: hoch\n---\n",
      "x.md",
      parameters,
    );
    expect(incidents).toMatchObject([{ detectedAt: at("2026-11-20T17:40Z"), severity: "hoch" }]);
  });

  test("values stay what the author typed", () => {
    const { incidents } = read(
      "---\nid: 010\nseverity: 1.10\nowner: no\nstatus: 2026-11-20\ndetected: 2026-11-20T17:40Z\n---\n",
    );
    expect(incidents).toMatchObject([{ id: "010", severity: "1.10", owner: "no", status: "2026-11-20" }]);
  });

  test("a register in one file gives one incident per heading", () => {
    const text =
      "# Incidents\n\n## Incident: First\nDate: 2026-11-01T08:00Z\n### Impact\nOwner: nobody in particular\n\n## Incident: Second one\nId: INC-2\nDate: 2026-11-02T08:00Z\n";
    const { incidents, problems } = read(text, "register.md");
    expect(problems).toEqual([]);
    expect(incidents).toMatchObject([
      { id: "register#first", title: "First", owner: null, detectedAt: at("2026-11-01T08:00Z") },
      { id: "INC-2", title: "Second one", detectedAt: at("2026-11-02T08:00Z") },
    ]);
  });

  test("in a folder per incident the folder gives the id", () => {
    expect(read(RECORD, "2026/INC-7/incident.md").incidents).toMatchObject([{ id: "INC-7" }]);
    expect(read(RECORD, "2026/INC-7.md").incidents).toMatchObject([{ id: "INC-7" }]);
  });

  test("README, index and template are about the folder unless they hold a record", () => {
    for (const name of ["README.md", "a/_index.md", "template.md"]) {
      expect(read("# Incidents\nHow to write one\n", name)).toEqual({ incidents: [], reviews: [], problems: [] });
    }
    expect(read("# Incident: Real\nDate: 2026-11-20T17:40Z\n", "INC-9/README.md").incidents).toMatchObject([
      { id: "INC-9" },
    ]);
  });
});

describe("what a person should mend", () => {
  test("a naive time is not guessed at, and the line and what to write are said", () => {
    const { incidents, problems } = read("---\ntitle: Outage\ndetected: 2026-11-20 17:40\n---\n", "a/b.md");
    expect(incidents).toMatchObject([{ title: "Outage", detectedAt: null }]);
    expect(problems).toEqual([
      {
        kind: "problem",
        where: "a/b.md:3",
        about: [{ kind: "incident", id: "b", fields: ["detectedAt"] }],
        message:
          'detected: expected a time with its zone, found "2026-11-20 17:40" (no zone); write 2026-11-20T17:40:00Z or with an offset such as +01:00, or set `zone:` for this collector',
      },
    ]);
    expect(read("---\ndetected: 2026-11-20 17:40\n---\n", "x.md", BERLIN).incidents[0]?.detectedAt).toBe(
      at("2026-11-20T16:40Z"),
    );
  });

  test("a date alone does not say when an incident was noticed, unless a zone is declared", () => {
    const { incidents, problems } = read("# Outage\nDate: 2026-11-20\n");
    expect(incidents[0]?.detectedAt).toBeNull();
    expect(problems).toMatchObject([{ where: "x.md:2", message: expect.stringContaining("only a date") }]);
    expect(read("# Outage\nDate: 2026-11-20\n", "x.md", BERLIN).incidents[0]?.detectedAt).toBe(at("2026-11-19T23:00Z"));
  });

  test.each([
    ["2026-03-29 02:30", "did not exist"],
    ["2026-10-25 02:30", "came twice"],
    ["2026-02-30 10:00", "expected a time such as"],
    ["20.11.2026 17:40", "expected a time such as"],
    ["2026-11-20T25:00Z", "expected a time such as"],
    ["2026-11-20 17:40 CET", "expected a time such as"],
    ["YYYY-MM-DD", "expected a time such as"],
  ])("the time %s is refused: %s", (time, message) => {
    const { incidents, problems } = read(`---\ndetected: ${time}\n---\n`, "x.md", BERLIN);
    expect(incidents[0]?.detectedAt).toBeNull();
    expect(problems).toMatchObject([{ where: "x.md:2", message: expect.stringContaining(message) }]);
  });

  test("a record without any date is an incident with a problem", () => {
    const { incidents, problems } = read("---\ntitle: Something happened\n---\n", "y.md");
    expect(incidents).toMatchObject([{ id: "y", title: "Something happened", occurredAt: null, detectedAt: null }]);
    expect(problems).toMatchObject([
      { where: "y.md:1", message: expect.stringContaining("detected: 2026-11-20T17:40+01:00") },
    ]);
  });

  test.each([
    ["broken YAML", "---\ntitle: ok\nowner: [a\nseverity: x\n---\n", 4],
    ["a colon in plain text", "---\ntitle: Outage: the second\n---\n", 2],
    ["a list", "---\n- a\n- b\n---\n", 2],
    ["no closing fence", "---\ntitle: x\n", 1],
    ["TOML", "+++\ntitle = 'x'\n+++\n", 1],
    ["another type", "---\ntitle: x\ntype: policy\n---\n", 3],
    ["an empty file", "", 1],
    ["Latin-1", Buffer.from("title: Stra\xdfe", "latin1"), 1],
  ])("%s: nothing is read, and the line is said", (_, text, line) => {
    const { incidents, reviews, problems } = read(text, "b.md");
    expect([...incidents, ...reviews]).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.where).toBe(`b.md:${line}`);
  });

  test("a key that stands twice is said; the first counts", () => {
    const { incidents, problems } = read("---\nseverity: P1\nSeverity: P2\ndetected: 2026-11-20T17:40Z\n---\n");
    expect(incidents).toMatchObject([{ severity: "P1" }]);
    expect(problems).toMatchObject([{ where: "x.md:3", message: expect.stringContaining("line 2") }]);
  });

  test("a severity that nobody chose and an answer that is neither yes nor no are problems", () => {
    const { incidents, problems } = read(
      "---\nseverity: P1 / P2\npersonal data: maybe\ndetected: 2026-11-20T17:40Z\n---\n",
    );
    expect(incidents).toMatchObject([{ severity: null, personalData: null }]);
    expect(problems.map(({ where }) => where)).toEqual(["x.md:2", "x.md:3"]);
  });

  test("a duration across midnight without dates is not guessed at", () => {
    const { incidents, problems } = read("# Incident: Night\nDate: 2026-11-20\nDuration: 23:50Z to 00:20Z\n");
    expect(incidents).toMatchObject([{ occurredAt: at("2026-11-20T23:50Z"), resolvedAt: null }]);
    expect(problems).toMatchObject([{ where: "x.md:3", message: expect.stringContaining("end with its date") }]);
  });
});

describeCollector(markdownIncidents, {
  config: { path: "company", zone: "Europe/Berlin", fields: { severity: "Stufe" } },
  recordings: [
    "company/incidents/INC-2026-014.md",
    "company/incidents/2026-11-20-login-outage.md",
    "company/reviews/INC-2026-014-review.md",
    "cstate/2018-05-25-us-east-conn-issues.md",
  ].map((origin) => ({
    bytes: readFileSync(join(RECORDINGS, origin)),
    mediaType: "text/markdown; charset=utf-8",
    origin,
    parameters: BERLIN,
  })),
  source: async () => ({ folder: RECORDINGS }),
  short: async () => {
    const folder = await folderOf({ "company/a.md": RECORD, "company/huge.md": "" });
    truncateSync(join(folder, "company/huge.md"), 65 * 1024 ** 2);
    return { folder };
  },
});

describe("hostile files", () => {
  test("keys named like parts of every object stay text, and aliases do not grow", () => {
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefghij".split("").map((c, i) => `${c}: &${c} [${Array(9).fill(`*${"abcdefghi"[i]}`).join(",")}]`),
    ];
    const { incidents } = read(`---\n__proto__: {polluted: 1}\nconstructor: x\ntitle: T\n${bomb.join("\n")}\n---\n`);
    expect(incidents).toMatchObject([{ title: "T" }]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("what a database could not take is taken out of text", () => {
    const { incidents } = read('---\ntitle: "a\\0b\\ud800c\\nd"\nid: "x\\ty"\n---\n');
    expect(incidents).toMatchObject([{ title: "a b c d", id: "x y" }]);
  });

  test.each([
    ["nesting", `---\na: ${"[".repeat(15_000)}\n---\n`],
    ["nesting by indentation", `---\n${Array.from({ length: 250 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")}\n---\n`],
    ["many keys", `---\n${Array.from({ length: 499 }, (_, i) => `k${i}: v`).join("\n")}\n---\n`],
    ["one long line of pipes", `# x\n## Action items\n${"|".repeat(4_000_000)}`],
    ["one long line of spaces", `# x\nDuration: ${" ".repeat(4_000_000)}to`],
    ["many headings", "# a\n".repeat(1_000_000)],
    ["many underlines", "a\n==\n".repeat(800_000)],
    ["many incidents", "## Incident: a\nDate: x\n".repeat(150_000)],
    ["open comments", `# x\n## Root cause\n${"<!--".repeat(1_000_000)}`],
    ["open fences", "```\n# a\n".repeat(500_000)],
  ])("%s is read in bounded time", (_, text) => {
    const before = performance.now();
    read(text);
    expect(performance.now() - before).toBeLessThan(3_000);
  });

  test("read takes any bytes and yields nothing but facts and problems", () => {
    const parts = fc.constantFrom(
      "---\n",
      "\n",
      "# ",
      "## Incident: ",
      "| a | owner |\n",
      "|---|\n",
      "- [ ] ",
      "date: ",
      "duration: ",
      "2026-11-20",
      " 17:40",
      "Z",
      " to ",
      "type: review\n",
      "incident: ",
      "\u0000",
      "```",
      "<!--",
      "*a",
      "&a ",
      ": ",
      "<x>",
      "![[",
      "severity: ",
      "severities:\n",
      "messages: ",
      "measures: [",
      "impact: ",
      "  - at: ",
      "tags: ",
      "affected: ",
      "\r",
      "\ud800",
      "{",
      "'",
      '"',
      "personal data: yes\n",
      "### Root cause\n",
      "### Timeline\n",
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .array(fc.oneof(parts, fc.string({ unit: "binary", maxLength: 8 })), { maxLength: 40 })
        .map((list) => Buffer.from(list.join(""))),
    );
    const mediaType = fc.constantFrom("text/markdown", "application/vnd.custody.folder+json");
    fc.assert(
      fc.property(
        bytes,
        mediaType,
        fc.jsonValue(),
        fc.constantFrom("x.md", "reviews/a.md", "", "/", "README.md"),
        (b, type, parameters, origin) => {
          const capture = {
            bytes: b,
            mediaType: type,
            origin,
            capturedAt: 0,
            window: { from: 0, to: 1 },
            parameters: parameters as Json,
          };
          for (const found of markdownIncidents.read(capture)) if (found.kind !== "problem") Fact.parse(found);
        },
      ),
      { numRuns: 700 },
    );
  });
});

describe("collecting a folder", () => {
  test("every file is kept as it is, in the order of names, with the list of files at the end", async () => {
    const path = await temporaryFolder();
    cpSync(join(RECORDINGS, "company"), path, { recursive: true });
    mkdirSync(join(path, ".trash"));
    writeFileSync(join(path, ".trash", "old.md"), RECORD);
    writeFileSync(join(path, "notes.txt"), "no record");
    const ran = await runOnce(markdownIncidents, { path, zone: "Europe/Berlin" });
    expect(ran.outcome).toBe("collected");
    // Neither README.md nor the template is a record.
    expect(ran.draft.total).toBe(3);
    expect(ran.captures.map(({ origin }) => origin)).toEqual([
      "README.md",
      "incidents/2026-11-20-login-outage.md",
      "incidents/INC-2026-014.md",
      "incidents/template.md",
      "reviews/INC-2026-014-review.md",
      "(list of files)",
    ]);
    expect(Buffer.from(ran.captures[2]!.bytes)).toEqual(readFileSync(join(path, "incidents/INC-2026-014.md")));
    const { facts, problems } = readAll(markdownIncidents, ran.captures);
    expect(problems).toEqual([]);
    expect(facts.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      "incident 2026-11-20-login-outage",
      "review 2026-11-20-login-outage",
      "incident INC-2026-014",
      "review INC-2026-014-review",
    ]);
  });

  test("an empty folder is fully seen; a removed record shows in the list of files; no change gives no new evidence", async () => {
    const empty = await runOnce(markdownIncidents, { path: await temporaryFolder() });
    expect([empty.outcome, empty.draft.total, empty.draft.items]).toEqual(["collected", 0, 1]);

    const path = await folderOf({ "a.md": RECORD, "b.md": RECORD });
    const first = await runOnce(markdownIncidents, { path });
    const again = await runOnce(markdownIncidents, { path });
    expect(again.draft.evidence).toEqual(first.draft.evidence);
    rmSync(join(path, "a.md"));
    const second = await runOnce(markdownIncidents, { path });
    const names = (ran: typeof first) =>
      (parseCanonical(ran.captures.at(-1)!.bytes) as { files: { name: string }[] }).files.map(({ name }) => name);
    expect([names(first), names(second)]).toEqual([["a.md", "b.md"], ["b.md"]]);
  });

  test("the total counts what is read as a record, and what was left out", async () => {
    const path = await folderOf({
      "README.md": "# Incident register\n\nOne file for each incident.\n",
      "reviews/index.md": "",
      "incidents/_template.md": RECORD,
      // These three say of themselves that they are records, or may be one.
      "INC-7/README.md": RECORD,
      "INC-8/index.md": "---\ntype: incident\ntitle: x\n---\n",
      "INC-9/README.md": "---\nbroken: [\n---\n",
      "a.md": RECORD,
      "huge/README.md": "",
    });
    truncateSync(join(path, "huge", "README.md"), 2 * 1024 ** 3);
    const ran = await runOnce(markdownIncidents, { path });
    expect([ran.outcome, ran.draft.total, ran.draft.items]).toEqual(["partial", 5, 8]);
    const { facts } = readAll(markdownIncidents, ran.captures);
    expect(facts.map(({ id }) => id)).toEqual(["INC-7", "INC-8", "a"]);
  });

  test("a relative path is meant from the folder of the configuration", async () => {
    const folder = await folderOf({ "incidents/a.md": RECORD });
    expect((await runOnce(markdownIncidents, { path: "./incidents" }, { folder })).draft.total).toBe(1);
  });

  test("a file that is too large is named, and everything else is collected", async () => {
    const path = await folderOf({ "a.md": RECORD, "huge.md": "", "z.md": RECORD });
    truncateSync(join(path, "huge.md"), 2 * 1024 ** 3);
    const ran = await runOnce(markdownIncidents, { path });
    expect([ran.outcome, ran.draft.reason, ran.draft.covered]).toEqual(["partial", "too-large", []]);
    expect(ran.message).toContain("huge.md: 2147483648 bytes");
    expect(ran.captures.map(({ origin }) => origin)).toEqual(["a.md", "z.md", "(list of files)"]);
    expect(ran.problems).toMatchObject([{ message: expect.stringContaining("not collected: huge.md") }]);
  });

  test("links inside the folder are read; links out of it, dead links and pipes are not, and nobody waits for them", async () => {
    const outside = await folderOf({ "secret.md": "not yours", "more/x.md": "nor this" });
    const path = await folderOf({ "a.md": RECORD, "in/b.md": RECORD });
    symlinkSync(join(path, "a.md"), join(path, "in", "alias.md"));
    symlinkSync(path, join(path, "in", "loop"));
    expect((await runOnce(markdownIncidents, { path })).outcome).toBe("collected");

    symlinkSync(join(outside, "secret.md"), join(path, "out.md"));
    symlinkSync(outside, join(path, "other"));
    symlinkSync(join(path, "gone.md"), join(path, "dead.md"));
    execFileSync("mkfifo", [join(path, "pipe.md")]);
    const ran = await runOnce(markdownIncidents, { path });
    expect([ran.outcome, ran.draft.reason]).toEqual(["partial", "unreadable"]);
    expect(ran.captures.map(({ origin }) => origin)).toEqual(["a.md", "in/alias.md", "in/b.md", "(list of files)"]);
    expect(ran.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining("dead.md"),
      expect.stringContaining("other/"),
      expect.stringContaining("out.md"),
    ]);
    expect(ran.kept).not.toContain("not yours");
  });

  test("two files of one name are said, as they could be one record; an incident and its review are not", async () => {
    const path = await folderOf({
      "2025/outage.md": RECORD,
      "2026/outage.md": RECORD,
      "incidents/i.md": RECORD,
      "reviews/i.md": "---\nincident: i\n---\n",
    });
    const { problems } = await runOnce(markdownIncidents, { path });
    expect(problems).toMatchObject([{ message: expect.stringContaining("2025/outage.md and 2026/outage.md") }]);
  });

  test.each([
    ["that does not exist", (folder: string) => join(folder, "nowhere"), "does not exist"],
    ["that is a file", (folder: string) => join(folder, "a.md"), "is not a folder"],
  ])("a path %s fails with what to correct", async (_, path, why) => {
    const ran = await runOnce(markdownIncidents, { path: path(await folderOf({ "a.md": RECORD })) });
    expect([ran.outcome, ran.draft.items]).toEqual(["failed", 0]);
    expect(ran.message).toContain(why);
    expect(ran.message).toContain("Correct `path`");
  });

  test("a folder that is a link to itself fails with what to correct", async () => {
    const path = join(await temporaryFolder(), "loop");
    symlinkSync(path, path);
    expect((await runOnce(markdownIncidents, { path })).message).toContain("cannot be read (ELOOP)");
  });

  test.skipIf(process.getuid?.() === 0)(
    "a folder that may not be read fails with what to correct (not as root, who may)",
    async () => {
      const path = await folderOf({ "a.md": RECORD });
      chmodSync(path, 0o000);
      const ran = await runOnce(markdownIncidents, { path });
      chmodSync(path, 0o700);
      expect(ran.message).toContain("may not be read");
    },
  );

  test("stopping keeps what was collected and claims nothing", async () => {
    const path = await folderOf({ "a.md": RECORD, "b.md": RECORD, "c.md": RECORD });
    const controller = new AbortController();
    const ran = await runOnce(
      markdownIncidents,
      { path },
      { signal: controller.signal, stored: () => controller.abort() },
    );
    expect(ran.draft.covered).toEqual([]);
    expect(ran.captures.map(({ origin }) => origin)).toEqual(["a.md"]);
  });

  test("a misspelt setting is refused by name", () => {
    expect(() => markdownIncidents.config.parse({ path: "x", fields: { detectetAt: "a" } })).toThrow(/detectetAt/);
    expect(() => markdownIncidents.config.parse({ path: "x", zone: "Berlin" })).toThrow(/Europe\/Berlin/);
  });
});
