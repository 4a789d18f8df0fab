import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Actor } from "../../src/evidence/entry.ts";
import { createLedger } from "../../src/ledger/create.ts";
import { fileGuard } from "../../src/ledger/guard.ts";
import { createKey } from "../../src/ledger/keys.ts";
import { Ledger, type LedgerParts } from "../../src/ledger/ledger.ts";
import { keyWork } from "../../src/ledger/rotate.ts";
import { openKeys } from "../../src/ledger/signers.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";
import { parseVkey, type Verifier } from "../../src/tlog/note.ts";
import { SkippingClock } from "./clock.ts";
import { temporaryFolder } from "./ledger.ts";

export const PERSON: Actor = { type: "person", id: "p-1", auth: "unauthenticated" };

/** A ledger as a workspace has it: keys in a folder, a pin in a file, opened anew as often as one likes. */
export class KeyedLedger {
  readonly store = new MemoryStore();
  readonly clock = new SkippingClock("2026-06-01T12:00:00.000Z");
  readonly keys: string;
  readonly pinFile: string;
  readonly first: Verifier;
  readonly #guard: string;

  private constructor(folder: string, first: Verifier) {
    this.keys = join(folder, "keys");
    this.pinFile = join(folder, "ledger.vkey");
    this.#guard = join(folder, "head");
    this.first = first;
  }

  static async begin(): Promise<KeyedLedger> {
    const folder = await temporaryFolder();
    const { verifier } = await createKey(join(folder, "keys"), "example-0a1b2c3d");
    const made = new KeyedLedger(folder, verifier);
    await writeFile(made.pinFile, `${verifier.vkey}\n`);
    await createLedger(await made.parts(), { zone: "UTC" });
    return made;
  }

  async pinned(): Promise<Verifier> {
    return parseVkey(await readFile(this.pinFile, "utf8"));
  }

  /** `pin`: another than that of the workspace; `keys`: another folder. */
  async parts(over: { store?: Store; pin?: Verifier; keys?: string } = {}): Promise<LedgerParts> {
    const store = over.store ?? this.store;
    const find = async () =>
      openKeys(store, over.keys ?? this.keys, over.pin ?? (await this.pinned()), this.clock.now());
    return {
      store,
      ...(await find()),
      guard: fileGuard(this.#guard),
      clock: this.clock,
      software: "custody/test",
      rekey: find,
    };
  }

  async open(over: Parameters<KeyedLedger["parts"]>[0] = {}): Promise<Ledger> {
    return Ledger.open(await this.parts(over));
  }

  async work(ledger?: Ledger, actor = PERSON) {
    return keyWork(ledger ?? (await this.open()), actor, this.keys);
  }

  /** Names of the keys that signed the checkpoint in the store. */
  signers(): string[] {
    const text = new TextDecoder().decode(this.store.objects.get("checkpoint"));
    return text
      .split("\n")
      .filter((line) => line.startsWith("— "))
      .map((line) =>
        Buffer.from(line.split(" ")[2] ?? "", "base64")
          .subarray(0, 4)
          .toString("hex"),
      );
  }
}
