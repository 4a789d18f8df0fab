import type { EntryOf } from "../evidence/entry.ts";
import { fromIso } from "../lib/time.ts";
import type { HoldInput } from "../report/input.ts";
import type { KeyRow } from "../report/ledger-shape.ts";
import type { Hash } from "../tlog/merkle.ts";
import { type Hold, Holds } from "../trust/holds.ts";
import { type KeyRecord, keyRing, type RingKey } from "../trust/keyring.ts";
import { readVkey } from "../trust/statement.ts";

/** What a log says of its own keys, and what was ordered to be kept, as a report prints it. */

/** One half-read log: its first record, and its statements about keys, also those past the reported size. */
export interface KeysSaid {
  readonly genesis: EntryOf<"genesis">;
  readonly statements: readonly KeyRecord[];
  readonly rootAt: (size: number) => Hash | undefined;
  /** The key that is trusted now. */
  readonly vkey: string;
}

/**
 * Every key that the first `size` records reach from the key of the first one, in the order in which they came, with what
 * became of each; and the trusted key, should they not reach it. It is told as the log tells it: that the log is right is
 * for verification, which walks from the trusted key.
 */
export function keyRows({ genesis, statements, rootAt, vkey }: KeysSaid, size: number): KeyRow[] {
  const first = readVkey(genesis.key);
  const reported = statements.filter(({ index }) => index < size);
  const known = first === undefined ? [] : keyRing([first], reported, rootAt).keys;
  const timeOf = (index: number) => statements.find((one) => one.index === index)?.entry.at ?? genesis.at;
  const row = ({ verifier, introduced = 0, retired, revoked }: RingKey): KeyRow => {
    const { entry } = statements.find(({ index }) => index === introduced) ?? {};
    const signers = (entry?.signatures ?? []).map(({ key }) => key).filter((key) => key !== verifier.vkey);
    return {
      keyId: idOf(verifier.vkey),
      vkey: verifier.vkey,
      entry: introduced,
      since: timeOf(introduced),
      introducedBy: [...new Set(signers.map(idOf))],
      retired: retired === undefined ? null : { entry: retired, at: timeOf(retired) },
      revoked: revoked
        ? {
            entry: revoked.index,
            at: timeOf(revoked.index),
            reason: revoked.reason ?? null,
            compromisedSince: revoked.compromisedSince ?? null,
          }
        : null,
    };
  };
  const rows = known
    .filter((key) => !key.former)
    .map(row)
    .sort((a, b) => (a.entry ?? 0) - (b.entry ?? 0));
  if (rows.some((one) => one.vkey === vkey)) return rows;
  const later = statements.find(({ entry }) => entry.action === "introduce" && entry.key === vkey);
  const unsaid = { entry: later?.index ?? null, since: later?.entry.at ?? null };
  return [...rows, { keyId: idOf(vkey), vkey, ...unsaid, introducedBy: [], retired: null, revoked: null }];
}

const idOf = (vkey: string): string => vkey.split("+")[1] ?? "";

/** Every hold of these records, whether it still stands or not, in the order in which they were placed. */
export function holdsSaid(
  entries: readonly { readonly index: number; readonly entry: EntryOf<"hold"> }[],
): HoldInput[] {
  const holds = new Holds();
  for (const { index, entry } of entries) holds.add(index, entry);
  const input = (hold: Hold, released: HoldInput["released"]): HoldInput => ({
    id: hold.id,
    entry: hold.index,
    at: fromIso(hold.at),
    by: hold.by,
    authority: hold.authority,
    digests: hold.digests ?? [],
    instances: hold.instances ?? [],
    window: hold.window,
    incident: hold.incident,
    released,
  });
  return [
    ...holds.standing.map((hold) => input(hold, undefined)),
    ...holds.released.map(({ hold, index, at }) => input(hold, { entry: index, at: fromIso(at) })),
  ].sort((a, b) => a.entry - b.entry);
}
