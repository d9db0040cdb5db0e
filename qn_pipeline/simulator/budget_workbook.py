"""Agencies' budgets as the workbooks that they type: one a month, a sheet a kind, with titles, merged headers, sums and signatures.

Belongs here: how lines are laid out and spelt, what is summed wrongly, and the source and mapping that read it. Does not: the lines (budgets).
Workbooks are `data/ngan_sach/<agency>_<YYYY-MM>.xlsx`. Each agency has its own habits: the unit of money, numbers or texts, formulas or typed
sums. Every amount is exact in the unit of its sheet.
"""

import random
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

import xlsxwriter  # type: ignore[import-untyped]

from qn_pipeline.simulator.budgets import STATES, Amounts, Kind, Line, Source, last_day, reported
from qn_pipeline.simulator.people import without_diacritics
from qn_pipeline.simulator.units import DEPARTMENTS, DISTRICTS, UNIT_BY_CODE

FOLDER: Final = "data/ngan_sach"
SHEETS: Final[dict[Kind, str]] = {"investment": "Chi đầu tư", "recurrent": "Chi thường xuyên"}
SOURCES: Final[dict[Source, str]] = {
    "central": "NSTW",
    "provincial": "NS tỉnh",
    "district": "NS huyện",
    "commune": "NS xã",
    "other": "Nguồn khác",
}
UNITS: Final = {"triệu đồng": 6, "đồng": 0, "tỷ đồng": 9}
"""How many decimals a whole đồng has in them."""
OTHER_SHEET: Final = "Ghi chú"

_GROUPS: Final = (
    ("TT", ()),
    ("Nội dung", ()),
    ("Mã số", ("Chương", "Khoản", "Mục", "Tiểu mục")),
    ("Mã dự án", ()),
    ("Nguồn vốn", ()),
    ("Nhu cầu", ()),
    ("Dự toán", ("Đầu năm", "Bổ sung điều chỉnh", "Kéo dài")),
    ("Đã phân bổ", ()),
    ("Thực hiện", ("Ước", "Giải ngân", "Quyết toán")),
    ("Đánh dấu", ()),
)
COLUMNS: Final = tuple(f"{group} / {name}" if name else group for group, names in _GROUPS for name in (names or ("",)))
"""The header's levels, joined: "TT", "Nội dung", "Mã số / Chương" ..."""
_FIRST_AMOUNT = COLUMNS.index("Nhu cầu")
_TAG = COLUMNS.index("Đánh dấu")
_ROMAN = ("I", "II", "III", "IV", "V")


@dataclass(frozen=True, slots=True)
class Habits:
    """How an agency types: `texts` for numbers as Vietnamese texts, `brackets` for those below zero, `formulas` for sums that add cells.

    `decomposed`: letters and their marks apart, as some keyboards leave them. `notes`: one more sheet that holds no table.
    """

    unit: str
    texts: bool
    brackets: bool
    formulas: bool
    decomposed: bool
    notes: bool
    lines_above: int

    def number(self, amount: int) -> Decimal:
        """An amount in the unit of the agency's sheets, exactly."""
        return Decimal(amount).scaleb(-UNITS[self.unit])


@dataclass(frozen=True, slots=True)
class WrongTotal:
    """A sum that is not what its lines add up to; the cell as A1, both amounts in đồng."""

    agency: str
    sheet: str
    cell: str
    told: int
    added: int


Amount = int | None


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a table: `amounts` in đồng; `sums` are the rows whose amounts a formula adds up, for each amount, or none where it is typed."""

    kind: Literal["section", "line", "heading", "part", "total"]
    number: str
    texts: tuple[str, ...]
    amounts: tuple[Amount, ...]
    added: tuple[Amount, ...] = ()
    sums: tuple[tuple[int, ...], ...] = ()
    tag: str = ""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet as it is typed: its titles, the row (from 0) of its header, and the rows of its table, which follow the two rows of the header."""

    name: str
    agency: str
    year: int
    month: int
    habits: Habits
    rows: tuple[_Row, ...]

    @property
    def header_row(self) -> int:
        return 4 + self.habits.lines_above

    @property
    def first_row(self) -> int:
        return self.header_row + 2


def habits(agency: str) -> Habits:
    """How a unit types; it does so all the time."""
    place = int(agency[7:9])
    return Habits(
        unit=tuple(UNITS)[place % 3],
        texts=place % 4 == 1,
        brackets=place % 8 == 1,
        formulas=place % 4 in (0, 2),
        decomposed=place % 7 == 3,
        notes=place % 5 == 0,
        lines_above=place % 3 // 2,
    )


def file_name(agency: str, year: int, month: int) -> str:
    """A workbook's name, without its folder."""
    name = without_diacritics(UNIT_BY_CODE[agency].name).lower().replace(" - ", " ").replace(",", "")
    return f"{name.replace(' ', '_')}_{year:04}-{month:02}.xlsx"


def write_month(
    lines: Iterable[Line], folder: Path, year: int, month: int, *, closed: bool = False, seed: int = 0, wrong: float = 0.03
) -> list[WrongTotal]:
    """One workbook an agency, as of a month's end, and which of their sums are wrong: of each sum's row, so much of one is.

    When closed, December's workbooks with what has been settled since; they take the place of those before. The same arguments give the same
    bytes.
    """
    if closed and month != last_day(year, 12).month:
        raise ValueError("a year is closed at its end")
    sheets = _sheets(lines, year, month, closed, seed, wrong)
    of_agency = defaultdict(list)
    for sheet in sheets:
        of_agency[sheet.agency].append(sheet)
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for agency, its in of_agency.items():
        _write(folder / FOLDER / file_name(agency, year, month), its)
    return [found for sheet in sheets for found in _wrong_totals(sheet)]


def wrong_totals(lines: Iterable[Line], year: int, month: int, *, closed: bool = False, seed: int = 0, wrong: float = 0.03) -> list[WrongTotal]:
    """What write_month tells for the same arguments, without the workbooks."""
    return [found for sheet in _sheets(lines, year, month, closed, seed, wrong) for found in _wrong_totals(sheet)]


def _cell(row: int, column: int) -> str:
    """A cell as A1; tables are narrower than the alphabet."""
    return f"{chr(ord('A') + column)}{row + 1}"


# Laying out


def _sheets(lines: Iterable[Line], year: int, month: int, closed: bool, seed: int, wrong: float) -> list[_Sheet]:
    groups: dict[tuple[str, Kind], list[tuple[Line, Amounts]]] = defaultdict(list)
    for agency, line, amounts in reported(lines, year, month, closed):
        groups[agency, line.kind].append((line, amounts))
    sheets = []
    for (agency, kind), group in sorted(groups.items(), key=lambda item: item[0]):
        rng = random.Random(f"totals/{seed}/{agency}/{kind}/{year}/{month}/{closed}")  # noqa: S311 -- nothing secret
        empty = _Sheet(SHEETS[kind], agency, year, month, habits(agency), ())
        sheets.append(replace(empty, rows=tuple(_table(group, empty.habits, rng, wrong))))
    return sheets


def _table(group: Sequence[tuple[Line, Amounts]], its: Habits, rng: random.Random, wrong: float) -> list[_Row]:
    """The rows of a table, sums in place; those of formulas count rows from the table's first."""
    rows: list[_Row] = []
    sections: list[int] = []
    for section in dict.fromkeys(line.section for line, _ in group):
        sections.append(len(rows))
        block, found = _block([(line, amounts) for line, amounts in group if line.section == section], len(rows) + 1)
        title = (section, *[""] * 6)
        number = _ROMAN[len(sections) - 1]
        rows.append(_summed("section", number, title, [(place, amounts) for place, _, amounts in found], its, rng, wrong))
        rows.extend(block)
    told = [(place, rows[place].amounts) for place in sections]
    total = _summed("total", "", ("Tổng cộng", *[""] * 6), told, its, rng, wrong)
    added = _add([_of(amounts) for _, amounts in group])
    if not its.formulas:
        # Typed by someone who added the lines: what is wrong in a section is not wrong here again, unless by chance.
        shift = [_difference(some, other) for some, other in zip(total.amounts, total.added, strict=True)]
        total = replace(total, amounts=tuple(None if value is None else value + by for value, by in zip(added, shift, strict=True)))
    rows.append(replace(total, added=added))
    return rows


def _block(group: Sequence[tuple[Line, Amounts]], start: int) -> tuple[list[_Row], list[tuple[int, Line, tuple[Amount, ...]]]]:
    """The rows of a section's lines, and each line with the place of its row."""
    rows: list[_Row] = []
    found = []
    for number, (line, told) in enumerate(group, start=1):
        amounts = _of(told)
        codes = (line.chapter, line.category, line.item, line.subitem, line.project, SOURCES[line.source])
        found.append((start + len(rows), line, amounts))
        rows.append(_Row("line", str(number), (line.name, *codes), amounts, tag=line.tag))
        if line.parts:
            rows.append(_Row("heading", "", ("Trong đó:", *[""] * 6), (None,) * len(STATES)))
        for name, share in line.parts:
            parts = tuple(None if amount is None else _part(amount, share) for amount in amounts)
            rows.append(_Row("part", "-", (name, *[""] * 6), parts))
    return rows, found


def _part(amount: int, share: int) -> int:
    """So many percent of an amount, in whole millions towards zero: parts are never more than what they are of."""
    size = abs(amount) * share // 100_000_000 * 1_000_000
    return size if amount >= 0 else -size


def _of(amounts: Amounts) -> tuple[Amount, ...]:
    return tuple(amounts.of(state) for state in STATES)


def _add(parts: Iterable[tuple[Amount, ...]]) -> tuple[Amount, ...]:
    """Column by column; nothing where no part tells anything."""
    columns = [[amount for amount in column if amount is not None] for column in zip(*parts, strict=True)]
    return tuple(sum(column) if column else None for column in columns)


def _difference(told: Amount, added: Amount) -> int:
    return (told or 0) - (added or 0)


def _summed(
    kind: Literal["section", "total"],
    number: str,
    texts: tuple[str, ...],
    parts: Sequence[tuple[int, tuple[Amount, ...]]],
    its: Habits,
    rng: random.Random,
    wrong: float,
) -> _Row:
    """A row of sums over parts, each with the place of its row; with some chance one of its sums is wrong: a row left out, or a slip in typing."""
    added = _add([amounts for _, amounts in parts])
    told = list(added)
    sums = [tuple(place for place, _ in parts)] * len(STATES) if its.formulas else []
    columns = [place for place, amount in enumerate(added) if amount]
    if rng.random() < wrong and columns:
        column = rng.choice(columns)
        if not its.formulas:
            told[column] = (added[column] or 0) + rng.choice((-1, 1, 9, 90)) * 10_000_000
        elif len(parts) > 1:
            told[column] = (added[column] or 0) - (parts[-1][1][column] or 0)
            sums[column] = sums[column][:-1]
    return _Row(kind, number, texts, tuple(told), added, tuple(sums))


def _wrong_totals(sheet: _Sheet) -> Iterator[WrongTotal]:
    for place, row in enumerate(sheet.rows):
        for column, (told, added) in enumerate(zip(row.amounts, row.added, strict=False)):
            if told is not None and added is not None and told != added:
                cell = _cell(sheet.first_row + place, _FIRST_AMOUNT + column)
                yield WrongTotal(sheet.agency, sheet.name, cell, told, added)


# Writing


class _Pen:
    """Types into a sheet by its agency's habits."""

    def __init__(self, workbook: Any, sheet: _Sheet) -> None:
        self.page = workbook.add_worksheet(sheet.name)
        self.sheet = sheet
        self.bold = workbook.add_format({"bold": True})
        self.title = workbook.add_format({"bold": True, "align": "center"})
        self.boxed = workbook.add_format({"bold": True, "border": 1, "text_wrap": True, "align": "center", "valign": "vcenter"})
        decimals = "#" * min(UNITS[sheet.habits.unit], 6)
        self.amount = workbook.add_format({"num_format": f"#,##0.{decimals}" if decimals else "#,##0"})

    def text(self, row: int, column: int, text: str, form: Any = None) -> None:
        """A text, in the letters of the agency; nothing for an empty one."""
        if text:
            self.page.write_string(row, column, self.spelt(text), form)

    def spelt(self, text: str) -> str:
        return unicodedata.normalize("NFD", text) if self.sheet.habits.decomposed else text

    def merged(self, row: int, column: int, last_row: int, last_column: int, text: str, form: Any) -> None:
        if (row, column) == (last_row, last_column):
            self.text(row, column, text, form)
        else:
            self.page.merge_range(row, column, last_row, last_column, self.spelt(text), form)

    def number(self, row: int, column: int, amount: int, cells: Sequence[str] = ()) -> None:
        """An amount in the sheet's unit: a number, a Vietnamese text, or a formula over cells with its value stored."""
        value = self.sheet.habits.number(amount)
        if self.sheet.habits.texts:
            self.page.write_string(row, column, vietnamese(value, self.sheet.habits.brackets))
        elif cells:
            self.page.write_formula(row, column, f"={'+'.join(cells)}", self.amount, float(value))
        else:
            self.page.write_number(row, column, float(value), self.amount)


def vietnamese(value: Decimal, brackets: bool = False) -> str:
    """A number as 1.234.567,89; below zero with a minus or in brackets."""
    whole, _, fraction = f"{abs(value):,f}".partition(".")
    fraction = fraction.rstrip("0")
    text = whole.replace(",", ".") + (f",{fraction}" if fraction else "")
    if value >= 0:
        return text
    return f"({text})" if brackets else f"-{text}"


def _write(path: Path, sheets: Sequence[_Sheet]) -> None:
    with xlsxwriter.Workbook(str(path), {"in_memory": True}) as workbook:
        workbook.set_properties({"created": datetime(2020, 1, 1)})  # noqa: DTZ001 -- the same bytes each time
        for sheet in sheets:
            pen = _Pen(workbook, sheet)
            _write_titles(pen)
            _write_header(pen)
            _write_rows(pen)
            _write_signature(pen)
        if sheets[0].habits.notes:
            workbook.add_worksheet(OTHER_SHEET).write_string(0, 0, "Số liệu thanh toán theo xác nhận của Kho bạc Nhà nước.")


def _write_titles(pen: _Pen) -> None:
    sheet = pen.sheet
    last = len(COLUMNS) - 1
    pen.text(0, 0, f"Đơn vị: {UNIT_BY_CODE[sheet.agency].name}", pen.bold)
    pen.merged(1, 0, 1, last, f"Biểu theo dõi dự toán năm {sheet.year}", pen.title)
    pen.merged(2, 0, 2, last, f"Đến hết tháng {sheet.month:02} năm {sheet.year}", pen.title)
    pen.text(3, last - 3, f"Đơn vị tính: {sheet.habits.unit}")


def _write_header(pen: _Pen) -> None:
    row, column = pen.sheet.header_row, 0
    for group, names in _GROUPS:
        width = max(len(names), 1)
        pen.merged(row, column, row if names else row + 1, column + width - 1, group, pen.boxed)
        for offset, name in enumerate(names):
            pen.text(row + 1, column + offset, name, pen.boxed)
        column += width


def _write_rows(pen: _Pen) -> None:
    first = pen.sheet.first_row
    for place, row in enumerate(pen.sheet.rows):
        at = first + place
        form = pen.bold if row.kind in ("section", "total") else None
        if row.kind == "line" and not pen.sheet.habits.texts:
            pen.page.write_number(at, 0, int(row.number))
        else:
            pen.text(at, 0, row.number, form)
        for column, text in enumerate(row.texts, start=1):
            pen.text(at, column, text, form)
        for offset, amount in enumerate(row.amounts):
            if amount is not None:
                column = _FIRST_AMOUNT + offset
                cells = [_cell(first + added, column) for added in row.sums[offset]] if row.sums else []
                pen.number(at, column, amount, cells)
        pen.text(at, _TAG, row.tag)


def _write_signature(pen: _Pen) -> None:
    sheet = pen.sheet
    row = sheet.first_row + len(sheet.rows) + 2
    signed = last_day(sheet.year, sheet.month) + timedelta(days=5)
    pen.text(row, _TAG - 4, f"Quảng Nam, ngày {signed.day:02} tháng {signed.month:02} năm {signed.year}")
    pen.text(row + 1, 1, "Người lập biểu", pen.bold)
    pen.text(row + 1, _TAG - 4, "Thủ trưởng đơn vị", pen.bold)
    pen.text(row + 5, 1, "Nguyễn Thị Ánh An")
    pen.text(row + 5, _TAG - 4, "Trần Văn Đạt Bình")


# Reading them

SOURCE: Final = "ngan_sach"
_CODES: Final = {"chapter": "Chương", "category": "Khoản", "item": "Mục", "subitem": "Tiểu mục"}
_MONEY: Final = dict(zip(STATES, COLUMNS[_FIRST_AMOUNT:_TAG], strict=True))
_AGENCIES = (*DEPARTMENTS, *DISTRICTS)


def sources(agencies: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
    """The source that reads all workbooks, of which the titles tell the agency; one for each agency when some are asked for by code."""
    if agencies is None:
        return {SOURCE: _source("Ngân sách của các đơn vị (mô phỏng)", "*", SOURCE)}
    return {_source_name(code): _source(f"Ngân sách: {UNIT_BY_CODE[code].name}", _slug(code), _source_name(code)) for code in agencies}


def mappings(agencies: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
    """The mappings of the same sources, by the files in which they lie."""
    if agencies is None:
        codes = {unit.name: unit.code for unit in _AGENCIES}
        return {f"mappings/{SOURCE}.yaml": _mapping({"from": "@don_vi", "codes": codes})}
    return {f"mappings/{_source_name(code)}.yaml": _mapping({"constant": code}) for code in agencies}


def _slug(code: str) -> str:
    return file_name(code, 2000, 1).removesuffix("_2000-01.xlsx")


def _source_name(code: str) -> str:
    return f"{SOURCE}_{code[7:9]}"


def _source(label: str, files: str, name: str) -> dict[str, Any]:
    return {
        "label": label,
        "entity": "budget_lines",
        "files": f"{FOLDER}/{files}_{{month}}.xlsx",
        "format": "xlsx",
        # A workbook holds its month only: lines of other months that are not in it still stand.
        "delivers": "changes",
        "table": {
            "sheets": "Chi (?:đầu tư|thường xuyên)",
            "header": "TT",
            "header_rows": 2,
            "titles": {"unit": "Đơn vị tính: (.*)", "nam": r"năm (\d{4})", "thang": r"tháng (\d{2})", "don_vi": "Đơn vị: (.*)"},
            "numbering": "TT",
            "text": "Nội dung",
        },
        "mapping": f"mappings/{name}.yaml",
    }


def _mapping(unit: dict[str, Any]) -> dict[str, Any]:
    codes = [f"Mã số / {name}" for name in _CODES.values()]
    columns: dict[str, Any] = {
        "code": {"join": ["@don_vi", "@sheet", "@nam", "@thang", *codes, "Mã dự án", "Nguồn vốn", "Nội dung"]},
        "unit": unit,
        "year": "@nam",
        "month": "@thang",
        "kind": {"from": "@sheet", "codes": {label: kind for kind, label in SHEETS.items()}},
        "source": {"from": "Nguồn vốn", "codes": {label: source for source, label in SOURCES.items()}},
        **dict(zip(_CODES, codes, strict=True)),
        "project": "Mã dự án",
        "name": "Nội dung",
        "tag": "Đánh dấu",
        **{state: {"from": column, "number": "vi", "unit": "sheet"} for state, column in _MONEY.items()},
    }
    return {"columns": columns, "ignore": ["TT"]}
