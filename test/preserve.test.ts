import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { retentionTime } from "../collectors/prometheus/server.ts";
import { prometheus } from "../collectors/prometheus.ts";
import { memoriesOf, preserveIncident, registerFacts } from "../src/acts/preserving.ts";
import { incidentWindow, preservationDue, recordId } from "../src/assess/preservation.ts";
import type { Observed } from "../src/evidence/fact.ts";
import { runTasks, tasksNow } from "../src/schedule/collect.ts";
import { covers, Holds } from "../src/trust/holds.ts";
import { declareNow, runParts } from "../src/work.ts";
import { fact, seen } from "./support/assessing.ts";
import { FakeClock } from "./support/clock.ts";
import { config, genesis, historyOf, instance, run, t } from "./support/entries.ts";
import { HttpSource, json } from "./support/http-source.ts";
import { newWorkspace } from "./support/workspace.ts";

const DAY = 86_400_000;
const PROM = instance({ id: "prom", use: "alert-history/prometheus", family: "alert-history" });
const begun = [genesis("2026-10-20"), config("2026-10-31", [PROM])];
const open = (id: string, detected: string, over = {}): Observed =>
  seen(fact("incident", id, { detectedAt: t(detected), ...over }));

describe("what is to be preserved", () => {
  const due = (now: string, facts: Observed[], entries = begun) =>
    preservationDue({
      facts,
      memories: [{ instance: "prom", remembers: 15 * DAY }],
      instances: historyOf(entries).instances,
      now: t(now),
      zone: "UTC",
    });

  test("is an open incident five days before a source forgets its beginning, and not a day earlier", () => {
    const facts = [open("INC-1", "2026-11-02T10:00Z")];
    // From a day before it was noticed, the source remembers it until the 16th at ten.
    expect(due("2026-11-11T09:59Z", facts)).toEqual([]);
    expect(due("2026-11-11T10:00Z", facts)).toMatchObject([
      {
        incident: "INC-1",
        deadline: t("2026-11-16T10:00Z"),
        sources: [{ instance: "prom" }],
        lost: expect.stringMatching(/^Nothing is lost yet/),
        commands: ["custody preserve INC-1"],
      },
    ]);
    expect(due("2026-11-17T00:00Z", facts)[0]?.lost).toMatch(/^prom has begun to forget it/);
  });

  test("is nothing once the incident is over, or while its time is not known", () => {
    expect(due("2026-11-17T00:00Z", [open("INC-1", "2026-11-02T10:00Z", { resolvedAt: t("2026-11-03") })])).toEqual([]);
    expect(due("2026-11-17T00:00Z", [seen(fact("incident", "INC-1"))])).toEqual([]);
  });

  test("is nothing once somebody preserved it, until its later time grows old too", () => {
    const facts = [open("INC-1", "2026-11-02T10:00Z")];
    const kept = run("2026-11-11T12:00Z", {
      instance: "prom",
      trigger: "backfill",
      window: ["2026-11-01T10:00Z", "2026-11-11T12:00Z"],
      covered: [["2026-11-01T10:00Z", "2026-11-11T12:00Z"]],
    });
    const entries = [...begun, { ...kept, incident: "INC-1" } as typeof kept];
    expect(due("2026-11-17T00:00Z", facts, entries)).toEqual([]);
    expect(due("2026-11-21T12:00Z", facts, entries)).toMatchObject([{ deadline: t("2026-11-26T12:00Z") }]);
    expect(due("2026-11-17T00:00Z", facts, [...begun, { ...kept, incident: "INC-2" } as typeof kept])).toHaveLength(1);
  });

  test("is what a run that broke off has not reached", () => {
    const facts = [open("INC-1", "2026-11-02T10:00Z")];
    const broken = run("2026-11-11T12:00Z", {
      instance: "prom",
      trigger: "backfill",
      outcome: "partial",
      reason: "interrupted",
      window: ["2026-11-01T10:00Z", "2026-11-11T12:00Z"],
      covered: [["2026-11-01T10:00Z", "2026-11-03T10:00Z"]],
      incident: "INC-1",
    });
    expect(due("2026-11-14T00:00Z", facts, [...begun, broken])).toMatchObject([{ deadline: t("2026-11-18T10:00Z") }]);
    // What the source had forgotten by then comes back by no other try.
    const late = { ...broken, covered: [{ from: "2026-11-05T10:00:00.000Z", to: "2026-11-11T12:00:00.000Z" }] };
    expect(due("2026-11-14T00:00Z", facts, [...begun, late as typeof broken])).toEqual([]);
  });

  test("has a name that records can hold, however long the incident's is", () => {
    const [duty] = due("2026-11-17T00:00Z", [open("I".repeat(200), "2026-11-02T10:00Z")]);
    expect(duty?.id).toMatch(/^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$/);
  });

  test("goes by the first and the last time that an incident names, with a day around them", () => {
    const now = t("2026-11-20");
    const over = { occurredAt: t("2026-11-01"), detectedAt: t("2026-11-03"), resolvedAt: t("2026-11-05") };
    expect(incidentWindow(fact("incident", "x", over), now)).toEqual({ from: t("2026-10-31"), to: t("2026-11-06") });
    expect(incidentWindow(fact("incident", "x", { detectedAt: t("2026-11-19") }), now)).toEqual({
      from: t("2026-11-18"),
      to: now,
    });
  });

  test("is named in records by its id, or by a name made of it", () => {
    expect(recordId("INC-1")).toBe("INC-1");
    expect(recordId("Zahlung ausgefallen, König")).toMatch(/^incident-[0-9a-f]{16}$/);
  });
});

describe("how long Prometheus remembers", () => {
  test.each([
    ["15d", 15 * DAY],
    ["1d12h", 1.5 * DAY],
    ["2w or 10GiB", 14 * DAY],
    ["1y", 365 * DAY],
    ["10GiB", undefined],
    ["", undefined],
    ["0s", undefined],
    ["15 d", undefined],
  ])("is read from %s", (text, ms) => expect(retentionTime(text)).toBe(ms));

  test("is what its own answer says, and nothing where it says nothing", () => {
    const capture = (value: unknown) => ({
      bytes: new TextEncoder().encode(JSON.stringify(value)),
      mediaType: "application/json",
      origin: "http://prom/api/v1/status/runtimeinfo",
      capturedAt: 0,
      window: { from: 0, to: 1 },
    });
    const says = (data: unknown) => prometheus.remembers?.(capture({ status: "success", data }));
    expect(says({ storageRetention: "15d" })).toBe(15 * DAY);
    expect(says({ storageRetention: 15 })).toBeUndefined();
    expect(says({ groups: [] })).toBeUndefined();
    expect(prometheus.remembers?.(capture("<html>"))).toBeUndefined();
  });
});

describe("custody preserve", () => {
  async function workspace() {
    const clock = new FakeClock("2026-11-20T12:00:00.000Z");
    const source = await new HttpSource().start();
    onTestFinished(() => source.stop());
    source.on("/api/v2/status", json({ versionInfo: {} })).on("*", json([]));
    const custody = await newWorkspace(
      `collectors:
  - { id: incidents, use: incident-log/markdown, path: ./incidents, cadence: monthly }
  - { id: alerts, use: alert-history/alertmanager, url: "${source.url}", remembers: 4d }`,
      clock,
    );
    await mkdir(join(custody.config.root, "incidents"));
    const write = (id: string, more = "") =>
      writeFile(
        join(custody.config.root, "incidents", `${id}.md`),
        `---\nid: ${id}\ntitle: ${id}\nseverity: high\ndetected: 2026-11-18T08:00:00Z\n${more}---\nText.\n`,
      );
    const collect = async () => {
      const { signal } = new AbortController();
      await declareNow(custody);
      const tasks = tasksNow(custody.config.instances, await custody.history(), clock.now(), 0);
      await runTasks(tasks, runParts(custody, signal), signal, () => {});
    };
    const entries = async () => {
      const all = [];
      for await (const { entry } of (await custody.view()).read()) all.push(entry);
      return all;
    };
    const preserve = (incident: string, over = {}) =>
      preserveIncident(custody, { incident, authority: "incident", ...over }, new AbortController().signal, () => {});
    return { custody, clock, source, write, collect, entries, preserve };
  }

  test("takes in everything about its time with the incident's name, and holds it", async () => {
    const { write, preserve, entries } = await workspace();
    // Written a moment ago: the register is looked at first.
    await write("INC-7");
    const done = await preserve("INC-7");
    expect(done.window).toEqual({ from: t("2026-11-17T08:00Z"), to: t("2026-11-20T12:00Z") });
    expect(done.kept.map(({ instance: { id }, result }) => [id, result.outcome])).toEqual([
      ["incidents", "collected"],
      ["alerts", "collected"],
    ]);
    expect(done.holds.map(({ hold }) => hold)).toEqual(["preserve-INC-7", "preserve-INC-7-time"]);
    const all = await entries();
    const runs = all.filter((entry) => entry.kind === "run" && "incident" in entry);
    expect(runs).toMatchObject([
      { trigger: "backfill", incident: "INC-7", instance: "incidents" },
      { trigger: "backfill", incident: "INC-7", instance: "alerts" },
    ]);
    expect(runs.some((entry) => "slot" in entry)).toBe(false);
    const holds = new Holds();
    for (const [index, entry] of all.entries()) holds.add(index, entry);
    for (const entry of runs) {
      const held = { digest: "0".repeat(64), records: [entry], incidents: new Set<string>() };
      expect(holds.standing.filter((hold) => covers(hold, held))).toHaveLength(2);
    }
  });

  test("collects again when it is asked again, and places no hold twice", async () => {
    const { write, preserve } = await workspace();
    await write("INC-7", "resolved: 2026-11-18T10:00:00Z\n");
    await preserve("INC-7");
    const again = await preserve("incidents/INC-7");
    expect([again.incident, again.holds, again.kept.length]).toEqual(["INC-7", [], 2]);
  });

  test("says which incident it does not know, and keeps one that no register has if told from when on", async () => {
    const { write, preserve } = await workspace();
    await write("INC-7");
    await expect(preserve("INC-8")).rejects.toThrow('no register has an incident INC-8; did you mean "INC-7"?');
    const done = await preserve("König & Söhne", { from: t("2026-11-19") });
    expect(done.record).toMatch(/^incident-/);
    expect(done.kept).toHaveLength(2);
    await expect(preserve("INC-7", { from: t("2026-11-21") })).rejects.toThrow("still to come");
  });

  test("is warned of before a source forgets, by what the configuration says of it", async () => {
    const { clock, custody, write, collect, preserve } = await workspace();
    await write("INC-7");
    await collect();
    const due = async () =>
      preservationDue({
        facts: await registerFacts(custody),
        memories: await memoriesOf(custody),
        instances: (await custody.history()).instances,
        now: custody.clock.now(),
        zone: "UTC",
      });
    expect(await memoriesOf(custody)).toEqual([{ instance: "alerts", remembers: 4 * DAY }]);
    expect(await due()).toMatchObject([{ incident: "INC-7", deadline: t("2026-11-21T08:00Z") }]);
    await preserve("INC-7");
    expect(await due()).toEqual([]);
    clock.advance(2 * DAY);
    expect(await due()).toMatchObject([{ deadline: t("2026-11-24T12:00Z") }]);
  });
});
