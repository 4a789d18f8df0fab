import { sha256 } from "../lib/digest.ts";
import { hex } from "../lib/platform.ts";
import type { Verifier } from "../tlog/verifier.ts";
import type { ClaimedWitness } from "./claims.ts";
import { FINDING_CODES, printable } from "./finding.ts";
import type { ReceiptAnswer } from "./receipt.ts";
import type { SigningKeys } from "./signing.ts";
import { inWords } from "./verdict.ts";
import type { VerifyResult } from "./verify.ts";

/** What verification found, in the lines that every command line prints: `custody verify` and `verify.mjs` alike. */

/** Findings that are printed; all are in the JSON. */
const FINDINGS_PRINTED = 50;

/** The log, the five verdicts, and what was looked at. */
export function verdictLines(result: VerifyResult): string[] {
  const { checked } = result;
  const unsigned = checked.unsigned > 0 ? `; ${checked.unsigned} newest records are not signed yet` : "";
  return [
    `${result.origin ?? "no log that can be read (there is no checkpoint that names it)"}: ${result.size} records${result.asOf ? ` up to ${result.asOf}` : ""}`,
    ...Object.entries(result.verdicts).map(([name, verdict]) => {
      const { word, reason } = inWords(verdict);
      return `  ${name.toUpperCase().padEnd(13)} ${word.padEnd(14)} ${reason}`;
    }),
    ...keyLines(result.keys),
    ...claimLines(result.claimedWitnesses),
    `  checked: ${checked.entries} records, ${checked.blobs} evidence files, ${checked.bytes} bytes${unsigned}`,
  ];
}

/** Which key signed, where it is not the one that was given, and by which records the one leads to the other. */
export function keyLines({ pinned, signed, steps }: SigningKeys): string[] {
  const newest = steps.at(-1);
  if (newest === undefined) return [];
  const beside = signed.filter((key) => pinned.includes(key)).length > 0 ? "also " : "";
  return [
    `  key: ${beside}signed by a newer key than the one you gave (${pinned.map(nameAndId).join(", ")}); these records lead to it:`,
    ...steps.map(
      ({ index, key, by }) =>
        `    record ${index} introduces ${nameAndId(key)}, signed by ${by.map(nameAndId).join(", ")}`,
    ),
    `    compare it with what the organisation publishes now, and keep it for the next time: ${newest.key}`,
  ];
}

/** Keys of witnesses that only the log itself names. */
export function claimLines(claims: readonly ClaimedWitness[]): string[] {
  if (claims.length === 0) return [];
  return [
    "  witnesses that the log itself names (a claim: ask each of them for its key, then add --witness KEY):",
    ...claims.map(({ vkey, index }) => printable(`    ${vkey} (record ${index})`)),
  ];
}

/** A key in the characters that tell it apart: `name+ID` of `name+ID+key`. */
export function nameAndId(vkey: string): string {
  return vkey.split("+").slice(0, 2).join("+");
}

/** Evidence files that are not there, and of which nothing more can be said yet. */
export function unjudgedLines({ unjudged }: Pick<VerifyResult, "unjudged">): string[] {
  const lines = unjudged
    .slice(0, FINDINGS_PRINTED)
    .map(
      ({ digest, index, at, by }) =>
        `  not judged: ${digest} is not there; record ${index} of ${at}, by ${by}, says that it was lawfully deleted, and whether that record counts cannot be told because of what differs`,
    );
  const more = unjudged.length - FINDINGS_PRINTED;
  return more > 0 ? [...lines, `  … and ${more} more (all of them with --json)`] : lines;
}

/** Evidence files that were lawfully deleted, with the record that says so. */
export function disposedLines({ disposed }: Pick<VerifyResult, "disposed">): string[] {
  const lines = disposed
    .slice(0, FINDINGS_PRINTED)
    .map(
      ({ digest, index, at, by, authority, reason }) =>
        `  ${digest} was lawfully deleted: record ${index} of ${at}, by ${by}, authority ${authority}, reason ${reason}`,
    );
  const more = disposed.length - FINDINGS_PRINTED;
  return more > 0 ? [...lines, `  … and ${more} more (all of them with --json)`] : lines;
}

/** Each finding: what it is, where, what was expected and what is there. */
export function findingLines(result: Pick<VerifyResult, "findings" | "found">): string[] {
  const lines = result.findings
    .slice(0, FINDINGS_PRINTED)
    .flatMap(({ code, where, expected, found }) => [
      `  ${code}: ${FINDING_CODES[code]}`,
      `    where:    ${where}`,
      `    expected: ${expected}`,
      `    found:    ${found}`,
    ]);
  const more = result.found - FINDINGS_PRINTED;
  return more > 0 ? [...lines, `  … and ${more} more (all of them with --json)`] : lines;
}

/** What a receipt proves. `name` is that of its file. */
export function receiptLines(name: string, { entry, index, checkpoint, digests }: ReceiptAnswer): string[] {
  return [
    `${name}: record ${index} (${entry.kind}, ${entry.at}) is in the log ${checkpoint.origin} of ${checkpoint.size} records, as signed.`,
    ...digests.map((digest) => `  it names the evidence file ${digest}`),
  ];
}

/** What a receipt says about an evidence file that was given with it. */
export function evidenceLine(name: string, digest: string, isNamed: boolean): string {
  return isNamed
    ? `${name}: this is that evidence file, byte for byte (SHA-256 ${digest}).`
    : `${name}: NOT a file that this record names (SHA-256 ${digest}). It was changed, or belongs to another record.`;
}

/** A key for two people on the telephone: 16 digits of `printf %s "$VKEY" | sha256sum`. */
export function fingerprintOf({ vkey }: Pick<Verifier, "vkey">): string {
  const digits = hex(sha256(new TextEncoder().encode(vkey))).slice(0, 16);
  return digits.replaceAll(/(.{4})(?=.)/g, "$1 ");
}
