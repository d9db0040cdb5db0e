"""The tracker of specialised databases: days that are worked out by hand, and how often the interval of an expected finish holds."""

import os
import random
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.indicators.tables import tracker_table
from qn_pipeline.simulator.databases import MILESTONES, Database, course
from qn_pipeline.simulator.seasons import first_of_month
from qn_pipeline.warehouse.engines import Row
from qn_pipeline.warehouse.exit_checks import count_violations
from qn_pipeline_tests.support import Pipeline, dossier, engine_environment, write_csv, write_project

PLAN = [
    "code",
    "name",
    "owner",
    "planned_records",
    "planned_amount",
    *(f"{name}_planned" for name in MILESTONES),
    *(f"{name}_weight" for name in MILESTONES),
]
REPORT = ["database", "month", "records", "amount_spent", *(f"{name}_actual" for name in MILESTONES)]
OWNER = "000.00.17.H47"
WEIGHTS = (10, 15, 25, 25, 15, 10)


def project(folder: Path) -> Path:
    """Plans and reports in a file a day, as a source with an ISO spelling delivers them."""

    def iso(*names: str) -> dict[str, dict[str, str]]:
        return {name: {"from": name, "format": "iso8601"} for name in names}

    return write_project(
        folder,
        {
            "onegate": {"files": "data/ho_so_{day}.csv"},
            "plans": {"entity": "databases", "system": "csdl", "files": "data/plan_{day}.csv", "mapping": "plan.yaml", "delivers": "snapshot"},
            "reports": {"entity": "database_reports", "system": "csdl", "files": "data/report_{day}.csv", "mapping": "report.yaml"},
        },
        {
            "plan.yaml": {"columns": {**{name: name for name in PLAN}, **iso(*(f"{name}_planned" for name in MILESTONES))}},
            "report.yaml": {
                "columns": {
                    "code": {"join": ["database", "month"]},
                    **{name: name for name in REPORT},
                    **iso("month", *(f"{name}_actual" for name in MILESTONES)),
                }
            },
        },
    )


def cells(prefix: Sequence[object], values: Sequence[object], columns: Sequence[str]) -> dict[str, object]:
    return dict(zip(columns, ["" if value is None else value for value in [*prefix, *values]], strict=True))


# By hand

FIRST = ("2022-02-01", "2022-03-01", "2022-06-01", "2022-10-01", "2022-11-01", "2022-12-01")
THEN = (*FIRST[:3], "2022-12-01", "2023-01-15", "2023-03-01")
REACHED = ("2022-02-01", "2022-03-15", "2022-06-20", None, None, None)
MILLION = 1_000_000
FILES: Mapping[str, tuple[str, Sequence[dict[str, object]]]] = {
    "plan_2022-06-01": ("plan", [cells(("LAND", "Đất đai", OWNER, 1000, 100 * MILLION), (*FIRST, *WEIGHTS), PLAN)]),
    "report_2022-07-05": ("report", [cells(("LAND", "2022-06-30", 100, 50 * MILLION), REACHED, REPORT)]),
    "report_2022-08-05": ("report", [cells(("LAND", "2022-07-31", 200, 50 * MILLION), REACHED, REPORT)]),
    "report_2022-09-05": ("report", [cells(("LAND", "2022-08-31", 200, 50 * MILLION), REACHED, REPORT)]),
    "plan_2022-09-06": ("plan", [cells(("LAND", "Đất đai", OWNER, 1000, 100 * MILLION), (*THEN, *WEIGHTS), PLAN)]),
}
LAST = date(2022, 11, 20)


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder = project(tmp_path_factory.mktemp(f"tracker_{request.param}") / "p")
    for name, (kind, rows) in FILES.items():
        write_csv(folder / f"data/{name}.csv", rows, PLAN if kind == "plan" else REPORT)
    write_csv(folder / f"data/ho_so_{LAST}.csv", [dossier(1, "2022-11-01 08:00:00", due="2022-11-30 17:00:00")])
    days = sorted({date.fromisoformat(name.split("_")[1]) for name in FILES} | {LAST})
    with engine_environment(request.param, request):
        made = Pipeline(folder, os.environ.get("QN_WAREHOUSE_URL"))
        assert made.land(*days) == {}
        made.check()
        made.load(LAST)
        made.build("*", "run")
        assert {rule: count for rule, count in count_violations(made.warehouse).items() if count} == {}
        made.warehouse.publish()
        yield made


@pytest.fixture
def known_at(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    if pipeline.url:
        monkeypatch.setenv("QN_WAREHOUSE_URL", pipeline.url)

    def ask(day: str) -> dict[str, Any]:
        columns, rows = tracker_table(pipeline.warehouse, date.fromisoformat(day))
        assert len(rows) == 1
        return dict(zip(columns, rows[0], strict=True))

    return ask


def shown(row: Mapping[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def test_a_plan_without_a_report(known_at: Callable[[str], dict[str, Any]]) -> None:
    row = known_at("2022-07-04")
    assert shown(row, "planned_progress", "actual_progress", "months_late", "records", "status") == (
        *(Decimal("50.00"), Decimal("0.00")),
        Decimal("5.0"),  # 153 days since the first milestone
        *(None, "late"),
    )
    assert shown(row, "expected_finish", "finish_method", "finish_from") == (date(2023, 5, 3), "plan_and_delay", None)  # 153 days after 1 December


def test_a_report_is_known_from_its_day_on(known_at: Callable[[str], dict[str, Any]]) -> None:
    row = known_at("2022-07-05")
    assert shown(row, "actual_progress", "months_late", "records_share", "amount_share", "status") == (
        *(Decimal("50.00"), None, Decimal("10.00"), Decimal("50.00")),
        "on_track",
    )
    assert shown(row, "expected_finish", "finish_method", "days_since_report", "contradictions") == (date(2022, 12, 1), "plan", 4, "")
    # 900 records in 149 days, in months of 30 days, rounded up.
    assert row["records_a_month_needed"] == 182


def test_the_pace_of_records_makes_the_finish(known_at: Callable[[str], dict[str, Any]]) -> None:
    row = known_at("2022-09-05")
    # 800 records at 100 a month are 8 months from 1 September; it would be operated earlier.
    assert shown(row, "expected_finish", "finish_method", "records_a_month", "status") == (date(2023, 5, 3), "pace", 100, "late")
    assert row["finish_from"] < row["expected_finish"] < row["finish_to"]
    assert row["contradictions"] == "báo cáo lặp lại tháng trước"


def test_a_changed_plan_is_a_new_baseline(known_at: Callable[[str], dict[str, Any]]) -> None:
    before, after = known_at("2022-09-05"), known_at("2022-09-06")
    names = ("rebaselines", "operated_planned", "first_operated_planned", "status")
    assert shown(before, *names) == (0, date(2022, 12, 1), date(2022, 12, 1), "late")
    assert shown(after, *names) == (1, date(2023, 3, 1), date(2022, 12, 1), "at_risk")


def test_an_owner_who_falls_silent(known_at: Callable[[str], dict[str, Any]]) -> None:
    assert known_at("2022-10-16")["status"] == "at_risk"  # 45 days after the reported month
    assert known_at("2022-10-17")["status"] == "no_report"


def test_a_day_that_is_not_known_yet_is_refused(pipeline: Pipeline, known_at: Callable[[str], dict[str, Any]]) -> None:
    with pytest.raises(ConfigurationError, match="2023-01-01 is not known yet"):
        known_at("2023-01-01")
    assert tracker_table(pipeline.warehouse, date(2022, 5, 31))[1] == []


# The forecast. Its constants were fitted on seeds below 4000.

SEEDS = range(5000, 5200)
MONTHS = 46


def write_courses(databases: Sequence[Database], folder: Path) -> list[date]:
    """Plans in force and reports that were sent, on the 11th of each month. Returns the days."""
    days = [first_of_month(date(2022, 1, 1), place + 1) + timedelta(days=10) for place in range(MONTHS)]
    for since, day in zip([date.min, *days], days, strict=False):
        plans = [(one, plan) for one in databases if (plan := one.plan_on(day))]
        reports = [(one, told) for one in databases for told in one.reports if told.sent and since < told.sent <= day]
        write_csv(
            folder / f"data/plan_{day}.csv",
            [cells((one.code, one.code, one.owner, plan.records, plan.amount), (*plan.dates, *plan.weights), PLAN) for one, plan in plans],
            PLAN,
        )
        write_csv(
            folder / f"data/report_{day}.csv",
            [cells((one.code, told.month, told.records, told.spent), told.reached, REPORT) for one, told in reports],
            REPORT,
        )
    write_csv(folder / f"data/ho_so_{days[-1]}.csv", [dossier(1, f"{days[-1]} 08:00:00", due=f"{days[-1]} 17:00:00")])
    return days


def test_the_interval_holds_in_80_of_100_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QN_WAREHOUSE_URL", raising=False)
    databases = {one.code: one for one in map(course, SEEDS)}
    pipeline = Pipeline(project(tmp_path / "p"))
    days = write_courses(list(databases.values()), pipeline.folder)
    assert pipeline.land(*days) == {}
    pipeline.check()
    pipeline.load(days[-1])
    pipeline.build("+database_tracker_history", "run")
    rows = pipeline.query(
        "select code, finish_from, finish_to from marts_next.database_tracker_history where finish_method = 'pace' and extract(day from day) = 11 order by code, day"
    )
    told: dict[str, list[Row]] = {}
    for code, least, most in rows:
        told.setdefault(str(code), []).append((least, most))
    chosen = random.Random(80)
    drawn = [(databases[code].finish, *chosen.choice(found)) for code, found in sorted(told.items())]
    # One that is not done when its course ends is later than any bound before that.
    held = [least <= (finish or date(2027, 12, 31)) <= most for finish, least, most in drawn]
    share, _width = sum(held) / len(held), statistics.median((most - least).days for _, least, most in drawn)
    with capsys.disabled():
        pass
    assert len(drawn) > 150
    assert 0.75 <= share <= 0.88
