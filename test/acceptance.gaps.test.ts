import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { readActs } from "../src/acts/acting.ts";
import { openRegister } from "../src/acts/open-register.ts";
import { recordIncident } from "../src/acts/registering.ts";
import { assessControls, type RequirementAssessment } from "../src/assess/assess.ts";
import type { Custody } from "../src/custody.ts";
import { Notifying } from "../src/daemon/notifying.ts";
import type { AnyGap } from "../src/gaps/gap.ts";
import { keyWork, revokeKey } from "../src/ledger/rotate.ts";
import { iso } from "../src/lib/time.ts";
import { gapMeaning } from "../src/policy/gap-rule.ts";
import { remarksOn } from "../src/policy/remarks.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import { linksOf } from "../src/reviews/links.ts";
import type { GapRecord } from "../src/slots/history.ts";
import { assessmentOf, catalogueIn, readLedger } from "../src/views/gathering.ts";
import { seeDuties, seeGaps } from "../src/views/seeing.ts";
import { declareNow, noteGaps } from "../src/work.ts";
import { at, HOUR, judged, MINUTE, type PolicyName, type Setting } from "./support/acceptance.ts";
import { ANNA, SYSTEM } from "./support/entries.ts";
import { daemonWorkspace, foundAltered, ruledWorkspace, staleWorkspace } from "./support/gap-workspace.ts";
import { deliveries, hook, receiver, reopened } from "./support/notices.ts";
import { logged, shippedPolicy } from "./support/rules.ts";

const DAY = 86_400_000;

/** A requirement as the log answers it now, over November so far. */
async function answer(custody: Custody, id: string): Promise<RequirementAssessment> {
  const { size } = await custody.view();
  const found = await readLedger(custody, size);
  const { catalogue } = await catalogueIn(custody, found);
  const period = { from: Date.parse("2026-11-01T00:00:00Z"), to: found.history.asOf + 1 };
  const controls = assessControls(assessmentOf(custody, found, catalogue, period, found.names));
  const one = controls.flatMap(({ requirements }) => requirements).find((each) => each.id === id);
  if (one === undefined) throw new Error(`no requirement ${id}`);
  return one;
}

const incidents = async (custody: Custody) => [...(await openRegister(custody)).incidents.values()];
const severities = async (custody: Custody) =>
  (await incidents(custody)).map(({ severities: all }) => all.at(-1)?.severity);

describe("gaps under an organisation's own rules", () => {
  test("V-7 stale evidence opens a Sev3 incident by itself, once, with its own time to respond; only a person closes it", async () => {
    const here = await daemonWorkspace("sev1-4");
    const { custody } = here;
    await here.until("2026-11-18T04:00:30.000Z");
    expect(await incidents(custody)).toEqual([]);
    await here.away();
    await here.until("2026-11-20T04:00:30.000Z");
    const [gap] = (await seeGaps(custody)).gaps;
    if (gap?.noted === undefined) throw new Error("no gap was noted");
    const [incident, ...more] = await incidents(custody);
    expect(more).toEqual([]);
    expect(incident).toMatchObject({
      id: `INC-${gap.id}`,
      state: "open",
      origin: "custody",
      detectedBy: "collector-gap-alert",
      tags: ["stale-evidence"],
      troubles: [],
      severities: [{ severity: "Sev3" }],
      times: { detectedAt: { at: gap.noted.at }, occurredAt: { at: gap.from } },
    });
    const { acts } = await readActs(custody);
    const links = linksOf(acts).of({ type: "incident", id: `INC-${gap.id}` });
    expect(links.map(({ relation, to }) => [relation, to])).toEqual([["about", { type: "gap", id: gap.id }]]);
    expect(here.log.lines.filter(({ message }) => message.includes("incident was opened for a gap"))).toHaveLength(1);
    // Its own clock is told, and apart from those of incidents that people opened.
    const running = await answer(custody, "a526.response.timely");
    expect(running.reason).toContain("1 of all these opened by Custody itself");
    const clock = running.cases?.find(({ id }) => id === incident?.id);
    expect(clock?.verdict).toMatchObject({ target: "within 24h", level: "Sev3", due: gap.noted.at + DAY });

    expect(await answer(custody, "a536.gaps.answered")).toMatchObject({ result: "pending", failing: [{ id: gap.id }] });
    // One answer is asked for, at the gap; the incident has no other deadline yet.
    const { duties } = await seeDuties(custody, await seeGaps(custody), "log");
    const about = duties.filter(({ title, id }) => title.includes("INC-gap") || id === gap.id);
    expect(about.map(({ id }) => id)).toEqual([gap.id]);
    expect(about[0]?.what).toContain(`As your rules ask, INC-${gap.id} was opened for it.`);
    // It is seen, goes on and comes back: nothing is opened again, and the machine closes nothing.
    await custody.ledger().then((ledger) =>
      ledger.append([
        {
          kind: "gap",
          actor: { type: "person", id: "p-anna00000000", role: "owner", auth: "token" },
          gap: gap.id,
          instance: gap.instance,
          requirement: "cadence",
          action: "acknowledge",
          window: { from: iso(gap.from), to: iso(gap.to) },
          slots: 1,
        },
      ]),
    );
    await here.back();
    await here.until("2026-11-20T20:00:30.000Z");
    const after = await incidents(custody);
    expect(after).toHaveLength(1);
    const [ended] = after;
    expect(ended).toMatchObject({ state: "open", troubles: [] });
    expect(iso(ended?.times.respondedAt?.at ?? 0)).toBe("2026-11-20T04:00:30.000Z");
    expect(ended?.history.map(({ act }) => act)).toEqual(["open", "tag", "stamp", "note"]);
    expect(ended?.history.at(-1)?.record.words.text).toContain("come in late; the gap is closed");
    expect(
      (await answer(custody, "a526.response.timely")).cases?.find(({ id }) => id === ended?.id)?.verdict.word,
    ).toBe("ok");
  });

  test("V-7 nothing is opened where the rules do not say so, there are none, or they were logged only later", async () => {
    const silent = await staleWorkspace("p0-p2");
    expect(await incidents(silent.custody)).toEqual([]);
    // Rules that come into the log after the gap reach back to it, and open nothing for it.
    const { custody, clock, gaps } = await staleWorkspace(null);
    const text = await readFile(custody.config.path, "utf8");
    await writeFile(custody.config.path, `${text}policy: sev1-4\n`);
    const later = await reopened(custody, clock);
    await declareNow(later);
    await noteGaps(later);
    expect((await gaps()).length).toBeGreaterThan(0);
    expect(await incidents(later)).toEqual([]);
  });

  test("V-8 a log that is not as it was signed opens an incident of the worst severity, whatever its rule says", async () => {
    const { custody, clock, append } = await ruledWorkspace("p0-p2");
    await append(foundAltered(clock.now()));
    await noteGaps(custody);
    await noteGaps(custody);
    const [incident, ...more] = await incidents(custody);
    expect(more).toEqual([]);
    expect(incident).toMatchObject({ origin: "custody", nature: "security", severities: [{ severity: "P0" }] });
    expect(incident?.tags).toContain("audit-trail-altered");
    // When it was altered nobody knows, only that it was by then: a begin would read as noticed at once.
    expect(incident?.times.occurredAt).toBeUndefined();
    expect(incident?.history[0]?.record.words.text).toContain("Since when it was so is not known");
    const asGraveAs = async () => (await answer(custody, "a525.severity.minimum")).cases?.map(({ verdict }) => verdict);
    expect(await asGraveAs()).toMatchObject([{ word: "ok" }]);
    // Lowered on a bare shell: it shows.
    clock.advance(60_000);
    await recordIncident(custody, {
      act: "classify",
      incident: incident?.id,
      values: { severity: "P2" },
      words: { reason: "it is fine" },
    });
    expect(await asGraveAs()).toMatchObject([
      { word: "unclear", what: expect.stringContaining("lowered to P2, below P0") },
    ]);

    const mild = shippedPolicy("p0-p2", (text) =>
      text.replace("kind: log-altered, severity: P0", "kind: log-altered, severity: P2"),
    );
    expect(gapMeaning(mild, { requirement: "integrity" })?.severity).toBe("P0");
    const said = remarksOn(mild, { given: "UTC", asOf: undefined }).map(({ text }) => text);
    expect(said).toContainEqual(expect.stringContaining("log-altered counts as P0"));
    expect(
      remarksOn(shippedPolicy("p0-p2"), { given: "UTC", asOf: undefined }).map(({ text }) => text),
    ).not.toContainEqual(expect.stringContaining("counts as P0"));
  });

  test("V-8 rules that are silent open nothing, and ask for an answer as fast as for the worst all the same", async () => {
    const { custody, clock, append } = await ruledWorkspace("sev1-4");
    await append(foundAltered(clock.now()));
    await noteGaps(custody);
    expect(await incidents(custody)).toEqual([]);
    const { duties } = await seeDuties(custody, await seeGaps(custody), false);
    expect(duties[0]).toMatchObject({
      title: "The log is not as it was signed",
      until:
        "answer by 18 Nov 2026, 01:15 Europe/Berlin (18 Nov 2026, 00:15 UTC) (your rules: Sev1, within 15m); at once",
    });
  });

  test("V-9 a key that was revoked as compromised has its Sev1 incident, one that was lost has none", async () => {
    for (const reason of ["compromised", "lost"] as const) {
      const { custody, clock } = await ruledWorkspace("sev1-4");
      const ledger = await custody.ledger();
      const by = { type: "person", id: "p-anna00000000", role: "owner", auth: "token" } as const;
      clock.advance(DAY);
      const since = reason === "compromised" ? { compromisedSince: clock.now() - 60_000 } : {};
      await revokeKey(keyWork(ledger, by, custody.config.folders.keys), ledger.verifier, { reason, ...since });
      await noteGaps(custody);
      expect(await severities(custody)).toEqual(reason === "compromised" ? ["Sev1"] : []);
      if (reason === "lost") continue;
      const [incident] = await incidents(custody);
      const { acts } = await readActs(custody);
      const [gap] = (await seeGaps(custody)).gaps.filter(({ requirement }) => requirement === "key");
      expect(linksOf(acts).of({ type: "incident", id: incident?.id ?? "" })[0]?.to).toEqual({
        type: "gap",
        id: gap?.id,
      });
      expect(incident).toMatchObject({ tags: ["key-compromised", "key-compromise"], nature: "security", troubles: [] });
      const { cases = [] } = await answer(custody, "a525.severity.minimum");
      expect(cases.map(({ verdict }) => verdict.word)).toEqual(["ok"]);
    }
  });

  test("D-08 a gap leaves by webhook with a record of what arrived; what did not is recorded as failed, and told again", async () => {
    const to = await receiver();
    const { custody, clock, gap } = await staleWorkspace("sev1-4", `notify: [${hook("chat", to)}]\n`);
    clock.set("2026-11-20T08:00:30.000Z");
    to.status = 400;
    const notifying = new Notifying(custody);
    await notifying.sendDue(AbortSignal.timeout(20_000));
    expect(to.arrived).toEqual([]);
    const records = async () =>
      (await deliveries(custody)).map(({ outcome, gaps }) => [outcome, gaps?.includes(gap.id)]);
    expect(await records()).toEqual([["failed", true]]);
    to.status = 204;
    clock.advance(DAY);
    await new Notifying(custody).sendDue(AbortSignal.timeout(20_000));
    expect(to.arrived.length).toBeGreaterThan(0);
    expect((await records()).at(-1)).toEqual(["delivered", true]);
  });

  test("B-12 a gap is to be seen, accepted or over within 24 hours of when it was noted, by the rules in force then", () => {
    const noted = at("03T06:30");
    const check = (
      policy: PolicyName,
      records: readonly GapRecord[],
      over: Partial<AnyGap> = {},
      setting: Setting = {},
    ) =>
      judged(policy, "a536.gaps.answered", [], {
        gaps: [gapOf([record("open", noted), ...records], over)],
        ...setting,
      });
    const one = (answer: RequirementAssessment) => [answer.result, answer.n, answer.of];
    expect(one(check("sev1-4", [], {}, { asOf: noted + DAY }))).toEqual(["pending", 0, 0]);
    // Exactly 24 hours are within them; a millisecond more is not, whether somebody answers then or nobody has yet.
    expect(one(check("sev1-4", [record("acknowledge", noted + DAY)]))).toEqual(["met", 1, 1]);
    const late = check("sev1-4", [record("acknowledge", noted + DAY + 1)]);
    expect(one(late)).toEqual(["not_met", 0, 1]);
    expect(late.failing).toMatchObject([{ id: "gap-1", instance: "own" }]);
    expect(late.failing[0]?.what).toContain("answered after 1 d 0.001 s; your rules say within 24h (Sev3)");
    expect(one(check("sev1-4", [], {}, { asOf: noted + DAY + 1 }))).toEqual(["not_met", 0, 1]);
    // Over in time, or accepted until a day; an acceptance without an end is none, and the machine answers nothing.
    const closed = { state: "closed-late", closedAt: noted + DAY } as const;
    expect(one(check("sev1-4", [record("close-late", noted + DAY)], closed))).toEqual(["met", 1, 1]);
    expect(one(check("sev1-4", [record("accept", noted + MINUTE, { until: noted + 9 * DAY })]))).toEqual(["met", 1, 1]);
    expect(check("sev1-4", [record("accept", noted + 1)]).result).toBe("not_met");
    expect(check("sev1-4", [record("acknowledge", noted + 1, { actor: SYSTEM })]).result).toBe("not_met");
    // Noted by the very deed that answered it: how soon that was nobody can say.
    const together = check("sev1-4", [record("acknowledge", noted + 400)]);
    expect([...one(together), together.failing[0]?.what]).toEqual([
      "indeterminate",
      0,
      0,
      "not noticed before it was answered; your rules say within 24h (Sev3)",
    ]);
    // Open again after an acceptance: to be answered anew.
    const accepted = [record("accept", noted + MINUTE, { until: noted + DAY }), record("open", noted + DAY)];
    expect(check("sev1-4", accepted, {}, { asOf: noted + DAY + 1 }).result).toBe("pending");
    expect(check("sev1-4", accepted).result).toBe("not_met");
    // Other rules, other times; where they say nothing of it there is nothing to judge.
    const altered = { requirement: "integrity", instance: "custody" };
    expect(check("p0-p2", [record("acknowledge", noted + 31 * MINUTE)], altered).result).toBe("not_met");
    expect(check("p0-p2", [record("acknowledge", noted + 30 * MINUTE)], altered).result).toBe("met");
    expect(check("p0-p2", []).result).toBe("not_applicable");
    expect(check("critical-low-untimed", [], altered).result).toBe("no_target");
    expect(judged(new PolicyTimeline([]), "a536.gaps.answered", [], { gaps: [] }).result).toBe("no_data");
    expect(judged("sev1-4", "a536.gaps.answered", [], { gaps: [] }).result).toBe("not_applicable");
  });

  test("B-12 what changed since in the rules changes no answer about a gap that was noted before", () => {
    const noted = at("03T06:30");
    const hour = shippedPolicy("sev1-4", (text) =>
      text.replace('version: "1.0"', 'version: "1.1"').replace("Sev3: within 24h", "Sev3: within 3h"),
    );
    const policies = new PolicyTimeline([logged(shippedPolicy("sev1-4")), logged(hour, at("05T00:00"), 7)]);
    const asked = (from: number) =>
      judged(policies, "a536.gaps.answered", [], {
        gaps: [gapOf([record("open", from), record("acknowledge", from + 4 * HOUR)])],
      }).result;
    expect([asked(noted), asked(at("06T06:30"))]).toEqual(["met", "not_met"]);
  });
});

/** What somebody noted or decided about the gap. */
const record = (action: GapRecord["action"], when: number, more: Partial<GapRecord> = {}): GapRecord => ({
  index: 1_000 + Math.floor(when / MINUTE),
  at: when,
  gap: "gap-1",
  instance: "own",
  requirement: "cadence",
  action,
  window: { from: when - DAY, to: when },
  slots: 1,
  actor: action === "open" || action.startsWith("close") ? SYSTEM : ANNA,
  ...more,
});

function gapOf(records: readonly GapRecord[], over: Partial<AnyGap> = {}): AnyGap {
  const opened = records[0]?.at ?? 0;
  return {
    id: "gap-1",
    instance: "own",
    requirement: "cadence",
    from: opened - DAY,
    to: opened,
    opened,
    slots: [],
    state: "open",
    level: "normal",
    times: 1,
    settled: false,
    records,
    ...over,
  };
}
