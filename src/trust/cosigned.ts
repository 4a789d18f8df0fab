import { hex, sameBytes } from "../lib/digest.ts";
import { type Cosigner, readCosignatures } from "../tlog/cosignature.ts";
import { parseNote } from "../tlog/note.ts";
import type { Judged } from "./judged.ts";

/** What a note may have at most. */
export const MAX_COSIGNED_BYTES = 64 * 1024;
/** Signature lines that are looked at: the log's own, its former key's, some witnesses'. More are none of ours. */
export const MAX_LINES = 16;

/**
 * A kept checkpoint with the lines of witnesses behind it (C2SP tlog-cosignature): the bytes of the checkpoint, then nothing
 * but signature lines. A wrong line in the name of a known witness makes the whole bad; lines by others count for nothing.
 */
export function judgeCosigned(receipt: Uint8Array, checkpoint: Uint8Array, witnesses: readonly Cosigner[]): Judged {
  const expected = "the kept checkpoint with cosignatures behind it";
  if (!sameBytes(receipt.subarray(0, checkpoint.length), checkpoint))
    return { is: "bad", expected, found: "another text or other signatures" };
  const note = parseNote(receipt);
  if (note === undefined || note.signatures.length > MAX_LINES)
    return { is: "bad", expected, found: `${receipt.length} bytes that are no note of at most ${MAX_LINES} lines` };
  const { cosignatures, bad } = readCosignatures(note, witnesses);
  const [wrong] = bad;
  if (wrong !== undefined) {
    const by = `a cosignature by ${wrong.vkey} over this head`;
    return { is: "bad", expected: by, found: "one that does not match" };
  }
  if (cosignatures.length === 0) {
    const own = parseNote(checkpoint)?.signatures ?? [];
    const others = note.signatures.filter(({ name, id }) => !own.some((o) => o.name === name && sameBytes(o.id, id)));
    const named = [...new Set(others.map(({ name, id }) => `${name}+${hex(id)}`))].join(", ");
    const claimed = named === "" ? "" : `; it says it is by ${named}`;
    const why =
      witnesses.length === 0
        ? "no witness is named; name its key with --witness to have it checked"
        : "signed by none of the named witnesses";
    return { is: "unknown", why: `${why}${claimed}` };
  }
  const seen = new Map<string, number>();
  // Two lines by one witness are one witness: what it saw first counts.
  for (const { by, time } of cosignatures) seen.set(by.name, Math.min(time, seen.get(by.name) ?? time));
  return {
    is: "good",
    // The time is cut off to the second.
    seen: [...seen].map(([by, time]) => ({ by, earliest: time, latest: time + 999 })),
  };
}
