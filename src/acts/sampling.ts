import type { Custody } from "../custody.ts";
import type { Actor } from "../evidence/entry.ts";
import { base64 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { iso } from "../lib/time.ts";
import { drawRows, MAX_DRAWN, MAX_WORDS, plainWords, seedOf } from "../samples/draw.ts";
import type { Population } from "../samples/population.ts";
import { chosenRows, type MarkWord, type Sample } from "../samples/sample.ts";
import { Frontier } from "../tlog/frontier.ts";
import { leafHash } from "../tlog/merkle.ts";
import { type ActDraft, recordActs } from "./acting.ts";
import { readPopulation } from "./freezing.ts";

/** Populations and samples: what is frozen, picked, drawn and marked, and the records by which that is done. */

/** The log as it was right after the population was frozen: fixed before anybody can know the auditor's words. */
export async function seedHead(custody: Custody, { frozen }: Sample): Promise<{ size: number; root: string }> {
  const size = frozen.index + 1;
  const frontier = Frontier.empty();
  for await (const { index, bytes } of (await custody.view()).read()) {
    if (index >= size) break;
    frontier.append(leafHash(bytes));
  }
  return { size: frontier.size, root: base64(frontier.root()) };
}

export interface DrawRequest {
  readonly size: number;
  readonly words: string;
}

export interface Chosen {
  readonly index: number;
  readonly by: Actor;
  readonly rows: readonly string[];
}

/** Draws rows and records them with all that is needed to draw them again. Throws USAGE. */
export async function drawSample(
  custody: Custody,
  sample: Sample,
  { size, words }: DrawRequest,
): Promise<Chosen & { readonly seed: { readonly size: number; readonly root: string }; readonly words: string }> {
  const said = plainWords(words);
  const problems = [
    ...(Number.isSafeInteger(size) && size >= 1 && size <= MAX_DRAWN
      ? []
      : [`--size: expected a whole number from 1 to ${MAX_DRAWN}, found ${Number.isNaN(size) ? "none" : size}`]),
    ...(said === ""
      ? ["--words: the auditor's own words are missing: any sentence that nobody here could know before"]
      : []),
    ...(said.length > MAX_WORDS ? [`--words: ${said.length} characters; at most ${MAX_WORDS}`] : []),
    ...(/[\p{Cc}\p{Cs}]/u.test(said) ? ["--words: holds characters that cannot be written down"] : []),
    ...(sample.size === 0 ? [`${sample.id}: its population has no rows, so there is nothing to draw`] : []),
  ];
  if (problems.length > 0) throw new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was drawn." });
  const population = await readPopulation(custody, sample);
  const seed = await seedHead(custody, sample);
  const rows = drawRows(
    population.rows.map(({ row }) => row),
    seedOf({ population: sample.population.digest, head: seed, words: said }),
    size,
  );
  const [draft] = [{ ...actOf(custody, sample, "draw"), size, seed, chosen: rows, words: { words: said } }] as const;
  const { by, records } = await recordActs(custody, [draft], "sample");
  return { index: records[0]?.index ?? -1, by, rows, seed, words: said };
}

/** Records rows that somebody picked, and why. Throws USAGE with everything that is wrong. */
export async function pickRows(
  custody: Custody,
  sample: Sample,
  names: readonly string[],
  reason: string | undefined,
): Promise<Chosen> {
  const population = await readPopulation(custody, sample);
  const problems: string[] = [];
  if (reason === undefined || reason.trim() === "") problems.push("--reason is missing: why these?");
  if (names.length === 0) problems.push("name at least one row: its id as the source has it");
  if (names.length > MAX_DRAWN) problems.push(`${names.length} rows; at most ${MAX_DRAWN} in one call`);
  const rows = [...new Set(names.flatMap((name) => resolveRow(name, population.rows, problems)))];
  if (problems.length > 0) throw new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was recorded." });
  const draft = { ...actOf(custody, sample, "pick"), chosen: rows, words: { reason: reason ?? "" } };
  const { by, records } = await recordActs(custody, [draft], "sample");
  return { index: records[0]?.index ?? -1, by, rows };
}

/** Records what somebody found when they looked at chosen rows. Throws USAGE with everything that is wrong. */
export async function markRows(
  custody: Custody,
  sample: Sample,
  names: readonly string[],
  { result, note }: { readonly result: MarkWord; readonly note?: string | undefined },
): Promise<Chosen> {
  const population = await readPopulation(custody, sample);
  const chosen = chosenRows(sample).map(({ row }) => row);
  const known = new Set(chosen);
  const problems: string[] = [];
  const listed = population.rows.filter(({ row }) => known.has(row));
  const rows = [
    ...new Set(
      names.flatMap((name) => {
        // A row may be called by a number: its own name comes first.
        const place = listed.some(({ id }) => id === name) ? null : /^\d{1,6}$/.exec(name);
        if (place === null) return resolveRow(name, listed, problems, "chosen");
        const row = chosen[Number(place[0]) - 1];
        if (row === undefined) problems.push(`${name}: the sample has ${chosen.length} rows`);
        return row === undefined ? [] : [row];
      }),
    ),
  ];
  if (names.length === 0) problems.push("name at least one row: its id, or its place in the sample, such as 1");
  if (result === "flagged" && (note === undefined || note.trim() === ""))
    problems.push("--note is missing: what is it about this row?");
  if (rows.length > MAX_DRAWN) problems.push(`${rows.length} rows; at most ${MAX_DRAWN} in one call`);
  if (problems.length > 0) throw new CustodyError("USAGE", problems.join("\n"), { remedy: "Nothing was recorded." });
  const draft = { ...actOf(custody, sample, "mark"), chosen: rows, result, ...(note ? { words: { note } } : {}) };
  const { by, records } = await recordActs(custody, [draft], "sample");
  return { index: records[0]?.index ?? -1, by, rows };
}

function actOf(custody: Custody, { id, window }: Sample, act: "draw" | "pick" | "mark") {
  return {
    kind: "sample" as const,
    sample: id,
    act,
    happened: iso(custody.clock.now()),
    ...(window === undefined ? {} : { window: { from: iso(window.from), to: iso(window.to) } }),
  } satisfies ActDraft;
}

/** Rows among which a like name is looked for. */
const FEW = 2_000;

/** The row that somebody names: by its own name, or by the source's id where only one row has it. */
function resolveRow(name: string, rows: Population["rows"], problems: string[], what = "in the population"): string[] {
  const found = rows.filter(({ row, id }) => row === name || id === name);
  const exact = found.find(({ row }) => row === name) ?? (found.length === 1 ? found[0] : undefined);
  if (exact !== undefined) return [exact.row];
  const shown = name.slice(0, 80);
  if (found.length > 1)
    problems.push(
      `${shown} could be ${found
        .slice(0, 5)
        .map(({ row }) => row)
        .join(", or ")}`,
    );
  else {
    const like =
      rows.length <= FEW
        ? didYouMean(
            name,
            rows.flatMap(({ row, id }) => [id, row]),
          )
        : "";
    problems.push(`${shown} is not ${what}${like}`);
  }
  return [];
}
