"""Working days and hours in Viet Nam, and adding them to a moment.

Belongs here: days off, worked Saturdays, opening hours, deadlines. Does not: limits of procedures. Moments are local and naive.

Working time is measured on one axis: the seconds that offices were open since the first day that is known. A moment has a position on it,
a position has a moment; deadlines and pauses are additions on that axis. A position at which the offices close is the moment at which
they open next, so that one working day after 07:30 is 07:30.
"""

from datetime import date, datetime, time, timedelta

# Source: the package `holidays` 0.109 for Viet Nam, first and last day of each holiday on weekdays.
HOLIDAYS: tuple[tuple[date, date], ...] = (
    (date(2022, 1, 3), date(2022, 1, 3)),
    (date(2022, 1, 31), date(2022, 2, 4)),
    (date(2022, 4, 11), date(2022, 4, 11)),
    (date(2022, 5, 2), date(2022, 5, 3)),
    (date(2022, 9, 1), date(2022, 9, 2)),
    (date(2023, 1, 2), date(2023, 1, 2)),
    (date(2023, 1, 20), date(2023, 1, 26)),
    (date(2023, 5, 1), date(2023, 5, 3)),
    (date(2023, 9, 1), date(2023, 9, 4)),
    (date(2024, 1, 1), date(2024, 1, 1)),
    (date(2024, 2, 8), date(2024, 2, 14)),
    (date(2024, 4, 18), date(2024, 4, 18)),
    (date(2024, 4, 29), date(2024, 5, 1)),
    (date(2024, 9, 2), date(2024, 9, 3)),
    (date(2025, 1, 1), date(2025, 1, 1)),
    (date(2025, 1, 27), date(2025, 1, 31)),
    (date(2025, 4, 7), date(2025, 4, 7)),
    (date(2025, 4, 30), date(2025, 5, 2)),
    (date(2025, 9, 1), date(2025, 9, 2)),
    (date(2026, 1, 1), date(2026, 1, 1)),
    (date(2026, 2, 16), date(2026, 2, 20)),
    (date(2026, 4, 27), date(2026, 4, 27)),
    (date(2026, 4, 30), date(2026, 5, 1)),
    (date(2026, 8, 31), date(2026, 9, 2)),
    (date(2026, 11, 24), date(2026, 11, 24)),
)
WORKED_SATURDAYS = frozenset({date(2024, 5, 4), date(2025, 4, 26), date(2026, 8, 22)})
"""Saturdays that are worked in exchange for a day off."""

LUNAR_NEW_YEARS = (date(2022, 2, 1), date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17))
"""The first day of Tết, around which little is filed."""

OPENING_HOURS = ((time(7, 30), time(11, 30)), (time(13), time(17)))
DAY_OF_WORK = timedelta(hours=8)

# The table of holidays ends with 2026; lives that run on after it know weekends only.
_FIRST, _LAST = date(2022, 1, 1), date(2030, 12, 31)
_SATURDAY = 5


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


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
