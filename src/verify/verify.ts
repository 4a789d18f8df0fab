import { base64, sameBytes } from "../lib/digest.ts";
import type { Instant } from "../lib/time.ts";
import { iso } from "../lib/time.ts";
import type { Head } from "../tlog/checkpoint.ts";
import type { Verifier } from "../tlog/note.ts";
import { type Outside, verifyAnchors } from "../trust/anchor.ts";
import { Disposals, type Disposed } from "../trust/disposals.ts";
import { keyRing } from "../trust/keyring.ts";
import { hashedBlob, References, verifyBlobs } from "./blobs.ts";
import { carefulReader } from "./careful.ts";
import { walkChain } from "./chain.ts";
import { judgeCheckpoint, readCheckpoint } from "./checkpoint.ts";
import { type Finding, Findings } from "./finding.ts";
import { takeInventory } from "./inventory.ts";
import { Leaves } from "./leaves.ts";
import type { LogReader } from "./reader.ts";
import { judgeRevocations } from "./revocation.ts";
import { Said } from "./said.ts";
import { batchOf, verifyTree } from "./tree.ts";
import { completenessOf, freshnessVerdict, independenceVerdict, timeVerdict, type Verdicts } from "./verdict.ts";

export interface VerifyOptions {
  /** Keys that are trusted, pinned outside the store. Never taken from it. */
  readonly keys: readonly Verifier[];
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
  for await (const recorded of walkChain(reader, inventory.batches, leaves, findings)) {
    entries += 1;
    references.add(recorded);
    if (recorded.index < (claimed?.size ?? 0)) log.add(recorded.index, recorded.entry);
  }
  const ring = keyRing(options.keys, log.keys, (size) => leaves.root(size));
  for (const { index, expected, found } of ring.refused)
    findings.add("key-untrusted", `${batchOf(inventory, index)} entry ${index}`, expected, found);
  const checkpoint = claimed && judgeCheckpoint(claimed, ring, findings) ? claimed : undefined;
  const size = checkpoint?.size ?? 0;

  // What entries say counts once they are known to be the signed ones.
  let proven = false;
  if (checkpoint !== undefined) {
    if (leaves.length < size)
      findings.add(
        "entry-missing",
        `seq/ entry ${leaves.length}`,
        `${size} entries, as signed`,
        `${leaves.length} entries`,
      );
    const right = await verifyTree(reader, inventory, leaves, checkpoint, findings);
    proven = right === leaves;
    verifySince(right ?? leaves, leaves, options.since ?? [], findings);
  }
  const { blobs, bytes, disposed, omitted } = await verifyBlobs(reader, inventory, references, findings, {
    quick: options.quick ?? false,
    disposals: proven ? log.disposals : new Disposals(),
    ...(options.omitted === undefined ? {} : { omitted: options.omitted }),
  });
  const outside = options.outside ?? NOBODY;
  const anchors = await verifyAnchors(
    proven ? log.heads : [],
    (digest) => hashedBlob(reader, inventory, digest),
    (length) => leaves.root(length),
    ring,
    outside,
    options.now ?? log.history.asOf,
  );
  for (const { where, expected, found } of anchors.invalid) findings.add("receipt-invalid", where, expected, found);
  if (checkpoint !== undefined) judgeRevocations(ring, anchors.anchors, checkpoint, findings);

  return {
    ok: findings.total === 0,
    origin: checkpoint?.origin,
    size,
    root: checkpoint && base64(checkpoint.root),
    asOf: proven && size > 0 ? iso(log.history.asOf) : undefined,
    verdicts: {
      integrity: integrityOf(findings, size, options.quick ?? false, disposed.length, omitted),
      time: timeVerdict(anchors, size),
      independence: independenceVerdict(anchors, proven ? (options.since ?? []) : [], size),
      completeness: proven ? completenessOf(log.history) : { word: "holes", reason: UNPROVEN },
      freshness: proven ? freshnessVerdict(log.history) : { word: "never", reason: UNPROVEN },
    },
    checked: { entries, unsigned: Math.max(0, entries - size), blobs, bytes, omitted },
    disposed,
    findings: findings.list,
    found: findings.total,
  };
}

const NOBODY: Outside = { stampRoots: [], witnesses: [] };

const UNPROVEN = "the records are not those that were signed, so what they say is not judged";

function integrityOf(
  findings: Findings,
  size: number,
  quick: boolean,
  disposed: number,
  omitted: number,
): Verdicts["integrity"] {
  if (findings.total > 0) {
    return {
      word: "broken",
      reason: `${findings.total} ${findings.total === 1 ? "thing differs" : "things differ"} from what was signed`,
    };
  }
  const files = quick ? "; evidence files were looked at by name and size only" : ", and so is every evidence file";
  const but = [
    ...(disposed > 0 ? [`${disposed} were lawfully deleted`] : []),
    ...(omitted > 0 ? [`${omitted} are not in this pack, as its list says`] : []),
  ];
  return {
    word: "intact",
    reason: `all ${size} records are as they were signed${files}${but.length > 0 ? `; of these ${but.join(" and ")}` : ""}`,
  };
}

/** Each head known from elsewhere must be a prefix of this log, as far as it is proven and as `seq/` continues it. */
function verifySince(proven: Leaves, leaves: Leaves, heads: readonly KnownHead[], findings: Findings): void {
  for (const head of heads) {
    if (head.size > leaves.length) {
      findings.add(
        "rolled-back",
        "seq/",
        `at least ${head.size} entries, as ${head.from} knows`,
        `${leaves.length} entries`,
      );
      continue;
    }
    const root = proven.root(head.size) ?? leaves.root(head.size);
    if (root === undefined || !sameBytes(root, head.root)) {
      findings.add(
        "forked",
        `seq/ up to entry ${head.size}`,
        `root ${base64(head.root)}, as ${head.from} knows`,
        root ? `root ${base64(root)}` : "unreadable entries",
      );
    }
  }
}
