import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Trouble } from "./due.ts";

/**
 * What went wrong with targets, kept beside the workspace's other state: it is no evidence, and who loses it loses only
 * how long to wait before the next attempt.
 */
const FILE = "heads.json";
const Troubles = z.record(
  z.string(),
  z.strictObject({
    failures: z.int().min(1),
    at: z.int(),
    code: z.string(),
    message: z.string(),
    until: z.int().optional(),
  }),
);

export type TroublesById = ReadonlyMap<string, Trouble>;

/** True where the place holds or has seen another history of this log: nothing that a later attempt mends by itself. */
export function isContradiction({ code }: Pick<Trouble, "code">): boolean {
  return code === "VERIFICATION_FAILED";
}

/** By target; none where nothing went wrong or the file is unreadable. */
export async function readTroubles(stateFolder: string): Promise<Map<string, Trouble>> {
  try {
    return new Map(Object.entries(Troubles.parse(JSON.parse(await readFile(join(stateFolder, FILE), "utf8")))));
  } catch {
    return new Map();
  }
}

/** Keeps them; durable when it resolves. */
export async function writeTroubles(stateFolder: string, troubles: TroublesById): Promise<void> {
  const path = join(stateFolder, FILE);
  const file = await open(`${path}.next`, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(Object.fromEntries(troubles))}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.next`, path);
}
