import { readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Instant, Interval } from "../lib/time.ts";

/**
 * When this installation's inbox was listening. The daemon writes it down while it runs, so that after a crash no more is
 * claimed than was true: a sender that found nobody listening left no trace here or anywhere.
 */
const FILE = "listening.json";
const Intervals = z.array(z.strictObject({ from: z.int(), to: z.int() }));
const KEPT = 500;

/** The intervals, in order; none where the daemon never ran or the file is unreadable. */
export function readListening(stateFolder: string): Interval[] {
  try {
    return Intervals.parse(JSON.parse(readFileSync(join(stateFolder, FILE), "utf8")));
  } catch {
    return [];
  }
}

/** Keeps the file while the inbox listens. One per workspace: the port that it listens on is taken only once. */
export class Listening {
  readonly #folder: string;
  readonly #earlier: readonly Interval[];
  readonly #from: Instant;

  constructor(stateFolder: string, now: Instant) {
    this.#folder = stateFolder;
    this.#earlier = readListening(stateFolder).slice(-KEPT);
    this.#from = now;
  }

  /** The inbox has been listening up to now. Call it every few seconds, and when it stops. */
  async mark(now: Instant): Promise<void> {
    if (now <= this.#from) return;
    const path = join(this.#folder, FILE);
    const file = await open(`${path}.next`, "w", 0o600);
    try {
      await file.writeFile(JSON.stringify([...this.#earlier, { from: this.#from, to: now }]));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.next`, path);
  }
}
