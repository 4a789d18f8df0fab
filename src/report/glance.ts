import { countPlaces, places } from "../evidence/place.ts";
import type { WaiverRow } from "./exceptions-shape.ts";
import {
  breachesRow,
  deadlinesRow,
  dutiesRow,
  gravestRow,
  type Model,
  nameOf,
  type Row,
  reviewsRow,
  runningRow,
  undecidedRow,
} from "./glance-cases.ts";
import type { GlanceName, GlanceRow } from "./glance-shape.ts";
import { gravityIn } from "./gravity.ts";
import { groupedBy, sortedBy } from "./order.ts";
import { localTime, localUntil } from "./words.ts";

/** What is not as it should be, and what is open: the numbers of the parts, in one place and with names. */

export function glanceOf(model: Model): GlanceRow[] {
  const { exceptions, custody, cover, incidents, learning } = model;
  const { results, tested } = exceptions;
  const graveOf = gravityIn(model);
  const plain = (n: number, of: number | null, named: readonly GlanceName[] = []): Row => ({
    n,
    of,
    unknown: 0,
    running: 0,
    named,
  });
  const open = exceptions.findings.filter(({ state }) => state !== "closed");
  const untold = learning.followUps.filter(({ action }) => action === null);
  const ended = incidents.rows.filter(({ carriedOut }) => carriedOut);
  const overdue = learning.actions.filter(({ state }) => state === "overdue");
  const holed = custody.items.filter(({ contiguous }) => !contiguous);
  const apart = model.scope.filter(({ notConnected }) => notConnected !== null);
  const standing = model.problems.filter(({ mended }) => !mended);
  return [
    { about: "duties", ...dutiesRow(model, graveOf) },
    { about: "breaches", ...breachesRow(model, graveOf) },
    { about: "running", ...runningRow(model, graveOf) },
    { about: "personal-data", ...undecidedRow(model, graveOf) },
    { about: "gravest", ...gravestRow(model, graveOf) },
    { about: "events", ...eventsRow(model) },
    { about: "deadlines", ...deadlinesRow(model, graveOf) },
    { about: "reviews", ...reviewsRow(model, graveOf) },
    { about: "failed", ...plain(results.not_met + results.invalid, tested) },
    {
      about: "follow-ups",
      ...plain(
        untold.length,
        learning.followUps.length,
        [...groupedBy(untold, ({ review }) => review)].map(([review, of]) => ({
          ...nameOf(review),
          what: of.map(({ item }) => item).join("; "),
          entry: learning.reviews.find(({ id }) => id === review)?.entry ?? null,
        })),
      ),
    },
    {
      about: "actions",
      ...plain(
        overdue.length,
        learning.actionCounts.total,
        overdue.map(({ id, title, due, entries }) => ({
          ...nameOf(id),
          what: title,
          due,
          entry: entries[0] ?? null,
        })),
      ),
    },
    {
      about: "findings",
      ...plain(
        open.filter(({ overdue: late }) => late).length,
        exceptions.findings.length,
        sortedBy(open, ({ overdue: late }) => (late ? 0 : 1)).map(
          ({ id, origin, control, requirement, due, overdue: late, entries }) => ({
            ...nameOf(id),
            what: `${late ? "overdue" : "not closed"}, ${[origin.replaceAll("-", " "), control, requirement].filter(Boolean).join(", ")}`,
            due,
            entry: entries[0] ?? null,
          }),
        ),
      ),
    },
    { about: "waivers", ...waiversRow(model) },
    { about: "handovers", ...handoversRow(model) },
    {
      about: "chains",
      ...plain(
        holed.length,
        custody.items.length,
        holed.map(({ id, title }) => ({ ...nameOf(id), what: title })),
      ),
    },
    { about: "gaps", ...plain(cover.gaps.open, cover.gaps.total) },
    { about: "jobs", ...jobsRow(model) },
    {
      about: "systems",
      ...plain(
        apart.length,
        model.scope.length,
        apart.map(({ system, notConnected }) => ({ ...nameOf(system), what: notConnected })),
      ),
    },
    {
      about: "problems",
      ...plain(
        countPlaces(standing),
        null,
        places(standing).map(({ where, message, lastEntry }) => ({
          ...nameOf(where),
          what: message,
          entry: lastEntry,
        })),
      ),
    },
    { about: "unanswered", ...plain(results.no_data + results.indeterminate, tested) },
    {
      about: "open",
      ...plain(
        ended.length,
        incidents.rows.length,
        ended.map(({ id, title, entry }) => ({ ...nameOf(id, graveOf(id)), what: title, entry })),
      ),
    },
  ];
}

/** Words of alerts for what cannot wait, as far as they are usual. */
const URGENT = /^(critical|crit|fatal|emergency|disaster|page|p0|p1)$/i;

export const isUrgent = (severity: string | null): boolean => severity !== null && URGENT.test(severity);

/** By what their source calls them, what cannot wait in front. */
function eventsRow({ decisions: { backlog, undecided, undecidedTotal, events } }: Model): Row {
  const groups = sortedBy(
    backlog,
    ({ severity }) => (isUrgent(severity) ? 0 : 1),
    ({ age }) => -age,
  );
  return {
    n: undecidedTotal,
    of: events,
    unknown: 0,
    running: 0,
    named: groups.map(({ severity, count }) => {
      const oldest = undecided.find((one) => one.severity === severity);
      return {
        // Whoever reads this first knows alerts by what they say; their numbers stand in the part on decisions.
        ...nameOf(oldest?.title ?? ""),
        severity: severity ?? "no severity given",
        what: `${count} without a decision, this one the oldest`,
        since: backlog.find((one) => one.severity === severity)?.oldest ?? null,
        entry: oldest?.entry ?? null,
      };
    }),
  };
}

/** Backups, restores and whatever else runs by itself: runs that failed or did not happen, by job, the one with most in front. */
function jobsRow({ jobs: { jobs } }: Model): Row {
  const failing = jobs.filter(({ failure, missed }) => failure + missed > 0);
  return {
    n: failing.reduce((sum, { failure, missed }) => sum + failure + missed, 0),
    of: jobs.reduce((sum, { runs }) => sum + runs, 0),
    unknown: 0,
    running: 0,
    named: sortedBy(failing, ({ failure, missed }) => -(failure + missed)).map(({ job, failure, missed, runs }) => ({
      ...nameOf(job),
      what: `${failure} failed and ${missed} missed of ${runs} runs`,
    })),
  };
}

/** Waivers by how they stand: what expired or was taken back covers nothing any more, and is told in front. */
function waiversRow({ exceptions: { waivers }, organisation: { zone } }: Model): Row {
  const standing = waivers.filter(({ state }) => state === "in-force");
  const told = ({ state, until, revoked }: WaiverRow) =>
    state === "revoked"
      ? `taken back ${localTime(revoked?.at ?? until, zone)}`
      : `${state === "expired" ? "held until" : "in force until"} ${localUntil(until, zone)}`;
  return {
    n: standing.length,
    of: waivers.length,
    unknown: 0,
    running: 0,
    named: sortedBy(waivers, ({ state }) => (state === "in-force" ? 1 : 0)).map((one) => ({
      ...nameOf(one.id),
      what: [one.requirement, ...(one.incidents.length === 0 ? [] : [one.incidents.join(" and ")]), told(one)].join(
        ", ",
      ),
      entry: one.entry,
    })),
  };
}

/** Things that somebody gave away, where whoever got them never said so. */
function handoversRow({ custody }: Model): Row {
  const handed = custody.items.flatMap((item) =>
    item.events.flatMap((event) => (event.confirmed === null ? [] : [{ item, event }])),
  );
  const unconfirmed = handed.filter(({ event }) => event.confirmed === false);
  return {
    n: unconfirmed.length,
    of: handed.length,
    unknown: 0,
    running: 0,
    named: unconfirmed.map(({ item, event }) => ({
      ...nameOf(item.id),
      what: `to ${event.to ?? "nobody named"}`,
      since: event.at,
      entry: event.entry,
    })),
  };
}
