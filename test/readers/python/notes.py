"""FORMAT.md §9 and §10: Ed25519 without any room, signed notes, checkpoints, keys, cosignatures."""

import functools
import hashlib
import re

from canonical import MAX_SAFE, sha256, strict_base64

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


def encoded(point):
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


@functools.lru_cache(4096)
def ed25519_verify(key, message, signature):
    """§9: the key a point that is not of small order, S reduced, R byte for byte the encoding of [S]B - [k]A."""
    if len(signature) != 64 or len(key) != 32:
        return False
    a, s = decompress(key), int.from_bytes(signature[32:], "little")
    if a is None or s >= ORDER:
        return False
    eightfold = multiply(8, a)
    if eightfold[0] % P == 0 and (eightfold[1] - eightfold[2]) % P == 0:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    minus = (P - a[0], a[1], a[2], P - a[3])
    return encoded(add(multiply(s, BASE), multiply(k, minus))) == signature[:32]


# --- Keys ----------------------------------------------------------------------------------------------------------

NAME = r"[^\s+\x00-\x1f\x7f-\x9f]{1,200}"
LOG_KEY, WITNESS_KEY = 1, 4


class Key:
    """A vkey: its text, name, ID (4 bytes) and public key (32 bytes)."""

    def __init__(self, text, name, key_id, public):
        self.text, self.name, self.id, self.public = text, name, key_id, public


def read_vkey(text, kind=LOG_KEY):
    """A key, or None unless the text is a vkey of this kind in its one spelling."""
    match = re.fullmatch(rf"({NAME})\+([0-9a-f]{{8}})\+([A-Za-z0-9+/=]+)", text)
    data = strict_base64(match[3]) if match else None
    if data is None or len(data) != 33 or data[0] != kind or sha256(match[1].encode("utf-8", "replace"), b"\n", data)[:4].hex() != match[2]:
        return None
    return Key(text, match[1], bytes.fromhex(match[2]), data[1:])


def parse_vkey(text, kind=LOG_KEY):
    key = read_vkey(text.strip(), kind)
    if key is None:
        raise SystemExit(f"not a vkey of type {kind}, or its ID is not that of the key: {text.strip()[:400]!r}")
    return key


# --- Signed notes --------------------------------------------------------------------------------------------------


class Checkpoint:
    """§9. `text` is what is signed; `signatures` are (name, key ID, signature)."""

    def __init__(self, origin, size, root, text, signatures):
        self.origin, self.size, self.root, self.text, self.signatures = origin, size, root, text, signatures

    def by(self, key):
        """The signatures in the name and under the ID of this key."""
        if key.name != self.origin:
            return []
        return [s for name, key_id, s in self.signatures if name == key.name and key_id == key.id]

    def is_wrong_by(self, key):
        return any(not ed25519_verify(key.public, self.text, s) for s in self.by(key))

    def is_signed_by(self, key):
        return any(ed25519_verify(key.public, self.text, s) for s in self.by(key))


def signature_lines(text):
    """The (name, ID, signature) of whole signature lines, or None."""
    lines = text.split("\n")
    if lines.pop() != "":
        return None
    found = []
    for line in lines:
        match = re.fullmatch(rf"— ({NAME}) (\S+)", line)
        blob = strict_base64(match[2]) if match else None
        if blob is None or len(blob) < 5:
            return None
        found.append((match[1], blob[:4], blob[4:]))
    return found


def parse_checkpoint(data, most=64 * 1024, lines=64):
    """A checkpoint, or None."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    split = text.rfind("\n\n")
    if len(data) > most or split < 0 or re.search(r"[\x00-\x09\x0b-\x1f]", text):
        return None
    body, signatures = text[: split + 1], signature_lines(text[split + 2 :])
    if signatures is None or not 1 <= len(signatures) <= lines:
        return None
    fields = body.split("\n")
    if len(fields) != 4 or fields[0] == "" or not re.fullmatch(r"0|[1-9][0-9]{0,15}", fields[1]):
        return None
    root = strict_base64(fields[2])
    if root is None or len(root) != 32 or int(fields[1]) > MAX_SAFE:
        return None
    return Checkpoint(fields[0], int(fields[1]), root, body.encode(), signatures)


def cosigned_at(witness, text, signature):
    """C2SP tlog-cosignature: the second that a right cosignature names, else None."""
    if len(signature) != 72:
        return None
    second = int.from_bytes(signature[:8], "big")
    message = b"cosignature/v1\ntime %d\n" % second + text
    return second if ed25519_verify(witness.public, message, signature[8:]) else None
