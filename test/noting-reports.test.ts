import { rename } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { collectors } from "../collectors/index.ts";
import { loadConfig } from "../src/config/config.ts";
import { Custody } from "../src/custody.ts";
import { isKind } from "../src/evidence/entry.ts";
import { BY_ITSELF, noteReport } from "../src/views/noting-reports.ts";
import { buildReportModel, reportJson, writeReport } from "../src/views/reporting.ts";
import { datedIncidents } from "./support/dated-incidents.ts";

const Q3 = { from: Date.UTC(2026, 6, 1), to: Date.UTC(2026, 9, 1), label: "2026-Q3" };

async function recorded(custody: Custody) {
  const found = [];
  for await (const { entry } of (await custody.view()).read()) if (isKind(entry, "report")) found.push(entry);
  return found;
}

test("a report that was made stands under the earlier ones of the next, and the same bytes are logged once", async () => {
  const { custody } = await datedIncidents(1);
  const make = async (at?: number) => {
    const done = await writeReport(custody, { period: Q3, at }, join(custody.config.root, "r.json"));
    return { ...done, logged: await noteReport(custody, done.made, BY_ITSELF) };
  };
  const first = await make();
  expect([first.logged, first.model.earlier]).toEqual([true, []]);
  const { digest, size, form } = first.made;
  expect(await recorded(custody)).toMatchObject([{ size, files: [{ form, sha256: digest }] }]);
  const second = await make();
  expect(second.model.earlier).toMatchObject([{ what: "report", size, digest, by: { name: "custody" } }]);
  // As it was: a report lists what was recorded before the size that it stands on, and nothing later.
  const again = await make(size);
  expect(again.made.digest).toBe(digest);
  expect(again.model.earlier).toEqual([]);
  expect((await recorded(custody)).map(({ files }) => files?.[0]?.sha256)).toEqual([digest, second.made.digest]);
  const third = await buildReportModel(custody, { period: Q3 });
  expect(third.earlier.map((one) => one.digest)).toEqual([digest, second.made.digest]);
  expect(reportJson(third)).toEqual(reportJson(await buildReportModel(custody, { period: Q3 })));
});

test("where the signing key is not here a report of an earlier size is made, and that it is not logged is said", async () => {
  const { custody, clock } = await datedIncidents(1);
  const { size } = await custody.ledger();
  const { keys } = custody.config.folders;
  await rename(keys, `${keys}.away`);
  const here = new Custody(await loadConfig(custody.config.path, collectors), clock);
  onTestFinished(() => here.close());
  const { made } = await writeReport(here, { period: Q3, at: size }, join(here.config.root, "r.json"));
  expect(await noteReport(here, made, BY_ITSELF)).toBe(false);
  expect(await recorded(here)).toEqual([]);
});
