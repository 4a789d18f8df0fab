import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { link, mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { base64, sameBytes } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { type Instant, iso } from "../lib/time.ts";
import { parseCheckpoint } from "../tlog/checkpoint.ts";
import type { FoundHead, SentHead, Tools } from "./define.ts";
import { folderOf, MAX_CHECKPOINT_BYTES, MAX_READ_BACK, ownCheckpoint } from "./place.ts";

/** Heads as files: `<origin>/<size>.checkpoint`, and `<origin>/heads.txt` with a line for each. */

const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
const MAX_LIST_BYTES = 16 * 1024 * 1024;
const CHECKPOINT = /^(0|[1-9]\d{0,15})\.checkpoint$/;

/**
 * Puts a head into a folder that is there, durable when it resolves; doing so again changes nothing. Gives the names of the
 * files, below `root`. Throws SOURCE_MISCONFIGURED where there is no such folder, VERIFICATION_FAILED where another head of that
 * size lies there.
 */
export async function putHead(root: string, head: SentHead, now: Instant): Promise<string[]> {
  const folder = join(root, folderOf(head.origin));
  await requireFolder(root);
  try {
    await mkdir(folder).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== "EEXIST") throw thrown;
    });
    const name = `${head.size}.checkpoint`;
    await create(join(folder, name), head);
    await appendLine(join(folder, "heads.txt"), head, now);
    await syncFolder(folder);
    await syncFolder(root);
    return [name, "heads.txt"].map((file) => `${folderOf(head.origin)}/${file}`);
  } catch (cause) {
    if (cause instanceof CustodyError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
    throw new CustodyError("SOURCE_UNREACHABLE", `${folder}: the head could not be written (${code})`, {
      cause,
      remedy: "Check that the user who runs Custody may write there.",
    });
  }
}

/** A mistyped path, or a share that is not mounted, must not be taken for a place that somebody else keeps. */
async function requireFolder(root: string): Promise<void> {
  const found = await stat(root).catch((thrown: NodeJS.ErrnoException) => thrown);
  if (!(found instanceof Error) && found.isDirectory()) return;
  const missing = !(found instanceof Error) || ["ENOENT", "ENOTDIR"].includes(found.code ?? "");
  if (!missing) throw new CustodyError("SOURCE_UNREACHABLE", `${root} cannot be looked at (${found.code})`);
  throw new CustodyError("SOURCE_MISCONFIGURED", `there is no folder ${root} to put heads into`, {
    remedy: `Mount it, correct \`path:\` under \`heads:\`, or make it once with \`mkdir -p ${root}\`; Custody never makes it.`,
  });
}

/** Heads that lie in a folder, the newest first. None where there is no folder. */
export async function readHeads(root: string, tools: Pick<Tools<unknown>, "origin" | "signed">): Promise<FoundHead[]> {
  const folder = join(root, folderOf(tools.origin));
  const names = await readdir(folder).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return [];
    throw new CustodyError("SOURCE_UNREACHABLE", `${folder} cannot be read (${thrown.code})`, { cause: thrown });
  });
  const sizes = names.flatMap((name) => CHECKPOINT.exec(name)?.[1] ?? []).map(Number);
  const found: FoundHead[] = [];
  for (const size of sizes.sort((a, b) => b - a).slice(0, MAX_READ_BACK)) {
    const path = join(folder, `${size}.checkpoint`);
    const bytes = await readSmall(path, MAX_CHECKPOINT_BYTES);
    const checkpoint = bytes && ownCheckpoint(bytes, tools);
    if (checkpoint) found.push({ size: checkpoint.size, root: checkpoint.root, where: path });
  }
  return found;
}

async function create(path: string, head: SentHead): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.unfinished`;
  const file = await open(temporary, "wx", 0o644);
  try {
    await file.writeFile(head.bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(temporary, path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
    const there = await readSmall(path, MAX_CHECKPOINT_BYTES);
    checkSame(there, head, path);
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

/** The same head may have been signed by another key of the log meanwhile; another root of this size is another history. */
export function checkSame(there: Uint8Array | undefined, head: SentHead, where: string): void {
  const found = there && parseCheckpoint(there);
  if (found?.origin === head.origin && found.size === head.size && sameBytes(found.root, head.root)) return;
  throw new CustodyError(
    "VERIFICATION_FAILED",
    `${where}: expected the head of ${head.size} records that is sent now, found another one or none`,
    { remedy: "Run `custody verify`: either the log was rewritten, or somebody changed what had been published." },
  );
}

/** `SIZE:ROOT TIME`; the first word is what `custody verify --since` takes. */
async function appendLine(path: string, head: SentHead, now: Instant): Promise<void> {
  const file = await open(path, APPEND, 0o644);
  try {
    const { size } = await file.stat();
    if (size > MAX_LIST_BYTES) throw new CustodyError("INPUT_TOO_LARGE", `${path}: expected at most 16 MiB`);
    const text = await file.readFile("utf8");
    const line = `${head.size}:${base64(head.root)} `;
    if (text.split("\n").some((one) => one.startsWith(line) && one.length > line.length)) return;
    // Half a line is what a crash leaves.
    const begin = text === "" || text.endsWith("\n") ? "" : "\n";
    await file.writeFile(`${begin}${line}${iso(now)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readSmall(path: string, most: number): Promise<Uint8Array | undefined> {
  const file = await open(path, READ).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const found = await file.stat();
    return found.isFile() && found.size <= most ? await file.readFile() : undefined;
  } finally {
    await file.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
