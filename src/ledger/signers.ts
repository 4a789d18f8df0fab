import { isKind } from "../evidence/entry.ts";
import { hex, sameBytes } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { fromIso, type Instant } from "../lib/time.ts";
import type { Store } from "../store/store.ts";
import { parseCheckpoint } from "../tlog/checkpoint.ts";
import { Frontier } from "../tlog/frontier.ts";
import { type Hash, leafHash } from "../tlog/merkle.ts";
import { checkNote, type Signer, type Verifier } from "../tlog/note.ts";
import { type KeyRecord, type KeyRing, keyRing, newestKey, type RingKey, sizesNamed } from "../trust/keyring.ts";
import { keyIds, loadKey } from "./keys.ts";
import { readAll } from "./read.ts";
import type { LedgerKeys } from "./signing.ts";

/** How long the key before signs beside a new one. */
export const COSIGNED_FOR = 30 * 24 * 60 * 60 * 1000;

/** What the log says about its keys, to the end of what is committed. */
export interface LogKeys {
  readonly ring: KeyRing;
  readonly statements: readonly KeyRecord[];
}

/**
 * Walks forward from a pinned key through all that is committed, signed or not: a statement carries its own signatures. Reads
 * the whole log. Anchors are not looked at: whoever writes trusts the key files in its own folder, `custody verify` is stricter.
 */
export async function readLogKeys(store: Store, pinned: Verifier): Promise<LogKeys> {
  const statements: KeyRecord[] = [];
  const leaves = new LeafRow();
  for await (const { index, bytes, entry } of readAll(store)) {
    leaves.add(leafHash(bytes));
    if (isKind(entry, "key")) statements.push({ index, entry });
  }
  const roots = leaves.roots(sizesNamed(statements));
  return { ring: keyRing([pinned], statements, (size) => roots.get(size)), statements };
}

/**
 * The keys to write with. The log's statements are read only where the pinned key is not all there is: another key file is in
 * the folder, or the checkpoint is not signed by the pinned one. Throws KEY_UNUSABLE when no key that counts is here.
 */
export async function openKeys(store: Store, folder: string, pinned: Verifier, now: Instant): Promise<LedgerKeys> {
  const ids = await keyIds(folder);
  if (ids.every((id) => id === hex(pinned.id)) && (await isSignedBy(store, pinned)))
    return { signer: await loadKey(folder, pinned) };
  const log = await readLogKeys(store, pinned);
  const here = ({ verifier }: RingKey) => ids.includes(hex(verifier.id));
  const counting = log.ring.keys
    .filter((key) => !key.former && key.retired === undefined && key.revoked === undefined)
    .sort((a, b) => (b.introduced ?? -1) - (a.introduced ?? -1));
  const [first, ...others] = counting.filter(here);
  if (first === undefined) throw await noKey(log.ring, folder, pinned, ids);
  const former = log.ring.keys.filter((key) => key.retired !== undefined || key.revoked !== undefined).filter(here);
  return {
    signer: await loadKey(folder, first.verifier),
    former: await Promise.all(
      former.map(async ({ verifier, retired, revoked }) => ({
        signer: await loadKey(folder, verifier),
        until: Math.min(retired ?? Number.POSITIVE_INFINITY, revoked?.index ?? Number.POSITIVE_INFINITY),
      })),
    ),
    cosigners: await load(folder, cosigning(log, first.verifier, now).filter(here)),
    others: await load(folder, others),
    ring: log.ring,
  };
}

/** The keys to read with: nothing can be signed with them. */
export async function viewKeys(store: Store, pinned: Verifier): Promise<LedgerKeys> {
  const blind = (verifier: Verifier): Signer => ({
    verifier,
    sign: () => Promise.reject(new CustodyError("BUG", "the ledger was opened for reading")),
  });
  if (await isSignedBy(store, pinned)) return { signer: blind(pinned), blind: true };
  const { ring } = await readLogKeys(store, pinned);
  return { signer: blind(newestKey(ring)?.verifier ?? pinned), ring, blind: true };
}

async function isSignedBy(store: Store, key: Verifier): Promise<boolean> {
  const bytes = await store.get("checkpoint");
  const checkpoint = bytes && parseCheckpoint(bytes);
  // Whatever else is the matter with it is said by whoever opens the ledger.
  if (checkpoint === undefined || checkpoint.origin !== key.name) return true;
  return checkNote(checkpoint.note, [key]).signedBy.length > 0;
}

/** The keys that introduced this one, for as long as those who have them pinned are given to notice. */
function cosigning({ ring, statements }: LogKeys, newest: Verifier, now: Instant): RingKey[] {
  const introduction = statements.find(({ entry }) => entry.action === "introduce" && entry.key === newest.vkey)?.entry;
  if (introduction === undefined || now - fromIso(introduction.at) >= COSIGNED_FOR) return [];
  const by = (introduction.signatures ?? []).map(({ key }) => key);
  return ring.keys.filter(
    ({ verifier, retired, revoked }) =>
      verifier.vkey !== newest.vkey && by.includes(verifier.vkey) && retired === undefined && revoked === undefined,
  );
}

function load(folder: string, keys: readonly RingKey[]): Promise<Signer[]> {
  return Promise.all(keys.map(({ verifier }) => loadKey(folder, verifier)));
}

async function noKey(ring: KeyRing, folder: string, pinned: Verifier, ids: readonly string[]): Promise<unknown> {
  const newest = newestKey(ring)?.verifier;
  if (newest === undefined || sameBytes(newest.raw, pinned.raw))
    return loadKey(folder, pinned).then(
      () =>
        new CustodyError("KEY_UNUSABLE", `no key of ${pinned.name} counts any more: all were retired or revoked`, {
          remedy: SUCCESSOR,
        }),
      (error: unknown) => error,
    );
  const held = ids.length === 0 ? "holds none" : `holds ${ids.map((id) => `${id}.pem`).join(", ")}`;
  return new CustodyError("KEY_UNUSABLE", `the log is signed with the key ${hex(newest.id)} now; ${folder} ${held}`, {
    remedy: `Put ${hex(newest.id)}.pem there, from the machine that rotated the key or from a backup. ${SUCCESSOR}`,
  });
}

const SUCCESSOR =
  "If no key can be had any more, `custody init DIR --successor-of .` begins a log that names this one.";

/** Leaf hashes in one row of bytes, so that a long log stays small. */
class LeafRow {
  #bytes = new Uint8Array(1024 * 32);
  #count = 0;

  add(leaf: Hash): void {
    if ((this.#count + 1) * 32 > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(leaf, this.#count * 32);
    this.#count += 1;
  }

  roots(sizes: readonly number[]): ReadonlyMap<number, Hash> {
    const found = new Map<number, Hash>();
    const frontier = Frontier.empty();
    for (const size of [...new Set(sizes)].sort((a, b) => a - b)) {
      if (size > this.#count) break;
      while (frontier.size < size) frontier.append(this.#bytes.slice(frontier.size * 32, (frontier.size + 1) * 32));
      found.set(size, frontier.root());
    }
    return found;
  }
}
