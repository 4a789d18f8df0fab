import { base64, sameBytes } from "../lib/digest.ts";
import { iso } from "../lib/time.ts";
import { History } from "../slots/history.ts";
import type { Head } from "../tlog/checkpoint.ts";
import type { Verifier } from "../tlog/note.ts";
import { References, verifyBlobs } from "./blobs.ts";
import { carefulReader } from "./careful.ts";
import { walkChain } from "./chain.ts";
import { verifyCheckpoint } from "./checkpoint.ts";
import { type Finding, Findings } from "./finding.ts";
import { takeInventory } from "./inventory.ts";
import { Leaves } from "./leaves.ts";
import type { LogReader } from "./reader.ts";
import { verifyTree } from "./tree.ts";
import { completenessOf, freshnessVerdict, type Verdicts } from "./verdict.ts";

export interface VerifyOptions {
  /** Keys that are trusted, pinned outside the store. Never taken from it. */
  readonly keys: readonly Verifier[];
  /** Heads that are known from elsewhere (a guard, a printed report); the log must continue each. */
  readonly since?: readonly (Head & { readonly from: string })[];
  /** Look at names and sizes of evidence files instead of hashing them. */
  readonly quick?: boolean;
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
  };
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
  const checkpoint = await verifyCheckpoint(reader, options.keys, findings);
  const inventory = await takeInventory(reader, findings);
  const size = checkpoint?.size ?? 0;

  const leaves = new Leaves();
  const references = new References();
  const history = new History();
  let entries = 0;
  // What entries say counts once they are known to be the signed ones.
  let proven = false;
  for await (const recorded of walkChain(reader, inventory.batches, leaves, findings)) {
    entries += 1;
    references.add(recorded);
    if (recorded.index < size) history.add(recorded.index, recorded.entry);
  }
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
  const { blobs, bytes } = await verifyBlobs(reader, inventory, references, findings, options.quick ?? false);

  return {
    ok: findings.total === 0,
    origin: checkpoint?.origin,
    size,
    root: checkpoint && base64(checkpoint.root),
    asOf: proven && size > 0 ? iso(history.asOf) : undefined,
    verdicts: {
      integrity: integrityOf(findings, size, options.quick ?? false),
      time: { word: "unanchored", reason: "nobody outside has dated this log; its times are the operator's word" },
      independence: { word: "self-attested", reason: "only the operator's own key vouches for this log" },
      completeness: proven ? completenessOf(history) : { word: "holes", reason: UNPROVEN },
      freshness: proven ? freshnessVerdict(history) : { word: "never", reason: UNPROVEN },
    },
    checked: { entries, unsigned: Math.max(0, entries - size), blobs, bytes },
    findings: findings.list,
    found: findings.total,
  };
}

const UNPROVEN = "the records are not those that were signed, so what they say is not judged";

function integrityOf(findings: Findings, size: number, quick: boolean): Verdicts["integrity"] {
  if (findings.total > 0) {
    return {
      word: "broken",
      reason: `${findings.total} ${findings.total === 1 ? "thing differs" : "things differ"} from what was signed`,
    };
  }
  return {
    word: "intact",
    reason: `all ${size} records are as they were signed${quick ? "; evidence files were looked at by name and size only" : ", and so is every evidence file"}`,
  };
}

/** Each head known from elsewhere must be a prefix of this log, as far as it is proven and as `seq/` continues it. */
function verifySince(
  proven: Leaves,
  leaves: Leaves,
  heads: readonly (Head & { readonly from: string })[],
  findings: Findings,
): void {
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
