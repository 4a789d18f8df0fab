import { decodeManifest } from "../evidence/manifest.ts";
import { matching } from "../lib/digest.ts";
import type { History } from "../slots/history.ts";

export type Details = ReadonlyMap<string, string>;

/**
 * What the last run of each instance said where it did not see everything: an entry holds the code, its manifest the words.
 * Keeps what it has read for as long as it is the last word.
 */
export class LastWords {
  #read: ReadonlyMap<string, string> = new Map();

  /** By instance. What cannot be read is left out. */
  async of(history: History, blob: (digest: string) => Promise<Uint8Array | undefined>): Promise<Details> {
    const words = new Map<string, string>();
    const read = new Map<string, string>();
    for (const { id, runs } of history.instances.values()) {
      const run = runs.at(-1);
      if (run === undefined || run.outcome === "collected" || run.manifest === undefined) continue;
      const { digest } = run.manifest;
      const detail = this.#read.get(digest) ?? (await detailIn(digest, blob));
      read.set(digest, detail);
      if (detail !== "") words.set(id, detail);
    }
    this.#read = read;
    return words;
  }
}

async function detailIn(digest: string, blob: (digest: string) => Promise<Uint8Array | undefined>): Promise<string> {
  try {
    const bytes = matching(await blob(digest), digest);
    return (bytes && decodeManifest(bytes).detail) ?? "";
  } catch {
    return "";
  }
}
