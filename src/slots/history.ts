import { type Entry, type EntryOf, type InstanceRecord, isKind } from "../evidence/entry.ts";
import { canonical } from "../lib/canonical.ts";
import { isCustodyError } from "../lib/errors.ts";
import { fromIso, type Instant, parseDuration } from "../lib/time.ts";
import { type Cadence, parseCadence } from "./cadence.ts";
import {
  type ConfigRecord,
  type GapRecord,
  gapRecord,
  type ImportRecord,
  importRecord,
  isSuccess,
  laterOf,
  type PlanRecord,
  planRecord,
  type RunRecord,
  runRecord,
  seenTo,
} from "./record.ts";
import { Unsettled } from "./unsettled.ts";

export type { ConfigRecord, GapRecord, ImportRecord, PlanRecord, RunRecord } from "./record.ts";

/** All that the ledger says about one instance, as far as slots go. Lists are in the order of the ledger. */
export interface InstanceHistory {
  readonly id: string;
  /** The newest one; kept when the instance is no longer configured. */
  readonly record: InstanceRecord;
  /** The first, and each one that differs from the one before. */
  readonly configs: readonly ConfigRecord[];
  readonly plans: readonly PlanRecord[];
  readonly runs: readonly RunRecord[];
  readonly imports: readonly ImportRecord[];
  readonly gaps: readonly GapRecord[];
  /** The same by the gap they are about. */
  readonly gapsById: ReadonlyMap<string, readonly GapRecord[]>;
  /** When the first run that covered something was logged; backfills do not count. */
  readonly firstSuccess: Instant | undefined;
  /** The latest moment of the source's time that any run saw. */
  readonly coveredTo: Instant | undefined;
  readonly configuredSince: Instant;
  /** Part of the newest configuration. One that is not stays expected until it is retired. */
  readonly configured: boolean;
  /** Logged-at of the newest entry of the whole ledger: nothing that is added later has an earlier one. */
  readonly log: { readonly asOf: Instant };
  /** What was worked out about it before, so that time adds to the work and not the length of the past. */
  readonly unsettled: Unsettled;
}

/** An entry that decides about slots in a way this version cannot read (a later one wrote it). Whoever judges must say so. */
export interface Unreadable {
  readonly index: number;
  readonly kind: string;
  /** Where only one instance of a `config` entry is meant. */
  readonly instance?: string;
}

const DECIDING: ReadonlySet<string> = new Set(["config", "plan", "run", "import", "gap"]);

interface Building {
  id: string;
  record: InstanceRecord | undefined;
  configs: ConfigRecord[];
  plans: PlanRecord[];
  runs: RunRecord[];
  imports: ImportRecord[];
  gaps: GapRecord[];
  gapsById: Map<string, GapRecord[]>;
  firstSuccess: Instant | undefined;
  coveredTo: Instant | undefined;
  configuredSince: Instant;
  configured: boolean;
  log: { readonly asOf: Instant };
  unsettled: Unsettled;
}

/**
 * A fold over the entries of a ledger, in their order, from the first one: the one place that knows which entries
 * matter for slots. It holds no clock, so folding the same entries gives the same history anywhere. Kinds and fields
 * that this version does not know are passed over; an entry of a known kind that lacks what the kind needs is, too.
 */
export class History {
  readonly #all = new Map<string, Building>();
  readonly #instances = new Map<string, InstanceHistory>();
  readonly #unreadable: Unreadable[] = [];
  #configured: Building[] = [];
  readonly #log: { asOf: Instant } = { asOf: 0 };
  #origin: string | undefined;
  #zone: string | undefined;
  #simulatedUntil: Instant | undefined;

  /** Instances that were ever configured, by ID. */
  get instances(): ReadonlyMap<string, InstanceHistory> {
    return this.#instances;
  }

  /** Logged-at of the newest entry; 0 before the first. */
  get asOf(): Instant {
    return this.#log.asOf;
  }

  /** Of the ledger; undefined before its first entry. */
  get origin(): string | undefined {
    return this.#origin;
  }

  /** The organisation's zone, from the newest configuration. */
  get zone(): string | undefined {
    return this.#zone;
  }

  /** Until when the clock of this ledger was simulated, for ever. */
  get simulatedUntil(): Instant | undefined {
    return this.#simulatedUntil;
  }

  /** What was passed over although it decides about slots. */
  get unreadable(): readonly Unreadable[] {
    return this.#unreadable;
  }

  /** Takes the next entry, at this index of the ledger. */
  add(index: number, entry: Entry): void {
    const at = fromIso(entry.at);
    this.#log.asOf = Math.max(this.#log.asOf, at);
    if (isKind(entry, "run")) this.#addRun(index, at, entry);
    else if (isKind(entry, "config")) this.#addConfig(index, at, entry);
    else if (isKind(entry, "plan")) this.#of(entry.instance).plans.push(planRecord(index, at, entry));
    else if (isKind(entry, "import")) this.#of(entry.instance).imports.push(importRecord(index, at, entry));
    else if (isKind(entry, "gap")) this.#addGap(gapRecord(index, at, entry));
    else if (DECIDING.has(entry.kind)) this.#unreadable.push({ index, kind: entry.kind });
    else if (index === 0 && isKind(entry, "genesis")) {
      this.#origin = entry.origin;
      this.#zone = entry.zone;
      this.#simulatedUntil = entry.simulatedUntil === undefined ? undefined : fromIso(entry.simulatedUntil);
    }
  }

  #of(id: string): Building {
    let instance = this.#all.get(id);
    if (!instance) {
      instance = {
        id,
        record: undefined,
        configs: [],
        plans: [],
        runs: [],
        imports: [],
        gaps: [],
        gapsById: new Map(),
        firstSuccess: undefined,
        coveredTo: undefined,
        configuredSince: 0,
        configured: false,
        log: this.#log,
        unsettled: new Unsettled(),
      };
      this.#all.set(id, instance);
    }
    return instance;
  }

  #addGap(record: GapRecord): void {
    const { gaps, gapsById } = this.#of(record.instance);
    gaps.push(record);
    const known = gapsById.get(record.gap);
    if (known === undefined) gapsById.set(record.gap, [record]);
    else known.push(record);
  }

  #addRun(index: number, at: Instant, entry: EntryOf<"run">): void {
    const instance = this.#of(entry.instance);
    const run = runRecord(index, at, entry);
    instance.runs.push(run);
    if (isSuccess(run)) instance.firstSuccess ??= at;
    instance.coveredTo = laterOf(instance.coveredTo, seenTo(run));
  }

  #addConfig(index: number, at: Instant, entry: EntryOf<"config">): void {
    this.#zone = entry.zone;
    for (const instance of this.#configured) instance.configured = false;
    this.#configured = [];
    for (const record of entry.instances) {
      const instance = this.#of(record.id);
      const cadence = readCadence(record);
      if (cadence) this.#configure(instance, { index, at, record, cadence, grace: parseDuration(record.grace) ?? 0 });
      else this.#unreadable.push({ index, kind: "config", instance: record.id });
      instance.configured = true;
      this.#configured.push(instance);
    }
  }

  #configure(instance: Building, config: ConfigRecord): void {
    if (instance.record && canonical(instance.record) === canonical(config.record)) return;
    instance.record = config.record;
    instance.configs.push(config);
    if (instance.configs.length > 1) return;
    instance.configuredSince = config.at;
    this.#instances.set(instance.id, instance as InstanceHistory);
  }
}

function readCadence(record: InstanceRecord): Cadence | undefined {
  try {
    return parseCadence(record.cadence, record.zone);
  } catch (thrown) {
    if (isCustodyError(thrown, "INPUT_INVALID")) return undefined;
    throw thrown;
  }
}
