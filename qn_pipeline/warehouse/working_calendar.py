"""The working calendar that holds where no source tells one, as rows: the country's days off, swapped Saturdays and usual hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from holidays import country_holidays

from qn_pipeline.contracts.model import Profile

COUNTRY = "VN"
SATURDAY = 6
WORKING_WEEK = range(1, SATURDAY)
# OpenCPS's own default, and the office hours of most provinces.
HOURS = "07:30-11:30,13:00-17:00"


@dataclass(frozen=True)
class UsualCalendar:
    """The calendar as rows: `hours` by weekday, and the `days` that differ from theirs."""

    hours: Sequence[Mapping[str, object]]
    days: Sequence[Mapping[str, object]]


def usual_calendar(profile: Profile, first: date, last: date) -> UsualCalendar:
    """The calendar of a profile from the first day to the last."""
    return UsualCalendar(usual_hours(), usual_days(profile, first, last))


def usual_hours() -> list[dict[str, object]]:
    """Opening hours by weekday, 1 Monday to 7 Sunday; weekends have none."""
    return [{"weekday": weekday, "hours": HOURS} for weekday in WORKING_WEEK]


def usual_days(profile: Profile, first: date, last: date) -> list[dict[str, object]]:
    """Days that differ from their weekday: `off` or `worked`. Other logs than Vietnam's have none."""
    if profile != "vietnam":
        return []
    known = country_holidays(COUNTRY, years=range(first.year, last.year + 1))
    off = {day for day in known if first <= day <= last and day.isoweekday() < SATURDAY}
    worked = {day for day in known.weekend_workdays if first <= day <= last}
    return [{"day": day, "kind": "off"} for day in sorted(off)] + [{"day": day, "kind": "worked"} for day in sorted(worked)]
