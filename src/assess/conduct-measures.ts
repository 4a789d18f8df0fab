import type { Stamp } from "../calendar/stamp.ts";
import type { FactOf } from "../evidence/fact.ts";
import { anyHolds } from "../policy/condition.ts";
import type { Policy } from "../policy/policy.ts";
import { type Incident, isOver, precisionOf, stampOf } from "./case.ts";
import { DONE } from "./clock.ts";
import {
  type Ask,
  alike,
  allOf,
  bad,
  type Governed,
  ifTold,
  isOwn,
  judgeIncidents,
  OK,
  open,
  tells,
  together,
  unclear,
  under,
} from "./conduct.ts";
import { type Circumstances, type Judgement, plain, type Verdict } from "./judgement.ts";
import { isNamed } from "./shared-id.ts";

/** What had to be done about an incident, and whether it was checked and kept. */

type Measure = Policy["measures"][number];

/** Before the name of a measure that does not apply to an incident, for a reason that is recorded. */
const NOT_APPLICABLE = "not-applicable:";

const measured = ({ measures }: Incident) => measures.length > 0;

/** By when a step of this part of the work must be there at the latest, where the rules name no time of their own. */
const ENDS: Readonly<
  Record<Measure["phase"], readonly ("containedAt" | "eradicatedAt" | "resolvedAt" | "closedAt")[]>
> = {
  investigation: ["closedAt"],
  containment: ["containedAt", "resolvedAt", "closedAt"],
  eradication: ["eradicatedAt", "resolvedAt", "closedAt"],
  recovery: ["resolvedAt", "closedAt"],
};

/** Steps of these parts of the work were taken, or are marked as not applicable with a reason. */
function measuresOf(phases: readonly Measure["phase"][]): (circumstances: Circumstances) => Judgement {
  const own = (policy: Policy) => policy.measures.filter(({ phase }) => phases.includes(phase));
  return (circumstances) => {
    const judged = judgeIncidents(
      circumstances,
      {
        rule: `steps for ${phases.join(" and ")}`,
        set: (policy) => own(policy).length > 0,
        bad: "with a step of your rules that nobody took",
        ok: "with every step of your rules taken or ruled out with a reason",
      },
      (about) => {
        const verdict = measuresVerdict(about, own(about.policy));
        if (verdict === undefined || tells(circumstances, about.observed, measured)) return verdict;
        return unclear("its source tells of no steps that were taken");
      },
    );
    return ifTold(circumstances, judged, "the steps that were taken", measured);
  };
}

export const containmentMeasures = measuresOf(["investigation", "containment"]);
export const eradicationMeasures = measuresOf(["eradication", "recovery"]);

export const measuresVerdict = ({ incident, view }: Governed, measures: readonly Measure[]): Verdict | undefined =>
  together(measures.flatMap((measure) => under(anyHolds(measure.when, view), oneMeasure(incident, measure)) ?? []));

/** Each time at which a step was taken, the first one in front; none where its source does not say. */
function timesOf(incident: Incident, isMeant: (name: string) => boolean): Stamp[] {
  const taken = incident.measures.flatMap((name, i): Stamp[] => {
    const at = incident.measuresAt[i];
    return isMeant(name) && at !== null && at !== undefined
      ? [{ at, precision: Math.max(1, precisionOf(incident, `measuresAt.${i}`)) }]
      : [];
  });
  return taken.sort((a, b) => a.at - b.at);
}

const takenAt = (incident: Incident, id: string): Stamp | undefined =>
  timesOf(incident, (name) => alike(name) === alike(id))[0];

/** A step that was taken, against the time before which it had to be; where either is not recorded, nothing speaks against it. */
function stepBefore(taken: Stamp | undefined, id: string, end: Stamp | undefined, word: string): Verdict {
  if (taken === undefined || end === undefined) return OK;
  if (taken.at >= end.at + Math.max(1, end.precision)) return bad(`"${id}" was done only after it was ${word}`);
  const isSure = taken.at + taken.precision - 1 <= end.at || taken.at === end.at;
  return isSure ? OK : unclear(`whether "${id}" was done before it was ${word} is not recorded exactly enough`);
}

function oneMeasure(incident: Incident, { id, before, phase, mayNotApply }: Measure): Verdict {
  const said = incident.measures.map(alike);
  if (said.includes(alike(id)))
    return before === undefined
      ? OK
      : stepBefore(takenAt(incident, id), id, stampOf(incident, before), DONE[before] ?? "over");
  if (said.includes(alike(`${NOT_APPLICABLE}${id}`)))
    return mayNotApply ? OK : bad(`"${id}" is marked as not applicable, which your rules do not allow`);
  const late = before === undefined ? ENDS[phase].some((end) => incident[end] !== null) : incident[before] !== null;
  return late || isOver(incident)
    ? bad(`"${id}" is neither done nor ruled out with a reason`)
    : open(`"${id}" is not done yet`);
}

const asksVerified = ({ closing, recovery }: Policy) =>
  recovery !== undefined || (closing?.conditions.some(({ needs }) => needs === "fix-verified") ?? false);

const verified = ({ verifiedAt, measures }: Incident) => verifiedAt !== null || measures.length > 0;

/** The checks after the fix are on record, and the fix was verified before it was called resolved. */
export function recoveryVerified(circumstances: Circumstances): Judgement {
  const judged = judgeIncidents(
    circumstances,
    {
      rule: "checks after the fix",
      set: asksVerified,
      bad: "whose fix nobody checked as your rules ask",
      ok: "whose fix was checked as your rules ask",
    },
    (about) => {
      const verdict = recoveryVerdict(about);
      if (verdict === undefined || tells(circumstances, about.observed, verified)) return verdict;
      return unclear("its source does not tell whether a fix was checked");
    },
  );
  return ifTold(circumstances, judged, "checks after a fix", verified);
}

const recoveryVerdict: Ask<Governed> = ({ incident, policy, view }) => {
  const resolved = stampOf(incident, "resolvedAt") ?? stampOf(incident, "closedAt");
  if (resolved === undefined) return undefined;
  const said = incident.measures.map(alike);
  const checks = (policy.recovery?.checks ?? []).flatMap(
    ({ id, when }) =>
      under(
        anyHolds(when, view),
        said.includes(alike(id))
          ? checkVerdict(incident, id, policy)
          : bad(`the check "${id}" after the fix is not recorded`),
      ) ?? [],
  );
  const asked = (policy.closing?.conditions ?? []).filter(({ needs }) => needs === "fix-verified");
  const fixed = asked.flatMap(({ when }) => under(anyHolds(when, view), fixVerdict(incident, policy, resolved)) ?? []);
  return together([...checks, ...fixed]);
};

/**
 * When the fix was there: when what caused it was removed, or with the last step for that which the rules know. Undefined where
 * neither is recorded, so that nothing speaks against a check.
 */
function fixedAt(incident: Incident, policy: Policy): Stamp | undefined {
  const own = policy.measures.filter(({ phase }) => phase === "eradication").map(({ id }) => alike(id));
  return stampOf(incident, "eradicatedAt") ?? timesOf(incident, (name) => own.includes(alike(name))).at(-1);
}

/** A check that was made, against the fix that it is about: `bad` before it, `unclear` where the records are not exact enough. */
function afterFix(at: Stamp, fixed: Stamp | undefined): "ok" | "bad" | "unclear" {
  if (fixed === undefined || at.at === fixed.at) return "ok";
  if (at.at + Math.max(1, at.precision) <= fixed.at) return "bad";
  return at.at >= fixed.at + Math.max(1, fixed.precision) - 1 ? "ok" : "unclear";
}

/** A check after the fix: some making of it came after the fix, and before the incident was called resolved. */
function checkVerdict(incident: Incident, id: string, policy: Policy): Verdict {
  const fixed = fixedAt(incident, policy);
  const taken = timesOf(incident, (name) => alike(name) === alike(id));
  const since = taken.filter((at) => afterFix(at, fixed) === "ok");
  if (taken.length === 0 || since.length > 0)
    return stepBefore(since[0], id, stampOf(incident, "resolvedAt"), RESOLVED);
  return taken.some((at) => afterFix(at, fixed) === "unclear")
    ? unclear(`whether the check "${id}" was made after the fix is not recorded exactly enough`)
    : bad(`the check "${id}" was made before the fix that it is about`);
}

const RESOLVED = "called resolved";

function fixVerdict(incident: Incident, policy: Policy, resolved: Stamp): Verdict {
  const at = stampOf(incident, "verifiedAt");
  if (at === undefined) return bad("nobody verified the fix");
  const [spread, other] = [Math.max(1, at.precision), Math.max(1, resolved.precision)];
  if (at.at >= resolved.at + other) return bad("the fix was verified only after it was called resolved");
  const order = afterFix(at, fixedAt(incident, policy));
  if (order === "bad") return bad("what was verified was not the fix: it came after");
  if (order === "unclear") return unclear("whether it was verified after the fix is not recorded exactly enough");
  return at.at + spread - 1 <= resolved.at || (at.at === resolved.at && spread === other)
    ? OK
    : unclear("whether the fix was verified before it was called resolved is not recorded exactly enough");
}

/** Evidence was taken before anything was cleaned up. */
export function evidenceFirst(circumstances: Circumstances): Judgement {
  const judged = judgeIncidents(
    circumstances,
    {
      rule: "evidence that is taken before anything is cleaned up",
      set: ({ evidence }) => evidence?.beforeCleanup !== undefined,
      bad: "cleaned up before evidence was taken",
      ok: "with evidence taken before anything was cleaned up",
    },
    (about) => under(anyHolds(about.policy.evidence?.beforeCleanup?.when, about.view), evidenceVerdict(about)),
  );
  const kept =
    allOf(circumstances, "evidence").length > 0 || circumstances.feeding.some(({ own }) => own !== undefined);
  if (kept || ["not_applicable", "no_data"].includes(judged.result)) return judged;
  return plain("no_data", "not observable: no evidence of incidents is kept in this log");
}

/** Whether the first evidence of an incident is older than its clean-up. */
export function evidenceVerdict({ incident, policy, circumstances, observed }: Governed): Verdict {
  const kept = allOf(circumstances, "evidence");
  return evidenceOrder(incident, policy, kept, isOwn(circumstances, observed) || kept.length > 0);
}

/**
 * When anything was cleaned up first: by the step for it that was taken first, or when it was done with. Undefined where
 * neither is recorded.
 */
function cleanedAt(incident: Incident, policy: Policy | undefined): Stamp | undefined {
  const steps = new Set(policy?.measures.flatMap(({ id, phase }) => (phase === "eradication" ? [alike(id)] : [])));
  const taken = incident.measures.flatMap((name, i) => {
    const at = incident.measuresAt[i];
    return at === null || at === undefined || !steps.has(alike(name))
      ? []
      : [{ at, precision: precisionOf(incident, `measuresAt.${i}`) }];
  });
  const done = stampOf(incident, "eradicatedAt");
  return [...taken, ...(done === undefined ? [] : [done])].sort((a, b) => a.at - b.at || b.precision - a.precision)[0];
}

/** The same out of all that is kept. `keeps`: evidence of incidents is kept in this log, so that none means none. */
export function evidenceOrder(
  incident: Incident,
  policy: Policy | undefined,
  kept: readonly FactOf<"evidence">[],
  keeps: boolean,
): Verdict {
  const own = kept.filter((item) => isNamed(incident, item.incident));
  const cleaned = cleanedAt(incident, policy);
  const late = cleaned ?? stampOf(incident, "resolvedAt") ?? stampOf(incident, "closedAt");
  if (own.length === 0) {
    if (late === undefined) return open("no evidence is kept yet");
    const what = "no evidence of it is kept in this log";
    return keeps ? bad(what) : unclear(what);
  }
  const taken = own.flatMap((item) =>
    item.collectedAt === null
      ? []
      : [{ id: item.id, at: item.collectedAt, precision: Math.max(1, precisionOf(item, "collectedAt")) }],
  );
  const first = taken.sort((a, b) => a.at + a.precision - (b.at + b.precision))[0];
  if (first === undefined) return unclear("when its evidence was collected is not recorded");
  if (late === undefined) return OK;
  if (first.at + first.precision - 1 <= late.at)
    return cleaned === undefined
      ? unclear(`when it was cleaned up is not recorded; evidence ${first.id} was taken before it was over`)
      : OK;
  const begins = Math.min(...taken.map(({ at }) => at));
  if (begins >= late.at + Math.max(1, late.precision)) {
    if (taken.length < own.length) return unclear("when some of its evidence was collected is not recorded");
    return bad(
      `its first evidence, ${first.id}, was collected only after it was ${cleaned === undefined ? "over" : "cleaned up"}`,
    );
  }
  return unclear("whether evidence was taken before it was cleaned up is not recorded exactly enough");
}
