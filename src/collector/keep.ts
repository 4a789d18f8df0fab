import { type BlobRef, MANIFEST_TYPE } from "../evidence/blob.ts";
import type { Problem } from "../evidence/fact.ts";
import { cleanMediaType, encodeManifest, MAX_MANIFEST_PROBLEMS, type ManifestCapture } from "../evidence/manifest.ts";
import { CustodyError } from "../lib/errors.ts";
import { type Instant, type Interval, iso } from "../lib/time.ts";
import type { Answer, Capture, Collector } from "./define.ts";
import type { Mask } from "./mask.ts";

/** Bytes of one capture; what is larger is uploaded instead, which streams. */
export const MAX_CAPTURE_BYTES = 64 * 1024 * 1024;

/** Stores bytes under their digest; a second time changes nothing. */
export type Put = (bytes: Uint8Array, mediaType: string) => Promise<BlobRef>;

export interface Kept {
  readonly ref: BlobRef;
  /** For the manifest. */
  readonly record: ManifestCapture;
  /** For the reader: the bytes as they were stored. */
  readonly capture: Capture;
}

/** True for what a collector may yield; one that is loaded from elsewhere was checked by nobody. */
function isAnswer(value: unknown): value is Answer {
  if (typeof value !== "object" || value === null) return false;
  const { bytes, mediaType, origin } = value as Record<string, unknown>;
  return bytes instanceof Uint8Array && typeof mediaType === "string" && typeof origin === "string";
}

/** Refuses an answer before anything is done with it: BUG for what is none, SOURCE_TOO_LARGE above 64 MiB. */
export function checkAnswer(value: unknown, collector: string): Answer {
  if (!isAnswer(value)) {
    throw new CustodyError(
      "BUG",
      `the collector ${collector} yielded something other than bytes, media type and origin`,
    );
  }
  if (value.bytes.length > MAX_CAPTURE_BYTES) {
    throw new CustodyError(
      "SOURCE_TOO_LARGE",
      `${value.origin} has ${value.bytes.length} bytes; one evidence file may have ${MAX_CAPTURE_BYTES} (64 MiB)`,
      { remedy: "Ask for a shorter window, split the file, or add it with `custody upload`." },
    );
  }
  return value;
}

/** Masks an answer and stores it. Only `put` may throw: then nothing of it is claimed. */
export async function keepAnswer(
  answer: Answer,
  context: { readonly capturedAt: Instant; readonly window: Interval; readonly mask: Mask; readonly put: Put },
): Promise<Kept> {
  const { mask, capturedAt, window } = context;
  const { bytes, masked } = mask.bytes(answer.bytes);
  const mediaType = cleanMediaType(answer.mediaType);
  const ref = await context.put(bytes, mediaType);
  const origin = mask.text(answer.origin);
  const parameters = answer.parameters === undefined ? {} : { parameters: mask.json(answer.parameters) };
  const { request, status, headers, modifiedAt } = answer;
  const record: ManifestCapture = {
    digest: ref.digest,
    size: ref.size,
    mediaType: ref.mediaType,
    origin,
    capturedAt: iso(capturedAt),
    ...(isTime(modifiedAt) ? { modifiedAt: iso(modifiedAt) } : {}),
    ...(request ? { request: { method: request.method, url: mask.text(request.url) } } : {}),
    ...(Number.isSafeInteger(status) ? { status } : {}),
    ...(headers ? { headers: mask.json(headers) as Record<string, string> } : {}),
    ...parameters,
    masked: [...masked],
  } as ManifestCapture;
  return { ref, record, capture: { bytes, mediaType: ref.mediaType, origin, capturedAt, window, ...parameters } };
}

/** Within what a Date can spell; a file system may answer anything. */
function isTime(at: Instant | undefined): at is Instant {
  return at !== undefined && Math.abs(at) < 8.64e15 && at > -6.2e13 && at < 2.5e14;
}

/** Stores the list of captures of one run, message or import. */
export async function keepManifest(
  content: {
    readonly instance: string;
    readonly collector: Collector;
    readonly window: Interval;
    readonly detail?: string;
    readonly captures: readonly ManifestCapture[];
    readonly problems: readonly Problem[];
  },
  put: Put,
): Promise<BlobRef> {
  const { instance, collector, window, detail } = content;
  const bytes = encodeManifest({
    v: 1,
    instance,
    use: collector.name,
    window: { from: iso(window.from), to: iso(window.to) },
    reader: collector.reader,
    ...(detail === undefined ? {} : { detail }),
    captures: [...content.captures],
    problems: content.problems.slice(0, MAX_MANIFEST_PROBLEMS).map(({ where, message }) => ({ where, message })),
  });
  return put(bytes, MANIFEST_TYPE);
}
