import type { FindingCode } from "../verify/finding.ts";
import type { Objects, Range } from "./range.ts";

/** One way to lie with a store, and what must be said about it. */
export interface Attack {
  readonly name: string;
  /** What the adversary does, in plain words. */
  readonly story: string;
  /** Codes of which each must be among the findings; none for what cannot be seen with what is given. */
  readonly expected: readonly FindingCode[];
  /** What whoever verifies must know besides the pinned key for it to be seen; without it the attack is not. */
  readonly given?: "printed head" | "guard";
  /** The store afterwards. */
  carryOut(range: Range): Objects | Promise<Objects>;
}
