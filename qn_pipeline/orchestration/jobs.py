"""The two jobs, the nightly schedule, and the sensor that starts the second when the first has succeeded."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from dagster import (
    AssetSelection,
    DagsterRunStatus,
    DailyPartitionsDefinition,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    MonthlyPartitionsDefinition,
    RunRequest,
    RunStatusSensorContext,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SensorDefinition,
    define_asset_job,
    in_process_executor,
    run_status_sensor,
    schedule,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from qn_pipeline.indicators import values
from qn_pipeline.indicators.periods import months_to_refresh
from qn_pipeline.landing.land import days_with_work
from qn_pipeline.project import load_project
from qn_pipeline.settings import read_settings
from qn_pipeline.warehouse.engines import open_warehouse

NIGHTLY = "nightly"
PUBLISH = "publish"
REBUILD = "rebuild"
PROOF = "proof"
NIGHTLY_CRON = "30 1 * * *"
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
PAGES = AssetSelection.assets(["published", "pages"])


def nightly_job(days: DailyPartitionsDefinition) -> UnresolvedAssetJobDefinition:
    return define_asset_job(
        NIGHTLY,
        AssetSelection.all() - PAGES,
        partitions_def=days,
        executor_def=in_process_executor,
        description="Pull, land, check, load, compute and swap for the days asked for.",
    )


def rebuild_job(days: DailyPartitionsDefinition) -> UnresolvedAssetJobDefinition:
    return define_asset_job(
        REBUILD,
        AssetSelection.all() - PAGES - AssetSelection.groups("landing"),
        partitions_def=days,
        executor_def=in_process_executor,
        description="Check, load, compute and swap all that is landed; the sources are not asked.",
    )


def publish_job(months: MonthlyPartitionsDefinition) -> UnresolvedAssetJobDefinition:
    return define_asset_job(PUBLISH, PAGES, partitions_def=months, executor_def=in_process_executor, description="The pages of the months asked for.")


def range_tags(first: date, last: date) -> dict[str, str]:
    """Tags that make a run cover all partitions from the first to the last."""
    return {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()}


def nightly_range(yesterday: date, waiting: list[date]) -> tuple[date, date]:
    """The days of a night: the one that just closed, and before it those that still wait for their files to be landed."""
    return min([yesterday, *(day for day in waiting if day <= yesterday)]), yesterday


def nightly_schedule(job: UnresolvedAssetJobDefinition, project_dir: str, zone: str, env: Literal["dev", "prod"]) -> ScheduleDefinition:
    """01:30 local: the day that just closed, and what earlier nights missed. On by itself in prod only."""

    @schedule(
        job=job,
        cron_schedule=NIGHTLY_CRON,
        execution_timezone=zone,
        default_status=DefaultScheduleStatus.RUNNING if env == "prod" else DefaultScheduleStatus.STOPPED,
        name=NIGHTLY,
    )
    def nightly(context: ScheduleEvaluationContext) -> RunRequest:
        yesterday = context.scheduled_execution_time.date() - timedelta(days=1)
        directory = Path(project_dir)
        first, last = nightly_range(yesterday, days_with_work(read_settings(directory), load_project(directory), yesterday))
        return RunRequest(run_key=last.isoformat(), tags=range_tags(first, last))

    return nightly


def months_of_pages(project_dir: Path) -> tuple[date, date]:
    """The first and the last month that pages are made for, from what is published; none before the project's first month."""
    status = values.status(open_warehouse(read_settings(project_dir)))
    start = load_project(project_dir).start.replace(day=1)
    months = months_to_refresh(max(status.first_day or status.as_of.date(), start), status.as_of)
    return max(months[0], start), max(months[-1], start)


def publish_sensor(
    nightly: UnresolvedAssetJobDefinition, publish: UnresolvedAssetJobDefinition, project_dir: str, env: Literal["dev", "prod"]
) -> SensorDefinition:
    """Pages of all months with figures, after each night that succeeded. On by itself in prod only."""

    @run_status_sensor(
        run_status=DagsterRunStatus.SUCCESS,
        monitored_jobs=[nightly],
        request_job=publish,
        name="publish_after_nightly",
        default_status=DefaultSensorStatus.RUNNING if env == "prod" else DefaultSensorStatus.STOPPED,
    )
    def publish_after_nightly(context: RunStatusSensorContext) -> Iterator[RunRequest]:
        yield RunRequest(run_key=context.dagster_run.run_id, tags=range_tags(*months_of_pages(Path(project_dir))))

    return publish_after_nightly
