import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, link, lstat, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { newDigest } from "../lib/digest.ts";
import { CustodyError, isCustodyError } from "../lib/errors.ts";

/**
 * Writes packs: ZIP files with nothing in them that could differ between two writers. Members are stored, not compressed, in
 * ascending order of path; the time is 1980-01-01 00:00; no data descriptors, comments or folders, and no extra fields but
 * those of ZIP64 where a number does not fit (APPNOTE 6.3.4 §4.3–§4.5).
 */

/** A file in a ZIP. */
export interface ZipMember {
  /** Letters, digits and `. _ - @ + /`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256, lower-case hex; bytes that have another one stop the writing. */
  readonly digest: string;
  /** The bytes; called once. */
  open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface ZipOptions {
  /** Stops the writing; nothing is left. */
  readonly signal?: AbortSignal | undefined;
  /** Told how many members are written. */
  readonly progress?: ((written: number) => void) | undefined;
  /** Sizes and offsets from here on are written as ZIP64; lower only to try that out. */
  readonly zip64From?: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
/** 1980-01-01, the first day that the format can name. */
const DATE = 0x0021;
const STORED = 10;
const STORED_64 = 45;
const FULL_16 = 0xffff;
const FULL_32 = 0xffff_ffff;

/** Up to this size a member is gathered before it is written, so that its checksum is known. */
const SMALL = 1024 * 1024;
const MAX_MEMBERS = 2_000_000;
const SAFE_PATH = /^[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*(\/[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*)*$/;

/**
 * Writes a ZIP of these members at `path`, which must not exist. It is written to a file beside it and gets its name when it
 * is complete and durable, so half of one never has the name. Returns its size and SHA-256. Throws VERIFICATION_FAILED for
 * a member whose bytes are not those announced.
 */
export async function writeZip(
  path: string,
  members: readonly ZipMember[],
  options: ZipOptions = {},
): Promise<{ size: number; digest: string }> {
  const sorted = [...members].sort((a, b) => (a.path < b.path ? -1 : 1));
  checkPaths(sorted);
  await refuseExisting(path);
  const temporary = `${path}.${randomBytes(4).toString("hex")}.part`;
  try {
    const handle = await open(temporary, "wx", 0o644);
    try {
      await writeAll(new Out(handle), sorted, options);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const written = await hashOf(temporary);
    await giveName(temporary, path);
    return written;
  } catch (thrown) {
    await unlink(temporary).catch(() => {});
    throw located(thrown, path);
  }
}

/** Central directory entry of a member that is written. */
interface Written {
  readonly path: string;
  readonly size: number;
  readonly crc: number;
  readonly offset: number;
}

async function writeAll(out: Out, members: readonly ZipMember[], options: ZipOptions): Promise<void> {
  const limit = options.zip64From ?? FULL_32;
  const written: Written[] = [];
  for (const member of members) {
    options.signal?.throwIfAborted();
    written.push(await writeMember(out, member, limit));
    options.progress?.(written.length);
  }
  const start = out.position;
  for (const one of written) await out.write(centralHeader(one, limit));
  await out.write(endOfDirectory(written.length, start, out.position - start, limit));
  await out.flush();
}

/** Header and bytes. A small member is gathered first; a large one is streamed, and its checksum put into the header afterwards. */
async function writeMember(out: Out, member: ZipMember, limit: number): Promise<Written> {
  const offset = out.position;
  const hash = newDigest();
  let crc = 0;
  let size = 0;
  const take = (piece: Uint8Array) => {
    hash.update(piece);
    crc = crc32(piece, crc);
    size += piece.length;
    if (size > member.size) throw changed(member, `${member.size} bytes`, "more");
  };
  const small = member.size <= SMALL;
  const gathered: Uint8Array[] = [];
  if (!small) await out.write(localHeader(member, 0, limit));
  for await (const piece of member.open()) {
    take(piece);
    // A source may use its buffer again for the next piece.
    if (small) gathered.push(Uint8Array.from(piece));
    else await out.write(piece);
  }
  if (size < member.size) throw changed(member, `${member.size} bytes`, String(size));
  const digest = hash.digest("hex");
  if (digest !== member.digest) throw changed(member, `SHA-256 ${member.digest}`, digest);
  if (small) {
    await out.write(localHeader(member, crc, limit));
    for (const piece of gathered) await out.write(piece);
  } else await out.patch(offset + CRC_AT, crc);
  return { path: member.path, size, crc, offset };
}

const CRC_AT = 14;

function localHeader({ path, size }: Pick<ZipMember, "path" | "size">, crc: number, limit: number): Uint8Array {
  const extra = size >= limit ? zip64([size, size]) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(LOCAL, 0);
  header.writeUInt16LE(size >= limit ? STORED_64 : STORED, 4);
  header.writeUInt16LE(DATE, 12);
  header.writeUInt32LE(crc, CRC_AT);
  header.writeUInt32LE(size >= limit ? FULL_32 : size, 18);
  header.writeUInt32LE(size >= limit ? FULL_32 : size, 22);
  header.writeUInt16LE(path.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, Buffer.from(path, "latin1"), extra]);
}

function centralHeader({ path, size, crc, offset }: Written, limit: number): Uint8Array {
  const wide = [...(size >= limit ? [size, size] : []), ...(offset >= limit ? [offset] : [])];
  const extra = wide.length > 0 ? zip64(wide) : Buffer.alloc(0);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(CENTRAL, 0);
  header.writeUInt16LE(wide.length > 0 ? STORED_64 : STORED, 4);
  header.writeUInt16LE(wide.length > 0 ? STORED_64 : STORED, 6);
  header.writeUInt16LE(DATE, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(size >= limit ? FULL_32 : size, 20);
  header.writeUInt32LE(size >= limit ? FULL_32 : size, 24);
  header.writeUInt16LE(path.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(offset >= limit ? FULL_32 : offset, 42);
  return Buffer.concat([header, Buffer.from(path, "latin1"), extra]);
}

/** The ZIP64 extra field (APPNOTE §4.5.3): the numbers that did not fit, in the order of the header. */
function zip64(numbers: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * numbers.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * numbers.length, 2);
  for (const [i, number] of numbers.entries()) extra.writeBigUInt64LE(BigInt(number), 4 + 8 * i);
  return extra;
}

function endOfDirectory(count: number, start: number, size: number, limit: number): Uint8Array {
  const wide = count >= FULL_16 || start >= limit || size >= limit;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END, 0);
  end.writeUInt16LE(Math.min(count, FULL_16), 8);
  end.writeUInt16LE(Math.min(count, FULL_16), 10);
  end.writeUInt32LE(size >= limit ? FULL_32 : size, 12);
  end.writeUInt32LE(start >= limit ? FULL_32 : start, 16);
  if (!wide) return end;
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(END_64, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(STORED_64, 12);
  end64.writeUInt16LE(STORED_64, 14);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(size), 40);
  end64.writeBigUInt64LE(BigInt(start), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(LOCATOR_64, 0);
  locator.writeBigUInt64LE(BigInt(start + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end]);
}

/** Writes in larger pieces than it is given. */
class Out {
  readonly #handle: FileHandle;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #flushed = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  get position(): number {
    return this.#flushed + this.#waitingBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#waiting.push(Uint8Array.from(bytes));
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= SMALL) await this.flush();
  }

  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    await this.#put(bytes, this.#flushed);
    this.#flushed += bytes.length;
  }

  /** Replaces a number of four bytes that was written before. */
  async patch(offset: number, value: number): Promise<void> {
    await this.flush();
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value, 0);
    await this.#put(bytes, offset);
  }

  /** One call may write less than it was given. */
  async #put(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += (await this.#handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
    }
  }
}

function checkPaths(sorted: readonly ZipMember[]): void {
  if (sorted.length > MAX_MEMBERS) {
    throw new CustodyError("INPUT_TOO_LARGE", `a pack of ${sorted.length} files; at most ${MAX_MEMBERS}`, {
      remedy: "Choose a shorter period.",
    });
  }
  for (const [i, { path }] of sorted.entries()) {
    if (!SAFE_PATH.test(path) || path.length > FULL_16 || sorted[i + 1]?.path === path)
      throw new CustodyError("BUG", `"${path}" cannot be the name of a file in a pack`);
  }
}

function changed({ path }: ZipMember, expected: string, found: string): CustodyError {
  return new CustodyError(
    "VERIFICATION_FAILED",
    `${path} is not what was recorded: expected ${expected}, found ${found}`,
    {
      remedy: "No pack was written. `custody verify` names everything that was changed.",
    },
  );
}

async function refuseExisting(path: string): Promise<void> {
  const there = await lstat(path).then(
    () => true,
    (thrown: NodeJS.ErrnoException) => {
      if (thrown.code === "ENOENT") return false;
      throw thrown;
    },
  );
  if (there) throw alreadyThere(path);
}

function alreadyThere(path: string): CustodyError {
  return new CustodyError("USAGE", `${path} is there already and is not overwritten`, {
    remedy: "Name another file, or move this one away.",
  });
}

const NO_LINKS: readonly unknown[] = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/** A link fails where somebody else has made the file meanwhile; file systems without links (FAT) get a rename after a look. */
async function giveName(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
    await unlink(temporary);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "EEXIST") throw alreadyThere(path);
    if (!NO_LINKS.includes(code)) throw thrown;
    await refuseExisting(path);
    await rename(temporary, path);
  }
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function hashOf(path: string): Promise<{ size: number; digest: string }> {
  const hash = newDigest();
  let size = 0;
  for await (const piece of createReadStream(path) as AsyncIterable<Uint8Array>) {
    hash.update(piece);
    size += piece.length;
  }
  return { size, digest: hash.digest("hex") };
}

/** Calls on an open file fail without saying which file. */
function located(thrown: unknown, path: string): unknown {
  if (isCustodyError(thrown) || !(thrown instanceof Error) || !("syscall" in thrown)) return thrown;
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG") {
    return new CustodyError("STORE_FULL", `${path} could not be written: there is no room left`, {
      cause: thrown,
      remedy: "Nothing of it was left. Make room or name a file on another disk, then run the same command again.",
    });
  }
  return Object.assign(thrown, { path });
}
