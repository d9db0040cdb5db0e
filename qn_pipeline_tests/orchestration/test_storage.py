"""The event log with kept engines: Dagster's own storage reads what it wrote, and it is the one that a project uses."""

from pathlib import Path

import psycopg2
import pytest
from dagster import (
    AssetKey,
    AssetMaterialization,
    BackfillPolicy,
    DagsterEventType,
    DagsterInstance,
    DailyPartitionsDefinition,
    EventRecordsFilter,
    asset,
    materialize,
)
from dagster._core.storage.event_log import SqliteEventLogStorage

from qn_pipeline.orchestration.run import prepare_dagster_home
from qn_pipeline.orchestration.storage import BATCHES, KeptEngineEventLogStorage
from qn_pipeline.settings import Settings, read_settings


@asset
def landed() -> None:
    """An asset."""


DAYS = DailyPartitionsDefinition("2024-01-01", end_date="2024-03-01")


@asset(partitions_def=DAYS, backfill_policy=BackfillPolicy.single_run())
def daily() -> None:
    """An asset with a partition a day."""


def test_many_days_of_a_run_are_told_as_if_each_were_written_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tags = {"dagster/asset_partition_range_start": "2024-01-01", "dagster/asset_partition_range_end": "2024-02-29"}
    told = {}
    for name, variables in (("alone", {}), ("together", BATCHES)):
        for variable in BATCHES:
            monkeypatch.delenv(variable, raising=False)
        for variable, value in variables.items():
            monkeypatch.setenv(variable, value)
        home = prepare_dagster_home(Settings(home=tmp_path / name))
        with DagsterInstance.from_config(str(home)) as instance:
            run = materialize([daily, landed], instance=instance, tags=tags)
            latest = instance.get_latest_materialization_event(daily.key)
            assert latest is not None
            told[name] = (
                sorted(instance.get_materialized_partitions(daily.key)),
                sorted(
                    (str(entry.dagster_event_type), entry.get_dagster_event().partition or "")
                    for entry in instance.all_logs(run.run_id)
                    if entry.is_dagster_event
                ),
                [
                    len(instance.event_log_storage.get_event_records(EventRecordsFilter(kind, asset_key=daily.key)))
                    for kind in (DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
                ],
                latest.get_dagster_event().partition,
                instance.get_asset_records([daily.key])[0].asset_entry.last_run_id == run.run_id,
            )
    assert told["together"] == told["alone"]
    assert told["together"][0][-1] == "2024-02-29"
    assert told["together"][2:] == ([60, 60], "2024-02-29", True)


def test_a_projects_storage_keeps_its_engines_and_dagsters_own_reads_it(tmp_path: Path) -> None:
    home = prepare_dagster_home(Settings(home=tmp_path))
    with DagsterInstance.from_config(str(home)) as instance:
        storage = instance.event_log_storage
        assert isinstance(storage, KeptEngineEventLogStorage)
        first, second = (materialize([landed], instance=instance) for _ in range(2))
        told = {run.run_id: [entry.message for entry in instance.all_logs(run.run_id)] for run in (first, second)}
        assert all(told.values())
        instance.report_runless_asset_event(AssetMaterialization(AssetKey("landed"), metadata={"rows": 1}))
    plain = SqliteEventLogStorage(str(home / "history" / "runs"))
    assert {run_id: [entry.message for entry in plain.get_logs_for_run(run_id)] for run_id in told} == told
    plain.dispose()
    with DagsterInstance.from_config(str(home)) as instance:
        event = instance.get_latest_materialization_event(AssetKey("landed"))
        assert event is not None
        assert event.asset_materialization is not None
        assert event.asset_materialization.metadata["rows"].value == 1


def test_runs_and_events_may_be_in_postgresql(tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QN_DAGSTER_URL", postgres_url)
    for name, value in BATCHES.items():
        monkeypatch.setenv(name, value)
    settings = read_settings(tmp_path)
    home = prepare_dagster_home(settings)
    assert postgres_url not in (home / "dagster.yaml").read_text(encoding="utf-8"), "its password is in no file"
    tags = {"dagster/asset_partition_range_start": "2024-01-01", "dagster/asset_partition_range_end": "2024-02-29"}
    with DagsterInstance.from_config(str(home)) as instance:
        assert materialize([daily, landed], instance=instance, tags=tags).success
        assert len(instance.get_materialized_partitions(daily.key)) == 60
    with psycopg2.connect(postgres_url) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from event_logs where dagster_event_type = 'ASSET_MATERIALIZATION'")
        assert cursor.fetchall() == [(61,)]
