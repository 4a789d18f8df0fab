import type { Actor } from "../evidence/entry.ts";
import type { Fact, Problem } from "../evidence/fact.ts";
import { canonicalBytes } from "../lib/canonical.ts";
import type { Clock } from "../lib/clock.ts";
import { digestOf } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { type Instant, type Interval, iso } from "../lib/time.ts";
import { DEFAULT_LIMITS, drive } from "./attempt.ts";
import type { InstanceConfig, Run } from "./define.ts";
import { checkAnswer, type Kept, keepAnswer, keepManifest } from "./keep.ts";
import { createMask } from "./mask.ts";
import { readCapture } from "./reading.ts";
import type { AppendedEntry, RunLedger } from "./run.ts";

export interface ImportRequest {
  readonly instance: InstanceConfig;
  /** File or folder with the earlier records, absolute. */
  readonly path: string;
  readonly ledger: RunLedger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly secrets: readonly string[];
  readonly actor: Actor;
}

export interface ImportResult {
  readonly appended: AppendedEntry;
  readonly window: Interval;
  readonly items: number;
  readonly facts: number;
  readonly problems: readonly Problem[];
}

/**
 * Takes in records from before an instance was watched, through the same collector, from another path. They are kept as
 * imported: no slot is ever covered by them. Nothing is recorded unless everything could be read to its end.
 * Throws USAGE for a collector that does not read files, and whatever the collector and the ledger throw.
 */
export async function importRecords(request: ImportRequest): Promise<ImportResult> {
  const { instance, ledger, clock, signal } = request;
  const { collector } = instance;
  const now = clock.now();
  const window: Interval = { from: 0, to: now };
  const mask = createMask(request.secrets, instance.masking);
  const kept: Kept[] = [];
  const facts: Fact[] = [];
  const problems: Problem[] = [];
  const collect = () => collector.collect(runOver(request, window) as never);
  const ending = await drive(
    collect,
    (value) => checkAnswer(value, collector.name),
    async (answer) => {
      const one = await keepAnswer(answer, { capturedAt: clock.now(), window, mask, put: ledger.put });
      const reading = readCapture(collector, one.capture);
      facts.push(...reading.facts);
      problems.push(...reading.problems);
      // The bytes are stored and not held on to: a folder may have more than fits into memory.
      kept.push({ ...one, capture: { ...one.capture, bytes: new Uint8Array() } });
    },
    DEFAULT_LIMITS,
    signal,
  );
  if ("thrown" in ending) throw ending.thrown;
  if (ending.coverage.seen === "partial" && ending.coverage.reason !== "retention") {
    throw new CustodyError("INPUT_INVALID", `${request.path}: ${ending.coverage.detail}`, {
      remedy: "Nothing was imported. Mend it, then import again.",
    });
  }
  const span = spanOf(facts, now);
  const manifest = await keepManifest(
    { instance: instance.id, collector, window: span, captures: kept.map((one) => one.record), problems },
    ledger.put,
  );
  const [appended] = await ledger.append([
    {
      kind: "import",
      actor: request.actor,
      once: `import:${instance.id}:${contentOf(kept)}`,
      instance: instance.id,
      use: collector.name,
      window: { from: iso(span.from), to: iso(span.to) },
      items: kept.length,
      found: { reader: collector.reader, facts: facts.length, problems: problems.length },
      evidence: kept.slice(0, 16).map((one) => one.ref),
      manifest,
    },
  ]);
  if (!appended) throw new CustodyError("BUG", "the ledger took an entry and did not say where");
  return { appended, window: span, items: kept.length, facts: facts.length, problems };
}

/** Throws USAGE for a collector that does not read files. */
export function checkImportable({ id, collector, config }: InstanceConfig): void {
  if (typeof config === "object" && config !== null && "path" in config) return;
  throw new CustodyError(
    "USAGE",
    `${id} (${collector.name}) does not read files, so nothing can be imported through it`,
    { remedy: `For earlier time that its source still remembers: custody collect ${id} --backfill --from DAY` },
  );
}

function runOver({ instance, path, clock, signal }: ImportRequest, window: Interval): Run<unknown> {
  checkImportable(instance);
  const config = instance.config as Record<string, unknown>;
  return {
    config: { ...config, path },
    source: {},
    window,
    now: clock.now(),
    zone: instance.zone,
    folder: "/",
    signal,
    get: () => Promise.reject(new CustodyError("BUG", "an import asks no server")),
    listening: () => [],
    ownRuns: async function* () {},
    received: async function* () {},
  };
}

/** Names what was read, whenever it was read: the same records again add nothing. */
function contentOf(kept: readonly Kept[]): string {
  return digestOf(canonicalBytes(kept.map(({ record }) => [record.origin, record.digest])));
}

/** From the first to the last time that the facts speak of; up to now where they name none. */
function spanOf(facts: readonly Fact[], now: Instant): Interval {
  const times = facts
    .flatMap((fact) => Object.values(fact).filter((value): value is number => typeof value === "number"))
    .filter((at) => at > 0 && at < now);
  const from = times.reduce((least, at) => Math.min(least, at), now - 1);
  return {
    from,
    to:
      Math.max(
        from,
        times.reduce((most, at) => Math.max(most, at), from),
      ) + 1,
  };
}
