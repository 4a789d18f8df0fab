import type { Capture, Collector, InstanceConfig } from "../../src/collector/define.ts";
import { readCapture } from "../../src/collector/reading.ts";
import { type RunResult, runCollector } from "../../src/collector/run.ts";
import { decodeManifest } from "../../src/evidence/manifest.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { digestOf } from "../../src/lib/digest.ts";
import { fromIso, type Interval } from "../../src/lib/time.ts";

export interface Ran extends RunResult {
  /** As they were stored, after masking. */
  readonly captures: readonly Capture[];
  /** Everything that was stored, as text: no secret may be in it. */
  readonly kept: string;
}

export interface RunOnce {
  readonly window?: Interval;
  readonly secret?: string;
  readonly signal?: AbortSignal;
  readonly folder?: string;
  /** Called when an evidence file was stored. */
  readonly stored?: (mediaType: string) => void | Promise<void>;
}

export const NOVEMBER: Interval = { from: Date.parse("2026-10-31T23:00:00Z"), to: Date.parse("2026-11-30T23:00:00Z") };

/** One run of a collector through the real runner, its evidence kept in memory. */
export async function runOnce(collector: Collector, config: unknown, options: RunOnce = {}): Promise<Ran> {
  const blobs = new Map<string, Uint8Array>();
  const instance: InstanceConfig = {
    id: "tested",
    collector,
    cadence: collector.cadence,
    grace: collector.grace,
    zone: "Europe/Berlin",
    pull: 3_600_000,
    config: collector.config.parse(config),
    logged: {},
  };
  const result = await runCollector({
    instance,
    window: options.window ?? NOVEMBER,
    trigger: "manual",
    ledger: {
      put: async (bytes, mediaType) => {
        const digest = digestOf(bytes);
        blobs.set(digest, Uint8Array.from(bytes));
        await options.stored?.(mediaType);
        return { digest, size: bytes.length, mediaType };
      },
      append: async () => [{ index: 1, digest: "0".repeat(64), repeated: false }],
    },
    clock: systemClock,
    signal: options.signal ?? new AbortController().signal,
    reveal: () => options.secret ?? "",
    secrets: options.secret === undefined ? [] : [options.secret],
    folder: options.folder ?? "/",
    listening: () => [],
    ownRuns: async function* () {},
    received: async function* () {},
    log: { info() {}, warn() {} },
  });
  const manifest = result.draft.manifest && decodeManifest(blobs.get(result.draft.manifest.digest) ?? new Uint8Array());
  const captures = (manifest?.captures ?? []).map(
    (record): Capture => ({
      bytes: blobs.get(record.digest) ?? new Uint8Array(),
      mediaType: record.mediaType,
      origin: record.origin,
      capturedAt: fromIso(record.capturedAt),
      window: options.window ?? NOVEMBER,
      ...(record.parameters === undefined ? {} : { parameters: record.parameters }),
    }),
  );
  const kept = [...blobs.values()].map((bytes) => Buffer.from(bytes).toString("utf8")).join("\n");
  return { ...result, captures, kept };
}

/** All that the collector reads out of captures. */
export function readAll(collector: Collector, captures: readonly Capture[]) {
  const readings = captures.map((capture) => readCapture(collector, capture));
  return { facts: readings.flatMap(({ facts }) => facts), problems: readings.flatMap(({ problems }) => problems) };
}
