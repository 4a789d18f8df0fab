"""FORMAT.md §4 and §5: references, manifests, entries and the kinds that decide something here."""

import json
import re

from canonical import ID, Malformed, is_count, is_digest, is_id, is_time, no_constant, open_brackets, parse_canonical

MANIFEST = "application/vnd.custody.manifest+json"
MAX_MANIFEST = 32 * 1024 * 1024

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


# --- 5.1. Known kinds: those that lack what they need decide nothing -------------------------------------------------


def is_reference(value):
    own = {name: value.get(name) for name in ("digest", "size", "mediaType")} if isinstance(value, dict) else {}
    return any(True for _ in references(own))


def is_statement(entry):
    after, records, signatures = (entry.get(name) for name in ("after", "records", "signatures"))
    return (
        entry["kind"] == "key"
        and entry.get("action") in ("introduce", "retire", "revoke", "attest")
        and isinstance(entry.get("key"), str)
        and len(entry["key"]) <= 400
        and ("after" not in entry or (isinstance(after, dict) and is_count(after.get("size")) and isinstance(after.get("root"), str)))
        and ("compromisedSince" not in entry or is_time(entry["compromisedSince"]))
        and ("reason" not in entry or entry["reason"] in ("rotated", "lost", "compromised", "superseded"))
        and ("incident" not in entry or is_id(entry["incident"]))
        and ("records" not in entry or (isinstance(records, dict) and is_count(records.get("from")) and is_count(records.get("to"))))
        and ("body" not in entry or is_reference(entry["body"]))
        and (
            "signatures" not in entry
            or (
                isinstance(signatures, list)
                and len(signatures) <= 8
                and all(isinstance(s, dict) and isinstance(s.get("key"), str) and isinstance(s.get("signature"), str) for s in signatures)
            )
        )
    )


def is_head(entry):
    return (
        entry["kind"] == "head"
        and is_count(entry.get("size"))
        and isinstance(entry.get("root"), str)
        and all(name not in entry or is_id(entry[name]) for name in ("use", "target"))
        and all(name not in entry or is_time(entry[name]) for name in ("sent", "received"))
        and all(name not in entry or is_reference(entry[name]) for name in ("checkpoint", "receipt"))
    )


REASONS = ("retention", "erasure-request", "contract-end", "order", "mistake", "other")


def is_disposal(entry):
    items = entry.get("items")
    return (
        entry["kind"] == "disposal"
        and isinstance(items, list)
        and 1 <= len(items) <= 64
        and all(is_disposed(item) for item in items)
        and entry.get("reason") in REASONS
        and is_id(entry.get("authority"))
        and ("body" not in entry or is_reference(entry["body"]))
    )


def is_disposed(item):
    return (
        isinstance(item, dict)
        and is_digest(item.get("digest"))
        and is_count(item.get("size"))
        and isinstance(item.get("entries"), list)
        and 1 <= len(item["entries"]) <= 256
        and all(is_count(index) for index in item["entries"])
    )
