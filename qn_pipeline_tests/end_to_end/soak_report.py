"""What the long tests have shown, as a page: written where SOAK_REPORT names a Markdown file, a section a test, each taking the place of its older one."""

import importlib.metadata
import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path

import psycopg2

# Read before a test's clean environment: the variable is no setting of the pipeline.
REPORT = os.environ.get("SOAK_REPORT")
PACKAGES = ("duckdb", "dagster", "dbt-core", "dbt-duckdb", "dbt-postgres", "great-expectations", "psycopg2-binary")
HEADER = """# Long tests: the last results

Written by the tests themselves: `SOAK_REPORT=docs/soak.md make soak`, or one of them by
`SOAK_REPORT=docs/soak.md .venv/bin/pytest -m soak qn_pipeline_tests/end_to_end/test_disturbed_nights.py`. `SOAK_NIGHTS`, `SOAK_KILLS` and `SOAK_SEED` set how many, and which.
"""


def write_section(title: str, facts: Mapping[str, object], counts: Mapping[str, int]) -> None:
    """Put what a test has shown into the page, where one is asked for: `facts` a line each, `counts` by kind as a table."""
    if REPORT is None:
        return
    lines = [f"## {title}", "", "| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts.items()), f"| machine | {machine()} |"]
    if counts:
        lines += ["", "| what happened | times |", "|---|---:|", *(f"| {kind} | {count} |" for kind, count in sorted(counts.items()))]
    page = Path(REPORT)
    sections = re.split(r"(?m)^(?=## )", page.read_text(encoding="utf-8"))[1:] if page.exists() else []
    kept = [section.strip() for section in sections if not section.startswith(f"## {title}\n")]
    page.write_text("\n\n".join([HEADER.strip(), *sorted([*kept, "\n".join(lines)])]) + "\n", encoding="utf-8")


def machine() -> str:
    """What it ran on: cores, memory, system, versions."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    return f"{os.cpu_count()} cores, {gigabytes:.0f} GB, {platform.system()} {platform.machine()}, Python {platform.python_version()}, {versions}"


def version_of(server: str) -> str:
    """The version of a PostgreSQL server."""
    connection = psycopg2.connect(server)
    try:
        return f"PostgreSQL {connection.server_version // 10000}.{connection.server_version % 10000}"
    finally:
        connection.close()
