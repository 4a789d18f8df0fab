import { createPrivateKey } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fromBase64 } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { newSigner, type Signer } from "../tlog/signer.ts";
import { parseVkey } from "../tlog/verifier.ts";
import { readCertificates } from "../tsp/certificate.ts";
import type { KnownHead } from "../verify/verify.ts";
import type { Objects, Range } from "./range.ts";

/** `range.json` beside the store: all that is known or stolen, and public for everybody. */
export interface RangeFile {
  /** The key that was pinned when the log began. */
  readonly pinned: string;
  /** Seeds of the private keys, 64 hex digits: they prove nothing about anything but this ledger. */
  readonly seeds: { readonly current: string; readonly retired: string; readonly revoked: string };
  /** PEM. */
  readonly stampRoots: string;
  readonly witnesses: readonly string[];
  readonly printed: HeadText;
  readonly guard: HeadText;
  readonly earlier: { readonly size: number; readonly checkpoint: string };
}

interface HeadText {
  readonly size: number;
  readonly root: string;
}

const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** A signer over a private key given as its 32 bytes. */
export function seedSigner(origin: string, seed: string): Signer {
  const der = Buffer.concat([PKCS8_PREFIX, Buffer.from(seed, "hex")]);
  return newSigner(origin, createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
}

/** The small ledger that attacks are carried out on, from its folder. */
export async function loadRange(folder: string): Promise<Range> {
  const file = JSON.parse(await readFile(join(folder, "range.json"), "utf8")) as RangeFile;
  const pinned = parseVkey(file.pinned);
  const signer = (seed: string) => seedSigner(pinned.name, seed);
  return {
    objects: await filesUnder(join(folder, "store")),
    pinned,
    keys: {
      current: signer(file.seeds.current),
      retired: signer(file.seeds.retired),
      revoked: signer(file.seeds.revoked),
    },
    outside: { stampRoots: readCertificates(new TextEncoder().encode(file.stampRoots)), witnesses: file.witnesses },
    stampRootsPem: file.stampRoots,
    printed: headOf(file.printed, "a printed report", "outside"),
    guard: headOf(file.guard, "the guard", "guard"),
    earlier: { size: file.earlier.size, checkpoint: new TextEncoder().encode(file.earlier.checkpoint) },
  };
}

function headOf({ size, root }: HeadText, from: string, held: KnownHead["held"]): KnownHead {
  const hash = fromBase64(root);
  if (hash === undefined) throw new CustodyError("BUG", "a root that is not base64");
  return { size, root: hash, from, held };
}

/** Files of a folder by their path in it, as a store's keys. */
async function filesUnder(folder: string): Promise<Objects> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = found.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  const objects = await Promise.all(
    paths.sort().map(async (path) => {
      const bytes = new Uint8Array(await readFile(path));
      return [relative(folder, path).replaceAll(sep, "/"), bytes] as const;
    }),
  );
  return new Map(objects);
}
