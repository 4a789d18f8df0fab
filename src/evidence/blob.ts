import { z } from "zod";
import { isDigest } from "../lib/digest.ts";

/**
 * Names stored bytes: SHA-256 as lower-case hex, size in bytes, media type. Wherever an entry or a manifest holds one, the
 * bytes are evidence. Other members may stand beside these.
 */
export const BlobRef = z.object({
  digest: z.string().refine(isDigest, "expected 64 lower-case hex digits"),
  size: z.int().min(0),
  mediaType: z.string().regex(/^[a-z]+\/[a-z0-9.+-]+(; ?[a-z]+=[a-zA-Z0-9._-]+)*$/),
});
export type BlobRef = z.infer<typeof BlobRef>;

/** Where a blob lies in every store: `blob/sha256/ab/abcd…`. */
export function blobKey(digest: string): string {
  return `blob/sha256/${digest.slice(0, 2)}/${digest}`;
}

/** A list of evidence too long for an entry, or with more to say than an entry may hold (names, addresses). */
export const MANIFEST_TYPE = "application/vnd.custody.manifest+json";

/** The reference an object is, whatever else stands beside the three fields. */
function refOf(value: object): BlobRef | undefined {
  if (!("digest" in value && "size" in value && "mediaType" in value)) return undefined;
  const { digest, size, mediaType } = value;
  return BlobRef.safeParse({ digest, size, mediaType }).data;
}

/**
 * Every blob that a record names, at any depth and under any field, so that kinds and fields unknown to this version are
 * covered as well.
 */
export function blobRefs(value: unknown, depth = 0): BlobRef[] {
  // Deeper than any record of ours; a hostile manifest could otherwise exhaust the stack.
  if (typeof value !== "object" || value === null || depth > 64) return [];
  const own = refOf(value);
  const inside = Object.values(value).flatMap((member) => blobRefs(member, depth + 1));
  return own ? [own, ...inside] : inside;
}
