/**
 * How many of a population are usually looked at, by how often something happens. Habits of firms that audit service
 * organisations, by what they have published; audits against ISO/IEC 27001 know no fixed sizes, and the auditor decides.
 */
export const USUAL_SIZES: readonly {
  readonly frequency: string;
  /** Up to this many in a year. */
  readonly perYear: number;
  readonly from: number;
  readonly to: number;
}[] = [
  { frequency: "yearly", perYear: 1, from: 1, to: 1 },
  { frequency: "quarterly", perYear: 4, from: 2, to: 2 },
  { frequency: "monthly", perYear: 12, from: 2, to: 5 },
  { frequency: "weekly", perYear: 53, from: 5, to: 15 },
  { frequency: "daily", perYear: 366, from: 20, to: 40 },
  { frequency: "many a day", perYear: Number.POSITIVE_INFINITY, from: 25, to: 60 },
];

/** What happens now and then, and not on a schedule: all where there are fewer than `all`, else the lesser of a share and a number. */
export const AD_HOC = { all: 5, percent: 10, most: 25 } as const;

export const NO_FIXED_SIZE =
  "ISO audits have no fixed sample sizes; these are habits of other audits, and the auditor decides";

/** What is not held to a schedule: incidents, reviews. */
export function adHocSize(rows: number): number {
  if (rows < AD_HOC.all) return rows;
  return Math.min(AD_HOC.most, Math.max(1, Math.ceil((rows * AD_HOC.percent) / 100)));
}

/** The usual size for something that happens so often, as far as the rows of `days` days tell. */
export function scheduledSize(rows: number, days: number): (typeof USUAL_SIZES)[number] {
  const perYear = days > 0 ? Math.round((rows * 365) / days) : rows;
  return USUAL_SIZES.find((one) => perYear <= one.perYear) ?? (USUAL_SIZES.at(-1) as (typeof USUAL_SIZES)[number]);
}
