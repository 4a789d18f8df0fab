import { type Block, line } from "./blocks.ts";
import type { ReportModel } from "./shape.ts";
import type { Wording } from "./words.ts";
import { fill } from "./words.ts";

/** What the reasons of several requirements say word for word: said once, and referred to by a letter. */

/** In so many requirements a remark has to stand before it gets a letter. */
const SEVERAL = 3;
/** Shorter ones cost less than a reference to them. */
const LONG = 40;
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

export interface Remarks {
  /** The text without what has a letter, and these letters behind it. Its first statement always stays. */
  readonly short: (text: string) => string;
  /** What each letter stands for; nothing where none does. */
  readonly blocks: readonly Block[];
}

/** The statements of a reason; what stands in brackets or quotation marks is never broken. */
function statements(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "(") depth += 1;
    else if (c === ")") depth = Math.max(0, depth - 1);
    else if (c === '"') quoted = !quoted;
    else if (c === ";" && text[i + 1] === " " && depth === 0 && !quoted) {
      found.push(text.slice(from, i));
      from = i + 2;
    }
  }
  return [...found, text.slice(from)];
}

/** For places that only name what is told in full elsewhere. */
export const firstStatement = (text: string): string => statements(text)[0] ?? text;

/** Looks through all requirements of the report; the same report gives the same letters. */
export function remarksOf(model: Pick<ReportModel, "controls">, wording: Wording): Remarks {
  const known = REMARKS.get(model.controls) ?? lookedFor(model, wording);
  REMARKS.set(model.controls, known);
  return known;
}

/** Several parts of one report ask for the same. */
const REMARKS = new WeakMap<ReportModel["controls"], Remarks>();

function lookedFor({ controls }: Pick<ReportModel, "controls">, wording: Wording): Remarks {
  const seen = new Map<string, number>();
  for (const { requirements } of controls)
    for (const { reason, cases, failing } of requirements) {
      const texts = [reason ?? "", ...(cases?.rows ?? []).map(({ what }) => what), ...failing.map(({ what }) => what)];
      const own = new Set(texts.flatMap((text) => statements(text).slice(1)));
      for (const one of own) if (one.length >= LONG) seen.set(one, (seen.get(one) ?? 0) + 1);
    }
  const letters = new Map(
    [...seen]
      .filter(([, n]) => n >= SEVERAL)
      .slice(0, LETTERS.length)
      .map(([text], i) => [text, LETTERS[i] as string]),
  );
  return {
    short: (text) => {
      const [first = "", ...rest] = statements(text);
      const named = rest.flatMap((one) => letters.get(one) ?? []);
      const kept = [first, ...rest.filter((one) => !letters.has(one))].join("; ");
      return named.length === 0 ? kept : `${kept} [${named.join(", ")}]`;
    },
    blocks:
      letters.size === 0
        ? []
        : [
            { kind: "paragraph", text: wording.remarks },
            {
              kind: "pairs",
              small: true,
              rows: [...letters].map(([text, letter]) => ({
                label: fill("[{letter}]", { letter }),
                cell: [line(`${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.+$/, "")}.`)],
              })),
            },
          ],
  };
}
