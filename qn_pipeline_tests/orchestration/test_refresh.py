"""The open day is kept current: what the refresh and the sensor for arriving files ask for, and when they hold back."""

import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dagster import DagsterInstance, DagsterRunStatus, RunRequest, SensorResult, SkipReason, build_schedule_context, build_sensor_context
from dagster._core.test_utils import create_run_for_test

from qn_pipeline.orchestration.build import build_defs
from qn_pipeline.orchestration.jobs import NIGHTLY, RANGE_END, RANGE_START
from qn_pipeline.orchestration.partitions import REFRESH_TAG
from qn_pipeline.orchestration.refresh import ARRIVING, REFRESH
from qn_pipeline_tests.support import dossier, write_csv, write_project

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LONG_AGO = datetime(2022, 6, 20, tzinfo=ZONE).timestamp()


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[DagsterInstance]:
    (tmp_path / "dagster").mkdir()
    with DagsterInstance.local_temp(str(tmp_path / "dagster")) as made:
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = write_project(tmp_path / "p", {"desk": {"files": "data/{day}.csv"}})
    (folder / "data").mkdir(exist_ok=True)
    return folder


def arrive(project: Path, day: date, number: int, changed: float | None = LONG_AGO) -> None:
    file = project / f"data/{day}.csv"
    write_csv(file, [dossier(number)])
    if changed is not None:
        os.utime(file, (changed, changed))


def look(project: Path, instance: DagsterInstance, cursor: str | None) -> tuple[list[tuple[str, str]], str | None]:
    """The ranges of days that the sensor asks for, and its new cursor."""
    definition = build_defs(project).resolve_sensor_def(ARRIVING)
    result = definition(build_sensor_context(instance, cursor=cursor))
    assert isinstance(result, SensorResult)
    return [(request.tags[RANGE_START], request.tags[RANGE_END]) for request in result.run_requests or []], result.cursor


def test_files_that_arrive_change_or_are_still_written(project: Path, instance: DagsterInstance) -> None:
    arrive(project, date(2022, 6, 3), 1)
    arrive(project, date(2022, 6, 5), 2)
    asked, cursor = look(project, instance, None)
    assert asked == [("2022-06-03", "2022-06-05")]
    assert look(project, instance, cursor) == ([], cursor), "what was asked for is not asked for again"
    arrive(project, date(2022, 6, 4), 3, changed=None)
    assert look(project, instance, cursor)[0] == [], "a file that changed just now may be half there"
    arrive(project, date(2022, 6, 4), 3)
    arrive(project, date(2022, 6, 3), 99999)
    asked, cursor = look(project, instance, cursor)
    assert asked == [("2022-06-03", "2022-06-04")], "a new file, and one that came again"
    arrive(project, date(2021, 12, 31), 4)
    assert look(project, instance, cursor)[0] == [], "days before the project's first one are no days"


def test_a_refresh_asks_for_the_open_day(project: Path, instance: DagsterInstance) -> None:
    schedule = build_defs(project).resolve_schedule_def(REFRESH)
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("*/10 7-17 * * 1-6", "Asia/Ho_Chi_Minh")
    asked = [
        (
            schedule.evaluate_tick(
                build_schedule_context(instance, scheduled_execution_time=datetime(2022, 6, 6, 9, minute, tzinfo=ZONE))
            ).run_requests
            or []
        )[0]
        for minute in (10, 20)
    ]
    assert [(request.tags[RANGE_START], request.tags[RANGE_END]) for request in asked] == [("2022-06-06", "2022-06-06")] * 2
    assert all(REFRESH_TAG in request.tags for request in asked)
    assert len({request.run_key for request in asked if isinstance(request, RunRequest)}) == 2, "every ten minutes is a run of its own"


def test_nothing_is_asked_for_while_a_night_runs(project: Path, instance: DagsterInstance) -> None:
    arrive(project, date(2022, 6, 3), 1)
    create_run_for_test(instance, job_name=NIGHTLY, status=DagsterRunStatus.STARTED)
    defs = build_defs(project)
    assert isinstance(defs.resolve_sensor_def(ARRIVING)(build_sensor_context(instance)), SkipReason)
    context = build_schedule_context(instance, scheduled_execution_time=datetime(2022, 6, 6, 9, 10, tzinfo=ZONE))
    assert defs.resolve_schedule_def(REFRESH).evaluate_tick(context).skip_message
