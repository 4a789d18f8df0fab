/** Plain text on its way into somebody else's markup: on one line, without characters that hide others, and cut to a length. */

/** Controls, and what turns the direction of text or lets one thing look like another; joiners of emoji stay. */
const HIDDEN = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]+/gu;
/** Half of a pair of UTF-16 units, alone. */
const HALF = /\p{Surrogate}/gu;
/** The word joiner: nothing to see, and no program takes what is around it for a mention. */
const JOINER = "\u2060";

/** One line of well-formed text. */
export function flat(text: string): string {
  return text.replace(HALF, "\ufffd").replace(HIDDEN, " ").replace(/\s+/g, " ").trim();
}

/** At most `max` UTF-16 units of it, cut between characters as people count them, with `…` where something is missing. */
export function cut(text: string, max: number): string {
  // Nobody reads more, and a hostile text may be as long as it likes.
  const line = flat(text.slice(0, max * 4 + 16));
  if (line.length <= max) return line;
  const room = max - 1;
  const kept = fitting(new Intl.Segmenter("en").segment(line.slice(0, room + 1)), room);
  // One character that is longer than all the room: by code points then.
  const shown =
    kept ||
    fitting(
      [...line.slice(0, room + 1)].map((segment) => ({ segment })),
      room,
    );
  return `${shown.trimEnd()}…`;
}

function fitting(segments: Iterable<{ readonly segment: string }>, room: number): string {
  let kept = "";
  for (const { segment } of segments) {
    if (kept.length + segment.length > room) break;
    kept += segment;
  }
  return kept;
}

/** Keeps `@everyone`, `@here`, `@channel` and `@name` from calling anybody, whatever program shows them. */
export function withoutMentions(text: string): string {
  return text.replace(/(^|[^\p{L}\p{N}_])@(?=[\p{L}\p{N}_])/gu, `$1@${JOINER}`);
}
