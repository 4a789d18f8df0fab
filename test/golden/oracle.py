#!/usr/bin/env python3
"""Verdicts on the incidents of incidents.json under the five shipped policies, worked out apart from the program.

Reads incidents.json and writes verdicts.<policy>.txt beside it, or prints them with --print. Shares no code with the program: the
rules below are a second reading of the procedures and of the choices that controls/policies/*.yaml print, time zones come from
Python's zoneinfo. What is not known exactly is decided by trying every time that it can mean: where all of them agree that is the
verdict, otherwise nobody can say. Whatever `hand` says of an incident was worked out by a person; the script stops where it
finds something else.
"""

import json
import sys
from datetime import date, datetime, timedelta, timezone
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
AHEAD = 5 * MINUTE  # by how much a source's clock may be ahead of ours
NEVER = 1 << 60

# ---------------------------------------------------------------------------------------------------------------- the rules
# Levels worst first. A clock: from, to, and how long by level; None is "no number".

POLICIES = {
    "critical-low": {
        "levels": ["Critical", "High", "Medium", "Low"],
        "clocks": {
            "respond": ("detected", "responded", {"Critical": "within 1h", "High": "within 4h", "Medium": "within 1bd", "Low": "within 5bd"}),
        },
        "review": {"of": [("Critical", None), ("High", None)], "term": "within 5bd", "by": "review"},
        "contract": "within 48h",
    },
    "critical-low-untimed": {
        "levels": ["Critical", "High", "Medium", "Low"],
        "clocks": {"respond": ("detected", "responded", {"Critical": None, "High": None, "Medium": None, "Low": None})},
        "updates": {
            "until-resolved": {
                "from": "contained", "terms": {"Critical": None, "High": None},
                "channels": {"status-page", "email", "support"}, "to": "customers",
            },
        },
        "review": {"of": [("Critical", None), ("High", None), ("Medium", None), ("Low", None)], "term": None, "by": "review"},
        "reasons": True,
        "decide": {"Critical": None, "High": None, "Medium": None, "Low": None},
        # It names no calendar: nobody knows its holidays.
        "calendar": {"holidays": {}, "always": False},
    },
    "sev1-4": {
        "levels": ["Sev1", "Sev2", "Sev3", "Sev4"],
        "clocks": {
            "respond": ("detected", "responded", {"Sev1": "within 15m", "Sev2": "within 2h", "Sev3": "within 24h", "Sev4": "within 72h"}),
            "record": ("detected", "created", {"Sev1": None, "Sev2": None, "Sev3": None, "Sev4": None}),
        },
        "review": {"of": [("Sev1", None), ("Sev2", None)], "term": "within 5bd", "by": "review"},
        "minimum": {"key-compromise": "Sev1"},
    },
    "p0-p2": {
        "levels": ["P0", "P1", "P2"],
        "clocks": {
            "acknowledge": ("detected", "told", {"P0": "within 30m", "P1": "within 30m", "P2": "within 4bh"}),
            "resolve": ("detected", "resolved", {"P0": None, "P1": "within 8bh", "P2": "within 5bd"}),
        },
        "updates": {
            "public": {
                "from": "acknowledged", "terms": {"P0": "every 60m", "P1": "every 60m", "P2": "every 1bd"},
                "channels": {"status-page"}, "to": None,
            },
        },
        "review": {"of": [("P0", None), ("P1", HOUR)], "term": "within 7bd", "by": "published"},
        "publicReview": {"of": [("P0", None), ("P1", HOUR)], "term": "within 7bd", "by": "published"},
        "minimum": {"customer-data-accessed": "P0"},
    },
    "p1-p4": {
        "levels": ["P1", "P2", "P3", "P4"],
        "clocks": {
            "triage": ("detected", "triaged", {"P1": "under 15m", "P2": "under 1h", "P3": "under 4h", "P4": "within 1bd"}),
            "acknowledge": ("detected", "acknowledged", {"P1": "within 15m", "P2": None, "P3": None, "P4": None}),
            "commander": ("detected", "commander", {"P1": "within 15m", "P2": "within 15m"}),
            "detect": ("occurred", "detected", {"P1": None, "P2": None, "P3": None, "P4": None}),
        },
        "updates": {
            "internal": {
                "from": "detected", "terms": {"P1": None, "P2": None}, "channels": {"chat"}, "to": "internal",
                "natures": {"availability", "both"},
            },
        },
        "review": {"of": [("P1", None), ("P2", None)], "term": "within 5bd", "by": "review"},
        "decide": {"P1": "under 15m", "P2": "under 1h", "P3": "under 4h", "P4": "within 1bd"},
        "minimum": {"customer-data-accessed": "P1"},
    },
}
RANKS = ["critical", "high", "medium", "low"]
# Where several clocks of one incident differ, the gravest shows.
GRAVITY = ["not_met", "invalid", "indeterminate", "no_data", "pending", "met", "no_target"]
WORD = {
    "occurred": "begun", "detected": "noticed", "responded": "answered", "told": "told on status page and by e-mail", "resolved": "resolved",
    "triaged": "triaged", "acknowledged": "acknowledged", "commander": "commander named", "contained": "contained",
    "created": "recorded", "review": "review approved", "published": "published",
}


def label(policy, severity):
    """What a policy calls a neutral severity; a word of its own stays what it is. p0-p2 has no low: its lowest stands in."""
    if isinstance(severity, dict):
        return severity["word"]
    levels = POLICIES[policy]["levels"]
    return levels[min(RANKS.index(severity), len(levels) - 1)]


# ------------------------------------------------------------------------------------------------------------------- times


class Stamp:
    """A time and how exactly it is known: the true one is between first and last, both included."""

    def __init__(self, text, zone):
        if "T" not in text:  # a date alone: any moment of that local day
            day = date.fromisoformat(text)
            self.first = midnight(day, zone)
            self.last = midnight(day + timedelta(days=1), zone) - 1
        else:
            self.first = ms(datetime.fromisoformat(text))
            # Without seconds: any moment of that minute.
            minutes_only = len(text.split("T")[1].split("+")[0].split("-")[0].split("Z")[0]) == 5
            self.last = self.first + (MINUTE - 1 if minutes_only else 0)
        self.text = text

    @property
    def exact(self):
        return self.first == self.last


def bounded(first, last, stamps):
    """A time between two bounds that several times leave."""
    made = Stamp.__new__(Stamp)
    made.first, made.last = first, last
    made.text = next((one.text for one in stamps if (one.first, one.last) == (first, last)), None)
    return made


def ms(moment):
    delta = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds // 1000


def midnight(day, zone):
    return ms(datetime(day.year, day.month, day.day, tzinfo=zone))


def local(at, zone):
    return (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=at)).astimezone(zone)


def offset(at, zone):
    seconds = int(local(at, zone).utcoffset().total_seconds())
    sign = "-" if seconds < 0 else "+"
    return f"{sign}{abs(seconds) // 3600:02d}:{abs(seconds) % 3600 // 60:02d}"


def clock(at, zone):
    """A time of the wall clock as short as it can be said: Wed 2026-06-10 10:00 +02:00."""
    there = local(at, zone)
    time = f"{there:%H:%M}"
    if at % MINUTE:
        time = f"{there:%H:%M:%S}" + (f".{at % SECOND:03d}" if at % SECOND else "")
    return f"{there:%a %Y-%m-%d} {time} {offset(at, zone)}"


def said(stamp, zone):
    if stamp.exact:
        return clock(stamp.first, zone)
    if stamp.text is None:
        return f"between {clock(stamp.first, zone)} and {clock(stamp.last, zone)}"
    if stamp.last - stamp.first == MINUTE - 1:
        return f"{clock(stamp.first, zone)} to the minute"
    return f"some time of {local(stamp.first, zone):%a %Y-%m-%d}"


def stands(at, zone):
    """The form of a due time in the table."""
    there = local(at, zone)
    time = f"{there:%H:%M:%S}" + (f".{at % SECOND:03d}" if at % SECOND else "")
    return f"{there:%Y-%m-%d}T{time}{offset(at, zone)}"


def length(span):
    hours, rest = divmod(span, HOUR)
    text = f"{hours}:{rest // MINUTE:02d}:{rest % MINUTE // SECOND:02d}"
    return text + (f".{span % SECOND:03d}" if span % SECOND else "")


def hours_of(span):
    return f"{span / HOUR:.7f}".rstrip("0").rstrip(".") + " h"


# ---------------------------------------------------------------------------------------------------------------- calendars


class Calendar:
    """Monday to Friday 09:00 to 17:00 without holidays, or around the clock on every day."""

    def __init__(self, place):
        self.zone = ZoneInfo(place["zone"])
        self.always = place.get("always", False)
        listed = place.get("holidays", {})
        self.years = set(listed)
        self.holidays = {date.fromisoformat(f"{year}-{day}") for year, days in listed.items() for day in days.split()}
        self.ends = date.fromisoformat(place["validTo"]) if "validTo" in place else None

    def day(self, at):
        return local(at, self.zone).date()

    def standing(self, day):
        """sure; unlisted: a day of work unless it is a holiday that nobody listed; after: beyond the end of the calendar."""
        if self.ends and day > self.ends:
            return "after"
        if self.works(day) and not self.always and str(day.year) not in self.years:
            return "unlisted"
        return "sure"

    def works(self, day):
        return self.always or (day.weekday() < 5 and day not in self.holidays)

    def span(self, day):
        if self.always:
            return midnight(day, self.zone), midnight(day + timedelta(days=1), self.zone)
        at = lambda hour: ms(datetime(day.year, day.month, day.day, hour, tzinfo=self.zone))
        return at(9), at(17)


def lacking(days):
    """How many holidays a list can lack over so many days of work: two weeks of work and one day in ten."""
    return 10 + -(-days // 10)


class Due:
    """The last millisecond in time: by the earliest reading and by the latest; `shown` is the due time as people say it."""

    def __init__(self, lo, hi, shown, words):
        self.lo, self.hi, self.shown, self.words = lo, hi, shown, words


def walk(calendar, start, late, spare):
    """The days from that of the start on, each with what of it is worked; None: from here on nobody knows."""
    day = calendar.day(start)
    while True:
        standing = calendar.standing(day)
        if standing == "after":
            if late:
                yield day, None
                return
            yield day, (midnight(day, calendar.zone), midnight(day + timedelta(days=1), calendar.zone))
        elif not calendar.works(day):
            yield day, ()
        elif standing == "unlisted" and late and spare > 0 and day != None:
            spare -= 1
            yield day, ()
        else:
            yield day, calendar.span(day)
        day += timedelta(days=1)


def business_days(calendar, start, count):
    """The end of the so-manieth day of work after the day of the start, which does not count."""
    zone = calendar.zone

    def end(late):
        days = walk(calendar, midnight(calendar.day(start) + timedelta(days=1), zone), late, lacking(count))
        counted, skipped = [], []
        for day, span in days:
            if span is None:
                return None, counted, skipped
            (counted if span else skipped).append(day)
            if len(counted) == count:
                return midnight(day + timedelta(days=1), zone), counted, skipped

    early, counted, skipped = end(False)
    late = end(True)[0]
    free = [f"{day:%a %d %b} holiday" for day in skipped if day.weekday() < 5]
    words = f"{count} business day{'s' if count > 1 else ''} after {calendar.day(start):%a %d %b}: " + ", ".join(f"{day:%a %d %b}" for day in counted)
    if free:
        words += f" ({', '.join(free)})"
    words += f"; due with the end of {counted[-1]:%a %Y-%m-%d}"
    if late != early:
        words += ", not before; " + ("the calendar ends before that" if late is None else f"with unlisted holidays by the end of {calendar.day(late - 1):%a %Y-%m-%d} at the latest")
    return Due(early - 1, NEVER if late is None else late - 1, early, words)


def business_hours(calendar, start, amount):
    """When so many hours of work have passed."""

    def end(late, spare):
        left, parts, days = amount, [], 0
        for day, span in walk(calendar, start, late, spare):
            if span is None:
                return None, parts, days
            if not span:
                continue
            days += 1
            begin = max(span[0], start)
            if begin >= span[1]:
                continue
            if left <= span[1] - begin:
                parts.append(f"{hours_of(left)} on {day:%a %d %b} from {local(begin, calendar.zone):%H:%M}")
                return begin + left, parts, days
            left -= span[1] - begin
            parts.append(f"{hours_of(span[1] - begin)} on {day:%a %d %b}")

    early, parts, days = end(False, 0)
    late = end(True, lacking(days))[0]
    words = f"{amount // HOUR} business hours: {', then '.join(parts)}; due {clock(early, calendar.zone)}"
    if late != early:
        words += ", not before; " + ("the calendar ends before that" if late is None else f"with unlisted holidays {clock(late, calendar.zone)} at the latest")
    return Due(early, NEVER if late is None else late, early, words)


def due_of(start, term, calendar):
    op, text = term.split()
    amount, unit = int("".join(c for c in text if c.isdigit())), "".join(c for c in text if c.isalpha())
    if unit == "bd":
        return business_days(calendar, start, amount)
    if unit == "bh":
        return business_hours(calendar, start, amount * HOUR)
    at = start + amount * {"m": MINUTE, "h": HOUR}[unit]
    last = at - 1 if op == "under" else at
    return Due(last, last, at, f"{op} {text} by the clock: due {clock(at, calendar.zone)}" + (", which is too late itself" if op == "under" else ""))


# ------------------------------------------------------------------------------------------------------------------ verdicts


class Row:
    def __init__(self, word, words, due=None, bound="", level=None):
        self.word, self.words, self.due, self.bound, self.level = word, words, due, bound, level


def possible(start, end, calendar):
    """Every pair of times that could decide: both ends of what each can mean, local midnights within, and equal times."""

    def points(stamp):
        found = {stamp.first, stamp.last}
        day = calendar.day(stamp.first)
        while True:
            day += timedelta(days=1)
            turn = midnight(day, calendar.zone)
            if turn > stamp.last:
                return found
            found |= {turn - 1, turn}

    starts, ends = points(start), points(end)
    inside = lambda stamp, times: {at for at in times if stamp.first <= at <= stamp.last}
    pairs = product(starts | inside(start, ends), ends | inside(end, starts))
    return [(a, b) for a, b in pairs if b >= a]


def contradiction(start, end, now, zone):
    for stamp in (start, end):
        if stamp and stamp.first > now + AHEAD:
            return f"{said(stamp, zone)} is later than now by more than 5 minutes"
    if start and end and end.last < start.first:
        return f"the end {said(end, zone)} is before the start {said(start, zone)}"
    return None


def judge(start, end, now, over, due, calendar, names, closed=None):
    """Whether the end came in time. `due` gives the due time from a start, None where there is no number.

    Open and past its time, what is not recorded is missed; closing it then does not undo that (`closed`). Closed before, nobody knows.
    """
    zone = calendar.zone
    begun, done = WORD.get(names[0], names[0]), WORD.get(names[1], names[1])
    wrong = contradiction(start, end, now, zone)
    if wrong:
        return Row("invalid", wrong)
    if start is None:
        return Row("no_data", f"when it was {begun} is not recorded")
    told = f"{begun} {said(start, zone)}"
    first = due(start.first) if due else None
    shown = first.shown if first else None
    bound = ">=" if first and first.lo != first.hi else ""
    if end is None and over:
        if closed and first and closed.first > max(due(at).hi for at, _ in possible(start, start, calendar)):
            return Row("not_met", f"{told}; {first.words}; closed {said(closed, zone)}, after that, and when it was {done} is not recorded", shown, bound)
        return Row("no_data", f"{told}; closed, and when it was {done} is not recorded", shown, bound)
    until = f"{done} {said(end, zone)}" if end else f"not {done} by {clock(now, zone)}"
    if first is None:
        return Row("no_target", f"{told}; no number; {until}, after {length(max(0, (end.first if end else now) - start.first))}")
    words = f"{told}; {first.words}; {until}"
    answers = set()
    pairs = possible(start, end, calendar) if end else [(at, now) for at, _ in possible(start, start, calendar)]
    for begin, finish in pairs:
        limit = due(begin)
        answers.add("in time" if finish <= limit.lo else "late" if finish > limit.hi else "unsure")
    if answers == {"in time"}:
        word = "met" if end else "pending"
    elif answers == {"late"}:
        word = "not_met"
    else:
        word = "indeterminate"
    last = end.last if end else now
    if word in ("met", "pending"):
        words += f": {length(first.lo - last)} left" if last != first.lo else ": the last moment in time"
    elif word == "not_met":
        words += f": {length((end.first if end else now) - min(first.lo, last))} after the last moment in time"
    else:
        words += ": in time or not, depending on what is not known"
    return Row(word, words, shown, bound)


def gravest(rows):
    return min(rows, key=lambda row: GRAVITY.index(row.word))


class Case:
    """One incident under one policy."""

    def __init__(self, incident, policy, calendar, now):
        self.of, self.policy, self.rules, self.calendar, self.now = incident, policy, POLICIES[policy], calendar, now
        zone = calendar.zone
        read = lambda text: None if text is None else Stamp(text, zone)
        self.times = {
            name: read(incident.get(name))
            for name in ("occurred", "detected", "created", "responded", "acknowledged", "triaged", "commander", "contained", "resolved", "published", "closed", "review")
        }
        answered = incident.get("answered")
        messages = incident.get("messages")
        if answered is not None:
            for name in ("responded", "acknowledged", "triaged", "commander", "created"):
                self.times[name] = self.times[name] or read(answered)
            if messages is None:
                messages = [
                    {"at": answered, "channel": "status-page", "audience": "public"},
                    {"at": answered, "channel": "email", "audience": "customers"},
                ]
        self.messages = [(read(one["at"]), one["channel"], one["audience"]) for one in messages or []]
        self.tells = incident.get("source") != "tickets"
        self.over = self.times["closed"] is not None
        given = incident.get("history") or ([] if incident["severity"] is None else [{"severity": incident["severity"], "at": None}])
        self.given = [(label(policy, one["severity"]), read(one["at"])) for one in given]
        self.known = [(level, at) for level, at in self.given if level in self.rules["levels"]]
        self.unknown = [level for level, _ in self.given if level not in self.rules["levels"]]
        self.peak = min((level for level, _ in self.known), key=self.rules["levels"].index, default=None)

    def running(self, start):
        """The clocks that severities leave running: (as, level, start, whether its start is sure)."""
        if not self.given:
            return []
        level, _ = self.given[0]
        clocks = [("first", level, start, True)] if level in self.rules["levels"] else []
        if self.peak and self.peak != level:
            at, sure = next((at, at is not None) for one, at in self.known if one == self.peak)
            # Before the incident was noticed no clock runs.
            clocks.append(("peak", self.peak, at if at and start and at.first > start.first else start, sure))
        return clocks

    def unjudged(self):
        if self.unknown:
            return [Row("indeterminate", f'the severity "{self.unknown[0]}" is none of these rules')]
        return [] if self.given else [Row("indeterminate", "no severity was given")]

    def clock(self, name):
        begin, finish, terms = self.rules["clocks"][name]
        start, end, over, nobody = self.times[begin], self.times.get(finish), self.over, None
        self.ends = None if finish == "told" else self.times["closed"]
        if finish == "told":
            start, end, over, nobody = self.times[begin], *self.told()
        if not self.unknown and self.known and not any(level in terms for level, _ in self.known):
            return {}
        rows = []
        if start is None and self.peak in terms:
            rows = [("first", Row("no_data", f"when it was {WORD[begin]} is not recorded", level=self.peak))]
        for which, level, since, sure in self.running(start) if start else []:
            if level not in terms:
                continue
            rows.append((which, self.one(level, since, sure, which, start, end, over, terms[level], (begin, finish))))
            rows[-1][1].level = level
            if nobody and rows[-1][1].word != "invalid":
                rows[-1] = (which, Row("no_data", nobody, rows[-1][1].due, rows[-1][1].bound, level))
        found = {f"{name}/{which}": row for which, row in rows} if len(rows) > 1 else {}
        all_rows = [row for _, row in rows] + self.unjudged()
        return {name: gravest(all_rows), **found} if all_rows else {}

    def one(self, level, since, sure, which, start, end, over, term, names):
        due = (lambda at: due_of(at, term, self.calendar)) if term else None
        if which == "peak" and end and end.last < since.first and not end.last < start.first and not contradiction(None, end, self.now, self.calendar.zone):
            return Row("met" if term else "no_target", f"{WORD[names[1]]} {said(end, self.calendar.zone)}, before it became {level} {said(since, self.calendar.zone)}")
        row = judge(since, end, self.now, over, due, self.calendar, names if which == "first" else (f"became {level}", names[1]), self.ends)
        if row.word == "not_met" and not sure:
            return Row("indeterminate", f"when it became {level} is not recorded; by the earliest: {row.words}", row.due, row.bound)
        return row

    def told(self):
        """When customers were told on the status page and by e-mail: the later of the two first messages."""
        if not self.tells:
            return None, self.over, "its source tells of no messages"
        page = [at for at, channel, _ in self.messages if channel == "status-page"]
        mail = [at for at, channel, audience in self.messages if channel == "email" and audience == "customers"]
        if not page or not mail:
            return None, False, None
        # The first of several was sent between the earliest moment of any and the moment by which one certainly was.
        first = lambda stamps, pick: bounded(pick(one.first for one in stamps), pick(one.last for one in stamps), stamps)
        return first([first(page, min), first(mail, min)], max), self.over, None

    def needs(self, rule):
        """Whether a review is asked for: yes, no, or None where nobody can say."""
        answers = []
        for level, longer in rule["of"]:
            worst = self.rules["levels"][0]
            if self.unknown and self.peak != worst or self.peak is None:
                answers.append(None if not longer else self.lasting(longer) and None)
            elif self.peak != level:
                answers.append(False)
            else:
                answers.append(True if longer is None else self.lasting(longer))
        return True if True in answers else None if None in answers else False

    def lasting(self, longer):
        begin, finish = self.times["detected"], self.times["resolved"]
        if begin is None:
            return None
        if finish is None:
            # Closed, it does not go on, and nobody knows how long it did.
            return True if not self.over and self.now - begin.last > longer else None
        if finish.first - begin.last > longer:
            return True
        return None if finish.last - begin.first > longer else False

    def review(self, name):
        rule = self.rules[name]
        needed = self.needs(rule)
        if needed is False:
            return {}
        start, end = self.times["resolved"], self.times[rule["by"]]
        if start is None and not self.over:
            return {name: Row("pending", "not resolved yet; the review is due after that")}
        if needed is None:
            return {name: Row("indeterminate", "whether a review is asked for is not known")}
        due = (lambda at: due_of(at, rule["term"], self.calendar)) if rule["term"] else None
        # A review comes after an incident is closed: closing ends nothing.
        row = judge(start, end, self.now, False, due, self.calendar, ("resolved", rule["by"]))
        if start is None:
            # Whenever it was resolved, that was not after it was closed: late from then is late in any case.
            latest = judge(self.times["closed"], end, self.now, False, due, self.calendar, ("closed", rule["by"]))
            row = latest if latest.word == "not_met" else row
        if row.word == "no_target" and end is None:
            row = Row("pending", row.words)
        row.level = self.peak
        return {name: row}

    def updates(self, name):
        rule = self.rules["updates"][name]
        key = f"updates:{name}"
        if rule.get("natures") and self.of.get("nature", "security") not in rule["natures"]:
            return {}
        terms = rule["terms"]
        if not self.unknown and self.known and not any(level in terms for level, _ in self.known):
            return {}
        if not self.tells:
            return {key: Row("no_data", "its source tells of no messages")}
        start, end = self.times[rule["from"]], self.times["resolved"]
        if start is None:
            waits = end is None and not self.over
            return {key: Row("pending" if waits else "no_data", f"when it was {WORD[rule['from']]} is not recorded")}
        sent = [at for at, channel, audience in self.messages if channel in rule["channels"] and rule["to"] in (None, audience, "customers" if channel == "status-page" and audience == "public" else audience)]
        rows = [self.rhythm(level, since, end, sent, terms[level]) for _, level, since, _ in self.running(start) if level in terms]
        rows += self.unjudged()
        return {key: gravest(rows)} if rows else {}

    def rhythm(self, level, start, end, sent, term):
        zone = self.calendar.zone
        for stamp in sent:
            if stamp.first > self.now + AHEAD:
                return Row("invalid", "an update later than now", level=level)
        wrong = contradiction(start, end, self.now, zone)
        if wrong:
            return Row("invalid", wrong, level=level)
        if end is None and self.over:
            # What was missed while it was open is not undone by closing it without saying when it was over.
            missed = self.rhythm(level, start, self.times["closed"], sent, term)
            return missed if missed.word == "not_met" else Row("no_data", "closed, and when it was resolved is not recorded", level=level)
        told = f"from {said(start, zone)} to {said(end, zone) if end else 'now, ' + clock(self.now, zone)}; updates: " + (", ".join(said(one, zone) for one in sent) or "none")
        if term is None:
            inside = [one for one in sent if one.last >= start.first and (end is None or one.first <= end.last)]
            sure = [one for one in sent if one.first >= start.last and (end is None or one.last <= end.first)]
            none, some = ("pending", "no_target") if end is None else ("not_met", "met")
            word = some if sure else "indeterminate" if inside else none
            return Row(word, f"{told}; no number, one at least: {len(inside)}", level=level)
        judge_one = self.silences if term == "every 60m" else self.dates
        worlds = product(*[{one.first, one.last} for one in [start, *([end] if end else []), *sent]])
        answers, words = set(), ""
        for world in sorted(worlds):
            begin, finish = world[0], world[1] if end else max(self.now, world[0])
            if finish < begin:
                continue
            answer, why = judge_one(begin, finish, world[2 if end else 1 :], end is None)
            words = words or why
            answers.add(answer)
        word = answers.pop() if len(answers) == 1 else "indeterminate"
        due = self.next_due(start, sent, term) if word == "pending" else None
        return Row(word, f"{told}; {term}: {words}", due, level=level)

    def silences(self, begin, finish, sent, running):
        points = [begin, *sorted(at for at in sent if begin < at < finish), finish]
        longest, after = max((b - a, a) for a, b in zip(points, points[1:]))
        words = f"longest silence {length(longest)} after {clock(after, self.calendar.zone)}"
        return "not_met" if longest > HOUR else "pending" if running else "met", words

    def dates(self, begin, finish, sent, running):
        zone, missing, unsure = self.calendar.zone, [], []
        day = self.calendar.day(begin)
        while True:
            starts, ends = midnight(day, zone), midnight(day + timedelta(days=1), zone)
            if starts >= max(finish, begin + 1):
                break
            standing = self.calendar.standing(day)
            works = standing == "after" or self.calendar.works(day)
            if works and not any(starts <= at < ends for at in sent) and not (running and self.now < ends):
                (missing if standing == "sure" else unsure).append(day)
            day += timedelta(days=1)
        if missing:
            return "not_met", "nothing on " + ", ".join(f"{day:%a %d %b}" for day in missing[:3]) + ("" if len(missing) < 4 else f" and {len(missing) - 3} more")
        if unsure:
            return "indeterminate", f"nothing on {unsure[0]:%a %d %b}, of which the calendar does not know whether it was a business day"
        return "pending" if running else "met", "something on every business day"

    def next_due(self, start, sent, term):
        if term == "every 60m":
            return max([start.first, *[one.first for one in sent]]) + HOUR
        zone, day = self.calendar.zone, self.calendar.day(self.now)
        has = lambda day: any(self.calendar.day(one.first) == day for one in sent)
        while not self.calendar.works(day) or has(day):
            day += timedelta(days=1)
        return midnight(day + timedelta(days=1), zone)

    # ------------------------------------------------------------------------------------------------- law and contract

    def law(self):
        breach = self.of.get("breach")
        if breach is None:
            return {}
        zone = self.calendar.zone
        read = lambda name: Stamp(breach[name], zone) if name in breach else None
        aware = read("aware") or self.times["detected"]
        names = lambda end: ("known" if "aware" in breach else "detected", end)
        if breach["role"] == "controller":
            told = read("authority")
            row = judge(aware, told, self.now, False, self.legal, self.calendar, names("authority told"))
            decided = [breach.get(name) for name in ("riskBy", "riskAt", "riskReason")]
            if told is None and breach.get("risk") == "unlikely" and all(decided):
                row = Row("met", f"not told: a risk was decided to be unlikely, by whom, when ({said(read('riskAt'), zone)}) and why")
            if row.word == "not_met" and told is not None and "delayReason" in breach:
                row = Row("indeterminate", f"{row.words}; reasons for the delay are recorded, a person has to say", row.due, row.bound)
            return {"authority": row}
        told = read("controller")
        row = judge(aware, told, self.now, False, None, self.calendar, names("controllers told"))
        if told is None:
            ended = self.over or self.times["resolved"] is not None
            row = Row("not_met" if ended else "pending", f"{row.words}; " + ("over, and nobody was told" if ended else "it still runs"))
        found = {"controllers": row}
        if "contract" in self.rules:
            due = lambda at: due_of(at, self.rules["contract"], self.calendar)
            found["contract"] = judge(aware, told, self.now, False, due, self.calendar, names("controllers told"))
        return found

    def legal(self, at):
        """72 hours: strictly so, or by the widest reading of Regulation 1182/71 (full hours, at least two working days)."""
        zone = self.calendar.zone
        strict = at + 72 * HOUR
        wall = local(at, zone)
        full = at + HOUR - (wall.minute * MINUTE + wall.second * SECOND + wall.microsecond // 1000)
        days, day, spare = 0, self.calendar.day(at), 5
        latest = full + 72 * HOUR
        while days < 2:
            day += timedelta(days=1)
            if self.calendar.ends and day > self.calendar.ends:
                return Due(strict, NEVER, strict, f"72 h: {clock(strict, zone)}; the calendar ends before the latest reading")
            if day.weekday() > 4 or day in self.calendar.holidays:
                continue
            if str(day.year) not in self.calendar.years and spare:
                spare -= 1
                continue
            days += 1
        latest = max(latest, midnight(day + timedelta(days=1), zone) - 1)
        return Due(strict, latest, strict, f"72 h: {clock(strict, zone)}; by the widest reading of EU law {clock(latest, zone)}")

    # ------------------------------------------------------------------------------------------------------- plain questions

    def questions(self):
        found = {}
        if self.unknown:
            found["severity"] = Row("not_met", f'"{self.unknown[0]}" is no severity of these rules')
        elif not self.given:
            found["severity"] = Row("indeterminate", "no severity was given")
        lacks = [one for one in (self.of.get("history") or [])[1:] if None in (one["at"], one["by"], one["reason"])]
        if self.rules.get("reasons") and lacks:
            found["reason"] = Row("not_met", "a change of severity does not say when, by whom or why")
        levels = self.rules["levels"]
        for tag, least in self.rules.get("minimum", {}).items():
            if tag in self.of.get("tags", []) and levels.index(self.peak) > levels.index(least):
                found["minimum"] = Row("not_met", f"{self.peak}, and {tag} asks for {least}")
        for before, after in (("occurred", "detected"), ("resolved", "closed")):
            a, b = self.times[before], self.times[after]
            if a and b and a.first > b.last:
                found["order"] = Row("not_met", f"{before} is after {after}")
        return found

    def rows(self):
        rules = self.rules
        found = {}
        for name in rules["clocks"]:
            found.update(self.clock(name))
        for name in rules.get("updates", {}):
            found.update(self.updates(name))
        for name in ("review", "publicReview"):
            if name in rules:
                found.update(self.review(name))
        return {**found, **self.law(), **self.questions()}


def decision(report, policy, incidents, calendar, now):
    """Whether it was decided in time what a report is; by the first severity of the incident that it became."""
    terms = POLICIES[policy].get("decide")
    if terms is None:
        return {}
    read = lambda name: Stamp(report[name], calendar.zone) if name in report else None
    received, decided = read("received"), read("decided")

    def one(level):
        due = (lambda at: due_of(at, terms[level], calendar)) if terms[level] else None
        row = judge(received, decided, now, False, due, calendar, ("received", "decided"))
        return Row(row.word, row.words, row.due, row.bound, level)

    if received is None:
        return {"decision": Row("no_data", "when it was received is not recorded")}
    if decided is None:
        # Nobody knows its severity yet: too late only where it is for all of them.
        rows = [one(level) for level in terms]
        row = next((row for row in rows if row.word != "not_met"), rows[-1])
        return {"decision": Row(row.word, f"whatever severity it will have: {row.words}", row.due, row.bound)}
    if "incident" not in report:
        # It has no severity, and so no time of its own; but it was too late where it would have been for all of them.
        rows = [one(level) for level in terms]
        if any(row.word != "not_met" for row in rows):
            return {}
        row = rows[-1]
        return {"decision": Row(row.word, f"whatever severity it would have had: {row.words}", row.due, row.bound)}
    case = Case(incidents[report["incident"]], policy, calendar, now)
    if case.given[0][0] not in terms:
        return {"decision": Row("indeterminate", f'the severity "{case.given[0][0]}" is none of these rules')}
    return {"decision": one(case.given[0][0])}


# --------------------------------------------------------------------------------------------------------------------- tables


def by_hand(incident, policy, rows, zone):
    """What a person worked out must be what the script finds."""
    for line in incident["hand"]:
        named, target, word, *due = line.split()
        if named != policy:
            continue
        row = rows.get(target)
        got = "none" if row is None else row.word
        if got != word:
            raise SystemExit(f"{incident['id']}: {policy} {target}: by hand {word}, found {got}: {row and row.words}")
        if due and (row is None or row.due != ms(datetime.fromisoformat(due[0]))):
            raise SystemExit(f"{incident['id']}: {policy} {target}: by hand due {due[0]}, found {row and row.due and stands(row.due, zone)}")


def tables():
    shared = json.loads((HERE / "incidents.json").read_text())
    now = ms(datetime.fromisoformat(shared["now"]))
    calendars = {name: Calendar(place) for name, place in shared["places"].items()}
    for policy in POLICIES:
        lines = ["about | judged | verdict | severity | due | arithmetic"]
        incidents = {one["id"]: one for one in shared["incidents"]}
        for one in [*shared["incidents"], *shared["reports"]]:
            calendar = calendars[one.get("place", "berlin")]
            if "calendar" in POLICIES[policy]:
                calendar = Calendar({**shared["places"][one.get("place", "berlin")], **POLICIES[policy]["calendar"]})
            is_report = "severity" not in one
            rows = decision(one, policy, incidents, calendar, now) if is_report else Case(one, policy, calendar, now).rows()
            by_hand(one, policy, rows, calendar.zone)
            for target, row in rows.items():
                due = "-" if row.due is None else row.bound + stands(row.due, calendar.zone)
                lines.append(f"{one['id']} | {target} | {row.word} | {row.level or '-'} | {due} | {row.words}")
        yield policy, "\n".join(lines) + "\n"


if __name__ == "__main__":
    for policy, text in tables():
        if "--print" in sys.argv:
            sys.stdout.write(f"== verdicts.{policy}.txt\n{text}")
        else:
            (HERE / f"verdicts.{policy}.txt").write_text(text)
