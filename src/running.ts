import type { AddressInfo } from "node:net";
import { loadCatalogue } from "./assess/catalogue.ts";
import type { InstanceConfig } from "./collector/define.ts";
import { acceptMessage, hasInbox } from "./collector/intake.ts";
import type { Custody } from "./custody.ts";
import { base64 } from "./lib/digest.ts";
import { CustodyError, isCustodyError, messageOf } from "./lib/errors.ts";
import { keepMirroring, type Mirroring } from "./mirroring.ts";
import type { PortalParts } from "./portal/parts.ts";
import { createPortal } from "./portal/server.ts";
import { Publishing } from "./publishing.ts";
import { runTask, tasksNow } from "./schedule/collect.ts";
import { Daemon, type DaemonLog, type DaemonParts } from "./schedule/daemon.ts";
import { bridged, keepMarking, Listening } from "./schedule/listening.ts";
import { SOFTWARE } from "./software.ts";
import { parseCheckpoint } from "./tlog/checkpoint.ts";
import { parseTileKey } from "./tlog/tile.ts";
import { catalogueBytes, declareNow, noteGaps, runParts } from "./work.ts";

/** A daemon at work: schedule, inbox and pages over one workspace. */
export interface Running {
  /** Where it listens. */
  readonly url: string;
  /** One wake-up of the schedule; resolves when what is due has begun. */
  tick(): Promise<void>;
  /** Resolves when no run is under way any more. */
  idle(): Promise<void>;
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
  const daemon = new Daemon(daemonParts(custody, log, listening, mirroring, (error) => halt(error)));
  const portal = createPortal(await portalParts(custody, log, (error) => daemon.haltOn(error)));
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
    halted,
    async stop() {
      daemon.abort();
      const closing = portal.close();
      const impatience = setTimeout(() => portal.server.closeAllConnections(), LAST_ANSWERS);
      await closing;
      clearTimeout(impatience);
      stopped.abort();
      await marking;
      await listening.mark(clock.now()).catch(failed);
      await daemon.stop();
      await mirroring.finish();
    },
  };
}

function daemonParts(
  custody: Custody,
  log: DaemonLog,
  listening: Listening,
  mirroring: Mirroring,
  halt: DaemonParts["halt"],
): DaemonParts {
  const { config, clock } = custody;
  const publishing = new Publishing(custody, async () => {
    const head = await (await custody.ledger()).publish();
    mirroring.wake();
    return head;
  });
  return {
    clock,
    log,
    halt,
    declare: () => declareNow(custody),
    async noteGaps() {
      for (const note of await noteGaps(custody)) {
        if (note.kind === "gap")
          log.warn({ gap: note.gap, instance: note.instance, cause: note.cause }, `gap: ${note.action}`);
      }
    },
    async tasks(now) {
      const history = await custody.history();
      return { history, tasks: tasksNow(config.instances, history, now) };
    },
    run(task, signal, runLog) {
      const parts = runParts(custody, signal, runLog);
      return runTask(task, {
        clock,
        of: (instance, window) => ({
          ...parts.of(instance, window),
          listening: () => bridged(listening.upTo(clock.now())),
        }),
      });
    },
    async publish() {
      const ledger = await custody.ledger();
      if (!ledger.dirty) return undefined;
      const { size } = await ledger.publish();
      mirroring.wake();
      return size;
    },
    async heads(signal) {
      for (const outcome of await publishing.sendDue(signal)) {
        const { id: head, result } = outcome;
        if (result === "sent") log.info({ head, size: outcome.size }, `head sent: ${outcome.said}`);
        else log.warn({ head, code: outcome.code }, `head not sent: ${outcome.message}`);
      }
    },
  };
}

async function portalParts(custody: Custody, log: DaemonLog, haltOn: (error: unknown) => void): Promise<PortalParts> {
  const { config, clock } = custody;
  const publishing = new Publishing(custody);
  let declared: Promise<void> | undefined;
  const forget = (error: unknown) => {
    declared = undefined;
    throw error;
  };
  const tokenOf = (instance: InstanceConfig) =>
    hasInbox(instance) ? instance.collector.inboxToken?.(instance.config as never) : undefined;
  return {
    organisation: config.organisation,
    scope: config.scope,
    collectors: config.instances.map(({ id, collector }) => ({ id, title: collector.title })),
    software: SOFTWARE,
    clock,
    log,
    catalogue: loadCatalogue(new TextDecoder().decode(await catalogueBytes())),
    yields: (use) => config.collectors.find(({ name }) => name === use)?.facts,
    async history() {
      const history = await custody.history();
      return { history, size: (await custody.ledger()).size };
    },
    index: () => custody.index(),
    blob: async (digest) => (await custody.ledger()).blob(digest),
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
    reportsFolder: config.folders.reports,
    inbox(id) {
      const instance = config.instances.find((one) => one.id === id);
      const ref = instance && tokenOf(instance);
      if (!instance || !ref) return undefined;
      return {
        token: () => config.reveal(ref),
        async accept(letter) {
          try {
            const ledger = await custody.ledger();
            // A rule stands in the log before it hides anything; the schedule may not have come to that yet.
            if ((instance.masking?.length ?? 0) > 0) {
              declared ??= declareNow(custody).catch(forget);
              await declared;
            }
            const { appended } = await acceptMessage({
              instance,
              message: letter,
              ledger: bound(ledger),
              secrets: custody.secrets(),
            });
            return appended;
          } catch (error) {
            haltOn(error);
            throw error;
          }
        },
      };
    },
    inboxTroubles: () =>
      config.instances.flatMap((instance) => {
        const ref = tokenOf(instance);
        try {
          if (ref) config.reveal(ref);
          return [];
        } catch (error) {
          return [{ instance: instance.id, message: messageOf(error) }];
        }
      }),
  };
}

type Ledger = Awaited<ReturnType<Custody["ledger"]>>;

function bound(ledger: Ledger) {
  const put: Ledger["put"] = (bytes, mediaType) => ledger.put(bytes, mediaType);
  const append: Ledger["append"] = (drafts) => ledger.append(drafts);
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
