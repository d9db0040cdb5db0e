"""A file's columns against those that a mapping wants: what readers of all formats share.

A name that begins with @ tells where a row stood (@file, @sheet, a sheet's titles): no header has to have it.
"""

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from qn_pipeline.engine import literal, quoted
from qn_pipeline.errors import SourceChanged
from qn_pipeline.project import FileSource
from qn_pipeline.sources.outline import Finding

FILE_COLUMN, SHEET_COLUMN = "@file", "@sheet"


@dataclass(frozen=True)
class ReadResult:
    """What a reader found: the file's columns, row numbers that could not be parsed, and sums that differ from their lines."""

    columns: list[str]
    unreadable: list[int]
    findings: list[Finding] = field(default_factory=list)


def header_names(cells: list[object], path: Path) -> list[str]:
    """The names in a header row. Raises SourceChanged when they are not all there and distinct."""
    names = [unicodedata.normalize("NFC", str(cell).strip()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names or not all(names) or len(set(names)) < len(names):
        raise SourceChanged(f"{path} has no header row of distinct column names. Nothing of it was kept. Ask for the file again, or correct qn.yaml.")
    return names


def missing_columns(source: FileSource, present: list[str]) -> list[str]:
    return [column for column in source.mapping.source_columns if column not in present and not column.startswith("@")]


def told_columns(source: FileSource, present: list[str]) -> str:
    """A file's columns for a message: their names only when some of them are mapped, since a first row that is no header is somebody's data."""
    known = set(present) & {*source.mapping.source_columns, *source.mapping.ignore}
    return f"its columns: {', '.join(present)}" if known else f"none of its {len(present)} columns is mapped, so it may have no header"


def demand_columns(source: FileSource, present: list[str], where: str) -> None:
    """Raises SourceChanged when a mapped column is not there. `where` is the file, and its sheet where it has several."""
    missing = missing_columns(source, present)
    if missing:
        raise SourceChanged(
            f"{where} has no column {missing[0]!r}, which {source.mapping_file} maps. Nothing of it was kept. "
            f"Correct the mapping or ask for the file again; {told_columns(source, present)}."
        )


def integer_columns(source: FileSource) -> dict[str, str]:
    """The source's columns that the mapping reads as numbers, and how a text there writes one (digits, plain, vi or en)."""
    contract = source.contract
    numbers = {name: mapping for name, mapping in source.mapping.columns.items() if contract.column(name).type == "integer"}
    # Codes are looked up as they stand, so their column is no number.
    return {m.source: m.number or "digits" for name, m in numbers.items() if m.source and not contract.column(name).codes}


def pseudo_columns(source: FileSource, present: list[str], path: Path) -> str:
    """Select list of the wanted columns whose name begins with @ and that are not in the file; begins with a comma unless there are none."""
    absent = [column for column in source.mapping.source_columns if column.startswith("@") and column not in present]
    return "".join(f", {literal(path.name) if column == FILE_COLUMN else 'cast(null as varchar)'} as {quoted(column)}" for column in absent)


def columns_in_file(source: FileSource, present: list[str]) -> list[str]:
    return [column for column in source.mapping.source_columns if not column.startswith("@") or column in present]
