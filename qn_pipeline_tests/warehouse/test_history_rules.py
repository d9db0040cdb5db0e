"""Rules across days and entities: each finds its rows and no other, and points at the row of the file that told it."""

import csv
import os
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline_tests.contracts.rows import GOOD, Row, write_sources
from qn_pipeline_tests.support import Pipeline, engine_environment

DAY = date(2022, 6, 30)
UNIT, OTHER, OLD, NEW = "000.00.33.H47", "000.00.34.H47", "000.00.35.H47", "000.00.36.H47"
MONTHS = ("2022-01-31", "2022-02-28", "2022-03-31")

Ask = Callable[[str], list[Any]]
# Of each entity: changes to a good row, and the rules that it breaks.
Told = list[tuple[Row, set[str]]]
REFERENCE: dict[str, Told] = {
    "units": [
        ({"code": UNIT, "valid_to": None}, set()),
        ({"code": OTHER, "valid_from": None, "valid_to": None}, set()),
        ({"code": OLD, "valid_from": None, "valid_to": "2022-05-31"}, set()),
        ({"code": NEW, "valid_from": "2022-06-10", "valid_to": None}, set()),
        ({"code": "000.01.33.H47", "level": "commune", "parent": UNIT, "valid_to": None}, set()),
        ({"code": "000.02.33.H47", "level": "commune", "parent": "000.00.99.H47", "valid_to": None}, {"parent_unknown"}),
    ],
    "procedures": [
        ({"code": "1.000001"}, set()),
        ({"code": "1.000002", "has_fee": "0", "valid_to": "2022-05-31"}, set()),
        ({"code": "1.000003", "has_fee": None, "valid_from": None, "valid_to": None}, set()),
    ],
    "services": [
        ({"code": "1", "unit": UNIT, "procedure": "1.000001", "online_level": "partial"}, set()),
        ({"code": "2", "unit": OTHER, "procedure": "1.000001", "online_level": "full"}, set()),
        ({"code": "3", "unit": "000.00.99.H47"}, {"unit_unknown"}),
        ({"code": "4", "unit": UNIT, "procedure": "9.999999"}, {"procedure_unknown"}),
    ],
}
USUAL: Row = {"receiving_unit": UNIT, "resolving_unit": UNIT, "online_level": "partial"}
EARLY: Row = {"submitted_at": "2022-05-30 08:00:00", "received_at": "2022-05-30 08:00:00"}
FACTS: dict[str, Told] = {
    "dossiers": [
        (USUAL, set()),
        (USUAL | {"resolving_unit": "000.00.99.H47"}, {"resolving_unit_unknown"}),
        (USUAL | {"receiving_unit": "000.00.99.H47"}, {"receiving_unit_unknown"}),
        (USUAL | {"receiving_unit": None}, set()),
        (USUAL | {"resolving_unit": OLD}, {"resolving_unit_not_valid"}),
        (USUAL | {"receiving_unit": OLD}, {"receiving_unit_not_valid"}),
        (USUAL | {"receiving_unit": NEW}, {"receiving_unit_not_valid"}),
        # It began on 10 June, while the dossier ran; and on the last day of the old one the dossier came in.
        (USUAL | {"resolving_unit": NEW}, set()),
        (USUAL | {"resolving_unit": NEW, "ended_at": "2022-06-09 08:00:00"}, {"resolving_unit_not_valid"}),
        (USUAL | EARLY | {"resolving_unit": OLD, "receiving_unit": OLD}, set()),
        (USUAL | {"procedure": "9.999999"}, {"procedure_unknown"}),
        (USUAL | {"procedure": "1.000002", "fee": "0", "online_payment": None}, {"procedure_not_valid"}),
        (USUAL | EARLY | {"procedure": "1.000002"}, {"fee_of_free_procedure"}),
        (USUAL | EARLY | {"procedure": "1.000002", "fee": "0", "online_payment": None}, set()),
        (USUAL | {"procedure": "1.000003", "online_level": "full"}, set()),
        (USUAL | {"online_level": "full"}, {"online_level_above_service"}),
        (USUAL | {"resolving_unit": OTHER, "online_level": "full"}, set()),
    ],
    "dossier_actions": [
        ({"code": "1", "dossier": "000.00.33.H47-220601-0000"}, set()),
        ({"code": "2", "dossier": "000.00.33.H47-220601-9999"}, {"dossier_unknown"}),
    ],
    "postal_events": [
        ({"code": "1", "unit": UNIT}, set()),
        ({"code": "2", "unit": None}, set()),
        ({"code": "3", "unit": "000.00.99.H47"}, {"unit_unknown"}),
        ({"code": "4", "unit": OLD}, {"unit_not_valid"}),
    ],
    "budget_lines": [
        ({"code": "1", "unit": UNIT}, set()),
        ({"code": "2", "unit": "000.00.99.H47"}, {"unit_unknown"}),
        ({"code": "3", "unit": OLD, "month": "5"}, set()),
        ({"code": "4", "unit": OLD, "month": "6"}, {"unit_not_valid"}),
        ({"code": "5", "unit": NEW, "month": "6"}, set()),
        ({"code": "6", "unit": NEW, "month": "5"}, {"unit_not_valid"}),
    ],
    "databases": [
        ({"code": "A", "owner": UNIT}, set()),
        ({"code": "B", "owner": "000.00.99.H47"}, {"owner_unknown"}),
        ({"code": "C", "owner": UNIT, "planned_records": "100"}, set()),
    ],
    "database_reports": [
        *(({"code": f"A{place}", "database": "A", "month": month, "records": str(100 * place)}, set()) for place, month in enumerate(MONTHS)),
        *(
            ({"code": f"B{place}", "database": "B", "month": month, "records": records, "amount_spent": amount}, rules)
            for place, (month, records, amount, rules) in enumerate(
                [
                    (MONTHS[0], "100", "5000000", set()),
                    (MONTHS[1], "90", "5000000", {"records_fell"}),
                    (MONTHS[2], "90", "4000000", {"amount_fell"}),
                    ("2022-04-30", "90", "4000000", {"report_copied"}),
                ]
            )
        ),
        # All is done: nothing more is to come.
        *(({"code": f"C{place}", "database": "C", "month": month, "records": "100"}, set()) for place, month in enumerate(MONTHS)),
        ({"code": "D0", "database": "D", "month": MONTHS[0]}, {"database_unknown"}),
        ({"code": "A3", "database": "A", "month": "2022-04-30", "records": "300", "operated_actual": None}, {"milestone_withdrawn"}),
    ],
    "feedback": [
        ({"code": "1", "unit": UNIT}, set()),
        ({"code": "2", "unit": "000.00.99.H47"}, {"unit_unknown"}),
        ({"code": "3", "unit": OLD}, {"unit_not_valid"}),
    ],
}


def told_rows(entity: str) -> list[Row]:
    """The rows of an entity's file; dossiers have the code of the day on which they came in."""
    rows = [GOOD[entity] | changes for changes, _ in (REFERENCE | FACTS)[entity]]
    if entity == "dossiers":
        for place, row in enumerate(rows):
            row["code"] = f"000.00.33.H47-{str(row['received_at'])[2:10].replace('-', '')}-{place:04}"
    return rows


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def ask(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """The warehouse after a night with all of that."""
    folder = write_sources(tmp_path_factory.mktemp(f"history_{request.param}") / "p")
    for entity in REFERENCE | FACTS:
        with (folder / f"data/{entity}_{DAY}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, CONTRACTS[entity].names)
            writer.writeheader()
            writer.writerows(told_rows(entity))
    with engine_environment(request.param, request):
        made = Pipeline(folder, os.environ.get("QN_WAREHOUSE_URL"))
        made.run(DAY, select="+history_violation +unit_ancestor")
        warehouse = made.warehouse

        def query(sql: str) -> list[Any]:
            with warehouse.writing() as writing:
                return writing.execute(sql)

        yield query


def test_nothing_of_them_is_wrong_by_itself(ask: Ask) -> None:
    assert ask("select rule, row_key from valid.quarantine") == []


def test_each_rule_finds_its_rows_and_no_other(ask: Ask) -> None:
    expected = {
        (entity, row["code"], place + 2, rule)
        for entity, told in (REFERENCE | FACTS).items()
        for place, (row, (_, rules)) in enumerate(zip(told_rows(entity), told, strict=True))
        for rule in rules
    }
    found = ask(
        "select e.entity, v.row_key, v.row_no, v.rule from core.history_violation as v inner join valid.extractions as e on e.extraction_seq = v.extraction_seq"
    )
    assert set(found) == expected
    assert len(found) == len(expected)


def test_every_rule_of_history_has_a_case() -> None:
    declared = {(entity, rule.name) for entity, contract in CONTRACTS.items() for rule in contract.history_rules}
    assert declared == {(entity, rule) for entity, told in (REFERENCE | FACTS).items() for _, rules in told for rule in rules}


def test_names_severities_and_messages_are_the_contracts(ask: Ask) -> None:
    found = ask(
        "select distinct e.entity, v.rule, v.severity, v.column_name, v.message from core.history_violation as v "
        "inner join valid.extractions as e on e.extraction_seq = v.extraction_seq"
    )
    assert set(found) == {
        (entity, rule.name, str(rule.severity), rule.column, rule.message)
        for entity, contract in CONTRACTS.items()
        for rule in contract.history_rules
    }


def test_its_columns_are_those_of_the_quarantine(ask: Ask) -> None:
    sql = "select column_name, data_type from information_schema.columns where table_schema = '{}' and table_name = '{}'"
    at_the_door = dict(ask(sql.format("valid", "quarantine")))
    # The unit is that of the row, and what waives it is found later: core.broken_rule.
    assert dict(ask(sql.format("core", "history_violation"))) == {name: kind for name, kind in at_the_door.items() if name not in ("unit", "waiver")}
