import type { Omitted, PackJson } from "./pack-json.ts";

/** The plain text files of a pack. They say nothing that does not follow from its records, its key and its list. */

const LINE = 78;

/** Text in lines of at most 78 characters. */
function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    if (line.length + word.length + 1 > LINE && line.trim() !== "") {
      lines.push(line);
      line = indent;
    }
    line += line === indent ? word : ` ${word}`;
  }
  return [...lines, line].join("\n");
}

const plural = (count: number, thing: string) => `${count} ${thing}${count === 1 ? "" : "s"}`;

export interface ReadmeParts {
  readonly organisation: string;
  readonly pack: Pick<PackJson, "origin" | "size" | "root" | "asOf" | "period" | "software">;
  readonly omitted: readonly Omitted[];
  readonly vkey: string;
  readonly report: string;
  readonly evidence: number;
  readonly disposed: number;
  readonly receipts: number;
  /** The log has had other keys before this one. */
  readonly isRotated: boolean;
  /** Keys of witnesses that the log's configurations name. */
  readonly witnesses: readonly string[];
}

/** README.txt: what the pack is, and three ways to check it. */
export function readmeText(parts: ReadmeParts): string {
  const { pack, omitted } = parts;
  const count = (reason: Omitted["reason"]) => omitted.filter((item) => item.reason === reason).length;
  const withheld = omitted.filter((item) => item.reason === "withheld");
  const { from, to, label, zone } = pack.period;
  const paragraphs = [
    `EVIDENCE PACK\n${parts.organisation}, ${label} (${zone})`,
    wrap(
      `This pack holds the evidence that ${parts.organisation} recorded about the handling of security incidents for the time from ${from} to ${to} (end not included), all ${pack.size} records of its log ${pack.origin} up to ${pack.asOf}, and what is needed to check, without its help and without a network, that nothing of it was changed.`,
    ),
    [
      "WHAT IS IN IT",
      `  ${parts.report.padEnd(26)} the report to read`,
      `  store/blob/                ${plural(parts.evidence, "evidence file")}, named by SHA-256`,
      `  store/seq/                 the records; each names its evidence files`,
      `  store/checkpoint           the signed fingerprint of all records`,
      `  receipts/                  ${plural(parts.receipts, "receipt")}: each proves one record by itself`,
      "  heads.txt                  fingerprints that left the operator's hands earlier",
      "  pack.json                  what is here, and what was left out and why",
      "  SHA256SUMS                 for `sha256sum -c SHA256SUMS`",
      "  verify.mjs, verify.html    a program that checks all of it; VERIFY.md for a shell",
    ].join("\n"),
    [
      "WHAT IS NOT IN IT",
      wrap(`${plural(count("outside-period"), "evidence file")} of records outside the period.`, "  "),
      wrap(
        `${plural(parts.disposed + count("disposed"), "evidence file")} lawfully deleted; records say by whom and why.`,
        "  ",
      ),
      wrap(
        withheld.length === 0
          ? "Nothing was withheld."
          : `${plural(withheld.length, "evidence file")} withheld by whoever made this pack:`,
        "  ",
      ),
      ...withheld.map(({ digest, why }) => `    ${digest}\n${wrap(why ?? "no reason given", "      ")}`),
      wrap(
        "What is left out is listed in pack.json, what was deleted is in the records. The records that name these files are all here and are checked.",
        "  ",
      ),
    ].join("\n"),
    [
      "THREE WAYS TO CHECK IT",
      "  1. With Node 20 or newer, in this folder, KEY being the one you know:",
      "       node verify.mjs . --key KEY",
      "  2. Open verify.html in a browser, offline, and drop the zip file on it, as it was",
      "     handed out: files that were packed anew are for the first or the third way.",
      "  3. With a shell, sha256sum and openssl: follow VERIFY.md.",
    ].join("\n"),
    [
      "WHAT THE SIGNATURE DOES NOT COVER",
      wrap(
        "The signature is over the records and, through them, over the evidence files. It is not over the report (report/, PDF and JSON), this text, the lists and the verifier: whoever changes these and the lists of SHA-256 with them is not found out by the signature. A report is proven only if a signed record of the kind `report` names its SHA-256; the verifier says for each whether one does. That record is written after the report was made, so it is in a later pack, or in the log itself: ask for it. Or make the report again from the records and compare it, byte for byte; its part on integrity has the command.",
        "  ",
      ),
    ].join("\n"),
    [
      "BEFORE YOU BELIEVE THE RESULT",
      wrap(
        "The verifier and the key in this pack came from whoever gave you the pack. Get the verifier from Custody's own releases, and compare the key below with the one that the organisation publishes, and with the one printed in an earlier report or pack:",
        "  ",
      ),
      `  ${parts.vkey}`,
      wrap(
        parts.isRotated
          ? "The log has had other keys before this one, so an earlier report or pack may name an older key. That is a good key to check with: give it as KEY, and the verifier follows the log's own records from it to the key above and says by which. Then ask the organisation whether the key above is the one that it uses now. A key that no record leads to is a reason to stop."
          : "If what you know is another key, it may have been replaced since. Give the one that you know as KEY: where the log's own records lead from it to the key above, the verifier says by which. Where none do, this is a reason to stop.",
        "  ",
      ),
      ...witnessLines(parts.witnesses),
      wrap(
        "Keep the next line. Next year's pack must continue it; a log that was rewritten cannot. The number is that of the records, the rest their fingerprint:",
        "  ",
      ),
      `  ${pack.size}:${pack.root}`,
      wrap(
        "What the checks cannot show: that a source told the truth, or, without an outside proof, when a record was made. The report says which outside proofs there are.",
        "  ",
      ),
    ].join("\n"),
    `Made by ${pack.software}.`,
  ];
  return `${paragraphs.join("\n\n")}\n`;
}

function witnessLines(witnesses: readonly string[]): string[] {
  if (witnesses.length === 0) return [];
  return [
    wrap(
      `The log names ${witnesses.length === 1 ? "this key of a witness" : "these keys of witnesses"}, who can tell whether it was ever rewritten. That is the operator's claim: ask each witness for its key by a way that does not lead through the operator. If it is the same, add --witness and the key, or paste it under "Witnesses that you trust" in verify.html:`,
      "  ",
    ),
    ...witnesses.map((vkey) => `  ${vkey}`),
  ];
}

/** A head that left the store, as its record says. */
export interface ListedHead {
  readonly index: number;
  readonly size: number;
  readonly root: string;
  readonly at: string;
  readonly use: string;
  readonly target: string;
}

/**
 * heads.txt: every head that left the store up to the pack's last record, and the pack's own. `witnesses` are keys that the
 * log names; they are remarks, and nothing follows from them.
 */
export function headsText(
  pack: Pick<PackJson, "origin" | "size" | "root" | "asOf">,
  heads: readonly ListedHead[],
  witnesses: readonly string[] = [],
): string {
  const lines = heads.map(
    ({ index, size, root, at, use, target }) => `${size}:${root} ${at} ${use} ${target} record ${index}`,
  );
  return [
    `# ${pack.origin}: fingerprints that left the store, as its records say: SIZE:ROOT, when, how, where to, which record.`,
    "# Compare them with what you, or those places, hold. The last line is this pack's own.",
    ...witnesses.map((vkey) => `# A claim of the operator, to be checked with the witness itself: its key is ${vkey}`),
    ...lines,
    `${pack.size}:${pack.root} ${pack.asOf} pack pack -`,
    "",
  ].join("\n");
}
