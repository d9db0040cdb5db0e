"""Period sets as data: what the file may say."""

import pytest
from pydantic import ValidationError

from qn_pipeline.indicators.period_sets import Grain, PeriodSet, period_rows, period_sets


def test_the_sets_and_their_certainty_are_told() -> None:
    assert {cut.period_set: cut.certainty for cut in period_sets()} == {"calendar": "derived", "year_to_date": "memory", "administrative": "memory"}


def test_a_year_has_its_periods() -> None:
    counts: dict[tuple[object, object], int] = {}
    for row in period_rows():
        counts[row["period_set"], row["grain"]] = counts.get((row["period_set"], row["grain"]), 0) + 1
    assert counts["calendar", "quarter"] == 4
    assert counts["year_to_date", "month"] == 12
    assert counts["administrative", "nine_months"] == 1


def test_the_year_to_date_is_shown_from_its_last_month_on() -> None:
    [march] = [row for row in period_rows() if row["period_set"] == "year_to_date" and row["end_month"] == 3]
    assert (march["months"], march["months_shown"]) == (3, 1)


@pytest.mark.parametrize("length", [{}, {"months": 3, "since": "year"}, {"months": 13}, {"since": "decade"}])
def test_a_grain_has_one_length(length: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Grain.model_validate({"grain": "quarter", "name_vi": "Quý", "ends": [3], **length})


def test_a_first_day_exists_in_every_month() -> None:
    with pytest.raises(ValidationError):
        PeriodSet.model_validate(
            {"period_set": "late", "name_vi": "", "name_en": "", "basis": "", "certainty": "memory", "first_day": 30, "grains": []}
        )
