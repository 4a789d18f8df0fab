import type { Collector, InstanceConfig } from "../../src/collector/define.ts";
import { type RunRequest, type RunResult, runCollector } from "../../src/collector/run.ts";
import { FakeClock } from "./clock.ts";
import { RecordingLedger } from "./recording-ledger.ts";

export const DAY = {
  from: Date.parse("2026-11-19T23:00:00.000Z"),
  to: Date.parse("2026-11-20T23:00:00.000Z"),
};

/** What every secret is in these tests: text that each spelling changes. */
export const CANARY = "cAnAry/ü+ 4711&secret";

export type RunOptions = Partial<Omit<RunRequest, "ledger" | "clock">> & {
  readonly config?: unknown;
  readonly id?: string;
  readonly ledger?: RecordingLedger;
  readonly clock?: RunRequest["clock"];
};

/** A configured instance of a collector. */
export function instanceOf(collector: Collector, config: unknown, id = "tested"): InstanceConfig {
  const { cadence, grace } = collector;
  const parsed = collector.config.parse(config);
  return { id, collector, cadence, grace, zone: "Europe/Berlin", pull: 3_600_000, config: parsed, logged: {} };
}

/** One run over 20 November 2026 in Berlin, an hour after that day, unless said otherwise. */
export async function runOver(
  collector: Collector,
  options: RunOptions = {},
): Promise<RunResult & { ledger: RecordingLedger }> {
  const {
    config = {},
    id,
    ledger = new RecordingLedger(),
    clock = new FakeClock(DAY.to + 3_600_000),
    ...rest
  } = options;
  const result = await runCollector({
    instance: instanceOf(collector, config, id),
    window: DAY,
    trigger: "schedule",
    ledger,
    clock,
    signal: new AbortController().signal,
    reveal: () => CANARY,
    secrets: [],
    folder: ".",
    listening: () => [],
    ownRuns: async function* () {},
    received: async function* () {},
    log: { info() {}, warn() {} },
    ...rest,
  });
  return { ...result, ledger };
}
