"""The periods of all sets, around a year's end: every day is in one period of each grain, and bounds are those of the rules."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from qn_pipeline_tests.support import Pipeline, dossier, engine_environment, write_csv, write_project

AS_OF_DAY = date(2022, 12, 20)


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def periods(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str, date, date]]:
    folder = write_project(tmp_path_factory.mktemp("periods") / "p", {"desk": {"files": "data/{day}.csv"}})
    write_csv(folder / f"data/{AS_OF_DAY}.csv", [dossier(1, received="2021-11-03 08:00:00")])
    pipeline = Pipeline(folder)
    with engine_environment(request.param, request):
        pipeline.run(AS_OF_DAY, select="+dim_period", command="run")
        return set(pipeline.query("select period_set, grain, period_start, period_end from core.dim_period"))


def test_periods_are_those_of_the_rules_and_none_of_the_future(periods: set[tuple[str, str, date, date]]) -> None:
    hand_worked = {
        ("calendar", "quarter", date(2022, 10, 1), date(2022, 12, 31)),
        ("calendar", "year", date(2022, 1, 1), date(2022, 12, 31)),
        ("year_to_date", "month", date(2022, 1, 1), date(2022, 2, 28)),
        ("year_to_date", "month", date(2022, 1, 1), date(2022, 12, 31)),
        ("administrative", "month", date(2022, 11, 15), date(2022, 12, 14)),
        ("administrative", "month", date(2022, 12, 15), date(2023, 1, 14)),
        ("administrative", "quarter", date(2022, 12, 15), date(2023, 3, 14)),
        ("administrative", "quarter", date(2022, 9, 15), date(2022, 12, 14)),
        ("administrative", "half_year", date(2021, 12, 15), date(2022, 6, 14)),
        ("administrative", "nine_months", date(2021, 12, 15), date(2022, 9, 14)),
        ("administrative", "year", date(2021, 12, 15), date(2022, 12, 14)),
        ("administrative", "year", date(2022, 12, 15), date(2023, 12, 14)),
    }
    assert hand_worked <= periods
    assert max(start for _, _, start, _ in periods) == date(2022, 12, 15)
    assert not any(cut == "year_to_date" and end > date(2022, 12, 31) for cut, _, _, end in periods)


@pytest.mark.parametrize(("cut", "grain"), [("calendar", "month"), ("calendar", "quarter"), ("calendar", "year"), ("administrative", "month"), ("administrative", "quarter"), ("administrative", "year")])  # fmt: skip
def test_every_day_is_in_one_period_of_a_grain(periods: set[tuple[str, str, date, date]], cut: str, grain: str) -> None:
    spans = sorted((start, end) for set_, g, start, end in periods if (set_, g) == (cut, grain))
    assert all(end + timedelta(days=1) == start for (_, end), (start, _) in pairwise(spans))
    assert spans[0][0] <= date(2021, 11, 3)
    assert spans[-1][1] >= AS_OF_DAY
