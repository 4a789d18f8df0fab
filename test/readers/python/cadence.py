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


def cadence_of(text):
    """`daily` … `yearly`, a number of minutes below a day, or None."""
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


class Windows:
    """The bounds of a cadence from before `low` to after `high`, with two whole windows to spare on each side."""

    def __init__(self, cadence, zone, low, high, most):
        spare = 3 * NAMED.get(cadence, 1) + 2
        days = (high - low) // 86_400_000 + 2 * spare
        if days // NAMED.get(cadence, 1) * (1440 // cadence if isinstance(cadence, int) else 1) > most:
            raise TooMany(f"more than {most} windows")
        try:
            first = (EPOCH + datetime.timedelta(milliseconds=low) - spare * DAY).date()
            last = (EPOCH + datetime.timedelta(milliseconds=high) + spare * DAY).date()
            steps = range(0, 1440, cadence) if isinstance(cadence, int) else [0]
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
