"""FORMAT.md §2: bytes, times, canonical JSON."""

import base64
import datetime
import hashlib
import json
import re

MAX_SAFE = 2**53 - 1


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


def is_id(value):
    return isinstance(value, str) and ID.fullmatch(value) is not None


EPOCH = datetime.datetime(1970, 1, 1)


def milliseconds(time):
    """A Time as its number of milliseconds since 1970."""
    if time.startswith("0000"):
        # Python's dates begin with the year 1; 0000 was a leap year as 0400 was, and 400 years have 146,097 days.
        return milliseconds("0400" + time[4:]) - 146_097 * 86_400_000
    since = datetime.datetime.strptime(time[:-1] + "000", "%Y-%m-%dT%H:%M:%S.%f") - EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def time_of(instant):
    """The other way round; times of no year from 1 to 9999 as a number."""
    try:
        moment = EPOCH + datetime.timedelta(milliseconds=instant)
    except OverflowError:
        return str(instant)
    return f"{moment.year:04}-{moment:%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def interval_of(value):
    """(from, to) in milliseconds, or None: both Times, neither before the other's start."""
    if not isinstance(value, dict) or not is_time(value.get("from")) or not is_time(value.get("to")):
        return None
    start, end = milliseconds(value["from"]), milliseconds(value["to"])
    return (start, end) if start <= end else None
