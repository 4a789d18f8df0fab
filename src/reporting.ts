import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { audit } from "../reports/audit.ts";
import { assessControls } from "./assess/assess.ts";
import { loadCatalogue } from "./assess/catalogue.ts";
import { capturesOf, readFacts } from "./collector/facts.ts";
import type { Custody } from "./custody.ts";
import type { Recorded } from "./evidence/batch.ts";
import { type BlobRef, blobRefs } from "./evidence/blob.ts";
import { type EntryOf, isKind } from "./evidence/entry.ts";
import type { Observed } from "./evidence/fact.ts";
import { canonicalBytes } from "./lib/canonical.ts";
import { digestOf } from "./lib/digest.ts";
import { CustodyError } from "./lib/errors.ts";
import { fromIso, type Interval, iso } from "./lib/time.ts";
import { loadFonts } from "./report/fonts.ts";
import type { EvidenceItem, ObservedProblem, ReportInput, UploadInput } from "./report/input.ts";
import { buildReport } from "./report/model.ts";
import { renderPdf } from "./report/pdf.ts";
import type { ReportModel } from "./report/shape.ts";
import { History } from "./slots/history.ts";
import { SOFTWARE } from "./software.ts";
import { Frontier } from "./tlog/frontier.ts";
import { leafHash } from "./tlog/merkle.ts";
import { completenessOf, freshnessVerdict } from "./verify/verdict.ts";
import { verifyLedger } from "./verify/verify.ts";
import { catalogueBytes } from "./work.ts";

/** Gathers a report's input from the ledger itself at a given size, never from the index, and renders it. */

export interface ReportRequest {
  readonly period: Interval & { readonly label: string };
  /** Size of the log to report on; the newest signed one unless given. */
  readonly at?: number | undefined;
  /** These controls only. */
  readonly controls?: readonly string[] | undefined;
  readonly recommended?: boolean | undefined;
}

/** The report as one plain object. The ledger is published first, so that what is reported is signed. */
export async function buildReportModel(custody: Custody, request: ReportRequest): Promise<ReportModel> {
  return buildReport(await gather(custody, request));
}

/** Writes the report as PDF or, for a name that ends in `.json`, as its model. All of it or nothing. */
export async function writeReport(
  custody: Custody,
  request: ReportRequest,
  out: string,
): Promise<{ model: ReportModel; bytes: number; pages: number | undefined; unprintable: number }> {
  const model = await buildReportModel(custody, request);
  const rendered = out.endsWith(".json")
    ? undefined
    : await renderPdf(model, loadFonts({ configured: custody.config.fonts }), audit);
  const bytes = rendered?.bytes ?? canonicalBytes(JSON.parse(JSON.stringify(model)));
  await mkdir(dirname(out), { recursive: true });
  await writeFile(`${out}.part`, bytes);
  await rename(`${out}.part`, out);
  const missing =
    rendered === undefined ? 0 : [...rendered.unprintable.values()].reduce((sum, { times }) => sum + times, 0);
  return { model, bytes: bytes.length, pages: rendered?.pages, unprintable: missing };
}

async function gather(custody: Custody, request: ReportRequest): Promise<ReportInput> {
  const { config } = custody;
  const ledger = await custody.ledger();
  const head = await ledger.publish();
  const size = request.at ?? head.size;
  if (size < 1 || size > head.size) {
    throw new CustodyError("USAGE", `--at ${size}: the log has ${head.size} records`, {
      remedy: "Name a size that the log has had.",
    });
  }
  const found = await readLedger(custody, size);
  const bytes =
    found.config?.catalogue === undefined
      ? await catalogueBytes()
      : ((await ledger.blob(found.config.catalogue.digest)) ?? (await catalogueBytes()));
  const catalogue = loadCatalogue(new TextDecoder().decode(bytes));
  const about = (use: string) => config.collectors.find((collector) => collector.name === use);
  const asOf = found.history.asOf;
  const controls = assessControls({
    catalogue,
    period: request.period,
    histories: found.history,
    facts: found.facts,
    problems: found.problems,
    asOf,
    yields: (use) => about(use)?.facts,
  });
  const wanted = request.controls?.length
    ? controls.filter((control) => request.controls?.includes(control.id))
    : controls;
  if (wanted.length === 0)
    throw new CustodyError("USAGE", `there is no control ${request.controls?.join(", ")}`, {
      remedy: `Known are ${controls.map((c) => c.id).join(", ")}.`,
    });
  return {
    organisation: config.organisation,
    scope: config.scope,
    people: config.people,
    period: request.period,
    size,
    root: found.frontier.root(),
    origin: ledger.origin,
    vkey: ledger.vkey,
    chainHead: found.chainHead,
    asOf,
    genesis: found.genesis,
    catalogue: { name: catalogue.catalogue, version: catalogue.version, digest: digestOf(bytes) },
    software: SOFTWARE,
    history: found.history,
    about,
    facts: found.facts,
    problems: found.problems,
    evidence: found.evidence,
    uploads: found.uploads,
    controls: wanted,
    recommended: request.recommended,
    verification: await verification(custody, found, size),
  };
}

interface Gathered {
  readonly history: History;
  readonly frontier: Frontier;
  readonly facts: Observed[];
  readonly problems: ObservedProblem[];
  readonly evidence: EvidenceItem[];
  readonly uploads: UploadInput[];
  readonly blobs: Map<string, BlobRef>;
  genesis: EntryOf<"genesis">;
  config: EntryOf<"config"> | undefined;
  chainHead: string;
}

/** One pass over the first `size` entries and the captures that they name. */
async function readLedger(custody: Custody, size: number): Promise<Gathered> {
  const ledger = await custody.ledger();
  const blob = (digest: string) => ledger.blob(digest);
  const history = new History();
  const frontier = Frontier.empty();
  const found: Omit<Gathered, "genesis"> = {
    history,
    frontier,
    facts: [],
    problems: [],
    evidence: [],
    uploads: [],
    blobs: new Map(),
    config: undefined,
    chainHead: "",
  };
  let genesis: EntryOf<"genesis"> | undefined;
  for await (const recorded of ledger.read()) {
    if (recorded.index >= size) break;
    const { entry } = recorded;
    history.add(recorded.index, entry);
    frontier.append(leafHash(recorded.bytes));
    found.chainHead = recorded.digest;
    for (const ref of blobRefs(entry)) found.blobs.set(ref.digest, ref);
    if (isKind(entry, "genesis")) genesis = entry;
    if (isKind(entry, "config")) found.config = entry;
    if (isKind(entry, "upload")) found.uploads.push(await uploadOf(entry, blob));
    await readEvidence(custody, recorded, blob, found);
  }
  if (genesis === undefined)
    throw new CustodyError("LEDGER_ALTERED", "the log does not begin with a genesis record", {
      remedy: "Run `custody verify`.",
    });
  return { ...found, genesis };
}

type Blob = (digest: string) => Promise<Uint8Array | undefined>;

async function readEvidence(
  custody: Custody,
  { entry, index }: Recorded,
  blob: Blob,
  found: Omit<Gathered, "genesis">,
): Promise<void> {
  if (!isKind(entry, "run") && !isKind(entry, "intake") && !isKind(entry, "import")) return;
  const read = await readFacts(entry, blob, custody.config.collectors);
  found.facts.push(...read.facts);
  found.problems.push(...read.problems);
  for await (const { record } of capturesOf(entry, blob)) {
    const { digest, size, mediaType, origin, capturedAt, masked } = record;
    found.blobs.set(digest, { digest, size, mediaType });
    found.evidence.push({
      instance: entry.instance,
      use: entry.use,
      kind: entry.kind,
      entry: index,
      capturedAt: fromIso(capturedAt),
      digest,
      size,
      mediaType,
      origin,
      covers: "window" in entry ? { from: fromIso(entry.window.from), to: fromIso(entry.window.to) } : undefined,
      late: isKind(entry, "run") && (entry.trigger === "backfill" || entry.trigger === "catch-up"),
      masked: masked.reduce((sum, { count }) => sum + count, 0),
    });
  }
}

async function uploadOf(entry: EntryOf<"upload">, blob: Blob): Promise<UploadInput> {
  const bytes = await blob(entry.manifest.digest);
  const manifest =
    bytes === undefined
      ? {}
      : (JSON.parse(new TextDecoder().decode(bytes)) as {
          reason?: unknown;
          files?: { digest: string; name: unknown }[];
        });
  const nameOf = (digest: string) => manifest.files?.find((file) => file.digest === digest)?.name;
  return {
    entry: entry.index,
    at: fromIso(entry.at),
    by: entry.actor.id,
    controls: entry.controls,
    captured: entry.captured === undefined ? undefined : fromIso(entry.captured),
    incident: entry.incident,
    reason: typeof manifest.reason === "string" ? manifest.reason : undefined,
    files: entry.evidence.map(({ digest, size }) => ({ name: String(nameOf(digest) ?? "unnamed"), digest, size })),
  };
}

/**
 * The store is verified as a whole; what is printed of it is only what concerns the reported size, so that a report made
 * again later, from a longer log, is the same.
 */
async function verification(
  custody: Custody,
  found: Gathered,
  size: number,
): Promise<NonNullable<ReportInput["verification"]>> {
  const result = await verifyLedger(await custody.store(), { keys: [await custody.pinnedKey()] });
  const integrity = result.ok
    ? { word: "intact" as const, reason: `all ${size} records and their evidence files are as they were signed` }
    : result.verdicts.integrity;
  const blobs = [...found.blobs.values()];
  return {
    ...result,
    verdicts: {
      ...result.verdicts,
      integrity,
      completeness: completenessOf(found.history),
      freshness: freshnessVerdict(found.history),
    },
    checked: {
      ...result.checked,
      entries: size,
      unsigned: 0,
      blobs: blobs.length,
      bytes: blobs.reduce((sum, ref) => sum + ref.size, 0),
    },
  };
}

/** File name of a report: `2026-Q3.pdf`, with the size when it is not the newest. */
export function reportName(period: { label: string; from: number }, at: number | undefined): string {
  const label = /^[A-Za-z0-9.-]+$/.test(period.label) ? period.label : iso(period.from).slice(0, 10);
  return `${label}${at === undefined ? "" : `@${at}`}.pdf`;
}
