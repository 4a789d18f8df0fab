/** Longest text of a fact. Longer ones belong into the record, which is kept whole. */
const MAX_TEXT = 500;

// Control characters, and halves of UTF-16 pairs, which YAML escapes can produce and neither canonical JSON nor a database takes.
const UNPRINTABLE = /\p{Cc}+|\p{Cs}/gu;

/** Text of a source as a fact holds it: one line, printable, at most 500 characters. */
export function cleanText(text: string): string {
  const line = text
    .slice(0, MAX_TEXT * 4)
    .replace(UNPRINTABLE, " ")
    .replace(/\s+/g, " ")
    .trim();
  if (line.length <= MAX_TEXT) return line;
  return `${line.slice(0, MAX_TEXT - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** Yes or no as people and databases write it; undefined for anything else. */
export function readYesNo(text: string): "yes" | "no" | undefined {
  if (/^(yes|y|true|t|1|affected|involved)$/i.test(text)) return "yes";
  if (/^(no|n|false|f|0|none)$/i.test(text)) return "no";
  return undefined;
}

/** What people write where they do not know yet; no problem, and no answer either. */
export function isUnknown(text: string): boolean {
  return /^(unknown|unclear|tbd|todo|pending|\?|-|–|—|n\/a)$/i.test(text) || /^<[^<>]{0,200}>$/.test(text);
}
