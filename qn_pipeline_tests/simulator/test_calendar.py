"""Working days, and moments that are reached in working time."""

from datetime import date, datetime, timedelta

import pytest

from qn_pipeline.simulator.calendar import (
    HOLIDAYS,
    LUNAR_NEW_YEARS,
    WORKED_SATURDAYS,
    add_working_time,
    deadline,
    is_working_day,
    moment_at,
    position,
    working_time_between,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_working_days_of_a_year() -> None:
    days = [date(2024, 1, 1) + timedelta(days=offset) for offset in range(366)]
    # 262 days from Monday to Friday, 12 of them off, one Saturday worked.
    assert sum(is_working_day(day) for day in days) == 262 - 12 + 1
    assert is_working_day(date(2024, 5, 4))
    assert not is_working_day(date(2024, 4, 29))


# The days off of each year, on weekdays, as read in a source (first and last day).
DAYS_OFF = {
    2022: "01-03 01-31/02-04 04-11 05-02/05-03 09-01/09-02",
    2023: "01-02 01-20 01-23/01-26 05-01/05-03 09-01 09-04",
    2024: "01-01 02-08/02-09 02-12/02-14 04-18 04-29/05-01 09-02/09-03",
    2025: "01-01 01-27/01-31 04-07 04-30/05-02 09-01/09-02",
    2026: "01-01 02-16/02-20 04-27 04-30/05-01 08-31/09-02 11-24",
}


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


@pytest.mark.parametrize("year", DAYS_OFF)
def test_the_days_off_are_those_of_the_source(year: int) -> None:
    spans = [span.split("/") for span in DAYS_OFF[year].split()]
    true = {day for span in spans for day in days_between(date.fromisoformat(f"{year}-{span[0]}"), date.fromisoformat(f"{year}-{span[-1]}"))}
    told = {day for first, last in HOLIDAYS for day in days_between(first, last) if day.year == year and day.weekday() < 5}
    assert told == true
    assert not any(is_working_day(day) for day in true)


def test_the_saturdays_that_are_worked_and_the_new_years() -> None:
    assert {date(2024, 5, 4), date(2025, 4, 26), date(2026, 8, 22)} == WORKED_SATURDAYS
    assert (date(2022, 2, 1), date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17)) == LUNAR_NEW_YEARS


def test_holidays_begin_and_end_on_weekdays() -> None:
    assert all(day.weekday() < 5 for span in HOLIDAYS for day in span)
    assert all(first <= last for first, last in HOLIDAYS)


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        ("2022-08-01 08:12:30", 3, "2022-08-04 08:12:30"),
        ("2022-08-05 15:00:00", 1, "2022-08-08 15:00:00"),  # over a week-end
        ("2022-08-31 09:00:00", 1, "2022-09-05 09:00:00"),  # over the National Day and a week-end
        ("2022-01-28 09:00:00", 2, "2022-02-08 09:00:00"),  # over Tết
        ("2024-05-03 09:00:00", 1, "2024-05-04 09:00:00"),  # a Saturday that is worked
        ("2022-08-01 12:15:00", 1, "2022-08-02 13:00:00"),  # at lunch
        ("2022-08-01 18:00:00", 1, "2022-08-03 07:30:00"),  # after closing
        ("2022-08-06 10:00:00", 1, "2022-08-09 07:30:00"),  # on a Saturday
        ("2022-08-01 06:00:00", 1, "2022-08-02 07:30:00"),  # before opening
    ],
)
def test_a_deadline_is_so_many_working_days_later_at_the_same_time(received: str, days: int, due: str) -> None:
    assert deadline(at(received), days=days) == at(due)


def test_hours_go_over_lunch_and_nights() -> None:
    assert deadline(at("2022-08-01 10:30:00"), hours=2) == at("2022-08-01 14:00:00")
    assert deadline(at("2022-08-01 16:00:00"), hours=2) == at("2022-08-02 08:30:00")


def test_what_was_added_lies_between() -> None:
    start, span = at("2022-08-31 10:00:00"), timedelta(hours=21, minutes=7)
    assert working_time_between(start, add_working_time(start, span)) == span
    assert working_time_between(at("2022-08-05 17:00:00"), at("2022-08-08 07:30:00")) == timedelta()


def test_positions_and_moments_are_each_others_inverse() -> None:
    assert all(position(moment_at(place)) == place for place in range(0, 40 * 8 * 3600, 1800))
