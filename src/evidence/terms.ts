import { z } from "zod";
import { isDigest } from "../lib/digest.ts";
import { fromIso, parseDuration } from "../lib/time.ts";
import { isZone } from "../lib/zone.ts";

/** What the fields of records are made of. */

export const Time = z.string().refine((t) => {
  try {
    fromIso(t);
    return true;
  } catch {
    return false;
  }
}, "expected a time like 2026-11-20T16:40:10.123Z");
export const Digest = z.string().refine(isDigest, "expected 64 lower-case hex digits");
/** Chosen by people, but a name of a thing, never of a person and never free text. */
export const Id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$/, "expected letters, digits and . _ : @ / + -");
/** A short word: of a closed list, a severity, a version, a time, an Id. */
export const Label = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@/+ -]{0,199}$/, "expected a word without punctuation");
export const Duration = z
  .string()
  .refine((d) => parseDuration(d) !== undefined, "expected a duration such as 15m, 6h or 3d");
export const Zone = z.string().refine(isZone, "expected an IANA zone such as Europe/Berlin");
// A member more than this version knows must not make a record unread: a later version's revocation would pass unseen.
export const Window = z.object({ from: Time, to: Time });
/** Size and root, base64, of the log or a part of it from its beginning. */
export const Head = z.object({ size: z.int().min(0), root: z.string() });
