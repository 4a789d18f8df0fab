import { isDisposed } from "../collector/facts.ts";
import type { ProblemView } from "../index/query.ts";
import { dateForPeople, forPeople } from "../lib/zone.ts";
import { freshnessOf } from "../slots/freshness.ts";
import { type Gap, gapsOf } from "../slots/gap.ts";
import type { InstanceHistory } from "../slots/history.ts";
import { expectationOf } from "../slots/plan.ts";
import { slotsOf } from "../slots/state.ts";
import type { PortalParts } from "./parts.ts";
import type { Snapshot } from "./snapshot.ts";
import { asFlag, causeInWords, many, sentence, spanInTable } from "./words.ts";

/** One thing that a person must look at: what, since when, whether anything is lost, and what to do. */
export interface Duty {
  readonly title: string;
  readonly what: string;
  readonly lost?: string;
  readonly todo: string;
  /** To be typed as they are. */
  readonly commands: readonly string[];
  /** Places to mend. */
  readonly places?: readonly { readonly where: string; readonly message: string }[];
  readonly more?: string;
}

export type Titles = (instance: string) => string;

/** Of one collector, the newest gaps are shown; the rest are on their own page. */
const GAPS_SHOWN = 2;
const PLACES_SHOWN = 5;
const HOUR = 3_600_000;
const ALL_TIME = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** How instances are called on the pages. */
export function titlesOf(collectors: PortalParts["collectors"]): Titles {
  const titles = new Map(collectors.map(({ id, title }) => [id, `${title} (${id})`]));
  return (id) => titles.get(id) ?? id;
}

/** What a person must do today, the gravest first. Empty only if everything that can be known was looked at and is well. */
export function dutiesOf(
  snapshot: Snapshot,
  parts: Pick<PortalParts, "organisation" | "collectors" | "inboxTroubles">,
): Duty[] {
  const { history, now } = snapshot;
  const { zone } = parts.organisation;
  const title = titlesOf(parts.collectors);
  const instances = [...history.instances.values()].filter((one) => expectationOf(one, now) === "expected");
  const unreadable = new Set(history.unreadable.map(({ index }) => index)).size;
  return [
    ...instances.flatMap((one) => gapDuties(one, snapshot, title(one.id), zone)),
    ...instances.flatMap((one) => troubleNow(one, snapshot, title(one.id), zone)),
    ...parts.inboxTroubles().map(({ instance, message }) => ({
      title: `${title(instance)}: its inbox turns everybody away`,
      what: sentence(`${message}, so no sender can be told from a stranger`),
      lost: "What is sent meanwhile is lost unless its sender repeats it.",
      todo: "Make the secret readable for the user that runs Custody; nothing needs to be restarted for a file.",
      commands: [],
    })),
    ...(snapshot.failingJobs ?? []).map(({ instance, job, outcome, at }) => ({
      title: `${job}: the job ${outcome === "missed" ? "did not report" : "failed"}`,
      what: `${title(instance)}: ${outcome === "missed" ? "a report was expected by" : "reported on"} ${forPeople(at, zone)}, and nothing better has come since.`,
      todo: "Look after the job itself; its next good report ends this.",
      commands: [],
    })),
    ...problemDuties(snapshot.problems?.filter((problem) => !isDisposed(problem)) ?? [], title),
    ...instances.filter((one) => !one.configured).map((one) => removed(one, title(one.id))),
    ...(unreadable === 0
      ? []
      : [
          {
            title: "A newer Custody has written to this log",
            what: `${many(unreadable, "record")} cannot be read by this version, so what is said here may be incomplete.`,
            todo: "Run the same version everywhere.",
            commands: [],
          },
        ]),
  ];
}

/** Nothing is graver: somebody outside has seen another history of this log than this one. */
export function refusalDuties(refusals: Awaited<ReturnType<PortalParts["refusals"]>>, zone: string): Duty[] {
  return refusals.map(({ place, at, message }) => ({
    title: `${place} has seen another history of this log`,
    what: sentence(`${forPeople(at, zone)}: ${message}`),
    lost: "It cannot be told from here which history is the right one. Do not touch the store.",
    todo: "Either the log was rewritten or set back, or a copy of this workspace goes on writing elsewhere: look for one, and ask the place what it holds.",
    commands: ["custody verify"],
  }));
}

function gapDuties(one: InstanceHistory, snapshot: Snapshot, title: string, zone: string): Duty[] {
  const open = gapsOf(one, snapshot.now).filter((gap) => gap.state === "open" && gap.acknowledged === undefined);
  const shown = open.slice(-GAPS_SHOWN).reverse();
  return shown.map((gap, i) => {
    const duty = gapDuty(gap, one, title, zone);
    const rest = open.length - shown.length;
    return i === shown.length - 1 && rest > 0
      ? { ...duty, more: `${many(rest, "older gap")} of this collector` }
      : duty;
  });
}

function gapDuty(gap: Gap, one: InstanceHistory, title: string, zone: string): Duty {
  const late = gap.slots.filter((slot) => slot.state === "late").length;
  const missing = gap.slots.length - late;
  const parts = gap.slots.every((slot) => slot.state === "partial") ? "only in part collected" : "not collected";
  const back = late > 0 ? ` ${many(late, "piece")} came in later.` : "";
  const backfill = `custody collect ${one.id} --backfill --from ${asFlag(gap.from, zone)} --to ${asFlag(gap.to, zone)}`;
  const ask = one.record.mode === "window" && gap.cause !== "retention";
  return {
    title: `${title}: ${spanInTable(gap, zone)} was ${parts}`,
    what: `Known since ${forPeople(gap.opened, zone)}: ${causeInWords(gap.cause)}. ${many(missing, "piece")} of expected evidence ${missing === 1 ? "is" : "are"} missing.${back}`,
    lost: lostBy(gap, one),
    todo: ask
      ? "See that the source answers; Custody goes on trying by itself. Or ask again now, or note that you have seen it:"
      : "Note that you have seen it, or accept it with a reason until a date:",
    commands: [
      ...(ask ? [backfill] : []),
      `custody gap ack ${gap.id} --reason "…"`,
      ...(ask ? [] : [`custody gap accept ${gap.id} --until DATE --reason "…"`]),
    ],
  };
}

/** The same answer in one place: can what is missing still be had? */
export function lostBy(gap: Gap, one: InstanceHistory): string {
  if (gap.cause === "retention") return "Lost: the source no longer holds it.";
  if (one.record.mode === "window") return "Nothing is lost yet: the source can still be asked about that time.";
  if (one.record.mode === "snapshot") return "Lost for that time: this source only knows the present.";
  return "Reports sent in that time are lost, unless their senders repeated them.";
}

/** What does not work now although no gap has come of it yet. */
function troubleNow(one: InstanceHistory, { now, details }: Snapshot, title: string, zone: string): Duty[] {
  const run = one.runs.at(-1);
  const known = gapsOf(one, now).some(
    (gap) => gap.state === "open" && gap.slots.some((slot) => slot.due > now - 24 * HOUR),
  );
  const fresh = freshnessOf(one, now);
  if (run === undefined) {
    if (now - one.configuredSince < HOUR) return [];
    return [
      {
        title: `${title}: never asked`,
        what: `It is configured since ${dateForPeople(one.configuredSince, zone)} and has not run once.`,
        todo: "See that the daemon runs, or collect by hand:",
        commands: [`custody collect ${one.id}`],
      },
    ];
  }
  // Time that nobody listened cannot be mended; where it matters it becomes a gap.
  if (run.outcome === "collected" || run.reason === "not-listening" || known) return [];
  const words = details.get(one.id);
  const due = slotsOf(one, ALL_TIME, now).find(({ state }) => state === "due" || state === "open")?.due;
  const never = fresh.state === "never";
  return [
    {
      title: `${title}: the last run ${run.outcome === "partial" ? "saw only a part" : "failed"}${never ? ", and none has succeeded yet" : ""}`,
      what: sentence(`${forPeople(run.at, zone)}: ${words ?? causeInWords(run.reason)}`),
      lost: never
        ? "Nothing is expected of it before its first success; until then nothing of it is known."
        : one.record.mode === "window"
          ? `Nothing is lost yet.${due === undefined ? "" : ` It is in time until ${forPeople(due, zone)}.`}`
          : "What happened since the last good run may be lost.",
      todo: "Mend what it says; Custody tries again by itself. Or at once:",
      commands: [`custody collect ${one.id}`],
    },
  ];
}

function problemDuties(problems: readonly ProblemView[], title: Titles): Duty[] {
  return [...new Set(problems.map(({ instance }) => instance))].map((instance) => {
    const own = problems.filter((problem) => problem.instance === instance);
    const rest = own.length - PLACES_SHOWN;
    return {
      title: `${title(instance)}: ${many(own.length, "place")} in the source to mend`,
      what: "The files are kept as they are, but these places could not be read as intended:",
      todo: "Mend them at the source; the next run takes the new version in.",
      commands: [],
      places: own.slice(0, PLACES_SHOWN).map(({ where, message }) => ({ where, message })),
      ...(rest > 0 ? { more: `${many(rest, "more place")}; record ${own[0]?.entry} lists them` } : {}),
    };
  });
}

function removed(one: InstanceHistory, title: string): Duty {
  return {
    title: `${title}: still expected, but no longer configured`,
    what: "It was taken out of custody.yaml. Its evidence counts as missing until somebody says that it is not needed any more.",
    todo: "Put it back, or retire it:",
    commands: [`custody retire ${one.id} --reason "…"`],
  };
}
