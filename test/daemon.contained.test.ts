import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { type Running, startRunning } from "../src/daemon/running.ts";
import { type EntryOf, isKind } from "../src/evidence/entry.ts";
import { iso } from "../src/lib/time.ts";
import { slotsOf, tally } from "../src/slots/state.ts";
import { FakeClock } from "./support/clock.ts";
import { type KeptLog, keptLog, newWorkspace } from "./support/workspace.ts";

const ZOD = pathToFileURL(join(import.meta.dirname, "../node_modules/zod/index.js")).href;
const ALL = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** A collector of somebody's own, with this as the body of `collect`. */
const plugin = (name: string, body: string, more = "") => `import { z } from "${ZOD}";
export default {
  name: "cron-health/${name}", title: "${name}", family: "cron-health", mode: "window", facts: [],
  cadence: "hourly", grace: "1h", reader: 1, blindSpots: [], permissions: [], ${more}
  config: z.object({}),
  async *collect(run) { ${body} },
  *read() {},
};
`;

async function workspaceWith(
  plugins: Readonly<Record<string, string>>,
  clock: FakeClock,
  settings = "timeout: 1s",
): Promise<Custody> {
  const custody = await newWorkspace("", clock);
  const names = Object.keys(plugins);
  for (const [name, text] of Object.entries(plugins)) await writeFile(join(custody.config.root, `${name}.mjs`), text);
  const lines = names.map((name) => `  - { id: ${name}, use: cron-health/${name}, ${settings} }`);
  const own = "  - { id: own, use: cron-health/custody, cadence: hourly, grace: 1h }";
  const text = `organisation: { name: Example, zone: UTC }
store: file:./data/store
index: postgres://127.0.0.1:9/none
portal: { listen: "127.0.0.1:0" }
plugins: [${names.map((name) => `./${name}.mjs`).join(", ")}]
collectors:
${[...lines, own].join("\n")}
`;
  await writeFile(custody.config.path, text);
  await custody.close();
  const again = new Custody(await loadConfig(custody.config.path, collectors), clock);
  onTestFinished(() => again.close());
  return again;
}

async function started(custody: Custody): Promise<Running & { log: KeptLog; wake(): Promise<void> }> {
  const log = keptLog();
  const running = await startRunning(custody, log);
  const wake = async () => {
    await running.tick();
    await running.idle();
  };
  return { ...running, log, wake };
}

async function runs(custody: Custody, instance?: string): Promise<EntryOf<"run">[]> {
  const found: EntryOf<"run">[] = [];
  for await (const { entry } of (await custody.ledger()).read())
    if (isKind(entry, "run") && (instance === undefined || entry.instance === instance)) found.push(entry);
  return found;
}

/** What the log said to people about a run of this collector. */
const told = (log: KeptLog, instance: string) =>
  log.lines.filter(({ level, details }) => level === "warn" && details.instance === instance).map((l) => l.message);

describe("a collector that misbehaves ends as a record, in words, and harms no other", () => {
  const cases: readonly (readonly [string, string, object, RegExp])[] = [
    [
      "silent",
      "await new Promise(() => {});",
      { outcome: "failed", reason: "interrupted", items: 0, covered: [] },
      /longer than 1 s/,
    ],
    [
      "stubborn",
      "for (;;) { try { await new Promise((_, no) => setTimeout(no, 50)); } catch {} }",
      { outcome: "failed", reason: "interrupted", items: 0, covered: [] },
      /longer than 1 s/,
    ],
    [
      "stringy",
      'throw "no luck today";',
      { outcome: "failed", reason: "BUG", items: 0, covered: [] },
      /broke off: no luck today/,
    ],
    ["nothing", "throw undefined;", { outcome: "failed", reason: "BUG", items: 0, covered: [] }, /broke off/],
    [
      "speechless",
      "return;",
      { outcome: "failed", reason: "BUG", items: 0, covered: [] },
      /without saying what it covered/,
    ],
    [
      "prophet",
      'return { seen: "partial", intervals: [{ from: run.window.from, to: run.now + 9e9 }], reason: "sampled", detail: "all of it" };',
      { outcome: "partial", covered: [{ from: "2026-11-20T08:00:00.000Z", to: "2026-11-20T08:05:00.000Z" }] },
      /all of it/,
    ],
  ];

  test.each(cases)("%s", async (name, body, expected, words) => {
    const clock = new FakeClock("2026-11-20T08:05:00.000Z");
    const custody = await workspaceWith({ [name]: plugin(name, body) }, clock);
    const daemon = await started(custody);
    await daemon.wake();
    await daemon.stop();
    expect(await runs(custody, name)).toMatchObject([expected]);
    expect(await runs(custody, "own")).toMatchObject([{ outcome: "collected" }]);
    expect(told(daemon.log, name).join("\n")).toMatch(words);
  });

  test("endless: what it gave up to the limit is kept, and the record says that it was too much", {
    timeout: 60_000,
  }, async () => {
    const clock = new FakeClock("2026-11-20T08:05:00.000Z");
    const body = `const bytes = new Uint8Array(60 * 1024 * 1024);
    for (;;) yield { bytes, mediaType: "application/octet-stream", origin: "everything" };`;
    const custody = await workspaceWith({ endless: plugin("endless", body) }, clock, "timeout: 5m");
    const daemon = await started(custody);
    await daemon.wake();
    await daemon.stop();
    // 1 GiB is the end, after 17 answers of 60 MiB.
    expect(await runs(custody, "endless")).toMatchObject([{ outcome: "partial", reason: "too-large", items: 17 }]);
    expect(await runs(custody, "own")).toHaveLength(1);
    expect(told(daemon.log, "endless").join("\n")).toMatch(/more than 1073741824 bytes/);
  });

  test("one that hangs is not begun a second time, and the daemon stops all the same", async () => {
    const clock = new FakeClock("2026-11-20T08:05:00.000Z");
    const body = "globalThis.begun = (globalThis.begun ?? 0) + 1; await new Promise(() => {});";
    const custody = await workspaceWith({ hung: plugin("hung", body) }, clock, "timeout: 1h");
    const daemon = await started(custody);
    for (let hour = 0; hour < 3; hour += 1) {
      await daemon.tick();
      await daemon.log.until((line) => line.details.instance === "own" && line.details.outcome === "collected");
      clock.advance(3_600_000);
    }
    await daemon.stop();
    expect((globalThis as { begun?: number }).begun).toBe(1);
    expect(await runs(custody, "hung")).toMatchObject([{ outcome: "failed", reason: "interrupted" }]);
    expect(told(daemon.log, "hung").join("\n")).toMatch(/stopped before it had read everything/);
  });
});

describe("a clock that jumps", () => {
  const HOURLY = "collectors: [{ id: own, use: cron-health/custody, cadence: hourly, grace: 1h }]";

  /** Wakes the daemon every ten minutes from one time to another. */
  async function through(daemon: { wake(): Promise<void> }, clock: FakeClock, from: string, to: string) {
    for (clock.set(from); clock.now() < Date.parse(to); clock.advance(600_000)) await daemon.wake();
  }

  const bySlot = (entries: readonly EntryOf<"run">[]) =>
    entries.flatMap(({ once }) => (once === undefined ? [] : [once]));

  test("a day back: no slot is collected twice, nothing is claimed that was still to come, and looking goes on", async () => {
    const clock = new FakeClock("2026-11-20T08:05:00.000Z");
    const custody = await newWorkspace(HOURLY, clock);
    const daemon = await started(custody);
    await through(daemon, clock, "2026-11-20T08:05:00.000Z", "2026-11-20T12:00:00.000Z");
    const before = await runs(custody);
    await through(daemon, clock, "2026-11-19T12:00:00.000Z", "2026-11-19T15:00:00.000Z");
    const since = (await runs(custody)).slice(before.length);
    // It goes on looking hourly; by the log's time all of that is the same moment, and no slot ends in it.
    expect(since.map(({ trigger }) => trigger)).toEqual(["interim", "interim", "interim"]);
    for (const run of since) {
      expect(run.at >= (before.at(-1)?.at ?? "")).toBe(true);
      for (const { to } of run.covered) expect(to <= run.started).toBe(true);
    }
    await through(daemon, clock, "2026-11-20T12:00:00.000Z", "2026-11-20T14:00:00.000Z");
    await daemon.stop();
    const once = bySlot(await runs(custody));
    expect(new Set(once).size).toBe(once.length);
    const history = (await custody.history()).instances.get("own");
    const slots = history ? slotsOf(history, ALL, clock.now()) : [];
    // The last two have just ended and just begun.
    expect(tally(slots)).toMatchObject({ collected: slots.length - 2, due: 1, open: 1 });
  });

  test("a day ahead and back again: each slot of that day has one result, and is not asked for a second time", async () => {
    const clock = new FakeClock("2026-11-20T08:05:00.000Z");
    const custody = await newWorkspace(HOURLY, clock);
    const daemon = await started(custody);
    await through(daemon, clock, "2026-11-20T08:05:00.000Z", "2026-11-20T10:00:00.000Z");
    await through(daemon, clock, "2026-11-21T10:00:00.000Z", "2026-11-21T11:30:00.000Z");
    const ahead = await runs(custody);
    await through(daemon, clock, "2026-11-20T11:30:00.000Z", "2026-11-20T14:00:00.000Z");
    const back = (await runs(custody)).slice(ahead.length);
    expect(back.length).toBeGreaterThan(0);
    expect(back.every(({ trigger }) => trigger === "interim")).toBe(true);
    await through(daemon, clock, "2026-11-21T11:30:00.000Z", "2026-11-21T14:00:00.000Z");
    await daemon.stop();
    const once = bySlot(await runs(custody));
    expect(new Set(once).size).toBe(once.length);
    const history = (await custody.history()).instances.get("own");
    const states = history ? slotsOf(history, ALL, clock.now()) : [];
    expect(new Set(states.map(({ id }) => id)).size).toBe(states.length);
    expect(iso(states.at(-1)?.from ?? 0)).toBe("2026-11-21T14:00:00.000Z");
  });
});

test("what is late anyway keeps nothing from being in time, however long it takes to catch up", async () => {
  const clock = new FakeClock("2026-11-20T08:00:00.000Z");
  const body = `globalThis.custodyTestTakes(); return { seen: "full", total: 0 };`;
  const slow = plugin("slow", body).replace(`cadence: "hourly", grace: "1h"`, `cadence: "15m", grace: "15m"`);
  const custody = await workspaceWith({ slow }, clock, "pull: 15m");
  Object.assign(globalThis, { custodyTestTakes: () => {} });
  const daemon = await started(custody);
  await daemon.wake();
  clock.set("2026-11-20T08:16:00.000Z");
  await daemon.wake();
  clock.set("2026-11-20T14:01:00.000Z");
  Object.assign(globalThis, { custodyTestTakes: () => clock.advance(4 * 60_000) });
  const back = clock.now();
  await daemon.wake();
  await daemon.stop();
  const slow1 = (await custody.history()).instances.get("slow");
  const after = (slow1 ? slotsOf(slow1, ALL, clock.now()) : []).filter(({ due }) => due >= back);
  expect(tally(after)).toMatchObject({ late: 0, missed: 0, failed: 0 });
  expect(tally(after).collected).toBeGreaterThan(3);
});

test("a clock that was set back does not make the daemon ask every minute what it has not got", async () => {
  const clock = new FakeClock("2026-11-20T07:55:00.000Z");
  const body = `globalThis.asked = (globalThis.asked ?? 0) + 1;
    if (run.now < Date.parse("2026-11-20T08:30:00Z")) return { seen: "full", total: 0 };
    return { seen: "partial", intervals: [], reason: "truncated", detail: "not now" };`;
  const custody = await workspaceWith({ partly: plugin("partly", body) }, clock, "pull: 6h");
  const daemon = await started(custody);
  await daemon.wake();
  clock.set("2026-11-20T08:05:00.000Z");
  await daemon.wake();
  clock.set("2026-11-20T09:40:00.000Z");
  await daemon.wake();
  clock.set("2026-11-20T09:05:00.000Z");
  const before = (globalThis as { asked?: number }).asked ?? 0;
  for (let minute = 0; minute < 30; minute += 1) {
    await daemon.wake();
    clock.advance(60_000);
  }
  await daemon.stop();
  // At once, as nobody knows how long ago it was, and then later each time.
  expect(((globalThis as { asked?: number }).asked ?? 0) - before).toBeLessThanOrEqual(5);
});
