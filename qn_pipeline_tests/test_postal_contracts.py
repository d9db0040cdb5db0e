"""Contracts with the post in qn.yaml: what is refused, since it would be paid twice or cannot be paid at all, and the rows of the rest."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.postal_contracts import contract_rows, price_rows
from qn_pipeline.project import load_project
from qn_pipeline_tests.support import write_project

PIECE = {"per": "piece", "amount": 1000}


def contract(name: str = "A", **other: Any) -> dict[str, Any]:
    return {"name": name, "desks": ["d1"], "valid_from": "2022-01-01", "basis": "QĐ 2114", "prices": [PIECE], **other}


def loaded(folder: Path, *contracts: dict[str, Any]) -> Any:
    return load_project(write_project(folder, {"onegate": {"files": "data/x_{day}.csv"}}, post={"contracts": list(contracts)})).post


@pytest.mark.parametrize(
    ("contracts", "told"),
    [
        ([contract("A"), contract("B")], "of one desk on the same days"),
        ([contract("A", desks=[]), contract("B")], "of one desk on the same days"),
        ([contract("A"), contract("A", desks=["d2"])], "two contracts are named 'A'"),
        ([contract(prices=[PIECE, {**PIECE, "kind": "receive"}])], "two prices are of the same work"),
        (
            [
                contract(
                    prices=[{"per": "page", "amount": 1, "kind": "digitize"}, {"per": "page", "amount": 2, "kind": "digitize", "scanned": "result"}]
                )
            ],
            "two prices",
        ),
        ([contract(desks=[], prices=[{"per": "post_month", "amount": 1}])], "needs desks"),
        ([contract(prices=[{"per": "lump_sum", "amount": 1}])], "needs valid_to"),
        ([contract(prices=[{"per": "post_month", "amount": 1, "kind": "guide"}])], "no kind of work"),
        ([contract(prices=[{**PIECE, "scanned": "result"}])], "kind: digitize"),
        ([contract(prices=[{**PIECE, "posts": 2}])], "posts goes with"),
        ([contract(prices=[{**PIECE, "desks": ["d9"]}])], "'d9'"),
        ([contract(prices=[{**PIECE, "amount": -1}])], "amount"),
        ([contract(valid_to="2021-12-31")], "before valid_from"),
        ([contract(prices=[])], "prices"),
    ],
)
def test_what_would_be_paid_twice_or_never_is_refused(tmp_path: Path, contracts: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        loaded(tmp_path, *contracts)


def test_contracts_may_follow_each_other_and_prices_change(tmp_path: Path) -> None:
    post = loaded(
        tmp_path,
        contract(
            "A",
            valid_to="2022-06-30",
            desks=["d1", "d2"],
            prices=[{**PIECE, "valid_to": "2022-03-31"}, {**PIECE, "valid_from": "2022-04-01", "desks": ["d2"]}],
        ),
        contract("B", valid_from="2022-07-01", number="2/HĐ"),
    )
    assert [(row["contract"], row["desk"], row["position"]) for row in contract_rows(post)] == [("A", "d1", 1), ("A", "d2", 1), ("B", "d1", 2)]
    assert [(row["contract"], row["line"], row["desk"], row["valid_from"], row["valid_to"]) for row in price_rows(post)] == [
        ("A", 1, "d1", date(2022, 1, 1), date(2022, 3, 31)),
        ("A", 1, "d2", date(2022, 1, 1), date(2022, 3, 31)),
        ("A", 2, "d2", date(2022, 4, 1), date(2022, 6, 30)),
        ("B", 1, "d1", date(2022, 7, 1), None),
    ]


def test_a_contract_without_desks_is_of_all(tmp_path: Path) -> None:
    post = loaded(tmp_path, contract(desks=[]))
    assert [row["desk"] for row in contract_rows(post)] == [None]
    assert [row["desk"] for row in price_rows(post)] == [None]
