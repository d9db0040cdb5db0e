"""What a refresh in office hours costs on a warehouse that is full already: some changed rows of the open day, until readers see them.

    python -m benchmarks.refresh [DOSSIERS ...] [--rows 2000] [--runs 1] [--warehouse duckdb|postgres]

Fills a warehouse with each number of dossiers (once; it is kept in benchmarks/work) and brings the day after once, as the day's first refresh does. Then, on a copy of it, two files
of so many changed rows come one after the other, and each is taken in by the job that the schedule `refresh` asks for: the first in a new process, as the schedule starts
it (cold), the second in the same process (warm), as one that lives on would. Tells CPU and wall seconds until the swap has happened, peak memory, the steps and the longest dbt
models. Cold begins with the process; memory is the process's most so far, so that of warm holds that of cold. Measurements are kept in benchmarks/work/refresh-ENGINE.json.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks import postgres
from benchmarks.filled import NIGHT, Filled, elsewhere, filled, remove_changes, warehouses, write_dossiers
from benchmarks.measuring import COSTS, Run, console, machine, measure, median_of, model_seconds, tell_run, write_result

SHOWN_STEPS, SHOWN_MODELS = 5, 10
TICKS = ("cold", "warm")
OPENING = datetime(NIGHT.year, NIGHT.month, NIGHT.day, 8)  # noqa: DTZ001 -- local and naive
SWAP = "published__marts"
TOLD = "refreshes.json"


@dataclass(frozen=True)
class Tick:
    """One refresh: what the pipeline's processes took until the swap had happened, what the server did, and dbt's models, in seconds."""

    run: Run
    server: postgres.Usage
    models: Mapping[str, float]


def file_of(project: Path, number: int) -> Path:
    """The file that the number-th refresh of the day finds."""
    return project / "data" / "dossiers" / f"ho_so_{NIGHT:%Y%m%d}_{number}.csv"


def waiting(home: Path, number: int) -> Path:
    """Where that file lies until its turn."""
    return home / f"waiting-{number}.csv"


def prepared(there: Filled, rows: int) -> Filled:
    """A copy on which the open day has been brought once, and the files of the next refreshes wait."""
    copied = there.copy("open-day")
    first, *later = [waiting(copied.home, number) for number in range(len(TICKS) + 1)]
    elsewhere(write_dossiers, there.project, [(file, OPENING + timedelta(minutes=10 * number)) for number, file in enumerate([first, *later])], rows)
    first.rename(file_of(there.project, 0))
    command = [str(Path(sys.executable).parent / "qn"), "run", "--project", str(there.project), "--date", str(NIGHT)]
    measure(command, copied.variables, copied.home.with_suffix(".log"))
    return copied


def run_refreshes(there: Filled) -> list[Tick]:
    """Refreshes in a process of their own, on a copy: the first is cold, the next one warm."""
    copied = there.copy("refresh")
    server = [] if there.server is None else [there.server.url, str(there.server.pid)]
    command = [sys.executable, "-m", "benchmarks.refresh", "--process", str(time.time()), str(copied.home), str(there.project), *server]
    measure(command, copied.variables, copied.home.with_suffix(".log"))
    for number in range(1, len(TICKS) + 1):
        file_of(there.project, number).unlink()
    ticks = json.loads((copied.home / TOLD).read_text(encoding="utf-8"))
    return [Tick(Run(**tick["run"]), postgres.Usage(**tick["server"]), tick["models"]) for tick in ticks]


def refresh_all(began: float, home: Path, project: Path, server: postgres.Server | None) -> None:
    """In the process of the refreshes, which was started at `began`: one after the other. Leaves what each took in the home folder."""
    job: Any = None
    ticks: list[Tick] = []
    for number in range(1, len(TICKS) + 1):
        before = _cpu() if ticks else 0.0
        waiting(home, number).rename(file_of(project, number))
        began = time.time() if ticks else began
        with postgres.watched(server) as used:
            job = job or _job(project)
            steps = _refresh(project, job)
        run = Run(steps[SWAP][1] - began, _cpu() - before, _peak_mb(), {name: end - start for name, (start, end) in steps.items()})
        ticks.append(Tick(run, used, model_seconds(home)))
    (home / TOLD).write_text(json.dumps([asdict(tick) for tick in ticks]), encoding="utf-8")


def _job(project: Path) -> Any:
    """The job that the schedule asks for, with the environment that a deployment gives it."""
    from qn_pipeline.orchestration.build import build_defs
    from qn_pipeline.orchestration.jobs import NIGHTLY
    from qn_pipeline.orchestration.run import prepare_dagster_home
    from qn_pipeline.orchestration.storage import BATCHES
    from qn_pipeline.settings import read_settings

    os.environ |= {"DAGSTER_HOME": str(prepare_dagster_home(read_settings(project))), **BATCHES}
    return build_defs(project).resolve_job_def(NIGHTLY)


def _refresh(project: Path, job: Any) -> dict[str, tuple[float, float]]:
    """A run of the job as `refresh` asks for it. Returns when each step began and ended, as seconds since 1970."""
    from dagster import DagsterEventType, DagsterInstance

    from qn_pipeline.orchestration.jobs import range_tags
    from qn_pipeline.orchestration.partitions import REFRESH_TAG
    from qn_pipeline.orchestration.run import QUIET

    with DagsterInstance.from_config(os.environ["DAGSTER_HOME"]) as instance:
        tags = range_tags(NIGHT, NIGHT) | {REFRESH_TAG: NIGHT.isoformat()}
        result = job.execute_in_process(instance=instance, tags=tags, raise_on_error=False, run_config=QUIET)
        if not result.success:
            raise SystemExit(f"The refresh of {project} failed: look into its log.")
        begins: dict[str, float] = {}
        spans: dict[str, tuple[float, float]] = {}
        for event in instance.all_logs(result.run_id):
            kind = event.dagster_event.event_type if event.dagster_event else None
            if kind is DagsterEventType.STEP_START and event.step_key:
                begins[event.step_key] = event.timestamp
            elif kind is DagsterEventType.STEP_SUCCESS and event.step_key:
                spans[event.step_key] = (begins[event.step_key], event.timestamp)
    return spans


def _cpu() -> float:
    """CPU seconds of this process and those that it started and that have ended."""
    used = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _peak_mb() -> int:
    return max(resource.getrusage(whose).ru_maxrss for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024


def measure_refreshes(sizes: Sequence[int], rows: int, times: int, engine: str) -> dict[int, list[list[Tick]]]:
    """Of each size its runs, in turn; of each run its refreshes."""
    done: dict[int, list[list[Tick]]] = {size: [] for size in sizes}
    with warehouses(engine) as server:
        there = {size: filled(size, server) for size in sizes}
        try:
            ready = {size: prepared(full, rows) for size, full in there.items()}
            for number in range(1, times + 1):
                for size in sizes:
                    done[size].append(run_refreshes(ready[size]))
                    for name, tick in zip(TICKS, done[size][-1], strict=True):
                        tell_run(f"{size:,} dossiers, {name} {number}", tick.run)
        finally:
            for full in there.values():
                remove_changes(full.project)
    return done


def tell(done: Mapping[int, Sequence[Sequence[Tick]]], rows: int, engine: str) -> None:
    """Medians by size, and where the time of the last run went."""
    with_server = ["server's CPU s", "server's peak MB"] if engine == "postgres" else []
    table = Table(title=f"A refresh of {rows:,} changed rows, {engine}", title_justify="left")
    for heading in ("dossiers", "process", *COSTS, *with_server):
        table.add_column(heading, justify="left" if heading == "process" else "right")
    for size, runs in done.items():
        for place, name in enumerate(TICKS):
            ticks = [run[place] for run in runs]
            used = [statistics.median(tick.server.cpu for tick in ticks), statistics.median(tick.server.peak_mb for tick in ticks)]
            costs = [median_of([tick.run for tick in ticks], what) for what in COSTS.values()] + (used if with_server else [])
            table.add_row(f"{size:,}", name, *(f"{cost:,.1f}" for cost in costs))
    console.print(table)
    for size, runs in done.items():
        for name, tick in zip(TICKS, runs[-1], strict=True):
            steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in longest(tick.run.steps, SHOWN_STEPS))
            models = ", ".join(f"{model.removeprefix('model.qn.')} {seconds:.2f}" for model, seconds in longest(tick.models, SHOWN_MODELS))
            console.print(f"{size:,}, {name}: {steps}; dbt: {models}", highlight=False)


def longest(seconds: Mapping[str, float], shown: int) -> list[tuple[str, float]]:
    return sorted(seconds.items(), key=lambda item: -item[1])[:shown]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("dossiers", nargs="*", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--warehouse", choices=["duckdb", "postgres"], default="duckdb")
    if sys.argv[1:2] == ["--process"]:
        began, home, project, *server = sys.argv[2:]
        refresh_all(float(began), Path(home), Path(project), postgres.Server(server[0], int(server[1])) if server else None)
        return
    arguments = parser.parse_args()
    done = measure_refreshes(arguments.dossiers, arguments.rows, arguments.runs, arguments.warehouse)
    kept = {str(size): [{name: asdict(tick) for name, tick in zip(TICKS, run, strict=True)} for run in runs] for size, runs in done.items()}
    write_result(f"refresh-{arguments.warehouse}", {"machine": machine(), "rows": arguments.rows, "dossiers": kept})
    tell(done, arguments.rows, arguments.warehouse)


if __name__ == "__main__":
    main()
