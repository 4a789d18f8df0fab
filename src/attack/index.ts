import type { Attack } from "./attack.ts";
import { evidenceAttacks } from "./evidence.ts";
import { recordAttacks } from "./records.ts";
import { keyAttacks, signatureAttacks, unseenAttacks } from "./signatures.ts";
import { treeAttacks } from "./tree.ts";

export type { Attack } from "./attack.ts";

/** Every attack on a store, in the order in which they are told. Names are unique. */
export const attacks: readonly Attack[] = [
  ...evidenceAttacks,
  ...recordAttacks,
  ...treeAttacks,
  ...signatureAttacks,
  ...keyAttacks,
  ...unseenAttacks,
];
