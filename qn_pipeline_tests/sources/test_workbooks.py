"""Workbooks as offices type them: which rows are lines, what they land as, and which sums are told, each worked out by hand."""

import logging
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from qn_pipeline.errors import SourceChanged
from qn_pipeline.project import FileSource, Mapping, TableSettings
from qn_pipeline.sources.files import SourceFile, read_file, reading_of
from qn_pipeline.sources.outline import Finding
from qn_pipeline_tests.sources.workbook_maker import Formula, Sheet, Sheets, Shown, make_workbook, repacked
from qn_pipeline_tests.support import Pipeline, write_project

HEAD = ["TT", "Nội dung", "Dự toán", "Giải ngân"]
TABLE: dict[str, Any] = {"header": "TT", "numbering": "TT", "text": "Nội dung"}
MAPPING: dict[str, Any] = {
    "code": {"join": ["Nội dung", "@file"]},
    "unit": {"constant": "000.00.12.H47"},
    "year": {"constant": "2022"},
    "month": {"constant": "6"},
    "kind": {"constant": "recurrent"},
    "source": {"constant": "provincial"},
    "name": "Nội dung",
    "estimate": {"from": "Dự toán", "number": "vi", "unit": "triệu đồng"},
    "disbursed": {"from": "Giải ngân", "number": "vi", "unit": "triệu đồng"},
}
FILE = "chi_2022-06.xlsx"


def source_of(table: dict[str, Any] | None, mapping: dict[str, Any] | None = None, /, **settings: Any) -> FileSource:
    columns = MAPPING | (mapping or {})
    checked = Mapping.model_validate({"columns": {name: value for name, value in columns.items() if value is not None}})
    base = {"name": "budget", "entity": "budget_lines", "delivers": "changes", "files": "data/chi_{month}.xlsx", "mapping": "m.yaml"}
    return FileSource.model_validate({**base, "_mapping": checked, **({"table": table} if table else {}), **settings})


def read(path: Path, source: FileSource, columns: tuple[str, ...]) -> tuple[list[tuple[Any, ...]], list[Finding]]:
    with duckdb.connect() as con:
        result = read_file(con, source, SourceFile(path, path.name, None, None))
        wanted = ", ".join(f'"{column}"' for column in columns)
        return con.execute(f"select row_no, {wanted} from source_row order by row_no").fetchall(), result.findings


@dataclass(frozen=True)
class Case:
    """A workbook, how it is read, and what must come of it: rows as (row_no, cells), findings as (cell, told, added)."""

    name: str
    sheets: Sheets
    rows: list[tuple[Any, ...]]
    findings: list[tuple[str, str | None, str]] = field(default_factory=list)
    table: dict[str, Any] = field(default_factory=dict)
    mapping: dict[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ("Nội dung", "Dự toán", "Giải ngân")
    options: dict[str, Any] = field(default_factory=dict)


def body(*rows: list[Any], **layout: Any) -> dict[str, Sheet]:
    """A sheet whose header is row 1."""
    return {"Biểu 1": Sheet([HEAD, *rows], **layout)}


TWO_LEVELS = {
    "estimate": {"from": "Dự toán / Đầu năm", "number": "vi"},
    "adjustment": {"from": "Dự toán / Bổ sung", "number": "vi"},
    "disbursed": None,
}
TWO_COLUMNS = ("Nội dung", "Dự toán / Đầu năm", "Dự toán / Bổ sung")

CASES = [
    Case(
        "a header and two lines",
        body(["1", "Máy chủ", 100, 40], ["2", "Phần mềm", 200, 50]),
        [(2, "Máy chủ", "100", "40"), (3, "Phần mềm", "200", "50")],
    ),
    Case(
        "titles and empty rows above",
        {"S": [["SỞ TT&TT"], [], ["BÁO CÁO CHI"], ["Đơn vị tính: triệu đồng"], [], HEAD, ["1", "Máy chủ", 100, 40]]},
        [(7, "Máy chủ", "100", "40")],
    ),
    Case(
        "a table that begins in column C",
        {"S": [[], ["", "", *HEAD], ["", "", "1", "Máy chủ", 100, 40], ["", "", "", "Tổng cộng", 90, 40]]},
        [(3, "Máy chủ", "100", "40")],
        [("E4", "90", "100")],
    ),
    Case(
        "two levels of merged headers",
        {
            "S": Sheet(
                [["TT", "Nội dung", "Dự toán", ""], ["", "", "Đầu năm", "Bổ sung"], ["1", "Máy chủ", 100, -20], ["", "Tổng", 100, 20]],
                merges=["A1:A2", "B1:B2", "C1:D1"],
            )
        },
        [(3, "Máy chủ", "100", "-20")],
        [("D4", "20", "-20")],
        {"header_rows": 2},
        TWO_LEVELS,
        TWO_COLUMNS,
    ),
    Case(
        "two levels without merges: a group holds up to the next",
        {"S": [["TT", "Nội dung", "Dự toán", "", "Ghi chú"], ["", "", "Đầu năm", "Bổ sung", ""], ["1", "Máy chủ", 100, 20, "x"]]},
        [(3, "Máy chủ", "100", "20")],
        [],
        {"header_rows": 2},
        TWO_LEVELS,
        TWO_COLUMNS,
    ),
    Case(
        "three levels of merged headers",
        {
            "S": Sheet(
                [
                    ["TT", "Nội dung", "Kinh phí", "", ""],
                    ["", "", "Dự toán", "", "Giải ngân"],
                    ["", "", "Đầu năm", "Bổ sung", ""],
                    ["1", "Máy chủ", 100, 20, 7],
                ],
                merges=["A1:A3", "B1:B3", "C1:E1", "C2:D2", "E2:E3"],
            )
        },
        [(4, "Máy chủ", "100", "20", "7")],
        [],
        {"header_rows": 3},
        {
            "estimate": {"from": "Kinh phí / Dự toán / Đầu năm", "number": "vi"},
            "adjustment": {"from": "Kinh phí / Dự toán / Bổ sung", "number": "vi"},
            "disbursed": {"from": "Kinh phí / Giải ngân", "number": "vi"},
        },
        ("Nội dung", "Kinh phí / Dự toán / Đầu năm", "Kinh phí / Dự toán / Bổ sung", "Kinh phí / Giải ngân"),
    ),
    Case(
        "line breaks and spaces in headers",
        {"S": [[" TT\n", "Nội\ndung ", "Dự  toán", "Giải\r\nngân"], ["1", "Máy chủ", 1, 2]]},
        [(2, "Máy chủ", "1", "2")],
    ),
    Case(
        "headers with letters and marks apart",
        {"S": [[unicodedata.normalize("NFD", name) for name in HEAD], ["1", "Máy chủ", 1, 2]]},
        [(2, "Máy chủ", "1", "2")],
    ),
    Case(
        "columns in another order, others between",
        {"S": [["TT", "Giải ngân", "Ghi chú", "Dự toán", "", "Nội dung"], ["1", 40, "x", 100, "y", "Máy chủ"], ["", "", "", 101, "", "Cộng"]]},
        [(2, "Máy chủ", "100", "40")],
        [("D3", "101", "100")],
    ),
    Case(
        "sums by Roman numbers that are right",
        body(["I", "Sở A", 300, 90], ["1", "Máy chủ", 100, 40], ["2", "Phần mềm", 200, 50], ["II", "Sở B", 10, 0], ["1", "Đường truyền", 10, 0]),
        [(3, "Máy chủ", "100", "40"), (4, "Phần mềm", "200", "50"), (6, "Đường truyền", "10", "0")],
    ),
    Case(
        "a sum that is wrong is told by its cell",
        body(["I", "Sở A", 310, 90], ["1", "Máy chủ", 100, 40], ["2", "Phần mềm", 200, 50]),
        [(3, "Máy chủ", "100", "40"), (4, "Phần mềm", "200", "50")],
        [("C2", "310", "300")],
    ),
    Case(
        "four levels: letters, Roman, digits, small letters",
        body(
            ["A", "Đầu tư", 60, ""],
            ["I", "Sở A", 60, ""],
            ["1", "Trung tâm dữ liệu", 50, ""],
            ["a", "Máy chủ", 30, ""],
            ["b", "Điện", 25, ""],
            ["2", "Mạng", 10, ""],
            ["B", "Thường xuyên", 5, ""],
            ["1", "Thuê", 5, ""],
        ),
        [(5, "Máy chủ", "30", None), (6, "Điện", "25", None), (7, "Mạng", "10", None), (9, "Thuê", "5", None)],
        [("C2", "60", "65"), ("C3", "60", "65"), ("C4", "50", "55")],
    ),
    Case(
        "digits with points, as numbers",
        body([1, "Sở A", 30, 1], [1.1, "Máy chủ", 10, 1], [1.2, "Phần mềm", 20, 1], [2, "Sở B", 5, 0]),
        [(3, "Máy chủ", "10", "1"), (4, "Phần mềm", "20", "1"), (5, "Sở B", "5", "0")],
        [("D2", "1", "2")],
    ),
    Case(
        "1.2 that became a date",
        body([1, "Sở A", 30, 0], [date(2022, 1, 1), "Máy chủ", 10, 0], [date(2022, 2, 1), "Phần mềm", 20, 0]),
        [(3, "Máy chủ", "10", "0"), (4, "Phần mềm", "20", "0")],
    ),
    Case(
        "marks with points and brackets",
        body(["I.", "Sở A", 30, 0], ["1)", "Máy chủ", 10, 0], ["(2)", "Phần mềm", 19, 0]),
        [(3, "Máy chủ", "10", "0"), (4, "Phần mềm", "19", "0")],
        [("C2", "30", "29")],
    ),
    Case(
        "letters up to I",
        body(*[[mark, f"Sở {mark}", 1, 0] for mark in "ABCDEFGHI"]),
        [(at, f"Sở {mark}", "1", "0") for at, mark in enumerate("ABCDEFGHI", start=2)],
    ),
    Case(
        "C and D are letters, V is five",
        body(["C", "Khối", 3, 0], ["V", "Sở", 3, 0], ["1", "Máy", 3, 0], ["D", "Khối khác", 4, 0]),
        [(4, "Máy", "3", "0"), (5, "Khối khác", "4", "0")],
    ),
    Case(
        "a total above all",
        body(["", "TỔNG SỐ", 300, 95], ["1", "Máy chủ", 100, 40], ["2", "Phần mềm", 200, 50]),
        [(3, "Máy chủ", "100", "40"), (4, "Phần mềm", "200", "50")],
        [("D2", "95", "90")],
    ),
    Case(
        "a total below all, wrong twice",
        body(["1", "Máy chủ", 100, 40], ["2", "Phần mềm", 200, 50], ["", "Tổng cộng:", 299, 91]),
        [(2, "Máy chủ", "100", "40"), (3, "Phần mềm", "200", "50")],
        [("C4", "299", "300"), ("D4", "91", "90")],
    ),
    Case(
        "totals of sections, then of all",
        body(
            ["I", "Sở A", "", ""],
            ["1", "Máy", 10, 1],
            ["", "Cộng", 10, 1],
            ["II", "Sở B", "", ""],
            ["1", "Mạng", 20, 2],
            ["", "Cộng", 21, 2],
            ["", "Tổng cộng", 30, 3],
        ),
        [(3, "Máy", "10", "1"), (6, "Mạng", "20", "2")],
        [("C7", "21", "20")],
    ),
    Case(
        "a total of a named section",
        body(
            ["I", "Sở A", "", ""], ["1", "Máy", 10, 1], ["II", "Sở B", "", ""], ["1", "Mạng", 20, 2], ["", "Cộng I", 11, 1], ["", "Cộng II:", 20, 2]
        ),
        [(3, "Máy", "10", "1"), (5, "Mạng", "20", "2")],
        [("C6", "11", "10")],
    ),
    Case(
        "a total is of lines, not of sums that are wrong",
        body(["I", "Sở A", 11, 1], ["1", "Máy", 10, 1], ["", "Tổng cộng", 10, 1]),
        [(3, "Máy", "10", "1")],
        [("C2", "11", "10")],
    ),
    Case(
        "a total whose words are merged into the marks",
        body(["1", "Máy", 10, 1], ["Tổng cộng", "", 12, 1], merges=["A3:B3"]),
        [(2, "Máy", "10", "1")],
        [("C3", "12", "10")],
    ),
    Case(
        "a marked total without rows below it",
        body(["1", "Máy", 10, 1], ["2", "Mạng", 20, 1], ["III", "TỔNG CỘNG (1+2)", 30, 3]),
        [(2, "Máy", "10", "1"), (3, "Mạng", "20", "1")],
        [("D4", "3", "2")],
    ),
    Case("a marked total with rows below it is a sum", body(["I", "Tổng chi đầu tư", 10, 1], ["1", "Máy", 10, 1]), [(3, "Máy", "10", "1")]),
    Case(
        "tasks that begin like totals",
        body(["1", "Tổng đài 1022", 10, 1], ["2", "Cộng đồng số", 20, 1], ["3", "Tổng hợp dữ liệu", 5, 1], ["", "Tổng", 35, 3]),
        [(2, "Tổng đài 1022", "10", "1"), (3, "Cộng đồng số", "20", "1"), (4, "Tổng hợp dữ liệu", "5", "1")],
    ),
    Case(
        "a breakdown is no line",
        body(["1", "Máy", 100, 1], ["", "Trong đó:", "", ""], ["-", "NSTW", 60, 1], ["-", "NST", 40, 0], ["2", "Mạng", 5, 0], ["", "Tổng", 105, 1]),
        [(2, "Máy", "100", "1"), (6, "Mạng", "5", "0")],
    ),
    Case(
        "breakdowns told in their own rows",
        body(["1", "Máy", 100, 1], ["", "Trong đó: NSTW", 60, 1], ["", "Tr.đó NST", 30, 0], ["2", "Mạng", 5, 0]),
        [(2, "Máy", "100", "1"), (5, "Mạng", "5", "0")],
    ),
    Case(
        "a breakdown over its row is told",
        body(["1", "Máy", 100, 1], ["", "trong đó", "", ""], ["+", "NSTW", 70, 1], ["+", "NST", 40, 0]),
        [(2, "Máy", "100", "1")],
        [("C2", "100", "110")],
    ),
    Case(
        "a bare breakdown with a sum of its own is not added to its parts",
        body(["1", "Máy", 100, 1], ["", "Trong đó", 90, 1], ["-", "NSTW", 50, 1], ["-", "NST", 40, 0]),
        [(2, "Máy", "100", "1")],
    ),
    Case(
        "a breakdown with parts of parts",
        body(["1", "Máy", 100, 1], ["", "Gồm:", "", ""], ["-", "NSTW", 60, 1], ["+", "đợt 1", 40, 1], ["+", "đợt 2", 20, 0], ["-", "NST", 40, 0]),
        [(2, "Máy", "100", "1")],
    ),
    Case(
        "a breakdown of the total",
        body(["", "Tổng số", 100, 1], ["", "Trong đó:", "", ""], ["-", "NSTW", 101, 1], ["I", "Sở A", 100, 1], ["1", "Máy", 100, 1]),
        [(6, "Máy", "100", "1")],
        [("C2", "100", "101")],
    ),
    Case(
        "a breakdown below zero says nothing of its row",
        body(["1", "Máy", -77, 1], ["", "Trong đó:", "", ""], ["-", "NSTW", -79, 1]),
        [(2, "Máy", "-77", "1")],
    ),
    Case(
        "dashes without those words are lines",
        body(["1", "Sở A", 100, 1], ["-", "Máy", 60, 1], ["-", "Mạng", 41, 0]),
        [(3, "Máy", "60", "1"), (4, "Mạng", "41", "0")],
        [("C2", "100", "101")],
    ),
    Case(
        "dashes typed into the text",
        body(["1", "Sở A", 100, 1], ["", "- Máy", 60, 1], ["", "+ CPU", 50, 1], ["", "+ RAM", 10, 0], ["", "– Mạng", 40, 0]),
        [(4, "+ CPU", "50", "1"), (5, "+ RAM", "10", "0"), (6, "– Mạng", "40", "0")],
    ),
    Case(
        "a line of a dash has a breakdown of its own",
        body(["1", "Sở A", 100, 1], ["-", "Máy", 60, 1], ["", "Trong đó NSTW", 20, 1], ["+", "NST", 30, 0], ["-", "Mạng", 40, 0]),
        [(3, "Máy", "60", "1"), (6, "Mạng", "40", "0")],
    ),
    Case(
        "rows without a mark stand below the marked one",
        body(["I", "Sở A", 30, 1], ["", "Máy", 10, 1], ["", "Mạng", 20, 0], ["II", "Sở B", 5, 0]),
        [(3, "Máy", "10", "1"), (4, "Mạng", "20", "0"), (5, "Sở B", "5", "0")],
    ),
    Case(
        "remarks below a line do not make it a sum",
        body(["1", "Máy", 10, 1], ["-", "theo QĐ 1407", "", ""], ["", "đã nghiệm thu", "", ""], ["2", "Mạng", 20, 0]),
        [(2, "Máy", "10", "1"), (5, "Mạng", "20", "0")],
    ),
    Case(
        "numbered rows without amounts land with their parent",
        body(["1", "Sở A", 10, 1], ["1.1", "Chưa bố trí", "", ""]),
        [(2, "Sở A", "10", "1"), (3, "Chưa bố trí", None, None)],
    ),
    Case(
        "headings between lines",
        body(["", "CHI ĐẦU TƯ", "", ""], ["1", "Máy", 10, 1], ["", "CHI THƯỜNG XUYÊN", "", ""], ["1", "Thuê", 5, 1], ["", "Tổng", 15, 2]),
        [(3, "Máy", "10", "1"), (5, "Thuê", "5", "1")],
    ),
    Case(
        "empty rows between lines",
        body(["1", "Máy", 10, 1], [], ["", "  ", "", ""], ["2", "Mạng", 20, 1]),
        [(2, "Máy", "10", "1"), (5, "Mạng", "20", "1")],
    ),
    Case(
        "adjustments below zero, and in brackets",
        body(["I", "Sở A", 50, ""], ["1", "Máy", 100, ""], ["2", "Cắt giảm", "(50)", ""], ["II", "Sở B", -5, ""], ["1", "Thu hồi", "\u22125,5", ""]),
        [(3, "Máy", "100", None), (4, "Cắt giảm", "'(50)", None), (6, "Thu hồi", "'\u22125,5", None)],
        [("C5", "-5", "-5.5")],
    ),
    Case(
        "formulas: their stored values",
        body(
            ["I", "Sở A", Formula("=C3+C4", 300), Formula("=D3+D4")],
            ["1", "Máy", Formula("=50*2", 100), 1],
            ["2", "Mạng", Formula("=C3*2", 200.5), 1],
        ),
        [(3, "Máy", "100", "1"), (4, "Mạng", "200.5", "1")],
        [("C2", "300", "300.5")],
    ),
    Case(
        "numbers as Vietnamese texts",
        body(["1", "Máy", "1.234,5", "1.000"], ["2", "Mạng", " 2.000\xa0", "–"], ["", "Cộng", "3.234,5", 999]),
        [(2, "Máy", "'1.234,5", "'1.000"), (3, "Mạng", "'2.000", None)],
        [("D4", "999", "1000")],
    ),
    Case(
        "what is typed where nothing is",
        body(["1", "Máy", "-", "…"], ["2", "Mạng", 5, "–"], ["", "Cộng", 5, "-"]),
        [(2, "Máy", None, None), (3, "Mạng", "5", None)],
    ),
    Case(
        "a line that no one can read is not added up",
        body(["1", "Máy", "khoảng 5 triệu", 1], ["2", "Mạng", 5, 1], ["", "Cộng", 10, 3]),
        [(2, "Máy", "'khoảng 5 triệu", "1"), (3, "Mạng", "5", "1")],
        [("D4", "3", "2")],
    ),
    Case(
        "error cells",
        body(["1", "Máy", Formula("=1/0", "#DIV/0!"), 1], ["2", "Mạng", 5, 1], ["", "Cộng", 5, Formula("=#REF!", "#REF!")]),
        [(2, "Máy", "'#DIV/0!", "1"), (3, "Mạng", "5", "1")],
        [("D4", None, "2")],
    ),
    Case(
        "noise of floats is no difference",
        body(["1", "Máy", 0.1, 1234567.89], ["2", "Mạng", 0.2, 0.01], ["", "Cộng", 0.1 + 0.2, 1234567.9000000001]),
        [(2, "Máy", "0.1", "1234567.89"), (3, "Mạng", "0.2", "0.01")],
    ),
    Case(
        "the last digit of a billion counts",
        body(["1", "Máy", 1.234567891, 1], ["", "Cộng", 1.23456789, 1]),
        [(2, "Máy", "1.234567891", "1")],
        [("C3", "1.23456789", "1.234567891")],
    ),
    Case(
        "great and small numbers have no exponent",
        body(["1", "Máy", 1e15, 1e-7], ["2", "Mạng", 123456789012, 1e21]),
        [(2, "Máy", "1000000000000000", "0.0000001"), (3, "Mạng", "123456789012", "1000000000000000000000")],
    ),
    Case("percentages and booleans", body(["1", "Máy", Shown(0.855, "0.0%"), True]), [(2, "Máy", "0.855", "true")]),
    Case(
        "dates where amounts should be, and serials",
        body(["1", "Máy", date(2022, 6, 1), Shown(44713, "#,##0")], ["2", Shown(44713.5, "dd/mm/yyyy hh:mm"), 5, 0]),
        [(2, "Máy", "'2022-06-01 00:00:00", "44713"), (3, "2022-06-01 12:00:00", "5", "0")],
    ),
    Case("the date system of 1904", body(["1", date(2022, 6, 1), 100, 0]), [(2, "2022-06-01 00:00:00", "100", "0")], options={"date_1904": True}),
    Case(
        "hidden rows and columns are read",
        body(["1", "Máy", 10, 1], ["2", "Mạng", 20, 1], ["", "Cộng", 30, 2], hidden_rows=[2], hidden_columns="D:D"),
        [(2, "Máy", "10", "1"), (3, "Mạng", "20", "1")],
    ),
    Case(
        "signatures, some in columns of amounts",
        body(
            ["1", "Máy", 10, 1],
            ["", "Tổng", 10, 1],
            [],
            ["", "", "", "Tam Kỳ, ngày 5 tháng 7 năm 2022"],
            ["", "Người lập biểu", "", "THỦ TRƯỞNG ĐƠN VỊ"],
            ["", "Người Nào Đó", "", "Người Khác"],
        ),
        [(2, "Máy", "10", "1")],
    ),
    Case(
        "notes and sums of checks below the table",
        body(["1", "Máy", 10, 1], ["", "Tổng", 10, 1], ["", "Ghi chú: số ước", "", ""], ["", "Kiểm tra", 0, 99]),
        [(2, "Máy", "10", "1")],
    ),
    Case(
        "a header printed on each page",
        body(["1", "Máy", 10, 1], HEAD, ["2", "Mạng", 20, 1], ["", "Cộng", 30, 2]),
        [(2, "Máy", "10", "1"), (4, "Mạng", "20", "1")],
    ),
    Case("a row that numbers the columns", body(["A", "B", 1, 2], ["1", "Máy", 10, 1]), [(3, "Máy", "10", "1")]),
    Case(
        "a row that numbers the columns in brackets, on each page",
        body(["(1)", "(2)", "(3)", "(4)=3-2"], ["1", "Máy", 10, 1], HEAD, [-1, -2, -3, -4], ["2", "Mạng", 20, 1]),
        [(3, "Máy", "10", "1"), (6, "Mạng", "20", "1")],
    ),
    Case(
        "cells merged over the rows of a task",
        body(["1", "Máy", 60, 1], ["", "", 40, 1], ["2", "Mạng", 5, 1], merges=["A2:A3", "B2:B3"]),
        [(2, "Máy", "60", "1"), (3, "Máy", "40", "1"), (4, "Mạng", "5", "1")],
    ),
    Case(
        "an amount merged over rows is there once",
        body(["1", "Máy", 60, 1], ["2", "Mạng", "", 1], ["", "Cộng", 60, 2], merges=["C2:C3"]),
        [(2, "Máy", "60", "1"), (3, "Mạng", None, "1")],
    ),
    Case("a sheet of a header only", body(), []),
    Case("sums without amounts say nothing", body(["I", "Sở A", "", ""], ["1", "Máy", 10, 1]), [(3, "Máy", "10", "1")]),
    Case("an amount told for the sum only is told", body(["I", "Sở A", 100, 1], ["1", "Máy", "", 1]), [(3, "Máy", None, "1")], [("C2", "100", "0")]),
    Case(
        "shares are not compared",
        {"S": [[*HEAD, "Tỷ lệ"], ["I", "Sở A", 30, 2, 0.5], ["1", "Máy", 10, 1, 0.9], ["2", "Mạng", 20, 1, 0.9]]},
        [(3, "Máy", "10", "1"), (4, "Mạng", "20", "1")],
    ),
    Case(
        "a very wide sheet",
        {
            "S": [
                ["TT", "Nội dung", "Dự toán", *[f"Cột {n}" for n in range(296)], "Giải ngân"],
                ["1", "Máy", 10, *[0] * 296, 1],
                ["", "Cộng", 10, *[""] * 296, 2],
            ]
        },
        [(2, "Máy", "10", "1")],
        [("KN3", "2", "1")],
    ),
    Case("a column twice that nobody wants", {"S": [[*HEAD, "Ghi chú", "Ghi chú"], ["1", "Máy", 10, 1, "x", "y"]]}, [(2, "Máy", "10", "1")]),
    Case(
        "no column of marks",
        {"S": [HEAD[1:], ["Máy", 10, 1], ["Mạng", 20, 1], ["Tổng cộng", 31, 2], ["Người lập biểu", "", ""]]},
        [(2, "Máy", "10", "1"), (3, "Mạng", "20", "1")],
        [("B4", "31", "30")],
        {"header": "nội dung", "numbering": None},
    ),
    Case(
        "several sheets, with a group and a space after the name",
        {
            "Tháng 5 ": [HEAD, ["1", "Máy", 10, 1]],
            "Ghi chú": [["x"]],
            "Tháng 6": Sheet([[], HEAD, ["1", "Mạng", 20, 1], ["", "Cộng", 21, 1]], hidden=True),
        },
        [(2, "Máy", "5", FILE), (10_000_003, "Mạng", "6", FILE)],
        [("C4", "21", "20")],
        {"sheets": r"Tháng (\d+)"},
        {"code": {"join": ["Nội dung", "@sheet", "@file"]}},
        ("Nội dung", "@sheet", "@file"),
    ),
    Case(
        "the first sheet unless told otherwise",
        {"Biểu A": [HEAD, ["1", "Máy", 10, 1]], "Biểu B": [HEAD, ["1", "Mạng", 20, 1]]},
        [(2, "Máy", "Biểu A")],
        mapping={"tag": "@sheet"},
        columns=("Nội dung", "@sheet"),
    ),
    Case(
        "what titles say, where they say it",
        {"S": [["Đơn vị: Sở Y tế"], ["", "BIỂU CHI NĂM 2022 (đến tháng 06)"], ["", "", "", "(ĐVT: Tr.đ)"], HEAD, ["1", "Máy", 10, 1]]},
        [(5, "Máy", "triệu đồng", "2022", None)],
        [],
        {"titles": {"unit": "ĐVT: (.*)", "nam": r"[Nn](?:ăm|ĂM) (\d{4})", "ky": r"Kỳ (\d)"}},
        {"estimate": {"from": "Dự toán", "number": "vi", "unit": "sheet"}, "year": "@nam", "tag": "@ky"},
        ("Nội dung", "@unit", "@nam", "@ky"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_table_gives_its_lines_and_tells_sums_that_differ(tmp_path: Path, case: Case) -> None:
    path = make_workbook(tmp_path / FILE, case.sheets, **case.options)
    source = source_of({k: v for k, v in (TABLE | case.table).items() if v is not None}, case.mapping)
    rows, findings = read(path, source, case.columns)
    assert rows == case.rows
    assert [(finding.cell, finding.told, finding.added) for finding in findings] == case.findings


@pytest.mark.parametrize(
    ("spelt", "unit"),
    [
        ("đồng", "đồng"),
        ("VNĐ", "đồng"),
        ("VND", "đồng"),
        ("Đ", "đồng"),
        ("1.000 đồng", "nghìn đồng"),
        ("ngàn đồng", "nghìn đồng"),
        ("nghìn", "nghìn đồng"),
        ("Triệu đồng", "triệu đồng"),
        ("tr.đ", "triệu đồng"),
        ("trđ", "triệu đồng"),
        ("triệu", "triệu đồng"),
        (unicodedata.normalize("NFD", "Triệu Đồng."), "triệu đồng"),
        ("triệu đồng, %)", "triệu đồng"),
        ("tỷ", "tỷ đồng"),
        ("tỉ đồng", "tỷ đồng"),
        ("chiếc", "chiếc"),
    ],
)
def test_a_unit_is_known_in_its_spellings(tmp_path: Path, spelt: str, unit: str) -> None:
    path = make_workbook(tmp_path / FILE, {"S": [["", "", f"Đơn vị tính: {spelt}"], HEAD, ["1", "Máy", 10, 1]]})
    source = source_of(TABLE | {"titles": {"unit": "Đơn vị tính: (.*)"}}, {"estimate": {"from": "Dự toán", "unit": "sheet"}})
    assert read(path, source, ("@unit",))[0] == [(3, unit)]


@pytest.mark.parametrize(
    ("sheets", "table", "told"),
    [
        ({"S": [["Nội dung", "Dự toán"], ["Máy", 1]]}, {}, r"sheet 'S', has no header row that begins with 'TT'"),
        ({"S": []}, {}, "has no header row"),
        ({"S": [HEAD, ["1", "Máy", 1, 1]]}, {"sheets": "Tháng .*"}, r"no sheet whose name matches table.sheets.*Its sheets: S"),
        ({"S": [["TT", "Nội dung", "Dự toán", "Dự toán", "Giải ngân"], ["1", "Máy", 1, 1, 1]]}, {}, "has the column 'Dự toán' twice"),
        (
            {"S": [["TT", "Nội dung", "Giải ngân"], ["1", "Máy", 1]]},
            {},
            r"has no column 'Dự toán', which m.yaml maps.*its columns: TT, Nội dung, Giải ngân",
        ),
        ({"S": [HEAD, ["1", "Máy", 1, 1]]}, {"text": "Diễn giải"}, "no column 'Diễn giải', which table in qn.yaml names"),
        ({"S": [HEAD, ["1", "Máy", 1, 1], [], ["TT", "Nội dung", "Quyết toán"], ["1", "Máy", 5]]}, {}, "has a second table from row 4"),
        ({"T1": [HEAD, ["1", "Máy", 1, 1]], "T2": [["TT"], ["1"]]}, {"sheets": "T."}, "sheet 'T2', has no column 'Nội dung'"),
    ],
)
def test_a_sheet_without_the_table_is_refused_in_words(tmp_path: Path, sheets: Any, table: dict[str, Any], told: str) -> None:
    path = make_workbook(tmp_path / FILE, sheets)
    with pytest.raises(SourceChanged, match=told) as refused:
        read(path, source_of(TABLE | table), ("Nội dung",))
    assert "Nothing of it was kept." in str(refused.value)
    assert "Máy" not in str(refused.value)


def test_rows_below_a_signature_are_told_without_their_content(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [HEAD, ["1", "Máy", 10, 1], ["", "Người lập biểu", "", ""], ["1", "Nguyễn Thị Ánh", 905123456, 1]]
    with caplog.at_level(logging.WARNING):
        assert read(make_workbook(tmp_path / FILE, {"S": rows}), source_of(TABLE), ("Nội dung",))[0] == [(2, "Máy")]
    assert "1 rows below the end of the table were not read, the first is row 4" in caplog.text
    assert "Ánh" not in caplog.text


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"header": "TT", "sheets": "("}, "sheets is no regular expression"),
        ({"header": "TT", "sheets": "(a)(b)"}, "sheets has more than one group"),
        ({"header": "TT", "titles": {"unit": "đồng"}}, "titles.unit must have one group"),
        ({"header": "TT", "titles": {"sheet": "(x)"}}, "titles cannot name 'sheet'"),
        ({"header": "TT", "header_rows": 4}, "less than or equal to 3"),
        ({"header": "TT", "headers": 2}, "Extra inputs"),
        ({"sheets": "x"}, "Field required"),
    ],
)
def test_settings_of_a_table_are_checked(table: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        TableSettings.model_validate(table)


@pytest.mark.parametrize(
    ("settings", "mapping", "told"),
    [
        ({"files": "data/{month}.csv", "table": TABLE}, {}, "table is of workbooks"),
        ({"table": TABLE, "sheet": "S"}, {}, "neither sheet nor header_row"),
        ({"table": TABLE}, {"estimate": {"from": "Dự toán", "unit": "sheet"}}, "needs table.titles.unit"),
        ({"encoding": "utf-16"}, {}, "encoding is of csv and jsonl"),
        ({"files": "data/{month}.csv", "encoding": "vni"}, {}, "'utf-8', 'utf-16', 'windows-1258' or 'tcvn3'"),
    ],
)
def test_settings_that_do_not_go_together_are_told(settings: dict[str, Any], mapping: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        source_of(None, mapping, **settings)


PLAIN = {"name": "Tên", "estimate": {"from": "Số", "number": "vi"}, "disbursed": None, "code": {"join": ["Tên", "@sheet", "@file"]}}


@pytest.mark.parametrize(
    ("cell", "landed"),
    [
        (1234, "1234"),
        (1234.5, "1234.5"),
        (0.1 + 0.2, "0.3"),
        ("1.234", "'1.234"),
        (" 1234 ", "'1234"),
        ("-", None),
        ("…", None),
        ("'5", "''5"),
        (Formula("=1+1", 2), "2"),
        (Formula("=1+1"), None),
        (Formula('=A1&""', "12"), "'12"),
        (Formula("=1/0", "#DIV/0!"), "'#DIV/0!"),
        (Shown(0.5, "0%"), "0.5"),
        (True, "true"),
    ],
)
def test_a_text_among_numbers_lands_with_a_mark(tmp_path: Path, cell: Any, landed: str | None) -> None:
    path = make_workbook(tmp_path / FILE, {"Số liệu": [["Tên", "Số"], ["001", cell]]})
    assert read(path, source_of(None, PLAIN), ("Tên", "Số", "@sheet", "@file"))[0] == [(2, "001", landed, "Số liệu", FILE)]


def test_an_error_in_a_column_of_texts_is_its_text(tmp_path: Path) -> None:
    path = make_workbook(tmp_path / FILE, {"S": [["Tên", "Số"], [Formula("=#N/A", "#N/A"), 1], ["", Formula("=x", "#NAME?")]]})
    assert read(path, source_of(None, PLAIN), ("Tên", "Số"))[0] == [(2, "#N/A", "1"), (3, None, "'#NAME?")]


def test_macros_are_told_and_the_file_is_read_as_data(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = repacked(
        make_workbook(tmp_path / FILE, {"S": [["Tên", "Số"], ["x", 1]]}),
        {"xl/vbaProject.bin": b"Sub Auto_Open()", "xl/externalLinks/externalLink1.xml": b"<externalLink/>"},
    )
    with caplog.at_level(logging.WARNING):
        assert read(path, source_of(None, PLAIN), ("Tên",))[0] == [(2, "x")]
    assert "holds macros" in caplog.text


def test_a_changed_table_or_kind_of_column_reads_the_file_again() -> None:
    readings = {
        reading_of(source_of(TABLE)),
        reading_of(source_of(TABLE | {"header_rows": 2})),
        reading_of(source_of(None)),
        reading_of(source_of(None, {"settled": "Quyết toán"})),
    }
    assert len(readings) == 4
    assert reading_of(source_of(None, files="data/{month}.csv")) == "csv , None 1"


def test_a_sum_that_differs_is_a_warning_in_quarantine_and_its_lines_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QN_SEAL_KEY", "seal-key-of-the-tests-and-of-nothing-else")
    monkeypatch.delenv("QN_WAREHOUSE_URL", raising=False)
    sheets = {
        "Chi 1": [["Đơn vị tính: triệu đồng"], HEAD, ["1", "Máy", 1150, 1], ["", "Tổng cộng", 1200, "1,5"]],
        "Chi 2": [["Đơn vị tính: tỷ đồng"], HEAD, ["1", "Mạng", "2,5", -1], ["", "Cộng", 2.5, Formula("=x", "#NAME?")]],
    }
    table = TABLE | {"sheets": "Chi .", "titles": {"unit": "Đơn vị tính: (.*)"}}
    mapping = MAPPING | {name: {"from": MAPPING[name]["from"], "number": "vi", "unit": "sheet"} for name in ("estimate", "disbursed")}
    settings = {"entity": "budget_lines", "files": "data/chi_{month}.xlsx", "table": table, "mapping": "m.yaml"}
    write_project(tmp_path, {"chi": settings}, {"m.yaml": {"columns": mapping}})
    make_workbook(tmp_path / "data" / FILE, sheets)
    pipeline = Pipeline(tmp_path)
    assert pipeline.land(date(2022, 7, 1)) == {}
    pipeline.check()
    (quarantine,) = pipeline.settings.valid.glob("budget_lines/*/*/quarantine.parquet")
    with duckdb.connect() as con:
        found = con.execute(
            f"select row_no, row_key, severity, column_name, message from '{quarantine}' where rule = 'total_differs' order by all"
        ).fetchall()
        lines = con.execute(f"select row_no, name, estimate, disbursed from '{quarantine.parent}/rows.parquet' order by all").fetchall()
    assert found == [
        (4, None, "warn", "disbursed", "Ô D4: số tổng là 1,5, các dòng thành phần cộng lại là 1 (đơn vị của bảng)."),
        (4, None, "warn", "estimate", "Ô C4: số tổng là 1.200, các dòng thành phần cộng lại là 1.150 (đơn vị của bảng)."),
        (10_000_004, None, "warn", "disbursed", "Ô D4: số tổng không đọc được, các dòng thành phần cộng lại là -1 (đơn vị của bảng)."),
    ]
    assert lines == [(3, "Máy", 1_150_000_000, 1_000_000), (10_000_003, "Mạng", 2_500_000_000, -1_000_000_000)]
    assert '"total_differs":3' in (quarantine.parent / "report.json").read_text().replace(" ", "")
