import type { Entry } from "../evidence/entry.ts";
import { fromIso } from "../lib/time.ts";
import { covers, type Hold, type Holds } from "../trust/holds.ts";
import type { HandlingInput, ItemFile, ItemHold } from "./item.ts";
import type { Act } from "./record.ts";

/** Orders not to dispose of a thing. */

/**
 * Orders not to dispose of it. Over files they are those that disposal itself would find: by the records that name the file.
 * A physical thing is under those that its own records meet.
 */
export function holdsOver(
  { holds, recordsOf, incidentsOf }: HandlingInput,
  acts: readonly Act[],
  files: readonly ItemFile[],
  physical: boolean,
  incident: string | undefined,
): ItemHold[] {
  const things = files.map(({ digest }) => ({
    digest,
    records: [
      ...acts.flatMap((act) => (brings(act, digest) ? [act.entry as Entry] : [])),
      ...(recordsOf?.(digest) ?? []),
    ],
    incidents: incidentsOf?.(digest) ?? NONE,
  }));
  const own = acts.map(({ entry }) => entry as Entry);
  const thing = { digest: "", records: own, incidents: new Set(incident === undefined ? [] : [incident]) };
  if (physical) things.push(thing);
  const isOver = (hold: Hold) => things.some((one) => covers(hold, one));
  const spans = (all: Holds): ItemHold[] => [
    ...all.standing.filter(isOver).map(({ id, index, at }) => ({ id, index, from: fromIso(at), to: undefined })),
    ...all.released
      .filter(({ hold }) => isOver(hold))
      .map(({ hold, at }) => ({ id: hold.id, index: hold.index, from: fromIso(hold.at), to: fromIso(at) })),
  ];
  return spans(holds).sort((a, b) => a.from - b.from || a.index - b.index);
}

const NONE: ReadonlySet<string> = new Set();

const brings = ({ entry }: Act, digest: string): boolean =>
  entry.evidenceFiles?.some((file) => file.digest === digest) ?? false;
