import { createPrivateKey } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { CustodyError } from "../lib/errors.ts";
import { type CosigningKey, newCosigner } from "../tlog/cosignature.ts";
import { generateKey, isKeyName, parseVkey, type Verifier } from "../tlog/note.ts";
import { Memory } from "./memory.ts";

/**
 * A witness on disk: `key.pem` (its private key, for its owner only), `name`, `logs` (a key per line) and `seen/`, what it
 * has signed. It needs nothing else, above all no workspace.
 */
export interface WitnessFolder {
  readonly key: CosigningKey;
  readonly logs: readonly Verifier[];
  readonly memory: Memory;
}

const MAX_LOGS = 1000;
const MAX_FILE_BYTES = 1024 * 1024;

/** Makes a witness for this log with a new key. Throws STORE_EXISTS where the folder is not empty. */
export async function createWitness(folder: string, name: string, log: Verifier): Promise<WitnessFolder> {
  if (!isKeyName(name)) {
    throw new CustodyError("USAGE", `--name "${name}": the name of a witness has no spaces and no +`, {
      remedy: "Name it like a host, such as witness.example.com.",
    });
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) {
    throw new CustodyError("STORE_EXISTS", `${folder} is not empty`, {
      remedy: "Choose a new folder; `custody witness add` adds a log to a witness that is there.",
    });
  }
  const key = generateKey();
  await new Memory(join(folder, "seen")).begin(log.name);
  await writeDurable(join(folder, "logs"), `${log.vkey}\n`);
  await writeDurable(join(folder, "name"), `${name}\n`);
  // Last: without a key it is no witness, so one that was begun by half cannot sign.
  await writeDurable(join(folder, "key.pem"), key.export({ type: "pkcs8", format: "pem" }) as string);
  return openWitness(folder);
}

/** Opens a witness. Throws NOT_A_STORE where there is none, KEY_UNUSABLE for a key that others can read. */
export async function openWitness(folder: string): Promise<WitnessFolder> {
  const name = (await readText(folder, "name")).trim();
  const path = join(folder, "key.pem");
  const { mode } = await stat(path).catch(() => {
    throw notAWitness(folder, "key.pem");
  });
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new CustodyError(
      "KEY_UNUSABLE",
      `${path} can be read by others (mode ${(mode & 0o777).toString(8)}; expected 600)`,
      { remedy: `Run \`chmod 600 ${path}\`. If somebody may have copied it, begin a new witness with a new key.` },
    );
  }
  const memory = new Memory(join(folder, "seen"));
  const logs = await readLogs(folder);
  for (const origin of new Set(logs.map((log) => log.name))) await memory.newest(origin);
  return { key: readKey(name, path, await readText(folder, "key.pem")), logs, memory };
}

/** Lets a witness cosign for one log more, or for one more key of a log. False when it does so already. */
export async function addLog(folder: string, log: Verifier): Promise<boolean> {
  const logs = await readLogs(folder);
  if (logs.some(({ vkey }) => vkey === log.vkey)) return false;
  if (logs.length >= MAX_LOGS) throw new CustodyError("INPUT_TOO_LARGE", `${folder} has ${MAX_LOGS} keys already`);
  // Where the log is known under another key, what was seen of it goes on counting.
  if (!logs.some(({ name }) => name === log.name)) await new Memory(join(folder, "seen")).begin(log.name);
  await writeDurable(join(folder, "logs"), `${[...logs, log].map(({ vkey }) => vkey).join("\n")}\n`);
  return true;
}

async function readLogs(folder: string): Promise<Verifier[]> {
  const text = await readText(folder, "logs");
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  if (lines.length > MAX_LOGS) throw new CustodyError("INPUT_TOO_LARGE", `${folder}: more than ${MAX_LOGS} logs`);
  return lines.map(parseVkey);
}

function readKey(name: string, path: string, pem: string): CosigningKey {
  try {
    return newCosigner(name, createPrivateKey(pem));
  } catch {
    // What was thrown could quote the file.
    throw new CustodyError("KEY_UNUSABLE", `${path} is not an Ed25519 private key in PEM form`, {
      remedy: "Put the key back from your backup.",
    });
  }
}

async function readText(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw notAWitness(folder, name);
  if (found.size > MAX_FILE_BYTES) throw new CustodyError("INPUT_TOO_LARGE", `${path}: expected at most 1 MiB`);
  return readFile(path, "utf8");
}

function notAWitness(folder: string, name: string): CustodyError {
  return new CustodyError("NOT_A_STORE", `${folder} holds no file "${name}", so there is no witness in it`, {
    remedy: "Check the path; `custody witness init` begins a new one.",
  });
}

async function writeDurable(path: string, text: string): Promise<void> {
  const file = await open(`${path}.next`, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.next`, path);
  const folder = await open(join(path, ".."), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
