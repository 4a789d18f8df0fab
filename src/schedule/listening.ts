import { readFileSync } from "node:fs";
import { open, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "../lib/clock.ts";
import { type Instant, type Interval, union } from "../lib/time.ts";

/**
 * When this installation's inbox was listening. The daemon writes it down while it runs, so that after a crash no more is
 * claimed than was true: a sender that found nobody listening left no trace here or anywhere.
 */
const FILE = "listening.json";
/** Holds when a daemon ended in good order; gone while one runs. */
const STOPPED = "stopped.json";
const Intervals = z.array(z.strictObject({ from: z.int(), to: z.int() }));
const KEPT = 500;

/** How often the daemon writes down that it listens. */
const MARK_EVERY = 5_000;
/** Between two marks further apart than this nobody listened: the machine slept, or the process stood still. */
const LONGEST_SILENCE = 30_000;

/**
 * Senders try again for at least this long: Alertmanager does by itself, and the lines that `custody hooks` prints make
 * `curl` do it. A shorter silence, such as a restart, therefore loses nothing and counts as listened.
 */
const SENDERS_RETRY = 5 * 60_000;

/** The intervals with silences bridged that every sender outlasts. */
export function bridged(intervals: readonly Interval[]): Interval[] {
  return union(intervals.map(({ from, to }) => ({ from, to: to + SENDERS_RETRY }))).map(({ from, to }) => ({
    from,
    to: to - SENDERS_RETRY,
  }));
}

/** The intervals, in order; none where the daemon never ran or the file is unreadable. */
export function readListening(stateFolder: string): Interval[] {
  try {
    return Intervals.parse(JSON.parse(readFileSync(join(stateFolder, FILE), "utf8")));
  } catch {
    return [];
  }
}

/** It marks every five seconds; after this long it is gone, or asleep. */
const ALIVE_WITHIN = 30_000;

/** True where a daemon of this workspace is running now; one that was killed counts as running for half a minute. */
export function isListening(stateFolder: string, now: Instant): boolean {
  const seen = readListening(stateFolder).at(-1)?.to;
  return seen !== undefined && Math.abs(now - seen) <= ALIVE_WITHIN && seen > stoppedAt(stateFolder);
}

function stoppedAt(stateFolder: string): Instant {
  try {
    return z.int().parse(JSON.parse(readFileSync(join(stateFolder, STOPPED), "utf8")));
  } catch {
    return Number.NEGATIVE_INFINITY;
  }
}

/** Keeps the file while the inbox listens. One per workspace: the port that it listens on is taken only once. */
export class Listening {
  readonly #folder: string;
  #earlier: readonly Interval[];
  #from: Instant;
  #last: Instant;
  #writing: Promise<void> = Promise.resolve();

  constructor(stateFolder: string, now: Instant) {
    this.#folder = stateFolder;
    this.#earlier = readListening(stateFolder).slice(-KEPT);
    this.#from = now;
    this.#last = now;
  }

  /** The intervals up to now, for who asks while it listens. */
  upTo(now: Instant): Interval[] {
    if (now < this.#last || now - this.#last > LONGEST_SILENCE) {
      this.#earlier = withInterval(this.#earlier, { from: this.#from, to: this.#last }).slice(-KEPT);
      this.#from = now;
    }
    this.#last = now;
    return withInterval(this.#earlier, { from: this.#from, to: now });
  }

  /** The inbox has been listening up to now. Call it every few seconds, and when it stops. */
  mark(now: Instant): Promise<void> {
    const intervals = this.upTo(now);
    this.#writing = this.#writing.catch(() => {}).then(() => writeListening(this.#folder, intervals));
    return this.#writing;
  }

  /** A daemon begins; whatever ended before is over. */
  async begin(): Promise<void> {
    await rm(join(this.#folder, STOPPED), { force: true });
  }

  /** Nobody listens any more from now on, and whoever looks may know it at once. */
  async end(now: Instant): Promise<void> {
    await this.mark(now);
    await writeFile(join(this.#folder, STOPPED), JSON.stringify(now), { mode: 0o600 });
  }
}

/** Writes the intervals down as they are; durable when it resolves. */
export async function writeListening(stateFolder: string, intervals: readonly Interval[]): Promise<void> {
  const path = join(stateFolder, FILE);
  const file = await open(`${path}.next`, "w", 0o600);
  try {
    await file.writeFile(JSON.stringify(intervals));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.next`, path);
}

function withInterval(intervals: readonly Interval[], last: Interval): Interval[] {
  return last.to > last.from ? [...intervals, last] : [...intervals];
}

/** Marks every five seconds until the signal fires. What cannot be written is told and tried again. */
export async function keepMarking(
  listening: Listening,
  clock: Clock,
  signal: AbortSignal,
  failed: (error: unknown) => void,
): Promise<void> {
  await listening.begin().catch(failed);
  for (;;) {
    await listening.mark(clock.now()).catch(failed);
    try {
      await clock.sleep(MARK_EVERY, signal);
    } catch {
      return;
    }
  }
}
