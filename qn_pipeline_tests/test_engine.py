"""The embedded engine: work that is larger than its memory goes on, on disk, and unreadable there."""

from pathlib import Path

import pytest

from qn_pipeline.engine import open_engine
from qn_pipeline.settings import Settings, read_settings

NAME = "Nguyễn Văn An"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An engine with 100 MB."""
    monkeypatch.setenv("QN_MEMORY_LIMIT", "100MB")
    settings = read_settings(tmp_path)
    settings.prepare_home()
    return settings


def test_what_does_not_fit_into_memory_is_spilled_encrypted(small: Settings) -> None:
    with open_engine(small) as con:
        con.execute(f"create temp table large as select i, '{NAME} ' || i || repeat(' {NAME}', 5) as name from range(2000000) as r(i)")
        spilled = [path for path in small.scratch.rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in spilled) > 1_000_000
        assert [path for path in spilled if NAME.encode() in path.read_bytes()] == []
        assert con.execute("select count(*), count(distinct i) from large").fetchone() == (2_000_000, 2_000_000)
    assert [path for path in small.scratch.rglob("*") if path.is_file()] == []
