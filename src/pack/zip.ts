import { CustodyError } from "../lib/errors.ts";
import { Window } from "./window.ts";

/**
 * A strict reader of the ZIP files that packs are (docs/FORMAT.md §17): stored members in one unbroken row, their directory,
 * and nothing before, between or after. Every other ZIP is refused, with the byte at which it stops being one of these,
 * before anything of it is believed: a reader that makes sense of doubtful archives sees other files than the next one.
 */

/** Bytes that can be read from any place: an open file, a file that was dropped on a page. */
export interface ByteSource {
  readonly size: number;
  /** The bytes [from, to); both lie within the size. Fewer where the source has shrunk. */
  slice(from: number, to: number): Promise<Uint8Array>;
}

export interface ZipMember {
  readonly name: string;
  readonly size: number;
  readonly crc32: number;
  /** Where its bytes begin. */
  readonly at: number;
}

/** More files than ten years of hourly evidence from twenty sources make; each costs some two hundred bytes of memory. */
export const MAX_MEMBERS = 2_000_000;
const MAX_NAME_BYTES = 1_000;
/** Names that mean the same on every disk: nothing that leads out of the folder, nothing hidden, nothing to be quoted. */
const SAFE_NAME = /^[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*(\/[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*)*$/;
/** What one put to a bucket can carry, so the largest evidence file there can be. */
const MAX_MEMBER_BYTES = 5 * 1024 ** 3;

const LOCAL = { signature: 0x04034b50, bytes: 30 };
const CENTRAL = { signature: 0x02014b50, bytes: 46 };
const END = { signature: 0x06054b50, bytes: 22 };
const END64 = { signature: 0x06064b50, bytes: 56 };
const LOCATOR64 = { signature: 0x07064b50, bytes: 20 };
/** What a 16 or 32 bit field holds when the number is in the ZIP64 form elsewhere. */
const [FULL16, FULL32] = [0xffff, 0xffffffff];
const ZIP64_FIELD = 0x0001;
/** The version that a reader needs: 1.0, or 4.5 where numbers are in the ZIP64 form. */
const [STORED, STORED64] = [10, 45];
/** 1980-01-01 00:00:00, for every member of every pack. */
const [DOS_TIME, DOS_DATE] = [0, 0x0021];

/**
 * Reads the directory of a pack and holds every local header against it. Reads the headers and nothing of the members.
 * Throws INPUT_INVALID with the place in the file.
 */
export async function readZip(source: ByteSource): Promise<ZipMember[]> {
  const window = new Window(source);
  // One of their own for what lies before the members: directory and members are read side by side.
  const locals = new Window(source);
  const directory = await findDirectory(window);
  const members: ZipMember[] = [];
  let last = "";
  let at = directory.at;
  let next = 0;
  for (let i = 0; i < directory.count; i += 1) {
    const { entry, end } = await readCentral(window, at, directory.end);
    if (entry.name <= last) {
      const what = entry.name === last ? "the same name twice" : `"${shown(entry.name)}" after "${shown(last)}"`;
      throw refused(at, "names in ascending order, each once", what);
    }
    last = entry.name;
    // In the order of the directory, each where the one before it ended: nothing overlaps, nothing lies between.
    if (entry.offset !== next)
      throw refused(at, `"${shown(entry.name)}" at byte ${next}, after the file before it`, `at ${entry.offset}`);
    const begin = await checkLocal(locals, entry, directory.at);
    members.push({ name: entry.name, size: entry.size, crc32: entry.crc32, at: begin });
    next = begin + entry.size;
    at = end;
  }
  if (at !== directory.end) throw refused(at, `the end of the directory at ${directory.end}`, "more bytes");
  if (next !== directory.at) throw refused(next, "the directory after the last file", `it at byte ${directory.at}`);
  return members;
}

interface Directory {
  readonly at: number;
  readonly end: number;
  readonly count: number;
}

/** The end record lies at the very end of the file: no comment, nothing behind. */
async function findDirectory(window: Window): Promise<Directory> {
  const { size } = window;
  const endAt = size - END.bytes;
  if (endAt < 0) throw refused(0, `a ZIP file of at least ${END.bytes} bytes`, `${size} bytes`);
  const end = await window.view(endAt, END.bytes);
  if (end.getUint32(0, true) !== END.signature || end.getUint16(20, true) !== 0) {
    throw refused(endAt, "the end of a ZIP file, without a comment", "other bytes: cut off, added to, or no pack");
  }
  requireZero(end, endAt, [4, 6], "one disk");
  let count = end.getUint16(10, true);
  let bytes = end.getUint32(12, true);
  let at = end.getUint32(16, true);
  let directoryEnd = endAt;
  if (end.getUint16(8, true) !== count) throw refused(endAt + 8, `${count} files on this disk`, "another number");
  if (count === FULL16 || bytes === FULL32 || at === FULL32) {
    const large = await readEnd64(window, endAt);
    const agrees = (small: number, full: number, found: number) => small === full || small === found;
    if (!agrees(count, FULL16, large.count) || !agrees(bytes, FULL32, large.bytes) || !agrees(at, FULL32, large.at))
      throw refused(endAt, "the numbers of the ZIP64 record", "other numbers");
    ({ count, bytes, at } = large);
    directoryEnd = large.begin;
  }
  if (at + bytes !== directoryEnd)
    throw refused(endAt, `a directory that ends at byte ${directoryEnd}`, `${bytes} bytes from byte ${at}`);
  if (count > MAX_MEMBERS) throw refused(endAt + 10, `at most ${MAX_MEMBERS} files`, `${count}`);
  if (count * (CENTRAL.bytes + 1) > bytes)
    throw refused(endAt + 10, `a directory large enough for ${count} files`, `${bytes} bytes`);
  return { at, end: directoryEnd, count };
}

async function readEnd64(window: Window, endAt: number) {
  const locatorAt = endAt - LOCATOR64.bytes;
  const begin = locatorAt - END64.bytes;
  if (begin < 0) throw refused(endAt, "a ZIP64 record before it", "no room for one");
  const locator = await window.view(locatorAt, LOCATOR64.bytes);
  if (locator.getUint32(0, true) !== LOCATOR64.signature || large(locator, 8, locatorAt) !== begin)
    throw refused(locatorAt, "the place of the ZIP64 record before it", "other bytes");
  requireZero(locator, locatorAt, [4, 6], "one disk");
  if (locator.getUint32(16, true) !== 1) throw refused(locatorAt + 16, "one disk", "more");
  const end = await window.view(begin, END64.bytes);
  if (end.getUint32(0, true) !== END64.signature || large(end, 4, begin) !== END64.bytes - 12)
    throw refused(begin, "a ZIP64 record of 56 bytes", "other bytes");
  requireZero(end, begin, [16, 18, 20, 22], "one disk");
  if (end.getUint16(12, true) !== STORED64 || end.getUint16(14, true) !== STORED64)
    throw refused(begin + 12, "ZIP version 4.5", "another");
  const count = large(end, 32, begin);
  if (large(end, 24, begin) !== count) throw refused(begin + 24, `${count} files on this disk`, "another number");
  return { begin, count, bytes: large(end, 40, begin), at: large(end, 48, begin) };
}

interface CentralEntry {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly crc32: number;
  readonly size: number;
  readonly offset: number;
}

async function readCentral(window: Window, at: number, limit: number): Promise<{ entry: CentralEntry; end: number }> {
  if (at + CENTRAL.bytes > limit) throw refused(at, "a file of the directory", "its end");
  const head = await window.view(at, CENTRAL.bytes);
  if (head.getUint32(0, true) !== CENTRAL.signature) throw refused(at, "a file of the directory", "other bytes");
  checkHow(head, at, 8);
  const nameLength = head.getUint16(28, true);
  const extraLength = head.getUint16(30, true);
  if (nameLength === 0 || nameLength > MAX_NAME_BYTES)
    throw refused(at + 28, `a name of 1 to ${MAX_NAME_BYTES} bytes`, `${nameLength} bytes`);
  requireZero(head, at, [32, 34, 36], "no comment, on one disk");
  checkKind(head, at);
  const end = at + CENTRAL.bytes + nameLength + extraLength;
  if (end > limit) throw refused(at + 28, `a name within the directory`, `one that reaches past its end`);
  const nameBytes = Uint8Array.from(await window.bytes(at + CENTRAL.bytes, nameLength));
  const name = readName(nameBytes, at + CENTRAL.bytes);
  const extra = await window.view(at + CENTRAL.bytes + nameLength, extraLength);
  const small = [head.getUint32(24, true), head.getUint32(20, true), head.getUint32(42, true)];
  const [size = 0, stored = 0, offset = 0] = readZip64(small, extra, at + CENTRAL.bytes + nameLength);
  checkVersions(head, at, [4, 6], extraLength);
  if (size !== stored) throw refused(at + 20, `${size} bytes, as the file has`, `${stored} bytes in the archive`);
  if (size > MAX_MEMBER_BYTES || offset + size > window.size)
    throw refused(at + 20, `a file within the ${window.size} bytes of the archive`, `${size} bytes at byte ${offset}`);
  return { entry: { name, nameBytes, crc32: head.getUint32(16, true), size, offset }, end };
}

/** The header in front of a member must say what the directory says. Gives the place where the bytes begin. */
async function checkLocal(window: Window, entry: CentralEntry, limit: number): Promise<number> {
  const at = entry.offset;
  const nameAt = at + LOCAL.bytes;
  if (nameAt + entry.nameBytes.length > limit)
    throw refused(at, `the header of "${shown(entry.name)}"`, "the directory");
  const head = await window.view(at, LOCAL.bytes);
  if (head.getUint32(0, true) !== LOCAL.signature)
    throw refused(at, `the header of "${shown(entry.name)}"`, "other bytes");
  checkHow(head, at, 6);
  const name = await window.bytes(nameAt, entry.nameBytes.length);
  if (head.getUint16(26, true) !== entry.nameBytes.length || !name.every((byte, i) => byte === entry.nameBytes[i]))
    throw refused(at, `the name "${shown(entry.name)}", as the directory says`, "another one");
  if (head.getUint32(14, true) !== entry.crc32) throw refused(at + 14, "the checksum of the directory", "another one");
  const extraAt = nameAt + entry.nameBytes.length;
  const extraLength = head.getUint16(28, true);
  if (extraAt + extraLength + entry.size > limit)
    throw refused(at, `"${shown(entry.name)}" before the directory`, "one that reaches into it");
  checkVersions(head, at, [4], extraLength);
  const extra = await window.view(extraAt, extraLength);
  const [size, stored] = readZip64([head.getUint32(22, true), head.getUint32(18, true)], extra, extraAt);
  if (size !== entry.size || stored !== entry.size)
    throw refused(at + 18, `${entry.size} bytes, as the directory says`, `${size} bytes`);
  return extraAt + extraLength;
}

/** Flags, method and time, which stand in this order in both headers. */
function checkHow(head: DataView, at: number, flagsAt: number): void {
  const flags = head.getUint16(flagsAt, true);
  if (flags !== 0) {
    const what = (flags & 1) !== 0 ? "an encrypted one" : (flags & 8) !== 0 ? "a length told later" : `flags ${flags}`;
    throw refused(at + flagsAt, "a file without any flags", what);
  }
  const method = head.getUint16(flagsAt + 2, true);
  if (method !== 0) {
    throw refused(at + flagsAt + 2, "a stored file", method === 8 ? "a compressed one" : `method ${method}`);
  }
  if (head.getUint16(flagsAt + 4, true) !== DOS_TIME || head.getUint16(flagsAt + 6, true) !== DOS_DATE)
    throw refused(at + flagsAt + 4, "the time 1980-01-01 00:00:00", "another time");
}

function checkVersions(head: DataView, at: number, offsets: readonly number[], extraLength: number): void {
  const version = extraLength === 0 ? STORED : STORED64;
  for (const offset of offsets)
    if (head.getUint16(offset, true) !== version)
      throw refused(at + offset, `ZIP version ${version / 10}`, `${head.getUint16(offset, true) / 10}`);
}

const [KIND_MASK, LINK] = [0o170000, 0o120000];

/** Files without any attributes: no links, no devices, no folders of their own. */
function checkKind(head: DataView, at: number): void {
  const attributes = head.getUint32(38, true);
  if (attributes === 0) return;
  const what =
    ((attributes >>> 16) & KIND_MASK) === LINK
      ? "a symbolic link"
      : `attributes (${attributes}), which a program that packs files anew adds`;
  throw refused(at + 38, "an ordinary file without attributes", what);
}

/** Numbers that fit into 32 bits stand in the header, the others, and no more than these, in one ZIP64 field. */
function readZip64(small: readonly number[], extra: DataView, at: number): number[] {
  const missing = small.filter((number) => number === FULL32).length;
  if (missing === 0) {
    if (extra.byteLength !== 0) throw refused(at, "no extra fields", `${extra.byteLength} bytes`);
    return [...small];
  }
  if (
    extra.byteLength !== 4 + 8 * missing ||
    extra.getUint16(0, true) !== ZIP64_FIELD ||
    extra.getUint16(2, true) !== 8 * missing
  )
    throw refused(at, `a ZIP64 field of ${missing} numbers and nothing else`, `${extra.byteLength} bytes`);
  let next = 4;
  return small.map((number) => {
    if (number !== FULL32) return number;
    next += 8;
    return large(extra, next - 8, at);
  });
}

/** A number of 64 bits that must be a place in some file. */
function large(view: DataView, offset: number, at: number): number {
  const number = view.getBigUint64(offset, true);
  if (number > BigInt(Number.MAX_SAFE_INTEGER)) throw refused(at + offset, "a number below 2^53", `${number}`);
  return Number(number);
}

function requireZero(view: DataView, at: number, offsets: readonly number[], expected: string): void {
  for (const offset of offsets)
    if (view.getUint16(offset, true) !== 0) throw refused(at + offset, expected, `${view.getUint16(offset, true)}`);
}

/** A relative path that means the same on every machine. */
function readName(bytes: Uint8Array, at: number): string {
  const name = new TextDecoder("latin1").decode(bytes);
  if (!SAFE_NAME.test(name))
    throw refused(at, "a path of letters, digits and . _ - @ +, within the pack", JSON.stringify(shown(name)));
  return name;
}

const shown = (name: string) => (name.length > 60 ? `${name.slice(0, 60)}…` : name);

function refused(at: number, expected: string, found: string): CustodyError {
  return new CustodyError("INPUT_INVALID", `byte ${at}: expected ${expected}; found ${found}`, {
    remedy:
      "This is not a pack as `custody export` writes it: get it again. If you have packed its files anew yourself, unpack them and verify the folder.",
  });
}
