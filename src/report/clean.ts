/**
 * Text from sources and people, made safe to print: one line, no control characters, nothing that could reorder or hide
 * the text around it. What is taken out is replaced by something visible, and what is cut is counted.
 */

/** Longest text printed in one place; the whole text is in the evidence file. */
export const MAX_TEXT = 400;

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const WHITE = /[\s\u0085\u2028\u2029]+/g;
/**
 * Control characters, soft hyphen, marks and overrides of direction, zero-width characters and tags. The two joiners
 * U+200C and U+200D stay: scripts need them.
 */
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** `[U+202E]`, how a character that cannot be drawn, or must not act, is shown. */
export function visibleCode(codePoint: number): string {
  return `[U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}]`;
}

/** One line of safe text, at most `limit` characters and then a note of how many more there were. */
export function clean(text: string, limit: number = MAX_TEXT): string {
  const line = text
    .replace(LONE_SURROGATE, "\ufffd")
    .replace(WHITE, " ")
    .replace(HIDDEN, (found) => visibleCode(found.codePointAt(0) ?? 0))
    .trim();
  if (line.length <= limit) return line;
  const points = Array.from(line);
  if (points.length <= limit) return line;
  return `${points.slice(0, limit).join("")}… (${points.length - limit} more characters)`;
}

/** `clean`, or null where there is nothing. */
export function cleanOrNull(text: string | null | undefined, limit: number = MAX_TEXT): string | null {
  const line = text === null || text === undefined ? "" : clean(text, limit);
  return line === "" ? null : line;
}
