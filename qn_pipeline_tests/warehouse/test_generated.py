"""What derives from the contracts has not drifted from them."""

import json

import pytest

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.warehouse import dbt, generated
from qn_pipeline.warehouse.generated import render


def test_generated_files_are_as_the_contracts_say() -> None:
    for path, text in render().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} has drifted: make generate"


def test_a_changed_contract_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated, "CONTRACTS", {"units": CONTRACTS["units"]})
    assert any(path.read_text(encoding="utf-8") != text for path, text in render().items())


def test_every_model_is_described() -> None:
    manifest = json.loads(dbt.ensure_manifest().read_text(encoding="utf-8"))
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model" and not node["name"].startswith("stg_")]
    assert [node["name"] for node in models if not node["description"]] == []
