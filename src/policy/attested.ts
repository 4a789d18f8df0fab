import type { Policy } from "./policy.ts";

/** Something that only a person can say of a review: that it holds facts, say, and no blame. */
export interface Attested {
  readonly id: string;
  /** In words. */
  readonly says: string;
}

/** What whoever approves a review says with it, by the rules. */
export function attestedBy(policy: Policy | undefined): readonly Attested[] {
  const all = [...(policy?.review?.attested ?? []), ...(policy?.communications?.attested ?? [])];
  return all.map(({ id, says }) => ({ id, says }));
}
