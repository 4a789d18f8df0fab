import type { Interval } from "../lib/time.ts";
import { wallClock } from "../lib/zone.ts";
import { type Count, quarterOf, type Times, type Trends } from "../reviews/trends.ts";
import { clean, cleanOrNull } from "./clean.ts";
import { isoOrNull, span } from "./coverage.ts";
import type { Tally, TrendsPart } from "./learning-shape.ts";
import { byText, groupedBy } from "./order.ts";
import type { NoticeTimes } from "./performance-shape.ts";

/** Counts by quarter, every quarter of the time once, also those with none; and what came back. */
export function trendsPart(trends: Trends, window: Interval, zone: string): TrendsPart {
  const byQuarter = groupedBy(trends.counts, ({ quarter }) => quarter);
  const quarters = [...new Set([...quartersIn(window, zone), ...byQuarter.keys()])].sort(byText);
  const ids = (list: readonly string[]) => list.map((id) => clean(id, 120));
  return {
    window: span(window),
    incidents: trends.n,
    quarters: quarters.map((quarter) => {
      const counts = byQuarter.get(quarter) ?? [];
      return {
        quarter,
        incidents: counts.reduce((sum, { n }) => sum + n, 0),
        bySeverity: tallies(counts, ({ severity }) => severity),
        byNature: tallies(counts, ({ nature }) => nature),
        byDetection: tallies(counts, ({ detectedBy }) => detectedBy),
      };
    }),
    causes: trends.causes.map((one) => ({
      cause: clean(one.causeKey, 120),
      incidents: ids(one.incidents),
      firstActionDone: isoOrNull(one.firstClosed),
      again: ids(one.repeats),
      before: ids(one.before),
      later: ids(one.later),
    })),
    withoutCause: trends.withoutCause,
    unnoticed: {
      people: notice(trends.times[0]?.notice),
      custody: notice(trends.byCustody.notice),
      byCustody: trends.byCustody.n,
    },
    undated: trends.undated.length,
  };
}

/** The first of the times is of all incidents. */
function notice(times: Times | undefined): NoticeTimes {
  const { n, median, p90, worst, worstId, inexact, unknown, invalid } = times ?? NO_TIMES;
  return { n, median, p90, worst, worstId: worstId && clean(worstId, 120), inexact, unknown, invalid };
}

const NO_TIMES = { n: 0, median: null, p90: null, worst: null, worstId: null, inexact: 0, unknown: 0, invalid: 0 };

function tallies(counts: readonly Count[], wordOf: (count: Count) => string | null): Tally[] {
  const groups = groupedBy(counts, (one) => JSON.stringify(cleanOrNull(wordOf(one), 60)));
  return [...groups]
    .map(([key, of]) => ({ word: JSON.parse(key) as string | null, n: of.reduce((sum, { n }) => sum + n, 0) }))
    .sort((a, b) => (a.word === null ? 1 : b.word === null ? -1 : byText(a.word, b.word)));
}

function quartersIn({ from, to }: Interval, zone: string): string[] {
  const last = quarterOf(to - 1, zone);
  const quarters: string[] = [];
  let day = wallClock(from, zone);
  for (let quarter = quarterOf(from, zone); byText(quarter, last) < 0; ) {
    quarters.push(quarter);
    day = day.add({ months: 3 });
    quarter = quarterOf(day.epochMilliseconds, zone);
  }
  return [...quarters, last];
}
