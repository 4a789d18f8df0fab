import { createHash } from "node:crypto";

const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();

/** RFC 6962 §2.1, as it is written there. */
function treeHash(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return sha256(Uint8Array.of(0), leaves[0] as Uint8Array);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Uint8Array.of(1), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

/** Entries of a log, out of the lines of `seq/` and nothing else. */
export function linesOf(objects: ReadonlyMap<string, Uint8Array>): Uint8Array[] {
  return [...objects]
    .filter(([key]) => key.startsWith("seq/"))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, bytes]) => Buffer.from(bytes).toString("utf8").trimEnd().split("\n"))
    .map((line) => Buffer.from(line));
}

/**
 * What C2SP tlog-tiles says each object there is under `tile/` must hold, worked out from its key and `seq/` by definition.
 * Shares no code with the ledger.
 */
export function* derivedObjects(objects: ReadonlyMap<string, Uint8Array>): Generator<[string, Buffer]> {
  const entries = linesOf(objects);
  for (const key of objects.keys()) {
    const match = /^tile\/(entries|\d+)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(key);
    if (!match) {
      if (key.startsWith("tile/")) yield [key, Buffer.from("no such object should be there")];
      continue;
    }
    const n = Number((match[2] ?? "").replaceAll(/[x/]/g, ""));
    const width = Number(match[3] ?? 256);
    const unit = match[1] === "entries" ? 1 : 256 ** Number(match[1]);
    const parts = Array.from({ length: width }, (_, i) =>
      entries.slice((n * 256 + i) * unit, (n * 256 + i + 1) * unit),
    );
    if (parts.some((part) => part.length < unit)) yield [key, Buffer.from("there are not so many entries")];
    else if (match[1] !== "entries") yield [key, Buffer.concat(parts.map(treeHash))];
    else yield [key, Buffer.concat(parts.flat().flatMap((e) => [Uint8Array.of(e.length >> 8, e.length & 255), e]))];
  }
}
