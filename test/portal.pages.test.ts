import { mkdir, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { startRunning } from "../src/daemon/running.ts";
import { dutiesOf } from "../src/duties/today.ts";
import { Conditions } from "../src/gaps/conditions.ts";
import { writeTroubles } from "../src/heads/troubles.ts";
import { restInWords } from "../src/portal/overview.ts";
import type { Snapshot } from "../src/portal/snapshot.ts";
import { newCosigner } from "../src/tlog/cosignature.ts";
import { generateKey } from "../src/tlog/signer.ts";
import { FakeClock } from "./support/clock.ts";
import { config, gap, genesis, historyOf, instance, plan, run, t } from "./support/entries.ts";
import { givenPostgres } from "./support/index-postgres.ts";
import { HOSTILE, watchedWeeks } from "./support/portal-weeks.ts";
import { describeWith, findProgram } from "./support/tools.ts";
import { keptLog, newWorkspace } from "./support/workspace.ts";

/** As it is, whatever a client library would tidy up. */
function ask(
  url: string,
  path: string,
  over: { host?: string; method?: string } = {},
): Promise<{ status: number; body: string }> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const headers = over.host === undefined ? {} : { host: over.host };
    const asked = request({ host: "127.0.0.1", port, path, method: over.method ?? "GET", headers }, (answer) => {
      let body = "";
      answer.on("data", (part) => {
        body += part;
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    asked.on("error", reject).end();
  });
}

async function quietDaemon(rest = "collectors: [{ id: own, use: cron-health/custody }]") {
  const custody = await newWorkspace(rest, new FakeClock("2026-11-20T08:05:00.000Z"));
  const running = await startRunning(custody, keptLog());
  onTestFinished(() => running.stop());
  await running.tick();
  await running.idle();
  return { custody, url: running.url };
}

describe("the pages", () => {
  test("load nothing from elsewhere, run nothing, and are not kept by a browser", async () => {
    const { url } = await quietDaemon();
    for (const path of ["", "controls", "gaps", "runs", "runs?before=3", "no/such/page"]) {
      const answer = await fetch(url + path);
      const html = await answer.text();
      expect([path, answer.status]).toEqual([path, path.startsWith("no") ? 404 : 200]);
      expect(answer.headers.get("content-security-policy")).toMatch(
        /^default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
      );
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(answer.headers.get("x-frame-options")).toBe("DENY");
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(html).not.toMatch(/<script|<style| style=| on\w+=|https?:/);
      expect(html).toContain("Example &lt;b&gt;GmbH&lt;/b&gt;");
      expect(html).not.toContain("<b>GmbH");
    }
  });

  test("say first of all that a place outside has seen another history of the log, and not that nothing else is wrong", async () => {
    const place = `{ use: witness, id: auditor, url: "http://127.0.0.1:9", key: "${newCosigner("w.example", generateKey()).cosigner.vkey}" }`;
    const { custody, url } = await quietDaemon(
      `collectors: [{ id: own, use: cron-health/custody }]\nheads: [${place}]`,
    );
    const note = (code: string) =>
      writeTroubles(
        custody.config.folders.state,
        new Map([
          ["auditor", { failures: 1, at: t("2026-11-20T07:00:00.000Z"), code, message: "the witness <b>refused</b>" }],
        ]),
      );
    await note("SOURCE_UNREACHABLE");
    expect(await (await fetch(url)).text()).not.toContain("has seen another history");
    await note("VERIFICATION_FAILED");
    const home = await (await fetch(url)).text();
    expect(home).toContain("auditor (a witness) has seen another history of this log");
    expect(home).toContain("the witness &lt;b&gt;refused");
    expect(home).toContain("custody verify");
    expect(home).not.toContain("Nothing needs you today");
  });

  test("go to nobody who asks under a foreign name", async () => {
    const { url } = await quietDaemon();
    const { port } = new URL(url);
    for (const host of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1.evil.example",
      "localhost.evil",
      "0.0.0.0",
    ]) {
      for (const path of ["/", "/gaps", "/reports/x.pdf", "/style.css", "/no"]) {
        const { status, body } = await ask(url, path, { host });
        expect([host, path, status]).toEqual([host, path, 421]);
        expect(body).not.toContain("GmbH");
      }
    }
    for (const host of ["127.0.0.1", `localhost:${port}`, "LOCALHOST", "[::1]:9000"]) {
      expect((await ask(url, "/", { host })).status).toBe(200);
    }
    expect((await ask(url, "/health", { host: "probe.internal" })).status).toBe(200);
  });

  test("can only be read", async () => {
    const { url } = await quietDaemon();
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      expect((await fetch(url, { method })).status).toBe(405);
    }
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test("show all but what only the index knows while the index is away, and say so", async () => {
    const { url } = await quietDaemon();
    const home = await (await fetch(url)).text();
    expect(home).toContain("Watching since 20 Nov 2026.");
    expect(home).toContain("The index is not available");
    expect(home).toContain("Collecting goes on without it.");
    expect(home).not.toContain("Nothing needs you today.");
    expect(home).toContain("Custody&#x27;s own runs (own)");
    expect(await (await fetch(`${url}controls`)).text()).toContain("The index is not available");
  });

  test("say on the first screen nothing that needs a cryptographer", async () => {
    const { url } = await quietDaemon();
    const home = await (await fetch(url)).text();
    const main = home.slice(home.indexOf("<main"), home.indexOf("</main>"));
    expect(main).not.toMatch(/hash|sha-?256|merkle|checkpoint|root|signature|ledger|leaf|tile|digest/i);
    // In small print at the end.
    expect(home).toMatch(/The log has 1 signed record; fingerprint of the whole log: <code>[A-Za-z0-9+/&#;x]+<\/code>/);
  });
});

describe("downloads", () => {
  test("give the reports of the folder, and nothing else of this machine", async () => {
    const { url, custody } = await quietDaemon();
    const { reports } = custody.config.folders;
    await writeFile(join(reports, "2026-Q4.pdf"), "%PDF-1.7 report");
    await writeFile(join(reports, "empty.json"), "");
    await writeFile(join(reports, "notes.txt"), "private");
    await writeFile(join(reports, ".hidden.pdf"), "private");
    await symlink(join(custody.config.root, "custody.yaml"), join(reports, "link.pdf"));
    await mkdir(join(reports, "folder.pdf"));
    const pdf = await fetch(`${url}reports/2026-Q4.pdf`);
    expect([
      pdf.status,
      pdf.headers.get("content-type"),
      pdf.headers.get("content-disposition"),
      await pdf.text(),
    ]).toEqual([200, "application/pdf", 'attachment; filename="2026-Q4.pdf"', "%PDF-1.7 report"]);
    const empty = await fetch(`${url}reports/empty.json`);
    expect([empty.status, await empty.text()]).toEqual([200, ""]);
    const home = await (await fetch(url)).text();
    expect(home.match(/href="\/reports\/[^"]*"/g)?.sort()).toEqual([
      'href="/reports/2026-Q4.pdf"',
      'href="/reports/empty.json"',
    ]);
    for (const name of [
      "notes.txt",
      ".hidden.pdf",
      "link.pdf",
      "folder.pdf",
      "..%2fcustody.yaml",
      "..%2f..%2fetc%2fx.pdf",
      "%2e%2e/custody.yaml",
      "x.pdf%00",
      "../custody.yaml",
      "a%5cb.pdf",
      "",
    ]) {
      const { status, body } = await ask(url, `/reports/${name}`);
      expect([name, status]).toEqual([name, expect.any(Number)]);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body).not.toMatch(/private|organisation:/);
    }
  });

  test("give the signed head and hash tiles as C2SP says, and no record", async () => {
    const { url, custody } = await quietDaemon();
    const { size } = await (await custody.ledger()).publish();
    const checkpoint = await fetch(`${url}checkpoint`);
    expect(checkpoint.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect((await checkpoint.text()).split("\n").slice(0, 2)).toEqual([(await custody.ledger()).origin, String(size)]);
    const tile = await fetch(`${url}tile/0/000.p/${size}`);
    expect([tile.status, tile.headers.get("content-type"), (await tile.arrayBuffer()).byteLength]).toEqual([
      200,
      "application/octet-stream",
      size * 32,
    ]);
    const hidden = [
      `tile/entries/000.p/${size}`,
      "tile/entries/000",
      "tile/0/../../seq/00000000/000000000000",
      "seq/00000000/000000000000",
      "tile/0/000.p/0",
      "tile/64/000",
      "tile/%65ntries/000",
    ];
    for (const path of hidden)
      expect([path, (await ask(url, `/${path}`)).status]).toEqual([path, expect.toBeOneOf([400, 404])]);
  });
});

describe("what a person must do today", () => {
  const parts = {
    organisation: { name: "Example", zone: "UTC" },
    collectors: [{ id: "jobs", title: "Jobs" }],
    inboxTroubles: () => [],
  };
  const day = (n: number, hour = 0) => `2026-11-${String(n).padStart(2, "0")}T${String(hour).padStart(2, "0")}:00Z`;
  const good = (n: number) => run(day(n, 1), { covered: [[day(n - 1), day(n)]] });
  const snapshot = (entries: Parameters<typeof historyOf>[0], now: string): Snapshot => ({
    now: t(now),
    size: entries.length,
    history: historyOf(entries),
    conditions: new Conditions(),
    period: { from: 0, to: t(now) },
    details: new Map(),
    controls: [],
    nilReturns: [],
    others: [],
    problems: [],
    failingJobs: [],
    indexTrouble: undefined,
  });
  const begin = [genesis(day(1)), config(day(1), [instance()])];

  test("is nothing while everything came in time, and that is said", () => {
    const quiet = snapshot([...begin, good(2), good(3)], day(3, 2));
    expect(dutiesOf(quiet, parts)).toEqual([]);
    expect(restInWords(quiet, 0, "UTC")).toMatch(
      /^Nothing needs you today\. Looked at 1 collector, 1 of them up to date/,
    );
  });

  test("is a gap, with what, since when, whether it is lost, and what to type", () => {
    const [duty, ...more] = dutiesOf(snapshot([...begin, good(2), good(4)], day(4, 2)), parts);
    expect(more).toEqual([]);
    expect(duty?.title.replaceAll("\u00a0", " ")).toBe("Jobs (jobs): 2 Nov 2026 was not collected");
    expect(duty?.what).toContain("Known since 3 Nov 2026, 06:00 UTC");
    expect(duty?.lost).toBe("Nothing is lost yet: the source can still be asked about that time.");
    expect(duty?.commands[0]).toBe("custody collect jobs --backfill --from 2026-11-02 --to 2026-11-03");
    expect(duty?.commands[1]).toMatch(/^custody gap ack gap-[0-9a-f]{12} --reason/);
  });

  test("is said to be lost where the source only knows the present", () => {
    const entries = [
      genesis(day(1)),
      config(day(1), [instance({ mode: "snapshot" })]),
      run(day(1, 1), { instants: [day(1, 1)] }),
    ];
    const [duty] = dutiesOf(snapshot([...entries, run(day(4, 1), { instants: [day(4, 1)] })], day(4, 2)), parts);
    expect(duty?.lost).toContain("Lost for that time");
    expect(duty?.commands.join()).not.toContain("--backfill");
  });

  test("is no longer a gap that somebody has seen", () => {
    const before = snapshot([...begin, good(2), good(4)], day(4, 2));
    const id = /gap-[0-9a-f]{12}/.exec(dutiesOf(before, parts)[0]?.commands[1] ?? "")?.[0] ?? "";
    expect(
      dutiesOf(snapshot([...begin, good(2), good(4), gap(day(4, 2), id, "acknowledge")], day(4, 3)), parts),
    ).toEqual([]);
  });

  test("is a failing source before a gap has come of it, with the time until which it is in time", () => {
    const failing = run(day(3, 1), { outcome: "unavailable", reason: "SOURCE_UNREACHABLE" });
    const [duty] = dutiesOf(
      { ...snapshot([...begin, good(2), failing], day(3, 2)), details: new Map([["jobs", "no answer from db1"]]) },
      parts,
    );
    expect(duty).toMatchObject({
      title: "Jobs (jobs): the last run failed",
      what: "3 Nov 2026, 01:00 UTC: no answer from db1.",
    });
    expect(duty?.lost).toBe("Nothing is lost yet. It is in time until 3 Nov 2026, 06:00 UTC.");
  });

  test("is not the time that an inbox did not listen: that cannot be mended, and is a gap where it matters", () => {
    const deaf = run(day(3, 1), { outcome: "partial", reason: "not-listening" });
    expect(dutiesOf(snapshot([...begin, good(2), deaf], day(3, 2)), parts)).toEqual([]);
    expect(dutiesOf(snapshot([...begin, good(2), deaf], day(3, 7)), parts)).toHaveLength(1);
  });

  test("is a collector that was taken out without being retired, and not one that was retired or is paused", () => {
    const gone = [...begin, good(2), config(day(2, 2), [])];
    expect(dutiesOf(snapshot(gone, day(2, 3)), parts)[0]?.commands).toEqual(['custody retire jobs --reason "…"']);
    expect(dutiesOf(snapshot([...gone, plan(day(2, 3), "retire")], day(2, 4)), parts)).toEqual([]);
    expect(dutiesOf(snapshot([...begin, good(2), plan(day(2, 3), "pause")], day(9)), parts)).toEqual([]);
  });

  test("is not calm while the index cannot be asked", () => {
    const blind = {
      ...snapshot([...begin, good(2), good(3)], day(3, 2)),
      problems: undefined,
      indexTrouble: "it is away",
    };
    expect(restInWords(blind, 0, "UTC")).not.toContain("Nothing");
  });
});

describeWith(["chromium"], "in a browser", () => {
  test("everything from outside is shown as text, fits a phone, can be read, and nothing is loaded from elsewhere", async () => {
    const postgres = await givenPostgres();
    onTestFinished(() => postgres.stop());
    process.env.CUSTODY_TEST_INDEX = postgres.url;
    const { running, log } = await watchedWeeks({
      index: "${env:CUSTODY_TEST_INDEX}",
      simulatedUntil: t("2026-11-15"),
    });
    const browser = await chromium.launch({
      executablePath: findProgram("chromium") ?? "chromium",
      args: ["--no-sandbox", "--disable-gpu"],
    });
    onTestFinished(() => browser.close());
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.newPage({ viewport: { width: 390, height: 800 }, colorScheme });
      const elsewhere: string[] = [];
      const complaints: string[] = [];
      page.on("request", (asked) => {
        if (!asked.url().startsWith(running.url)) elsewhere.push(asked.url());
      });
      page.on("console", (message) => complaints.push(message.text()));
      page.on("dialog", (dialog) => complaints.push(dialog.message()));
      for (const path of colorScheme === "light" ? ["", "controls", "gaps", "runs", "nothing"] : ["", "controls"]) {
        await page.goto(running.url + path);
        expect(await page.title()).not.toBe("owned");
        expect(await page.locator("main script, main img, header b").count()).toBe(0);
        expect(await page.locator(".simulated").textContent()).toContain("simulated until 15 Nov 2026");
        // No sideways scrolling.
        const widths = await page.evaluate(
          "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
        );
        expect([path, ...(widths as number[])]).toEqual([path, 390, 390]);
        expect(await page.evaluate(FAINT)).toEqual([]);
        expect(await page.locator("h1").count()).toBe(1);
        for (const landmark of ["header", "nav", "main", "footer"])
          expect(await page.locator(landmark).count()).toBe(1);
        expect(await page.locator("th:not([scope])").count()).toBe(0);
      }
      // What chromium says of the page that is not there.
      expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
      expect(elsewhere).toEqual([]);
      await page.close();
    }

    const plain = await browser.newPage({ javaScriptEnabled: false });
    await plain.goto(running.url);
    const text = await plain.locator("main").textContent();
    expect(text).toContain(HOSTILE);
    expect(text).toContain('found "<b>tomorrow</b>"');
    expect(text).toContain("Alertmanager alerts and silences (alerts)");
    expect(text).toContain("2026-10.pdf");
    expect(text).not.toContain(".hidden.pdf");
    expect(text).toMatch(/A\.5\.26\s*\d+ not met/);
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});

/** Texts whose contrast with what is behind them is below 4.5 (WCAG 2 AA). */
const FAINT = `(() => {
  const parse = (c) => (c.match(/[\\d.]+/g) ?? []).map(Number);
  const light = (c) => { const [r, g, b] = c.map((v) => { const s = v / 255; return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (el) => { for (let e = el; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  const faint = [];
  for (const el of document.querySelectorAll("body *")) {
    if (![...el.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const [a, b] = [light(parse(getComputedStyle(el).color).slice(0, 3)), light(behind(el))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(el.tagName + " " + el.className + " " + ratio.toFixed(2));
  }
  return [...new Set(faint)];
})()`;
