import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Instant } from "../lib/time.ts";

/**
 * What went wrong with channels, and which daily digests were looked at: kept beside the workspace's other state. It is no
 * evidence: who loses it loses only how long to wait, and may be told at another time of the day.
 */
const FILE = "notices.json";
const Notes = z.strictObject({
  troubles: z.record(
    z.string(),
    z.strictObject({ failures: z.int().min(1), at: z.int(), cause: z.string(), message: z.string(), until: z.int() }),
  ),
  /** By channel: the local day of the newest digest that was sent, or had nothing to say. */
  looked: z.record(z.string(), z.string()),
});

/** What went wrong with a channel since it last went well, and when it is tried again. */
export interface ChannelTrouble {
  readonly failures: number;
  readonly at: Instant;
  readonly cause: string;
  readonly message: string;
  readonly until: Instant;
}

export interface ChannelNotes {
  readonly troubles: Map<string, ChannelTrouble>;
  readonly looked: Map<string, string>;
}

const FIRST_WAIT = 5 * 60_000;
const LONGEST_WAIT = 60 * 60_000;
/** What a person must mend is not mended by asking, and some services take offence. */
const LONGEST_HOPELESS_WAIT = 6 * 60 * 60_000;
/** What a receiver may ask for. */
const LONGEST_ASKED = 24 * 60 * 60_000;
const PASSING: ReadonlySet<string> = new Set(["unreachable", "busy"]);

/** The trouble after another failure: five minutes, then twice as long each time, or as long as the receiver asks, a day at most. */
export function afterFailure(
  before: ChannelTrouble | undefined,
  now: Instant,
  { cause, message, notBefore }: { cause: string; message: string; notBefore?: Instant | undefined },
): ChannelTrouble {
  const failures = (before?.failures ?? 0) + 1;
  const longest = PASSING.has(cause) ? LONGEST_WAIT : LONGEST_HOPELESS_WAIT;
  const wait = Math.min(longest, FIRST_WAIT * 2 ** Math.min(failures - 1, 20));
  const until = Math.max(now + wait, Math.min(notBefore ?? 0, now + LONGEST_ASKED));
  return { failures, at: now, cause, message, until };
}

/** Whether a channel may be tried now. A clock that was ahead must not silence it. */
export function rested(trouble: ChannelTrouble | undefined, now: Instant): boolean {
  return trouble === undefined || trouble.at > now || now >= trouble.until;
}

/** Nothing where the file is not there or unreadable. */
export async function readNotes(stateFolder: string): Promise<ChannelNotes> {
  try {
    const { troubles, looked } = Notes.parse(JSON.parse(await readFile(join(stateFolder, FILE), "utf8")));
    return { troubles: new Map(Object.entries(troubles)), looked: new Map(Object.entries(looked)) };
  } catch {
    return { troubles: new Map(), looked: new Map() };
  }
}

/** Keeps them; durable when it resolves. */
export async function writeNotes(stateFolder: string, { troubles, looked }: ChannelNotes): Promise<void> {
  const path = join(stateFolder, FILE);
  const file = await open(`${path}.next`, "w", 0o600);
  try {
    const notes = { troubles: Object.fromEntries(troubles), looked: Object.fromEntries(looked) };
    await file.writeFile(`${JSON.stringify(notes)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.next`, path);
}
