"""Working days and hours in Viet Nam, and adding them to a moment.

Belongs here: days off, worked Saturdays (both from the package `holidays`), opening hours, deadlines. Does not: limits of procedures.
Moments are local and naive.

Working time is measured on one axis: the seconds that offices were open since the first day that is known. A moment has a position on it,
a position has a moment; deadlines and pauses are additions on that axis. A position at which the offices close is the moment at which
they open next, so that one working day after 07:30 is 07:30.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

from holidays import country_holidays

# What is swapped for which Saturday is decided year by year; the package knows it until 2026. Lives that run on after it know weekends only.
_YEARS: Final = range(2022, 2027)
_FIRST, _LAST = date(2022, 1, 1), date(2030, 12, 31)
_SATURDAY: Final = 5

_KNOWN = country_holidays("VN", years=_YEARS, language="en_US")


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _spans(days: list[date]) -> Iterator[tuple[date, date]]:
    """First and last of those between which there are only days off and weekends."""
    first = last = days[0]
    for day in days[1:]:
        if any(between.weekday() < _SATURDAY for between in _days(last, day)[1:-1]):
            yield first, last
            first = day
        last = day
    yield first, last


HOLIDAYS = tuple(_spans([day for day in sorted(_KNOWN) if day.weekday() < _SATURDAY]))
"""First and last day of each holiday, on weekdays."""
WORKED_SATURDAYS = frozenset(day for day in _KNOWN.weekend_workdays if day.year in _YEARS)
"""Saturdays that are worked in exchange for a day off."""

LUNAR_NEW_YEARS = tuple(sorted(day for day, name in _KNOWN.items() if name == "Lunar New Year"))
"""The first day of Tết, around which little is filed."""

OPENING_HOURS = ((time(7, 30), time(11, 30)), (time(13), time(17)))
DAY_OF_WORK = timedelta(hours=8)

_DAYS_OFF = frozenset(day for first, last in HOLIDAYS for day in _days(first, last))


def is_working_day(day: date) -> bool:
    """Monday to Friday but for holidays, and Saturdays that are worked for another day."""
    return day in WORKED_SATURDAYS or (day.weekday() < _SATURDAY and day not in _DAYS_OFF)


_WORKING_DAYS = [day for day in _days(_FIRST, _LAST) if is_working_day(day)]
# For each day, how many working days lie before it.
_WORKED_BEFORE: dict[date, int] = {}
for _day in _days(_FIRST, _LAST):
    _WORKED_BEFORE[_day] = len(_WORKED_BEFORE) and _WORKED_BEFORE[_day - timedelta(days=1)] + is_working_day(_day - timedelta(days=1))


def _seconds(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


_DAY_SECONDS = int(DAY_OF_WORK.total_seconds())


def position(moment: datetime) -> int:
    """The working seconds that have passed at a moment. Raises KeyError for days outside the calendar."""
    worked = _WORKED_BEFORE[moment.date()] * _DAY_SECONDS
    if not is_working_day(moment.date()):
        return worked
    now = _seconds(moment.time())
    return worked + sum(min(max(now - _seconds(opens), 0), _seconds(closes) - _seconds(opens)) for opens, closes in OPENING_HOURS)


def moment_at(place: int) -> datetime:
    """The moment from which on the offices work after so many working seconds."""
    day, rest = divmod(place, _DAY_SECONDS)
    for opens, closes in OPENING_HOURS:
        span = _seconds(closes) - _seconds(opens)
        if rest < span:
            return datetime.combine(_WORKING_DAYS[day], opens) + timedelta(seconds=rest)
        rest -= span
    raise AssertionError(place)


def add_working_time(moment: datetime, span: timedelta) -> datetime:
    """The moment at which so much working time has passed; a moment outside the hours counts as the next opening."""
    return moment_at(position(moment) + int(span.total_seconds()))


def working_time_between(start: datetime, end: datetime) -> timedelta:
    """The working time from one moment to a later one."""
    return timedelta(seconds=position(end) - position(start))


def deadline(received_at: datetime, days: int = 0, hours: int = 0) -> datetime:
    """When a result is due: a working day is 8 working hours, counted from the very minute of reception."""
    return add_working_time(received_at, days * DAY_OF_WORK + timedelta(hours=hours))
