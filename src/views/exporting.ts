import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { type Actor, isKind } from "../evidence/entry.ts";
import { base64, sameBytes } from "../lib/digest.ts";
import { CustodyError, isCustodyError } from "../lib/errors.ts";
import { type Interval, iso } from "../lib/time.ts";
import { type PackContents, PackSource } from "../pack/contents.ts";
import { encodePackJson, PACK_FILES, PACK_TYPE } from "../pack/pack-json.ts";
import { writeZip } from "../pack/zip-write.ts";
import type { ReportModel } from "../report/shape.ts";
import { PACKAGE_ROOT, SOFTWARE } from "../software.ts";
import { type Head, parseCheckpoint, signCheckpoint } from "../tlog/checkpoint.ts";
import { checkNote, parseVkey } from "../tlog/note.ts";
import { buildReportModel, renderReport, reportJson, signedSize } from "./reporting.ts";

/** Makes the pack that an auditor gets: evidence of a period, all records, proofs, report and verifier in one reproducible file. */

export interface ExportRequest {
  readonly period: Interval & { readonly label: string };
  /** Size of the log to hand out; the newest signed one unless given. */
  readonly at?: number | undefined;
  /** Evidence files that are held back, with the reason. */
  readonly withhold?: ReadonlyMap<string, string> | undefined;
  readonly recommended?: boolean | undefined;
  /** Where to write it; must not exist. */
  readonly out: string;
  /** Folder with `verify.mjs` and `verify.html`; those of this build unless given. */
  readonly verifiers?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((text: string) => void) | undefined;
}

export interface Exported extends Pick<PackContents, "pack" | "evidence" | "disposed" | "receipts"> {
  readonly bytes: number;
  /** SHA-256 of the file. */
  readonly digest: string;
  readonly files: number;
  /** The signed checkpoint in the pack, and the key that signed it. */
  readonly checkpoint: Uint8Array;
  readonly vkey: string;
  readonly model: ReportModel;
  /** SHA-256 of those files in it that are kept as evidence of incidents. */
  readonly held: readonly string[];
  /** Characters of the report that no font had. */
  readonly unprintable: number;
}

/** Writes the pack; nothing is left under its name unless it is whole. Writes nothing into the log: see `noteExport`. */
export async function exportPack(custody: Custody, request: ExportRequest): Promise<Exported> {
  const { period, progress = () => {} } = request;
  const verifiers = await readVerifiers(request.verifiers ?? join(PACKAGE_ROOT, "dist/standalone"));
  const published = await signedSize(custody, request.at);
  const size = request.at ?? published;
  progress("reading the log …");
  const model = await buildReportModel(custody, { period, at: size, recommended: request.recommended });
  const { name, zone } = custody.config.organisation;
  const origin = model.ledger.origin;
  const source = await PackSource.read(
    await custody.store(),
    {
      organisation: name,
      origin,
      period: { ...period, zone },
      size,
      software: SOFTWARE,
      withhold: request.withhold ?? new Map(),
      cited: citedRecords(model),
    },
    published,
  );
  const signed = await signedBy(custody, source, { size, root: source.log.tree.root() });
  progress("drawing the report …");
  const report = await renderReport(custody, model);
  const contents = await source.contents({ ...verifiers, ...signed, pdf: report.bytes, json: reportJson(model) });
  const files = contents.members.length;
  const written = await writeZip(request.out, contents.members, {
    signal: request.signal,
    progress: (done) => progress(`writing ${done} of ${files} files …`),
  });
  const { pack, evidence, disposed, receipts } = contents;
  const { size: bytes, digest } = written;
  const { unprintable } = report;
  const held = await heldIn(custody, contents);
  return { ...signed, pack, evidence, disposed, receipts, bytes, digest, files, model, held, unprintable };
}

const BLOB_MEMBER = /\/blob\/sha256\/[0-9a-f]{2}\/([0-9a-f]{64})$/;

/** Files of the pack that are kept as evidence of incidents: whose hands they pass through is told of each of them. */
async function heldIn(custody: Custody, { members }: PackContents): Promise<string[]> {
  const inside = new Set(members.flatMap(({ path }) => BLOB_MEMBER.exec(path)?.[1] ?? []));
  const held = new Set<string>();
  for await (const { entry } of (await custody.view()).read()) {
    if (!isKind(entry, "custody")) continue;
    for (const { digest } of entry.evidenceFiles ?? []) if (inside.has(digest)) held.add(digest);
  }
  return [...held].sort();
}

/** Files that one record of an access names. */
const IN_ONE_ACCESS = 500;

/**
 * Logs that the pack was handed out: the head that left, what was in the pack, and the SHA-256 of its file. The same pack
 * made again is not logged again. Returns the record that names the report in it, undefined where the signing key is not here. Evidence of incidents in it is named file by file, so
 * that the custody record of each tells of it.
 */
export async function noteExport(
  custody: Custody,
  exported: Exported,
  actor: () => Promise<Actor>,
): Promise<number | undefined> {
  const { pack, digest, held } = exported;
  const ledger = await custody.ledger().catch((error: unknown) => {
    if (isCustodyError(error, "KEY_UNUSABLE") || isCustodyError(error, "STORE_UNFIT")) return undefined;
    throw error;
  });
  if (ledger === undefined) return undefined;
  const by = { actor: await actor(), once: "" };
  const once = (what: string) => ({ ...by, once: `pack:${digest}:${what}` });
  // The same pack made by somebody else has left once more.
  const access = (part = "") => ({ kind: "access" as const, ...once(`access:${by.actor.id}${part}`), purpose: "pack" });
  const checkpoint = await ledger.put(exported.checkpoint, "text/plain; charset=utf-8");
  const report = await ledger.put(encodePackJson(pack), PACK_TYPE);
  const { size, root, period } = pack;
  const files = pack.files
    .filter(({ path }) => path.startsWith(PACK_FILES.report))
    .map(({ path, digest: sha256 }) => ({
      form: path.endsWith(".pdf") ? ("pdf" as const) : ("json" as const),
      sha256,
    }));
  const sent = iso(custody.clock.now());
  const [, named] = await ledger.append([
    { kind: "head", ...once("head"), size, root, use: "pack", target: "pack", sent, checkpoint },
    { kind: "report", ...once("list"), period: { from: period.from, to: period.to }, size, report, files },
    { ...access(), digests: [digest, ...held.slice(0, IN_ONE_ACCESS)] },
    ...chunksOf(held.slice(IN_ONE_ACCESS)).map((digests, i) => ({ ...access(`:${i + 1}`), digests })),
  ]);
  await publish(custody);
  return named?.index;
}

function chunksOf(digests: readonly string[]): string[][] {
  const count = Math.ceil(digests.length / IN_ONE_ACCESS);
  return Array.from({ length: count }, (_, i) => digests.slice(i * IN_ONE_ACCESS, (i + 1) * IN_ONE_ACCESS));
}

/** Numbers of the records that a report cites, so that what it says can be followed in the pack also where it began earlier. */
function citedRecords(model: ReportModel): ReadonlySet<number> {
  const cited = new Set<number>();
  const walk = (value: unknown, key: string): void => {
    if (typeof value === "number" && CITING.test(key)) cited.add(value);
    else if (Array.isArray(value)) for (const item of value) walk(item, key);
    else if (typeof value === "object" && value !== null)
      for (const [name, member] of Object.entries(value)) walk(member, name);
  };
  // What verification counted are no records.
  walk({ ...model, verification: null }, "");
  return cited;
}

const CITING = /^(entry|entries|firstEntry|lastEntry)$/;

/**
 * A signed checkpoint of exactly this head, and the key it is signed with. The one that left the store first is taken, so
 * that the pack of an old size stays the same; else the store's own; else it is signed anew, which gives the same bytes,
 * where the key is here. What only revoked keys signed comes last.
 */
async function signedBy(
  custody: Custody,
  source: PackSource,
  head: Head,
): Promise<{ checkpoint: Uint8Array; vkey: string }> {
  const store = await custody.store();
  const digests = source.heads.flatMap(({ entry }) =>
    entry.size === head.size && entry.checkpoint ? [entry.checkpoint.digest] : [],
  );
  const candidates: (() => Promise<Uint8Array | undefined>)[] = [...new Set(digests)].map(
    (digest) => async () => (await custody.view()).blob(digest),
  );
  candidates.push(() => store.get("checkpoint"));
  candidates.push(async () => {
    const { signer } = await custody.parts(store).catch((error: unknown) => {
      if (isCustodyError(error, "KEY_UNUSABLE")) return { signer: undefined };
      throw error;
    });
    return signer && signCheckpoint(signer.verifier.name, head, [signer]);
  });
  const { vkey: pinned } = await custody.view();
  const keys = [...new Set([...source.keys, pinned])].map(parseVkey);
  let revoked: { checkpoint: Uint8Array; vkey: string } | undefined;
  for (const candidate of candidates) {
    const checkpoint = await candidate();
    const parsed = checkpoint && parseCheckpoint(checkpoint);
    if (
      checkpoint === undefined ||
      parsed === undefined ||
      parsed.size !== head.size ||
      !sameBytes(parsed.root, head.root)
    )
      continue;
    const signers = checkNote(parsed.note, keys).signedBy.map((key) => key.vkey);
    // The newest key in the order of the log, whichever is pinned here now.
    const vkey = keys.findLast((key) => signers.includes(key.vkey) && !source.revoked.has(key.vkey))?.vkey;
    if (vkey !== undefined) return { checkpoint, vkey };
    if (signers[0] !== undefined) revoked ??= { checkpoint, vkey: signers[0] };
  }
  if (revoked !== undefined) return revoked;
  throw new CustodyError(
    "KEY_UNUSABLE",
    `there is no signed fingerprint of the first ${head.size} records (${head.size}:${base64(head.root)}), and the signing key is not here`,
    { remedy: "Leave out --at, name a size that a report or a published head gives, or run this where the key is." },
  );
}

/** The files of a pack that come with Custody. */
async function readVerifiers(folder: string): Promise<{ program: Uint8Array; page: Uint8Array; steps: Uint8Array }> {
  const read = async (path: string): Promise<Uint8Array> => {
    try {
      return await readFile(path);
    } catch (cause) {
      throw new CustodyError("NOT_FOUND", `${path}, which belongs into every pack, is missing from this installation`, {
        cause,
        remedy: "Install Custody again, or run `npm run build` in its folder.",
      });
    }
  };
  return {
    program: await read(join(folder, PACK_FILES.program)),
    page: await read(join(folder, PACK_FILES.page)),
    steps: await read(join(PACKAGE_ROOT, "docs/VERIFY.md")),
  };
}
