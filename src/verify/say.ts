import { sha256 } from "../lib/digest.ts";
import { hex } from "../lib/platform.ts";
import type { Verifier } from "../tlog/verifier.ts";
import { FINDING_CODES } from "./finding.ts";
import type { ReceiptAnswer } from "./receipt.ts";
import type { VerifyResult } from "./verify.ts";

/** What verification found, in the lines that every command line prints: `custody verify` and `verify.mjs` alike. */

/** Findings that are printed; all are in the JSON. */
const FINDINGS_PRINTED = 50;

/** The log, the five verdicts, and what was looked at. */
export function verdictLines(result: VerifyResult): string[] {
  const { checked } = result;
  const unsigned = checked.unsigned > 0 ? `; ${checked.unsigned} newest records are not signed yet` : "";
  return [
    `${result.origin ?? "unknown log"}: ${result.size} records${result.asOf ? ` up to ${result.asOf}` : ""}`,
    ...Object.entries(result.verdicts).map(
      ([name, { word, reason }]) => `  ${name.toUpperCase().padEnd(13)} ${word.padEnd(14)} ${reason}`,
    ),
    `  checked: ${checked.entries} records, ${checked.blobs} evidence files, ${checked.bytes} bytes${unsigned}`,
  ];
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
