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

/** A number of people or times, `1200` or `1,200`; undefined for anything else, such as "about 40". */
export function readCount(text: string): number | undefined {
  if (/^(no|none|nobody|false)$/i.test(text)) return 0;
  const digits = /^\d{1,3}(?:[ ,.'_]\d{3}){1,4}$/.test(text) ? text.replace(/\D/g, "") : text;
  return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
}

/** How often something happened: a number, or whether it did at all. */
export function readOften(text: string): number | undefined {
  if (/^(yes|y|true|t)$/i.test(text)) return 1;
  return /^(n|f)$/i.test(text) ? 0 : readCount(text);
}

/** Marks in one text, `key-compromise, #customer-data`, each once; what stands for none is none. */
export function readMarks(text: string): string[] {
  const marks = text
    .replace(/^\[(.*)\]$/s, "$1")
    .split(/[,;]/)
    .map((mark) => cleanText(mark).replace(/^#/, ""))
    .filter((mark) => mark !== "" && !isUnknown(mark) && !/^(none|no)$/i.test(mark));
  return [...new Set(marks)];
}
