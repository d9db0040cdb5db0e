"""XLSX workbooks: a sheet with a header row, or an office's tables on one or several sheets, as rows of text.

Row numbers are the sheet's own; those of the n-th sheet that is read (from 0) have n times SHEET_STEP added.
"""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from qn_pipeline.errors import SourceChanged
from qn_pipeline.project import FileSource, TableSettings
from qn_pipeline.sources.cells import cell_text
from qn_pipeline.sources.columns import FILE_COLUMN, SHEET_COLUMN, demand_columns, header_names, integer_columns
from qn_pipeline.sources.outline import Difference, Finding, differences, lines, read_outline
from qn_pipeline.sources.sheet_tables import Grid, Table, find_table
from qn_pipeline.sources.workbook_guard import Errors, check_workbook

SHEET_STEP = 10_000_000


@dataclass
class SheetRows:
    """What a workbook brought: the columns that it has, rows as text by wanted column, and sums that differ."""

    columns: list[str]
    row_nos: list[int] = field(default_factory=list)
    cells: dict[str, list[str | None]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def workbook_columns(source: FileSource, path: Path) -> list[str]:
    """The columns that every sheet has that is read. Raises as read_workbook."""
    with _opened(path, source) as workbook:
        if source.table is None:
            return _header(source, path, workbook.grid(_one_sheet(source, path, workbook)))
        found = [_table(source, source.table, path, workbook, name).columns for name in _sheets(source.table, path, workbook)]
        return [column for column in found[0] if all(column in columns for columns in found)]


def read_workbook(source: FileSource, path: Path) -> SheetRows:
    """A workbook's rows. Raises SourceChanged when it is unsafe, no workbook, or lacks a sheet, header or mapped column; OSError."""
    with _opened(path, source) as workbook:
        if source.table is None:
            return _plain_rows(source, path, workbook)
        return _table_rows(source, source.table, path, workbook)


@dataclass(frozen=True)
class _Workbook:
    """An open workbook, and the error cells of its sheets, which calamine reads as empty."""

    calamine: CalamineWorkbook
    errors: dict[str, Errors]

    @property
    def sheet_names(self) -> list[str]:
        return [sheet.name for sheet in self.calamine.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]

    def sheet(self, name: str) -> CalamineSheet:
        return self.calamine.get_sheet_by_name(name)

    def grid(self, name: str) -> Grid:
        """A sheet's cells from A1 on, rows of one length; an empty cell is ""."""
        grid: Grid = [list(row) for row in self.sheet(name).to_python(skip_empty_area=False)]
        for (row, column), told in self.errors.get(name, {}).items():
            if row < len(grid) and column < len(grid[row]):
                grid[row][column] = told
        return grid


@contextmanager
def _opened(path: Path, source: FileSource) -> Iterator[_Workbook]:
    errors = check_workbook(path)
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            yield _Workbook(workbook, errors)
    except CalamineError as error:
        raise SourceChanged(f"{path} is not an XLSX workbook ({type(error).__name__}). Nothing of it was kept. Ask for the file again.") from None


def _one_sheet(source: FileSource, path: Path, workbook: _Workbook) -> str:
    names = workbook.sheet_names
    if source.sheet is not None and source.sheet not in names:
        raise SourceChanged(f"{path} has no sheet {source.sheet!r}. Nothing of it was kept. Its sheets: {', '.join(names)}.")
    if not names:
        raise SourceChanged(f"{path} has no sheet with cells. Nothing of it was kept. Ask for the file again.")
    return source.sheet if source.sheet is not None else names[0]


def _header(source: FileSource, path: Path, grid: Grid) -> list[str]:
    return header_names(next(iter(grid[source.header_row - 1 :]), []), path)


def _plain_rows(source: FileSource, path: Path, workbook: _Workbook) -> SheetRows:
    name = _one_sheet(source, path, workbook)
    grid = workbook.grid(name)
    header = _header(source, path, grid)
    demand_columns(source, header, str(path))
    body = [(number, row) for number, row in enumerate(grid[source.header_row :], start=source.header_row + 1) if any(cell != "" for cell in row)]
    told = {FILE_COLUMN: path.name, SHEET_COLUMN: name}
    numbers = integer_columns(source)
    rows = SheetRows(header, [number for number, _ in body])
    for column in source.mapping.source_columns:
        if column in header:
            place = header.index(column)
            rows.cells[column] = [cell_text(row[place], column in numbers) for _, row in body]
        else:
            rows.cells[column] = [told.get(column)] * len(body)
    return rows


def _sheets(settings: TableSettings, path: Path, workbook: _Workbook) -> dict[str, str | None]:
    """The names of the sheets that are read, in order, and what each is called in @sheet."""
    names = workbook.sheet_names
    if settings.sheets is None:
        matches: dict[str, str | None] = {name: _tidy(name) for name in names[:1]}
    else:
        found = {name: re.fullmatch(settings.sheets, _tidy(name)) for name in names}
        matches = {name: (match[1] and match[1].strip()) if match.re.groups else match[0] for name, match in found.items() if match}
    if not matches:
        raise SourceChanged(
            f"{path} has no sheet whose name matches table.sheets in qn.yaml. Nothing of it was kept. Its sheets: {', '.join(names) or 'none'}."
        )
    return matches


def _tidy(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _table(source: FileSource, settings: TableSettings, path: Path, workbook: _Workbook, sheet: str) -> Table:
    merges = workbook.sheet(sheet).merged_cell_ranges or []
    where = f"{path}, sheet {sheet!r},"
    return find_table(where, workbook.grid(sheet), merges, settings, integer_columns(source), source.mapping.source_columns)


def _table_rows(source: FileSource, settings: TableSettings, path: Path, workbook: _Workbook) -> SheetRows:
    rows = SheetRows([], cells={column: [] for column in source.mapping.source_columns})
    numbers = integer_columns(source)
    for place, (sheet, called) in enumerate(_sheets(settings, path, workbook).items()):
        table = _table(source, settings, path, workbook, sheet)
        demand_columns(source, table.columns, f"{path}, sheet {sheet!r},")
        rows.columns += [column for column in table.columns if column not in rows.columns]
        outline = read_outline(table.rows, numbered=settings.numbering is not None)
        told = {**table.titles, FILE_COLUMN: path.name, SHEET_COLUMN: called}
        for line in lines(outline):
            rows.row_nos.append(line.index + 1 + place * SHEET_STEP)
            for column in source.mapping.source_columns:
                rows.cells[column].append(cell_text(line.cells[column], column in numbers) if column in line.cells else told.get(column))
        rows.findings += [_finding(difference, place, sheet, table.names) for difference in differences(outline, table.rows)]
    return rows


def _finding(difference: Difference, place: int, sheet: str, names: list[str]) -> Finding:
    row = difference.row.index + 1
    return Finding(
        row_no=row + place * SHEET_STEP,
        sheet=sheet,
        cell=f"{_letters(names.index(difference.column))}{row}",
        column=difference.column,
        told=None if difference.told is None else f"{difference.told:f}",
        added=f"{difference.added:f}",
    )


def _letters(place: int) -> str:
    """A column's letters by its place from 0."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
