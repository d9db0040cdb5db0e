"""dbt for tests: forked from a process that has imported it, with the parsed project at hand. Both take longer than most builds.

What forks is a server of its own (multiprocessing's forkserver), so each build is a process as it is in the pipeline, with nothing left over from
another. A database's name is in the parsed project: PostgreSQL's, which have names of their own in each test, are written into it.
"""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from qn_pipeline.warehouse import dbt

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["dbt.cli.main", "dbt.adapters.duckdb", "dbt.adapters.postgres"])
LONGEST = 300
PLACEHOLDER = "qn_" + 12 * "0"


def invoke(words: list[str], variables: Mapping[str, str]) -> tuple[int, str]:
    """Run dbt with these words and environment. Returns its exit status and what it said."""
    database = variables.get("QN_DBT_PG_DATABASE", PLACEHOLDER)
    parsed = _parsed(variables["QN_DBT_TARGET"]).replace(PLACEHOLDER.encode(), database.encode()) if len(database) == len(PLACEHOLDER) else None
    return _forked(["--log-level-file", "none", *words], variables, parsed, None)


@cache
def _parsed(kind: str) -> bytes:
    """The project as one on an engine: a DuckDB file's name is in it, its folder is not; PostgreSQL's database has a name that stands for any."""
    with tempfile.TemporaryDirectory(prefix="dbt-parsed-") as aside:
        own = {
            "QN_DBT_DUCKDB_PATH": str(Path(aside) / "warehouse.duckdb"),
            "QN_DBT_PG_DATABASE": PLACEHOLDER,
            "DBT_TARGET_PATH": aside,
            "DBT_LOG_PATH": aside,
            "QN_DBT_TARGET": kind,
        }
        kept = Path(aside) / "parsed"
        words = ["--quiet", "parse", "--project-dir", str(dbt.PROJECT), "--profiles-dir", str(dbt.PROJECT)]
        status, said = _forked(words, os.environ | own, None, kept)
        assert status == 0, said
        return kept.read_bytes()


def _forked(words: list[str], variables: Mapping[str, str], parsed: bytes | None, keep: Path | None) -> tuple[int, str]:
    with tempfile.NamedTemporaryFile(mode="r", encoding="utf-8") as said:
        process = _CONTEXT.Process(target=_run, args=(words, dict(variables), parsed, keep, said.name))
        process.start()
        process.join(LONGEST)
        if process.exitcode is None:
            process.kill()
            process.join()
        return process.exitcode or 0, said.read()


def _run(words: list[str], variables: dict[str, str], parsed: bytes | None, keep: Path | None, said: str) -> None:
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    os.environ.clear()
    os.environ.update(variables)
    target = os.open(said, os.O_WRONLY)
    os.dup2(target, 1)
    os.dup2(target, 2)
    done = dbtRunner(manifest=Manifest.from_msgpack(parsed) if parsed else None).invoke(words)
    if done.exception is not None:
        os.write(target, str(done.exception).encode())
    if keep is not None and done.success:
        keep.write_bytes(done.result.to_msgpack())
    sys.stdout.flush()
    os._exit(0 if done.success else 1)
