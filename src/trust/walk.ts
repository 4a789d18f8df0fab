import { base64 } from "../lib/digest.ts";
import type { Hash } from "../tlog/merkle.ts";
import type { Verifier } from "../tlog/verifier.ts";
import type { Attested, KeyRecord, KeyRing, Refused, Revocation, RingKey, SafeSizes } from "./keyring.ts";
import { isSignedBy, readVkey } from "./statement.ts";

/** Statements that are looked at; each costs up to eight signatures, and nobody changes keys this often. */
export const MAX_STATEMENTS = 1_000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Action = KeyRecord["entry"]["action"];
/** Whether the signature of a key that is revoked as compromised counts for such a statement at this index. */
type Trusting = (vkey: string, index: number, action: Action) => boolean;

/** See `keyRing`, which promises. */
export function walkForward(
  pinned: readonly Verifier[],
  all: readonly KeyRecord[],
  rootAt: (size: number) => Hash | undefined,
  safe: SafeSizes | undefined,
): KeyRing {
  const statements = all.slice(0, MAX_STATEMENTS).map((record) => new Signed(record));
  const former = formerKeys(pinned, statements);
  const pass = (trusting: Trusting) => new Walk(pinned, former, rootAt, trusting).through(statements);
  const first = pass(() => true);
  const compromised = new Set(
    first.keys.filter((key) => key.revoked?.compromisedSince !== undefined).map((key) => key.verifier.vkey),
  );
  // A thief who retires the right keys must not keep them from being seen.
  const open =
    compromised.size === 0 ? first : pass((vkey, _, action) => action === "introduce" || !compromised.has(vkey));
  const ring =
    safe === undefined || safe.size === 0
      ? open
      : settled(
          open,
          pass((vkey, index) => index < (safe.get(vkey) ?? Number.POSITIVE_INFINITY)),
        );
  const beyond = all[MAX_STATEMENTS];
  if (beyond === undefined) return ring;
  const found = "more from here on";
  return {
    ...ring,
    refused: [
      ...ring.refused,
      { index: beyond.index, expected: `at most ${MAX_STATEMENTS} statements about keys`, found },
    ],
  };
}

/** What was taken away stays away, also when whoever did so is not reached any more. */
function settled(open: KeyRing, strict: KeyRing): KeyRing {
  const revoked = new Map(open.keys.map(({ verifier, revoked }) => [verifier.vkey, revoked]));
  const keys = strict.keys.map((key) => {
    const before = key.revoked ?? revoked.get(key.verifier.vkey);
    return before === undefined ? key : { ...key, revoked: before };
  });
  return { ...strict, keys };
}

/** A statement, and which keys signed it: each signature is checked once, and only when its key means something. */
class Signed {
  readonly index: number;
  readonly entry: KeyRecord["entry"];
  readonly subject: Verifier | undefined;
  readonly #checked = new Map<string, boolean>();

  constructor({ index, entry }: KeyRecord) {
    this.index = index;
    this.entry = entry;
    this.subject = readVkey(entry.key);
  }

  /** Keys that are named as signers, each once. */
  get named(): string[] {
    return [...new Set((this.entry.signatures ?? []).map(({ key }) => key))];
  }

  /** Undefined when it names no such signer. Of several signatures in one name the first counts. */
  by(key: Verifier): boolean | undefined {
    const signature = this.entry.signatures?.find((one) => one.key === key.vkey);
    if (signature === undefined || key.name !== this.subject?.name) return undefined;
    const known = this.#checked.get(key.vkey) ?? isSignedBy(key, this.entry, signature);
    this.#checked.set(key.vkey, known);
    return known;
  }
}

/** Keys before the pinned ones: those that introduced one of them, or one that did, with its own consent. */
function formerKeys(pinned: readonly Verifier[], statements: readonly Signed[]): Verifier[] {
  const known = new Map(pinned.map((key) => [key.vkey, key]));
  const former: Verifier[] = [];
  for (const signed of [...statements].reverse()) {
    const subject = known.get(signed.entry.key);
    if (signed.entry.action !== "introduce" || subject === undefined || signed.by(subject) !== true) continue;
    for (const vkey of signed.named) {
      const key = known.has(vkey) ? undefined : readVkey(vkey);
      if (key === undefined || signed.by(key) !== true) continue;
      known.set(vkey, key);
      former.push(key);
    }
  }
  return former;
}

/** One walk through the statements in the order of the log. */
class Walk {
  readonly #keys = new Map<string, Mutable<RingKey>>();
  readonly #rootAt: (size: number) => Hash | undefined;
  readonly #trusting: Trusting;
  readonly #attested: Attested[] = [];
  readonly #refused: Refused[] = [];

  constructor(
    pinned: readonly Verifier[],
    former: readonly Verifier[],
    rootAt: (size: number) => Hash | undefined,
    trusting: Trusting,
  ) {
    for (const verifier of pinned) this.#keys.set(verifier.vkey, { verifier });
    for (const verifier of former)
      if (!this.#keys.has(verifier.vkey)) this.#keys.set(verifier.vkey, { verifier, former: true });
    this.#rootAt = rootAt;
    this.#trusting = trusting;
  }

  through(statements: readonly Signed[]): KeyRing {
    for (const signed of statements) {
      const wrong = this.#take(signed);
      if (wrong) this.#refused.push({ index: signed.index, ...wrong });
    }
    return { keys: [...this.#keys.values()], attested: this.#attested, refused: this.#refused };
  }

  /** Takes a statement in, or says why it does not count. */
  #take(signed: Signed): Omit<Refused, "index"> | undefined {
    const { index, entry, subject } = signed;
    const { after, action } = entry;
    if (subject === undefined) return { expected: "a statement about a key of this log", found: "no key" };
    const signers = [...this.#keys.values()].filter(({ verifier }) => signed.by(verifier) !== undefined);
    const consent = action === "introduce" ? signed.by(subject) : undefined;
    const liar = signers.find(({ verifier }) => signed.by(verifier) === false)?.verifier.vkey;
    if (liar !== undefined || consent === false)
      return {
        expected: `a signature by ${liar ?? subject.vkey} over what is stated`,
        found: "one that does not match",
      };
    const voices = signers.filter(
      ({ verifier }) => action === "attest" || verifier.vkey !== subject.vkey || action === "retire",
    );
    if (voices.length === 0 && !(consent && this.#keys.has(subject.vkey)))
      return { expected: `"${action}" signed by a key that counts here`, found: saidBy(signed) };
    // Binds it to this log, and to no place in it before that head.
    if (after === undefined || after.size > index)
      return {
        expected: "the head of the log that it follows",
        found: after ? `one of ${after.size} records` : "none",
      };
    const root = this.#rootAt(after.size);
    if (root === undefined || base64(root) !== after.root)
      return {
        expected: `root ${after.root} at ${after.size} records`,
        found: root ? `root ${base64(root)}` : "unreadable records",
      };
    switch (action) {
      case "introduce":
        return this.#introduce(signed, subject, voices, consent);
      case "retire":
        return this.#retire(signed, subject, voices);
      case "revoke":
        return this.#revoke(signed, subject);
      case "attest":
        return this.#attest(signed, voices);
    }
  }

  #introduce(signed: Signed, subject: Verifier, voices: readonly RingKey[], consent: boolean | undefined) {
    const known = this.#keys.get(subject.vkey);
    if (consent === undefined) return { expected: "a signature by the new key itself", found: "none" };
    if (known?.retired !== undefined || known?.revoked !== undefined)
      return {
        expected: "a new key",
        found: `one that was ${known.revoked ? "revoked" : "retired"} before: no key comes back`,
      };
    if (known !== undefined && !known.former) return undefined;
    if (voices.some((key) => this.#counts(key, signed))) {
      const { former: _, ...kept } = known ?? { verifier: subject };
      this.#keys.set(subject.vkey, { ...kept, introduced: signed.index });
      return undefined;
    }
    // From before the pinned keys: neither here nor there.
    return voices.some((key) => key.former) ? undefined : this.#voiceless(signed, voices);
  }

  #retire(signed: Signed, subject: Verifier, voices: readonly RingKey[]) {
    const key = this.#keys.get(subject.vkey);
    if (key?.retired !== undefined || key?.revoked !== undefined) return undefined;
    if (!voices.some((voice) => this.#mayAct(voice, signed))) return this.#voiceless(signed, voices);
    const others = [...this.#keys.values()].filter(
      (other) => other !== key && !other.former && other.retired === undefined && other.revoked === undefined,
    );
    if (key !== undefined && !key.former && others.length === 0)
      return { expected: "another key that stays", found: "the last one that counts" };
    if (key !== undefined) key.retired = signed.index;
    return undefined;
  }

  /** Whoever was ever a key of this log may do this: it only ever takes trust away. */
  #revoke({ index, entry }: Signed, subject: Verifier) {
    const key = this.#keys.get(subject.vkey) ?? { verifier: subject, former: true as const };
    this.#keys.set(subject.vkey, { ...key, revoked: joined(key.revoked, index, entry) });
    return undefined;
  }

  #attest(signed: Signed, voices: readonly RingKey[]) {
    const { index, entry } = signed;
    const { records, actor, at, key } = entry;
    const revoked = this.#keys.get(key)?.revoked;
    if (revoked?.compromisedSince === undefined)
      return { expected: "a key that was revoked as compromised before", found: "one that was not" };
    if (actor.type !== "person") return { expected: "a person who attests", found: `"${actor.type}"` };
    if (records === undefined || records.from >= records.to || records.to > index)
      return { expected: "the records before this one that were looked through", found: "others" };
    if (!voices.some((voice) => this.#mayAct(voice, signed))) return this.#voiceless(signed, voices);
    this.#attested.push({ index, key, ...records, at, by: actor.id, auth: authOf(actor) });
    return undefined;
  }

  #counts(key: RingKey, { index, entry }: Signed): boolean {
    return !key.former && this.#mayAct(key, { index, entry });
  }

  /** Like `#counts`, and the keys before the pinned ones too: what they took away or looked through stays so. */
  #mayAct(key: RingKey, { index, entry }: Pick<Signed, "index" | "entry">): boolean {
    return (
      key.retired === undefined && key.revoked === undefined && this.#trusting(key.verifier.vkey, index, entry.action)
    );
  }

  #voiceless({ entry }: Signed, voices: readonly RingKey[]) {
    const why = voices.map(({ verifier, retired, revoked }) => {
      if (revoked) return `${verifier.vkey}, which was revoked at entry ${revoked.index}`;
      return retired === undefined
        ? `${verifier.vkey}, which was revoked later as compromised before that`
        : `${verifier.vkey}, which was retired at entry ${retired}`;
    });
    return {
      expected: `"${entry.action}" signed by a key that counts then`,
      found: `signed by ${why.join(" and ") || "none"}`,
    };
  }
}

/** How a person was recognised, in one word that can be printed. */
function authOf({ auth = "unauthenticated" }: KeyRecord["entry"]["actor"]): string {
  return /^[a-z0-9][a-z0-9.:-]{0,39}$/i.test(auth) ? auth : "something else";
}

function saidBy(signed: Signed): string {
  const { named } = signed;
  if (named.length === 0) return "no signature";
  return `signed by ${named.length === 1 ? "a key" : `${named.length} keys`} that nobody here trusts (${named.join(", ").slice(0, 300)})`;
}

/** Several revocations of one key: the first ends it, the earliest date counts. */
function joined(
  before: Revocation | undefined,
  index: number,
  { compromisedSince, reason, incident }: KeyRecord["entry"],
): Revocation {
  const since = [before?.compromisedSince, compromisedSince].filter((time) => time !== undefined).sort()[0];
  const [why, what] = [before?.reason ?? reason, before?.incident ?? incident];
  return {
    index: before?.index ?? index,
    ...(since === undefined ? {} : { compromisedSince: since }),
    ...(why === undefined ? {} : { reason: why }),
    ...(what === undefined ? {} : { incident: what }),
  };
}
