"""A second verifier of Custody evidence ledgers, written from docs/FORMAT.md alone, with Python's standard library only
(and the program `openssl` for time stamps).

    python3 verify.py STORE|PACK VKEY [SIZE:ROOT ...] [--tsa-roots FILE] [--witness VKEY] ... [--now TIME]

STORE is a folder with a store, PACK the ZIP file of a pack or the folder that it was unpacked to. VKEY is the pinned key,
or several of them with commas between. Prints one JSON object: {"ok", "size", "root", "entries", "findings": [{"code",
"where"}], "verdicts": {"integrity", "time", "independence", "completeness", "freshness"}, "disposed": [...]}, each verdict
with a "word". Exit 0: intact, 1: broken, 2: it could not look. Sections in comments are those of docs/FORMAT.md.
"""

import base64
import bisect
import hashlib
import json
import os
import re
import sys
import time

sys.dont_write_bytecode = True

import expected  # noqa: E402
import outside  # noqa: E402
import stamps  # noqa: E402
import statements  # noqa: E402
from canonical import Malformed, is_time, milliseconds, strict_base64  # noqa: E402
from entries import MAX_MANIFEST, is_disposal, is_statement, manifest_value, parse_entry, references  # noqa: E402
from notes import WITNESS_KEY, parse_checkpoint, parse_vkey  # noqa: E402
from pack import Pack, is_pack  # noqa: E402
from source import Folder, Refused, Zip  # noqa: E402
from tree import Tree, leaf, parse_bundle, parse_tile_key, tile_key, tiles_of  # noqa: E402

LISTED = 200
NEVER = 2**60


def batch_key(first):
    return f"seq/{first // 10000:08}/{first:012}"


class Named:
    """What entries and manifests say of one blob."""

    def __init__(self):
        self.sizes, self.first, self.manifest, self.newest = set(), None, False, -1


class Verifier:
    def __init__(self, source, vkey, heads=(), roots=(), witnesses=(), now=None, omitted=frozenset()):
        self.source = Folder(source) if isinstance(source, str) else source
        self.pins, self.heads = [parse_vkey(text) for text in vkey.split(",")], heads
        self.roots, self.witnesses = roots, witnesses
        self.now = time.time() * 1000 if now is None else now
        self.omitted = omitted
        self.findings, self.count = [], 0
        self.objects, self.batches, self.tiles = {}, [], []
        self.records, self.entries, self.parsed, self.named, self.twice = {}, [], [], {}, False
        self.anchors, self.heads_hold, self.disposed = [], False, []
        self.checkpoint, self.signed, self.may_compare, self.size = None, False, False, 0
        self.copy, self.truth, self.unjudged = None, None, []

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
        data = bytearray()
        for part in self.source.parts(key):
            data += part
            if len(data) > limit:
                break
        return bytes(data)

    def verify(self):
        self.take_inventory()
        self.check_batches()
        checkpoint = self.read_checkpoint()
        self.leaves = {index: leaf(line) for index, (line, _) in self.records.items()}
        self.tree = Tree([self.leaves[index] for index in range(len(self.entries))])
        self.copy = self.fitting_copy(checkpoint) if checkpoint else None
        trusted = self.check_signatures(checkpoint) if checkpoint else False
        size, root = (checkpoint.size, checkpoint.root) if trusted else (None, None)
        if trusted or self.may_compare:
            same = checkpoint.size <= len(self.entries) and self.tree.root(checkpoint.size) == checkpoint.root
            self.signed = trusted and same and not self.twice
            self.truth = self.copy[0] if trusted and self.copy else None
            self.check_tree(checkpoint.size, checkpoint.root, same)
        else:
            for head_size, _ in self.heads:
                if head_size > self.length:
                    self.found("rolled-back", f"size {head_size}")
        self.check_blobs()
        if self.truth is not None:
            self.check_proofs()
        if checkpoint:
            self.check_keys(checkpoint, trusted)
        self.checkpoint = checkpoint if trusted else None
        return self.answer(size, root)

    def answer(self, size, root):
        entries = [e for e in self.signed_entries()] if self.signed else None
        anchors = self.anchors if self.signed else []
        completeness, freshness = expected.verdicts(entries)
        return {
            "ok": self.count == 0,
            "size": size,
            "root": root and base64.b64encode(root).decode(),
            "entries": len(self.records),
            "findings": self.findings,
            "verdicts": {
                "integrity": {"word": "broken" if self.count else "intact"},
                "time": outside.time_verdict(anchors, self.now),
                "independence": outside.independence_verdict(anchors, self.heads_hold and self.signed, self.now),
                "completeness": completeness,
                "freshness": freshness,
            },
            "disposed": self.disposed,
            "unjudged": self.unjudged,
        }

    def signed_entries(self):
        """(index, entry) of the entries below the checkpoint's size that have the form of one."""
        return [(i, e) for i, (_, e) in sorted(self.records.items()) if e is not None and i < self.size]

    def place(self, index):
        batch = bisect.bisect_right(self.batches, index) - 1
        return f"{batch_key(self.batches[batch]) if batch >= 0 else 'seq/'} entry {index}"

    def root_at(self, size):
        leaves, tree = self.copy or (self.tree.levels[0], self.tree)
        return tree.root(size) if size <= len(leaves) else None

    # --- Step 2. Names -----------------------------------------------------------------------------------------------

    def take_inventory(self):
        for key, size, ordinary in self.source.list():
            if ordinary:
                self.classify(key, size)
            else:
                self.found("stray", key)
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

    # --- Step 1. Checkpoint ------------------------------------------------------------------------------------------

    def read_checkpoint(self):
        data = self.read("checkpoint")
        if data is None:
            return self.found("checkpoint-missing", "checkpoint")
        checkpoint = parse_checkpoint(data)
        if checkpoint is None:
            return self.found("checkpoint-malformed", "checkpoint")
        self.size = checkpoint.size
        return checkpoint

    def check_signatures(self, checkpoint):
        """The walk that gives the log's keys, and whether one of them has signed."""
        stated = [(i, e) for i, e in self.signed_entries() if is_statement(e)]
        if len(stated) > statements.MOST_STATEMENTS:
            self.found("key-untrusted", f"entry {stated[statements.MOST_STATEMENTS][0]}: too many statements")
        self.statements = [statements.Statement(i, e) for i, e in stated[: statements.MOST_STATEMENTS]]
        self.walk = statements.walk_without_stolen(self.pins, self.statements, self.root_at)
        trusted = [k.key for k in self.walk.known.values() if not k.former]
        if any(checkpoint.is_wrong_by(key) for key in trusted):
            self.found("signature-invalid", "checkpoint")
            return False
        signers = [key.text for key in trusted if checkpoint.is_signed_by(key)]
        if all(self.walk.is_retired_below(text, checkpoint.size) and text not in self.walk.revoked for text in signers):
            self.found("key-untrusted", "checkpoint")
            self.may_compare = len(self.walk.refused) > 0
            if self.is_strange():
                self.walk.refused = []
            return False
        return True

    def is_strange(self):
        """No record names a pinned key: then that is the first cause, and no statement is told of."""
        named = {e["key"] for i, e in self.signed_entries() if i == 0 and e["kind"] == "genesis" and "key" in e}
        for statement in self.statements:
            named |= {statement.entry["key"], *(item["key"] for item in statement.entry.get("signatures", []))}
        return not any(pin.text in named for pin in self.pins)

    # --- Steps 3 and 4. Batches and chain ----------------------------------------------------------------------------

    def check_batches(self):
        """`self.records` holds (bytes, entry or None) by index, `self.entries` and `self.parsed` the same up to the first hole."""
        following, previous, last_at, last_batch = 0, "0" * 64, "", None
        for first, behind in zip(self.batches, [*self.batches[1:], NEVER]):
            key, end = batch_key(first), min(behind, first + 256)
            if first > following:
                self.found("entry-missing", batch_key(following))
            elif first < following:
                self.found("entry-altered", key)
            if first != following:
                previous, following = None, first
            data = self.read(key) or b""
            lines = data.split(b"\n")
            if len(data) > 4 * 1024 * 1024 + 256 or lines.pop() != b"" or not 1 <= len(lines) <= 256:
                self.found("entry-altered", key)
                previous = None
                continue
            batch = None
            for line in lines:
                where = f"{key} entry {following}"
                try:
                    entry = parse_entry(line)
                except Malformed as error:
                    self.found("entry-malformed", f"{where}: {error}")
                    entry = None
                if entry is not None and following < entry["index"] < end:
                    self.found("entry-missing", where)
                    following = entry["index"]
                self.twice = self.twice or following in self.records
                self.records[following] = (line, entry)
                if entry is not None:
                    if entry["index"] != following or previous not in (None, entry["prev"]) or entry["at"] < last_at:
                        self.found("chain-broken", where)
                    if entry["batch"] != batch if batch else entry["batch"] == last_batch:
                        self.found("chain-broken", where)
                    batch, last_at = entry["batch"], max(last_at, entry["at"])
                    for reference in references(entry):
                        self.name_blob(*reference, following)
                previous = hashlib.sha256(line).hexdigest()
                following += 1
            last_batch = batch
        self.length = max(self.records, default=-1) + 1
        while (record := self.records.get(len(self.entries))) is not None:
            self.entries.append(record[0])
            self.parsed.append(record[1])

    # --- Steps 5, 6 and 8. Tree, tiles and heads ---------------------------------------------------------------------

    def check_tree(self, size, root, same):
        if self.length < size:
            self.found("entry-missing", f"seq/ entry {self.length}")
        leaves, tree = self.tree.levels[0], self.tree
        if not same and self.copy:
            for index, right in enumerate(self.copy[0]):
                if self.leaves.get(index) != right:
                    self.found("entry-altered", self.place(index))
            leaves, tree = self.copy
        elif not same:
            self.found("tree-mismatch", "checkpoint")
        for level, n, width in tiles_of(size):
            if len([f for f in self.findings if f["code"] == "tile-missing"]) >= LISTED:
                break
            for name in [level, "entries"] if level == 0 else [level]:
                if tile_key(name, n, width) not in self.objects and tile_key(name, n, 256) not in self.objects:
                    self.found("tile-missing", tile_key(name, n, width))
        for key, level, n, width in self.tiles:
            right = leaves[256 * n : 256 * n + width] if level == "entries" else tree.tile(level, n)[:width]
            data = self.read(key) or b""
            if level == "entries":
                entries = parse_bundle(data, width)
                fits = entries is not None and [leaf(e) for e in entries][: len(right)] == right
            else:
                fits = len(data) == 32 * width and data[: 32 * len(right)] == b"".join(right)
            if not fits:
                self.found("tile-altered", key)
            elif len(right) < width:
                self.found("stray", key)
        for head_size, head_root in self.heads:
            known = tree if head_size <= len(leaves) else self.tree
            if head_size > self.length:
                self.found("rolled-back", f"size {head_size}")
            elif head_size > len(known.levels[0]) or known.root(head_size) != head_root:
                self.found("forked", f"size {head_size}")
            elif head_size > 0:
                self.heads_hold = True

    def fitting_copy(self, checkpoint):
        """The leaves that give the checkpoint's root, from the tiles or the bundles where `seq/` does not."""
        size, root = checkpoint.size, checkpoint.root
        if size <= len(self.entries) and self.tree.root(size) == root:
            return self.tree.levels[0], self.tree
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
                return found, right
        return None

    # --- Step 7. Blobs -----------------------------------------------------------------------------------------------

    def name_blob(self, digest, size, is_manifest, index):
        named = self.named.setdefault(digest, Named())
        named.sizes.add(size)
        named.first = size if named.first is None else named.first
        named.manifest = named.manifest or is_manifest
        named.newest = max(named.newest, index)

    def follow_manifests(self):
        """Manifests name for every entry that names them; asked again where a newer one is found to."""
        followed, held = {}, {}
        while True:
            more = [(d, n.newest) for d, n in self.named.items() if n.manifest and n.newest > followed.get(d, -1)]
            if not more:
                return
            for digest, newest in more:
                followed[digest] = newest
                if digest not in held:
                    held[digest] = [] if (data := self.manifest(digest)) is None else list(references(manifest_value(data)))
                for reference in held[digest]:
                    self.name_blob(*reference, newest)

    def manifest(self, digest):
        """The bytes of a manifest that is there and has its hash."""
        key = blob_key(digest)
        if self.objects.get(key, NEVER) > MAX_MANIFEST:
            return None
        data = self.read(key)
        return data if hashlib.sha256(data).hexdigest() == digest else None

    def check_blobs(self):
        self.follow_manifests()
        disposals = self.find_disposals()
        for digest, named in self.named.items():
            key = blob_key(digest)
            if key not in self.objects:
                if digest in self.omitted or disposals.get(digest, -1) > named.newest:
                    continue
                if self.doubtful.get(digest, -1) > named.newest:
                    self.unjudged.append(digest)
                else:
                    self.found("blob-missing", key)
            elif named.sizes != {self.objects[key]}:
                self.found("blob-altered", key)
            if named.manifest and max(named.sizes) > MAX_MANIFEST:
                self.found("entry-malformed", key)
        for key, size in self.objects.items():
            if key.startswith("blob/") and not self.has_hash(key, size):
                self.found("blob-altered", key)

    def find_disposals(self):
        """The newest signed disposal of each blob that nothing names after it."""
        newest, self.doubtful = {}, {}
        wrong = [i for i, right in enumerate(self.truth or []) if self.leaves.get(i) != right]
        for index, entry in self.signed_entries():
            if is_disposal(entry) and index not in wrong:
                counts = self.truth is not None and index > max(wrong, default=-1)
                for item in entry["items"]:
                    (newest if counts else self.doubtful)[item["digest"]] = index
        for digest, index in newest.items():
            if digest not in self.named or self.named[digest].newest < index:
                entry = self.records[index][1]
                told = {name: entry[name] for name in ("at", "actor", "authority", "reason")}
                there = blob_key(digest) in self.objects
                self.disposed.append({"digest": digest, "entry": index, "there": there, **told})
        return newest

    def has_hash(self, key, size):
        if size > 5 * 1024**3:
            return False
        digest = hashlib.sha256()
        for part in self.source.parts(key):
            digest.update(part)
            if (size := size - len(part)) < 0:
                return False
        return digest.hexdigest() == key.rsplit("/", 1)[1]

    # --- Steps 9 and 10. Outside proofs, keys ------------------------------------------------------------------------

    def check_proofs(self):
        keys = [known.key for known in self.walk.known.values()]
        made = [(i, e) for i, e in self.signed_entries() if self.leaves[i] == self.truth[i]]
        proofs = outside.Proofs(made, self.root_at, keys, self.roots, self.witnesses, self.kept, self.found_at)
        self.anchors = proofs.anchors

    def found_at(self, code, index, why):
        self.found(code, f"{self.place(index)}: {why}")

    def kept(self, reference):
        """The blob that a reference names, if it is what its name says and small enough for a proof."""
        data = self.read(blob_key(reference["digest"]), NEVER) if self.objects.get(blob_key(reference["digest"]), NEVER) < 2**20 else None
        return data if data is not None and hashlib.sha256(data).hexdigest() == reference["digest"] else None

    def check_keys(self, checkpoint, trusted):
        walk, refused, safe = self.walk, self.walk.refused, {}
        if trusted:
            safe = statements.safe_sizes(walk, self.anchors)
            last = statements.last_walk(self.pins, self.statements, self.root_at, walk, safe)
            for text, start, end in statements.stretches(walk, last, safe):
                self.found("key-revoked", f"entries {start} to {end - 1} under {text}")
            if self.has_signer(checkpoint, last, safe):
                behind, before = max((walk.revoked[text] for text in walk.since), default=-1), {index for index, _ in walk.refused}
                refused = [(index, why) for index, why in last.refused if index >= behind or index in before]
            else:
                self.found("key-revoked", "checkpoint")
        for index, why in refused:
            self.found("key-untrusted", f"{self.place(index)}: {why}")

    def has_signer(self, checkpoint, last, safe):
        for text, known in last.known.items():
            if not known.former and checkpoint.is_signed_by(known.key):
                word = safe.get(text, last.revoked.get(text, -1)) if text in last.revoked else -1
                if not last.ended(text, checkpoint.size) or checkpoint.size <= word:
                    return True
        return False


def blob_key(digest):
    return f"blob/sha256/{digest[:2]}/{digest}"


def parse_head(text):
    size, root = text.split(":", 1)
    return int(size), strict_base64(root)


def options(arguments):
    """The arguments without options, and what the options say."""
    plain, given = [], {"roots": [], "witnesses": [], "now": None}
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("--"):
            plain.append(word)
        elif word == "--tsa-roots" and waiting:
            given["roots"] += stamps.read_roots(waiting.pop(0))
        elif word == "--witness" and waiting:
            given["witnesses"].append(parse_vkey(waiting.pop(0), WITNESS_KEY))
        elif word == "--now" and waiting and is_time(waiting[0]):
            given["now"] = milliseconds(waiting.pop(0))
        else:
            raise SystemExit(f"unknown option {word}")
    return plain, given


def judge(path, vkey, heads, given):
    if os.path.isfile(path):
        return Pack(Zip(path), vkey, heads, given, Verifier).verify()
    if is_pack(Folder(path)):
        return Pack(Folder(path), vkey, heads, given, Verifier).verify()
    return Verifier(path, vkey, heads, **given).verify()


def main(arguments):
    plain, given = options(arguments)
    if len(plain) < 2 or not os.path.exists(plain[0]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        result = judge(plain[0], plain[1], [parse_head(a) for a in plain[2:]], given)
    except (Refused, OSError) as error:
        print(json.dumps({"ok": False, "refused": str(error)[:600], "findings": []}))
        return 2
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
