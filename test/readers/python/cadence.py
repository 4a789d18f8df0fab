"""FORMAT.md §13.1: windows of a cadence in a zone. Times are milliseconds."""

import bisect
import datetime
import re
import zoneinfo

from canonical import EPOCH

DAY = datetime.timedelta(days=1)
SECOND = datetime.timedelta(seconds=1)
NAMED = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "yearly": 366}


class TooMany(Exception):
    """More than this verifier counts."""


FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# A leap day is at most eight years from the next.
RAREST = 9 * 366


def field_of(text, low, high):
    """The values of one field of a cron expression, all of them for `*`; None where it is not in the normal form."""
    whole = list(range(low, high + 1))
    if text == "*":
        return whole
    values, runs = [], []
    for item in text.split(","):
        match = re.fullmatch(r"(0|[1-9][0-9]?)(?:-([1-9][0-9]?))?", item)
        if match is None:
            return None
        first = int(match[1])
        last = int(match[2]) if match[2] else first
        if match[2] and last - first < 2:
            return None
        runs.append((first, last, bool(match[2])))
        values += range(first, last + 1)
    if values != sorted(set(values)) or values == whole or values[0] < low or values[-1] > high:
        return None
    # Three that follow each other are a range, and a range is as long as it can be.
    for (_, end, is_range), (start, _, starts_range) in zip(runs, runs[1:]):
        if start == end + 1 and (is_range or starts_range):
            return None
    for one, two, three in zip(runs, runs[1:], runs[2:]):
        if one[1] + 1 == two[0] and two[1] + 1 == three[0]:
            return None
    return values


class Cron:
    def __init__(self, texts, fields):
        minutes, hours, self.days, self.months, self.weekdays = fields
        self.any_day, self.any_weekday = texts[2] == "*", texts[4] == "*"
        self.steps = [hour * 60 + minute for hour in hours for minute in minutes]

    def fires_on(self, day):
        if day.month not in self.months:
            return False
        dated, named = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return dated and named if self.any_day or self.any_weekday else dated or named

    def exists(self):
        return not self.any_weekday or any(MONTH_DAYS[month - 1] >= self.days[0] for month in self.months)


def cron_of(text):
    texts = text.split(" ")
    if len(texts) != 5:
        return None
    fields = [field_of(one, low, high) for one, (low, high) in zip(texts, FIELDS)]
    if None in fields:
        return None
    cron = Cron(texts, fields)
    return cron if cron.exists() else None


def cadence_of(text):
    """`daily` … `yearly`, a number of minutes below a day, a cron expression, or None."""
    if " " in text:
        return cron_of(text)
    if text in NAMED:
        return text
    match = re.fullmatch(r"([1-9][0-9]{0,4})([mh])", "60m" if text == "hourly" else text)
    minutes = int(match[1]) * (60 if match[2] == "h" else 1) if match else 0
    if minutes == 0 or minutes > 1440 or 1440 % minutes:
        return None
    return "daily" if minutes == 1440 else minutes


def zone_of(text):
    try:
        return zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def instant(local, zone):
    """The first moment at or after this wall time; of a repeated one the first."""
    before = local.replace(tzinfo=zone).utcoffset()
    after = local.replace(tzinfo=zone, fold=1).utcoffset()
    found = local - before
    if after > before:
        # Skipped: the transition lies after `low` and at or before `found`.
        low = local - after
        while found - low > SECOND:
            middle = low + (found - low) // 2 // SECOND * SECOND
            if middle.replace(tzinfo=datetime.timezone.utc).astimezone(zone).utcoffset() == before:
                low = middle
            else:
                found = middle
    return (found - EPOCH) // datetime.timedelta(milliseconds=1)


def dates(cadence, first, last):
    """The days on which windows begin."""
    if isinstance(cadence, Cron):
        while first <= last:
            if cadence.fires_on(first):
                yield first
            first += DAY
        return
    if cadence == "weekly":
        first -= first.weekday() * DAY
    while first <= last:
        month = {"monthly": first.month, "quarterly": (first.month - 1) // 3 * 3 + 1, "yearly": 1}.get(cadence)
        if month is None:
            yield first
            first += 7 * DAY if cadence == "weekly" else DAY
        else:
            first = first.replace(month=month, day=1)
            yield first
            months = first.year * 12 + first.month - 1 + {"monthly": 1, "quarterly": 3, "yearly": 12}[cadence]
            first = first.replace(year=months // 12, month=months % 12 + 1)


def nearby(cron, low, high, first, last):
    """The same reach with no more days than three that fire on each side: most crons fire soon."""
    start = (EPOCH + datetime.timedelta(milliseconds=low)).date() - DAY
    end = (EPOCH + datetime.timedelta(milliseconds=high)).date() + DAY
    for step in (-1, 1):
        day, found = (start if step < 0 else end), 0
        while found < 3 and first <= day <= last:
            found += cron.fires_on(day)
            day += step * DAY
        if step < 0:
            start = max(first, day)
        else:
            end = min(last, day)
    return start, end


class Windows:
    """The bounds of a cadence from before `low` to after `high`, with two whole windows to spare on each side."""

    def __init__(self, cadence, zone, low, high, most):
        is_cron = isinstance(cadence, Cron)
        length = 1 if is_cron else NAMED.get(cadence, 1)
        spare = 2 * RAREST if is_cron else 3 * length + 2
        days = (high - low) // 86_400_000 + 2 * (31 if is_cron else spare)
        steps = cadence.steps if is_cron else range(0, 1440, cadence) if isinstance(cadence, int) else [0]
        if days // length * len(steps) > most:
            raise TooMany(f"more than {most} windows")
        try:
            first = (EPOCH + datetime.timedelta(milliseconds=low) - spare * DAY).date()
            last = (EPOCH + datetime.timedelta(milliseconds=high) + spare * DAY).date()
            if is_cron:
                first, last = nearby(cadence, low, high, first, last)
            found = {
                instant(datetime.datetime(day.year, day.month, day.day, step // 60, step % 60), zone)
                for day in dates(cadence, first, last)
                for step in steps
            }
        except (OverflowError, ValueError) as error:
            raise TooMany("times at the end of all years") from error
        self.bounds = sorted(found)

    def at_or_after(self, time):
        return self.bounds[bisect.bisect_left(self.bounds, time)]
