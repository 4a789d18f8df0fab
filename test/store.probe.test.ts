import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../src/lib/clock.ts";
import { isCustodyError } from "../src/lib/errors.ts";
import { MemoryStore } from "../src/store/memory.ts";
import { type ProbeReport, probeStore, requireFit } from "../src/store/probe.ts";
import { createBucket, S3Store } from "../src/store/s3.ts";
import type { Store } from "../src/store/store.ts";
import { Crash, faultyStore, type StoreCall } from "./support/faulty-store.ts";
import { type S3Server, type S3ServerOptions, startS3Server } from "./support/s3-server.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const failed = (report: ProbeReport) => report.checks.filter(({ ok }) => !ok).map(({ check }) => check);

/** A memory store of which every sibling has a weakness too. */
function weakened(weaken: (store: MemoryStore) => Partial<Store>): Store {
  const decorate = (inner: MemoryStore): Store => {
    const weak = weaken(inner);
    return {
      place: inner.place,
      get: weak.get ?? ((key) => inner.get(key)),
      read: (key) => inner.read(key),
      create: weak.create ?? ((key, content) => inner.create(key, content)),
      createFrom: weak.createFrom ?? ((key, from) => inner.createFrom(key, from)),
      replace: weak.replace ?? ((key, content) => inner.replace(key, content)),
      list: weak.list ?? ((prefix) => inner.list(prefix)),
      sibling: (name) => decorate(inner.sibling(name)),
      close: () => inner.close(),
    };
  };
  return decorate(new MemoryStore());
}

describe("the probe finds a store", () => {
  test("that overwrites and says `created`", async () => {
    const store = weakened((inner) => ({
      create: async (key, content) => {
        inner.objects.set(key, content);
        return "created";
      },
    }));
    const report = await probeStore(store, randomBytes);
    expect(failed(report)).toStrictEqual(["create-once", "one-winner"]);
    expect(() => requireFit(report)).toThrow(/create-once: A second writer replaced/);
  });

  test("that keeps the first bytes and says `created` to the second", async () => {
    const store = weakened((inner) => ({
      create: async (key, content) => {
        await inner.create(key, content);
        return "created";
      },
    }));
    expect(failed(await probeStore(store, randomBytes))).toStrictEqual(["create-once", "one-winner"]);
  });

  test("that looks first and writes later, so that several racers win", async () => {
    const store = weakened((inner) => ({
      create: async (key, content) => {
        if (inner.objects.has(key)) return "exists";
        await new Promise(setImmediate);
        inner.objects.set(key, content);
        return "created";
      },
    }));
    expect(failed(await probeStore(store, randomBytes))).toStrictEqual(["one-winner"]);
  });

  test("whose streams overwrite", async () => {
    const store = weakened((inner) => ({
      createFrom: async (key, from) => {
        for await (const piece of from.open()) inner.objects.set(key, piece);
        return "exists";
      },
    }));
    expect(failed(await probeStore(store, randomBytes))).toStrictEqual(["stream-once"]);
  });

  test("that remembers that an object was not there", async () => {
    const store = weakened((inner) => {
      const absent = new Set<string>();
      return {
        get: async (key) => {
          const found = absent.has(key) ? undefined : await inner.get(key);
          if (found === undefined) absent.add(key);
          return found;
        },
      };
    });
    expect(failed(await probeStore(store, randomBytes))).toStrictEqual(["read-after-write"]);
  });

  test("that serves old bytes after a replacement", async () => {
    const store = weakened((inner) => {
      const seen = new Map<string, Uint8Array | undefined>();
      return {
        get: async (key) => {
          const found = seen.get(key) ?? (await inner.get(key));
          seen.set(key, found);
          return found;
        },
      };
    });
    expect(failed(await probeStore(store, randomBytes))).toStrictEqual(["replace"]);
  });

  test("whose list lags behind or is in another order", async () => {
    const lagging = weakened(() => ({ async *list() {} }));
    expect(failed(await probeStore(lagging, randomBytes))).toStrictEqual(["list"]);
    const unsorted = weakened((inner) => ({
      async *list(prefix) {
        const all = [];
        for await (const object of inner.list(prefix)) all.push(object);
        yield* all.reverse();
      },
    }));
    expect(failed(await probeStore(unsorted, randomBytes))).toStrictEqual(["list"]);
  });
});

describe("the probe of a server", () => {
  let server: S3Server | undefined;
  afterEach(() => server?.stop());

  async function probe(weak: S3ServerOptions, lock = false): Promise<ProbeReport> {
    server = await startS3Server(weak);
    const { endpoint, credentials } = server;
    const options = {
      bucket: "evidence",
      prefix: "custody",
      endpoint,
      credentials,
      region: "us-east-1",
      clock: systemClock,
    };
    await createBucket(options, { lock });
    const store = await S3Store.open(options);
    const report = await probeStore(store, randomBytes);
    await store.close();
    return report;
  }

  test("passes a faithful one, with and without Object Lock", async () => {
    expect(await probe({})).toMatchObject({ fit: true });
    await server?.stop();
    expect(await probe({}, true)).toMatchObject({ fit: true });
  });

  test("refuses one that ignores conditions", async () => {
    expect(failed(await probe({ ignoreConditions: true }))).toStrictEqual(["create-once", "stream-once", "one-winner"]);
  });

  test("refuses one that ignores them in a bucket with versions, on that bucket", async () => {
    expect(await probe({ ignoreConditionsOnVersioned: true })).toMatchObject({ fit: true });
    await server?.stop();
    const report = await probe({ ignoreConditionsOnVersioned: true }, true);
    expect(failed(report)).toStrictEqual(["create-once", "stream-once", "one-winner"]);
  });

  test("refuses one that decides before it has the bytes", async () => {
    expect(failed(await probe({ decideEarly: true }))).toStrictEqual(["one-winner"]);
  });

  test("is not confused by answers that are lost", async () => {
    let puts = 0;
    const report = await probe({
      fault: ({ method, key }) => {
        if (method === "PUT" && key !== "") puts += 1;
        return puts % 5 === 4 ? "500-after" : undefined;
      },
    });
    expect(report.checks.filter(({ ok }) => !ok)).toStrictEqual([]);
  });
});

test("a store that cannot be asked is unreachable, not unfit", async () => {
  const store = faultyStore(new MemoryStore(), ({ n }) => (n === 4 ? "before" : undefined));
  await expect(probeStore(store, randomBytes)).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
});

test("the memory store refuses to replace what was created once", async () => {
  const store = new MemoryStore();
  await store.create("a", bytes("x"));
  await expect(store.replace("a", bytes("y"))).rejects.toMatchObject({ code: "BUG" });
});

describe("a store that is made to fail", () => {
  const at = (n: number, fault: "before" | "after" | "crash-before" | "crash-after") => (call: StoreCall) =>
    call.n === n ? fault : undefined;

  test("has done nothing `before` and everything `after`, and counts every call", async () => {
    const inner = new MemoryStore();
    const before = faultyStore(inner, at(1, "before"));
    await expect(before.create("a", bytes("x"))).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    expect(inner.objects.has("a")).toBe(false);
    expect(await before.create("a", bytes("x"))).toBe("created");
    const after = faultyStore(inner, at(2, "after"));
    await after.get("a");
    await expect(after.create("b", bytes("x"))).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
    expect(inner.objects.has("b")).toBe(true);
    expect(after.calls).toStrictEqual([
      { n: 1, method: "get", key: "a" },
      { n: 2, method: "create", key: "b" },
    ]);
  });

  test("is dead for good after a crash, with what it had done", async () => {
    for (const [fault, done] of [
      ["crash-before", false],
      ["crash-after", true],
    ] as const) {
      const inner = new MemoryStore();
      const store = faultyStore(inner, at(1, fault));
      const thrown = await store.create("a", bytes("x")).catch((error) => error);
      expect(thrown).toBeInstanceOf(Crash);
      expect(isCustodyError(thrown)).toBe(false);
      expect(inner.objects.has("a")).toBe(done);
      await expect(store.get("a")).rejects.toBe(thrown);
      await expect(store.sibling("probe").get("a")).rejects.toBe(thrown);
      expect(store.calls).toHaveLength(1);
    }
  });
});
