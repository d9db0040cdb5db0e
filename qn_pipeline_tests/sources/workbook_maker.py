"""Small workbooks for tests: a sheet is a list of rows of cells, written with XlsxWriter as Excel would store them."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter


@dataclass(frozen=True)
class Formula:
    """A formula and the value that is stored with it; none when no program has computed it. An error's name makes an error cell."""

    text: str
    value: Any = ""


@dataclass(frozen=True)
class Shown:
    """A value in a number format."""

    value: Any
    form: str


@dataclass(frozen=True)
class Sheet:
    """Rows from A1 on; `merges` are ranges whose text stands in their first cell."""

    rows: Sequence[Sequence[Any]]
    merges: Sequence[str] = ()
    hidden: bool = False
    hidden_rows: Sequence[int] = ()
    hidden_columns: str = ""
    far: Mapping[str, Any] = field(default_factory=dict)


Sheets = Mapping[str, Sheet | Sequence[Sequence[Any]]]


def make_workbook(path: Path, sheets: Sheets, **options: Any) -> Path:
    """Write a workbook; options are XlsxWriter's, such as date_1904. Returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path, options) as workbook:
        for name, content in sheets.items():
            sheet = content if isinstance(content, Sheet) else Sheet(content)
            page = workbook.add_worksheet(name)
            for merge in sheet.merges:
                page.merge_range(merge, "")
            for at, row in enumerate(sheet.rows):
                for place, cell in enumerate(row):
                    _write(workbook, page, at, place, cell)
            for cell, value in sheet.far.items():
                page.write(cell, value)
            for at in sheet.hidden_rows:
                page.set_row(at, None, None, {"hidden": True})
            if sheet.hidden_columns:
                page.set_column(sheet.hidden_columns, None, None, {"hidden": True})
            if sheet.hidden:
                page.hide()
    return path


def _write(workbook: Any, page: Any, row: int, column: int, cell: Any) -> None:
    if cell is None or cell == "":
        return
    match cell:
        case Formula(text, value):
            page.write_formula(row, column, text, None, value)
        case Shown(value, form):
            page.write(row, column, value, workbook.add_format({"num_format": form}))
        case bool():
            page.write_boolean(row, column, cell)
        case str():
            page.write_string(row, column, cell)
        case date() | datetime():
            page.write_datetime(row, column, cell, workbook.add_format({"num_format": "dd/mm/yyyy"}))
        case _:
            page.write_number(row, column, cell)


def repacked(path: Path, parts: Mapping[str, bytes] | None = None, replaced: Mapping[tuple[str, bytes], bytes] | None = None) -> Path:
    """The workbook with more parts, or with bytes of a part put in the place of others. Returns its path."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    for (name, old), new in (replaced or {}).items():
        assert old in content[name]
        content[name] = content[name].replace(old, new, 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**content, **(parts or {})}.items():
            archive.writestr(name, data)
    return path
