import { calendarDigest } from "../calendar/shape.ts";
import type { Instant } from "../lib/time.ts";
import type { Policy } from "../policy/policy.ts";
import { remarksOn } from "../policy/remarks.ts";
import { conditionInWords, deadlineInWords, momentInWords } from "../policy/spoken.ts";
import { isBusiness } from "../policy/term.ts";
import { placeholderIn } from "../policy/words.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { byText } from "./order.ts";
import { clausesOf } from "./rules-clauses.ts";
import type {
  CalendarRow,
  ContractRow,
  DeadlineRow,
  ExceptionRow,
  RulesDocument,
  RulesText,
  SeverityRow,
} from "./rules-shape.ts";

/** Rules as a report tells them: in the organisation's own words, with every choice that was made in reading them. */

/** Counted where business time is asked for and no calendar is named. */
const DEFAULT_CALENDAR = "default (Monday to Friday 09:00 to 17:00, holidays unknown)";

export function rulesText(policy: Policy, asOf: Instant): RulesText {
  const { contracts, datasets, choices, severities } = policy;
  return {
    title: clean(policy.title),
    note: cleanOrNull(policy.note, 600),
    zone: policy.zone,
    document: documentOf(policy),
    severities: severities.map(severityRow),
    deadlines: deadlinesOf(policy),
    calendars: Object.entries(policy.calendars).map(calendarRow),
    contracts: contracts.map((one) => contractRow(one, datasets)),
    choices: choices.map(({ id, question, taken, alternatives, says, improve }) => ({
      id,
      question: clean(question, 600),
      taken: clean(taken, 600),
      alternatives: alternatives.map((text) => clean(text, 600)),
      says: clean(says, 600),
      mend: improve,
    })),
    exceptions: exceptionsOf(policy),
    clauses: clausesOf(policy),
    notes: notesOn(policy, asOf),
  };
}

/** What a person would ask about them; choices stand for themselves. */
function notesOn(policy: Policy, asOf: Instant): string[] {
  return remarksOn(policy, { given: policy.zone, asOf })
    .filter(({ path }) => path[0] !== "choices")
    .map(({ path, text }) => clean(path.length === 0 ? text : `${path.map(String).join(".")}: ${text}`, 600));
}

function documentOf({ document }: Policy): RulesDocument {
  const written = (text: string | undefined) =>
    text === undefined || placeholderIn(text) !== undefined ? null : clean(text);
  const { every, after, within, says } = document.review ?? {};
  const review = [
    ...(every === undefined ? [] : [`every ${every}`]),
    ...(after === undefined ? [] : [`after ${after.join(", ")}`]),
    ...(within === undefined ? [] : [`within ${within}`]),
    ...(says === undefined ? [] : [`“${clean(says, 600)}”`]),
  ];
  return {
    id: written(document.id),
    owner: written(document.owner),
    approvedBy: written(document.approvedBy),
    effectiveFrom: written(document.effectiveFrom),
    lastEdited: written(document.lastEdited),
    lastReviewed: written(document.lastReviewed),
    review: review.length === 0 ? null : review.join("; "),
  };
}

function severityRow({
  label,
  rank,
  title,
  means,
  examples,
  aliases,
  says,
}: Policy["severities"][number]): SeverityRow {
  return {
    label,
    rank,
    title: cleanOrNull(title),
    means: clean(means, 600),
    examples: examples.map((text) => clean(text, 600)),
    aliases: aliases.map((text) => clean(text)),
    says: clean(says, 600),
  };
}

interface Told {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly when?: string | undefined;
  readonly calendar?: string | undefined;
  readonly says?: string | undefined;
}

/** Everything with a deadline or a rhythm, in the order of the rules. */
function deadlinesOf(policy: Policy): DeadlineRow[] {
  const labels = policy.severities.map(({ label }) => label);
  const row = (
    id: string,
    about: string,
    terms: Readonly<Record<string, string>> | string | undefined,
    { from, to, when, calendar, says }: Told,
  ): DeadlineRow[] => {
    const given: [severity: string | null, term: string][] =
      typeof terms === "string"
        ? [[null, terms]]
        : labels.flatMap((label): [string, string][] =>
            terms !== undefined && Object.hasOwn(terms, label) ? [[label, terms[label] ?? ""]] : [],
          );
    if (given.length === 0) return [];
    const counted = given.some(([, term]) => isBusiness(term)) ? (calendar ?? DEFAULT_CALENDAR) : null;
    return [
      {
        id,
        about,
        from: from === undefined ? null : momentInWords(from),
        to: to === undefined ? null : momentInWords(to),
        terms: given.map(([severity, term]) => ({ severity, term, words: deadlineInWords(term) })),
        when: when === undefined ? null : clean(when),
        calendar: counted,
        says: clean(says ?? "", 600),
      },
    ];
  };
  const { review, publicReview, intake, breach, communications, escalation } = policy;
  const { authority, controllers, subjects } = breach ?? {};
  return [
    ...Object.entries(policy.targets).flatMap(([name, one]) =>
      row(`targets.${name}`, name, one.terms, {
        ...one,
        when: joined(
          conditionInWords(one.when),
          one.done && `counted by messages on ${one.done.channels.join(one.done.all ? " and " : " or ")}`,
        ),
      }),
    ),
    ...Object.entries(policy.updates).flatMap(([name, one]) =>
      row(`updates.${name}`, `updates, ${name}`, one.terms, {
        ...one,
        when: joined(conditionInWords(one.when), `by messages on ${one.channels.join(" or ")}`),
      }),
    ),
    ...(review === undefined
      ? []
      : row("review", "review", review.deadline, {
          ...review,
          to: `the review was ${review.counts}`,
          when: conditionInWords(review.required),
        })),
    ...(publicReview === undefined
      ? []
      : row("publicReview", "review for the public", publicReview.deadline, {
          ...publicReview,
          to: "publishedAt",
          when: conditionInWords(publicReview.required),
        })),
    ...(intake === undefined
      ? []
      : [
          ...row("intake.decide", "decision about a report", intake.decide, {
            from: "the report came in",
            to: "somebody decided",
            calendar: intake.calendar,
            says: intake.says,
          }),
          ...row("intake.acknowledgeReports", "answer to a report", intake.acknowledgeReports?.term, {
            calendar: intake.calendar,
            says: intake.acknowledgeReports?.says,
          }),
        ]),
    ...(escalation?.immediate === undefined
      ? []
      : row("escalation.immediate", `escalation to ${escalation.immediate.to}`, escalation.immediate.term, {
          when: `severity ${escalation.immediate.severities.join(" or ")}`,
          says: escalation.immediate.says,
        })),
    ...(communications?.required ?? [])
      .filter(({ term }) => term !== "no number")
      .flatMap(({ id, term, from, says, when }) =>
        row(`communications.${id}`, `message ${id}`, term, { from, says, when: conditionInWords(when) }),
      ),
    ...(authority === undefined ? [] : row("breach.authority", "notice to the authority", authority.term, authority)),
    ...(controllers === undefined
      ? []
      : row("breach.controllers", "notice to controllers", controllers.term, controllers)),
    ...(subjects === undefined
      ? []
      : row("breach.subjects", "notice to the people concerned", subjects.term, {
          says: subjects.says,
          when: subjects.when === "high-risk" ? "a high risk" : "any risk",
        })),
  ];
}

function joined(...texts: readonly (string | undefined)[]): string | undefined {
  const given = texts.filter((text) => text !== undefined);
  return given.length === 0 ? undefined : given.join("; ");
}

function calendarRow([name, data]: [string, Policy["calendars"][string]]): CalendarRow {
  const { holidays, hours, days = [], zone, validFrom, validTo, dayEnds, afterHours, says } = data;
  const listed = holidays === "none" ? [] : holidays;
  const spelled = new Map<string, string[]>();
  for (const [day, parts] of Object.entries(hours)) {
    const text = (parts ?? []).map(([a, b]) => `${a}-${b}`).join(" and ");
    if (text !== "") spelled.set(text, [...(spelled.get(text) ?? []), day]);
  }
  return {
    name,
    digest: calendarDigest({ ...data, id: data.id ?? name }),
    zone,
    hours: [...spelled].map(([text, of]) => `${of.join(", ")} ${text}`),
    holidays: {
      state: holidays === "none" ? "none" : listed.length === 0 ? "unknown" : "listed",
      rows: [...listed]
        .sort((a, b) => byText(a.date, b.date) || byText(a.name, b.name))
        .map((day) => ({ date: day.date, name: clean(day.name) })),
      years: [...new Set(listed.map(({ date }) => date.slice(0, 4)))].sort(byText),
      incomplete: data.unlistedHolidays === true,
    },
    days: days.map((day) => ({
      date: day.date,
      name: clean(day.name),
      hours: day.hours.map(([a, b]) => `${a}-${b}`).join(" and "),
    })),
    validFrom: validFrom ?? null,
    validTo: validTo ?? null,
    dayEnds: dayEnds ?? "midnight",
    afterHours: afterHours ?? "no-roll",
    says: cleanOrNull(says, 600),
  };
}

function contractRow(one: Policy["contracts"][number], datasets: Policy["datasets"]): ContractRow {
  const { id, title, role, term, from, calendar, validFrom, validTo, document, says } = one;
  return {
    id,
    title: cleanOrNull(title),
    role,
    term,
    words: deadlineInWords(term),
    from: momentInWords(from),
    calendar: isBusiness(term) ? (calendar ?? DEFAULT_CALENDAR) : null,
    validFrom: validFrom ?? null,
    validTo: validTo ?? null,
    document: document ?? null,
    datasets: datasets.filter(({ contract }) => contract === id).map((dataset) => dataset.id),
    says: clean(says, 600),
  };
}

function exceptionsOf({ exceptions, acceptedGaps }: Policy): ExceptionRow[] {
  return [
    ...exceptions.map((one) => ({ ...one, kind: "exception" as const, about: one.rule })),
    ...acceptedGaps.map((one) => ({ ...one, kind: "accepted-gap" as const })),
  ].map(({ id, kind, about, reason, owner, until }) => ({
    id,
    kind,
    about: clean(about),
    reason: clean(reason, 600),
    owner: clean(owner),
    until: cleanOrNull(until),
  }));
}
