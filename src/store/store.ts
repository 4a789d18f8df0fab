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

  /** Where the place may keep what was overwritten or deleted: a bucket. */
  readonly versions?: Versions | undefined;

  /** Where objects are locked as they are created, the lock that is asked for. */
  readonly lock?: Lock | undefined;

  /** Tries that lock out on a new object, which stays for an hour and a day at most. Only for the probe, so only on a sibling. */
  tryLock?(key: string, bytes: Uint8Array): Promise<LockTrial>;

  /**
   * Where what was tried can be taken away again, a folder: all that lies below this one name. Only on a sibling; what cannot
   * be removed is left. A bucket has none: a writer may not delete there.
   */
  sweep?(name: string): Promise<void>;

  /** Lets go of sockets and handles. */
  close(): Promise<void>;
}

/** How long nobody may delete an object (S3 Object Lock). `governance` yields to those who may bypass it, `compliance` to nobody. */
export interface Lock {
  readonly mode: "governance" | "compliance";
  readonly days: number;
}

/** The lock that an object has. */
export interface Retention {
  readonly mode: Lock["mode"];
  /** Epoch ms. */
  readonly until: number;
}

/** What a lock did when it was tried. */
export interface LockTrial {
  /** The lock that the server says the object has; undefined when it has none, or the server does not say. */
  readonly retention: Retention | undefined;
  /** Until when it was asked for, epoch ms. */
  readonly asked: number;
  /** What became of an attempt to delete the object for good. */
  readonly deletion: "refused" | "done";
}

/** What a bucket knows of its past. */
export interface Versions {
  /** `suspended` keeps what was kept, and overwrites from then on. */
  state(): Promise<"enabled" | "suspended" | "off">;
  /** Every version and every deletion of the objects whose key begins with `prefix`: by key, the newest of a key first. */
  list(prefix: string): AsyncIterable<StoredVersion>;
  /** Bytes of a version; undefined when there is none. Iterate what is returned, once. */
  read(key: string, version: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** The lock of a version; undefined when it has none. */
  retention(key: string, version: string): Promise<Retention | undefined>;
}

export interface StoredVersion {
  readonly key: string;
  /** The server's name of it; `null` for what was written while no versions were kept. */
  readonly id: string;
  readonly latest: boolean;
  /** True for the mark that a deletion leaves. */
  readonly deleted: boolean;
  /** Bytes. */
  readonly size: number;
  /** When, by the server's clock, epoch ms. */
  readonly at: number;
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
