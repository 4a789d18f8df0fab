import { fromBase64, fromHex, isDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { parseCheckpoint } from "../tlog/checkpoint.ts";
import type { KnownHead } from "./verify.ts";

/** `SIZE:ROOT`, the root in base64 as reports and checkpoints print it, or in hex. Throws USAGE. */
export function parseHead(text: string): KnownHead {
  const [, size, root = ""] = /^(\d{1,15}):([A-Za-z0-9+/=]+)$/.exec(text.trim()) ?? [];
  const bytes = isDigest(root) ? fromHex(root) : fromBase64(root);
  if (size === undefined || bytes?.length !== 32) {
    const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
    throw new CustodyError(
      "USAGE",
      `"${shown}" is not a head; expected SIZE:ROOT as a report prints it, such as 1042:GrrXn6…=`,
    );
  }
  return {
    size: Number(size),
    root: bytes,
    from: `the head ${size}:${root.slice(0, 12)}… that you named`,
    held: "outside",
  };
}

const MAX_HEADS = 10_000;

/**
 * Heads in a file that was kept elsewhere: a checkpoint, or lines that begin with `SIZE ROOT` or `SIZE:ROOT` (what follows
 * is a remark, as is a line with `#`). `name` is that of the file, for messages. Throws INPUT_INVALID for anything else and
 * for the checkpoint of another log than `origin`, where that is given.
 */
export function readHeads(bytes: Uint8Array, name: string, origin?: string): KnownHead[] {
  const checkpoint = parseCheckpoint(bytes);
  if (checkpoint !== undefined) {
    if (origin !== undefined && checkpoint.origin !== origin) {
      throw new CustodyError(
        "INPUT_INVALID",
        `${name} is a checkpoint of the log ${checkpoint.origin}, not of ${origin}`,
        {
          remedy: "Name a checkpoint of this log.",
        },
      );
    }
    const { size, root } = checkpoint;
    return [{ size, root, from: `the checkpoint of ${size} records in ${name}`, held: "outside" }];
  }
  const lines = new TextDecoder().decode(bytes).split("\n");
  const heads = lines.flatMap((line, i) => {
    const text = line.trim();
    if (text === "" || text.startsWith("#")) return [];
    const [, size, root = ""] = /^(\d{1,15})[: \t]([A-Za-z0-9+/=]{44,64})(?:\s|$)/.exec(text) ?? [];
    const hash = isDigest(root) ? fromHex(root) : fromBase64(root);
    if (size === undefined || hash?.length !== 32) {
      throw new CustodyError("INPUT_INVALID", `${name} line ${i + 1}: expected SIZE and ROOT, found something else`, {
        remedy: "Name a signed checkpoint, or a list with SIZE ROOT on each line as a report or a pack prints it.",
      });
    }
    return [{ size: Number(size), root: hash, from: `line ${i + 1} of ${name}`, held: "outside" as const }];
  });
  if (heads.length === 0 || heads.length > MAX_HEADS)
    throw new CustodyError("INPUT_INVALID", `${name}: expected 1 to ${MAX_HEADS} heads, found ${heads.length}`);
  return heads;
}
