import { newDigest } from "../../lib/digest.ts";
import { CustodyError, isCustodyError, messageOf } from "../../lib/errors.ts";
import type { Instant } from "../../lib/time.ts";
import { zipFiles } from "../../pack/reader.ts";
import { keyInPack, type PackResult, verifyPack } from "../../pack/verify.ts";
import type { ByteSource } from "../../pack/zip.ts";
import { parseCosignerKey } from "../../tlog/cosignature.ts";
import { parseVkey, type Verifier } from "../../tlog/verifier.ts";
import { readCertificates } from "../../tsp/certificate.ts";
import { parseHead } from "../../verify/known-head.ts";
import { checkReceipt, MAX_RECEIPT_BYTES } from "../../verify/receipt.ts";
import { fingerprintOf } from "../../verify/say.ts";

/** What a person gave. Plain data: it goes to the background and comes back from there. */
export interface Request {
  /** A pack; or a receipt, alone or with the evidence file. */
  readonly files: readonly File[];
  /** One key to a line; none takes the one in the pack. */
  readonly keys: string;
  /** One known state to a line, SIZE:ROOT. */
  readonly since: string;
  /** Certificates of time stamp services, PEM. */
  readonly roots: readonly File[];
  /** One witness's key to a line. */
  readonly witnesses: string;
  readonly quick: boolean;
  readonly now: Instant;
}

export interface ShownKey {
  readonly vkey: string;
  readonly fingerprint: string;
}

export type Answer =
  | {
      readonly kind: "pack";
      readonly name: string;
      readonly result: PackResult;
      readonly keys: readonly ShownKey[];
      /** The key came with the pack. */
      readonly enclosed: boolean;
    }
  | {
      readonly kind: "receipt";
      readonly name: string;
      readonly index: number;
      readonly at: string;
      readonly record: string;
      readonly origin: string;
      readonly size: number;
      readonly digests: readonly string[];
      readonly evidence?: { readonly name: string; readonly digest: string; readonly named: boolean };
    }
  | { readonly kind: "no"; readonly message: string; readonly remedy?: string };

/** Told how many bytes are read, of how many. */
export type Progress = (done: number, total: number) => void;

/** A page is given files, no folders. */
const ORIGINAL =
  "This is not a pack as `custody export` writes it. Choose the very file that was handed out, or get it again. A pack whose files were packed anew cannot be checked by this page: unpack it and run `node verify.mjs FOLDER --key KEY`, with Node and the verify.mjs of Custody's own releases, or follow VERIFY.md.";
const RECEIPT = "c2sp.org/tlog-proof@v1";
const PIECE = 1024 ** 2;
const MAX_ROOTS_BYTES = 1024 ** 2;

/** Verifies what was dropped. Whatever it is, there is an answer. */
export async function check(request: Request, progress: Progress): Promise<Answer> {
  try {
    const [first, second, ...more] = request.files;
    if (first === undefined) throw refusal("no file was chosen", "Drop the pack on this page, or choose it.");
    const receipts = await Promise.all(request.files.map(isReceipt));
    if (more.length > 0 || (second !== undefined && receipts.filter(Boolean).length !== 1))
      throw refusal(
        `${request.files.length} files were chosen`,
        "Choose one pack; or a receipt, alone or together with the one evidence file that it is for.",
      );
    const receipt = request.files[receipts.indexOf(true)];
    if (receipt === undefined) return await checkPack(first, request, progress);
    return await checkOne(
      receipt,
      second === undefined ? undefined : receipt === first ? second : first,
      request,
      progress,
    );
  } catch (thrown) {
    if (!isCustodyError(thrown)) {
      // What a browser throws when a file was moved or may not be read says nothing about the file.
      const name = thrown instanceof Error ? thrown.name : "";
      const remedy = name === "NotReadableError" || name === "NotFoundError" ? "Choose the file again." : undefined;
      return { kind: "no", message: messageOf(thrown), ...(remedy && { remedy }) };
    }
    return { kind: "no", message: thrown.message, ...(thrown.remedy === undefined ? {} : { remedy: thrown.remedy }) };
  }
}

async function checkPack(file: File, request: Request, progress: Progress): Promise<Answer> {
  let read = 0;
  const source: ByteSource = {
    size: file.size,
    slice: async (from, to) => {
      const bytes = new Uint8Array(await file.slice(from, to).arrayBuffer());
      read += bytes.length;
      progress(read, file.size);
      return bytes;
    },
  };
  const given = linesOf(request.keys).map(parseVkey);
  const since = linesOf(request.since).map(parseHead);
  const stampRoots = await Promise.all(request.roots.map(readRoots));
  const witnesses = linesOf(request.witnesses).map((key) => parseCosignerKey(key).vkey);
  const files = await zipFiles(source).catch((thrown: unknown) => {
    if (!isCustodyError(thrown, "INPUT_INVALID")) throw thrown;
    throw new CustodyError(thrown.code, thrown.message, { remedy: ORIGINAL });
  });
  const enclosed = given.length > 0 ? undefined : await keyInPack(files);
  const keys = enclosed === undefined ? given : [enclosed];
  if (keys.length === 0)
    throw refusal("there is no key in this pack", "Paste the key as the organisation published it.");
  const result = await verifyPack(files, {
    keys,
    since,
    now: request.now,
    outside: { stampRoots: stampRoots.flat(), witnesses },
    quick: request.quick,
  });
  return { kind: "pack", name: file.name, result, keys: keys.map(shownKey), enclosed: enclosed !== undefined };
}

/** A receipt, and the evidence file that came with it. */
async function checkOne(receipt: File, file: File | undefined, request: Request, progress: Progress): Promise<Answer> {
  if (receipt.size > MAX_RECEIPT_BYTES) throw refusal(`${receipt.name}: too large for a receipt`, "Get it again.");
  const keys = linesOf(request.keys).map(parseVkey);
  if (keys.length === 0)
    throw refusal("a receipt does not bring the key with it", "Paste the key as the organisation published it.");
  const { entry, index, checkpoint, digests } = checkReceipt(await receipt.text(), keys);
  const answer = {
    kind: "receipt",
    name: receipt.name,
    index,
    at: entry.at,
    record: entry.kind,
    origin: checkpoint.origin,
    size: checkpoint.size,
    digests,
  } as const;
  if (file === undefined) return answer;
  const digest = await digestOfFile(file, progress);
  return { ...answer, evidence: { name: file.name, digest, named: digests.includes(digest) } };
}

async function digestOfFile(file: File, progress: Progress): Promise<string> {
  const hash = newDigest();
  for (let at = 0; at < file.size; at += PIECE) {
    hash.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
    progress(Math.min(file.size, at + PIECE), file.size);
  }
  return hash.digest("hex");
}

async function isReceipt(file: File): Promise<boolean> {
  return (await file.slice(0, RECEIPT.length).text()) === RECEIPT;
}

async function readRoots(file: File) {
  if (file.size > MAX_ROOTS_BYTES) throw refusal(`${file.name}: too large for certificates`, "Choose a PEM file.");
  return readCertificates(new Uint8Array(await file.arrayBuffer()));
}

function linesOf(text: string): string[] {
  return text.split(/\s+/).filter((line) => line !== "");
}

function shownKey(key: Verifier): ShownKey {
  return { vkey: key.vkey, fingerprint: fingerprintOf(key) };
}

function refusal(message: string, remedy: string): CustodyError {
  return new CustodyError("USAGE", message, { remedy });
}
