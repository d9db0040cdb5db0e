"""A disk that is full: told with where it is, what was begun leaves nothing, and when there is room again everything comes."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from qn_pipeline.landing.extractions import read_extractions
from qn_pipeline.warehouse.mishaps import what_happened
from qn_pipeline_tests.support import Pipeline, dossier, write_csv, write_project

DAY = date(2022, 6, 5)
ROWS = 2000
SIZE = 64 * 1024**2


class SmallDisk:
    """A file system of its own, or where none may be mounted, a limit on the size of files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        command = ["/bin/mount", "-t", "tmpfs", "-o", f"size={SIZE}", "qn-test", str(folder)]
        self.is_mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0

    @contextmanager
    def full(self, largest: int) -> Iterator[None]:
        """Nothing more fits on it; by the limit, no file grows beyond its largest size."""
        if not self.is_mounted:
            before = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, before[1]))
            try:
                yield
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, before)
            return
        ballast = self.folder / "ballast"
        with pytest.raises(OSError, match="No space left"):
            ballast.write_bytes(bytes(2 * SIZE))
        try:
            yield
        finally:
            ballast.unlink()

    def remove(self) -> None:
        if self.is_mounted:
            subprocess.run(["/bin/umount", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    made = SmallDisk(tmp_path / "disk")
    yield made
    made.remove()


@pytest.fixture
def pipeline(tmp_path: Path, disk: SmallDisk, engine: str, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """A project whose home is on a small disk; PostgreSQL has one of its own."""
    monkeypatch.setenv("QN_HOME", str(disk.folder / "home"))
    folder = write_project(tmp_path / "p", {"desk": {"files": "data/{day}.csv"}})
    write_csv(folder / f"data/{DAY}.csv", [dossier(number) for number in range(ROWS)])
    return Pipeline(folder)


def told(pipeline: Pipeline, error: BaseException) -> str:
    line = what_happened(pipeline.settings, pipeline.project, error)
    assert line is not None, repr(error)
    return line


def left_aside(pipeline: Pipeline) -> list[Path]:
    return [path for path in pipeline.settings.scratch.iterdir() if not path.name.endswith(".duckdb.tmp")]


def test_a_full_disk_at_every_stage(pipeline: Pipeline, disk: SmallDisk) -> None:
    settings = pipeline.settings
    expected = f"The disk is full, or a file may not grow further (ulimit -f): {settings.home} has "
    with disk.full(largest=1000), pytest.raises(Exception) as landing:
        pipeline.land(DAY)
    assert told(pipeline, landing.value).startswith(expected)
    assert [e for e in read_extractions(settings) if e.manifest.file] == []
    assert left_aside(pipeline) == []
    assert pipeline.land(DAY) == {}

    with disk.full(largest=1000), pytest.raises(Exception) as checking:
        pipeline.check()
    assert told(pipeline, checking.value).startswith(expected)
    assert left_aside(pipeline) == []
    pipeline.check()

    with disk.full(largest=20_000), pytest.raises(Exception) as loading:
        pipeline.load(DAY)
    assert told(pipeline, loading.value).startswith(expected)
    assert left_aside(pipeline) == []
    assert pipeline.query("select count(*) from information_schema.tables where table_schema = 'valid'") == [(0,)], "the load was undone"
    pipeline.load(DAY)
    assert pipeline.query("select count(*), count(distinct code) from valid.dossiers") == [(ROWS, ROWS)]
