import type { Recorded } from "../evidence/batch.ts";
import { base64, sameBytes } from "../lib/digest.ts";
import type { Instant } from "../lib/time.ts";
import { iso } from "../lib/time.ts";
import type { Checkpoint, Head } from "../tlog/checkpoint.ts";
import type { Verifier } from "../tlog/note.ts";
import { type Outside, verifyAnchors } from "../trust/anchor.ts";
import type { Disposals, Disposed } from "../trust/disposals.ts";
import { type Attested, keyRing, type SafeSizes, sizesNamed } from "../trust/keyring.ts";
import { hashedBlob, References, verifyBlobs } from "./blobs.ts";
import { carefulReader } from "./careful.ts";
import { walkChain } from "./chain.ts";
import { judgeCheckpoint, readCheckpoint, signersOf } from "./checkpoint.ts";
import { type ClaimedWitness, claimedWitnesses } from "./claims.ts";
import { type Finding, Findings } from "./finding.ts";
import { type Inventory, takeInventory } from "./inventory.ts";
import { Leaves, sameLeaf } from "./leaves.ts";
import { independenceVerdict, timeVerdict } from "./outside.ts";
import type { LogReader } from "./reader.ts";
import { judgeRevocations } from "./revocation.ts";
import { type IsSigned, type Predecessor, Said } from "./said.ts";
import { type SigningKeys, signingKeys } from "./signing.ts";
import { isLongEnough, verifySince } from "./since.ts";
import { batchOf, rightCopy, verifyTree } from "./tree.ts";
import { completenessOf, freshnessVerdict, unjudged, type Verdicts } from "./verdict.ts";

export interface VerifyOptions {
  /** Keys that are trusted, pinned outside the store. Never taken from it. */
  readonly keys: readonly Verifier[];
  /** Keys that were pinned here before these. They vouch for nothing; by them an older state is told from a stranger's log. */
  readonly earlier?: readonly Verifier[];
  /** Heads that are known from elsewhere; the log must continue each. */
  readonly since?: readonly KnownHead[];
  /** When it is looked at: what has run out by then no longer stands by itself. The time of the last record unless stated. */
  readonly now?: Instant;
  /** Outside parties that are trusted; without any their proofs are neither good nor bad. */
  readonly outside?: Outside;
  /** Digests that a pack leaves out on purpose, as its list says. */
  readonly omitted?: ReadonlySet<string>;
  /** Look at names and sizes of evidence files instead of hashing them. */
  readonly quick?: boolean;
  /** Further looks at the same store, whose findings count like all others. */
  readonly further?: readonly ((known: Known, findings: Findings) => Promise<void>)[];
  /** Told every record below the checkpoint's size as it is read. It is the log's only if the answer has an `asOf`. */
  readonly seen?: (recorded: Recorded) => void;
  /** Told of each evidence file that was hashed the digest in its name and that of its bytes. */
  readonly hashed?: (digest: string, found: string) => void;
}

/** What is known of a store once its records are. */
export interface Known {
  readonly inventory: Inventory;
  /** Those that are proven to be signed. */
  readonly disposals: Disposals;
}

/** A head known from elsewhere. */
export interface KnownHead extends Head {
  /** Where from, for messages. */
  readonly from: string;
  /** `guard`: this installation's own memory, which vouches for nothing. `outside`: it left the operator's hands. */
  readonly held: "guard" | "outside";
}

export interface VerifyResult {
  /** INTEGRITY is intact. Says nothing about the other verdicts. */
  readonly ok: boolean;
  readonly origin: string | undefined;
  readonly size: number;
  /** Base64, as in the checkpoint. */
  readonly root: string | undefined;
  /** Time of the last signed entry. */
  readonly asOf: string | undefined;
  readonly verdicts: Verdicts;
  readonly checked: {
    readonly entries: number;
    readonly unsigned: number;
    readonly blobs: number;
    readonly bytes: number;
    /** Evidence files that a pack leaves out on purpose. */
    readonly omitted: number;
  };
  /** Evidence files that were lawfully deleted. */
  readonly disposed: readonly Disposed[];
  /** Evidence files that are not there, where something else that differs keeps it from being judged whether lawfully. */
  readonly unjudged: readonly Disposed[];
  /** Which keys were trusted, which signed, and how the ones lead to the others. */
  readonly keys: SigningKeys;
  /**
   * Keys of witnesses that the log names and that are not trusted here, where it keeps proofs by a witness that do not count.
   * The operator's word: whoever wants to rely on a witness asks the witness for its key.
   */
  readonly claimedWitnesses: readonly ClaimedWitness[];
  /** Records that a person has looked through after the key they were signed with was revoked. */
  readonly attested: readonly Attested[];
  /** The log that this one goes on from, as its first record says. */
  readonly predecessor: Predecessor | undefined;
  readonly findings: readonly Finding[];
  /** All findings, also those beyond the listed ones. */
  readonly found: number;
}

/**
 * Recomputes a ledger from its bytes and says what differs from what was signed. Needs a way to read the store and keys
 * pinned outside of it, nothing else; believes nothing it has not hashed.
 */
export async function verifyLedger(store: LogReader, options: VerifyOptions): Promise<VerifyResult> {
  const findings = new Findings();
  const reader = carefulReader(store, findings);
  const claimed = await readCheckpoint(reader, findings);
  const inventory = await takeInventory(reader, findings);

  const leaves = new Leaves();
  const references = new References();
  const log = new Said();
  let entries = 0;
  let last = -1;
  // Where batches overlap one place was read twice, and what counted of the first may be anybody's.
  let twice = false;
  for await (const recorded of walkChain(reader, inventory.batches, leaves, findings)) {
    entries += 1;
    twice ||= recorded.index <= last;
    last = Math.max(last, recorded.index);
    references.add(recorded);
    if (recorded.index < (claimed?.size ?? 0)) {
      log.add(recorded);
      options.seen?.(recorded);
    }
  }
  // The copy that fits the checkpoint, whoever signed that: an altered record must not make statements look like another log's.
  const fitting = claimed && (await rightCopy(store, inventory, leaves, claimed));
  const named = (fitting ?? leaves).roots(sizesNamed(log.keys));
  const settle = (safe?: SafeSizes) => keyRing(options.keys, log.keys, (size) => named.get(size), safe);
  const ring = settle();
  const earlier = options.earlier ?? [];
  const isStrange = claimed !== undefined && isStrangeTo(log, claimed, options.keys);
  const judged = claimed && judgeCheckpoint(claimed, ring, { earlier, isStrange }, findings);
  const checkpoint = judged === "counts" ? claimed : undefined;
  // Where a statement about keys was altered nobody reaches the key any more: what else differs is still told. So it is of a
  // state that was signed before a change of keys. By a checkpoint that was altered itself nothing is measured.
  const isOlder = claimed !== undefined && signersOf(claimed, earlier).length > 0;
  const mayCompare = judged === "untrusted" && (ring.refused.length > 0 || isOlder);
  const compared = checkpoint ?? (mayCompare ? claimed : undefined);
  const size = checkpoint?.size ?? 0;
  const since = options.since ?? [];

  // What entries say counts once they are known to be the signed ones.
  let proven = false;
  let truth: Leaves | undefined;
  let continued: readonly KnownHead[] = [];
  if (compared !== undefined) {
    if (leaves.length < compared.size)
      findings.add(
        "entry-missing",
        `seq/ entry ${leaves.length}`,
        `${compared.size} entries, as signed`,
        `${leaves.length} entries`,
      );
    const right = await verifyTree(reader, inventory, leaves, compared, findings);
    proven = checkpoint !== undefined && right === leaves && !twice;
    truth = checkpoint && right;
    continued = verifySince(right ?? leaves, leaves, since, findings);
  } else {
    // Too few records are too few whoever signed them.
    for (const head of since) isLongEnough(leaves, head, findings);
  }
  // One by one: what a record says counts where that very record is the signed one.
  const isSigned: IsSigned = (index, leaf) => truth !== undefined && index < size && sameLeaf(truth.get(index), leaf);
  // What a later record names is not known where that one is not as it was signed.
  const wrong = truth === undefined || proven ? -1 : lastWrong(leaves, truth, size);
  const disposals = log.disposals((index, leaf) => isSigned(index, leaf) && index > wrong);
  const doubtful = proven ? undefined : log.disposals(truth === undefined ? () => true : isSigned);
  const tally = await verifyBlobs(reader, inventory, references, findings, {
    quick: options.quick ?? false,
    disposals,
    ...(doubtful === undefined ? {} : { doubtful }),
    ...(options.omitted === undefined ? {} : { omitted: options.omitted }),
    ...(options.hashed === undefined ? {} : { hashed: options.hashed }),
  });
  const { blobs, bytes, disposed, omitted } = tally;
  const outside = options.outside ?? NOBODY;
  const heads = log.heads(isSigned);
  const roots = (truth ?? leaves).roots(heads.map(({ entry }) => entry.size));
  const hashed = (digest: string) => hashedBlob(reader, inventory, digest);
  const anchors = await verifyAnchors(
    heads,
    hashed,
    (length) => roots.get(length),
    ring,
    outside,
    options.now ?? log.history.asOf,
  );
  for (const { where, expected, found } of anchors.invalid) findings.add("receipt-invalid", where, expected, found);
  for (const { where, expected, found } of anchors.forked) findings.add("forked", where, expected, found);
  const place = (index: number) => `${batchOf(inventory, index)} entry ${index}`;
  const settled = judgeRevocations({ ring, settle, place, isStrange }, anchors.anchors, checkpoint, findings);
  const attested = proven ? settled.attested : [];
  const isAsked = proven && anchors.unknown.some(({ kind }) => kind === "witness");
  const claims = isAsked ? await claimedWitnesses(log.configs, hashed, outside.witnesses) : [];
  for (const look of options.further ?? []) await look({ inventory, disposals }, findings);

  return {
    ok: findings.total === 0,
    origin: checkpoint?.origin,
    size,
    root: checkpoint && base64(checkpoint.root),
    asOf: proven && size > 0 ? iso(log.history.asOf) : undefined,
    verdicts: {
      integrity: integrityOf(findings, size, options.quick ?? false, disposed, omitted, attested),
      time: proven ? timeVerdict(anchors, size) : unjudged("unanchored", UNPROVEN),
      independence: proven ? independenceVerdict(anchors, continued, size) : unjudged("self-attested", UNPROVEN),
      completeness: proven ? completenessOf(log.history) : unjudged("holes", UNPROVEN),
      freshness: proven ? freshnessVerdict(log.history) : unjudged("never", UNPROVEN),
    },
    checked: { entries, unsigned: Math.max(0, entries - size), blobs, bytes, omitted },
    disposed,
    unjudged: tally.unjudged,
    keys: signingKeys(options.keys, checkpoint, settled, log.keys),
    claimedWitnesses: claims,
    attested,
    predecessor: proven ? log.predecessor : undefined,
    findings: findings.list,
    found: findings.total,
  };
}

const NOBODY: Outside = { stampRoots: [], witnesses: [] };

const UNPROVEN = "the records are not known to be those that were signed";

/** True where neither the records nor the signatures on the checkpoint name any of these keys. */
function isStrangeTo(log: Said, { note }: Checkpoint, keys: readonly Verifier[]): boolean {
  const isOn = (key: Verifier) => note.signatures.some(({ name, id }) => name === key.name && sameBytes(id, key.id));
  return !keys.some((key) => log.namesKey(key.vkey) || isOn(key));
}

/** The last record below `size` that is not the signed one; -1 without any. */
function lastWrong(leaves: Leaves, truth: Leaves, size: number): number {
  for (let index = size - 1; index >= 0; index -= 1) if (!sameLeaf(leaves.get(index), truth.get(index))) return index;
  return -1;
}

function integrityOf(
  findings: Findings,
  size: number,
  quick: boolean,
  disposed: readonly Disposed[],
  omitted: number,
  attested: readonly Attested[],
): Verdicts["integrity"] {
  if (findings.total > 0) {
    return {
      word: "broken",
      reason: `${findings.total} ${findings.total === 1 ? "thing differs" : "things differ"} from what was signed`,
    };
  }
  const files = quick ? "; evidence files were looked at by name and size only" : ", and so is every evidence file";
  const remaining = disposed.filter(({ remains }) => remains).length;
  const gone = disposed.length - remaining;
  const but = [
    ...(gone > 0 ? [`${gone} ${gone === 1 ? "was" : "were"} lawfully deleted`] : []),
    ...(remaining > 0
      ? [
          `${remaining} ${remaining === 1 ? "is" : "are"} to be deleted lawfully and still there (deletion not finished)`,
        ]
      : []),
    ...(omitted > 0 ? [`${omitted} are not in this pack, as its list says`] : []),
  ];
  return {
    word: "intact",
    reason: `all ${size} records are as they were signed${files}${but.length > 0 ? `; of these ${but.join(" and ")}` : ""}${attested.map(attestedText).join("")}`,
  };
}

function attestedText({ from, to, by, auth, at, key }: Attested): string {
  const records = to - from === 1 ? `record ${from}` : `records ${from} to ${to - 1}`;
  const known = auth === "unauthenticated" ? "nobody checked who that is" : `recognised by ${auth}`;
  return `; ${records}, from when the key ${key.split("+")[1]} may have been in other hands, were attested by ${by} (${known}) on ${at}`;
}
