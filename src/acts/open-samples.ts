import type { Custody } from "../custody.ts";
import { CustodyError } from "../lib/errors.ts";
import { didYouMean } from "../lib/nearest.ts";
import { foldSamples, type Sample, type Samples } from "../samples/sample.ts";
import { readActs } from "./acting.ts";

/** The samples of the log. */

/** The samples of the log, with the names of people. */
export async function openSamples(
  custody: Custody,
): Promise<Samples & { readonly names: ReadonlyMap<string, string>; readonly zone: string }> {
  const { acts, names, zone } = await readActs(custody);
  return { ...foldSamples(acts), names, zone };
}

/** One sample. Throws NOT_FOUND. */
export function sampleNamed({ samples }: Pick<Samples, "samples">, id: string): Sample {
  const found = samples.find((one) => one.id === id);
  if (found !== undefined) return found;
  const ids = samples.map((one) => one.id);
  throw new CustodyError("NOT_FOUND", `there is no sample ${id.slice(0, 60)}${didYouMean(id, ids)}`, {
    remedy: "`custody sample list` lists them; `custody sample freeze` begins one.",
  });
}
