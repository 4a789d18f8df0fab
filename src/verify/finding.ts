/**
 * What `verify` finds wrong: a closed list. Each names one way in which a store can differ from what was signed.
 */
export const FINDING_CODES = {
  "blob-altered": "an evidence file is not what was recorded",
  "blob-missing": "an evidence file is gone",
  "entry-altered": "a record was changed",
  "entry-missing": "records are gone",
  "entry-malformed": "a record is not in the form of the format",
  "chain-broken": "a record does not continue the one before it",
  "tree-mismatch": "the records do not give the signed fingerprint",
  "tile-altered": "a part of the tree was changed",
  "tile-missing": "a part of the tree is gone",
  "checkpoint-missing": "the signed fingerprint is gone",
  "checkpoint-malformed": "the signed fingerprint is not readable",
  "signature-invalid": "the signature does not match",
  "key-untrusted": "signed by a key that nobody here trusts",
  "rolled-back": "the log is shorter than a fingerprint that is already known",
  forked: "the log is another one than a fingerprint that is already known",
  stray: "an object that does not belong here",
} as const;

export type FindingCode = keyof typeof FINDING_CODES;

/** One violation, with its place. */
export interface Finding {
  readonly code: FindingCode;
  /** Key of the object, with the entry's number where it is about one. */
  readonly where: string;
  readonly expected: string;
  readonly found: string;
}

/** Findings in the order they were made; past the limit they are counted and not kept, as hostile stores may hold millions. */
export class Findings {
  readonly list: Finding[] = [];
  #total = 0;

  static readonly LIMIT = 1000;

  get total(): number {
    return this.#total;
  }

  add(code: FindingCode, where: string, expected: string, found: string): void {
    this.#total += 1;
    if (this.list.length < Findings.LIMIT) this.list.push({ code, where, expected, found });
  }
}
