import type { Custody } from "../custody.ts";
import { publish } from "../daemon/mirroring.ts";
import { backupsMade } from "../ledger/backup.ts";
import { keyIds } from "../ledger/keys.ts";
import { attestRecords, findKey, keyWork, retireKey, revokeKey, rotateKey } from "../ledger/rotate.ts";
import { COSIGNED_FOR, type LogKeys, readLogKeys } from "../ledger/signers.ts";
import { hex } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { fromIso, iso } from "../lib/time.ts";
import { forPeople } from "../lib/zone.ts";
import { actor } from "../people.ts";
import type { Verifier } from "../tlog/note.ts";
import { newestKey, type RingKey } from "../trust/keyring.ts";
import { type GlobalFlags, withCustody } from "./context.ts";
import { parseMoment } from "./moment.ts";
import type { Output } from "./output.ts";
import { parseIndex } from "./prove.ts";

/** `custody keys list`: which key signs, since when, which are here and backed up, and what to do. Needs no key. */
export function list(flags: GlobalFlags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const { folders, organisation } = custody.config;
    const pinned = await custody.pinnedKey();
    const log = await readLogKeys(await custody.store(), pinned);
    const here = await keyIds(folders.keys);
    const backups = await backupsMade(folders.state);
    const newest = newestKey(log.ring)?.verifier;
    const keys = log.ring.keys.map((key) => describe(key, log, { newest, pinned, here, backups }));
    output.line(`The log ${pinned.name} has ${keys.length === 1 ? "one key" : `${keys.length} keys`}.`);
    for (const key of keys) {
      output.line();
      output.line(`${key.id}  ${STATES[key.state] ?? key.state}${sinceText(key, organisation.zone)}`);
      output.line(`  ${key.vkey}`);
      output.line(`  file       ${key.here ? `in ${folders.keys}` : "not on this machine"}`);
      output.line(
        `  backup     ${key.backup ? forPeople(fromIso(key.backup), organisation.zone) : "none was made from here"}`,
      );
      if (key.pinned) output.line("  pinned     ledger.vkey of this workspace");
    }
    const strays = here.filter((id) => !keys.some((key) => key.id === id));
    for (const id of strays)
      output.line(
        `\n${id}  is in ${folders.keys} and was never introduced: a rotation was stopped. It may be deleted.`,
      );
    for (const text of adviceOf(keys)) output.line(`\n${text}`);
    for (const { index, found } of log.ring.refused)
      output.note(
        `custody: record ${index} says something about keys that counts for nothing: ${found}. Run \`custody verify\`.`,
      );
    output.object({ ok: true, origin: pinned.name, keys, strays });
    return 0;
  });
}

/** In words, where the one for programs does not say it. */
const STATES: Partial<Record<Described["state"], string>> = {
  signs: "SIGNS",
  "signs beside": "signs beside it, in use",
  older: "an older key, in use",
  "before the pinned one": "an older key than the one in ledger.vkey, in use",
};

interface Described {
  readonly id: string;
  readonly vkey: string;
  readonly state: "signs" | "signs beside" | "older" | "retired" | "revoked" | "before the pinned one";
  /** Index of the record that introduced it, and its time. */
  readonly introduced?: number;
  readonly since?: string;
  readonly ended?: number;
  readonly compromisedSince?: string;
  readonly reason?: string;
  readonly here: boolean;
  readonly pinned: boolean;
  readonly backup?: string;
}

interface Around {
  readonly newest: Verifier | undefined;
  readonly pinned: Verifier;
  readonly here: readonly string[];
  readonly backups: Readonly<Record<string, string>>;
}

function describe(key: RingKey, { statements }: LogKeys, { newest, pinned, here, backups }: Around): Described {
  const { vkey, id: bytes } = key.verifier;
  const id = hex(bytes);
  const introduction = statements.find(({ entry }) => entry.action === "introduce" && entry.key === vkey);
  const beside = statements.findLast(({ entry }) => entry.action === "introduce" && entry.key === newest?.vkey)?.entry;
  const until = beside?.signatures?.some((one) => one.key === vkey) ? fromIso(beside.at) + COSIGNED_FOR : undefined;
  const ended = key.revoked?.index ?? key.retired;
  const state = key.revoked
    ? "revoked"
    : key.retired !== undefined
      ? "retired"
      : vkey === newest?.vkey
        ? "signs"
        : until !== undefined
          ? "signs beside"
          : key.former
            ? "before the pinned one"
            : "older";
  return {
    id,
    vkey,
    state,
    ...(introduction === undefined ? {} : { introduced: introduction.index, since: introduction.entry.at }),
    ...(ended === undefined ? {} : { ended }),
    ...(key.revoked?.compromisedSince === undefined ? {} : { compromisedSince: key.revoked.compromisedSince }),
    ...(key.revoked?.reason === undefined ? {} : { reason: key.revoked.reason }),
    here: here.includes(id),
    pinned: vkey === pinned.vkey,
    ...(backups[id] === undefined ? {} : { backup: backups[id] }),
  };
}

function sinceText({ since, introduced, ended, state, reason, compromisedSince }: Described, zone: string): string {
  const from =
    since === undefined ? " since the log began" : ` since ${forPeople(fromIso(since), zone)} (record ${introduced})`;
  const end = ended === undefined ? "" : `, ${state} by record ${ended}${reason ? ` (${reason})` : ""}`;
  return `${from}${end}${compromisedSince ? `, in other hands from ${compromisedSince}` : ""}`;
}

function adviceOf(keys: readonly Described[]): string[] {
  const signs = keys.find(({ state }) => state === "signs");
  if (signs === undefined)
    return [
      "No key of this log counts any more. `custody init DIR --successor-of .` begins a log that names this one.",
    ];
  return [
    ...(signs.here && signs.backup === undefined
      ? [
          "Back up the key that signs: custody keys backup FILE. Without it nothing can be added once this disk is gone.",
        ]
      : []),
    ...(signs.here
      ? []
      : [`The key that signs is not on this machine: put ${signs.id}.pem into data/keys to write from here.`]),
    ...keys
      .filter(({ state }) => state === "signs beside" || state === "older")
      .map(({ id }) => `When everybody has the new key: custody keys retire ${id}`),
  ];
}

/** `custody keys rotate`: a new key signs from now on. */
export function rotate(flags: GlobalFlags): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const ledger = await custody.ledger();
    const before = ledger.vkey;
    const work = keyWork(ledger, await actor(custody), custody.config.folders.keys);
    const { key, index } = await rotateKey(work);
    await custody.pin(key);
    const { size } = await publish(custody, output.note);
    output.line(
      `The key ${hex(key.id)} signs from now on (record ${index}); ${idOf(before)} signs beside it for 30 days.`,
    );
    tellNewKey(custody, key, output);
    output.line(`Whoever has the old line can go on with it: it leads to the new key.`);
    output.object({ ok: true, vkey: key.vkey, before, index, size });
    return 0;
  });
}

/** `custody keys retire ID`: an older key counts no further than here. */
export function retire(flags: GlobalFlags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const key = await keyOf(custody, id);
    const ledger = await custody.ledger();
    const { index } = await retireKey(keyWork(ledger, await actor(custody), custody.config.folders.keys), key);
    const { size } = await publish(custody, output.note);
    output.line(`The key ${hex(key.id)} is retired by record ${index}: what it signs after that counts for nothing.`);
    output.line(`Its file in ${custody.config.folders.keys} is not needed any more.`);
    tellWitnesses(custody, ledger.vkey, output);
    output.object({ ok: true, retired: key.vkey, index, size });
    return 0;
  });
}

interface RevokeFlags extends GlobalFlags {
  readonly since?: string;
  readonly reason?: string;
  readonly incident?: string;
}

const REASONS = ["compromised", "lost", "rotated", "superseded"] as const;

/** `custody keys revoke ID`: a key that others may have, or that is lost, counts no more; a new one takes its place. */
export function revoke(flags: RevokeFlags, id: string): Promise<number> {
  return withCustody(flags, async (custody, output) => {
    const reason = REASONS.find((one) => one === flags.reason);
    if (reason === undefined)
      throw new CustodyError("USAGE", `--reason ${flags.reason ?? ""}: expected ${REASONS.join(", ")}`);
    if ((reason === "compromised") !== (flags.since !== undefined)) {
      throw new CustodyError("USAGE", "--since belongs to --reason compromised, and is needed there", {
        remedy: "Name the earliest moment from which somebody else may have had the key; when in doubt an earlier one.",
      });
    }
    const { zone } = custody.config.organisation;
    const since = flags.since === undefined ? undefined : parseMoment(flags.since, zone);
    if (since !== undefined && since > custody.clock.now())
      throw new CustodyError("USAGE", `--since ${flags.since} has not come yet`);
    const key = await keyOf(custody, id);
    const ledger = await custody.ledger();
    const before = ledger.size;
    const work = keyWork(ledger, await actor(custody), custody.config.folders.keys);
    const changed = await revokeKey(work, key, {
      reason,
      ...(since === undefined ? {} : { compromisedSince: since }),
      ...(flags.incident === undefined ? {} : { incident: flags.incident }),
    });
    await custody.pin(changed.key);
    const { size } = await publish(custody, output.note);
    output.line(
      `The key ${hex(key.id)} is revoked (record ${size - 1}): what it signs from now on counts for nothing.`,
    );
    if (changed.key.vkey !== key.vkey) tellNewKey(custody, changed.key, output);
    output.line(
      "Publish the new key where people know you, and say why: whoever has only the old one pinned must pin the new one.",
    );
    if (since !== undefined) {
      output.line();
      output.line(`Records from ${iso(since)} on are in question until a person has looked through them.`);
      output.line("`custody verify` names them, and the command that attests them.");
    }
    output.object({ ok: true, revoked: key.vkey, vkey: changed.key.vkey, records: before, size });
    return 0;
  });
}

interface AttestFlags extends GlobalFlags {
  readonly key?: string;
  readonly from?: string;
  readonly to?: string;
}

/** `custody keys attest`: a person has looked through the records [from, to) that somebody else might have written. */
export function attest(flags: AttestFlags): Promise<number> {
  const { key: id, from, to } = flags;
  if (id === undefined || from === undefined || to === undefined)
    throw new CustodyError("USAGE", "expected --key ID --from RECORD --to RECORD", {
      remedy: "`custody verify` prints the command for the records in question; --to is the first that is not meant.",
    });
  const records = { from: parseIndex(from), to: parseIndex(to) };
  return withCustody(flags, async (custody, output) => {
    const key = await keyOf(custody, id);
    const ledger = await custody.ledger();
    const by = await actor(custody);
    const { index } = await attestRecords(keyWork(ledger, by, custody.config.folders.keys), key, records);
    const { size } = await publish(custody, output.note);
    output.line(
      `Record ${index} says that ${by.id} has looked through the records ${records.from} to ${records.to - 1}. Reports and verification print it${by.auth === "unauthenticated" ? ", and that nobody checked who sat at this shell" : ""}.`,
    );
    output.object({ ok: true, key: key.vkey, ...records, index, size });
    return 0;
  });
}

/** Throws KEY_UNUSABLE, NOT_FOUND. */
async function keyOf(custody: Custody, id: string): Promise<Verifier> {
  const { ring } = await readLogKeys(await custody.store(), await custody.pinnedKey());
  return findKey(ring.keys, id);
}

function tellNewKey(custody: Custody, key: Verifier, output: Output): void {
  output.line(`  ${key.vkey}`);
  output.line(
    `${custody.config.vkey} says so now; give that line to your auditor, and publish it where you publish keys.`,
  );
  output.line(
    "BACK UP the new key now: custody keys backup FILE, on another medium. It has NO BACKUP; older backups do not hold it.",
  );
  tellWitnesses(custody, key.vkey, output);
  output.line(`Every other machine that writes to this log needs ${hex(key.id)}.pem in its data/keys.`);
}

/** A witness signs only what a key has signed that it was told of, and reads its keys when it starts. */
function tellWitnesses({ config }: Custody, vkey: string, output: Output): void {
  const witnesses = config.heads.filter(({ target }) => target.use === "witness");
  if (witnesses.length === 0) return;
  output.line(
    `TELL THE WITNESS (${witnesses.map(({ id }) => id).join(", ")}) the key that signs, if it was not told yet: once the key before it signs no more, it refuses this log. Whoever runs it:`,
  );
  output.line(`  custody witness add DIR --log '${vkey}'   then restart the witness`);
}

function idOf(vkey: string): string {
  return vkey.split("+")[1] ?? vkey;
}
