"""FORMAT.md §13: which evidence was expected, and what became of it. Times are milliseconds."""

import bisect
import re

from cadence import TooMany, Windows, cadence_of, zone_of
from canonical import canonical, is_count, is_id, is_time, milliseconds, time_of
from entries import is_reference

MOST = 500_000
FOREVER = float("inf")
UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def verdicts(entries):
    """COMPLETENESS and FRESHNESS of the signed entries; None where they are not known to be the signed ones."""
    if entries is None:
        return {"word": "holes", "reason": "not judged"}, {"word": "never", "reason": "not judged"}
    expected = Expected()
    for _, entry in entries:
        expected.add(entry)
    try:
        return expected.completeness(), expected.freshness()
    except TooMany as error:
        return {"word": "holes", "reason": str(error)}, {"word": "never", "reason": str(error)}


def duration(text):
    match = re.fullmatch(r"([0-9]{1,6})(ms|s|m|h|d)", text) if isinstance(text, str) else None
    return int(match[1]) * UNITS[match[2]] if match else None


def interval(value):
    """(from, to) of anything that has two Times, also where it is empty."""
    if not isinstance(value, dict) or not is_time(value.get("from")) or not is_time(value.get("to")):
        return None
    return milliseconds(value["from"]), milliseconds(value["to"])


def merged(intervals):
    out = []
    for start, end in sorted(i for i in intervals if i[0] < i[1]):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def without(intervals, start, end):
    return [part for a, b in intervals for part in ((a, min(b, start)), (max(a, end), b)) if part[0] < part[1]]


class Run:
    def __init__(self, entry):
        self.at, self.outcome, self.slot = milliseconds(entry["at"]), entry["outcome"], entry.get("slot")
        self.started = milliseconds(entry["started"])
        self.window, self.backfill = interval(entry["window"]), entry["trigger"] == "backfill"
        counts = self.outcome in ("collected", "partial")
        covered = [interval(c) for c in entry["covered"]] if counts else []
        self.covered = merged((start, min(end, self.at)) for start, end in covered)
        self.instants = sorted(i for i in map(milliseconds, entry.get("instants", []) if counts else []) if i <= self.at)

    @property
    def succeeded(self):
        return not self.backfill and bool(self.covered or self.instants)


class Slot:
    def __init__(self, start, end, record):
        self.start, self.end, self.record = start, end, record
        self.due = end + record["grace"]


class Instance:
    def __init__(self, since, record):
        self.name, self.since = record["id"], since
        self.records, self.raw = [(since, terms(record))], canonical(record)
        self.runs, self.paused, self.retired, self.gaps = [], [], [], []

    def declare(self, at, record):
        if canonical(record) != self.raw:
            self.raw = canonical(record)
            self.records.append((at, terms(record)))

    def plan(self, entry):
        start = max(milliseconds(entry["from"]), milliseconds(entry["at"]))
        until = milliseconds(entry["to"]) if "to" in entry else FOREVER
        if entry["action"] == "pause":
            self.paused.append((start, until))
        elif entry["action"] == "retire":
            self.retired.append((start, FOREVER))
        else:
            self.paused, self.retired = without(self.paused, start, until), without(self.retired, start, until)

    def is_retired(self, time):
        return any(start <= time < end for start, end in self.retired)

    def slots(self, low, as_of):
        """All windows of the cadences in force, from the one that contains `low` to one that begins after `as_of`."""
        changes, out, begin = list(self.records), [], None
        record = changes.pop(0)[1]
        while True:
            start = low if begin is None else begin
            high = max(as_of, start, changes[0][0] if changes else start)
            windows = Windows(record["cadence"], record["zone"], start, high, MOST)
            end, following = None, record
            if changes:
                end = windows.at_or_after(changes[0][0])
                while changes and changes[0][0] <= end:
                    following = changes.pop(0)[1]
            bounds = windows.bounds
            if begin is not None:
                bounds = [begin, *(b for b in bounds if b > begin)]
            for a, b in zip(bounds, bounds[1:]):
                if b > low and (end is None or b <= end):
                    out.append(Slot(a, b, record))
            if end is None:
                return out
            begin, record = end if begin is None else max(begin, end), following

    def first_slot(self, slots):
        run = next((run for run in self.runs if run.succeeded), None)
        if run is None:
            return None
        covered = run.covered[0][0] if run.covered else run.instants[0]
        seen = run.instants[0] if run.instants else covered
        start = max(self.since, min(covered, seen))
        for slot in slots:
            if slot.end <= start or slot.due < run.at or self.is_retired(slot.start):
                continue
            if covered <= slot.start or (slot.record["mode"] == "snapshot" and run.instants and seen < slot.end):
                return slot
        return None

    def lowest(self):
        times = [t for run in self.runs for t in [*(c[0] for c in run.covered), *run.instants]]
        return min([self.since, *times])

    def states(self, as_of):
        """(slot, state) of every slot there is."""
        if not any(run.succeeded for run in self.runs):
            return
        slots = self.slots(self.lowest(), as_of)
        first = self.first_slot(slots)
        stretches = merged(self.paused + self.retired)
        for slot in slots:
            if first is not None and first.start <= slot.start <= as_of and not self.is_retired(slot.start):
                yield slot, self.state(slot, as_of, stretches)

    def state(self, slot, as_of, stretches):
        full, joined, shared, last = None, [], False, None
        for run in self.runs:
            if run.window[0] > slot.due and not run.covered and not run.instants:
                continue
            parts = [(max(a, slot.start), min(b, slot.end)) for a, b in run.covered if a < slot.end and b > slot.start]
            seen = slot.record["mode"] == "snapshot" and any(slot.start <= i <= slot.due for i in run.instants)
            tried = run.slot == f"{self.name}@{time_of(slot.start)}" if run.slot is not None else meets(run.window, slot)
            joined = merged(joined + parts) if parts else joined
            if full is None and (joined == [(slot.start, slot.end)] or (seen and run.outcome == "collected")):
                full = run.at
            if (parts or seen) and run.at <= slot.due:
                shared = True
            if (parts or seen or tried) and slot.start <= run.at <= slot.due:
                last = run
        if full is not None and full <= slot.due:
            return "collected"
        if any(a <= as_of and a < slot.end <= b for a, b in stretches):
            return "paused"
        if as_of <= slot.due:
            return "open" if as_of < slot.end else "due"
        if full is not None:
            return "late"
        if shared:
            return "partial"
        if last is not None:
            return "unavailable" if last.outcome == "unavailable" else "failed"
        return "missed"

    def waited(self, slot):
        last = next((run for run in reversed(self.runs) if run.started <= slot.due), None)
        return last is not None and last.outcome in ("failed", "unavailable") and last.at >= slot.start - 3600_000

    def freshness(self, as_of):
        times = [t for run in self.runs for t in [*(c[1] for c in run.covered), *run.instants]]
        if not times:
            return "never"
        newest = max(times)
        slots = self.slots(min(self.lowest(), newest), max(as_of, newest))
        at = bisect.bisect_right([slot.start for slot in slots], newest) - 1
        slot, following = slots[at], slots[at + 1]
        long, next_long = slot.end - slot.start, following.end - following.start
        point = (2 * (newest - slot.start) * next_long + long) // (2 * long)
        return "stale" if as_of > following.start + point + following.record["grace"] else "current"


def meets(window, slot):
    return window[0] < slot.end and slot.start < window[1]


def terms(record):
    return {
        "mode": record["mode"],
        "cadence": cadence_of(record["cadence"]),
        "zone": zone_of(record["zone"]),
        "grace": duration(record["grace"]),
    }


class Expected:
    def __init__(self):
        self.instances, self.unread, self.as_of = {}, 0, None

    def add(self, entry):
        at = milliseconds(entry["at"])
        self.as_of = at if self.as_of is None else max(at, self.as_of)
        fits = {"config": is_config, "plan": is_plan, "run": is_run, "gap": is_gap, "import": is_import}.get(entry["kind"])
        if fits is None:
            return
        if not fits(entry):
            self.unread += 1
        elif entry["kind"] == "config":
            for record in entry["instances"]:
                if record["id"] in self.instances:
                    self.instances[record["id"]].declare(at, record)
                else:
                    self.instances[record["id"]] = Instance(at, record)
        elif entry["instance"] in self.instances:
            instance = self.instances[entry["instance"]]
            if entry["kind"] == "run":
                instance.runs.append(Run(entry))
            elif entry["kind"] == "plan":
                instance.plan(entry)
            elif entry["kind"] == "gap":
                instance.gaps.append(interval(entry["window"]))

    def completeness(self):
        word, slots = "complete", 0
        for instance in self.instances.values():
            for slot, state in instance.states(self.as_of):
                slots += state not in ("open", "due")
                if state in ("open", "due", "collected", "late"):
                    continue
                noted = any(a <= slot.start and slot.end <= b for a, b in instance.gaps) or instance.waited(slot)
                if state == "missed" and not noted:
                    word = "holes"
                elif word == "complete":
                    word = "accounted"
        return {"word": "holes" if self.unread else word, "slots": slots, "unread": self.unread}

    def freshness(self):
        words = [i.freshness(self.as_of) for i in self.instances.values() if not i.is_retired(self.as_of)]
        return {"word": next((word for word in ("never", "stale") if word in words), "current" if words else "never")}


# --- What these entries need -----------------------------------------------------------------------------------------


def is_config(entry):
    instances = entry.get("instances")
    return (
        is_reference(entry.get("config"))
        and ("catalogue" not in entry or is_reference(entry["catalogue"]))
        and isinstance(entry.get("zone"), str)
        and zone_of(entry["zone"]) is not None
        and isinstance(instances, list)
        and all(is_instance(record) for record in instances)
    )


def is_instance(record):
    return (
        isinstance(record, dict)
        and all(is_id(record.get(name)) for name in ("id", "use", "family"))
        and record.get("mode") in ("window", "snapshot", "inbox")
        and isinstance(record.get("cadence"), str)
        and cadence_of(record["cadence"]) is not None
        and duration(record.get("grace")) is not None
        and isinstance(record.get("zone"), str)
        and zone_of(record["zone"]) is not None
    )


def is_plan(entry):
    return (
        is_id(entry.get("instance"))
        and entry.get("action") in ("pause", "resume", "retire")
        and is_time(entry.get("from"))
        and ("to" not in entry or is_time(entry["to"]))
        and ("body" not in entry or is_reference(entry["body"]))
    )


def is_found(value):
    return isinstance(value, dict) and all(is_count(value.get(name)) for name in ("reader", "facts", "problems"))


def holds_evidence(entry):
    evidence = entry.get("evidence")
    return (
        isinstance(evidence, list)
        and len(evidence) <= 16
        and all(is_reference(item) for item in evidence)
        and ("manifest" not in entry or is_reference(entry["manifest"]))
        and is_id(entry.get("use"))
        and is_id(entry.get("instance"))
        and interval(entry.get("window")) is not None
        and is_count(entry.get("items"))
        and is_found(entry.get("found"))
    )


def is_import(entry):
    return holds_evidence(entry)


def is_run(entry):
    covered, instants = entry.get("covered"), entry.get("instants", [])
    return (
        holds_evidence(entry)
        and entry.get("trigger") in ("schedule", "interim", "manual", "catch-up", "backfill")
        and ("slot" not in entry or isinstance(entry["slot"], str))
        and is_time(entry.get("started"))
        and is_time(entry.get("ended"))
        and entry.get("outcome") in ("collected", "partial", "failed", "unavailable")
        and isinstance(covered, list)
        and all(interval(item) is not None for item in covered)
        and isinstance(instants, list)
        and all(is_time(item) for item in instants)
        and ("reason" not in entry or isinstance(entry["reason"], str))
        and is_count(entry.get("requests"))
        and ("total" not in entry or is_count(entry["total"]))
        and ("clockOffset" not in entry or isinstance(entry["clockOffset"], int))
    )


ACTIONS = ("open", "acknowledge", "accept", "close", "close-late")


def is_gap(entry):
    return (
        all(is_id(entry.get(name)) for name in ("gap", "instance", "requirement"))
        and entry.get("action") in ACTIONS
        and interval(entry.get("window")) is not None
        and is_count(entry.get("slots"))
        and entry["slots"] >= 1
        and ("cause" not in entry or isinstance(entry["cause"], str))
        and ("until" not in entry or is_time(entry["until"]))
        and ("body" not in entry or is_reference(entry["body"]))
    )
