import { judgeTerm } from "../calendar/verdict.ts";
import { holds } from "../policy/condition.ts";
import type { Policy } from "../policy/policy.ts";
import { stampOf } from "./case.ts";
import { calendarOf, tell, verdictWord, writtenTerm } from "./clock.ts";
import { allOf, bad, type Governed, judgeIncidents, OK, open, together, unclear } from "./conduct.ts";
import type { Circumstances, Judgement, Verdict } from "./judgement.ts";
import { isNamed } from "./shared-id.ts";

/** Vulnerabilities that came in as incidents: whether they can be reached here, by when they were mended, and in which list they stand. */

type Rule = NonNullable<Policy["intake"]>["vulnerabilities"][number];

const rulesOf = (policy: Policy): readonly Rule[] => policy.intake?.vulnerabilities ?? [];

/** The rules that are about an incident by everything but the marks of the decision itself. */
function about({ policy, view }: Governed): readonly Rule[] {
  return rulesOf(policy).filter(({ when }) => {
    if (when === undefined) return false;
    const { tags: _, ...rest } = when;
    return Object.keys(rest).length > 0 ? holds(rest, view) === "yes" : holds(when, view) === "yes";
  });
}

/** Those of them that are decided on. */
const decidedBy = (governed: Governed): readonly Rule[] =>
  about(governed).filter(({ when }) => when !== undefined && holds(when, governed.view) === "yes");

const SET = (policy: Policy) => rulesOf(policy).some(({ when }) => when !== undefined);

/** Somebody decided whether each one can be reached. */
export function vulnerabilitiesDecided(circumstances: Circumstances): Judgement {
  return judgeIncidents(
    circumstances,
    {
      rule: "decision about vulnerabilities",
      set: SET,
      bad: "about vulnerabilities without a clear decision whether they can be reached",
      ok: "about vulnerabilities with a decision whether they can be reached",
    },
    (governed) => {
      if (about(governed).length === 0) return undefined;
      const decided = new Set(decidedBy(governed).map(({ reachable }) => reachable));
      if (decided.size === 1) return OK;
      if (decided.size > 1) return bad("marked both as reachable and as not reachable");
      const what = "nobody decided whether it can be reached";
      return governed.incident.resolvedAt === null && governed.incident.closedAt === null ? open(what) : bad(what);
    },
  );
}

/** Each one was mended in its time, and stands in the list of vulnerabilities: as an action that is followed somewhere. */
export function vulnerabilitiesFixed(circumstances: Circumstances): Judgement {
  const actions = allOf(circumstances, "action").filter(({ cancelledAt }) => cancelledAt === null);
  return judgeIncidents(
    circumstances,
    {
      rule: "time for mending vulnerabilities",
      set: SET,
      bad: "about vulnerabilities that were not mended in time, or are in no list",
      ok: "about vulnerabilities mended in time and in the list",
    },
    (governed) => {
      const { incident, policy } = governed;
      const own = actions.filter((one) => isNamed(incident, one.incident));
      if (about(governed).length === 0) return undefined;
      const rules = decidedBy(governed);
      if (rules.length === 0) return unclear("whether it can be reached is not decided, so its time is not known");
      return together(
        rules.flatMap((rule): Verdict[] => [
          ...fixed(governed, rule, policy),
          ...(rule.fixedBy === "date-by-hand" && !own.some(({ due, replanned }) => due !== null || replanned.length > 0)
            ? [missing(governed, "no action of it has a date by which it is mended")]
            : []),
          ...(rule.tracked && !own.some(({ tracker }) => tracker !== null)
            ? [missing(governed, "no action of it is followed in a list of vulnerabilities")]
            : []),
          OK,
        ]),
      );
    },
  );
}

const missing = ({ incident }: Governed, what: string): Verdict =>
  incident.closedAt === null && incident.resolvedAt === null ? open(what) : bad(what);

/** From when it was noticed until its cause was removed. */
function fixed({ incident, circumstances: { asOf } }: Governed, rule: Rule, policy: Policy): Verdict[] {
  const term = writtenTerm(rule.fixed);
  if (term === undefined || term.term.op === "at-once") return [];
  const end = stampOf(incident, "eradicatedAt") ?? stampOf(incident, "resolvedAt");
  const start = stampOf(incident, "detectedAt");
  const calendar = calendarOf(policy, policy.intake?.calendar);
  const verdict = judgeTerm({ start, end, asOf, over: incident.closedAt !== null, calendar, term: term.term });
  const exact = (start?.precision ?? 0) <= 1 && (end?.precision ?? 0) <= 1;
  const what = tell(verdict, {
    done: "mended",
    written: term,
    level: undefined,
    ended: end !== undefined,
    exact,
    zone: policy.zone,
  });
  return [{ word: verdictWord(verdict.word), what, took: verdict.took }];
}
