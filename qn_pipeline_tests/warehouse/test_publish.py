"""The swap: readers see all of the new marts or all of the old, keep their rights, and nothing unfinished is shown."""

from datetime import date
from pathlib import Path

import psycopg2
import pytest

from qn_pipeline.errors import ConfigurationError, ContractBroken, WarehouseBusy
from qn_pipeline.settings import read_settings
from qn_pipeline.warehouse import dbt
from qn_pipeline.warehouse.exit_checks import count_violations
from qn_pipeline_tests.support import Pipeline, dossier, write_csv, write_project

DAY = date(2022, 6, 5)


@pytest.fixture
def published(tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Pipeline, str]:
    """Marts on PostgreSQL, published once and built a second time."""
    monkeypatch.setenv("QN_WAREHOUSE_URL", postgres_url)
    monkeypatch.setenv("QN_WRITER_WAIT", "1")
    folder = write_project(tmp_path / "p", {"desk": {"files": "data/{day}.csv"}})
    write_csv(folder / f"data/{DAY}.csv", [dossier(1)])
    pipeline = Pipeline(folder)
    pipeline.run(DAY, select="*", command="run")
    pipeline.warehouse.publish()
    return pipeline, postgres_url


def test_readers_keep_their_rights_and_their_views_and_never_wait_for_ever(published: tuple[Pipeline, str]) -> None:
    pipeline, url = published
    with pipeline.warehouse.writing() as writing:
        writing.execute("create role bi_reader")
        writing.execute("grant usage on schema marts to bi_reader")
        writing.execute("grant select on marts.indicator_values to bi_reader")
        writing.execute("create schema own")
        writing.execute("create view own.mine as select count(*) as figures from marts.indicator_values")
    try:
        before = pipeline.query("select figures from own.mine")
        write_csv(pipeline.folder / f"data/{DAY}.csv", [dossier(1), dossier(2, channel="online")])
        pipeline.run(DAY, select="*", command="run")

        reader = psycopg2.connect(url)
        with reader.cursor() as cursor:
            cursor.execute("select count(*) from marts.indicator_values")
            with pytest.raises(WarehouseBusy, match="holds marts or bi in an open transaction"):
                pipeline.warehouse.publish()
            assert pipeline.query("select figures from own.mine") == before, "readers see the marts of before"
        reader.rollback()
        pipeline.warehouse.publish()
        assert pipeline.query("select figures from own.mine") != before
        assert pipeline.query("select has_table_privilege('bi_reader', 'marts.indicator_values', 'select')") == [(True,)]
        reader.close()
        generations = pipeline.query("select count(*) from pg_namespace where starts_with(nspname, 'marts_generation_')")
        assert generations == [(1,)], "older generations are dropped"
        pipeline.warehouse.publish()
        assert pipeline.query("select figures from own.mine") != before, "a second swap with nothing new changes nothing"
    finally:
        with pipeline.warehouse.writing() as writing:
            writing.execute("drop owned by bi_reader")
            writing.execute("drop role bi_reader")


def test_marts_that_are_not_all_there_are_refused(tmp_path: Path) -> None:
    pipeline = Pipeline(write_project(tmp_path / "p", {"desk": {"files": "data/{day}.csv"}}))
    write_csv(tmp_path / f"p/data/{DAY}.csv", [dossier(1)])
    pipeline.run(DAY, select="+unit", command="run")
    with pytest.raises(ContractBroken, match="The mart adjustment was not built"):
        count_violations(pipeline.warehouse)


def test_marts_of_an_earlier_run_are_told_apart(tmp_path: Path) -> None:
    pipeline = Pipeline(write_project(tmp_path / "p", {"desk": {"files": "data/{day}.csv"}}))
    write_csv(tmp_path / f"p/data/{DAY}.csv", [dossier(1)])
    pipeline.run(DAY, select="*", command="run")
    assert set(count_violations(pipeline.warehouse).values()) == {0}
    pipeline.load(date(2022, 6, 6))
    assert count_violations(pipeline.warehouse)["marts_of_another_run"] > 0
    # A night that is shown without a view would take it from BI tools.
    pipeline.query("drop view bi_next.dim_unit")
    with pytest.raises(ContractBroken, match="The view for BI dim_unit was not built"):
        count_violations(pipeline.warehouse)


def test_options_of_the_url_reach_dbt_or_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QN_WAREHOUSE_URL", "postgresql://u:p%40ss@db.example:5433/qn?sslmode=verify-full&sslrootcert=/etc/ca.pem")
    variables = dbt.environment(read_settings(tmp_path))
    assert {name: variables[name] for name in ("QN_DBT_PG_HOST", "QN_DBT_PG_PORT", "QN_DBT_PG_PASSWORD", "PGSSLMODE", "PGSSLROOTCERT")} == {
        "QN_DBT_PG_HOST": "db.example",
        "QN_DBT_PG_PORT": "5433",
        "QN_DBT_PG_PASSWORD": "p@ss",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": "/etc/ca.pem",
    }
    monkeypatch.setenv("QN_WAREHOUSE_URL", "postgresql://db.example/qn?target_session_attrs=read-write")
    with pytest.raises(ConfigurationError, match="'target_session_attrs', which would not reach dbt"):
        read_settings(tmp_path).warehouse_target()
