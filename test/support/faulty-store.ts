import { CustodyError } from "../../src/lib/errors.ts";
import type { Store, StoredObject, StoreSource } from "../../src/store/store.ts";

export interface StoreCall {
  /** Counts the calls of this store and its siblings from 1. */
  readonly n: number;
  readonly method: "get" | "read" | "create" | "createFrom" | "replace" | "list";
  /** The prefix for `list`. */
  readonly key: string;
}

/**
 * `before`: the call fails and nothing was done. `after`: it was done and the answer is lost. `crash-…`: the same, and the
 * process is as good as dead: every later call on this store throws `Crash` too.
 */
export type StoreFault = "before" | "after" | "crash-before" | "crash-after";

/** Not a CustodyError, so that no error handling takes it for something to handle. */
export class Crash extends Error {
  constructor(call: StoreCall) {
    super(`crashed at call ${call.n}: ${call.method} ${call.key}`);
    this.name = "Crash";
  }
}

export interface FaultyStore extends Store {
  /** Every call so far, those that failed too. */
  readonly calls: readonly StoreCall[];
}

/** A store that fails as told. `decide` sees every call; undefined lets it pass. */
export function faultyStore(inner: Store, decide: (call: StoreCall) => StoreFault | undefined): FaultyStore {
  return decorate(inner, decide, { calls: [], crash: undefined });
}

interface Shared {
  readonly calls: StoreCall[];
  crash: Crash | undefined;
}

function decorate(inner: Store, decide: (call: StoreCall) => StoreFault | undefined, shared: Shared): FaultyStore {
  /** Begins a call; the function it gives back ends it. */
  function begin(method: StoreCall["method"], key: string): () => void {
    if (shared.crash) throw shared.crash;
    const call = { n: shared.calls.length + 1, method, key };
    shared.calls.push(call);
    const fault = decide(call);
    const fail = () => {
      if (fault?.startsWith("crash")) {
        shared.crash = new Crash(call);
        throw shared.crash;
      }
      throw new CustodyError("STORE_UNREACHABLE", `made to fail at call ${call.n}: ${method} ${key}`);
    };
    if (fault === "before" || fault === "crash-before") fail();
    return () => {
      // Another call of this dead process may have been under way.
      if (shared.crash) throw shared.crash;
      if (fault !== undefined) fail();
    };
  }

  async function around<T>(method: StoreCall["method"], key: string, act: () => Promise<T>): Promise<T> {
    const end = begin(method, key);
    const result = await act();
    end();
    return result;
  }

  return {
    place: inner.place,
    calls: shared.calls,
    get: (key) => around("get", key, () => inner.get(key)),
    read: (key) => around("read", key, () => inner.read(key)),
    create: (key, bytes) => around("create", key, () => inner.create(key, bytes)),
    createFrom: (key, source: StoreSource) => around("createFrom", key, () => inner.createFrom(key, source)),
    replace: (key, bytes) => around("replace", key, () => inner.replace(key, bytes)),
    async *list(prefix): AsyncGenerator<StoredObject> {
      const end = begin("list", prefix);
      yield* inner.list(prefix);
      end();
    },
    sibling: (name) => decorate(inner.sibling(name), decide, shared),
    close: () => inner.close(),
  };
}
