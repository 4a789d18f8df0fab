/** The checksum of ZIP files (ISO 3309), piece by piece; it protects against nothing but accidents. */
export class Crc32 {
  #value = 0xffffffff;

  update(bytes: Uint8Array): void {
    let value = this.#value;
    for (let i = 0; i < bytes.length; i += 1)
      value = (TABLE[(value ^ (bytes[i] as number)) & 0xff] as number) ^ (value >>> 8);
    this.#value = value;
  }

  /** Of everything so far. */
  get value(): number {
    return (this.#value ^ 0xffffffff) >>> 0;
  }
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});
