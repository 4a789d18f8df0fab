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
  "key-revoked": "signed by a key that was revoked",
  "receipt-invalid": "an outside proof that is kept here does not prove what it is kept for",
  "rolled-back": "the log is shorter than a fingerprint that is already known",
  forked: "the log is another one than a fingerprint that is already known",
  "index-altered": "the index does not say what the records say",
  "mirror-differs": "the mirror does not hold what the store holds",
  "version-overwritten": "an object was written or deleted more than once",
  "lock-missing": "an object is not locked, or not for as long, as it must be",
  "pack-altered": "the pack does not hold what its list says",
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

/**
 * Findings in the order they were made. Of each code a limited number is kept and all are counted: a hostile store may hold
 * millions, and a flood of one kind must not wash away the one finding of another.
 */
export class Findings {
  readonly list: Finding[] = [];
  readonly #of = new Map<FindingCode, number>();
  #total = 0;

  /** Of each code. */
  static readonly LIMIT = 200;

  get total(): number {
    return this.#total;
  }

  add(code: FindingCode, where: string, expected: string, found: string): void {
    const before = this.#of.get(code) ?? 0;
    this.#total += 1;
    this.#of.set(code, before + 1);
    if (before >= Findings.LIMIT) return;
    this.list.push({ code, where: printable(where), expected: printable(expected), found: printable(found) });
  }
}

const LONGEST = 600;

/** Text from a stranger as one bounded line: nothing in it can move a terminal's cursor or turn the writing round. */
export function printable(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return cut.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
}
