import { readFile, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { systemNow } from "../lib/clock.ts";
import { CustodyError, EXIT_CODES, messageOf } from "../lib/errors.ts";
import { PACK_FILES } from "../pack/pack-json.ts";
import { packLines } from "../pack/say.ts";
import { keyInPack, type PackResult, verifyPack } from "../pack/verify.ts";
import { parseCosignerKey } from "../tlog/cosignature.ts";
import { parseVkey, type Verifier } from "../tlog/verifier.ts";
import type { Outside } from "../trust/anchor.ts";
import { readCertificates } from "../tsp/certificate.ts";
import { printable } from "../verify/finding.ts";
import { parseHead, readHeads } from "../verify/known-head.ts";
import { checkReceipt, MAX_RECEIPT_BYTES } from "../verify/receipt.ts";
import {
  disposedLines,
  evidenceLine,
  findingLines,
  fingerprintOf,
  receiptLines,
  unjudgedLines,
  verdictLines,
} from "../verify/say.ts";
import { type KnownHead, type VerifyOptions, type VerifyResult, verifyLedger } from "../verify/verify.ts";
import { folderFiles } from "./folder.ts";
import { digestOfFile, kindOf, openPack } from "./open.ts";

/** verify.mjs: everything that verification needs in one file, for Node 20 or newer, without Custody and without a network. */

const HELP = `Checks an evidence pack, a store or a receipt of Custody. Needs nothing but Node; asks no network.

  node verify.mjs PACK.zip --key KEY          a pack
  node verify.mjs FOLDER --key KEY            a pack that was unpacked, or a store
  node verify.mjs RECEIPT FILE --key KEY      one record, and an evidence file that it names
  node verify.mjs                             the unpacked pack that this file lies in, by the key that came with it

  --key KEY          the key of the log, or the file it is in; as the organisation published it, not from the pack.
                     A key that was replaced since is good too: the answer says by which records it leads to the newer one
  --since HEAD       a state that you know from elsewhere (last year's report or pack), SIZE:ROOT,
                     or a file with a checkpoint or a list of states; again for more
  --tsa-roots FILE   certificates of time stamp services that you trust, PEM
  --witness KEY      the key of a witness that you trust, as the witness itself told you; again for more
  --quick            evidence files by name and size only
  --json             the whole answer as one JSON object

Exit codes: 0 everything is as it was signed; 1 it is not; 2 something must be put right first; 3 try again later.
`;

interface Given {
  readonly places: readonly string[];
  readonly keys: readonly Verifier[];
  readonly options: Omit<VerifyOptions, "keys">;
  readonly json: boolean;
}

async function main(args: readonly string[]): Promise<number> {
  const given = await readArguments(args);
  if (given === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  const [place, file, ...more] = given.places;
  if (more.length > 0) throw usage("more than a place and an evidence file");
  if (place === undefined) return ownPack(given);
  const kind = await kindOf(place);
  if (file !== undefined && kind !== "receipt") throw usage(`${file} beside ${place}, which is no receipt`);
  if (given.keys.length === 0) {
    throw new CustodyError("KEY_NOT_PINNED", "without the key there is nothing to check signatures with", {
      remedy: "Add --key with the key, or the file it is in, as the organisation published it.",
    });
  }
  if (kind === "receipt") return receipt(place, file, given);
  if (kind === "pack-zip" || kind === "pack-folder") return pack(place, kind, given.keys, given);
  if (kind === "store") {
    const result = await verifyLedger(await folderFiles(place), { ...given.options, keys: given.keys });
    return answer(result, given, []);
  }
  throw new CustodyError("INPUT_INVALID", `${place} is neither a pack nor a store nor a receipt`, {
    remedy:
      "Name the ZIP file of a pack, the folder it was unpacked into, the folder of a store, or a .tlog-proof file.",
  });
}

/** The folder that this very file lies in. Its key came with it, and is said so. */
async function ownPack(given: Given): Promise<number> {
  const folder = dirname(fileURLToPath(import.meta.url));
  if ((await kindOf(folder)) !== "pack-folder") {
    throw new CustodyError("USAGE", "nothing was named, and this file does not lie in an unpacked pack", {
      remedy: "Name the pack: node verify.mjs PACK.zip --key KEY (node verify.mjs --help says more).",
    });
  }
  return pack(folder, "pack-folder", given.keys, given);
}

async function pack(
  place: string,
  kind: "pack-zip" | "pack-folder",
  keys: readonly Verifier[],
  given: Given,
): Promise<number> {
  const { files, close } = await openPack(place, kind);
  try {
    const enclosed = keys.length > 0 ? undefined : await keyInPack(files);
    if (keys.length === 0 && enclosed === undefined)
      throw new CustodyError("KEY_NOT_PINNED", `there is no ${PACK_FILES.key} in ${place}`, {
        remedy: "Add --key with the key as the organisation published it.",
      });
    const result = await verifyPack(files, { ...given.options, keys: enclosed === undefined ? keys : [enclosed] });
    return answer(result, given, packLines(result), enclosed);
  } finally {
    await close();
  }
}

function answer(
  result: VerifyResult | PackResult,
  given: Given,
  about: readonly string[],
  enclosed?: Verifier,
): number {
  if (given.json) {
    const key = enclosed && { key: { from: "pack", vkey: enclosed.vkey, fingerprint: fingerprintOf(enclosed) } };
    print([JSON.stringify({ ...result, ...key })]);
  } else {
    const [first = "", ...rest] = verdictLines(result);
    const missing = [...disposedLines(result), ...unjudgedLines(result)];
    print([first, ...rest, ...about, ...missing, ...findingLines(result), ...compare(result, enclosed)]);
  }
  return result.ok ? 0 : 1;
}

/** What nobody but a person can check. */
function compare(result: VerifyResult, enclosed: Verifier | undefined): string[] {
  const lines: string[] = [];
  if (enclosed !== undefined) {
    lines.push(
      "",
      "  !! THE KEY CAME WITH THE PACK. Whoever made a forged pack would have put a key of their own into it.",
      "  !! With it, the answer only shows whether the pack fits together. Compare it with the key that the organisation",
      "  !! publishes, or that an earlier report or pack names, before you rely on it:",
      `  !!   ${enclosed.vkey}`,
      `  !!   fingerprint ${fingerprintOf(enclosed)}`,
    );
  }
  // A state in which something is wrong is none that anything should have to continue.
  if (result.ok && result.root !== undefined)
    lines.push("", "  Keep this line; a later pack must continue it (--since):", `  ${result.size}:${result.root}`);
  return lines;
}

async function receipt(place: string, file: string | undefined, given: Given): Promise<number> {
  const { size } = await stat(place);
  if (size > MAX_RECEIPT_BYTES)
    throw new CustodyError("INPUT_TOO_LARGE", `${place}: ${size} bytes; a receipt has at most ${MAX_RECEIPT_BYTES}`);
  const found = checkReceipt(await readFile(place, "utf8"), given.keys);
  const digest = file === undefined ? undefined : await digestOfFile(file);
  const isNamed = digest === undefined || found.digests.includes(digest);
  const { entry, index, checkpoint, digests } = found;
  if (given.json) {
    const evidence = digest === undefined ? {} : { evidence: { digest, named: isNamed } };
    const about = { index, origin: checkpoint.origin, size: checkpoint.size, entry, digests };
    print([JSON.stringify({ ok: isNamed, ...about, ...evidence })]);
  } else {
    print(receiptLines(basename(place), found));
    if (file !== undefined && digest !== undefined) print([evidenceLine(basename(file), digest, isNamed)]);
  }
  return isNamed ? 0 : 1;
}

async function readArguments(args: readonly string[]): Promise<Given | undefined> {
  const list = { type: "string", multiple: true } as const;
  const flag = { type: "boolean" } as const;
  let parsed: ReturnType<typeof parse>;
  const parse = () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { key: list, since: list, "tsa-roots": list, witness: list, quick: flag, json: flag, help: flag },
    });
  try {
    parsed = parse();
  } catch (thrown) {
    throw usage(messageOf(thrown));
  }
  const { values, positionals } = parsed;
  if (values.help) return undefined;
  const stampRoots = await Promise.all(
    (values["tsa-roots"] ?? []).map(async (path) => readCertificates(await small(path))),
  );
  const outside: Outside = {
    stampRoots: stampRoots.flat(),
    witnesses: (values.witness ?? []).map((key) => parseCosignerKey(key).vkey),
  };
  const keys = await Promise.all((values.key ?? []).map(keyOf));
  const since = await Promise.all((values.since ?? []).map((head) => headsOf(head, keys[0]?.name)));
  return {
    places: positionals,
    keys,
    options: {
      since: since.flat(),
      now: systemNow(),
      outside,
      quick: values.quick ?? false,
    },
    json: values.json ?? false,
  };
}

/** The key itself, or the file it is in. */
async function keyOf(given: string): Promise<Verifier> {
  const there = await stat(given).catch(() => undefined);
  return parseVkey(there?.isFile() ? new TextDecoder().decode(await small(given)) : given);
}

/** SIZE:ROOT, or a file with a checkpoint or a list of heads. */
async function headsOf(given: string, origin: string | undefined): Promise<KnownHead[]> {
  const there = await stat(given).catch(() => undefined);
  return there?.isFile() ? readHeads(await small(given), given, origin) : [parseHead(given)];
}

const MAX_SMALL_BYTES = 1024 ** 2;

async function small(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > MAX_SMALL_BYTES)
    throw new CustodyError("INPUT_TOO_LARGE", `${path}: ${size} bytes; expected at most ${MAX_SMALL_BYTES}`);
  return readFile(path);
}

function usage(what: string): CustodyError {
  return new CustodyError("USAGE", what, { remedy: "node verify.mjs --help says what can be given." });
}

function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

function fail(thrown: unknown): number {
  const error = thrown instanceof CustodyError ? thrown : fromSystem(thrown);
  const message = printable(error.message);
  if (process.argv.includes("--json")) {
    const { code, remedy } = error;
    print([JSON.stringify({ ok: false, error: { code, message, ...(remedy === undefined ? {} : { remedy }) } })]);
  }
  process.stderr.write(`verify: ${message}${error.remedy === undefined ? "" : `\n  ${error.remedy}`}\n`);
  return EXIT_CODES[error.kind];
}

function fromSystem(thrown: unknown): CustodyError {
  const code = (thrown as { code?: unknown } | null)?.code;
  if (typeof code === "string" && /^E[A-Z]+$/.test(code)) return new CustodyError("INPUT_INVALID", messageOf(thrown));
  return new CustodyError("BUG", messageOf(thrown), { remedy: "This is a mistake in the verifier. Please report it." });
}

process.exitCode = await main(process.argv.slice(2)).catch(fail);
