/**
 * Bytes by key: the one promise that the folder, the bucket and the memory store keep alike.
 *
 * Keys are relative, `/`-separated, made of `[a-z0-9._-]` segments; no segment is `.` or `..`. A store never makes up a
 * key, never deletes, and changes an object that exists only through `replace`.
 *
 * Errors: STORE_UNREACHABLE when the outcome is unknown or the store does not answer (the caller must read back before it
 * believes either way), STORE_FULL when there is no room, STORE_UNFIT when the store answers against its promise,
 * NOT_A_STORE when the place itself does not exist, INPUT_TOO_LARGE beyond the limits below, INPUT_INVALID for what is no
 * key and for a source that is not what it was said to be. A lost answer is never reported as success, nor as "not written".
 */
export interface Store {
  /** For messages: where the store is, without any secret. */
  readonly place: string;

  /** All bytes of an object, or undefined when there is none. Sees every object whose creation was acknowledged before the call. */
  get(key: string): Promise<Uint8Array | undefined>;

  /**
   * Bytes of an object piece by piece, for those larger than memory; undefined when there is none. What is returned must be
   * iterated, once; breaking off is fine. It throws STORE_UNREACHABLE rather than end early.
   */
  read(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;

  /**
   * Creates an object once: `created` when these bytes are durable under this key and nobody else created it;
   * `exists` when there already was an object, whose bytes are untouched and may be other ones. Of any number of racing
   * creators exactly one is told `created`, or none if its answer was lost. `exists` may be the caller's own earlier
   * attempt: compare.
   */
  create(key: string, bytes: Uint8Array): Promise<"created" | "exists">;

  /** As `create`, from a stream of exactly `size` bytes with this SHA-256 (hex). `open` may be called again on a retry. */
  createFrom(key: string, source: StoreSource): Promise<"created" | "exists">;

  /** Puts these bytes whatever was there before. Only for `checkpoint`, the one object that changes. */
  replace(key: string, bytes: Uint8Array): Promise<void>;

  /**
   * Every object whose key begins with `prefix`, in ascending code-unit order of key. Foreign objects are listed too, also
   * with keys that no store accepts, so that a reader can name them.
   */
  list(prefix: string): AsyncIterable<StoredObject>;

  /**
   * A store of the same kind beside this one, in the same bucket or file system but outside this one's keys: what is tried
   * there tells what this store will do, and is never part of the ledger. The same name gives the same store.
   */
  sibling(name: string): Store;

  /** Lets go of sockets and handles. */
  close(): Promise<void>;
}

export interface StoredObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** What lies there in place of an ordinary object, such as `symbolic link`; reading it throws STORE_UNFIT. */
  readonly instead?: string;
}

/** What `createFrom` takes: exactly `size` bytes with this SHA-256. */
export interface StoreSource {
  readonly size: number;
  /** Lower-case hex. */
  readonly digest: string;
  /** The bytes from the start; called again on a retry. */
  open(): AsyncIterable<Uint8Array>;
}

/** The largest object that `get`, `create` and `replace` handle, in bytes; larger ones are streamed. */
export const MAX_IN_MEMORY = 64 * 1024 * 1024;

/** The largest object at all, in bytes: what S3 takes in one PUT, the only kind of upload that is created once. */
export const MAX_OBJECT = 5 * 1024 * 1024 * 1024;
