import { judgeTerm } from "../calendar/verdict.ts";
import type { FactOf, Observed } from "../evidence/fact.ts";
import { lengthForPeople } from "../lib/length.ts";
import type { Instant } from "../lib/time.ts";
import { startOfDay, wallClock } from "../lib/zone.ts";
import type { Policy } from "../policy/policy.ts";
import { termOf } from "../policy/term.ts";
import { caseView } from "./case.ts";
import { calendarOf } from "./clock.ts";
import { allOf, bad, judgeAll, judgeBy, OK, open, rulesWhen, unclear } from "./conduct.ts";
import { momentOf } from "./conduct-document.ts";
import type { Circumstances, Judgement, Verdict } from "./judgement.ts";
import { idsOf } from "./one-id.ts";
import { linkKey } from "./population.ts";

/** What was decided about events: alerts of sources, and reports of people. */

type Decision = FactOf<"decision">;

const key = ({ instance, kind, id }: Decision["about"]) => JSON.stringify([instance, kind, id]);

const NOBODY = "nobody decided whether it is an incident";

/**
 * As of the log, whichever period is asked about: it waits while its own time runs. That is the longest that the rules leave for
 * deciding; where they set no number for it, no limit is named, and it waits for its own day.
 */
function undecided(from: Instant | null, policy: Policy, asOf: Instant): Verdict {
  if (from === null) return bad(NOBODY);
  const waited = `${NOBODY}, for ${lengthForPeople(Math.max(0, Math.floor((asOf - from) / MINUTE) * MINUTE))}`;
  const longest = longestOf(from, undefined, policy, asOf);
  if (longest === undefined) {
    const over = startOfDay(wallClock(from, policy.zone).toPlainDate().add({ days: 1 }), policy.zone);
    const what = `${waited}; your rules set no time for deciding`;
    return { ...(asOf < over ? open(`${what}, and its day is not over yet`) : bad(what)), due: over };
  }
  const { text, verdict } = longest;
  const base = { target: text, due: dueOf(longest) };
  const said = `${waited}; your rules leave ${text} at most for deciding`;
  if (verdict.word === "not_met") return { ...bad(said), ...base };
  return { ...(verdict.word === "pending" ? open(said) : unclear(`${said}: ${verdict.reason}`)), ...base };
}

/** A limit for deciding is one for what was decided too: late for every severity is late, whatever was decided. */
function decidedLate(from: Instant, decidedAt: Instant, policy: Policy, asOf: Instant): Verdict | undefined {
  const longest = longestOf(from, decidedAt, policy, asOf);
  if (longest?.verdict.word !== "not_met" && longest?.verdict.word !== "indeterminate") return undefined;
  const { text, verdict } = longest;
  const took = decidedAt - from;
  const said = `decided after ${lengthForPeople(took)}; your rules leave ${text} at most for deciding`;
  const base = { target: text, due: dueOf(longest), took, ended: true };
  return { ...(verdict.word === "not_met" ? bad(said) : unclear(`${said}: ${verdict.reason}`)), ...base };
}

const MINUTE = 60_000;

interface Judged {
  readonly text: string;
  readonly verdict: ReturnType<typeof judgeTerm>;
}

const dueOf = (one: Judged | undefined) => one?.verdict.due?.at ?? one?.verdict.due?.earliest;

/** By the kindest of the numbers that the rules set for deciding: which severity it has nobody may know yet. Undefined without any. */
function longestOf(from: Instant, end: Instant | undefined, policy: Policy, asOf: Instant): Judged | undefined {
  const calendar = calendarOf(policy, policy.intake?.calendar);
  const stamp = (at: Instant) => ({ at, precision: 1 });
  const judged = Object.values(policy.intake?.decide ?? {}).flatMap((text): Judged[] => {
    const term = termOf(text);
    if (term === undefined || term.op === "at-once") return [];
    const until = end === undefined ? undefined : stamp(end);
    return [{ text, verdict: judgeTerm({ start: stamp(from), end: until, asOf, over: false, calendar, term }) }];
  });
  const kindest = judged.toSorted((a, b) => (dueOf(b) ?? 0) - (dueOf(a) ?? 0));
  return kindest.find(({ verdict }) => verdict.word !== "not_met") ?? kindest[0];
}

function everyDecided(
  circumstances: Circumstances,
  kind: "alert" | "event",
  when: (observed: Observed) => number | null,
) {
  const decisions = allOf(circumstances, "decision");
  const standing = new Map(
    decisions.filter(({ supersededAt }) => supersededAt === null).map((decision) => [key(decision.about), decision]),
  );
  const first = new Map<string, Instant>();
  for (const { about, decidedAt } of decisions)
    if (decidedAt !== null) first.set(key(about), Math.min(decidedAt, first.get(key(about)) ?? decidedAt));
  return judgeBy(
    circumstances,
    kind,
    {
      rule: "decision about each event",
      set: ({ intake }) => intake?.everyReport === true,
      bad: "that nobody decided about in time",
      ok: "decided",
    },
    (observed) => rulesWhen(circumstances, when(observed)),
    (observed, policy) => {
      const { instance, fact } = observed;
      const decision = standing.get(key({ instance, kind, id: fact.id }));
      if (decision === undefined) {
        return undecided(when(observed), policy, circumstances.asOf);
      }
      if (decision.again !== null) return unclear(`somebody has to look at it again: ${decision.again}`);
      // How soon reports are decided is a requirement of its own; of alerts no other one asks it.
      const [from, at] = [when(observed), first.get(key(decision.about))];
      const late = kind === "alert" && from !== null && at !== undefined;
      return (late && decidedLate(from, at, policy, circumstances.asOf)) || OK;
    },
  );
}

export const alertsDecided = (circumstances: Circumstances): Judgement =>
  everyDecided(circumstances, "alert", ({ fact }) => (fact.kind === "alert" ? fact.startsAt : null));

export function reportsDecided(circumstances: Circumstances): Judgement {
  const judged = everyDecided(circumstances, "event", ({ fact }) => (fact.kind === "event" ? fact.receivedAt : null));
  const unrecorded = reportedWithoutReport(circumstances);
  if (unrecorded.length === 0) return judged;
  const note = `no report is recorded of which these grew, although they say that a person reported them: ${unrecorded.join(", ")}`;
  return { ...judged, notes: [...(judged.notes ?? []), note] };
}

/** Incidents that were noticed in a way of the rules that no machine brings, and that no recorded report is decided to be. */
function reportedWithoutReport(circumstances: Circumstances): string[] {
  const policy = circumstances.policies.policyAt(momentOf(circumstances))?.policy;
  if (policy === undefined) return [];
  const told = new Set(policy.sources.filter(({ families }) => families.length === 0).map(({ id }) => id));
  const became = new Set(
    allOf(circumstances, "decision").flatMap(({ supersededAt, decision, incident, about }) =>
      supersededAt === null && decision === "incident" && incident !== null && about.kind === "event"
        ? [linkKey(incident)]
        : [],
    ),
  );
  return allOf(circumstances, "incident").flatMap((incident) => {
    const way = caseView(incident, policy, circumstances.asOf).detectedBy;
    if (incident.origin === "custody" || way === null || !told.has(way)) return [];
    return idsOf(incident).some((id) => became.has(linkKey(id))) ? [] : [`${incident.id} (${way})`];
  });
}

/** Each decision that stands says by whom or by which rule, when and why. */
export function decisionComplete(circumstances: Circumstances): Judgement {
  return judgeAll(
    circumstances,
    "decision",
    { bad: "of which something is not recorded", ok: "with who, when and why" },
    ({ by, rule, decidedAt, reason, supersededAt, decision, incident, duplicateOf }) => {
      if (supersededAt !== null) return undefined;
      const blank = (text: string | null) => text === null || text.trim() === "";
      const lacks = [
        ...(blank(by) && blank(rule) ? ["by whom or by which rule"] : []),
        ...(decidedAt === null ? ["when"] : []),
        ...(blank(reason) && blank(rule) ? ["why"] : []),
        ...(decision === "incident" && blank(incident) ? ["which incident it became"] : []),
        ...(decision === "duplicate" && blank(duplicateOf) ? ["of what it is a duplicate"] : []),
      ];
      return lacks.length === 0 ? OK : bad(`it does not say ${lacks.join(", ")}`);
    },
  );
}

/** Decisions that were made for many events at once. No failure by itself: it is told. */
export function decisionSingle(circumstances: Circumstances): Judgement {
  return judgeAll(
    circumstances,
    "decision",
    { bad: "made for several events at once", ok: "made for one event alone" },
    ({ together: many, rule, supersededAt }) => {
      if (supersededAt !== null || rule !== null) return undefined;
      return many > 1 ? bad(`decided together with ${many - 1} others`) : OK;
    },
  );
}
