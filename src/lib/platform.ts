/**
 * What the machine itself brings: hashing, signatures, bytes as text. Everything that verification needs is written on top
 * of this one file, in Node's form here; the build of the page that verifies in a browser puts `platform-web.ts` in the
 * place of `platform-node.ts` and changes nothing else. One test runs over both and demands equal answers.
 */
export interface Platform {
  /** An incremental SHA-256. */
  newSha256(): Sha256;
  /**
   * Whether a signature of 64 bytes is by this key of 32 bytes, by the equation without the cofactor (RFC 8032 §5.1.7,
   * the stricter of the two that it allows), with S below the order and R as its canonical bytes. What keys are is judged
   * by the caller (`ed25519.ts`).
   */
  ed25519Check(raw: Uint8Array): (message: Uint8Array, signature: Uint8Array) => boolean;
  /** Lower case. */
  hex(bytes: Uint8Array): string;
  /** Bytes of the hex digits up to the first pair that is none. */
  fromHex(text: string): Uint8Array;
  base64(bytes: Uint8Array): string;
  /** Strict standard base64: undefined unless re-encoding gives the same text, so that no bit of it is free to change. */
  fromBase64(text: string): Uint8Array | undefined;
  sameBytes(a: Uint8Array, b: Uint8Array): boolean;
  concat(parts: readonly Uint8Array[]): Uint8Array;
}

export interface Sha256 {
  update(bytes: Uint8Array): Sha256;
  /** 32 raw bytes. */
  digest(): Uint8Array;
  /** Lower-case hex. */
  digest(form: "hex"): string;
}

export * from "./platform-node.ts";
