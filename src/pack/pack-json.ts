import { z } from "zod";
import { BlobRef } from "../evidence/blob.ts";
import { canonicalBytes, parseCanonical } from "../lib/canonical.ts";
import { fromBase64, isDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { fromIso } from "../lib/time.ts";

/**
 * `pack.json`: what a pack says of itself. Nobody signed it. Whoever verifies a pack recomputes what can be recomputed: size
 * and root from the checkpoint, digests from the files, and from the records which evidence files must be there.
 * docs/FORMAT.md §17 is the specification.
 */
export const PACK_FORMAT = "custody-pack";

/** Media type of a pack.json that a record names. */
export const PACK_TYPE = "application/vnd.custody.pack+json";

/** The member names of a pack that do not depend on what is in it. */
export const PACK_FILES = {
  readme: "README.txt",
  sums: "SHA256SUMS",
  verify: "VERIFY.md",
  heads: "heads.txt",
  key: "ledger.vkey",
  json: "pack.json",
  page: "verify.html",
  program: "verify.mjs",
  store: "store/",
  receipts: "receipts/",
  report: "report/",
} as const;

const Time = z.string().refine((text) => {
  try {
    fromIso(text);
    return true;
  } catch {
    return false;
  }
}, "expected a time like 2026-11-20T16:40:10.123Z");
const Digest = z.string().refine(isDigest, "expected 64 lower-case hex digits");
const Root = z.string().refine((text) => fromBase64(text)?.length === 32, "expected 32 bytes in base64");

/**
 * Why an evidence file that the records name is not in the pack: its records do not concern the period; it was held back by
 * whoever made the pack; or a record that is newer than the pack's last one says that it was lawfully deleted.
 */
export const OMISSIONS = ["outside-period", "withheld", "disposed"] as const;

export const Omitted = z.looseObject({
  digest: Digest,
  size: BlobRef.shape.size,
  reason: z.enum(OMISSIONS),
  /** `withheld`: why, in the words of whoever held it back. */
  why: z.string().max(500).optional(),
});
export type Omitted = z.infer<typeof Omitted>;

/** A member of the pack outside `store/`: `path` from the top folder on. */
export const PackFile = z.looseObject({
  path: z.string().min(1).max(400),
  size: BlobRef.shape.size,
  digest: Digest,
});
export type PackFile = z.infer<typeof PackFile>;

export const PackJson = z.looseObject({
  v: z.literal(1),
  format: z.literal(PACK_FORMAT),
  origin: z.string().min(1).max(200),
  /** Records in the pack: all of the log up to the checkpoint in it. */
  size: z.int().min(1),
  root: Root,
  /** Time of the last record. */
  asOf: Time,
  period: z
    .looseObject({ from: Time, to: Time, label: z.string().max(100), zone: z.string().max(100) })
    .refine(({ from, to }) => from <= to, "expected a period that does not end before it begins"),
  software: z.string().max(200),
  /** Every member outside `store/` except this file and SHA256SUMS, in ascending order of path. */
  files: z.array(PackFile),
  /** Every evidence file that records and manifests in the pack name and that is neither here nor lawfully deleted, in ascending order of digest. */
  omitted: z.array(Omitted),
});
export type PackJson = z.infer<typeof PackJson>;

/** Canonical bytes of a pack.json. Throws INPUT_INVALID for what is none. */
export function encodePackJson(pack: PackJson): Uint8Array {
  return canonicalBytes(checked(pack));
}

/** Reads a pack.json. Throws INPUT_INVALID for bytes that are none, also for another spelling of one. */
export function decodePackJson(bytes: Uint8Array): PackJson {
  return checked(parseCanonical(bytes));
}

function checked(value: unknown): PackJson {
  const found = PackJson.safeParse(value);
  if (!found.success) throw new CustodyError("INPUT_INVALID", `pack.json: ${z.prettifyError(found.error)}`);
  return found.data;
}
