import { CustodyError } from "../lib/errors.ts";
import type { ByteSource } from "./zip.ts";

/** Read at once: the many small things in a pack lie side by side. */
const PIECE = 256 * 1024;

/** A source of bytes with the last stretch of it at hand. */
export class Window {
  readonly #source: ByteSource;
  #from = 0;
  #held: Uint8Array = new Uint8Array();

  constructor(source: ByteSource) {
    this.#source = source;
  }

  get size(): number {
    return this.#source.size;
  }

  /** The caller has made sure that they lie within the file, and that there are few. Valid until the next call. */
  async bytes(at: number, length: number): Promise<Uint8Array> {
    if (at < this.#from || at + length > this.#from + this.#held.length) {
      const to = Math.min(this.#source.size, at + Math.max(length, PIECE));
      this.#held = await this.#source.slice(at, to);
      this.#from = at;
      if (this.#held.length < length) throw changed(at);
    }
    return this.#held.subarray(at - this.#from, at - this.#from + length);
  }

  async view(at: number, length: number): Promise<DataView> {
    const { buffer, byteOffset } = await this.bytes(at, length);
    return new DataView(buffer, byteOffset, length);
  }
}

/** Bytes that should be there and are not. */
export function changed(at: number): CustodyError {
  return new CustodyError("STORE_UNREACHABLE", `byte ${at}: the file has become shorter while it was read`, {
    remedy: "Wait until nothing writes to it, then try again.",
  });
}
