import type { Observed } from "../evidence/fact.ts";
import type { RunRecord } from "../slots/history.ts";
import type { ReportInput } from "./input.ts";

/** The first record of a complete look that no longer found what the source had said before; null where none did. */
export type GoneSince = (newest: Observed) => number | null;

/**
 * Asks for the newest word about a thing, so every later look of the same instance did not find it. That it was removed is said
 * only where the source shows all that it holds each time, the look was complete, and either the file it stood in was not
 * there any more or everything that was there could be read.
 */
export function goneSince(input: ReportInput, imported: ReadonlySet<number>): GoneSince {
  const troubled = new Set([...input.problems, ...(input.disposed ?? [])].map(({ entry }) => entry));
  const origins = new Map<number, Map<string, string>>();
  for (const { entry, digest, origin } of input.evidence) {
    const own = origins.get(entry) ?? new Map<string, string>();
    origins.set(entry, own.set(digest, origin));
  }
  return ({ entry, instance, item }) => {
    const history = input.history.instances.get(instance);
    if (!history || imported.has(entry) || input.about(history.record.use)?.whole !== true) return null;
    const place = origins.get(entry)?.get(item);
    const misses = ({ index, outcome, problems }: RunRecord) => {
      const there = origins.get(index);
      if (index <= entry || outcome !== "collected" || there === undefined) return false;
      const unread = problems > 0 || troubled.has(index);
      return !unread || (place !== undefined && ![...there.values()].includes(place));
    };
    return history.runs.find(misses)?.index ?? null;
  };
}
