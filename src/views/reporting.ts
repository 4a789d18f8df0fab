import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { assessControls } from "../assess/assess.ts";
import { nilReturnsOf } from "../assess/nil-return.ts";
import { named } from "../assess/sign-off.ts";
import { isDisposed } from "../collector/facts.ts";
import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { OWN_REGISTER } from "../incidents/register.ts";
import { canonicalBytes } from "../lib/canonical.ts";
import { digestOf } from "../lib/digest.ts";
import { CustodyError, isCustodyError } from "../lib/errors.ts";
import { type Interval, iso } from "../lib/time.ts";
import { namesOf } from "../people.ts";
import type { ReportInput } from "../report/input.ts";
import { buildReport } from "../report/model.ts";
import type { ReportModel } from "../report/shape.ts";
import { SOFTWARE } from "../software.ts";
import { parseCheckpoint } from "../tlog/checkpoint.ts";
import type { Verifier } from "../tlog/note.ts";
import { type Anchors, type Outside, verifyAnchors } from "../trust/anchor.ts";
import { keyRing, sizesNamed } from "../trust/keyring.ts";
import { independenceVerdict, timeVerdict } from "../verify/outside.ts";
import { completenessOf, freshnessVerdict } from "../verify/verdict.ts";
import { verifyLedger } from "../verify/verify.ts";
import { accountOf } from "./accounting.ts";
import { criteriaOf } from "./criteria.ts";
import { assessmentOf, catalogueIn, type Gathered, readLedger } from "./gathering.ts";
import type { MadeReport } from "./noting-reports.ts";
import { outsideOf } from "./outside.ts";
import { casesIn, eventsIn } from "./reported-cases.ts";
import { samplesOf } from "./sampled.ts";
import { holdsSaid, keyRows } from "./statements.ts";

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

/**
 * Writes the report as PDF or, for a name that ends in `.json`, as its model. All of it or nothing. Writes nothing into the log:
 * see `noteReport`.
 */
export async function writeReport(
  custody: Custody,
  request: ReportRequest,
  out: string,
): Promise<{
  model: ReportModel;
  made: MadeReport;
  bytes: number;
  pages: number | undefined;
  unprintable: number;
}> {
  const model = await buildReportModel(custody, request);
  const rendered = out.endsWith(".json") ? undefined : await renderReport(custody, model);
  const bytes = rendered?.bytes ?? reportJson(model);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(`${out}.part`, bytes);
  await rename(`${out}.part`, out);
  const made: MadeReport = {
    form: rendered === undefined ? "json" : "pdf",
    digest: digestOf(bytes),
    bytes: bytes.length,
    period: { from: request.period.from, to: request.period.to },
    size: model.ledger.size,
    ...(request.controls?.length ? { controls: [...request.controls] } : {}),
    ...(request.recommended === undefined ? {} : { recommended: request.recommended }),
    software: model.software,
  };
  return { model, made, bytes: bytes.length, pages: rendered?.pages, unprintable: rendered?.unprintable ?? 0 };
}

/** The report as PDF; `unprintable` counts the characters that no font had. */
export async function renderReport(
  custody: Custody,
  model: ReportModel,
): Promise<{ bytes: Uint8Array; pages: number; unprintable: number }> {
  // Loaded when it is needed: commands that only read the log the same way do not wait for a PDF library.
  const [{ renderPdf }, { loadFonts }, { audit }] = await Promise.all([
    import("../report/pdf.ts"),
    import("../report/fonts.ts"),
    import("../../reports/audit.ts"),
  ]);
  const rendered = await renderPdf(model, loadFonts({ configured: custody.config.fonts }), audit);
  const unprintable = [...rendered.unprintable.values()].reduce((sum, { times }) => sum + times, 0);
  return { bytes: rendered.bytes, pages: rendered.pages, unprintable };
}

/** The report's model as canonical JSON. */
export function reportJson(model: ReportModel): Uint8Array {
  return canonicalBytes(JSON.parse(JSON.stringify(model)));
}

/**
 * How many records are signed. What is committed is signed first; only for an earlier size, and where the key is not here
 * or the store takes nothing, that is left out.
 */
export async function signedSize(custody: Custody, at: number | undefined): Promise<number> {
  const ledger = await custody.ledger().catch((error: unknown) => {
    if (at !== undefined && (isCustodyError(error, "KEY_UNUSABLE") || isCustodyError(error, "STORE_UNFIT")))
      return undefined;
    throw error;
  });
  if (ledger !== undefined) return (await publish(custody)).size;
  // Opening it compares the checkpoint with key and guard.
  await custody.view();
  const bytes = await (await custody.store()).get("checkpoint");
  return (bytes && parseCheckpoint(bytes)?.size) ?? 0;
}

async function gather(custody: Custody, request: ReportRequest): Promise<ReportInput> {
  const { config } = custody;
  const signed = await signedSize(custody, request.at);
  const ledger = await custody.view();
  const size = request.at ?? signed;
  if (size < 1 || size > signed) {
    throw new CustodyError("USAGE", `--at ${size}: the log has ${signed} records`, {
      remedy: "Name a size that the log has had.",
    });
  }
  const found = await readLedger(custody, size);
  const { bytes, catalogue } = await catalogueIn(custody, found);
  const about = (use: string) => config.collectors.find((collector) => collector.name === use);
  const asOf = found.history.asOf;
  const names = await namesOf(custody);
  const holds = holdsSaid(found.holds);
  const roots = found.leaves.roots(sizesNamed(found.keys));
  const judged = assessmentOf(custody, found, catalogue, request.period, names);
  const controls = assessControls({
    ...judged,
    holds: holds.map(({ id, entry, at, released }) => ({ id, entry, from: at, to: released?.at })),
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
    rules: await criteriaOf(found),
    cases: casesIn(custody, found),
    events: eventsIn(found),
    samples: await samplesOf(custody, found, request.period),
    ...accountOf(found, controls, request.period, config.organisation.zone),
    history: found.history,
    conditions: found.conditions,
    about,
    facts: found.facts,
    problems: found.problems.filter((problem) => !isDisposed(problem)),
    evidence: found.evidence,
    uploads: found.uploads,
    acts: found.acts,
    register: {
      instance: OWN_REGISTER,
      kept: found.registerLog.kept,
      mistaken: found.mistaken.map(({ id, title, times, createdAt, withdrawal, newest }) => ({
        id,
        title,
        opened: times.detectedAt?.at ?? createdAt,
        reason: withdrawal?.reason ?? undefined,
        by: names.get(withdrawal?.by.id ?? "") ?? withdrawal?.by.id ?? "nobody",
        entry: withdrawal?.index ?? newest,
      })),
    },
    disposed: found.disposed,
    keys: keyRows(
      { genesis: found.genesis, statements: found.keys, rootAt: (n) => roots.get(n), vkey: ledger.vkey },
      size,
    ),
    holds,
    controls: wanted,
    nilReturns: nilReturnsOf(judged),
    signOffs: found.signOffs.counting.map((one) => named(one, names)),
    voidSignOffs: found.signOffs.void.map((one) => named(one, names)),
    recommended: request.recommended,
    onlyControls: request.controls,
    ...(await verification(custody, found, size)),
  };
}

/**
 * The store is verified as a whole; what is printed of it is only what concerns the reported size, so that a report made
 * again later, from a longer log with newer outside proofs, is the same.
 */
async function verification(
  custody: Custody,
  found: Gathered,
  size: number,
): Promise<Pick<ReportInput, "anchor" | "verification">> {
  const outside = await outsideOf(custody.config);
  const keys = [await custody.pinnedKey()];
  const result = await verifyLedger(await custody.store(), { keys, outside });
  const gone = new Set(
    [...found.disposed, ...result.disposed.filter(({ digest }) => found.blobs.has(digest))].map((one) => one.digest),
  );
  const but = gone.size === 0 ? "" : `; of these ${gone.size} ${gone.size === 1 ? "was" : "were"} lawfully deleted`;
  const integrity = result.ok
    ? { word: "intact" as const, reason: `all ${size} records and their evidence files are as they were signed${but}` }
    : result.verdicts.integrity;
  const blobs = [...found.blobs.values()].filter(({ digest }) => !gone.has(digest));
  const anchors = await anchorsAt(custody, found, keys, outside);
  const [first] = anchors.anchors.filter(({ standing }) => standing).sort((a, b) => a.latest - b.latest);
  // Where the records are not those that were signed, nothing that they hold dates them.
  const proven = result.asOf !== undefined;
  return {
    ...(proven && first
      ? {
          anchor: {
            at: first.latest,
            what: `${first.kind === "witness" ? "witness" : "time stamp of"} ${first.by}, over the first ${first.size} records`,
          },
        }
      : {}),
    verification: {
      ...result,
      verdicts: {
        integrity,
        time: proven ? timeVerdict(anchors, size) : result.verdicts.time,
        independence: proven ? independenceVerdict(anchors, [], size) : result.verdicts.independence,
        completeness: proven ? completenessOf(found.history) : result.verdicts.completeness,
        freshness: proven ? freshnessVerdict(found.history) : result.verdicts.freshness,
      },
      checked: {
        ...result.checked,
        entries: size,
        unsigned: 0,
        blobs: blobs.length,
        bytes: blobs.reduce((sum, ref) => sum + ref.size, 0),
      },
    },
  };
}

/** What outside parties vouch for, as the reported records hold it, at the time of the last of them. */
async function anchorsAt(
  custody: Custody,
  found: Gathered,
  keys: readonly Verifier[],
  outside: Outside,
): Promise<Anchors> {
  const view = await custody.view();
  const roots = found.leaves.roots([...sizesNamed(found.keys), ...found.heads.map(({ entry }) => entry.size)]);
  const rootAt = (size: number) => roots.get(size);
  const blob = async (digest: string) => {
    const bytes = await view.blob(digest);
    return bytes !== undefined && digestOf(bytes) === digest ? bytes : undefined;
  };
  return verifyAnchors(found.heads, blob, rootAt, keyRing(keys, found.keys, rootAt), outside, found.history.asOf);
}

/** File name of a report: `2026-Q3.pdf`, with the size when it is not the newest. */
export function reportName(period: { label: string; from: number }, at: number | undefined): string {
  const label = /^[A-Za-z0-9.-]+$/.test(period.label) ? period.label : iso(period.from).slice(0, 10);
  return `${label}${at === undefined ? "" : `@${at}`}.pdf`;
}
