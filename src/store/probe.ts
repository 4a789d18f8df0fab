import { digestOf, sameBytes } from "../lib/digest.ts";
import { CustodyError, isCustodyError } from "../lib/errors.ts";
import { iso } from "../lib/time.ts";
import type { LockTrial, Store } from "./store.ts";

/** One promise of a store, tried out. */
export interface ProbeCheck {
  readonly check: "create-once" | "stream-once" | "one-winner" | "read-after-write" | "replace" | "list" | "lock";
  readonly ok: boolean;
  /** What was expected and found, for people. */
  readonly detail: string;
}

export interface ProbeReport {
  /** The store that was probed, as it names itself; a report holds for this place and its settings only. */
  readonly place: string;
  /** True when every check passed. */
  readonly fit: boolean;
  readonly checks: readonly ProbeCheck[];
}

/** Writers that race for one key; a store that decides by looking first lets several of them win. */
const RACERS = 16;

/**
 * Tries on the very place whether a store keeps what the ledger rests on, in a sibling of it: in the store itself nothing
 * but the ledger may lie. In a folder what was tried is removed again; in a bucket, where a writer cannot delete, five objects
 * of at most 64 bytes stay under `<store>.probe/<random>/`, which may expire at any time. The answer changes when the bucket's
 * settings do, versioning above all (Ceph ignores the condition there), so an old report is worth little.
 *
 * Throws STORE_UNREACHABLE and the like when the store could not be asked; then nothing is known.
 */
export async function probeStore(store: Store, random: (size: number) => Uint8Array): Promise<ProbeReport> {
  const probe = store.sibling("probe");
  const run = Buffer.from(random(8)).toString("hex");
  const bytes = (label: string) => Buffer.from(`${label} ${Buffer.from(random(16)).toString("hex")}\n`);
  const at = (name: string) => `${run}/${name}`;
  try {
    const checks = [
      await createsOnce(probe, at("once"), bytes),
      await streamsOnce(probe, at("stream"), bytes),
      await hasOneWinner(probe, at("race"), bytes),
      await readsWhatWasWritten(probe, at("read"), bytes),
      await replaces(probe, at("replace"), bytes),
      await lists(probe, `${run}/`, ["once", "race", "read", "replace", "stream"].map(at)),
      ...(await locks(probe, at("lock"), bytes)),
    ];
    return { place: store.place, fit: checks.every(({ ok }) => ok), checks };
  } finally {
    await probe.sweep?.(run);
  }
}

/**
 * As `probeStore`, for a place that mirrors a ledger: one copier looks before it writes, so nothing needs to be created
 * once there, and a locked bucket of a server that does not do that may serve.
 */
export async function probeMirror(mirror: Store, random: (size: number) => Uint8Array): Promise<ProbeReport> {
  const probe = mirror.sibling("probe");
  const run = Buffer.from(random(8)).toString("hex");
  const bytes = (label: string) => Buffer.from(`${label} ${Buffer.from(random(16)).toString("hex")}\n`);
  const at = (name: string) => `${run}/${name}`;
  try {
    const checks = [
      await readsWhatWasWritten(probe, at("read"), bytes),
      await replaces(probe, at("replace"), bytes),
      await lists(probe, `${run}/`, ["read", "replace"].map(at)),
      ...(await locks(probe, at("lock"), bytes)),
    ];
    return { place: mirror.place, fit: checks.every(({ ok }) => ok), checks };
  } finally {
    await probe.sweep?.(run);
  }
}

/** Throws STORE_UNFIT with every failed check. */
export function requireFit(report: ProbeReport): void {
  if (report.fit) return;
  const bad = report.checks.filter(({ ok }) => !ok);
  const failed = bad.map(({ check, detail }) => `${check}: ${detail}`);
  throw new CustodyError("STORE_UNFIT", `${report.place} does not keep what a ledger needs. ${failed.join(" ")}`, {
    remedy: bad.every(({ check }) => check === "lock")
      ? "Use a bucket that was made with Object Lock, or leave out `lock` and name a locked bucket as `mirror:`."
      : "Use another bucket or server. On some servers (Ceph) a bucket without versioning and Object Lock passes: use that one without `lock`, and name a locked bucket as `mirror:`.",
  });
}

type NewBytes = (label: string) => Uint8Array;

async function createsOnce(store: Store, key: string, bytes: NewBytes): Promise<ProbeCheck> {
  const [first, second] = [bytes("first"), bytes("second")];
  // An "exists" with the first one's own bytes is a success whose answer was lost on the way.
  await store.create(key, first);
  return onceCheck("create-once", await store.create(key, second), await store.get(key), first);
}

async function streamsOnce(store: Store, key: string, bytes: NewBytes): Promise<ProbeCheck> {
  const [first, second] = [bytes("first"), bytes("second")];
  const source = (all: Uint8Array) => ({
    size: all.length,
    digest: digestOf(all),
    async *open() {
      yield all;
    },
  });
  await store.createFrom(key, source(first));
  return onceCheck("stream-once", await store.createFrom(key, source(second)), await store.get(key), first);
}

function onceCheck(
  check: "create-once" | "stream-once",
  second: "created" | "exists",
  found: Uint8Array | undefined,
  expected: Uint8Array,
): ProbeCheck {
  if (found === undefined || !sameBytes(found, expected))
    return bad(check, "A second writer replaced the bytes of the first.");
  if (second !== "exists") return bad(check, "A second writer was told that it had created what was there already.");
  return good(check, "A second writer was refused and changed nothing.");
}

async function hasOneWinner(store: Store, key: string, bytes: NewBytes): Promise<ProbeCheck> {
  const entries = Array.from({ length: RACERS }, (_, n) => bytes(`racer ${n}`));
  // With all connections open beforehand the writers start together, and not one by one as each gets through.
  await Promise.all(entries.map((_, n) => store.get(`${key}-${n}`)));
  const outcomes = await Promise.all(entries.map((entry) => store.create(key, entry)));
  const winners = entries.filter((_, n) => outcomes[n] === "created");
  if (winners.length > 1) return bad("one-winner", `Of ${RACERS} writers at once ${winners.length} won; one must.`);
  const found = await store.get(key);
  // None is told that it won when the answer to the winner was lost; the bytes are then those of any of them.
  const candidates = winners.length === 1 ? winners : entries;
  if (found === undefined || !candidates.some((entry) => sameBytes(found, entry))) {
    return bad("one-winner", "The bytes stored are not those of the winner.");
  }
  return good("one-winner", `Of ${RACERS} writers at once one won and the others changed nothing.`);
}

async function readsWhatWasWritten(store: Store, key: string, bytes: NewBytes): Promise<ProbeCheck> {
  // Asking before the object exists finds the stores and proxies that remember a "no".
  if ((await store.get(key)) !== undefined) return bad("read-after-write", "An object that nobody wrote was found.");
  const written = bytes("written");
  await store.create(key, written);
  const found = await store.get(key);
  if (found === undefined) return bad("read-after-write", "An object just written was not found.");
  if (!sameBytes(found, written)) return bad("read-after-write", "An object just written was read with other bytes.");
  return good("read-after-write", "An object is found as soon as it is written.");
}

async function replaces(store: Store, key: string, bytes: NewBytes): Promise<ProbeCheck> {
  for (const label of ["one", "two", "three"]) {
    const written = bytes(label);
    await store.replace(key, written);
    const found = await store.get(key);
    if (found === undefined || !sameBytes(found, written))
      return bad("replace", "After a replacement the old bytes were read.");
  }
  return good("replace", "A replacement is read at once.");
}

async function lists(store: Store, prefix: string, expected: readonly string[]): Promise<ProbeCheck> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  if (found.join() === expected.join()) return good("list", "What was written is listed, in order.");
  return bad("list", `${expected.length} objects were written and ${found.length} are listed, or in another order.`);
}

/** Only where a lock is configured. */
async function locks(store: Store, key: string, bytes: NewBytes): Promise<ProbeCheck[]> {
  if (store.lock === undefined || store.tryLock === undefined) return [];
  let trial: LockTrial;
  try {
    trial = await store.tryLock(key, bytes("locked"));
  } catch (thrown) {
    if (!isCustodyError(thrown, "STORE_UNFIT")) throw thrown;
    return [bad("lock", `${thrown.message}.`)];
  }
  const { retention, asked, deletion } = trial;
  if (retention === undefined)
    return [
      bad("lock", "An object put under a lock has none, or this access key may not see it (s3:GetObjectRetention)."),
    ];
  if (retention.mode !== store.lock.mode || retention.until < asked)
    return [
      bad(
        "lock",
        `An object put under ${store.lock.mode} until ${iso(asked)} has ${retention.mode} until ${iso(retention.until)}.`,
      ),
    ];
  if (deletion === "done") return [bad("lock", "An object under a lock could be deleted.")];
  return [good("lock", `An object under ${store.lock.mode} could not be deleted.`)];
}

function good(check: ProbeCheck["check"], detail: string): ProbeCheck {
  return { check, ok: true, detail };
}

function bad(check: ProbeCheck["check"], detail: string): ProbeCheck {
  return { check, ok: false, detail };
}
