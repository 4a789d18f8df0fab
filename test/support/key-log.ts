import type { EntryOf } from "../../src/evidence/entry.ts";
import { base64, sha256 } from "../../src/lib/digest.ts";
import { generateKey, newSigner, type Signer } from "../../src/tlog/note.ts";
import { type KeyRecord, keyRing, type SafeSizes } from "../../src/trust/keyring.ts";
import { type Statement, signStatement } from "../../src/trust/statement.ts";

export const ORIGIN = "example-0a1b2c3d";

export const newKey = (origin = ORIGIN): Signer => newSigner(origin, generateKey());

/** Any root will do where only statements are looked at: each size has its own. */
export const rootAt = (size: number) => sha256(new TextEncoder().encode(`root ${size}`));

export const headAt = (size: number) => ({ size, root: base64(rootAt(size)) });

/** `key` entries as a log would hold them, without the rest of the log. */
export class KeyLog {
  readonly records: KeyRecord[] = [];
  index: number;

  constructor(index = 10) {
    this.index = index;
  }

  /** Adds a statement at the next index, or at a later one; returns its index. */
  async add(
    statement: Omit<Statement, "after" | "key"> & {
      readonly key: Signer | string;
      readonly after?: Statement["after"];
    },
    signers: readonly Signer[],
    over: { readonly at?: number; readonly actor?: EntryOf<"key">["actor"]; readonly origin?: string } = {},
  ): Promise<number> {
    const index = over.at ?? this.index;
    this.index = index + 1;
    const key = typeof statement.key === "string" ? statement.key : statement.key.verifier.vkey;
    const whole: Statement = { after: headAt(index), ...statement, key };
    const signatures = await signStatement(over.origin ?? ORIGIN, whole, signers);
    this.records.push({ index, entry: entryOf(index, { ...whole, signatures }, over.actor) });
    return index;
  }

  ring(pins: readonly Signer[], safe?: SafeSizes) {
    return keyRing(
      pins.map(({ verifier }) => verifier),
      this.records,
      rootAt,
      safe,
    );
  }
}

/** A `key` entry, whatever is stated in it. */
export function entryOf(
  index: number,
  stated: Partial<EntryOf<"key">>,
  actor: EntryOf<"key">["actor"] = { type: "person", id: "p-1", auth: "unauthenticated" },
): EntryOf<"key"> {
  return {
    v: 1,
    index,
    prev: "0".repeat(64),
    batch: "0".repeat(32),
    kind: "key",
    at: new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString(),
    actor,
    software: "custody/test",
    action: "introduce",
    key: "",
    ...stated,
  };
}
