import type { Problem } from "../../src/evidence/fact.ts";
import { misspelt } from "../../src/lib/nearest.ts";
import { cleanText } from "../incident-log/text.ts";
import { plainKey, readFrontMatter } from "./front-matter.ts";
import type { ReadingRules } from "./rules.ts";
import { vocabulary } from "./vocabulary.ts";

/** Longest file that is looked through. */
const MAX_BYTES = 1024 * 1024;

/** Keys above a record that nothing is read from, and that are a letter or two away from one that is. */
export function* mistypedKeys(bytes: Uint8Array, path: string, rules: ReadingRules): Iterable<Problem> {
  if (bytes.length > MAX_BYTES) return;
  const { fields, nested, state } = readFrontMatter(new TextDecoder().decode(bytes).split(/\r\n?|\n/));
  if (state === "broken") return;
  const known = [...new Set([...vocabulary(rules.words).values()].flat())];
  const lines = new Set<number>();
  for (const { key, line } of [...fields, ...nested]) {
    if (lines.has(line)) continue;
    lines.add(line);
    const meant = misspelt(plainKey(key), known);
    if (meant === undefined) continue;
    yield {
      kind: "problem",
      where: `${path}:${line}`,
      message: `nothing is read from "${cleanText(key).slice(0, 60)}"; did you mean "${meant}"?`,
    };
  }
}
