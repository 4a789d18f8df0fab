import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { markdownIncidents } from "../collectors/markdown-incidents.ts";
import { makeTokens, tokenLines } from "../src/cli/demo-hands.ts";
import { beginWorkspace } from "../src/cli/init.ts";
import { readFacts } from "../src/collector/facts.ts";
import type { Custody } from "../src/custody.ts";
import { monthOf, startOfDay } from "../src/demo/calendar.ts";
import { StoryClock } from "../src/demo/clock.ts";
import { makeDeeds } from "../src/demo/deeds.ts";
import { type Incident, mendedAt } from "../src/demo/incidents.ts";
import { secondVersion } from "../src/demo/papers.ts";
import { clearPlace, finishPlace, lookAtPlace, preparePlace } from "../src/demo/place.ts";
import { FOLDERS, plainSettings, settings, ZONE } from "../src/demo/settings.ts";
import { setUpAt, simulateYear } from "../src/demo/simulate.ts";
import { sourcesAt } from "../src/demo/sources.ts";
import { type Mishaps, makeYear, mishapsOf, yearUntil } from "../src/demo/year.ts";
import { Fact, type FactOf } from "../src/evidence/fact.ts";
import { type Interval, iso } from "../src/lib/time.ts";
import { readPolicyText, shippedPath } from "../src/policies.ts";
import { loadPolicy } from "../src/policy/load.ts";
import { gapsOf } from "../src/slots/gap.ts";
import type { History } from "../src/slots/history.ts";
import { slotsOf, tally } from "../src/slots/state.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { THOROUGH } from "./support/tools.ts";

const BERLIN = (text: string) => Date.parse(`${text}+01:00`);
const ALWAYS = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** A Monday, and ten weeks and ten hours later. */
const SPAN: Interval = { from: BERLIN("2026-01-05T00:00"), to: BERLIN("2026-03-16T10:00") };
const MISHAPS: Mishaps = {
  stopped: { from: BERLIN("2026-01-21T17:00"), to: BERLIN("2026-01-30T16:20") },
  alertsGone: { from: BERLIN("2026-02-10T14:00"), to: BERLIN("2026-02-12T11:00") },
  jobsLost: { from: BERLIN("2026-02-18T10:20"), to: BERLIN("2026-02-20T12:00") },
  registerGone: { from: BERLIN("2026-02-26T16:30"), to: BERLIN("2026-03-06T09:15") },
};

const folders: string[] = [];
const newFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), "custody-demo-"));
  folders.push(folder);
  return folder;
};
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

describe("the made-up sources", () => {
  const span = yearUntil(Date.parse("2026-11-20T12:34:56Z"));
  const year = makeYear(span, "nordlicht");
  const digest = (seed: string) => {
    const hash = createHash("sha256");
    const made = makeYear(span, seed);
    for (let at = span.from; at <= span.to; at += 29 * 86_400_000) {
      for (const [path, text] of sourcesAt(made, at)) hash.update(`${path}\0${text}\0`);
    }
    return hash.digest("hex");
  };

  test("reach from the same month last year to the last full hour", () => {
    expect([iso(span.from), iso(span.to)]).toEqual(["2025-10-31T23:00:00.000Z", "2026-11-20T12:00:00.000Z"]);
  });

  test("have their mishaps inside the year and apart from each other, whenever it is made", () => {
    for (let month = 0; month < 24; month += 1) {
      for (const day of [1, 15, 28]) {
        const made = yearUntil(Date.UTC(2026, month, day, 9));
        const all = Object.values(mishapsOf(made)).sort((a, b) => a.from - b.from);
        const times = [made.from + 10 * 86_400_000, ...all.flatMap(({ from, to }) => [from, to]), made.to];
        expect(times, iso(made.to)).toEqual([...times].sort((a, b) => a - b));
      }
    }
  });

  test("tell of answers that came in time, of one that came late, and of one that nobody wrote down", () => {
    const minutes = { Sev1: 15, Sev2: 60, Sev3: 1_440, Sev4: 4_320 };
    for (const seed of ["nordlicht", "a", "b", "c"]) {
      const { incidents } = makeYear(span, seed);
      const slugs = (wanted: (one: Incident) => boolean) => incidents.filter(wanted).map(({ script }) => script.slug);
      expect(slugs(({ responded }) => responded === undefined)).toEqual(["newsletter-twice"]);
      const took = ({ responded = 0, detected }: Incident) => (responded - detected) / 60_000;
      expect(slugs((one) => took(one) > minutes[one.script.severity])).toEqual(["access-key-in-repository"]);
      expect(
        slugs(
          ({ responded, acknowledged, contained }) =>
            responded !== undefined && (responded < acknowledged || responded > (contained ?? responded)),
        ),
      ).toEqual([]);
    }
  });

  test("follow from span and seed, byte for byte", () => {
    expect(digest("nordlicht")).toBe(digest("nordlicht"));
    expect(digest("nordlicht")).not.toBe(digest("another"));
  });

  test("only ever know what had happened by then", () => {
    const text = [...sourcesAt(year, Date.parse("2026-02-10T12:00:00Z")).values()].join("\n");
    const days = [...text.matchAll(/\b(20\d\d-\d\d-\d\d)[T ]\d\d:\d\d/g)].map((match) => match[1] ?? "");
    expect(days.length).toBeGreaterThan(50);
    expect(days.filter((day) => day > "2026-02-10")).toEqual([]);
  });

  test("hold the incidents and the slips that a register has", () => {
    const { facts, problems } = registerOf(year, span.to);
    const incidents = facts.filter((fact): fact is FactOf<"incident"> => fact.kind === "incident");
    const reviews = facts.filter((fact): fact is FactOf<"review"> => fact.kind === "review");
    expect(incidents).toHaveLength(17);
    expect(new Set(incidents.map(({ severity }) => severity))).toEqual(new Set(["Sev1", "Sev2", "Sev3", "Sev4"]));
    expect(new Set(incidents.map(({ owner }) => owner)).size).toBeGreaterThan(3);
    expect(incidents.filter(({ owner }) => owner === null)).toHaveLength(1);
    expect(incidents.filter(({ status }) => status === "open").map(({ resolvedAt }) => resolvedAt)).toEqual([null]);
    expect(incidents.filter(({ title }) => /株式会社/.test(title))).toHaveLength(1);
    expect(incidents.filter(({ title }) => /ö.*ü/.test(title))).toHaveLength(1);
    expect(problems).toEqual([]);
    // Until somebody mended it, one record could not be read for certain.
    const before = registerOf(year, Math.max(...year.incidents.filter(isSlip("no-zone")).map(mendedAt)) - 1);
    expect(before.problems.map(({ message }) => message)).toEqual([expect.stringContaining("(no zone)")]);
    expect(before.facts.filter((fact) => fact.kind === "incident" && fact.detectedAt === null)).toHaveLength(1);

    const severe = incidents.filter(({ severity }) => severity === "Sev1" || severity === "Sev2").map(({ id }) => id);
    const reviewed = reviews.map(({ incident }) => incident);
    expect(severe.filter((id) => !reviewed.includes(id))).toHaveLength(1);
    expect(reviews.filter(({ empty }) => empty.length > 0).map(({ empty }) => empty)).toEqual([
      ["root cause", "what went well"],
    ]);
    expect(reviews.flatMap(({ actions }) => actions).filter(({ owner }) => owner === null)).toHaveLength(1);
  });
});

const isSlip =
  (slip: string) =>
  ({ script }: Incident) =>
    script.slip === slip;

function registerOf(year: Parameters<typeof sourcesAt>[0], at: number) {
  const facts: Fact[] = [];
  const problems: { message: string }[] = [];
  for (const [path, text] of sourcesAt(year, at)) {
    if (!path.startsWith(`${FOLDERS.register}/`) || !path.endsWith(".md")) continue;
    const capture = {
      bytes: new TextEncoder().encode(text),
      mediaType: "text/markdown",
      origin: path.slice(FOLDERS.register.length + 1),
      capturedAt: at,
      window: { from: at, to: at + 1 },
      parameters: { words: {} },
    };
    for (const found of markdownIncidents.read(capture)) {
      if (found.kind === "problem") problems.push(found);
      else facts.push(Fact.parse(found));
    }
  }
  return { facts, problems };
}

describe("what the made-up people do", () => {
  test("follows from the span, in order, within it, and not on weekends", () => {
    for (let month = 0; month < 24; month += 1) {
      const span = yearUntil(Date.UTC(2026, month, 15, 9));
      const deeds = makeDeeds(span);
      const times = deeds.map(({ at }) => at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times.filter((at) => at < span.from || at >= span.to)).toEqual([]);
      expect(times).toEqual(makeDeeds(span).map(({ at }) => at));
      expect(new Set(deeds.map(({ by }) => by))).toEqual(new Set(["katrin", "jonas", "lena", "ines"]));
    }
  });

  test("leaves a whole month without an incident to be confirmed, in most years", () => {
    const free = Array.from({ length: 12 }, (_, month) => {
      const span = yearUntil(Date.UTC(2026, month, 15, 9));
      const { incidents } = makeYear(span, "nordlicht");
      const [from, to] = [2, 3].map((months) => startOfDay(monthOf(span.from, ZONE, months), ZONE)) as [number, number];
      return incidents.every(({ occurred, closed = span.to }) => occurred >= to || closed <= from);
    });
    expect(free.filter(Boolean).length).toBeGreaterThan(8);
  });

  test("changes the shipped rules in a few lines, and what comes out is a policy", async () => {
    const shipped = await readPolicyText(shippedPath("sev1-4"));
    const changed = loadPolicy(secondVersion("2026-05-04", "2027-11-20")(shipped), { zone: ZONE });
    expect(changed).toMatchObject({ policy: "sev1-4", version: "1.1" });
    expect(changed.intake?.rules?.map(({ id }) => id)).toEqual(["everyday-alerts"]);
    expect(() => secondVersion("2026-05-04", "2027-11-20")("policy: other")).toThrow(/do not say/);
  });

  test("needs tokens, of which the configuration has hashes and nothing else", () => {
    const tokens = makeTokens();
    const text = settings({ tokens: tokenLines(tokens), policy: "./papers/incident-procedure.yaml" });
    expect(text.match(/token: "sha256:[0-9a-f]{64}"/g)).toHaveLength(4);
    for (const token of Object.values(tokens)) expect(text).not.toContain(token);
    expect(text).toContain("\npolicy: ./papers/incident-procedure.yaml\n");
    expect(plainSettings(text)).toBe(settings());
  });
});

describe("ten simulated weeks", () => {
  let custody: Custody;
  let history: History;
  const days: number[] = [];

  beforeAll(async () => {
    const root = await newFolder();
    const clock = new StoryClock(setUpAt(SPAN));
    custody = await beginWorkspace(await preparePlace(root, SPAN), clock, { simulatedUntil: SPAN.to });
    const year = makeYear(SPAN, "nordlicht", MISHAPS);
    const signal = new AbortController().signal;
    await simulateYear({ custody, clock, year, signal, told: (at) => days.push(at) });
    history = await custody.history();
  }, 120_000);
  afterAll(() => custody?.close());

  const states = (id: string) => {
    const instance = history.instances.get(id);
    const counts: Record<string, number> = instance ? tally(slotsOf(instance, ALWAYS, history.asOf)) : {};
    return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  };

  // 71 days have begun and 70 are over; 9 of them, 21 to 29 January, ran out while Custody was stopped.
  test.each([
    // 10 and 11 February: the files were gone at the nightly run, and back on the 13th.
    ["alerts", { collected: 59, late: 11, open: 1 }],
    // 18 to 20 February are lost; of the 21st the new log shows what came after its first line.
    ["jobs", { collected: 57, late: 9, unavailable: 3, partial: 1, open: 1 }],
    ["custody", { collected: 61, late: 9, open: 1 }],
    // January, February (its folder was away until the 6th of March), March.
    ["incidents", { collected: 1, late: 1, open: 1 }],
    // Ten weeks are over; in the third and fourth nobody listened for a part of the time.
    ["offsite", { collected: 8, partial: 2, open: 1 }],
  ])("leave %s with the states that its mishaps give", (id, expected) => {
    expect(states(id)).toEqual(expected);
  });

  test("note each gap with its cause", () => {
    const gaps = [...history.instances.values()].flatMap((instance) => gapsOf(instance, history.asOf));
    const found = gaps.map(({ instance, state, cause, slots, noted }) => [
      instance,
      slots[0]?.id.slice(instance.length + 1, instance.length + 11),
      slots.length,
      state,
      cause,
      noted !== undefined,
    ]);
    expect(found.sort((a, b) => String(a).localeCompare(String(b)))).toEqual([
      ["alerts", "2026-01-20", 9, "closed-late", "custody-not-running", true],
      ["alerts", "2026-02-09", 2, "closed-late", "SOURCE_UNREACHABLE", true],
      ["custody", "2026-01-20", 9, "closed-late", "custody-not-running", true],
      ["incidents", "2026-01-31", 1, "closed-late", "SOURCE_MISCONFIGURED", true],
      ["jobs", "2026-01-20", 9, "closed-late", "custody-not-running", true],
      ["jobs", "2026-02-17", 4, "open", "SOURCE_UNREACHABLE", true],
      ["offsite", "2026-01-18", 2, "open", "custody-not-running", true],
    ]);
  });

  test("find the report that a job did not send", async () => {
    const ledger = await custody.ledger();
    const missed = new Set<string>();
    for await (const { entry } of ledger.read()) {
      const { facts } = await readFacts(entry, (digest) => ledger.blob(digest), collectors);
      for (const { fact, instance } of facts) {
        if (instance === "offsite" && fact.kind === "job-run" && fact.outcome === "missed") missed.add(fact.id);
      }
    }
    // Not that of 24 January: it was sent while nobody listened, and nobody judged that week.
    expect([...missed].map((id) => id.slice(0, 23))).toEqual(["offsite-copy@2026-02-14"]);
  });

  test("say that they are simulated, happened at their own times, and verify", async () => {
    expect(history.simulatedUntil).toBe(SPAN.to);
    const times: string[] = [];
    const runs: { started: string; window: { to: string } }[] = [];
    for await (const { entry } of (await custody.ledger()).read()) {
      times.push(entry.at);
      if (entry.kind === "run") runs.push(entry as never);
    }
    expect(times[0]).toBe(iso(setUpAt(SPAN)));
    expect(times.filter((at) => at > iso(SPAN.to))).toEqual([]);
    expect(runs.filter(({ started, window }) => window.to > started)).toEqual([]);
    // Every day but the nine, and the moment of the restart.
    expect(days).toHaveLength(71 - 9 + 1);
    const result = await verifyLedger(await custody.store(), { keys: [await custody.pinnedKey()] });
    expect(result).toMatchObject({ ok: true, findings: [], checked: { entries: times.length, unsigned: 0 } });
    expect(result.verdicts.completeness.word).toBe("accounted");
    expect(result.verdicts.freshness.word).toBe("current");
  });

  test("leave the sources as they stood at the end, with their own times, and the token for nobody else", async () => {
    const { root } = custody.config;
    for (const [path, text] of sourcesAt(makeYear(SPAN, "nordlicht", MISHAPS), SPAN.to)) {
      expect(await readFile(join(root, path), "utf8"), path).toBe(text);
      expect((await stat(join(root, path))).mtimeMs, path).toBeLessThanOrEqual(SPAN.to);
    }
    expect((await stat(join(root, "data/keys/offsite-token"))).mode & 0o777).toBe(0o600);
  });
});

describe("the place of a demonstration", () => {
  const note = (root: string, pid: number) =>
    writeFile(
      join(root, "demo.json"),
      JSON.stringify({ v: 1, state: "making", pid, from: iso(SPAN.from), to: iso(SPAN.to) }),
    );
  /** No process has this number on any system that Node.js runs on. */
  const NOBODY = 2 ** 30;

  test("is free where nothing is", async () => {
    const root = await newFolder();
    expect(await lookAtPlace(root)).toEqual({ is: "free" });
    expect(await lookAtPlace(join(root, "none"))).toEqual({ is: "free" });
  });

  test("is never somebody's own workspace, or any other folder", async () => {
    const root = await newFolder();
    await writeFile(join(root, "notes.txt"), "mine");
    await expect(lookAtPlace(root)).rejects.toThrow(/holds other files \(notes\.txt\)/);
    await writeFile(join(root, "custody.yaml"), "organisation: {}");
    await expect(lookAtPlace(root)).rejects.toMatchObject({ code: "USAGE", message: /a workspace already/ });
    expect((await readdir(root)).sort()).toEqual(["custody.yaml", "notes.txt"]);
  });

  test("is known for a complete one by its note", async () => {
    const root = await newFolder();
    await preparePlace(root, SPAN);
    await finishPlace(root, SPAN);
    expect(await lookAtPlace(root)).toEqual({ is: "made", span: SPAN });
  });

  test("is cleared where making one was stopped, and only of what was made", async () => {
    const root = await newFolder();
    await preparePlace(root, SPAN);
    await note(root, NOBODY);
    expect(await lookAtPlace(root)).toEqual({ is: "half-made" });
    await clearPlace(root);
    expect(await readdir(root)).toEqual([]);
  });

  test("is left alone where somebody began to work in what was left", async () => {
    const root = await newFolder();
    await preparePlace(root, SPAN);
    await note(root, NOBODY);
    await writeFile(join(root, "custody.yaml"), "organisation: { name: Ours }");
    await expect(lookAtPlace(root)).rejects.toThrow(/another custody\.yaml/);
    await preparePlaceAgain(root);
    await mkdir(join(root, "our-incidents"));
    await expect(lookAtPlace(root)).rejects.toThrow(/our-incidents/);
  });

  async function preparePlaceAgain(root: string) {
    await rm(join(root, "custody.yaml"));
    await preparePlace(root, SPAN);
    await note(root, NOBODY);
  }

  test("is left to the process that is making one", async () => {
    const root = await newFolder();
    await preparePlace(root, SPAN);
    await note(root, process.ppid);
    await expect(lookAtPlace(root)).rejects.toThrow(/is making a demonstration/);
  });
});

describe("custody demo DIR --once", () => {
  const BIN = resolve(import.meta.dirname, "../bin/custody.js");
  const run = promisify(execFile);
  const custody = (cwd: string, ...args: string[]) =>
    run(process.execPath, [BIN, ...args], { cwd, maxBuffer: 64 * 1024 * 1024 });

  // Three whole years. `npm start` makes one, too.
  test.skipIf(!THOROUGH)(
    "begins again after Ctrl-C, makes the year, reports, verifies, and goes on from there next time",
    async () => {
      const folder = await newFolder();
      const begun = spawn(process.execPath, [BIN, "demo", "ours", "--once"], { cwd: folder, stdio: "pipe" });
      await linesOf(begun, /records so far/);
      begun.kill("SIGINT");
      expect(await ended(begun)).toBe(3);

      const began = performance.now();
      const first = await custody(folder, "demo", "ours", "--once");
      process.stdout.write(`custody demo --once took ${((performance.now() - began) / 1_000).toFixed(1)} s\n`);
      expect(first.stdout).toContain("An earlier start was stopped half-way");
      expect(first.stdout).toMatch(/INTEGRITY +intact/);
      expect(first.stdout).toContain("Custody was not running");
      const [pdf = ""] = (await readdir(join(folder, "ours/reports"))).filter((name) => name.endsWith(".pdf"));
      expect((await readFile(join(folder, "ours/reports", pdf))).subarray(0, 5).toString()).toBe("%PDF-");

      const place = join(folder, "ours");
      const verified = JSON.parse((await custody(place, "verify", "--json")).stdout);
      expect(verified).toMatchObject({ ok: true, findings: [] });

      const second = JSON.parse((await custody(folder, "demo", "ours", "--once", "--json")).stdout);
      expect(second).toMatchObject({ ok: true });
      expect(second.size).toBeGreaterThan(verified.size);
      expect(second.size).toBeLessThan(verified.size + 50);

      await flipOneByte(join(place, "data/store/blob"));
      await expect(custody(place, "verify", "--json")).rejects.toMatchObject({ code: 1 });
    },
    300_000,
  );

  async function linesOf(child: ChildProcess, wanted: RegExp): Promise<void> {
    let text = "";
    for await (const part of child.stdout ?? []) {
      text += String(part);
      if (wanted.test(text)) return;
    }
    throw new Error(`ended without ${wanted}: ${text}`);
  }

  const ended = (child: ChildProcess) =>
    child.exitCode === null
      ? new Promise<number | null>((resolve) => child.once("exit", resolve))
      : Promise.resolve(child.exitCode);

  async function flipOneByte(folder: string): Promise<void> {
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    const file = names.filter((entry) => entry.isFile())[7];
    if (!file) throw new Error("no blob");
    const path = join(file.parentPath, file.name);
    const bytes = await readFile(path);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await writeFile(path, bytes);
  }
});
