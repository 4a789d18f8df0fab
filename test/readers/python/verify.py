"""A second verifier of Custody evidence ledgers, written from docs/FORMAT.md alone, with Python's standard library only.

    python3 verify.py STORE VKEY [SIZE:ROOT ...]

Prints one JSON object: {"ok", "size", "root", "entries", "findings": [{"code", "where"}]}. Exit 0: intact, 1: broken,
2: it could not look. Sections in comments are those of docs/FORMAT.md.
"""

import base64
import hashlib
import json
import os
import re
import stat
import sys

MANIFEST = "application/vnd.custody.manifest+json"
MAX_SAFE = 2**53 - 1
LISTED = 200

# --- 2. Conventions ------------------------------------------------------------------------------------------------


def sha256(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def strict_base64(text):
    """Bytes, or None unless an encoder would have produced exactly this text."""
    try:
        found = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        return None
    return found if base64.b64encode(found).decode() == text else None


class Malformed(Exception):
    pass


def no_constant(name):
    raise Malformed(f"{name} is no JSON")


def no_fraction(text):
    raise Malformed(f"the number {text}")


def open_brackets(data):
    """The most brackets open at once outside of strings."""
    deepest = depth = 0
    quoted = False
    i = 0
    while i < len(data):
        byte = data[i]
        if quoted:
            if byte == 0x5C:
                i += 1
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
        i += 1
    return deepest


ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def canonical_text(text):
    out = []
    for c in text:
        if 0xD800 <= ord(c) <= 0xDFFF:
            raise Malformed("half of a UTF-16 pair")
        out.append(ESCAPES.get(c) or (f"\\u{ord(c):04x}" if c < " " else c))
    return '"' + "".join(out) + '"'


def canonical(value, depth=0):
    if depth > 64:
        raise Malformed("nested too deep")
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) > MAX_SAFE:
            raise Malformed("a number of 2^53 or more")
        return str(value)
    if isinstance(value, str):
        return canonical_text(value)
    if isinstance(value, list):
        return "[" + ",".join(canonical(v, depth + 1) for v in value) + "]"
    keys = sorted(value, key=lambda k: k.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(canonical_text(k) + ":" + canonical(value[k], depth + 1) for k in keys) + "}"


def parse_canonical(data):
    if open_brackets(data) > 65:
        raise Malformed("nested too deep")
    try:
        text = data.decode("utf-8")
        value = json.loads(text, parse_float=no_fraction, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"no JSON in UTF-8: {error}") from error
    if canonical(value) != text:
        raise Malformed("another spelling than the canonical one")
    return value


def is_digest(value):
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_SAFE


def is_time(value):
    match = isinstance(value, str) and re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.[0-9]{3}Z", value)
    if not match:
        return False
    year, month, day, hour, minute, second = map(int, match.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return 1 <= month <= 12 and 1 <= day <= days[month - 1] and hour < 24 and minute < 60 and second < 60


ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}")

# --- 4. Blobs and references ---------------------------------------------------------------------------------------

MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+(; ?[a-z]+=[a-zA-Z0-9._-]+)*")


def references(value):
    """Every (digest, size, is a manifest) in a JSON value."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            digest, size, media = item.get("digest"), item.get("size"), item.get("mediaType")
            if is_digest(digest) and is_count(size) and isinstance(media, str) and MEDIA_TYPE.fullmatch(media):
                yield digest, size, media == MANIFEST
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def manifest_value(data):
    if open_brackets(data) > 65:
        return None
    try:
        return json.loads(data.decode("utf-8-sig", "replace"), parse_constant=no_constant)
    except (ValueError, RecursionError, Malformed):
        return None


# --- 5. Entry ------------------------------------------------------------------------------------------------------


def parse_entry(data):
    if len(data) > 65535:
        raise Malformed("more than 65,535 bytes")
    entry = parse_canonical(data)
    if not isinstance(entry, dict):
        raise Malformed("no object")
    actor = entry.get("actor")
    right = {
        "v": entry.get("v") == 1 and entry.get("v") is not True,
        "index": is_count(entry.get("index")),
        "prev": is_digest(entry.get("prev")),
        "batch": isinstance(entry.get("batch"), str) and re.fullmatch(r"[0-9a-f]{32}", entry["batch"]),
        "kind": isinstance(entry.get("kind"), str) and re.fullmatch(r"[a-z][a-z-]{0,39}", entry["kind"]),
        "at": is_time(entry.get("at")),
        "clock": "clock" not in entry or is_time(entry["clock"]),
        "software": isinstance(entry.get("software"), str),
        "once": "once" not in entry or (isinstance(entry["once"], str) and len(entry["once"].encode("utf-16-be")) <= 600),
        "actor": isinstance(actor, dict)
        and isinstance(actor.get("type"), str)
        and re.fullmatch(r"[a-z][a-z-]{0,19}", actor["type"]) is not None
        and isinstance(actor.get("id"), str)
        and ID.fullmatch(actor["id"]) is not None
        and all(name not in actor or isinstance(actor[name], str) for name in ("role", "auth")),
    }
    wrong = [name for name, fits in right.items() if not fits]
    if wrong:
        raise Malformed(", ".join(wrong))
    return entry


# --- 8. Tree and tiles ---------------------------------------------------------------------------------------------


def leaf(entry):
    return sha256(b"\0", entry)


def node(left, right):
    return sha256(b"\1", left, right)


class Tree:
    """Roots of all complete aligned subtrees: level k, position n covers the leaves n*2^k to (n+1)*2^k - 1."""

    def __init__(self, leaves):
        self.levels = [list(leaves)]
        while len(self.levels[-1]) > 1:
            below = self.levels[-1]
            self.levels.append([node(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])

    def root(self, size):
        if size == 0:
            return sha256(b"")
        root, start = None, size
        for level in range(size.bit_length()):
            if size >> level & 1:
                start -= 1 << level
                subtree = self.levels[level][start >> level]
                root = subtree if root is None else node(subtree, root)
        return root

    def tile(self, level, n):
        hashes = self.levels[8 * level] if 8 * level < len(self.levels) else []
        return hashes[256 * n : 256 * (n + 1)]


TILE = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def tile_number(n):
    groups = [f"{n % 1000:03}"]
    while n >= 1000:
        n //= 1000
        groups.append(f"x{n % 1000:03}")
    return "/".join(reversed(groups))


def tile_key(level, n, width):
    return f"tile/{level}/{tile_number(n)}" + (f".p/{width}" if width < 256 else "")


def parse_tile_key(key):
    match = TILE.fullmatch(key)
    if not match:
        return None
    level = match[1] if match[1] == "entries" else int(match[1])
    n = int(re.sub("[x/]", "", match[2]))
    width = int(match[3]) if match[3] else 256
    reach = n * 256 ** ((0 if level == "entries" else level) + 1)
    if width > 256 or (match[3] and width == 256) or (level != "entries" and level > 63) or reach > MAX_SAFE:
        return None
    return (level, n, width) if tile_key(level, n, width) == key else None


def parse_bundle(data, width):
    entries, at = [], 0
    while at + 2 <= len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        if at + 2 + length > len(data):
            return None
        entries.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return entries if at == len(data) and len(entries) == width else None


# --- 9, 10. Checkpoint, keys and trust -----------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def recover_x(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    e, f = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    return ((f - e) * (d - c) % P, (d + c) * (f + e) % P, (d - c) * (d + c) % P, (f - e) * (f + e) % P)


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def decompress(data):
    y = int.from_bytes(data, "little")
    x = recover_x(y & (2**255 - 1), y >> 255)
    return None if x is None else (x, y & (2**255 - 1), 1, x * (y & (2**255 - 1)) % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


def ed25519_verify(key, message, signature):
    """RFC 8032 §5.1.7."""
    if len(signature) != 64:
        return False
    a, r, s = decompress(key), decompress(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    left, right = multiply(s, BASE), add(r, multiply(k, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def parse_vkey(text):
    name, key_id, encoded = text.strip().split("+", 2)
    data = strict_base64(encoded)
    if data is None or len(data) != 33 or data[0] != 1:
        raise SystemExit("not an Ed25519 vkey")
    if sha256(name.encode(), b"\n", data)[:4].hex() != key_id:
        raise SystemExit("the key ID does not belong to the key")
    return name, bytes.fromhex(key_id), data[1:]


def parse_checkpoint(data):
    """(origin, size, root, signed text, [(name, id, signature)]), or None."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    split = text.rfind("\n\n")
    if len(data) > 65536 or split < 0 or re.search(r"[\x00-\x09\x0b-\x1f]", text):
        return None
    body, lines = text[: split + 1], text[split + 2 :].split("\n")
    if lines.pop() != "" or not 1 <= len(lines) <= 64:
        return None
    signatures = []
    for line in lines:
        match = re.fullmatch(r"— ([^\s+\x00-\x1f\x7f]{1,200}) (\S+)", line)
        blob = strict_base64(match[2]) if match else None
        if blob is None or len(blob) < 5:
            return None
        signatures.append((match[1], blob[:4], blob[4:]))
    fields = body.split("\n")
    if len(fields) != 4 or fields[0] == "" or not re.fullmatch(r"0|[1-9][0-9]{0,15}", fields[1]):
        return None
    root = strict_base64(fields[2])
    if root is None or len(root) != 32 or int(fields[1]) > MAX_SAFE:
        return None
    return fields[0], int(fields[1]), root, body.encode(), signatures


# --- 12. Verifying -------------------------------------------------------------------------------------------------


class Verifier:
    def __init__(self, folder, vkey, heads):
        self.folder, self.key, self.heads = folder, parse_vkey(vkey), heads
        self.findings, self.count = [], 0
        self.objects, self.strays = {}, set()
        self.batches, self.tiles = [], []
        self.entries, self.refs = [], {}

    def found(self, code, where):
        self.count += 1
        if sum(1 for f in self.findings if f["code"] == code) < LISTED:
            self.findings.append({"code": code, "where": str(where)[:600]})

    def read(self, key, limit=64 * 1024 * 1024):
        if self.objects.get(key) is None:
            return None
        if self.objects[key] > limit:
            self.found("stray", key)
            return None
        descriptor = os.open(os.path.join(self.folder, key), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            return file.read(limit + 1)

    def verify(self):
        self.take_inventory()
        checkpoint = self.check_checkpoint()
        self.check_batches()
        size, root = (None, None)
        if checkpoint:
            size, root = checkpoint[1], checkpoint[2]
            self.check_tree(size, root)
        self.check_blobs()
        return {
            "ok": self.count == 0,
            "size": size,
            "root": root and base64.b64encode(root).decode(),
            "entries": len(self.entries),
            "findings": self.findings,
        }

    def take_inventory(self):
        """Step 2. Every name, and what it is; links are not followed."""
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            for item in sorted(os.scandir(os.path.join(self.folder, folder)), key=lambda i: i.name):
                key = f"{folder}/{item.name}" if folder else item.name
                info = item.stat(follow_symlinks=False)
                if stat.S_ISDIR(info.st_mode):
                    waiting.append(key)
                elif not stat.S_ISREG(info.st_mode):
                    self.found("stray", key)
                else:
                    self.classify(key, info.st_size)
        self.batches.sort()

    def classify(self, key, size):
        batch = re.fullmatch(r"seq/([0-9]{8})/([0-9]{12})", key)
        blob = re.fullmatch(r"blob/sha256/([0-9a-f]{2})/([0-9a-f]{64})", key)
        tile = parse_tile_key(key)
        if batch and int(batch[1]) == int(batch[2]) // 10000:
            self.batches.append(int(batch[2]))
        elif tile:
            self.tiles.append((key, *tile))
        elif key != "checkpoint" and not (blob and blob[2].startswith(blob[1])):
            self.found("stray", key)
            return
        self.objects[key] = size

    def check_checkpoint(self):
        """Step 1."""
        data = self.read("checkpoint")
        if data is None:
            return self.found("checkpoint-missing", "checkpoint")
        checkpoint = parse_checkpoint(data)
        if checkpoint is None:
            return self.found("checkpoint-malformed", "checkpoint")
        origin, _, _, text, signatures = checkpoint
        name, key_id, key = self.key
        mine = [s for n, i, s in signatures if n == name == origin and i == key_id]
        if any(not ed25519_verify(key, text, s) for s in mine):
            return self.found("signature-invalid", "checkpoint")
        if not mine:
            return self.found("key-untrusted", "checkpoint")
        return checkpoint

    def check_batches(self):
        """Steps 3 and 4. `self.entries` holds the bytes of each entry up to the first hole."""
        following, previous, last_at, last_batch, whole = 0, "0" * 64, "", None, True
        for first in self.batches:
            key = f"seq/{first // 10000:08}/{first:012}"
            if first != following:
                self.found("entry-missing" if first > following else "entry-altered", key)
                previous, following, whole = None, first, False
            data = self.read(key) or b""
            lines = data.split(b"\n")
            if len(data) > 4 * 1024 * 1024 + 256 or lines.pop() != b"" or not 1 <= len(lines) <= 256:
                self.found("entry-altered", key)
                previous, whole = None, False
                continue
            batch = None
            for line in lines:
                where = f"{key} entry {following}"
                if whole:
                    self.entries.append(line)
                try:
                    entry = parse_entry(line)
                except Malformed as error:
                    self.found("entry-malformed", f"{where}: {error}")
                    entry = None
                if entry is not None:
                    if entry["index"] != following or previous not in (None, entry["prev"]) or entry["at"] < last_at:
                        self.found("chain-broken", where)
                    if entry["batch"] != batch if batch else entry["batch"] == last_batch:
                        self.found("chain-broken", where)
                    batch, last_at = entry["batch"], max(last_at, entry["at"])
                    for digest, size, is_manifest in references(entry):
                        self.name_blob(digest, size, is_manifest)
                previous = hashlib.sha256(line).hexdigest()
                following += 1
            last_batch = batch

    def check_tree(self, size, root):
        """Steps 5, 6 and 8."""
        if len(self.entries) < size:
            self.found("entry-missing", f"entry {len(self.entries)}")
        leaves = [leaf(entry) for entry in self.entries]
        tree = Tree(leaves)
        if size > len(leaves) or tree.root(size) != root:
            leaves, tree = self.right_copy(size, root, leaves, tree)
        for level, n, width in tiles_of(size):
            if len([f for f in self.findings if f["code"] == "tile-missing"]) >= LISTED:
                break
            for name in [level, "entries"] if level == 0 else [level]:
                if tile_key(name, n, width) not in self.objects and tile_key(name, n, 256) not in self.objects:
                    self.found("tile-missing", tile_key(name, n, width))
        for key, level, n, width in self.tiles:
            expected = leaves[256 * n : 256 * n + width] if level == "entries" else tree.tile(level, n)[:width]
            data = self.read(key) or b""
            if level == "entries":
                entries = parse_bundle(data, width)
                same = entries is not None and [leaf(e) for e in entries][: len(expected)] == expected
            else:
                same = len(data) == 32 * width and data[: 32 * len(expected)] == b"".join(expected)
            if not same:
                self.found("tile-altered", key)
            elif len(expected) < width:
                self.found("stray", key)
        for head_size, head_root in self.heads:
            if head_size > len(leaves):
                self.found("rolled-back", f"size {head_size}")
            elif tree.root(head_size) != head_root:
                self.found("forked", f"size {head_size}")

    def right_copy(self, size, root, leaves, tree):
        """The leaves that give the signed root, from the tiles or the bundles where `seq/` does not."""
        for kind in (0, "entries"):
            copy = {}
            for key, level, n, width in sorted((t for t in self.tiles if t[1] == kind), key=lambda t: t[3]):
                data = self.read(key) or b""
                if kind == 0:
                    hashes = [data[i : i + 32] for i in range(0, len(data), 32)]
                else:
                    hashes = [leaf(e) for e in parse_bundle(data, width) or []]
                copy.update({256 * n + i: h for i, h in enumerate(hashes)})
            if not all(i in copy for i in range(min(size, len(copy) + 1))) or len(copy) < size:
                continue
            found = [copy[i] for i in range(size)]
            right = Tree(found)
            if right.root(size) == root:
                for index, (a, b) in enumerate(zip(found, leaves + [None] * size)):
                    if a != b:
                        self.found("entry-altered", f"entry {index}")
                return found, right
        self.found("tree-mismatch", "checkpoint")
        return leaves, tree

    def name_blob(self, digest, size, is_manifest):
        sizes, manifest = self.refs.setdefault(digest, (set(), set()))
        sizes.add(size)
        if is_manifest:
            manifest.add(digest)

    def check_blobs(self):
        """Step 7."""
        followed = set()
        while True:
            more = [d for d, (_, manifest) in self.refs.items() if manifest and d not in followed]
            if not more:
                break
            for digest in more:
                followed.add(digest)
                key = f"blob/sha256/{digest[:2]}/{digest}"
                if self.objects.get(key, 2**60) > 32 * 1024 * 1024:
                    continue
                data = self.read(key)
                if hashlib.sha256(data).hexdigest() == digest:
                    for reference in references(manifest_value(data)):
                        self.name_blob(*reference)
        for digest, (sizes, manifest) in self.refs.items():
            key = f"blob/sha256/{digest[:2]}/{digest}"
            if key not in self.objects:
                self.found("blob-missing", key)
            elif sizes != {self.objects[key]}:
                self.found("blob-altered", key)
            if manifest and max(sizes) > 32 * 1024 * 1024:
                self.found("entry-malformed", key)
        for key, size in self.objects.items():
            if key.startswith("blob/") and not self.has_hash(key, size):
                self.found("blob-altered", key)

    def has_hash(self, key, size):
        if size > 5 * 1024**3:
            return False
        digest = hashlib.sha256()
        descriptor = os.open(os.path.join(self.folder, key), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            while size >= 0 and (part := file.read(1 << 20)):
                digest.update(part)
                size -= len(part)
        return digest.hexdigest() == key.rsplit("/", 1)[1]


def tiles_of(size):
    level = 0
    while size >> (8 * level):
        full, width = size >> (8 * (level + 1)), size >> (8 * level) & 255
        for n in range(full):
            yield level, n, 256
        if width:
            yield level, full, width
        level += 1


def parse_head(text):
    size, root = text.split(":", 1)
    return int(size), strict_base64(root)


def main(arguments):
    if len(arguments) < 2 or not os.path.isdir(arguments[0]):
        print(__doc__, file=sys.stderr)
        return 2
    result = Verifier(arguments[0], arguments[1], [parse_head(a) for a in arguments[2:]]).verify()
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
