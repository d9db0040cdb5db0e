"""What derives from the contracts has not drifted from them: files, tables of both engines, what the UI shows."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.contracts.arrow import arrow_schema
from qn_pipeline.contracts.model import Contract
from qn_pipeline.orchestration.metadata import table_schema
from qn_pipeline.warehouse import dbt, generated
from qn_pipeline.warehouse.generated import DICTIONARY, render
from qn_pipeline.warehouse.tables import ROW_COLUMNS, entity_columns
from qn_pipeline_tests.support import Pipeline, dossier, write_csv, write_project

# The types of a contract, as each engine calls them.
NAMES = {
    "duckdb": {"text": "VARCHAR", "integer": "BIGINT", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP", "date": "DATE"},
    "postgres": {"text": "text", "integer": "bigint", "boolean": "boolean", "timestamp": "timestamp without time zone", "date": "date"},
}
ARROW = {"text": pa.string(), "integer": pa.int64(), "boolean": pa.bool_(), "timestamp": pa.timestamp("us"), "date": pa.date32()}
DAY = date(2022, 6, 30)


def test_generated_files_are_as_the_contracts_say() -> None:
    for path, text in render().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} has drifted: make generate"


def changed() -> dict[str, Contract]:
    """The contracts, in which one column has become required and one rule has got another message."""
    units = CONTRACTS["units"]
    columns = tuple(replace(column, nullable=False) if column.name == "parent" else column for column in units.columns)
    rules = tuple(replace(rule, message=f"{rule.message} Sửa.") for rule in units.rules)
    return CONTRACTS | {"units": replace(units, columns=columns, rules=rules)}


def test_a_changed_contract_is_seen_in_every_file_that_tells_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated, "CONTRACTS", changed())
    drifted = {path.name for path, text in render().items() if path.read_text(encoding="utf-8") != text}
    assert drifted == {"_sources.yml", "history_rules.sql", "data-dictionary.md"}


def test_a_new_column_is_seen_where_columns_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    units = CONTRACTS["units"]
    wider = replace(units, columns=(*units.columns, replace(units.column("parent"), name="seat")))
    monkeypatch.setattr(generated, "CONTRACTS", CONTRACTS | {"units": wider})
    drifted = {path.name for path, text in render().items() if path.read_text(encoding="utf-8") != text}
    assert drifted >= {"_sources.yml", "contract_columns.sql", "data-dictionary.md"}


def test_every_model_is_described() -> None:
    manifest = json.loads(dbt.ensure_manifest().read_text(encoding="utf-8"))
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model" and not node["name"].startswith("stg_")]
    assert [node["name"] for node in models if not node["description"]] == []


def test_the_dictionary_tells_of_every_column_code_and_rule_in_both_languages() -> None:
    page = DICTIONARY.read_text(encoding="utf-8")
    sections = dict(zip(CONTRACTS, page.split("\n## ")[1:], strict=True))
    for entity, contract in CONTRACTS.items():
        section = sections[entity].replace("\\|", "|")
        assert contract.label in section
        for column in contract.columns:
            [row] = [line for line in section.splitlines() if line.startswith(f"| `{column.name}` | {column.label} | ")]
            assert column.description in row
            assert ("có · yes" in row) is not column.nullable
            assert ("niêm phong · personal" in row) is column.sealed
            for code, label in (column.codes.labels if column.codes else {}).items():
                assert f"`{code}` {label}" in row
        for rule in (*contract.active_rules("vietnam"), *contract.history_rules):
            [row] = [line for line in section.splitlines() if line.startswith(f"| `{rule.name}` | ")]
            assert f"· {rule.reach} | " in row
            assert f"· {rule.severity} | `{rule.column}` | {rule.message}" in row


def test_the_tables_of_the_warehouse_are_as_the_contracts_say(engine: str, tmp_path: Any) -> None:
    pipeline = Pipeline(write_project(tmp_path, {"desk": {"files": "data/{day}.csv"}}))
    write_csv(tmp_path / f"data/{DAY}.csv", [dossier(1)])
    pipeline.land(DAY)
    pipeline.check()
    pipeline.load(DAY)
    rows = pipeline.query(
        "select table_name, column_name, data_type from information_schema.columns where table_schema = 'valid' order by ordinal_position"
    )
    for entity, contract in CONTRACTS.items():
        expected = [(name, NAMES[engine][kind]) for name, kind in ROW_COLUMNS.items()] + [(c.name, NAMES[engine][c.type]) for c in contract.columns]
        assert [(name, kind) for table, name, kind in rows if table == entity] == expected
        assert list(entity_columns(entity)) == [name for name, _ in expected]


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_the_arrow_schema_is_as_the_contract_says(contract: Contract) -> None:
    fields = [(field.name, field.type, field.nullable) for field in arrow_schema(contract)]
    assert fields == [(column.name, ARROW[column.type], column.nullable) for column in contract.columns]


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_what_the_ui_shows_is_as_the_contract_says(contract: Contract) -> None:
    for shown, column in zip(table_schema(contract).columns, contract.columns, strict=True):
        assert (shown.name, shown.type, shown.constraints.nullable) == (column.name, column.type, column.nullable)
        assert shown.description == f"{column.label}: {column.description}"
        told = " | ".join(shown.constraints.other)
        assert (f"unit: {column.unit}" in told) is (column.unit is not None)
        assert all(f"{code} ({label})" in told for code, label in (column.codes.labels if column.codes else {}).items())
        assert ("personal" in told) is ("personal" in shown.tags) is column.sealed
        assert ("range" in told) is (column.least is not None or column.most is not None)
