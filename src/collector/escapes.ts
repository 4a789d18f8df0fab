/**
 * Text as it reads once its escapes are undone, and where each piece stands in the original: `anna\u0040example.com` in
 * JSON and `anna%40example.com` in an address are the same address, and `\nanna@example.com` does not begin with an n.
 */
export interface View {
  readonly text: string;
  /** What of the original a stretch of `text` stands for; an escape is taken as a whole. */
  span(from: number, to: number): { readonly from: number; readonly to: number };
  /** A stretch of the original moved so that it cuts through no escape: its start forwards, its end to the escape's end. */
  align(from: number, to: number): { readonly from: number; readonly to: number };
}

interface Escapes {
  /** Where each escape begins and ends in the original, and where what it stands for begins and ends in the view. */
  readonly from: number[];
  readonly to: number[];
  readonly at: number[];
  readonly end: number[];
}

const JSON_ESCAPE = /\\(?:u[0-9a-fA-F]{4}|[nrtbf"\\/])/g;
const SHORT: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };
const PERCENT = /(?:%[0-9A-Fa-f]{2}){1,64}/g;

function jsonCharacter(written: string): string {
  const kind = written[1] ?? "";
  return kind === "u" ? String.fromCharCode(Number.parseInt(written.slice(2), 16)) : (SHORT[kind] ?? kind);
}

function percentText(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    // No UTF-8: each byte for itself, as Latin-1 has it.
    return written.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}

/** The text with its JSON escapes undone, and with its percent escapes undone, where it has any. */
export function viewsOf(text: string): View[] {
  return [
    ...(text.includes("\\") ? [viewOf(text, JSON_ESCAPE, jsonCharacter)] : []),
    ...(text.includes("%") ? [viewOf(text, PERCENT, percentText)] : []),
  ];
}

function viewOf(text: string, pattern: RegExp, read: (written: string) => string): View {
  const escapes: Escapes = { from: [], to: [], at: [], end: [] };
  const parts: string[] = [];
  let taken = 0;
  let length = 0;
  for (const { 0: found, index } of text.matchAll(pattern)) {
    const plain = text.slice(taken, index);
    const means = read(found);
    parts.push(plain, means);
    escapes.from.push(index);
    escapes.to.push(index + found.length);
    escapes.at.push(length + plain.length);
    escapes.end.push(length + plain.length + means.length);
    length += plain.length + means.length;
    taken = index + found.length;
  }
  parts.push(text.slice(taken));

  const original = (position: number, isEnd: boolean): number => {
    const n = lastAtMost(escapes.at, isEnd ? position - 1 : position);
    const [end = 0, to = 0, from = 0] = [escapes.end[n], escapes.to[n], escapes.from[n]];
    if (n < 0) return position;
    if (isEnd ? position <= end : position < end) return isEnd ? to : from;
    return position - end + to;
  };
  return {
    text: parts.join(""),
    span: (from, to) => ({ from: original(from, false), to: original(to, true) }),
    align(from, to) {
      const around = (position: number) => {
        const n = lastAtMost(escapes.from, position - 1);
        const end = escapes.to[n] ?? 0;
        return n >= 0 && position < end ? end : position;
      };
      return { from: around(from), to: around(to) };
    },
  };
}

/** Index of the last number that is not above the limit, in an ascending list; -1 for none. */
function lastAtMost(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
