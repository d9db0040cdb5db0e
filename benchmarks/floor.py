"""The floor: the same files to the same values as the nightly job, as DuckDB scripts written by hand, with nothing around them.

    python -m benchmarks.floor PROJECT WORK [--threads N] [--memory 2GB]

PROJECT is a folder that `benchmarks.data` made; QN_SEAL_KEY is the key of the seals. Lands the CSV files as Parquet with identifiers
sealed and names dropped, checks every rule, keeps all versions of each dossier and the newest of them, splits lives into intervals with their verdicts, matches
the post's log, counts day x unit x channel cells and spreads them to `indicator_values`. Leaves WORK/floor.duckdb with the tables fct_dossier_version, fct_dossier,
fct_dossier_interval, fct_postal_event, indicator_values and quarantine. It follows the definitions (contracts, docs, the dbt models' descriptions) and
imports nothing of qn_pipeline. What it leaves out on purpose is told by each of `floor_dossiers`, `floor_post` and `floor_values`.
"""

import argparse
import os
import resource
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.floor_common import DATABASE, Floor, prepare_seal
from benchmarks.floor_dossiers import land, lives, newest, validate, versions
from benchmarks.floor_post import land_post, match, validate_post
from benchmarks.floor_values import cells, values

STEPS: dict[str, Callable[[Floor], None]] = {
    "land": land,
    "land_post": land_post,
    "validate": validate,
    "validate_post": validate_post,
    "versions": versions,
    "newest": newest,
    "lives": lives,
    "match": match,
    "cells": cells,
    "values": values,
}


def main() -> None:
    """Run all steps and print what each took."""
    parser = argparse.ArgumentParser(description="The same files to the same values, by hand.")
    parser.add_argument("project", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--memory", default="2GB", help="memory limit of DuckDB")
    arguments = parser.parse_args()
    shutil.rmtree(arguments.work, ignore_errors=True)
    arguments.work.mkdir(parents=True)
    began = time.perf_counter()
    config: dict[str, str | bool | int | float | list[str]] = {"threads": arguments.threads, "memory_limit": arguments.memory}
    with duckdb.connect(str(arguments.work / DATABASE), config=config) as con:
        prepare_seal(con)
        floor = Floor(con, arguments.project, arguments.work)
        for name, step in STEPS.items():
            started, used = time.perf_counter(), time.process_time()
            step(floor)
            print(f"{name:13s} {time.perf_counter() - started:7.2f} s wall {time.process_time() - used:7.2f} s CPU")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"total         {time.perf_counter() - began:7.2f} s wall {time.process_time():7.2f} s CPU, {peak} MB at most")


if __name__ == "__main__":
    main()
