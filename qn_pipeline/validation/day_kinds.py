"""What kind of day a day is, for comparing its rows with those of others like it. From the country's calendar alone; no row is read."""

from datetime import date, timedelta
from functools import cache

from holidays import HolidayBase, country_holidays

from qn_pipeline.contracts.model import Profile

Kind = tuple[object, ...]
COUNTRY = "VN"
SATURDAY = 6
LUNAR_NEW_YEAR = "Lunar New Year"
# Offices empty when the year's work is being closed, and fill again towards the first full moon. Tết is between 21 January and 20 February.
BEFORE_TET, AFTER_TET = timedelta(days=10), timedelta(days=15)
LAST_MONTH_OF_TET = 3


@cache
def kinds_of(profile: Profile, day: date) -> tuple[Kind, ...]:
    """From the closest kind to the coarsest: weekday; the first working day after a day off; working or off. The weeks around Tết are kinds of their own.

    Logs of other places than Vietnam know working weeks only.
    """
    tet, working = profile == "vietnam" and _around_tet(day), is_working(profile, day)
    first = working and not is_working(profile, day - timedelta(days=1))
    return (tet, working, first, day.isoweekday()), (tet, working, first), (tet, working)


@cache
def is_working(profile: Profile, day: date) -> bool:
    """Whether offices work on a day, swapped Saturdays included."""
    if profile != "vietnam":
        return day.isoweekday() < SATURDAY
    calendar = _calendar(day.year)
    return day in calendar.weekend_workdays or (day.isoweekday() < SATURDAY and day not in calendar)


@cache
def _calendar(year: int) -> HolidayBase:
    return country_holidays(COUNTRY, years=year, language="en_US")


def _around_tet(day: date) -> bool:
    if day.month > LAST_MONTH_OF_TET:
        return False
    return any(tet - BEFORE_TET <= day <= tet + AFTER_TET for tet in _calendar(day.year).get_named(LUNAR_NEW_YEAR, lookup="exact"))
