import type { Stamp } from "../calendar/stamp.ts";
import { judgeTerm } from "../calendar/verdict.ts";
import type { FactOf } from "../evidence/fact.ts";
import { lengthForPeople } from "../lib/length.ts";
import { anyHolds } from "../policy/condition.ts";
import { channelOf, type Policy } from "../policy/policy.ts";
import { judgeByRules } from "./by-rules.ts";
import { caseView, type Incident, isOver, precisionOf, reaches, reviewsFor, stampOf, tellsOfMessages } from "./case.ts";
import {
  areRules,
  calendarOf,
  DONE,
  gravest,
  isExactly,
  rulesForClock,
  tell,
  verdictWord,
  writtenTerm,
} from "./clock.ts";
import {
  allOf,
  bad,
  type Governed,
  ifTold,
  judgeBy,
  judgeIncidents,
  OK,
  open,
  rulesWhen,
  tells,
  under,
} from "./conduct.ts";
import { fit } from "./conduct-messages.ts";
import { plainHeading } from "./conduct-review.ts";
import { type Circumstances, type Judgement, recordsOf, type Subject, type Verdict } from "./judgement.ts";
import { NOUNS } from "./vocabulary.ts";

/** When people were told and answered, and what was published of incidents that hit many. */

type Told = NonNullable<Policy["communications"]>["required"][number];

const timed = (policy: Policy): readonly Told[] =>
  (policy.communications?.required ?? []).filter(({ from, recommended }) => from !== undefined && !recommended);

/** How long after its beginning each required message was sent; by the number of the rules where they have one. */
export function messagesInTime(circumstances: Circumstances): Judgement {
  const ids = [
    ...new Set(circumstances.policies.all.flatMap(({ policy }) => (policy ? timed(policy) : [])).map(({ id }) => id)),
  ];
  const subjects = recordsOf(circumstances, "incident").flatMap((observed): Subject[] => {
    const incident = observed.fact as Incident;
    const told = tells(circumstances, observed, tellsOfMessages);
    const clocks = ids.map((id) => messageClock(incident, id, told, circumstances));
    return [{ id: incident.id, observed, verdict: gravest(clocks) ?? { word: "skip" }, clocks }];
  });
  const judged = judgeByRules(
    circumstances,
    "incident",
    subjects,
    {
      noun: NOUNS.incident,
      bad: "with a message that was not sent in time",
      ok: "with every message sent in time",
      rule: "messages with a beginning of their own",
    },
    (policy) => timed(policy).length > 0,
  );
  return ifTold(circumstances, judged, "messages to anybody", tellsOfMessages);
}

function messageClock(incident: Incident, id: string, isTold: boolean, { policies, asOf }: Circumstances): Verdict {
  const ruleIn = (policy: Policy) => timed(policy).find((one) => one.id === id);
  const startIn = (policy: Policy): Stamp | undefined => {
    const from = ruleIn(policy)?.from;
    return from === undefined ? undefined : stampOf(incident, from);
  };
  const rules = rulesForClock(policies, incident, startIn, asOf);
  if (!areRules(rules)) return { word: rules.word, what: rules.what, policy: rules.ref };
  const { policy, ref, start } = rules;
  const rule = ruleIn(policy);
  const holds = rule && anyHolds(rule.when, caseView(incident, policy, asOf));
  if (rule === undefined || holds === "no") return { word: "skip", policy: ref };
  const said = (verdict: Verdict): Verdict => ({ ...verdict, what: `"${id}": ${verdict.what ?? ""}`, policy: ref });
  if (holds === "unknown") return said({ word: "unclear", what: "whether your rules ask for it here is not recorded" });
  if (!isTold) return said({ word: "unclear", what: "its source tells of no messages" });
  const begins = DONE[rule.from ?? ""] ?? "noticed";
  if (start === undefined)
    return isOver(incident)
      ? said({ word: "no_data", what: `when it was ${begins} is not recorded` })
      : said({ word: "open", what: `it is not ${begins} yet` });
  const end = firstMessage(incident, policy, rule);
  const written = writtenTerm(rule.term) ?? { text: "no number", term: { op: "at-once" } as const };
  if (end !== undefined && end.at + Math.max(1, end.precision) - 1 < start.at)
    return said({
      word: written.term.op === "at-once" ? "no_target" : "ok",
      what: `told ${lengthForPeople(start.at - end.at, { round: "down" })} before it was ${begins}, as far as it is recorded`,
    });
  const calendar = calendarOf(policy, undefined);
  const found = judgeTerm({ start, end, asOf, over: isOver(incident), calendar, term: written.term });
  const exact = isExactly(start, end);
  const ended = end !== undefined;
  const what = tell(found, { done: "told", written, level: undefined, ended, exact, zone: policy.zone });
  const due = found.due?.at ?? found.due?.earliest;
  return said({ word: verdictWord(found.word), what, target: written.text, due, took: found.took, ended, exact });
}

/** The first message that is certainly the one that is meant. */
function firstMessage(incident: Incident, policy: Policy, told: Told): Stamp | undefined {
  const channels: (string | undefined)[] = told.channels.length === 0 ? [undefined] : [...told.channels];
  const firsts = channels.map(
    (channel) =>
      incident.messages
        .flatMap((message, i): Stamp[] =>
          message.at !== null && fit(policy, message, told, channel) === "yes"
            ? [{ at: message.at, precision: precisionOf(incident, `messages.${i}`) }]
            : [],
        )
        .sort((a, b) => a.at - b.at)[0],
  );
  const sent = firsts.filter((one) => one !== undefined).sort((a, b) => a.at - b.at);
  return told.any ? sent[0] : sent.length === channels.length ? sent.at(-1) : undefined;
}

/** Of incidents that hit many a summary was published. */
export function summaryPublished(circumstances: Circumstances): Judgement {
  const judged = judgeIncidents(
    circumstances,
    {
      rule: "summary for the public",
      set: ({ communications }) => communications?.summary !== undefined,
      bad: "without the summary that your rules ask for",
      ok: "with the summary that your rules ask for",
    },
    (about) => under(anyHolds(about.policy.communications?.summary?.when, about.view), summaryVerdict(about)),
  );
  return ifTold(
    circumstances,
    judged,
    "summaries for the public",
    (incident) => tellsOfMessages(incident) || incident.publishedAt !== null,
  );
}

function summaryVerdict({ incident, policy, circumstances }: Governed): Verdict {
  const sections = policy.communications?.summary?.sections ?? [];
  const published = reviewsFor(incident, allOf(circumstances, "review")).filter(
    ({ publishedAt }) => publishedAt !== null,
  );
  const lacking = published.map((review) => {
    const full = new Set(review.sections.map(plainHeading));
    return sections.filter((heading) => !full.has(plainHeading(heading)));
  });
  if (lacking.some((parts) => parts.length === 0)) return OK;
  const sent = incident.messages.some(({ purpose, channel, audience }) => {
    const known = channelOf(policy, channel);
    const open = audience === "public" || (known !== undefined && reaches(audience, "customers", known, policy));
    return purpose === "summary" && open;
  });
  if (sent || (published.length === 0 && incident.publishedAt !== null)) return OK;
  const short = lacking[0];
  const what =
    short === undefined ? "no summary was published" : `what was published has no part "${short.join('", "')}"`;
  return incident.closedAt === null ? open(what) : bad(what);
}

/** Whoever reported something was answered; in the time that the rules set where they set one. */
export function reportsAcknowledged(circumstances: Circumstances): Judgement {
  const { asOf } = circumstances;
  return judgeBy(
    circumstances,
    "event",
    {
      rule: "answer to whoever reports something (`intake.acknowledgeReports`)",
      set: ({ intake }) => intake?.acknowledgeReports !== undefined,
      bad: "not answered in time",
      ok: "answered in time",
    },
    ({ fact }) => rulesWhen(circumstances, (fact as FactOf<"event">).receivedAt),
    ({ fact }, policy) => {
      const { receivedAt, acknowledgedAt, precision } = fact as FactOf<"event">;
      if (receivedAt === null) return { word: "no_data", what: "when it was received is not recorded" };
      const written = writtenTerm(policy.intake?.acknowledgeReports?.term);
      if (written === undefined) return undefined;
      const start = { at: receivedAt, precision: precision.receivedAt ?? 0 };
      const end =
        acknowledgedAt === null ? undefined : { at: acknowledgedAt, precision: precision.acknowledgedAt ?? 0 };
      const calendar = calendarOf(policy, policy.intake?.calendar);
      const found = judgeTerm({ start, end, asOf, over: false, calendar, term: written.term });
      const ended = end !== undefined;
      const exact = isExactly(start, end);
      const what = tell(found, { done: "answered", written, level: undefined, ended, exact, zone: policy.zone });
      // Rules that give no number still ask for the answer itself.
      const word = found.word === "no_target" && !ended ? "open" : verdictWord(found.word);
      const due = found.due?.at ?? found.due?.earliest;
      return { word, what, target: written.text, due, took: found.took, ended, exact };
    },
  );
}
