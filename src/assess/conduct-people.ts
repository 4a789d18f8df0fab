import { judgeTerm } from "../calendar/verdict.ts";
import { lengthForPeople } from "../lib/length.ts";
import { anyHolds, type Holds, holds } from "../policy/condition.ts";
import type { Policy } from "../policy/policy.ts";
import { precisionOf, stampOf } from "./case.ts";
import { calendarOf, tell, writtenTerm } from "./clock.ts";
import {
  type Ask,
  alike,
  bad,
  type Governed,
  ifTold,
  judgeIncidents,
  OK,
  open,
  tells,
  together,
  unclear,
  under,
} from "./conduct.ts";
import type { Circumstances, Judgement, Verdict } from "./judgement.ts";

/** Who must be named, who must be told inside, and what must be decided about each incident. */

const isBlank = (text: string | null) => text === null || text.trim() === "";

/** Whether closing asks for something, of this incident. */
function closingAsks({ policy, view }: Governed, need: string): Holds {
  const found = (policy.closing?.conditions ?? [])
    .filter(({ needs }) => needs === need)
    .map(({ when }) => anyHolds(when, view));
  return found.includes("yes") ? "yes" : found.includes("unknown") ? "unknown" : "no";
}

const closingHas = ({ closing }: Policy, need: string) =>
  closing?.conditions.some(({ needs }) => needs === need) ?? false;

/** What is still to be decided is no failure before the incident is closed. */
const missing = ({ incident }: Governed, what: string): Verdict =>
  incident.closedAt === null && incident.resolvedAt === null ? open(what) : bad(what);

/** Whether it concerns availability, security or both. */
export function natureDecided(circumstances: Circumstances): Judgement {
  return judgeIncidents(
    circumstances,
    {
      rule: "kinds of incidents",
      set: (policy) => policy.natures.length > 0 || closingHas(policy, "nature"),
      bad: "without a decision whether they concern availability, security or both",
      ok: "with a decision whether they concern availability, security or both",
    },
    (about) => {
      const { incident, policy } = about;
      if (isBlank(incident.nature))
        return missing(about, "nobody decided whether it concerns availability, security or both");
      const wanted = alike(incident.nature as string);
      const known = policy.natures.some(({ id, title, aliases }) =>
        [id, title, ...aliases].some((word) => alike(word) === wanted),
      );
      return known || policy.natures.length === 0
        ? OK
        : bad(`"${incident.nature}" is no kind of incident in your rules`);
    },
  );
}

/** Whether personal data is concerned: decided, by whom and when. */
export function personalDataDecided(circumstances: Circumstances): Judgement {
  return judgeIncidents(
    circumstances,
    {
      rule: "decision about personal data",
      set: (policy) => policy.breach !== undefined || closingHas(policy, "personal-data-decision"),
      bad: "without a complete decision whether personal data is concerned",
      ok: "with a decision whether personal data is concerned",
    },
    (about) => {
      const { incident, policy } = about;
      const { personalData, personalDataBy, personalDataAt } = incident;
      const verdict = () => {
        if (personalData === null) return missing(about, "nobody decided whether personal data is concerned");
        const lacks = [...(isBlank(personalDataBy) ? ["by whom"] : []), ...(personalDataAt === null ? ["when"] : [])];
        return lacks.length === 0
          ? OK
          : bad(`decided (${personalData}), and it is not recorded ${lacks.join(" and ")}`);
      };
      return under(policy.breach !== undefined ? "yes" : closingAsks(about, "personal-data-decision"), verdict());
    },
  );
}

/** Words by which a name is no person's. */
const GROUP =
  /(?:^|[^\p{L}])(?:team|teams|group|queue|on-?call|support|desk|service-?desk|help-?desk|everyone|everybody|all|department|squad|unassigned|nobody|none|n\/a|tbd|unknown)(?:$|[^\p{L}])/iu;

function personIn(name: string, { roles, escalation, upkeep }: Policy): Verdict {
  const wanted = alike(name);
  const posts = [...Object.keys(roles), ...(escalation?.chain ?? []), ...(upkeep.onCall?.levels ?? [])];
  if (posts.some((word) => alike(word) === wanted)) return bad(`"${name}" is a post and no person`);
  return GROUP.test(name) ? unclear(`"${name}" looks like a team or a queue, and your rules ask for a person`) : OK;
}

function named(role: "owner" | "commander", ask: string): (circumstances: Circumstances) => Judgement {
  return (circumstances) =>
    judgeIncidents(
      circumstances,
      {
        rule: ask,
        set: ({ roles }) => roles[role] !== undefined,
        bad: `without ${ask}`,
        ok: `with ${ask}`,
      },
      ({ incident, policy, view }) => {
        const rule = policy.roles[role];
        if (rule === undefined) return undefined;
        const name = incident[role];
        const verdict = () => {
          if (name === null || isBlank(name)) return bad(`without ${ask}`);
          return rule.person ? personIn(name, policy) : OK;
        };
        return under(holds({ severities: rule.severities }, view), verdict());
      },
    );
}

/** Somebody is responsible, for the severities that the rules name. */
export const ownerNamed = named("owner", "somebody who is responsible");
/** Somebody leads the response. */
export const commanderNamed = named("commander", "somebody who leads the response");

const escalated = ({ escalations }: { readonly escalations: readonly unknown[] }) => escalations.length > 0;

/** Escalations that the rules ask for, each to whom it must go. */
export function escalationsMade(circumstances: Circumstances): Judgement {
  const conduct = {
    rule: "escalation",
    set: ({ escalation }: Policy) => escalation?.immediate !== undefined || (escalation?.further.length ?? 0) > 0,
    bad: "without an escalation that your rules ask for",
    ok: "escalated as your rules ask",
  };
  const judged = judgeIncidents(circumstances, conduct, escalatedTo);
  const told = (judged.cases ?? []).flatMap(({ id, verdict: { took } }) =>
    took === undefined ? [] : [`${id} after ${lengthForPeople(took)}`],
  );
  const more = told.length > 10 ? ` and ${told.length - 10} more` : "";
  const reason =
    told.length === 0 ? judged.reason : `${judged.reason}; escalated: ${told.slice(0, 10).join(", ")}${more}`;
  return ifTold(circumstances, { ...judged, reason }, "escalations", escalated);
}

const escalatedTo: Ask<Governed> = (about) => {
  const { policy, view, observed, circumstances } = about;
  const { immediate, further = [] } = policy.escalation ?? {};
  const asked = [
    ...(immediate === undefined
      ? []
      : [{ to: immediate.to, term: immediate.term, holds: holds({ severities: immediate.severities }, view) }]),
    ...further.map(({ to, when, term }) => ({ to, term, holds: holds(when, view) })),
  ];
  const told = tells(circumstances, observed, escalated);
  const first = about.incident.escalations.flatMap(({ at }) => at ?? []).sort((a, b) => a - b)[0];
  const from = about.incident.detectedAt;
  const took = first === undefined || from === null || first < from ? undefined : first - from;
  const verdict = together(asked.flatMap((one) => under(one.holds, told ? reachedInTime(about, one) : UNTOLD) ?? []));
  return verdict && { ...verdict, took };
};

/** To whom it must go, and as soon as the rules say; where they name no number, how long it took is told. */
function reachedInTime(about: Governed, { to, term }: { readonly to: string; readonly term: string }): Verdict {
  const went = reached(about, to);
  const written = writtenTerm(term);
  if (went.word !== "ok" || written === undefined || written.term.op === "at-once") return went;
  const { incident, policy, circumstances } = about;
  const times = incident.escalations.flatMap((one, i) =>
    one.at !== null && isTo(about, to, one.to)
      ? [{ at: one.at, precision: precisionOf(incident, `escalations.${i}`) }]
      : [],
  );
  const end = times.sort((a, b) => a.at - b.at)[0];
  const start = stampOf(incident, "detectedAt");
  const course = { start, end, asOf: circumstances.asOf, over: true, calendar: calendarOf(policy, undefined) };
  const found = judgeTerm({ ...course, term: written.term });
  if (found.word === "met") return OK;
  const exact = (start?.precision ?? 0) <= 1 && (end?.precision ?? 0) <= 1;
  const what = tell(found, {
    done: `escalated to ${to}`,
    written,
    level: undefined,
    ended: end !== undefined,
    exact,
    zone: policy.zone,
  });
  return found.word === "not_met" ? bad(what) : unclear(what);
}

/** Whether it went to that post, or to one further up: whoever could not be reached is passed over. */
function isTo({ policy }: Governed, to: string, word: string | null): boolean {
  const chain = policy.escalation?.chain ?? [];
  const from = chain.indexOf(to);
  return word !== null && [to, ...(from < 0 ? [] : chain.slice(from))].map(alike).includes(alike(word));
}

const UNTOLD = unclear("its source tells of no escalations");

function reached(about: Governed, to: string): Verdict {
  const { incident, policy } = about;
  const chain = policy.escalation?.chain ?? [];
  const went = incident.escalations.map((one) => one.to);
  if (went.some((word) => isTo(about, to, word))) return OK;
  const posts = [...chain, ...Object.keys(policy.roles), ...(policy.escalation?.further ?? []).map((one) => one.to)];
  const other = went.find((word) => word === null || !posts.some((post) => alike(post) === alike(word)));
  if (other === undefined) return bad(`not escalated to ${to}`);
  return unclear(
    other === null
      ? `escalated, and it is not recorded to whom; it should go to ${to}`
      : `escalated to ${other}, and it is not recorded whether that is ${to}`,
  );
}

const FIELDS = { at: "when", from: "from whom", to: "to whom", reason: "why" } as const;

/** Each escalation says what the rules want to know of it. */
export function escalationsComplete(circumstances: Circumstances): Judgement {
  const conduct = {
    rule: "record of escalations",
    set: ({ escalation }: Policy) => (escalation?.fields.length ?? 0) > 0,
    bad: "with an escalation of which something is not recorded",
    ok: "with everything recorded of each escalation",
  };
  const judged = judgeIncidents(circumstances, conduct, ({ incident, policy, observed }) => {
    if (!tells(circumstances, observed, escalated)) return UNTOLD;
    const fields = policy.escalation?.fields ?? [];
    return together(
      incident.escalations.map((one, i) => {
        const lacks = fields.filter((field) => one[field] === null || one[field] === "");
        if (lacks.length === 0) return OK;
        return bad(`escalation ${i + 1} does not say ${lacks.map((field) => FIELDS[field]).join(", ")}`);
      }),
    );
  });
  return ifTold(circumstances, judged, "escalations", escalated);
}
