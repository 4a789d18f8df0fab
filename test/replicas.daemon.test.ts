import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { collectors } from "../collectors/index.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { type Running, startRunning } from "../src/daemon/running.ts";
import { type Entry, isKind } from "../src/evidence/entry.ts";
import { guardRow } from "../src/index/guard-row.ts";
import type { Clock } from "../src/lib/clock.ts";
import { FakeClock } from "./support/clock.ts";
import { HttpSource } from "./support/http-source.ts";
import { type GivenPostgres, givenPostgres } from "./support/index-postgres.ts";
import { temporaryFolder } from "./support/ledger.ts";
import { type KeptLog, keptLog, newWorkspace } from "./support/workspace.ts";

const MINUTE = 60_000;
let postgres: GivenPostgres;
beforeAll(async () => {
  postgres = await givenPostgres();
  return () => postgres.stop();
});

type Replica = Running & { readonly custody: Custody; readonly log: KeptLog; wake(): Promise<void> };

async function start(custody: Custody): Promise<Replica> {
  const log = keptLog();
  const running = await startRunning(custody, log);
  onTestFinished(() => running.stop().catch(() => {}));
  const wake = async () => {
    await running.tick();
    await running.idle();
  };
  return { ...running, custody, log, wake };
}

/** A first machine, with a source of its own that answers what the test says. */
async function first(clock: Clock, source: HttpSource, more = ""): Promise<Custody> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "index"), postgres.url);
  return newWorkspace(
    `collectors:\n  - { id: prom, use: alert-history/prometheus, url: "${source.url}", cadence: hourly, grace: 1h, jitter: 0s }\n${more}`,
    clock,
    { index: `\${file:${join(folder, "index")}}` },
  );
}

/** A second machine for the same log: a folder of its own with the same key, over the same store. */
async function second(one: Custody, clock: Clock): Promise<Custody> {
  const folder = await temporaryFolder();
  const { root } = one.config;
  for (const part of ["data/keys", "data/state/head", "ledger.vkey"])
    await cp(join(root, part), join(folder, part), { recursive: true });
  const text = await readFile(join(root, "custody.yaml"), "utf8");
  await writeFile(join(folder, "custody.yaml"), text.replace("file:./data/store", `file:${join(root, "data/store")}`));
  const custody = new Custody(await loadConfig(join(folder, "custody.yaml"), collectors), clock);
  onTestFinished(() => custody.close());
  return custody;
}

async function hanging(): Promise<{ source: HttpSource; asked: Promise<void> }> {
  const source = await new HttpSource().start();
  onTestFinished(() => source.stop());
  const asked = new Promise<void>((resolve) => {
    source.on("*", () => {
      resolve();
      return "silence";
    });
  });
  return { source, asked };
}

async function entries(custody: Custody): Promise<Entry[]> {
  const found: Entry[] = [];
  for await (const { entry } of (await custody.ledger()).read()) found.push(entry);
  return found;
}

const runsIn = async (custody: Custody) => (await entries(custody)).filter((entry) => isKind(entry, "run"));

describe("two replicas", () => {
  test("do not ask one source at once; what a replica had begun is taken over as soon as it is stopped", async () => {
    const clock = new FakeClock();
    const { source, asked } = await hanging();
    const one = await start(await first(clock, source));
    const other = await start(await second(one.custody, clock));
    void one.tick();
    await asked;
    const before = source.seen.length;
    await other.wake();
    expect(source.seen).toHaveLength(before);

    await one.stop();
    expect((await runsIn(other.custody)).map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ["failed", "interrupted"],
    ]);
    clock.advance(1_000);
    void other.tick();
    await vi.waitFor(() => expect(source.seen.length).toBeGreaterThan(before));
  });

  test("look again once it is their turn: what was done meanwhile is not done twice", async () => {
    const clock = new FakeClock();
    const source = await new HttpSource().start();
    onTestFinished(() => source.stop());
    const one = await start(await first(clock, source));
    const other = await start(await second(one.custody, clock));
    await Promise.all([one.wake(), other.wake()]);
    expect(await runsIn(one.custody)).toHaveLength(1);
  });

  test("that start at once record their configuration once", async () => {
    const clock = new FakeClock();
    const source = await new HttpSource().start();
    onTestFinished(() => source.stop());
    const custody = await first(clock, source, "masking: [{ id: mail, kind: email }]\n");
    const all = [custody, await second(custody, clock), await second(custody, clock)];
    // Each has read the log before any of them writes.
    await Promise.all(all.map((one) => one.history()));
    const running = await Promise.all(all.map(start));
    await Promise.all(running.map((one) => one.wake()));
    const kinds = (await entries(custody)).map(({ kind }) => kind);
    // Those of the second and the third name another path of the store, so theirs is another configuration, and the same.
    expect(kinds.filter((kind) => kind === "config").length).toBeLessThanOrEqual(2);
    expect(kinds.filter((kind) => kind === "masking-rule")).toHaveLength(1);
  });
});

describe("an inbox with two replicas", () => {
  async function listeners() {
    const clock = new FakeClock("2026-11-20T11:59:00.000Z");
    const source = await new HttpSource().start();
    onTestFinished(() => source.stop());
    const jobs =
      '  - { id: jobs, use: cron-health/ping, token: "${file:./token}", cadence: 15m, grace: 10m, jitter: 0s }\n';
    const custody = await first(clock, source, jobs);
    const one = await start(custody);
    await passUntil("2026-11-20T12:00:30.000Z", clock, 1);
    await one.wake();
    await passUntil("2026-11-20T12:05:00.000Z", clock, 1);
    const other = await start(await second(custody, clock));
    const outcomes = async () =>
      (await runsIn(custody)).flatMap((run) => (isKind(run, "run") && run.instance === "jobs" ? [run.outcome] : []));
    return { clock, one, other, outcomes };
  }

  /** The clock goes on in small steps, at each of which so many write down that they listen: a longer silence is a machine asleep. */
  async function passUntil(time: string, clock: FakeClock, daemons: number): Promise<void> {
    const marked = () => expect(clock.sleeping.filter((ms) => ms === 5_000).length).toBeGreaterThanOrEqual(daemons);
    while (clock.now() < Date.parse(time)) {
      await vi.waitFor(marked, { interval: 1 });
      clock.set(Math.min(clock.now() + 25_000, Date.parse(time)));
    }
    await vi.waitFor(marked, { interval: 1 });
  }

  test("is answered for by the one that listened all the time", async () => {
    const { clock, one, other, outcomes } = await listeners();
    await passUntil("2026-11-20T12:16:00.000Z", clock, 2);
    await other.wake();
    expect(await outcomes()).toEqual(["collected"]);
    await one.wake();
    expect(await outcomes()).toEqual(["collected", "collected"]);
  });

  test("is answered for in part by the one that is left, once half of the grace is over", async () => {
    const { clock, one, other, outcomes } = await listeners();
    await one.stop();
    await passUntil("2026-11-20T12:19:00.000Z", clock, 1);
    await other.wake();
    expect(await outcomes()).toEqual(["collected"]);
    await passUntil("2026-11-20T12:21:00.000Z", clock, 1);
    await other.wake();
    expect(await outcomes()).toContain("partial");
  });
});

test("a daemon whose database goes away says so, records and signs on, and tells it everything once it is back", async () => {
  const clock = new FakeClock();
  const source = await new HttpSource().start();
  onTestFinished(() => source.stop());
  const { custody, log, url, wake } = await start(await first(clock, source));
  await wake();
  const ready = async () => {
    const response = await fetch(`${url}ready`);
    return [response.status, await response.text()];
  };
  expect(await ready()).toEqual([200, "ready\n"]);
  const rowSize = async () => {
    const { name } = await custody.pinnedKey();
    return (await guardRow(await custody.database(), name).newest())?.size;
  };

  await postgres.halt();
  const ledger = await custody.ledger();
  clock.advance(MINUTE * 61);
  await wake();
  await vi.waitFor(async () => {
    clock.advance(10_000);
    expect(ledger.dirty).toBe(false);
    expect(log.lines.some(({ level, message }) => level === "error" && message.includes("goes on recording"))).toBe(
      true,
    );
  });
  const { size } = ledger;
  expect((await runsIn(custody)).length).toBeGreaterThan(1);
  const [status, said] = await ready();
  expect([status, said]).toEqual([
    200,
    expect.stringMatching(/^ready, without the database since .*; recording goes on\n$/),
  ]);
  const warnings = log.lines.filter(({ message }) => message.includes("goes on recording"));
  expect(warnings).toHaveLength(1);

  await postgres.start();
  await vi.waitFor(async () => {
    clock.advance(10_000);
    expect(log.lines.some(({ message }) => message.includes("answers again"))).toBe(true);
  }, 10_000);
  expect(await rowSize()).toBeGreaterThanOrEqual(size);
  expect(await ready()).toEqual([200, "ready\n"]);
});
