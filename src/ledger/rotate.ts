import type { Actor, Draft } from "../evidence/entry.ts";
import { base64, hex } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";
import { type Instant, iso } from "../lib/time.ts";
import type { Head } from "../tlog/checkpoint.ts";
import type { Signer, Verifier } from "../tlog/note.ts";
import type { RingKey } from "../trust/keyring.ts";
import { type Statement, signStatement } from "../trust/statement.ts";
import { createKey } from "./keys.ts";
import type { Ledger } from "./ledger.ts";

/** Who acts on which ledger. `makeKey` keeps a new key durably before anything says that there is one. */
export interface KeyWork {
  readonly ledger: Ledger;
  readonly actor: Actor;
  readonly makeKey: () => Promise<Signer>;
}

/** The work on keys that lie in a folder. */
export function keyWork(ledger: Ledger, actor: Actor, folder: string): KeyWork {
  return { ledger, actor, makeKey: () => createKey(folder, ledger.origin) };
}

export interface Changed {
  /** The key that signs from now on. */
  readonly key: Verifier;
  /** Index of the first statement that was added. */
  readonly index: number;
  readonly head: Head;
}

/**
 * Makes a new key and lets it sign from now on; the old one signs beside it for 30 days. The order survives a stop anywhere:
 * the key file is durable, then the statement is committed, then the checkpoint is signed with both. Whoever opens the ledger
 * after the second step signs with the new key already.
 */
export async function rotateKey(work: KeyWork): Promise<Changed> {
  const { ledger, actor } = work;
  const after = await headNow(ledger);
  const signer = await work.makeKey();
  return commit(ledger, signer.verifier, [await introduction(ledger, actor, after, signer)]);
}

/** Takes an older key out of use: it may sign up to here and no further. Throws USAGE for the one that signs. */
export async function retireKey({ ledger, actor }: KeyWork, key: Verifier): Promise<Changed> {
  if (key.vkey === ledger.vkey) {
    throw new CustodyError("USAGE", `${hex(key.id)} is the key that signs; it cannot be retired without another`, {
      remedy: "Run `custody keys rotate` first, and retire it when everybody has the new one.",
    });
  }
  requireKnown(ledger, key);
  const statement: Statement = { action: "retire", key: key.vkey, after: await headNow(ledger), reason: "rotated" };
  return commit(ledger, undefined, [await draftOf(ledger.origin, actor, statement, ledger.voices)]);
}

export interface Revoking {
  readonly reason: NonNullable<Statement["reason"]>;
  /** From when on somebody else may have signed with it; only with the reason `compromised`. */
  readonly compromisedSince?: Instant;
  readonly incident?: string;
}

/**
 * Revokes a key. The one that signs is replaced in the same batch, so that there is never a log without a key. Throws
 * KEY_UNUSABLE when no key that counts is here to say so.
 */
export async function revokeKey(work: KeyWork, key: Verifier, why: Revoking): Promise<Changed> {
  const { ledger, actor } = work;
  requireKnown(ledger, key);
  const after = await headNow(ledger);
  const statement: Statement = {
    action: "revoke",
    key: key.vkey,
    after,
    reason: why.reason,
    ...(why.compromisedSince === undefined ? {} : { compromisedSince: iso(why.compromisedSince) }),
    ...(why.incident === undefined ? {} : { incident: why.incident }),
  };
  const voices = ledger.voices.filter(({ verifier }) => verifier.vkey !== key.vkey);
  if (key.vkey !== ledger.vkey) {
    return commit(ledger, undefined, [await draftOf(ledger.origin, actor, statement, voices)]);
  }
  const signer = await work.makeKey();
  return commit(ledger, signer.verifier, [
    await introduction(ledger, actor, after, signer),
    await draftOf(ledger.origin, actor, statement, [signer, ...voices]),
  ]);
}

/** A person says that they have looked through the records [from, to) that a revoked key may have let somebody else write. */
export async function attestRecords(
  { ledger, actor }: KeyWork,
  key: Verifier,
  records: { readonly from: number; readonly to: number },
): Promise<Changed> {
  requireKnown(ledger, key);
  if (actor.type !== "person") throw new CustodyError("BUG", "only a person attests");
  if (records.from >= records.to || records.to > ledger.size) {
    throw new CustodyError("USAGE", `there are no records ${records.from} to ${records.to - 1} to attest`, {
      remedy: `The log has the records 0 to ${ledger.size - 1}; \`custody verify\` names those that are in question.`,
    });
  }
  const statement: Statement = { action: "attest", key: key.vkey, after: await headNow(ledger), records };
  return commit(ledger, undefined, [await draftOf(ledger.origin, actor, statement, ledger.voices)]);
}

/** The key with this ID (8 hex digits), or written out. Throws NOT_FOUND with those there are. */
export function findKey(keys: readonly RingKey[], id: string): Verifier {
  const found = keys.filter(({ verifier }) => verifier.vkey === id || hex(verifier.id) === id.toLowerCase());
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.verifier;
  throw new CustodyError("NOT_FOUND", `this log has no key ${id.slice(0, 300)}`, {
    remedy: `Its keys are ${keys.map(({ verifier }) => hex(verifier.id)).join(", ")}; \`custody keys list\` explains them.`,
  });
}

/** Signed by every key that counts and is here, so that whoever has any of them pinned can follow. */
function introduction(ledger: Ledger, actor: Actor, after: Statement["after"], signer: Signer): Promise<Draft> {
  const statement: Statement = { action: "introduce", key: signer.verifier.vkey, after };
  return draftOf(ledger.origin, actor, statement, [signer, ...ledger.voices]);
}

const MOST_SIGNATURES = 8;

async function draftOf(origin: string, actor: Actor, statement: Statement, signers: readonly Signer[]): Promise<Draft> {
  if (signers.length === 0) {
    throw new CustodyError("KEY_UNUSABLE", "there is no key here that may say so", {
      remedy:
        "Put another key of this log into data/keys, or begin a log that names this one with `custody init DIR --successor-of .`.",
    });
  }
  const signatures = await signStatement(origin, statement, signers.slice(0, MOST_SIGNATURES));
  return { kind: "key", actor, ...statement, signatures };
}

/** What is signed now; statements are bound to it. */
async function headNow(ledger: Ledger): Promise<NonNullable<Statement["after"]>> {
  const { size, root } = await ledger.publish();
  return { size, root: base64(root) };
}

async function commit(ledger: Ledger, key: Verifier | undefined, drafts: readonly Draft[]): Promise<Changed> {
  const [first] = await ledger.append(drafts);
  const head = await ledger.publish();
  return { key: key ?? ledger.verifier, index: first?.index ?? head.size, head };
}

/** A statement about a key that nobody has heard of would help nobody; a typing mistake is likelier. */
function requireKnown(ledger: Ledger, key: Verifier): void {
  if (key.name === ledger.origin) return;
  throw new CustodyError("USAGE", `${key.vkey} is no key of ${ledger.origin}`);
}
