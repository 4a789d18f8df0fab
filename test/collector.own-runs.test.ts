import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { custodyRuns } from "../collectors/custody-runs.ts";
import type { Capture } from "../src/collector/define.ts";
import { ownRunsIn } from "../src/collector/history.ts";
import { readCapture } from "../src/collector/reading.ts";
import { FakeClock } from "./support/clock.ts";
import { describeCollector } from "./support/collector-contract.ts";
import { DAY, runOver } from "./support/collector-run.ts";
import { RecordingLedger } from "./support/recording-ledger.ts";

const bytes = readFileSync(new URL("recordings/custody-runs/day.json", import.meta.url));
const recording = { bytes, mediaType: "application/json", origin: "ledger:runs" };
const { runs } = JSON.parse(bytes.toString("utf8"));

describeCollector(custodyRuns, {
  config: {},
  recordings: [recording],
  source: async () => ({
    ownRuns: async function* () {
      yield* runs;
    },
  }),
});

test("a run that did not collect everything is a failure of that job", () => {
  const capture: Capture = { ...recording, capturedAt: DAY.to, window: DAY };
  const { facts, problems } = readCapture(custodyRuns, capture);
  expect(problems).toEqual([]);
  expect(facts).toMatchObject([
    { id: "run:41", job: "prom", outcome: "success", startedAt: Date.parse("2026-11-20T06:00:01.004Z") },
    { id: "run:44", job: "prom", outcome: "failure", detail: "unavailable (schedule)" },
  ]);
});

test("it finds its own runs in a ledger: those that touch the window, and no others", async () => {
  const ledger = new RecordingLedger();
  const at = (hours: number) => new FakeClock(DAY.from + hours * 3_600_000);
  for (const hours of [-2, 1, 23, 25]) await runOver(custodyRuns, { ledger, id: `at${hours}`, clock: at(hours) });
  const ownRuns = () => ownRunsIn(ledger.read(), DAY);
  const { draft, ledger: kept } = await runOver(custodyRuns, { ownRuns, ledger });
  expect(draft).toMatchObject({ outcome: "collected", total: 2, found: { facts: 2, problems: 0 } });
  const [item] = draft.evidence;
  const stored = Buffer.from(kept.blobs.get(item?.digest ?? "") ?? []).toString("utf8");
  expect(JSON.parse(stored).runs.map((run: { instance: string }) => run.instance)).toEqual(["at1", "at23"]);
});
