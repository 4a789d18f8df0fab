"""FORMAT.md §10.1, §10.2 and §12.2: statements about keys, and walking forward through them."""

import base64

from canonical import Malformed, canonical, milliseconds, strict_base64
from notes import ed25519_verify, read_vkey

MOST_STATEMENTS = 1000
SIGNED = ("action", "key", "after", "compromisedSince", "reason", "incident", "records", "body")


class Statement:
    """A `key` entry, its key and the signatures that name keys of the same name: the first of each key."""

    def __init__(self, index, entry):
        self.index, self.entry, self.action = index, entry, entry["action"]
        self.key = read_vkey(entry["key"])
        self.signatures = {}
        if self.key is None:
            return
        try:
            stated = canonical({name: entry[name] for name in SIGNED if name in entry})
        except Malformed:
            return
        message = f"custody/key-statement/v1\n{self.key.name}\n{stated}".encode()
        for item in entry.get("signatures", []):
            signer = read_vkey(item["key"])
            if signer is None or signer.name != self.key.name or signer.text in self.signatures:
                continue
            signature = strict_base64(item["signature"])
            right = signature is not None and ed25519_verify(signer.public, message, signature)
            self.signatures[signer.text] = (signer, right)

    def right(self):
        return {text for text, (_, right) in self.signatures.items() if right}


class Known:
    """What a walk knows of one key."""

    def __init__(self, key, pinned=False, former=False):
        self.key, self.pinned, self.former = key, pinned, former
        self.introduced = False


class Walk:
    """One walk over the statements. `root_at(size)` is the log's root; `without` are keys whose `retire` and `attest`
    do not count; `safe` says up to where other statements of stolen keys do; revocations of the walk `before` stay."""

    def __init__(self, pins, statements, root_at, without=frozenset(), safe=None, before=None):
        self.root_at, self.without, self.safe = root_at, without, safe or {}
        self.known = {pin.text: Known(pin, pinned=True) for pin in pins}
        for key in formers(pins, statements):
            self.known[key.text] = Known(key, former=True)
        self.retired = {}
        self.before = before.revoked if before else {}
        self.since_before = before.since if before else {}
        self.revoked, self.since = {}, {}
        self.attested, self.refused = [], []
        for statement in statements:
            self.now = statement.index
            why = self.look_at(statement)
            if why:
                self.refused.append((statement.index, why))
        self.now = 2**60
        for text, index in self.before.items():
            self.revoked[text] = min(index, self.revoked.get(text, index))

    def is_revoked(self, text):
        return text in self.revoked or self.before.get(text, 2**60) < self.now

    def counts(self, text):
        key = self.known.get(text)
        return key is not None and (key.pinned or key.introduced) and text not in self.retired and not self.is_revoked(text)

    def may_speak(self, heard, statement):
        return any(self.speaks(signer) and self.has_a_say(signer, statement) for signer in heard)

    def speaks(self, text):
        key = self.known.get(text)
        return self.counts(text) or (key is not None and key.former and text not in self.retired and not self.is_revoked(text))

    def look_at(self, statement):
        """Takes the statement in, or says why it is refused."""
        if statement.key is None:
            return "key is no vkey"
        action, text, entry = statement.action, statement.key.text, statement.entry
        for signer, (_, right) in statement.signatures.items():
            if not right and (signer in self.known or (action == "introduce" and signer == text)):
                return "a wrong signature"
        signers = statement.right()
        known = {signer for signer in signers if signer in self.known}
        others = known - {text}
        itself = action == "introduce" and text in self.known and text in signers
        if not known or (action in ("introduce", "revoke") and not others and not itself):
            return "no known key has signed"
        after = entry.get("after")
        if after is None or after["size"] > statement.index or base64_of(self.root_at(after["size"])) != after["root"]:
            return "after is not of this log"
        heard = {signer for signer in signers if signer == text or self.has_a_say(signer, statement)}
        return getattr(self, action)(statement, text, heard)

    def has_a_say(self, signer, statement):
        if signer in self.without and statement.action in ("retire", "attest"):
            return False
        return statement.action == "revoke" or statement.index < self.safe.get(signer, 2**60)

    def introduce(self, statement, text, signers):
        if text not in signers:
            return "the new key has not signed"
        if text in self.retired or self.is_revoked(text):
            return "no key comes back"
        if not self.counts(text) and not any(self.counts(signer) for signer in signers):
            return None if any(self.known[s].former for s in signers - {text} if s in self.known) else "no key that counts has signed"
        key = self.known.setdefault(text, Known(statement.key))
        key.introduced, key.former = True, False
        return None

    def retire(self, statement, text, signers):
        if text in self.retired or self.is_revoked(text):
            return None
        if not self.may_speak(signers, statement):
            return "no key that may speak has signed"
        if self.counts(text) and not any(self.counts(other) for other in self.known if other != text):
            return "no other key would stay"
        if text in self.known:
            self.retired[text] = statement.index
        return None

    def revoke(self, statement, text, _):
        self.known.setdefault(text, Known(statement.key, former=True))
        self.revoked.setdefault(text, statement.index)
        since = statement.entry.get("compromisedSince")
        if since is not None:
            self.since[text] = min(since, self.since.get(text, since))
        return None

    def attest(self, statement, text, signers):
        records = statement.entry.get("records")
        if text not in self.since and not (text in self.since_before and self.is_revoked(text)):
            return "the key was not stolen"
        if statement.entry["actor"]["type"] != "person":
            return "attested by no person"
        if records is None or records["from"] >= records["to"] or records["to"] > statement.index:
            return "no records"
        if not self.may_speak(signers, statement):
            return "no key that may speak has signed"
        self.attested.append((text, records["from"], records["to"], statement.index))
        return None

    def ended(self, text, size):
        """Whether the key was retired or revoked at an index below the size."""
        return self.is_retired_below(text, size) or self.revoked.get(text, 2**60) < size

    def is_retired_below(self, text, size):
        return self.retired.get(text, 2**60) < size


def base64_of(data):
    return None if data is None else base64.b64encode(data).decode()


def formers(pins, statements):
    """§10.2: from the last statement back to the first."""
    pinned, found = {pin.text for pin in pins}, {}
    for statement in reversed(statements):
        if statement.action != "introduce" or statement.key is None:
            continue
        right, text = statement.right(), statement.key.text
        if (text in pinned or text in found) and text in right:
            for signer in right - {text} - pinned:
                found.setdefault(signer, statement.signatures[signer][0])
    return found.values()


def walk_without_stolen(pins, statements, root_at):
    """The walk that gives the log's keys, and the stolen ones."""
    walk = Walk(pins, statements, root_at)
    if walk.since:
        walk = Walk(pins, statements, root_at, without=frozenset(walk.since))
    return walk


def safe_sizes(walk, anchors):
    """§10.2: for each stolen key the largest head that somebody else dated before the theft."""
    return {
        text: max([a.size for a in anchors if a.latest < milliseconds(since)], default=0) for text, since in walk.since.items()
    }


def last_walk(pins, statements, root_at, walk, safe):
    return Walk(pins, statements, root_at, safe=safe, before=walk) if walk.since else walk


def stretches(walk, last, safe):
    """The (key, from, to) of records under a stolen key that nobody attested."""
    for text in walk.since:
        at, end = safe[text], min(walk.revoked[text], walk.retired.get(text, 2**60))
        for start, stop in sorted((f, t) for key, f, t, _ in last.attested if key == text):
            if at < min(start, end):
                yield text, at, min(start, end)
            at = max(at, stop)
        if at < end:
            yield text, at, end
