import type { HeadConfig } from "../heads/define.ts";
import { headTargets } from "../heads/index.ts";
import type { Json } from "../lib/canonical.ts";
import { didYouMean } from "../lib/nearest.ts";
import { parseDuration } from "../lib/time.ts";
import { HeadItem } from "./file.ts";
import { type Mistake, mistakesOf } from "./mistakes.ts";
import { hasId, rightKeys } from "./right.ts";

/** The ways out of the store that a configuration names. */

const DAY = 24 * 60 * 60_000;

/** The configured targets; what is wrong with them is added to the mistakes. `data` is the whole file, as it was read. */
export function readHeadTargets(data: unknown, mistakes: Mistake[]): HeadConfig[] {
  const { heads } = (typeof data === "object" && data !== null ? data : {}) as { heads?: unknown };
  if (!Array.isArray(heads)) return [];
  const seen = new Set<string>();
  return heads.flatMap((item: unknown, i) => {
    const given = rightKeys(HeadItem, item)?.keys;
    // What is wrong with it in itself is a mistake already.
    if (given?.use === undefined) return [];
    const { use, id = use, every, ...own } = given;
    const isNamed = given.id !== undefined || !hasId(item);
    if (isNamed && seen.has(id)) {
      const text = given.id === undefined ? `there are two of these; give each an \`id\`` : `"${id}" is used twice`;
      mistakes.push({ path: ["heads", i, "id"], text: `${text}; each place needs an id of its own` });
    }
    if (isNamed) seen.add(id);
    const target = headTargets.find((one) => one.use === use);
    if (target === undefined) {
      const names = headTargets.map((one) => one.use);
      const hint = didYouMean(use, names) || `; expected ${names.join(", ")}`;
      mistakes.push({ path: ["heads", i, "use"], text: `there is no such way out of the store${hint}` });
      return [];
    }
    const parsed = target.config.safeParse(own, { reportInput: true });
    if (!parsed.success) {
      const known = Object.keys(HeadItem.shape);
      for (const { path, text } of mistakesOf(parsed.error, target.config, known)) {
        mistakes.push({ path: ["heads", i, ...path], text: text.replace(/^unknown key/, `unknown key of ${use}`) });
      }
      return [];
    }
    return [
      {
        id,
        target,
        every: parseDuration(every ?? "") ?? DAY,
        config: parsed.data,
        logged: JSON.parse(JSON.stringify(given)) as Json,
      },
    ];
  });
}
