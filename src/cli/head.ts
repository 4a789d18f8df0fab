import { fromBase64, fromHex, isDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { KnownHead } from "../verify/verify.ts";

/** `SIZE:ROOT`, the root in base64 as reports and checkpoints print it, or in hex. Throws USAGE. */
export function parseHead(text: string): KnownHead {
  const [, size, root = ""] = /^(\d{1,15}):([A-Za-z0-9+/=]+)$/.exec(text) ?? [];
  const bytes = isDigest(root) ? fromHex(root) : fromBase64(root);
  if (size === undefined || bytes?.length !== 32) {
    throw new CustodyError(
      "USAGE",
      `"${text}" is not a head; expected SIZE:ROOT as a report prints it, such as 1042:GrrXn6…=`,
    );
  }
  return {
    size: Number(size),
    root: bytes,
    from: `the head ${size}:${root.slice(0, 12)}… that you named`,
    held: "outside",
  };
}
