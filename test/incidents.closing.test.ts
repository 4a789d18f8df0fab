import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { recordActs } from "../src/acts/acting.ts";
import { closingConditions } from "../src/acts/closing.ts";
import { recordReport } from "../src/acts/deciding.ts";
import { closedBefore, remarksOn } from "../src/acts/incident-remarks.ts";
import { openRegister } from "../src/acts/open-register.ts";
import { recordIncident } from "../src/acts/registering.ts";
import { isKind } from "../src/evidence/entry.ts";
import { askedBesides, closingProblems } from "../src/incidents/closing.ts";
import { notResumed } from "../src/slots/resumed.ts";
import { FakeClock } from "./support/clock.ts";
import { config, genesis, historyOf, instance, plan, run, t } from "./support/entries.ts";
import { newWorkspace } from "./support/workspace.ts";

const NOW = "2026-11-20T12:00:00Z";
const says = "A rule.";
const MINUTE = 60_000;
const rules = {
  policy: "ours",
  version: "one",
  title: "Ours",
  document: { owner: "head", approvedBy: "founders", effectiveFrom: "2026-01-01", lastReviewed: "2026-03" },
  zone: "UTC",
  severities: [
    { label: "Bad", rank: "critical", means: "Bad.", says },
    { label: "Small", rank: "low", means: "Small.", says },
  ],
  targets: { respond: { from: "detectedAt", to: "respondedAt", terms: { Bad: "within 15m" }, says } },
  communications: {
    channels: [
      { id: "status-page", title: "Status page", public: true },
      { id: "email", title: "Mail" },
    ],
    required: [
      { id: "all", when: [{ severities: ["Bad"] }], channels: ["status-page"], audience: "customers", says },
      {
        id: "those",
        when: [{ tags: ["data-lost"] }],
        channels: ["email"],
        audience: "customers",
        everyAffected: true,
        says,
      },
    ],
  },
  measures: [
    { id: "break-glass", phase: "containment", title: "Emergency access", when: [{ tags: ["locked-out"] }], says },
    { id: "wipe", phase: "eradication", title: "Wipe", when: [{ tags: ["malware"] }], says },
  ],
  closing: {
    conditions: ["messages", "evidence-preserved", "collection-resumed", "break-glass-off"].map((needs) => ({
      needs,
      says,
    })),
  },
};

async function aRegister(policy: unknown = rules, collectors = "collectors: []") {
  const clock = new FakeClock(NOW);
  const custody = await newWorkspace(`policy: ./rules.yaml\n${collectors}`, clock);
  const write = (text: string) => writeFile(join(custody.config.root, "rules.yaml"), text);
  await write(typeof policy === "string" ? policy : JSON.stringify(policy));
  const record = async (request: Parameters<typeof recordIncident>[1]) => {
    clock.advance(MINUTE);
    return recordIncident(custody, request);
  };
  const missing = async (id: string) => {
    const opened = await openRegister(custody);
    return closingProblems(opened.find(id), closingConditions(opened, opened.find(id)));
  };
  const kinds = async () => {
    const found: string[] = [];
    for await (const { entry } of (await custody.view()).read()) found.push(entry.kind);
    return found;
  };
  return { clock, custody, write, record, missing, kinds };
}

describe("rules and clocks", () => {
  test("the first incident stands under rules that are in the log before it", async () => {
    const { record, custody, kinds } = await aRegister();
    const { incident, entry } = await record({ act: "open", words: { title: "a" }, values: { severity: "Bad" } });
    const found = await kinds();
    expect(found.indexOf("policy")).toBeGreaterThan(0);
    expect(found.indexOf("policy")).toBeLessThan(entry);
    const { timeline, find } = await openRegister(custody);
    expect(timeline.policyAt(find(incident).opened.at)).toMatchObject({ name: "ours", reachesBack: false });
  });

  test("a changed policy holds before the next record, and what it does not know is refused", async () => {
    const { record, write } = await aRegister();
    await record({ act: "open", words: { title: "a" }, values: { severity: "Small" } });
    await write(JSON.stringify(rules).replaceAll("Small", "Little").replace('"one"', '"two"'));
    const open = (severity: string) => record({ act: "open", words: { title: "b" }, values: { severity } });
    await expect(open("Small")).rejects.toThrow('gives it the severity "Small", which is none of your rules');
    await open("Little");
  });

  test("rules that cannot be used keep nobody from recording what happened, and that is said", async () => {
    const { record, write, custody } = await aRegister();
    const { incident } = await record({ act: "open", words: { title: "a" } });
    await write("policy: [");
    const done = await record({ act: "note", incident, words: { text: "still going on" } });
    expect(done.undeclared).toMatch(
      /^Your configuration is not in the log, and what stood there before counts: .*rules/,
    );
    expect((await openRegister(custody)).timeline.all).toHaveLength(1);
  });

  test("so does the first report of an event, and what is wrong with the rules keeps nobody from reporting", async () => {
    const { custody, clock, write, kinds } = await aRegister();
    const first = await recordReport(custody, { channel: "mail", subject: "odd mail" });
    expect(first).toMatchObject({ undeclared: undefined, received: { at: clock.now(), precision: 1 } });
    const found = await kinds();
    expect(found.indexOf("policy")).toBeGreaterThan(0);
    expect(found.indexOf("policy")).toBeLessThan(first.entry);
    await write("policy: [");
    const second = await recordReport(custody, { channel: "mail", subject: "another" });
    expect(second.undeclared).toMatch(/^Your configuration is not in the log/);
  });
});

test("a report under a law is recorded under a name that the law has", async () => {
  const { record, kinds } = await aRegister();
  const { incident } = await record({ act: "open", words: { title: "a" } });
  const step = (name: string) => record({ act: "law-step", incident, values: { step: name } });
  await expect(step("nis2.early-warnin")).rejects.toThrow('did you mean "nis2.early-warning"?');
  await expect(step("hipaa")).rejects.toThrow(/no law here has a step "hipaa"; there are nis2\.early-warning, /);
  await expect(step("gdpr.authority")).rejects.toThrow(/recorded with the breach: `custody incident breach`/);
  expect((await kinds()).filter((kind) => kind === "incident")).toHaveLength(1);
  await step("nis2.early-warning");
  await step("dora.classified");
});

describe("before it is closed", () => {
  const open = { act: "open", words: { title: "a" }, values: { severity: "Bad" } } as const;

  test("messages, evidence and emergency access are looked up in the log", async () => {
    const { record, missing, custody, clock } = await aRegister();
    const { incident } = await record(open);
    await record({ act: "tag", incident, values: { tags: ["malware", "data-lost"] } });
    await record({ act: "measure", incident, values: { measure: "break-glass", result: "done" } });
    await record({ act: "impact", incident, values: { affected: 5 } });
    const wiped = clock.now() + 10 * MINUTE;
    clock.advance(10 * MINUTE);
    const texts = async () => (await missing(incident)).map(({ need, text }) => `${need}: ${text}`);
    expect(await texts()).toEqual([
      'messages: no message to customers by status-page ("all") yet',
      'messages: no message to customers by email ("those") yet',
      "evidence-preserved: no evidence is kept yet",
      "break-glass-off: the emergency access is still on",
    ]);
    await expect(record({ act: "close", incident })).rejects.toThrow(
      /the emergency access is still on: `custody incident measure/,
    );
    await record({ act: "communicate", incident, values: { channel: "status-page", audience: "public" } });
    await record({
      act: "communicate",
      incident,
      values: { channel: "email", audience: "customers", reached: 4, of: 5 },
    });
    await record({ act: "measure", incident, values: { measure: "break-glass-off", result: "done" } });
    await record({
      act: "measure",
      incident,
      at: { at: wiped, precision: 1 },
      values: { measure: "wipe", result: "done" },
    });
    await record({ act: "resolve", incident });
    expect(await texts()).toEqual([
      'messages: 4 of 5 affected were reached ("those")',
      "evidence-preserved: no evidence of it is kept in this log",
    ]);
    await record({
      act: "communicate",
      incident,
      values: { channel: "email", audience: "customers", reached: 5, of: 5 },
    });
    const kept = (at: number) =>
      recordActs(custody, [
        {
          kind: "custody",
          evidence: `EVD-${at}`,
          act: "collect",
          incident,
          to: "p-anna",
          happened: new Date(at).toISOString(),
        },
      ]);
    await kept(wiped + MINUTE);
    // What was wiped first was wiped without evidence of it, whatever was taken afterwards.
    expect(await texts()).toEqual([
      `evidence-preserved: its first evidence, EVD-${wiped + MINUTE}, was collected only after it was cleaned up`,
    ]);
    await kept(wiped - MINUTE);
    expect(await texts()).toEqual([]);
    await record({ act: "measure", incident, values: { measure: "break-glass", result: "done" } });
    expect(await texts()).toEqual(["break-glass-off: the emergency access is still on"]);
  });

  test("notices by contract are asked for as the checks ask for them, of processors once only", async () => {
    const { record, missing } = await aRegister({
      ...rules,
      contracts: [
        { id: "acme", title: "Acme", role: "controller", term: "within 24h", says },
        { id: "beta", title: "Beta", role: "processor", term: "within 48h", says },
      ],
      closing: { conditions: [{ needs: "breach-notices", says }] },
    });
    const { incident } = await record(open);
    const breach = (role: string, dataset: string, values = {}) =>
      record({ act: "breach", incident, values: { role, dataset, ...values } });
    await record({ act: "personal-data", incident, values: { decision: "yes" }, words: { reason: "names" } });
    await breach("processor", "beta");
    await record({
      act: "breach",
      incident,
      values: { role: "controller", dataset: "acme", risk: "unlikely", awareAt: "2026-11-20T12:00:00.000Z" },
      words: { riskReason: "encrypted" },
    });
    expect(await missing(incident)).toEqual([
      expect.objectContaining({ text: "the controller was not told (beta)" }),
      expect.objectContaining({ text: expect.stringMatching(/^no notice by contract: Acme, within 24h: /) }),
    ]);
    await breach("processor", "beta", { controllerAt: "2026-11-20T12:01:00.000Z" });
    await breach("controller", "acme", { controllerAt: "2026-11-20T12:01:00.000Z" });
    expect(await missing(incident)).toEqual([]);
  });

  test("a source that failed while it went on must come through again", async () => {
    const { record, missing, custody } = await aRegister(
      rules,
      "collectors: [{ id: files, use: incident-log/markdown, path: ./incidents }]",
    );
    const { incident } = await record({ ...open, values: { severity: "Small" } });
    const ledger = await custody.ledger();
    const at = (custody.clock as FakeClock).now();
    const failed = run(at, { instance: "files", use: "incident-log/markdown", reason: "SOURCE_UNREACHABLE" });
    const { v: _v, index: _i, prev: _p, batch: _b, at: _at, software: _s, ...draft } = failed;
    if (!isKind(failed, "run")) throw new Error("no run");
    await ledger.append([draft as never]);
    await record({ act: "resolve", incident });
    expect(await missing(incident)).toContainEqual({
      need: "collection-resumed",
      text: "evidence is not collected again as usual: files was not asked since it was over",
      todo: "custody collect",
    });
  });
});

describe("what is told beside", () => {
  const short = {
    ...rules,
    recovery: { checks: [{ id: "collection-resumes", title: "Collected again", says }] },
    closing: { conditions: [{ needs: "resolved", says }] },
  };
  const at = (time: string) => ({ at: t(`2026-11-20T${time}Z`), precision: 1 });

  test("what checks judge is announced although it keeps nobody from closing, and why it is closed is asked", async () => {
    const { record, missing, custody } = await aRegister(short);
    const { incident } = await record({ act: "open", words: { title: "a" }, values: { severity: "Bad" } });
    await record({ act: "resolve", incident });
    const besides = async () => {
      const opened = await openRegister(custody);
      const found = opened.find(incident);
      return askedBesides(found, closingConditions(opened, found)).map(({ need }) => need);
    };
    expect([await missing(incident), await besides()]).toEqual([[], ["recovery-checks", "messages"]]);
    await expect(record({ act: "close", incident })).rejects.toThrow(/not said why it is closed.*--reason/);
    await record({ act: "measure", incident, values: { measure: "collection-resumes", result: "done" } });
    await record({ act: "communicate", incident, values: { channel: "status-page", audience: "public" } });
    expect(await besides()).toEqual([]);
    await record({ act: "close", incident, words: { reason: "all done" } });
  });

  test("a duplicate names the record that is there and what puts it right", async () => {
    const { record } = await aRegister(short);
    const { incident } = await record({ act: "open", words: { title: "a" }, at: at("08:00") });
    const stamp = (time: string) => record({ act: "stamp", incident, values: { time: "contained" }, at: at(time) });
    const { entry } = await stamp("08:10");
    const told = new RegExp(
      `: record ${entry} says .*08:10.* for "contained" already; if that is wrong: .custody incident correct ${incident} ${entry} --at TIME --because`,
    );
    await expect(stamp("09:10")).rejects.toThrow(told);
    await expect(stamp("08:05")).rejects.toThrow(told);
  });

  test("what happened before the closing may be written down later and is marked; the rest waits for a reopening", async () => {
    const { record, custody } = await aRegister(short);
    const { incident } = await record({ act: "open", words: { title: "a" }, at: at("08:00") });
    const resolved = await record({ act: "resolve", incident });
    const closed = await record({ act: "close", incident, words: { reason: "done" } });
    const measure = (when = {}) =>
      record({ act: "measure", incident, values: { measure: "wipes", result: "done" }, ...when });
    await expect(measure()).rejects.toThrow(
      `it was closed by record ${closed.entry}, and this is a measure from after that, without a reopening`,
    );
    const early = { values: { severity: "Small" }, at: at("08:00") };
    await expect(record({ act: "classify", incident, ...early })).rejects.toThrow("a classification from after that");
    const late = await measure({ at: at("09:00") });
    const opened = await openRegister(custody);
    const found = opened.find(incident);
    expect(found.troubles).toEqual([]);
    const of = (entry: number) => found.history.find(({ index }) => index === entry) as (typeof found.history)[number];
    expect([resolved, closed, late].map(({ entry }) => closedBefore(found, of(entry)))).toEqual([
      undefined,
      undefined,
      closed.entry,
    ]);
    const policy = opened.timeline.policyAt(found.opened.at)?.policy;
    expect(remarksOn(found, of(late.entry), policy)).toEqual([
      expect.stringContaining(`after it was closed (record ${closed.entry})`),
      expect.stringContaining('no measure "wipes". If you meant "wipe": custody incident correct'),
    ]);
  });

  test("a way that the rules do not name and a time before it was noticed are told at once", async () => {
    const { record, custody } = await aRegister(short);
    const { incident } = await record({ act: "open", words: { title: "a" }, at: at("08:00") });
    const told = async (request: Omit<Parameters<typeof record>[0], "incident">) => {
      const { entry } = await record({ ...request, incident });
      const opened = await openRegister(custody);
      const found = opened.find(incident);
      const act = found.history.find(({ index }) => index === entry) as (typeof found.history)[number];
      return remarksOn(found, act, opened.timeline.policyAt(found.opened.at)?.policy).join();
    };
    const message = (channel: string) => told({ act: "communicate", values: { channel, audience: "customers" } });
    expect(await message("fax")).toMatch(/no channel "fax"; they name status-page, email/);
    expect(await message("email")).toBe("");
    const stamp = (time: string) => told({ act: "stamp", values: { time: "contained" }, at: at(time) });
    expect(await stamp("07:00")).toMatch(/contained before it was noticed/);
  });
});

describe("collected again as usual", () => {
  const during = { from: t("2026-11-10T10:00Z"), to: t("2026-11-10T14:00Z") };
  const begun = [
    genesis("2026-11-01"),
    config("2026-11-01", [instance()]),
    run("2026-11-02T01:00Z", { covered: [["2026-11-01", "2026-11-02"]] }),
  ];
  const whole = (day: number, over = {}) => {
    const [from, to] = [`2026-11-${String(day - 1).padStart(2, "0")}`, `2026-11-${String(day).padStart(2, "0")}`];
    return run(`${to}T01:00Z`, { covered: [[from, to]], ...over });
  };
  const usual = [3, 4, 5, 6, 7, 8, 9, 10].map((day) => whole(day));
  const failed = run("2026-11-10T11:00Z", { window: ["2026-11-09", "2026-11-10"] });
  const said = (entries: Parameters<typeof historyOf>[0], asOf = "2026-11-12T12:00Z") =>
    notResumed(historyOf([...begun, ...entries]).instances.values(), during, t(asOf)).map(({ why }) => why);

  test("is what was never out of order", () => {
    expect(said(usual, "2026-11-10T15:00Z")).toEqual([]);
  });
  test("is a full run of its own after it was over, not a backfill and not the one before", () => {
    expect(said([...usual, failed])).toEqual(["was not asked since it was over"]);
    expect(said([...usual, failed, whole(11, { trigger: "backfill" })])).toEqual(["was not asked since it was over"]);
    expect(said([...usual, failed, whole(11)])).toEqual([]);
    expect(said([...usual, failed, whole(11), run("2026-11-12T01:00Z")])).toEqual([
      "did not come through in its newest run",
    ]);
  });
  test("is not what is paused since, nor what nobody asked at all", () => {
    expect(said([...usual, plan("2026-11-10T12:00Z", "pause")])).toEqual(["is still paused"]);
    expect(said([...usual.slice(0, -2)], "2026-11-12T12:00Z")).toEqual(["was not asked since it was over"]);
  });
});
