import { expect, test } from "vitest";
import { freezePopulation } from "../src/acts/freezing.ts";
import { openSamples, sampleNamed } from "../src/acts/open-samples.ts";
import { drawSample } from "../src/acts/sampling.ts";
import { buildReportModel } from "../src/views/reporting.ts";
import { datedIncidents } from "./support/dated-incidents.ts";

test("a report gathers the rules of the log, the laws by digest and the samples of its period drawn again", async () => {
  const { custody } = await datedIncidents(10, "policy: sev1-4\n");
  const period = { from: Date.parse("2026-07-31T22:00Z"), to: Date.parse("2026-08-31T22:00Z") };
  const { id } = await freezePopulation(custody, { of: "incidents", period, only: [] });
  const sample = sampleNamed(await openSamples(custody), id);
  const drawn = await drawSample(custody, sample, { size: 3, words: "twelve gulls over the harbour" });
  const model = await buildReportModel(custody, { period: { ...period, label: "2026-08" } });

  const [rules, ...others] = model.rules.versions;
  expect([rules?.name, rules?.origin, rules?.standing, rules?.judged.length, others.length]).toEqual([
    "sev1-4",
    "shipped",
    "in-force",
    10,
    0,
  ]);
  expect(model.rules.laws.map(({ law, digest }) => [law, digest.length])).toEqual([
    ["gdpr", 64],
    ["nis2", 64],
    ["dora", 64],
    ["cra", 64],
  ]);
  const incidents = model.populations.kinds.find(({ kind }) => kind === "incident");
  expect([incidents?.total, incidents?.began, incidents?.sources[0]?.query.length]).toEqual([10, 10, 3]);
  const [told] = model.populations.samples;
  expect([told?.id, told?.of, told?.population.rows]).toEqual([id, "incidents", 10]);
  expect(told?.draws[0]?.rows).toEqual(drawn.rows);
  expect(told?.draws[0]?.words).toBe("twelve gulls over the harbour");
  expect(told?.replay?.result).toBe("same");
  expect(model.performance.rows.reduce((sum, { n }) => sum + n, 0)).toBeGreaterThan(0);
});
