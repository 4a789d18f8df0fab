import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digestOf } from "../src/lib/digest.ts";
import { documentOf } from "../src/report/document.ts";
import { loadFonts } from "../src/report/fonts.ts";
import type { ReportInput } from "../src/report/input.ts";
import { buildReport } from "../src/report/model.ts";
import { type Rendered, renderPdf } from "../src/report/pdf.ts";
import { compiled } from "./support/compiled.ts";
import { incident, reportInput, wording } from "./support/report-input.ts";
import { describeWith, findProgram } from "./support/tools.ts";

const run = promisify(execFile);
/** Only the fonts that come with Custody, so that results do not depend on the machine. */
const fonts = loadFonts({ folders: [] });
const folder = mkdtempSync(join(tmpdir(), "custody-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const render = (over: Partial<ReportInput> = {}, using = fonts): Promise<Rendered> =>
  renderPdf(buildReport(reportInput(over)), using, wording);

function save(name: string, { bytes }: Rendered): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** The text as a reader copies it out, with line breaks as spaces. */
const textOf = (path: string): string =>
  execFileSync("pdftotext", ["-layout", path, "-"], { encoding: "utf8", maxBuffer: 1 << 28 });
const rawTextOf = (path: string): string =>
  execFileSync("pdftotext", ["-raw", path, "-"], { encoding: "utf8", maxBuffer: 1 << 28 }).replace(/\s+/g, " ");

/** Leaves only what a test is about, so that it is quick. */
const bare = { controls: [], evidence: [], problems: [] };

/** Many facts about incidents, all in the newest capture of the register. */
const register = (rows: readonly Parameters<typeof incident>[1][]) =>
  rows.map((over, i) => ({
    fact: incident(`INC-${i}`, over),
    instance: "incidents",
    entry: 5,
    item: "0".repeat(64),
    ordinal: i,
  }));

test("the same report is the same bytes, whatever came before in the process", async () => {
  const [a, b] = [await render(), await render({}, loadFonts({ folders: [] }))];
  expect(digestOf(a.bytes)).toBe(digestOf(b.bytes));
});

test("the same report is the same bytes in any zone and locale", async () => {
  const root = await compiled("report", ["test/support/report-render.ts"]);
  const places = [
    { TZ: "UTC", LANG: "C" },
    { TZ: "Asia/Tokyo", LANG: "ja_JP.UTF-8", LC_ALL: "ja_JP.UTF-8" },
    { TZ: "America/New_York", LANG: "de_DE.UTF-8", LC_ALL: "ar_EG.UTF-8" },
  ];
  const digests = await Promise.all(
    places.map(async (env) => {
      const program = [join(root, "test/support/report-render.js")];
      return (await run(process.execPath, program, { env: { PATH: process.env.PATH, ...env } })).stdout;
    }),
  );
  expect(digests).toEqual(Array(3).fill(digestOf((await render()).bytes)));
}, 60_000);

test("a character that no font has is printed as its code and counted", async () => {
  const { unprintable } = await render({ ...bare, facts: register([{ title: "ก ก 👍 plain", owner: "ก" }]) });
  expect(unprintable).toEqual([
    { codePoint: 0x0e01, times: 5 },
    { codePoint: 0x1f44d, times: 2 },
  ]);
});

test("a long register is rendered in seconds", async () => {
  const rows = Array.from({ length: 3_600 }, (_, i) => ({
    title: `Incident number ${i} with a title of ordinary length`,
  }));
  const started = performance.now();
  const { pages } = await render({ ...bare, facts: register(rows) });
  expect(pages).toBeGreaterThan(300);
  expect(performance.now() - started).toBeLessThan(25_000);
}, 60_000);

test("no number in the report is missing in its data", () => {
  const model = buildReport(reportInput());
  const known = new Set<string>();
  const add = (text: string) => {
    for (const digits of text.replaceAll(/(\d),(?=\d{3})/g, "$1").match(/\d+/g) ?? [])
      known.add(String(BigInt(digits)));
  };
  const walk = (value: unknown): void => {
    if (typeof value === "string" || typeof value === "number") {
      add(String(value));
      const at = typeof value === "string" && /^\d{4}-.*Z$/.test(value) ? Date.parse(value) : Number.NaN;
      // Times are printed by the organisation's clock too, and a last day is the one before an excluded end.
      if (!Number.isNaN(at))
        for (const t of [at, at - 86_400_000])
          add(
            new Intl.DateTimeFormat("en-GB", {
              timeZone: "Europe/Berlin",
              dateStyle: "short",
              timeStyle: "medium",
            }).format(t),
          );
    } else if (Array.isArray(value)) {
      add(String(value.length));
      value.forEach(walk);
    } else if (value && typeof value === "object") Object.values(value).forEach(walk);
  };
  walk(model);
  walk(wording);
  for (const part of [
    model.controls.map((c) => c.requirements.length),
    model.incidents.rows.filter((r) => r.carriedIn).length,
  ])
    walk(part);
  // The number of the last record, the offset of the zone, the letters of a key ID, and the two halves of a key.
  walk([model.ledger.size - 1, 2, 0, 1]);
  // Digests are cut to sixteen letters beside the rows that have them whole in the index.
  for (const { digest } of [...model.evidence, ...model.imported]) walk(digest.slice(0, 16));
  const printed = JSON.stringify(
    documentOf(model, wording)
      .map((block) => ("segments" in block ? { ...block, segments: [], ticks: [] } : block))
      .map((block) =>
        "columns" in block
          ? block.rows
          : "height" in block
            ? block.titles
            : "layout" in block
              ? []
              : "level" in block
                ? block.text
                : block,
      ),
  );
  const missing = new Set(
    (printed.replaceAll(/(\d),(?=\d{3})/g, "$1").match(/\d+/g) ?? [])
      .map((d) => String(BigInt(d)))
      .filter((d) => !known.has(d)),
  );
  expect([...missing]).toEqual([]);
});

describeWith(["pdftotext", "pdffonts", "pdfinfo", "qpdf"], "the PDF", () => {
  let rendered: Rendered;
  let path: string;
  let text: string;
  beforeAll(async () => {
    rendered = await render();
    path = save("report.pdf", rendered);
    text = rawTextOf(path);
  });

  test("is sound, tagged, and has the language, title and date of the report", () => {
    execFileSync("qpdf", ["--check", path]);
    const info = execFileSync("pdfinfo", ["-isodates", path], { encoding: "utf8", env: { ...process.env, TZ: "UTC" } });
    expect(info).toMatch(/Tagged:\s+yes/);
    expect(info).toMatch(/CreationDate:\s+2026-10-02T07:12:33Z/);
    expect(info).toMatch(/Title:\s+Evidence report/);
    expect(Buffer.from(rendered.bytes).toString("latin1")).toContain("/Lang (en-GB)");
  });

  test("embeds every font", () => {
    const rows = execFileSync("pdffonts", [path], { encoding: "utf8" }).trim().split("\n").slice(2);
    expect(rows.length).toBeGreaterThanOrEqual(3);
    for (const row of rows) expect(row).toMatch(/ yes yes yes /);
  });

  test("has bookmarks for its parts", () => {
    const outline = execFileSync("qpdf", ["--json", "--json-key=outlines", path], { encoding: "utf8" });
    for (const title of [
      "Summary",
      "Coverage by source",
      "Gaps",
      "Controls",
      "Incident register",
      "How to verify this report",
      "Evidence index",
    ]) {
      expect(outline).toContain(`"title": "${title}"`);
    }
  });

  test.each([
    ["who and which scope", "Müller & Søn Datentechnik GmbH ISMS scope: 3 systems; statement of applicability 2026-03"],
    [
      "the period with its zone",
      "2026-Q3: 1 Jul 2026 to 30 Sep 2026, Europe/Berlin 2026-06-30T22:00:00Z (1 Jul 00:00:00 Europe/Berlin, +02:00)",
    ],
    ["that nothing outside proves its time", "none yet: before one exists, only the operator's word stands"],
    ["the imported share", "1 of 272 captures were imported later, 1 handed in by people"],
    ["what is not connected", "support mailbox: not connected (IMAP not enabled yet)"],
    [
      "the holes in one sentence",
      "6 of 276 expected pieces of evidence are missing or incomplete, and 2 came late, in 4 gaps (2 still open)",
    ],
    ["who administers", "anna (owner), ben (operator)"],
    ["that nobody signed", "nobody yet: no person has confirmed anything in this report"],
    ["that it is no opinion", "It is not an audit opinion: the conclusion is the auditor's."],
    ["how to check", '"sha256sum FILE" must print the SHA-256 listed for it.'],
  ])("says on page 1 %s", (_, words) => {
    const first = execFileSync("pdftotext", ["-raw", "-l", "1", path, "-"], { encoding: "utf8" }).replace(/\s+/g, " ");
    expect(first).toContain(words);
  });

  test("says on every page which report, period, state of the log and key it is", () => {
    for (let page = 1; page <= rendered.pages; page++) {
      const [one] = [
        execFileSync("pdftotext", ["-raw", "-f", String(page), "-l", String(page), path, "-"], { encoding: "utf8" }),
      ];
      for (const words of [
        "· 2026-Q3",
        "R-2026-Q3-285-",
        "Log 285 records · root CzBVep/E6Q4z… · key 530d903a",
        `page ${page} of ${rendered.pages}`,
      ]) {
        expect(one).toContain(words);
      }
      expect(one).not.toContain("DEMONSTRATION");
    }
  });

  test("says on every page that a demonstration is one", async () => {
    const demo = await render({
      genesis: { at: "2026-06-25T22:00:00.000Z", simulatedUntil: "2026-09-30T22:00:00.000Z" },
    });
    const pages = rawTextOf(save("demo.pdf", demo)).match(/DEMONSTRATION: the clock was simulated until/g) ?? [];
    expect(pages.length).toBeGreaterThanOrEqual(demo.pages);
  });

  test("prints coverage, gaps, results, registers and the full digest of every evidence file", () => {
    for (const words of [
      "92 = 84 collected, 1 partial, 1 failed, 1 unavailable, 3 missed, 2 late",
      "Prometheus alerts (prom): not completely collected for 21 Jul 2026 to 23 Jul 2026.",
      "Closed late: collected after its time.",
      "not met",
      "84 of 92",
      "API antwortet langsam: Überlast durch großen Kunden",
      "exit status 1: no space left on device",
      "empty: lessons learned",
      'incidents/2026/INC-003.md:4 detected: "14.7.2026 11:12" has no zone',
      "INTEGRITY intact",
      "Auditor's conclusion (left blank by the machine)",
    ]) {
      expect(text).toContain(words);
    }
    const solid = text.replaceAll(" ", "");
    for (const { digest } of buildReport(reportInput()).evidence) expect(solid).toContain(digest);
  });

  test("names the fonts by digest and the characters it could not print", () => {
    expect(text).toContain("NotoSans-Regular.ttf fe8c022f48d8dd29f17b744d16f9346f4357e16f7d4f7be58b000ae7c291b614");
    expect(text).toMatch(/\d+ characters could not be printed/);
    expect(text).toContain("U+1F511: 2 times");
  });

  test("never says compliant, certified or passed", () => {
    expect(text).not.toMatch(/\b(compliant|certified|passed|tamper-proof)\b/i);
  });

  test("holds hostile text where it stands", async () => {
    const title = "W".repeat(10_000);
    const hostile = await render({
      ...bare,
      facts: register([
        { title },
        { title: "\u202eecived a si siht\u0000\u0007", owner: "<script>alert(1)</script>", severity: "\ud800" },
        { title: "(unbalanced \\) % >> endobj" },
      ]),
    });
    const file = save("hostile.pdf", hostile);
    execFileSync("qpdf", ["--check", file]);
    const found = rawTextOf(file);
    expect(found).toContain("(9600 more characters)");
    expect(found).toContain("[U+202E]ecived a si siht[U+0000][U+0007]");
    expect(found).toContain("(unbalanced \\) % >> endobj");
    expect(found.replaceAll(" ", "")).toContain("<script>alert(1)</script>");
    // Nothing is drawn outside of the page: the widest word of the text area ends before the margin.
    const boxes = execFileSync("pdftotext", ["-bbox", file, "-"], { encoding: "utf8", maxBuffer: 1 << 28 });
    const wide = Number(/<page width="([\d.]+)"/.exec(boxes)?.[1]);
    for (const page of boxes.split("<page ").slice(1)) {
      const limit = Number(/width="([\d.]+)"/.exec(page)?.[1] ?? wide) - 48;
      for (const [, x] of page.matchAll(/xMax="([\d.]+)"/g)) expect(Number(x)).toBeLessThanOrEqual(limit);
    }
  });

  test("repeats the head of a table on every page it runs over", async () => {
    const many = await render({ ...bare, facts: register(Array.from({ length: 120 }, () => ({}))) });
    const found = textOf(save("many.pdf", many));
    expect((found.match(/ID and title, below the times/g) ?? []).length).toBeGreaterThanOrEqual(5);
  });

  test("an empty register is never called no incidents", async () => {
    const empty = rawTextOf(save("empty.pdf", await render({ facts: [], problems: [] })));
    expect(empty).toContain("No person has confirmed that nothing happened.");
    expect(empty).not.toMatch(/no incidents? (happened|occurred)/i);
  });
});

const cjk = [
  "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",
  "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
];
const installed = cjk.filter((path) => findProgram("pdftotext") && loadable(path));
function loadable(path: string): boolean {
  try {
    return loadFonts({ configured: [path], folders: [] }) !== undefined;
  } catch {
    return false;
  }
}

describe.skipIf(installed.length === 0 && !process.env.CI)(
  `Chinese and Japanese (${installed.length === 0 ? "skipped: no such font or no pdftotext installed" : "installed fonts"})`,
  () => {
    test.each(installed)("are printed with %s, configured", async (path) => {
      const using = loadFonts({ configured: [path], folders: [] });
      const rendered = await render({ ...bare, facts: register([{ title: "障害が発生しました" }]) }, using);
      expect(rendered.unprintable).toEqual([]);
      const file = save("cjk.pdf", rendered);
      expect(rawTextOf(file).replaceAll(" ", "")).toContain("障害が発生しました");
      expect(rendered.fonts.map((f) => f.file)).toContain(path.split("/").at(-1));
    });

    test("are printed with a font found on the machine", async () => {
      const rendered = await render({ ...bare, facts: register([{ title: "服务中断" }]) }, loadFonts());
      expect(rendered.unprintable).toEqual([]);
    });
  },
);
