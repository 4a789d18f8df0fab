import type { ResultWord } from "../assess/vocabulary.ts";
import type { GlanceName, GlanceRow } from "./glance-shape.ts";
import type { Grave } from "./gravity.ts";
import { groupedBy, sortedBy } from "./order.ts";
import type { ReportModel } from "./shape.ts";

/** What a reader should know first of incidents: duties, deadlines and reviews, counted only where that is decided. */

export type Model = Omit<ReportModel, "glance">;
export type Row = Omit<GlanceRow, "about">;

/** A deadline of the rules without one. */
const NO_NUMBER = "no number";
/** So many of the worst severities of the rules are looked at one by one. */
const GRAVEST = 2;
export const nameOf = (id: string, grave?: Grave): GlanceName => ({
  id,
  severity: grave?.severity ?? null,
  what: null,
  due: null,
  since: null,
  entry: null,
});

const isUnknown = (word: ResultWord): boolean => word === "no_data" || word === "indeterminate" || word === "invalid";

/** Of what must be done in time only what is decided counts: a clock without a number, or one that still runs, is no success. */
function timed(words: readonly ResultWord[]): Omit<Row, "named"> {
  const of = (is: (word: ResultWord) => boolean) => words.filter(is).length;
  const n = of((word) => word === "not_met");
  return {
    n,
    of: n + of((word) => word === "met"),
    unknown: of(isUnknown),
    running: of((word) => word === "pending"),
  };
}

type GraveOf = (id: string) => Grave;

function worstFirst<T>(rows: readonly T[], idOf: (row: T) => string, graveOf: GraveOf): T[] {
  return sortedBy(rows, (row) => graveOf(idOf(row)).rank);
}

export function dutiesRow({ notifications: { breaches, reports } }: Model, graveOf: GraveOf): Row {
  const duties = [...breaches.flatMap((one) => one.duties), ...reports];
  const groups = [...groupedBy(duties, ({ incident }) => incident)].map(([incident, of]) => ({
    incident,
    of,
    missed: of.filter(({ word }) => word === "not_met"),
    unknown: of.filter(({ word }) => isUnknown(word)),
  }));
  const told = groups.filter(({ missed, unknown }) => missed.length + unknown.length > 0);
  return {
    ...timed(duties.map(({ word }) => word)),
    named: sortedBy(
      told,
      ({ missed }) => (missed.length > 0 ? 0 : 1),
      ({ incident }) => graveOf(incident).rank,
    ).map(({ incident, of, missed, unknown }) => ({
      ...nameOf(incident, graveOf(incident)),
      what: missedAndUnknown(
        missed.map(({ name }) => name),
        unknown.map(({ name }) => name),
      ),
      due: missed[0]?.due ?? null,
      entry: of[0]?.told.entry ?? null,
    })),
  };
}

const missedAndUnknown = (missed: readonly string[], unknown: readonly string[]): string =>
  [
    ...(missed.length === 0 ? [] : [`not met: ${[...new Set(missed)].join(", ")}`]),
    ...(unknown.length === 0 ? [] : [`cannot be shown: ${[...new Set(unknown)].join(", ")}`]),
  ].join("; ");

/** Incidents of which it is recorded that personal data was concerned, and nothing of the breach. */
export function breachesRow({ notifications: { breaches, yes } }: Model, graveOf: GraveOf): Row {
  const unrecorded = breaches.filter(({ recorded }) => !recorded);
  return {
    n: unrecorded.length,
    of: Math.max(yes, unrecorded.length),
    unknown: 0,
    running: 0,
    named: worstFirst(unrecorded, ({ incident }) => incident, graveOf).map(({ incident, title, told }) => ({
      ...nameOf(incident, graveOf(incident)),
      what: title,
      entry: told.entry,
    })),
  };
}

export function runningRow({ notifications: { running } }: Model, graveOf: GraveOf): Row {
  const named = running.map(({ incident, told, title, source, due, undecided }) => ({
    ...nameOf(incident, graveOf(incident)),
    what: `${title} (${source})${undecided ? ", if personal data is concerned, which nobody decided" : ""}`,
    due,
    entry: told.entry,
  }));
  return { n: running.length, of: null, unknown: 0, running: 0, named };
}

export function undecidedRow({ notifications: { undecided, incidents } }: Model, graveOf: GraveOf): Row {
  return {
    n: undecided.length,
    of: incidents,
    unknown: 0,
    running: 0,
    named: worstFirst(undecided, ({ incident }) => incident, graveOf).map(({ incident, title, told }) => ({
      ...nameOf(incident, graveOf(incident)),
      what: title,
      entry: told.entry,
    })),
  };
}

/** Those of the worst severities, with every clock of the rules, of law and of contract. */
export function gravestRow({ sheets }: Model, graveOf: GraveOf): Row {
  const rows = sheets.rows
    .filter(({ id }) => graveOf(id).rank < GRAVEST)
    .map(({ id, told, clocks }) => ({
      id,
      told,
      missed: clocks.filter(({ word }) => word === "not_met").map(({ name }) => name),
      // Where the rules name no time, none can be missed and none be shown to be kept.
      unknown: clocks.filter(({ word, target }) => isUnknown(word) && target !== NO_NUMBER).map(({ name }) => name),
    }));
  const missed = rows.filter((row) => row.missed.length > 0);
  const unknown = rows.filter((row) => row.missed.length === 0 && row.unknown.length > 0);
  return {
    n: missed.length,
    of: rows.length,
    unknown: unknown.length,
    running: 0,
    named: [...missed, ...unknown].map((row) => ({
      ...nameOf(row.id, graveOf(row.id)),
      what: missedAndUnknown(row.missed, row.unknown),
      entry: row.told.entry,
    })),
  };
}

const WORDS = [
  ["met", "met"],
  ["not_met", "notMet"],
  ["pending", "pending"],
  ["indeterminate", "indeterminate"],
  ["invalid", "invalid"],
  ["no_data", "noData"],
] as const satisfies readonly (readonly [ResultWord, string])[];

/** Of clocks with a number: where the rules name none, nothing can be missed and nothing kept. */
export function deadlinesRow({ performance }: Model, graveOf: GraveOf): Row {
  const rows = performance.rows.filter(({ term }) => term !== null && term !== NO_NUMBER);
  const words = rows.flatMap((row) => WORDS.flatMap(([word, key]) => Array<ResultWord>(row[key]).fill(word)));
  const misses = rows.flatMap((row) => row.misses.map((miss) => ({ ...miss, row })));
  return {
    ...timed(words),
    named: worstFirst(misses, ({ id }) => id, graveOf).map(({ id, entry, due, row }) => ({
      ...nameOf(id, graveOf(id)),
      what: `${row.target} ${row.term ?? ""}`,
      due,
      entry,
    })),
  };
}

export function reviewsRow({ learning: { deadlines } }: Model, graveOf: GraveOf): Row {
  const missed = deadlines.filter(({ result }) => result === "not_met");
  return {
    ...timed(deadlines.map(({ result }) => result)),
    named: worstFirst(missed, ({ incident }) => incident, graveOf).map(({ incident, due, entry, level }) => ({
      ...nameOf(incident, { severity: level, rank: 0 }),
      due,
      entry,
    })),
  };
}
