"""The ordinal marks of an office's table (A, I, 1, 1.1, a, -, +), and the words that totals and breakdowns begin with."""

import re
from datetime import date

LETTER, ROMAN, DIGITS, SMALL, SMALL_ROMAN, DASH, PLUS, UNMARKED = 0, 1, 2, 10, 11, 20, 30, 40
TOTAL_LEVEL = -1
UPPER_ROMAN = re.compile(r"X{0,3}(IX|IV|V?I{0,3})")
TOTAL = re.compile(r"(tổng|cộng)(?!\w)", re.IGNORECASE)
# Tasks that begin with the same words: a hotline, a community, a survey.
NO_TOTAL = re.compile(
    r"(tổng\s+(đài|hợp|kết|cục|công\s+ty|điều\s+tra|thể|quan|rà\s+soát|thầu|biên\s+tập|đội)|cộng\s+(đồng|tác|hòa|hoà|hưởng|sinh))(?!\w)",
    re.IGNORECASE,
)
NAMED_TOTAL = re.compile(
    r"(?:tổng|cộng)(?:\s+(?:cộng|số))?(?:\s+(?:mục|phần))?\s*[(]?\s*([A-ZĐ]|[IVX]+|\d+(?:\.\d+)*)\s*[)]?\s*(?:[:.]|$)", re.IGNORECASE
)
BREAKDOWN = re.compile(r"(?:trong\s+đó|tr\.\s*đó|trđó|bao\s+gồm|gồm)(?!\w)[\s:;.,-]*", re.IGNORECASE)
_PLACE = r"(?:[^\d,;:]{1,40},\s*)?"
_BLANK = r"[\s\d.…_/-]*"
SIGNATURE = re.compile(
    rf"{_PLACE}ngày{_BLANK}tháng{_BLANK}năm{_BLANK}|(?:người\s+)?lập\s+(?:biểu|bảng|báo\s+cáo)\b.*|kế\s+toán(?:\s+trưởng)?|thủ\s+trưởng(?:\s+đơn\s+vị)?|người\s+lập",
    re.IGNORECASE,
)


def mark_text(cell: object) -> str:
    """What stands in the column of marks: 1.0 is 1, a date is the 1.2 that a spreadsheet took for one."""
    if isinstance(cell, bool) or cell is None:
        return ""
    if isinstance(cell, float | int):
        return format(cell, ".15g")
    if isinstance(cell, date):
        return f"{cell.day}.{cell.month}"
    return str(cell).strip().strip("().:/").strip()


def mark_level(mark: str, romans: bool) -> int | None:
    """How deep a mark stands, None when the text is no mark. Where there are no romans, I is the letter after H."""
    parts = [part.strip() for part in mark.split(".") if part.strip()]
    if not parts:
        return None
    if not all(_is_part(part) for part in parts):
        return None
    last = parts[-1]
    if last.isdigit():
        digits = next((number for number, part in enumerate(reversed(parts)) if not part.isdigit()), len(parts))
        return min(DIGITS + digits - 1, SMALL - 1)
    if last in ("-", "\N{EN DASH}", "\N{EM DASH}", "*", "•"):
        return DASH
    if last == "+":
        return PLUS
    if last.isupper():
        return ROMAN if UPPER_ROMAN.fullmatch(last) and (len(last) > 1 or romans) else LETTER
    return SMALL if len(last) == 1 else SMALL_ROMAN


def _is_part(part: str) -> bool:
    return part.isdigit() or (len(part) == 1 and (part.isalpha() or part in "-–—+*•")) or bool(UPPER_ROMAN.fullmatch(part.upper()))


def has_romans(marks: list[str]) -> bool:
    """Whether I, V and X are numbers in this table: unless letters go as far as H and no II is there."""
    return "II" in marks or "H" not in marks


def is_total(saying: str) -> bool:
    return bool(TOTAL.match(saying)) and not NO_TOTAL.match(saying)


def is_label_row(cells: list[object], text: object) -> bool:
    """Whether a row only numbers the columns: A, B, 1, 2, 3=1+2."""
    # A spreadsheet takes (1) for -1.
    labels = [mark_text(cell).removeprefix("-") for cell in cells if cell != ""]
    label = re.compile(r"\(?([A-Za-zĐđ]|\d{1,2})\)?(\s*=.*)?")
    matches = [label.fullmatch(text) for text in labels]
    if not all(matches) or (text != "" and not label.fullmatch(mark_text(text).removeprefix("-"))):
        return False
    numbers = [int(m[1]) for m in matches if m and m[1].isdigit()]
    letters = [m[1] for m in matches if m and not m[1].isdigit()]
    return len(labels) > 2 and numbers == list(range(1, len(numbers) + 1)) and letters == sorted(letters)
