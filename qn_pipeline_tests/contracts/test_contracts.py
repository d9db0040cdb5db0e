"""Rows made from the contracts: valid ones break nothing, and whatever is broken is found by the rule that the declaration implies."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.contracts.model import Contract, Profile, Reach
from qn_pipeline.engine import open_engine
from qn_pipeline.project import load_project
from qn_pipeline.settings import Settings
from qn_pipeline.validation.checked import check_rows
from qn_pipeline_tests.contracts.rows import Row, write_sources
from qn_pipeline_tests.contracts.strategies import DAY, breakings, broken_rows, valid_rows

Door = Callable[[Contract, list[Row]], list[set[str]]]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Checks rows of an entity; tells the rules that each broke, doubles aside."""
    folder = write_sources(tmp_path_factory.mktemp("contracts") / "p")
    project = load_project(folder)
    with open_engine(Settings(home=folder)) as con:

        def ask(contract: Contract, rows: list[Row]) -> list[set[str]]:
            con.execute(f"create or replace temp table landed (row_no bigint, {', '.join(f'{name} varchar' for name in contract.names)})")
            for number, row in enumerate(rows):
                con.execute(
                    f"insert into landed values ({', '.join('?' for _ in range(len(row) + 1))})", [number, *(row[name] for name in contract.names)]
                )
            rules = check_rows(con, project, project.sources[contract.entity], "landed", f"timestamp '{DAY + timedelta(days=1)}'")
            marks = con.execute("select broken from checked order by row_no").fetchall()
            return [{r.name for bit, r in enumerate(rules) if mark >> bit & 1 and r.reach is Reach.ROW} for (mark,) in marks]

        yield ask


@pytest.mark.parametrize("entity", CONTRACTS)
def test_valid_rows_break_nothing(door: Door, entity: str) -> None:
    contract = CONTRACTS[entity]

    @settings(max_examples=4, deadline=None, derandomize=True, database=None)
    @given(st.lists(valid_rows(contract), min_size=12, max_size=12))
    def check(rows: list[Row]) -> None:
        found = door(contract, rows)
        assert [(rules, row) for rules, row in zip(found, rows, strict=True) if rules] == []

    check()


@pytest.mark.parametrize("entity", CONTRACTS)
def test_whatever_is_broken_is_found_by_its_rule(door: Door, entity: str) -> None:
    contract = CONTRACTS[entity]
    seen: set[str] = set()

    @settings(max_examples=5, deadline=None, derandomize=True, database=None)
    @given(st.lists(broken_rows(contract), min_size=20, max_size=20))
    def check(broken: list[tuple[Row, str]]) -> None:
        found = door(contract, [row for row, _ in broken])
        assert [(rule, rules, row) for (row, rule), rules in zip(broken, found, strict=True) if rule not in rules] == []
        seen.update(rule for _, rule in broken)

    check()
    assert len(seen) >= min(12, len(breakings(contract)) // 2)


def test_what_a_row_breaks_fits_a_word_of_64_bits() -> None:
    assert {entity for entity, contract in CONTRACTS.items() for profile in get_args(Profile) if len(contract.active_rules(profile)) > 64} == set()
