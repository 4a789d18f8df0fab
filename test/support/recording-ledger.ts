import type { AppendedEntry, RunLedger } from "../../src/collector/run.ts";
import { type Draft, decodeEntry, type Entry, encodeEntry, NO_PREVIOUS } from "../../src/evidence/entry.ts";
import { digestOf } from "../../src/lib/digest.ts";
import { iso } from "../../src/lib/time.ts";

/** Remembers what a run put and appended, and checks that each entry could be written. No ledger: chain and tree are tested elsewhere. */
export class RecordingLedger implements RunLedger {
  readonly blobs = new Map<string, Uint8Array>();
  readonly drafts: Draft[] = [];
  readonly entries: Entry[] = [];
  /** In the order of the calls: media type of each put, kind of each append. */
  readonly calls: string[] = [];
  /** Called before each put; may throw. */
  beforePut: (bytes: Uint8Array, mediaType: string) => void = () => undefined;
  beforeAppend: () => void = () => undefined;
  readonly #once = new Map<string, number>();

  readonly put = async (bytes: Uint8Array, mediaType: string) => {
    this.beforePut(bytes, mediaType);
    this.calls.push(mediaType);
    const digest = digestOf(bytes);
    this.blobs.set(digest, Uint8Array.from(bytes));
    return { digest, size: bytes.length, mediaType };
  };

  readonly append = async (drafts: readonly Draft[]): Promise<AppendedEntry[]> => {
    this.beforeAppend();
    return drafts.map((draft) => {
      const earlier = draft.once === undefined ? undefined : this.#once.get(draft.once);
      if (earlier !== undefined) return { index: earlier, digest: digestOf(this.#encode(earlier)), repeated: true };
      const index = this.entries.length;
      const at = "ended" in draft ? draft.ended : "received" in draft ? draft.received : iso(0);
      const entry = { ...draft, v: 1, index, prev: NO_PREVIOUS, batch: "0".repeat(32), at, software: "test" } as Entry;
      this.entries.push(decodeEntry(encodeEntry(entry)));
      this.drafts.push(draft);
      this.calls.push(draft.kind);
      if (draft.once !== undefined) this.#once.set(draft.once, index);
      return { index, digest: digestOf(this.#encode(index)), repeated: false };
    });
  };

  readonly blob = async (digest: string): Promise<Uint8Array | undefined> => this.blobs.get(digest);

  async *read(): AsyncGenerator<{ entry: Entry }> {
    for (const entry of this.entries) yield { entry };
  }

  /** Everything that was stored or recorded, as text of one character per byte. */
  everything(): string {
    const parts = [...this.blobs.values(), Buffer.from(JSON.stringify(this.entries))];
    return parts.map((bytes) => Buffer.from(bytes).toString("latin1")).join("\n");
  }

  #encode(index: number): Uint8Array {
    return encodeEntry(this.entries[index] as Entry);
  }
}
