import { type Interval, iso } from "../lib/time.ts";
import type { Population } from "../samples/population.ts";
import type { Replayed } from "../samples/replay.ts";
import { chosenRows, type Sample, type Samples } from "../samples/sample.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { meets, span } from "./coverage.ts";
import type { ReportInput } from "./input.ts";
import { sortedBy } from "./order.ts";
import type { ByRow, PopulationsPart, SampleRow } from "./populations-shape.ts";

/** Samples of the period, so that anybody can draw them again from the page. */

/** The samples of the log, and what was found when their populations were read again. */
export interface SamplesInput extends Samples {
  /** Names behind the random IDs of people, as far as they are there. */
  readonly names: ReadonlyMap<string, string>;
  /** By the id of the sample; left out where its population is not here. */
  readonly populations: ReadonlyMap<string, Pick<Population, "of" | "only">>;
  readonly replayed: ReadonlyMap<string, Replayed>;
}

/** True for a sample of the period: its population is of a time that meets it, or it was frozen in it. */
export function isOfPeriod({ window, frozen }: Pick<Sample, "window" | "frozen">, period: Interval): boolean {
  return (window !== undefined && meets(window, period)) || (frozen.at >= period.from && frozen.at < period.to);
}

export function sampleRows({
  samples: all,
  period,
}: Pick<ReportInput, "samples" | "period">): Pick<PopulationsPart, "samples" | "sampleTroubles"> {
  if (all === undefined) return { samples: [], sampleTroubles: [] };
  return {
    samples: all.samples.filter((one) => isOfPeriod(one, period)).map((one) => sampleRow(one, all)),
    sampleTroubles: all.troubles.map(({ index, id, text }) => ({ entry: index, id, text: clean(text) })),
  };
}

function sampleRow(sample: Sample, { names, populations, replayed }: SamplesInput): SampleRow {
  const by = ({ index, at, by, proven }: Sample["frozen"]): ByRow => ({
    entry: index,
    at: iso(at),
    by: clean(names.get(by) ?? by),
    proven,
  });
  const population = populations.get(sample.id);
  const replay = replayed.get(sample.id);
  return {
    id: sample.id,
    of: population?.of ?? null,
    window: sample.window === undefined ? null : span(sample.window),
    sources: population?.only ?? [],
    frozen: by(sample.frozen),
    population: { digest: sample.population.digest, rows: sample.size },
    seen: sample.seen,
    picks: sample.picks.map((pick) => ({ ...by(pick), rows: pick.rows, reason: cleanOrNull(pick.reason, 1_000) })),
    draws: sample.draws.map((draw) => ({
      ...by(draw),
      asked: draw.asked,
      seed: draw.seed,
      // Not shortened: whoever draws again types them.
      words: cleanOrNull(draw.words, 1_000),
      rows: draw.rows,
    })),
    marks: sortedBy(
      [...sample.marks.values()],
      (mark) => mark.index,
      (mark) => mark.row,
    ).map((mark) => ({
      ...by(mark),
      row: mark.row,
      result: mark.result,
      note: cleanOrNull(mark.note, 1_000),
    })),
    unmarked: chosenRows(sample).filter(({ mark }) => mark === undefined).length,
    replay:
      replay === undefined
        ? null
        : { result: replay.result, lines: replay.lines.map(({ text, entry }) => clean(`record ${entry}: ${text}`)) },
  };
}
