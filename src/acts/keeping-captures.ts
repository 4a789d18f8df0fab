import { recordsOf } from "../collector/facts.ts";
import type { Custody } from "../custody.ts";
import { lastNamed, type NamedFile, type Naming } from "../disposal/naming.ts";
import { MAX_TEXT, type Words } from "../evidence/act.ts";
import type { BlobRef } from "../evidence/blob.ts";
import { type EntryOf, isKind } from "../evidence/entry.ts";
import type { ManifestCapture } from "../evidence/manifest.ts";
import type { FieldValue } from "../handling/fields.ts";
import { CustodyError } from "../lib/errors.ts";
import { fromIso, type Instant } from "../lib/time.ts";
import { disposalInWords } from "../words.ts";
import { checkBytes } from "./hashing-again.ts";
import { readKept, recordHandling, recordItem } from "./keeping-custody.ts";

/** Files that the log has already, as they become evidence of an incident. */

/** A file that the log has already, as it is to become evidence. */
export interface Capture {
  readonly ref: BlobRef;
  readonly name: string | undefined;
  /** When its hash was computed, and by whom. */
  readonly hashedAt: Instant;
  readonly hashedBy: string;
  readonly capturedAt: Instant;
  /** What its own record says about it. */
  readonly values: Readonly<Record<string, FieldValue>>;
  readonly words: Words;
}

/**
 * A file of the log with what the log knows of it. Throws NOT_FOUND where no record names it or it was disposed of, and
 * VERIFICATION_FAILED where its bytes are not those that were recorded.
 */
export async function captureOf(custody: Custody, naming: Naming, digest: string): Promise<Capture> {
  const file = naming.files.get(digest);
  const remedy = "`custody show NUMBER` prints the digests of a record. Nothing was recorded.";
  if (file === undefined) throw new CustodyError("NOT_FOUND", `no record names a file ${digest}`, { remedy });
  const gone = naming.disposals.explains(digest, lastNamed(file));
  if (gone !== undefined) throw new CustodyError("NOT_FOUND", `${digest} ${disposalInWords(gone)}`, { remedy });
  if ((await checkBytes(custody, digest)) !== "matches")
    throw new CustodyError("VERIFICATION_FAILED", `the stored bytes of ${digest} are not those that were recorded`, {
      remedy: "These bytes are no evidence. `custody verify` says what else differs. Nothing was recorded.",
    });
  return describeCapture(custody, naming, file);
}

async function describeCapture(custody: Custody, naming: Naming, file: NamedFile): Promise<Capture> {
  const { digest, size, mediaType } = file;
  const records = naming.records(file);
  const [first] = records;
  const at = first === undefined ? custody.clock.now() : fromIso(first.at);
  const plain = {
    ref: { digest, size, mediaType },
    name: undefined,
    hashedAt: at,
    hashedBy: first?.actor.id ?? "custody",
    capturedAt: at,
    values: {},
    words: {},
  };
  const taking = records.find((entry) => isKind(entry, "run") || isKind(entry, "intake") || isKind(entry, "import"));
  if (taking === undefined) return plain;
  const ledger = await custody.view();
  const captures = await recordsOf(taking, (named) => ledger.blob(named));
  const known = captures.find((one) => one.digest === digest);
  if (known === undefined) return plain;
  return {
    ...plain,
    name: known.origin,
    hashedAt: fromIso(taking.at),
    hashedBy: taking.actor.id,
    capturedAt: fromIso(known.capturedAt),
    ...aboutCapture(taking, known),
  };
}

/** What the record of a capture says about it, as fields of a custody record. */
function aboutCapture(
  taking: EntryOf<"run"> | EntryOf<"intake"> | EntryOf<"import">,
  { origin, request, masked }: ManifestCapture,
): Pick<Capture, "values" | "words"> {
  const run = isKind(taking, "run") ? taking : undefined;
  const hidden = masked.reduce((sum, { count }) => sum + count, 0);
  return {
    values: {
      method: request === undefined && !/^https?:/.test(origin) ? "copy" : "api",
      collectedBy: taking.actor.id,
      ...(run === undefined ? {} : { windowFrom: run.window.from, windowTo: run.window.to }),
      ...(run?.total === undefined ? {} : { sourceTotal: run.total }),
      ...(run?.clockOffset === undefined ? {} : { clockOffset: run.clockOffset }),
    },
    words: {
      source: `${taking.instance}: ${origin}`.slice(0, MAX_TEXT),
      tool: `${taking.software} (${taking.use})`,
      ...(request === undefined ? {} : { query: `${request.method} ${request.url}`.slice(0, MAX_TEXT) }),
      ...(hidden === 0
        ? {}
        : {
            changes: `${hidden} values were masked before it was stored, by ${masked.map(({ rule }) => rule).join(", ")}`,
          }),
    },
  };
}

/** Files that one record names at most. */
const FILES_IN_RECORD = 16;

/**
 * Makes what a run brought a thing of its own, kept for an incident: every file of it, with what the run knows. Undefined
 * where it brought nothing.
 */
export async function keepRun(
  custody: Custody,
  index: number,
  { incident, authority }: { readonly incident: string; readonly authority: string },
): Promise<{ readonly id: string; readonly entry: number; readonly files: number } | undefined> {
  const run = await runAt(custody, index);
  if (run === undefined) return undefined;
  const ledger = await custody.view();
  const captures = await recordsOf(run, (digest) => ledger.blob(digest));
  const files = [...new Map(captures.map((one) => [one.digest, one])).values()].map((one) => ({
    ref: { digest: one.digest, size: one.size, mediaType: one.mediaType },
    name: one.origin,
  }));
  const [first] = captures;
  if (first === undefined) return undefined;
  const { values, words } = aboutCapture(run, first);
  const { query: _, source: __, ...common } = words;
  const taken = Math.max(...captures.map(({ capturedAt }) => fromIso(capturedAt)));
  const { id, entry } = await recordItem(custody, await readKept(custody), {
    id: undefined,
    incident,
    physical: false,
    files: files.slice(0, FILES_IN_RECORD),
    values: { ...values, hashedAt: run.at, hashedBy: run.actor.id },
    words: {
      ...common,
      title: `what ${run.instance} gave about the time of ${incident}`,
      source: run.instance,
      purpose: `kept by \`custody preserve\`, by the authority ${authority}`,
    },
    holder: undefined,
    when: { at: taken, precision: 1 },
  });
  for (let from = FILES_IN_RECORD; from < files.length; from += FILES_IN_RECORD) {
    const some = files.slice(from, from + FILES_IN_RECORD);
    await recordHandling(custody, id, [
      {
        act: "store",
        incident,
        digests: some.map(({ ref }) => ref.digest),
        evidenceFiles: some.map(({ ref }) => ref),
        values: { hashedAt: run.at, hashedBy: run.actor.id },
        words: { files: some.map(({ name }) => name) },
        when: { at: taken, precision: 1 },
      },
    ]);
  }
  return { id, entry, files: files.length };
}

async function runAt(custody: Custody, index: number): Promise<EntryOf<"run"> | undefined> {
  for await (const { entry } of (await custody.view()).read(index)) return isKind(entry, "run") ? entry : undefined;
  return undefined;
}
