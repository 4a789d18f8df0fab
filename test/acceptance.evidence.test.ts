import { expect, test } from "vitest";
import { recordIncident } from "../src/acts/registering.ts";
import { logsExpiring } from "../src/assess/logs-expiring.ts";
import { type Rhythm, whyDue } from "../src/heads/due.ts";
import type { Policy } from "../src/policy/policy.ts";
import { PolicyTimeline } from "../src/policy/timeline.ts";
import { parseCadence, windows } from "../src/slots/cadence.ts";
import { slotsOf } from "../src/slots/state.ts";
import { verifyLedger } from "../src/verify/verify.ts";
import { liveClocks } from "../src/views/live-clocks.ts";
import {
  at,
  from,
  HOUR,
  incident,
  judged,
  MINUTE,
  PERIOD,
  type PolicyName,
  rulesOf,
  type Setting,
  said,
  word,
} from "./support/acceptance.ts";
import { policyOf } from "./support/acceptance-choices.ts";
import { recordAct } from "./support/acceptance-log.ts";
import { item, jobRuns, OVER, restoreTest } from "./support/acceptance-records.ts";
import { config, genesis, historyOf, instance, run, t } from "./support/entries.ts";
import { ruledWorkspace } from "./support/gap-workspace.ts";
import { accessDraft } from "./support/ledger.ts";
import { KeyedLedger } from "./support/rotation.ts";
import { logged } from "./support/rules.ts";

const DAY = 24 * HOUR;
const TEN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const JOBS: Setting = { sources: [{ id: "jobs", family: "cron-health" }], register: false };
const RECONCILED = "a524.collectors.reconciled";

/** Runs of a job, as the watcher of jobs saw them. */
const seenRuns = (...asked: Parameters<typeof jobRuns>) => jobRuns(...asked).map((one) => from("jobs", one));

test("B-01 the register of incidents is collected every month, each month whole", () => {
  const register = instance({
    id: "register",
    family: "incident-log",
    cadence: "monthly",
    grace: "3d",
    mode: "window",
  });
  const entries = (days: string) => [
    genesis("2026-08-01"),
    config("2026-08-01", [register]),
    run("2026-09-01T02:00Z", { instance: "register", covered: [["2026-08-01", "2026-09-01"]] }),
    run("2026-10-01T02:00Z", { instance: "register", covered: [["2026-09-01", "2026-10-01"]] }),
    run(`2026-11-${days}T02:00Z`, { instance: "register", covered: [["2026-10-01", "2026-11-01"]] }),
  ];
  const states = (days: string) => {
    const history = historyOf(entries(days)).instances.get("register");
    if (history === undefined) throw new Error("no history");
    return slotsOf(history, { from: t("2026-08-01"), to: t("2026-11-01") }, t("2026-11-20")).map(({ state }) => state);
  };
  expect(states("01")).toEqual(["collected", "collected", "collected"]);
  expect(states("03"), "within the grace").toEqual(["collected", "collected", "collected"]);
  expect(states("05"), "after it").toEqual(["collected", "collected", "late"]);
  const sources = [
    { id: "tickets", family: "incident-log", cadence: "monthly" },
    { id: "jobs", family: "cron-health", cadence: "daily" },
  ];
  expect(word("sev1-4", RECONCILED, [], { sources, register: false })).toBe("met");
  const seldom = sources.map((one) => ({ ...one, cadence: one.id === "tickets" ? "quarterly" : one.cadence }));
  const answer = judged("sev1-4", RECONCILED, [], { sources: seldom, register: false });
  expect([answer.result, said(answer)]).toEqual([
    "not_met",
    expect.stringContaining("monthly by your rules, quarterly"),
  ]);
});

test("B-02 the health of jobs is collected every day", () => {
  const RAN = "a816.jobs.watched";
  const days = (seen: readonly number[]): Setting => ({
    ...JOBS,
    sources: [{ id: "jobs", family: "cron-health", days: seen }],
  });
  expect(word("sev1-4", RAN, [], days(TEN))).toBe("met");
  const hole = judged("sev1-4", RAN, [], days(TEN.filter((day) => day !== 4)));
  expect([hole.result, hole.n, hole.of]).toEqual(["not_met", 9, 10]);
  const seldom = { ...JOBS, sources: [{ id: "jobs", family: "cron-health", cadence: "weekly" }] };
  expect(word("sev1-4", RECONCILED, [], seldom)).toBe("not_met");
});

/** Shipped rules in which the job is named whose runs show a part of the upkeep. */
const naming = (policy: PolicyName, part: string, job: string) =>
  rulesOf(policy, (text) => text.replace(`${part}: { every: `, `${part}: { job: ${job}, every: `));

test("B-03 backups are made every day; how they are kept apart no source can show", () => {
  const RAN = "a813.backup.ran";
  const rules = naming("critical-low", "backups", "nightly-backup");
  expect(word(rules, RAN, seenRuns("nightly-backup", TEN), JOBS)).toBe("met");
  const hole = judged(rules, RAN, seenRuns("nightly-backup", [1, 2, 3, 5, 6, 7, 8, 9, 10]), JOBS);
  expect([hole.result, hole.n, hole.of, said(hole)]).toEqual(["not_met", 8, 9, expect.stringContaining("4 Nov 2026")]);
  const failed = [...seenRuns("nightly-backup", TEN.slice(0, 9)), ...seenRuns("nightly-backup", [10], 5, "failure")];
  expect(word(rules, RAN, failed, JOBS), "a run that failed is none").toBe("not_met");
  expect(said(judged(rules, RAN, failed, JOBS)), "and is named").toMatch(/run \S+ of "nightly-backup": failure/);
  const unseen: Setting = { register: false, sources: [{ id: "jobs", family: "cron-health", days: [1, 2, 3] }] };
  expect(word(rules, RAN, seenRuns("nightly-backup", [1, 2, 3]), unseen)).toBe("indeterminate");
  const other = judged(rules, RAN, seenRuns("something-else", TEN), JOBS);
  expect([other.result, other.reason]).toEqual([
    "no_data",
    expect.stringContaining('no run of the job "nightly-backup"'),
  ]);
  // As it is shipped the rules name no job: nobody can see it, and nothing is claimed.
  const bare = judged("critical-low", RAN, seenRuns("nightly-backup", TEN), JOBS);
  expect([bare.result, bare.reason]).toEqual([
    "no_data",
    expect.stringMatching(/^not observable: .*upkeep\.backups\.job/),
  ]);
  const apart = judged("critical-low", "a813.backup.apart", [], JOBS);
  expect([apart.result, apart.reason]).toEqual(["no_data", expect.stringMatching(/^not observable: .*encrypted/)]);
  expect(word("sev1-4", "a813.backup.apart", [], JOBS)).toBe("not_applicable");
  // Rules that say nothing of backups ask for none; where jobs are watched, that none is a backup is not known either.
  const silent = judged("sev1-4", RAN, seenRuns("nightly-backup", TEN), JOBS);
  expect([silent.result, silent.reason]).toEqual([
    "no_data",
    expect.stringMatching(/^not observable: your rules .*no backups, .*"nightly-backup".*upkeep\.backups\.job/),
  ]);
  expect(word("sev1-4", RAN, [], JOBS)).toBe("not_applicable");
  expect(policyOf("critical-low").upkeep.backups).toMatchObject({
    every: "daily",
    encrypted: true,
    separateProvider: true,
    separateRegion: true,
  });
});

test("B-04 a restore is tested every week", () => {
  const TESTED = "a813.restore.tested";
  const rules = naming("critical-low", "restores", "restore-test");
  // Monday 2 November to Sunday 8 is the one week that lies wholly in the period.
  expect(word(rules, TESTED, seenRuns("restore-test", [5]), JOBS)).toBe("met");
  expect(word(rules, TESTED, seenRuns("restore-test", [9]), JOBS)).toBe("not_met");
  expect(word(rules, TESTED, seenRuns("restore-test", [5], 5, "failure"), JOBS)).toBe("not_met");
  expect(word("critical-low", TESTED, [], JOBS)).toBe("no_data");
  // Or a person records each test, with a file that shows it.
  const recorded = (day: string, documented = true) => [restoreTest(day, documented)];
  expect(word("critical-low", TESTED, recorded("05T10:00"))).toBe("met");
  expect(word("critical-low", TESTED, recorded("09T10:00"))).toBe("not_met");
  expect(word("critical-low", TESTED, recorded("05T10:00", false))).toBe("no_data");
});

test("what failed before there was a rule for it is not judged, and the answer says so", () => {
  const RAN = "a813.backup.ran";
  const rules = naming("critical-low", "backups", "nightly-backup");
  const policy = rules.all[0]?.policy as Policy;
  const { backups: _, ...upkeep } = policy.upkeep;
  const silent = logged({ ...policy, upkeep });
  const asking = logged({ ...policy, version: "1.1" }, at("05T12:00"), 7);
  const runs = seenRuns("nightly-backup", [6, 7, 8, 9, 10]);
  const answer = judged(new PolicyTimeline([silent, asking]), RAN, runs, JOBS);
  expect([answer.result, said(answer)]).toEqual([
    "met",
    "5 of 5 periods with a backup; nothing before 5 Nov 2026 is judged: there was no rule for backups before version 1.1",
  ]);
  const always = judged(rules, RAN, runs, JOBS);
  expect([always.result, said(always)]).toEqual(["not_met", expect.not.stringContaining("is judged")]);
});

test("a week on the border of two periods belongs to the one in which it ends, and to no other", () => {
  const TESTED = "a813.restore.tested";
  const rules = naming("critical-low", "restores", "restore-test");
  const days = Array.from({ length: 20 }, (_, i) => i + 1);
  const sources = [{ id: "jobs", family: "cron-health", days }];
  // Berlin's Thursday the 12th parts them; the week on it is from Monday the 9th to Sunday the 15th.
  const [first, border, last] = [t("2026-11-01T23:00Z"), t("2026-11-11T23:00Z"), t("2026-11-15T23:00Z")];
  const over = { ...JOBS, sources, asOf: t("2026-11-20T12:00Z") };
  const both = (runs: Parameters<typeof judged>[2]) =>
    [
      { from: first, to: border },
      { from: border, to: last },
    ].map((period) => judged(rules, TESTED, runs, { ...over, period }));
  const failed = both([...seenRuns("restore-test", [5]), ...seenRuns("restore-test", [10], 5, "failure")]);
  expect(failed.map(({ result, n, of }) => [result, n, of])).toEqual([
    ["met", 1, 1],
    ["not_met", 0, 1],
  ]);
  expect(failed.map(said)[1]).toMatch(/9 Nov 2026 – 15 Nov 2026: no restore .*: failure/);
  // A restore before the border is one of that week all the same.
  const early = both(seenRuns("restore-test", [5, 10]));
  expect(early.map(({ result, n, of }) => [result, n, of])).toEqual([
    ["met", 1, 1],
    ["met", 1, 1],
  ]);
  // What was not seen of it before the border may hide one.
  const hole = [{ id: "jobs", family: "cron-health", days: days.filter((day) => day !== 10) }];
  const unseen = { ...over, sources: hole, period: { from: border, to: last } };
  expect(word(rules, TESTED, seenRuns("restore-test", [17]), unseen)).not.toBe("met");
  expect(word(rules, TESTED, seenRuns("restore-test", [5, 14]), unseen)).toBe("met");
});

test("B-05 a restore takes hours, not days", () => {
  const FAST = "a813.restore.duration";
  const rules = naming("critical-low", "restores", "restore-test");
  const took = (minutes: number) => judged(rules, FAST, seenRuns("restore-test", [5], minutes), JOBS);
  expect([took(90).result, took(90).cases?.[0]?.verdict.took]).toEqual(["met", 90 * MINUTE]);
  expect(took(24 * 60).result, "24 hours, as the choice says").toBe("met");
  expect(took(24 * 60 + 1).result).toBe("not_met");
  const bare = judged("critical-low", FAST, seenRuns("restore-test", [5]), JOBS);
  expect([bare.result, bare.reason]).toEqual([
    "no_data",
    expect.stringMatching(/^not observable: .*upkeep\.restores\.job/),
  ]);
  // Nor does it change by what was not seen of other jobs.
  const hole = { ...JOBS, sources: [{ id: "jobs", family: "cron-health", days: [1, 2, 3] }] };
  const unseen = judged("critical-low", FAST, seenRuns("heartbeat", [2]), hole);
  expect([unseen.result, unseen.reason]).toEqual([bare.result, bare.reason]);
  expect(policyOf("critical-low").choices.find(({ id }) => id === "hours-not-days")).toMatchObject({ improve: true });
});

test("B-06 the database is dumped every hour, and restores are tested every month or the gap is named", () => {
  const hours = [...windows(parseCadence("hourly", "Europe/Berlin"), PERIOD)];
  const dumps = (left: readonly number[]) =>
    hours.flatMap(({ from: start }, i) => {
      const [one] = left.includes(i) ? [] : jobRuns("dump", [1], 1);
      return one === undefined
        ? []
        : [from("jobs", { ...one, id: `dump-${i}`, startedAt: start, endedAt: start + MINUTE })];
    });
  const RAN = "a813.backup.ran";
  const rules = naming("p0-p2", "backups", "dump");
  const whole = judged(rules, RAN, dumps([]), JOBS);
  expect([whole.result, whole.of], said(whole)).toEqual(["met", 240]);
  const hole = judged(rules, RAN, dumps([100]), JOBS);
  expect([hole.result, hole.n, hole.failing.length]).toEqual(["not_met", 239, 1]);
  const month = {
    ...JOBS,
    period: { from: t("2026-10-31T23:00Z"), to: t("2026-11-30T23:00Z") },
  };
  const TESTED = "a813.restore.tested";
  const tested = naming("p0-p2", "restores", "restore-test");
  const days = Array.from({ length: 30 }, (_, i) => i + 1);
  const sources = [{ id: "jobs", family: "cron-health", days }];
  const over = { ...month, sources, asOf: t("2026-12-01T12:00Z") };
  expect(word(tested, TESTED, seenRuns("restore-test", [20]), over)).toBe("met");
  const missed = judged(tested, TESTED, seenRuns("restore-test", [20], 5, "failure"), over);
  expect([missed.result, missed.reason]).toEqual([
    "not_met",
    expect.stringContaining('your rules name the gap "monthly-restore"'),
  ]);
});

test("B-07 heads are published every day outside the system, so that rewriting shows", async () => {
  const PUBLISHED = "a536.heads.published";
  const rules = naming("p0-p2", "heads", "publish-heads");
  expect(word(rules, PUBLISHED, seenRuns("publish-heads", TEN), JOBS)).toBe("met");
  expect(word(rules, PUBLISHED, seenRuns("publish-heads", [1, 2, 3, 9, 10]), JOBS)).toBe("not_met");
  expect(word("p0-p2", PUBLISHED, [], JOBS)).toBe("no_data");
  expect(word("sev1-4", PUBLISHED, [], JOBS)).toBe("not_applicable");

  // The same of this log: daily, and a head that was kept elsewhere shows what was rewritten.
  const sent = at("03T10:00");
  const daily: Rhythm = { id: "file", every: DAY, last: { index: 5, size: 5, root: "x", sent }, isNew: true };
  expect([whyDue(daily, undefined, sent + DAY - 1), whyDue(daily, undefined, sent + DAY)]).toEqual([undefined, "new"]);
  const log = await KeyedLedger.begin();
  const ledger = await log.open();
  await ledger.append([accessDraft("one")]);
  const kept = await ledger.publish();
  await ledger.append([accessDraft("two")]);
  await ledger.publish();
  const against = async (root: Uint8Array) =>
    (
      await verifyLedger(log.store, {
        keys: [log.first],
        since: [{ size: kept.size, root, from: "a mailbox", held: "outside" }],
      })
    ).findings.map(({ code }) => code);
  expect(await against(kept.root)).toEqual([]);
  expect(await against(new Uint8Array(32))).toEqual(["forked"]);
});

test("B-08 reviews and evidence lie in the store, and each still has the hash that was recorded", async () => {
  const log = await KeyedLedger.begin();
  const ledger = await log.open();
  const review = await recordAct(ledger, "# Review of INC-1\n");
  const codes = async () => (await verifyLedger(log.store, { keys: [log.first] })).findings.map(({ code }) => code);
  expect(await codes()).toEqual([]);
  const key = `blob/sha256/${review.digest.slice(0, 2)}/${review.digest}`;
  const bytes = log.store.objects.get(key);
  if (bytes === undefined) throw new Error("no such blob");
  log.store.objects.set(key, new TextEncoder().encode("# Review of INC-2\n"));
  expect(await codes()).toEqual(["blob-altered"]);
  log.store.objects.delete(key);
  expect(await codes()).toEqual(["blob-missing"]);
});

test("B-09 what is preserved of an incident stays for later analysis", () => {
  const HELD = "a528.hold.kept";
  const about = (nature: string, closed = true) => incident({ severity: "High", nature, ...(closed ? OVER : {}) });
  const held = (to: number | null) => item({ holds: [{ hold: "h", from: at("03T11:00"), to }] });
  for (const policy of ["critical-low-untimed", "p1-p4"] as const) {
    expect(word(policy, HELD, [about("security"), held(null)]), policy).toBe("met");
    expect(word(policy, HELD, [about("security"), held(at("03T12:00"))]), policy).toBe("not_met");
    expect(word(policy, HELD, [about("security", false), item()]), policy).toBe("not_met");
    expect(word(policy, HELD, [about("availability"), item()]), policy).toBe("not_applicable");
  }
  const nobody = incident({ severity: "High", ...OVER });
  expect(word("p1-p4", HELD, [nobody, item()]), "of which kind it is, is not recorded").toBe("indeterminate");
});

test("B-10 evidence is taken while logs of the beginning are still there", () => {
  const EXPIRY = "a528.source.expiry";
  const began = t("2026-10-05T10:00Z");
  const about = (more: Parameters<typeof incident>[0] = {}) =>
    incident({ severity: "High", nature: "security", occurredAt: began, detectedAt: at("01T10:00"), ...more });
  const taken = (collectedAt: number) => item({ collectedAt });
  expect(word("critical-low", EXPIRY, [about(), taken(began + 30 * DAY)])).toBe("met");
  const late = judged("critical-low", EXPIRY, [about(), taken(began + 30 * DAY + 1)]);
  expect([late.result, said(late)]).toEqual([
    "not_met",
    expect.stringContaining("kept until 2026-11-04 11:00 (+01:00)"),
  ]);
  expect(word("critical-low", EXPIRY, [about()]), "open, nothing kept, and logs are gone").toBe("not_met");
  const running = judged("critical-low", EXPIRY, [about()], { asOf: began + 29 * DAY });
  expect([running.result, running.cases?.[0]?.verdict.due]).toEqual(["pending", began + 30 * DAY]);
  expect(word("critical-low", EXPIRY, [about({ resolvedAt: began + 29 * DAY })]), "over before that").toBe(
    "not_applicable",
  );
  const day = about({ precision: { occurredAt: DAY } });
  expect(word("critical-low", EXPIRY, [day, taken(began + 30 * DAY + HOUR)]), "known by its day only").toBe(
    "indeterminate",
  );
  expect(word("critical-low", EXPIRY, [about({ nature: "availability" })])).toBe("not_applicable");
  expect(word("p1-p4", EXPIRY, [about()]), "rules that do not say how long logs are kept").toBe("not_applicable");

  // Before that, as `custody status` tells of each open one: seven days before, as the rules say.
  const rules = policyOf("critical-low");
  const told = (fields: Parameters<typeof incident>[0] = {}, kept = [] as ReturnType<typeof item>[]) =>
    logsExpiring(about(fields), kept, rules, began + 20 * DAY);
  expect(told()).toEqual({ due: began + 30 * DAY, warn: 7 * DAY, keep: "30d" });
  expect(told({ nature: null }), "of which kind it is, nobody said yet").toBeDefined();
  expect(told({}, [item()])).toBeUndefined();
  expect(told({ nature: "availability" })).toBeUndefined();
  expect(told({ resolvedAt: began + DAY })).toBeUndefined();
  expect(logsExpiring(about(), [], policyOf("p1-p4"), began), "rules without a number").toBeUndefined();
});

test("B-10 whoever looks is told before logs of an open incident are gone, and no more once evidence is kept", async () => {
  const { custody, clock } = await ruledWorkspace("critical-low");
  await recordIncident(custody, {
    act: "open",
    values: { severity: "High", nature: "security" },
    words: { title: "Odd logins" },
  });
  const told = async () =>
    (await liveClocks(custody, clock.now()))
      .filter(({ title }) => title.includes("logs of its beginning"))
      .map(({ title, commands }) => [title, commands]);
  clock.advance(22 * DAY);
  expect(await told()).toEqual([]);
  clock.advance(2 * DAY);
  expect(await told()).toEqual([
    [expect.stringContaining("INC-2026-001"), [expect.stringContaining("custody evidence add")]],
  ]);
  clock.advance(7 * DAY);
  expect((await told())[0]?.[0]).toMatch(/^TOO LATE/);
});
