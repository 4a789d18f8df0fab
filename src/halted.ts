import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { requireNewestBatch } from "./ledger/newest-batch.ts";
import { type CustodyError, type ErrorCode, isCustodyError } from "./lib/errors.ts";
import { type Instant, iso } from "./lib/time.ts";
import type { Store } from "./store/store.ts";
import { parseCheckpoint } from "./tlog/checkpoint.ts";

/**
 * That a writer stopped because the log contradicts itself, kept beside the workspace's other state until one could open the
 * log again: who only looks, with `custody status`, must be told too. It is no evidence.
 */
const Halt = z.object({
  v: z.literal(1),
  /** When, as in records; without it somebody has just looked. */
  at: z.iso.datetime({ precision: 3 }).optional(),
  code: z.string(),
  message: z.string(),
  remedy: z.string().optional(),
});
export type Halt = z.output<typeof Halt>;

const FILE = "halted.json";
const CODES: readonly ErrorCode[] = ["LEDGER_ALTERED", "LEDGER_FORKED", "LEDGER_ROLLED_BACK"];

/** Keeps why a writer stopped; anything but a contradiction of the log is none. Done when it returns: the process may end now. */
export function noteHalt(state: string, error: unknown, at: Instant): void {
  if (!isCustodyError(error) || !CODES.includes(error.code)) return;
  try {
    writeFileSync(join(state, FILE), `${JSON.stringify({ ...haltOf(error), at: iso(at) })}\n`, { mode: 0o600 });
  } catch {
    // What is to be said is the contradiction, not that it could not be written down.
  }
}

/** A writer has opened the log: what stopped one before is mended. */
export function forgetHalt(state: string): void {
  try {
    rmSync(join(state, FILE), { force: true });
  } catch {
    // Then it is told once more.
  }
}

/** Why writers stop: what a look at the newest records shows now, else what stopped the last one. Undefined when nothing does. */
export async function findHalt(store: Store, state: string): Promise<Halt | undefined> {
  const bytes = await store.get("checkpoint");
  try {
    await requireNewestBatch(store, (bytes && parseCheckpoint(bytes))?.size ?? 0);
  } catch (error) {
    if (isCustodyError(error, "LEDGER_ALTERED")) return haltOf(error);
    throw error;
  }
  try {
    return Halt.parse(JSON.parse(readFileSync(join(state, FILE), "utf8")));
  } catch {
    return undefined;
  }
}

function haltOf({ code, message, remedy }: CustodyError): Halt {
  return { v: 1, code, message, ...(remedy === undefined ? {} : { remedy }) };
}
