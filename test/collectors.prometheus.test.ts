import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { claim, parseRetention } from "../collectors/prometheus/coverage.ts";
import { prometheus } from "../collectors/prometheus.ts";
import type { Fact, FactOf } from "../src/evidence/fact.ts";
import { type Interval, iso, parseDuration } from "../src/lib/time.ts";
import { FakeClock, SkippingClock } from "./support/clock.ts";
import { type Collecting, collecting, read } from "./support/collecting.ts";
import { describeCollector } from "./support/collector-contract.ts";
import { CANARY, DAY as CONTRACT_DAY } from "./support/collector-run.ts";
import { HttpSource, html, json, type Reply, serverError } from "./support/http-source.ts";
import { type PastSeries, startHistory } from "./support/prometheus.ts";
import { describeWith } from "./support/tools.ts";

const recording = (name: string): string =>
  readFileSync(new URL(`./recordings/prometheus/${name}`, import.meta.url), "utf8");

type Alert = FactOf<"alert">;
const alertsIn = (facts: readonly Fact[]): Alert[] => facts.filter((fact): fact is Alert => fact.kind === "alert");
const alertsOf = async (of: Collecting): Promise<Alert[]> => alertsIn((await of.facts()).map(({ fact }) => fact));

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Matrix {
  readonly status: "success";
  readonly data: { readonly resultType: "matrix"; readonly result: readonly object[] };
}

/** Both series of the recorded episodes in one answer, as the collector asks for them. */
function recordedEpisodes(): Matrix {
  const [alerts, since] = ["ALERTS", "ALERTS_FOR_STATE"].map(
    (name) => JSON.parse(recording(`prom-query-${name}-rangevector.json`)) as Matrix,
  );
  const result = [...(alerts?.data.result ?? []), ...(since?.data.result ?? [])];
  return { status: "success", data: { resultType: "matrix", result } };
}

const page = (from: number, to: number) => ({ parameters: { page: { from: iso(from), to: iso(to) } } });

describe("reading the recorded history", () => {
  test("tells two firings of one alert apart, each to the millisecond as Alertmanager told of it", () => {
    const { facts, problems } = read(
      prometheus,
      JSON.stringify(recordedEpisodes()),
      page(1795240900000, 1795240960000),
    );
    expect(problems).toEqual([]);
    const alerts = alertsIn(facts);
    // From alertmanager-webhooks.jsonl of the same minute.
    expect(alerts.map(({ startsAt, endsAt, state }) => [iso(startsAt), iso(endsAt ?? 0), state])).toEqual([
      ["2026-11-21T06:01:52.988Z", "2026-11-21T06:01:58.988Z", "resolved"],
      ["2026-11-21T06:02:03.988Z", "2026-11-21T06:02:10.988Z", "resolved"],
    ]);
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(2);
    expect(alerts[0]).toMatchObject({ name: "TargetDown", severity: "critical" });
    expect(alerts[0]?.labels).not.toHaveProperty("alertstate");
  });

  test("an alert whose next samples could not be there yet goes on", () => {
    const { facts } = read(prometheus, JSON.stringify(recordedEpisodes()), page(1795240900000, 1795240931000));
    expect(alertsIn(facts)[1]).toMatchObject({ endsAt: null, state: "firing" });
  });

  test("without a page, as in an imported file, the last sample is as far as it speaks", () => {
    const { facts } = read(prometheus, JSON.stringify(recordedEpisodes()));
    expect(alertsIn(facts).map(({ state }) => state)).toEqual(["resolved", "firing"]);
  });

  test("an alert that never fired stays pending", () => {
    const answer = JSON.parse(JSON.stringify(recordedEpisodes()).replaceAll('"firing"', '"pending"')) as Matrix;
    const alerts = alertsIn(read(prometheus, JSON.stringify(answer), page(1795240900000, 1795240960000)).facts);
    expect(alerts.map(({ state }) => state)).toEqual(["pending", "pending"]);
    expect(iso(alerts[0]?.startsAt ?? 0)).toBe("2026-11-21T06:01:50.988Z");
  });

  test("alerts without ALERTS_FOR_STATE beside them are a problem that says what to do", () => {
    const { facts, problems } = read(prometheus, recording("prom-query-ALERTS-rangevector.json"));
    expect(facts).toEqual([]);
    expect(problems[0]?.message).toContain("no ALERTS_FOR_STATE");
  });

  test("rules become an inventory; annotations and state stay out", () => {
    const { facts, problems } = read(prometheus, recording("prom-rules.json"));
    expect(problems).toEqual([]);
    expect(facts).toEqual([
      {
        kind: "alert-rule",
        id: 'rules.yml;custody;TargetDown{severity="critical"}',
        name: "TargetDown",
        severity: "critical",
        expression: 'up{job="target"} == 0',
      },
    ]);
  });

  test("a rule that fails or is not evaluated, a refused configuration and nobody to tell are problems", () => {
    const failing = recording("prom-rules.json").replace('"health":"ok"', '"health":"err","lastError":"no such thing"');
    const found = (text: string, at = Date.parse("2026-11-21T06:02:00Z")) =>
      read(prometheus, text, { capturedAt: at }).problems.map(({ message }) => message);
    expect(found(failing)[0]).toContain("cannot evaluate this rule, so it never fires: no such thing");
    expect(found(recording("prom-rules.json"), Date.parse("2026-11-21T06:30:00Z"))[0]).toContain("last evaluated");
    expect(found(recording("prom-runtimeinfo.json"))).toEqual([]);
    expect(found(recording("prom-runtimeinfo.json").replace('Success":true', 'Success":false'))[0]).toContain(
      "refused",
    );
    expect(found(recording("prom-alertmanagers.json"))).toEqual([]);
    const nobody = '{"status":"success","data":{"activeAlertmanagers":[],"droppedAlertmanagers":[]}}';
    expect(found(nobody)[0]).toContain("no Alertmanager");
  });

  test.each([
    ["", "nothing"],
    ["<!doctype html><p>Sign in", "a web page"],
    [recording("prom-error-resolution.json"), "status"],
    ['{"status":"success","data":{"resultType":"vector","result":[]}}', "something else"],
    [
      '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"ALERTS"},"values":[[1,2,3],["x","1"],[1e300,"1"]]}]}}',
      "3 of 3 samples",
    ],
    [
      '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"ALERTS","alertname":"\\u0000"},"values":[]}]}}',
      "without NUL",
    ],
    ['{"status":"success","data":{"groups":[null,{"name":"g","file":"f","rules":[1]}]}}', "not a group"],
  ])("bad input is a problem and never an error: %s", (text, message) => {
    const { facts, problems } = read(prometheus, text);
    expect(facts).toEqual([]);
    expect(problems[0]?.message).toContain(message);
  });

  test("the recordings are as Prometheus specifies them, but for what its older version does not send", () => {
    const document = JSON.parse(recording("prometheus-api-v1.trimmed.openapi.json"));
    const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
    ajv.addSchema(document, "prometheus");
    const faults = (name: string, value: unknown): string[] => {
      const validate = ajv.getSchema(`prometheus#/components/schemas/${name}`);
      return validate?.(value) ? [] : (validate?.errors ?? []).map(({ message }) => message ?? "");
    };
    expect(faults("QueryOutputBody", recordedEpisodes())).toEqual([]);
    expect(faults("RulesOutputBody", JSON.parse(recording("prom-rules.json")))).toEqual([]);
    expect(faults("AlertmanagersOutputBody", JSON.parse(recording("prom-alertmanagers.json")))).toEqual([]);
    expect(faults("StatusRuntimeInfoOutputBody", JSON.parse(recording("prom-runtimeinfo.json")))).toEqual(
      ["hostname", "serverTime", "GOMEMLIMIT"].map((field) => `must have required property '${field}'`),
    );
  });
});

describe("what a run claims", () => {
  const now = Date.parse("2026-11-21T00:00:00Z");
  const asked = { from: now - DAY, to: now };

  test.each([
    ["15d", 15 * DAY],
    ["15d or 10GiB", 15 * DAY],
    ["1w2d", 9 * DAY],
    ["10GiB", undefined],
    ["", undefined],
  ])("reads the retention %s", (text, expected) => {
    expect(parseRetention(text)).toBe(expected);
  });

  test("is everything where Prometheus was never silent and all was read", () => {
    expect(claim(asked, now, [], [], {})).toEqual({ seen: "full" });
  });

  test("leaves out an interruption", () => {
    const silence = { from: now - 3 * HOUR, to: now - 2 * HOUR };
    expect(claim(asked, now, [silence], [], { startTime: iso(silence.to), storageRetention: "15d" })).toMatchObject({
      seen: "partial",
      reason: "interrupted",
      intervals: [
        { from: asked.from, to: silence.from },
        { from: silence.to, to: asked.to },
      ],
    });
  });

  test("names retention, and a first start within the window, as the reason for a missing beginning", () => {
    const silence = { from: asked.from, to: now - 2 * HOUR };
    expect(claim(asked, now, [silence], [], { storageRetention: "2h" })).toMatchObject({ reason: "retention" });
    const started = { startTime: iso(silence.to - 1000), storageRetention: "15d" };
    expect(claim(asked, now, [silence], [], started)).toMatchObject({
      reason: "retention",
      intervals: [{ from: silence.to, to: now }],
    });
  });

  test("is nothing where Prometheus gave no sign of life", () => {
    const all = { from: asked.from - 1, to: asked.to + 1 };
    expect(claim(asked, now, [all], [], {})).toMatchObject({ seen: "partial", intervals: [] });
  });
});

const T0 = Date.parse("2026-11-10T00:00:00.000Z");
const STEP = 30_000;
/** Evaluations do not come at whole seconds. */
const PHASE = 123;

interface Past {
  readonly name: string;
  /** First evaluation at which the condition holds, and first at which it does not, relative to T0. */
  readonly from: number;
  readonly to: number;
  readonly for: number;
}

/** The series Prometheus writes for alerts that go by one name, one after another. */
function seriesOf(pasts: readonly Past[]): PastSeries[] {
  const name = pasts[0]?.name ?? "";
  const labels = { alertname: name, severity: "page", job: "api" };
  const firing: [number, number][] = [];
  const pending: [number, number][] = [];
  const since: [number, number][] = [];
  for (const past of pasts) {
    for (let at = past.from; at < past.to; at += STEP) {
      const time = T0 + PHASE + at;
      (at - past.from >= past.for ? firing : pending).push([time, 1]);
      since.push([time, Math.floor((T0 + PHASE + past.from) / 1000)]);
    }
  }
  return [
    { name: "ALERTS", labels: { ...labels, alertstate: "firing" }, samples: firing },
    { name: "ALERTS", labels: { ...labels, alertstate: "pending" }, samples: pending },
    { name: "ALERTS_FOR_STATE", labels, samples: since },
  ].filter(({ samples }) => samples.length > 0);
}

describeWith(["prometheus", "promtool"], "three days in a real Prometheus", () => {
  const short = { name: "Short", from: 5 * HOUR, to: 5 * HOUR + 20 * MINUTE, for: 2 * MINUTE };
  const edge = { name: "AcrossAPage", from: 5 * HOUR + 50 * MINUTE, to: 6 * HOUR + 30 * MINUTE, for: 2 * MINUTE };
  const night = { name: "AcrossMidnight", from: 22 * HOUR, to: 27 * HOUR, for: 5 * MINUTE };
  const atEdge = { name: "EndsAtMidnight", from: 23 * HOUR, to: DAY, for: 0 };
  const flap1 = { name: "Flapping", from: 30 * HOUR, to: 30 * HOUR + 2 * MINUTE, for: 0 };
  const flap2 = { name: "Flapping", from: 30 * HOUR + 3 * MINUTE, to: 30 * HOUR + 4 * MINUTE, for: 0 };
  const long = { name: "TenHours", from: 34 * HOUR, to: 44 * HOUR, for: 5 * MINUTE };
  const never = { name: "NeverFired", from: 50 * HOUR, to: 50 * HOUR + MINUTE, for: 5 * MINUTE };
  const always = { name: "Watchdog", from: 10 * MINUTE, to: 3 * DAY, for: 0 };
  const whole = { from: T0, to: T0 + 3 * DAY };
  const outage = { from: T0 + 60 * HOUR, to: T0 + 61 * HOUR };

  let server: Awaited<ReturnType<typeof startHistory>>;
  beforeAll(async () => {
    const up: [number, number][] = [];
    for (let at = T0 - MINUTE; at < T0 + 3 * DAY; at += STEP) if (at < outage.from || at >= outage.to) up.push([at, 1]);
    const alerts = [[short], [edge], [night], [atEdge], [flap1, flap2], [long], [never], [always]];
    server = await startHistory([{ name: "up", labels: { job: "api" }, samples: up }, ...alerts.flatMap(seriesOf)]);
  });
  afterAll(() => server?.stop());

  const start = (now: number) => {
    const clock = new FakeClock(now);
    return { clock, made: collecting(prometheus, { url: server.prometheus.url }, clock) };
  };

  /** What there is to find, by name and beginning: start and end, and the state. */
  const truth = (past: Past): unknown[] => [
    past.name,
    iso(T0 + PHASE + past.from + past.for),
    iso(T0 + PHASE + past.to),
    "resolved",
  ];
  const told = (alerts: readonly Alert[]): unknown[][] =>
    alerts
      .map(({ name, startsAt, endsAt, state }) => [name, iso(startsAt), endsAt && iso(endsAt), state])
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const wholeSecond = (at: number) => iso(Math.floor(at / 1000) * 1000);
  const expected = [
    truth(edge),
    truth(night),
    truth(atEdge),
    truth(flap1),
    truth(flap2),
    ["NeverFired", iso(T0 + PHASE + never.from), iso(T0 + PHASE + never.to), "pending"],
    truth(short),
    // Longer than an answer reaches back: begins when its condition became true, whole seconds.
    ["TenHours", wholeSecond(T0 + PHASE + long.from), iso(T0 + PHASE + long.to), "resolved"],
    ["Watchdog", wholeSecond(T0 + PHASE + always.from), null, "firing"],
  ];

  test("all firings are found whole, also across the edges of pages; the outage is not claimed", async () => {
    const collected = await start(whole.to).made;
    const { outcome, draft } = await collected.run(whole);
    expect(told(await alertsOf(collected))).toEqual(expected);
    expect(await collected.problems()).toEqual([expect.objectContaining({ where: "activeAlertmanagers" })]);
    expect({ outcome, reason: draft.reason }).toEqual({ outcome: "partial", reason: "interrupted" });
    const [before, after] = draft.covered.map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to) }));
    expect(before?.from).toBe(whole.from);
    expect(before?.to).toBeLessThanOrEqual(outage.from);
    expect(before?.to).toBeGreaterThan(outage.from - 3 * MINUTE);
    expect(after?.from).toBeGreaterThanOrEqual(outage.to);
    expect(after?.from).toBeLessThan(outage.to + 3 * MINUTE);
    expect(after?.to).toBe(whole.to);
  });

  test("day by day gives the same, and a day that is asked again later takes nothing back", async () => {
    const { clock, made } = start(T0);
    const collected = await made;
    const day = (n: number): Interval => ({ from: T0 + (n - 1) * DAY, to: T0 + n * DAY });
    for (const n of [1, 2, 3]) {
      clock.set(day(n).to);
      await collected.run(day(n));
    }
    expect(told(await alertsOf(collected))).toEqual(expected);
    await collected.run(day(1));
    expect(told(await alertsOf(collected))).toEqual(expected);
  });

  test("while an alert fires it has no end yet", async () => {
    const { made } = start(T0 + 26 * HOUR);
    const collected = await made;
    await collected.run({ from: T0 + DAY, to: T0 + 26 * HOUR });
    const alert = (await alertsOf(collected)).find(({ name }) => name === night.name);
    expect(alert).toMatchObject({ startsAt: T0 + PHASE + night.from + night.for, endsAt: null, state: "firing" });
  });

  test("before the first sample nothing is claimed", async () => {
    const collected = await start(T0 + 4 * DAY).made;
    const { draft } = await collected.run({ from: T0 - 2 * DAY, to: T0 - DAY });
    expect(draft).toMatchObject({ outcome: "partial", covered: [] });
  });
});

describe("a source that misbehaves", () => {
  const runtime = JSON.parse(recording("prom-runtimeinfo.json"));
  const nothing = json({ status: "success", data: { resultType: "matrix", result: [] } });
  const window = { from: T0, to: T0 + HOUR };

  /** A healthy server without alerts, but for what the test scripts. */
  async function scripted(over: Readonly<Record<string, Reply | ((range: string, to: number) => Reply)>>) {
    const source = await new HttpSource().start();
    onTestFinished(() => source.stop());
    source
      .on("/api/v1/status/runtimeinfo", json(runtime))
      .on("/api/v1/rules", json(JSON.parse(recording("prom-rules.json"))))
      .on("/api/v1/alertmanagers", json(JSON.parse(recording("prom-alertmanagers.json"))))
      .on("/api/v1/query_range", nothing)
      .on("/api/v1/query", nothing);
    for (const [path, reply] of Object.entries(over)) {
      const script =
        typeof reply === "function" ? ({ url }: { url: string }) => reply(rangeOf(url), timeOf(url)) : reply;
      source.on(path, script);
    }
    const clock = new SkippingClock(window.to);
    return { source, collected: await collecting(prometheus, { url: source.url }, clock) };
  }
  const rangeOf = (url: string): string =>
    /\[(\w+)\]$/.exec(new URL(url, "http://source").searchParams.get("query") ?? "")?.[1] ?? "";

  const timeOf = (url: string): number => Number(new URL(url, "http://source").searchParams.get("time")) * 1000;

  test("a quiet hour of a healthy server is covered whole, with nothing in it", async () => {
    const { collected } = await scripted({});
    const { outcome, facts } = await collected.run(window);
    expect({ outcome, facts }).toEqual({ outcome: "collected", facts: 1 });
    expect(await alertsOf(collected)).toEqual([]);
  });

  test.each<[string, Reply, string, string]>([
    ["a sign-in page", html(), "failed", "SOURCE_ANSWER"],
    ["status 500", serverError(), "unavailable", "SOURCE_UNREACHABLE"],
    ["nothing", { headers: { "content-type": "application/json" }, body: "" }, "failed", "SOURCE_ANSWER"],
    ["an error with status 200", json(JSON.parse(recording("prom-error-resolution.json"))), "failed", "SOURCE_ANSWER"],
    ["JSON of something else", json({ ok: true }), "failed", "SOURCE_ANSWER"],
    ["half an answer", "cut-off", "unavailable", "SOURCE_UNREACHABLE"],
    ["status 401", { status: 401 }, "failed", "SOURCE_REFUSED"],
  ])("%s is no evidence of a quiet hour", async (_name, reply, outcome, reason) => {
    const { collected } = await scripted({ "/api/v1/status/runtimeinfo": reply });
    expect((await collected.run(window)).draft).toMatchObject({ outcome, reason, covered: [] });
  });

  test("a page that is too large for Prometheus or for us is asked again in smaller ones", async () => {
    const tooMany: Reply = { status: 422, headers: { "content-type": "application/json" }, body: "{}" };
    for (const reply of [tooMany, "endless"] as const) {
      const { collected, source } = await scripted({
        "/api/v1/query": (range) => (range === "2h" ? reply : nothing),
      });
      expect((await collected.run(window)).outcome).toBe("collected");
      const ranges = source.seen.filter(({ url }) => url.startsWith("/api/v1/query?")).map(({ url }) => rangeOf(url));
      expect(ranges).toEqual(["2h", "1h", "1h"]);
    }
  });

  test("what is too large at any size is a hole of five minutes, and no more", async () => {
    const crowded = T0 + 32 * MINUTE;
    const { collected } = await scripted({
      "/api/v1/query": (range, to) => {
        const length = (parseDuration(range) ?? 0) / 2;
        return to - length <= crowded && crowded < to ? { status: 422 } : nothing;
      },
    });
    const { draft } = await collected.run(window);
    expect(draft).toMatchObject({ outcome: "partial", reason: "too-large" });
    const [before, after] = draft.covered.map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to) }));
    expect([before?.from, after?.to]).toEqual([window.from, window.to]);
    expect((after?.from ?? 0) - (before?.to ?? 0)).toBe(5 * MINUTE);
    expect(before?.to).toBeLessThanOrEqual(crowded);
    expect(after?.from).toBeGreaterThan(crowded);
  });

  test("an answer that says it is incomplete is kept and not claimed", async () => {
    const partial = { status: "success", warnings: ["store unreachable"], data: { resultType: "matrix", result: [] } };
    const { collected } = await scripted({ "/api/v1/query": json(partial) });
    expect((await collected.run(window)).draft).toMatchObject({ outcome: "partial", reason: "truncated", covered: [] });
    expect((await collected.stored()).some(({ text }) => text.includes("store unreachable"))).toBe(true);
  });

  test("a server that fails half way is claimed as far as it was read", async () => {
    let calls = 0;
    const { collected } = await scripted({ "/api/v1/query": () => (++calls > 1 ? serverError() : nothing) });
    const { draft } = await collected.run({ from: window.to - 12 * HOUR, to: window.to });
    expect(draft).toMatchObject({
      outcome: "partial",
      reason: "interrupted",
      covered: [{ from: iso(window.to - 12 * HOUR), to: iso(window.to - 6 * HOUR) }],
    });
  });

  test("the token goes into the request and nowhere else", async () => {
    const source = await new HttpSource().start();
    onTestFinished(() => source.stop());
    source.on("*", ({ headers }) => ({ status: 403, body: `no: ${headers.authorization}` }));
    const config = { url: source.url, bearer: "${env:TOKEN}" };
    const collected = await collecting(prometheus, config, new SkippingClock(window.to));
    const result = await collected.run(window);
    expect(source.seen[0]?.headers.authorization).toBe("Bearer TOKEN-of-the-test-4711");
    expect(JSON.stringify([result, await collected.stored()])).not.toContain("4711");
  });
});

{
  const late = CONTRACT_DAY.to + HOUR;
  const serve = (silent: readonly number[]) => async () => {
    const source = await new HttpSource().start();
    const series = silent.length > 0 ? [{ metric: {}, values: silent.map((at) => [at / 1000, "1"]) }] : [];
    source
      .on("/api/v1/status/runtimeinfo", json(JSON.parse(recording("prom-runtimeinfo.json"))))
      .on("/api/v1/rules", json(JSON.parse(recording("prom-rules.json"))))
      .on("/api/v1/alertmanagers", json(JSON.parse(recording("prom-alertmanagers.json"))))
      .on("/api/v1/query_range", json({ status: "success", data: { resultType: "matrix", result: series } }))
      .on("/api/v1/query", json(recordedEpisodes()));
    return {
      config: { url: source.url, bearer: "${env:TOKEN}" },
      clock: new SkippingClock(late),
      secrets: [CANARY],
      stop: () => source.stop(),
    };
  };
  const recorded = (value: string) => ({
    bytes: Buffer.from(value),
    mediaType: "application/json",
    origin: "http://127.0.0.1:9090/api/v1/query",
  });
  describeCollector(prometheus, {
    config: { url: "http://127.0.0.1:9090", bearer: "${env:TOKEN}" },
    recordings: [
      { ...recorded(JSON.stringify(recordedEpisodes())), ...page(1795240900000, 1795240960000) },
      recorded(recording("prom-rules.json")),
    ],
    source: serve([]),
    short: serve([0, 1, 2].map((n) => CONTRACT_DAY.from + n * MINUTE)),
    gone: async () => {
      const { stop, ...options } = await serve([])();
      await stop();
      return options;
    },
  });
}

describe("the configuration", () => {
  const problems = (config: unknown) => prometheus.config.safeParse(config).error?.issues.map(({ message }) => message);

  test.each([
    [{ url: "localhost:9090" }, "http:// or https://"],
    [{ url: "prometheus" }, "expected an address"],
    [{ url: "http://user:pw@host" }, "no user or password"],
    [{ url: "http://host/?a=b" }, "without ?"],
    [{ url: "http://host", bearer: "plain" }, "never the secret itself"],
    [{ url: "http://host", bearer: "${env:A}", basic: { user: "u", password: "${env:B}" } }, "not both"],
    [{ url: "http://host", alive: "up[5m]" }, "expected one series"],
    [{ url: "http://host", tolerance: "2 minutes" }, "expected a duration"],
    [{ url: "http://host", tokn: "x" }, "tokn"],
  ])("%j is refused with the reason", (config, message) => {
    expect(problems(config)?.join()).toContain(message);
  });

  test("an address is enough", () => {
    expect(prometheus.config.parse({ url: "http://127.0.0.1:9090" })).toEqual({
      url: "http://127.0.0.1:9090",
      alive: "up",
      tolerance: "2m",
    });
  });
});
