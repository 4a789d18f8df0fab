import type { Custody } from "../custody.ts";
import type { CustodyError } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import type { Operation } from "../portal/parts.ts";
import type { DaemonLog, DaemonParts } from "../schedule/daemon.ts";
import { clockForbids, requireClock } from "../telling-time.ts";
import type { SelfCheck } from "../watch/log.ts";
import { Meter } from "../watch/meter.ts";
import { DeadManPing } from "../watch/ping.ts";
import { noteGaps } from "../work.ts";
import { watchedSince } from "./forecasting.ts";
import { Watching } from "./watching.ts";

/** How a daemon watches itself and lets itself be watched: its checks, its numbers, and the dead man's switch. */
export class Operating {
  readonly meter = new Meter();
  readonly #custody: Custody;
  readonly #watching: Watching;
  readonly #ping: DeadManPing;
  readonly #began: Instant;
  #telling: Promise<void> = Promise.resolve();

  constructor(custody: Custody, log: DaemonLog) {
    this.#custody = custody;
    this.#began = custody.clock.now();
    this.#watching = new Watching(custody);
    this.#ping = new DeadManPing({
      url: () => {
        const { watch } = custody.config;
        return watch.ping === undefined ? undefined : custody.config.reveal(watch.ping);
      },
      every: () => custody.config.watch.every,
      clock: custody.clock,
      told: (trouble) => {
        if (trouble === undefined) log.info({}, "the dead man's switch is told again");
        else log.warn({}, `the dead man's switch could not be told: ${trouble}; it is tried again`);
      },
    });
  }

  /** What the schedule calls. */
  get parts(): Required<Pick<DaemonParts, "mayRecord" | "selfCheck" | "roundDone">> {
    const custody = this.#custody;
    return {
      mayRecord: (signal) => requireClock(custody, signal),
      selfCheck: async (signal, busy, log) => {
        for (const { check, result, said } of await this.#watching.checkDue(signal, busy)) {
          if (result === "good") log.info({ check }, `self-check: ${check} is as it should be (${said})`);
          else log[result === "bad" ? "error" : "warn"]({ check, result }, `self-check: ${check}: ${said}`);
          // What is grave is told at once, not with the next round.
          if (result === "bad") await noteGaps(custody);
        }
      },
      roundDone: (signal) => {
        this.meter.lastRound = custody.clock.now();
        // Where nothing can be written not all is well, whatever the schedule says.
        if (this.meter.failing === undefined) this.#telling = this.#ping.alive(signal);
      },
    };
  }

  /** The log contradicts itself: whoever watches from outside is told at once. */
  halted(error: CustodyError): void {
    this.meter.halted = error.code;
    this.#telling = this.#ping.fail();
  }

  /** Resolves when nobody is being told any more. */
  finish(): Promise<void> {
    return this.#telling;
  }

  /** How this process is. Never throws. */
  async operation(): Promise<Operation> {
    const { config, configRefused, clockWatch, databaseAway } = this.#custody;
    const sight = clockWatch?.last;
    this.meter.pinged = this.#ping.arrived;
    const [log, heads, since] = await Promise.all([
      this.#custody.watchLog(),
      this.#custody.headLog(),
      watchedSince(this.#custody),
    ]).catch(() => []);
    // What is no longer looked at would be as it was for ever.
    const isLookedAt = ({ check }: SelfCheck) =>
      (check !== "integrity" || config.watch.verify !== "off") &&
      (check !== "mirror" || config.mirror !== undefined) &&
      (check !== "clock" || clockWatch !== undefined);
    const checks = (log?.results ?? []).filter(isLookedAt);
    const isVerified = config.watch.verify === "off" || checks.some(({ check }) => check === "integrity");
    return {
      began: this.#began,
      meter: this.meter,
      databaseAway,
      configRefused,
      clock:
        sight === undefined
          ? undefined
          : {
              use: sight.reading.use,
              offset: sight.reading.offset,
              at: sight.reading.at,
              limit: config.clock.limit,
              forbidden: clockForbids(this.#custody),
            },
      selfChecks: checks.map(({ check, result, at, value }) => ({ check, good: result === "good", at, value })),
      unverifiedSince: isVerified ? undefined : since,
      // Where the log cannot be read nothing is known of them.
      heads:
        heads === undefined
          ? []
          : config.heads.map(({ id, target }) => ({ id, sent: heads.last(id, target.use)?.sent })),
      deliveries: log?.deliveries ?? [],
      pingConfigured: config.watch.ping !== undefined,
    };
  }
}
