"""Where objects come from: a folder, or the members of a ZIP file as FORMAT.md §17 restricts it."""

import os
import re
import stat
import struct
import zlib


class Refused(Exception):
    """It cannot be read as what it is given for."""


class Folder:
    """Files below a folder. Links are not followed."""

    def __init__(self, path):
        self.path = path

    def list(self):
        """(name, size, whether it is an ordinary file) of everything there is."""
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            for item in sorted(os.scandir(os.path.join(self.path, folder)), key=lambda i: i.name):
                name = f"{folder}/{item.name}" if folder else item.name
                info = item.stat(follow_symlinks=False)
                if stat.S_ISDIR(info.st_mode):
                    waiting.append(name)
                else:
                    yield name, info.st_size, stat.S_ISREG(info.st_mode)

    def parts(self, name):
        descriptor = os.open(os.path.join(self.path, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            while part := file.read(1 << 20):
                yield part


class Below:
    """The part of a source below a prefix."""

    def __init__(self, source, prefix):
        self.source, self.prefix = source, prefix

    def list(self):
        for name, size, ordinary in self.source.list():
            if name.startswith(self.prefix):
                yield name[len(self.prefix) :], size, ordinary

    def parts(self, name):
        return self.source.parts(self.prefix + name)


LOCAL, ENTRY, END, END64, LOCATOR = b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\6\7"
DATE = 0x0021
MANY, LARGE = 0xFFFF, 0xFFFFFFFF
NAME = re.compile(rb"(?!.*(?:^|/)(?:\.|/|$))[A-Za-z0-9._@+/-]+")
MOST_MEMBERS = 5_000_000


class Zip:
    """The members of a ZIP file, checked byte for byte against §17; the sums of members are checked by `sums`."""

    def __init__(self, path):
        self.file = open(path, "rb")
        self.size = os.fstat(self.file.fileno()).st_size
        self.members = {}
        at, local = 0, []
        while self.at(at, 4) == LOCAL:
            at = self.read_local(at, local)
            if len(local) > MOST_MEMBERS:
                raise Refused(f"byte {at}: too many members")
        start = at
        for member in local:
            at = self.expect(at, directory_entry(*member))
        at = self.expect(at, end_records(len(local), start, at))
        if at != self.size:
            raise Refused(f"byte {at}: something after the end")

    def at(self, offset, length):
        self.file.seek(offset)
        return self.file.read(length)

    def expect(self, at, expected):
        found = self.at(at, len(expected))
        for i, byte in enumerate(expected):
            if i >= len(found) or found[i] != byte:
                raise Refused(f"byte {at + i}: no ZIP as packs are")
        return at + len(expected)

    def read_local(self, at, local):
        header = self.at(at, 30)
        if len(header) < 30:
            raise Refused(f"byte {at}: cut off")
        crc, size, again, length = struct.unpack_from("<IIIH", header, 14)
        name = self.at(at + 30, length)
        if not NAME.fullmatch(name) or (local and name <= local[-1][0]):
            raise Refused(f"byte {at + 30}: the name of a member")
        if size == again == LARGE:
            extra = self.at(at + 30 + length, 20)
            if len(extra) < 20:
                raise Refused(f"byte {at + 30 + length}: cut off")
            size = struct.unpack_from("<Q", extra, 4)[0]
        data = self.expect(at, local_header(name, crc, size))
        if data + size > self.size:
            raise Refused(f"byte {at + 18}: a size beyond the file's")
        local.append((name, crc, size, at))
        self.members[name.decode()] = (data, size, crc)
        return data + size

    def list(self):
        for name, (_, size, _) in self.members.items():
            yield name, size, True

    def parts(self, name):
        at, size, _ = self.members[name]
        for start in range(0, size, 1 << 20):
            yield self.at(at + start, min(1 << 20, size - start))

    def wrong_sums(self):
        """The members whose CRC-32 is wrong."""
        for name, (_, _, crc) in self.members.items():
            found = 0
            for part in self.parts(name):
                found = zlib.crc32(part, found)
            if found != crc:
                yield name


def zip64(*numbers):
    """The extra field for the numbers that need it."""
    large = [n for n in numbers if n >= LARGE]
    return struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""


def local_header(name, crc, size):
    extra = zip64(size, size)
    short = min(size, LARGE)
    return LOCAL + struct.pack("<HHHHHIIIHH", 45 if extra else 10, 0, 0, 0, DATE, crc, short, short, len(name), len(extra)) + name + extra


def directory_entry(name, crc, size, offset):
    extra = zip64(size, size, offset)
    version, short = 45 if extra else 10, min(size, LARGE)
    fields = (version, version, 0, 0, 0, DATE, crc, short, short, len(name), len(extra), 0, 0, 0, 0, min(offset, LARGE))
    return ENTRY + struct.pack("<HHHHHHIIIHHHHHII", *fields) + name + extra


def end_records(count, start, end):
    size, records = end - start, b""
    if count >= MANY or size >= LARGE or start >= LARGE:
        records += END64 + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, start)
        records += LOCATOR + struct.pack("<IQI", 0, end, 1)
    short = min(count, MANY)
    return records + END + struct.pack("<HHHHIIH", 0, 0, short, short, min(size, LARGE), min(start, LARGE), 0)
