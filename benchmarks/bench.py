"""The nightly job against the floor: the same files, the same values, what each of them costs.

    python -m benchmarks.bench [DOSSIERS] [--runs 3] [--pandas] [--dbt]

With --pandas and --dbt, what a user would write instead runs once, too: a script that keeps all in memory (`benchmarks.by_pandas`), and plain dbt on a
PostgreSQL (`benchmarks.by_dbt`). Makes the data once, runs `qn run` over all days with an empty home folder and `benchmarks.floor` in turn, compares what came out value for
value, and tells medians. CPU seconds and peak memory include all processes that a run starts (dbt is one); the peak is that of the largest
process, of plain dbt that of the server's processes together or of dbt's. Everything is kept in benchmarks/work; result.json there holds every
measurement. Exit status 1 when a run fails or a value differs.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks import postgres
from benchmarks.by_dbt.night import figures
from benchmarks.comparing import Comparison, compare, compare_dbt, compare_pandas, tell_comparison
from benchmarks.filled import remove_changes
from benchmarks.measuring import (
    COSTS,
    SEAL_KEY,
    WORK,
    Run,
    console,
    machine,
    measure,
    median_of,
    median_steps,
    model_seconds,
    run_floor,
    run_pipeline,
    steps_table,
    tell_run,
    write_result,
)

SHOWN_MODELS = 5


def sizes(project: Path, dossiers: int, comparisons: Sequence[Comparison]) -> dict[str, int]:
    """How much there was to do."""
    told, post = sorted((project / "data" / "dossiers").iterdir()), sorted((project / "data" / "post").iterdir())
    files = [*told, *post]
    return {
        "dossiers": dossiers,
        "rows": sum(map(_rows, told)),
        "postal_events": sum(map(_rows, post)),
        "files": len(files),
        "bytes": sum(file.stat().st_size for file in files),
    } | {comparison.name: comparison.floor_rows for comparison in comparisons}


def _rows(file: Path) -> int:
    """Lines of a file without its header; no text of the made data has a line break."""
    with file.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(2**20), b"")) - 1


def measure_both(project: Path, home: Path, floor_work: Path, times: int) -> tuple[list[Run], list[Run]]:
    """Both in turn, so that what else the machine does falls on both."""
    pipeline: list[Run] = []
    floor: list[Run] = []
    for number in range(1, times + 1):
        pipeline.append(run_pipeline(project, home))
        floor.append(run_floor(project, floor_work))
        for name, run in (("pipeline", pipeline[-1]), ("floor", floor[-1])):
            tell_run(f"{name} {number}", run)
    return pipeline, floor


def by_pandas(project: Path, work: Path) -> Run:
    """The script that keeps all in memory."""
    return measure([sys.executable, "-m", "benchmarks.by_pandas", str(project), str(work)], {"QN_SEAL_KEY": SEAL_KEY}, work.with_suffix(".log"))


def by_dbt(project: Path, work: Path) -> Run:
    """Plain dbt on a PostgreSQL; CPU of both, and the larger peak. Leaves the figures in work/indicator_values.csv."""
    work.mkdir(exist_ok=True)
    with postgres.running() as server:
        url = server.make("by_dbt")
        with postgres.watched(server) as used:
            run = measure([sys.executable, "-m", "benchmarks.by_dbt.night", str(project), url, str(work)], {}, work.with_suffix(".log"))
        figures(url, work / "indicator_values.csv")
        server.drop("by_dbt")
    return Run(run.wall, run.cpu + used.cpu, max(run.peak_mb, used.peak_mb))


# What a user would write instead: how it is run, and what of it is compared.
OTHERS: dict[str, tuple[Callable[[Path, Path], Run], Callable[[Path, Path], list[Comparison]]]] = {
    "pandas": (by_pandas, compare_pandas),
    "plain dbt": (by_dbt, compare_dbt),
}


def cost_table(pipeline: Sequence[Run], floor: Sequence[Run], others: Mapping[str, Run]) -> Table:
    """Medians of both, how many times the floor the pipeline costs, and one run of each other way."""
    table = Table(title=f"Medians of {len(pipeline)} runs each" + (", one run of others" if others else ""), title_justify="left")
    for heading in ("", "pipeline", "floor", "ratio", *others):
        table.add_column(heading, justify="right" if heading else "left")
    for unit, what in COSTS.items():
        mine, other = median_of(pipeline, what), median_of(floor, what)
        table.add_row(unit, f"{mine:,.1f}", f"{other:,.1f}", f"{mine / other:.1f}", *(f"{what(run):,.1f}" for run in others.values()))
    return table


def result_of(pipeline: Sequence[Run], floor: Sequence[Run], others: Mapping[str, Run], models: Mapping[str, float]) -> dict[str, Any]:
    """All measurements, as JSON has them."""
    runs = {"pipeline": pipeline, "floor": floor}
    return {
        "machine": machine(),
        "medians": {name: {unit: median_of(done, what) for unit, what in COSTS.items()} for name, done in runs.items()},
        "ratios": {unit: median_of(pipeline, what) / median_of(floor, what) for unit, what in COSTS.items()},
        "steps": {name: median_steps(done) for name, done in runs.items()},
        "dbt": dict(models),
        "runs": {name: [asdict(run) for run in done] for name, done in runs.items()} | {name: [asdict(run)] for name, run in others.items()},
    }


def bench(dossiers: int, times: int, with_pandas: bool, with_dbt: bool) -> bool:
    """Make the data, run, compare, tell. Returns whether all values are equal."""
    project, home, floor_work = (WORK / f"{part}-{dossiers}" for part in ("project", "pipeline", "floor"))
    WORK.mkdir(exist_ok=True)
    console.print(f"{dossiers:,} dossiers in {project.relative_to(WORK.parents[1])}", highlight=False)
    measure([sys.executable, "-m", "benchmarks.data", str(project), str(dossiers)], {}, WORK / "data.log")
    # What a night that was stopped has left there.
    remove_changes(project)
    pipeline, floor = measure_both(project, home, floor_work, times)
    asked = {name: other for name, other in OTHERS.items() if (with_pandas and name == "pandas") or (with_dbt and name == "plain dbt")}
    works = {name: WORK / f"{name.rpartition(' ')[2]}-{dossiers}" for name in asked}
    others = {}
    for name, (way, _) in asked.items():
        others[name] = way(project, works[name])
        tell_run(name, others[name])
    # After all runs: a child's peak memory begins with that of the process that starts it, and comparing takes much.
    comparisons = compare(home, floor_work)
    for name, (_, held) in asked.items():
        comparisons += held(works[name], floor_work)
    models = dict(sorted(model_seconds(home).items(), key=lambda model: -model[1]))
    result = result_of(pipeline, floor, others, models)
    compared = {"sizes": sizes(project, dossiers, comparisons), "comparison": [asdict(comparison) for comparison in comparisons]}
    write_result("result", result | compared)
    console.print(cost_table(pipeline, floor, others))
    console.print(steps_table("Where the pipeline's time goes", result["steps"]["pipeline"]))
    console.print(steps_table("Within dbt, in the last run", dict(list(models.items())[: SHOWN_MODELS + 1])))
    console.print(steps_table("The floor", result["steps"]["floor"]))
    for comparison in comparisons:
        tell_comparison(comparison)
    return not any(comparison.differs for comparison in comparisons)


def main() -> None:
    """Read the command line, and end with status 1 when a value differs."""
    parser = argparse.ArgumentParser(description="The nightly job against a hand-written script.")
    parser.add_argument("dossiers", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--runs", type=int, default=3, help="how often each of the two runs")
    parser.add_argument("--pandas", action="store_true", help="run the script that keeps all in memory, too: it takes 1.7 GB a million dossiers")
    parser.add_argument("--dbt", action="store_true", help="run plain dbt on a PostgreSQL, too")
    arguments = parser.parse_args()
    if arguments.runs < 1 or arguments.dossiers < 1:
        parser.error("dossiers and --runs must be 1 or more")
    if not bench(arguments.dossiers, arguments.runs, arguments.pandas, arguments.dbt):
        raise SystemExit("The pipeline and the floor differ: see above and benchmarks/work/result.json.")


if __name__ == "__main__":
    main()
