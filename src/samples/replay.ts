import { drawRows, seedOf } from "./draw.ts";
import type { Population } from "./population.ts";
import type { Sample } from "./sample.ts";

/** Does it come out the same again? From the records and the population alone; the log says which roots it had. */

export interface Replayed {
  readonly sample: string;
  /** `different`: something does not follow from what is recorded. `unknown`: what is needed for it is not here. */
  readonly result: "same" | "different" | "unknown";
  readonly lines: readonly ReplayLine[];
}

export interface ReplayLine {
  readonly what: "population" | "seed" | "draw" | "pick";
  /** Index of the record it is about. */
  readonly entry: number;
  readonly result: "same" | "different" | "unknown";
  /** In plain words. */
  readonly text: string;
}

/** What a replay needs beside the sample. */
export interface ReplayParts {
  /** The population, checked to have the digest that the sample names; or why it is not here or cannot be read. */
  readonly population: Population | { readonly missing: string } | { readonly wrong: string };
  /** Root of the first `size` records, base64; undefined where the log was not read so far. */
  rootAt(size: number): string | undefined;
}

/** Draws a sample again and holds it against what is recorded. Pure. */
export function replaySample(sample: Sample, { population, rootAt }: ReplayParts): Replayed {
  const lines: ReplayLine[] = [];
  const { index } = sample.frozen;
  const known = "rows" in population ? population : undefined;
  if (known === undefined) {
    const text = "missing" in population ? population.missing : "wrong" in population ? population.wrong : "";
    lines.push({ what: "population", entry: index, result: "wrong" in population ? "different" : "unknown", text });
  } else lines.push(...populationLines(sample, known, rootAt));
  const rows = known?.rows.map(({ row }) => row);
  for (const draw of sample.draws) {
    const root = rootAt(draw.seed.size);
    const seed = { what: "seed" as const, entry: draw.index };
    if (root === undefined)
      lines.push({ ...seed, result: "unknown", text: `the log is not here up to ${draw.seed.size} records` });
    else if (root !== draw.seed.root)
      lines.push({
        ...seed,
        result: "different",
        text: `the log of ${draw.seed.size} records has the root ${root}, not ${draw.seed.root}`,
      });
    else if (draw.seed.size !== index + 1)
      lines.push({
        ...seed,
        result: "same",
        text: `the fingerprint is one of this log, but not the first one after the population was frozen (${index + 1} records): whoever drew could have waited for one that suits`,
      });
    else
      lines.push({
        ...seed,
        result: "same",
        text: `the fingerprint is that of the log right after the population was frozen: ${draw.seed.size}:${root}`,
      });
    lines.push(drawLine(sample, draw, rows));
  }
  const inside = new Set(rows);
  for (const pick of sample.picks) {
    if (rows === undefined) continue;
    const strangers = pick.rows.filter((row) => !inside.has(row));
    lines.push({
      what: "pick",
      entry: pick.index,
      result: strangers.length === 0 ? "same" : "different",
      text:
        strangers.length === 0
          ? `all ${pick.rows.length} rows picked by hand are of the population`
          : `not of the population: ${strangers.slice(0, 5).join(", ")}`,
    });
  }
  return { sample: sample.id, result: worst(lines), lines };
}

function drawLine(sample: Sample, draw: Sample["draws"][number], rows: readonly string[] | undefined): ReplayLine {
  const line = { what: "draw" as const, entry: draw.index };
  if (rows === undefined)
    return { ...line, result: "unknown", text: "it cannot be drawn again without the population" };
  if (draw.words === undefined)
    return { ...line, result: "unknown", text: "it cannot be drawn again: the auditor's words are not here" };
  const seed = seedOf({ population: sample.population.digest, head: draw.seed, words: draw.words });
  const again = drawRows(rows, seed, draw.asked);
  const isSame = again.length === draw.rows.length && again.every((row, i) => row === draw.rows[i]);
  if (isSame) return { ...line, result: "same", text: `the same ${again.length} rows in the same order` };
  const other = again.filter((row) => !draw.rows.includes(row));
  const text =
    other.length === 0
      ? "the same rows, but another number or order of them"
      : `drawn again it gives ${other.slice(0, 5).join(", ")}${other.length > 5 ? ` and ${other.length - 5} more` : ""} instead`;
  return { ...line, result: "different", text };
}

function populationLines(sample: Sample, population: Population, rootAt: ReplayParts["rootAt"]): ReplayLine[] {
  const line = { what: "population" as const, entry: sample.frozen.index };
  const { rows, seen } = population;
  const wrong: string[] = [];
  if (rows.length !== sample.size) wrong.push(`it has ${rows.length} rows, and its record says ${sample.size}`);
  if (seen.size !== sample.seen.size || seen.root !== sample.seen.root)
    wrong.push("it was made from another state of the log than its record says");
  const late = rows.filter(({ revision }) => revision.entry >= seen.size);
  if (late.length > 0)
    wrong.push(`${late.length} of its rows rest on records that came later, such as ${late[0]?.row}`);
  const root = rootAt(seen.size);
  if (root !== undefined && root !== seen.root)
    wrong.push(`the log of ${seen.size} records has the root ${root}, not ${seen.root}`);
  if (wrong.length > 0) return [{ ...line, result: "different", text: wrong.join("; ") }];
  if (root === undefined)
    return [{ ...line, result: "unknown", text: `the log is not here up to ${seen.size} records` }];
  return [{ ...line, result: "same", text: `${rows.length} rows, frozen when the log had ${seen.size} records` }];
}

/** What differs outweighs what is not known. */
export function worst(lines: readonly Pick<ReplayLine, "result">[]): Replayed["result"] {
  return (["different", "unknown"] as const).find((word) => lines.some(({ result }) => result === word)) ?? "same";
}
