import type { AddressInfo } from "node:net";
import { memoriesOf, ownFacts } from "../acts/preserving.ts";
import { catalogueOf } from "../assess/catalogue.ts";
import { named } from "../assess/sign-off.ts";
import type { InstanceConfig } from "../collector/define.ts";
import { acceptMessage, hasInbox } from "../collector/intake.ts";
import type { Config } from "../config/config.ts";
import type { Custody } from "../custody.ts";
import { withOwners } from "../findings/waiver.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { shippedLaws } from "../laws.ts";
import { base64 } from "../lib/digest.ts";
import { CustodyError, isCustodyError, messageOf } from "../lib/errors.ts";
import { holes, type Instant, type Interval } from "../lib/time.ts";
import { namesOf } from "../people.ts";
import { configuredPolicy, policyDraft } from "../policies.ts";
import type { PortalParts } from "../portal/parts.ts";
import { createPortal } from "../portal/server.ts";
import { toldAsIn } from "../report/incident-case.ts";
import { linksOf } from "../reviews/links.ts";
import { type RunParts, runTask, type Task, tasksNow } from "../schedule/collect.ts";
import { Daemon, type DaemonLog, type DaemonParts } from "../schedule/daemon.ts";
import { bridged, keepMarking, Listening } from "../schedule/listening.ts";
import { eitherOf } from "../schedule/turns.ts";
import { SOFTWARE } from "../software.ts";
import { requireKnownClock } from "../telling-time.ts";
import { parseCheckpoint } from "../tlog/checkpoint.ts";
import { parseTileKey } from "../tlog/tile.ts";
import { answersDue } from "../views/gap-answers.ts";
import { liveRecords } from "../views/live-acts.ts";
import { liveClocks } from "../views/live-clocks.ts";
import { collectorTitles, inboxTroubles } from "../views/seeing.ts";
import { undecidedDuties } from "../views/undecided.ts";
import { catalogueBytes, declareNow, noteGaps, runParts } from "../work.ts";
import { seeWatch } from "./forecasting.ts";
import { Haste } from "./hastening.ts";
import { keepMirroring, type Mirroring } from "./mirroring.ts";
import { Notifying } from "./notifying.ts";
import { Operating } from "./operating.ts";
import { Publishing } from "./publishing.ts";
import { changeBetween, changeInWords } from "./reloading.ts";

/** A daemon at work: schedule, inbox and pages over one workspace. */
export interface Running {
  /** Where it listens. */
  readonly url: string;
  /** One wake-up of the schedule; resolves when what is due has begun. */
  tick(): Promise<void>;
  /** Resolves when no run is under way any more. */
  idle(): Promise<void>;
  /**
   * Puts another configuration in force, without losing a run under way or a message to an inbox. False when it needs a restart;
   * then nothing has changed.
   */
  reconfigure(config: Config): Promise<boolean>;
  /** The configuration was asked for again and could not be read: the one before goes on, and pages and numbers say so. */
  refused(): void;
  /** Resolves, if ever, when the ledger contradicts itself: then nothing more is written and the daemon should be stopped. */
  readonly halted: Promise<CustodyError>;
  /** Ends runs honestly, answers who is waiting, signs everything, lets go of the port. Throws what signing throws. */
  stop(): Promise<void>;
}

/** Who is still sending when the daemon stops has this long to finish; what was not answered is sent again. */
const LAST_ANSWERS = 3_000;

/**
 * Starts listening and makes everything ready; the schedule moves when somebody calls `tick`. Throws what a person must
 * mend, above all a port that is taken. A store that does not answer just now is no reason not to start: whatever needs it
 * is tried again.
 */
export async function startRunning(custody: Custody, log: DaemonLog): Promise<Running> {
  const { config, clock } = custody;
  await configuredPolicy(config);
  await custody.ledger().catch((error: unknown) => {
    if (!isCustodyError(error) || error.kind !== "temporary") throw error;
    log.error({ code: error.code, error: error.message }, "the store does not answer; it is tried again all the time");
  });
  const stopped = new AbortController();
  let halt: (error: CustodyError) => void = () => {};
  const halted = new Promise<CustodyError>((resolve) => {
    halt = resolve;
  });

  const listening = new Listening(config.folders.state, clock.now());
  const mirroring = keepMirroring(custody, log, stopped.signal);
  const operating = new Operating(custody, log);
  const halting = (error: CustodyError) => {
    operating.halted(error);
    halt(error);
  };
  const changed = new Map<string, Instant>();
  const daemon = new Daemon(daemonParts(custody, log, listening, mirroring, operating, halting, changed));
  const portal = createPortal(await portalParts(custody, log, operating, (error) => daemon.haltOn(error)));
  await listen(portal, config.listen);
  const failed = (error: unknown) =>
    log.error(
      { error: messageOf(error) },
      "that the inbox listens could not be written down; this time will show as not listened",
    );
  const marking = keepMarking(listening, clock, stopped.signal, failed);
  daemon.start();

  return {
    url: urlOf(portal.server.address() as AddressInfo),
    tick: () => daemon.tick(),
    idle: () => daemon.idle(),
    async reconfigure(next) {
      const change = changeBetween(custody.config, next);
      if (change.restart.length > 0) {
        log.error(
          { keys: change.restart },
          `the configuration differs in what needs a restart (${change.restart.join(", ")}): nothing of it is in force, the one before goes on`,
        );
        custody.refuseConfig();
        return false;
      }
      // Where the store does not answer, what it holds is compared later.
      await policyDraft(custody, next).catch((error: unknown) => {
        if (!isCustodyError(error) || error.kind !== "temporary") throw error;
      });
      custody.reconfigure(next);
      for (const id of change.changed) changed.set(id, clock.now());
      const { added, removed } = change;
      log.info(
        { added, removed, changed: change.changed },
        `the configuration was read again; ${changeInWords(change)}`,
      );
      for (const trouble of custody.secretTroubles()) log.warn({}, trouble);
      await daemon.reconfigured();
      return true;
    },
    refused: () => custody.refuseConfig(),
    halted,
    async stop() {
      daemon.abort();
      const closing = portal.close();
      const impatience = setTimeout(() => portal.server.closeAllConnections(), LAST_ANSWERS);
      await closing;
      clearTimeout(impatience);
      stopped.abort();
      await marking;
      await listening.end(clock.now()).catch(failed);
      await operating.finish();
      await daemon.stop();
      await mirroring.finish();
    },
  };
}

/** What is collected is not lost for rules that cannot be used: those before stay in force. */
function policyRefused(error: CustodyError, log: DaemonLog): void {
  const mistakes = error.message.split("\n");
  log.error({ code: error.code, mistakes }, "the policy is refused; the one before stays in force");
}

function daemonParts(
  custody: Custody,
  log: DaemonLog,
  listening: Listening,
  mirroring: Mirroring,
  operating: Operating,
  halt: DaemonParts["halt"],
  changed: ReadonlyMap<string, Instant>,
): DaemonParts {
  const { clock } = custody;
  const publishing = new Publishing(custody, async () => {
    const head = await (await custody.ledger()).publish();
    mirroring.wake();
    return head;
  });
  const notifying = new Notifying(custody);
  const watch = new DatabaseWatch(custody, log);
  const haste = new Haste(custody);
  const { meter } = operating;
  const time = () => clock.now();
  return {
    clock,
    log,
    turns: custody.turns,
    atOnce: () => custody.config.schedule.atOnce,
    halt,
    declare: () => declareNow(custody, (error) => policyRefused(error, log)),
    async noteGaps() {
      for (const note of await noteGaps(custody)) {
        if (note.kind === "gap")
          log.warn({ gap: note.gap, instance: note.instance, cause: note.cause }, `gap: ${note.action}`);
        if (note.kind === "incident" && note.act === "open")
          log.warn({ incident: note.incident }, "an incident was opened for a gap, as the rules ask");
      }
    },
    async tasks(now, only) {
      const history = await custody.history();
      const instances = await haste.hastened(custody.config.instances);
      // Who was changed since its last run is looked at now: whoever changed it wants to see whether it is right. Where the clock
      // was set back since, nobody knows whether it was.
      const isNew = ({ id }: InstanceConfig) => {
        const since = changed.get(id);
        const last = history.instances.get(id)?.runs.at(-1);
        return since !== undefined && since <= now && (last === undefined || last.started < since);
      };
      const listened = bridged(listening.upTo(clock.now()));
      const tasks = [
        ...tasksNow(instances, history, now, undefined, only).filter(({ instance }) => !isNew(instance)),
        ...tasksNow(instances.filter(isNew), history, now, 0, only),
      ].filter((task) => !custody.hasReplicas || !isForOthers(task, listened, now));
      if (only === undefined) meter.due = tasks.length;
      return { history, tasks };
    },
    run(task, signal, runLog) {
      const parts = runParts(custody, signal, runLog);
      const measured: RunParts = {
        clock,
        of: (instance, window) => {
          const of = parts.of(instance, window);
          const append: typeof of.ledger.append = (drafts) => meter.append(time, () => of.ledger.append(drafts));
          return {
            ...of,
            ledger: { put: of.ledger.put, append },
            listening: () => bridged(listening.upTo(clock.now())),
          };
        },
      };
      return meter.run(task.instance.id, time, () => runTask(task, measured));
    },
    ...operating.parts,
    async publish() {
      const ledger = await custody.ledger();
      const { dirty } = ledger;
      // Also to find out whether the database is back, and then to tell it what was signed without it.
      if (!dirty && !watch.owes) return undefined;
      const { size } = await ledger.publish();
      watch.signed();
      if (!dirty) return undefined;
      mirroring.wake();
      return size;
    },
    async heads(signal, runLog) {
      if (custody.config.heads.length === 0) return;
      for (const outcome of await inTurn(custody, "heads", signal, (own) => publishing.sendDue(own))) {
        const { id: head, result } = outcome;
        if (result === "sent") runLog.info({ head, size: outcome.size }, `head sent: ${outcome.said}`);
        else runLog.warn({ head, code: outcome.code }, `head not sent: ${outcome.message}`);
      }
    },
    async notices(signal, busy, runLog) {
      for (const { notice, delivery } of await notifying.sendDue(signal, { busy, stays: true })) {
        const { channel } = delivery;
        if (delivery.outcome === "delivered") runLog.info({ notice, channel }, `notice delivered: ${delivery.said}`);
        else runLog.warn({ notice, channel, cause: delivery.cause }, `notice not delivered: ${delivery.error.message}`);
      }
    },
  };
}

/**
 * Of an inbox this process can only say what it heard itself. A slot through which it did not listen all the time is left to others
 * for half of its grace: one of them may have.
 */
function isForOthers({ instance, slot, trigger }: Task, listened: readonly Interval[], now: Instant): boolean {
  // How a source stands now can be seen by whoever looks; later nobody can.
  if (instance.collector.mode === "snapshot") return false;
  if (!hasInbox(instance) || trigger !== "schedule" || now >= slot.to + (slot.due - slot.to) / 2) return false;
  return holes(slot, listened).length > 0;
}

/** Does it if it is our turn, and ends when the turn is lost. */
async function inTurn<T>(
  custody: Custody,
  name: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T[]>,
): Promise<T[]> {
  const turn = await custody.turns.take(name, signal);
  if (turn === undefined) return [];
  const own = eitherOf(signal, turn.lost);
  try {
    return await work(own.signal);
  } finally {
    own.done();
    await turn.release();
  }
}

/** Says in the log when a given database goes away and when it is back, and has been told what was signed without it. */
class DatabaseWatch {
  readonly #custody: Custody;
  readonly #log: DaemonLog;
  #since: Instant | undefined;

  constructor(custody: Custody, log: DaemonLog) {
    this.#custody = custody;
    this.#log = log;
  }

  /** True while it is away, and until it was told. */
  get owes(): boolean {
    const away = this.#custody.databaseAway;
    if (away !== undefined && this.#since === undefined) {
      this.#since = away.since;
      this.#log.error(
        { error: away.message },
        "the database does not answer: this process goes on recording and signing by itself; others may ask the same sources meanwhile, the log takes one result",
      );
    }
    return this.#since !== undefined;
  }

  /** Everything was signed just now. */
  signed(): void {
    if (!this.owes || this.#custody.databaseAway !== undefined) return;
    const seconds = Math.round((this.#custody.clock.now() - (this.#since ?? 0)) / 1000);
    this.#since = undefined;
    this.#log.info({ seconds }, "the database answers again and knows what was signed");
  }
}

async function portalParts(
  custody: Custody,
  log: DaemonLog,
  operating: Operating,
  haltOn: (error: unknown) => void,
): Promise<PortalParts> {
  const { clock } = custody;
  const publishing = new Publishing(custody);
  let declared: { readonly config: Config; readonly done: Promise<void> } | undefined;
  const declaredNow = (config: Config) => {
    if (declared?.config === config) return declared.done;
    const done = declareNow(custody, (error) => policyRefused(error, log));
    declared = { config, done };
    done.catch(() => {
      declared = undefined;
    });
    return done;
  };
  const tokenOf = (instance: InstanceConfig) =>
    hasInbox(instance) ? instance.collector.inboxToken?.(instance.config as never) : undefined;
  return {
    organisation: custody.config.organisation,
    get scope() {
      return custody.config.scope;
    },
    get collectors() {
      return collectorTitles(custody);
    },
    get people() {
      return custody.config.people;
    },
    get gapRules() {
      return custody.config.gaps;
    },
    software: SOFTWARE,
    clock,
    log,
    catalogue: catalogueOf(new TextDecoder().decode(await catalogueBytes(custody.config))),
    yields: (use) => custody.config.collectors.find(({ name }) => name === use)?.facts,
    async history() {
      const history = await custody.history();
      return { history, conditions: await custody.conditions(), size: (await custody.ledger()).size };
    },
    index: () => custody.index(),
    blob: async (digest) => (await custody.ledger()).blob(digest),
    memories: () => memoriesOf(custody),
    clocks: (now) => liveClocks(custody, now),
    answers: (gaps, now) => answersDue(custody, gaps, now),
    undecided: (alerts, now) => undecidedDuties(custody, alerts, now),
    policies: async () => (await liveRecords(custody)).timeline,
    toldAs: async (facts) => toldAsIn(facts, linksOf((await liveRecords(custody)).acts)),
    laws: shippedLaws(),
    async own() {
      const { kept } = await custody.registerLog();
      return { facts: await ownFacts(custody), register: { instance: OWN_REGISTER, kept } };
    },
    async signOffs() {
      const { counting } = await custody.signOffs();
      if (counting.length === 0) return counting;
      const names = await namesOf(custody);
      return counting.map((one) => named(one, names));
    },
    async waivers() {
      const { all } = await custody.waivers();
      return all.length === 0 ? all : withOwners(all, await namesOf(custody));
    },
    async head() {
      const bytes = await (await custody.store()).get("checkpoint");
      const head = bytes && parseCheckpoint(bytes);
      if (!head)
        throw new CustodyError("LEDGER_ALTERED", "the checkpoint is missing or is none", {
          remedy: "Run `custody verify`.",
        });
      return { size: head.size, root: base64(head.root) };
    },
    async published() {
      const { origin, vkey } = await custody.view();
      const heads = (await publishing.states()).flatMap(({ target, last }) =>
        last === undefined ? [] : [{ place: target.target.title, size: last.size, root: last.root, sent: last.sent }],
      );
      return { origin, vkey, heads };
    },
    refusals: () => publishing.refusals(),
    async publicObject(key) {
      const tile = parseTileKey(key);
      if (key !== "checkpoint" && (tile === undefined || tile.level === "entries")) return undefined;
      return (await custody.store()).get(key);
    },
    reportsFolder: custody.config.folders.reports,
    inbox(id) {
      const { config } = custody;
      const instance = config.instances.find((one) => one.id === id);
      const ref = instance && tokenOf(instance);
      if (!instance || !ref) return undefined;
      return {
        token: () => config.reveal(ref),
        async accept(letter) {
          try {
            requireKnownClock(custody);
            const ledger = await custody.ledger();
            // A rule stands in the log before it hides anything; the schedule may not have come to that yet.
            if ((instance.masking?.length ?? 0) > 0) {
              await declaredNow(config);
            }
            const { appended } = await acceptMessage({
              instance,
              message: letter,
              ledger: bound(ledger, (work) => operating.meter.append(() => clock.now(), work)),
              secrets: custody.secrets(),
            });
            const hint = instance.collector.remark?.(letter, instance.config as never);
            return hint === undefined ? appended : { ...appended, hint };
          } catch (error) {
            haltOn(error);
            throw error;
          }
        },
      };
    },
    inboxTroubles: () => inboxTroubles(custody),
    watch: (now) => seeWatch(custody, now),
    operation: () => operating.operation(),
  };
}

type Ledger = Awaited<ReturnType<Custody["ledger"]>>;

function bound(ledger: Ledger, measured: <T>(work: () => Promise<T>) => Promise<T>) {
  const put: Ledger["put"] = (bytes, mediaType) => ledger.put(bytes, mediaType);
  const append: Ledger["append"] = (drafts) => measured(() => ledger.append(drafts));
  return { put, append };
}

async function listen(
  portal: ReturnType<typeof createPortal>,
  { host, port }: { host: string; port: number },
): Promise<void> {
  try {
    await portal.listen({ host, port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const place = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    const found = code === "EADDRINUSE" ? "is taken" : `cannot be used (${code ?? messageOf(cause)})`;
    throw new CustodyError("CONFIG_INVALID", `portal.listen: the address ${place} ${found}`, {
      cause,
      remedy:
        code === "EADDRINUSE"
          ? "Most likely `custody serve` runs already for this or another workspace: stop it, or give this one another port under `portal: { listen: 127.0.0.1:PORT }`."
          : "Name another address of this machine itself under `portal: { listen: 127.0.0.1:PORT }`.",
    });
  }
}

function urlOf({ address, port }: AddressInfo): string {
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}/`;
}
