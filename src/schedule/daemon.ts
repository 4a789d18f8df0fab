import { randomBytes } from "node:crypto";
import type { RunLog, RunResult } from "../collector/run.ts";
import type { Clock } from "../lib/clock.ts";
import { CustodyError, isCustodyError, messageOf } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import type { History } from "../slots/history.ts";
import { readyTasks } from "./backoff.ts";
import type { Task } from "./collect.ts";
import { Room } from "./room.ts";
import { eitherOf, ownTurns, type Turn, type Turns } from "./turns.ts";

/** Where the daemon says what it does; the shape of a pino logger. */
export interface DaemonLog extends RunLog {
  error(details: object, message: string): void;
  child(details: object): DaemonLog;
}

/** What the daemon needs; the composition root gives it. Each may throw what the ledger throws. */
export interface DaemonParts {
  readonly clock: Clock;
  readonly log: DaemonLog;
  /** How many sources are asked at once. */
  readonly atOnce?: () => number;
  /** Who works an instance; this process alone unless given. */
  readonly turns?: Turns;
  /** Logs the configuration where the ledger does not have it; once, before the first run. */
  declare(): Promise<void>;
  /** Logs what is to be said about gaps now. */
  noteGaps(): Promise<void>;
  /** What is to be collected now, of all or of one instance, and the history it follows from. */
  tasks(now: Instant, only?: string): Promise<{ readonly history: History; readonly tasks: readonly Task[] }>;
  run(task: Task, signal: AbortSignal, log: DaemonLog): Promise<RunResult>;
  /** Signs what was appended, if anything was; the size of the log if so. */
  publish(): Promise<number | undefined>;
  /** Brings heads of the log to where they are due. */
  heads?(signal: AbortSignal, log: DaemonLog): Promise<void>;
  /** Tells people what is due; `busy` while runs are under way that may change it. */
  notices?(signal: AbortSignal, busy: boolean, log: DaemonLog): Promise<void>;
  /** Throws where nothing may be recorded now, because the clock is wrong. */
  mayRecord?(signal: AbortSignal): Promise<void>;
  /** Looks after Custody itself, where it is time; `busy` while collectors run. */
  selfCheck?(signal: AbortSignal, busy: boolean, log: DaemonLog): Promise<void>;
  /** A round was worked out without a complaint. Never throws. */
  roundDone?(signal: AbortSignal): void;
  /** The ledger contradicts itself: nothing more may be written. Called once. */
  halt(error: CustodyError): void;
}

/** The lane of heads; no instance can have this name. */
const HEADS = " heads";
/** The lane of notices. */
const NOTICES = " notices";
/** The lane of looking after itself. */
const SELF_CHECK = " self-check";
/** After so long at one instance it is asked anew what is to be done. */
const ASKED_AGAIN = 60_000;
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
  readonly #turns: Turns;
  #declared = false;
  #fresh = true;
  /** Who is to be tried whatever went wrong before; who is busy, once it no longer is. */
  readonly #owed = new Set<string>();
  #halted = false;
  /** Changes with the configuration. */
  #generation = 0;
  #waking: Promise<void> | undefined;
  #publishing: Promise<void> | undefined;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.#room = new Room(parts.clock, parts.atOnce);
    this.#turns = parts.turns ?? ownTurns();
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

  /**
   * Another configuration is in force: it is logged before anything else begins, runs under way end as they began, and who rests
   * after a failure is tried again. Resolves when what is due has begun.
   */
  async reconfigured(): Promise<void> {
    this.#generation += 1;
    this.#declared = false;
    this.#fresh = true;
    while (this.#waking !== undefined) await this.#waking;
    await this.tick();
  }

  async #wake(): Promise<void> {
    const { clock } = this.#parts;
    if (this.#stopping) return;
    try {
      await this.#parts.mayRecord?.(this.#stop.signal);
    } catch (error) {
      this.#complain(error, "nothing is collected, and no message taken; it is tried again within a minute");
      return;
    }
    const generation = this.#generation;
    try {
      if (!this.#declared) await this.#parts.declare();
      // Where another configuration came meanwhile, it is logged first.
      if (generation !== this.#generation) return;
      this.#declared = true;
      await this.#parts.noteGaps();
      // Who is busy now may be done before the answer comes, which would then be out of date for it.
      const busy = new Set(this.#lanes.keys());
      const now = clock.now();
      const { history, tasks } = await this.#parts.tasks(now);
      if (generation !== this.#generation) return;
      if (this.#fresh) for (const { instance } of tasks) this.#owed.add(instance.id);
      this.#fresh = false;
      const isOwed = ({ instance }: Task) => this.#owed.has(instance.id);
      const others = tasks.filter((task) => !isOwed(task));
      const ready = [...readyTasks(tasks.filter(isOwed), history, now, true), ...readyTasks(others, history, now)];
      for (const id of new Set(ready.map((task) => task.instance.id))) {
        if (!busy.has(id) && !this.#stopping) this.#open(id, this.#owed.has(id));
      }
      for (const id of this.#owed) if (!busy.has(id)) this.#owed.delete(id);
      this.#parts.roundDone?.(this.#stop.signal);
    } catch (error) {
      this.#complain(error, "the schedule could not be worked out; it is tried again within a minute");
    }
    if (!this.#stopping && !this.#lanes.has(HEADS)) this.#sendHeads();
    if (!this.#stopping && !this.#lanes.has(NOTICES)) this.#sendNotices();
    if (!this.#stopping && !this.#lanes.has(SELF_CHECK)) this.#checkItself();
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
    while (this.#waking !== undefined) await this.#waking;
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
    const log = this.#runLog({});
    const sending = this.#parts.heads?.(this.#stop.signal, log);
    if (sending === undefined) return;
    const lane = sending
      .catch((error: unknown) =>
        this.#complain(error, "heads could not be sent; it is tried again within a minute", log),
      )
      .finally(() => this.#lanes.delete(HEADS));
    this.#lanes.set(HEADS, lane);
  }

  /** In a lane of its own, like heads. */
  #sendNotices(): void {
    const busy = [...this.#lanes.keys()].some((lane) => !lane.startsWith(" "));
    const log = this.#runLog({});
    const sending = this.#parts.notices?.(this.#stop.signal, busy, log);
    if (sending === undefined) return;
    const lane = sending
      .catch((error: unknown) =>
        this.#complain(error, "notices could not be sent; it is tried again within a minute", log),
      )
      .finally(() => this.#lanes.delete(NOTICES));
    this.#lanes.set(NOTICES, lane);
  }

  /** In a lane of its own, like heads. */
  #checkItself(): void {
    const busy = [...this.#lanes.keys()].some((lane) => lane !== HEADS && lane !== NOTICES);
    const log = this.#runLog({});
    const checking = this.#parts.selfCheck?.(this.#stop.signal, busy, log);
    if (checking === undefined) return;
    const lane = checking
      .catch((error: unknown) => this.#complain(error, "Custody could not look after itself; it is tried again", log))
      .finally(() => this.#lanes.delete(SELF_CHECK));
    this.#lanes.set(SELF_CHECK, lane);
  }

  #open(id: string, fresh: boolean): void {
    const lane = this.#work(id, fresh)
      .catch((error: unknown) => this.#complain(error, `${id}: the run could not be recorded; it is tried again`))
      .finally(() => this.#lanes.delete(id));
    this.#lanes.set(id, lane);
  }

  /** Works an instance unless another process does: first room, then the turn, so that nobody holds turns while waiting. */
  async #work(id: string, fresh: boolean): Promise<void> {
    const leave = await this.#room.enter();
    try {
      if (this.#stopping) return;
      const turn = await this.#turns.take(`slot:${id}`, this.#stop.signal);
      if (turn === undefined) return;
      try {
        await this.#collect(id, fresh, turn, leave);
      } finally {
        await turn.release();
      }
    } finally {
      leave();
    }
    if (!this.#stopping) await this.#parts.noteGaps();
  }

  /**
   * One task after the other; after one that failed the instance rests. What is to be done is asked for under the turn: whoever had
   * it before may have done it. Where that takes long it is asked for again, so that what becomes due meanwhile does not wait
   * for what is late anyway.
   */
  async #collect(id: string, fresh: boolean, turn: Turn, leaveFirst: () => void): Promise<void> {
    // Nothing is collected under a configuration that is not logged.
    if (!this.#declared) return;
    const { clock } = this.#parts;
    const generation = this.#generation;
    const { signal, done } = eitherOf(this.#stop.signal, turn.lost);
    let leave: (() => void) | undefined = leaveFirst;
    try {
      for (let [left, all] = [true, fresh]; left; all = false) {
        left = false;
        const now = clock.now();
        const { history, tasks } = await this.#parts.tasks(now, id);
        const began = clock.now();
        for (const task of readyTasks(tasks, history, now, all)) {
          left = clock.now() - began >= ASKED_AGAIN;
          if (left) break;
          leave ??= await this.#room.enter();
          // What another configuration requires is worked out anew at the next tick.
          if (signal.aborted || generation !== this.#generation) return;
          const outcome = await this.#run(task, signal);
          if (outcome === "failed" || outcome === "unavailable") return;
          leave();
          leave = undefined;
        }
      }
    } finally {
      done();
      leave?.();
    }
  }

  async #run(task: Task, signal: AbortSignal): Promise<RunResult["outcome"]> {
    // The run itself names its instance in what it says.
    const log = this.#runLog({ slot: task.slot.id });
    log.info({ instance: task.instance.id, trigger: task.trigger, attempts: task.attempts ?? 0 }, "run begins");
    const { outcome, problems } = await this.#parts.run(task, signal, log);
    for (const { where, message } of problems.slice(0, 5)) log.warn({ where }, message);
    return outcome;
  }

  /** A log in which every line names one run: of a collector, of heads, of notices. */
  #runLog(about: object): DaemonLog {
    return this.#parts.log.child({ run: randomBytes(4).toString("hex"), ...about });
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

  #complain(error: unknown, consequence: string, log: DaemonLog = this.#parts.log): void {
    if (this.haltOn(error)) return;
    const known = isCustodyError(error) ? { code: error.code, remedy: error.remedy } : { code: "BUG" };
    log.error({ ...known, error: messageOf(error) }, consequence);
  }
}
