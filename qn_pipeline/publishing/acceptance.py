"""The minutes of volume (biên bản nghiệm thu khối lượng) of a desk and a month as a workbook: the basis on which the post is paid.

Three sheets: the minutes, the list of accepted pieces whose sums they are, and what is not accepted and why. A draft: number, date and signatures are
left to the parties. No clerk is named, and what was typed is shown only where it looks like a code.
"""

import io
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from qn_pipeline.contracts import codes
from qn_pipeline.indicators.acceptance import Acceptance, Line, Work
from qn_pipeline.postal_contracts import PER_TIME
from qn_pipeline.publishing.amounts import in_words
from qn_pipeline.publishing.wording import day, moment, typed_text

MINUTES, LIST, REFUSED = "Biên bản", "Bảng kê", "Không nghiệm thu"
PER = {
    "post_month": ("Vị trí làm việc của nhân viên bưu điện", "vị trí/tháng"),
    "dossier": ("tính theo hồ sơ", "hồ sơ"),
    "piece": ("tính theo lượt việc", "lượt"),
    "page": ("tính theo trang", "trang"),
    "file": ("tính theo tệp", "tệp"),
    "lump_sum": ("Khoán gọn", "gói"),
}
"""What is paid for, and in what it is counted."""
REASONS = {
    "failed": "Không thực hiện được",
    "missing": "Không ghi mã hồ sơ",
    "unmatched": "Mã đã ghi không có ở một cửa",
    "ambiguous": "Nhiều hồ sơ cùng phù hợp, chưa xác định được",
    "contradicted": "Mã đã ghi là của hồ sơ không khớp với việc này: khác bộ phận, khác ngày, hoặc việc đã có lượt khác",
    "claimed_twice": "Hồ sơ đã được tiếp nhận hoặc trả kết quả ở lượt trước",
}
"""Why a piece is not accepted."""
LIST_COLUMNS = ("STT", "Thời điểm", "Bưu cục", "Loại việc", "Đối tượng số hóa", "Mã hồ sơ", "Mã đã ghi", "Số trang", "Số tệp", "Cách đối chiếu")
REFUSED_COLUMNS = ("STT", "Thời điểm", "Bưu cục", "Loại việc", "Đối tượng số hóa", "Mã đã ghi", "Số trang", "Số tệp", "Lý do")
WIDTHS = {
    "STT": 6,
    "Thời điểm": 17,
    "Bưu cục": 10,
    "Loại việc": 18,
    "Đối tượng số hóa": 20,
    "Mã hồ sơ": 30,
    "Mã đã ghi": 30,
    "Số trang": 9,
    "Số tệp": 9,
}
FONT = "Times New Roman"


def file_name(acceptance: Acceptance) -> str:
    """nghiem_thu_2022-08_000.00.33.H47_hd-2114.xlsx: the contract's name as a file's."""
    contract = re.sub(r"[^0-9A-Za-z]+", "-", _plain(acceptance.contract)).strip("-").lower()
    return f"nghiem_thu_{acceptance.month:%Y-%m}_{re.sub(r'[^0-9A-Za-z.]+', '-', acceptance.desk)}_{contract}.xlsx"


def write_minutes(acceptance: Acceptance, folder: Path) -> Path:
    """Write the workbook, whole or not at all; the same figures give the same bytes. Returns its path."""
    from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it has no types

    held = io.BytesIO()
    with Workbook(held, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}) as book:
        book.set_properties({"title": "Biên bản nghiệm thu khối lượng", "created": datetime.combine(acceptance.last_day, datetime.min.time())})
        formats = _Formats(book)
        minutes = book.add_worksheet(MINUTES)
        listed = book.add_worksheet(LIST)
        _write_minutes(minutes, formats, acceptance)
        _write_list(listed, formats, acceptance)
        _write_refused(book.add_worksheet(REFUSED), formats, acceptance)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(acceptance)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(held.getvalue())
    aside.replace(path)
    return path


class _Formats:
    """The formats of the three sheets."""

    def __init__(self, book: Any) -> None:
        base = {"font_name": FONT, "font_size": 12, "valign": "vcenter", "text_wrap": True}

        def made(**other: Any) -> Any:
            return book.add_format({**base, **other})

        cell: dict[str, Any] = {"border": 1}
        self.plain = made()
        self.centred = made(align="center")
        self.italic = made(italic=True)
        self.bold = made(bold=True)
        self.bold_centred = made(bold=True, align="center")
        self.underlined = made(bold=True, align="center", underline=1)
        self.title = made(bold=True, align="center", font_size=14)
        self.heading = made(bold=True, align="center", bg_color="#E7EEF7", **cell)
        self.text = made(**cell)
        self.middle = made(align="center", **cell)
        self.number = made(num_format="#,##0", **cell)
        self.total = made(bold=True, **cell)
        self.total_number = made(bold=True, num_format="#,##0", **cell)
        self.moment = made(num_format="dd/mm/yyyy hh:mm", align="center", **cell)


@dataclass
class _Page:
    """A sheet that is written from the top down; `row` is the next one."""

    sheet: Any
    columns: int
    row: int = 0

    def line(self, text: str, style: Any, height: float | None = None) -> None:
        self.sheet.merge_range(self.row, 0, self.row, self.columns - 1, "", style)
        self.sheet.write_string(self.row, 0, text, style)
        if height:
            self.sheet.set_row(self.row, height)
        self.row += 1

    def halves(self, left: str, right: str, left_style: Any, right_style: Any, height: float | None = None) -> None:
        middle = self.columns // 2
        for first, last, text, style in ((0, middle - 1, left, left_style), (middle, self.columns - 1, right, right_style)):
            self.sheet.merge_range(self.row, first, self.row, last, "", style)
            self.sheet.write_string(self.row, first, text, style)
        if height:
            self.sheet.set_row(self.row, height)
        self.row += 1

    def cells(self, values: Sequence[str | int | None], styles: Sequence[Any]) -> None:
        for place, (value, style) in enumerate(zip(values, styles, strict=True)):
            if value is None:
                self.sheet.write_blank(self.row, place, None, style)
            elif isinstance(value, int):
                self.sheet.write_number(self.row, place, value, style)
            else:
                self.sheet.write_string(self.row, place, value, style)
        self.row += 1


def _write_minutes(sheet: Any, formats: _Formats, acceptance: Acceptance) -> None:
    sheet.set_portrait()
    sheet.set_paper(9)
    sheet.set_margins(left=1.0, right=0.6, top=0.8, bottom=0.8)
    sheet.fit_to_pages(1, 0)
    sheet.hide_gridlines(2)
    for place, width in enumerate((6, 40, 13, 13, 16, 19)):
        sheet.set_column(place, place, width)
    page = _Page(sheet, 6)
    page.halves(acceptance.desk_name.upper(), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", formats.bold_centred, formats.bold_centred, 34)
    page.halves("", "Độc lập - Tự do - Hạnh phúc", formats.centred, formats.underlined)
    page.halves("Số: ……/BB-NT", "……………, ngày …… tháng …… năm ……", formats.centred, formats.italic)
    page.row += 1
    page.line("BIÊN BẢN NGHIỆM THU KHỐI LƯỢNG", formats.title, 22)
    month = acceptance.month
    named = acceptance.desk_name if acceptance.desk_name == acceptance.desk else f"{acceptance.desk_name} ({acceptance.desk})"
    page.line(
        f"Công việc do bưu điện thực hiện tại {named}, tháng {month.month} năm {month.year}",
        formats.bold_centred,
        34,
    )
    page.row += 1
    contract = f"Hợp đồng số {acceptance.number} ({acceptance.contract})" if acceptance.number else f"Hợp đồng: {acceptance.contract}"
    for text in (f"Căn cứ {acceptance.basis};", f"Căn cứ {contract}."):
        page.line(text, formats.italic, 17 * (1 + len(text) // 95))
    page.line(f"Kỳ nghiệm thu: từ ngày {day(acceptance.first_day)} đến hết ngày {day(acceptance.last_day)}.", formats.plain)
    page.line(f"Bên A (bên nhận): {acceptance.desk_name}. Đại diện: ……………………………… Chức vụ: …………………", formats.plain, 34)
    page.line(f"Bên B (bên thực hiện): {acceptance.post}. Đại diện: ……………………………… Chức vụ: …………………", formats.plain, 34)
    page.row += 1
    _write_amounts(page, formats, acceptance)
    _write_volumes(page, formats, acceptance)
    _write_reasons(page, formats, acceptance)
    page.line(
        "Cước chuyển phát do tổ chức, cá nhân trả cho bưu điện không thuộc biên bản này. "
        f"Bản dự thảo, lập từ số liệu đến {moment(acceptance.as_of)}; có giá trị khi hai bên ký.",
        formats.italic,
        34,
    )
    page.row += 1
    page.halves("ĐẠI DIỆN BÊN A", "ĐẠI DIỆN BÊN B", formats.bold_centred, formats.bold_centred)
    page.halves("(Ký, ghi rõ họ tên)", "(Ký, ghi rõ họ tên)", formats.centred, formats.centred)
    sheet.print_area(0, 0, page.row + 4, 5)
    sheet.set_footer("&C&P/&N")


def _write_amounts(page: _Page, formats: _Formats, acceptance: Acceptance) -> None:
    page.line("I. Khối lượng và giá trị nghiệm thu", formats.bold)
    page.cells(("STT", "Nội dung", "Đơn vị tính", "Khối lượng", "Đơn giá (đồng)", "Thành tiền (đồng)"), [formats.heading] * 6)
    first = page.row
    for number, line in enumerate(acceptance.lines, start=1):
        row = page.row
        page.cells(
            (number, label_of(line), PER[line.per][1], line.quantity, line.price),
            (formats.middle, formats.text, formats.middle, formats.number, formats.number),
        )
        share = f"*{line.days}/{line.month_days}" if line.days is not None and line.days != line.month_days else ""
        product = f"D{row + 1}*E{row + 1}{share}"
        page.sheet.write_formula(row, 5, f"=ROUND({product},0)" if share else f"={product}", formats.number, line.amount)
        page.sheet.set_row(row, 17 * (1 + len(label_of(line)) // 38))
    if not acceptance.lines:
        page.cells((None, "Không có khối lượng phải trả tiền", None, None, None, 0), (*[formats.text] * 5, formats.number))
    page.cells(("", "Cộng", None, None, None), [formats.total] * 5)
    page.sheet.write_formula(page.row - 1, 5, f"=SUM(F{first + 1}:F{page.row - 1})", formats.total_number, acceptance.amount)
    words = f"Số tiền bằng chữ: {in_words(acceptance.amount)}."
    page.line(words, formats.italic, 17 * (1 + len(words) // 90))
    page.row += 1


def _write_volumes(page: _Page, formats: _Formats, acceptance: Acceptance) -> None:
    """What was done, kind by kind; counts are formulas over the list."""
    page.line("II. Khối lượng công việc được nghiệm thu (chi tiết: bảng kê)", formats.bold)
    page.cells(("STT", "Loại việc", "Số lượt", "Số hồ sơ", "Số trang", "Số tệp"), [formats.heading] * 6)
    first, last = 2, max(len(acceptance.accepted) + 1, 2)
    kinds = codes.POSTAL_WORK.labels
    start = page.row
    for number, kind in enumerate(kinds, start=1):
        done = [piece for piece in acceptance.accepted if piece.kind == kind]
        row, label = page.row, kinds[kind]
        page.cells(
            (number, label, None, len({piece.dossier for piece in done} - {None})), (formats.middle, formats.text, formats.number, formats.number)
        )
        criteria = f"'{LIST}'!$D${first}:$D${last},B{row + 1}"
        page.sheet.write_formula(row, 2, f"=COUNTIF({criteria})", formats.number, len(done))
        for place, column, total in ((4, "H", sum(p.pages for p in done)), (5, "I", sum(p.files for p in done))):
            page.sheet.write_formula(row, place, f"=SUMIF({criteria},'{LIST}'!${column}${first}:${column}${last})", formats.number, total)
    page.cells(("", "Cộng", None, None, None, None), [formats.total] * 6)
    sums = {2: len(acceptance.accepted), 4: sum(p.pages for p in acceptance.accepted), 5: sum(p.files for p in acceptance.accepted)}
    for place, total in sums.items():
        letter = "ABCDEF"[place]
        page.sheet.write_formula(page.row - 1, place, f"=SUM({letter}{start + 1}:{letter}{page.row - 1})", formats.total_number, total)
    page.row += 1


def _write_reasons(page: _Page, formats: _Formats, acceptance: Acceptance) -> None:
    page.line(f"III. Khối lượng không nghiệm thu (chi tiết: trang {REFUSED})", formats.bold)
    counted = Counter((piece.reason, piece.kind) for piece in acceptance.refused)
    if not counted:
        page.line("Không có.", formats.plain)
    else:
        kinds = codes.POSTAL_WORK.labels
        page.cells(("STT", "Lý do", "Loại việc", "Số lượt"), [formats.heading] * 4)
        order = list(REASONS)
        ranked = sorted(counted.items(), key=lambda item: (order.index(str(item[0][0])), list(kinds).index(item[0][1])))
        for number, ((reason, kind), count) in enumerate(ranked, start=1):
            page.sheet.set_row(page.row, 34)
            page.cells((number, REASONS[str(reason)], kinds[kind], count), (formats.middle, formats.text, formats.text, formats.number))
    page.row += 1


def _write_list(sheet: Any, formats: _Formats, acceptance: Acceptance) -> None:
    page = _listing(sheet, formats, LIST_COLUMNS)
    for number, piece in enumerate(acceptance.accepted, start=1):
        told = (*_common(number, piece), piece.dossier, typed_text(piece.typed), piece.pages, piece.files, found_by(piece))
        _write_piece(page, formats, told, piece)
    last = max(page.row, 2)
    page.cells(("", "Cộng", "", "", "", "", ""), [formats.total] * 7)
    for place, letter, total in ((7, "H", sum(p.pages for p in acceptance.accepted)), (8, "I", sum(p.files for p in acceptance.accepted))):
        page.sheet.write_formula(page.row - 1, place, f"=SUM({letter}2:{letter}{last})", formats.total_number, total)


def _write_refused(sheet: Any, formats: _Formats, acceptance: Acceptance) -> None:
    page = _listing(sheet, formats, REFUSED_COLUMNS)
    for number, piece in enumerate(acceptance.refused, start=1):
        told = (*_common(number, piece), typed_text(piece.typed), piece.pages, piece.files, REASONS[str(piece.reason)])
        _write_piece(page, formats, told, piece)


def _listing(sheet: Any, formats: _Formats, columns: Sequence[str]) -> _Page:
    """A sheet with a header that stays, on screen and on paper."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&C&P/&N")
    for place, name in enumerate(columns):
        sheet.set_column(place, place, WIDTHS.get(name, 42))
    page = _Page(sheet, len(columns))
    page.cells(columns, [formats.heading] * len(columns))
    return page


def _write_piece(page: _Page, formats: _Formats, told: Sequence[str | int | None], piece: Work) -> None:
    styles = [formats.middle if place == 0 else formats.number if isinstance(value, int) else formats.text for place, value in enumerate(told)]
    page.cells(told, styles)
    page.sheet.write_datetime(page.row - 1, 1, piece.began_at, formats.moment)


def _common(number: int, piece: Work) -> tuple[str | int | None, ...]:
    scanned = codes.SCANNED.labels[piece.scanned] if piece.scanned else None
    return number, None, piece.office, codes.POSTAL_WORK.labels[piece.kind], scanned


def label_of(line: Line) -> str:
    """What a line pays for: the contract's words, or ours, with the days where a month is not whole."""
    label = line.label or PER[line.per][0]
    if line.label is None and line.per not in PER_TIME:
        work = codes.POSTAL_WORK.labels[line.kind] if line.kind else "Công việc"
        scanned = f" {codes.SCANNED.labels[line.scanned].lower()}" if line.scanned else ""
        label = f"{work}{scanned}, {label}"
    return label if line.days is None or line.days == line.month_days else f"{label} ({line.days}/{line.month_days} ngày)"


def found_by(piece: Work) -> str:
    """How the dossier of a piece was found."""
    if piece.match == "exact":
        return "Đúng mã"
    if piece.match == "approximate":
        return "Gần đúng: " + (f"khác {piece.edits} ký tự" if piece.edits else "ký tự dễ nhầm") + ", khớp bộ phận và thời điểm"
    return "Không cần mã"


def _plain(text: str) -> str:
    """Without diacritics, for a file's name."""
    bare = text.replace("đ", "d").replace("Đ", "D")
    return "".join(sign for sign in unicodedata.normalize("NFD", bare) if not unicodedata.combining(sign))
