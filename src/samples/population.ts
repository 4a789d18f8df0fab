import { z } from "zod";
import { Digest, Head, Id, Time, Window } from "../evidence/terms.ts";
import { canonical, canonicalBytes, parseCanonical } from "../lib/canonical.ts";
import { digestOf } from "../lib/digest.ts";
import { CustodyError, messageOf } from "../lib/errors.ts";

/**
 * A population as it was when it was frozen: every row of it, in an order that follows from the rows, with the revision of
 * each. docs/FORMAT.md §18 is the specification.
 */

export const POPULATION_TYPE = "application/vnd.custody.population+json";
/** Rows of a population, and bytes of it. More is refused, never cut. */
export const MAX_ROWS = 100_000;
export const MAX_POPULATION_BYTES = 60 * 1024 ** 2;
/** Rows left out that are named one by one, for each source and reason; all are counted. */
export const EXCLUDED_NAMED = 1_000;

/** Where the newest word about a row was when the population was frozen. */
const Revision = z.strictObject({
  entry: z.int().min(0),
  /** The evidence file; none where the row rests on records of this log alone. */
  item: Digest.optional(),
  position: z.int().min(0).optional(),
  ordinal: z.int().min(0),
});

const Row = z.strictObject({
  /** Its name in the draw; each is there once. */
  row: Id,
  instance: Id,
  /** The source's own id. */
  id: z.string().max(2_000),
  /** Its file, where another record of its source bears the same id: what tells the two apart. */
  place: z.string().max(2_000).optional(),
  revision: Revision,
  /** What helps to tell rows apart, as the source says it; times in UTC. */
  fields: z.record(z.string().max(40), z.union([z.string().max(500), z.int(), z.null()])),
});

/** Left out, and why: `outside-period`, `other-source`. */
const Excluded = z.strictObject({
  instance: Id,
  reason: Id,
  count: z.int().min(1),
  /** Their ids, up to 1,000. */
  named: z.array(z.string().max(2_000)).max(EXCLUDED_NAMED),
});

/** What one source adds, and how far that can be held against what the source itself says. */
const Source = z.strictObject({
  instance: Id,
  use: z.string().max(200).nullable(),
  /** Addresses or paths that were asked or read. */
  query: z.array(z.string().max(2_000)).max(8),
  /** Runs that asked for a time that meets the period, with the first and last of their records. */
  runs: z.int().min(0),
  first: z.int().min(0).nullable(),
  last: z.int().min(0).nullable(),
  rows: z.int().min(0),
  /** Of these, how many began in the period. */
  began: z.int().min(0),
  /** The newest run that has a count of the source's own: that count, and what was read then, of whatever time. */
  counted: z
    .strictObject({ entry: z.int().min(0), own: z.int().min(0), read: z.int().min(0), unread: z.int().min(0) })
    .nullable(),
  /** `same`, `differs`, or `uncounted` where the source gives no count. */
  reconciled: z.enum(["same", "differs", "uncounted"]),
  /** Pieces of evidence that were expected in the period, and how many of them were wholly seen. */
  expected: z.int().min(0),
  covered: z.int().min(0),
  /** Places in the evidence of these runs that could not be read: what stands there is in no row, or missing in its row. */
  unread: z.int().min(0),
});

const Population = z.strictObject({
  v: z.literal(1),
  of: Id,
  period: Window,
  zone: z.string().max(100),
  /** The sources that were meant; all of them where none is named. */
  only: z.array(Id),
  /** The log when it was looked at. */
  seen: Head,
  asOf: Time,
  /** Rows that bear no time at all; they are among the rows, as leaving them out would hide them. */
  undated: z.int().min(0),
  sources: z.array(Source),
  excluded: z.array(Excluded),
  rows: z.array(Row),
});
export type Population = z.infer<typeof Population>;
export type PopulationRow = z.infer<typeof Row>;
export type PopulationSource = z.infer<typeof Source>;
export type ExcludedRows = z.infer<typeof Excluded>;

/** Can be typed and needs no escape; the sign that marks a made-up name is not among these. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,199}$/;

/**
 * The name of a row: `<instance>/<id>` where that can be written so and means nothing else, else what of it can be written and
 * a `+` with the first 16 hex digits of the SHA-256 of the canonical JSON `[instance, id]`. Of one that shares its id with another
 * it is always the latter, of `[instance, id, place]`.
 */
export function rowName(instance: string, id: string, place?: string): string {
  const plain = [instance, id, ...(place === undefined ? [] : [place])].join("/");
  if (place === undefined && PLAIN.test(plain) && !instance.includes("/")) return plain;
  const kept = plain
    .replaceAll(/[^A-Za-z0-9._:@/-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 120);
  return `${kept === "" ? "row" : kept}+${digestOf(canonicalBytes([instance, id, ...(place === undefined ? [] : [place])])).slice(0, 16)}`;
}

/** UTF-16 code units, as RFC 8785 sorts. */
export const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export type PopulationParts = Omit<Population, "v" | "rows"> & { readonly rows: readonly Omit<PopulationRow, "row">[] };

/** The population of these rows; the order in which they come does not matter. Throws INPUT_TOO_LARGE, INPUT_INVALID. */
export function populationOf({ rows, ...rest }: PopulationParts): Population {
  if (rows.length > MAX_ROWS) {
    throw new CustodyError("INPUT_TOO_LARGE", `${rows.length} rows; a population has at most ${MAX_ROWS}`, {
      remedy: "Take a shorter --period, or one --source at a time. Nothing was recorded.",
    });
  }
  const named = rows.map((row) => ({ ...row, row: rowName(row.instance, row.id, row.place) }));
  named.sort((a, b) => inOrder(a.row, b.row));
  const twice = named.find((row, i) => named[i - 1]?.row === row.row);
  if (twice !== undefined)
    throw new CustodyError("INPUT_INVALID", `two rows of the population are both called ${twice.row}`, {
      remedy: "Give each a number of its own at the source and collect again. Nothing was recorded.",
    });
  return {
    ...rest,
    v: 1,
    sources: [...rest.sources].sort((a, b) => inOrder(a.instance, b.instance)),
    excluded: [...rest.excluded].sort((a, b) => inOrder(a.instance, b.instance) || inOrder(a.reason, b.reason)),
    rows: named,
  };
}

/** The bytes by which a population is named. Throws INPUT_TOO_LARGE. */
export function encodePopulation(population: Population): Uint8Array {
  const bytes = canonicalBytes(population);
  if (bytes.length <= MAX_POPULATION_BYTES) return bytes;
  throw new CustodyError(
    "INPUT_TOO_LARGE",
    `the population has ${bytes.length} bytes; at most ${MAX_POPULATION_BYTES} are kept`,
    { remedy: "Take a shorter --period, or one --source at a time. Nothing was recorded." },
  );
}

/**
 * Reads a population and refuses what contradicts itself: rows out of order or twice, names that are not those of their rows,
 * counts that are not those of the rows. Throws INPUT_INVALID, INPUT_TOO_LARGE.
 */
export function decodePopulation(bytes: Uint8Array): Population {
  if (bytes.length > MAX_POPULATION_BYTES)
    throw new CustodyError(
      "INPUT_TOO_LARGE",
      `${bytes.length} bytes; a population has at most ${MAX_POPULATION_BYTES}`,
    );
  const read = Population.safeParse(parseCanonical(bytes));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new CustodyError("INPUT_INVALID", `no population: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const { rows, sources } = read.data;
  const wrong = (text: string): never => {
    throw new CustodyError("INPUT_INVALID", `the population contradicts itself: ${text}`);
  };
  if (rows.length > MAX_ROWS) wrong(`${rows.length} rows, more than the ${MAX_ROWS} that one may have`);
  const counts = new Map<string, number>();
  for (const [i, { row, instance, id, place }] of rows.entries()) {
    const before = rows[i - 1];
    if (before !== undefined && inOrder(before.row, row) >= 0) wrong(`${row} is out of order, or there twice`);
    if (row !== rowName(instance, id, place))
      wrong(
        `${row} is not the name of ${canonical([instance, id, ...(place === undefined ? [] : [place])]).slice(0, 200)}`,
      );
    counts.set(instance, (counts.get(instance) ?? 0) + 1);
  }
  for (const { instance, rows: said } of sources)
    if ((counts.get(instance) ?? 0) !== said)
      wrong(`${instance} is said to have ${said} rows and has ${counts.get(instance) ?? 0}`);
  for (const instance of counts.keys())
    if (!sources.some((one) => one.instance === instance)) wrong(`${instance} has rows and is none of its sources`);
  return read.data;
}

/** `decodePopulation`, with what is wrong in words instead of an error. */
export function populationOrProblem(bytes: Uint8Array): Population | string {
  try {
    return decodePopulation(bytes);
  } catch (thrown) {
    return messageOf(thrown);
  }
}
