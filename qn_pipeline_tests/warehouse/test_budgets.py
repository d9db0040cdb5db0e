"""Budgets worked out by hand: which money is digital-transformation money, who decides, and what has been done with it."""

import os
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qn_pipeline.warehouse.engines import Row
from qn_pipeline.warehouse.exit_checks import count_violations
from qn_pipeline_tests.support import Pipeline, dossier, engine_environment, write_csv, write_project

DAY = date(2024, 4, 5)
MONEY = ("need", "estimate", "adjustment", "carried_over", "allotted", "expected", "disbursed", "settled")
LINE = ["unit", "year", "month", "kind", "source", "chapter", "category", "item", "subitem", "project", "name", "tag", *MONEY]
HALL, SCHOOLS, PROVINCE = "000.00.17.H47", "000.00.22.H47", "000.00.00.H47"
RULES: list[dict[str, Any]] = [
    {"name": "trả lương", "decides": "exclude", "keywords": ["LƯƠNG"]},
    {"name": "phần mềm", "decides": "include", "subitems": ["7053", "7054"]},
    {"name": "dự án", "decides": "include", "projects": ["DA1407"], "valid_from": date(2024, 2, 1)},
    {"name": "từ khóa", "decides": "include", "keywords": ["chuyển đổi số", "đường truyền"], "categories": ["341", "314"]},
    {"name": "xăng xe", "decides": "exclude", "subitems": ["6503"]},
]


def line(name: str, month: int = 3, year: int = 2024, unit: str = HALL, **other: object) -> dict[str, object]:
    empty = dict.fromkeys(LINE, "")
    return {
        **empty,
        "unit": unit,
        "year": year,
        "month": month,
        "kind": "recurrent",
        "source": "provincial",
        "category": "341",
        "name": name,
        **other,
    }


LINES = [
    # The line, and the rule that decides.
    (line("Mua PHẦN MỀM", subitem="7053", estimate=1000, allotted=900, disbursed=300, need=1200), "phần mềm"),
    (line("Lương cán bộ phần mềm", subitem="7053", estimate=5000, allotted=5000, disbursed=1250), "trả lương"),
    (line("CHUYỂN ĐỔI SỐ cơ quan", estimate=400, adjustment=-100, allotted=300, disbursed=0), "từ khóa"),
    (line("Thuê đường truyền", category="132", estimate=70), None),
    (line("Xăng xe", subitem="6503", estimate=30, disbursed=10), "xăng xe"),
    (line("Xây trung tâm dữ liệu", kind="investment", source="central", project="DA1407", estimate=7000, carried_over=2000, disbursed=4500), "dự án"),
    (line("Xây trung tâm dữ liệu", 1, kind="investment", source="central", project="DA1407", estimate=7000, disbursed=0), None),
    (line("Mua phần mềm", 12, 2023, subitem="7053", estimate=500, disbursed=450), "phần mềm"),
    (line("Mua phần mềm", 3, 2023, subitem="7053", estimate=500, disbursed=200), "phần mềm"),
    # The schools have not reported March.
    (line("Phần mềm quản lý", 2, unit=SCHOOLS, subitem="7054", estimate=600, disbursed=60), "phần mềm"),
]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    columns = {name: name for name in LINE}
    folder = write_project(
        tmp_path_factory.mktemp(f"budget_{request.param}"),
        {
            "onegate": {"files": "data/ho_so_{day}.csv"},
            "budgets": {"entity": "budget_lines", "system": "budgets", "files": "data/ngan_sach_{day}.csv", "mapping": "ngan_sach.yaml"},
        },
        {"ngan_sach.yaml": {"columns": {"code": {"join": ["unit", "year", "month", "kind", "source", "project", "name"]}, **columns}}},
        digital_transformation={"target_share": 1.5, "rules": RULES},
    )
    write_csv(folder / f"data/ho_so_{DAY}.csv", [dossier(1, "2024-04-01 08:00:00", due="2024-04-20 17:00:00")])
    write_csv(folder / f"data/ngan_sach_{DAY}.csv", [told for told, _ in LINES], LINE)
    with engine_environment(request.param, request):
        made = Pipeline(folder, os.environ.get("QN_WAREHOUSE_URL"))
        made.run(DAY, select="*", command="run")
        assert {rule: count for rule, count in count_violations(made.warehouse).items() if count} == {}
        made.warehouse.publish()
        yield made


@pytest.fixture
def ask(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Row]]:
    if pipeline.url:
        monkeypatch.setenv("QN_WAREHOUSE_URL", pipeline.url)
    return lambda sql: pipeline.warehouse.read(sql)[1]


@pytest.fixture
def core(pipeline: Pipeline, ask: Callable[[str], list[Row]]) -> Callable[[str], list[Row]]:
    return pipeline.query


def execution(ask: Callable[[str], list[Row]], columns: str, **where: object) -> list[Row]:
    conditions = " and ".join(f"{name} = '{value}'" for name, value in {"kind": "all", "source": "all", "scope": "digital", **where}.items())
    return ask(f"select {columns} from marts.budget_execution where {conditions} order by unit, year, month")


def test_a_workbook_that_comes_again_takes_the_place_of_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another day, with a line renamed and one left out: neither is counted twice. Lines with one key are not counted at all, and told."""
    monkeypatch.delenv("QN_WAREHOUSE_URL", raising=False)
    source = {"entity": "budget_lines", "system": "budgets", "files": "data/ngan_sach_*_{month}.csv", "mapping": "ngan_sach.yaml"}
    columns = {"code": {"join": ["unit", "year", "month", "name"]}, **{name: name for name in LINE}}
    folder = write_project(tmp_path / "p", {"budgets": source}, {"ngan_sach.yaml": {"columns": columns}})
    pipeline = Pipeline(folder)
    before = [line("Mua may tinh", disbursed=300), line("Đường truyền", disbursed=40), line("Xăng xe", disbursed=5)]
    after = [line("Mua máy tính", disbursed=300), line("Đường truyền", disbursed=50), line("Họp", disbursed=1), line("Họp", disbursed=2)]
    for day, rows in ((date(2024, 4, 5), before), (date(2024, 4, 20), after)):
        write_csv(folder / "data/ngan_sach_stnmt_2024-03.csv", rows, LINE)
        write_csv(folder / "data/ngan_sach_sgddt_2024-03.csv", [line("Phần mềm", unit=SCHOOLS, disbursed=7)], LINE)
        pipeline.run(day, select="+fct_budget", command="run")
    told = pipeline.query("select name, disbursed from core.fct_budget order by disbursed")
    assert told == [("Phần mềm", 7), ("Đường truyền", 50), ("Mua máy tính", 300)]
    assert pipeline.query("select count(*) from valid.quarantine where rule = 'line_doubled'") == [(2,)]


def test_the_first_rule_that_holds_decides_and_is_kept(core: Callable[[str], list[Row]]) -> None:
    told = {(name, year, month): rule for name, year, month, rule in core("select name, year, month, rule from core.fct_budget")}
    assert told == {(row["name"], row["year"], row["month"]): rule for row, rule in LINES}


def test_lines_that_nobody_decided_are_a_list(ask: Callable[[str], list[Row]]) -> None:
    assert ask("select name, plan from marts.budget_undecided where year = 2024") == [("Thuê đường truyền", 70)]


def test_states_of_money_stay_apart(ask: Callable[[str], list[Row]]) -> None:
    [row] = execution(ask, "need, estimate, adjustment, carried_over, allotted, disbursed, settled, plan", unit=HALL, year=2024, month=3)
    assert row == (1200, 8400, -100, 2000, 1200, 4800, None, 10300)


def test_shares_pace_and_last_year(ask: Callable[[str], list[Row]]) -> None:
    names = "disbursed_share, disbursed_of_allotted, allotted_share, need_met, pace, ahead_of_pace, last_year_disbursed, last_year_disbursed_share"
    [row] = execution(ask, names, unit=HALL, year=2024, month=3, kind="recurrent", source="provincial")
    assert row == (
        *(Decimal("23.08"), Decimal("25.00"), Decimal("92.31"), Decimal("100.00")),  # 300 of 1300, of 1200; 1200 of 1300, of 1200
        *(325, -25, 200, Decimal("40.00")),
    )


def test_digital_money_in_all_money(ask: Callable[[str], list[Row]]) -> None:
    [row] = execution(
        ask, "all_plan, all_disbursed, plan_share_of_all, disbursed_share_of_all, target_share, target_certainty", unit=HALL, year=2024, month=3
    )
    assert row == (15400, 6060, Decimal("66.88"), Decimal("79.21"), Decimal("1.50"), "memory")


def test_a_unit_that_has_not_reported_stands_as_it_was(ask: Callable[[str], list[Row]]) -> None:
    rows = execution(ask, "month, units, units_reported, disbursed", unit=PROVINCE, year=2024)
    assert rows == [(2, 1, 1, 60), (3, 2, 1, 4860)]
    assert execution(ask, "month, units, units_reported", unit=PROVINCE, year=2024, scope="all") == [(1, 1, 1), (2, 2, 1), (3, 2, 1)]
