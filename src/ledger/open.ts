import { decodeEntry } from "../evidence/entry.ts";
import { digestOf, sameBytes } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Store } from "../store/store.ts";
import { type Checkpoint, type Head, parseCheckpoint } from "../tlog/checkpoint.ts";
import { Frontier } from "../tlog/frontier.ts";
import { leafHash, verifyInclusion } from "../tlog/merkle.ts";
import { checkNote, type Verifier } from "../tlog/note.ts";
import { edgeTiles, inclusionProof } from "../tlog/proof.ts";
import { bundleKey, TILE_WIDTH } from "../tlog/tile.ts";
import { altered } from "./contradiction.ts";
import { Log } from "./log.ts";
import { readBundle } from "./read.ts";

/**
 * The store's checkpoint from its bytes; undefined where there is none. Throws KEY_NOT_PINNED for that of another log and
 * LEDGER_ALTERED for one that no key that counts at its size has signed.
 */
export function readCheckpoint(
  store: Store,
  origin: string,
  trusted: (size: number) => readonly Verifier[],
  bytes: Uint8Array | undefined,
): Checkpoint | undefined {
  if (bytes === undefined) return undefined;
  const checkpoint = parseCheckpoint(bytes);
  if (checkpoint === undefined) throw altered(store, "checkpoint", "is not a signed checkpoint");
  if (checkpoint.origin !== origin) {
    throw new CustodyError(
      "KEY_NOT_PINNED",
      `${store.place} belongs to the log "${checkpoint.origin}"; the pinned key is of "${origin}"`,
      { remedy: "Check `store:` and ledger.vkey: they belong to different ledgers." },
    );
  }
  const keys = trusted(checkpoint.size);
  const { signedBy, bad } = checkNote(checkpoint.note, keys);
  if (signedBy.length === 0 || bad.length > 0) {
    const names = keys.map(({ vkey }) => vkey).join(" or ");
    throw altered(
      store,
      "checkpoint",
      `is not signed by the pinned key or one that it introduced (${names || "none counts"})`,
    );
  }
  return checkpoint;
}

/** The end of the log as a signed head says it was, from the tree's right edge and the last bundle. Throws LEDGER_ALTERED. */
export async function restoreLog(store: Store, { size, root }: Head): Promise<Log> {
  const fetch = (key: string) => store.get(key);
  const edge = await edgeTiles(fetch, size);
  const frontier = Frontier.from(size, edge);
  if (!sameBytes(frontier.root(), root))
    throw altered(store, "tile/", `does not hash to the root of the checkpoint of size ${size}`);
  if (size === 0) return new Log();

  const n = Math.floor((size - 1) / TILE_WIDTH);
  const entries = await readBundle(store, n, size);
  const last = entries.at(-1) ?? new Uint8Array();
  // The entries of an unfinished bundle will be written again in the full one, so each of them must be the signed one.
  const right =
    entries.length < TILE_WIDTH
      ? entries.every((entry, i) => sameBytes(leafHash(entry), edge[0]?.[i] ?? new Uint8Array()))
      : verifyInclusion(size - 1, size, leafHash(last), await inclusionProof(fetch, size - 1, size), root);
  if (!right) throw altered(store, bundleKey(n, entries.length), "does not hold the entries that the checkpoint signs");
  const link = { index: size, prev: digestOf(last), at: decodeEntry(last).at };
  return new Log(link, frontier, entries.length < TILE_WIDTH ? entries : []);
}
