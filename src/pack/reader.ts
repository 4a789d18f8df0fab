import { CustodyError } from "../lib/errors.ts";
import type { LogReader } from "../verify/reader.ts";
import { Crc32 } from "./crc32.ts";
import { changed, Window } from "./window.ts";
import { type ByteSource, readZip, type ZipMember } from "./zip.ts";

/** The files of a pack by their path below its top folder, whether they lie in a ZIP or were unpacked. */
export interface PackFiles extends LogReader {
  /** Name of the top folder; undefined where it was unpacked into a folder of whatever name. */
  readonly top: string | undefined;
  /** Paths whose bytes, read to their end, did not have the checksum of the ZIP. */
  readonly damaged: ReadonlySet<string>;
}

/** What is read whole, into memory. */
const MAX_WHOLE_BYTES = 64 * 1024 ** 2;
/** Large files are read in pieces of this size. */
const PIECE = 1024 ** 2;

/** A pack as the ZIP it was delivered as. Throws INPUT_INVALID with the place for everything that is not the ZIP of a pack. */
export async function zipFiles(source: ByteSource): Promise<PackFiles> {
  const members = await readZip(source);
  const top = members[0]?.name.split("/")[0];
  const stranger = members.find(({ name }) => !name.startsWith(`${top}/`));
  if (top === undefined || stranger !== undefined) {
    throw new CustodyError(
      "INPUT_INVALID",
      `a pack has one folder at its top with everything in it; found ${stranger === undefined ? "no file at all" : `"${stranger.name.slice(0, 60)}"`}`,
      { remedy: "This is another ZIP file than a pack. Name the one that `custody export` wrote." },
    );
  }
  return new ZipFiles(source, top, members);
}

class ZipFiles implements PackFiles {
  readonly top: string;
  readonly damaged = new Set<string>();
  readonly #source: ByteSource;
  readonly #window: Window;
  readonly #members: ReadonlyMap<string, ZipMember>;

  constructor(source: ByteSource, top: string, members: readonly ZipMember[]) {
    this.top = top;
    this.#source = source;
    this.#window = new Window(source);
    this.#members = new Map(members.map((member) => [member.name.slice(top.length + 1), member]));
  }

  async get(path: string): Promise<Uint8Array | undefined> {
    const member = this.#members.get(path);
    if (member === undefined) return undefined;
    if (member.size > MAX_WHOLE_BYTES)
      throw new CustodyError("INPUT_TOO_LARGE", `${path}: ${member.size} bytes; at most ${MAX_WHOLE_BYTES}`);
    const bytes = Uint8Array.from(await this.#window.bytes(member.at, member.size));
    const crc = new Crc32();
    crc.update(bytes);
    this.#judge(path, member, crc);
    return bytes;
  }

  async read(path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const member = this.#members.get(path);
    return member && this.#pieces(path, member);
  }

  async *#pieces(path: string, member: ZipMember): AsyncGenerator<Uint8Array> {
    const crc = new Crc32();
    for (let done = 0; done < member.size; ) {
      const length = Math.min(PIECE, member.size - done);
      const at = member.at + done;
      // Small files come out of the stretch that is at hand; large ones would only push it out.
      const piece =
        member.size < PIECE ? await this.#window.bytes(at, length) : await this.#source.slice(at, at + length);
      if (piece.length !== length) throw changed(at);
      crc.update(piece);
      yield piece;
      done += length;
    }
    this.#judge(path, member, crc);
  }

  #judge(path: string, member: ZipMember, crc: Crc32): void {
    if (crc.value !== member.crc32) this.damaged.add(path);
  }

  async *list(prefix: string): AsyncGenerator<{ key: string; size: number }> {
    for (const [path, { size }] of this.#members) if (path.startsWith(prefix)) yield { key: path, size };
  }
}

/** Everything below one folder of a reader, as a reader of its own. */
export function below(files: LogReader, folder: string): LogReader {
  return {
    get: (key) => files.get(folder + key),
    read: (key) => files.read(folder + key),
    list: async function* (prefix) {
      for await (const object of files.list(folder + prefix)) yield { ...object, key: object.key.slice(folder.length) };
    },
  };
}
