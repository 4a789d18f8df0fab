import { type Found, readFacts, recordsOf } from "./collector/facts.ts";
import type { Custody } from "./custody.ts";
import { Naming } from "./disposal/naming.ts";
import { type Entry, isKind } from "./evidence/entry.ts";
import type { ManifestCapture } from "./evidence/manifest.ts";
import type { Disposals } from "./trust/disposals.ts";

/** What the captures of an entry say, and what their manifest says of them. */
export interface ReadEvidence extends Found {
  /** Throws INPUT_INVALID for a manifest that is none. */
  records(): Promise<readonly ManifestCapture[]>;
}

interface Memory {
  readonly naming: Naming;
  /** By what the entry is (`keyOf`), never by its place in the log alone. */
  readonly evidence: Map<string, ReadEvidence>;
  /** The disposal that was the newest: what it took is not shown after it. */
  readonly disposed: number | undefined;
}

const memories = new WeakMap<Custody, Memory>();

/**
 * From now on evidence of this workspace is read once and kept in memory, for whoever reads all of it many times over. Without
 * it nothing is kept: it would grow with the log. `before`: what was opened of the same workspace earlier, with its memory.
 */
export function rememberEvidence(custody: Custody, before?: Custody): void {
  const memory = before && memories.get(before);
  memories.set(custody, memory ?? { evidence: new Map(), naming: new Naming(), disposed: undefined });
}

/**
 * What the captures of an entry say, by the readers of today; nothing for entries that have none. `disposals` are asked for
 * once by whoever reads many: each time the end of the log is looked for.
 */
export async function evidenceOf(custody: Custody, entry: Entry, disposals: Disposals): Promise<ReadEvidence> {
  const memory = memoryOf(custody, disposals)?.evidence;
  const key = keyOf(entry);
  const before = memory?.get(key);
  if (before !== undefined) return before;
  const ledger = await custody.view();
  const gone = (digest: string) => disposals.explains(digest, entry.index);
  // Most who ask for the facts ask for the list of captures next.
  const list = listOf(entry);
  let listed: Promise<Uint8Array | undefined> | undefined;
  const blob = (digest: string) => {
    if (digest !== list) return ledger.blob(digest);
    listed ??= ledger.blob(digest);
    return listed;
  };
  const found = await readFacts(entry, blob, custody.config.collectors, gone);
  const kept = async (digest: string) => (gone(digest) === undefined ? await blob(digest) : undefined);
  let records: Promise<readonly ManifestCapture[]> | undefined;
  const read = {
    ...found,
    records: () => {
      records ??= recordsOf(entry, kept);
      return records;
    },
  };
  memory?.set(key, read);
  return read;
}

/** The same list, named by the same record after the same records. */
const keyOf = (entry: Entry): string => `${entry.index} ${entry.prev} ${entry.at} ${listOf(entry)}`;

function listOf(entry: Entry): string | undefined {
  if (!isKind(entry, "run") && !isKind(entry, "intake") && !isKind(entry, "import")) return undefined;
  return entry.manifest?.digest;
}

/** Who names which file, over the whole log. */
export async function namingOf(custody: Custody): Promise<Naming> {
  const { readNaming } = await import("./acts/disposing.ts");
  return readNaming(custody, memoryOf(custody, await custody.disposals())?.naming);
}

function memoryOf(custody: Custody, { newest: disposed }: Disposals): Memory | undefined {
  const memory = memories.get(custody);
  if (memory === undefined || memory.disposed === disposed) return memory;
  const fresh: Memory = { evidence: new Map(), naming: new Naming(), disposed };
  memories.set(custody, fresh);
  return fresh;
}
