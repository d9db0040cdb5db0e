"""What a night must make again: the keys that deliveries reach, what time itself changes, and when everything is made anew."""

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from qn_pipeline.warehouse.changes import forget_all, forget_build, must_be_whole
from qn_pipeline.warehouse.dbt import ensure_manifest, made_together
from qn_pipeline_tests.support import LIVES, Pipeline, dossier, engine_environment, kept_tables, write_csv, write_project

DAYS = [date(2022, 6, day) for day in range(13, 18)]
SOURCES = {
    "changes": {"files": "data/changes_{day}.csv"},
    "snapshot": {"files": "data/snapshot_{day}.csv", "delivers": "snapshot", "system": "list"},
    "window": {"files": "data/window_{month}_{day}.csv", "delivers": "window", "window": {"by": "received_at", "span": "month"}, "system": "pull"},
}


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A first build of three sources."""
    folder = write_project(tmp_path_factory.mktemp("changes") / "p", SOURCES)
    write_csv(folder / f"data/changes_{DAYS[0]}.csv", [dossier(1), dossier(2), dossier(3, due="2022-06-15 10:00:00"), dossier(4)])
    write_csv(folder / f"data/snapshot_{DAYS[0]}.csv", [dossier(11), dossier(12)])
    write_csv(folder / f"data/window_2022-05_{DAYS[0]}.csv", [dossier(21, "2022-05-03 08:00:00"), dossier(22, "2022-05-04 08:00:00")])
    write_csv(folder / f"data/window_2022-06_{DAYS[0]}.csv", [dossier(23)])
    with engine_environment(request.param, request):
        made = Pipeline(folder)
        made.url = os.environ.get("QN_WAREHOUSE_URL")
        assert made.land(DAYS[0]) == {}
        made.check()
        made.load(DAYS[0])
        assert must_be_whole(made.warehouse, kept_tables(LIVES)), "there is no build yet"
        made.build(LIVES, "run")
        assert made.query("select count(*) from core.fct_dossier") == [(9,)]
        yield made


def told(pipeline: Pipeline, name: str, rows: list[dict[str, object]], day: date) -> set[int]:
    """Numbers of the dossiers that a delivery touches; it is built afterwards."""
    write_csv(Path(pipeline.folder) / f"data/{name}.csv", rows)
    assert pipeline.land(day) == {}
    pipeline.check()
    pipeline.load(day)
    touched = {int(str(code)[-4:]) for (code,) in pipeline.query("select distinct code from valid.touched where entity = 'dossiers'")}
    assert not must_be_whole(pipeline.warehouse, kept_tables(LIVES))
    pipeline.build(LIVES, "run")
    assert pipeline.query("select count(*) from valid.touched") == [(0,)]
    return touched


def test_deliveries_touch_what_they_tell_correct_or_leave_out(pipeline: Pipeline) -> None:
    assert told(pipeline, f"changes_{DAYS[1]}", [dossier(2, status=5), dossier(5, channel="fax")], DAYS[1]) == {2, 5}
    corrected = told(pipeline, f"changes_{DAYS[1]}", [dossier(1, status=5)], DAYS[1])
    assert corrected == {1, 2, 5}, "a file that comes again reaches what it told before"
    assert told(pipeline, f"snapshot_{DAYS[1]}", [dossier(11)], DAYS[1]) == {11, 12}, "a snapshot reaches all of its source"
    assert told(pipeline, f"window_2022-05_{DAYS[1]}", [dossier(21, "2022-05-03 08:00:00")], DAYS[1]) == {21, 22}, "a window, those dated within it"
    standing = pipeline.query("select code, status from core.fct_dossier order by 1")
    assert {int(str(code)[-4:]): status for code, status in standing} == {1: 5, 2: 4, 3: 4, 4: 4, 11: 4, 21: 4, 23: 4}


def test_time_makes_a_dossier_late_that_nothing_was_told_of(pipeline: Pipeline) -> None:
    asked = "select verdict from core.fct_dossier_spell where code like '%0003'"
    assert pipeline.query(asked) == [("within",)]
    assert told(pipeline, f"changes_{DAYS[3]}", [dossier(6)], DAYS[3]) == {6}
    assert pipeline.query(asked) == [("past",)]


def test_what_was_kept_equals_what_is_made_anew(pipeline: Pipeline) -> None:
    kept = pipeline.kept(LIVES)
    forget_all(pipeline.warehouse)
    pipeline.load(DAYS[3])
    assert must_be_whole(pipeline.warehouse, kept_tables(LIVES))
    pipeline.build(LIVES, "run")
    assert pipeline.kept(LIVES) == kept


def test_everything_is_made_anew_when_a_table_or_the_mark_is_not_as_it_was(pipeline: Pipeline) -> None:
    tables = kept_tables(LIVES)
    assert not must_be_whole(pipeline.warehouse, tables)
    assert must_be_whole(pipeline.warehouse, tables | {"not_there": "core"})
    pipeline.query("update valid.applied set mark = 'of other models'")
    assert must_be_whole(pipeline.warehouse, tables)
    pipeline.build(LIVES, "run")
    assert not must_be_whole(pipeline.warehouse, tables)
    for told, untold in (
        ("insert into valid.postal_prices (contract, price) values ('HĐ', 1)", "delete from valid.postal_prices where contract = 'HĐ'"),
        ("insert into valid.period_ends (period_set, first_day) values ('odd', 9)", "delete from valid.period_ends where period_set = 'odd'"),
    ):
        pipeline.query(told)
        assert must_be_whole(pipeline.warehouse, tables), told
        pipeline.query(untold)
        assert not must_be_whole(pipeline.warehouse, tables)
    forget_build(pipeline.warehouse)
    assert must_be_whole(pipeline.warehouse, tables)


def test_models_between_what_was_touched_and_what_is_kept_are_made_together() -> None:
    together = made_together(json.loads(ensure_manifest().read_bytes()))
    assert together >= set(kept_tables("*")) | {
        "version_touched",
        "dossier_state",
        "dossier_spell",
        "reference_mark",
        "disliked_counted",
        "recounted",
    }
    assert not together & {"dossier_open", "dossier_block", "indicator_values", "postal_work"}, "what reads kept tables alone may be made alone"
