"""FORMAT.md §12.1: outside proofs, TIME and INDEPENDENCE."""

import hashlib

from canonical import time_of
from entries import is_head
from notes import cosigned_at, parse_checkpoint, signature_lines
from stamps import Bad, Unknown, read_response
from statements import base64_of


class Anchor:
    """A head that somebody outside dated. Times in milliseconds; `ends` is None for a cosignature."""

    def __init__(self, size, index, who, latest, ends):
        self.size, self.index, self.who, self.latest, self.ends = size, index, who, latest, ends

    @property
    def cosigned(self):
        return self.ends is None


class Proofs:
    """Step 9. `keys` are the log's keys, `blob(reference)` gives bytes that have their name's hash, or None."""

    def __init__(self, entries, root_at, keys, roots, witnesses, blob, found):
        self.keys, self.roots, self.blob, self.found = keys, roots, blob, found
        self.witnesses = [w for w in witnesses if all(w.public != key.public for key in keys)]
        self.anchors = []
        for index, entry in entries:
            if is_head(entry) and "use" in entry:
                self.look_at(index, entry, root_at)

    def look_at(self, index, entry, root_at):
        if entry["size"] > index:
            return self.found("receipt-invalid", index, "of more records than there were")
        checkpoint = self.blob(entry["checkpoint"]) if "checkpoint" in entry else None
        if entry["root"] != base64_of(root_at(entry["size"])):
            head = parse_checkpoint(checkpoint) if checkpoint is not None else None
            named = head is not None and (head.size, base64_of(head.root)) == (entry["size"], entry["root"])
            return self.found("forked" if named and self.is_ours(head) else "receipt-invalid", index, "of another root")
        receipt = self.blob(entry["receipt"]) if "receipt" in entry else None
        if entry["use"] in ("timestamp", "witness") and checkpoint is not None and receipt is not None:
            try:
                self.judge(index, entry, checkpoint, receipt)
            except Bad as bad:
                self.found("receipt-invalid", index, bad)
            except Unknown:
                pass

    def is_ours(self, head):
        return any(head.is_signed_by(key) for key in self.keys)

    def judge(self, index, entry, checkpoint, receipt):
        head = parse_checkpoint(checkpoint, 16 * 1024, 16)
        if head is None:
            raise Bad("the checkpoint is none")
        if (head.size, base64_of(head.root)) != (entry["size"], entry["root"]):
            raise Bad("the checkpoint is of another head")
        if any(head.is_wrong_by(key) for key in self.keys):
            raise Bad("a signature on the checkpoint is wrong")
        judged = self.stamp if entry["use"] == "timestamp" else self.cosignatures
        anchors = judged(head, index, checkpoint, receipt)
        if self.is_ours(head):
            self.anchors += anchors

    def stamp(self, head, index, checkpoint, receipt):
        token = read_response(receipt, hashlib.sha256(checkpoint).digest())
        return [Anchor(head.size, index, "time stamp", token.latest, token.path_ends(self.roots))]

    def cosignatures(self, head, index, checkpoint, receipt):
        if len(receipt) > 64 * 1024 or not receipt.startswith(checkpoint):
            raise Bad("the receipt is not one for this checkpoint")
        try:
            lines = signature_lines(receipt[len(checkpoint) :].decode("utf-8"))
        except UnicodeDecodeError as error:
            raise Bad("no signature lines") from error
        if lines is None or len(lines) + len(head.signatures) > 16:
            raise Bad("no signature lines, or too many")
        anchors = []
        for witness in self.witnesses:
            claimed = [s for name, key_id, s in lines if name == witness.name and key_id == witness.id]
            seconds = [cosigned_at(witness, head.text, s) for s in claimed]
            if None in seconds:
                raise Bad("a cosignature is wrong")
            if seconds:
                anchors.append(Anchor(head.size, index, witness.name, 1000 * min(seconds) + 999, None))
        return anchors


def standing(anchors, now):
    stand = [a for a in anchors if a.cosigned or now <= a.ends]
    waiting = [a for a in anchors if a not in stand]
    while True:
        more = [a for a in waiting if any(b.size > a.index and b.latest <= a.ends for b in stand)]
        if not more:
            return stand
        stand += more
        waiting = [a for a in waiting if a not in more]


def time_verdict(anchors, now):
    stand = standing(anchors, now)
    if not anchors:
        return {"word": "unanchored"}
    told = stand or anchors
    verdict = {
        "word": "anchored" if stand else "expired",
        "earliest": time_of(min(a.latest for a in told)),
        "latest": time_of(max(a.latest for a in told)),
    }
    if stand and not any(a.cosigned for a in stand):
        verdict["until"] = time_of(max(a.ends for a in stand))
    return verdict


def independence_verdict(anchors, heads_hold, now):
    if any(a.cosigned for a in anchors):
        return {"word": "witnessed"}
    if heads_hold:
        return {"word": "published"}
    return {"word": "timestamped" if standing(anchors, now) else "self-attested"}
