import { Temporal } from "temporal-polyfill";
import type { Instant, Interval } from "../lib/time.ts";
import { dateForPeople, startOfDay } from "../lib/zone.ts";
import type { Policy } from "../policy/policy.ts";
import { remarksOn } from "../policy/remarks.ts";
import type { PolicyInForce } from "../policy/timeline.ts";
import { placeholderIn } from "../policy/words.ts";
import { NO_POLICY, severitiesOf } from "./case.ts";
import { bad, judgeIncidents, OK, open, together, unclear } from "./conduct.ts";
import { RULE } from "./counted.ts";
import { type Circumstances, type Failing, type Judgement, plain, type Verdict } from "./judgement.ts";
import { noRuleOn } from "./no-rule.ts";
import type { ResultWord } from "./vocabulary.ts";

/** The procedure as a document: what its own rules, as they were in force in the period, say of it. */

/** The moment at which a document is looked at: now, or the last one of the period. */
export const momentOf = ({ asOf, period }: Circumstances): Instant => Math.min(asOf, period.to - 1);

const RESULT: Readonly<Record<string, ResultWord>> = {
  bad: "not_met",
  unclear: "indeterminate",
  open: "pending",
  ok: "met",
};

/** What a rule of the document asks; undefined where it does not speak of it. Several things are named one by one. */
type AskDocument = (policy: Policy, inForce: PolicyInForce) => readonly Verdict[] | undefined;

/** One answer about the rules in force at the end of what is assessed; with every thing that is missing by itself. */
export function judgeDocument(
  circumstances: Circumstances,
  words: {
    readonly rule: string;
    readonly ok: string;
    /** True: each version that was in force in the period is asked, not only the one at its end. */
    readonly each?: boolean;
  },
  ask: AskDocument,
): Judgement {
  const { policies, period } = circumstances;
  const now = momentOf(circumstances);
  const last = policies.policyAt(now);
  if (last === undefined) return plain("no_data", NO_POLICY);
  const versions = words.each === true && now > period.from ? distinct(policies.between(period.from, now + 1)) : [last];
  const asked = versions.map((one) => ({ one, verdicts: one.policy && ask(one.policy, one) }));
  const spoken = asked.filter(({ one, verdicts }) => one.policy === undefined || verdicts !== undefined);
  const named = ({ name, version }: PolicyInForce) => `${name} ${version}`;
  const by = (spoken.length === 0 ? versions : spoken.map(({ one }) => one))
    .map((one) => `${named(one)}, record ${one.entry}${one.reachesBack ? ", logged only after this period" : ""}`)
    .join("; ");
  const signed = versions.map(({ entry }) => entry);
  if (last.policy === undefined) return { ...plain("indeterminate", `the text of the rules is gone (${by})`), signed };
  if (spoken.length === 0) return { ...plain("not_applicable", `${noRuleOn(words.rule)} (${by})`), signed };
  const answers = spoken.flatMap(({ one, verdicts = [unclear("the text of the rules of then is gone")] }) =>
    verdicts.map((verdict) => ({ one, verdict })),
  );
  const verdicts = answers.map(({ verdict }) => verdict);
  const word = together([OK, ...verdicts])?.word ?? "ok";
  const failing: Failing[] = answers
    .filter(({ verdict }) => verdict.word === word && word !== "ok")
    .map(({ one, verdict: { what = "" } }) => ({
      id: named(one),
      instance: undefined,
      what,
      entries: [one.entry],
    }));
  const of = Math.max(1, verdicts.length);
  const n = verdicts.length === 0 ? 1 : verdicts.filter((one) => one.word === "ok").length;
  const said = failing.map(({ id, what }) => (spoken.length > 1 ? `${id}: ${what}` : what));
  const shown = said.slice(0, 5).join("; ") + (said.length > 5 ? `; and ${said.length - 5} more` : "");
  const unsure = verdicts.some((one) => one.word === "unclear");
  return {
    ...plain(RESULT[word] ?? "indeterminate", `${said.length === 0 ? words.ok : shown} (${by})`),
    n,
    of,
    noun: RULE,
    failing,
    signed,
    ...(word === "bad" && unsure ? { besides: "indeterminate" as const } : {}),
  };
}

/** Each text of the rules once, as it counted last: one that reaches back or was logged again is no other version. */
function distinct(versions: readonly PolicyInForce[]): readonly PolicyInForce[] {
  const same = ({ name, version, digest }: PolicyInForce) => JSON.stringify([name, version, digest]);
  return versions.filter((one, i) => !versions.slice(i + 1).some((later) => same(later) === same(one)));
}

export const written = (text: string | undefined): text is string =>
  text !== undefined && text.trim() !== "" && placeholderIn(text) === undefined;

/** It has an owner, somebody who approved it, and a day from which it holds. Its version it has in any case. */
export function documentApproved(circumstances: Circumstances): Judgement {
  const words = {
    rule: "document",
    ok: "it has an owner, an approval, a version and a day from which it holds",
    each: true,
  };
  return judgeDocument(circumstances, words, ({ document }) => {
    const ask = (value: string | undefined, what: string) => (written(value) ? OK : bad(what));
    return [
      ask(document.owner, "the procedure names no owner"),
      ask(document.approvedBy, "the procedure does not say who approved it"),
      ask(document.effectiveFrom, "the procedure names no day from which it holds"),
    ];
  });
}

/** A day, or a month of which the day is not known: from its first moment to the first one after it. */
export function daysOf(text: string, zone: string): { readonly from: Instant; readonly to: Instant } | undefined {
  const [, year, month, day] = /^(\d{4})-(\d\d)(?:-(\d\d))?$/.exec(text.trim()) ?? [];
  if (year === undefined || month === undefined) return undefined;
  const first = new Temporal.PlainDate(Number(year), Number(month), Number(day ?? "1"));
  const after = day === undefined ? first.add({ months: 1 }) : first.add({ days: 1 });
  return { from: startOfDay(first, zone), to: startOfDay(after, zone) };
}

/** The last moment at which the next review is in time, for a day on which it was reviewed. */
export function later(at: Instant, every: string, zone: string): Instant {
  const [, number = "0", unit] = /^(\d+)(mo|y)$/.exec(every) ?? [];
  const day = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();
  const due = day.add(unit === "y" ? { years: Number(number) } : { months: Number(number) });
  return startOfDay(due.add({ days: 1 }), zone) - 1;
}

/**
 * It was reviewed as often as it says itself. That is asked of the procedure and not of one version of it: a review that any of
 * them names counts, and a new one does not begin the time anew.
 */
export function documentReviewed(circumstances: Circumstances): Judgement {
  const now = momentOf(circumstances);
  return judgeDocument(
    circumstances,
    { rule: "interval for reviews of the procedure", ok: "reviewed when it was due" },
    ({ document, zone }, inForce) => {
      const every = document.review?.every;
      if (every === undefined) return undefined;
      const { lastReviewed } = document;
      const own = written(lastReviewed) ? daysOf(lastReviewed, zone) : undefined;
      if (own !== undefined && own.from > now) return [bad(`its last review lies in the future (${lastReviewed})`)];
      const versions = [inForce, ...circumstances.policies.all.filter(({ from }) => from <= now)];
      const days = versions
        .flatMap(({ policy }) => {
          const day = policy?.document.lastReviewed;
          return (written(day) && daysOf(day, zone)) || [];
        })
        .filter((one) => one.from <= now)
        .toSorted((a, b) => a.to - b.to)
        .at(-1);
      const held = heldAt(circumstances, now);
      if (days === undefined && held === undefined) {
        const began = Math.min(
          ...versions.map(({ from, policy }) => {
            const day = policy?.document.effectiveFrom;
            return (written(day) && daysOf(day, zone)?.from) || from;
          }),
        );
        const due = later(began, every, zone);
        const by = dateForPeople(due, zone);
        const not = unapprovedInWords(circumstances, { from: 0, to: now }, zone);
        return [
          now > due
            ? bad(`never reviewed; a review was due by ${by}${not}`)
            : open(`not reviewed yet; due by ${by}${not}`),
        ];
      }
      const last = { from: Math.max(days?.from ?? 0, held ?? 0), to: Math.max(days?.to ?? 0, (held ?? 0) + 1) };
      const [sure, most] = [later(last.from, every, zone), later(last.to - 1, every, zone)];
      if (now <= sure) return [OK];
      if (now > most)
        return [
          bad(
            `reviewed last ${lastWords(last, zone)}; the next review was due by ${dateForPeople(most, zone)}${unapprovedInWords(circumstances, { from: last.to, to: now }, zone)}`,
          ),
        ];
      return [unclear(`reviewed last ${lastWords(last, zone)}; whether it is due again depends on the day`)];
    },
  );
}

const lastWords = ({ from, to }: { from: Instant; to: Instant }, zone: string) =>
  to - from > 2 * 86_400_000
    ? `in the month that began on ${dateForPeople(from, zone)}`
    : `on ${dateForPeople(from, zone)}`;

/** When a review of the procedure was held last, by the log: one that is approved. */
export function heldAt(circumstances: Circumstances, until: Instant): Instant | undefined {
  const held = (circumstances.activities ?? []).flatMap(({ type, at, approvedBy }) =>
    type === "procedure-review" && at !== null && at <= until && approvedBy !== null ? [at] : [],
  );
  return held.length === 0 ? undefined : Math.max(...held);
}

/** Reviews of the procedure that somebody held in this time and nobody approved, in words: they count for nothing. */
function unapprovedInWords({ activities = [] }: Circumstances, { from, to }: Interval, zone: string): string {
  return activities
    .flatMap(({ id, type, at, approvedBy }) =>
      type === "procedure-review" && approvedBy === null && at !== null && at >= from && at <= to
        ? [`; ${id} of ${dateForPeople(at, zone)} is not approved, and counts for nothing`]
        : [],
    )
    .join("");
}

/**
 * It was reviewed after incidents of the severities that it names. By when they may not say; then the interval in which it is
 * reviewed in any case is the longest that it can wait, and without one there is no number.
 */
export function documentReviewedAfter(circumstances: Circumstances): Judgement {
  const { policies, asOf } = circumstances;
  const held = (circumstances.activities ?? []).filter(
    ({ type, approvedBy }) => type === "procedure-review" && approvedBy !== null,
  );
  return judgeIncidents(
    circumstances,
    {
      rule: "review of the procedure after an incident",
      set: ({ document }) => (document.review?.after?.length ?? 0) > 0,
      bad: "after which the procedure was not reviewed",
      ok: "after which the procedure was reviewed",
    },
    ({ incident, policy }) => {
      const { closedAt } = incident;
      const { peak, unknown } = severitiesOf(incident, policy);
      if (closedAt === null) return undefined;
      const meant = peak !== undefined && (policy.document.review?.after ?? []).includes(peak);
      if (!meant) return unknown.length > 0 || peak === undefined ? unclear("its severity is not known") : undefined;
      const reviews = policies.all.flatMap(({ from, policy: one }) => {
        const days =
          from <= asOf && one?.document.lastReviewed ? daysOf(one.document.lastReviewed, one.zone) : undefined;
        return days === undefined || days.from > asOf ? [] : [days];
      });
      const within = policy.document.review?.within;
      const limit = within === undefined ? undefined : closedAt + clock(within);
      const after = [...held.flatMap(({ at }) => at ?? []), ...reviews.map(({ from }) => from)]
        .filter((at) => at >= closedAt && at <= asOf)
        .sort((a, b) => a - b)[0];
      if (after !== undefined && (limit === undefined || after <= limit)) return OK;
      if (reviews.some(({ from, to }) => from < closedAt && to > closedAt))
        return unclear("the procedure was reviewed about then; only the month or day of it is recorded");
      if (after !== undefined) return bad(`the procedure was reviewed only on ${dateForPeople(after, policy.zone)}`);
      const not = unapprovedInWords(circumstances, { from: closedAt, to: asOf }, policy.zone);
      const what = "the procedure was not reviewed after it";
      const every = policy.document.review?.every;
      const last = limit ?? (every === undefined ? undefined : later(closedAt, every, policy.zone));
      if (last === undefined) return { word: "no_target", what: `${what} yet; your rules set no time for it${not}` };
      const by = limit === undefined ? `, at the latest by ${dateForPeople(last, policy.zone)} as every ${every}` : "";
      return asOf <= last ? open(`${what} yet${by}${not}`) : bad(`${what}${by}${not}`);
    },
  );
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const clock = (text: string): number => Number.parseInt(text, 10) * (UNITS[text.slice(-1)] ?? 0);

/** No place is left to be filled in. */
export function documentFilledIn(circumstances: Circumstances): Judgement {
  const words = { rule: "document", ok: "no place is left to be filled in" };
  return judgeDocument(circumstances, words, (policy) =>
    remarksOn(policy, { given: policy.zone, asOf: undefined })
      .filter(({ text }) => text.startsWith("not filled in yet"))
      .map(({ path, text }) => bad(`${path.join(".")}: ${text}`)),
  );
}

/** Each severity has a deadline of some kind, with a number. */
export function documentTargets(circumstances: Circumstances): Judgement {
  const words = { rule: "severities", ok: "every severity has a deadline" };
  return judgeDocument(circumstances, words, ({ severities, targets }) =>
    severities.map(({ label }) =>
      Object.values(targets).some(({ terms }) => Object.hasOwn(terms, label) && terms[label] !== "no number")
        ? OK
        : bad(`no deadline with a number for ${label}`),
    ),
  );
}

const CADENCES = ["hourly", "daily", "weekly", "monthly", "quarterly", "yearly"];

/** What the procedure says is collected is configured as often, and ran. */
export function collectorsReconciled(circumstances: Circumstances): Judgement {
  const words = { rule: "evidence that is collected", ok: "what your rules say is collected is configured, and ran" };
  return judgeDocument(circumstances, words, ({ upkeep }) => {
    if (upkeep.collectors.length === 0) return undefined;
    return upkeep.collectors.map(({ family, cadence }) => {
      const own = (circumstances.sources ?? circumstances.feeding).filter(
        (one) => one.history.record.family === family,
      );
      const here = own.filter((one) => one.history.configured);
      if (here.length === 0)
        return bad(
          `${family}: your rules say it is collected ${cadence}, and ${own.length === 0 ? "nothing is set up for it" : "it is collected no more"}`,
        );
      const often = here.filter(
        (one) => CADENCES.indexOf(one.history.record.cadence) <= CADENCES.indexOf(cadence) || cadence === "on-event",
      );
      const every = [...new Set(here.map((one) => one.history.record.cadence))].join(", ");
      if (often.length === 0) {
        const known = here.every((one) => CADENCES.includes(one.history.record.cadence));
        const what = `${family}: ${cadence} by your rules, ${every} as it is set up`;
        return known ? bad(what) : unclear(what);
      }
      return often.some((one) => one.delivered) ? OK : bad(`${family}: set up, and nothing was ever collected`);
    });
  });
}

/** No exception to the rules has run out, and each has an owner. */
export function exceptionsCurrent(circumstances: Circumstances): Judgement {
  const now = momentOf(circumstances);
  const words = { rule: "exceptions", ok: "every exception has an owner and has not run out" };
  return judgeDocument(circumstances, words, ({ exceptions, acceptedGaps, zone }) => {
    const all = [...exceptions, ...acceptedGaps];
    if (all.length === 0) return undefined;
    return all.map(({ id, owner, until }) => {
      if (!written(owner)) return bad(`"${id}" names no owner`);
      if (until === undefined) return bad(`"${id}" names no end`);
      const days = daysOf(until, zone);
      if (days === undefined) return bad(`"${id}" names no end that can be read (${until})`);
      return now < days.to ? OK : bad(`"${id}" ran out on ${dateForPeople(days.to - 1, zone)}`);
    });
  });
}
