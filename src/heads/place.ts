import { digestOf } from "../lib/digest.ts";
import { type Checkpoint, parseCheckpoint } from "../tlog/checkpoint.ts";
import type { Tools } from "./define.ts";

/** A checkpoint has at most 64 signature lines. */
export const MAX_CHECKPOINT_BYTES = 64 * 1024;
/** Heads that are read back from one place, the newest first: a daily one for 27 years. */
export const MAX_READ_BACK = 10_000;

/** The name of a log as the name of a folder, the same wherever heads go. */
export function folderOf(origin: string): string {
  if (/^[a-z0-9_][a-z0-9._-]{0,99}$/.test(origin)) return origin;
  const slug = origin
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replace(/^[.-]+/, "")
    .slice(0, 60);
  return `${slug || "log"}-${digestOf(new TextEncoder().encode(origin)).slice(0, 8)}`;
}

/** A checkpoint of this log, signed by one of its keys; undefined for anything else that may lie there. */
export function ownCheckpoint(
  bytes: Uint8Array,
  { origin, signed }: Pick<Tools<unknown>, "origin" | "signed">,
): Checkpoint | undefined {
  const found = bytes.length <= MAX_CHECKPOINT_BYTES ? parseCheckpoint(bytes) : undefined;
  return found?.origin === origin && signed(found.note) ? found : undefined;
}
