"""The door against landing: what checking and splitting dossier versions costs beside writing them down.

    python -m benchmarks.door [DOSSIERS] [--runs 3]

Lands the files of the made project and checks them, each in a process of its own, with nothing there before; 10 million dossiers are 13 million
versions. Tells medians of CPU and wall seconds and the peak memory. Checking must cost at most the CPU seconds of landing, in at most 4 GB: exit
status 1 otherwise.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from rich.table import Table

from benchmarks.data import FIRST_DAY, LAST_DAY
from benchmarks.measuring import COSTS, SEAL_KEY, WORK, Run, console, measure

ENTITY = "dossiers"
MOST_MB = 4096


def land(project: Path) -> None:
    """Land all days of the dossiers."""
    from qn_pipeline.landing.land import land_days
    from qn_pipeline.project import load_project
    from qn_pipeline.settings import read_settings

    settings = read_settings(project)
    settings.prepare_home()
    days = [FIRST_DAY + timedelta(days=offset) for offset in range((LAST_DAY - FIRST_DAY).days + 1)]
    landed = land_days(settings, load_project(project), ENTITY, days)
    if landed.failed:
        raise SystemExit(str(landed.failed))


def check(project: Path) -> None:
    """Check and split all that is landed, and tell how many rows there were."""
    from qn_pipeline.project import load_project
    from qn_pipeline.settings import read_settings
    from qn_pipeline.validation.door import validate_landed

    settings = read_settings(project)
    reports = [result.report for result in validate_landed(settings, load_project(project), ENTITY)]
    sys.stdout.write(f"{sum(report.arrived for report in reports)} {sum(report.quarantined for report in reports)}\n")


STAGES: dict[str, Callable[[Path], None]] = {"landing": land, "door": check}


def run_stage(stage: str, project: Path, home: Path) -> Run:
    variables = {"QN_HOME": str(home), "QN_SEAL_KEY": SEAL_KEY}
    return measure([sys.executable, "-m", "benchmarks.door", "--stage", stage, str(project)], variables, home.with_suffix(f".{stage}.log"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("dossiers", nargs="?", default="10000000")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--stage", choices=list(STAGES))
    arguments = parser.parse_args()
    if arguments.stage:
        STAGES[arguments.stage](Path(arguments.dossiers))
        return
    dossiers = int(arguments.dossiers)
    project, home = WORK / f"data-{dossiers}", WORK / "door-home"
    # Elsewhere: a child's peak memory begins with that of the process that starts it.
    subprocess.run([sys.executable, "-m", "benchmarks.data", str(project), str(dossiers)], check=True)
    runs: dict[str, list[Run]] = {stage: [] for stage in STAGES}
    for _ in range(arguments.runs):
        shutil.rmtree(home, ignore_errors=True)
        for stage, done in runs.items():
            done.append(run_stage(stage, project, home))
    versions, quarantined = home.with_suffix(".door.log").read_text(encoding="utf-8").split()[-2:]
    shutil.rmtree(home)
    table = Table(title=f"{int(versions):,} dossier versions, {int(quarantined):,} in quarantine; median of {arguments.runs}, {os.cpu_count()} cores")
    medians = {stage: {name: statistics.median(cost(run) for run in done) for name, cost in COSTS.items()} for stage, done in runs.items()}
    for name in ["", *COSTS, "CPU to landing's"]:
        table.add_column(name, justify="left" if name == "" else "right")
    for stage, costs in medians.items():
        table.add_row(stage, *(f"{value:,.1f}" for value in costs.values()), f"{costs['CPU s'] / medians['landing']['CPU s']:.2f}")
    console.print(table)
    if medians["door"]["CPU s"] > medians["landing"]["CPU s"] or max(run.peak_mb for run in runs["door"]) > MOST_MB:
        raise SystemExit("The door costs more than landing, or more memory than it may.")


if __name__ == "__main__":
    main()
