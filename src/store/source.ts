import { newDigest } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { MAX_IN_MEMORY, MAX_OBJECT, type StoreSource } from "./store.ts";

/**
 * The pieces of a source, of which the last is held back until size and digest are proven. Throws INPUT_INVALID when the
 * bytes are not those announced: a file that grows while it is read must not be stored under the hash of its past.
 */
export async function* checkedPieces(key: string, source: StoreSource): AsyncGenerator<Uint8Array> {
  const hash = newDigest();
  let held: Uint8Array | undefined;
  let size = 0;
  for await (const piece of source.open()) {
    if (piece.length === 0) continue;
    size += piece.length;
    if (size > source.size) throw changed(key, `${source.size} bytes`, "more");
    hash.update(piece);
    if (held) yield held;
    held = piece;
  }
  if (size < source.size) throw changed(key, `${source.size} bytes`, `${size}`);
  const digest = hash.digest("hex");
  if (digest !== source.digest) throw changed(key, `SHA-256 ${source.digest}`, digest);
  if (held) yield held;
}

function changed(key: string, expected: string, found: string): CustodyError {
  return new CustodyError(
    "INPUT_INVALID",
    `the source of ${key} changed while it was read: ${expected} expected, ${found} found`,
    {
      remedy: "Wait until nothing writes to the file any more, then try again.",
    },
  );
}

/** Throws INPUT_TOO_LARGE for what cannot be handled in memory. */
export function checkInMemory(where: string, size: number): void {
  if (size <= MAX_IN_MEMORY) return;
  throw new CustodyError("INPUT_TOO_LARGE", `${where}: ${size} bytes, at most ${MAX_IN_MEMORY} are handled in memory`);
}

/** Throws INPUT_TOO_LARGE for what no store takes in one piece. */
export function checkObjectSize(where: string, size: number): void {
  if (size <= MAX_OBJECT) return;
  throw new CustodyError(
    "INPUT_TOO_LARGE",
    `${where}: ${size} bytes, at most ${MAX_OBJECT} (5 GiB) are stored as one object`,
    {
      remedy: "Split the file and store its parts.",
    },
  );
}
