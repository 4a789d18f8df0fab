/** All that verification needs of a store: a folder, a bucket, a pack or a dropped file can give it. */
export interface LogReader {
  /** Bytes of an object, at most 64 MiB; undefined when there is none. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Bytes piece by piece. */
  read(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Every object. */
  list(prefix: string): AsyncIterable<{ readonly key: string; readonly size: number; readonly instead?: string }>;
}
