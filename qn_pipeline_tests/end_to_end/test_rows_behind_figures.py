"""Who asks for the rows behind a figure while a night runs gets those of one build, with its figures, or is told that a run is at work."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from qn_pipeline.errors import RunFailed, WarehouseBusy
from qn_pipeline.warehouse.duckdb import PUBLISHED_FILE
from qn_pipeline_tests.end_to_end.nights import start_night
from qn_pipeline_tests.end_to_end.readers import Session, reading
from qn_pipeline_tests.end_to_end.test_same_marts import DAYS, make_project, run_ok
from qn_pipeline_tests.support import Pipeline, engine_environment

DESK = "000.01.33.H47"
RECEIVED = "indicator = 'dossiers_received' and period_set = 'calendar' and grain = 'month' and channel = 'all'"
ROWS = """
    select count(*) from core.fct_dossier as d cross join (select max(as_of) as as_of from marts.data_status) as s
    where d.is_counted and d.state <> 'new' and d.received_at < s.as_of"""
# Of the province and of one unit in a month: the figure, and the rows behind it.
QUESTION = f"""
    select
        (select max(last_day_asked) from marts.data_status) as last_day,
        (select cast(sum(numerator) as bigint) from marts.indicator_values where {RECEIVED} and unit = '000.00.00.H47') as figure, ({ROWS}) as listed,
        (select max(numerator) from marts.indicator_values where {RECEIVED} and unit = '{DESK}' and period_start = date '2022-06-01') as figure_of_desk,
        ({ROWS} and d.resolving_unit = '{DESK}' and d.received_at >= date '2022-06-01' and d.received_at < date '2022-07-01') as listed_of_desk"""


@pytest.fixture(params=["duckdb", "postgres"])
def pipeline(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pipeline]:
    with engine_environment(request.param, request):
        made = make_project(tmp_path / "p")
        made.url = os.environ.get("QN_WAREHOUSE_URL")
        yield made


def test_while_a_night_runs_rows_are_those_of_the_figures(pipeline: Pipeline) -> None:
    with pytest.raises(RunFailed, match=r"Nothing is published in .* yet. Start with: qn run"):
        pipeline.warehouse.query_rows(QUESTION)
    run_ok(pipeline, DAYS[3])
    before = Session(pipeline.settings).ask(QUESTION)
    with reading(pipeline.settings, QUESTION, every=0.02) as seen:
        night = start_night(pipeline.folder, DAYS[0], DAYS[-1])
        night.wait_for_dbt()
        if pipeline.url is None:
            with pytest.raises(duckdb.IOException, match="lock"):
                duckdb.connect(str(pipeline.settings.home / PUBLISHED_FILE), read_only=True)
            assert Session(pipeline.settings).ask(QUESTION) == before, "the pipeline's own file is locked, and the rows are there"
        else:
            with pytest.raises(WarehouseBusy, match=r"A run is making the rows in PostgreSQL .* again"):
                pipeline.warehouse.query_rows(QUESTION)
            assert not pipeline.warehouse.builds().are_one
        status, said = night.end()
        assert status == 0, said
        after = Session(pipeline.settings).ask(QUESTION)
    assert seen.errors == []
    assert seen.asked > 50
    assert (seen.busy > 0) == (pipeline.url is not None)
    assert seen.states == [before, after]
    for last_day, figure, listed, of_desk, listed_of_desk in seen.states:
        assert (figure, of_desk) == (listed, listed_of_desk), last_day
    assert [state[0] for state in seen.states] == [DAYS[3], DAYS[-1]]
    assert before[1] < after[1]
    assert pipeline.warehouse.builds().are_one
