import { CustodyError } from "../lib/errors.ts";

/**
 * Patterns of masking rules. They run over whatever a source says, so their time must follow from the length of the text
 * alone: a dialect of regular expressions without anything unbounded, in which the ways to match from one place can be
 * counted beforehand, and are.
 *
 * Allowed: characters, `.`, classes `[…]`, escapes (`\d \w \s \b \p{…} \uXXXX \.`), groups, `|`, `?`, `{n}`, `{n,m}`.
 * Refused: `*`, `+`, `{n,}`, lazy and possessive repetition, lookaround, backreferences, named groups.
 */

const MAX_SOURCE = 300;
/** Ways to match from one place: what backtracking can cost at most, per character of text. */
const MAX_WAYS = 1_000;
const MAX_MATCH = 500;
/** A shorter match would hide innocent text everywhere. */
const MIN_MATCH = 3;
const MAX_GROUPS_DEEP = 10;

interface Part {
  /** Characters that it takes, at least and at most. */
  readonly least: number;
  readonly most: number;
  readonly ways: number;
}

const NOTHING: Part = { least: 0, most: 0, ways: 1 };
const ONE: Part = { least: 1, most: 1, ways: 1 };

/** Compiles a pattern that is safe to run over hostile text. Throws INPUT_INVALID saying where and what to write instead. */
export function compilePattern(source: string): RegExp {
  const whole = new Reader(source).read();
  if (whole.least < MIN_MATCH) refuse(`it can match fewer than ${MIN_MATCH} characters`, "make it match more");
  if (whole.most > MAX_MATCH) refuse(`it can match more than ${MAX_MATCH} characters`, "repeat less");
  try {
    return new RegExp(source, "gu");
  } catch {
    // Its message quotes the pattern, which nobody has looked at for secrets.
    return refuse("it is no regular expression", "compare brackets and backslashes");
  }
}

function refuse(what: string, instead: string): never {
  throw new CustodyError("INPUT_INVALID", `this pattern is not taken: ${what}; ${instead}`);
}

class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    if (source.length > MAX_SOURCE) refuse(`it has more than ${MAX_SOURCE} characters`, "write several rules");
    this.#source = source;
  }

  read(): Part {
    const whole = this.#alternatives(0);
    if (this.#at < this.#source.length) this.#refuse("a bracket is closed that was not opened", "escape it: \\)");
    return whole;
  }

  #refuse(what: string, instead: string): never {
    return refuse(`${what} (character ${this.#at + 1})`, instead);
  }

  #alternatives(depth: number): Part {
    if (depth > MAX_GROUPS_DEEP) this.#refuse("groups in groups too deep", "write several rules");
    let all = this.#sequence(depth);
    while (this.#take("|")) {
      const one = this.#sequence(depth);
      all = this.#counted({
        least: Math.min(all.least, one.least),
        most: Math.max(all.most, one.most),
        ways: all.ways + one.ways,
      });
    }
    return all;
  }

  #sequence(depth: number): Part {
    let all = NOTHING;
    for (let next = this.#source[this.#at]; next !== undefined && next !== "|" && next !== ")"; ) {
      const one = this.#repeated(this.#atom(depth));
      all = this.#counted({ least: all.least + one.least, most: all.most + one.most, ways: all.ways * one.ways });
      next = this.#source[this.#at];
    }
    return all;
  }

  #counted(part: Part): Part {
    if (part.ways > MAX_WAYS)
      this.#refuse(
        `it can match in more than ${MAX_WAYS} ways from one place`,
        "repeat less, and no repetition in another",
      );
    return part;
  }

  #atom(depth: number): Part {
    const next = this.#source[this.#at] ?? "";
    if (this.#take("(")) {
      if (this.#take("?") && !this.#take(":")) this.#refuse("a group beginning with (? other than (?:", "use (?: … )");
      const inner = this.#alternatives(depth + 1);
      if (!this.#take(")")) this.#refuse("a group is not closed", "add )");
      return inner;
    }
    if (next === "[") return this.#class();
    if (next === "\\") return this.#escape();
    if (next === "^" || next === "$") {
      this.#at += 1;
      return NOTHING;
    }
    if (/[*+?{}\]]/.test(next)) this.#refuse(`"${next}" here`, UNBOUNDED);
    this.#at += String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0).length;
    return ONE;
  }

  #class(): Part {
    const match = /^\[\^?(?:\\.|[^\]\\])+\]/su.exec(this.#source.slice(this.#at));
    if (!match) this.#refuse("a class [ … ] that is empty or not closed", "escape it: \\[");
    this.#at += match[0].length;
    return ONE;
  }

  #escape(): Part {
    const rest = this.#source.slice(this.#at);
    const match =
      /^\\(?:[pP]\{[A-Za-z_=]{1,40}\}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|[dDwWsStnr]|[bB]|[^A-Za-z0-9])/u.exec(rest);
    if (!match) this.#refuse("an escape that is not known here", "backreferences and the like are not taken");
    this.#at += match[0].length;
    return /^\\[bB]$/.test(match[0]) ? NOTHING : ONE;
  }

  #repeated(part: Part): Part {
    const match = /^(?:\?|\{(\d{1,4})(?:(,)(\d{0,4}))?\})/.exec(this.#source.slice(this.#at));
    if (!match) {
      if (/[*+{]/.test(this.#source[this.#at] ?? "")) this.#refuse("repetition without an end", UNBOUNDED);
      return part;
    }
    const [text, first, comma, last] = match;
    if (comma !== undefined && last === "") this.#refuse("repetition without an end", UNBOUNDED);
    this.#at += text.length;
    if (/[?+*{]/.test(this.#source[this.#at] ?? ""))
      this.#refuse("a repetition of a repetition", "leave out the second");
    const from = first === undefined ? 0 : Number(first);
    const to = first === undefined ? 1 : Number(last ?? first);
    if (to < from || to > MAX_MATCH)
      this.#refuse(`repetition from ${from} to ${to}`, `write {n,m} with m at most ${MAX_MATCH}`);
    let ways = 0;
    for (let times = from; times <= to && ways <= MAX_WAYS; times++) ways += part.ways ** times;
    return this.#counted({ least: part.least * from, most: part.most * to, ways });
  }

  #take(character: string): boolean {
    if (this.#source[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }
}

const UNBOUNDED = "say how often at most: {1,40} in place of + and {0,40} in place of *";
