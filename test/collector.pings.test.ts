import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { jobPings } from "../collectors/job-pings.ts";
import { type Expectation, lookback, missedPings } from "../collectors/ping/missed.ts";
import { readFacts } from "../src/collector/facts.ts";
import { receivedIn } from "../src/collector/history.ts";
import { acceptMessage } from "../src/collector/intake.ts";
import { isCustodyError } from "../src/lib/errors.ts";
import { iso } from "../src/lib/time.ts";
import { FakeClock } from "./support/clock.ts";
import { describeCollector } from "./support/collector-contract.ts";
import { CANARY, DAY, instanceOf, runOver } from "./support/collector-run.ts";
import { RecordingLedger } from "./support/recording-ledger.ts";

const HOUR = 3_600_000;
const config = { token: "${env:PING_TOKEN}", jobs: [{ job: "backup", every: "daily", grace: "1h" }] };
const read = (name: string) => readFileSync(new URL(`recordings/job-pings/${name}`, import.meta.url));
const always = [{ from: DAY.from - 40 * 24 * HOUR, to: DAY.to + 40 * 24 * HOUR }];

async function send(ledger: RecordingLedger, path: string, at: string | number, body = ""): Promise<void> {
  const receivedAt = typeof at === "string" ? Date.parse(at) : at;
  const message = { bytes: Buffer.from(body), mediaType: "text/plain", path, receivedAt };
  await acceptMessage({ instance: instanceOf(jobPings, config), message, ledger, secrets: [CANARY] });
}

async function inbox(...pings: (readonly [path: string, at: string])[]) {
  const ledger = new RecordingLedger();
  for (const [path, at] of pings) await send(ledger, path, at, `token ${CANARY}`);
  return {
    received: (since: number) => receivedIn(ledger.read(), ledger.blob, "tested", since),
    listening: () => always,
    inboxLedger: ledger,
  };
}

describeCollector(jobPings, {
  config,
  recordings: [
    { bytes: read("ping.json"), mediaType: "application/vnd.custody.ping+json", origin: "hook:backup/17" },
    { bytes: read("schedule.json"), mediaType: "application/vnd.custody.ping-schedule+json", origin: "ledger:" },
  ],
  source: () => inbox(["backup", "2026-11-19T01:00:03Z"], ["backup", "2026-11-20T01:00:04Z"]),
  short: async () => ({ ...(await inbox()), listening: () => [{ from: DAY.from + HOUR, to: DAY.to }] }),
});

describe("a report", () => {
  test("says by its address how the job went, and keeps its output without secrets", async () => {
    const ledger = new RecordingLedger();
    await send(ledger, "backup/start", "2026-11-20T01:00:00Z");
    await send(ledger, "backup", "2026-11-20T01:04:00Z", `done\nkey ${CANARY}\n`);
    await send(ledger, "rotate/17", "2026-11-20T02:00:00Z", "\xff");
    await send(ledger, "rotate/0", "2026-11-20T03:00:00Z");
    await send(ledger, "rotate/fail", "2026-11-20T04:00:00Z");
    const found = await Promise.all(ledger.entries.map((entry) => readFacts(entry, ledger.blob, [jobPings])));
    expect(found.flatMap(({ problems }) => problems)).toEqual([]);
    expect(found.flatMap(({ facts }) => facts.map(({ fact }) => fact))).toMatchObject([
      { id: "backup@2026-11-20T01:00:00.000Z", outcome: "started", startedAt: Date.parse("2026-11-20T01:00:00Z") },
      { id: "backup@2026-11-20T01:04:00.000Z", outcome: "success", endedAt: Date.parse("2026-11-20T01:04:00Z") },
      { job: "rotate", outcome: "failure", detail: "exit code 17" },
      { job: "rotate", outcome: "success", detail: "exit code 0" },
      { job: "rotate", outcome: "failure", detail: null },
    ]);
    expect(ledger.everything()).toContain("(masked:secret)");
    expect(ledger.everything()).not.toContain(CANARY);
  });

  test.each(["", "a b", "backup/256", "backup/maybe", "backup/0/1", "../x", "-x"])(
    "at the address %j is refused with the addresses there are",
    async (path) => {
      const refused = await send(new RecordingLedger(), path, 0).catch((error) => error);
      expect(isCustodyError(refused, "INPUT_INVALID")).toBe(true);
      expect(refused.message).toContain("/<job>/fail");
    },
  );

  test("counts each time it is sent, even when nothing but the time differs", async () => {
    const ledger = new RecordingLedger();
    await send(ledger, "backup", "2026-11-20T01:00:00Z");
    await send(ledger, "backup", "2026-11-20T01:00:00.001Z");
    expect(ledger.entries).toHaveLength(2);
  });
});

describe("a run over the inbox", () => {
  test("shows a report that did not come as a missed run, out of the stored bytes alone", async () => {
    const source = await inbox(["backup", "2026-11-19T01:00:00Z"], ["backup/start", "2026-11-20T01:00:00Z"]);
    const { ledger, draft } = await runOver(jobPings, { config, ...source });
    expect(draft).toMatchObject({ outcome: "collected", total: 1, found: { facts: 1, problems: 0 } });
    const entry = ledger.entries.at(-1);
    const { facts } = await readFacts(entry as never, ledger.blob, [jobPings]);
    expect(facts.map(({ fact }) => fact)).toEqual([
      {
        kind: "job-run",
        id: "backup@2026-11-20T01:00:00.000Z",
        job: "backup",
        startedAt: Date.parse("2026-11-20T01:00:00Z"),
        endedAt: null,
        outcome: "missed",
        detail: "no report between 2026-11-19T01:00:00.000Z and 2026-11-20T02:00:00.000Z",
      },
    ]);
  });

  test("claims only the time in which the inbox listened", async () => {
    const heard = { from: DAY.from + 2 * HOUR, to: DAY.from + 20 * HOUR };
    const { draft } = await runOver(jobPings, { config, ...(await inbox()), listening: () => [heard] });
    expect(draft).toMatchObject({ outcome: "partial", reason: "not-listening" });
    expect(draft.covered).toEqual([{ from: iso(heard.from), to: iso(heard.to) }]);
  });

  test("judges nothing that lies in the future", async () => {
    const clock = new FakeClock("2026-11-20T01:30:00Z");
    const source = await inbox(["backup", "2026-11-19T01:00:00Z"]);
    const { draft } = await runOver(jobPings, { config, ...source, clock, trigger: "interim" });
    expect(draft.found.facts).toBe(0);
    expect(draft.covered).toEqual([{ from: iso(DAY.from), to: "2026-11-20T01:30:00.000Z" }]);
  });
});

describe("missed reports", () => {
  const job = { job: "backup", every: "daily", grace: HOUR };
  const expectation = (over: Partial<Expectation>): Expectation => {
    return { zone: "Europe/Berlin", window: DAY, jobs: [job], reports: [], listening: always, ...over };
  };
  const at = (time: string) => ({ job: "backup", at: Date.parse(time) });
  const expected = (over: Partial<Expectation>) => missedPings(expectation(over)).map((missed) => iso(missed.expected));

  test("a report that wanders a little within the grace is never missed, also around midnight", () => {
    const reports = [-2, -1, 0, 1].map((day) => ({
      job: "backup",
      at: DAY.from + day * 24 * HOUR + (day % 2) * 1_000_000,
    }));
    expect(expected({ reports })).toEqual([]);
  });

  test("a silent job is missed once a step: first by its last report, then by the calendar", () => {
    const week = { from: DAY.from, to: DAY.from + 7 * 24 * HOUR };
    expect(expected({ window: week, reports: [at("2026-11-21T01:00:00Z")] })).toEqual([
      "2026-11-19T23:00:00.000Z",
      "2026-11-20T23:00:00.000Z",
      "2026-11-22T01:00:00.000Z",
      "2026-11-23T23:00:00.000Z",
      "2026-11-24T23:00:00.000Z",
      "2026-11-25T23:00:00.000Z",
    ]);
  });

  test("the day on which clocks change has its own length", () => {
    const window = { from: Date.parse("2026-10-24T22:00:00Z"), to: Date.parse("2026-10-25T23:00:00Z") };
    const reports = [at("2026-10-24T08:00:00Z"), at("2026-10-25T09:55:00Z")];
    expect(expected({ window, reports, jobs: [{ ...job, grace: HOUR }] })).toEqual([]);
  });

  test("judging in parts finds the same as judging at once", () => {
    const whole = { from: DAY.from, to: DAY.from + 14 * 24 * HOUR };
    const reports = [0, 1, 2, 5, 6, 11].map((day) => ({ job: "backup", at: DAY.from + day * 24 * HOUR + 7 * HOUR }));
    for (const every of ["daily", "6h", "hourly", "weekly"]) {
      const jobs = [{ ...job, every }];
      const parts: string[] = [];
      for (let from = whole.from; from < whole.to; from += 9 * HOUR) {
        const window = { from, to: Math.min(from + 9 * HOUR, whole.to) };
        const since = from - lookback(jobs[0] ?? job, "Europe/Berlin");
        const known = reports.filter((report) => report.at >= since && report.at < window.to);
        parts.push(...expected({ window, jobs, reports: known }));
      }
      expect(parts).toEqual(expected({ window: whole, jobs, reports }));
    }
  });

  test("a job that was never heard of counts after a whole step of listening, or from its `since` on", () => {
    const listening = [{ from: DAY.from + 12 * HOUR, to: DAY.to + 48 * HOUR }];
    const window = { from: DAY.from, to: DAY.to + 48 * HOUR };
    expect(expected({ listening, window })).toEqual(["2026-11-21T23:00:00.000Z"]);
    const since = Date.parse("2026-11-20T08:00:00Z");
    expect(expected({ window, jobs: [{ ...job, since }] })).toEqual([
      "2026-11-21T08:00:00.000Z",
      // The step after that would have ended on the 22nd at 8, beyond the last midnight of the window.
    ]);
  });

  test("silence while the inbox was away is told as such, and none is claimed when it was away all the time", () => {
    const reports = [at("2026-11-19T01:00:00Z")];
    const away = { from: Date.parse("2026-11-20T00:30:00Z"), to: Date.parse("2026-11-20T01:30:00Z") };
    const listening = [
      { from: DAY.from - 99 * HOUR, to: away.from },
      { from: away.to, to: DAY.to },
    ];
    expect(missedPings(expectation({ reports, listening }))).toMatchObject([{ deaf: [away] }]);
    expect(missedPings(expectation({ reports, listening: [] }))).toEqual([]);
  });
});
