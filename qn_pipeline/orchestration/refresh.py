"""What keeps the open day current: a refresh every ten minutes in office hours, and a sensor for files that arrive at any time.

Both ask for the nightly job, which does what changed alone; while one runs, none is asked for.
"""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    schedule,
    sensor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from qn_pipeline.orchestration.jobs import NIGHTLY, PROOF, REBUILD, range_tags
from qn_pipeline.orchestration.partitions import REFRESH_TAG
from qn_pipeline.project import FileSource, Project, load_project
from qn_pipeline.sources.files import find_files

REFRESH = "refresh"
REFRESH_CRON = "*/10 7-17 * * 1-6"
ARRIVING = "arriving_files"
LOOK_EVERY_SECONDS = 60
# A file that is still being written changes; one that was left alone for so long is there.
SETTLED = timedelta(seconds=60)
UNFINISHED = [DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


def refresh_schedule(job: UnresolvedAssetJobDefinition, zone: str, env: Literal["dev", "prod"]) -> ScheduleDefinition:
    """The open day every ten minutes from 07:00 to 17:50 local, Monday to Saturday. On by itself in prod only."""

    @schedule(
        job=job,
        cron_schedule=REFRESH_CRON,
        execution_timezone=zone,
        default_status=DefaultScheduleStatus.RUNNING if env == "prod" else DefaultScheduleStatus.STOPPED,
        name=REFRESH,
    )
    def refresh(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        if is_running(context.instance):
            return SkipReason("A run is not over yet. The next refresh brings what came in the meantime.")
        today = context.scheduled_execution_time.date()
        return RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags=range_tags(today, today) | {REFRESH_TAG: today.isoformat()})

    return refresh


def arriving_sensor(job: UnresolvedAssetJobDefinition, project_dir: str, env: Literal["dev", "prod"]) -> SensorDefinition:
    """The days of files that came or changed since the last look. On by itself in prod only."""

    @sensor(
        job=job,
        name=ARRIVING,
        minimum_interval_seconds=LOOK_EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING if env == "prod" else DefaultSensorStatus.STOPPED,
    )
    def arriving_files(context: SensorEvaluationContext) -> SensorResult | SkipReason:
        if is_running(context.instance):
            return SkipReason("A run is not over yet. What arrived is asked for after it.")
        project = load_project(Path(project_dir))
        now = datetime.now(UTC)
        seen = json.loads(context.cursor) if context.cursor else {}
        there = stamps(project, now)
        days = {day for path, (stamp, day) in there.items() if seen.get(path) != stamp}
        today = now.astimezone(project.zone).date()
        asked = sorted(day for day in days if project.start <= day <= today)
        cursor = json.dumps({path: stamp for path, (stamp, _) in there.items()})
        request = [RunRequest(run_key=f"{asked[-1]}-{now:%Y%m%dT%H%M%S}", tags=range_tags(asked[0], asked[-1]))] if asked else []
        return SensorResult(run_requests=request, cursor=cursor)

    return arriving_files


def stamps(project: Project, now: datetime) -> dict[str, tuple[str, date]]:
    """Files that are there and were left alone for a while, by path: size and time of change, and the day that each belongs to."""
    found = {}
    for source in project.sources.values():
        if isinstance(source, FileSource):
            for file in find_files(project, source):
                told = file.path.stat()
                changed = datetime.fromtimestamp(told.st_mtime, UTC)
                if now - changed >= SETTLED:
                    found[file.name] = (f"{told.st_size} {told.st_mtime_ns}", file.day or now.astimezone(project.zone).date())
    return found


def is_running(instance: DagsterInstance) -> bool:
    """Whether a run that writes the warehouse is not over yet."""
    return any(instance.get_runs_count(RunsFilter(job_name=job, statuses=UNFINISHED)) for job in (NIGHTLY, REBUILD, PROOF))
