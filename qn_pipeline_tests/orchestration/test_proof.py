"""The weekly proof's schedule: once a week, early on Sunday, and not beside another run."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dagster import DagsterInstance, DagsterRunStatus, build_schedule_context
from dagster._core.test_utils import create_run_for_test

from qn_pipeline.orchestration.build import build_defs
from qn_pipeline.orchestration.jobs import NIGHTLY, PROOF
from qn_pipeline.orchestration.refresh import is_running

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def test_a_proof_is_asked_for_once_a_week_and_not_beside_another_run(tmp_path: Path) -> None:
    schedule = build_defs().resolve_schedule_def(PROOF)
    assert (schedule.cron_schedule, schedule.execution_timezone, schedule.job_name) == ("0 4-7 * * 0", "Asia/Ho_Chi_Minh", PROOF)
    with DagsterInstance.local_temp(str(tmp_path)) as instance:

        def ticks(day: int, hour: int) -> str | None:
            """The key under which a run is asked for: Dagster starts none under a key that it has seen."""
            tick = schedule.evaluate_tick(build_schedule_context(instance, scheduled_execution_time=datetime(2022, 6, day, hour, tzinfo=ZONE)))
            return tick.run_requests[0].run_key if tick.run_requests else None

        first = ticks(5, 4)
        assert first is not None
        assert ticks(5, 5) == first
        assert ticks(12, 4) not in (None, first)
        create_run_for_test(instance, job_name=PROOF, status=DagsterRunStatus.STARTED)
        assert is_running(instance), "nights and refreshes hold back while a proof runs"
        create_run_for_test(instance, job_name=NIGHTLY, status=DagsterRunStatus.STARTED)
        assert ticks(19, 4) is None
