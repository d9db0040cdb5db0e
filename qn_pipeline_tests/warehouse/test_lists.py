"""The lists beside the figures, on a few dossiers that are worked out by hand: moved and disputed dates, steps, times, and what is urgent."""

import os
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from qn_pipeline.warehouse.engines import Row
from qn_pipeline_tests.support import MAPPING, MOMENT, Pipeline, dossier, engine_environment, write_csv, write_project

# A Monday and a Thursday of a month without holidays.
FIRST, LAST = date(2022, 8, 8), date(2022, 8, 18)
HALL, COMMUNE, DESK = "000.00.33.H47", "000.01.33.H47", "000.99.33.H47"
ACTIONS = ["code", "dossier", "kind", "at", "due"]
LIMITED, LONG = "2.000001", "2.000002"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def code(row: dict[str, object]) -> str:
    return str(row["code"])


# Three working days from Monday 1 August 09:00 are over on Thursday 4 August 09:00.
ON_TIME = dossier(1, "2022-08-01 09:00:00", procedure=LIMITED, due="2022-08-04 09:00:00", status=9, ended="2022-08-03 15:00:00")
DISPUTED = dossier(2, "2022-08-01 09:00:00", procedure=LIMITED, due="2022-08-04 17:00:00", status=9, ended="2022-08-04 16:00:00")
WRONG = dossier(3, "2022-08-01 09:00:00", procedure=LIMITED, due="2022-08-19 17:00:00")
# Paused for a working day, from Tuesday 10:00 to Wednesday 10:00: its date holds the pause.
PAUSED = dossier(4, "2022-08-01 09:00:00", procedure=LIMITED, due="2022-08-05 09:00:00", status=9, ended="2022-08-05 08:00:00")
MOVED = dossier(5, "2022-08-02 09:00:00", procedure=LONG, due="2022-08-12 09:00:00")
MOVED_LATER = MOVED | {"due": "2022-08-22 09:00:00", "updated": "2022-08-11 16:00:00"}
OVERDUE = dossier(6, "2022-08-02 09:00:00", procedure=LONG, due="2022-08-17 09:00:00", unit=COMMUNE)
DUE_TOMORROW = dossier(7, "2022-08-02 09:00:00", procedure=LONG, due="2022-08-19 16:00:00")
DUE_TUESDAY = dossier(8, "2022-08-02 09:00:00", procedure=LONG, due="2022-08-23 16:00:00", unit=COMMUNE)
DUE_LATER = dossier(9, "2022-08-02 09:00:00", procedure=LONG, due="2022-09-20 16:00:00")
WAITING = dossier(10, "2022-08-02 09:00:00", procedure=LONG, due="2022-08-19 16:00:00", status=5)
SHARED = dossier(11, "2022-08-02 09:00:00", procedure=LONG, due="2022-08-30 16:00:00", unit=COMMUNE)
SHARED_LATER = SHARED | {"unit": HALL, "updated": "2022-08-10 10:00:00"}

STEPS: list[dict[str, object]] = [
    {"code": f"{number}", "dossier": code(row), "kind": kind, "at": moment, "due": due}
    for number, (row, kind, moment, due) in enumerate(
        [
            (PAUSED, "received", "2022-08-01 09:00:00", "2022-08-01 11:00:00"),
            (PAUSED, "supplement_requested", "2022-08-02 10:00:00", ""),
            (PAUSED, "supplemented", "2022-08-03 10:00:00", "2022-08-05 09:00:00"),
            (PAUSED, "finished", "2022-08-05 08:00:00", ""),
            (WAITING, "received", "2022-08-02 09:00:00", ""),
            (WAITING, "supplement_requested", "2022-08-03 09:00:00", ""),
            (SHARED, "received", "2022-08-02 09:00:00", "2022-08-09 09:00:00"),
            (SHARED, "transferred", "2022-08-10 10:00:00", "2022-08-30 16:00:00"),
            (SHARED, "processing", "2022-08-11 10:00:00", ""),
        ],
        start=101,
    )
]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    columns: dict[str, Any] = {**MAPPING["columns"], "receiving_unit": {"constant": DESK}, "updated_at": {"from": "updated", "format": MOMENT}}
    folder = write_project(
        tmp_path_factory.mktemp(f"lists_{request.param}"),
        {
            "onegate": {"files": "data/ho_so_{day}.csv"},
            "steps": {"entity": "dossier_actions", "files": "data/buoc_{day}.csv", "mapping": "buoc.yaml"},
            "procedures": {"entity": "procedures", "files": "data/thu_tuc.csv", "delivers": "snapshot", "mapping": "thu_tuc.yaml"},
            "units": {"entity": "units", "files": "data/don_vi.csv", "delivers": "snapshot", "mapping": "don_vi.yaml"},
        },
        {
            "mapping.yaml": {"columns": columns},
            "buoc.yaml": {
                "columns": {
                    "code": "code",
                    "dossier": "dossier",
                    "kind": "kind",
                    "happened_at": {"from": "at", "format": MOMENT},
                    "due_at": {"from": "due", "format": MOMENT},
                }
            },
            "thu_tuc.yaml": {"columns": {name: name for name in ("code", "name", "time_limit", "limit_unit")}},
            "don_vi.yaml": {"columns": {name: name for name in ("code", "name", "level", "parent")}},
        },
    )
    first = [ON_TIME, DISPUTED, WRONG, PAUSED, MOVED, OVERDUE, DUE_TOMORROW, DUE_TUESDAY, DUE_LATER, WAITING, SHARED]
    write_csv(folder / "data" / f"ho_so_{FIRST}.csv", [row | {"updated": row["ended"] or row["received"]} for row in first])
    write_csv(folder / "data" / f"ho_so_{LAST}.csv", [MOVED_LATER, SHARED_LATER])
    write_csv(folder / "data" / f"buoc_{LAST}.csv", STEPS, ACTIONS)
    write_csv(
        folder / "data" / "thu_tuc.csv",
        [
            {"code": LIMITED, "name": "Chứng thực", "time_limit": 3, "limit_unit": "working_day"},
            {"code": LONG, "name": "Đất đai", "time_limit": "", "limit_unit": ""},
        ],
        ["code", "name", "time_limit", "limit_unit"],
    )
    write_csv(
        folder / "data" / "don_vi.csv",
        [
            {"code": HALL, "name": "UBND thành phố", "level": "district", "parent": ""},
            {"code": COMMUNE, "name": "UBND xã", "level": "commune", "parent": HALL},
            {"code": DESK, "name": "Bộ phận Một cửa", "level": "desk", "parent": HALL},
        ],
        ["code", "name", "level", "parent"],
    )
    with engine_environment(request.param, request):
        made = Pipeline(folder, os.environ.get("QN_WAREHOUSE_URL"))
        made.run(FIRST, LAST, select="*", command="run")
        yield made


@pytest.fixture
def ask(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Row]]:
    if pipeline.url:
        monkeypatch.setenv("QN_WAREHOUSE_URL", pipeline.url)
    return pipeline.query


def test_a_date_that_was_moved_is_listed_and_judged_twice(ask: Callable[[str], list[Row]]) -> None:
    rows = ask("select code, unit, first_due_at, due_before, due_at, moves, verdict, local_verdict from marts_next.due_date_moved")
    assert rows == [(code(MOVED), HALL, at("2022-08-12 09:00"), at("2022-08-12 09:00"), at("2022-08-22 09:00"), 1, "within", "past")]


def test_dates_that_the_limit_does_not_give_are_listed(ask: Callable[[str], list[Row]]) -> None:
    rows = ask("select code, due_at, minute_due_at, next_day_due_at, agrees_with from marts_next.due_date_disagreement order by code")
    by_minute, next_day = at("2022-08-04 09:00"), at("2022-08-04 17:00")
    assert rows == [
        (code(DISPUTED), at("2022-08-04 17:00"), by_minute, next_day, "next_day"),
        (code(WRONG), at("2022-08-19 17:00"), by_minute, next_day, None),
    ]


def test_steps_are_timed_by_kind_unit_and_desk(ask: Callable[[str], list[Row]]) -> None:
    rows = ask(
        "select kind, is_inter_agency, desk, steps, steps_with_due, late, mean_hours from marts_next.step_time"
        f" where unit = '{HALL}' order by is_inter_agency, kind"
    )
    assert rows == [
        # 9 hours (a day and an hour) and 8 (a day); the first was due after two.
        ("received", False, DESK, 2, 1, 1, Decimal("8.50")),
        ("supplement_requested", False, DESK, 1, 0, 0, Decimal("8.00")),
        ("supplemented", False, DESK, 1, 1, 0, Decimal("14.00")),
        # The commune's step lasted six working days and an hour, a day and an hour too long; the city's took a day.
        ("received", True, DESK, 1, 1, 1, Decimal("49.00")),
        ("transferred", True, DESK, 1, 1, 0, Decimal("8.00")),
    ]
    assert ask(f"select distinct level, kind from marts_next.step_time where unit = '{COMMUNE}'") == [("commune", "received")]


def test_the_time_of_a_procedure_is_less_its_pauses(ask: Callable[[str], list[Row]]) -> None:
    """20.5, 29.5 and 31 hours, less a pause of 8: in the mean 24 hours and 20 minutes, or 3.04 days of 8."""
    rows = ask(f"select month, dossiers, working_seconds, mean_time, mean_time_unit, time_limit from marts_next.procedure_time where unit = '{HALL}'")
    seconds = int((20.5 + 29.5 + 31 - 8) * 3600)
    assert rows == [(date(2022, 8, 1), 3, seconds, Decimal("3.04"), "working_day", 3)]


def test_the_worklist_has_what_is_overdue_and_what_is_due_in_five_days(ask: Callable[[str], list[Row]]) -> None:
    rows = ask("select code, unit, desk, urgency, days_left, cost_kind, unit_cost from marts_next.dossier_worklist order by position")
    # 2.1 has 20 points. The commune has two dossiers; the city with it eight that are open, and three that have ended this month.
    of_two, of_eleven = Decimal("10.0000"), Decimal("1.8182")
    assert rows == [
        (code(OVERDUE), COMMUNE, DESK, "overdue", -1, "lost", of_two),
        (code(DUE_TUESDAY), COMMUNE, DESK, "due_in_3", 3, "at_risk", of_two),
        (code(DUE_TOMORROW), HALL, DESK, "due_in_1", 1, "at_risk", of_eleven),
        (code(WRONG), HALL, DESK, "due_in_1", 1, "at_risk", of_eleven),
        (code(MOVED), HALL, DESK, "due_in_3", 2, "at_risk", of_eleven),
    ]


def test_the_forecast_says_what_is_sure_and_what_is_at_risk(ask: Callable[[str], list[Row]]) -> None:
    [(ended_within, ended, open_dossiers, open_past, at_risk)] = ask(
        "select f.ended_within, f.ended, f.open_dossiers, f.open_past, f.at_risk from marts_next.on_time_forecast as f"
        " inner join staging.stg_run as r on r.province_code = f.unit"
    )
    # Due before the end of August, and running: WRONG, MOVED, DUE_TOMORROW, DUE_TUESDAY, SHARED.
    assert (ended_within, ended, open_dossiers, open_past, at_risk) == (3, 3, 8, 1, 5)
    for low, expected, high in ask("select low, expected_share, high from marts_next.on_time_forecast"):
        assert 0 <= low <= expected <= high <= 100
