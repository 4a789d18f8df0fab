import { z } from "zod";
import { canonicalBytes, parseCanonical } from "../lib/canonical.ts";
import { CustodyError } from "../lib/errors.ts";
import { actKinds } from "./acts.ts";
import { BlobRef } from "./blob.ts";
import { Digest, Duration, Head, Id, Time, Window, Zone } from "./terms.ts";

/**
 * The records of the ledger: one entry is one line of a batch, one leaf of the tree, one link of the chain.
 * An entry holds identifiers, enumerations, times, counts and digests. Free text and names live in blobs.
 * docs/FORMAT.md is the specification; this file is its types.
 */

/** C2SP tlog-tiles gives an entry a 16-bit length. */
export const MAX_ENTRY_BYTES = 65_535;
export const MAX_BATCH_ENTRIES = 256;
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** `prev` of the first entry. */
export const NO_PREVIOUS = "0".repeat(64);

/** `<origin>+<key ID>+<base64>`; whether it is a key is seen where it is used. */
const Vkey = z.string().max(400);

/** Who acted. A person is a random ID whose name, if any, is in an `identity` blob; `auth` says how sure we are of them. */
export const Actor = z.looseObject({
  /** `system`, `person` or `source`; a later version may know more, which must still read as intact here. */
  type: z.string().regex(/^[a-z][a-z-]{0,19}$/),
  id: Id,
  role: z.string().optional(),
  auth: z.string().optional(),
});
export type Actor = z.infer<typeof Actor>;

/** A configured collector as the slots need it. In a `config` entry, so that the ledger alone says what was expected. */
export const InstanceRecord = z.looseObject({
  id: Id,
  use: Id,
  family: Id,
  mode: z.enum(["window", "snapshot", "inbox"]),
  cadence: z.string(),
  grace: Duration,
  zone: Zone,
});
export type InstanceRecord = z.infer<typeof InstanceRecord>;

const common = {
  v: z.literal(1),
  index: z.int().min(0),
  prev: Digest,
  batch: z.string().regex(/^[0-9a-f]{32}$/),
  at: Time,
  clock: Time.optional(),
  actor: Actor,
  software: z.string(),
  once: z.string().max(300).optional(),
};

/** The fields of each kind beside the common ones. */
const kinds = {
  genesis: {
    origin: z.string(),
    nonce: z.string(),
    zone: Zone,
    key: z.string(),
    simulatedUntil: Time.optional(),
    predecessor: z.looseObject({ origin: z.string(), size: z.int(), root: z.string(), reason: z.string() }).optional(),
  },
  config: {
    config: BlobRef,
    catalogue: BlobRef.optional(),
    /** The laws as data, by which notices are judged. */
    laws: z.array(BlobRef).max(32).optional(),
    zone: Zone,
    /** True where the incident register is kept in this log. */
    register: z.boolean().optional(),
    instances: z.array(InstanceRecord),
  },
  plan: {
    instance: Id,
    action: z.enum(["pause", "resume", "retire"]),
    from: Time,
    to: Time.optional(),
    body: BlobRef.optional(),
  },
  run: {
    instance: Id,
    use: Id,
    trigger: z.enum(["schedule", "interim", "manual", "catch-up", "backfill"]),
    slot: z.string().optional(),
    window: Window,
    started: Time,
    ended: Time,
    outcome: z.enum(["collected", "partial", "failed", "unavailable"]),
    /** Intervals of the source's time that were read to their end. */
    covered: z.array(Window),
    /** For sources that only know the present: the moments that were seen. */
    instants: z.array(Time).optional(),
    /** Why not everything: a closed code; words are in the manifest. */
    reason: z.string().optional(),
    /** Until when the source asked to be left alone, where that is longer than a run waits. */
    notBefore: Time.optional(),
    requests: z.int().min(0),
    /** The source's own count, where it gives one. */
    total: z.int().min(0).optional(),
    /** What `read` of that version found at once; informational, the index reads again. */
    found: z.looseObject({ reader: z.int(), facts: z.int(), problems: z.int() }),
    /** How far the source's clock was ahead of ours, in milliseconds, where it told. */
    clockOffset: z.int().optional(),
    /** How far an outside clock was ahead of ours when the run began, and by how much that may be wrong, in milliseconds. */
    reference: z.looseObject({ use: Id, offset: z.int(), uncertainty: z.int().min(0) }).optional(),
    /** The incident for which it was asked for: to preserve evidence of it, or by hand. */
    incident: Id.optional(),
    items: z.int().min(0),
    /** The captures, up to 16; more are in the manifest only. */
    evidence: z.array(BlobRef).max(16),
    manifest: BlobRef.optional(),
  },
  intake: {
    instance: Id,
    use: Id,
    received: Time,
    evidence: z.array(BlobRef).max(16),
    manifest: BlobRef.optional(),
  },
  import: {
    instance: Id,
    use: Id,
    window: Window,
    items: z.int().min(0),
    found: z.looseObject({ reader: z.int(), facts: z.int(), problems: z.int() }),
    evidence: z.array(BlobRef).max(16),
    manifest: BlobRef.optional(),
  },
  upload: {
    evidence: z.array(BlobRef).min(1).max(16),
    controls: z.array(Id).min(1),
    captured: Time.optional(),
    incident: Id.optional(),
    manifest: BlobRef,
  },
  gap: {
    gap: Id,
    instance: Id,
    requirement: Id,
    action: z.enum(["open", "acknowledge", "accept", "close", "close-late"]),
    window: Window,
    slots: z.int().min(1),
    cause: z.string().optional(),
    until: Time.optional(),
    /** `urgent` is told at once, everything else with the next daily notice. */
    level: z.enum(["normal", "urgent"]).optional(),
    body: BlobRef.optional(),
  },
  /** A notice that was brought to a channel, or could not be. The text is in `body`; addresses are nowhere. */
  delivery: {
    notice: Id,
    about: z.enum(["digest", "urgent", "recovery", "test", "report"]),
    channel: Id,
    use: Id,
    outcome: z.enum(["delivered", "failed"]),
    /** `failed`: a closed code. */
    cause: z.string().optional(),
    attempts: z.int().min(1),
    sent: Time,
    received: Time.optional(),
    /** The gaps it is about, up to 64. */
    gaps: z.array(Id).max(64).optional(),
    /** What else it tells a person to do, up to 64: names that stay the same while the matter does. */
    duties: z.array(Id).max(64).optional(),
    /** It says what records before this one say about gaps. */
    through: z.int().min(0).optional(),
    body: BlobRef.optional(),
    receipt: BlobRef.optional(),
  },
  /** What a person vouches for, having looked. Counts only with an actor who was authenticated. */
  "sign-off": {
    /** What kind: `nil-return`, `monthly-review`, or as the catalogue names it. */
    subject: Id,
    window: Window,
    /** The requirements it is about, up to 64; none where the subject says it all. */
    requirements: z.array(Id).max(64).optional(),
    /** The log as it was when they looked. */
    seen: Head,
    /** What was approved, where the subject is a document: a review, a procedure. */
    document: BlobRef.optional(),
    incident: Id.optional(),
    body: BlobRef.optional(),
  },
  /** What Custody found when it looked after itself. */
  "self-check": {
    check: z.enum(["integrity", "clock", "disk", "certificate", "index", "mirror"]),
    result: z.enum(["good", "bad", "unknown"]),
    started: Time,
    ended: Time,
    /** Size and root of what was verified. */
    seen: Head.optional(),
    /** Closed codes of what was found, each once, up to 32. */
    codes: z.array(z.string().max(60)).max(32).optional(),
    /** `integrity`, `mirror`: evidence files were looked at by name and size only. */
    quick: z.boolean().optional(),
    /** Measured, in the unit that FORMAT names for the check. */
    value: z.int().optional(),
    body: BlobRef.optional(),
  },
  identity: { person: Id, identity: BlobRef },
  /** A statement about a key of the log, signed over its own content (src/trust/statement.ts). */
  key: {
    action: z.enum(["introduce", "retire", "revoke", "attest"]),
    /** The key it is about. */
    key: Vkey,
    /** The head that whoever signed knew: binds the statement to this log and to its place in it. */
    after: Head.optional(),
    /** `revoke`: from when on somebody else may have signed with it; none where the key was only lost. */
    compromisedSince: Time.optional(),
    /** `revoke`, `retire`: why. */
    reason: z.enum(["rotated", "lost", "compromised", "superseded"]).optional(),
    incident: Id.optional(),
    /** `attest`: the records [from, to) that a person has looked through after the key was revoked. */
    records: z.object({ from: z.int().min(0), to: z.int().min(0) }).optional(),
    body: BlobRef.optional(),
    signatures: z
      .array(z.object({ key: z.string(), signature: z.string() }))
      .max(8)
      .optional(),
  },
  /** A head that left the store, and what came back: a time stamp, a cosignature, or where it was put. */
  head: {
    ...Head.shape,
    /** How it left: `timestamp`, `witness`, `file`, `git`, `webhook`, `email`, `s3`, `pack`. */
    use: Id.optional(),
    /** Which of the configured places. */
    target: Id.optional(),
    /** When it was sent, and when the answer was there. */
    sent: Time.optional(),
    received: Time.optional(),
    /** The signed checkpoint itself, `text/plain; charset=utf-8`. */
    checkpoint: BlobRef.optional(),
    /** What came back: a TimeStampResp, a cosigned checkpoint, an answer. */
    receipt: BlobRef.optional(),
  },
  /** Evidence that must not be disposed of, or may be again. What is named under one member must match all members given. */
  hold: {
    hold: Id,
    action: z.enum(["place", "release"]),
    /** Files by digest; or whatever these collectors took in this window; or what belongs to an incident. */
    digests: z.array(Digest).max(256).optional(),
    instances: z.array(Id).max(256).optional(),
    window: Window.optional(),
    incident: Id.optional(),
    /** Who ordered it: a role or a reference, never a name. */
    authority: Id,
    body: BlobRef.optional(),
  },
  /** Files that were deleted lawfully. Speaks for every record before it that names one of them. */
  disposal: {
    items: z
      .array(z.object({ digest: Digest, size: z.int().min(0), entries: z.array(z.int().min(0)).min(1).max(256) }))
      .min(1)
      .max(64),
    reason: z.enum(["retention", "erasure-request", "contract-end", "order", "mistake", "other"]),
    authority: Id,
    body: BlobRef.optional(),
  },
  /** A rule by which values are masked before anything is stored; the rule itself is in the blob. */
  "masking-rule": {
    rule: Id,
    action: z.enum(["introduce", "retire"]),
    definition: BlobRef,
    instances: z.array(Id).max(256).optional(),
  },
  report: {
    period: Window,
    size: z.int().min(0),
    report: BlobRef,
    /** The files that were made. They are not in the store: their digests alone tell them again. */
    files: z
      .array(z.object({ form: z.enum(["pdf", "json"]), sha256: Digest }))
      .max(4)
      .optional(),
  },
  access: { purpose: Id, digests: z.array(Digest) },
  correction: { of: z.int().min(0), body: BlobRef.optional() },
  ...actKinds,
} as const;

export type KnownKind = keyof typeof kinds;

type Fields = { [K in KnownKind]: z.infer<z.ZodObject<(typeof kinds)[K]>> };
type Common = z.infer<z.ZodObject<typeof common>>;

/** An entry of a kind this version knows. */
export type KnownEntry = { [K in KnownKind]: Common & { kind: K } & Fields[K] }[KnownKind];
/** An entry of one kind. */
export type EntryOf<K extends KnownKind> = Extract<KnownEntry, { kind: K }>;
/** An entry of a kind that a later version may add; tolerated for ever. */
export type UnknownEntry = Common & { kind: string & {} } & Record<string, unknown>;
export type Entry = KnownEntry | UnknownEntry;

/** What a caller says; index, chain, batch, time and software are the ledger's. */
export type Draft = {
  [K in KnownKind]: { kind: K; actor: Actor; once?: string } & Fields[K];
}[KnownKind];

const commonSchema = z.looseObject({ ...common, kind: z.string().regex(/^[a-z][a-z-]{0,39}$/) });
const schemas = new Map(
  Object.entries(kinds).map(([kind, fields]) => [kind, z.looseObject({ ...common, kind: z.literal(kind), ...fields })]),
);

/** What was found of entries: whoever reads a log asks several times about each, and no entry changes. */
const asKnown = new WeakMap<Entry, boolean>();

/** True for an entry of this kind whose fields are as this version knows them. */
export function isKind<K extends KnownKind>(entry: Entry, kind: K): entry is EntryOf<K> {
  if (entry.kind !== kind) return false;
  const before = asKnown.get(entry);
  if (before !== undefined) return before;
  const found = schemas.get(kind)?.safeParse(entry).success ?? false;
  asKnown.set(entry, found);
  return found;
}

/** Canonical bytes of an entry. Throws INPUT_TOO_LARGE above 65,535 bytes and INPUT_INVALID for fields that its kind does not allow. */
export function encodeEntry(entry: Entry): Uint8Array {
  const schema = schemas.get(entry.kind) ?? commonSchema;
  const checked = schema.safeParse(entry);
  if (!checked.success) {
    throw new CustodyError("INPUT_INVALID", `${entry.kind} entry: ${z.prettifyError(checked.error)}`);
  }
  const bytes = canonicalBytes(entry);
  if (bytes.length > MAX_ENTRY_BYTES) {
    throw new CustodyError(
      "INPUT_TOO_LARGE",
      `a ${entry.kind} entry of ${bytes.length} bytes; at most ${MAX_ENTRY_BYTES} fit into one entry`,
    );
  }
  return bytes;
}

const PLACEHOLDER = {
  v: 1,
  index: Number.MAX_SAFE_INTEGER,
  prev: NO_PREVIOUS,
  batch: "0".repeat(32),
  at: "2000-01-01T00:00:00.000Z",
  clock: "2000-01-01T00:00:00.000Z",
  software: "x".repeat(100),
} as const;

/** Bytes that an entry of this draft has at most, whatever place it gets. Throws what `encodeEntry` would throw for it. */
export function measureDraft(draft: Draft): number {
  return encodeEntry({ ...draft, ...PLACEHOLDER } as Entry).length;
}

/** Reads the bytes of one entry: canonical JSON with the common fields. The rest is as the writer left it. */
export function decodeEntry(bytes: Uint8Array): Entry {
  if (bytes.length > MAX_ENTRY_BYTES) {
    throw new CustodyError("INPUT_TOO_LARGE", `an entry of ${bytes.length} bytes; expected at most ${MAX_ENTRY_BYTES}`);
  }
  const value = parseCanonical(bytes);
  const checked = commonSchema.safeParse(value);
  if (!checked.success) throw new CustodyError("INPUT_INVALID", z.prettifyError(checked.error));
  // Not the checked copy: it lacks a member called `__proto__`, and with it the evidence that one may name.
  return value as Entry;
}
