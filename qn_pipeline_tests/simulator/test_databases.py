"""Simulated specialised databases: their courses, what is wrong with reports, and the workbooks that hold them."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from python_calamine import CalamineWorkbook

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.contracts.databases import MILESTONES as CONTRACT_MILESTONES
from qn_pipeline.project import load_project
from qn_pipeline.simulator.calendar import LUNAR_NEW_YEARS
from qn_pipeline.simulator.database_workbook import LABELS, PLAN_COLUMNS, REPORT_COLUMNS, mappings, sources, types_texts, write_plan, write_reports
from qn_pipeline.simulator.databases import (
    MILESTONES,
    Database,
    Label,
    Plan,
    Report,
    actual_progress,
    course,
    databases,
    labels_of,
    planned_progress,
    told_progress,
)
from qn_pipeline.simulator.procedures import PROCEDURES
from qn_pipeline.simulator.seasons import first_of_month
from qn_pipeline.simulator.units import UNIT_BY_CODE

HORIZON = 60
NONE = (None,) * 6


@pytest.fixture(scope="module")
def courses() -> list[Database]:
    return [course(seed) for seed in range(200)]


@pytest.fixture(scope="module")
def some() -> list[Database]:
    return databases(1, 20)


def month_end(month: date) -> date:
    return first_of_month(month, 1) - timedelta(days=1)


# Courses


def test_a_seed_gives_the_same(courses: list[Database], some: list[Database]) -> None:
    assert course(5) == courses[5]
    assert databases(1, 20) == some
    assert databases(2, 20) != some
    assert len({made.plans for made in courses}) == len({made.code for made in courses}) == 200
    assert len({made.records for made in courses if made.reached[2] is not None}) > 180


def test_plans(courses: list[Database]) -> None:
    for plans in (made.plans for made in courses):
        for plan in plans:
            assert sum(plan.weights) == 100
            assert list(plan.dates) == sorted(plan.dates)
            assert plan.since.day == 1
            assert plan.records > 0
            assert plan.amount % 1_000_000 == 0
        assert all(before.since < after.since for before, after in pairwise(plans))
        assert plans[0].since < plans[0].dates[0]
    assert {len(made.plans) for made in courses} == {1, 2, 3}


def test_what_is_told_of_a_database(some: list[Database]) -> None:
    known = {procedure.code for procedure in PROCEDURES}
    assert len({made.name for made in some}) == 20
    assert all(UNIT_BY_CODE[made.owner].level == "department" and set(made.procedures) <= known for made in some)
    assert sum(bool(made.procedures) for made in some) > 15


def test_milestones_are_reached_in_order(courses: list[Database]) -> None:
    for made in courses:
        days = [day for day in made.reached if day is not None]
        assert made.reached[: len(days)] == tuple(days)
        assert days == sorted(days)
        assert all(day <= month_end(made.months[-1]) for day in days)


def test_records_and_money_never_fall(courses: list[Database]) -> None:
    for made in courses:
        assert len(made.records) == len(made.spent) == HORIZON
        assert list(made.records) == sorted(made.records)
        assert list(made.spent) == sorted(made.spent)
        assert all(amount % 1000 == 0 for amount in made.spent)
        assert made.spent[-1] <= made.plans[0].amount * 1.06
        built = made.reached[2]
        assert all(held == 0 for held, month in zip(made.records, made.months, strict=True) if built is None or month_end(month) < built)


def test_the_finish_is_the_first_day_on_which_all_is_there(courses: list[Database]) -> None:
    for made in courses:
        done = []
        for place, month in enumerate(made.months):
            plan, operated = made.plan_on(month), made.reached[5]
            assert plan is not None
            if made.records[place] >= plan.records and operated is not None and operated <= month_end(month):
                done.append(month)
        if not done:
            assert made.finish is None
            continue
        assert made.finish is not None
        assert made.finish.replace(day=1) == done[0]
        assert made.full is not None
        assert made.finish == max(made.full, made.reached[5] or date.max)


def test_full_is_the_day_on_which_records_reach_the_plan(courses: list[Database]) -> None:
    for made in courses:
        if made.full is not None:
            place = made.months.index(made.full.replace(day=1))
            before, after = made.records[place - 1], made.records[place]
            plan = made.plan_on(made.full)
            assert plan is not None
            held = [before + (after - before) * day / month_end(made.full).day for day in (made.full.day - 1, made.full.day)]
            assert held[1] >= plan.records - 1e-6
            assert held[0] < plan.records or made.full == plan.since


def test_courses_differ_as_real_ones_do(courses: list[Database]) -> None:
    late = [(made.finish - made.plans[0].dates[5]).days for made in courses if made.finish is not None]
    assert 100 < len(late) < 195
    assert sum(days < 0 for days in late) > 10
    assert sum(days > 180 for days in late) > 30
    by_records = sum(made.finish == made.full != made.reached[5] for made in courses if made.finish is not None)
    assert 20 < by_records < len(late) - 20
    stalled = [made for made in courses if any(a == b > 0 for a, b in pairwise(made.records[:-1]))]
    assert 20 < len(stalled) < 150


def test_less_comes_in_around_tet(courses: list[Database]) -> None:
    tet = {day.replace(day=1) for day in LUNAR_NEW_YEARS}
    inside, beside = [], []
    for made in courses:
        steps = {month: after - before for month, before, after in zip(made.months[1:], made.records, made.records[1:], strict=False)}
        for month in tet & set(steps):
            around = [steps.get(first_of_month(month, by), 0) for by in (-1, 1)]
            if all(around) and steps[month]:
                inside.append(steps[month] * 2)
                beside.append(sum(around))
    assert sum(a < b for a, b in zip(inside, beside, strict=True)) > len(inside) * 0.55


def test_owners_have_heirs(some: list[Database]) -> None:
    land = next(made for made in some if "đất đai" in made.name)
    assert [UNIT_BY_CODE[land.owner_on(day)].name for day in (date(2025, 2, 28), date(2025, 3, 1))] == [
        "Sở Tài nguyên và Môi trường",
        "Sở Nông nghiệp và Môi trường",
    ]


# Progress and labels, by hand


def handmade(*reports: Report) -> Database:
    """Six months in 2022, replanned in April: by then, three milestones were planned and two reached."""
    dates = tuple(date(2022, month, 15) for month in range(1, 7))
    first = Plan(date(2022, 1, 1), dates, (10, 20, 30, 20, 10, 10), 1000, 100_000_000)
    second = replace(first, since=date(2022, 4, 1), dates=(*dates[:2], *(date(2022, month, 20) for month in range(5, 9))), records=1200)
    reached = (date(2022, 1, 20), date(2022, 3, 31), None, None, None, None)
    return Database("X", "X", "000.00.03.H47", "", (), (first, second), reached, (0,) * 6, (0,) * 6, None, None, reports)


def report(month: int = 4, sent: date | None = None, records: int | None = 0, spent: int | None = 0, milestones: int = 0) -> Report:
    reached = tuple(date(2022, 1, 10) if place < milestones else None for place in range(6))
    return Report(date(2022, month, 1), sent or date(2022, month + 1, 10), records, spent, reached, None, frozenset())


def test_progress_by_plan_and_course() -> None:
    made = handmade()
    months = [date(2022, month, 1) for month in range(1, 7)]
    assert [planned_progress(made, month, first_plan=True) for month in months] == [10, 30, 60, 80, 90, 100]
    assert [planned_progress(made, month) for month in months] == [10, 30, 60, 30, 60, 80]
    assert [actual_progress(made, month) for month in months] == [10, 10, 30, 30, 30, 30]
    assert planned_progress(made, date(2021, 12, 1)) == 0
    assert told_progress(made, report(milestones=3)) == 60


@pytest.mark.parametrize(
    ("told", "before", "labels"),
    [
        (report(), None, set()),
        (report(sent=date(2022, 5, 11)), None, {Label.LATE}),
        (report(records=5, spent=30_000_000, milestones=2), report(3, records=5, spent=30_000_000, milestones=2), {Label.UNCHANGED}),
        (report(records=1200, spent=100_000_000, milestones=6), report(3, records=1200, spent=100_000_000, milestones=6), set()),
        (report(records=4, spent=30_000_000, milestones=2), report(3, records=5, spent=30_000_000, milestones=2), {Label.FALLS}),
        (report(records=5, spent=29_000_000, milestones=2), report(3, records=5, spent=30_000_000, milestones=2), {Label.FALLS}),
        (report(records=6, spent=30_000_000, milestones=1), report(3, records=5, spent=30_000_000, milestones=2), {Label.FALLS}),
        (report(records=None, spent=95_000_000, milestones=6), None, {Label.OPERATED_WITHOUT_RECORDS}),
        (report(records=9, spent=21_000_000, milestones=3), None, set()),
        (report(records=9, spent=20_000_000, milestones=3), None, {Label.PROGRESS_WITHOUT_MONEY}),
        (report(records=9, spent=50_000_000, milestones=1), None, {Label.MONEY_WITHOUT_PROGRESS}),
        (report(records=9, spent=49_000_000, milestones=1), None, set()),
    ],
)
def test_labels_by_hand(told: Report, before: Report | None, labels: set[Label]) -> None:
    assert labels_of(handmade(), told, before) == labels


# Reports


def test_labels_are_those_of_what_is_told(courses: list[Database]) -> None:
    for made in courses:
        before = None
        for told in made.reports:
            if told.sent is None:
                assert told.labels == {Label.MISSING}
                continue
            assert told.labels - {Label.COPIED} == labels_of(made, told, before)
            assert Label.COPIED not in told.labels or Label.UNCHANGED in told.labels
            before = told


def test_each_label_occurs_and_most_reports_are_good(some: list[Database]) -> None:
    found = Counter(label for made in some for told in made.reports for label in told.labels)
    assert set(found) == set(Label)
    good = sum(told.labels <= {Label.UNCHANGED} for made in some for told in made.reports)
    assert good > sum(len(made.reports) for made in some) / 2


def test_each_month_has_one_report_until_after_the_finish(courses: list[Database]) -> None:
    for made in courses:
        assert [told.month for told in made.reports] == list(made.months[: len(made.reports)])
        if made.finish is None:
            assert len(made.reports) == HORIZON
        else:
            assert made.reports[-1].month == min(first_of_month(made.finish, 3), made.months[-1])


def test_nothing_is_reached_after_its_month(courses: list[Database]) -> None:
    for made in courses:
        for told in made.reports:
            assert all(day is None or day <= month_end(told.month) for day in told.reached)
            assert told.sent is None or month_end(told.month) < told.sent < first_of_month(told.month, 1) + timedelta(days=45)


# Workbooks


def rows_of(path: Path) -> list[dict[str, Any]]:
    header, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return [{str(name): cell for name, cell in zip(header, row, strict=True)} for row in rows]


def day_of(cell: object) -> date | None:
    if isinstance(cell, str):
        return datetime.strptime(cell, "%d/%m/%Y").date() if cell else None  # noqa: DTZ007 -- a day
    return cell if isinstance(cell, date) else None


def number_of(cell: object, scale: int = 1) -> int | None:
    if cell == "":
        return None
    value = Decimal(cell.replace(".", "").replace(",", ".") if isinstance(cell, str) else repr(cell)) * scale
    assert value == int(value)
    return int(value)


def test_plans_are_read_back(some: list[Database], tmp_path: Path) -> None:
    day = date(2024, 6, 30)
    rows = rows_of(write_plan(some, tmp_path, day))
    assert len(rows) == 20
    for made, row in zip(some, rows, strict=True):
        plan = made.plan_on(day)
        assert plan is not None
        assert tuple(row) == PLAN_COLUMNS
        assert (row["Mã CSDL"], row["Cơ quan chủ trì"]) == (made.code, UNIT_BY_CODE[made.owner].name)
        assert row["TTHC phục vụ"].split("; ") == list(made.procedures or [""])
        assert number_of(row["Số bản ghi theo kế hoạch"]) == plan.records
        assert number_of(row["Kinh phí (triệu đồng)"], 1_000_000) == plan.amount
        assert tuple(day_of(row[label]) for label in LABELS) == plan.dates
        assert sum(row[f"Trọng số: {label}"] for label in LABELS) == 100
    assert {isinstance(row[LABELS[0]], str) for row in rows} == {True, False}
    assert write_plan(some, tmp_path, date(2022, 1, 5)).name == "ke_hoach_2022-01-05.xlsx"
    assert len(rows_of(tmp_path / "data/csdl/ke_hoach_2022-01-05.xlsx")) == sum(made.start == date(2022, 1, 1) for made in some)


def test_reports_are_read_back(some: list[Database], tmp_path: Path) -> None:
    for place in range(12, 30):
        month = first_of_month(date(2022, 1, 1), place)
        due = first_of_month(month, 1) + timedelta(days=9)
        path = write_reports(some, tmp_path, due, since=due - timedelta(days=9))
        assert path is not None
        sent = [(made, told) for made in some for told in made.reports if told.sent is not None and due - timedelta(days=9) < told.sent <= due]
        for (made, told), row in zip(sent, rows_of(path), strict=True):
            texts = types_texts(made.owner)
            assert tuple(row) == REPORT_COLUMNS
            assert row["Mã CSDL"] == made.code
            assert row["Tháng báo cáo"] == (f"{told.month:%m/%Y}" if texts else told.month)
            assert number_of(row["Số bản ghi đã có"]) == told.records
            assert number_of(row["Kinh phí đã chi (triệu đồng)"], 1_000_000) == told.spent
            assert tuple(day_of(row[label]) for label in LABELS) == told.reached
            assert day_of(row["Dự kiến hoàn thành"]) == told.expected_finish


def test_late_reports_come_later(some: list[Database], tmp_path: Path) -> None:
    month = next(told.month for told in some[0].reports[14:] if Label.LATE in told.labels)
    due = first_of_month(month, 1) + timedelta(days=9)
    in_time = {made.code for made in some if (told := made.report_of(month)) and not told.labels & {Label.LATE, Label.MISSING}}
    late = {made.code for made in some if (told := made.report_of(month)) and Label.LATE in told.labels}

    def told_of_month(path: Path | None) -> set[object]:
        assert path is not None
        return {row["Mã CSDL"] for row in rows_of(path) if row["Tháng báo cáo"] in (f"{month:%m/%Y}", month)}

    assert told_of_month(write_reports(some, tmp_path, due, since=month_end(month))) == in_time
    assert told_of_month(write_reports(some, tmp_path, due + timedelta(days=60), since=due)) == late
    assert write_reports(some, tmp_path, date(2000, 1, 1)) is None


def test_the_same_bytes_again(some: list[Database], tmp_path: Path) -> None:
    assert write_plan(some, tmp_path / "a", date(2024, 1, 1)).read_bytes() == write_plan(some, tmp_path / "b", date(2024, 1, 1)).read_bytes()


def test_a_project_takes_the_sources(tmp_path: Path) -> None:
    assert tuple(CONTRACT_MILESTONES) == MILESTONES
    assert tuple(CONTRACT_MILESTONES.values()) == LABELS
    settings = {"province": {"code": "x", "name": "x"}, "start": "2022-01-01", "sources": sources()}
    (tmp_path / "mappings").mkdir()
    (tmp_path / "qn.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    for file, mapping in mappings().items():
        (tmp_path / file).write_text(yaml.safe_dump(mapping, allow_unicode=True), encoding="utf-8")
    project = load_project(tmp_path)
    for name, columns in (("csdl_ke_hoach", PLAN_COLUMNS), ("csdl_bao_cao", REPORT_COLUMNS)):
        source = project.source(name)
        assert set(source.mapping.source_columns) == set(columns)
        assert set(source.mapping.columns) == set(CONTRACTS[source.entity].names)
