import { CustodyError } from "../lib/errors.ts";
import { checkKey, checkName, checkPrefix, compareKeys } from "./key.ts";
import { checkedPieces, checkInMemory } from "./source.ts";
import type { Store, StoredObject, StoreSource } from "./store.ts";

/**
 * A store that ends with its process, and that is stricter than the others: to `replace` an object that was created once
 * is a BUG of the caller here, where the others obey.
 */
export class MemoryStore implements Store {
  readonly place: string;
  /** The bytes by key. Whoever changes them plays the part of somebody with write access to the medium. */
  readonly objects = new Map<string, Uint8Array>();
  readonly #once = new Set<string>();
  readonly #siblings: Map<string, MemoryStore>;

  constructor(place = "memory", siblings = new Map<string, MemoryStore>()) {
    this.place = place;
    this.#siblings = siblings;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    checkKey(key);
    const bytes = this.objects.get(key);
    if (bytes) checkInMemory(`${this.place}: ${key}`, bytes.length);
    return bytes && Uint8Array.from(bytes);
  }

  async read(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    checkKey(key);
    const bytes = this.objects.get(key);
    return bytes && pieces(bytes);
  }

  async create(key: string, bytes: Uint8Array): Promise<"created" | "exists"> {
    checkKey(key);
    checkInMemory(`${this.place}: ${key}`, bytes.length);
    if (this.objects.has(key)) return "exists";
    this.objects.set(key, Uint8Array.from(bytes));
    this.#once.add(key);
    return "created";
  }

  async createFrom(key: string, source: StoreSource): Promise<"created" | "exists"> {
    checkKey(key);
    checkInMemory(`${this.place}: ${key}`, source.size);
    const parts: Uint8Array[] = [];
    for await (const piece of checkedPieces(key, source)) parts.push(piece);
    return this.create(key, Buffer.concat(parts));
  }

  async replace(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(key);
    checkInMemory(`${this.place}: ${key}`, bytes.length);
    if (this.#once.has(key)) throw new CustodyError("BUG", `${key} was created once and is about to be replaced`);
    this.objects.set(key, Uint8Array.from(bytes));
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    checkPrefix(prefix);
    for (const key of [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys)) {
      yield { key, size: this.objects.get(key)?.length ?? 0 };
    }
  }

  sibling(name: string): MemoryStore {
    checkName(name);
    const place = `${this.place}.${name}`;
    const known = this.#siblings.get(place);
    if (known) return known;
    const made = new MemoryStore(place, this.#siblings);
    this.#siblings.set(place, made);
    return made;
  }

  async close(): Promise<void> {}
}

/** Small pieces, so that a reader that expects one piece fails here already. */
async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const size = 16 * 1024;
  for (let from = 0; from < bytes.length; from += size) yield Uint8Array.from(bytes.subarray(from, from + size));
}
