"""The job `proof`: each week, on a sample of units, that what nights keep is what a build from landing makes. And its schedule."""

import json
import os
from typing import Literal

from dagster import (
    Config,
    DefaultScheduleStatus,
    Failure,
    JobDefinition,
    Nothing,
    OpExecutionContext,
    Out,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    in_process_executor,
    job,
    op,
    schedule,
)
from dagster_dbt import DbtCliResource
from pydantic import Field

from qn_pipeline.errors import RunFailed
from qn_pipeline.orchestration.jobs import PROOF
from qn_pipeline.orchestration.refresh import is_running
from qn_pipeline.orchestration.resources import Pipeline, told_as_failure
from qn_pipeline.warehouse import dbt as dbt_project
from qn_pipeline.warehouse.proof import UNITS, prove, week_of

PROVE = "prove"
TOLD = "told"
# Of one week's ticks the first that finds no other run is the week's: a night may last into the morning.
PROOF_CRON = "0 4-7 * * 0"


class Sample(Config):
    """What is proven: how many units, and which turn it is; without a seed, the turn of the week."""

    units: int = Field(default=UNITS, ge=1)
    seed: int | None = Field(default=None, ge=0)


@op(name=PROVE, out=Out(Nothing), description="Makes the sample again, stage by stage, and holds it against what is there.")
def prove_sample(context: OpExecutionContext, config: Sample, pipeline: Pipeline, dbt: DbtCliResource) -> None:
    """Fails with all that differs."""
    manifest = json.loads(dbt_project.ensure_manifest().read_bytes())

    def build() -> None:
        os.environ.update(dbt_project.environment(pipeline.settings))
        (pipeline.settings.home / "dbt" / "run_results.json").unlink(missing_ok=True)
        # Without the tests of the models: they stop at the first model that breaks one, and what differs is to be told as a whole.
        invocation = dbt.cli(["--no-use-colors", "run"], target_path=pipeline.settings.home / "dbt", raise_on_error=False)
        if not invocation.wait().is_successful():
            raise RunFailed(dbt_project.failure_line(pipeline.settings, str(invocation.get_error() or "")))

    with told_as_failure(pipeline):
        proof = prove(pipeline.settings, pipeline.project, pipeline.warehouse, manifest, build, config.units, config.seed)
    if proof.findings:
        raise Failure(str(proof), metadata={"units": proof.units, "findings": [str(finding) for finding in proof.findings]}, allow_retries=False)
    context.add_output_metadata({TOLD: str(proof), "units": proof.units, "rows": proof.rows, "cells": proof.cells})


def proof_job() -> JobDefinition:
    """One step, which writes no asset: what it makes again is as it was."""

    @job(name=PROOF, executor_def=in_process_executor, description="Prove on a sample of units that what nights keep is what landing makes.")
    def proof() -> None:
        prove_sample()

    return proof


def proof_schedule(proof: JobDefinition, zone: str, env: Literal["dev", "prod"]) -> ScheduleDefinition:
    """Sundays from 04:00 local, once a week. On by itself in prod only."""

    @schedule(
        job=proof,
        cron_schedule=PROOF_CRON,
        execution_timezone=zone,
        default_status=DefaultScheduleStatus.RUNNING if env == "prod" else DefaultScheduleStatus.STOPPED,
        name=PROOF,
    )
    def weekly(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
        if is_running(context.instance):
            return SkipReason("A run is not over yet. The next hour tries again.")
        return RunRequest(run_key=f"week {week_of(context.scheduled_execution_time.date())}")

    return weekly
