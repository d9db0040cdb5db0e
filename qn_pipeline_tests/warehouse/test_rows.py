"""The rows behind what is published: of one build with their figures or told apart, whole or not there, and not among what is handed out.

What is swapped is small and written by hand: the swap takes any tables.
"""

import errno
import os
import resource
import signal
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest

from qn_pipeline.doctor import _rows
from qn_pipeline.errors import RunFailed, WarehouseBusy
from qn_pipeline.settings import Settings, read_settings
from qn_pipeline.warehouse import copying
from qn_pipeline.warehouse.builds import rows_change
from qn_pipeline.warehouse.copying import copy_file
from qn_pipeline.warehouse.duckdb import PUBLISHED_FILE
from qn_pipeline.warehouse.engines import Warehouse, open_warehouse
from qn_pipeline.warehouse.mishaps import explained
from qn_pipeline_tests.end_to_end.nights import CONTEXT, only

QUESTION = "select (select max(night) from marts.t), (select max(night) from core.fct_dossier), (select count(*) from core.fct_dossier)"
KEPT_APART = "kept-apart-from-what-is-handed-out"


def build(warehouse: Warehouse, night: int, rows: int = 100) -> None:
    """A night up to the swap."""
    with warehouse.writing() as writing:
        rows_change(writing)
        for schema in ("core", "marts_next", "bi_next"):
            writing.execute(f"create schema if not exists {schema}")
        writing.execute("drop view if exists bi_next.v")
        for table, count in (("core.fct_dossier", rows), ("marts_next.t", 1)):
            writing.execute(f"drop table if exists {table}")
            told = f", '{KEPT_APART}' as code, md5(cast(n as varchar)) as content" if count > 1 else ""
            writing.execute(f"create table {table} as select {night} as night, n{told} from generate_series(1, {count}) as s (n)")
        writing.execute("create view bi_next.v as select night from marts_next.t")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = read_settings(tmp_path)
    made.prepare_home()
    return made


@pytest.fixture
def warehouse(engine: str, tmp_path: Path) -> Warehouse:
    settings = read_settings(tmp_path)
    settings.prepare_home()
    return open_warehouse(settings)


def shown(warehouse: Warehouse) -> tuple[int, int]:
    """The nights whose marts are published, and whose rows can be read."""
    [(night,)] = warehouse.read("select night from marts.t")[1]
    [(of_marts, of_rows, _)] = warehouse.query_rows(QUESTION)[1]
    assert of_marts == of_rows, "figures and rows that are asked for together"
    return night, of_rows


def test_rows_are_of_the_build_of_their_figures_or_none_are_given(warehouse: Warehouse, engine: str) -> None:
    with pytest.raises(RunFailed, match=r"Nothing is published in .* yet. Start with: qn run"):
        warehouse.query_rows(QUESTION)
    assert (warehouse.builds().are_one, _rows(warehouse).state) == (False, "warning")
    build(warehouse, 1)
    warehouse.publish()
    assert warehouse.query_rows(QUESTION) == (warehouse.query_rows(QUESTION)[0], [(1, 1, 100)])
    assert warehouse.query_rows("select n from core.fct_dossier where n < ? order by n", [3])[1] == [(1,), (2,)]
    first = warehouse.builds()
    assert (first.are_one, _rows(warehouse).state) == (True, "ok")
    with pytest.raises(WarehouseBusy) if engine == "postgres" else nullcontext(), warehouse.reading_rows() as ask:
        assert ask(QUESTION)[1] == [(1, 1, 100)]
        build(warehouse, 2)  # on PostgreSQL these are the tables that are read
        if engine == "duckdb":
            warehouse.publish()
            assert ask(QUESTION)[1] == [(1, 1, 100)], "what is open stays what it was"
    if engine == "postgres":
        assert (warehouse.builds().are_one, warehouse.builds().marts, _rows(warehouse).state) == (False, first.marts, "warning")
        with pytest.raises(WarehouseBusy, match=r"making the rows in PostgreSQL .* again, or one that did has not ended well"):
            warehouse.query_rows(QUESTION)
        warehouse.publish()
    assert shown(warehouse) == (2, 2)
    assert warehouse.builds().are_one
    assert warehouse.builds() != first


def test_rows_are_only_read(warehouse: Warehouse) -> None:
    build(warehouse, 1)
    warehouse.publish()
    for sql in ("delete from core.fct_dossier", "create table core.mine (n integer)"):
        with pytest.raises(Exception, match="read-only"):
            warehouse.query_rows(sql)
    assert shown(warehouse) == (1, 1)


def test_what_is_handed_out_holds_no_rows(settings: Settings) -> None:
    warehouse = open_warehouse(settings)
    build(warehouse, 1)
    warehouse.publish()
    with duckdb.connect(str(settings.published / PUBLISHED_FILE), read_only=True) as file:
        schemas = file.execute("select distinct schema_name from duckdb_tables() union select schema_name from duckdb_views() where not internal")
        assert {name for (name,) in schemas.fetchall()} == {"bi", "build", "marts"}
    # Not even in what was deleted from it.
    texts = {file.relative_to(settings.home): KEPT_APART.encode() in file.read_bytes() for file in settings.home.rglob("*.duckdb")}
    assert texts == {
        Path(PUBLISHED_FILE): True,
        Path("rows", PUBLISHED_FILE): True,
        Path("published", PUBLISHED_FILE): False,
    }


def test_who_may_not_read_the_warehouse_may_not_read_the_rows(settings: Settings) -> None:
    warehouse = open_warehouse(settings)
    build(warehouse, 1)
    (settings.home / PUBLISHED_FILE).chmod(0o600)
    warehouse.publish()
    assert (settings.rows / PUBLISHED_FILE).stat().st_mode & 0o777 == 0o600


def _publish_and_die(folder: Path, renames: int, variables: Mapping[str, str]) -> None:
    """A swap that is killed when so many files have been renamed."""
    only(variables)
    replace, left = Path.replace, [renames]

    def dying(self: Path, target: Path) -> Path:
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        return replace(self, target)

    with patch.object(Path, "replace", dying):
        open_warehouse(read_settings(folder)).publish()


@pytest.mark.parametrize(("renames", "then"), [(0, (1, 1)), (1, (1, 2))])
def test_a_kill_around_the_renames_is_told_and_mended(settings: Settings, tmp_path: Path, renames: int, then: tuple[int, int]) -> None:
    warehouse = open_warehouse(settings)
    build(warehouse, 1)
    warehouse.publish()
    build(warehouse, 2)
    process = CONTEXT.Process(target=_publish_and_die, args=(tmp_path, renames, {"QN_HOME": str(settings.home)}))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert shown(warehouse) == then
    assert warehouse.builds().are_one == (then[0] == then[1])
    assert _rows(warehouse).state == ("ok" if then[0] == then[1] else "warning")
    warehouse.publish()
    assert shown(warehouse) == (2, 2)
    assert (warehouse.builds().are_one, _rows(warehouse).state) == (True, "ok")


def test_a_full_disk_while_rows_are_copied(settings: Settings) -> None:
    warehouse = open_warehouse(settings)
    build(warehouse, 1)
    warehouse.publish()
    before = warehouse.builds()
    # So many rows that their file is larger than the limit, and the one with the marts is not.
    build(warehouse, 2, rows=300_000)
    size = (settings.home / PUBLISHED_FILE).stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large") as full:
            warehouse.publish()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    told = explained(settings, str(full.value)) or ""
    assert told.startswith(f"The disk is full, or a file may not grow further (ulimit -f): {settings.home} has ")
    assert list(settings.scratch.iterdir()) == []
    assert (shown(warehouse), warehouse.builds()) == ((1, 1), before)
    warehouse.publish()
    assert shown(warehouse) == (2, 2)


def test_a_file_with_rows_that_is_damaged_is_told_and_written_anew(settings: Settings) -> None:
    warehouse = open_warehouse(settings)
    build(warehouse, 1)
    warehouse.publish()
    (settings.rows / PUBLISHED_FILE).write_bytes(b"half")
    with pytest.raises(RunFailed, match=r"rows.warehouse\.duckdb cannot be read .* The next run writes it anew"):
        warehouse.query_rows(QUESTION)
    assert _rows(warehouse).state == "warning"
    warehouse.publish()
    assert shown(warehouse) == (1, 1)


# The copy


@pytest.mark.parametrize("refusal", [None, errno.EXDEV, errno.EOPNOTSUPP, errno.ENOSYS, "ends early"])
def test_a_copy_is_whole_whatever_the_kernel_does(tmp_path: Path, refusal: int | str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    content = os.urandom(5_000_001)
    (tmp_path / "from").write_bytes(content)
    (tmp_path / "to").write_bytes(bytes(7_000_000))
    monkeypatch.setattr(copying, "PIECE", 1_000_000)
    original, pieces = os.copy_file_range, []

    def copies(source: int, target: int, count: int) -> int:
        pieces.append(count)
        if refusal is not None and len(pieces) == 3:
            if isinstance(refusal, str):
                return 0
            raise OSError(refusal, os.strerror(refusal))
        return original(source, target, count)

    monkeypatch.setattr(os, "copy_file_range", copies)
    assert copy_file(tmp_path / "from", tmp_path / "to") == len(content)
    assert (tmp_path / "to").read_bytes() == content
    assert len(pieces) == (6 if refusal is None else 3)
