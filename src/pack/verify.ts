import { blobKey } from "../evidence/blob.ts";
import { isKind } from "../evidence/entry.ts";
import { digestOf, isDigest } from "../lib/digest.ts";
import { isCustodyError, messageOf } from "../lib/errors.ts";
import { fromIso } from "../lib/time.ts";
import { parseVkey, type Verifier } from "../tlog/verifier.ts";
import { carefulReader } from "../verify/careful.ts";
import { type Finding, Findings } from "../verify/finding.ts";
import type { LogReader } from "../verify/reader.ts";
import { type VerifyOptions, type VerifyResult, verifyLedger } from "../verify/verify.ts";
import { fileName } from "./contents.ts";
import { decodePackJson, type Omitted, PACK_FILES, type PackJson } from "./pack-json.ts";
import { below, type PackFiles } from "./reader.ts";
import { checkReceipts } from "./receipts.ts";
import { judgeOmissions, Selector } from "./select.ts";
import { checkListed, checkSums, Hashes } from "./sums.ts";
import { headsText, type ListedHead } from "./words.ts";

/** What a pack says of itself, checked against what it holds, beside the verdicts on the log in it. */
export interface PackFacts {
  readonly origin: string;
  readonly period: PackJson["period"];
  readonly software: string;
  /** Evidence files that are not in it, by the reason that its list gives. */
  readonly outsidePeriod: number;
  readonly deletedLater: number;
  /** Held back by whoever made the pack; the first hundred. Nothing shows that this was right. */
  readonly withheld: readonly Omitted[];
  readonly withheldCount: number;
  readonly receipts: number;
  /** Files outside `store/` that its list names. */
  readonly files: number;
  /** The reports in it. No signature is over them, but that of a signed record that names their digest. */
  readonly reports: readonly PackedReport[];
}

export interface PackedReport {
  readonly path: string;
  readonly digest: string;
  /** The first signed record of a report with this digest; undefined where none names it. */
  readonly record: number | undefined;
}

export interface PackResult extends VerifyResult {
  /** Undefined where pack.json cannot be read. */
  readonly pack: PackFacts | undefined;
}

const WITHHELD_TOLD = 100;
/** Heads that a list is compared with; whoever holds the key can sign any number. */
const MAX_HEADS = 20_000;
const MAX_MANIFEST_BYTES = 32 * 1024 ** 2;

/**
 * Verifies a pack: the log in it as any other (`verifyLedger`), and that everything else in it is what its lists say and what
 * follows from the records. Believes nothing of the lists that it can recompute.
 */
export async function verifyPack(
  files: PackFiles,
  options: Omit<VerifyOptions, "omitted" | "hashed">,
): Promise<PackResult> {
  const findings = new Findings();
  const careful: PackFiles = { ...carefulReader(files, findings), top: files.top, damaged: files.damaged };
  const sizes = await listFiles(careful, findings);
  checkNames(sizes, findings);
  const pack = await readPackJson(careful, findings);
  const selector = pack && new Selector({ from: fromIso(pack.period.from), to: fromIso(pack.period.to) });
  const heads: ListedHead[] = [];
  const made = new Map<string, number>();
  const store = below(files, PACK_FILES.store);
  const hashes = new Hashes(careful);
  const result = await verifyLedger(store, {
    ...options,
    omitted: new Set(pack?.omitted.map(({ digest }) => digest)),
    seen: (recorded) => {
      const { index, entry } = recorded;
      options.seen?.(recorded);
      selector?.add(index, entry);
      if (isKind(entry, "report") && made.size < MAX_HEADS)
        for (const { sha256 } of entry.files ?? []) if (!made.has(sha256)) made.set(sha256, index);
      if (isKind(entry, "head") && heads.length < MAX_HEADS) heads.push(listedHead(index, entry));
    },
    hashed: (digest, found) => hashes.note(digest, found),
  });
  const { unsigned } = result.checked;
  if (result.root !== undefined && unsigned > 0)
    findings.add(
      "pack-altered",
      `${PACK_FILES.store}seq/`,
      `${result.size} records, all of them signed`,
      `${unsigned} more`,
    );
  if (pack !== undefined) {
    checkAbout(pack, result, files.top, findings);
    await checkListed(pack, sizes, hashes, findings);
    if (selector !== undefined && result.asOf !== undefined)
      await checkOmissions(pack, selector, store, sizes, findings);
  }
  await checkSums(careful, sizes, hashes, findings);
  if (result.root !== undefined && result.asOf !== undefined) {
    const about = { origin: result.origin ?? "", size: result.size, root: result.root, asOf: result.asOf };
    if (heads.length < MAX_HEADS) await checkHeads(careful, headsText(about, heads), findings);
    await checkReceipts(careful, sizes, result, findings);
  }
  checkDamage(files, [...result.findings, ...findings.list], findings);
  return combine(result, findings, pack, { sizes, reports: await reportsIn(sizes, hashes, made, result) });
}

/** The files of reports, each with the signed record that names it. What is not signed, or not as it was, names nothing. */
async function reportsIn(
  sizes: ReadonlyMap<string, number>,
  hashes: Hashes,
  made: ReadonlyMap<string, number>,
  { asOf, size = 0 }: VerifyResult,
): Promise<PackedReport[]> {
  // Only where every record was found to be the signed one: a record that was altered may name anything.
  const proven = asOf !== undefined;
  const reports: PackedReport[] = [];
  for (const path of [...sizes.keys()].filter((one) => one.startsWith(PACK_FILES.report)).sort()) {
    const digest = await hashes.of(path);
    const record = digest === undefined || !proven ? undefined : made.get(digest);
    if (digest !== undefined)
      reports.push({ path, digest, record: record !== undefined && record < size ? record : undefined });
  }
  return reports;
}

/** The key that lies in a pack. It came with it, so it shows nothing until somebody has compared it. Throws KEY_UNUSABLE. */
export async function keyInPack(files: Pick<LogReader, "get">): Promise<Verifier | undefined> {
  const bytes = await files.get(PACK_FILES.key);
  return bytes && parseVkey(new TextDecoder().decode(bytes.subarray(0, 1000)));
}

async function listFiles(files: PackFiles, findings: Findings): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { key, size, instead } of files.list("")) {
    // What lies in the store is judged there.
    if (instead !== undefined && !key.startsWith(PACK_FILES.store))
      findings.add("pack-altered", key, "an ordinary file", instead);
    else sizes.set(key, size);
  }
  return sizes;
}

/** Some disks hold only one of two names that differ by case: then what is seen there is not what was checked. */
function checkNames(sizes: ReadonlyMap<string, number>, findings: Findings): void {
  const names = new Set<string>();
  // Each file and the folders above it, up to one that was there already.
  for (const path of sizes.keys())
    for (let end = path.length; end > 0 && !names.has(path.slice(0, end)); end = path.lastIndexOf("/", end - 1))
      names.add(path.slice(0, end));
  const spelled = new Map<string, string>();
  for (const name of names) {
    const other = spelled.get(name.toLowerCase());
    if (other === undefined) spelled.set(name.toLowerCase(), name);
    else findings.add("pack-altered", name, `no name like ${other} but for case`, name);
  }
}

async function readPackJson(files: PackFiles, findings: Findings): Promise<PackJson | undefined> {
  const bytes = await files.get(PACK_FILES.json);
  if (bytes === undefined) {
    findings.add("pack-altered", PACK_FILES.json, "the list of what is in the pack", "no such file");
    return undefined;
  }
  try {
    return decodePackJson(bytes);
  } catch (thrown) {
    if (!isCustodyError(thrown)) throw thrown;
    findings.add("pack-altered", PACK_FILES.json, "the list of what is in the pack", messageOf(thrown));
    return undefined;
  }
}

/** What pack.json says of the log, against the log. */
function checkAbout(pack: PackJson, result: VerifyResult, top: string | undefined, findings: Findings): void {
  const { origin, root, size, asOf } = result;
  const compare = (what: string, said: unknown, found: unknown) => {
    if (said !== found)
      findings.add("pack-altered", `${PACK_FILES.json} ${what}`, `${found}, as the log has it`, `${said}`);
  };
  if (root !== undefined) {
    compare("origin", pack.origin, origin);
    compare("size", pack.size, size);
    compare("root", pack.root, root);
  }
  if (asOf !== undefined) compare("asOf", pack.asOf, asOf);
  const folder = `${fileName(pack.origin)}-${fileName(pack.period.label)}`;
  if (top !== undefined && top !== folder) findings.add("pack-altered", `${top}/`, `the folder ${folder}/`, `${top}/`);
}

async function checkOmissions(
  pack: PackJson,
  selector: Selector,
  store: LogReader,
  sizes: ReadonlyMap<string, number>,
  findings: Findings,
): Promise<void> {
  const sizeOf = (digest: string) => sizes.get(PACK_FILES.store + blobKey(digest));
  const selection = await selector.select(async ({ digest }) => {
    if ((sizeOf(digest) ?? Number.POSITIVE_INFINITY) > MAX_MANIFEST_BYTES) return undefined;
    const bytes = await store.get(blobKey(digest));
    return bytes !== undefined && digestOf(bytes) === digest ? bytes : undefined;
  });
  for (const path of sizes.keys()) {
    const digest = path.slice(path.lastIndexOf("/") + 1);
    if (isDigest(digest) && path === PACK_FILES.store + blobKey(digest) && !selection.blobs.has(digest))
      findings.add("pack-altered", path, "only evidence files that records of the pack name", "a file of no record");
  }
  const listed = new Set(pack.omitted.map(({ digest }) => digest));
  for (const { digest, expected, found } of judgeOmissions(selection, pack.omitted, (d) => sizeOf(d) !== undefined)) {
    // A file that is neither here nor in the list was told already: it is missing.
    if (sizeOf(digest) === undefined && !listed.has(digest)) continue;
    findings.add("pack-altered", `${PACK_FILES.json} omitted ${digest}`, expected, found);
  }
}

function listedHead(
  index: number,
  entry: {
    at: string;
    size: number;
    root: string;
    sent?: string | undefined;
    use?: string | undefined;
    target?: string | undefined;
  },
): ListedHead {
  const { size, root } = entry;
  return { index, size, root, at: entry.sent ?? entry.at, use: entry.use ?? "unknown", target: entry.target ?? "-" };
}

/** heads.txt follows from the records, remarks apart. */
async function checkHeads(files: PackFiles, expected: string, findings: Findings): Promise<void> {
  const bytes = await files.get(PACK_FILES.heads);
  if (bytes === undefined) {
    findings.add("pack-altered", PACK_FILES.heads, "the list of heads that left the store", "no such file");
    return;
  }
  const data = (text: string) => text.split("\n").filter((line) => !line.startsWith("#"));
  const [found, right] = [data(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)), data(expected)];
  for (let i = 0; i < Math.max(found.length, right.length); i += 1)
    if (found[i] !== right[i])
      findings.add(
        "pack-altered",
        PACK_FILES.heads,
        right[i] || "the end of the list",
        found[i] || "the end of the list",
      );
}

/** Bytes that the ZIP's own checksum does not fit, where nothing else has said that they were changed. */
function checkDamage(files: PackFiles, told: readonly Finding[], findings: Findings): void {
  for (const path of files.damaged) {
    const inStore = path.startsWith(PACK_FILES.store) ? path.slice(PACK_FILES.store.length) : path;
    if (!told.some(({ where }) => where.includes(inStore)))
      findings.add("pack-altered", path, "the checksum that the ZIP gives for it", "another one");
  }
}

function combine(
  result: VerifyResult,
  findings: Findings,
  pack: PackJson | undefined,
  { sizes, reports }: { readonly sizes: ReadonlyMap<string, number>; readonly reports: readonly PackedReport[] },
): PackResult {
  const found = result.found + findings.total;
  const withheld = pack?.omitted.filter(({ reason }) => reason === "withheld") ?? [];
  const count = (reason: Omitted["reason"]) => pack?.omitted.filter((item) => item.reason === reason).length ?? 0;
  const { integrity } = result.verdicts;
  return {
    ...result,
    ok: found === 0,
    verdicts: {
      ...result.verdicts,
      integrity:
        findings.total === 0
          ? integrity
          : {
              word: "broken",
              reason: `${found} ${found === 1 ? "thing differs" : "things differ"} from what was signed or from what the pack's lists say`,
            },
    },
    findings: [...result.findings, ...findings.list],
    found,
    pack: pack && {
      origin: pack.origin,
      period: pack.period,
      software: pack.software,
      outsidePeriod: count("outside-period"),
      deletedLater: count("disposed"),
      withheld: withheld.slice(0, WITHHELD_TOLD),
      withheldCount: withheld.length,
      receipts: [...sizes.keys()].filter((path) => path.startsWith(PACK_FILES.receipts)).length,
      files: pack.files.length,
      reports,
    },
  };
}
