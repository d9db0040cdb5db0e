"""What all commands share: their options, how they write rows, and the project that they are about."""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from qn_pipeline.indicators.catalogue import what_is_counted
from qn_pipeline.project import Project, load_project
from qn_pipeline.settings import Settings, read_settings

# A pipe or a log file has no width of its own.
WIDTH = None if sys.stdout.isatty() else 160
out = Console(width=WIDTH)
err = Console(stderr=True, width=None if sys.stderr.isatty() else 140)

ProjectDir = Annotated[Path, typer.Option("--project", envvar="QN_PROJECT", help="The folder with qn.yaml.", file_okay=False)]


class Format(StrEnum):
    table = "table"
    csv = "csv"
    json = "json"


Formatted = Annotated[Format, typer.Option("--format", help="How to write the rows.")]


class RowsFormat(StrEnum):
    table = "table"
    csv = "csv"
    json = "json"
    xlsx = "xlsx"


def load(project_dir: Path) -> tuple[Project, Settings]:
    """The project of a folder and the settings of the environment, as far as both can be checked without writing. Raises ConfigurationError."""
    project = load_project(project_dir)
    settings = read_settings(project_dir)
    settings.warehouse_target()
    what_is_counted(project.catalogue)
    return project, settings


def show(columns: Sequence[str], rows: Sequence[Sequence[Any]], fmt: Format, title: str, nothing: str, texts: int) -> None:
    """A table whose first columns are texts and whose others are numbers; to people it says when there is nothing."""
    if fmt is Format.table and not rows:
        out.print(nothing)
        return
    write(columns, rows, fmt, title=title, numbers=set(range(texts, len(columns))))


def write(columns: Sequence[str], rows: Iterable[Sequence[Any]], fmt: Format, title: str | None = None, numbers: set[int] | None = None) -> None:
    """Write rows: as a table for people (`numbers`: the columns to the right), as CSV or as JSON."""
    if fmt is Format.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    elif fmt is Format.json:
        json.dump([dict(zip(columns, row, strict=True)) for row in rows], sys.stdout, ensure_ascii=False, indent=1, default=_plain)
        sys.stdout.write("\n")
    else:
        table = Table(title=title, title_justify="left")
        body = [["" if cell is None else str(cell) for cell in row] for row in rows]
        for index, column in enumerate(columns):
            table.add_column(
                column,
                justify="right" if index in (numbers or ()) else "left",
                overflow="fold",
                no_wrap=column in ("unit", "rule", "dossier"),
                # Headings fold first, so that names have room; a least width would push the last columns out.
                max_width=10 if index in (numbers or ()) else None,
            )
        for line in body:
            table.add_row(*(Text(cell) for cell in line))
        out.print(table)


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)
