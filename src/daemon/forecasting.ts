import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Custody } from "../custody.ts";
import { hereDuties } from "../duties/here.ts";
import { backupsMade } from "../ledger/backup.ts";
import { keyIds } from "../ledger/keys.ts";
import { matching } from "../lib/digest.ts";
import type { Instant } from "../lib/time.ts";
import { certificateOf, type Expiry, expiryInWords, tlsAddresses, type Unseen } from "../watch/certificates.ts";
import { type DiskForecast, type DiskSample, diskInWords, forecastDisk } from "../watch/disk.ts";
import { watchDuties } from "../watch/duties.ts";
import type { SelfCheck, WatchLog } from "../watch/log.ts";
import { Publishing } from "./publishing.ts";

/** What will go wrong if nobody does anything, and what Custody found out about itself, for people. */

const MAX_BODY = 64 * 1024;

/** The disks of the workspace as they are now, with what is to come; the scarcest first. */
export async function forecastHere(custody: Custody, log: WatchLog): Promise<DiskForecast[]> {
  const { config, clock } = custody;
  const places: [string, string][] = [
    ...(config.store.kind === "folder" ? [["the store", config.store.path] as [string, string]] : []),
    ["data/state", config.folders.state],
    ...(config.index.kind === "private" ? [["the index", config.index.folder] as [string, string]] : []),
    ...(config.mirror?.kind === "folder" ? [["the mirror", config.mirror.path] as [string, string]] : []),
  ];
  const disks = new Map<number, { folders: string[]; free: number; size: number }>();
  for (const [name, path] of places) {
    const there = (await stat(path).catch(() => undefined)) ? path : dirname(path);
    try {
      const { dev } = await stat(there);
      const { bavail, blocks, bsize } = await statfs(there);
      const disk = disks.get(dev) ?? { folders: [], free: bavail * bsize, size: blocks * bsize };
      disk.folders.push(name);
      disks.set(dev, disk);
    } catch {
      // What is not there yet fills no disk.
    }
  }
  const samples = await samplesOf(custody, log);
  const now = clock.now();
  return [...disks.values()]
    .map((disk) => forecastDisk(disk, samples.get(disk.folders[0] ?? "") ?? [], now))
    .sort((a, b) => a.free / a.size - b.free / b.size);
}

/** What earlier checks found free, by folder. */
async function samplesOf(custody: Custody, log: WatchLog): Promise<Map<string, DiskSample[]>> {
  const samples = new Map<string, DiskSample[]>();
  for (const { at, body } of log.disks) {
    const text = body && body.size <= MAX_BODY ? await blobText(custody, body.digest) : undefined;
    for (const { folders, free } of disksIn(text)) {
      for (const folder of folders) samples.set(folder, [...(samples.get(folder) ?? []), { at, free }]);
    }
  }
  return samples;
}

function disksIn(text: string | undefined): { folders: string[]; free: number }[] {
  try {
    const { disks } = JSON.parse(text ?? "{}") as { disks?: unknown };
    if (!Array.isArray(disks)) return [];
    return disks.filter((one) => Array.isArray(one?.folders) && typeof one.free === "number");
  } catch {
    return [];
  }
}

async function blobText(custody: Custody, digest: string): Promise<string | undefined> {
  const bytes = matching(await (await custody.view()).blob(digest), digest);
  return bytes && new TextDecoder().decode(bytes);
}

/** Everything that this workspace relies on and that ends some day. */
export async function expiriesHere(
  custody: Custody,
  signal: AbortSignal,
): Promise<{ ends: Expiry[]; unseen: Unseen[] }> {
  const { config } = custody;
  const urls = [
    ...[config.instances, config.heads, config.notify].flatMap((all) =>
      all.flatMap((one) => addressesIn(one.config, custody)),
    ),
    ...addressesIn(config.store, custody),
    ...addressesIn(config.mirror, custody),
    ...addressesIn(config.clock.reference, custody),
    ...addressesIn(config.watch.ping, custody),
  ];
  const ends: Expiry[] = [];
  const unseen: Unseen[] = [];
  for (const address of tlsAddresses(urls)) {
    if (signal.aborted) break;
    const found = await certificateOf(address);
    if ("ends" in found) ends.push(found);
    else unseen.push(found);
  }
  for (const { target, ends: until } of await new Publishing(custody).states()) {
    if (typeof until === "number") ends.push({ what: `the time stamp of ${target.id}`, ends: until });
  }
  return { ends, unseen };
}

/** Every https address in a part of the configuration, also one that is a secret: only its host and port are used. */
function addressesIn(value: unknown, custody: Custody): string[] {
  if (typeof value === "string") return value.startsWith("https://") ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  if ("secret" in value && typeof value.secret === "string") {
    try {
      return addressesIn(custody.config.reveal({ secret: value.secret }), custody);
    } catch {
      return [];
    }
  }
  return Object.values(value).flatMap((one) => addressesIn(one, custody));
}

/** What Custody found out about itself, for people: more than codes say, and what is to be done about it. */
export async function seeWatch(custody: Custody, now: Instant, { notice = false } = {}) {
  const { organisation, people, watch } = custody.config;
  const since = watch.verify === "off" ? undefined : await watchedSince(custody);
  const place = { now, zone: organisation.zone, people, since };
  const here = { ...place, notice, ...(await hereNow(custody)) };
  const duties = [...(since === undefined ? [] : watchDuties(await custody.watchLog(), place)), ...hereDuties(here)];
  return { details: await watchDetails(custody), duties };
}

async function hereNow(custody: Custody) {
  const { databaseAway, configRefused } = custody;
  // A demonstration has nothing to lose.
  const { simulatedUntil } = await custody.history();
  const id = simulatedUntil === undefined ? await unsavedKey(custody) : undefined;
  const since = (await watchedSince(custody)) ?? custody.clock.now();
  return { databaseAway, configRefused, unsavedKey: id === undefined ? undefined : { id, since } };
}

/** The key that signs, where it is on this machine and was never backed up from here. */
export async function unsavedKey(custody: Custody): Promise<string | undefined> {
  const { folders } = custody.config;
  const id = (await custody.view()).vkey.split("+")[1] ?? "";
  if (!(await keyIds(folders.keys)).includes(id) || (await backupsMade(folders.state))[id] !== undefined)
    return undefined;
  return id;
}

/** What a check of disks or certificates found, in the words of now. By the gap's requirement. */
async function watchDetails(custody: Custody): Promise<ReadonlyMap<string, string>> {
  const log = await custody.watchLog();
  const details = new Map<string, string>();
  const isBad = (one: SelfCheck | undefined): one is SelfCheck => one?.result === "bad";
  const disk = log.newestKnown("disk");
  if (isBad(disk)) {
    const bad = (await forecastHere(custody, log)).filter(({ codes }) => codes.length > 0);
    if (bad.length > 0) details.set("disk", bad.map(diskInWords).join("; "));
  }
  const certificate = log.newestKnown("certificate");
  if (isBad(certificate) && certificate.body !== undefined) {
    const words = expiryInWords(expiriesIn(await blobText(custody, certificate.body.digest)), custody.clock.now());
    if (words !== "") details.set("certificate", words);
  }
  return details;
}

function expiriesIn(text: string | undefined): Expiry[] {
  try {
    const { ends } = JSON.parse(text ?? "{}") as { ends?: unknown };
    if (!Array.isArray(ends)) return [];
    return ends
      .map(({ what, ends: until }) => ({ what: String(what), ends: Date.parse(String(until)) }))
      .filter((one) => Number.isFinite(one.ends));
  } catch {
    return [];
  }
}

/** Since when this process can say anything about itself: the first configuration of the log. */
export async function watchedSince(custody: Custody): Promise<Instant | undefined> {
  const history = await custody.history();
  const all = [...history.instances.values()].map(({ configuredSince }) => configuredSince);
  return all.length === 0 ? undefined : Math.min(...all);
}
