"""Deadlines by limit and calendar equal an independent calendar: the simulator's, which walks days, and shares no code with the warehouse."""

import os
import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from qn_pipeline.simulator.calendar import DAY_OF_WORK, OPENING_HOURS, deadline, is_working_day, working_time_between
from qn_pipeline_tests.support import MAPPING, MOMENT, Pipeline, dossier, engine_environment, write_csv, write_project

DAY = date(2025, 12, 31)
HOURS, DAYS, CALENDAR_DAYS, MONTHS, CLOSED = "000.00.33.H47", "000.00.34.H47", "000.00.35.H47", "000.00.36.H47", "000.01.33.H47"
LIMITS = {DAYS: ("working_day", "2.000001", 7), CALENDAR_DAYS: ("day", "2.000002", 10), MONTHS: ("month", "2.000003", 2)}
CLOSING = OPENING_HOURS[-1][1]
# A storm: one commune is closed for two days and works half a day on the third.
STORM = {date(2022, 9, 27): ("off", ""), date(2022, 9, 28): ("off", ""), date(2022, 9, 29): ("worked", "07:30-11:30")}


def moments(count: int, first: date, days: int) -> list[datetime]:
    """Any moments, at night and on days off, too."""
    rng = random.Random(766)
    return [datetime.combine(first, time()) + timedelta(seconds=rng.randrange(days * 86_400)) for _ in range(count)]


def nth_working_day(day: date, count: int) -> date:
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    columns = MAPPING["columns"]
    folder = write_project(
        tmp_path_factory.mktemp(f"deadlines_{request.param}"),
        {
            "onegate": {"files": "data/ho_so_{day}.csv"},
            "procedures": {"entity": "procedures", "files": "data/thu_tuc.csv", "delivers": "snapshot", "mapping": "thu_tuc.yaml"},
            "units": {"entity": "units", "files": "data/don_vi.csv", "delivers": "snapshot", "mapping": "don_vi.yaml"},
            "closures": {"entity": "holidays", "files": "data/nghi.csv", "delivers": "snapshot", "mapping": "nghi.yaml"},
        },
        {
            "mapping.yaml": {"columns": {**columns, "limit_hours": "limit"}},
            "thu_tuc.yaml": {"columns": {name: name for name in ("code", "name", "time_limit", "limit_unit")}},
            "don_vi.yaml": {"columns": {name: name for name in ("code", "name", "level", "parent")}},
            "nghi.yaml": {"columns": {"code": "code", "day": {"from": "day", "format": "iso8601"}, "kind": "kind", "unit": "unit", "hours": "hours"}},
        },
    )
    rows: list[dict[str, object]] = []
    for unit, procedure in [(HOURS, "1.000001"), *((unit, code) for unit, (_, code, _) in LIMITS.items())]:
        for at in moments(150, date(2022, 1, 1), 1360):
            limit = 1 + len(rows) * 7 % 400 if unit == HOURS else ""
            rows.append(dossier(len(rows) + 1, f"{at:{MOMENT}}", due="", unit=unit, procedure=procedure, limit=limit))
    for at in moments(60, date(2022, 9, 20), 12):
        rows.append(dossier(len(rows) + 1, f"{at:{MOMENT}}", due="", unit=CLOSED, procedure="1.000001", limit=20))
    write_csv(folder / "data" / f"ho_so_{DAY}.csv", rows, [*dossier(1), "limit"])
    write_csv(
        folder / "data" / "thu_tuc.csv",
        [{"code": code, "name": "Thủ tục", "time_limit": amount, "limit_unit": kind} for kind, code, amount in LIMITS.values()],
        ["code", "name", "time_limit", "limit_unit"],
    )
    write_csv(
        folder / "data" / "don_vi.csv",
        [
            {"code": HOURS, "name": "UBND thành phố", "level": "district", "parent": ""},
            {"code": CLOSED, "name": "UBND xã", "level": "commune", "parent": HOURS},
        ],
        ["code", "name", "level", "parent"],
    )
    write_csv(
        folder / "data" / "nghi.csv",
        [{"code": f"{day}", "day": day, "kind": kind, "unit": CLOSED, "hours": hours} for day, (kind, hours) in STORM.items()],
        ["code", "day", "kind", "unit", "hours"],
    )
    with engine_environment(request.param, request):
        made = Pipeline(folder, os.environ.get("QN_WAREHOUSE_URL"))
        made.run(DAY, select="+dossier_deadline", command="run")
        yield made


@pytest.fixture
def due(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[datetime, int, datetime, datetime]]]:
    """By unit: reception, limit, and both dates."""
    if pipeline.url:
        monkeypatch.setenv("QN_WAREHOUSE_URL", pipeline.url)
    found: dict[str, list[tuple[datetime, int, datetime, datetime]]] = {}
    for unit, *row in pipeline.query(
        "select l.resolving_unit, l.received_at, d.amount, d.minute_due_at, d.next_day_due_at"
        " from core.life_made as l inner join core.dossier_deadline as d on d.code = l.code"
    ):
        found.setdefault(unit, []).append((row[0], row[1], row[2], row[3]))
    return found


def test_hours_are_counted_from_the_minute_of_reception(due: dict[str, list[tuple[datetime, int, datetime, datetime]]]) -> None:
    assert len(due[HOURS]) == 150
    for received, hours, minute, next_day in due[HOURS]:
        assert minute == next_day == deadline(received, hours=hours), (received, hours)


def test_working_days_are_8_hours_or_end_with_the_nth_day(due: dict[str, list[tuple[datetime, int, datetime, datetime]]]) -> None:
    assert len(due[DAYS]) == 150
    for received, days, minute, next_day in due[DAYS]:
        assert minute == deadline(received, days=days), received
        assert next_day == datetime.combine(nth_working_day(received.date(), days), CLOSING), received


def test_days_and_months_go_by_the_calendar_and_end_on_a_working_day(due: dict[str, list[tuple[datetime, int, datetime, datetime]]]) -> None:
    for received, days, minute, next_day in due[CALENDAR_DAYS]:
        last = received + timedelta(days=days)
        assert minute == last
        assert next_day == datetime.combine(nth_working_day(last.date() - timedelta(days=1), 1), CLOSING), received
    for received, months, minute, _ in due[MONTHS]:
        month = received.month + months
        assert (minute.year, minute.month) == (received.year + (month - 1) // 12, (month - 1) % 12 + 1)
        assert (minute.day == received.day) or (minute + timedelta(days=1)).day == 1


def test_a_closed_commune_has_hours_of_its_own(due: dict[str, list[tuple[datetime, int, datetime, datetime]]]) -> None:
    """Working time to the deadline is the limit, plus what everybody else works in the closed hours in between."""
    morning = timedelta(hours=4)
    lost = [
        (datetime.combine(day, opens), datetime.combine(day, closes))
        for day, (kind, _) in STORM.items()
        for opens, closes in (OPENING_HOURS if kind == "off" else OPENING_HOURS[1:])
    ]
    assert sum((closes - opens for opens, closes in lost), timedelta()) == 2 * DAY_OF_WORK + morning
    assert len(due[CLOSED]) == 60
    for received, hours, minute, _ in due[CLOSED]:
        closed = sum((working_time_between(max(opens, received), max(closes, received)) for opens, closes in lost if opens < minute), timedelta())
        assert working_time_between(received, minute) - closed == timedelta(hours=hours), received
        assert not any(opens <= minute < closes for opens, closes in lost)
