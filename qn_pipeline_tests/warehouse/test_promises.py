"""What tables promise (dbt's test `keeps`) holds on good data, and every promise is found broken on a table that was spoiled."""

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.warehouse import dbt
from qn_pipeline_tests import dbt_server
from qn_pipeline_tests.support import Pipeline, dossier, engine_environment, write_csv, write_project

DAY = date(2022, 6, 30)


def promises() -> dict[str, tuple[str, dict[str, Any]]]:
    """By the name of the test: the table, and what it promises. Views have no rows of their own to spoil."""
    manifest = json.loads(dbt.ensure_manifest().read_text(encoding="utf-8"))
    tables = manifest["nodes"] | manifest["sources"]
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test" and node.get("test_metadata", {}).get("name") == "keeps"]
    kept = {}
    for test in tests:
        [tested] = [name for name in test["depends_on"]["nodes"] if name.endswith(f".{test['name'].removesuffix('_keeps')}")]
        if tables[tested]["config"].get("materialized") == "view":
            continue
        schema = tables[tested]["schema"].replace("main_", "")
        kept[test["name"]] = (f"{schema}.{tables[tested]['name']}", test["test_metadata"]["kwargs"])
    return kept


@pytest.fixture(scope="module")
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder = write_project(tmp_path_factory.mktemp("promises") / "p", {"onegate": {"files": "data/{day}.csv"}})
    write_csv(folder / f"data/{DAY}.csv", [dossier(1), dossier(2, status=9, ended="2022-06-15 08:00:00")])
    with engine_environment("duckdb", request):
        made = Pipeline(folder)
        made.run(DAY, select="*", command="run")
        yield made


def broken_promises(pipeline: Pipeline, *words: str) -> dict[str, int]:
    """How many promises of a table each test finds broken, for a command of dbt: all tests of all rows, unless told otherwise."""
    folders = ["--project-dir", str(dbt.PROJECT), "--profiles-dir", str(dbt.PROJECT)]
    dbt_server.invoke(["--quiet", *(words or ["test", "--select", "test_name:keeps"]), *folders], os.environ | dbt.environment(pipeline.settings))
    results = json.loads((Path(pipeline.settings.home) / "dbt" / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert {result["status"] for result in results} <= {"pass", "fail"}
    return {name: result["failures"] for result in results if (name := result["unique_id"].split(".")[2]) in promises()}


def test_every_promise_is_kept_and_found_when_it_is_broken(pipeline: Pipeline) -> None:
    kept = promises()
    assert broken_promises(pipeline) == dict.fromkeys(kept, 0)
    with pipeline.warehouse.writing() as writing:
        for table, promised in kept.values():
            values = {column: "-1" if isinstance(allowed[0], int) else "'spoilt'" for column, allowed in promised.get("values", {}).items()}
            others = [
                column for column in [*promised.get("filled", []), *(c for cs in promised.get("unique", []) for c in cs)] if column not in values
            ]
            row = dict.fromkeys(others, "null") | values
            for _ in range(2):
                writing.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join(row.values())})")
    # A value that is not known is none that is missing.
    assert broken_promises(pipeline) == {
        name: len(set(promised.get("filled", [])) - set(promised.get("values", {})))
        + len(promised.get("values", {}))
        + len(promised.get("unique", []))
        for name, (_, promised) in kept.items()
    }


def test_a_night_asks_what_it_made_again(pipeline: Pipeline) -> None:
    """After the rows of the test before: nothing is touched, then one dossier and one extraction are."""
    kept = {table for table, promised in promises().values() if "of" in promised}
    assert {f"valid.{entity}" for entity in CONTRACTS} | {"core.fct_dossier", "core.fct_dossier_interval"} <= kept
    asked = ["dossiers_keeps", "fct_dossier_interval_keeps", "fct_dossier_keeps"]
    assert broken_promises(pipeline, "build", "--select", *asked) == dict.fromkeys(asked, 0)
    with pipeline.warehouse.writing() as writing:
        [(system, code)] = writing.execute("select system, code from core.fct_dossier where code is not null limit 1")
        writing.execute("insert into core.dossier_touched (system, code) values (?, ?)", [system, code])
        writing.execute("update core.fct_dossier_interval set desk = null where code = ?", [code])
        writing.execute("insert into valid.loaded (extraction_seq) select min(extraction_seq) from valid.dossiers")
        writing.execute("update valid.dossiers set channel = 'spoilt', procedure = null where code = ?", [code])
    found = [broken_promises(pipeline, "build", "--select", name) for name in asked]
    assert found == [{asked[0]: 2}, {asked[1]: 1}, {asked[2]: 0}]


def test_the_tables_of_all_contracts_promise_what_their_columns_demand() -> None:
    kept = promises()
    for entity, contract in CONTRACTS.items():
        table, promised = kept[f"{entity}_keeps"]
        assert table == f"valid.{entity}"
        assert set(promised["filled"]) >= {column.name for column in contract.columns if not column.nullable} | {"extraction_seq", "row_no"}
        assert set(promised["values"]) == {column.name for column in contract.columns if column.codes}
        assert promised["unique"] == [["extraction_seq", "row_no"]]
