import { setImmediate as turn } from "node:timers/promises";

/** What verification needs of a store. */
interface Reader {
  get(key: string): Promise<Uint8Array | undefined>;
  read(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  list(prefix: string): AsyncIterable<{ readonly key: string; readonly size: number; readonly instead?: string }>;
}

/**
 * The same store, read so that whoever else has something to do comes to it between two objects, and that ends with the
 * signal's reason once it fires: a long look at oneself must not hold up an end.
 */
export function considerate<R extends Reader>(store: R, signal: AbortSignal): Reader {
  const pause = async () => {
    await turn();
    signal.throwIfAborted();
  };
  async function* paced<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    let passed = 0;
    for await (const item of items) {
      if (++passed % 64 === 0) await pause();
      yield item;
    }
  }
  return {
    async get(key) {
      await pause();
      return store.get(key);
    },
    async read(key) {
      await pause();
      const parts = await store.read(key);
      return parts && paced(parts);
    },
    list: (prefix) => paced(store.list(prefix)),
  };
}
