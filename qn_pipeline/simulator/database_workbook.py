"""Plans and reports of specialised databases as workbooks with a plain header row, and the sources and mappings that read them.

Belongs here: how they are spelt. Does not: what they tell (databases). Half of the owners type dates and numbers as texts (5/3/2024, 12.345),
the others leave real cells. Plans are `data/csdl/ke_hoach_<YYYY-MM-DD>.xlsx`, reports `data/csdl/bao_cao_<YYYY-MM-DD>.xlsx`.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import xlsxwriter  # type: ignore[import-untyped]

from qn_pipeline.simulator.budget_workbook import vietnamese
from qn_pipeline.simulator.databases import MILESTONES, Database, Report
from qn_pipeline.simulator.seasons import first_of_month
from qn_pipeline.simulator.units import DEPARTMENTS, UNIT_BY_CODE

FOLDER: Final = "data/csdl"
LABELS: Final = ("Phê duyệt", "Lựa chọn nhà thầu", "Xây dựng", "Chuyển đổi dữ liệu", "Kết nối, chia sẻ", "Đưa vào vận hành")
"""The milestones, as officials call them."""

_WEIGHTS = tuple(f"Trọng số: {label}" for label in LABELS)
PLAN_COLUMNS: Final = (
    *("Mã CSDL", "Tên CSDL", "Cơ quan chủ trì", "Căn cứ", "TTHC phục vụ", "Số bản ghi theo kế hoạch", "Kinh phí (triệu đồng)"),
    *LABELS,
    *_WEIGHTS,
)
REPORT_COLUMNS: Final = ("Mã CSDL", "Tháng báo cáo", "Số bản ghi đã có", "Kinh phí đã chi (triệu đồng)", *LABELS, "Dự kiến hoàn thành")

Cell = str | int | float | date | None


def types_texts(owner: str) -> bool:
    """Whether a unit types dates and numbers as texts."""
    return int(owner[7:9]) % 2 == 1


def write_plan(databases: Iterable[Database], folder: Path, day: date) -> Path:
    """All plans in force on a day."""
    rows = []
    for database in databases:
        plan, owner = database.plan_on(day), database.owner_on(day)
        if plan is not None:
            texts = types_texts(owner)
            rows.append(
                [
                    *(database.code, database.name, UNIT_BY_CODE[owner].name, database.basis, "; ".join(database.procedures)),
                    *(_number(plan.records, 0, texts), _number(plan.amount, 6, texts)),
                    *(_date(planned, texts) for planned in plan.dates),
                    *plan.weights,
                ]
            )
    return _write(folder / FOLDER / f"ke_hoach_{day:%Y-%m-%d}.xlsx", "Kế hoạch", PLAN_COLUMNS, rows)


def write_reports(databases: Iterable[Database], folder: Path, day: date, since: date = date.min) -> Path | None:
    """The reports that were sent after one day and up to another: `bao_cao_<day>.xlsx`. Without a report there is no workbook."""
    rows = [_report(one, told) for one in databases for told in one.reports if told.sent is not None and since < told.sent <= day]
    return _write(folder / FOLDER / f"bao_cao_{day:%Y-%m-%d}.xlsx", "Báo cáo", REPORT_COLUMNS, rows) if rows else None


def _report(database: Database, report: Report) -> list[Cell]:
    texts = types_texts(database.owner_on(first_of_month(report.month, 1)))
    return [
        database.code,
        f"{report.month:%m/%Y}" if texts else report.month,
        _number(report.records, 0, texts),
        _number(report.spent, 6, texts),
        *(_date(reached, texts) for reached in report.reached),
        _date(report.expected_finish, texts),
    ]


def _number(value: int | None, decimals: int, texts: bool) -> Cell:
    if value is None:
        return None
    told = Decimal(value).scaleb(-decimals)
    return vietnamese(told) if texts else float(told)


def _date(day: date | None, texts: bool) -> Cell:
    return f"{day.day}/{day.month}/{day.year}" if day is not None and texts else day


def _write(path: Path, name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path), {"in_memory": True}) as workbook:
        workbook.set_properties({"created": datetime(2020, 1, 1)})  # noqa: DTZ001 -- the same bytes each time
        page, dates = workbook.add_worksheet(name), workbook.add_format({"num_format": "dd/mm/yyyy"})
        for column, text in enumerate(header):
            page.write_string(0, column, text)
        for at, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    page.write_datetime(at, column, datetime.combine(cell, time()), dates)
                elif isinstance(cell, str):
                    page.write_string(at, column, cell)
                elif cell is not None:
                    page.write_number(at, column, cell)
    return path


# Reading them

PLANS, REPORTS = "csdl_ke_hoach", "csdl_bao_cao"
_FORMATS: Final = ["cell", "%d/%m/%Y"]


def sources() -> dict[str, dict[str, Any]]:
    """The sources of plans and of reports."""
    return {
        PLANS: {
            "label": "Kế hoạch CSDL chuyên ngành (mô phỏng)",
            "entity": "databases",
            "files": f"{FOLDER}/ke_hoach_{{day}}.xlsx",
            "format": "xlsx",
            "delivers": "snapshot",
            "mapping": f"mappings/{PLANS}.yaml",
        },
        REPORTS: {
            "label": "Báo cáo tháng về CSDL chuyên ngành (mô phỏng)",
            "entity": "database_reports",
            "files": f"{FOLDER}/bao_cao_{{day}}.xlsx",
            "format": "xlsx",
            "delivers": "changes",
            "mapping": f"mappings/{REPORTS}.yaml",
        },
    }


def mappings() -> dict[str, dict[str, Any]]:
    """Their mappings, by the files in which they lie."""
    plan: dict[str, Any] = {
        "code": "Mã CSDL",
        "name": "Tên CSDL",
        "owner": {"from": "Cơ quan chủ trì", "codes": {unit.name: unit.code for unit in DEPARTMENTS}},
        "basis": "Căn cứ",
        "procedures": "TTHC phục vụ",
        "planned_records": {"from": "Số bản ghi theo kế hoạch", "number": "vi"},
        "planned_amount": {"from": "Kinh phí (triệu đồng)", "number": "vi", "unit": "triệu đồng"},
        **{f"{name}_planned": {"from": label, "format": _FORMATS} for name, label in zip(MILESTONES, LABELS, strict=True)},
        **{f"{name}_weight": label for name, label in zip(MILESTONES, _WEIGHTS, strict=True)},
    }
    report: dict[str, Any] = {
        "code": {"join": ["Mã CSDL", "Tháng báo cáo"]},
        "database": "Mã CSDL",
        "month": {"from": "Tháng báo cáo", "format": ["cell", "%m/%Y"]},
        "records": {"from": "Số bản ghi đã có", "number": "vi"},
        "amount_spent": {"from": "Kinh phí đã chi (triệu đồng)", "number": "vi", "unit": "triệu đồng"},
        **{f"{name}_actual": {"from": label, "format": _FORMATS} for name, label in zip(MILESTONES, LABELS, strict=True)},
        "expected_finish": {"from": "Dự kiến hoàn thành", "format": _FORMATS},
    }
    return {f"mappings/{PLANS}.yaml": {"columns": plan}, f"mappings/{REPORTS}.yaml": {"columns": report}}
