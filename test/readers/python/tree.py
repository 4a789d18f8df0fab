"""FORMAT.md §8: the tree over the entries, and its tiles."""

import re

from canonical import MAX_SAFE, sha256


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


def tiles_of(size):
    level = 0
    while size >> (8 * level):
        full, width = size >> (8 * (level + 1)), size >> (8 * level) & 255
        for n in range(full):
            yield level, n, 256
        if width:
            yield level, full, width
        level += 1


def root_from_proof(leaf_hash, index, size, proof):
    """The root that an inclusion proof (RFC 6962 §2.1.1) leads to, or None where its length does not fit."""
    found, low, high = leaf_hash, index, size - 1
    for step in proof:
        if high == 0:
            return None
        if low & 1 or low == high:
            found = node(step, found)
            while not low & 1 and low:
                low, high = low >> 1, high >> 1
        else:
            found = node(found, step)
        low, high = low >> 1, high >> 1
    return found if high == 0 else None
