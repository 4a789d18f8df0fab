import { describe, expect, onTestFinished, test, vi } from "vitest";
import { collectors } from "../collectors/index.ts";
import type { InstanceConfig } from "../src/collector/define.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { type Running, startRunning } from "../src/daemon/running.ts";
import { type Entry, isKind } from "../src/evidence/entry.ts";
import type { Clock } from "../src/lib/clock.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { restsUntil, waitAfter } from "../src/schedule/backoff.ts";
import { Listening, readListening } from "../src/schedule/listening.ts";
import { nextRunOf } from "../src/schedule/next.ts";
import { Room } from "../src/schedule/room.ts";
import { slotsOf } from "../src/slots/state.ts";
import { FakeClock } from "./support/clock.ts";
import { config, genesis, historyOf, instance, instanceOf, run } from "./support/entries.ts";
import { HttpSource } from "./support/http-source.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { type KeptLog, keptLog, newWorkspace } from "./support/workspace.ts";

const MINUTE = 60_000;
const HOURLY = `collectors: [{ id: own, use: cron-health/custody, cadence: hourly, grace: 1h }]`;

/** The same workspace as another process opens it. */
async function reopened(custody: Custody, clock: Clock): Promise<Custody> {
  const again = new Custody(await loadConfig(custody.config.path, collectors), clock);
  onTestFinished(() => again.close());
  return again;
}

async function started(
  custody: Custody,
  log: KeptLog = keptLog(),
): Promise<Running & { log: KeptLog; wake(): Promise<void> }> {
  const running = await startRunning(custody, log);
  const wake = async () => {
    await running.tick();
    await running.idle();
  };
  return { ...running, log, wake };
}

async function entries(custody: Custody): Promise<Entry[]> {
  const found: Entry[] = [];
  for await (const { entry } of (await custody.ledger()).read()) found.push(entry);
  return found;
}

async function states(custody: Custody, id = "own"): Promise<string[]> {
  const one = (await custody.history()).instances.get(id);
  const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  return one ? slotsOf(one, all, custody.clock.now()).map(({ state }) => state) : [];
}

async function source(): Promise<HttpSource> {
  const made = await new HttpSource().start();
  onTestFinished(() => made.stop());
  return made;
}

describe("a daemon that was away", () => {
  async function ranUntilNine() {
    const clock = new FakeClock("2026-11-20T08:05:00.000Z");
    const custody = await newWorkspace(HOURLY, clock);
    const first = await started(custody);
    await first.wake();
    clock.set("2026-11-20T09:01:00.000Z");
    await first.wake();
    await first.stop();
    await custody.close();
    return { clock, custody: await reopened(custody, clock) };
  }

  test("past the grace of three slots: exactly these three are late, with one gap that says why", async () => {
    const { clock, custody } = await ranUntilNine();
    clock.set("2026-11-20T13:30:00.000Z");
    const second = await started(custody);
    await second.wake();
    await second.stop();
    // 08–09 in time; 09, 10 and 11 past their grace; 12–13 still in it; 13–14 under way.
    expect(await states(custody)).toEqual(["collected", "late", "late", "late", "collected", "open"]);
    const gaps = (await entries(custody)).filter((entry) => isKind(entry, "gap"));
    expect(gaps).toMatchObject([
      {
        action: "open",
        slots: 3,
        cause: "custody-not-running",
        window: { from: "2026-11-20T09:00:00.000Z", to: "2026-11-20T12:00:00.000Z" },
      },
      { action: "close-late", slots: 3, cause: "custody-not-running" },
    ]);
  });

  test("of a source that only knows the present: exactly these three are missed for ever, with one gap", async () => {
    const clock = new FakeClock("2026-11-20T08:05:00.000Z");
    const manager = await source();
    manager.on("/api/v2/status", { headers: { "content-type": "application/json" }, body: '{"versionInfo":{}}' });
    manager.on("*", { headers: { "content-type": "application/json" }, body: "[]" });
    const custody = await newWorkspace(
      `collectors: [{ id: alerts, use: alert-history/alertmanager, url: "${manager.url}", cadence: hourly, grace: 10m }]`,
      clock,
    );
    const first = await started(custody);
    await first.wake();
    await first.stop();
    await custody.close();
    const later = await reopened(custody, clock);
    clock.set("2026-11-20T12:30:00.000Z");
    const second = await started(later);
    await second.wake();
    expect(await states(later, "alerts")).toEqual(["collected", "missed", "missed", "missed", "collected"]);
    await second.wake();
    await second.stop();
    expect((await entries(later)).filter((entry) => isKind(entry, "gap"))).toMatchObject([
      { action: "open", slots: 3, cause: "custody-not-running" },
    ]);
  });

  test("within the grace: collected, and no gap", async () => {
    const { clock, custody } = await ranUntilNine();
    clock.set("2026-11-20T10:45:00.000Z");
    const second = await started(custody);
    await second.wake();
    await second.stop();
    expect(await states(custody)).toEqual(["collected", "collected", "open"]);
    expect((await entries(custody)).some((entry) => entry.kind === "gap")).toBe(false);
  });
});

describe("the schedule", () => {
  test("declares the configuration before the first run, once", async () => {
    const clock = new FakeClock("2026-11-20T08:05:00.000Z");
    const custody = await newWorkspace(HOURLY, clock);
    const daemon = await started(custody);
    await daemon.wake();
    await daemon.wake();
    await daemon.stop();
    expect((await entries(custody)).map(({ kind }) => kind)).toEqual(["genesis", "config", "run"]);
  });

  test("asks again and again while a source refuses, later each time", async () => {
    const clock = new FakeClock("2026-11-20T08:05:00.000Z");
    const refusing = await source();
    refusing.on("*", { status: 401, headers: { "content-type": "text/plain" }, body: "no" });
    const custody = await newWorkspace(
      `collectors: [{ id: prom, use: alert-history/prometheus, url: "${refusing.url}", cadence: hourly, grace: 1h, pull: 1m }]`,
      clock,
    );
    const daemon = await started(custody);
    const tried: number[] = [];
    for (let minute = 0; minute < 50; minute += 1) {
      const before = refusing.seen.length;
      await daemon.wake();
      if (refusing.seen.length > before) tried.push(minute);
      clock.advance(MINUTE);
    }
    await daemon.stop();
    expect(tried).toEqual([0, 1, 3, 7, 15, 31]);
    expect((await entries(custody)).filter(({ kind }) => kind === "run")).toHaveLength(6);
  });

  test("a source that knows only the present is asked in every period, however often it failed, and status says when", async () => {
    const clock = new FakeClock("2026-11-20T08:05:00.000Z");
    const manager = await source();
    const answer = (status: number) => {
      const headers = { "content-type": "application/json" };
      manager.on("/api/v2/status", { status, headers, body: '{"versionInfo":{}}' });
      manager.on("*", { status, headers, body: "[]" });
    };
    answer(200);
    const custody = await newWorkspace(
      `collectors: [{ id: alerts, use: alert-history/alertmanager, url: "${manager.url}", cadence: 1m, grace: 1m, pull: 1m }]`,
      clock,
    );
    const daemon = await started(custody);
    const next = async () =>
      nextRunOf(
        custody.config.instances[0] as InstanceConfig,
        custody.config.instances,
        await custody.history(),
        clock.now(),
      );
    await daemon.wake();
    answer(401);
    for (let minute = 0; minute < 6; minute += 1) {
      const promised = await next();
      clock.advance(MINUTE);
      expect(promised).toBe(clock.now());
      await daemon.wake();
      expect((await custody.history()).instances.get("alerts")?.runs.at(-1)?.ended).toBe(clock.now());
    }
    answer(200);
    clock.advance(MINUTE);
    await daemon.wake();
    clock.advance(2 * MINUTE);
    await daemon.stop();
    expect(await states(custody, "alerts")).not.toContain("missed");
  });

  test("is not held up by a source that hangs, and does not ask it twice at once", async () => {
    const clock = new FakeClock("2026-11-20T08:05:00.000Z");
    const hanging = await source();
    hanging.on("*", "silence");
    const custody = await newWorkspace(
      `collectors:
  - { id: prom, use: alert-history/prometheus, url: "${hanging.url}", cadence: hourly, grace: 1h }
  - { id: own, use: cron-health/custody, cadence: hourly, grace: 1h }`,
      clock,
    );
    const daemon = await started(custody);
    const collected = (slot: string) => (line: { details: Record<string, unknown> }) =>
      line.details.slot === slot && line.details.outcome === "collected";
    await daemon.tick();
    await daemon.log.until(collected("own@2026-11-20T08:00:00.000Z"));
    clock.set("2026-11-20T10:05:00.000Z");
    // The first wake-ups may still find it at the end of its run before.
    await vi.waitFor(
      async () => {
        await daemon.tick();
        expect(daemon.log.lines.some(collected("own@2026-11-20T09:00:00.000Z"))).toBe(true);
      },
      { timeout: 20_000 },
    );
    expect(hanging.seen.length).toBeLessThanOrEqual(1);
    await daemon.stop();
    const runs = (await entries(custody)).filter((entry) => isKind(entry, "run"));
    expect(runs.filter((entry) => entry.instance === "prom")).toMatchObject([
      { outcome: "failed", reason: "interrupted" },
    ]);
  });

  test("signs at most every ten seconds, and again what could not be signed", async () => {
    const clock = new FakeClock("2026-11-20T08:05:00.000Z");
    const custody = await newWorkspace(HOURLY, clock);
    const daemon = await started(custody);
    const ledger = await custody.ledger();
    const publish = ledger.publish.bind(ledger);
    let refused = 0;
    ledger.publish = () => {
      refused += 1;
      return Promise.reject(new CustodyError("STORE_UNREACHABLE", "the store is away"));
    };
    await daemon.wake();
    expect([refused, ledger.dirty]).toEqual([0, true]);
    clock.advance(10_000);
    await daemon.log.until(({ details }) => details.code === "STORE_UNREACHABLE");
    expect([refused, ledger.dirty]).toEqual([1, true]);
    ledger.publish = publish;
    // Two sleep: the next signing and the next mark.
    await vi.waitFor(() => expect(clock.sleeping).toHaveLength(2));
    clock.advance(10_000);
    await daemon.log.until(({ message }) => message === "signed");
    expect(ledger.dirty).toBe(false);
    await daemon.stop();
  });

  test("goes on trying, loudly, while the store does not answer", async () => {
    const clock = new FakeClock("2026-11-20T08:05:00.000Z");
    const custody = await newWorkspace(HOURLY, clock);
    const open = custody.ledger.bind(custody);
    custody.ledger = () => Promise.reject(new CustodyError("STORE_UNREACHABLE", "the store is away"));
    const daemon = await started(custody);
    await daemon.wake();
    const loud = daemon.log.lines.filter(
      ({ level, details }) => level === "error" && details.code === "STORE_UNREACHABLE",
    );
    expect(loud).toHaveLength(2);
    expect((await fetch(`${daemon.url}ready`)).status).toBe(503);
    expect((await fetch(`${daemon.url}health`)).status).toBe(200);
    custody.ledger = open;
    await daemon.wake();
    expect((await fetch(`${daemon.url}ready`)).status).toBe(200);
    await daemon.stop();
    expect(await states(custody)).toEqual(["open"]);
  });

  test("does not end before a round that is under way, and what that records is signed", async () => {
    const clock = new FakeClock("2026-11-20T08:05:00.000Z");
    const custody = await newWorkspace(HOURLY, clock);
    const daemon = await started(custody);
    const ledger = await custody.ledger();
    const append = ledger.append.bind(ledger);
    let recorded: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      recorded = resolve;
    });
    const asked = new Promise<void>((resolve) => {
      ledger.append = async (drafts) => {
        resolve();
        await held;
        return append(drafts);
      };
    });
    void daemon.tick();
    await asked;
    const stopped = daemon.stop();
    await expect(Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, 300, "waits"))])).resolves.toBe(
      "waits",
    );
    recorded();
    await stopped;
    expect((await entries(custody)).map(({ kind }) => kind)).toEqual(["genesis", "config"]);
    expect(ledger.dirty).toBe(false);
  });

  test("halts when the ledger contradicts itself", async () => {
    const custody = await newWorkspace(HOURLY, new FakeClock("2026-11-20T08:05:00.000Z"));
    const daemon = await started(custody);
    (await custody.ledger()).append = () => Promise.reject(new CustodyError("LEDGER_FORKED", "history was rewritten"));
    await daemon.tick();
    expect((await daemon.halted).code).toBe("LEDGER_FORKED");
    await daemon.stop();
  });
});

describe("waiting", () => {
  test("doubles from a minute up to a bound", () => {
    expect([0, 1, 2, 3, 7, 8, 1000].map((n) => waitAfter(n) / MINUTE)).toEqual([0, 1, 2, 4, 60, 60, 60]);
  });

  test("counts failures in a row, and one success ends it", () => {
    const base = [genesis("2026-11-19"), config("2026-11-19", [instance()])];
    const failing = [1, 2, 3].map((n) => run(`2026-11-20T10:0${n}Z`, { outcome: "unavailable" }));
    const last = Date.parse("2026-11-20T10:03:00Z");
    expect(restsUntil(instanceOf([...base, ...failing]))).toBe(last + 4 * MINUTE);
    const good = run("2026-11-20T10:04Z", { covered: [["2026-11-20T00:00Z", "2026-11-20T10:04Z"]] });
    expect(restsUntil(instanceOf([...base, ...failing, good]))).toBe(Date.parse("2026-11-20T10:04:00Z"));
  });

  test("a source that asked to be left alone is, for an hour at most", () => {
    const now = [genesis("2026-11-19"), config("2026-11-19", [instance({ mode: "snapshot", cadence: "1m" })])];
    const failed = (notBefore: string) =>
      instanceOf([...now, run("2026-11-20T10:03Z", { outcome: "unavailable", notBefore })]);
    expect(restsUntil(failed("2026-11-20T10:20:00.000Z"))).toBe(Date.parse("2026-11-20T10:20Z"));
    expect(restsUntil(failed("2027-11-20T10:20:00.000Z"))).toBe(Date.parse("2026-11-20T11:03Z"));
  });

  test("of a source that can be asked later, status names the end of the wait and not the next regular look", () => {
    const entries = [
      genesis("2026-11-19"),
      config("2026-11-19", [instance({ cadence: "hourly" })]),
      ...[1, 2, 3].map((n) =>
        run(`2026-11-20T10:0${n}Z`, { outcome: "unavailable", started: `2026-11-20T10:0${n}:00.000Z` }),
      ),
    ];
    const one = { id: "jobs", pull: MINUTE, grace: "1h", cadence: "hourly", zone: "UTC" } as InstanceConfig;
    const at = nextRunOf(one, [one], historyOf(entries), Date.parse("2026-11-20T10:03:30Z"));
    expect(at).toBe(Date.parse("2026-11-20T10:07:00Z"));
  });

  test("room: those that take long give their place away", async () => {
    const clock = new FakeClock();
    const room = new Room(clock);
    await Promise.all(Array.from({ length: 8 }, () => room.enter()));
    const ninth = room.enter();
    clock.advance(MINUTE);
    const leave = await ninth;
    leave();
    leave();
  });
});

describe("what is claimed about the inbox", () => {
  test("is what it listened, also after a crash, and not the time the machine slept", async () => {
    const folder = await temporaryFolder();
    const first = new Listening(folder, 1_000_000);
    await first.mark(1_005_000);
    await first.mark(1_010_000);
    // A crash here; five minutes later:
    const second = new Listening(folder, 1_310_000);
    await second.mark(1_315_000);
    // The lid was shut for an hour.
    await second.mark(4_915_000);
    await second.mark(4_920_000);
    expect(readListening(folder)).toEqual([
      { from: 1_000_000, to: 1_010_000 },
      { from: 1_310_000, to: 1_315_000 },
      { from: 4_915_000, to: 4_920_000 },
    ]);
  });

  test("reaches up to now while it listens: no hole because the file lags behind", async () => {
    const clock = new FakeClock("2026-11-20T08:00:00.000Z");
    const custody = await newWorkspace(
      `collectors: [{ id: jobs, use: cron-health/ping, cadence: hourly, token: "\${env:NONE}" }]`,
      clock,
    );
    const daemon = await started(custody);
    clock.advance(3_000);
    await daemon.wake();
    clock.set("2026-11-20T08:00:04.000Z");
    await daemon.stop();
    const [one] = (await entries(custody)).filter((entry) => isKind(entry, "run"));
    expect(one).toMatchObject({
      outcome: "collected",
      covered: [{ from: "2026-11-20T08:00:00.000Z", to: "2026-11-20T08:00:03.000Z" }],
    });
  });
});
