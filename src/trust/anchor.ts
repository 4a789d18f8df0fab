import { type BlobRef, blobKey } from "../evidence/blob.ts";
import type { EntryOf } from "../evidence/entry.ts";
import { base64, fromBase64, sameBytes } from "../lib/digest.ts";
import type { Instant } from "../lib/time.ts";
import { type Checkpoint, type Head, parseCheckpoint } from "../tlog/checkpoint.ts";
import { type Cosigner, parseCosignerKey } from "../tlog/cosignature.ts";
import type { Hash } from "../tlog/merkle.ts";
import { checkNote } from "../tlog/note.ts";
import type { Certificate } from "../tsp/certificate.ts";
import { judgeCosigned, MAX_COSIGNED_BYTES, MAX_LINES } from "./cosigned.ts";
import type { Judged } from "./judged.ts";
import type { KeyRing } from "./keyring.ts";
import { judgeStamp, MAX_STAMP_BYTES } from "./stamp.ts";
import { standingOf } from "./standing.ts";

/** A `head` entry and its place in the log. */
export interface HeadRecord {
  readonly index: number;
  readonly entry: EntryOf<"head">;
}

/** Outside parties that whoever verifies trusts; never taken from the store. */
export interface Outside {
  /** Roots of time stamping services. */
  readonly stampRoots: readonly Certificate[];
  /** Witnesses, as vkeys of cosigners (type 0x04). */
  readonly witnesses: readonly string[];
}

/** A head that somebody outside vouches for. */
export interface Anchor extends Head {
  readonly kind: "timestamp" | "witness";
  /** Index of the `head` entry it was found in. */
  readonly index: number;
  /** Name of the witness, or subject of the time stamping service. */
  readonly by: string;
  /** The range in which the outside clock places it. */
  readonly earliest: Instant;
  readonly latest: Instant;
  /** Time stamps: up to when it stands by itself. */
  readonly validUntil?: Instant;
  /** False once `validUntil` is over and no later anchor that stands covers the entry it was found in. */
  readonly standing: boolean;
}

/** What does not fit, in words for a finding. */
export interface Misfit {
  readonly where: string;
  readonly expected: string;
  readonly found: string;
}

export interface Anchors {
  /** In the order of their records. */
  readonly anchors: readonly Anchor[];
  /** Kept proofs that prove nothing: an altered receipt, another head, a signature that is none. */
  readonly invalid: readonly Misfit[];
  /** Kept checkpoints with a signature that counts, of another log than this one: it was rewritten since. */
  readonly forked: readonly Misfit[];
  /** Kept proofs by parties that nobody here trusts or knows: neither good nor bad. */
  readonly unknown: readonly { readonly index: number; readonly kind: Anchor["kind"]; readonly why: string }[];
  /** Kept proofs that were not looked at, because there are more than anybody needs. */
  readonly skipped: number;
}

/** Proofs that are looked at; each costs signatures, and whoever holds the key can record any number. */
export const MAX_PROOFS = 2_000;
/** Ours have 200 to 400; they stay in memory while the proofs are looked at. */
const MAX_CHECKPOINT_BYTES = 16 * 1024;

/**
 * Checks every head that left the store against the log, and what came back for it. `heads` are `head` entries of the
 * signed log in order; `blob` gives bytes that were hashed against their name; `rootAt` the log's own roots. Of more than
 * MAX_PROOFS time stamps and cosignatures as many are taken evenly, the first and the newest among them. Throws KEY_UNUSABLE
 * for a witness that is none.
 */
export async function verifyAnchors(
  heads: readonly HeadRecord[],
  blob: (digest: string) => Promise<Uint8Array | undefined>,
  rootAt: (size: number) => Hash | undefined,
  ring: KeyRing,
  outside: Outside,
  now: Instant,
): Promise<Anchors> {
  // The log's own key under another name is nobody outside.
  const own = ring.keys.map(({ verifier }) => verifier.raw);
  const witnesses = outside.witnesses.map(parseCosignerKey).filter((w) => !own.some((raw) => sameBytes(raw, w.raw)));
  const bench = new Bench(blob, ring, outside.stampRoots, witnesses);
  const invalid: Misfit[] = [];
  const forked: Misfit[] = [];
  const unknown: Anchors["unknown"][number][] = [];
  const anchors: Omit<Anchor, "standing">[] = [];
  const proofs = heads.filter(({ entry }) => kindOf(entry) !== undefined);
  const chosen = new Set(evenly(proofs, MAX_PROOFS));

  for (const record of heads) {
    const { index, entry } = record;
    if (entry.use === undefined) continue;
    const kind = kindOf(entry);
    const root = entry.size > index ? undefined : rootAt(entry.size);
    if (root === undefined || base64(root) !== entry.root) {
      if (forked.length + invalid.length >= MAX_PROOFS) continue;
      const list = root && (await bench.isSigned(entry)) ? forked : invalid;
      list.push(contradiction(record, root));
      continue;
    }
    if (kind === undefined || !chosen.has(record)) continue;
    const judged = await bench.judge(kind, entry);
    if (judged.is === "good") {
      for (const seen of judged.seen) anchors.push({ kind, index, size: entry.size, root, ...seen });
    } else if (judged.is === "unknown") {
      unknown.push({ index, kind, why: judged.why });
    } else {
      const { expected, found } = judged;
      invalid.push({ where: placeOf(record, entry.receipt ?? entry.checkpoint), expected, found });
    }
  }
  return {
    anchors: standingOf(anchors, now),
    invalid,
    forked,
    unknown,
    skipped: proofs.length - chosen.size,
  };
}

function kindOf({ use }: EntryOf<"head">): Anchor["kind"] | undefined {
  return use === "timestamp" || use === "witness" ? use : undefined;
}

/** At most `count` of them, evenly, with the first and the last: a chain of renewals must not lose its ends or its middle. */
function evenly<T>(list: readonly T[], count: number): readonly T[] {
  if (list.length <= count) return list;
  return Array.from({ length: count }, (_, i) => list[Math.round((i * (list.length - 1)) / (count - 1))] as T);
}

function placeOf({ index }: HeadRecord, ref: BlobRef | undefined): string {
  return ref === undefined ? `entry ${index}` : `${blobKey(ref.digest)} named by entry ${index}`;
}

function contradiction(record: HeadRecord, root: Hash | undefined): Misfit {
  const { index, entry } = record;
  const where = placeOf(record, entry.checkpoint);
  return root === undefined
    ? { where, expected: `a head of at most ${index} records`, found: `one of ${entry.size}` }
    : { where, expected: `root ${base64(root)} at ${entry.size} records`, found: `root ${entry.root}` };
}

/** A kept checkpoint: who signed it, or what is wrong with it. */
type Kept =
  | { readonly checkpoint: Checkpoint; readonly bytes: Uint8Array; readonly signed: boolean; readonly bad: boolean }
  | "missing"
  | "malformed";

/** Judges kept files, each combination once: a thousand records may name the same ones. */
class Bench {
  readonly #blob: (digest: string) => Promise<Uint8Array | undefined>;
  readonly #ring: KeyRing;
  readonly #roots: readonly Certificate[];
  readonly #witnesses: readonly Cosigner[];
  readonly #kept = new Map<string, Promise<Kept>>();
  readonly #judged = new Map<string, Promise<Judged>>();

  constructor(
    blob: (digest: string) => Promise<Uint8Array | undefined>,
    ring: KeyRing,
    roots: readonly Certificate[],
    witnesses: readonly Cosigner[],
  ) {
    this.#blob = blob;
    this.#ring = ring;
    this.#roots = roots;
    this.#witnesses = witnesses;
  }

  /** Whether the head of an entry is in a checkpoint with a signature that counts. */
  async isSigned({ size, root, checkpoint: ref }: EntryOf<"head">): Promise<boolean> {
    const kept = ref && (await this.#keptOf(ref));
    if (kept === undefined || typeof kept === "string" || !kept.signed || kept.bad) return false;
    return kept.checkpoint.size === size && base64(kept.checkpoint.root) === root;
  }

  judge(kind: Anchor["kind"], entry: EntryOf<"head">): Promise<Judged> {
    const key = [kind, entry.size, entry.root, entry.checkpoint?.digest, entry.receipt?.digest].join(" ");
    const known = this.#judged.get(key) ?? this.#judge(kind, entry);
    this.#judged.set(key, known);
    return known;
  }

  async #judge(kind: Anchor["kind"], entry: EntryOf<"head">): Promise<Judged> {
    const { checkpoint: ref, receipt: receiptRef, size, root } = entry;
    if (ref === undefined || receiptRef === undefined) return { is: "unknown", why: "the record names no answer" };
    const kept = await this.#keptOf(ref);
    if (kept === "missing") return GONE;
    const expected = `the signed checkpoint of ${size} records`;
    if (kept === "malformed") return { is: "bad", expected, found: "a file that is none" };
    const { checkpoint } = kept;
    if (checkpoint.size !== size || !sameBytes(checkpoint.root, fromBase64(root) ?? new Uint8Array()))
      return { is: "bad", expected: `${expected} with root ${root}`, found: "a checkpoint of another head" };
    if (kept.bad) return { is: "bad", expected, found: "a signature that does not match" };
    if (!kept.signed)
      return { is: "unknown", why: "its checkpoint is signed by none of the keys that count here; name the older key" };
    const limit = kind === "timestamp" ? MAX_STAMP_BYTES : MAX_COSIGNED_BYTES;
    if (receiptRef.size > limit)
      return { is: "bad", expected: `an answer of at most ${limit} bytes`, found: `${receiptRef.size} bytes` };
    const receipt = await this.#blob(receiptRef.digest);
    if (receipt === undefined) return GONE;
    return kind === "timestamp"
      ? judgeStamp(receipt, kept.bytes, this.#roots)
      : judgeCosigned(receipt, kept.bytes, this.#witnesses);
  }

  #keptOf(ref: BlobRef): Promise<Kept> {
    const known = this.#kept.get(ref.digest) ?? this.#keep(ref);
    this.#kept.set(ref.digest, known);
    return known;
  }

  async #keep({ digest, size }: BlobRef): Promise<Kept> {
    if (size > MAX_CHECKPOINT_BYTES) return "malformed";
    const bytes = await this.#blob(digest);
    if (bytes === undefined) return "missing";
    const checkpoint = parseCheckpoint(bytes);
    if (checkpoint === undefined || checkpoint.note.signatures.length > MAX_LINES) return "malformed";
    const keys = this.#ring.keys.map(({ verifier }) => verifier).filter(({ name }) => name === checkpoint.origin);
    const { signedBy, bad } = checkNote(checkpoint.note, keys);
    return { checkpoint, bytes, signed: signedBy.length > 0, bad: bad.length > 0 };
  }
}

const GONE: Judged = { is: "unknown", why: "its files are not here" };
