import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type Collector, defineCollector } from "../../src/collector/define.ts";
import { loadConfig } from "../../src/config/config.ts";
import { Custody } from "../../src/custody.ts";
import type { Draft, Entry } from "../../src/evidence/entry.ts";
import { createLedger } from "../../src/ledger/create.ts";
import { Ledger, type LedgerParts } from "../../src/ledger/ledger.ts";
import { CustodyError } from "../../src/lib/errors.ts";
import { runTask, tasksNow } from "../../src/schedule/collect.ts";
import { Daemon, type DaemonLog } from "../../src/schedule/daemon.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { generateKey, newSigner } from "../../src/tlog/note.ts";
import { declareNow, noteGaps, runParts } from "../../src/work.ts";
import { FakeClock } from "./clock.ts";
import { memoryGuard } from "./ledger.ts";

/** Collectors of sources that are there or not, as the test says. */
export function simulatedCollectors(away: (source: string, now: number) => boolean): Collector[] {
  const about = {
    family: "cron-health",
    facts: [],
    cadence: "daily",
    grace: "6h",
    config: z.strictObject({ source: z.string() }),
    reader: 1,
    blindSpots: [],
    permissions: [],
    read: () => [],
  } as const;
  const answer = { bytes: new TextEncoder().encode("[]"), mediaType: "application/json", origin: "simulated" };
  const ask = (source: string, now: number) => {
    if (away(source, now)) throw new CustodyError("SOURCE_UNREACHABLE", "nobody answers");
    return answer;
  };
  return [
    defineCollector({
      ...about,
      name: "cron-health/past",
      title: "A source that knows its past",
      mode: "window",
      async *collect({ config: { source }, now }) {
        yield ask(source, now);
        return { seen: "full" };
      },
    }),
    defineCollector({
      ...about,
      name: "cron-health/present",
      title: "A source that knows only the present",
      mode: "snapshot",
      async *collect({ config: { source }, now }) {
        yield ask(source, now);
        return { seen: "instant", at: now };
      },
    }),
  ];
}

const SILENT: DaemonLog = { info() {}, warn() {}, error() {}, child: () => SILENT };

/** A daemon over a ledger in memory that can be stopped, started again and configured anew, by a clock that the test moves. */
export class SimulatedDaemon {
  readonly clock: FakeClock;
  readonly #collectors: readonly Collector[];
  readonly #folder: string;
  readonly #parts: LedgerParts;
  /** What the daemon complained about. */
  readonly complaints: string[] = [];
  #custody: Custody | undefined;
  #daemon: Daemon | undefined;

  private constructor(clock: FakeClock, collectors: readonly Collector[], folder: string, parts: LedgerParts) {
    this.clock = clock;
    this.#collectors = collectors;
    this.#folder = folder;
    this.#parts = parts;
  }

  static async begin(start: string, collectors: readonly Collector[], yaml: string): Promise<SimulatedDaemon> {
    const clock = new FakeClock(start);
    const folder = await mkdtemp(join(tmpdir(), "custody-test-"));
    const signer = newSigner("example-0a1b2c3d", generateKey());
    const parts = { store: new MemoryStore(), signer, guard: memoryGuard(), clock, software: "custody/test" };
    const daemon = new SimulatedDaemon(clock, collectors, folder, parts);
    await daemon.#configure(yaml);
    await daemon.#open(await createLedger(parts, { zone: "UTC" }));
    return daemon;
  }

  get custody(): Custody {
    if (this.#custody === undefined) throw new Error("it is stopped");
    return this.#custody;
  }

  async #configure(yaml: string): Promise<void> {
    const text = `organisation: { name: Example, zone: UTC }\nstore: file:./data/store\n${yaml}`;
    await writeFile(join(this.#folder, "custody.yaml"), text);
  }

  async #open(ledger: Ledger): Promise<void> {
    const custody = new Custody(await loadConfig(join(this.#folder, "custody.yaml"), this.#collectors, {}), this.clock);
    custody.adopt(this.#parts.store, ledger);
    const complain = (details: object, message: string) =>
      void this.complaints.push(`${message} ${JSON.stringify(details)}`);
    this.#custody = custody;
    this.#daemon = new Daemon({
      clock: this.clock,
      log: { ...SILENT, error: complain },
      declare: () => declareNow(custody),
      noteGaps: async () => void (await noteGaps(custody)),
      async tasks(now, only) {
        const history = await custody.history();
        return { history, tasks: tasksNow(custody.config.instances, history, now, undefined, only) };
      },
      run: (task, signal, log) => runTask(task, runParts(custody, signal, log)),
      publish: async () => (await ledger.publish()).size,
      halt: (error) => complain({}, error.message),
    });
  }

  async stop(): Promise<void> {
    await this.#daemon?.stop();
    await this.#custody?.close();
    this.#custody = undefined;
  }

  /** Stops it for good. */
  async end(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Starts it again, with another configuration if there is one. */
  async start(yaml?: string): Promise<void> {
    if (yaml !== undefined) await this.#configure(yaml);
    await this.#open(await Ledger.open(this.#parts));
  }

  /** The time is now `at`: all that is due is begun, and ended. */
  async wake(at: number): Promise<void> {
    this.clock.set(at);
    await this.#daemon?.tick();
    await this.#daemon?.idle();
  }

  async sign(): Promise<void> {
    await (await this.custody.ledger()).publish();
  }

  async append(draft: Draft): Promise<void> {
    await (await this.custody.ledger()).append([draft]);
  }

  async entries(): Promise<Entry[]> {
    const found: Entry[] = [];
    for await (const { entry } of (await this.custody.ledger()).read()) found.push(entry);
    return found;
  }
}
