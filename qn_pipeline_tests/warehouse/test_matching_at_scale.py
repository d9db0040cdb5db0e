"""The benchmark of matching in small: on a log whose truth is known, next to nothing is matched wrongly, and what can be found is."""

import os
from pathlib import Path

import pytest

from benchmarks import matching
from qn_pipeline_tests import dbt_server


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    folder: Path = tmp_path_factory.mktemp("matching")
    file = folder / "warehouse.duckdb"
    matching.make(matching.Made(dossiers=60_000, events=20_000, seed=5, days=30), folder)
    matching.warehouse_before(folder, file)
    status, said = dbt_server.invoke([*matching.RUN], os.environ | matching.dbt_variables(folder, file))
    assert status == 0, said
    return matching.judge(folder, file)


def test_hardly_a_piece_is_matched_to_another_dossier(found: dict[str, float]) -> None:
    assert found["events"] == 20_000
    assert found["mistyped"] > 900
    assert found["precision"] >= 0.999
    assert found["precision_approximate"] >= 0.995  # of some 800


def test_what_code_and_evidence_identify_is_found(found: dict[str, float]) -> None:
    assert found["identified"] > 200
    assert found["recall"] >= 0.98
    assert found["recall_of_right_codes"] >= 0.98
    assert found["ambiguous"] < 0.03
