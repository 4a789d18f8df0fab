import { randomBytes } from "node:crypto";
import type { RunLog, RunResult } from "../collector/run.ts";
import type { Clock } from "../lib/clock.ts";
import { CustodyError, isCustodyError, messageOf } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import type { History } from "../slots/history.ts";
import { readyTasks } from "./backoff.ts";
import type { Task } from "./collect.ts";
import { Room } from "./room.ts";

/** Where the daemon says what it does; the shape of a pino logger. */
export interface DaemonLog extends RunLog {
  error(details: object, message: string): void;
  child(details: object): DaemonLog;
}

/** What the daemon needs; the composition root gives it. Each may throw what the ledger throws. */
export interface DaemonParts {
  readonly clock: Clock;
  readonly log: DaemonLog;
  /** Logs the configuration where the ledger does not have it; once, before the first run. */
  declare(): Promise<void>;
  /** Logs what is to be said about gaps now. */
  noteGaps(): Promise<void>;
  /** What is to be collected now, and the history it follows from. */
  tasks(now: Instant): Promise<{ readonly history: History; readonly tasks: readonly Task[] }>;
  run(task: Task, signal: AbortSignal, log: DaemonLog): Promise<RunResult>;
  /** Signs what was appended, if anything was; the size of the log if so. */
  publish(): Promise<number | undefined>;
  /** Brings heads of the log to where they are due. */
  heads?(signal: AbortSignal): Promise<void>;
  /** The ledger contradicts itself: nothing more may be written. Called once. */
  halt(error: CustodyError): void;
}

/** The lane of heads; no instance can have this name. */
const HEADS = " heads";
/** At most this often is a checkpoint signed. */
const PUBLISH_EVERY = 10_000;

/**
 * The schedule. Whoever wakes it calls `tick`, every minute or whenever a test likes; what is to be done then follows
 * from the ledger alone. Each instance has a lane of its own, so one that hangs holds up nobody else.
 */
export class Daemon {
  readonly #parts: DaemonParts;
  readonly #stop = new AbortController();
  readonly #lanes = new Map<string, Promise<void>>();
  readonly #room: Room;
  #declared = false;
  #fresh = true;
  #halted = false;
  #waking: Promise<void> | undefined;
  #publishing: Promise<void> | undefined;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.#room = new Room(parts.clock);
  }

  /** Signs what is new, every ten seconds, until `stop`. Call it once. */
  start(): void {
    this.#publishing = this.#publishAlways();
  }

  /**
   * Begins all that is due and not under way. Resolves when it has begun, not when it has ended; what goes wrong is logged
   * and tried again at the next tick.
   */
  tick(): Promise<void> {
    this.#waking ??= this.#wake().finally(() => {
      this.#waking = undefined;
    });
    return this.#waking;
  }

  async #wake(): Promise<void> {
    const { clock } = this.#parts;
    if (this.#stopping) return;
    try {
      if (!this.#declared) await this.#parts.declare();
      this.#declared = true;
      await this.#parts.noteGaps();
      // Who is busy now may be done before the answer comes, which would then be out of date for it.
      const busy = new Set(this.#lanes.keys());
      const now = clock.now();
      const { history, tasks } = await this.#parts.tasks(now);
      const ready = readyTasks(tasks, history, now, this.#fresh);
      this.#fresh = false;
      for (const id of new Set(ready.map((task) => task.instance.id))) {
        const own = ready.filter((task) => task.instance.id === id);
        if (!busy.has(id) && !this.#stopping) this.#open(id, own);
      }
    } catch (error) {
      this.#complain(error, "the schedule could not be worked out; it is tried again within a minute");
    }
    if (!this.#stopping && !this.#lanes.has(HEADS)) this.#sendHeads();
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all(this.#lanes.values());
  }

  /** Begins nothing more, and tells runs under way to end, each with an honest entry of what it has seen. */
  abort(): void {
    this.#stop.abort(new CustodyError("ABORTED", "Custody was stopped"));
  }

  /** Ends all work and signs everything. Throws what signing throws: what was appended is safe and signed by the next start. */
  async stop(): Promise<void> {
    this.abort();
    await this.idle();
    await this.#publishing;
    if (!this.#halted) await this.#parts.publish();
  }

  /** True for an error after which nothing may be written; then the daemon has been told to halt. */
  haltOn(error: unknown): boolean {
    if (!isCustodyError(error) || error.kind !== "fatal") return false;
    if (this.#halted) return true;
    this.#halted = true;
    this.#parts.log.error({ code: error.code, remedy: error.remedy }, error.message);
    this.#stop.abort(error);
    this.#parts.halt(error);
    return true;
  }

  get #stopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** In a lane of its own: a service that hangs holds up no collecting. */
  #sendHeads(): void {
    const sending = this.#parts.heads?.(this.#stop.signal);
    if (sending === undefined) return;
    const lane = sending
      .catch((error: unknown) => this.#complain(error, "heads could not be sent; it is tried again within a minute"))
      .finally(() => this.#lanes.delete(HEADS));
    this.#lanes.set(HEADS, lane);
  }

  #open(id: string, tasks: readonly Task[]): void {
    const lane = this.#collect(tasks)
      .catch((error: unknown) => this.#complain(error, `${id}: the run could not be recorded; it is tried again`))
      .finally(() => this.#lanes.delete(id));
    this.#lanes.set(id, lane);
  }

  /** One task after the other; after one that failed the instance rests. */
  async #collect(tasks: readonly Task[]): Promise<void> {
    for (const task of tasks) {
      const leave = await this.#room.enter();
      try {
        if (this.#stopping) return;
        const outcome = await this.#run(task);
        if (outcome === "failed" || outcome === "unavailable") break;
      } finally {
        leave();
      }
    }
    if (!this.#stopping) await this.#parts.noteGaps();
  }

  async #run(task: Task): Promise<RunResult["outcome"]> {
    const run = randomBytes(4).toString("hex");
    // The run itself names its instance in what it says.
    const log = this.#parts.log.child({ run, slot: task.slot.id });
    log.info({ instance: task.instance.id, trigger: task.trigger, attempts: task.attempts ?? 0 }, "run begins");
    const { outcome, problems } = await this.#parts.run(task, this.#stop.signal, log);
    for (const { where, message } of problems.slice(0, 5)) log.warn({ where }, message);
    return outcome;
  }

  async #publishAlways(): Promise<void> {
    const { clock } = this.#parts;
    for (;;) {
      try {
        await clock.sleep(PUBLISH_EVERY, this.#stop.signal);
      } catch {
        return;
      }
      await this.#publish();
    }
  }

  async #publish(): Promise<void> {
    try {
      const size = await this.#parts.publish();
      if (size !== undefined) this.#parts.log.info({ size }, "signed");
    } catch (error) {
      this.#complain(error, "what is new could not be signed; nothing is lost, it is tried again in ten seconds");
    }
  }

  #complain(error: unknown, consequence: string): void {
    if (this.haltOn(error)) return;
    const known = isCustodyError(error) ? { code: error.code, remedy: error.remedy } : { code: "BUG" };
    this.#parts.log.error({ ...known, error: messageOf(error) }, consequence);
  }
}
