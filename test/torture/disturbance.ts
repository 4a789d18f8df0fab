import type { Guard } from "../../src/ledger/guard.ts";
import { CustodyError } from "../../src/lib/errors.ts";
import type { Store, StoredObject } from "../../src/store/store.ts";
import type { Head } from "../../src/tlog/checkpoint.ts";

/**
 * `before`: the call fails and nothing was done. `after`: it was done and the answer is lost. `late`: it fails, and is
 * carried out after so many further calls of anybody. `crash-…`: the same, and the process is as good as dead.
 */
export type Trouble = "before" | "after" | "crash-before" | "crash-after" | `late:${number}` | `crash-late:${number}`;

export interface Call {
  /** Counts from 1. */
  readonly n: number;
  readonly method: string;
  readonly key: string;
}

/** Every later call of a dead process throws it. Not a CustodyError, so that no error handling takes it for something to handle. */
export class Crash extends Error {}

/** Writes that were sent, given up, and are still on their way: they belong to the medium, and outlive their process. */
export class LateWrites {
  #pending: { calls: number; write: () => Promise<unknown> }[] = [];

  /** Counts a call of anybody; what is due lands before it. */
  async tick(): Promise<void> {
    if (this.#pending.length === 0) return;
    for (const late of this.#pending) late.calls -= 1;
    const due = this.#pending.filter(({ calls }) => calls <= 0);
    this.#pending = this.#pending.filter(({ calls }) => calls > 0);
    for (const { write } of due) await write();
  }

  add(calls: number, write: () => Promise<unknown>): void {
    this.#pending.push({ calls, write });
  }

  async landAll(): Promise<void> {
    for (const { write } of this.#pending.splice(0)) await write();
  }
}

/** One process with its store and its guard, of whose calls some go wrong. */
export class Disturbance {
  readonly calls: Call[] = [];
  /** Calls that went wrong. */
  failed = 0;
  readonly #decide: (call: Call) => Trouble | undefined;
  readonly #late: LateWrites;
  #crash: Crash | undefined;

  constructor(decide: (call: Call) => Trouble | undefined, late: LateWrites) {
    this.#decide = decide;
    this.#late = late;
  }

  store(inner: Store): Store {
    return {
      place: inner.place,
      get: (key) => this.#around("get", key, () => inner.get(key)),
      read: (key) => this.#around("read", key, () => inner.read(key)),
      create: (key, bytes) => this.#around("create", key, () => inner.create(key, bytes)),
      createFrom: (key, source) => this.#around("createFrom", key, () => inner.createFrom(key, source)),
      replace: (key, bytes) => this.#around("replace", key, () => inner.replace(key, bytes)),
      list: (prefix) => this.#list(inner, prefix),
      sibling: (name) => this.store(inner.sibling(name)),
      close: () => inner.close(),
    };
  }

  guard(inner: Guard): Guard {
    return {
      place: inner.place,
      newest: () => this.#around("guard", "newest", () => inner.newest()),
      add: (head: Head) => this.#around("guard", "add", () => inner.add(head)),
    };
  }

  async *#list(inner: Store, prefix: string): AsyncGenerator<StoredObject> {
    yield* await this.#around("list", prefix, async () => inner.list(prefix));
  }

  async #around<T>(method: string, key: string, act: () => Promise<T>): Promise<T> {
    await this.#late.tick();
    if (this.#crash) throw this.#crash;
    const call = { n: this.calls.length + 1, method, key };
    this.calls.push(call);
    const trouble = this.#decide(call);
    if (trouble === undefined) return this.#alive(await act());
    this.failed += 1;
    const [, late] = /late:(\d+)$/.exec(trouble) ?? [];
    if (late !== undefined && /^(create|createFrom|replace|guard)$/.test(method)) this.#late.add(Number(late), act);
    if (trouble.endsWith("after")) this.#alive(await act());
    if (trouble.startsWith("crash")) {
      this.#crash ??= new Crash(`crashed at call ${call.n}: ${method} ${key}`);
      throw this.#crash;
    }
    throw new CustodyError("STORE_UNREACHABLE", `made to fail at call ${call.n}: ${method} ${key}`);
  }

  /** Another call of this process, under way at the same time, may have been its death. */
  #alive<T>(result: T): T {
    if (this.#crash) throw this.#crash;
    return result;
  }
}
