import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { alertmanager } from "../collectors/alertmanager.ts";
import type { Fact, FactOf } from "../src/evidence/fact.ts";
import { iso } from "../src/lib/time.ts";
import { SkippingClock } from "./support/clock.ts";
import { collecting, read } from "./support/collecting.ts";
import { describeCollector } from "./support/collector-contract.ts";
import { CANARY, DAY } from "./support/collector-run.ts";
import { HttpSource, html, json, type Reply, serverError } from "./support/http-source.ts";

const recording = (name: string): string =>
  readFileSync(new URL(`./recordings/alertmanager/${name}`, import.meta.url), "utf8");

type Alert = FactOf<"alert">;
const isAlert = (fact: Fact): fact is Alert => fact.kind === "alert";

interface Message {
  readonly body: { truncatedAlerts: number; version: string; alerts: { endsAt?: string; fingerprint?: string }[] };
}
const webhooks: Message["body"][] = recording("alertmanager-webhooks.jsonl")
  .trim()
  .split("\n")
  .map((line) => (JSON.parse(line) as Message).body);
const [firing, resolved] = webhooks as [Message["body"], Message["body"]];

describe("reading a snapshot", () => {
  test("a live alert has no end, whatever Alertmanager guesses", () => {
    const { facts, problems } = read(alertmanager, recording("am-v2-alerts-firing.json"));
    expect(problems).toEqual([]);
    expect(facts).toEqual([
      expect.objectContaining({
        id: "ace66ffc0b45ed77:2026-11-21T06:01:52.988Z",
        name: "TargetDown",
        severity: "critical",
        startsAt: Date.parse("2026-11-21T06:01:52.988Z"),
        endsAt: null,
        state: "firing",
      }),
    ]);
  });

  test("a silenced or inhibited alert is suppressed", () => {
    const silenced = recording("am-v2-alerts-silenced.json");
    expect(read(alertmanager, silenced).facts[0]).toMatchObject({ state: "suppressed", endsAt: null });
    const inhibited = recording("am-v2-alerts-firing.json").replace('"inhibitedBy":[]', '"inhibitedBy":["0123"]');
    expect(read(alertmanager, inhibited).facts[0]).toMatchObject({ state: "suppressed" });
  });

  test("a silence says who muted what, why and until when", () => {
    const silence = JSON.parse(recording("am-v2-silences.json"));
    expect(read(alertmanager, JSON.stringify(silence)).facts).toEqual([
      {
        kind: "silence",
        id: "85e12c00-1472-4797-8251-1e05860fd37a",
        by: "ops",
        comment: "maintenance",
        matches: 'alertname="Manual"',
        startsAt: Date.parse("2026-11-21T06:02:14.103Z"),
        endsAt: Date.parse("2026-11-21T07:02:14.000Z"),
      },
    ]);
    silence[0].matchers.push({ name: "env", value: "prod|stage", isRegex: true, isEqual: false });
    silence[0].comment = "";
    expect(read(alertmanager, JSON.stringify(silence)).facts[0]).toMatchObject({
      matches: 'alertname="Manual", env!~"prod|stage"',
      comment: null,
    });
  });

  test("no live alert and the status hold no facts, and nothing is wrong with that", () => {
    for (const name of ["am-v2-alerts-resolved.json", "am-v2-status.json"]) {
      expect(read(alertmanager, recording(name))).toEqual({ facts: [], problems: [] });
    }
  });
});

describe("reading webhook messages", () => {
  test("tell two firings of one alert apart, and the true end of each", () => {
    const latest = new Map<string, Alert>();
    for (const message of webhooks) {
      for (const fact of read(alertmanager, JSON.stringify(message)).facts.filter(isAlert)) latest.set(fact.id, fact);
    }
    expect([...latest.values()].map(({ startsAt, endsAt, state }) => [iso(startsAt), iso(endsAt ?? 0), state])).toEqual(
      [
        ["2026-11-21T06:01:52.988Z", "2026-11-21T06:01:58.988Z", "resolved"],
        ["2026-11-21T06:02:03.988Z", "2026-11-21T06:02:10.988Z", "resolved"],
      ],
    );
  });

  test("the year 1 of a firing alert is no end", () => {
    expect(firing.alerts[0]?.endsAt).toBe("0001-01-01T00:00:00Z");
    expect(read(alertmanager, JSON.stringify(firing)).facts[0]).toMatchObject({ endsAt: null, state: "firing" });
  });

  test("alerts that were left out are a problem", () => {
    const { facts, problems } = read(alertmanager, JSON.stringify({ ...resolved, truncatedAlerts: 3 }));
    expect(facts).toHaveLength(1);
    expect(problems).toEqual([expect.objectContaining({ where: "truncatedAlerts" })]);
    expect(problems[0]?.message).toContain("3 alerts");
  });

  test("another version is read as well as that goes, and said", () => {
    const { facts, problems } = read(alertmanager, JSON.stringify({ ...resolved, version: "5" }));
    expect(facts).toHaveLength(1);
    expect(problems[0]).toMatchObject({ where: "version" });
  });
});

test.each([
  ["", "nothing"],
  ["<html><body>Sign in", "a web page"],
  ['"alerts"', "something else"],
  ['[{"fingerprint":"x"}]', "not an alert"],
  ['[{"fingerprint":"x","labels":{},"startsAt":"yesterday","status":{"state":"active"}}]', "a time with its zone"],
  ['[{"id":"x","matchers":"all"}]', "not a silence"],
  ['{"version":"4","alerts":[{"status":"maybe"}]}', "not an alert"],
  ['{"version":4,"alerts":[]}', "not a message"],
])("bad input is a problem and never an error: %s", (text, message) => {
  const { facts, problems } = read(alertmanager, text);
  expect(facts).toEqual([]);
  expect(problems[0]?.message).toContain(message);
});

test("the recordings are as Alertmanager 0.25 specifies them", () => {
  const ajv = addFormats.default(new Ajv({ strict: false, allErrors: true }));
  ajv.addSchema(parse(recording("alertmanager-v2-0.25.0.openapi.yaml")), "alertmanager");
  const faults = (name: string, file: string) => {
    const validate = ajv.getSchema(`alertmanager#/definitions/${name}`);
    return validate?.(JSON.parse(recording(file))) ? [] : validate?.errors;
  };
  expect(faults("gettableAlerts", "am-v2-alerts-firing.json")).toEqual([]);
  expect(faults("gettableAlerts", "am-v2-alerts-silenced.json")).toEqual([]);
  expect(faults("gettableSilences", "am-v2-silences.json")).toEqual([]);
  expect(faults("alertmanagerStatus", "am-v2-status.json")).toEqual([]);
});

describe("the inbox", () => {
  const config = { url: "http://127.0.0.1:9093", token: "${env:TOKEN}" };

  test("keeps a message byte for byte, and a repeated one once", async () => {
    const collected = await collecting(alertmanager, config);
    const text = ` ${JSON.stringify(resolved)}\n`;
    await collected.receive(Buffer.from(text));
    await collected.receive(Buffer.from(text));
    expect((await collected.stored()).map((stored) => stored.text)).toEqual([text]);
    expect((await collected.facts()).map(({ fact }) => fact)).toEqual([expect.objectContaining({ state: "resolved" })]);
  });

  test.each([
    ["", "nothing"],
    ["<html>", "a page"],
    ['{"text":"a message of somebody else"}', "another sender"],
    ["[]", "a list"],
  ])("refuses %j: %s", async (text) => {
    const collected = await collecting(alertmanager, config);
    await expect(collected.receive(Buffer.from(text))).rejects.toMatchObject({ code: "INPUT_INVALID" });
    expect(await collected.stored()).toEqual([]);
  });

  test("takes what may be a message of a later version, because a refused one is lost for good", async () => {
    const collected = await collecting(alertmanager, config);
    await collected.receive(Buffer.from('{"version":"9","alerts":[{"new":"shape"}]}'));
    expect(await collected.stored()).toHaveLength(1);
    expect((await collected.problems()).map(({ where }) => where)).toEqual(["version", "alerts[0]"]);
  });
});

describe("taking a snapshot", () => {
  const now = Date.parse("2026-11-21T06:02:20.000Z");
  const window = { from: now - 3_600_000, to: now };

  async function scripted(over: Readonly<Record<string, Reply>>) {
    const source = await new HttpSource().start();
    onTestFinished(() => source.stop());
    source
      .on("/am/api/v2/status", json(JSON.parse(recording("am-v2-status.json"))))
      .on("/am/api/v2/alerts", json(JSON.parse(recording("am-v2-alerts-silenced.json"))))
      .on("/am/api/v2/silences", json(JSON.parse(recording("am-v2-silences.json"))));
    for (const [path, reply] of Object.entries(over)) source.on(path, reply);
    const basic = { user: "custody", password: "${env:TOKEN}" };
    return {
      source,
      collected: await collecting(alertmanager, { url: `${source.url}/am/`, basic }, new SkippingClock(now)),
    };
  }

  test("sees one moment: alerts, silences and the status", async () => {
    const { collected, source } = await scripted({});
    const { outcome, draft, facts } = await collected.run(window);
    expect({ outcome, facts, covered: draft.covered }).toEqual({ outcome: "collected", facts: 2, covered: [] });
    expect(draft.instants).toEqual([iso(now)]);
    expect(source.seen.map(({ url }) => url)).toEqual([
      "/am/api/v2/status",
      "/am/api/v2/alerts?active=true&silenced=true&inhibited=true&unprocessed=true",
      "/am/api/v2/silences",
    ]);
    const basic = `Basic ${Buffer.from("custody:TOKEN-of-the-test-4711").toString("base64")}`;
    expect(source.seen.map(({ headers }) => headers.authorization)).toEqual([basic, basic, basic]);
  });

  test.each<[string, Reply, string, string]>([
    ["a sign-in page", html(), "failed", "SOURCE_ANSWER"],
    ["status 500", serverError(), "unavailable", "SOURCE_UNREACHABLE"],
    ["nothing", { headers: { "content-type": "application/json" }, body: "" }, "failed", "SOURCE_ANSWER"],
    ["null", json(null), "failed", "SOURCE_ANSWER"],
    ["an error in JSON", json({ code: 500, message: "no" }), "failed", "SOURCE_ANSWER"],
    ["a removed interface", { status: 410 }, "failed", "SOURCE_ANSWER"],
  ])("%s instead of alerts is no evidence that there were none", async (_name, reply, outcome, reason) => {
    const { collected } = await scripted({ "/am/api/v2/alerts": reply });
    const { draft } = await collected.run(window);
    expect(draft).toMatchObject({ reason, covered: [] });
    expect(draft.instants).toBeUndefined();
    expect(["failed", "partial", outcome]).toContain(draft.outcome);
  });
});

{
  const serve = async () => {
    const source = await new HttpSource().start();
    source
      .on("/api/v2/status", json(JSON.parse(recording("am-v2-status.json"))))
      .on("/api/v2/alerts", json(JSON.parse(recording("am-v2-alerts-silenced.json"))))
      .on("/api/v2/silences", json(JSON.parse(recording("am-v2-silences.json"))));
    return {
      config: { url: source.url, bearer: "${env:TOKEN}" },
      clock: new SkippingClock(DAY.to),
      secrets: [CANARY],
      stop: () => source.stop(),
    };
  };
  const names = ["am-v2-alerts-firing.json", "am-v2-alerts-silenced.json", "am-v2-silences.json"];
  describeCollector(alertmanager, {
    config: { url: "http://127.0.0.1:9093", bearer: "${env:TOKEN}", token: "${file:/run/secrets/hook}" },
    recordings: [...names.map(recording), JSON.stringify(resolved)].map((text) => ({
      bytes: Buffer.from(text),
      mediaType: "application/json",
      origin: "http://127.0.0.1:9093/api/v2/alerts",
    })),
    source: serve,
    gone: async () => {
      const { stop, ...options } = await serve();
      await stop();
      return options;
    },
  });
}
