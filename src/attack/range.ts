import type { Signer } from "../tlog/signer.ts";
import type { Verifier } from "../tlog/verifier.ts";
import type { Outside } from "../trust/anchor.ts";
import type { KnownHead } from "../verify/verify.ts";

/** The objects of a store by key. */
export type Objects = ReadonlyMap<string, Uint8Array>;

/** A small ledger with everything in it that can be attacked, and all that a thief could have got hold of. */
export interface Range {
  readonly objects: Objects;
  /** The key that whoever verifies has pinned: the first one, rotated out since. */
  readonly pinned: Verifier;
  /** What a thief may have: the key that signs now, one that was retired, one that was revoked as compromised. */
  readonly keys: { readonly current: Signer; readonly retired: Signer; readonly revoked: Signer };
  /** Time stamping roots and witnesses that whoever verifies trusts. */
  readonly outside: Outside;
  /** The same roots as PEM, for programs that read files. */
  readonly stampRootsPem: string;
  /** A head in somebody else's hands: printed in a report, a while ago. */
  readonly printed: KnownHead;
  /** The newest head, as the guard of the operator's machine has it. */
  readonly guard: KnownHead;
  /** A genuine checkpoint of an earlier size, which lay in the store then. */
  readonly earlier: { readonly size: number; readonly checkpoint: Uint8Array };
}
