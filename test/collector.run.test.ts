import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import {
  type Answer,
  type Collector,
  type Coverage,
  defineCollector,
  type Run,
  secret,
} from "../src/collector/define.ts";
import { readFacts } from "../src/collector/facts.ts";
import { decodeManifest } from "../src/evidence/manifest.ts";
import { CustodyError } from "../src/lib/errors.ts";
import { FakeClock, SkippingClock } from "./support/clock.ts";
import { CANARY, DAY, type RunOptions, runOver } from "./support/collector-run.ts";
import { HttpSource, json, rateLimited } from "./support/http-source.ts";
import { RecordingLedger } from "./support/recording-ledger.ts";

const HOUR = 3_600_000;
type Collect = (run: Run<Record<string, never>>) => AsyncGenerator<Answer, Coverage>;

const text = (content: string, over: Partial<Answer> = {}): Answer => {
  return { bytes: Buffer.from(content), mediaType: "text/plain", origin: "test", ...over };
};
const FULL: Coverage = { seen: "full" };
const ending = (coverage: (run: Run<Record<string, never>>) => Coverage, ...answers: Answer[]): Collect =>
  async function* (run) {
    yield* answers;
    return coverage(run);
  };

/** A collector whose reader takes each line for the name of a job. */
function collectorOf(collect: Collect, over: Partial<Collector> = {}): Collector {
  return defineCollector({
    name: "cron-health/test",
    title: "Test source",
    family: "cron-health",
    mode: "window",
    facts: ["job-run"],
    cadence: "daily",
    grace: "1h",
    config: z.strictObject({}),
    reader: 3,
    blindSpots: [],
    permissions: [],
    collect: collect as Collector["collect"],
    *read({ bytes }) {
      for (const job of Buffer.from(bytes).toString().split("\n").filter(Boolean)) {
        yield { kind: "job-run", id: job, job, startedAt: null, endedAt: null, outcome: "success", detail: null };
      }
    },
    ...over,
  });
}

const run = (collect: Collect, options: RunOptions & { over?: Partial<Collector> } = {}) => {
  const { over, ...rest } = options;
  return runOver(collectorOf(collect, over), rest);
};

function manifestOf(ledger: RecordingLedger, digest: string | undefined) {
  return decodeManifest(ledger.blobs.get(digest ?? "") ?? new Uint8Array());
}

describe("a run", () => {
  test("stores each capture before it asks for the next, then the manifest, then its one entry", async () => {
    const ledger = new RecordingLedger();
    const seen: number[] = [];
    const { draft } = await run(
      async function* () {
        yield text("a");
        seen.push(ledger.blobs.size);
        yield text("b");
        seen.push(ledger.blobs.size);
        return FULL;
      },
      { ledger },
    );
    expect(seen).toEqual([1, 2]);
    expect(ledger.calls).toEqual(["text/plain", "text/plain", "application/vnd.custody.manifest+json", "run"]);
    expect(draft).toMatchObject({
      kind: "run",
      actor: { type: "system", id: "custody" },
      outcome: "collected",
      window: { from: "2026-11-19T23:00:00.000Z", to: "2026-11-20T23:00:00.000Z" },
      covered: [{ from: "2026-11-19T23:00:00.000Z", to: "2026-11-20T23:00:00.000Z" }],
      items: 2,
      found: { reader: 3, facts: 2, problems: 0 },
      requests: 0,
    });
    expect(draft).not.toHaveProperty("reason");
  });

  test("keeps where and when each capture was taken in the manifest", async () => {
    const { ledger, draft } = await run(async function* () {
      const request = { method: "GET", url: "http://x/a" };
      yield text("a", {
        origin: "http://x/a",
        modifiedAt: DAY.from + 0.5,
        request,
        status: 200,
        headers: { etag: "1" },
        parameters: { zone: "UTC" },
      });
      yield text("b", { mediaType: 'Text/HTML; Charset="UTF-8"; x', modifiedAt: Number.NaN, origin: "half \ud800" });
      return FULL;
    });
    const manifest = manifestOf(ledger, draft.manifest?.digest);
    expect(manifest).toMatchObject({ v: 1, instance: "tested", use: "cron-health/test", reader: 3, problems: [] });
    expect(manifest.captures).toMatchObject([
      {
        origin: "http://x/a",
        capturedAt: "2026-11-21T00:00:00.000Z",
        modifiedAt: "2026-11-19T23:00:00.000Z",
        status: 200,
        masked: [],
        parameters: { zone: "UTC" },
      },
      { mediaType: "text/html; charset=UTF-8", origin: "half \ufffd" },
    ]);
  });

  test("names the first 16 captures in its entry and all of them in the manifest", async () => {
    const { ledger, draft } = await run(async function* () {
      for (let i = 0; i < 20; i++) yield text(`job ${i}`);
      return { seen: "full", total: 20 };
    });
    expect(draft).toMatchObject({ items: 20, total: 20 });
    expect(draft.evidence).toHaveLength(16);
    expect(manifestOf(ledger, draft.manifest?.digest).captures).toHaveLength(20);
  });
});

describe("what a run claims", () => {
  test("ends where the run began, however far its window reaches", async () => {
    const clock = new FakeClock(DAY.from + 5 * HOUR);
    const { draft } = await run(
      async function* () {
        clock.advance(HOUR);
        yield text("a");
        return FULL;
      },
      { clock, trigger: "interim" },
    );
    expect(draft).toMatchObject({
      outcome: "collected",
      started: "2026-11-20T04:00:00.000Z",
      ended: "2026-11-20T05:00:00.000Z",
    });
    expect(draft.covered).toEqual([{ from: "2026-11-19T23:00:00.000Z", to: "2026-11-20T04:00:00.000Z" }]);
  });

  test("lies within the window, joined and in order", async () => {
    const pieces = ending(() => {
      const intervals = [
        { from: DAY.from + 6 * HOUR, to: DAY.to + HOUR },
        { from: DAY.from - HOUR, to: DAY.from + HOUR },
        { from: DAY.from + HOUR, to: DAY.from + 2 * HOUR },
      ];
      return { seen: "partial", intervals, reason: "retention", detail: "older lines were deleted" };
    });
    const { draft, message } = await run(pieces);
    expect(draft).toMatchObject({ outcome: "partial", reason: "retention", items: 0 });
    expect(draft.covered).toEqual([
      { from: "2026-11-19T23:00:00.000Z", to: "2026-11-20T01:00:00.000Z" },
      { from: "2026-11-20T05:00:00.000Z", to: "2026-11-20T23:00:00.000Z" },
    ]);
    expect(message).toBe(
      "Test source (tested), 20 Nov 2026, 00:00 to 21 Nov 2026, 00:00 Europe/Berlin: only partly collected: older lines were deleted.",
    );
  });

  test("of a source that only knows the present is a moment, and never one to come", async () => {
    const { draft } = await run(ending(({ now }) => ({ seen: "instant", at: now + 99 * HOUR })));
    expect(draft).toMatchObject({ outcome: "collected", covered: [], instants: ["2026-11-21T00:00:00.000Z"] });
  });

  test("fits into an entry, also in very many pieces", async () => {
    const intervals = Array.from({ length: 2_000 }, (_, i) => {
      return { from: DAY.from + i * 40_000, to: DAY.from + i * 40_000 + 10_000 + i };
    });
    const sampled = ending(() => ({ seen: "partial", intervals, reason: "sampled", detail: "every 40 s" }));
    expect((await run(sampled)).draft.covered).toHaveLength(250);
  });

  test.each([
    undefined,
    null,
    "full",
    { seen: "everything" },
    { seen: "partial", intervals: [], reason: "lazy", detail: "" },
  ])("is nothing where the collector does not say it properly: %j", async (coverage) => {
    const { draft, message } = await run(async function* () {
      yield text("a");
      return coverage as Coverage;
    });
    expect(draft).toMatchObject({ outcome: "failed", covered: [], reason: "BUG", items: 1 });
    expect(message).toContain("without saying what it covered");
  });
});

describe("a run that goes wrong still ends with one entry", () => {
  const thrown: readonly (readonly [unknown, outcome: string, withItems: string, reason: string])[] = [
    [new CustodyError("SOURCE_UNREACHABLE", "no answer"), "unavailable", "partial", "SOURCE_UNREACHABLE"],
    [new CustodyError("SOURCE_REFUSED", "token expired"), "failed", "failed", "SOURCE_REFUSED"],
    [new CustodyError("SOURCE_MISCONFIGURED", "no such project"), "failed", "failed", "SOURCE_MISCONFIGURED"],
    [new CustodyError("SOURCE_ANSWER", "a web page"), "failed", "failed", "SOURCE_ANSWER"],
    [new CustodyError("SOURCE_TRUNCATED", "cut off"), "partial", "partial", "truncated"],
    [new CustodyError("SOURCE_TOO_LARGE", "too much"), "partial", "partial", "too-large"],
    [new TypeError("x is not a function"), "failed", "failed", "BUG"],
    ["a string", "failed", "failed", "BUG"],
    [undefined, "failed", "failed", "BUG"],
    [{ code: "SOURCE_UNREACHABLE" }, "failed", "failed", "BUG"],
  ];
  test.each(thrown)("when the collector throws %s", async (error, outcome, withItems, reason) => {
    const ledger = new RecordingLedger();
    const without = await run(
      // biome-ignore lint/correctness/useYield: it fails before it has anything
      async function* () {
        throw error;
      },
      { ledger },
    );
    expect(without.draft).toMatchObject({ outcome, reason, covered: [], items: 0 });
    const having = await run(
      async function* () {
        yield text("kept");
        throw error;
      },
      { ledger },
    );
    expect(having.draft).toMatchObject({ outcome: withItems, reason, covered: [], items: 1, found: { facts: 1 } });
    expect(ledger.entries).toHaveLength(2);
    expect(manifestOf(ledger, having.draft.manifest?.digest).detail).toBeDefined();
  });

  test("when the collector cannot even begin", async () => {
    const { draft } = await run((() => {
      throw new Error("no generator");
    }) as never);
    expect(draft).toMatchObject({ outcome: "failed", reason: "BUG" });
    expect((await run((() => 5) as never)).draft).toMatchObject({ outcome: "failed", reason: "BUG" });
  });

  test("when a secret is not there, and the message says which", async () => {
    const over = {
      source: () => {
        throw new CustodyError("SECRET_UNAVAILABLE", "the environment has no TOKEN", { remedy: "Set it." });
      },
    };
    const collect = ending(() => FULL);
    const { draft, message } = await run(collect, { over });
    expect(draft).toMatchObject({ outcome: "failed", reason: "SECRET_UNAVAILABLE" });
    expect(message).toContain("the environment has no TOKEN. Set it.");
  });

  test("when the collector never returns", async () => {
    const { draft, message } = await run(
      async function* () {
        yield text("kept");
        await new Promise(() => undefined);
        return FULL;
      },
      { limits: { runTimeout: 20 } },
    );
    expect(draft).toMatchObject({ outcome: "partial", reason: "interrupted", items: 1, covered: [] });
    expect(message).toContain("took longer than 1 s");
  });

  test("when it is told to stop in the middle, whatever the collector throws then", async () => {
    const stop = new AbortController();
    const { draft } = await run(
      async function* ({ signal }) {
        yield text("kept");
        stop.abort();
        if (signal.aborted) throw new TypeError("socket closed");
        return FULL;
      },
      { signal: stop.signal },
    );
    expect(draft).toMatchObject({ outcome: "partial", reason: "interrupted", items: 1 });
  });

  test("when an answer is too large, or there are too many", async () => {
    const large = await run(async function* () {
      yield text("kept");
      yield { bytes: new Uint8Array(64 * 1024 * 1024 + 1), mediaType: "text/plain", origin: "huge" };
      return FULL;
    });
    expect(large.draft).toMatchObject({ outcome: "partial", reason: "too-large", items: 1 });
    expect(large.message).toContain("huge has 67108865 bytes");
    const endless: Collect = async function* () {
      for (let i = 0; ; i++) yield text(`job ${i % 10}`);
    };
    expect((await run(endless, { limits: { captures: 30 } })).draft).toMatchObject({ reason: "too-large", items: 30 });
    expect((await run(endless, { limits: { bytes: 50 } })).draft).toMatchObject({ reason: "too-large", items: 10 });
  });

  test.each([null, 5, {}, { bytes: "text", mediaType: "text/plain", origin: "" }])(
    "when it yields %j",
    async (value) => {
      const { draft } = await run(async function* () {
        yield text("kept");
        yield value as unknown as Answer;
        return FULL;
      });
      expect(draft).toMatchObject({ outcome: "failed", reason: "BUG", items: 1 });
    },
  );
});

describe("a reader that goes wrong costs nothing", () => {
  const two: Collect = async function* () {
    yield text("a");
    yield text("b");
    return FULL;
  };
  test("when it throws, the run is collected and the problem is told", async () => {
    const over: Partial<Collector> = {
      read() {
        throw new Error("unexpected shape");
      },
    };
    const { draft, problems } = await run(two, { over });
    expect(draft).toMatchObject({ outcome: "collected", items: 2, found: { facts: 0, problems: 2 } });
    expect(problems[0]).toEqual({
      kind: "problem",
      where: "test",
      message: "the reader of cron-health/test could not go on: unexpected shape",
    });
  });

  test("when it never ends, or yields what is no fact or of no declared kind", async () => {
    const silence = { kind: "silence", id: "1", by: null, comment: null, matches: "", startsAt: 0, endsAt: 0 };
    const over: Partial<Collector> = {
      *read() {
        yield silence as never;
        yield null as never;
      },
    };
    expect((await run(two, { over })).draft.found).toMatchObject({ facts: 0, problems: 4 });
    const endless: Partial<Collector> = {
      *read() {
        for (;;) yield { kind: "problem", where: "", message: "again" };
      },
    };
    expect((await run(two, { over: endless })).draft.found.problems).toBe(2_002);
  });
});

describe("the ledger's failures are not the collector's", () => {
  const one: Collect = async function* () {
    yield text("a");
    return FULL;
  };
  const full = new CustodyError("STORE_FULL", "no room");
  test.each(["text/plain", "manifest"])(
    "when %s cannot be stored, the error is thrown on and nothing is claimed",
    async (what) => {
      const ledger = new RecordingLedger();
      ledger.beforePut = (_, mediaType) => {
        if (mediaType.includes(what)) throw full;
      };
      await expect(run(one, { ledger })).rejects.toBe(full);
      expect(ledger.entries).toEqual([]);
    },
  );

  test("when the entry cannot be appended, what was collected stays stored", async () => {
    const ledger = new RecordingLedger();
    ledger.beforeAppend = () => {
      throw full;
    };
    await expect(run(one, { ledger })).rejects.toBe(full);
    expect(ledger.blobs.size).toBe(2);
  });

  test("when the collector reads the ledger and swallows the error", async () => {
    const unreachable = new CustodyError("STORE_UNREACHABLE", "gone");
    const ownRuns = () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(unreachable) }) });
    const swallows: Collect = async function* ({ ownRuns: runs }) {
      yield text("a");
      try {
        for await (const _ of runs());
      } catch {}
      return FULL;
    };
    await expect(run(swallows, { ownRuns })).rejects.toBe(unreachable);
  });
});

describe("the same slot collected twice counts once", () => {
  const slot = { id: "tested@2026-11-19T23:00:00.000Z", ...DAY };
  const full = ending(() => FULL);
  const most = [{ from: DAY.from, to: DAY.to - 1 }];
  const partial = ending(() => ({ seen: "partial", intervals: most, reason: "truncated", detail: "" }));

  test("for full coverage after the slot's end, and the second run is told so", async () => {
    const ledger = new RecordingLedger();
    const first = await run(full, { slot, ledger });
    expect(first.draft).toMatchObject({ once: `slot:${slot.id}`, slot: slot.id });
    const second = await run(full, { slot, ledger, trigger: "manual" });
    expect(second.appended).toEqual({ ...first.appended, repeated: true });
    expect(second.message).toContain("already collected by another run");
    expect(ledger.entries).toHaveLength(1);
  });

  test("never for interim runs, backfills, parts, failures, or before the slot has ended", async () => {
    const early = new FakeClock(DAY.to - 1);
    const wide = { ...slot, from: DAY.from - HOUR };
    for (const options of [
      { trigger: "interim" },
      { trigger: "backfill" },
      { clock: early },
      { slot: wide },
    ] as const) {
      expect((await run(full, { slot, ...options })).draft).not.toHaveProperty("once");
    }
    expect((await run(partial, { slot })).draft).not.toHaveProperty("once");
    const moment = ending(({ now }) => ({ seen: "instant", at: now }));
    expect((await run(moment, { slot, clock: early })).draft).not.toHaveProperty("once");
    expect((await run(moment, { slot })).draft).toHaveProperty("once");
    expect((await run(full, {})).draft).not.toHaveProperty("once");
  });
});

describe("a run over HTTP", () => {
  const config = { token: "${env:TOKEN}" };
  async function startSource() {
    const http = await new HttpSource().start();
    onTestFinished(() => http.stop());
    const over: Partial<Collector> = {
      config: z.strictObject({ token: secret() }),
      source: (parsed, reveal) => {
        const { token } = parsed as { token: Parameters<typeof reveal>[0] };
        return { base: http.url, headers: { "x-token": Buffer.from(reveal(token)).toString("base64") } };
      },
    };
    const collect: Collect = async function* ({ get }) {
      yield await get("/a", { token: CANARY });
      yield await get("/b");
      return FULL;
    };
    return { http, over, collect };
  }

  test("hides what was revealed wherever the source repeats it, and says how often", async () => {
    const { http, over, collect } = await startSource();
    http.on("/a", json({ echo: CANARY, again: [CANARY] }, { etag: CANARY })).on("/b", json([]));
    const { ledger, draft, message } = await run(collect, { config, over });
    const [first] = manifestOf(ledger, draft.manifest?.digest).captures;
    expect(first).toMatchObject({
      masked: [{ rule: "secret", count: 2 }],
      origin: `${http.url}/a?token=(masked:secret)`,
    });
    expect(draft).toMatchObject({ outcome: "collected", requests: 2, items: 2 });
    expect(draft.clockOffset).toBeTypeOf("number");
    const everything = ledger.everything() + message;
    expect(everything).not.toContain("cAnAry");
    expect(everything).not.toContain(Buffer.from(CANARY).toString("base64"));
  });

  test("says of a source that keeps silent that it did not answer, and waits for it until the run is over", async () => {
    const { http, over, collect } = await startSource();
    http.on("*", "silence");
    const { draft, message } = await run(collect, { config, over, limits: { runTimeout: 200 } });
    expect(draft).toMatchObject({ outcome: "unavailable", reason: "SOURCE_UNREACHABLE", items: 0 });
    expect(message).toMatch(/\/a\S* did not answer within 1 s\. Check that the source runs/);
    http.on("/a", json("job"));
    const begun = await run(collect, { config, over, limits: { runTimeout: 200 } });
    expect(begun.draft).toMatchObject({ outcome: "partial", reason: "interrupted", items: 1 });
  });

  test("notes until when a source asks to be left alone", async () => {
    const { http, over, collect } = await startSource();
    http.on("*", rateLimited("3600"));
    const { draft } = await run(collect, { config, over, clock: new SkippingClock(DAY.to + HOUR) });
    expect(draft).toMatchObject({ outcome: "unavailable", notBefore: new Date(DAY.to + 2 * HOUR).toISOString() });
  });

  test("keeps what came before the source fell silent", async () => {
    const { http, over, collect } = await startSource();
    http.on("/a", json("job")).on("/b", rateLimited("2"));
    const clock = new SkippingClock(DAY.to + HOUR);
    const { draft, message } = await run(collect, { config, over, clock });
    expect(draft).toMatchObject({
      outcome: "partial",
      reason: "SOURCE_UNREACHABLE",
      items: 1,
      requests: 5,
      covered: [],
    });
    expect(clock.slept).toEqual([2_000, 2_000, 2_000]);
    expect(message).toContain("answered with an error (status 429) 4 times");
  });
});

test("a capture that was kept reads the same out of the ledger as during the run", async () => {
  const collect = ending(() => FULL, text("backup\nprune"), text("backup"));
  const { ledger, facts, problems } = await run(collect);
  const found = await readFacts(ledger.entries[0] as never, ledger.blob, [collectorOf(collect)]);
  expect([found.facts.length, found.problems.length]).toEqual([facts, problems.length]);
  expect(facts).toBe(3);
});
