"""Days and months: pure functions over dates, no clock."""

import re
from datetime import date, datetime, time, timedelta

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.sources.files import month_after

LONGEST_GAP = timedelta(days=31)


def parse_day(text: str) -> date:
    """A day as YYYY-MM-DD. Raises ConfigurationError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{text!r} is no day. Nothing was written. Write it as 2022-08-31.") from None


def parse_month(text: str) -> date:
    """The first day of a month written YYYY-MM. Raises ConfigurationError."""
    match = re.fullmatch(r"([12]\d{3})-(0[1-9]|1[0-2])", text)
    if match is None:
        raise ConfigurationError(f"{text!r} is no month. Nothing was written. Write it as 2022-08.")
    return date(int(match[1]), int(match[2]), 1)


def days_between(first: date, last: date) -> list[date]:
    """All days from the first to the last, both included."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def months_between(first: date, last: date) -> list[date]:
    """The first days of all months from the one that holds `first` to the one that holds `last`."""
    months = [first.replace(day=1)]
    while (following := month_after(months[-1])) <= last:
        months.append(following)
    return months


def month_before(day: date) -> date:
    """The first day of the month before."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def logical_instant(last_day: date, now: datetime) -> datetime:
    """What a run up to a day counts up to: the end of that day, or now when the day is still open. Local and naive."""
    return min(datetime.combine(last_day + timedelta(days=1), time()), now.replace(microsecond=0))


def runs_of(days: list[date]) -> list[tuple[date, date]]:
    """Sorted days as ranges to run, each in one go; a gap of more than a month parts them."""
    ranges: list[tuple[date, date]] = []
    for day in days:
        if ranges and day - ranges[-1][1] <= LONGEST_GAP:
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges


def months_to_refresh(first_event: date, as_of: datetime) -> list[date]:
    """The months that pages are made for: from the first event to the month that the logical instant closes or lies in."""
    last = (as_of - timedelta(microseconds=1)).date()
    return months_between(min(first_event, last), last)
