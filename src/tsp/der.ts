import { concat, fromHex } from "../lib/digest.ts";
import { CustodyError } from "../lib/errors.ts";

/**
 * A strict reader and a small writer of DER (X.690 §10), as far as time stamps and certificates need it. Everything read
 * here may have been made by an enemy: one spelling per value, definite lengths of at most four bytes, no recursion (the
 * callers descend by their own schema, so depth is theirs), and no element reaches beyond the one it lies in.
 */
export interface Element {
  /** Identifier octet; tags above 30 are refused. */
  readonly tag: number;
  /** Offset of the identifier in the outermost bytes, for messages. */
  readonly at: number;
  readonly content: Uint8Array;
  /** Identifier, length and content. */
  readonly bytes: Uint8Array;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Identifier of a context-specific element: constructed, as explicit tags and implicit SEQUENCEs have it, or primitive. */
export const context = (n: number): number => 0xa0 | n;
export const contextPrimitive = (n: number): number => 0x80 | n;

/** Where bytes are not what they should be. The message names the place in the schema and the offset. */
export function malformed(where: string, at: number, expected: string, found: string): CustodyError {
  return new CustodyError("INPUT_INVALID", `${where}, byte ${at}: expected ${expected}, found ${found}`);
}

const tagName = (tag: number): string =>
  Object.entries(TAG).find(([, value]) => value === tag)?.[0] ?? `tag 0x${tag.toString(16).padStart(2, "0")}`;

/** Reads the element at `offset`; `base` is where `bytes` lie in the outermost bytes. */
function elementAt(bytes: Uint8Array, offset: number, base: number, where: string): Element {
  const at = base + offset;
  const [tag, first] = [bytes[offset], bytes[offset + 1]];
  if (tag === undefined || first === undefined) throw malformed(where, at, "an element", "the end");
  if ((tag & 0x1f) === 0x1f) throw malformed(where, at, "a tag below 31", "a longer one");
  let start = offset + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0) throw malformed(where, at, "DER", "an indefinite length (BER)");
    if (count > 4) throw malformed(where, at, "a length of at most 4 bytes", `one of ${count}`);
    length = 0;
    for (const byte of bytes.subarray(start, start + count)) length = length * 256 + byte;
    start += count;
    // X.690 §10.1: the fewest bytes that hold the length.
    if (length < (count === 1 ? 0x80 : 256 ** (count - 1))) throw malformed(where, at, "DER", "a padded length");
  }
  if (start + length > bytes.length) {
    throw malformed(where, at, `at most ${Math.max(0, bytes.length - start)} bytes`, `a length of ${length}`);
  }
  return { tag, at, content: bytes.subarray(start, start + length), bytes: bytes.subarray(offset, start + length) };
}

/** The elements inside a constructed one, taken in the order of its schema. */
export class Cursor {
  readonly #bytes: Uint8Array;
  readonly #base: number;
  readonly #where: string;
  #position = 0;

  constructor(bytes: Uint8Array, base: number, where: string) {
    this.#bytes = bytes;
    this.#base = base;
    this.#where = where;
  }

  get done(): boolean {
    return this.#position === this.#bytes.length;
  }

  /** The next element, whatever it is. */
  any(name: string): Element {
    const element = elementAt(this.#bytes, this.#position, this.#base, `${this.#where}.${name}`);
    this.#position += element.bytes.length;
    return element;
  }

  next(tag: number, name: string): Element {
    const element = this.any(name);
    if (element.tag !== tag) {
      throw malformed(`${this.#where}.${name}`, element.at, tagName(tag), tagName(element.tag));
    }
    return element;
  }

  optional(tag: number, name: string): Element | undefined {
    return this.#bytes[this.#position] === tag ? this.next(tag, name) : undefined;
  }

  /** A SEQUENCE or other constructed element, opened. */
  open(tag: number, name: string): Cursor {
    return open(this.next(tag, name), `${this.#where}.${name}`);
  }

  /** Throws unless everything was taken: what no schema names cannot hide behind it. */
  end(): void {
    if (!this.done) {
      throw malformed(this.#where, this.#base + this.#position, "its end", "more bytes");
    }
  }
}

export function open(element: Element, where: string): Cursor {
  return new Cursor(element.content, element.at + element.bytes.length - element.content.length, where);
}

/** The one element that these bytes are. */
export function decode(bytes: Uint8Array, tag: number, where: string): Element {
  const element = elementAt(bytes, 0, 0, where);
  if (element.tag !== tag) throw malformed(where, 0, tagName(tag), tagName(element.tag));
  if (element.bytes.length !== bytes.length) throw malformed(where, element.bytes.length, "its end", "more bytes");
  return element;
}

/** All elements of a SEQUENCE OF or SET OF, at most `limit`, all of this tag; `undefined` for a choice of several. */
export function elementsOf(element: Element, tag: number | undefined, limit: number, where: string): Element[] {
  const cursor = open(element, where);
  const elements: Element[] = [];
  while (!cursor.done) {
    if (elements.length === limit) throw malformed(where, element.at, `at most ${limit} elements`, "more");
    elements.push(tag === undefined ? cursor.any(`${elements.length}`) : cursor.next(tag, `${elements.length}`));
  }
  return elements;
}

/** INTEGER content (X.690 §8.3): at most 64 bytes, shortest two's complement. */
export function readInteger(element: Element, where: string): bigint {
  const { content, at } = element;
  const [first, second] = [content[0], content[1]];
  if (first === undefined || content.length > 64) throw malformed(where, at, "1 to 64 bytes", `${content.length}`);
  if (second !== undefined && ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw malformed(where, at, "the shortest integer", "a padded one");
  }
  let value = 0n;
  for (const byte of content) value = (value << 8n) | BigInt(byte);
  return first >= 0x80 ? value - (1n << BigInt(content.length * 8)) : value;
}

/** An INTEGER within [from, to]. */
export function readSmall(element: Element, from: number, to: number, where: string): number {
  const value = readInteger(element, where);
  if (value < BigInt(from) || value > BigInt(to)) {
    throw malformed(where, element.at, `an integer from ${from} to ${to}`, "another one");
  }
  return Number(value);
}

export function readBoolean(element: Element, where: string): boolean {
  const value = element.content[0];
  if (element.content.length !== 1 || (value !== 0x00 && value !== 0xff)) {
    throw malformed(where, element.at, "true or false", "neither");
  }
  return value === 0xff;
}

/** OBJECT IDENTIFIER as dotted decimals (X.690 §8.19). */
export function readOid(element: Element, where: string): string {
  const { content, at } = element;
  const last = content.at(-1);
  if (last === undefined || content.length > 64 || last >= 0x80) throw malformed(where, at, "an OID", "none");
  const arcs: bigint[] = [];
  let arc = 0n;
  let started = false;
  for (const byte of content) {
    if (!started && byte === 0x80) throw malformed(where, at, "the shortest OID", "a padded one");
    started = byte >= 0x80;
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (!started) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const [head = 0n, ...rest] = arcs;
  const top = head < 80n ? head / 40n : 2n;
  return [top, head - top * 40n, ...rest].join(".");
}

/** BIT STRING whose bits fill whole bytes: signatures and keys. */
export function readBitBytes(element: Element, where: string): Uint8Array {
  if (element.content[0] !== 0) throw malformed(where, element.at, "whole bytes", "unused bits");
  return element.content.subarray(1);
}

/** Numbers of the bits that are set in a named bit list of at most 32 bits (X.690 §11.2.2: no trailing zero bits). */
export function readNamedBits(element: Element, where: string): Set<number> {
  const [unused, ...bytes] = element.content;
  if (unused === undefined || unused > 7 || bytes.length > 4 || (bytes.length === 0 && unused > 0)) {
    throw malformed(where, element.at, "a list of at most 32 bits", "something else");
  }
  const last = bytes.at(-1);
  // The last bit in use is set, and the unused ones are not.
  if (last !== undefined && (last & ((2 << unused) - 1)) !== 1 << unused) {
    throw malformed(where, element.at, "the shortest bit list", "a padded one");
  }
  return new Set(
    bytes.flatMap((byte, i) => [0, 1, 2, 3, 4, 5, 6, 7].filter((b) => byte & (0x80 >> b)).map((b) => i * 8 + b)),
  );
}

/** One element from its parts. */
export function encode(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concat(parts);
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  const header = content.length < 0x80 ? [tag, content.length] : [tag, 0x80 | length.length, ...length];
  return concat([Uint8Array.from(header), content]);
}

/** INTEGER; not negative, as nothing that Custody writes is. */
export function encodeInteger(value: bigint): Uint8Array {
  if (value < 0n) throw new CustodyError("BUG", "an INTEGER to be written is negative");
  const digits = value.toString(16);
  const bytes = fromHex(digits.length % 2 === 0 ? digits : `0${digits}`);
  return encode(TAG.integer, (bytes[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : Uint8Array.of(), bytes);
}

export function encodeOid(oid: string): Uint8Array {
  const [top = 0n, second = 0n, ...rest] = oid.split(".").map(BigInt);
  const arcs = [top * 40n + second, ...rest].flatMap((arc) => {
    const bytes = [Number(arc & 0x7fn)];
    for (let more = arc >> 7n; more > 0n; more >>= 7n) bytes.unshift(Number(more & 0x7fn) | 0x80);
    return bytes;
  });
  return encode(TAG.oid, Uint8Array.from(arcs));
}
