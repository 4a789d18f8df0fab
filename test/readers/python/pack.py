"""FORMAT.md §14 and §17: receipts and packs."""

import hashlib
import os
import re

from canonical import Malformed, interval_of, is_count, is_digest, is_time, milliseconds, parse_canonical, strict_base64
from entries import is_disposal, is_head, manifest_value, references
from source import Below, Folder, Refused, Zip
from statements import base64_of
from tree import leaf, root_from_proof

STRUCTURAL = ("genesis", "config", "policy", "key", "head", "identity", "masking-rule", "hold", "disposal")
MOST_LIST = 256 * 1024 * 1024


def is_pack(folder):
    return os.path.isdir(os.path.join(folder.path, "store"))


class Pack:
    def __init__(self, source, vkey, heads, given, verifier):
        self.zip = source if isinstance(source, Zip) else None
        self.source, self.top = source, None
        if self.zip:
            names = [name for name, _, _ in source.list()]
            self.top = names[0].split("/")[0] if names else ""
            if any(not name.startswith(f"{self.top}/") for name in names):
                raise Refused("byte 0: more than one top folder")
            self.source = Below(source, f"{self.top}/")
        store = Below(self.source, "store/") if self.zip else Folder(os.path.join(source.path, "store"))
        self.make = lambda omitted: verifier(store, vkey, heads, **given, omitted=omitted)
        self.sizes = {}

    def found(self, where):
        self.verifier.found("pack-altered", where)

    def read(self, name, limit=MOST_LIST):
        if self.sizes.get(name, limit + 1) > limit:
            return None
        return b"".join(self.source.parts(name))

    def digest(self, name):
        digest = hashlib.sha256()
        for part in self.source.parts(name):
            digest.update(part)
        return digest.hexdigest()

    def verify(self):
        irregular = []
        for name, size, ordinary in self.source.list():
            if ordinary:
                self.sizes[name] = size
            elif not name.startswith("store/"):
                irregular.append(name)
        self.list = self.read_list()
        omitted = self.list["omitted"] if self.list else []
        self.verifier = self.make(frozenset(item["digest"] for item in omitted))
        result = self.verifier.verify()
        for name in irregular:
            self.found(name)
        self.check_names()
        self.check_sums()
        if self.list is None:
            self.found("pack.json")
        else:
            self.check_files()
            self.check_log()
            self.check_omitted(omitted)
        # What a checkpoint that nobody trusts says is nothing to compare with.
        if self.verifier.checkpoint is not None:
            self.check_heads(result)
            self.check_receipts()
        if self.zip and self.verifier.count == 0:
            for name in self.zip.wrong_sums():
                self.found(name)
        result["ok"] = self.verifier.count == 0
        result["verdicts"]["integrity"]["word"] = "intact" if result["ok"] else "broken"
        return result

    # --- The lists ---------------------------------------------------------------------------------------------------

    def read_list(self):
        try:
            value = parse_canonical(self.read("pack.json") or b"")
        except Malformed:
            return None
        return value if is_list(value) else None

    def check_names(self):
        seen = {}
        for path in self.sizes:
            parts = path.split("/")
            for name in ("/".join(parts[: depth + 1]) for depth in range(len(parts))):
                if seen.setdefault(name.lower(), name) != name:
                    self.found(f"{name} and {seen[name.lower()]}")

    def check_sums(self):
        listed = {}
        lines = (self.read("SHA256SUMS") or b"").decode("utf-8", "replace").split("\n")
        if lines.pop() != "":
            self.found("SHA256SUMS")
        for line in lines:
            match = re.fullmatch(r"([0-9a-f]{64})  (.+)", line)
            if not match or match[2] in listed or (listed and match[2] < max(listed)):
                self.found(f"SHA256SUMS: {line}")
            else:
                listed[match[2]] = match[1]
        for name in sorted((set(self.sizes) | set(listed)) - {"SHA256SUMS"}):
            if name not in self.sizes or listed.get(name) != self.digest(name):
                self.found(f"SHA256SUMS: {name}")
        if "SHA256SUMS" in listed:
            self.found("SHA256SUMS: itself")

    def check_files(self):
        outside = {n for n in self.sizes if not n.startswith("store/") and n not in ("pack.json", "SHA256SUMS")}
        files = self.list["files"]
        paths = [item["path"] for item in files]
        if paths != sorted(set(paths)):
            self.found("pack.json: files are not in order, or twice")
        listed = {item["path"]: (item["size"], item["digest"]) for item in files}
        for name in sorted(outside | set(listed)):
            if name not in outside or listed.get(name) != (self.sizes[name], self.digest(name)):
                self.found(name)

    def check_log(self):
        checkpoint = self.verifier.checkpoint
        if checkpoint is not None:
            found = (self.list["origin"], self.list["size"], self.list["root"])
            if found != (checkpoint.origin, checkpoint.size, base64_of(checkpoint.root)):
                self.found("pack.json: origin, size or root")
            if len(self.verifier.parsed) > checkpoint.size:
                self.found("store/seq/")
            last = self.verifier.parsed[checkpoint.size - 1 : checkpoint.size] if checkpoint.size else []
            if last and last[0] is not None and last[0]["at"] != self.list["asOf"]:
                self.found("pack.json: asOf")
        if self.top is not None and self.top != f"{plain(self.list['origin'])}-{plain(self.list['period']['label'])}":
            self.found(f"{self.top}/")

    # --- Heads and receipts ------------------------------------------------------------------------------------------

    def check_heads(self, result):
        right = []
        for entry in self.verifier.parsed[: result["size"]]:
            if entry is not None and is_head(entry):
                when = entry.get("sent", entry["at"])
                use, target = entry.get("use", "unknown"), entry.get("target", "-")
                right.append(f"{entry['size']}:{entry['root']} {when} {use} {target} record {entry['index']}")
        if self.list is not None:
            right.append(f"{result['size']}:{result['root']} {self.list['asOf']} pack pack -")
        lines = (self.read("heads.txt") or b"").decode("utf-8", "replace").split("\n")
        if lines.pop() != "" or [line for line in lines if not line.startswith("#")] != right:
            self.found("heads.txt")

    def check_receipts(self):
        checkpoint, head = self.read("store/checkpoint"), self.verifier.checkpoint
        for name in self.sizes:
            if name.startswith("receipts/"):
                match = re.fullmatch(r"receipts/([0-9]{12})\.tlog-proof", name)
                if not match or not leads_to(self.read(name) or b"", int(match[1]), checkpoint, head):
                    self.verifier.found("receipt-invalid", name)

    # --- What is left out --------------------------------------------------------------------------------------------

    def check_omitted(self, omitted):
        digests = [item["digest"] for item in omitted]
        if digests != sorted(set(digests)):
            self.found("pack.json: omitted is not in order, or twice")
        verifier = self.verifier
        for name in self.sizes:
            digest = name[-64:]
            if name == f"store/blob/sha256/{digest[:2]}/{digest}" and digest not in verifier.named:
                self.found(name)
        required, disposed = self.required(), self.disposed()
        for item in omitted:
            digest = item["digest"]
            named = verifier.named.get(digest)
            there = f"store/blob/sha256/{digest[:2]}/{digest}" in self.sizes
            lawful = named is not None and disposed.get(digest, -1) > named.newest
            fits = named is not None and not there and not lawful and item["size"] == named.first
            if not fits or (digest in required and item["reason"] == "outside-period"):
                self.found(f"pack.json: omitted {digest}")

    def disposed(self):
        return {
            item["digest"]: index
            for index, entry in enumerate(self.verifier.parsed)
            if entry is not None and is_disposal(entry)
            for item in entry["items"]
        }

    def required(self):
        period = interval_of(self.list["period"])
        waiting = [
            reference
            for entry in self.verifier.parsed
            if entry is not None and (entry["kind"] in STRUCTURAL or concerns(entry, *period))
            for reference in references(entry)
        ]
        found, manifests = set(), {d for d, named in self.verifier.named.items() if named.manifest}
        while waiting:
            digest, _, _ = waiting.pop()
            if digest in found:
                continue
            found.add(digest)
            if digest in manifests and (data := self.verifier.manifest(digest)) is not None:
                waiting += references(manifest_value(data))
        return found


def is_list(value):
    """Whether it has the form of `pack.json`."""

    def items(name, fits):
        return isinstance(value.get(name), list) and all(isinstance(item, dict) and fits(item) for item in value[name])

    if not isinstance(value, dict):
        return False
    period = value.get("period")
    return (
        value.get("v") == 1
        and value.get("v") is not True
        and value.get("format") == "custody-pack"
        and all(isinstance(value.get(name), str) for name in ("origin", "root", "software"))
        and is_count(value.get("size"))
        and is_time(value.get("asOf"))
        and interval_of(period) is not None
        and isinstance(period.get("label"), str)
        and isinstance(period.get("zone"), str)
        and items("files", lambda f: isinstance(f.get("path"), str) and is_count(f.get("size")) and is_digest(f.get("digest")))
        and items(
            "omitted",
            lambda o: is_digest(o.get("digest"))
            and is_count(o.get("size"))
            and o.get("reason") in ("outside-period", "withheld", "disposed")
            and ("why" not in o or isinstance(o["why"], str)),
        )
    )


def plain(text):
    return re.sub(r"[^A-Za-z0-9.-]", "_", text.replace("..", "--"))


def concerns(entry, start, end):
    """Whether an entry is about the period."""

    def within(name):
        return is_time(entry.get(name)) and start <= milliseconds(entry[name]) < end

    if within("at") or (entry["kind"] == "intake" and within("received")) or (entry["kind"] == "upload" and within("captured")):
        return True
    window = interval_of(entry.get("window"))
    if window is not None and window[0] < end and start < window[1]:
        return True
    if entry["kind"] == "plan" and is_time(entry.get("from")):
        until = milliseconds(entry["to"]) if is_time(entry.get("to")) else float("inf")
        return milliseconds(entry["from"]) < end and start < until
    return False


def leads_to(receipt, index, checkpoint, head):
    """§14: whether a receipt shows its entry at this index below this checkpoint."""
    if not receipt.endswith(b"\n\n" + checkpoint):
        return False
    lines = receipt[: -len(checkpoint) - 2].decode("utf-8", "replace").split("\n")
    if len(lines) < 3 or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra ") or lines[2] != f"index {index}":
        return False
    entry, proof = strict_base64(lines[1][6:]), [strict_base64(line) for line in lines[3:]]
    if entry is None or any(step is None or len(step) != 32 for step in proof) or index >= head.size:
        return False
    return root_from_proof(leaf(entry), index, head.size, proof) == head.root
