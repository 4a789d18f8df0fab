import type { FactOf, Observed } from "../evidence/fact.ts";
import { lengthForPeople } from "../lib/length.ts";
import { type Interval, parseDuration } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import type { Policy } from "../policy/policy.ts";
import type { PolicyInForce } from "../policy/timeline.ts";
import { spansEndingIn, unseenBefore } from "./border-spans.ts";
import { judgeByRules } from "./by-rules.ts";
import { NO_POLICY, type PolicyRef } from "./case.ts";
import { rulesWhen } from "./conduct.ts";
import { PERIOD } from "./counted.ts";
import { type Circumstances, type Failing, type Judgement, plain, recordsOf, type Subject } from "./judgement.ts";
import { noRuleOn } from "./no-rule.ts";
import { ownRunsIn } from "./own-runs.ts";
import { counted } from "./vocabulary.ts";

/** What the rules promise to do all the time, as the watched job shows that does it: backups, restores, published heads. */

type Part = "backups" | "restores" | "heads";
type JobRun = FactOf<"job-run">;
type Seen = Observed & { readonly fact: JobRun };

interface Words {
  /** What `noRuleOn` is told. */
  readonly rule: string;
  /** After "3 of 4 ". */
  readonly ok: string;
  readonly missing: string;
}

const WORDS: Readonly<Record<Part, Words>> = {
  backups: { rule: "backups", ok: "with a backup", missing: "no backup that succeeded" },
  restores: { rule: "restores", ok: "with a tested restore", missing: "no restore that succeeded" },
  heads: { rule: "heads of your audit log", ok: "with published heads", missing: "no heads were published" },
};

/** All of the period, and of the time before it those in a span that ends in it. */
const runsOf = (circumstances: Circumstances, job: string, spans: readonly Interval[]): Seen[] => {
  const feeding = new Set(circumstances.feeding.map(({ instance }) => instance));
  const first = Math.min(...spans.map(({ from }) => from));
  const before = (circumstances.runsBefore ?? []).filter(
    ({ fact, instance }) => feeding.has(instance) && fact.kind === "job-run" && (endOf(fact) ?? 0) >= first,
  );
  return [...before, ...recordsOf(circumstances, "job-run")].filter(
    (one): one is Seen => one.fact.kind === "job-run" && one.fact.job.trim().toLowerCase() === job.trim().toLowerCase(),
  );
};

const endOf = ({ startedAt, endedAt }: JobRun) => endedAt ?? startedAt;

const unnamed = (part: Part) =>
  `not observable: your rules do not name the job whose runs show it (\`upkeep.${part}.job\`)${part === "restores" ? ", and no test of a restore is recorded with a file" : ""}`;

/** Rules that say nothing of it ask for nothing; where jobs are watched, one of them may be it, and nobody can see which. */
function unset(circumstances: Circumstances, part: Part): Judgement {
  const none = noRuleOn(WORDS[part].rule);
  const own = ownRunsIn(circumstances);
  const watched = recordsOf(circumstances, "job-run").flatMap(({ fact, instance }) =>
    fact.kind === "job-run" && !own.has(instance) ? [fact.job.trim()] : [],
  );
  const jobs = [...new Set(watched)].sort().map((job) => `"${job}"`);
  if (part === "heads" || jobs.length === 0) return plain("not_applicable", none);
  const some = [
    ...jobs.slice(0, JOBS_NAMED),
    ...(jobs.length > JOBS_NAMED ? [`${jobs.length - JOBS_NAMED} more`] : []),
  ];
  return plain(
    "no_data",
    `not observable: ${none}, so which of the watched jobs is one nobody can tell (${some.join(", ")}); name it under \`upkeep.${part}.job\``,
  );
}

/** Jobs named in one answer; all of them are in the register of job runs. */
const JOBS_NAMED = 8;

/** When a person recorded that it was done, with a file that shows it: only of restores there are such records. */
const recordedAt = ({ activities = [] }: Circumstances, part: Part): number[] =>
  part !== "restores"
    ? []
    : activities.flatMap(({ type, at, documented }) =>
        type === "restore-test" && at !== null && documented ? [at] : [],
      );

/** One answer for each span of the cadence that is over: something succeeded in it. */
function ranInTime(part: Part): (circumstances: Circumstances) => Judgement {
  return (circumstances) => {
    const { policies, period, asOf } = circumstances;
    if (policies.all.length === 0) return plain("no_data", NO_POLICY);
    const known = policies.between(period.from, period.to);
    if (known.some(({ policy }) => policy === undefined))
      return plain("indeterminate", "the text of the rules of then is gone");
    const asking = known.filter(({ policy }) => policy?.upkeep[part] !== undefined);
    const newest = asking.at(-1);
    if (newest?.policy === undefined) return unset(circumstances, part);
    const signed = asking.map(({ entry }) => entry);
    const job = newest.policy.upkeep[part]?.job;
    const recorded = recordedAt(circumstances, part);
    if (job === undefined && recorded.length === 0) return { ...plain("no_data", unnamed(part)), signed };
    const spans = spansEndingIn(circumstances, ({ upkeep }) => upkeep[part]?.every);
    const runs = job === undefined ? [] : runsOf(circumstances, job, spans);
    const elsewhere = `no run of the job "${job}" was seen in the period: it is not watched, or it never ran`;
    if (runs.length === 0 && recorded.length === 0) return { ...plain("no_data", elsewhere), signed };
    const answer = judgeSpans(circumstances, newest.policy, part, spans, { runs, recorded }, asOf);
    return { ...answer, notes: silentBefore(known, asking[0], part), signed };
  };
}

/** What nobody asked for then cannot have been missed, and looks as if all had gone well. */
function silentBefore(
  known: readonly PolicyInForce[],
  first: PolicyInForce | undefined,
  part: Part,
): readonly string[] {
  if (first?.policy === undefined || first === known[0]) return [];
  const { version, from, policy } = first;
  return [
    `nothing before ${dateForPeople(from, policy.zone)} is judged: there was no rule for ${WORDS[part].rule} before version ${version}`,
  ];
}

function judgeSpans(
  circumstances: Circumstances,
  policy: Policy,
  part: Part,
  spans: readonly Interval[],
  { runs, recorded }: { readonly runs: readonly Seen[]; readonly recorded: readonly number[] },
  asOf: number,
): Judgement {
  const words = WORDS[part];
  const over = spans.filter(({ to }) => to <= asOf);
  // Where only records of people show it, all of them are in the log.
  const unseen =
    policy.upkeep[part]?.job === undefined
      ? []
      : [...unseenBefore(circumstances, spans), ...circumstances.feeding.flatMap((one) => one.unseen)];
  const done = ({ from, to }: Interval) =>
    recorded.some((at) => at >= from && at < to) ||
    runs.some(({ fact: { outcome, endedAt, startedAt } }) => {
      const at = endedAt ?? startedAt;
      return outcome === "success" && at !== null && at >= from && at < to;
    });
  const missing = over.filter((span) => !done(span));
  const sure = missing.filter(({ from, to }) => !unseen.some((slot) => slot.from < to && slot.to > from));
  const failing: Failing[] = missing.map((span) => {
    const tried = runs.filter(({ fact: { endedAt, startedAt } }) => {
      const at = endedAt ?? startedAt;
      return at !== null && at >= span.from && at < span.to;
    });
    return {
      id: daysOf(span, policy.zone),
      instance: undefined,
      what: [
        words.missing,
        ...tried.map(({ fact }) => attemptInWords(fact)),
        ...(sure.includes(span) ? [] : ["not everything of this time was seen"]),
      ].join("; "),
      entries: [...new Set(tried.map(({ entry }) => entry))],
    };
  });
  const accepted = policy.acceptedGaps.filter(({ about }) => about === part).map(({ id }) => `"${id}"`);
  const noted = missing.length > 0 && accepted.length > 0 ? `; your rules name the gap ${accepted.join(", ")}` : "";
  const of = over.length;
  const n = of - missing.length;
  const answer = (result: Judgement["result"], reason: string): Judgement => ({
    ...plain(result, reason + noted),
    n,
    of,
    noun: PERIOD,
    failing,
    records: runs,
  });
  const share = `${n} of ${counted(of, PERIOD)} ${words.ok}`;
  if (sure.length > 0) return answer("not_met", share);
  if (missing.length > 0) return answer("indeterminate", `${share}; of the rest not everything was seen`);
  return of > 0 && over.length === spans.length ? answer("met", share) : answer("pending", `${share}; not over yet`);
}

/** `9 Nov 2026 – 15 Nov 2026`, or the one day. */
function daysOf({ from, to }: Interval, zone: string): string {
  const [first, last] = [dateForPeople(from, zone), dateForPeople(to - 1, zone)];
  return first === last ? first : `${first} – ${last}`;
}

function attemptInWords({ job, id, outcome, detail }: JobRun): string {
  return `run ${id} of "${job.trim()}": ${outcome}${detail === null || detail.trim() === "" ? "" : ` (${detail.trim()})`}`;
}

export const backupsRan = ranInTime("backups");
export const restoresRan = ranInTime("restores");
export const headsPublished = ranInTime("heads");

/** What no source can show of a backup: how it is encrypted, and where it lies. */
export function backupsApart({ policies, period }: Circumstances): Judgement {
  if (policies.all.length === 0) return plain("no_data", NO_POLICY);
  const known = policies.between(period.from, period.to);
  const asks = known.some(({ policy }) => {
    const { encrypted, separateProvider, separateRegion } = policy?.upkeep.backups ?? {};
    return policy === undefined || [encrypted, separateProvider, separateRegion].includes(true);
  });
  if (!asks) return plain("not_applicable", "your rules do not say how backups are kept apart");
  const why = "no connected source says how a backup is encrypted, and with whom and where it lies; add it as a file";
  return { ...plain("no_data", `not observable: ${why}`), signed: known.map(({ entry }) => entry) };
}

/** No restore took longer than the rules allow. */
export function restoreDuration(circumstances: Circumstances): Judgement {
  const job = ({ upkeep }: Policy) => upkeep.restores?.job;
  const records = recordsOf(circumstances, "job-run");
  const subjects = records.flatMap((observed): Subject[] => {
    const { fact } = observed;
    if (fact.kind !== "job-run" || fact.outcome !== "success") return [];
    const rules = rulesWhen(circumstances, fact.startedAt ?? fact.endedAt);
    if (!("policy" in rules)) return [];
    const { policy, ref } = rules;
    const within = policy.upkeep.restores?.within;
    if (within === undefined || job(policy)?.toLowerCase() !== fact.job.toLowerCase()) return [];
    return [{ id: `${fact.job} ${fact.id}`, observed, verdict: durationVerdict(fact, policy, within, ref) }];
  });
  const set = ({ upkeep }: Policy) => upkeep.restores?.within !== undefined;
  const wording = {
    noun: ["restore", "restores"] as const,
    bad: "slower than your rules allow",
    ok: "as fast as your rules ask",
    rule: "time for a restore (`upkeep.restores.within`)",
  };
  const named = circumstances.policies.all.some(({ policy }) => policy !== undefined && job(policy) !== undefined);
  // Whatever else was seen or not: no run can be one of a restore that nobody names.
  if (!named && subjects.length === 0 && circumstances.policies.all.some(asks(set)))
    return plain("no_data", unnamed("restores"));
  const judged = judgeByRules(circumstances, "job-run", subjects, wording, set);
  if (judged.result === "not_applicable" && subjects.length === 0 && circumstances.policies.all.some(asks(set)))
    return plain("no_data", "no restore was seen in the period");
  return judged;
}

const asks =
  (set: (policy: Policy) => boolean) =>
  ({ policy }: { readonly policy: Policy | undefined }): boolean =>
    policy !== undefined && set(policy);

function durationVerdict(fact: JobRun, policy: Policy, within: string, ref: PolicyRef): Subject["verdict"] {
  const limit = parseDuration(within) ?? 0;
  const base = { policy: ref, target: within };
  if (fact.startedAt === null || fact.endedAt === null)
    return { ...base, word: "no_data", what: "when it began or ended is not recorded" };
  const took = fact.endedAt - fact.startedAt;
  if (took < 0) return { ...base, word: "invalid", what: "it ended before it began" };
  const late = policy.upkeep.restores?.strict === true ? took >= limit : took > limit;
  const what = `took ${lengthForPeople(took, { deciding: took - limit })}; your rules say ${within} at most`;
  return { ...base, took, ended: true, word: late ? "bad" : "ok", what };
}
