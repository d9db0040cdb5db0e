"""Extractions: what one pull brought, with a manifest, immutable once written.

An extraction is a folder `landing/<entity>/<source>/<day>/<id>` that holds manifest.json and, when rows came, rows.parquet. It is
written aside and renamed, so it is there whole or not at all. A later reading of the same file and day supersedes it, a pull of changes
adds to those before it; nothing is deleted.
"""

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from qn_pipeline.errors import LandingDamaged
from qn_pipeline.landing.whole import first_damaged
from qn_pipeline.settings import Settings
from qn_pipeline.sources.outline import Finding

MANIFEST = "manifest.json"
ROWS = "rows.parquet"
GONE = "gone.parquet"
RECONCILIATION = "reconciliation.json"


class Manifest(BaseModel):
    """What is known of one extraction.

    `file` is what it was read from, None when the day was asked for and nothing came. `day` is the day asked for, `speaks_for` the one
    that its content speaks for where that is another. `covers_*` are the days whose changes a pull asked for, `follows_seq` is the
    last extraction of dossiers whose details are in it, `refresh_turn` counts the refreshes that asked for a share of the open dossiers. `written`
    are the hashes of the files beside the manifest. `absent_columns` are those of `columns` that were not there. `findings` are sums in an office's table that differ from its lines.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    seq: int
    source: str
    system: str
    entity: str
    day: date
    file: str | None
    delivers: str
    window_by: str | None = None
    window_from: date | None = None
    window_to: date | None = None
    speaks_for: date | None = None
    covers_from: date | None = None
    covers_to: date | None = None
    follows_seq: int | None = None
    refresh_turn: int | None = None
    extracted_at: str
    is_document: bool = False
    rows: int = 0
    gone: int = 0
    unreconciled: int = 0
    unreadable: list[int] = []
    findings: list[Finding] = []
    bytes: int = 0
    sha256: str | None = None
    written: dict[str, str] = {}
    columns: list[str] = []
    sealed_columns: list[str] = []
    dropped_columns: list[str] = []
    absent_columns: list[str] = []
    key_id: str | None = None
    supersedes: str | None = None
    reading: str | None = None
    connector: str


@dataclass(frozen=True)
class Extraction:
    """A manifest and the folder that holds it."""

    manifest: Manifest
    folder: Path

    @property
    def rows(self) -> Path:
        return self.folder / ROWS

    @property
    def gone(self) -> Path:
        """Codes that the source no longer has; there when any vanished."""
        return self.folder / GONE

    @property
    def reconciliation(self) -> Path:
        """Counters of the source that differed, and what sweeping found; there when any did."""
        return self.folder / RECONCILIATION


def read_extractions(settings: Settings, entity: str | None = None) -> list[Extraction]:
    """All extractions in the order in which they came. Raises LandingDamaged when a manifest cannot be read."""
    found = []
    for file in settings.landing.glob(f"{entity or '[!.]*'}/*/*/*/{MANIFEST}"):
        if file.parent.name.endswith("-nothing") and file.stat().st_size == 0:
            continue  # a power cut took what was not durable; the day is asked for again
        try:
            found.append(Extraction(Manifest.model_validate_json(file.read_bytes()), file.parent))
        except (OSError, ValueError) as error:
            raise LandingDamaged(
                f"{file} cannot be read ({type(error).__name__}). The warehouse was not touched. Restore the folder {file.parent} from a backup, or remove it and run its day again."
            ) from None
    return sorted(found, key=lambda extraction: extraction.manifest.seq)


def must_be_whole(extraction: Extraction, names: Collection[str] | None = None) -> None:
    """Raises LandingDamaged when a file of the extraction (of those named) is no longer what was written."""
    damaged = first_damaged(extraction.folder, extraction.manifest.written, names)
    if damaged is not None:
        raise LandingDamaged(landing_damaged(extraction, damaged))


def landing_damaged(extraction: Extraction, file: Path) -> str:
    """What to say of a damaged file of an extraction."""
    day = extraction.manifest.day
    return (
        f"{file} is damaged: it is not what was written. What is published stays as it was. "
        f"Restore {extraction.folder} from a backup; or remove that folder, and bring its day again: qn run --date {day}"
    )


def superseded_by(extractions: list[Extraction]) -> dict[str, int]:
    """For each superseded extraction's id, the sequence number of the one that took its place."""
    return {e.manifest.supersedes: e.manifest.seq for e in extractions if e.manifest.supersedes}


def current(extractions: list[Extraction]) -> list[Extraction]:
    gone = superseded_by(extractions)
    return [extraction for extraction in extractions if extraction.manifest.id not in gone]


@contextmanager
def written_aside(settings: Settings, target: Path, durable: bool = True) -> Iterator[Path]:
    """A scratch folder that becomes `target` when the block ends well, and vanishes otherwise.

    What is not durable may be gone after a power cut, whole; the next run makes it again.
    """
    aside = Path(tempfile.mkdtemp(prefix="aside-", dir=settings.scratch))
    try:
        yield aside
        if durable:
            for file in aside.rglob("*"):
                flush(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.rename(target)
        if durable:
            flush(target.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def flush(path: Path) -> None:
    """Have the disk keep a file, or which files a folder has: a power cut after a rename leaves whole ones."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clear_scratch(settings: Settings) -> None:
    """Remove what killed runs left aside. Only the holder of the writer's lock may call this."""
    for leftover in settings.scratch.iterdir():
        shutil.rmtree(leftover, ignore_errors=True) if leftover.is_dir() else leftover.unlink(missing_ok=True)
