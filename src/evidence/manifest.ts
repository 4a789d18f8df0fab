import { z } from "zod";
import { canonicalBytes, type Json } from "../lib/canonical.ts";
import { CustodyError } from "../lib/errors.ts";
import { fromIso } from "../lib/time.ts";
import { BlobRef } from "./blob.ts";

/**
 * The list of captures of one run, message or import, in the order in which they were taken, with what an entry may not
 * hold: names, addresses, words. One canonical JSON blob of type MANIFEST_TYPE; docs/FORMAT.md is the specification.
 */

const Time = z.string().refine((text) => {
  try {
    fromIso(text);
    return true;
  } catch {
    return false;
  }
}, "expected a time like 2026-11-20T16:40:10.123Z");

export const ManifestCapture = z.looseObject({
  ...BlobRef.shape,
  /** Path or URL, without any secret. */
  origin: z.string(),
  capturedAt: Time,
  modifiedAt: Time.optional(),
  request: z.looseObject({ method: z.string(), url: z.string() }).optional(),
  status: z.int().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** What the reader must know beside the bytes. */
  parameters: z.json().optional(),
  /** Rules that hid something, and how often; empty for an original. */
  masked: z.array(z.looseObject({ rule: z.string(), count: z.int() })),
});
export type ManifestCapture = z.infer<typeof ManifestCapture>;

export const Manifest = z.looseObject({
  v: z.literal(1),
  instance: z.string(),
  use: z.string(),
  window: z.looseObject({ from: Time, to: Time }),
  /** Version of the reader at that time. */
  reader: z.int(),
  /** Why not everything, in words. */
  detail: z.string().optional(),
  captures: z.array(ManifestCapture),
  /** What should be mended at the source; the first 100. */
  problems: z.array(z.looseObject({ where: z.string(), message: z.string() })),
});
export type Manifest = z.infer<typeof Manifest>;

/** Problems beyond this number are counted in the entry and found again by reading the captures. */
export const MAX_MANIFEST_PROBLEMS = 100;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Half surrogates, as a file name may hold them, become U+FFFD: canonical JSON has no spelling for them. */
function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return decoder.decode(encoder.encode(value));
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [wellFormed(key), wellFormed(member)]));
}

/** Canonical bytes of a manifest. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return canonicalBytes(wellFormed(manifest) as Json);
}

/** Reads a manifest. Throws INPUT_INVALID for bytes that are none. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CustodyError("INPUT_INVALID", "a manifest that is not JSON", { cause });
  }
  const checked = Manifest.safeParse(value);
  if (!checked.success) throw new CustodyError("INPUT_INVALID", `a manifest: ${z.prettifyError(checked.error)}`);
  return checked.data;
}

/** The media type as a BlobRef may hold it: type in lower case, parameters without quotes; what does not fit becomes plain bytes. */
export function cleanMediaType(mediaType: string): string {
  const [type = "", ...parameters] = mediaType.split(";");
  const kept = parameters.flatMap((parameter) => {
    const match = /^([A-Za-z]+)="?([A-Za-z0-9._-]+)"?$/.exec(parameter.trim());
    return match ? [`${match[1]?.toLowerCase()}=${match[2]}`] : [];
  });
  const clean = [type.trim().toLowerCase(), ...kept].join("; ");
  return BlobRef.shape.mediaType.safeParse(clean).success ? clean : "application/octet-stream";
}
