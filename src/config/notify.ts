import type { Json } from "../lib/canonical.ts";
import { didYouMean } from "../lib/nearest.ts";
import { channels } from "../notify/channels/index.ts";
import type { ChannelConfig, Gets } from "../notify/define.ts";
import { MORNING, parseTimeOfDay } from "../notify/rhythm.ts";
import { NotifyItem } from "./file.ts";
import { type Mistake, mistakesOf } from "./mistakes.ts";
import { hasId, rightKeys } from "./right.ts";

/** The channels to people that a configuration names. */

const DEFAULT: readonly Gets[] = ["digest", "urgent"];

/** The configured channels; what is wrong with them is added to the mistakes. `data` is the whole file, as it was read. */
export function readChannels(data: unknown, mistakes: Mistake[]): ChannelConfig[] {
  const { notify } = (typeof data === "object" && data !== null ? data : {}) as { notify?: unknown };
  if (!Array.isArray(notify)) return [];
  const seen = new Set<string>();
  return notify.flatMap((item: unknown, i) => {
    const given = rightKeys(NotifyItem, item)?.keys;
    // What is wrong with it in itself is a mistake already.
    if (given?.use === undefined) return [];
    const { use, id = use, gets, at, ...own } = given;
    const isNamed = given.id !== undefined || !hasId(item);
    if (isNamed && seen.has(id)) {
      const text = given.id === undefined ? "there are two of these; give each an `id`" : `"${id}" is used twice`;
      mistakes.push({ path: ["notify", i, "id"], text: `${text}; each channel needs an id of its own` });
    }
    if (isNamed) seen.add(id);
    const channel = channels.find((one) => one.use === use);
    if (channel === undefined) {
      const names = channels.map((one) => one.use);
      const hint = didYouMean(use, names) || `; expected ${names.join(", ")}`;
      mistakes.push({ path: ["notify", i, "use"], text: `there is no such channel${hint}` });
      return [];
    }
    const parsed = channel.config.safeParse(own, { reportInput: true });
    if (!parsed.success) {
      const known = Object.keys(NotifyItem.shape);
      for (const { path, text } of mistakesOf(parsed.error, channel.config, known)) {
        mistakes.push({ path: ["notify", i, ...path], text: text.replace(/^unknown key/, `unknown key of ${use}`) });
      }
      return [];
    }
    return [
      {
        id,
        channel,
        gets: gets ?? DEFAULT,
        at: parseTimeOfDay(at ?? "") ?? MORNING,
        config: parsed.data,
        logged: JSON.parse(JSON.stringify(given)) as Json,
      },
    ];
  });
}
