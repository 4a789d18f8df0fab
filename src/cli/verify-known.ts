import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Custody } from "../custody.ts";
import type { Recorded } from "../evidence/batch.ts";
import { isKind } from "../evidence/entry.ts";
import { CustodyError, isCustodyError, messageOf } from "../lib/errors.ts";
import { type Contradiction, Publishing } from "../publishing.ts";
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

/** A place that knows heads of this log and could not be asked. */
export interface Silent {
  readonly place: string;
  readonly why: string;
}

/**
 * What this installation itself has seen of its log, and what it finds where heads were brought to. A place that does not
 * answer is told; the others are asked all the same. `missing` are guards without a head, `empty` the ids of targets,
 * `refused` what places that show no heads have against this log.
 */
export async function knownHere(custody: Custody): Promise<{
  heads: KnownHead[];
  silent: Silent[];
  missing: string[];
  empty: string[];
  refused: Contradiction[];
}> {
  const heads: KnownHead[] = [];
  const silent: Silent[] = [];
  const missing: string[] = [];
  for (const guard of await custody.guards()) {
    try {
      const newest = await guard.newest();
      if (newest === undefined) missing.push(guard.place);
      else heads.push({ ...newest, from: guard.place, held: "guard" });
    } catch (thrown) {
      if (!(thrown instanceof CustodyError)) throw thrown;
      silent.push({ place: guard.place, why: messageOf(thrown) });
    }
  }
  const published = await new Publishing(custody).readBack();
  const asked = await new Publishing(custody).contradictions();
  return {
    heads: [...heads, ...published.heads],
    silent: [...silent, ...published.silent, ...asked.silent],
    missing,
    empty: published.empty,
    refused: asked.found,
  };
}

/** Notes where heads were brought by the log's own word; a share that is not mounted looks as if nothing ever was. */
export class Brought {
  readonly #targets = new Set<string>();

  add({ entry }: Recorded): void {
    if (isKind(entry, "head") && entry.target !== undefined) this.#targets.add(entry.target);
  }

  /** Those of these targets at which something should lie. */
  among(empty: readonly string[]): Silent[] {
    const why = "the log says that heads were brought there, and none lies there";
    return empty.filter((id) => this.#targets.has(id)).map((place) => ({ place, why }));
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
