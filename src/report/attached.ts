import type { RecordedAct } from "../evidence/act.ts";
import type { BlobRef } from "../evidence/blob.ts";
import { fromIso, iso } from "../lib/time.ts";
import { clean } from "./clean.ts";
import type { AttachedRow } from "./evidence-shape.ts";

/** Files that people added to what they recorded: to a message, a review, a step, a thing kept as evidence. */

/** What a record of a kind may be about, in the order in which it is said. */
const ABOUT = ["incident", "event", "action", "finding", "sample", "activity", "evidence", "waiver", "policy"] as const;

/** Each file of each record, in the order of the log. */
export function attachedRows(acts: readonly RecordedAct[]): AttachedRow[] {
  return acts.flatMap(({ index, entry }) => {
    const fields = entry as unknown as Readonly<Record<string, unknown>>;
    const files = ["evidence", "evidenceFiles"].flatMap((field) => {
      const value = fields[field];
      return Array.isArray(value) ? (value as BlobRef[]) : [];
    });
    const own = fields[entry.kind];
    const about = [own, ...ABOUT.map((field) => fields[field])].find((value) => typeof value === "string");
    return files.map(({ digest, size, mediaType }) => ({
      entry: index,
      at: iso(fromIso(entry.at)),
      kind: clean(entry.kind),
      about: typeof about === "string" ? clean(about) : null,
      digest,
      size,
      mediaType: clean(mediaType),
    }));
  });
}
