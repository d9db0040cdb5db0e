"""However it was run, twice, in another order, after a kill at any step, on either engine: the same marts."""

import os
import re
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from qn_pipeline.errors import STOPPED
from qn_pipeline.indicators.vintages import read_vintages
from qn_pipeline.warehouse.duckdb import PUBLISHED_FILE
from qn_pipeline.warehouse.engines import open_warehouse
from qn_pipeline.warehouse.roles import grant_bi
from qn_pipeline_tests.end_to_end.nights import IN_THE_WAREHOUSE, KILLS, rebuild_in_parts, run_night, start_night
from qn_pipeline_tests.end_to_end.readers import Session, reading
from qn_pipeline_tests.support import Pipeline, dossier, engine_environment, restart, versioned, write_csv, write_project

DAYS = [date(2022, 6, day) for day in range(10, 15)]
ENGINES = ["duckdb", "postgres"]


def make_project(folder: Path) -> Pipeline:
    """Five days of changes with late, corrected, bad and re-delivered rows, and snapshots that lose rows."""
    sources = {
        "desk": {"files": "data/desk_{day}.csv", "mapping": "versioned.yaml"},
        "list": {"files": "data/list_{day}.csv", "delivers": "snapshot", "system": "list"},
        "units": {"entity": "units", "files": "data/units_{day}.csv", "delivers": "snapshot", "mapping": "units.yaml"},
    }
    units = {"columns": {"code": "code", "name": "name", "level": "level", "parent": "parent"}}
    write_project(folder, sources, {"versioned.yaml": versioned(), "units.yaml": units})
    rows = [
        {"code": "000.00.33.H47", "name": "Sở A", "level": "department", "parent": ""},
        {"code": "000.01.33.H47", "name": "Phòng B", "level": "desk", "parent": "000.00.33.H47"},
    ]
    write_csv(folder / f"data/units_{DAYS[0]}.csv", rows, ["code", "name", "level", "parent"])
    for position, day in enumerate(DAYS):
        told = f"{day} 17:00:00"
        changes = []
        for number in range(1, 40):
            unit, channel = ["000.00.33.H47", "000.01.33.H47", "000.00.99.H47"][number % 3], ["direct", "online", "post"][number % 3]
            received = f"2022-0{4 + number % 3}-0{1 + number % 8} 08:00:00"
            due = f"2022-06-{10 + number % 15} 08:00:00"
            if number % 5 == position:
                changes.append(dossier(number, received, unit=unit, channel=channel, due=due, updated=told, status=9, ended=f"{day} 09:00:00"))
            elif number % 7 >= position:
                changes.append(dossier(number, received, unit=unit, channel=channel, due=due, updated=told))
        changes.append(dossier(90 + position, channel="fax", updated=told))
        write_csv(folder / f"data/desk_{day}.csv", changes)
        write_csv(folder / f"data/list_{day}.csv", [dossier(number, unit="000.01.33.H47") for number in range(1, 30) if number % (position + 3)])
    return Pipeline(folder)


def run_ok(pipeline: Pipeline, *days: date) -> None:
    assert run_night(pipeline.folder, days[0], days[-1]) == 0


@pytest.fixture(scope="module")
def undisturbed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The marts of one run over all days, on DuckDB."""
    with engine_environment("duckdb", request):
        pipeline = make_project(tmp_path_factory.mktemp("undisturbed") / "p")
        run_ok(pipeline, *DAYS)
        return pipeline.digests()


@pytest.fixture(params=ENGINES)
def pipeline(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pipeline]:
    with engine_environment(request.param, request):
        made = make_project(tmp_path / "p")
        made.url = os.environ.get("QN_WAREHOUSE_URL")
        yield made


@contextmanager
def bi_tool(pipeline: Pipeline) -> Iterator[str | Path]:
    """What a BI tool connects to: the published file, or PostgreSQL as a role that reads `bi` and nothing else, granted before the nights."""
    if pipeline.url is None:
        yield pipeline.settings.published / PUBLISHED_FILE
        return
    role = f"bi_{uuid.uuid4().hex[:8]}"
    grant_bi(pipeline.warehouse, role, create=True, password=lambda: "asked-by-nobody-here")
    try:
        yield pipeline.url.replace("//postgres:@", f"//{role}@", 1)
    finally:
        with pipeline.warehouse.writing() as writing:
            writing.execute(f"drop owned by {role}")
            writing.execute(f"drop role {role}")


def nobody_else_is_in(pipeline: Pipeline) -> bool:
    """Whether no lock is left on the warehouse, and no dbt is at work in it."""
    impatient = pipeline.settings.model_copy(update={"writer_wait": 0.0})
    with open_warehouse(impatient).alone(), open_warehouse(impatient).writing() as writing:
        if pipeline.url is None:
            return True  # while dbt has the file, it cannot be opened
        sessions = "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'dbt' and state <> 'idle'"
        return writing.execute(sessions) == [(0,)]


def stop_during_dbt(pipeline: Pipeline) -> None:
    """SIGTERM: the run says so, and dbt has ended with it."""
    night = start_night(pipeline.folder, DAYS[0], DAYS[-1])
    night.wait_for_dbt()
    os.kill(night.process.pid or 0, signal.SIGTERM)
    assert night.end() == (1, f"qn: {STOPPED}")
    assert nobody_else_is_in(pipeline)


def fill_disk_during_dbt(pipeline: Pipeline) -> None:
    """The warehouse's file, of many times that size, may not be written beyond a limit: the run says so, and where."""
    status, said = start_night(pipeline.folder, DAYS[0], DAYS[-1], file_limit=2 * 1024**2).end()
    assert status == 1
    assert re.match(
        rf"qn: The disk is full, or a file may not grow further \(ulimit -f\): {pipeline.settings.home} has [\d,]+ MB free\. What is", said
    ), said
    assert nobody_else_is_in(pipeline)


def restart_during_dbt(pipeline: Pipeline, server: str) -> None:
    """The server goes away under dbt and comes back: the run says so, and its lock is gone."""
    night = start_night(pipeline.folder, DAYS[0], DAYS[-1])
    night.wait_for_dbt()
    restart(server)
    status, said = night.end()
    assert status == 1
    assert said.startswith(
        "qn: The PostgreSQL server was lost during the run. What is published stays as it was; what was not finished is undone. Run again"
    )
    assert nobody_else_is_in(pipeline)


def run_two_at_once(pipeline: Pipeline) -> None:
    """Both are started, neither waits: one does the work, the other says who does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QN_WRITER_WAIT", "0")
        both = [start_night(pipeline.folder, DAYS[0], DAYS[-1]) for _ in range(2)]
    (done, out), (failed, told) = sorted((night.end() for night in both), key=lambda end: end[0] or 0)
    assert (done, failed) == (0, 1), (out, told)
    assert re.fullmatch(
        r"qn: Another run \(process \d+, since .*\) is writing\. Waited 0 s \(QN_WRITER_WAIT\); nothing was written\. Run it again .*", told
    )


def test_there_is_something_to_compare(undisturbed: dict[str, str]) -> None:
    assert {"indicator_values", "unit", "quarantine_row", "bi.fact_indicator", "bi.dim_period"} <= set(undisturbed)


@pytest.mark.soak
def test_disturbed_during_dbt(pipeline: Pipeline, undisturbed: dict[str, str], request: pytest.FixtureRequest) -> None:
    """Stopped, with the disk full, and with the server gone: readers see what they saw, and the marts are the same afterwards."""
    run_ok(pipeline, DAYS[3])
    shown = pipeline.digests()
    if pipeline.url is None:
        fill_disk_during_dbt(pipeline)
    else:
        restart_during_dbt(pipeline, request.getfixturevalue("postgres_server"))
    assert pipeline.digests() == shown
    stop_during_dbt(pipeline)
    assert pipeline.digests() == shown
    run_ok(pipeline, *DAYS)
    assert pipeline.digests() == undisturbed


def test_in_another_order_after_kills_at_once_and_twice(pipeline: Pipeline, undisturbed: dict[str, str]) -> None:
    """A late day alone, then all days killed at each step, then all days in two runs at once, then again:

    readers never see half a night, and the marts are the same.
    """
    run_ok(pipeline, DAYS[3])
    [first] = read_vintages(pipeline.settings)
    assert (first.name, first.told.kind) == ("2022-05 v1", "provisional"), "the first run that counts to a month's end keeps it"
    shown = pipeline.digests()
    with bi_tool(pipeline) as tool, reading(tool, every=0.2) as seen:
        before = Session(tool).ask()
        # What happens before and after the warehouse is the same on both engines.
        for step in KILLS if pipeline.url is None else IN_THE_WAREHOUSE:
            assert run_night(pipeline.folder, DAYS[0], DAYS[-1], kill_at=step) == -9, step
            assert pipeline.digests() == (shown if step != "pages" else undisturbed), f"a kill during {step} shows half a night"
        run_two_at_once(pipeline)
        after = Session(tool).ask()
        assert pipeline.digests() == undisturbed
    assert seen.errors == []
    assert seen.asked > 50
    assert seen.states == [before, after], "who reads meanwhile sees one night or the other"
    assert (before[1], after[1]) == (DAYS[3], DAYS[-1])
    assert before[2] != after[2]
    assert read_vintages(pipeline.settings) == [first], "whatever came later, it is kept once and stays"
    assert list(pipeline.settings.scratch.iterdir()) == [], "what killed runs left aside is cleared"
    assert len(list((pipeline.settings.published / "pages").iterdir())) == len(list((pipeline.settings.published / "pages").glob("*.html")))
    landed = sorted(path for path in pipeline.settings.landing.rglob("*") if path.is_file())
    run_ok(pipeline, *DAYS)
    assert pipeline.digests() == undisturbed
    assert sorted(path for path in pipeline.settings.landing.rglob("*") if path.is_file()) == landed, "the second time nothing is landed"
    if pipeline.url is None:
        kept = pipeline.kept()
        rows = sum(int(pipeline.query(f"select count(*) from valid.{entity}")[0][0]) for entity in ("dossiers", "dossier_actions"))
        assert rebuild_in_parts(pipeline.folder, rows_a_gb=rows // 5) == 0
        assert pipeline.digests() == undisturbed, "what is rebuilt from landing is the same"
        assert pipeline.kept() == kept
