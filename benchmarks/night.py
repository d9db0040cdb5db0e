"""What a night costs on a warehouse that is full already: the same changed rows on two sizes of it.

    python -m benchmarks.night [DOSSIERS ...] [--rows 20000] [--runs 1] [--warehouse duckdb|postgres]

Fills a warehouse with each number of dossiers (once; it is kept in benchmarks/work), then runs the night after on a copy of it, with more runs than one of each
size in turn: a file with so many changed rows, 80 of 100 of dossiers received in the last 45 days, and a file of the post's work on them, 0.4 pieces a row. Tells CPU
and wall seconds, peak memory, the longest dbt models, and how many times the smallest one's CPU the largest one took; on PostgreSQL what the server took, too.
Measurements are kept in benchmarks/work/night-ENGINE.json.
"""

import argparse
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from benchmarks import postgres
from benchmarks.filled import NIGHT, Filled, filled, remove_changes, warehouses, write_night
from benchmarks.measuring import COSTS, Run, console, machine, measure, median_of, model_seconds, tell_run, write_result

SHOWN = 14


def run_night(there: Filled) -> tuple[Run, postgres.Usage, dict[str, float]]:
    """The night on a copy: what the pipeline's processes took, what the server's did, and dbt's models."""
    copied = there.copy("night")
    command = [str(Path(sys.executable).parent / "qn"), "run", "--project", str(there.project), "--date", str(NIGHT)]
    with postgres.watched(there.server) as used:
        run = measure(command, copied.variables, copied.home.with_suffix(".log"))
    return run, used, model_seconds(copied.home)


def measure_nights(sizes: Sequence[int], rows: int, times: int, engine: str) -> dict[int, list[tuple[Run, postgres.Usage, dict[str, float]]]]:
    """Nights of each size in turn, so that what else the machine does falls on all."""
    done: dict[int, list[tuple[Run, postgres.Usage, dict[str, float]]]] = {size: [] for size in sizes}
    with warehouses(engine) as server:
        there = {size: filled(size, server) for size in sizes}
        try:
            for ready in there.values():
                write_night(ready.project, rows)
            for number in range(1, times + 1):
                for size in sizes:
                    done[size].append(run_night(there[size]))
                    tell_run(f"{size:,} dossiers, night {number}", done[size][-1][0])
        finally:
            for ready in there.values():
                remove_changes(ready.project)
    return done


def tell(done: Mapping[int, Sequence[tuple[Run, postgres.Usage, dict[str, float]]]], rows: int, engine: str) -> None:
    """Medians by size, and where the time of the last run went."""
    with_server = ["server's CPU s", "server's peak MB"] if engine == "postgres" else []
    table = Table(title=f"A night of {rows:,} changed rows, {engine}", title_justify="left")
    for heading in ("dossiers", *COSTS, *with_server):
        table.add_column(heading, justify="right")
    for size, runs in done.items():
        used = [statistics.median(usage.cpu for _, usage, _ in runs), statistics.median(usage.peak_mb for _, usage, _ in runs)]
        costs = [median_of([run for run, _, _ in runs], what) for what in COSTS.values()] + (used if with_server else [])
        table.add_row(f"{size:,}", *(f"{cost:,.1f}" for cost in costs))
    console.print(table)
    for size, runs in done.items():
        longest = sorted(runs[-1][2].items(), key=lambda item: -item[1])[:SHOWN]
        console.print(f"dbt on {size:,}: " + ", ".join(f"{name.removeprefix('model.qn.')} {value:.2f}" for name, value in longest), highlight=False)
    if len(done) > 1:
        cpu = [statistics.median(run.cpu + usage.cpu for run, usage, _ in runs) for _, runs in sorted(done.items())]
        console.print(f"CPU of the largest to the smallest: {cpu[-1] / cpu[0]:.2f}", highlight=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("dossiers", nargs="*", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--warehouse", choices=["duckdb", "postgres"], default="duckdb")
    arguments = parser.parse_args()
    done = measure_nights(arguments.dossiers, arguments.rows, arguments.runs, arguments.warehouse)
    kept = {str(size): [{"run": asdict(run), "server": asdict(used), "dbt": models} for run, used, models in runs] for size, runs in done.items()}
    write_result(f"night-{arguments.warehouse}", {"machine": machine(), "rows": arguments.rows, "dossiers": kept})
    tell(done, arguments.rows, arguments.warehouse)


if __name__ == "__main__":
    main()
