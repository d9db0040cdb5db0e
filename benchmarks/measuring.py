"""What a run costs: wall and CPU seconds and peak memory of a command and all processes that it starts, by step where it tells them.

Belongs here: running commands and the pipeline, medians, tables of them, and what the numbers were measured on. Does not: what comes out (`comparing`).
"""

import importlib.metadata
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.data import FIRST_DAY, LAST_DAY

WORK = Path(__file__).parent / "work"
# For the invented people of the made data only.
SEAL_KEY = "a-key-for-the-invented-people-of-the-benchmark"
PACKAGES = ("duckdb", "dagster", "dagster-dbt", "dbt-core", "dbt-duckdb", "great-expectations", "qn_pipeline")
console = Console(width=None if sys.stdout.isatty() else 120)


@dataclass(frozen=True)
class Run:
    """What one run cost: wall and CPU in seconds, the largest process's peak memory in MB, and wall seconds by step."""

    wall: float
    cpu: float
    peak_mb: int
    steps: Mapping[str, float] = field(default_factory=dict)


COSTS: dict[str, Callable[[Run], float]] = {"CPU s": lambda run: run.cpu, "wall s": lambda run: run.wall, "peak MB": lambda run: run.peak_mb}


def measure(command: Sequence[str], variables: Mapping[str, str], log: Path) -> Run:
    """Run a command to its end. Raises SystemExit with the end of its output when it fails."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("QN_", "DAGSTER_", "DBT_"))}
    with log.open("wb") as stream:
        began = time.perf_counter()
        process = subprocess.Popen(command, env={**inherited, **variables}, stdout=stream, stderr=subprocess.STDOUT, cwd=WORK.parents[1])
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}:\n{tail}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024)


def run_pipeline(project: Path, home: Path, variables: Mapping[str, str] | None = None) -> Run:
    """The nightly job over all days of the data, with nothing there before; more variables name another warehouse."""
    shutil.rmtree(home, ignore_errors=True)
    command = [str(Path(sys.executable).parent / "qn"), "run", "--project", str(project), "--from", str(FIRST_DAY), "--to", str(LAST_DAY)]
    started = time.time()
    run = measure(command, {"QN_HOME": str(home), "QN_SEAL_KEY": SEAL_KEY, **(variables or {})}, home.with_suffix(".log"))
    # Elsewhere, since Dagster makes a process large, and a child's peak memory begins with that of the process that starts it.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        steps = pool.submit(step_seconds, home, started, started + run.wall).result()
    return Run(run.wall, run.cpu, run.peak_mb, steps)


def run_floor(project: Path, work: Path) -> Run:
    """The hand-written script; its own printed steps, too."""
    log = work.with_suffix(".log")
    run = measure([sys.executable, "-m", "benchmarks.floor", str(project), str(work)], {"QN_SEAL_KEY": SEAL_KEY}, log)
    lines = [line.split() for line in log.read_text(encoding="utf-8").splitlines()]
    steps = {words[0]: float(words[1]) for words in lines if words[0] != "total"}
    return Run(run.wall, run.cpu, run.peak_mb, steps | {"start and end": run.wall - sum(steps.values())})


def step_seconds(home: Path, started: float, ended: float) -> dict[str, float]:
    """Wall seconds of a run of the pipeline, by step of Dagster's event log, and what lies before, between and after."""
    from dagster import DagsterEventType, DagsterInstance

    spans: dict[str, tuple[float, float]] = {}
    with DagsterInstance.from_config(str(home / "dagster")) as instance:
        runs = sorted(instance.get_run_records(), key=lambda record: record.create_timestamp)
        first_events = []
        for record in runs:
            begins: dict[str, float] = {}
            events = instance.all_logs(record.dagster_run.run_id)
            first_events.append(min(event.timestamp for event in events))
            for event in events:
                kind = event.dagster_event.event_type if event.dagster_event else None
                if kind is DagsterEventType.PIPELINE_START:
                    spans[f"{record.dagster_run.job_name}: planning"] = (first_events[-1], event.timestamp)
                elif kind is DagsterEventType.STEP_START and event.step_key:
                    begins[event.step_key] = event.timestamp
                elif kind is DagsterEventType.STEP_SUCCESS and event.step_key:
                    spans[event.step_key] = (begins[event.step_key], event.timestamp)
    seconds = {"start and imports": min(first_events) - started}
    seconds |= {name: end - begin for name, (begin, end) in sorted(spans.items(), key=lambda span: span[1])}
    return seconds | {"between steps and end": (ended - started) - sum(seconds.values())}


def model_seconds(home: Path) -> dict[str, float]:
    """Seconds of dbt's nodes, and of dbt as a whole by its own clock, from its last run."""
    results = json.loads((home / "dbt" / "run_results.json").read_text(encoding="utf-8"))
    return {"dbt, all nodes": float(results["elapsed_time"])} | {
        str(result["unique_id"]): float(result["execution_time"]) for result in results["results"]
    }


def median_of(runs: Sequence[Run], what: Callable[[Run], float]) -> float:
    return statistics.median(what(run) for run in runs)


def median_steps(runs: Sequence[Run]) -> dict[str, float]:
    """The median of each step; medians need not add up to the total."""
    return {name: statistics.median(run.steps.get(name, 0.0) for run in runs) for name in runs[-1].steps}


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "cpus": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def steps_table(title: str, steps: Mapping[str, float]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("step")
    table.add_column("wall s", justify="right")
    for name, seconds in steps.items():
        table.add_row(name, f"{seconds:.2f}")
    return table


def tell_run(name: str, run: Run) -> None:
    console.print(f"{name}: {run.wall:.1f} s wall, {run.cpu:.1f} s CPU, {run.peak_mb:,} MB", highlight=False)


def write_result(name: str, result: Mapping[str, Any]) -> None:
    """Keep all measurements in benchmarks/work as JSON."""
    (WORK / f"{name}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
