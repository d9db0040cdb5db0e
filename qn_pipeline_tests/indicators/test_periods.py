"""Days and months at their ends."""

from datetime import date, datetime

import pytest

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.indicators.periods import (
    days_between,
    logical_instant,
    month_before,
    months_between,
    months_to_refresh,
    parse_day,
    parse_month,
    runs_of,
)


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 -- local and naive


def test_days_between_holds_both_ends() -> None:
    assert days_between(date(2024, 2, 28), date(2024, 3, 1)) == [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)]
    assert days_between(date(2022, 6, 5), date(2022, 6, 5)) == [date(2022, 6, 5)]


def test_months_between_crosses_a_year() -> None:
    assert months_between(date(2022, 11, 30), date(2023, 1, 1)) == [date(2022, 11, 1), date(2022, 12, 1), date(2023, 1, 1)]


@pytest.mark.parametrize(("day", "before"), [(date(2022, 3, 31), date(2022, 2, 1)), (date(2022, 1, 1), date(2021, 12, 1))])
def test_month_before(day: date, before: date) -> None:
    assert month_before(day) == before


def test_a_closed_day_counts_to_its_end_and_an_open_one_to_now() -> None:
    assert logical_instant(date(2022, 8, 31), at(2022, 9, 1, 1, 30)) == at(2022, 9, 1)
    assert logical_instant(date(2022, 8, 31), at(2022, 8, 31, 10, 0, 0, 5)) == at(2022, 8, 31, 10)


@pytest.mark.parametrize(
    ("as_of", "last"),
    [(at(2022, 9, 1), date(2022, 8, 1)), (at(2022, 9, 1, 0, 0, 1), date(2022, 9, 1)), (at(2023, 1, 1), date(2022, 12, 1))],
)
def test_the_last_month_is_the_one_that_the_logical_instant_closes_or_lies_in(as_of: datetime, last: date) -> None:
    months = months_to_refresh(date(2022, 7, 15), as_of)
    assert (months[0], months[-1]) == (date(2022, 7, 1), last)


def test_days_are_run_together_unless_more_than_a_month_lies_between() -> None:
    days = [date(2022, 6, 1), date(2022, 6, 30), date(2022, 7, 31), date(2022, 9, 1)]
    assert runs_of(days) == [(date(2022, 6, 1), date(2022, 7, 31)), (date(2022, 9, 1), date(2022, 9, 1))]
    assert runs_of([]) == []


@pytest.mark.parametrize("text", ["2022-13", "2022-00", "2022-8", "08/2022", ""])
def test_no_month(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no month"):
        parse_month(text)


def test_day_and_month() -> None:
    assert parse_month("2022-08") == date(2022, 8, 1)
    assert parse_day("2024-02-29") == date(2024, 2, 29)
    with pytest.raises(ConfigurationError, match="is no day"):
        parse_day("2022-02-29")
