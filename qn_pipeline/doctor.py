"""`qn doctor`: is everything in place? Looks, and changes nothing but a probe file in the home folder."""

import importlib.metadata
import platform
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from qn_pipeline.errors import QnError
from qn_pipeline.indicators import values
from qn_pipeline.landing.extractions import landing_damaged, read_extractions
from qn_pipeline.landing.whole import first_damaged
from qn_pipeline.project import Project, PulledSource, load_project
from qn_pipeline.settings import Settings, read_settings
from qn_pipeline.sources.connections import reach
from qn_pipeline.sources.files import find_files
from qn_pipeline.warehouse.duckdb import DuckDBWarehouse
from qn_pipeline.warehouse.engines import BI, Warehouse, open_warehouse
from qn_pipeline.warehouse.postgres import PostgresWarehouse
from qn_pipeline.warehouse.roles import readers

PACKAGES = ("qn_pipeline", "dagster", "dagster-dbt", "dbt-core", "dbt-duckdb", "dbt-postgres", "duckdb", "great-expectations", "pyarrow")
LOW_DISK = 5 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: Literal["ok", "warning", "failed"]
    told: str


def examine(project_dir: Path) -> list[Finding]:
    """Look at everything that a run needs. Raises ConfigurationError when qn.yaml or the environment is wrong."""
    project = load_project(project_dir)
    settings = read_settings(project_dir)
    settings.prepare_home()
    warehouse = open_warehouse(settings)
    return [
        Finding(
            "versions", "ok", ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES) + f", Python {platform.python_version()}"
        ),
        Finding("project", "ok", f"{project.directory}: {project.province.name}, profile {project.profile}, {len(project.sources)} sources"),
        *(_source(settings, project, name) for name in project.sources),
        _seal_key(settings, project),
        _disk(settings, warehouse),
        _landing(settings),
        _published(warehouse),
        _rows(warehouse),
        *_readers(warehouse),
    ]


def _source(settings: Settings, project: Project, name: str) -> Finding:
    source = project.sources[name]
    if isinstance(source, PulledSource):
        return _pulled(settings, project, source)
    try:
        files = find_files(project, source)
    except QnError as error:
        return Finding(f"source {name}", "failed", str(error))
    return Finding(f"source {name}", "ok" if files else "warning", f"{len(files)} files match {source.files}")


def _pulled(settings: Settings, project: Project, source: PulledSource) -> Finding:
    """A connection is asked one question, without patience."""
    impatient = source.model_copy(update={"connection": source.connection.model_copy(update={"retry_budget": 0.0})})
    try:
        told = reach(impatient, settings.connection_secret(source.connection.secret_variable), datetime.now(project.zone).date())
    except QnError as error:
        return Finding(f"source {source.name}", "failed", str(error))
    return Finding(f"source {source.name}", "ok", f"{source.connection.url} answers: {told}")


def _seal_key(settings: Settings, project: Project) -> Finding:
    if not any(source.sealed_columns for source in project.sources.values()):
        return Finding("seal key", "ok", "not needed: no mapping seals a column")
    try:
        settings.seal_secret()
    except QnError as error:
        return Finding("seal key", "failed", str(error))
    return Finding("seal key", "ok", "set")


def _disk(settings: Settings, warehouse: Warehouse) -> Finding:
    free = shutil.disk_usage(settings.home).free
    # At the swap, the rows of before and those that take their place are both there.
    file = warehouse.path if isinstance(warehouse, DuckDBWarehouse) else None
    copied = file.stat().st_size if file is not None and file.exists() else 0
    told = f"{free / 1024**3:.1f} GB free at {settings.home}"
    if copied:
        told += f", {copied / 1024**3:.1f} GB of it for a moment at each swap"
    return Finding("disk", "ok" if free > LOW_DISK + copied else "warning", told)


def _landing(settings: Settings) -> Finding:
    try:
        extractions = read_extractions(settings)
    except QnError as error:
        return Finding("landing", "failed", str(error))
    for extraction in extractions:
        damaged = first_damaged(extraction.folder, extraction.manifest.written)
        if damaged is not None:
            return Finding("landing", "failed", landing_damaged(extraction, damaged))
    rows = sum(extraction.manifest.rows for extraction in extractions)
    return Finding("landing", "ok", f"{len(extractions)} extractions, {rows} rows, as they were written")


def _published(warehouse: Warehouse) -> Finding:
    try:
        status = values.status(warehouse)
    except QnError as error:
        return Finding("warehouse", "warning", f"{warehouse.describe()}: {error}")
    return Finding("warehouse", "ok", f"{warehouse.describe()}: published as of {status.as_of}")


def _rows(warehouse: Warehouse) -> Finding:
    """Whether the rows behind the published figures can be read."""
    try:
        builds = warehouse.builds()
    except QnError as error:
        return Finding("rows", "warning", str(error))
    where = warehouse.describe_rows()
    if builds.are_one:
        return Finding("rows", "ok", f"{where}: the rows behind the published figures; not to be handed out")
    if builds.rows is None and builds.marts is None:
        return Finding("rows", "warning", f"{where}: no rows are published yet. Start with: qn run")
    return Finding(
        "rows", "warning", f"{where}: not of the build that is published: a run is making them, or one was ended. If none is running: qn run"
    )


def _readers(warehouse: Warehouse) -> list[Finding]:
    """The roles of BI tools, on PostgreSQL."""
    if not isinstance(warehouse, PostgresWarehouse):
        return []
    try:
        roles = readers(warehouse)
    except QnError as error:
        return [Finding("bi", "failed", str(error))]
    if not roles:
        return [Finding("bi", "ok", f"no role reads {BI} yet: qn grant-bi ROLE --create")]
    return [
        Finding("bi", "warning", f"{role} reads {BI} and more: {', '.join(excess[:3])}. Run: qn grant-bi {role}")
        if excess
        else Finding("bi", "ok", f"{role} reads {BI} and nothing else")
        for role, excess in roles.items()
    ]
