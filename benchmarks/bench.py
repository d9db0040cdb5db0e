"""The nightly job against the floor: the same files, the same values, what each of them costs.

    python -m benchmarks.bench [DOSSIERS] [--runs 3] [--pandas]

With --pandas, what a user would write instead runs once, too (`benchmarks.by_pandas`). Makes the data once, runs `qn run` over all days with an empty home folder and `benchmarks.floor` in turn, compares what came out value for
value, and tells medians. CPU seconds and peak memory include all processes that a run starts (dbt is one); the peak is that of the largest
process. Everything is kept in benchmarks/work; result.json there holds every measurement. Exit status 1 when a run fails or a value differs.
"""

import argparse
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
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from benchmarks.data import FIRST_DAY, LAST_DAY
from benchmarks.floor_common import DATABASE

WORK = Path(__file__).parent / "work"
# For the invented people of the made data only.
SEAL_KEY = "a-key-for-the-invented-people-of-the-benchmark"
PACKAGES = ("duckdb", "dagster", "dagster-dbt", "dbt-core", "dbt-duckdb", "great-expectations", "qn_pipeline")
SHOWN_DIFFERENCES = 5
SHOWN_MODELS = 5
console = Console(width=None if sys.stdout.isatty() else 120)


@dataclass(frozen=True)
class Run:
    """What one run cost: wall and CPU in seconds, the largest process's peak memory in MB, and wall seconds by step."""

    wall: float
    cpu: float
    peak_mb: int
    steps: Mapping[str, float] = field(default_factory=dict)


COSTS: dict[str, Callable[[Run], float]] = {"CPU s": lambda run: run.cpu, "wall s": lambda run: run.wall, "peak MB": lambda run: run.peak_mb}


@dataclass(frozen=True)
class Compared:
    """Two queries that must give the same rows, each row named by its key."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    pipeline: str
    floor: str


@dataclass(frozen=True)
class Comparison:
    """Rows of both sides, how many of each side the other lacks, and some of them for people to read."""

    name: str
    rows: int
    floor_rows: int
    only_pipeline: int
    only_floor: int
    examples: list[str]

    @property
    def differs(self) -> bool:
        return bool(self.only_pipeline or self.only_floor)


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


def run_pipeline(project: Path, home: Path) -> Run:
    """The nightly job over all days of the data, with nothing there before."""
    shutil.rmtree(home, ignore_errors=True)
    command = [str(Path(sys.executable).parent / "qn"), "run", "--project", str(project), "--from", str(FIRST_DAY), "--to", str(LAST_DAY)]
    started = time.time()
    run = measure(command, {"QN_HOME": str(home), "QN_SEAL_KEY": SEAL_KEY}, home.with_suffix(".log"))
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


def compare(home: Path, floor: Path) -> list[Comparison]:
    """Hold what the two came to against each other, both ways."""
    with duckdb.connect(config={"temp_directory": str(WORK / "spill")}) as con:
        for name, file in {
            "warehouse": home / "warehouse.duckdb",
            "published": home / "published" / "warehouse.duckdb",
            "floor": floor / DATABASE,
        }.items():
            con.execute(f"attach '{file}' as {name} (read_only)")
        return [_compare(con, pair) for pair in _pairs(con)]


def _pairs(con: duckdb.DuckDBPyConnection) -> list[Compared]:
    # batch_id is a sequence number that the pipeline gives out at landing, and no value of the data: the file that it stands for is compared.
    dossier, interval, piece, values = (
        tuple(_columns(con, f"floor.{table}")) for table in ("fct_dossier", "fct_dossier_interval", "fct_postal_event", "indicator_values")
    )
    # Any hash of the content will do.
    version = tuple(name for name in _columns(con, "floor.fct_dossier_version") if name != "content_hash")
    broken = ("entity", "file", "row_no", "row_key", "rule", "severity", "column_name")
    with_file = "select d.*, e.file from warehouse.core.fct_dossier as d join warehouse.valid.extractions as e on e.extraction_seq = d.batch_id"
    # The days of files stand for extractions.
    known = "f.day as known_from, t.day as known_to"
    versions = f"""select v.* replace ({known}) from (select * replace (known_from::bigint as known_from) from warehouse.core.fct_dossier_version) as v
        join warehouse.valid.extractions as f on f.extraction_seq = v.known_from left join warehouse.valid.extractions as t on t.extraction_seq = v.known_to"""
    # The mart lists cases; the script lists every telling of one.
    quarantine = "select * from warehouse.core.broken_rule where entity in ('dossiers', 'postal_events') and corrected_on is null"
    figures = "from published.marts.indicator_values where period_set = 'calendar' and indicator in (select indicator from floor.indicator_values)"
    return [
        Compared("fct_dossier_version", ("system", "code", "version_no"), version, versions, "from floor.fct_dossier_version"),
        Compared("fct_dossier", ("system", "code"), dossier, with_file, "from floor.fct_dossier"),
        Compared(
            "fct_dossier_interval",
            ("system", "code", "piece"),
            interval,
            "from warehouse.core.fct_dossier_interval",
            "from floor.fct_dossier_interval",
        ),
        Compared("fct_postal_event", ("system", "code"), piece, "from warehouse.core.fct_postal_event", "from floor.fct_postal_event"),
        Compared("indicator_values", values[:6], values, figures, "from floor.indicator_values"),
        Compared("quarantine", ("entity", "file", "row_no", "rule"), broken, quarantine, "from floor.quarantine"),
    ]


def compare_pandas(work: Path, floor: Path) -> list[Comparison]:
    """The same for what pandas came to; it has no rows on which nothing happened, and fewer columns."""
    dossier = ("code", "state", "resolving_unit", "channel", "received_at", "due_at", "ended_at", "applicant_id")
    value = ("indicator", "grain", "period_start", "unit", "channel", "numerator", "denominator")
    happened = "numerator > 0 or denominator > 0"
    figures = f"select * replace (period_start::date as period_start, denominator::bigint as denominator) from '{work}/indicator_values.parquet'"
    with duckdb.connect(config={"temp_directory": str(WORK / "spill")}) as con:
        con.execute(f"attach '{floor / DATABASE}' as floor (read_only)")
        return [
            _compare(con, Compared("fct_dossier of pandas", ("code",), dossier, f"from '{work}/fct_dossier.parquet'", "from floor.fct_dossier")),
            _compare(
                con,
                Compared(
                    "indicator_values of pandas",
                    value[:5],
                    value,
                    f"from ({figures}) where {happened}",
                    f"from floor.indicator_values where indicator in (select indicator from '{work}/indicator_values.parquet') and ({happened})",
                ),
            ),
        ]


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [str(row[0]) for row in con.execute(f"describe {table}").fetchall()]


def _compare(con: duckdb.DuckDBPyConnection, pair: Compared) -> Comparison:
    names = ", ".join(pair.columns)
    sides = [f"(select {names} from ({query}))" for query in (pair.pipeline, pair.floor)]
    for table, (one, other) in {"only_pipeline": (sides[0], sides[1]), "only_floor": (sides[1], sides[0])}.items():
        con.execute(f"create or replace temp table {table} as from {one} except all from {other}")
    counts = [_count(con, side) for side in (*sides, "only_pipeline", "only_floor")]
    return Comparison(pair.name, counts[0], counts[1], counts[2], counts[3], _examples(con, pair) if counts[2] or counts[3] else [])


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"select count(*) from {table}").fetchone()
    assert row is not None
    return int(row[0])


def _examples(con: duckdb.DuckDBPyConnection, pair: Compared) -> list[str]:
    """Some rows that differ, each with the columns that do: `key: column pipeline's value | the floor's`."""
    matched = " and ".join(f"p.{name} is not distinct from f.{name}" for name in pair.key)
    both = con.execute(
        f"select {', '.join(f'p.{name}, f.{name}' for name in pair.columns)} from only_pipeline as p full join only_floor as f on {matched} "
        f"order by all limit {SHOWN_DIFFERENCES}"
    ).fetchall()
    told = []
    for row in both:
        cells = {name: (row[2 * index], row[2 * index + 1]) for index, name in enumerate(pair.columns)}
        key = " ".join(str(mine if mine is not None else other) for mine, other in (cells[name] for name in pair.key))
        told.append(f"{key}: " + "; ".join(f"{name} {mine} | {other}" for name, (mine, other) in cells.items() if mine != other))
    return told


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


def cost_table(pipeline: Sequence[Run], floor: Sequence[Run]) -> Table:
    """Medians of both, and how many times the floor the pipeline costs."""
    table = Table(title=f"Medians of {len(pipeline)} runs each", title_justify="left")
    for heading in ("", "pipeline", "floor", "ratio"):
        table.add_column(heading, justify="right" if heading else "left")
    for unit, what in COSTS.items():
        mine, other = median_of(pipeline, what), median_of(floor, what)
        table.add_row(unit, f"{mine:.1f}", f"{other:.1f}", f"{mine / other:.1f}")
    return table


def steps_table(title: str, steps: Mapping[str, float]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("step")
    table.add_column("wall s", justify="right")
    for name, seconds in steps.items():
        table.add_row(name, f"{seconds:.2f}")
    return table


def measure_both(project: Path, home: Path, floor_work: Path, times: int) -> tuple[list[Run], list[Run]]:
    """Both in turn, so that what else the machine does falls on both."""
    pipeline: list[Run] = []
    floor: list[Run] = []
    for number in range(1, times + 1):
        pipeline.append(run_pipeline(project, home))
        floor.append(run_floor(project, floor_work))
        for name, run in (("pipeline", pipeline[-1]), ("floor", floor[-1])):
            console.print(f"{name} {number}: {run.wall:.1f} s wall, {run.cpu:.1f} s CPU, {run.peak_mb} MB", highlight=False)
    return pipeline, floor


def tell_comparison(comparison: Comparison) -> None:
    verdict = f"{comparison.only_pipeline} only in the pipeline, {comparison.only_floor} only in the floor" if comparison.differs else "equal"
    line = f"{comparison.name}: {comparison.rows:,} rows of the pipeline, {comparison.floor_rows:,} of the floor: {verdict}"
    console.print(line, highlight=False, style="red" if comparison.differs else None)
    for example in comparison.examples:
        console.print(f"  {example}", highlight=False, markup=False, soft_wrap=True)


def bench(dossiers: int, times: int, with_pandas: bool) -> bool:
    """Make the data, run, compare, tell. Returns whether all values are equal."""
    project, home, floor_work = (WORK / f"{part}-{dossiers}" for part in ("project", "pipeline", "floor"))
    WORK.mkdir(exist_ok=True)
    console.print(f"{dossiers:,} dossiers in {project.relative_to(WORK.parents[1])}", highlight=False)
    measure([sys.executable, "-m", "benchmarks.data", str(project), str(dossiers)], {}, WORK / "data.log")
    pipeline, floor = measure_both(project, home, floor_work, times)
    comparisons = compare(home, floor_work)
    by_pandas = []
    if with_pandas:
        work = WORK / f"pandas-{dossiers}"
        by_pandas.append(
            measure([sys.executable, "-m", "benchmarks.by_pandas", str(project), str(work)], {"QN_SEAL_KEY": SEAL_KEY}, work.with_suffix(".log"))
        )
        comparisons += compare_pandas(work, floor_work)
        console.print(f"pandas: {by_pandas[0].wall:.1f} s wall, {by_pandas[0].cpu:.1f} s CPU, {by_pandas[0].peak_mb} MB", highlight=False)
    models = dict(sorted(model_seconds(home).items(), key=lambda model: -model[1]))
    steps = {"pipeline": median_steps(pipeline), "floor": median_steps(floor)}
    result = {
        "machine": machine(),
        "sizes": sizes(project, dossiers, comparisons),
        "medians": {name: {unit: median_of(runs, what) for unit, what in COSTS.items()} for name, runs in (("pipeline", pipeline), ("floor", floor))},
        "ratios": {unit: median_of(pipeline, what) / median_of(floor, what) for unit, what in COSTS.items()},
        "steps": steps,
        "dbt": models,
        "runs": {"pipeline": [asdict(run) for run in pipeline], "floor": [asdict(run) for run in floor]},
        "comparison": [asdict(comparison) for comparison in comparisons],
    }
    (WORK / "result.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(cost_table(pipeline, floor))
    console.print(steps_table("Where the pipeline's time goes", steps["pipeline"]))
    console.print(steps_table("Within dbt, in the last run", dict(list(models.items())[: SHOWN_MODELS + 1])))
    console.print(steps_table("The floor", steps["floor"]))
    for comparison in comparisons:
        tell_comparison(comparison)
    return not any(comparison.differs for comparison in comparisons)


def main() -> None:
    """Read the command line, and end with status 1 when a value differs."""
    parser = argparse.ArgumentParser(description="The nightly job against a hand-written script.")
    parser.add_argument("dossiers", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--runs", type=int, default=3, help="how often each of the two runs")
    parser.add_argument("--pandas", action="store_true", help="run the script that keeps all in memory, too: it takes 1.7 GB a million dossiers")
    arguments = parser.parse_args()
    if arguments.runs < 1 or arguments.dossiers < 1:
        parser.error("dossiers and --runs must be 1 or more")
    if not bench(arguments.dossiers, arguments.runs, arguments.pandas):
        raise SystemExit("The pipeline and the floor differ: see above and benchmarks/work/result.json.")


if __name__ == "__main__":
    main()
