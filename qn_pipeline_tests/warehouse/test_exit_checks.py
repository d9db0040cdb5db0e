"""What is wrong in marts is found before readers see them: each rule, on marts that were spoiled on purpose."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest

from qn_pipeline.project import Continuity
from qn_pipeline.warehouse.continuity import CHANGED, FELL, Change, changes_of_closed_months, compare
from qn_pipeline.warehouse.engines import MARTS_NEXT, Warehouse
from qn_pipeline.warehouse.exit_checks import MESSAGES, PARENTS, QUERIES, count_violations
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
    "keys_doubled": (f"{MARTS_NEXT}.unit", "insert into % select * from %"),
    "channels_do_not_add_up": (VALUES, "update % set numerator = numerator + 1 where indicator = 'dossiers_received' and channel = 'direct'"),
    "opening_is_not_the_closing_before": (VALUES, "update % set numerator = numerator + 1 where indicator = 'dossiers_carried_over'"),
    "budgets_do_not_add_up": (
        f"{MARTS_NEXT}.budget_execution",
        "insert into % (unit, year, month, kind, source, scope, allotted) values ('000.00.33.H47', 2022, 6, 'recurrent', 'central', 'all', 5)",
    ),
    "work_differs": ("core.fct_feedback", "insert into % (system, code) values ('hotline', 'PA-1')"),
    PARENTS: (VALUES, "update % set numerator = numerator + 1 where indicator = 'dossiers_refused' and grain = 'month'"),
}


RULES = [*QUERIES, PARENTS]


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
    assert count_violations(warehouse) == dict.fromkeys(RULES, 0)


def test_every_rule_has_a_case() -> None:
    assert set(SPOILED) == set(RULES) == set(MESSAGES)


@contextmanager
def spoiled(warehouse: Warehouse, table: str, statement: str) -> Iterator[None]:
    """The table as a statement leaves it, for as long as the block lasts."""
    with warehouse.writing() as writing:
        writing.execute(f"create table kept as select * from {table}")
        writing.execute(statement)
    try:
        yield
    finally:
        with warehouse.writing() as writing:
            writing.execute(f"delete from {table}")
            writing.execute(f"insert into {table} select * from kept")
            writing.execute("drop table kept")


@pytest.mark.parametrize("rule", SPOILED)
def test_what_is_wrong_is_found(warehouse: Warehouse, rule: str) -> None:
    table, statement = SPOILED[rule]
    with spoiled(warehouse, table, statement.replace("%", table)):
        assert count_violations(warehouse)[rule] > 0


@pytest.mark.parametrize(
    "statement",
    [
        "update % set numerator = numerator - 1 where indicator = 'dossiers_received' and unit <> (select province_code from staging.stg_run)",
        "update % set numerator = numerator + 1 where indicator = 'dossiers_received' and unit = (select province_code from staging.stg_run)",
        # A stock of all months but the first, as if a closing had been lost.
        "update % set numerator = numerator + 1 where indicator = 'dossiers_running' and period_start > date '2022-06-01'",
        # Not told alone by daily cells, but no unit may have more than the one above it.
        "update % set numerator = case when unit = (select province_code from staging.stg_run) then 1 else 9 end where indicator = 'index_4_2'",
    ],
)
def test_a_unit_is_itself_and_those_below_it(warehouse: Warehouse, statement: str) -> None:
    with spoiled(warehouse, VALUES, statement.replace("%", VALUES) + " and channel = 'all'"):
        assert count_violations(warehouse)[PARENTS] > 0


SETTINGS = Continuity(slack=1)
PROVINCE = "000.00.00.H47"


def test_closed_months_are_held_against_what_was_published(warehouse: Warehouse) -> None:
    """The last test of this module: it publishes. Nine dossiers of June were settled in June, five of July are open."""
    assert changes_of_closed_months(warehouse, SETTINGS) is None, "nothing is published yet"
    warehouse.publish()
    with warehouse.writing() as writing:
        writing.execute(f"create schema if not exists {MARTS_NEXT}")
        if warehouse.dialect == "postgres":
            for table in ("indicator_values", "unit"):
                writing.execute(f"create table {MARTS_NEXT}.{table} as select * from marts.{table}")
    assert changes_of_closed_months(warehouse, SETTINGS) == []
    of_june = "period_start = date '2022-06-01' and grain = 'month' and period_set = 'calendar' and channel = 'all'"
    less = f"update {VALUES} set numerator = numerator - 2 where indicator = 'dossiers_received' and {of_june}"
    with spoiled(warehouse, VALUES, less):
        found = changes_of_closed_months(warehouse, SETTINGS)
    june = date(2022, 6, 1)
    assert found == [
        Change(FELL, "dossiers_received", PROVINCE, june, 9, 7, 2 / 9),
        Change(CHANGED, "dossiers_received", "000.00.33.H47", june, 9, 7, 2 / 9),
    ]
    with spoiled(warehouse, VALUES, f"delete from {VALUES} where indicator = 'dossiers_settled_late' and {of_june}"):
        assert changes_of_closed_months(warehouse, SETTINGS) == [Change(CHANGED, "dossiers_settled_late", PROVINCE, june, 4, None, 1.0)]


def test_what_is_within_the_tolerance_or_a_few_pieces_is_not_told() -> None:
    june = date(2022, 6, 1)

    def row(indicator: str, numerator: int | None, denominator: int | None = None, unit: str = PROVINCE) -> tuple[object, ...]:
        return (indicator, unit, june, numerator, denominator, unit == PROVINCE)

    def told(before: tuple[object, ...], *now: tuple[object, ...]) -> list[tuple[str, float]]:
        return [(change.rule, round(change.by, 4)) for change in compare([before], list(now), Continuity())]

    assert told(row("dossiers_received", 1000), row("dossiers_received", 1020)) == []
    assert told(row("dossiers_received", 1000), row("dossiers_received", 1021)) == [(CHANGED, 0.021)]
    assert told(row("dossiers_received", 1000), row("dossiers_received", 800)) == [(CHANGED, 0.2)]
    assert told(row("dossiers_received", 1000), row("dossiers_received", 799)) == [(FELL, 0.201)]
    assert told(row("dossiers_received", 1000, unit="000.00.33.H47"), row("dossiers_received", 1, unit="000.00.33.H47")) == [(CHANGED, 0.999)]
    assert told(row("dossiers_received", 10), row("dossiers_received", 0)) == [], "a few pieces"
    assert told(row("dossiers_refused", 1000), row("dossiers_refused", 100)) == [(CHANGED, 0.9)], "no flow that a province keeps"
    # 900 of 1000 were on time, 950 of 1010 now are: four points more. A point is within the tolerance of two.
    assert told(row("on_time_share", 900, 1000), row("on_time_share", 950, 1010)) == [(CHANGED, 0.0406)]
    assert told(row("on_time_share", 900, 1000), row("on_time_share", 955, 1050)) == []
    assert told(row("on_time_share", 900, 1000), row("on_time_share", None)) == [(CHANGED, 1.0)], "no longer told"
    assert told(row("on_time_share", 900, 1000)) == [(CHANGED, 1.0)], "no longer there"
    assert told(row("on_time_share", None), row("on_time_share", 900, 1000)) == [], "told for the first time"
