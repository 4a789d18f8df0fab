import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { knownHeads } from "../../src/attack/carry-out.ts";
import { attacks } from "../../src/attack/index.ts";
import { loadRange } from "../../src/attack/load.ts";
import type { Objects } from "../../src/attack/range.ts";
import { base64 } from "../../src/lib/digest.ts";
import { cadenceLog, writeLog } from "./cadence-log.ts";
import { filesOf, frozenLedger } from "./example-ledger.ts";
import { mutate, readMutations } from "./mutations.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, "test/vectors/conformance");

/** A log as it is good, and what somebody who verifies it knows. test/vectors/conformance/README.md says what each is. */
interface Log {
  readonly store: string;
  readonly keys: readonly string[];
  readonly stampRoots: string;
  readonly witnesses: readonly string[];
}

/** One part of an object that is other than it was: behind `at` bytes, `remove` bytes make room for `insert` (base64). */
interface Splice {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

export interface Vector {
  readonly name: string;
  readonly log: string;
  readonly story?: string;
  /** By key: null, deleted; an object, one splice of the object in the good log (of no bytes where there is none). */
  readonly edits: Readonly<Record<string, null | Splice>>;
  readonly heads: readonly string[];
  readonly trustsNobody?: true;
  readonly codes: readonly string[];
  readonly verdicts: Readonly<Record<string, string>>;
}

export interface Vectors {
  readonly about: string;
  readonly now: string;
  readonly logs: Readonly<Record<string, Log>>;
  readonly vectors: readonly Vector[];
}

export async function readVectors(): Promise<Vectors> {
  return JSON.parse(await readFile(join(FOLDER, "vectors.json"), "utf8")) as Vectors;
}

export async function writeVectors(vectors: Vectors): Promise<void> {
  const { vectors: list, ...rest } = vectors;
  const lines = list.map((vector) => `    ${JSON.stringify(vector)}`).join(",\n");
  const head = JSON.stringify(rest, null, 2).replace(/\n\}$/, "");
  await writeFile(join(FOLDER, "vectors.json"), `${head},\n  "vectors": [\n${lines}\n  ]\n}\n`);
}

/** The good objects of a log. */
export async function objectsOf({ store }: Log): Promise<Map<string, Uint8Array>> {
  return filesOf(join(ROOT, store));
}

export async function rootsOf({ stampRoots }: Log): Promise<string> {
  return stampRoots === "" ? "" : readFile(join(FOLDER, stampRoots), "utf8");
}

/** The objects of a vector. */
export function edited(good: Objects, { edits }: Vector): Map<string, Uint8Array> {
  const objects = new Map(good);
  for (const [key, edit] of Object.entries(edits)) {
    if (edit === null) {
      objects.delete(key);
      continue;
    }
    const old = objects.get(key) ?? new Uint8Array();
    const end = old.subarray(edit.at + edit.remove);
    objects.set(key, Buffer.concat([old.subarray(0, edit.at), Buffer.from(edit.insert, "base64"), end]));
  }
  return objects;
}

/** What makes the one of the other: for each object the shortest single splice. */
function editsBetween(good: Objects, broken: Objects): Vector["edits"] {
  const edits: Record<string, null | Splice> = {};
  for (const key of [...new Set([...good.keys(), ...broken.keys()])].sort()) {
    const now = broken.get(key);
    if (now === undefined) edits[key] = null;
    else if (!good.has(key) || !Buffer.from(now).equals(Buffer.from(good.get(key) ?? [])))
      edits[key] = spliceBetween(good.get(key) ?? new Uint8Array(), now);
  }
  return edits;
}

function spliceBetween(old: Uint8Array, now: Uint8Array): Splice {
  const shorter = Math.min(old.length, now.length);
  let at = 0;
  while (at < shorter && old[at] === now[at]) at += 1;
  let same = 0;
  while (same < shorter - at && old[old.length - 1 - same] === now[now.length - 1 - same]) same += 1;
  return { at, remove: old.length - at - same, insert: base64(now.subarray(at, now.length - same)) };
}

type Made = Omit<Vector, "verdicts">;

/** Every vector without its verdicts: what is done to the two logs, and the codes that must be among those found. */
export async function makeVectors(): Promise<{ readonly logs: Vectors["logs"]; readonly made: readonly Made[] }> {
  const range = await loadRange(join(ROOT, "assets/attack-range"));
  const frozen = await frozenLedger();
  await writeFile(join(FOLDER, "range-roots.pem"), range.stampRootsPem);
  const logs = {
    range: {
      store: "assets/attack-range/store",
      keys: [range.pinned.vkey],
      stampRoots: "range-roots.pem",
      witnesses: range.outside.witnesses,
    },
    "v1-small": { store: "test/ledgers/v1-small/store", keys: [frozen.vkey], stampRoots: "", witnesses: [] },
    ...(await cadenceLogs()),
  };
  const headText = ({ size, root }: { size: number; root: Uint8Array }) => `${size}:${base64(root)}`;
  const made: Made[] = [
    {
      name: "range/intact",
      log: "range",
      edits: {},
      heads: [headText(range.guard), headText(range.printed)],
      codes: [],
    },
    {
      name: "range/nobody-outside-trusted",
      log: "range",
      story: "A key was stolen, and nobody who could say what was there before the theft is trusted.",
      edits: {},
      heads: [],
      trustsNobody: true,
      codes: ["key-revoked"],
    },
  ];
  for (const attack of attacks)
    made.push({
      name: `range/${attack.name}`,
      log: "range",
      story: attack.story,
      edits: editsBetween(range.objects, await attack.carryOut(range)),
      heads: knownHeads({ range, given: attack.given }).map(headText),
      codes: attack.expected,
    });
  for (const mutation of await readMutations())
    made.push({
      name: `v1-small/${mutation.name}`,
      log: "v1-small",
      edits: editsBetween(frozen.objects, mutate(frozen.objects, mutation)),
      heads: [],
      codes: mutation.codes,
    });
  for (const { name, story } of CADENCE_LOGS)
    made.push({ name: `${name}/intact`, log: name, story, edits: {}, heads: [], codes: [] });
  return { logs, made };
}

/** Logs of cron cadences around the days on which the clocks of Berlin change. Their keys were thrown away. */
const CADENCE_LOGS = [
  {
    name: "cadences-spring",
    story: "Cron cadences while an hour is skipped: every period was seen, just after it began.",
    from: Date.UTC(2026, 2, 26, 12),
    to: Date.UTC(2026, 3, 2, 12),
  },
  {
    name: "cadences-autumn",
    story: "Cron cadences while an hour is repeated: every period was seen, just after it began.",
    from: Date.UTC(2026, 9, 22, 12),
    to: Date.UTC(2026, 10, 2, 12),
  },
  {
    name: "cadences-hole",
    story: "The same, without the look at the period that began in the repeated hour, at 02:30.",
    from: Date.UTC(2026, 9, 22, 12),
    to: Date.UTC(2026, 10, 2, 12),
    without: "nightly@2026-10-25T00:30:00.000Z",
  },
] as const;

/** As they are kept; made where one is missing and the vectors are updated. */
async function cadenceLogs(): Promise<Record<string, Log>> {
  const logs: Record<string, Log> = {};
  for (const { name, from, to, ...rest } of CADENCE_LOGS) {
    const folder = join(FOLDER, name);
    let vkey = await readFile(join(folder, "ledger.vkey"), "utf8").catch(() => undefined);
    if (vkey === undefined && process.env.UPDATE_VECTORS === "1") {
      const made = await cadenceLog(from, to, "without" in rest ? rest.without : undefined);
      await writeLog(join(folder, "store"), made.objects);
      await writeFile(join(folder, "ledger.vkey"), `${made.vkey}\n`);
      vkey = made.vkey;
    }
    const store = `test/vectors/conformance/${name}/store`;
    logs[name] = { store, keys: [(vkey ?? "").trim()], stampRoots: "", witnesses: [] };
  }
  return logs;
}
