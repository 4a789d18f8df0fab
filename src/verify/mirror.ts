import { batchKey } from "../evidence/batch.ts";
import { blobKey } from "../evidence/blob.ts";
import { fromBase64, sameBytes } from "../lib/digest.ts";
import { carefulReader } from "./careful.ts";
import { Findings } from "./finding.ts";
import { takeInventory } from "./inventory.ts";
import type { LogReader } from "./reader.ts";
import { type Known, type KnownHead, type VerifyOptions, type VerifyResult, verifyLedger } from "./verify.ts";

/** What a mirror holds, as a store by itself. */
export interface MirrorReading {
  readonly place: string;
  readonly result: VerifyResult;
  /** Its signed head, which the store must continue; undefined when it has none that counts. In the operator's hands, so it vouches for nothing. */
  readonly head: KnownHead | undefined;
}

/** Verifies a mirror by itself, with the same keys. What it lacks beside the store is told by `compareMirror`. */
export async function readMirror(
  mirror: LogReader & { readonly place: string },
  options: Omit<VerifyOptions, "since">,
): Promise<MirrorReading> {
  const { place } = mirror;
  const result = await verifyLedger(mirror, options);
  const root = result.root === undefined ? undefined : fromBase64(result.root);
  const head = root && { size: result.size, root, from: `the mirror ${place}`, held: "guard" as const };
  return { place, result, head };
}

/** What the mirror has and the store no longer has, lawfully. */
export interface MirrorTally {
  /** Objects that were found equal. */
  readonly compared: number;
  /** Files that were disposed of in the store and are still in the mirror. */
  readonly undisposed: readonly string[];
}

/**
 * Compares a mirror with its store: everything up to the mirror's size is there with the same bytes, and nothing else. Each
 * difference, and each thing that is wrong with the mirror itself, is a `mirror-differs`.
 */
export async function compareMirror(
  store: LogReader,
  mirror: LogReader,
  { result, place, head }: MirrorReading,
  known: Known,
  findings: Findings,
): Promise<MirrorTally> {
  const at = (key: string) => `mirror ${place}: ${key}`;
  for (const { code, where, expected, found } of result.findings) {
    // What the mirror could no longer be given, because it was disposed of before.
    if (code === "blob-missing" && known.disposals.all.some(({ digest }) => where.startsWith(blobKey(digest))))
      continue;
    findings.add("mirror-differs", at(where), expected, `${found} (${code})`);
  }
  // What lies under a name and is none of ours was told with the mirror's own findings.
  const reader = carefulReader(mirror, new Findings());
  const its = await takeInventory(reader, new Findings());
  const size = head?.size ?? 0;
  let compared = 0;
  const compare = async (key: string) => {
    const [ours, theirs] = [await store.get(key), await reader.get(key)];
    if (ours === undefined || theirs === undefined) return;
    compared += 1;
    if (!sameBytes(ours, theirs))
      findings.add("mirror-differs", at(key), `the ${ours.length} bytes of the store`, `${theirs.length} other bytes`);
  };

  const theirBatches = new Set(its.batches);
  const ourBatches = new Set(known.inventory.batches);
  for (const first of known.inventory.batches) {
    if (theirBatches.has(first)) await compare(batchKey(first));
    else if (first < size)
      findings.add("mirror-differs", at(batchKey(first)), "the batch that the store has", "no such object");
  }
  for (const first of its.batches)
    if (!ourBatches.has(first))
      findings.add(
        "mirror-differs",
        at(batchKey(first)),
        "no batch, as in the store",
        "a batch that the store does not have",
      );

  const ourTiles = new Set(known.inventory.tiles.map(({ key }) => key));
  for (const { key, name } of its.tiles) {
    if (ourTiles.has(key)) await compare(key);
    // A partial one may be of a size at which only the mirror was brought up to date; its bytes follow from the records.
    else if (name.width === 256)
      findings.add("mirror-differs", at(key), "no tile, as in the store", "a tile that the store does not have");
  }

  const undisposed: string[] = [];
  const disposed = new Set(known.disposals.all.map(({ digest }) => digest));
  for (const [digest, length] of its.blobs) {
    const ours = known.inventory.blobs.get(digest);
    if (ours === length) compared += 1;
    else if (ours !== undefined)
      findings.add("mirror-differs", at(blobKey(digest)), `the ${ours} bytes of the store`, `${length} bytes`);
    else if (disposed.has(digest)) undisposed.push(digest);
    else
      findings.add(
        "mirror-differs",
        at(blobKey(digest)),
        "the same file in the store",
        "it is in the mirror only, from where it can be brought back",
      );
  }
  return { compared, undisposed };
}
