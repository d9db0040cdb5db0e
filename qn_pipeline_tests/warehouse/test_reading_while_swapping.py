"""Many swaps one after the other while BI tools read: none meets an error, or a view of one night beside one of another. On either engine.

What is swapped is small and written by hand: the swap takes any tables.
"""

from contextlib import ExitStack
from pathlib import Path

import pytest

from qn_pipeline.settings import read_settings
from qn_pipeline.warehouse.duckdb import PUBLISHED_FILE
from qn_pipeline.warehouse.engines import open_warehouse
from qn_pipeline_tests.end_to_end.readers import reading

SWAPS = {"duckdb": 12, "postgres": 40}
READERS = 2
VIEWS = [f"v{number}" for number in range(8)]
# The nights that each of the views tells, in one statement, and what is said of one of them.
QUESTION = f"select {', '.join(f'(select max(night) from bi.{view})' for view in VIEWS)}, (select count(*) from bi.v0)"


def test_each_question_is_answered_by_one_night(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QN_WRITER_WAIT", "20")
    settings = read_settings(tmp_path)
    settings.prepare_home()
    warehouse = open_warehouse(settings)

    def swap(night: int) -> None:
        with warehouse.writing() as writing:
            writing.execute("create schema if not exists marts_next")
            writing.execute("create schema if not exists bi_next")
            for view in VIEWS:
                writing.execute(f"drop view if exists bi_next.{view}")
                writing.execute(f"drop table if exists marts_next.of_{view}")
                writing.execute(f"create table marts_next.of_{view} as select {night} as night, n from generate_series(1, {night}) as s (n)")
                # Now and then a view gets another column, in another place.
                extra = f"'of {night}' as told, " if night % 10 == 0 else ""
                writing.execute(f"create view bi_next.{view} as select {extra}night, n from marts_next.of_{view}")
        warehouse.publish()

    swap(1)
    where = settings.published / PUBLISHED_FILE if engine == "duckdb" else str(settings.warehouse_url.get_secret_value())  # type: ignore[union-attr]
    with ExitStack() as stack:
        readers = [stack.enter_context(reading(where, QUESTION)) for _ in range(READERS)]
        for night in range(2, SWAPS[engine] + 1):
            swap(night)
    for seen in readers:
        assert seen.errors == []
        assert len(seen.states) > SWAPS[engine] / 4, "it read while they were swapped"
        assert [state for state in seen.states if len(set(state)) != 1] == [], "all views are of one night"
        nights = [state[0] for state in seen.states]
        assert nights == sorted(nights)
        assert nights[-1] <= SWAPS[engine]
