import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { parseConfig } from "../src/config/config.ts";
import { startRunning } from "../src/daemon/running.ts";
import { type Entry, isKind } from "../src/evidence/entry.ts";
import { isCustodyError } from "../src/lib/errors.ts";
import { askReference, ClockWatch } from "../src/watch/clock.ts";
import { ntpRequest, parseNtp, readingOf } from "../src/watch/ntp.ts";
import { offsetInWords, stateOf } from "../src/watch/reading.ts";
import { FakeClock } from "./support/clock.ts";
import { type NtpHabits, ntpAnswer, startNtp } from "./support/ntp.ts";
import { keptLog, newWorkspace } from "./support/workspace.ts";

const NOW = Date.parse("2026-11-20T12:00:00.250Z");
const HOUR = 3_600_000;
const never = new AbortController().signal;
const LIMITS = { limit: 600_000, warn: 2_000 };

describe("a time server is asked as RFC 5905 says:", () => {
  test("the offset is what it is ahead of our clock, to the millisecond", async () => {
    const clock = new FakeClock(NOW);
    const { url } = await startNtp(() => ({ now: () => NOW + 1_234 }));
    const reading = await askReference({ use: "ntp", url }, clock, never);
    expect(reading.offset).toBe(1_234);
    expect(reading.uncertainty).toBeLessThan(50);
  });

  test("half of the way is taken off, and the whole way is in the uncertainty", () => {
    const answer = { stratum: 1, received: 1_060, sent: 1_080, rootDelay: 0, rootDispersion: 0 };
    expect(readingOf(answer, 1_000, 1_120)).toMatchObject({ offset: 10, uncertainty: 51 });
  });

  test("beyond the 136 years of its counter it means the time that is near ours", () => {
    const later = Date.parse("2040-05-01T00:00:00.000Z");
    const { packet, nonce } = ntpRequest();
    const { sent } = parseNtp(ntpAnswer(packet, { now: () => later + 40 }), nonce, later);
    expect(Math.abs(sent - later - 40)).toBeLessThan(1);
  });

  const bad: [string, Partial<NtpHabits>, RegExp][] = [
    ["repeats another question", { forged: true }, /not asked/],
    ["does not know the time", { leap: 3 }, /does not know the time/],
    ["is nobody's server", { stratum: 16 }, /does not know the time/],
    ["asks to be left alone", { stratum: 0 }, /RATE/],
    ["answers as a client", { mode: 3 }, /another kind/],
    ["is unsure by seconds", { rootDispersion: 5 }, /unsure/],
    ["breaks off", { short: true }, /20 bytes/],
  ];
  test.each(bad)("one that %s is not believed", async (_, habits, says) => {
    const { url } = await startNtp(() => ({ now: () => NOW, ...habits }));
    const asking = askReference({ use: "ntp", url }, new FakeClock(NOW), never);
    await expect(asking).rejects.toSatisfy((e) => isCustodyError(e, "SOURCE_ANSWER") && says.test(e.message));
  });

  test("one that is silent is unreachable, and nothing waits for it for long", async () => {
    const { url } = await startNtp(() => ({ now: () => NOW, silent: true }));
    const given = AbortSignal.timeout(50);
    await expect(askReference({ use: "ntp", url }, new FakeClock(NOW), given)).rejects.toMatchObject({
      code: "SOURCE_UNREACHABLE",
    });
  });

  test("one to which no way leads is unreachable at once, and ends no process", async () => {
    const asking = askReference({ use: "ntp", url: "ntp://255.255.255.255" }, new FakeClock(NOW), never);
    await expect(asking).rejects.toSatisfy(
      (e) => isCustodyError(e, "SOURCE_UNREACHABLE") && /\(E[A-Z]+\)/.test(e.message),
    );
  });

  test("one whose name is looked up for too long is unreachable, as any that is silent", async () => {
    const given = new AbortController();
    const asking = askReference({ use: "ntp", url: "ntp://localhost" }, new FakeClock(NOW), given.signal);
    given.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    await expect(asking).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE" });
  });
});

async function webServer(headers: Record<string, string>): Promise<string> {
  const server = createServer((_, response) => {
    response.sendDate = false;
    response.writeHead(302, { location: "http://127.0.0.1:9/", ...headers }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe("a web server is asked for its Date:", () => {
  test("whatever its status; it is right to a second", async () => {
    const url = await webServer({ date: "Fri, 20 Nov 2026 12:00:30 GMT" });
    const reading = await askReference({ use: "https", url }, new FakeClock("2026-11-20T12:00:00.000Z"), never);
    expect(reading).toMatchObject({ use: "https", offset: 30_500, uncertainty: 500 });
  });

  test.each([
    ["none", {}],
    ["no date", { date: "soon" }],
    ["one out of a cache", { date: "Fri, 20 Nov 2026 12:00:30 GMT", age: "20" }],
  ])("%s is not believed", async (_, headers) => {
    const url = await webServer(headers as Record<string, string>);
    await expect(askReference({ use: "https", url }, new FakeClock(NOW), never)).rejects.toMatchObject({
      code: "SOURCE_ANSWER",
    });
  });
});

describe("the clock is judged", () => {
  test("in favour of the machine as far as the measurement is uncertain", () => {
    const state = (offset: number, uncertainty: number) => stateOf({ offset, uncertainty }, LIMITS);
    expect([state(2_400, 500), state(-2_600, 500), state(600_400, 500), state(-600_600, 500)]).toEqual([
      "right",
      "off",
      "off",
      "wrong",
    ]);
    expect([-1_234, 95_000, 900_000, 26 * HOUR].map(offsetInWords)).toEqual([
      "1.2 s",
      "1 min 35 s",
      "15 min",
      "1 d 2 h",
    ]);
  });

  test("at most every five minutes, and one wild answer alone stops nothing", async () => {
    const clock = new FakeClock(NOW);
    const offsets = [24 * HOUR, 3, 24 * HOUR, 24 * HOUR];
    let asked = 0;
    const watch = new ClockWatch({ use: "ntp", url: "ntp://example" }, LIMITS, clock, async () => {
      const offset = offsets[asked++] ?? 0;
      return { use: "ntp", offset, uncertainty: 1, at: clock.now() };
    });
    expect((await watch.look(never))?.state).toBe("right");
    clock.advance(299_000);
    await Promise.all([watch.look(never), watch.look(never)]);
    expect(asked).toBe(2);
    clock.advance(2_000);
    expect((await watch.look(never))?.state).toBe("wrong");
    expect(asked).toBe(4);
  });
});

const CONFIG = (url: string) => `clock: { reference: "${url}" }
collectors: [{ id: own, use: cron-health/custody, cadence: hourly, grace: 1h }]`;

async function entriesOf(custody: Awaited<ReturnType<typeof newWorkspace>>): Promise<Entry[]> {
  const found: Entry[] = [];
  for await (const { entry } of (await custody.view()).read()) found.push(entry);
  return found;
}

describe("a configuration of the clock", () => {
  const parsed = (clock: string) =>
    parseConfig(
      `organisation: { name: A, zone: UTC }\nstore: file:./data/store\nclock: ${clock}`,
      "/nowhere/custody.yaml",
      collectors,
      {},
    );

  test.each([
    '{ reference: "ftp://example.com" }',
    '{ reference: "http://example.com" }',
    '{ reference: "ntp://anna:secret@example.com" }',
    '{ reference: "https://example.com/?token=secret" }',
    '{ reference: "pool.ntp.org" }',
    "{ limit: 1s }",
    "{ warn: soon }",
  ])("%s is refused with its line, and nothing of it is repeated", async (text) => {
    await expect(parsed(text)).rejects.toSatisfy(
      (error) =>
        isCustodyError(error, "CONFIG_INVALID") &&
        /custody.yaml:3: clock/.test(error.message) &&
        !/secret/.test(error.message),
    );
  });

  test("stands at ten minutes and two seconds, and nobody is asked unless one is named", async () => {
    expect((await parsed("{}")).clock).toEqual({ reference: undefined, limit: 600_000, warn: 2_000 });
    expect((await parsed('{ reference: "ntp://pool.ntp.org", limit: 5m }')).clock).toMatchObject({ limit: 300_000 });
  });
});

describe("a daemon whose clock is compared", () => {
  test("writes the offset into each run; by a clock that is behind it collects nothing and says why", async () => {
    const clock = new FakeClock(NOW);
    let ahead = 120;
    const { url } = await startNtp(() => ({ now: () => clock.now() + ahead }));
    const custody = await newWorkspace(CONFIG(url), clock);
    const running = await startRunning(custody, keptLog());
    onTestFinished(() => running.stop());
    await running.tick();
    await running.idle();
    ahead = 26 * HOUR;
    clock.advance(HOUR);
    await running.tick();
    await running.idle();
    const runs = (await entriesOf(custody)).filter(({ kind }) => kind === "run");
    expect(runs[0]).toMatchObject({ outcome: "collected", reference: { use: "ntp", offset: 120 } });
    expect(runs.at(-1)).toMatchObject({
      outcome: "failed",
      reason: "clock-wrong",
      covered: [],
      items: 0,
      reference: { offset: 26 * HOUR },
    });
    const gaps = (await entriesOf(custody)).filter(({ kind }) => kind === "gap");
    expect(gaps).toMatchObject([{ requirement: "clock", instance: "custody", action: "open", cause: "clock-wrong" }]);
  });

  test("by a clock that is ahead it records nothing at all, until it is right again", async () => {
    const clock = new FakeClock(NOW);
    let ahead = -26 * HOUR;
    const { url } = await startNtp(() => ({ now: () => clock.now() + ahead }));
    const custody = await newWorkspace(
      `${CONFIG(url).replace("}]", '}, { id: jobs, use: cron-health/ping, token: "${file:token}" }]')}`,
      clock,
    );
    await import("node:fs/promises").then((fs) => fs.writeFile(`${custody.config.root}/token`, "a-token-of-the-test"));
    const log = keptLog();
    const running = await startRunning(custody, log);
    onTestFinished(() => running.stop());
    const before = (await entriesOf(custody)).length;
    await running.tick();
    await running.idle();
    expect(await entriesOf(custody)).toHaveLength(before);
    expect(log.lines.find(({ details }) => details.code === "CLOCK_WRONG")).toBeDefined();
    const ready = await fetch(`${running.url}ready`, { headers: { accept: "application/json" } });
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ ready: false });
    const ping = () =>
      fetch(`${running.url}hooks/jobs/backup`, {
        method: "POST",
        headers: { authorization: "Bearer a-token-of-the-test" },
      });
    expect((await ping()).status).toBe(503);

    ahead = 0;
    clock.advance(301_000);
    await running.tick();
    await running.idle();
    expect((await fetch(`${running.url}ready`)).status).toBe(200);
    expect((await ping()).status).toBe(202);
    const entries = await entriesOf(custody);
    expect(entries.some((one) => isKind(one, "run") && one.outcome === "collected")).toBe(true);
    expect(entries.every(({ at }) => Date.parse(at) <= clock.now())).toBe(true);
  });

  test("a reference that does not answer forbids nothing and is claimed nowhere", async () => {
    const clock = new FakeClock(NOW);
    const { url } = await startNtp(() => ({ now: () => NOW, stratum: 0 }));
    const custody = await newWorkspace(CONFIG(url), clock);
    const running = await startRunning(custody, keptLog());
    onTestFinished(() => running.stop());
    await running.tick();
    await running.idle();
    const run = (await entriesOf(custody)).find(({ kind }) => kind === "run");
    expect(run).toMatchObject({ outcome: "collected" });
    expect(run).not.toHaveProperty("reference");
  });
});
