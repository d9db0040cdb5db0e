"""When dossiers are filed: working days and week-ends, month ends, Tết, and the hours of the day.

Belongs here: the shape of a year. Does not: what is filed.
"""

import random
from datetime import date, datetime, time, timedelta
from itertools import accumulate

from qn_pipeline.simulator.calendar import LUNAR_NEW_YEARS, add_working_time, is_working_day

_AROUND_TET = 0.45
_BEFORE_TET, _AFTER_TET = timedelta(days=9), timedelta(days=14)
_MONTH_END = 1.35
_MONTH_END_DAYS = 4
_DAY_OFF_ONLINE = 0.2
_MONDAY = 1.2


def first_of_month(start: date, months: int) -> date:
    """The day that lies so many months after the first day of a month."""
    index = start.year * 12 + start.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _weight(day: date) -> float:
    weight = _MONDAY if day.weekday() == 0 else 1.0
    if any(tet - _BEFORE_TET <= day <= tet + _AFTER_TET for tet in LUNAR_NEW_YEARS):
        weight *= _AROUND_TET
    if (first_of_month(day, 1) - day).days <= _MONTH_END_DAYS:
        weight *= _MONTH_END
    return weight


class Season:
    """The days on which dossiers are filed, by their weights: at a desk on working days, online on any."""

    def __init__(self, rng: random.Random, start: date, end: date) -> None:
        self._rng = rng
        self._days = [start + timedelta(days=offset) for offset in range((end - start).days)]
        self._desk = list(accumulate(_weight(day) * is_working_day(day) for day in self._days))
        self._online = list(accumulate(_weight(day) * (1.0 if is_working_day(day) else _DAY_OFF_ONLINE) for day in self._days))

    def at_desk(self) -> datetime:
        """A moment in opening hours."""
        [day] = self._rng.choices(self._days, cum_weights=self._desk)
        # The first five minutes of a day and the last five are nobody's.
        return add_working_time(datetime.combine(day, time(7, 30)), timedelta(seconds=self._rng.randrange(300, 8 * 3600 - 300)))

    def online(self) -> datetime:
        """A moment of a day on which people are awake."""
        [day] = self._rng.choices(self._days, cum_weights=self._online)
        return datetime.combine(day, time(6)) + timedelta(seconds=int(self._rng.triangular(0, 17 * 3600 - 1, 4 * 3600)))
