"""Workbooks of what is wrong, one an owner: a clerk finds the line in the file that was sent, reads what is wrong with it, and corrects it there.

Of a row they hold its place and its key, and no other value.
"""

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.indicators import values
from qn_pipeline.indicators.quarantine import Case, open_cases
from qn_pipeline.project import FileSource, Project
from qn_pipeline.project_quality import Contact
from qn_pipeline.publishing import wording
from qn_pipeline.sources.files import month_after
from qn_pipeline.sources.workbooks import SHEET_STEP
from qn_pipeline.warehouse.engines import Warehouse

NOBODY = "Chưa có đầu mối"
SEVERITIES = {"quarantine": "Không được tính", "warn": "Cảnh báo, vẫn được tính"}
PULLED = "(lấy trực tiếp từ hệ thống)"
# Headings with widths in characters; a text that is longer wraps.
COLUMNS = {
    "Nguồn": 28,
    "Tệp": 34,
    "Dòng": 12,
    "Mã": 32,
    "Đơn vị": 34,
    "Cột": 24,
    "Lỗi": 60,
    "Từ ngày": 12,
    "Mức độ": 18,
    "Số liệu đang dùng": 22,
}
HOW = (
    "Mở trang “Các dòng cần sửa”. Mỗi dòng cho biết tệp, dòng trong tệp và mã để tìm đúng chỗ; cột “Lỗi” cho biết sai ở đâu.",
    "Sửa tại hệ thống hoặc tệp nguồn, rồi gửi lại cả tệp với tên cũ. Không sửa trong bảng này: bảng này không được đọc lại.",
    "Với nguồn lấy trực tiếp từ hệ thống: chỉ cần sửa trên hệ thống, không phải gửi gì.",
    "Khi bản đúng về tới nơi, dòng tự rời khỏi danh sách; không cần báo lại.",
    "Nếu dòng đúng mà vẫn bị báo lỗi, hoặc không thể sửa ở nguồn: liên hệ đơn vị vận hành để ghi quyết định điều chỉnh hoặc miễn kiểm tra (người quyết định, ngày, lý do).",
)


@dataclass(frozen=True)
class Written:
    """A workbook and whose it is."""

    path: Path
    owner: str
    cases: int
    has_contact: bool


@dataclass
class _Owner:
    name: str
    contact: Contact | None
    cases: list[Case] = field(default_factory=list)


def write_workbooks(warehouse: Warehouse, project: Project, folder: Path, first: date | None = None, last: date | None = None) -> list[Written]:
    """Write a workbook for each owner of open cases told on those days, and one for those of nobody. Returns them, the fullest first."""
    status = values.status(warehouse)
    units = {unit.code: unit for unit in values.units(warehouse)}
    owners: dict[str | None, _Owner] = {}
    for case in open_cases(warehouse, first, last):
        contact = _contact(case, project.contacts, units)
        owners.setdefault(contact.name if contact else None, _Owner(contact.name if contact else NOBODY, contact)).cases.append(case)
    folder.mkdir(parents=True, exist_ok=True)
    day = (status.as_of - timedelta(microseconds=1)).date()
    written: list[Written] = []
    for owner in sorted(owners.values(), key=lambda each: (each.contact is None, -len(each.cases), each.name)):
        path = folder / _file_name(owner, day, {workbook.path.name for workbook in written})
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            _write(aside, owner, project, {code: unit.name for code, unit in units.items()}, status.as_of, day)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
        written.append(Written(path, owner.name, len(owner.cases), owner.contact is not None))
    return written


def _contact(case: Case, contacts: Sequence[Contact], units: Mapping[str, values.Unit]) -> Contact | None:
    """The contact of the row's unit or the nearest one above it, else of its source."""
    unit = case.unit
    seen: set[str] = set()
    while unit is not None and unit not in seen:
        seen.add(unit)
        found = next((contact for contact in contacts if unit in contact.units), None)
        if found:
            return found
        unit = units[unit].parent if unit in units else None
    return next((contact for contact in contacts if case.source in contact.sources), None)


def _file_name(owner: _Owner, day: date, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFD", owner.name.lower().replace("đ", "d")).encode("ascii", "ignore").decode()
    slug = re.sub("[^a-z0-9]+", "-", plain).strip("-")[:60] or "dau-moi"
    name = f"can-sua_{day}_{slug}.xlsx"
    place = 2
    while name in taken:
        name = f"can-sua_{day}_{slug}-{place}.xlsx"
        place += 1
    return name


def _write(path: Path, owner: _Owner, project: Project, unit_names: Mapping[str, str], as_of: datetime, day: date) -> None:
    # A key may begin with "=" or look like a link or a number: it is a text.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "default_date_format": "dd/mm/yyyy"}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        workbook.set_properties({"title": "Các dòng dữ liệu cần sửa", "author": project.province.name, "created": as_of})
        formats = {
            "title": workbook.add_format({"bold": True, "font_size": 14}),
            "heading": workbook.add_format({"bold": True, "bg_color": "#DDE6F0", "border": 1, "text_wrap": True, "valign": "vcenter"}),
            "text": workbook.add_format({"text_wrap": True, "valign": "top"}),
            "date": workbook.add_format({"num_format": "dd/mm/yyyy", "valign": "top", "align": "left"}),
            "number": workbook.add_format({"num_format": "#,##0", "valign": "top"}),
            "row": workbook.add_format({"num_format": "0", "valign": "top", "align": "left"}),
            "bold": workbook.add_format({"bold": True, "valign": "top"}),
        }
        _write_front(workbook.add_worksheet("Hướng dẫn"), owner, project, formats, as_of, day)
        _write_rows(workbook.add_worksheet("Các dòng cần sửa"), owner, project, unit_names, formats)


def _write_front(sheet: Any, owner: _Owner, project: Project, formats: Mapping[str, Any], as_of: datetime, day: date) -> None:
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 1, 72)
    sheet.set_column(2, 2, 14)
    sheet.write_string(0, 0, f"Các dòng dữ liệu cần sửa – {project.province.name}", formats["title"])
    due = month_after(day.replace(day=1))
    told = {
        "Đầu mối": owner.name,
        "Liên hệ": ", ".join(text for text in ((owner.contact.email, owner.contact.phone) if owner.contact else ()) if text) or None,
        "Tính đến": wording.moment(as_of),
        "Số lỗi": wording.number(len(owner.cases)),
        "Hạn sửa": f"Để kịp số liệu {wording.month(day)}, trình từ ngày 01 đến ngày 05/{due.month}/{due.year}, bản đúng phải về trước ngày {wording.day(due)}. "
        "Bản về sau vẫn được nhận và tính vào lần tổng hợp kế tiếp; số đã công bố được ghi là điều chỉnh.",
    }
    row = 2
    for label, text in told.items():
        if text is not None:
            sheet.write_string(row, 0, label, formats["bold"])
            sheet.write_string(row, 1, text, formats["text"])
            row += 1
    if owner.contact is None:
        sheet.write_string(
            row, 0, "Các dòng này chưa thuộc đầu mối nào: đơn vị hoặc nguồn của chúng chưa được khai báo trong qn.yaml (contacts).", formats["bold"]
        )
        row += 1
    row = _write_how(sheet, row + 1, formats)
    _write_counts(sheet, row + 1, owner.cases, project, formats)


def _write_how(sheet: Any, row: int, formats: Mapping[str, Any]) -> int:
    sheet.write_string(row, 0, "Cách sửa", formats["bold"])
    for place, line in enumerate(HOW, start=1):
        sheet.merge_range(row + place, 0, row + place, 1, f"{place}. {line}", formats["text"])
        sheet.set_row(row + place, 32)
    return row + len(HOW) + 1


def _write_counts(sheet: Any, row: int, cases: Sequence[Case], project: Project, formats: Mapping[str, Any]) -> None:
    for column, heading in enumerate(("Nguồn", "Lỗi", "Số dòng")):
        sheet.write_string(row, column, heading, formats["heading"])
    # Of a rule whose messages name cells, one of them stands for all.
    messages = {case.rule: case.message for case in reversed(cases)}
    counted = Counter((case.severity, case.source, case.rule) for case in cases)
    for (severity, source, rule), count in sorted(counted.items(), key=lambda item: (item[0][0], -item[1], item[0])):
        row += 1
        sheet.write_string(row, 0, _label(project, source), formats["text"])
        sheet.write_string(row, 1, f"{messages[rule]} ({SEVERITIES[severity]})", formats["text"])
        sheet.write_number(row, 2, count, formats["number"])


def _write_rows(sheet: Any, owner: _Owner, project: Project, unit_names: Mapping[str, str], formats: Mapping[str, Any]) -> None:
    for column, (heading, width) in enumerate(COLUMNS.items()):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, heading, formats["heading"])
    for row, case in enumerate(owner.cases, start=1):
        source = project.sources.get(case.source)
        of_file = isinstance(source, FileSource)
        unit = unit_names.get(case.unit or "", "")
        texts = {
            "Nguồn": _label(project, case.source),
            "Tệp": Path(case.file or "").name if of_file else PULLED,
            "Dòng": _place(case.row_no) if of_file else "",
            "Mã": case.row_key or "(không đọc được)",
            "Đơn vị": " – ".join(text for text in (case.unit or "(không đọc được)", unit if unit != case.unit else "") if text),
            "Cột": _column(case),
            "Lỗi": case.message,
            "Mức độ": SEVERITIES[case.severity],
            "Số liệu đang dùng": "Bản đúng trước đó" if case.is_stale else ("Chưa có" if case.severity == "quarantine" else "Dòng này"),
        }
        for column, heading in enumerate(COLUMNS):
            if heading == "Từ ngày":
                sheet.write_datetime(row, column, datetime(case.since.year, case.since.month, case.since.day), formats["date"])  # noqa: DTZ001 -- a day
            elif heading == "Dòng" and texts[heading].isdigit():
                sheet.write_number(row, column, int(texts[heading]), formats["row"])
            else:
                sheet.write_string(row, column, texts[heading], formats["text"])
    sheet.ignore_errors({"number_stored_as_text": f"A2:J{len(owner.cases) + 1}"})
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(owner.cases), len(COLUMNS) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _label(project: Project, source: str) -> str:
    return project.sources[source].label if source in project.sources else source


def _place(row_no: int) -> str:
    sheet, row = divmod(row_no, SHEET_STEP)
    return f"trang {sheet + 1}, dòng {row}" if sheet else str(row)


def _column(case: Case) -> str:
    contract = CONTRACTS[case.entity]
    return contract.column(case.column_name).label if case.column_name in contract.names else "(cả dòng)"
