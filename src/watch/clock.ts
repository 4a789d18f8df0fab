import type { Clock } from "../lib/clock.ts";
import { CustodyError, isCustodyError, messageOf } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import { askHttpDate } from "./http-date.ts";
import { askNtp } from "./ntp.ts";
import { type ClockLimits, type ClockReading, type ClockState, offsetInWords, stateOf } from "./reading.ts";

/** Somebody outside who knows the time. */
export interface Reference {
  /** `ntp`, `https`, or `s3` for the store's own server. */
  readonly use: "ntp" | "https" | "s3";
  readonly url: string;
}

const NTP_PORT = 123;
/** Nobody is asked more often than that; servers that many use ask for it. */
const MEASURE_EVERY = 5 * 60_000;
/** Who did not answer is asked again after this long. */
const RETRY_AFTER = 60_000;
const ANSWER_WITHIN = 3_000;

/** Asks the reference once. Throws SOURCE_UNREACHABLE, SOURCE_ANSWER. */
export async function askReference({ use, url }: Reference, clock: Clock, signal: AbortSignal): Promise<ClockReading> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN)]);
  if (use !== "ntp") return askHttpDate(url, use, clock, late);
  const { hostname, port } = new URL(url);
  return askNtp({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || NTP_PORT }, clock, late);
}

/** What is known of the machine's clock. */
export interface ClockSight {
  readonly reading: ClockReading;
  readonly state: ClockState;
}

/**
 * Compares the machine's clock with an outside one, at most every five minutes, whoever asks. What is beyond the limit is
 * measured a second time before it counts: one wrong answer must not stop the collecting.
 */
export class ClockWatch {
  readonly #reference: Reference;
  readonly #limits: ClockLimits;
  readonly #clock: Clock;
  readonly #ask: typeof askReference;
  #sight: ClockSight | undefined;
  #tried: Instant = Number.NEGATIVE_INFINITY;
  #trouble: string | undefined;
  #asking: Promise<void> | undefined;

  constructor(reference: Reference, limits: ClockLimits, clock: Clock, ask: typeof askReference = askReference) {
    this.#reference = reference;
    this.#limits = limits;
    this.#clock = clock;
    this.#ask = ask;
  }

  /** What was measured last, whenever that was. */
  get last(): ClockSight | undefined {
    return this.#sight;
  }

  /** Why the reference could not be asked the last time; undefined where it could. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** What is known now, measured within the last five minutes; undefined where the reference does not answer. */
  async look(signal: AbortSignal): Promise<ClockSight | undefined> {
    const age = this.#clock.now() - this.#tried;
    const wait = this.#trouble === undefined ? MEASURE_EVERY : RETRY_AFTER;
    // A clock that was set back has no age.
    if (age < 0 || age >= wait) {
      this.#asking ??= this.#measure(signal).finally(() => {
        this.#asking = undefined;
      });
      await this.#asking;
    }
    const at = this.#sight?.reading.at;
    const age2 = at === undefined ? Number.POSITIVE_INFINITY : Math.abs(this.#clock.now() - at);
    return age2 <= MEASURE_EVERY ? this.#sight : undefined;
  }

  async #measure(signal: AbortSignal): Promise<void> {
    try {
      let reading = await this.#ask(this.#reference, this.#clock, signal);
      if (stateOf(reading, this.#limits) === "wrong") {
        const second = await this.#ask(this.#reference, this.#clock, signal);
        if (Math.abs(second.offset) < Math.abs(reading.offset)) reading = second;
      }
      this.#sight = { reading, state: stateOf(reading, this.#limits) };
      this.#trouble = undefined;
    } catch (error) {
      if (!isCustodyError(error)) throw error;
      this.#trouble = messageOf(error);
    }
    this.#tried = this.#clock.now();
  }
}

/** The error of who must not go on by this clock. */
export function clockWrong({ offset }: ClockReading, limit: number): CustodyError {
  const way = offset < 0 ? "ahead of" : "behind";
  return new CustodyError(
    "CLOCK_WRONG",
    `the clock of this machine is ${offsetInWords(offset)} ${way} the outside reference; at most ${offsetInWords(limit)} are allowed`,
    { remedy: "Set the clock, and see that the machine keeps it set (NTP). Nothing is recorded under a wrong time." },
  );
}
