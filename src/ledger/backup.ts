import { createPrivateKey, type KeyObject } from "node:crypto";
import { chmod, mkdir, open, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { hex } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { type Instant, iso } from "../lib/time.ts";
import { realDisk, syncFolder } from "../store/disk.ts";
import { newSigner, type Verifier } from "../tlog/note.ts";
import { keyFile, keyIds, loadKeyObject } from "./keys.ts";

/**
 * A backup of the signing keys: their PEM blocks one after the other, with a passphrase encrypted as PKCS #8 (PBES2 with
 * AES-256), so that `openssl pkey` reads them without Custody.
 */
const MAX_BACKUP_BYTES = 1024 * 1024;
/** The derivation that OpenSSL can read is cheap to try; length makes up for it. */
export const SHORTEST_PASSPHRASE = 16;

/** Writes all keys of the folder to a file that only its owner can read. Refuses one that is there. Returns what is in it. */
export async function writeBackup(
  folder: string,
  origin: string,
  path: string,
  passphrase: string | undefined,
): Promise<Verifier[]> {
  const ids = await keyIds(folder);
  if (ids.length === 0) {
    throw new CustodyError("KEY_UNUSABLE", `${folder} holds no key to back up`, {
      remedy: "Run this where the signing key is.",
    });
  }
  const keys = await Promise.all(ids.map(async (id) => named(origin, await loadKeyObject(folder, id))));
  const cipher = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  const blocks = keys.map(
    ({ verifier, key }) => `# ${verifier.vkey}\n${key.export({ type: "pkcs8", format: "pem", ...cipher })}`,
  );
  const secret =
    passphrase === undefined ? "Whoever has this file can sign in your name." : "Its passphrase is needed.";
  const text = `# Signing keys of the Custody log ${origin}. ${secret}\n# Put them back with: custody keys restore FILE\n${blocks.join("")}`;
  await writeNew(path, text, "wx");
  return keys.map(({ verifier }) => verifier);
}

/** Puts keys of a backup into the folder; those that are there stay as they are. Returns each, and whether it was missing. */
export async function restoreBackup(
  folder: string,
  origin: string,
  path: string,
  passphrase: string | undefined,
): Promise<{ readonly verifier: Verifier; readonly restored: boolean }[]> {
  const { size } = await stat(path);
  if (size > MAX_BACKUP_BYTES)
    throw new CustodyError(
      "INPUT_TOO_LARGE",
      `${path}: ${size} bytes; a backup of keys has at most ${MAX_BACKUP_BYTES}`,
    );
  const text = await readFile(path, "utf8");
  const blocks =
    text.match(/-----BEGIN (ENCRYPTED )?PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END \1?PRIVATE KEY-----/g) ?? [];
  if (blocks.length === 0 || blocks.length > 64) {
    throw new CustodyError("INPUT_INVALID", `${path} holds ${blocks.length} private keys in PEM form`, {
      remedy: "Name the file that `custody keys backup` wrote.",
    });
  }
  const keys = blocks.map((pem) => named(origin, unlock(pem, path, passphrase)));
  // A backup of another log would give keys that sign nothing here.
  const listed = text.match(/^# (\S+\+[0-9a-f]{8}\+\S+)$/gm)?.map((line) => line.slice(2)) ?? [];
  const other = listed.find((vkey) => !keys.some(({ verifier }) => verifier.vkey === vkey));
  if (other !== undefined) {
    throw new CustodyError(
      "INPUT_INVALID",
      `${path} is a backup of ${other.split("+")[0]?.slice(0, 200)}; this is ${origin}`,
      {
        remedy: "Restore it in the workspace that it belongs to.",
      },
    );
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const there = await keyIds(folder);
  const done = [];
  for (const { verifier, key } of keys) {
    const restored = !there.includes(hex(verifier.id));
    if (restored) await writeNew(keyFile(folder, verifier), key.export({ type: "pkcs8", format: "pem" }), "wx");
    done.push({ verifier, restored });
  }
  return done;
}

function named(origin: string, key: KeyObject) {
  return { verifier: newSigner(origin, key).verifier, key };
}

function unlock(pem: string, path: string, passphrase: string | undefined): KeyObject {
  const locked = pem.includes("ENCRYPTED");
  if (locked && passphrase === undefined) {
    throw new CustodyError("USAGE", `${path} is encrypted`, { remedy: "Add --passphrase-file FILE." });
  }
  try {
    return createPrivateKey(locked ? { key: pem, passphrase: passphrase ?? "" } : pem);
  } catch {
    // The cause could quote the file or the passphrase; it is not passed on.
    throw new CustodyError(
      "KEY_UNUSABLE",
      `${path} cannot be read: ${locked ? "another passphrase, or damaged" : "damaged"}`,
    );
  }
}

async function writeNew(path: string, text: string | Buffer, flags: "wx"): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(realDisk, dirname(path));
}

const Note = z.object({ v: z.literal(1), keys: z.record(z.string(), z.string()) });

/** When each key was last backed up from here, by key ID. A note for reminders; losing it costs a reminder. */
export async function backupsMade(state: string): Promise<Readonly<Record<string, string>>> {
  try {
    return Note.parse(JSON.parse(await readFile(join(state, NOTE), "utf8"))).keys;
  } catch {
    return {};
  }
}

export async function noteBackup(state: string, keys: readonly Verifier[], at: Instant): Promise<void> {
  const made = { ...(await backupsMade(state)), ...Object.fromEntries(keys.map(({ id }) => [hex(id), iso(at)])) };
  const file = await open(join(state, NOTE), "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify({ v: 1, keys: made })}\n`);
  } finally {
    await file.close();
  }
}

const NOTE = "key-backup.json";

/** A passphrase from a file: its first line. Throws USAGE for one that is too short to protect a key. */
export async function readPassphrase(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const { size } = await stat(path);
  const text = size > 64 * 1024 ? "" : ((await readFile(path, "utf8")).split(/\r?\n/)[0] ?? "");
  if (text.length >= SHORTEST_PASSPHRASE) return text;
  throw new CustodyError(
    "USAGE",
    `${path}: the first line must be a passphrase of at least ${SHORTEST_PASSPHRASE} characters`,
    {
      remedy: "Six random words do; a backup may lie about for years.",
    },
  );
}
