import { readPopulation } from "../acts/freezing.ts";
import type { Custody } from "../custody.ts";
import { base64 } from "../lib/digest.ts";
import { isCustodyError, messageOf } from "../lib/errors.ts";
import type { Interval } from "../lib/time.ts";
import { isOfPeriod, type SamplesInput } from "../report/sample-rows.ts";
import type { Population } from "../samples/population.ts";
import { type Replayed, type ReplayParts, replaySample } from "../samples/replay.ts";
import { foldSamples, type Sample } from "../samples/sample.ts";
import type { Gathered } from "./gathering.ts";

/** The samples of a period for a report, each drawn again from what is recorded. */
export async function samplesOf(
  custody: Custody,
  { acts, names, leaves }: Pick<Gathered, "acts" | "names" | "leaves">,
  period: Interval,
): Promise<SamplesInput> {
  const folded = foldSamples(acts);
  const wanted = folded.samples.filter((sample) => isOfPeriod(sample, period));
  const roots = leaves.roots(wanted.flatMap(({ seen, draws }) => [seen.size, ...draws.map(({ seed }) => seed.size)]));
  const rootAt = (size: number) => {
    const root = roots.get(size);
    return root && base64(root);
  };
  const populations = new Map<string, Pick<Population, "of" | "only">>();
  const replayed = new Map<string, Replayed>();
  for (const sample of wanted) {
    const population = await populationOf(custody, sample);
    if ("rows" in population) populations.set(sample.id, { of: population.of, only: population.only });
    replayed.set(sample.id, replaySample(sample, { population, rootAt }));
  }
  return { ...folded, names, populations, replayed };
}

/** What is gone or altered is said, and the report is made all the same. */
async function populationOf(custody: Custody, sample: Sample): Promise<ReplayParts["population"]> {
  try {
    return await readPopulation(custody, sample);
  } catch (thrown) {
    if (isCustodyError(thrown, "NOT_FOUND")) return { missing: messageOf(thrown) };
    if (isCustodyError(thrown, "VERIFICATION_FAILED")) return { wrong: messageOf(thrown) };
    throw thrown;
  }
}
