import { INCIDENT_TIMES, type IncidentTime } from "../evidence/case-facts.ts";
import { CORRECTION } from "../incidents/acts.ts";
import { REGISTER_TIMES, type RegisterAct, type RegisterIncident, textOf } from "../incidents/incident.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import type { Statement } from "../incidents/statement.ts";
import { actInWords } from "../incidents/words.ts";
import { type Instant, iso } from "../lib/time.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull } from "./coverage.ts";
import { actedBy, type Names } from "./doer.ts";
import { type IncidentCase, recordsOf, type Seen, toldBy } from "./incident-case.ts";
import type { ToldBy } from "./incidents-shape.ts";
import { sortedBy } from "./order.ts";
import type { SheetTime, TimelineRow } from "./sheets-shape.ts";

/** What happened in which order, by whose word, and when that word was in the log. */

/** Words of one act; the whole text is in its record. */
const MAX_ACT = 700;

/** What a time of an incident says that it is, after "it was". */
const STAMPED: Readonly<Record<IncidentTime, string>> = {
  occurredAt: "began",
  detectedAt: "detected",
  createdAt: "entered into the register",
  acknowledgedAt: "acknowledged",
  respondedAt: "responded to",
  triagedAt: "triaged",
  commanderAt: "commander named",
  awareAt: "somebody knew what is concerned",
  containedAt: "contained",
  eradicatedAt: "cause removed",
  recoveredAt: "recovered",
  verifiedAt: "fix verified",
  resolvedAt: "resolved",
  publishedAt: "review published",
  closedAt: "closed",
};

export function sheetTime(at: Instant | null, precision = 1): SheetTime {
  return { at: isoOrNull(at), precision: Math.max(1, precision) };
}

/** The time of a field of a fact, in a list by its place: `messages.0`. */
export function timeOf({ fact }: Seen, at: Instant | null, name: string): SheetTime {
  return sheetTime(at, Object.hasOwn(fact.precision, name) ? fact.precision[name] : 1);
}

export const ownRecord = (entry: number): ToldBy => ({ instance: OWN_REGISTER, entry, digest: null });

/** All words about the times of an incident, by `words`: the records of each source's incident in the order of the log. */
export function timelineOf(
  one: IncidentCase,
  words: (seen: Seen) => readonly Seen[],
  names: Names,
  zone: string,
): TimelineRow[] {
  const rows = [
    ...(one.own === undefined ? [] : ownRows(one.own, names, zone)),
    ...recordsOf(one).flatMap((seen) =>
      one.own !== undefined && seen === one.told ? [] : sourceRows(seen, words(seen)),
    ),
  ];
  return sortedBy(
    rows,
    ({ at }) => (at === null ? Number.MAX_SAFE_INTEGER : Date.parse(at)),
    ({ told }) => told.entry,
    ({ what }) => what,
  );
}

function ownRows(incident: RegisterIncident, names: Names, zone: string): TimelineRow[] {
  const { history } = incident;
  const said = (act: RegisterAct) => clean(actInWords(act, names, zone), MAX_ACT);
  const acts = history.map((act) => ({
    ...sheetTime(act.happened.at, act.happened.precision),
    what: said(act),
    by: actedBy(act.by, names),
    told: ownRecord(act.index),
    logged: iso(act.at),
    replaced: act.replaced.map((earlier) => ({
      ...sheetTime(earlier.happened.at, earlier.happened.precision),
      what: said(earlier),
      entry: earlier.index,
    })),
    because: act.replaced.length > 0 ? cleanOrNull(textOf(act, CORRECTION)) : null,
  }));
  return [...acts, ...timesInside(incident, names)];
}

/** Times that a record names beside the one at which it says that it happened itself: when it was detected, who was told when. */
function timesInside({ history, times, breaches }: RegisterIncident, names: Names): TimelineRow[] {
  const acts = new Map(history.map((act) => [act.index, act]));
  const row = (statement: Statement | undefined, what: string): TimelineRow[] => {
    const act = statement && acts.get(statement.index);
    if (statement === undefined || act === undefined || act.happened.at === statement.at) return [];
    const { at, precision, index } = statement;
    const told = ownRecord(index);
    const by = actedBy(act.by, names);
    return [{ ...sheetTime(at, precision), what, by, told, logged: iso(act.at), replaced: [], because: null }];
  };
  return [
    ...REGISTER_TIMES.flatMap((time) => row(times[time], STAMPED[time])),
    ...breaches.flatMap(({ role, dataset, times: told }) => {
      const whose = [role, dataset].filter((part) => part !== null).join(" of ");
      return (["authorityAt", "controllerAt", "subjectsAt"] as const).flatMap((time) =>
        row(told[time], `${TOLD[time]}${whose === "" ? "" : ` (as ${clean(whose)})`}`),
      );
    }),
  ];
}

const TOLD = {
  authorityAt: "the authority was told",
  controllerAt: "the controller was told",
  subjectsAt: "the people concerned were told",
} as const;

/** The times that a source gives now; each with the record that was the first to say so, and what earlier ones said. */
function sourceRows(seen: Seen, words: readonly Seen[]): TimelineRow[] {
  return INCIDENT_TIMES.flatMap((field): TimelineRow[] => {
    const at = seen.fact[field];
    if (at === null) return [];
    const since = words.findLastIndex(({ fact }) => fact[field] !== at) + 1;
    const first = words[since] ?? seen;
    const before = words
      .slice(0, since)
      .filter(({ fact }, i, all) => fact[field] !== null && fact[field] !== all[i - 1]?.fact[field]);
    return [
      {
        ...timeOf(seen, at, field),
        what: STAMPED[field],
        by: null,
        told: toldBy(first),
        logged: isoOrNull(first.at ?? null),
        replaced: before.map((earlier) => ({
          ...timeOf(earlier, earlier.fact[field], field),
          what: STAMPED[field],
          entry: earlier.entry,
        })),
        because: null,
      },
    ];
  });
}
