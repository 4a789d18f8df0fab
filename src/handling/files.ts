import type { Standing } from "../evidence/act.ts";
import type { HandlingInput, ItemFile } from "./item.ts";
import { type Act, inRecordOrder, stampOf, timeOf } from "./record.ts";

/** The files of a thing: what brought them, what they were made of, whether they are still as recorded. */

export function newestChecks(counting: readonly Standing<"custody">[]): Map<string, NonNullable<ItemFile["verified"]>> {
  const found = new Map<string, NonNullable<ItemFile["verified"]>>();
  for (const { act } of inRecordOrder(counting)) {
    const { result, digests = [] } = act.entry;
    if (result === undefined) continue;
    const at = stampOf(act).at;
    for (const digest of digests) {
      const before = found.get(digest);
      if (before === undefined || before.at <= at) found.set(digest, { at, entry: act.index, result });
    }
  }
  return found;
}

export function filesOf(
  counting: readonly Standing<"custody">[],
  verified: ReadonlyMap<string, NonNullable<ItemFile["verified"]>>,
  { disposals, recordsOf }: HandlingInput,
): ItemFile[] {
  const found = new Map<string, ItemFile>();
  const last = new Map<string, number>();
  for (const act of bringing(counting)) {
    const { evidenceFiles = [], values = {}, digests = [], actor } = act.entry;
    const names = act.words.files;
    const change = values.change;
    for (const [place, { digest, size, mediaType }] of evidenceFiles.entries()) {
      const others = recordsOf?.(digest).map(({ index }) => index) ?? [];
      last.set(digest, Math.max(act.index, last.get(digest) ?? -1, ...others));
      if (found.has(digest)) continue;
      const hashedAt = timeOf(values.hashedAt) ?? act.at;
      found.set(digest, {
        digest,
        size,
        mediaType,
        name: Array.isArray(names) ? names[place] : undefined,
        entry: act.index,
        hashedAt,
        hashedBy: typeof values.hashedBy === "string" ? values.hashedBy : actor.id,
        derived:
          act.entry.act === "copy"
            ? { from: digests, change: typeof change === "string" ? change : "unknown" }
            : undefined,
        disposed: undefined,
        verified: verified.get(digest),
      });
    }
  }
  return [...found.values()].map((file) => ({
    ...file,
    disposed: disposals.explains(file.digest, last.get(file.digest) ?? file.entry),
  }));
}

/** Acts that bring files in. One that was corrected by an act of its kind still has: what is said of it was corrected. */
function bringing(counting: readonly Standing<"custody">[]): Act[] {
  return counting
    .flatMap(({ act, replaced }) => [act, ...replaced.filter(({ entry }) => entry.act === act.entry.act)])
    .sort((a, b) => a.index - b.index);
}

/** Undefined where nothing was derived. A file that was disposed of is kept no more. */
export function originalKept(files: readonly ItemFile[]): boolean | undefined {
  const derived = files.filter((file) => file.derived !== undefined);
  if (derived.length === 0) return undefined;
  const there = new Set(
    files.filter(({ disposed, verified }) => !disposed && verified?.result !== "differs").map(({ digest }) => digest),
  );
  return derived.every((file) => file.derived?.from.every((digest) => there.has(digest)) ?? true);
}
