"""What goes wrong around a night, told in a line: a full disk, a server that went away, a statement that took too long, a damaged file.

Belongs here: how the engines and the system word it, and what to do. Does not: what is tried again (postgres).
"""

import re
import shutil
from pathlib import Path

import duckdb

from qn_pipeline.landing.extractions import landing_damaged, read_extractions
from qn_pipeline.landing.whole import first_damaged
from qn_pipeline.project import Project
from qn_pipeline.settings import Settings
from qn_pipeline.validation.validate import drop_damaged, read_valid

SAFE = "What is published stays as it was"
MEGABYTE = 1024**2
# The server's words first: its disk is another one.
SERVER_FULL = re.compile(
    r"could not (extend|write( to)?|create) (file|temporary file|block)[^\n]*No space left|DiskFull|could not write to file \"pg_wal"
)
DISK_FULL = re.compile(r"No space left on device|File too large|database or disk is full|Disk quota exceeded|max_temp_directory_size")
STATEMENT_TIMEOUT = re.compile(r"due to statement timeout|idle-in-transaction timeout")
LOCK_TIMEOUT = re.compile(r"due to lock timeout")
SERVER_LOST = re.compile(
    r"server closed the connection|terminating connection due to|connection (already )?closed|connection to server .*(failed|refused)|could not connect to server"
    r"|the database system is (starting up|shutting down|in recovery|not yet accepting)|SSL connection has been closed|could not (receive|send) data|no connection to the server"
)


def explained(settings: Settings, told: str) -> str | None:
    """What happened, what is safe and what to do, when these words of an engine or of the system are of a mishap."""
    has_server = settings.warehouse_target()[0] == "postgres" or settings.dagster_url is not None
    if has_server and SERVER_FULL.search(told):
        return f"The disk of the PostgreSQL server is full. {SAFE}. Make room there, and run again."
    if DISK_FULL.search(told):
        return disk_full(settings)
    return _of_the_server(settings, told) if has_server else None


def _of_the_server(settings: Settings, told: str) -> str | None:
    if LOCK_TIMEOUT.search(told):
        return (
            f"Somebody holds a table of the warehouse in an open transaction: waited {settings.lock_timeout:g} s (QN_LOCK_TIMEOUT). {SAFE}. "
            "End that session (pg_stat_activity, pg_blocking_pids), and run again."
        )
    if STATEMENT_TIMEOUT.search(told):
        return (
            f"A statement on PostgreSQL took longer than {settings.statement_timeout:g} s (QN_STATEMENT_TIMEOUT) and was undone. {SAFE}. "
            "See what the server waits for (pg_stat_activity), or give it more time, and run again."
        )
    if SERVER_LOST.search(told):
        return f"The PostgreSQL server was lost during the run. {SAFE}; what was not finished is undone. Run again when the server is back."
    return None


def disk_full_told(settings: Settings) -> str | None:
    """The line of a full disk, when the home folder's is full just now."""
    return disk_full(settings) if shutil.disk_usage(settings.home).free < MEGABYTE else None


def disk_full(settings: Settings) -> str:
    """The line of a full disk: where, how much is free, and what to do."""
    kind, where = settings.warehouse_target()
    folders = dict.fromkeys([settings.home, *([Path(where).parent] if kind == "duckdb" else [])])
    free = "; ".join(f"{folder} has {shutil.disk_usage(folder).free / MEGABYTE:,.0f} MB free" for folder in folders if folder.exists())
    return (
        f"The disk is full, or a file may not grow further (ulimit -f): {free}. {SAFE}; nothing half written is kept. "
        f"Make room (see: du -sh {settings.home}/*), and run again."
    )


def damage_told(settings: Settings, project: Project) -> str | None:
    """The line of the first damaged file of landing and valid, when there is one; a damaged result is removed. Reads all of them."""
    for extraction in read_extractions(settings):
        file = first_damaged(extraction.folder, extraction.manifest.written)
        if file is not None:
            return landing_damaged(extraction, file)
        result = read_valid(settings, project, extraction) if extraction.manifest.file is not None else None
        damaged = drop_damaged(result) if result is not None else None
        if damaged is not None:
            return valid_damaged(damaged)
    return None


def valid_damaged(file: object) -> str:
    """What to say of a damaged file of the valid stage, whose result was removed."""
    return f"{file} was damaged: it was not what was written, and was removed. {SAFE}. Run again: it is made anew from landing."


def what_happened(settings: Settings, project: Project, error: BaseException) -> str | None:
    """The line of an error that is none of the pipeline's own; None when nothing is known of it."""
    line = explained(settings, _words(error))
    if line is None and isinstance(error, duckdb.Error):
        # The engine says what it stumbled over in words of its own, which seldom name the file.
        return damage_told(settings, project)
    return line


def _words(error: BaseException) -> str:
    """The error's words and those of what it came from."""
    words, seen = [], 0
    cause: BaseException | None = error
    while cause is not None and seen < 10:
        words.append(f"{type(cause).__name__}: {cause}")
        cause, seen = cause.__cause__ or cause.__context__, seen + 1
    return "\n".join(words)
