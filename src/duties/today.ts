import { isDisposed } from "../collector/facts.ts";
import { countPlaces } from "../evidence/place.ts";
import type { Conditions } from "../gaps/conditions.ts";
import { type AnyGap, gapsIn } from "../gaps/gap.ts";
import type { LevelRule } from "../gaps/level.ts";
import type { ProblemView } from "../index/query.ts";
import { canonicalBytes } from "../lib/canonical.ts";
import { digestOf } from "../lib/digest.ts";
import { ERROR_CODES } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import { dateForPeople, forPeople } from "../lib/zone.ts";
import { freshnessOf } from "../slots/freshness.ts";
import type { History, InstanceHistory } from "../slots/history.ts";
import { expectationOf } from "../slots/plan.ts";
import { slotsOf } from "../slots/state.ts";
import { type Duty, type People, type Titles, titlesOf, whoFor } from "./duty.ts";
import { type AnswerDue, conditionDuty, type GapSaying, holeDuties, needsSomebody } from "./gaps.ts";
import type { FailingJob } from "./jobs.ts";
import type { Details } from "./last-words.ts";
import { type Refusal, refusalDuty } from "./refusals.ts";
import { causeInWords, many, sentence } from "./words.ts";

/** What was looked at, as of one moment. */
export interface Seen {
  readonly now: Instant;
  readonly history: History;
  readonly conditions: Conditions;
  /** Why a last run did not see everything, in its own words, by instance. */
  readonly details: Details;
  /** In the newest evidence; undefined where that could not be looked up. */
  readonly problems: readonly ProblemView[] | undefined;
  readonly failingJobs: readonly FailingJob[] | undefined;
  /** Places outside that have seen another history of this log. */
  readonly refusals?: readonly Refusal[];
  /** Deadlines that run, what is late first. */
  readonly clocks?: readonly Duty[];
  /** Until when the rules ask that gaps are answered, by gap. */
  readonly answers?: ReadonlyMap<string, AnswerDue>;
  /** What else is due that is not worked out here: confirmations, evidence that a source will soon not hold any more. */
  readonly others?: readonly Duty[];
  /** What Custody found out about itself: more than codes say, and what is to be done about it. */
  readonly watch?: { readonly details: ReadonlyMap<string, string>; readonly duties: readonly Duty[] } | undefined;
}

/** Whose workspace it is. */
export interface Place {
  readonly organisation: { readonly zone: string };
  readonly collectors: readonly { readonly id: string; readonly title: string }[];
  readonly people?: People;
  /** Whose gaps are urgent. */
  readonly gapRules?: readonly LevelRule[];
  /** Inboxes that cannot be used, and why. */
  inboxTroubles(): readonly { readonly instance: string; readonly message: string }[];
}

const PLACES_SHOWN = 5;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ALL_TIME = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

interface Sight extends Seen {
  readonly zone: string;
  readonly title: Titles;
  readonly people: People;
  readonly gaps: readonly AnyGap[];
}

/** What a person must do today, the gravest first. Empty only if everything that can be known was looked at and is well. */
export function dutiesOf(seen: Seen, place: Place): Duty[] {
  const { history, now, conditions } = seen;
  const { zone } = place.organisation;
  const title = titlesOf(place.collectors);
  const people = place.people ?? {};
  const gaps = gapsIn(history, conditions, now, place.gapRules);
  const sight: Sight = { ...seen, zone, title, people, gaps };
  const saying: GapSaying = {
    now,
    zone,
    people,
    title,
    detail: (id) => seen.details.get(id),
    condition: (requirement) => seen.watch?.details.get(requirement),
    answer: (gap) => seen.answers?.get(gap),
  };
  const clocks = seen.clocks ?? [];
  const first = ({ clock }: Duty) => clock?.pressing === true;
  const instances = [...history.instances.values()].filter((one) => expectationOf(one, now) === "expected");
  // What was taken out cannot be asked: whether it is put back or retired is the one thing to decide about it.
  const askable = instances.filter((one) => one.configured);
  const expected = new Set(askable.map(({ id }) => id));
  const wrong = gaps.filter((gap) => gap.requirement !== "cadence" && needsSomebody(gap));
  const own = wrong.filter((gap) => gap.requirement !== "first" || expected.has(gap.instance));
  const urgent = (gap: AnyGap) => gap.level === "urgent";
  const holes = instances.flatMap((one) => {
    const mine = gaps.filter(({ instance }) => instance === one.id);
    return [{ duties: holeDuties(one, mine, saying), urgent: mine.some((gap) => urgent(gap) && needsSomebody(gap)) }];
  });
  return [
    ...(seen.refusals ?? []).map((refusal) => ({ ...by("operator", people), ...refusalDuty(refusal, zone) })),
    ...own.filter(urgent).map((gap) => conditionDuty(gap, saying)),
    ...clocks.filter(first),
    ...holes.filter((one) => one.urgent).flatMap(({ duties }) => duties),
    ...clocks.filter((duty) => !first(duty)),
    ...holes.filter((one) => !one.urgent).flatMap(({ duties }) => duties),
    ...own.filter((gap) => !urgent(gap)).map((gap) => conditionDuty(gap, saying)),
    ...askable.flatMap((one) => troubleNow(one, sight)),
    ...place.inboxTroubles().map((trouble) => inboxDuty(trouble, sight)),
    ...(seen.failingJobs ?? []).map((job) => jobDuty(job, sight)),
    ...problemDuties(seen.problems?.filter((problem) => !isDisposed(problem)) ?? [], sight),
    ...instances.filter((one) => !one.configured).map((one) => removed(one, sight)),
    ...(seen.watch?.duties ?? []),
    ...(seen.others ?? []).map((duty) => ({ ...by("owner", people), ...duty })),
    ...unreadable(history),
  ];
}

const by = (role: "owner" | "operator", people: People): { who?: string } => {
  const who = whoFor(role, people);
  return who === undefined ? {} : { who };
};

/** What does not work now although no gap has come of it yet. */
function troubleNow(one: InstanceHistory, { now, details, gaps, title, zone, people }: Sight): Duty[] {
  const run = one.runs.at(-1);
  const known = gaps.filter(
    (gap) =>
      gap.instance === one.id &&
      gap.state === "open" &&
      (gap.requirement === "first" || gap.slots.some((slot) => slot.due > now - DAY)),
  );
  const name = title(one.id);
  const id = `trouble:${one.id}`;
  // The gap says it; where somebody has seen that one, it is still to be mended.
  if (known.some(needsSomebody)) return [];
  if (run === undefined) {
    if (now - one.configuredSince < HOUR) return [];
    return [
      {
        id,
        title: `${name}: never asked`,
        what: `It is configured since ${dateForPeople(one.configuredSince, zone)} and has not run once.`,
        todo: "See that the daemon runs, or collect by hand:",
        commands: [`custody collect ${one.id}`],
        ripe: one.configuredSince + DAY,
        ...by("operator", people),
      },
    ];
  }
  // Time that nobody listened cannot be mended; where it matters it becomes a gap.
  if (run.outcome === "collected" || run.reason === "not-listening") return [];
  const words = details.get(one.id);
  const never = freshnessOf(one, now).state === "never";
  const due = slotsOf(one, ALL_TIME, now).find(({ state }) => state === "due" || state === "open")?.due;
  const until = due === undefined ? undefined : forPeople(due, zone);
  const inTime = one.record.mode === "window" && !never;
  return [
    {
      id,
      title: `${name}: the last run ${run.outcome === "partial" ? "saw only a part" : "failed"}${never ? ", and none has succeeded yet" : ""}`,
      what: sentence(`${forPeople(run.at, zone)}: ${words ?? causeInWords(run.reason)}`),
      lost: never
        ? "Nothing is expected of it before its first success; until then nothing of it is known."
        : inTime
          ? `Nothing is lost yet.${until === undefined ? "" : ` It is in time until ${until}.`}`
          : `What happened since the last good run${lastGoodOf(one, zone)} may be lost.`,
      todo: "Mend what it says; Custody tries again by itself. Or at once:",
      commands: [`custody collect ${one.id}`],
      // What mends itself within a day is nobody's business.
      ...(needsMending(run.reason) ? {} : { ripe: failingSince(one) + DAY }),
      ...(known.length > 0 ? { seen: true } : {}),
      ...(inTime && until !== undefined ? { until } : {}),
      ...by("operator", people),
    },
  ];
}

/** Waiting does not mend it: access that was refused, settings that do not fit, a secret that cannot be read. */
const needsMending = (reason: string | undefined): boolean =>
  ERROR_CODES[reason as keyof typeof ERROR_CODES] === "input";

/** When that was, after a comma. */
function lastGoodOf({ runs }: InstanceHistory, zone: string): string {
  const good = runs.findLast(({ outcome }) => outcome === "collected");
  return good === undefined ? "" : `, on ${forPeople(good.at, zone)},`;
}

function failingSince({ runs }: InstanceHistory): Instant {
  const good = runs.findLastIndex(({ outcome }) => outcome === "collected");
  return runs[good + 1]?.at ?? 0;
}

function inboxDuty(
  { instance, message }: { readonly instance: string; readonly message: string },
  { title, people }: Sight,
): Duty {
  return {
    id: `inbox:${instance}`,
    title: `${title(instance)}: its inbox turns everybody away`,
    what: sentence(`${message}, so no sender can be told from a stranger`),
    lost: "What is sent meanwhile is lost unless its sender repeats it.",
    todo: "Make the secret readable for the user that runs Custody; nothing needs to be restarted for a file.",
    commands: [],
    until: "at once",
    ...by("operator", people),
  };
}

function jobDuty({ instance, job, outcome, at }: FailingJob, { title, zone, people }: Sight): Duty {
  const missed = outcome === "missed";
  return {
    id: `job:${short([instance, job])}`,
    title: `${job}: the job ${missed ? "did not report" : "failed"}`,
    what: `${title(instance)}: ${missed ? "a report was expected by" : "reported on"} ${forPeople(at, zone)}, and nothing better has come since.`,
    todo: "Look after the job itself; its next good report ends this.",
    commands: [],
    ...by("operator", people),
  };
}

function problemDuties(problems: readonly ProblemView[], { title, people }: Sight): Duty[] {
  return [...new Set(problems.map(({ instance }) => instance))].map((instance) => {
    const own = problems.filter((problem) => problem.instance === instance);
    const rest = own.length - PLACES_SHOWN;
    return {
      id: `problems:${instance}:${short(own.map(({ where, message }) => `${where} ${message}`).sort())}`,
      title: `${title(instance)}: ${many(countPlaces(own), "place")} in the source to mend`,
      what: "The files are kept as they are, but these places could not be read as intended:",
      todo: "Mend them at the source; the next run takes the new version in.",
      commands: [],
      places: own.slice(0, PLACES_SHOWN).map(({ where, message }) => ({ where, message })),
      ...(rest > 0 ? { more: `${many(rest, "more place")}; record ${own[0]?.entry} lists them` } : {}),
      ...by("owner", people),
    };
  });
}

function removed({ id, runs }: InstanceHistory, { title, people }: Sight): Duty {
  const ran = runs.length > 0 ? "" : " It never ran, so there is no evidence of it.";
  return {
    id: `removed:${id}`,
    title: `${title(id)}: still expected, but no longer configured`,
    what: `It was taken out of custody.yaml.${ran} Its evidence counts as missing until somebody says that it is not needed any more.`,
    todo: "Put it back, or retire it:",
    commands: [`custody retire ${id} --reason "…"`],
    ...by("owner", people),
  };
}

function unreadable(history: History): Duty[] {
  const records = new Set(history.unreadable.map(({ index }) => index)).size;
  if (records === 0) return [];
  return [
    {
      id: "newer-version",
      title: "A newer Custody has written to this log",
      what: `${many(records, "record")} cannot be read by this version, so what is said here may be incomplete.`,
      todo: "Run the same version everywhere.",
      commands: [],
    },
  ];
}

/** A name for things that have none: the same for the same. */
const short = (parts: readonly string[]): string => digestOf(canonicalBytes([...parts])).slice(0, 12);
