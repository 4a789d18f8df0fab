import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { CustodyError, isCustodyError } from "../lib/errors.ts";
import { parseCosignerKey } from "../tlog/cosignature.ts";
import type { Outside } from "../trust/anchor.ts";
import { type Certificate, readCertificates } from "../tsp/certificate.ts";
import { parseHead, readHeads } from "../verify/known-head.ts";
import type { KnownHead } from "../verify/verify.ts";

/** What `custody verify` holds a log against besides the key: heads known from elsewhere, and outside parties. */

const MAX_FILE_BYTES = 1024 * 1024;

/** `--since`: each SIZE:ROOT, or a file with a checkpoint or a list of heads. Throws USAGE, INPUT_INVALID. */
export async function givenHeads(given: readonly string[], origin: string): Promise<KnownHead[]> {
  const heads = await Promise.all(
    given.map(async (text) =>
      text.includes(":") && !(await isFile(text)) ? [parseHead(text)] : fromFile(text, origin),
    ),
  );
  return heads.flat();
}

async function fromFile(path: string, origin: string): Promise<KnownHead[]> {
  if (!(await isFile(path))) {
    throw new CustodyError(
      "USAGE",
      `--since ${path.slice(0, 200)}: expected SIZE:ROOT or a file; there is no such file`,
      {
        remedy: "Give the state as a report prints it, or a file with a checkpoint or a list of states.",
      },
    );
  }
  return readHeads(await readSmall(path), path, origin);
}

/** `--tsa-roots` and `--witness`. Throws INPUT_INVALID with the file, KEY_UNUSABLE. */
export async function givenOutside(roots: readonly string[], witnesses: readonly string[]): Promise<Outside> {
  const stampRoots = await Promise.all(roots.map(readRoots));
  const keys = await Promise.all(
    witnesses.map(async (text) =>
      (await isFile(text)) ? new TextDecoder().decode(await readSmall(text)).trim() : text,
    ),
  );
  return { stampRoots: stampRoots.flat(), witnesses: keys.map((key) => parseCosignerKey(key).vkey) };
}

/** The root certificates in a PEM file. Throws INPUT_INVALID with its name. */
export async function readRoots(path: string): Promise<Certificate[]> {
  const bytes = await readSmall(path);
  try {
    return readCertificates(bytes);
  } catch (thrown) {
    if (!isCustodyError(thrown, "INPUT_INVALID")) throw thrown;
    throw new CustodyError("INPUT_INVALID", `${path}: ${thrown.message}`, {
      remedy: "Name the PEM file with the root certificate that the time stamping service publishes.",
      cause: thrown,
    });
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(resolve(path)).catch(() => undefined))?.isFile() ?? false;
}

async function readSmall(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES)
    throw new CustodyError("INPUT_TOO_LARGE", `${path}: ${size} bytes; expected at most 1 MiB`);
  return readFile(path);
}
