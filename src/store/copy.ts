import { digestOf, newDigest, sameBytes } from "../lib/digest.ts";
import { CustodyError, isCustodyError } from "../lib/errors.ts";
import type { Store } from "./store.ts";

/**
 * One object from store to store. Nothing is ever overwritten: what lies under the key already is compared, and what was
 * written is read back, so that the target need not know how to create once.
 *
 * `copied`: it was not there and is now. `there`: it was there, with the same bytes. `differs`: other bytes lie there.
 */
export type Copied = "copied" | "there" | "differs";

/** Up to this many bytes an object is copied in memory, in one piece. */
const SMALL = 4 * 1024 * 1024;

/** Bytes that the caller has in hand. */
export async function copyBytes(to: Store, key: string, bytes: Uint8Array): Promise<Copied> {
  const before = await to.get(key);
  if (before !== undefined) return sameBytes(before, bytes) ? "there" : "differs";
  await to.create(key, bytes);
  const after = await to.get(key);
  return after !== undefined && sameBytes(after, bytes) ? "copied" : "differs";
}

/**
 * An object whose key is made of its hash (hex). `missing`: the source does not have it. `altered`: the source's bytes do
 * not have that hash, or not that size; they are not copied.
 */
export async function copyHashed(
  from: Pick<Store, "get" | "read">,
  to: Store,
  key: string,
  { digest, size }: { readonly digest: string; readonly size: number },
): Promise<Copied | "missing" | "altered"> {
  const before = await digestIn(to, key);
  if (before !== undefined) return before === digest ? "there" : "differs";
  if (size <= SMALL) {
    const bytes = await from.get(key).catch(tooLarge);
    if (bytes === undefined) return "missing";
    if (bytes === "too large" || digestOf(bytes) !== digest) return "altered";
    await to.create(key, bytes);
  } else {
    if ((await from.read(key)) === undefined) return "missing";
    try {
      await to.createFrom(key, { size, digest, open: () => piecesOf(from, key) });
    } catch (thrown) {
      if (isCustodyError(thrown, "INPUT_INVALID")) return "altered";
      throw thrown;
    }
  }
  return (await digestIn(to, key)) === digest ? "copied" : "differs";
}

/** SHA-256 of an object, in hex; undefined when there is none. */
async function digestIn(store: Store, key: string): Promise<string | undefined> {
  const parts = await store.read(key);
  if (parts === undefined) return undefined;
  const hash = newDigest();
  for await (const part of parts) hash.update(part);
  return hash.digest("hex");
}

async function* piecesOf(from: Pick<Store, "read">, key: string): AsyncGenerator<Uint8Array> {
  const parts = await from.read(key);
  if (parts === undefined) throw new CustodyError("STORE_UNREACHABLE", `${key} was there a moment ago and is gone`);
  yield* parts;
}

function tooLarge(thrown: unknown): "too large" {
  if (isCustodyError(thrown, "INPUT_TOO_LARGE")) return "too large";
  throw thrown;
}

/** Does some work for each item, a few at a time; the first error stops it. Throws the signal's reason once it has fired. */
export async function eachAtOnce<T>(
  items: Iterable<T> | AsyncIterable<T>,
  lanes: number,
  work: (item: T) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const under = new Set<Promise<void>>();
  let failed: { thrown: unknown } | undefined;
  for await (const item of items) {
    signal?.throwIfAborted();
    if (failed !== undefined) break;
    const one: Promise<void> = work(item)
      .catch((thrown: unknown) => {
        failed ??= { thrown };
      })
      .finally(() => under.delete(one));
    under.add(one);
    if (under.size >= lanes) await Promise.race(under);
  }
  await Promise.all(under);
  if (failed !== undefined) throw failed.thrown;
}
