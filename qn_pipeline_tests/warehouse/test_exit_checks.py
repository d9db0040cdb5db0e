"""What is wrong in marts is found before readers see them: each rule, on marts that were spoiled on purpose."""

import os
from collections.abc import Iterator
from datetime import date

import pytest

from qn_pipeline.warehouse.engines import MARTS_NEXT, Warehouse
from qn_pipeline.warehouse.exit_checks import QUERIES, count_violations
from qn_pipeline_tests.support import Pipeline, dossier, engine_environment, write_csv, write_project

DAY = date(2022, 7, 31)
VALUES = f"{MARTS_NEXT}.indicator_values"
# What is spoiled, and how: table, statement. "%" is the table.
SPOILED: dict[str, tuple[str, str]] = {
    "marts_of_another_run": (f"{MARTS_NEXT}.data_status", "update % set as_of = timestamp '2000-01-01'"),
    "figures_doubled": (VALUES, "insert into % select * from %"),
    "figures_without_unit": (VALUES, "update % set unit = 'nobody' where indicator = 'dossiers_received' and grain = 'month'"),
    "share_out_of_bounds": (VALUES, "update % set numerator = denominator + 1 where denominator > 0"),
    "count_negative": (VALUES, "update % set numerator = -1 where indicator = 'dossiers_running' and grain = 'day'"),
    "received_differs": (VALUES, "delete from % where indicator = 'dossiers_received' and grain = 'year'"),
    "open_differs": (VALUES, "delete from % where indicator = 'dossiers_running' and grain = 'month'"),
    "units_do_not_add_up": ("measures.dossier_daily", "update % set settled_late = settled_late + 1 where settled > 0"),
    "periods_do_not_add_up": (VALUES, "delete from % where indicator = 'dossiers_received' and grain = 'month' and period_set = 'calendar'"),
    "dossiers_doubled": ("core.fct_dossier", "insert into % select * from %"),
    "verdicts_do_not_add_up": (VALUES, "update % set numerator = numerator + 1 where indicator = 'dossiers_settled_late'"),
    "layouts_do_not_add_up": (f"{MARTS_NEXT}.layout_values", "update % set value = value + 1 where column_code = 'tongDaXuLy'"),
    "points_out_of_bounds": (f"{MARTS_NEXT}.indicator_scorecard", "update % set points = max_points + 1 where points is not null"),
}


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = write_project(tmp_path_factory.mktemp(f"exit_{request.param}"), {"onegate": {"files": "data/ho_so_{day}.csv"}})
    ended = [dossier(number, status=9, ended=f"2022-06-{15 + number} 08:00:00") for number in range(1, 10)]
    write_csv(
        folder / f"data/ho_so_{DAY}.csv", [*ended, *(dossier(number, "2022-07-04 08:00:00", due="2022-07-20 08:00:00") for number in range(20, 25))]
    )
    with engine_environment(request.param, request):
        made = Pipeline(folder, os.environ.get("QN_WAREHOUSE_URL"))
        made.run(DAY, select="*", command="run")
        yield made.warehouse


def test_good_marts_violate_nothing(warehouse: Warehouse) -> None:
    assert count_violations(warehouse) == dict.fromkeys(QUERIES, 0)


def test_every_rule_has_a_case() -> None:
    assert set(SPOILED) == set(QUERIES)


@pytest.mark.parametrize("rule", SPOILED)
def test_what_is_wrong_is_found(warehouse: Warehouse, rule: str) -> None:
    table, statement = SPOILED[rule]
    with warehouse.writing() as writing:
        writing.execute(f"create table kept as select * from {table}")
        writing.execute(statement.replace("%", table))
    try:
        assert count_violations(warehouse)[rule] > 0
    finally:
        with warehouse.writing() as writing:
            writing.execute(f"delete from {table}")
            writing.execute(f"insert into {table} select * from kept")
            writing.execute("drop table kept")
