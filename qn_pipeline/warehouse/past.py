"""The warehouse as it was known at a past moment: made from landing alone, in a folder of its own, and gone afterwards.

Landing keeps all that ever came, so what was known then is the extractions that had come by then, under the configuration that is given. It is a
DuckDB file, whatever the project's warehouse is (both engines give the same marts), and takes as long as a rebuild.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.errors import ConfigurationError, RunFailed
from qn_pipeline.landing.extractions import Extraction, read_extractions
from qn_pipeline.project import Project
from qn_pipeline.settings import Settings
from qn_pipeline.validation.door import validate_landed
from qn_pipeline.warehouse import dbt
from qn_pipeline.warehouse.duckdb import DuckDBWarehouse
from qn_pipeline.warehouse.engines import Warehouse
from qn_pipeline.warehouse.loader import Catalogue, load
from qn_pipeline.warehouse.parts import whole_build
from qn_pipeline.warehouse.working_calendar import UsualCalendar

FOLDER = "past"


@dataclass(frozen=True)
class Past:
    """A past moment of knowledge: the last extraction that had come, and the instant that figures counted up to (local, naive)."""

    cutoff: int
    as_of: datetime


def known_by(settings: Settings, project: Project, moment: datetime) -> list[Extraction]:
    """The extractions that had come by a moment, local and naive. Raises ConfigurationError when there were none."""
    extractions = read_extractions(settings)
    came = {extraction.manifest.seq: came_at(project, extraction) for extraction in extractions}
    known = [extraction for extraction in extractions if came[extraction.manifest.seq] <= moment]
    if not known:
        first = min(came.values(), default=None)
        told = f"the first extraction came at {first}" if first else "nothing has come yet"
        raise ConfigurationError(f"Nothing was known at {moment}: {told}. Nothing was written. Name a later moment.")
    return known


def came_at(project: Project, extraction: Extraction) -> datetime:
    """When an extraction came, local and naive."""
    return datetime.fromisoformat(extraction.manifest.extracted_at).astimezone(project.zone).replace(tzinfo=None)


@contextmanager
def past_warehouse(settings: Settings, project: Project, catalogue: Catalogue, past: Past, usual: UsualCalendar | None = None) -> Iterator[Warehouse]:
    """Make the warehouse of then, for reading. `project`, `catalogue` and `usual` are the configuration of then; the present one is not read.

    Raises RunFailed when a model fails, LandingDamaged when a file of landing is not what was written.
    """
    with folder_aside(settings) as home:
        then = settings.model_copy(update={"home": home, "warehouse_url": None})
        then.prepare_home()
        for extraction in read_extractions(settings):
            if extraction.manifest.seq <= past.cutoff:
                place = then.landing / extraction.folder.relative_to(settings.landing)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(extraction.folder, target_is_directory=True)
        for entity in CONTRACTS:
            validate_landed(then, project, entity)
        warehouse = DuckDBWarehouse(then, home / "warehouse.duckdb")
        load(then, project, warehouse, past.as_of, catalogue, usual)
        manifest = json.loads(dbt.ensure_manifest().read_bytes())
        for words in whole_build(warehouse, manifest):
            _make(then, words)
        warehouse.publish()
        yield warehouse


def _make(settings: Settings, words: Sequence[str]) -> None:
    # The models alone: what they promise was asked when they were published.
    if "resource_type:model" not in words:
        said = dbt.run(settings, ["run", *words[1:]])
        if said is not None:
            told = dbt.failure_line(settings, said, advice="What is published was not touched.")
            raise RunFailed(f"The warehouse of then could not be made. {told}")


@contextmanager
def folder_aside(settings: Settings) -> Iterator[Path]:
    """A folder for what is made to be compared, removed afterwards. Not the scratch folder, which runs clear; what killed processes left is removed."""
    shelf = settings.home / FOLDER
    shelf.mkdir(parents=True, exist_ok=True)
    for left in shelf.iterdir():
        if not _is_running(int(left.name.split("-")[0])):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=shelf))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
