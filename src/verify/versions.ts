import { isDigest, newDigest } from "../lib/digest.ts";
import type { Instant } from "../lib/time.ts";
import { iso } from "../lib/time.ts";
import type { Disposals } from "../trust/disposals.ts";
import type { Findings } from "./finding.ts";

/** A version of an object, or the mark that a deletion left. */
export interface ObjectVersion {
  readonly key: string;
  readonly id: string;
  readonly latest: boolean;
  readonly deleted: boolean;
  readonly size: number;
  readonly at: Instant;
}

/** The past of a bucket, as its store tells it. */
export interface VersionReader {
  state(): Promise<"enabled" | "suspended" | "off">;
  /** By key, the newest of a key first. */
  list(prefix: string): AsyncIterable<ObjectVersion>;
  read(key: string, version: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  retention(key: string, version: string): Promise<{ readonly mode: string; readonly until: Instant } | undefined>;
}

export interface VersionOptions {
  /** Named in findings before the key; for a mirror. */
  readonly of?: string;
  readonly disposals: Disposals;
  /** The lock that objects must have; not looked at without one. */
  readonly lock?: { readonly mode: "governance" | "compliance"; readonly days: number } | undefined;
  /** Versions with the same bytes are no overwriting: for a mirror on a server that cannot create once. */
  readonly equalVersions?: boolean;
}

export interface VersionTally {
  /** Objects that are created once, and were looked at. */
  readonly objects: number;
  readonly versions: number;
  /** Objects that were written while no versions were kept: what was there before them is not known. */
  readonly unknown: number;
  /** Files that were disposed of and of which a version is still there. */
  readonly undisposed: readonly string[];
}

const DAY = 86_400_000;
/** The lock is set by the writer's clock and looked at by the server's. */
const CLOCKS_APART = 3_600_000;
/** Versions that a finding names. */
const TOLD = 8;
/** Of versions beyond this many of one object only these are compared; all are counted. */
const COMPARED = 64;

interface OneObject {
  readonly key: string;
  /** Newest first, at most `COMPARED`. */
  readonly versions: ObjectVersion[];
  /** The oldest that is no deletion. */
  first: ObjectVersion | undefined;
  count: number;
  marks: number;
}

/**
 * Everything that a bucket remembers of objects that are created once: a second version or a deletion is a
 * `version-overwritten` that names the versions and says whether the first one's bytes are still the current ones; a lock
 * that is missing or shorter than configured is a `lock-missing`. Lawful disposal of a file is neither.
 */
export async function verifyVersions(
  reader: VersionReader,
  findings: Findings,
  options: VersionOptions,
): Promise<VersionTally> {
  const of = options.of === undefined ? "" : `${options.of}: `;
  const disposed = new Set(options.disposals.all.map(({ digest }) => digest));
  const undisposed: string[] = [];
  let [objects, versions, unknown] = [0, 0, 0];
  if ((await reader.state()) !== "enabled")
    findings.add(
      "version-overwritten",
      `${of}the bucket`,
      "a bucket that keeps versions",
      "versions are no longer kept",
    );
  for await (const object of byObject(reader.list(""))) {
    if (!/^(blob|seq|tile)\//.test(object.key)) continue;
    objects += 1;
    versions += object.count;
    if (object.first?.id === "null") unknown += 1;
    const digest = object.key.slice(object.key.lastIndexOf("/") + 1);
    if (object.key.startsWith("blob/") && isDigest(digest) && disposed.has(digest)) {
      if (object.count > object.marks) undisposed.push(digest);
      continue;
    }
    const where = `${of}${object.key}`;
    if (object.count > 1 || object.marks > 0) {
      const told = await describe(reader, object);
      if (object.marks > 0 || !options.equalVersions || told.differ)
        findings.add("version-overwritten", where, "one version, written once", told.text);
    }
    if (options.lock !== undefined && object.first !== undefined && !object.key.includes(".p/"))
      await verifyLock(reader, object.first, options.lock, where, findings);
  }
  return { objects, versions, unknown, undisposed };
}

/** The versions of one object after another, each as one. */
async function* byObject(list: AsyncIterable<ObjectVersion>): AsyncGenerator<OneObject> {
  let open: OneObject | undefined;
  for await (const version of list) {
    if (open?.key !== version.key) {
      if (open !== undefined) yield open;
      open = { key: version.key, versions: [], first: undefined, count: 0, marks: 0 };
    }
    open.count += 1;
    if (version.deleted) open.marks += 1;
    if (open.versions.length < COMPARED) open.versions.push(version);
    if (!version.deleted) open.first = version;
  }
  if (open !== undefined) yield open;
}

/** In words what became of an object; `differ` when the versions compared do not all hold the same bytes. */
async function describe(reader: VersionReader, object: OneObject): Promise<{ text: string; differ: boolean }> {
  const { key, versions, first, count, marks } = object;
  const digests = new Map<string, string | undefined>();
  for (const version of [...versions, ...(first === undefined ? [] : [first])])
    if (!version.deleted && !digests.has(version.id)) digests.set(version.id, await digestOf(reader, key, version));
  const told = versions.slice(0, TOLD).map((version) => {
    const name = `${version.id} (${iso(version.at)}${version.latest ? ", current" : ""}`;
    return version.deleted
      ? `${name}, deletion)`
      : `${name}, SHA-256 ${digests.get(version.id)?.slice(0, 16) ?? "unreadable"}…)`;
  });
  const oldest = first === undefined ? undefined : digests.get(first.id);
  const current = versions[0]?.deleted ? undefined : digests.get(versions[0]?.id ?? "");
  const differ = new Set(digests.values()).size > 1 || [...digests.values()].includes(undefined);
  const fate =
    versions[0]?.deleted === true
      ? first === undefined
        ? "deleted"
        : "deleted, and the first version is still there to be brought back"
      : oldest === current && oldest !== undefined
        ? "the first version has the bytes of the current one"
        : "THE FIRST VERSION HAS OTHER BYTES THAN THE CURRENT ONE";
  const more = count > TOLD ? `; and ${count - TOLD} more` : "";
  return { differ, text: `${count - marks} versions and ${marks} deletions: ${fate}; ${told.join("; ")}${more}` };
}

async function digestOf(reader: VersionReader, key: string, { id }: ObjectVersion): Promise<string | undefined> {
  const parts = await reader.read(key, id);
  if (parts === undefined) return undefined;
  const hash = newDigest();
  for await (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** A lock counts from when the object was written. */
async function verifyLock(
  reader: VersionReader,
  { key, id, at }: ObjectVersion,
  lock: NonNullable<VersionOptions["lock"]>,
  where: string,
  findings: Findings,
): Promise<void> {
  const until = at + lock.days * DAY;
  const expected = `${lock.mode} until ${iso(until)}`;
  const found = await reader.retention(key, id);
  if (found === undefined) findings.add("lock-missing", `${where} version ${id}`, expected, "no lock");
  else if (found.until < until - CLOCKS_APART || (lock.mode === "compliance" && found.mode !== "compliance"))
    findings.add("lock-missing", `${where} version ${id}`, expected, `${found.mode} until ${iso(found.until)}`);
}
