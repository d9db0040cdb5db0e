"""Sessions on PostgreSQL: a server that is started again is survived where whole transactions can be, and nothing waits for ever."""

import os
from datetime import date
from pathlib import Path

import psycopg2
import pytest

from qn_pipeline.errors import RunFailed, SourceUnavailable, WarehouseBusy
from qn_pipeline.warehouse import dbt, loader, postgres
from qn_pipeline.warehouse.mishaps import explained
from qn_pipeline.warehouse.postgres import ADVISORY_LOCK, PostgresWarehouse
from qn_pipeline_tests import dbt_server
from qn_pipeline_tests.support import Pipeline, dossier, restart, write_csv, write_project

DAY = date(2022, 6, 5)
MINE = "select pid from pg_stat_activity where application_name = 'qn_pipeline' and datname = current_database() and pid <> pg_backend_pid()"
LOCKS = f"select count(*) from pg_locks where locktype = 'advisory' and objid = {ADVISORY_LOCK & 0xFFFFFFFF} and database = (select oid from pg_database where datname = current_database())"


@pytest.fixture
def pipeline(tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.setenv("QN_WAREHOUSE_URL", postgres_url)
    monkeypatch.setenv("QN_WRITER_WAIT", "1")
    folder = write_project(tmp_path / "p", {"desk": {"files": "data/{day}.csv"}})
    write_csv(folder / f"data/{DAY}.csv", [dossier(1), dossier(2), dossier(3, channel="fax")])
    made = Pipeline(folder)
    made.land(DAY)
    made.check()
    return made


def warehouse_of(pipeline: Pipeline) -> PostgresWarehouse:
    warehouse = pipeline.warehouse
    assert isinstance(warehouse, PostgresWarehouse)
    return warehouse


def test_a_server_started_again_during_the_load_is_survived(pipeline: Pipeline, postgres_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    insert, restarts = loader._insert, iter([postgres_server])

    def with_a_restart(*arguments: object) -> int:
        taken = insert(*arguments)  # type: ignore[arg-type]
        for server in restarts:
            restart(server)
        return taken

    monkeypatch.setattr(loader, "_insert", with_a_restart)
    with pipeline.warehouse.alone():
        pipeline.warehouse.again_when_lost(lambda: pipeline.load(DAY))
        assert next(restarts, None) is None, "it was started again"
        assert pipeline.query("select count(*) from valid.dossiers") == [(2,)]
        assert pipeline.query("select count(*) from valid.extractions where file is not null") == [(1,)]
        assert pipeline.query(LOCKS) == [(1,)], "the lock that the server forgot is taken again"
    assert pipeline.query(LOCKS) == [(0,)]


def test_a_lock_that_somebody_else_took_meanwhile_ends_the_run(pipeline: Pipeline, postgres_url: str) -> None:
    other = psycopg2.connect(postgres_url)
    try:
        with other.cursor() as cursor, pipeline.warehouse.alone():
            cursor.execute(f"select pg_terminate_backend(pid, 5000) from ({MINE}) as mine")
            cursor.execute("select pg_try_advisory_lock(%s)", (ADVISORY_LOCK,))
            with pytest.raises(WarehouseBusy, match=r"Another run on the same database is writing\. Waited 1 s"):
                pipeline.load(DAY)
    finally:
        other.close()
    assert pipeline.query("select count(*) from information_schema.tables where table_schema = 'valid'") == [(0,)]


def test_a_server_that_stays_away_is_told(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgres, "PATIENCE", 0.3)
    nowhere = PostgresWarehouse(pipeline.settings, f"postgresql://postgres@/qn?host={tmp_path}")
    with pytest.raises(SourceUnavailable, match=r"PostgreSQL local socket/qn does not answer .* Check QN_WAREHOUSE_URL"):
        nowhere.connect(patience=postgres.PATIENCE)


def test_an_answer_that_will_not_change_is_not_waited_for(pipeline: Pipeline, postgres_server: str) -> None:
    wrong = PostgresWarehouse(pipeline.settings, postgres_server.replace("/postgres?", "/not_there?", 1))
    with pytest.raises(SourceUnavailable, match="does not answer"):
        wrong.connect(patience=10_000)


def test_a_statement_that_takes_too_long_is_undone_and_told(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QN_STATEMENT_TIMEOUT", "0.1")
    with pytest.raises(psycopg2.errors.QueryCanceled) as slow:
        pipeline.query("select pg_sleep(60)")
    with pytest.raises(RunFailed) as read:
        pipeline.warehouse.read("select pg_sleep(60)")
    assert explained(pipeline.settings, str(slow.value)) == str(read.value)
    assert str(read.value) == (
        "A statement on PostgreSQL took longer than 0.1 s (QN_STATEMENT_TIMEOUT) and was undone. What is published stays as it was. "
        "See what the server waits for (pg_stat_activity), or give it more time, and run again."
    )


def test_a_statement_of_dbt_that_takes_too_long_is_told(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.load(DAY)
    with pipeline.warehouse.writing() as writing:
        # What dbt makes first of all waits in a function of the server.
        writing.execute("alter table valid.dossiers rename to told")
        writing.execute("create view valid.dossiers as select t.* from valid.told as t, (select pg_sleep(60)) as s")
    monkeypatch.setenv("QN_STATEMENT_TIMEOUT", "3")
    words = ["run", "--full-refresh", "--select", "+dossier_touched", "--project-dir", str(dbt.PROJECT), "--profiles-dir", str(dbt.PROJECT)]
    status, said = dbt_server.invoke(words, os.environ | dbt.environment(pipeline.settings))
    assert status == 1
    assert "canceling statement due to statement timeout" in said
    assert dbt.failure_line(pipeline.settings).startswith("A statement on PostgreSQL took longer than 3 s (QN_STATEMENT_TIMEOUT) and was undone.")


def test_a_lock_that_is_not_given_is_told(pipeline: Pipeline, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.load(DAY)
    monkeypatch.setenv("QN_LOCK_TIMEOUT", "0.1")
    reader = psycopg2.connect(postgres_url)
    try:
        with reader.cursor() as cursor:
            cursor.execute("select count(*) from valid.dossiers")
            with pytest.raises(psycopg2.errors.LockNotAvailable) as locked:
                pipeline.query("drop table valid.dossiers cascade")
    finally:
        reader.close()
    told = explained(pipeline.settings, str(locked.value))
    assert told is not None
    assert told.startswith("Somebody holds a table of the warehouse in an open transaction: waited 0.1 s (QN_LOCK_TIMEOUT).")


def test_limits_are_those_of_the_settings_and_the_url_decides(pipeline: Pipeline, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = (
        "select name, setting from pg_settings where name in ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') order by 1"
    )
    assert pipeline.query(shown) == [("idle_in_transaction_session_timeout", "3600000"), ("lock_timeout", "300000"), ("statement_timeout", "3600000")]
    monkeypatch.setenv("QN_STATEMENT_TIMEOUT", "0")
    monkeypatch.setenv("QN_WAREHOUSE_URL", f"{postgres_url}&options=-c%20lock_timeout%3D7s")
    assert pipeline.query(shown) == [("idle_in_transaction_session_timeout", "0"), ("lock_timeout", "7000"), ("statement_timeout", "0")]
    assert dbt.environment(pipeline.settings)["PGOPTIONS"].endswith("-c lock_timeout=7s")


def test_a_full_disk_of_the_server_is_told_apart_from_ours(pipeline: Pipeline) -> None:
    """Its words as PostgreSQL 18 told them when a tablespace was full."""
    words = 'could not extend file "pg_tblspc/17697/PG_18_202506291/17901/17903" with FileFallocate(): No space left on device\nHINT:  Check free disk space.'
    assert explained(pipeline.settings, words) == (
        "The disk of the PostgreSQL server is full. What is published stays as it was. Make room there, and run again."
    )
    ours = f"[Errno 28] No space left on device: '{pipeline.settings.scratch / 'copy-1.csv'}'"
    assert str(explained(pipeline.settings, ours)).startswith("The disk is full, or a file may not grow further")
