"""dbt: where its project is, its manifest, its environment for a warehouse, and the process it runs in."""

import ctypes
import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from qn_pipeline.errors import RunFailed
from qn_pipeline.settings import Settings
from qn_pipeline.warehouse.mishaps import disk_full_told, explained
from qn_pipeline.warehouse.sessions import session_options

PROJECT = Path(__file__).parents[2] / "dbt_project"
MANIFEST = PROJECT / "target" / "manifest.json"
EXECUTABLE = Path(sys.executable).parent / "qn-dbt"
PR_SET_PDEATHSIG = 1
BY_DOSSIER = {"version_touched", "action_touched", "dossier_told", "dossier_touched"}
# A URL's options reach dbt as the variables that the client library reads.
LIBPQ_VARIABLES = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}
# What `dbt parse` reads in place of a warehouse: it connects to none.
NOWHERE = {"QN_DBT_DUCKDB_PATH": ":memory:"}


def environment(settings: Settings) -> dict[str, str]:
    """The variables that dbt_project/profiles.yml reads for the settings' warehouse."""
    kind, where = settings.warehouse_target()
    common = {
        "QN_DBT_TARGET": kind,
        "QN_DBT_THREADS": str(settings.threads),
        "DBT_TARGET_PATH": str(settings.home / "dbt"),
        "DBT_LOG_PATH": str(settings.home / "dbt" / "logs"),
    }
    if kind == "duckdb":
        return common | {
            "QN_DBT_DUCKDB_PATH": where,
            "QN_DBT_MEMORY_LIMIT": settings.memory_limit,
            "QN_DBT_SCRATCH": str(settings.scratch),
        }
    parts = urlsplit(where)
    return common | {
        # A URL names a local socket's folder as ?host=/path.
        "QN_DBT_PG_HOST": dict(parse_qsl(parts.query)).get("host") or parts.hostname or "localhost",
        "QN_DBT_PG_PORT": str(parts.port or 5432),
        "QN_DBT_PG_USER": unquote(parts.username or ""),
        "QN_DBT_PG_PASSWORD": unquote(parts.password or ""),
        "QN_DBT_PG_DATABASE": parts.path.lstrip("/"),
        **{LIBPQ_VARIABLES[name]: value for name, value in parse_qsl(parts.query) if name in LIBPQ_VARIABLES},
        "PGOPTIONS": session_options(settings, where),
    }


def ensure_manifest() -> Path:
    """The manifest of the dbt project, parsed anew when a file of the project is younger."""
    sources = [path for folder in ("models", "macros", "tests") for path in (PROJECT / folder).rglob("*") if path.is_file()]
    newest = max(path.stat().st_mtime for path in [PROJECT / "dbt_project.yml", PROJECT / "profiles.yml", *sources])
    if not MANIFEST.is_file() or MANIFEST.stat().st_mtime < newest:
        _parse()
    return MANIFEST


def _parse() -> None:
    MANIFEST.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=MANIFEST.parent, prefix="parse-") as aside:
        command = [str(EXECUTABLE), "--quiet", "parse", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        variables = os.environ | NOWHERE | {"DBT_TARGET_PATH": aside, "DBT_LOG_PATH": aside}
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RunFailed(f"The dbt project {PROJECT} does not parse. Nothing was written. dbt says: {(done.stdout + done.stderr).strip()}")
        for name in ("manifest.json", "partial_parse.msgpack"):
            (Path(aside) / name).replace(MANIFEST.parent / name)


def run(settings: Settings, words: Sequence[str]) -> str | None:
    """Run dbt with these words on the settings' warehouse, outside Dagster. Returns what it said when it failed, and None when it did not."""
    command = [str(EXECUTABLE), "--no-use-colors", *words, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    done = subprocess.run(command, env=os.environ | environment(settings), capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else None


def kept_tables(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The tables that are kept from build to build, by name, with their schemas."""
    return {node["name"]: node["schema"] for node in manifest["nodes"].values() if _is_kept(node)}


def made_together(manifest: Mapping[str, Any]) -> set[str]:
    """Names of the kept tables and of all models between what was touched and them: one of them made alone would miss what the others hold."""
    nodes, parents, children = manifest["nodes"], manifest["parent_map"], manifest["child_map"]
    kept = [name for name, node in nodes.items() if _is_kept(node)]
    touched = [name for name, node in nodes.items() if node["resource_type"] == "model" and "source.qn.valid.touched" in parents[name]]
    between = _reached(touched, children) & _reached(kept, parents)
    return {nodes[name]["name"] for name in between if name in nodes and nodes[name]["resource_type"] == "model"}


def kept_lives(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The kept tables that are lives of dossiers, by name, with their schemas: those kept by the key of a dossier or step that was told or touched."""
    return {node["name"]: node["schema"] for node in manifest["nodes"].values() if _is_kept(node) and _keys(node) & BY_DOSSIER}


def queues(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The kept tables that note what lives were counted as before those are made again, by name, with their schemas."""
    first = before_lives(manifest)
    return {table: schema for table, schema in kept_tables(manifest).items() if table in first and schema == "measures"}


def _keys(node: Mapping[str, Any]) -> set[str]:
    """The tables of keys by which a kept table's rows are made again (macros/touched.sql)."""
    return {name for hook in node["config"]["pre-hook"] for name in re.findall(r"forget\('(\w+)'", hook["sql"])}


def before_lives(manifest: Mapping[str, Any]) -> set[str]:
    """Names of the models that lives are made of, lives included."""
    parents = _reached([f"model.qn.{name}" for name in kept_lives(manifest)], manifest["parent_map"])
    return {name.split(".")[2] for name in parents if name.startswith("model.")}


def lives(manifest: Mapping[str, Any]) -> set[str]:
    """Names of the models that are made of what was touched, up to lives: `before_lives` without what does not hang on it."""
    return before_lives(manifest) & made_together(manifest)


def _is_kept(node: Mapping[str, Any]) -> bool:
    return bool(node["config"].get("materialized") == "incremental")


def _reached(names: Sequence[str], ways: Mapping[str, Sequence[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(ways.get(name, []))
    return reached


def failure_line(settings: Settings, said: str = "", advice: str | None = None) -> str:
    """What stopped the last dbt run, in one line. `said`: the errors that it told while it ran; `advice`: what is safe and what to do, where that is another."""
    advice = advice or f"What is published stays as it was. dbt's log: {settings.home / 'dbt' / 'dbt.log'}"
    try:
        results = json.loads((settings.home / "dbt" / "run_results.json").read_text(encoding="utf-8"))["results"]
    except (OSError, ValueError, KeyError):
        # On a full disk dbt cannot write what became of its models either.
        return explained(settings, said) or disk_full_told(settings) or f"dbt ended before it built anything. {advice}"
    failed = [result for result in results if result["status"] in ("error", "fail")]
    if not failed:
        return f"dbt failed without naming a model. {advice}"
    kind, _, name = failed[0]["unique_id"].split(".")[:3]
    mishap = explained(settings, "\n".join(str(result["message"]) for result in failed))
    if mishap is not None:
        return f"{mishap} (dbt was making {name})"
    told = [line.strip() for line in str(failed[0]["message"]).splitlines() if line.strip()]
    return f"The dbt {kind} {name} failed: {' '.join(told[1:2] or told[:1])} ({len(failed)} failed in all). {advice}"


def main() -> None:
    """`qn-dbt`: dbt's own command line in a process that does not outlive the run that started it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if sys.argv[1:] == ["--version"]:
        # Dagster asks before each run, and importing dbt to answer takes three seconds.
        sys.stdout.write(importlib.metadata.version("dbt-core") + "\n")
        return
    from dbt.cli.main import cli

    cli()
