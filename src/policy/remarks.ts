import type { Mistake } from "../lib/mistakes.ts";
import { iso } from "../lib/time.ts";
import { usedCalendars } from "./calendar-ends.ts";
import { understated } from "./gap-rule.ts";
import type { Policy } from "./policy.ts";
import { staleQuotations } from "./quoted.ts";
import { isBusiness, termOf } from "./term.ts";
import { unlooked } from "./unlooked.ts";
import { placeholderIn } from "./words.ts";

type Remark = Mistake;

/**
 * What an auditor would ask about rules that can be used as they are: places that nobody filled in, promises without a number,
 * calendars that end. `given` is the zone as the file has it, `asOf` the moment from which ends are looked at.
 */
export function remarksOn(policy: Policy, at: { given: string | undefined; asOf: number | undefined }): Remark[] {
  const today = at.asOf === undefined ? undefined : iso(at.asOf).slice(0, 10);
  return [
    ...placeholders(policy),
    ...aboutDocument(policy, today),
    ...(at.given === undefined
      ? [{ path: ["zone"], text: `no zone is set; days begin in ${policy.zone}, the organisation's` }]
      : []),
    ...aboutCalendars(policy, today),
    ...aboutTargets(policy),
    ...staleQuotations(policy),
    ...aboutReviews(policy),
    ...aboutPeople(policy),
    ...aboutBreaches(policy, today),
    ...understated(policy).map(({ place, kind }) => ({
      path: ["gaps", place, "severity"],
      text: `${kind} counts as ${policy.severities[0]?.label}, your worst: after it nobody knows what the records are worth`,
    })),
    ...ended(policy, today),
    ...unlooked(policy),
    ...policy.choices.flatMap(({ improve, question }, i) =>
      improve ? [{ path: ["choices", i], text: `your procedure should say it itself: ${question}` }] : [],
    ),
  ];
}

/** In these a place in angle brackets is meant. */
const PATTERNS = ["place", "what"];

function placeholders(policy: Policy): Remark[] {
  const found: Remark[] = [];
  const walk = (value: unknown, path: readonly PropertyKey[]) => {
    if (typeof value === "string") {
      const open = placeholderIn(value);
      if (open !== undefined && !PATTERNS.includes(String(path.at(-1))))
        found.push({ path, text: `not filled in yet: ${open}` });
    } else if (typeof value === "object" && value !== null) {
      for (const [key, inner] of Object.entries(value))
        walk(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    }
  };
  walk(policy, []);
  return found;
}

function aboutDocument({ document }: Policy, today: string | undefined): Remark[] {
  const missing = (
    [
      ["id", "no document ID"],
      ["owner", "nobody owns it"],
      ["approvedBy", "nobody approved it"],
      ["effectiveFrom", "no day from which it holds; it holds from when it was logged"],
      ["review", "no rule says how often it is reviewed"],
    ] as const
  ).flatMap(([key, text]) => (document[key] === undefined ? [{ path: ["document"], text }] : []));
  const { owner, approvedBy, lastEdited, lastReviewed, review } = document;
  const remarks: Remark[] = [...missing];
  const say = (key: string, text: string) => remarks.push({ path: ["document", key], text });
  const written = (text: string | undefined): text is string => text !== undefined && placeholderIn(text) === undefined;
  if (written(owner) && written(approvedBy) && owner.trim().toLowerCase() === approvedBy.trim().toLowerCase())
    say("approvedBy", "whoever owns it approved it as well; where there is somebody else, that person approves");
  if (written(lastEdited) && written(lastReviewed) && lastEdited > lastReviewed && !lastEdited.startsWith(lastReviewed))
    say("lastEdited", `edited (${lastEdited}) since it was last reviewed (${lastReviewed})`);
  for (const [key, day] of [
    ["lastEdited", lastEdited],
    ["lastReviewed", lastReviewed],
  ] as const)
    if (today !== undefined && written(day) && day > today) say(key, `${day} is in the future`);
  if (review !== undefined && review.every === undefined && review.after === undefined)
    say("review", "neither how often nor after what it is reviewed");
  const due =
    written(lastReviewed) && review?.every !== undefined ? afterMonths(lastReviewed, review.every) : undefined;
  if (today !== undefined && due !== undefined && due < today)
    say("lastReviewed", `its review has been due since ${due}`);
  return remarks;
}

/** The last day on which something that is due every so often may be done again; of a month, counted from its end. */
function afterMonths(day: string, every: string): string {
  const [, count = "0", unit] = /^(\d+)(mo|y)$/.exec(every) ?? [];
  const [year = 0, month = 1, date] = day.split("-").map(Number);
  const months = Number(count) * (unit === "y" ? 12 : 1);
  const lastOf = (y: number, m: number) => new Date(Date.UTC(y, m, 0)).getUTCDate();
  const whole = year * 12 + (month - 1) + months;
  const [y, m] = [Math.floor(whole / 12), (whole % 12) + 1];
  const two = (n: number) => String(n).padStart(2, "0");
  return `${y}-${two(m)}-${two(Math.min(date ?? 31, lastOf(y, m)))}`;
}

function aboutCalendars(policy: Policy, today: string | undefined): Remark[] {
  const used = usedCalendars(policy);
  return Object.entries(policy.calendars).flatMap(([name, calendar]) => {
    const path = ["calendars", name];
    if (!used.has(name)) return [{ path, text: "no rule counts with it" }];
    const remarks: Remark[] = [];
    const { holidays, validTo } = calendar;
    if (holidays !== "none") {
      const listed = new Set(holidays.map(({ date }) => date.slice(0, 4)));
      const first = [policy.document.effectiveFrom, calendar.validFrom, today]
        .filter((day) => day !== undefined && /^\d/.test(day))
        .sort()[0];
      const years =
        today === undefined || first === undefined
          ? []
          : between(Number(first.slice(0, 4)), Number(today.slice(0, 4)) + 1);
      const missing = years.filter(
        (year) => !listed.has(String(year)) && (validTo === undefined || String(year) <= validTo.slice(0, 4)),
      );
      if (listed.size === 0)
        remarks.push({
          path: [...path, "holidays"],
          text: "no holidays are listed; what a holiday could change stays undecided",
        });
      else if (missing.length > 0)
        remarks.push({
          path: [...path, "holidays"],
          text: `no holidays are listed for ${missing.join(", ")}; what a holiday could change there stays undecided`,
        });
    }
    if (calendar.unlistedHolidays === true)
      remarks.push({ path: [...path, "unlistedHolidays"], text: "says itself that not all holidays are listed" });
    if (validTo !== undefined)
      remarks.push({
        path: [...path, "validTo"],
        text: `${today !== undefined && validTo < today ? "ended" : "ends"} on ${validTo}; what is due after it stays undecided`,
      });
    return remarks;
  });
}

const between = (from: number, to: number): number[] =>
  from > to || to - from > 100 ? [] : Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Without any of these nothing says how fast an incident is dealt with. */
function aboutTargets(policy: Policy): Remark[] {
  const remarks: Remark[] = [];
  const labels = policy.severities.map(({ label }) => label);
  const all = Object.values(policy.targets);
  const numbered = new Set(
    all.flatMap(({ terms }) =>
      Object.entries(terms).flatMap(([label, term]) => (termOf(term)?.op === "at-once" ? [] : [label])),
    ),
  );
  const without = labels.filter((label) => !numbered.has(label));
  if (all.length === 0) remarks.push({ path: ["targets"], text: "no deadline is set for anything" });
  else if (without.length > 0)
    remarks.push({
      path: ["targets"],
      text: `no measurable target for ${without.join(", ")}; how long it took is told without a verdict`,
    });
  for (const [name, { terms }] of Object.entries(policy.targets)) {
    const open = labels.filter((label) => terms[label] !== undefined && termOf(terms[label])?.op === "at-once");
    const worst = open[0];
    if (worst === undefined) continue;
    const below = labels
      .slice(labels.indexOf(worst) + 1)
      .find((label) => terms[label] !== undefined && termOf(terms[label])?.op !== "at-once");
    if (below !== undefined)
      remarks.push({
        path: ["targets", name, "terms", worst],
        text: `${worst} has no number while the lesser ${below} has ${terms[below]}`,
      });
  }
  for (const [name, { calendar, terms }] of [...Object.entries(policy.targets), ...Object.entries(policy.updates)])
    if (calendar !== undefined && !Object.values(terms).some(isBusiness))
      remarks.push({
        path: [policy.targets[name] ? "targets" : "updates", name, "calendar"],
        text: "nothing here counts business time",
      });
  return remarks;
}

function aboutReviews({ review, publicReview, closing, severities }: Policy): Remark[] {
  const remarks: Remark[] = [];
  if (review === undefined) remarks.push({ path: [], text: "no incident has to be reviewed afterwards" });
  if (review !== undefined && termOf(review.deadline)?.op === "at-once")
    remarks.push({ path: ["review", "deadline"], text: "a review is required and has no deadline" });
  if (review !== undefined && review.sections.length === 0)
    remarks.push({ path: ["review", "sections"], text: "nothing says what a review contains" });
  if (publicReview !== undefined && termOf(publicReview.deadline)?.op === "at-once")
    remarks.push({ path: ["publicReview", "deadline"], text: "a public review is required and has no deadline" });
  const needsPublished = closing?.conditions.find(({ needs }) => needs === "review-published");
  if (needsPublished !== undefined && needsPublished.when === undefined) {
    const asked = new Set(
      publicReview?.required.flatMap((when) => when.severities ?? severities.map(({ label }) => label)),
    );
    const never = severities.filter(({ label }) => !asked.has(label)).map(({ label }) => label);
    if (never.length > 0)
      remarks.push({
        path: ["closing"],
        text: `closing needs a published review, and none is required for ${never.join(", ")}: by these words such an incident never closes`,
      });
  }
  if (closing === undefined || closing.conditions.length === 0)
    remarks.push({ path: ["closing"], text: "nothing says when an incident may be closed" });
  return remarks;
}

function aboutPeople({ upkeep, roles, escalation }: Policy): Remark[] {
  const remarks: Remark[] = [];
  if (upkeep.onCall === undefined) remarks.push({ path: ["upkeep"], text: "nothing says who is on call" });
  else if (upkeep.onCall.levels.length < 2)
    remarks.push({
      path: ["upkeep", "onCall", "levels"],
      text: "one level only: nobody stands in when the first is away",
    });
  if (Object.keys(roles).length === 0) remarks.push({ path: ["roles"], text: "no incident needs an owner" });
  if (escalation === undefined) remarks.push({ path: [], text: "nothing says to whom an incident is escalated" });
  return remarks;
}

function aboutBreaches({ breach, laws, contracts }: Policy, today: string | undefined): Remark[] {
  const remarks: Remark[] = [];
  if (breach === undefined)
    remarks.push({ path: [], text: "nothing says what happens when personal data is concerned" });
  const gdpr = laws.find(({ law }) => law === "gdpr");
  if (gdpr === undefined) remarks.push({ path: ["laws"], text: "nothing says whether the GDPR binds you" });
  if (gdpr?.on === false && breach?.authority !== undefined)
    remarks.push({
      path: ["laws", laws.indexOf(gdpr), "on"],
      text: "off, although breaches are notified to an authority",
    });
  for (const [i, { validTo, id }] of contracts.entries())
    if (today !== undefined && validTo !== undefined && validTo < today)
      remarks.push({ path: ["contracts", i, "validTo"], text: `the terms of ${id} ended on ${validTo}` });
  return remarks;
}

function ended({ exceptions, acceptedGaps, intake }: Policy, today: string | undefined): Remark[] {
  const remarks: Remark[] = [];
  const over = (day: string | undefined) =>
    today !== undefined && day !== undefined && /^\d/.test(day) && lastDay(day) < today;
  for (const [i, { until, id }] of exceptions.entries())
    if (over(until))
      remarks.push({ path: ["exceptions", i, "until"], text: `the exception ${id} ended with ${until}` });
  for (const [i, { until, id }] of acceptedGaps.entries()) {
    if (until === undefined) remarks.push({ path: ["acceptedGaps", i], text: `${id} is accepted without an end` });
    else if (over(until))
      remarks.push({ path: ["acceptedGaps", i, "until"], text: `what is accepted as ${id} ended with ${until}` });
  }
  for (const [i, { until, id, owner, approvedBy }] of (intake?.rules ?? []).entries()) {
    if (over(until.slice(0, 10)))
      remarks.push({
        path: ["intake", "rules", i, "until"],
        text: `the rule ${id} ended on ${until} and decides nothing any more`,
      });
    if (approvedBy === undefined)
      remarks.push({ path: ["intake", "rules", i], text: `${id} decides nothing until somebody has approved it` });
    else if (owner.trim().toLowerCase() === approvedBy.trim().toLowerCase())
      remarks.push({ path: ["intake", "rules", i, "approvedBy"], text: `${id} was approved by its owner` });
  }
  return remarks;
}

const lastDay = (day: string) => (day.length === 7 ? afterMonths(day, "0mo") : day);
