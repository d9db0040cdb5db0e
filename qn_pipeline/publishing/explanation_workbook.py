"""An explanation as a workbook: the figure on the first sheet, and a sheet of rows for its numerator and one for its denominator."""

import os
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.indicators.explain import Explanation, Part
from qn_pipeline.publishing import wording
from qn_pipeline.publishing.explanations import HEADINGS, explained, in_words

ROWS_OF_A_SHEET = 1_048_575
SHEETS = {"numerator": "Tử số", "denominator": "Mẫu số"}
WIDTHS = {"why": 80, "dossier": 30, "feedback": 26, "unit_name": 34, "from_name": 34, "to_name": 34, "procedure_name": 50, "file": 34}
# A code may begin with "=" or look like a link or a number: it is a text.
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "constant_memory": True}


def write_explanation(explanation: Explanation, path: Path) -> None:
    """Write the workbook, whole or not at all. Raises ConfigurationError when there are more rows than a sheet holds."""
    for part in explanation.parts:
        if part.rows.count > ROWS_OF_A_SHEET:
            raise ConfigurationError(
                f"The {part.name} has {part.rows.count} rows, and a sheet holds {ROWS_OF_A_SHEET}. Nothing was written. Ask for --format csv, or for a smaller unit."
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with xlsxwriter.Workbook(str(aside), OPTIONS) as workbook:
            formats = {
                "title": workbook.add_format({"bold": True, "font_size": 14}),
                "bold": workbook.add_format({"bold": True, "valign": "top"}),
                "text": workbook.add_format({"text_wrap": True, "valign": "top"}),
                "heading": workbook.add_format({"bold": True, "bg_color": "#DDE6F0", "border": 1, "text_wrap": True, "valign": "vcenter"}),
                "moment": workbook.add_format({"num_format": "dd/mm/yyyy hh:mm:ss", "valign": "top", "align": "left"}),
                "date": workbook.add_format({"num_format": "dd/mm/yyyy", "valign": "top", "align": "left"}),
            }
            _write_front(workbook.add_worksheet("Số liệu"), explanation, formats)
            for part in explanation.parts:
                _write_rows(workbook.add_worksheet(SHEETS[part.name]), part, formats)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _write_front(sheet: Any, explanation: Explanation, formats: dict[str, Any]) -> None:
    figure = explanation.figure
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, f"Giải trình số liệu: {figure.name}", formats["title"])
    told = {
        "Đơn vị": f"{figure.unit_name} ({figure.asked.unit}), gồm các đơn vị trực thuộc",
        "Kỳ": f"từ ngày {wording.day(figure.asked.start)} đến ngày {wording.day(figure.asked.end)}",
        "Kênh": figure.asked.channel or "tất cả",
        "Tính đến": wording.moment(figure.as_of),
        "Giá trị": wording.number(figure.value),
        **{
            SHEETS[
                part.name
            ]: f"{wording.number(part.figure)} = tổng cột “{HEADINGS['counted']}” của {wording.number(part.rows.count)} dòng ({part.measures})"
            for part in explanation.parts
        },
    }
    for row, (label, text) in enumerate(told.items(), start=2):
        sheet.write_string(row, 0, label, formats["bold"])
        sheet.write_string(row, 1, text, formats["text"])


def _write_rows(sheet: Any, part: Part, formats: dict[str, Any]) -> None:
    columns, lines = explained(part.rows, part.name)
    for column, name in enumerate(columns):
        sheet.set_column(column, column, WIDTHS.get(name, 18))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(lines), 1), len(columns) - 1)
    for column, name in enumerate(columns):
        sheet.write_string(0, column, HEADINGS[name], formats["heading"])
    for row, line in enumerate(lines, start=1):
        _write_line(sheet, row, in_words(columns, line), formats)


def _write_line(sheet: Any, row: int, line: Sequence[Any], formats: dict[str, Any]) -> None:
    for column, cell in enumerate(line):
        if isinstance(cell, datetime):
            sheet.write_datetime(row, column, cell, formats["moment"])
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), formats["date"])  # noqa: DTZ001 -- a day
        elif isinstance(cell, int) and not isinstance(cell, bool):
            sheet.write_number(row, column, cell)
        elif cell is not None:
            sheet.write_string(row, column, str(cell), formats["text"])
