import { visibleCode } from "./clean.ts";
import type { FontFace, Fonts } from "./fonts.ts";

export type Style = "regular" | "bold" | "mono";

/** Text in one font, and how wide it is in points. */
export interface Piece {
  readonly font: FontFace;
  readonly text: string;
  readonly width: number;
}

export interface SetLine {
  readonly pieces: readonly Piece[];
  readonly width: number;
}

/** Written without spaces: a line may break before any of these. */
const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
/** Stays with the character before it. */
const ATTACHED = /[\p{M}\p{Pe}\p{Pf}\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f]|[\u{1f3fb}-\u{1f3ff}]|\u200c|\u200d/u;
/** Choose the look of the character before; they carry no text of their own. */
const VARIATION = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/gu;

/**
 * Breaks text into lines, choosing a font for every character. What no font has is set as its code and counted, and so
 * are letters of scripts that run from right to left.
 */
export class Typesetter {
  readonly #fonts: Fonts;
  readonly #widths = new Map<string, number>();
  readonly #missing = new Map<number, number>();
  readonly #used = new Map<string, FontFace>();
  #rightToLeft = 0;

  constructor(fonts: Fonts) {
    this.#fonts = fonts;
  }

  /** Code points that no font had, with how often, in the order of their codes. */
  get missing(): { codePoint: number; times: number }[] {
    return [...this.#missing]
      .map(([codePoint, times]) => ({ codePoint, times }))
      .sort((a, b) => a.codePoint - b.codePoint);
  }

  /** The fonts that set something, in the order of their file names. */
  get used(): FontFace[] {
    return [...this.#used.values()].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  }

  get rightToLeft(): number {
    return this.#rightToLeft;
  }

  /** Lines of at most `width` points. A word wider than a line is broken where it must. At least one line, maybe empty. */
  wrap(text: string, style: Style, size: number, width: number, counted = true): SetLine[] {
    if (counted) this.#rightToLeft += text.match(RIGHT_TO_LEFT)?.length ?? 0;
    const lines: SetLine[] = [];
    let current: Piece[] = [];
    let used = 0;
    const flush = () => {
      lines.push(this.#line(current));
      current = [];
      used = 0;
    };
    const shown = text.replace(VARIATION, "");
    for (const atom of this.#atoms(shown, style, counted, this.#idsWithin(shown, style, size, width))) {
      const pieces = atom.map((run) => this.#piece(run.font, run.text, size));
      const wide = pieces.reduce((n, p) => n + p.width, 0);
      const isSpace = atom.length === 1 && atom[0]?.text === " ";
      if (used + wide <= width) {
        if (isSpace && current.length === 0 && lines.length > 0) continue;
        current.push(...pieces);
        used += wide;
      } else if (isSpace) {
        flush();
      } else if (wide <= width) {
        flush();
        current = [...pieces];
        used = wide;
      } else {
        for (const piece of this.#characters(atom, size)) {
          if (used + piece.width > width && current.length > 0) flush();
          current.push(piece);
          used += piece.width;
        }
      }
    }
    if (current.length > 0 || lines.length === 0) flush();
    return lines;
  }

  /** One line whatever its width, not counted: for page headers. */
  single(text: string, style: Style, size: number): SetLine {
    return this.wrap(text, style, size, Number.POSITIVE_INFINITY, false)[0] as SetLine;
  }

  #characters(atom: readonly { font: FontFace; text: string }[], size: number): Piece[] {
    return atom.flatMap((run) => clusters(run.text).map((text) => this.#piece(run.font, text, size)));
  }

  #piece(font: FontFace, text: string, size: number): Piece {
    this.#used.set(font.id, font);
    const key = `${font.id} ${text}`;
    let em = this.#widths.get(key);
    if (em === undefined) {
      em = font.face.layout(text).advanceWidth / font.face.unitsPerEm;
      if (this.#widths.size < 200_000) this.#widths.set(key, em);
    }
    return { font, text, width: em * size };
  }

  /** Joins neighbours in the same font, and drops the space at the end of a line. */
  #line(pieces: readonly Piece[]): SetLine {
    const kept = [...pieces];
    while (kept.length > 1 && kept.at(-1)?.text === " ") kept.pop();
    const joined: { font: FontFace; text: string; width: number }[] = [];
    for (const piece of kept) {
      const last = joined.at(-1);
      if (last && last.font.id === piece.font.id) {
        last.text += piece.text;
        last.width += piece.width;
      } else {
        joined.push({ ...piece });
      }
    }
    return { pieces: joined, width: joined.reduce((n, p) => n + p.width, 0) };
  }

  /** Where ids stand that fit on a line: broken at a hyphen, one reads as two. */
  #idsWithin(text: string, style: Style, size: number, width: number): (readonly [from: number, to: number])[] {
    return [...text.matchAll(ID)].flatMap(({ 0: id, index }) =>
      this.#piece(this.#fonts[style], id, size).width <= width ? [[index, index + id.length] as const] : [],
    );
  }

  /** What may not be broken, each as runs of one font. */
  *#atoms(
    text: string,
    style: Style,
    counted: boolean,
    ids: readonly (readonly [from: number, to: number])[],
  ): Generator<{ font: FontFace; text: string }[]> {
    let atom: { font: FontFace; text: string }[] = [];
    let before = "";
    let at = 0;
    for (const character of text) {
      const inId = ids.some(([from, to]) => at > from && at < to);
      at += character.length;
      const breaks =
        character === " " ||
        before === " " ||
        before === "/" ||
        // Never inside a date or a number.
        (before === "-" && !inId && /\p{L}/u.test(character)) ||
        ((IDEOGRAPH.test(character) || IDEOGRAPH.test(before)) && !ATTACHED.test(character));
      if (breaks && atom.length > 0) {
        yield atom;
        atom = [];
      }
      const run = this.#fontFor(character, style, counted);
      const last = atom.at(-1);
      if (last && last.font.id === run.font.id) last.text += run.text;
      else atom.push(run);
      before = character;
    }
    if (atom.length > 0) yield atom;
  }

  #fontFor(character: string, style: Style, counted: boolean): { font: FontFace; text: string } {
    const codePoint = character.codePointAt(0) ?? 0;
    const first = this.#fonts[style];
    if (first.face.hasGlyphForCodePoint(codePoint)) return { font: first, text: character };
    if (style === "mono" && this.#fonts.regular.face.hasGlyphForCodePoint(codePoint))
      return { font: this.#fonts.regular, text: character };
    const other = this.#fonts.fallback(codePoint);
    if (other) return { font: other, text: character };
    if (counted) this.#missing.set(codePoint, (this.#missing.get(codePoint) ?? 0) + 1);
    return { font: first, text: visibleCode(codePoint) };
  }
}

/** `INC-2026-01`, `INC-gap-ff1bc7e4818e`, `EVD-2025-001`. */
export const ID = /\b(?:[A-Z]{2,8}|alert|gap)-(?:[A-Za-z0-9]+-)*[A-Za-z0-9]*\d[A-Za-z0-9]*\b/g;

/** Characters with the marks that belong to them. */
function clusters(text: string): string[] {
  const found: string[] = [];
  for (const character of text) {
    if (found.length > 0 && ATTACHED.test(character)) found[found.length - 1] += character;
    else found.push(character);
  }
  return found;
}
