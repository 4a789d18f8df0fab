import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Block } from "../src/report/blocks.ts";
import { documentOf } from "../src/report/document.ts";
import { loadFonts } from "../src/report/fonts.ts";
import type { DisposedInput, ReportInput } from "../src/report/input.ts";
import { buildReport } from "../src/report/model.ts";
import { renderPdf } from "../src/report/pdf.ts";
import { chain, config, genesis, historyOf, instance, run, t } from "./support/entries.ts";
import { incident, reportInput, wording } from "./support/report-input.ts";
import { describeWith } from "./support/tools.ts";

const blocksOf = (over: Partial<ReportInput>): Block[] => documentOf(buildReport(reportInput(over)), wording);
const notices = (blocks: readonly Block[]) => blocks.flatMap((block) => (block.kind === "notice" ? [block] : []));
/** What page 1, or the summary, says beside a label. */
const said = (blocks: readonly Block[], label: string): string =>
  blocks
    .flatMap((block) => (block.kind === "pairs" ? block.rows : []))
    .filter((row) => row.label === label)
    .flatMap((row) => row.cell.map(({ text }) => text))
    .join(" ");

const whole = reportInput().verification as NonNullable<ReportInput["verification"]>;
const finding = {
  code: "entry-missing",
  where: "seq/ entry 200",
  expected: "285 entries, as signed",
  found: "200 entries",
} as const;
const broken = (over: Partial<typeof whole> = {}): typeof whole => ({
  ...whole,
  ok: false,
  asOf: undefined,
  verdicts: { ...whole.verdicts, integrity: { word: "broken", reason: "5 things differ from what was signed" } },
  findings: [finding, finding, finding, finding],
  found: 5,
  ...over,
});

describe("a log that is not what was signed", () => {
  const blocks = blocksOf({ verification: broken() });

  test("is said in a box before anything else of page 1, with what was found and what to do", () => {
    expect(blocks[0]?.kind).toBe("cover");
    expect(blocks[1]).toMatchObject({
      kind: "notice",
      tone: "bad",
      title: expect.stringContaining("INTEGRITY BROKEN"),
    });
    const text = notices(blocks)[0]?.lines.join("\n");
    expect(text).toContain("5 things differ from what was signed");
    expect(text).toContain("entry-missing, seq/ entry 200: expected 285 entries, as signed; found 200 entries");
    expect(text).toContain('2 more: see "Integrity"');
    expect(text).toContain("custody verify");
  });

  test("leaves what could not be judged unjudged", () => {
    expect(said(blocks, "Known holes")).toBe("not judged: the records are not those that were signed");
    expect(said(blocks, "Earliest outside proof")).toBe("not judged: the records are not those that were signed");
    expect(said(blocks, "In operation since")).toContain("as the records say");
  });

  test("is judged by its records where only an evidence file differs", () => {
    const found = blocksOf({ verification: broken({ asOf: whole.asOf }) });
    expect(notices(found)[0]?.tone).toBe("bad");
    expect(said(found, "Known holes")).toContain("6 of 276 expected pieces of evidence are missing");
  });

  test("is not said of one that is intact", () => {
    expect(JSON.stringify(blocksOf({}))).not.toContain("INTEGRITY BROKEN");
  });
});

describe("time that nobody watched", () => {
  const jobs = instance({ id: "jobs", use: "cron-health/ping" });
  const other = instance({ id: "other", use: "cron-health/ping" });
  const since = (id: string, day: number) =>
    [day, day + 1].map((n) =>
      run(`2026-09-${n + 1}T01:00Z`, { instance: id, covered: [[`2026-09-${n}`, `2026-09-${n + 1}`]] }),
    );
  const history = (...days: number[]) => {
    const runs = days.flatMap((day, i) => since(i === 0 ? "jobs" : "other", day));
    const all = runs.sort((a, b) => t(a.at) - t(b.at));
    const instances = days.length > 1 ? [jobs, other] : [jobs];
    return historyOf(chain([genesis("2026-09-01"), config("2026-09-02", instances), ...all]));
  };
  const asOf = t("2026-09-24T12:00Z");
  const at = (...days: number[]) => ({ history: history(...days), asOf, facts: [], evidence: [], problems: [] });

  test("is a stretch of its own, and no slot", () => {
    const [source] = buildReport(reportInput(at(22))).sources;
    expect(source?.unwatched).toEqual([{ from: "2026-06-30T22:00:00.000Z", to: "2026-09-22T00:00:00.000Z" }]);
    expect([source?.expected, source?.states.collected]).toEqual([3, 2]);
  });

  test("has its own pattern and words in the bar", () => {
    const bar = blocksOf(at(22)).find((block) => block.kind === "bar");
    expect(bar?.segments[0]).toMatchObject({ from: 0, pattern: "crossed", label: "not watched" });
    expect(bar?.words).toMatch(/^Not watched before 22 Sep 2026, 02:00\. Nothing that was expected/);
  });

  test("is a known hole on page 1, for all collectors at once or for each", () => {
    const one = said(blocksOf(at(22)), "Known holes");
    expect(one).toContain("jobs not watched before 22 Sep 2026, 02:00");
    expect(one).not.toContain("None:");
    expect(said(blocksOf(at(22, 22)), "Known holes")).toContain("all collectors not watched before 22 Sep 2026, 02:00");
    expect(said(blocksOf(at(21, 22)), "Known holes")).toContain(
      "jobs not watched before 21 Sep 2026, 02:00; other not watched before 22 Sep 2026, 02:00",
    );
  });

  test("is no hole while all was watched", () => {
    for (const { unwatched } of buildReport(reportInput()).sources) expect(unwatched).toEqual([]);
  });

  test.each([
    ["2019", t("2019-01-01"), t("2020-01-01"), "nothing", "Nothing was watched in this period."],
    ["2027", t("2027-01-01"), t("2028-01-01"), "to come", "This period begins after the last record of the log"],
  ])("is said on page 1 of a period in which there was nothing else: %s", (label, from, to, watched, words) => {
    const over = { ...at(22), period: { label, from, to } };
    expect(buildReport(reportInput(over)).cover.watched).toBe(watched);
    expect(notices(blocksOf(over))[0]?.title).toContain(words);
  });
});

test("a register that holds only what is of other times is not called empty anywhere", () => {
  const window = { from: t("2026-09-01"), to: t("2026-10-01") };
  const source = {
    instance: "incidents",
    use: "incident-log/markdown",
    slots: 30,
    covered: 30,
    late: 0,
    total: 1,
    runs: [7],
  };
  const claim = {
    over: "incident",
    window,
    state: "confirmable",
    reason: "",
    holes: [],
    signed: [],
    records: [],
  } as const;
  const nilReturns = [{ ...claim, sources: [source], requirement: "a526.register.nil", text: "", control: "A.5.26" }];
  const text = JSON.stringify(blocksOf({ facts: [], problems: [], nilReturns }));
  expect(text).toContain("No incident record of this period was found in");
  expect(text).toContain("0 by their own count held no record at all, 1 held only records of other times or kinds");
  expect(text).toContain("its own count: 1 record, no incident of this time among them");
  expect(text).toMatch(/by its own count, \d+ read, of whatever time they tell, in that run alone/);
  expect(text).not.toMatch(/register is empty|[Ee]mpty register/);
});

describe("a file of a register that was lawfully deleted", () => {
  const disposed = (over: Partial<DisposedInput> = {}): DisposedInput => ({
    digest: "a".repeat(64),
    size: 91,
    entry: 20,
    // Long before the period: each look at this register shows all of it.
    at: t("2026-01-05T10:00Z"),
    covers: { from: t("2026-01-01"), to: t("2026-02-01") },
    source: { instance: "incidents", use: "incident-log/markdown" },
    disposal: { index: 61, at: "2026-09-30T10:00:00.000Z", authority: "dpo", reason: "order" },
    ...over,
  });
  const words = "1 evidence file of this register was lawfully deleted (record 61).";

  test("is said at the register, at its counts and on page 1", () => {
    const model = buildReport(reportInput({ disposed: [disposed()] }));
    expect(model.erased.incidents).toEqual({ files: 1, entries: [61] });
    expect(model.erased.alerts).toEqual({ files: 0, entries: [] });
    const blocks = documentOf(model, wording);
    const after = (text: string) => blocks[blocks.findIndex((b) => b.kind === "heading" && b.text === text) + 1];
    expect(after("Incidents of the period")).toMatchObject({ title: expect.stringContaining(words) });
    expect(after("Incident register")).toMatchObject({ title: expect.stringContaining(words) });
    expect(said(blocks, "Lawfully deleted")).toContain(
      "1 evidence file that this report would rest on was lawfully deleted (record 61)",
    );
  });

  test("keeps an empty register from being called proven empty", () => {
    const over = { facts: [], problems: [], disposed: [disposed()] };
    const text = notices(blocksOf(over)).find(({ title }) => title === "No incident of this period in the register")
      ?.lines[0];
    expect(text).toContain("but this does not show that there was none");
  });

  test("of a source that is asked for windows matters to those windows only", () => {
    const source = { instance: "prom", use: "alert-history/prometheus" };
    const files = (over: Partial<DisposedInput>) =>
      buildReport(reportInput({ disposed: [disposed({ source, ...over })] })).erased.alerts.files;
    expect(files({})).toBe(0);
    expect(files({ covers: { from: t("2026-07-05"), to: t("2026-07-06") } })).toBe(1);
  });
});

describe("an incident that its source no longer has", () => {
  const input = reportInput();
  const looks = input.evidence.filter(({ instance, kind }) => instance === "incidents" && kind === "run");
  const [then, next] = [looks[10], looks[11]];
  const goneSince = (over: Partial<ReportInput> = {}) => {
    const { entry = 0, digest: item = "" } = then ?? {};
    const facts = [{ fact: incident("INC-1"), instance: "incidents", entry, item, ordinal: 0 }];
    return buildReport(reportInput({ facts, problems: [], ...over })).incidents.rows[0]?.goneSince;
  };

  test("is said with the first complete look that did not find it", () => {
    expect(goneSince()).toBe(next?.entry);
    const text = JSON.stringify(
      blocksOf({
        facts: [
          {
            fact: incident("INC-1"),
            instance: "incidents",
            entry: then?.entry ?? 0,
            item: then?.digest ?? "",
            ordinal: 0,
          },
        ],
        problems: [],
      }),
    );
    expect(text).toContain(`no longer at the source since record ${next?.entry}`);
  });

  test("is not said where its file was there and something could not be read", () => {
    const problems = looks.slice(11).map(({ entry }) => ({ instance: "incidents", entry, where: "x", message: "y" }));
    expect(goneSince({ problems })).toBeNull();
  });

  test("is said all the same where its file is not there any more", () => {
    const problems = looks.slice(11).map(({ entry }) => ({ instance: "incidents", entry, where: "x", message: "y" }));
    const evidence = input.evidence.map((item) =>
      item.instance === "incidents" && item.entry > (then?.entry ?? 0) ? { ...item, origin: "other.md" } : item,
    );
    expect(goneSince({ problems, evidence })).toBe(next?.entry);
  });

  test("is not said of a source whose looks do not show all of it", () => {
    expect(goneSince({ about: () => ({ title: "x", blindSpots: [], facts: ["incident"] }) })).toBeNull();
  });
});

test("the holds that were in force in the period are listed, released or not", () => {
  const hold = {
    entry: 5,
    by: "anna",
    authority: "legal",
    digests: [],
    instances: [],
    window: undefined,
    incident: undefined,
  };
  const holds = [
    { ...hold, id: "standing", at: t("2026-01-01"), released: undefined, incident: "INC-1" },
    { ...hold, id: "ended", at: t("2026-01-01"), released: { entry: 9, at: t("2026-08-01") } },
    { ...hold, id: "before", at: t("2026-01-01"), released: { entry: 9, at: t("2026-03-01") } },
    { ...hold, id: "after", at: t("2026-12-01"), released: undefined },
  ];
  expect(buildReport(reportInput({ holds })).holds.map(({ id, releasedEntry }) => [id, releasedEntry])).toEqual([
    ["standing", null],
    ["ended", 9],
  ]);
  const text = JSON.stringify(blocksOf({ holds }));
  expect(text).toContain("incident INC-1");
  expect(text).toContain("still in force");
  expect(JSON.stringify(blocksOf({}))).toContain(wording.holdsNone);
});

describeWith(["pdftotext"], "on paper", () => {
  const folder = mkdtempSync(join(tmpdir(), "custody-report-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const print = async (over: Partial<ReportInput>) => {
    const model = buildReport(reportInput(over));
    const rendered = await renderPdf(model, loadFonts({ folders: [] }), wording);
    const path = join(folder, `${model.id}.pdf`);
    writeFileSync(path, rendered.bytes);
    const text = execFileSync("pdftotext", ["-layout", path, "-"], { encoding: "utf8", maxBuffer: 1 << 28 });
    return { pages: text.split("\f").slice(0, -1), text };
  };

  test("every page of a report on a broken log says so, and only then", async () => {
    const { pages } = await print({ verification: broken() });
    expect(pages.length).toBeGreaterThan(10);
    for (const page of pages) expect(page).toContain("INTEGRITY BROKEN: see page 1");
  });

  test("a key is one unbroken line, no word of a table's head is broken, and the last page holds more than a line", async () => {
    const vkey = "a-rather-long-name-of-an-organisation-5f0c9a1e+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const key = {
      keyId: "530d903a",
      vkey,
      entry: 0,
      since: "2026-06-01T00:00:00.000Z",
      introducedBy: [],
      retired: null,
      revoked: null,
    };
    const older = {
      ...key,
      keyId: "11111111",
      vkey: vkey.replace("530d903a", "11111111"),
      retired: { entry: 9, at: "2026-07-01T00:00:00.000Z" },
    };
    const { text, pages } = await print({ vkey, keys: [older, { ...key, entry: 7, introducedBy: ["11111111"] }] });
    const lines = text.split("\n").map((one) => one.trim());
    expect(lines.filter((one) => one.endsWith(` ${vkey}`)).length).toBe(2);
    expect(text).toContain("introduced by the key 11111111");
    expect(text).toMatch(/retired 2026-07-01T00:00:00Z[^;]*, record 9: it\s+signs no more/);
    expect(text).toMatch(/Alert +Severity +Source +Count\b/);
    expect(
      pages
        .at(-1)
        ?.split("\n")
        .filter((one) => one.trim() !== "").length,
    ).toBeGreaterThan(6);
  });
});
