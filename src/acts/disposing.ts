import { readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { linkKey } from "../assess/population.ts";
import { parseKeep } from "../config/file.ts";
import { bucketOptions, type Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { type DueFile, dueFiles } from "../disposal/due.ts";
import {
  holdOver,
  type Incidents,
  judgeDisposal,
  requireMistake,
  underHold,
  withContents,
  withLists,
} from "../disposal/judge.ts";
import { indexesOf, lastNamed, type NamedFile, Naming } from "../disposal/naming.ts";
import { type DisposalCause, disposalDrafts } from "../disposal/record.ts";
import { blobKey } from "../evidence/blob.ts";
import { isKind } from "../evidence/entry.ts";
import { CustodyError } from "../lib/errors.ts";
import type { Instant } from "../lib/time.ts";
import { actor } from "../people.ts";
import { folderRemover, type Remover } from "../store/remove.ts";

/**
 * Lawful disposal: first the record of it, signed, and only then the deletion, with a credential of its own; at last whatever
 * Custody itself made from the file. Every step may be repeated: run again, it finishes what was begun.
 */

export interface DisposalRequest {
  readonly digests: readonly string[];
  /** Everything whose time is over. */
  readonly due: boolean;
  /** Everything that is recorded as disposed of and still there. */
  readonly unfinished: boolean;
  /** Lists: also what they name. */
  readonly contents: boolean;
  /** Files: also the lists that name nothing else any more. */
  readonly lists: boolean;
  readonly mistake: boolean;
  readonly reason: DisposalCause["reason"] | undefined;
  readonly authority: string | undefined;
  readonly note: string | undefined;
}

export interface DisposedFile {
  readonly digest: string;
  readonly size: number;
  /** The record that says so. */
  readonly record: number | undefined;
  /** Versions deleted now, everywhere. */
  readonly deleted: number;
  /** Why it is still there, in words. */
  readonly left: readonly string[];
  readonly lockedUntil: Instant | undefined;
}

export interface DisposalResult {
  /** Indexes of the records that were added. */
  readonly records: readonly number[];
  readonly files: readonly DisposedFile[];
  /** Reports and packs in the folder for them that were made while a file was there, and may quote it. */
  readonly reports: readonly string[];
  /** What a person must know beside. */
  readonly remarks: readonly string[];
}

/** Who names what, up to the ledger's end at the time of the call. */
export async function readNaming(custody: Custody, naming = new Naming()): Promise<Naming> {
  const view = await custody.view();
  await naming.follow(view.read(naming.size), (digest) => view.blob(digest));
  return naming;
}

/** The files whose time is over, the longest over first. */
export async function filesDue(custody: Custody, naming: Naming): Promise<DueFile[]> {
  const { retention, organisation } = custody.config;
  const { instances } = await custody.history();
  const families = new Map([...instances.values()].map(({ id, record }) => [id, record.family]));
  const rules = retention.map((rule) => ({ ...rule, keep: parseKeep(rule.keep) ?? {} }));
  return dueFiles(naming, rules, families, organisation.zone, custody.clock.now());
}

/**
 * The incidents that files tell of, read from their newest record; only looked for where a hold is about an incident. A file
 * that no reader of this installation can read tells of none.
 */
export async function incidentsOf(custody: Custody, naming: Naming, digests: readonly string[]): Promise<Incidents> {
  const found = new Map<string, Set<string>>();
  if (naming.holds.standing.some(({ incident }) => incident !== undefined)) {
    const { readFacts } = await import("../collector/facts.ts");
    const view = await custody.view();
    const newest = digests.flatMap((digest) => {
      const file = naming.files.get(digest);
      return file === undefined ? [] : [lastNamed(file)];
    });
    for (const index of new Set(newest)) {
      const entry = naming.entries.get(index);
      if (entry === undefined) continue;
      const { facts } = await readFacts(entry, (digest) => view.blob(digest), custody.config.collectors);
      for (const { fact, item } of facts) {
        const id = fact.kind === "incident" ? fact.id : fact.kind === "review" ? fact.incident : null;
        if (id === null) continue;
        const known = found.get(item) ?? new Set();
        for (const spelling of [id, linkKey(id), withoutEnding(id)]) known.add(spelling);
        found.set(item, known);
      }
    }
  }
  return ({ digest }) => found.get(digest) ?? new Set();
}

const withoutEnding = (id: string) => (id.split(/[/\\]/).at(-1) ?? id).replace(/\.[a-z]{1,8}$/i, "");

/** Does all of it, or says why none of it is done. Throws USAGE, NOT_FOUND, DISPOSAL_REFUSED, and what ledger and store throw. */
export async function dispose(
  custody: Custody,
  request: DisposalRequest,
  progress: (text: string) => void,
): Promise<DisposalResult> {
  progress("reading the log …");
  const naming = await readNaming(custody);
  const removers = await openRemovers(custody);
  try {
    const digests = await chosen(custody, request, naming, removers);
    if (digests.length === 0) return { records: [], files: [], reports: [], remarks: [] };
    const incidents = await incidentsOf(custody, naming, digests);
    const { fresh, recorded } = judgeDisposal(naming, digests, incidents);
    if (request.mistake)
      requireMistake(
        naming,
        fresh.map((file) => file.digest),
        custody.clock.now(),
      );
    // That the credential reaches the store shows before anything is recorded.
    for (const remover of removers) await remover.find(blobKey(digests[0] ?? "0".repeat(64)));

    const records = fresh.length === 0 ? [] : await record(custody, request, naming, fresh);
    const files: DisposedFile[] = [];
    const targets = [...fresh, ...recorded];
    for (const file of targets) {
      progress(`deleting ${file.digest} …`);
      files.push(await remove(naming, file, incidents, removers));
    }
    await forgetPeople(custody, naming, targets);
    progress("making the index anew …");
    const remarks = [...(await forgetIndex(custody)), ...(await remarksOn(custody, naming, targets, removers))];
    return { records, files, reports: await reportsSince(custody, naming, targets), remarks };
  } finally {
    for (const remover of removers) await remover.close();
  }
}

async function chosen(
  custody: Custody,
  request: DisposalRequest,
  naming: Naming,
  removers: readonly Remover[],
): Promise<string[]> {
  let digests = [...request.digests];
  if (request.due) {
    const due = await filesDue(custody, naming);
    const incidents = await incidentsOf(
      custody,
      naming,
      due.map(({ file }) => file.digest),
    );
    // What is held stays, and with it the lists that name it; the rest goes.
    const free = due.filter(({ file }) => holdOver(naming, file, incidents) === undefined);
    const all = new Set(free.map(({ file }) => file.digest));
    const whole = free.filter(({ file }) =>
      (file.contents ?? []).every((inside) => all.has(inside) || isGone(naming, inside)),
    );
    digests.push(...whole.map(({ file }) => file.digest));
  }
  if (request.unfinished) {
    for (const { digest } of naming.disposals.all) {
      if (!isGone(naming, digest)) continue;
      for (const remover of removers) {
        if ((await remover.find(blobKey(digest))).versions === 0) continue;
        digests.push(digest);
        break;
      }
    }
  }
  if (request.contents) digests = withContents(naming, digests);
  return request.lists || request.mistake ? withLists(naming, digests) : [...new Set(digests)];
}

/** True for a file that every record naming it lets be gone. */
function isGone(naming: Naming, digest: string): boolean {
  const file = naming.files.get(digest);
  return naming.disposals.explains(digest, file === undefined ? -1 : lastNamed(file)) !== undefined;
}

/** Records the disposal and signs it; also for records that others added meanwhile. Returns the indexes of the new records. */
async function record(
  custody: Custody,
  request: DisposalRequest,
  naming: Naming,
  fresh: readonly NamedFile[],
): Promise<number[]> {
  const ledger = await custody.ledger();
  const by = await actor(custody);
  const authority = request.authority ?? (request.mistake ? by.id : undefined);
  const reason = request.reason ?? (request.mistake ? "mistake" : request.due ? "retention" : undefined);
  if (authority === undefined || reason === undefined) {
    const missing = authority === undefined ? "--authority: by whose decision, a role or a reference" : "--reason: why";
    throw new CustodyError("USAGE", `${missing} is missing`, { remedy: "Nothing was disposed of." });
  }
  const body =
    request.note === undefined
      ? undefined
      : await ledger.put(new TextEncoder().encode(request.note), "text/plain; charset=utf-8");
  const records: number[] = [];
  const told = new Map<string, Set<number>>();
  let files = fresh;
  // An entry that names the file may come in between; then the disposal is recorded again, with it.
  while (files.length > 0) {
    for (const file of files) told.set(file.digest, new Set(file.entries));
    const appended = await ledger.append(disposalDrafts(files, { reason, authority, body }, by));
    records.push(...appended.map(({ index }) => index));
    await readNaming(custody, naming);
    const first = appended[0]?.index ?? 0;
    files = fresh.filter((file) =>
      indexesOf(file).some((index) => index < first && !told.get(file.digest)?.has(index)),
    );
  }
  await publish(custody);
  return records;
}

/** Deletes one file everywhere, if by now nothing speaks against it. */
async function remove(
  naming: Naming,
  file: NamedFile,
  incidents: Incidents,
  removers: readonly Remover[],
): Promise<DisposedFile> {
  const { digest, size } = file;
  const last = lastNamed(file);
  const lawful = naming.disposals.explains(digest, last);
  const hold = holdOver(naming, file, incidents);
  const against =
    lawful === undefined
      ? `record ${last} has taken it in again meanwhile, so it is evidence anew`
      : hold && underHold(digest, hold);
  const about = { digest, size, record: lawful?.index };
  if (against !== undefined) return { ...about, deleted: 0, left: [against], lockedUntil: undefined };
  const left: string[] = [];
  let deleted = 0;
  let locked: Instant | undefined;
  for (const remover of removers) {
    const done = await remover.remove(blobKey(digest));
    deleted += done.deleted;
    if (done.lockedUntil === undefined) continue;
    locked = Math.max(locked ?? 0, done.lockedUntil);
    left.push(
      `${remover.place} forbids to delete it before ${new Date(done.lockedUntil).toISOString().slice(0, 10)} (Object Lock)`,
    );
  }
  return { ...about, deleted, left, lockedUntil: locked };
}

/** The store's, and the mirror's where one is configured with the right to delete. Throws CONFIG_INVALID without that right for the store. */
async function openRemovers(custody: Custody): Promise<Remover[]> {
  const { store, mirror, disposal } = custody.config;
  const removers: Remover[] = [];
  for (const [place, keys] of [
    [store, disposal],
    [mirror, disposal.mirror ?? {}],
  ] as const) {
    if (place === undefined) continue;
    if (place.kind === "folder") removers.push(await folderRemover(place.path));
    else if (keys.accessKey !== undefined && keys.secretKey !== undefined) {
      const { bucketRemover } = await import("../store/s3-remove.ts");
      const { lock: _, ...options } = bucketOptions(custody.config, custody.clock, { ...place, lock: undefined });
      const credentials = {
        accessKeyId: custody.config.reveal(keys.accessKey),
        secretAccessKey: custody.config.reveal(keys.secretKey),
      };
      removers.push(bucketRemover({ ...options, credentials }));
    } else if (place === store) {
      throw new CustodyError(
        "CONFIG_INVALID",
        "the store is a bucket, and there is no credential that may delete in it",
        {
          remedy:
            "Add `disposal: { accessKey: …, secretKey: … }` to custody.yaml, with a key that may delete; the key of `store:` should not.",
        },
      );
    }
  }
  return removers;
}

/** Makes the index vanish, with what it was made from, and makes it again. Remarks on what is out of reach. */
async function forgetIndex(custody: Custody): Promise<string[]> {
  const { index } = custody.config;
  const { eraseGivenIndex, erasePrivateIndex } = await import("../index/erase.ts");
  if (index.kind === "private") {
    if ((await stat(index.folder).catch(() => undefined)) === undefined) return [];
    await custody.closeDatabase();
    await erasePrivateIndex(index.folder, index.home);
    await custody.index();
    return [];
  }
  const left = await eraseGivenIndex(await custody.database());
  await custody.closeDatabase();
  await custody.index();
  return [`The index is in a Postgres of yours. Out of Custody's reach there: ${left.join("; ")}.`];
}

/** A person whose identity was disposed of is no longer known by name on this machine either. */
async function forgetPeople(custody: Custody, naming: Naming, targets: readonly NamedFile[]): Promise<void> {
  const gone = new Set(
    targets.flatMap((file) =>
      naming.records(file).flatMap((entry) => (isKind(entry, "identity") ? [entry.person] : [])),
    ),
  );
  if (gone.size === 0) return;
  const path = join(custody.config.folders.state, "people.json");
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return;
  const known = Object.entries(JSON.parse(text) as Record<string, string>).filter(([, person]) => !gone.has(person));
  await writeFile(`${path}.${process.pid}`, JSON.stringify(Object.fromEntries(known)), { mode: 0o600 });
  await rename(`${path}.${process.pid}`, path);
}

/** Files in the folder for reports that are younger than the first record of what was disposed of. */
async function reportsSince(custody: Custody, naming: Naming, targets: readonly NamedFile[]): Promise<string[]> {
  const firsts = targets.flatMap((file) => naming.records(file).slice(0, 1)).map((entry) => Date.parse(entry.at));
  if (firsts.length === 0) return [];
  const since = Math.min(...firsts);
  const { reports } = custody.config.folders;
  const found: string[] = [];
  for (const entry of await readdir(reports, { withFileTypes: true, recursive: true }).catch(() => [])) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await stat(path)).mtimeMs >= since) found.push(path);
  }
  return found.sort();
}

/** What a person must know: that the source may bring it back, which lists still name it, who has copies. */
async function remarksOn(
  custody: Custody,
  naming: Naming,
  targets: readonly NamedFile[],
  removers: readonly Remover[],
): Promise<string[]> {
  const remarks: string[] = [];
  const { config } = custody;
  if (config.mirror !== undefined && removers.length < 2)
    remarks.push("The mirror keeps its copy: there is no credential for it under `disposal: { mirror: … }`.");
  const first = Math.min(...targets.map((file) => indexesOf(file)[0] ?? Number.POSITIVE_INFINITY));
  const packs = [...naming.entries].filter(
    ([index, entry]) => index > first && isKind(entry, "head") && entry.use === "pack",
  );
  if (packs.length > 0)
    remarks.push(
      `Packs that were made while it was there may hold it, wherever they are now: ${packs.length === 1 ? "record" : "records"} ${packs
        .slice(-10)
        .map(([index]) => index)
        .join(", ")}.`,
    );
  const newest = new Map<string, number>();
  for (const [index, entry] of naming.entries) if (isKind(entry, "run")) newest.set(entry.instance, index);
  const again = new Set(
    targets.flatMap((file) => {
      const entry = naming.entries.get(lastNamed(file));
      const live =
        entry !== undefined && isKind(entry, "run") && !file.isList && newest.get(entry.instance) === entry.index;
      return live ? [entry.instance] : [];
    }),
  );
  for (const instance of again)
    remarks.push(
      `The newest run of ${instance} still found it at the source. Remove it there too: while the source has it, the next run, or a backfill of that time, takes it in again as new evidence.`,
    );
  const lists = new Set(
    targets.flatMap((file) => [...file.lists].filter((list) => !isGone(naming, list) && !file.isList)),
  );
  if (lists.size > 0) {
    const [one = ""] = lists;
    const quoting = await quotingLists(custody, lists, new Set(targets.map((file) => file.digest)));
    const alone = withLists(
      naming,
      targets.map((file) => file.digest),
    ).filter((digest) => lists.has(digest)).length;
    const how =
      alone === lists.size
        ? "--with-lists disposes of it too"
        : `custody dispose ${one} --with-contents disposes of it and of everything it names`;
    remarks.push(
      lists.size === 1
        ? `The list ${one}, which a record keeps of what it took in, still holds its name and where it came from: ${how}.`
        : `${lists.size} lists, which records keep of what they took in, still hold its name and where it came from, ${one} first: ${how}.`,
    );
    if (quoting.length > 0)
      remarks.push(
        `Remarks on places in it that could not be read may quote it, in ${quoting.length === 1 ? "the list" : "the lists"} ${quoting.slice(0, 5).join(", ")}.`,
      );
  }
  return remarks;
}

/** Lists with remarks on one of these files. */
async function quotingLists(
  custody: Custody,
  lists: ReadonlySet<string>,
  digests: ReadonlySet<string>,
): Promise<string[]> {
  const { decodeManifest } = await import("../evidence/manifest.ts");
  const view = await custody.view();
  const quoting: string[] = [];
  for (const list of lists) {
    const bytes = await view.blob(list);
    if (bytes === undefined) continue;
    try {
      const { captures, problems } = decodeManifest(bytes);
      const origins = captures.filter(({ digest }) => digests.has(digest)).map(({ origin }) => origin);
      if (problems.some(({ where }) => origins.some((origin) => where.startsWith(origin)))) quoting.push(list);
    } catch {
      // The list of an upload has no remarks.
    }
  }
  return quoting;
}
