import type { Actor, Draft, EntryOf } from "../evidence/entry.ts";
import type { Problem } from "../evidence/fact.ts";
import { countPlaces } from "../evidence/place.ts";
import type { Clock } from "../lib/clock.ts";
import { CustodyError } from "../lib/errors.ts";
import { holes, type Instant, type Interval, iso } from "../lib/time.ts";
import { DEFAULT_LIMITS, drive, type Limits, limitTime } from "./attempt.ts";
import { type Claim, claimOf, claimOfFailure } from "./claim.ts";
import type { Capture, Collector, InstanceConfig, OwnRun, Run, SecretRef, Source } from "./define.ts";
import { type HttpSession, openHttp } from "./http.ts";
import { checkAnswer, type Kept, keepAnswer, keepManifest, MAX_CAPTURE_BYTES, type Put } from "./keep.ts";
import { createMask, type Mask } from "./mask.ts";
import { readCapture } from "./reading.ts";
import { describeRun } from "./words.ts";

/** What a run needs of the ledger. `append` is durable when it resolves. */
export interface RunLedger {
  readonly put: Put;
  append(drafts: readonly Draft[]): Promise<readonly AppendedEntry[]>;
}

export interface AppendedEntry {
  readonly index: number;
  readonly digest: string;
  /** True when `once` was already taken: index is the earlier entry. */
  readonly repeated: boolean;
}

/** Where a run says what it does; the shape of a pino logger. */
export interface RunLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

type RunEntry = EntryOf<"run">;

/** How far an outside clock is ahead of ours, in milliseconds. */
export interface ClockReference {
  readonly use: string;
  readonly offset: number;
  readonly uncertainty: number;
  /** Set where that is more than is allowed: why nothing is collected. */
  readonly wrong?: CustodyError;
}

export interface RunRequest {
  readonly instance: InstanceConfig;
  /** The slot this run is for, where it is for one. */
  readonly slot?: { readonly id: string; readonly from: Instant; readonly to: Instant };
  readonly window: Interval;
  readonly trigger: RunEntry["trigger"];
  /** The incident for which it is asked, as records name it. */
  readonly incident?: string;
  readonly ledger: RunLedger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Value of a secret. Throws SECRET_UNAVAILABLE. */
  readonly reveal: (secret: SecretRef) => string;
  /** All other secrets of this installation: whatever source they belong to, they are hidden in what this one says. */
  readonly secrets: readonly string[];
  readonly folder: string;
  readonly listening: () => readonly Interval[];
  readonly ownRuns: () => AsyncIterable<OwnRun>;
  readonly received: (since: Instant) => AsyncIterable<Capture>;
  readonly log: RunLog;
  readonly actor?: Actor;
  readonly limits?: Partial<Limits>;
  /** What an outside clock says now; undefined where none can be asked. Never throws. */
  readonly reference?: () => Promise<ClockReference | undefined>;
}

export interface RunResult {
  readonly outcome: RunEntry["outcome"];
  readonly appended: AppendedEntry;
  /** The entry as it was handed to the ledger. */
  readonly draft: Extract<Draft, { kind: "run" }>;
  readonly facts: number;
  readonly problems: readonly Problem[];
  /** One sentence or two for people: what was asked, what came of it, what to do. */
  readonly message: string;
  /** The same without source and period. */
  readonly said: string;
}

const SYSTEM: Actor = { type: "system", id: "custody" };

/**
 * Runs a collector once over a window. Ends with exactly one `run` entry, whatever the collector or its source do;
 * each capture is masked and stored before the next is asked for, so an error costs nothing that was collected.
 * Throws only what the ledger throws: then there is no entry, and what was stored before stays stored.
 */
export async function runCollector(request: RunRequest): Promise<RunResult> {
  const { instance, window, clock, ledger } = request;
  const { collector } = instance;
  const started = clock.now();
  const limits = { ...DEFAULT_LIMITS, ...request.limits };
  const time = limitTime(request.signal, limits.runTimeout);
  const guarded = guardLedger(request);
  const reference = await request.reference?.();
  const { source, mask } = openSource(request);
  let http: HttpSession | undefined;

  const kept: Kept[] = [];
  const problems: Problem[] = [];
  let facts = 0;
  async function keep(answer: Parameters<typeof keepAnswer>[0]): Promise<void> {
    const one = await keepAnswer(answer, { capturedAt: clock.now(), window, mask, put: ledger.put });
    const reading = readCapture(collector, one.capture);
    facts += reading.facts.length;
    problems.push(...reading.problems);
    // The bytes are not held on to: a run may take in far more than fits into memory.
    kept.push({ ...one, capture: { ...one.capture, bytes: new Uint8Array() } });
  }

  const collect = () => {
    if (reference?.wrong !== undefined) throw reference.wrong;
    const { signal } = time;
    const place = source();
    http = openHttp({ source: place, clock, signal, mask, maxBytes: MAX_CAPTURE_BYTES });
    const { zone, config } = instance;
    const { folder, listening } = request;
    const run: Run<unknown> = {
      config,
      source: place,
      window,
      now: started,
      zone,
      folder,
      signal,
      get: http.get,
      listening,
      ...guarded,
    };
    return collector.collect(run as Parameters<Collector["collect"]>[0]);
  };
  const ending = await drive(collect, (value) => checkAnswer(value, collector.name), keep, limits, time.signal).finally(
    () => time.done(),
  );
  guarded.rethrow();

  const ended = Math.max(started, clock.now());
  const silent = time.over() && kept.length === 0 ? http?.trouble() : undefined;
  const came = silent === undefined ? ending : { thrown: noAnswer(silent, limits.runTimeout) };
  const claim = hideIn(conclude(came, request, started, ended, kept.length), mask);
  const captures = kept.map((one) => one.record);
  const detail = claim.detail === undefined ? {} : { detail: claim.detail };
  const manifest = await keepManifest(
    { instance: instance.id, collector, window, ...detail, captures, problems },
    ledger.put,
  );
  const once = onceOf(request, claim, started);
  const offset = http?.clockOffset();
  const notBefore = http?.notBefore();
  const draft: RunResult["draft"] = {
    kind: "run",
    actor: request.actor ?? SYSTEM,
    ...(once === undefined ? {} : { once }),
    instance: instance.id,
    use: collector.name,
    trigger: request.trigger,
    ...(request.slot ? { slot: request.slot.id } : {}),
    window: written(window),
    started: iso(started),
    ended: iso(ended),
    outcome: claim.outcome,
    covered: claim.covered.map(written),
    ...(claim.instants.length > 0 ? { instants: claim.instants.map(iso) } : {}),
    ...(claim.reason === undefined ? {} : { reason: claim.reason }),
    ...(notBefore === undefined || claim.outcome === "collected" ? {} : { notBefore: iso(notBefore) }),
    requests: http?.requests() ?? 0,
    ...(claim.total === undefined ? {} : { total: claim.total }),
    found: { reader: collector.reader, facts, problems: problems.length },
    ...(offset === undefined ? {} : { clockOffset: offset }),
    ...(reference === undefined ? {} : { reference: inRecords(reference) }),
    ...(request.incident === undefined ? {} : { incident: request.incident }),
    items: kept.length,
    evidence: kept.slice(0, 16).map((one) => one.ref),
    manifest,
  };
  const [appended] = await ledger.append([draft]);
  if (!appended) throw new Error("the ledger took an entry and did not say where");
  const { message, said } = describeRun(request, claim, {
    items: kept.length,
    facts,
    problems: countPlaces(problems),
    repeated: appended.repeated,
  });
  const log = claim.outcome === "collected" ? "info" : "warn";
  request.log[log]({ instance: instance.id, entry: appended.index, outcome: claim.outcome }, message);
  return { outcome: claim.outcome, appended, draft, facts, problems, message, said };
}

/** A run that had to be stopped before the source had said anything: that is no answer, and not too much of one. */
const noAnswer = (trouble: string, within: number) =>
  new CustodyError("SOURCE_UNREACHABLE", `${trouble} within ${Math.ceil(within / 1000)} s`, {
    remedy: "Check that the source runs and can be reached from here; the next run tries again.",
  });

const inRecords = ({ use, offset, uncertainty }: ClockReference) => ({ use, offset, uncertainty });

const written = ({ from, to }: Interval) => ({ from: iso(from), to: iso(to) });

/** Asks the collector where to ask, and hides from then on what it was told. A failure is kept for the attempt itself. */
function openSource(request: RunRequest): { source: () => Source; mask: Mask } {
  const { collector, config } = request.instance;
  const known = new Set(request.secrets);
  const reveal = (secret: SecretRef) => {
    const value = request.reveal(secret);
    known.add(value);
    return value;
  };
  let source: () => Source;
  try {
    const place = collector.source?.(config as never, reveal) ?? {};
    source = () => place;
  } catch (thrown) {
    source = () => {
      throw thrown;
    };
  }
  return { source, mask: createMask(known, request.instance.masking) };
}

/** The functions that read the ledger for a collector. What they throw is the ledger's failure, even if the collector caught it. */
function guardLedger(request: RunRequest) {
  const failures: unknown[] = [];
  async function* guard<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* items;
    } catch (thrown) {
      failures.push(thrown);
      throw thrown;
    }
  }
  return {
    ownRuns: () => guard(request.ownRuns()),
    received: (since: Instant) => guard(request.received(since)),
    rethrow() {
      if (failures.length > 0) throw failures[0];
    },
  };
}

function conclude(
  ending: Awaited<ReturnType<typeof drive>>,
  request: RunRequest,
  started: Instant,
  ended: Instant,
  items: number,
): Claim {
  try {
    if ("thrown" in ending) return claimOfFailure(ending.thrown, items);
    return claimOf(ending.coverage, request.window, started, ended);
  } catch (thrown) {
    return claimOfFailure(thrown, items);
  }
}

function hideIn(claim: Claim, mask: Mask): Claim {
  const hide = (text: string) => mask.text(text).slice(0, 2_000);
  return {
    ...claim,
    ...(claim.detail === undefined ? {} : { detail: hide(claim.detail) }),
    ...(claim.remedy === undefined ? {} : { remedy: hide(claim.remedy) }),
  };
}

/**
 * Several processes may run the same slot at once; the ledger takes one full result of it. Interim runs and backfills
 * always count: the former say how things stood, the latter were asked for by a person.
 */
function onceOf(request: RunRequest, claim: Claim, started: Instant): string | undefined {
  const { slot, trigger } = request;
  if (!slot || claim.outcome !== "collected" || started < slot.to) return undefined;
  if (trigger === "interim" || trigger === "backfill") return undefined;
  const isWhole = claim.instants.length > 0 || holes(slot, claim.covered).length === 0;
  return isWhole ? `slot:${slot.id}` : undefined;
}
