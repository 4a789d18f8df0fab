/** Writes ZIP files of any kind, byte by byte as told: for readers that must refuse them. */

export interface ForgedMember {
  readonly name: string | Uint8Array;
  readonly bytes?: Uint8Array;
  /** Fields that shall say something else than they should. */
  readonly local?: Partial<LocalFields>;
  readonly central?: Partial<CentralFields>;
  /** Bytes between this member's data and the next header. */
  readonly behind?: Uint8Array;
}

interface LocalFields {
  version: number;
  flags: number;
  method: number;
  time: number;
  date: number;
  crc: number;
  stored: number;
  size: number;
  name: Uint8Array;
  nameLength: number;
  extra: Uint8Array;
}

interface CentralFields extends LocalFields {
  madeBy: number;
  comment: Uint8Array;
  disk: number;
  internal: number;
  external: number;
  offset: number;
}

export interface ForgedEnd {
  readonly count?: number;
  readonly bytes?: number;
  readonly at?: number;
  readonly comment?: Uint8Array;
  readonly before?: Uint8Array;
  readonly behind?: Uint8Array;
}

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

export function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

export function forgeZip(members: readonly ForgedMember[], end: ForgedEnd = {}): Uint8Array {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  const put = (part: Uint8Array) => {
    parts.push(Buffer.from(part));
    at += part.length;
  };
  for (const { name, bytes = new Uint8Array(), local = {}, central: other = {}, behind } of members) {
    const nameBytes = typeof name === "string" ? Buffer.from(name) : name;
    const fields = {
      version: 10,
      flags: 0,
      method: 0,
      time: 0,
      date: 0x21,
      crc: crcOf(bytes),
      stored: bytes.length,
      size: bytes.length,
      name: nameBytes,
      nameLength: nameBytes.length,
      extra: new Uint8Array(),
    };
    const offset = at;
    put(localHeader({ ...fields, ...local }));
    put(bytes);
    if (behind) put(behind);
    central.push(
      centralHeader({
        ...fields,
        madeBy: 10,
        comment: new Uint8Array(),
        disk: 0,
        internal: 0,
        external: 0,
        offset,
        ...other,
      }),
    );
  }
  const begin = at;
  for (const one of central) put(one);
  const bytes = at - begin;
  if (end.before) put(end.before);
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE(Math.min(0xffff, end.count ?? members.length), 8);
  record.writeUInt16LE(Math.min(0xffff, end.count ?? members.length), 10);
  record.writeUInt32LE(end.bytes ?? bytes, 12);
  record.writeUInt32LE(end.at ?? begin, 16);
  record.writeUInt16LE(end.comment?.length ?? 0, 20);
  put(record);
  if (end.comment) put(end.comment);
  if (end.behind) put(end.behind);
  return Buffer.concat(parts);
}

/** The ZIP64 end record and its locator, saying whatever; they go `before` the end record at byte `at`. */
export function forgeEnd64(
  at: number,
  fields: { count: bigint; bytes: bigint; begin: bigint; place?: bigint },
): Uint8Array {
  const end = Buffer.alloc(76);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(45, 12);
  end.writeUInt16LE(45, 14);
  end.writeBigUInt64LE(fields.count, 24);
  end.writeBigUInt64LE(fields.count, 32);
  end.writeBigUInt64LE(fields.bytes, 40);
  end.writeBigUInt64LE(fields.begin, 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(fields.place ?? BigInt(at), 64);
  end.writeUInt32LE(1, 72);
  return end;
}

/** The ZIP64 field with these numbers. */
export function extra64(...numbers: readonly bigint[]): Uint8Array {
  const extra = Buffer.alloc(4 + 8 * numbers.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * numbers.length, 2);
  for (const [i, number] of numbers.entries()) extra.writeBigUInt64LE(number, 4 + 8 * i);
  return extra;
}

function localHeader(f: LocalFields): Buffer {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  common(head, f, 4);
  head.writeUInt16LE(f.nameLength, 26);
  head.writeUInt16LE(f.extra.length, 28);
  return Buffer.concat([head, f.name, f.extra]);
}

function centralHeader(f: CentralFields): Buffer {
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(f.madeBy, 4);
  common(head, f, 6);
  head.writeUInt16LE(f.nameLength, 28);
  head.writeUInt16LE(f.extra.length, 30);
  head.writeUInt16LE(f.comment.length, 32);
  head.writeUInt16LE(f.disk, 34);
  head.writeUInt16LE(f.internal, 36);
  head.writeUInt32LE(f.external, 38);
  head.writeUInt32LE(f.offset, 42);
  return Buffer.concat([head, f.name, f.extra, f.comment]);
}

function common(head: Buffer, f: LocalFields, at: number): void {
  head.writeUInt16LE(f.version, at);
  head.writeUInt16LE(f.flags, at + 2);
  head.writeUInt16LE(f.method, at + 4);
  head.writeUInt16LE(f.time, at + 6);
  head.writeUInt16LE(f.date, at + 8);
  head.writeUInt32LE(f.crc, at + 10);
  head.writeUInt32LE(f.stored, at + 14);
  head.writeUInt32LE(f.size, at + 18);
}
