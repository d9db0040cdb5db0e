"""The event log with kept engines: Dagster's own storage reads what it wrote, and it is the one that a project uses."""

from pathlib import Path

from dagster import AssetKey, AssetMaterialization, DagsterInstance, asset, materialize
from dagster._core.storage.event_log import SqliteEventLogStorage

from qn_pipeline.orchestration.run import prepare_dagster_home
from qn_pipeline.orchestration.storage import KeptEngineEventLogStorage
from qn_pipeline.settings import Settings


@asset
def landed() -> None:
    """An asset."""


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
