import { boundsOf } from "../calendar/bounds.ts";
import { earliestOf, type Stamp } from "../calendar/stamp.ts";
import { judgeTerm } from "../calendar/verdict.ts";
import type { FactOf } from "../evidence/fact.ts";
import type { Instant } from "../lib/time.ts";
import { dateForPeople } from "../lib/zone.ts";
import { anyHolds } from "../policy/condition.ts";
import type { Policy } from "../policy/policy.ts";
import type { PolicyTimeline } from "../policy/timeline.ts";
import {
  caseView,
  closedWithout,
  type Incident,
  isOver,
  precisionOf,
  reviewsFor,
  severitiesOf,
  stampOf,
} from "./case.ts";
import {
  areRules,
  backNote,
  calendarOf,
  DONE,
  dueForPeople,
  isExactly,
  rulesForClock,
  tell,
  timeForPeople,
  verdictWord,
  writtenTerm,
} from "./clock.ts";
import type { Verdict } from "./judgement.ts";
import type { TargetVerdict } from "./targets.ts";

/** When the review of an incident, and the one for the public, must be there, by the organisation's own rules. */

export type Review = FactOf<"review">;

/** The parts that both rules have. */
interface Rule {
  readonly required: NonNullable<Policy["review"]>["required"];
  readonly deadline: string;
  readonly from: NonNullable<Policy["review"]>["from"];
  readonly calendar?: string | undefined;
}

type Kind = "review" | "publicReview";

export function judgeReview(
  incident: Incident,
  kind: Kind,
  reviews: readonly Review[],
  policies: PolicyTimeline,
  asOf: Instant,
): TargetVerdict {
  const ruleIn = (policy: Policy): Rule | undefined => policy[kind];
  const rules = rulesForClock(
    policies,
    incident,
    (policy) => {
      const rule = ruleIn(policy);
      return rule && stampOf(incident, rule.from);
    },
    asOf,
  );
  if (!areRules(rules)) {
    const { ref, word, what } = rules;
    return { rule: "applies", verdict: { word, what, policy: ref }, clocks: [], policy: ref };
  }
  const { policy, ref, start } = rules;
  const answer = (rule: TargetVerdict["rule"], verdict: Verdict): TargetVerdict => ({
    rule,
    verdict: { ...verdict, what: `${verdict.what ?? ""}${backNote(ref)}`, policy: ref },
    clocks: [],
    policy: ref,
  });
  const rule = ruleIn(policy);
  if (rule === undefined) return answer("none", { word: "skip" });
  const required = anyHolds(rule.required, caseView(incident, policy, asOf));
  if (required === "no") return answer("elsewhere", { word: "skip" });
  const { peak: level } = severitiesOf(incident, policy);
  const noun = kind === "review" ? "a review" : "a review for the public";
  if (start === undefined && !isOver(incident))
    return answer("applies", {
      word: "open",
      level,
      what: `not ${DONE[rule.from] ?? "there"} yet; ${noun} is due after that`,
    });
  if (start === undefined && required === "yes") {
    // It was over by then at the latest: a review that is late for that is late for whenever it really was.
    const closed = closedWithout(incident, rule.from);
    const late = closed && clockOf({ incident, kind, reviews, policy, rule, start: closed, asOf, level });
    if (late?.word === "bad") {
      const what = `${late.what}; counted from when it was closed, as when it was ${DONE[rule.from] ?? "over"} is not recorded`;
      return answer("applies", { level, ...late, took: undefined, exact: false, what });
    }
  }
  if (required === "unknown")
    return answer("applies", { word: "unclear", level, what: `whether it needs ${noun} is not recorded` });
  return answer("applies", { level, ...clockOf({ incident, kind, reviews, policy, rule, start, asOf, level }) });
}

function clockOf(of: {
  incident: Incident;
  kind: Kind;
  reviews: readonly Review[];
  policy: Policy;
  rule: Rule;
  start: Stamp | undefined;
  asOf: Instant;
  level: string | undefined;
}): Verdict {
  const { incident, kind, policy, rule, start, asOf, level } = of;
  const reviews = reviewsFor(incident, of.reviews);
  const counts = kind === "publicReview" ? "published" : (policy.review?.counts ?? "approved");
  const written = writtenTerm(rule.deadline) ?? { text: "no number", term: { op: "at-once" } as const };
  const calendar = calendarOf(policy, rule.calendar);
  const course = { start, asOf, over: false, calendar, term: written.term };
  const end = earliestOf(endsOf(incident, reviews, counts, start), calendar);
  const verdict = judgeTerm({ ...course, end });
  const bounded = counts === "approved" ? reviews.find((review) => same(approvalOf(review, start), end)) : undefined;
  const exact = isExactly(start, end);
  const done = { approved: "reviewed and approved", written: "reviewed", published: "published" }[counts];
  const what = tell(verdict, { done, written, level, ended: end !== undefined, exact, zone: policy.zone });
  const base = {
    target: written.text,
    ...boundsOf(verdict.due),
    // Of what is known by its bounds only, no length is told.
    took: bounded === undefined ? verdict.took : undefined,
    ended: end !== undefined,
    exact,
    ...(verdict.code === "holidays-unlisted" ? { byHolidays: true } : {}),
  };
  const note = end !== undefined ? "" : noteOn(reviews, counts);
  const word = verdictWord(verdict.word);
  if (bounded !== undefined && verdict.word !== "invalid") {
    const due = dueForPeople(verdict, policy.zone);
    const rule = `your rules say ${written.text}${level === undefined ? "" : ` (${level})`}${due === undefined ? "" : `, ${due}`}`;
    const why = word === "unclear" ? `; ${verdict.reason}` : "";
    return { ...base, word, what: `${approvalInWords(bounded, policy.zone)}; ${rule}${why}` };
  }
  const undated =
    end === undefined && counts === "approved" ? reviews.find(({ approvedBy }) => approvedBy !== null) : undefined;
  if (undated === undefined || !["bad", "open", "unclear"].includes(word)) {
    // Rules that give no number still ask for the review itself.
    const missing = word === "no_target" && end === undefined;
    return { ...base, word: missing ? "open" : word, what: `${what}${note}` };
  }
  // Its date alone can show that it was late, but not that it was in time.
  const date = stampOfReview(undated, "date");
  const dated = date === undefined ? undefined : judgeTerm({ ...course, end: date });
  const known = { ...base, took: undefined, ended: true };
  const when = undated.approvedAt === null ? "is not recorded" : "cannot be told: a later look did not show it";
  const bare = `approved, but when ${when}; your rules say ${written.text}`;
  if (dated?.word === "not_met") return { ...known, word: "bad", what: `${bare}; dated after it was due` };
  if (dated?.word === "indeterminate" && (dated.margin ?? 0) < 0)
    return { ...known, word: "unclear", what: `${bare}; by its date ${dated.reason}` };
  return { ...known, word: "no_data", what: bare };
}

const same = (a: Stamp | undefined, b: Stamp | undefined) =>
  a !== undefined && b !== undefined && a.at === b.at && a.precision === b.precision;

/** The longest span between two looks that still says something. */
const LONGEST = 366 * 86_400_000;

/**
 * When an approval was given without a time, or with one that looks at its source speak against, as far as they say: after the last
 * that did not show it, by the first that did, and not before the day that the review itself names. Where neither says anything,
 * after what it is about was over. A review that was not in its source yet may have been approved elsewhere when it says.
 */
function approvalOf(review: Review, start: Stamp | undefined): Stamp | undefined {
  const { approvedAt, approvedSeen, date } = review;
  if (approvedSeen === undefined) return undefined;
  const { from, to, absent } = approvedSeen;
  if (approvedAt !== null && from !== null) {
    const own = approvedAt + precisionOf(review, "approvedAt");
    // A whole day may begin before the look and end after it.
    const end = own > from + 1 ? own : to + 1;
    return spanning(absent ? approvedAt : from, end);
  }
  const dated = date !== null && date <= to ? date : undefined;
  const known = [from, dated].flatMap((at) => at ?? []);
  return spanning(known.length > 0 ? Math.max(...known) : Math.min(start?.at ?? to, to), to + 1);
}

const spanning = (at: Instant, end: Instant): Stamp | undefined =>
  end - at > LONGEST ? undefined : { at, precision: end - at };

function approvalInWords({ approvedAt, approvedSeen, date }: Review, zone: string): string {
  if (approvedSeen === undefined) return "approved";
  const { entry, to, without, from, absent } = approvedSeen;
  const not =
    from === null
      ? ""
      : `, record ${without} of ${timeForPeople(seconds(from), zone)} ${absent ? "is without the review" : "does not"}`;
  if (approvedAt !== null)
    return `reviewed and approved, by its own words on ${timeForPeople(seconds(approvedAt), zone)}: record ${entry} of ${timeForPeople(seconds(to), zone)} is the first that shows it${not}`;
  const dated = date === null ? "" : `; it is dated ${dateForPeople(date, zone)}`;
  return `reviewed and approved; when is not recorded: record ${entry} of ${timeForPeople(seconds(to), zone)} is the first that shows it${not}${dated}`;
}

const seconds = (at: Instant): Instant => Math.floor(at / 1_000) * 1_000;

function stampOfReview(review: Review, field: "date" | "approvedAt" | "publishedAt"): Stamp | undefined {
  const at = review[field];
  return at === null ? undefined : { at, precision: precisionOf(review, field) };
}

/** When each review came to count; the first one ends the clock. */
function endsOf(
  incident: Incident,
  reviews: readonly Review[],
  counts: "approved" | "written" | "published",
  start: Stamp | undefined,
): Stamp[] {
  const field = ({ approved: "approvedAt", written: "date", published: "publishedAt" } as const)[counts];
  const own = counts === "published" ? stampOf(incident, "publishedAt") : undefined;
  const ends = reviews.map(
    // What looks speak against does not count as it is written.
    (review) =>
      counts === "approved" && review.approvedSeen !== undefined
        ? approvalOf(review, start)
        : stampOfReview(review, field),
  );
  return [own, ...ends].filter((stamp) => stamp !== undefined);
}

function noteOn(reviews: readonly Review[], counts: "approved" | "written" | "published"): string {
  if (reviews.length === 0) return "; no review was found";
  const [first] = reviews;
  return `; the review ${first?.id ?? ""} is not ${counts}`;
}
