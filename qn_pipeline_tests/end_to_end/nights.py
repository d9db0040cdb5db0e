"""Nights in processes of their own, which a test may kill at a named step, or disturb during dbt: functions that a fork server's children run."""

import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["qn_pipeline.cli", "qn_pipeline.orchestration.run", "great_expectations", "pandas", "dbt.cli.main", "altair", "vl_convert"]
)
LONGEST = 300


def run_night(folder: Path, first: date, last: date, kill_at: str | None = None) -> int | None:
    """Run the nightly job and the pages as `qn run` does, in a process of its own. Returns its exit code, negative for a signal."""
    variables = {name: value for name, value in os.environ.items() if name.startswith("QN_")}
    process = CONTEXT.Process(target=_night, args=(folder, first, last, kill_at, variables))
    process.start()
    process.join()
    return process.exitcode


def kill_night(folder: Path, first: date, last: date, after: float) -> int | None:
    """Run a night and kill it, with all that it started, so many seconds later, unless it has ended. Returns its exit code."""
    variables = {name: value for name, value in os.environ.items() if name.startswith("QN_")}
    process = CONTEXT.Process(target=_night, args=(folder, first, last, None, variables))
    process.start()
    process.join(after)
    if process.exitcode is None:
        process.kill()
        process.join()
    return process.exitcode


def rebuild_in_parts(folder: Path, rows_a_gb: int) -> int | None:
    """`qn rebuild` in a process of its own, with lives made in parts as those of a large province are. Returns its exit code."""
    variables = {name: value for name, value in os.environ.items() if name.startswith("QN_")}
    process = CONTEXT.Process(target=_rebuild, args=(folder, rows_a_gb, variables))
    process.start()
    process.join()
    return process.exitcode


def _rebuild(folder: Path, rows_a_gb: int, variables: Mapping[str, str]) -> None:
    from qn_pipeline.cli import rebuild

    only(variables)
    with patch("qn_pipeline.warehouse.parts.ROWS_A_GB", rows_a_gb):
        rebuild(folder)


def _night(folder: Path, first: date, last: date, kill_at: str | None, variables: Mapping[str, str]) -> None:
    from qn_pipeline.orchestration.run import run_nightly
    from qn_pipeline.settings import read_settings
    from qn_pipeline.warehouse.engines import open_warehouse

    only(variables)
    settings = read_settings(folder)
    settings.prepare_home()
    with open_warehouse(settings).alone():
        if kill_at is None:
            run_nightly(folder, settings, first, last)
        else:
            with KILLS[kill_at]():
                run_nightly(folder, settings, first, last)


@dataclass
class Night:
    """A `qn run` that goes on while the test does something to it."""

    process: ForkServerProcess
    dbt: Connection
    said: IO[str]

    def wait_for_dbt(self) -> None:
        """Come back when dbt makes the lives of dossiers."""
        assert self.dbt.poll(LONGEST), "the night does not come to dbt"
        self.dbt.recv()

    def end(self) -> tuple[int | None, str]:
        """Its exit status and the line that it ends with."""
        self.process.join(LONGEST)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        with self.said:
            return self.process.exitcode, self.said.read().strip().rpartition("\n")[2]


def start_night(folder: Path, first: date, last: date, file_limit: int | None = None, limit_of_all: int | None = None) -> Night:
    """Start `qn run` in a process of its own.

    `file_limit`: when dbt makes the lives of dossiers, no file of its may grow beyond so many bytes; `limit_of_all`: none at all, from the beginning.
    """
    variables = {name: value for name, value in os.environ.items() if name.startswith("QN_")}
    said = tempfile.NamedTemporaryFile(mode="r", encoding="utf-8")  # noqa: SIM115 -- closed by Night.end
    here, there = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_qn_run, args=(folder, first, last, variables, there, said.name, file_limit, limit_of_all))
    process.start()
    there.close()
    return Night(process, here, said)


def _qn_run(
    folder: Path,
    first: date,
    last: date,
    variables: Mapping[str, str],
    reached: Connection,
    said: str,
    file_limit: int | None,
    limit_of_all: int | None,
) -> None:
    if limit_of_all is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_of_all, limit_of_all))
    target = os.open(said, os.O_WRONLY | os.O_APPEND)
    os.dup2(target, 1)
    os.dup2(target, 2)
    from qn_pipeline import cli

    only(variables)
    sys.argv = ["qn", "run", "--project", str(folder), "--from", str(first), "--to", str(last)]

    def at_lives(dbt: int) -> None:
        if file_limit is not None:
            resource.prlimit(dbt, resource.RLIMIT_FSIZE, (file_limit, file_limit))
        reached.send("dbt")

    with _once_dbt_made(LIVES, at_lives):
        cli.main()


def only(variables: Mapping[str, str]) -> None:
    """No variable of the pipeline but these: the fork server has those of the test that started it."""
    for name in [name for name in os.environ if name.startswith("QN_")]:
        del os.environ[name]
    os.environ.update(variables)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _after(target: str, times: int = 1) -> Any:
    """A patch that kills the process when a function has returned for the n-th time."""
    module, _, name = target.rpartition(".")
    original = getattr(__import__(module, fromlist=[name]), name)
    left = [times]

    def killing(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        left[0] -= 1
        if left[0] == 0:
            _die()
        return result

    return patch(target, killing)


def _once_dbt_made(model: str, happens: Callable[[int], None]) -> Any:
    """Something happens (told dbt's process) when a model has been made."""
    from dagster_dbt.core.dbt_cli_invocation import DbtCliInvocation

    original = DbtCliInvocation.stream

    def stream(self: DbtCliInvocation) -> Iterator[Any]:
        for event in original(self):
            if getattr(event, "output_name", "") == model:
                happens(self.process.pid)
            yield event

    return patch.object(DbtCliInvocation, "stream", stream)


def _before_the_swap_shows() -> Any:
    """DuckDB: the copy is complete, and not renamed yet. PostgreSQL: views are being turned, and nothing is committed."""
    from qn_pipeline.warehouse.postgres import _PostgresWriting

    if os.environ.get("QN_WAREHOUSE_URL"):
        execute = _PostgresWriting.execute

        def dying(self: _PostgresWriting, sql: str, parameters: Any = ()) -> Any:
            if sql.startswith("create or replace view marts.unit"):
                _die()
            return execute(self, sql, parameters)

        return patch.object(_PostgresWriting, "execute", dying)
    return patch.object(Path, "replace", lambda self, target: _die())


LIVES = "core__fct_dossier_interval"
KILLS: dict[str, Callable[[], Any]] = {
    "landing": lambda: _after("qn_pipeline.landing.arrivals.write_rows"),
    "validation": lambda: _after("qn_pipeline.validation.validate._split"),
    "loading": lambda: _after("qn_pipeline.warehouse.loader._insert"),
    # Lives have been made again, and the cells that they left and entered have not; cells have, and nothing says yet that the build has ended.
    "lives": lambda: _once_dbt_made(LIVES, lambda _: _die()),
    "cells": lambda: _once_dbt_made("measures__dossier_daily", lambda _: _die()),
    "exit checks": lambda: _after("qn_pipeline.orchestration.assets.warehouse.count_violations"),
    "swap": _before_the_swap_shows,
    "pages": lambda: _after("qn_pipeline.publishing.pages._write_changed"),
}
IN_THE_WAREHOUSE = ("loading", "lives", "cells", "exit checks", "swap")
