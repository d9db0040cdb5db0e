"""The assembly of everything Dagster loads: production, tests and `qn` call the same function, with overrides."""

import os
from datetime import date
from pathlib import Path
from typing import Any

from dagster import Definitions, in_process_executor

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.orchestration.assets.landing import landing_assets
from qn_pipeline.orchestration.assets.published import pages_asset, swap_asset, vintage_asset
from qn_pipeline.orchestration.assets.valid import valid_assets
from qn_pipeline.orchestration.assets.warehouse import dbt_models, dbt_resource, exit_checks, loader_asset
from qn_pipeline.orchestration.jobs import nightly_job, nightly_schedule, publish_job, publish_sensor, rebuild_job
from qn_pipeline.orchestration.partitions import DEFAULT_START, DEFAULT_ZONE, daily, monthly
from qn_pipeline.orchestration.proof import proof_job, proof_schedule
from qn_pipeline.orchestration.refresh import arriving_sensor, refresh_schedule
from qn_pipeline.orchestration.resources import Pipeline
from qn_pipeline.project import load_project
from qn_pipeline.settings import read_settings

PROJECT_VARIABLE = "QN_PROJECT"


def build_defs(project_dir: Path | None = None, **resources: Any) -> Definitions:
    """All definitions, for the project in a folder (default: QN_PROJECT, or none). `resources` override ours by name.

    Without a project the graph loads all the same; a run then says which variable is missing.
    """
    directory = project_dir or (Path(os.environ[PROJECT_VARIABLE]) if os.environ.get(PROJECT_VARIABLE) else None)
    start, zone, env = _calendar(directory)
    days, months = daily(start, zone), monthly(start, zone)
    nightly, publish, proof = nightly_job(days), publish_job(months), proof_job()
    where = str(directory.absolute()) if directory else f"(set {PROJECT_VARIABLE} to a project's folder)"
    return Definitions(
        assets=[*landing_assets(days), *valid_assets(days), loader_asset(), dbt_models(), swap_asset(), vintage_asset(), pages_asset(months)],
        asset_checks=[exit_checks()],
        jobs=[nightly, publish, rebuild_job(days), proof],
        schedules=[nightly_schedule(nightly, where, zone, env), refresh_schedule(nightly, zone, env), proof_schedule(proof, zone, env)],
        sensors=[publish_sensor(nightly, publish, where, env), arriving_sensor(nightly, where, env)],
        resources={"pipeline": Pipeline(project_dir=where), "dbt": dbt_resource(), **resources},
        executor=in_process_executor,
    )


def _calendar(directory: Path | None) -> tuple[date, str, Any]:
    if directory is None:
        return DEFAULT_START, DEFAULT_ZONE, "dev"
    if not directory.is_dir():
        raise ConfigurationError(f"{directory} is no folder. Nothing was written. Set {PROJECT_VARIABLE} to the folder that holds qn.yaml.")
    project = load_project(directory)
    return project.start, project.timezone, read_settings(directory).env
