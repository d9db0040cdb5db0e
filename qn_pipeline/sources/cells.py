"""Cells of a workbook as text and as numbers.

A text in a column of numbers lands with an apostrophe before it, so that the mapping can tell 1.234 the number from 1.234 the text.
"""

import re
from datetime import date, datetime, time
from decimal import Decimal

EMPTY_TEXTS = ("-", "\N{EN DASH}", "\N{EM DASH}", "…", "...")  # what an office types where there is no amount


def cell_text(cell: object, is_number: bool = False) -> str | None:
    """A cell as the text that its mapping reads: dates in ISO, numbers as plain decimals; None when it is empty."""
    if cell == "" or cell is None:
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float):
        return _plain(cell, is_number)
    text = _moment(cell) if isinstance(cell, date) else str(cell)
    if not is_number:
        return text
    stripped = text.strip()
    return None if not stripped or stripped in EMPTY_TEXTS else "'" + stripped


def _moment(cell: date) -> str:
    return (cell if isinstance(cell, datetime) else datetime.combine(cell, time())).isoformat(sep=" ")


def _plain(number: float, is_number: bool) -> str:
    # A spreadsheet holds 15 digits; what a float tells beyond them is noise. A code that another program wrote may be longer.
    return str(int(number)) if float(number).is_integer() and not is_number else f"{_decimal(number):f}"


def _decimal(number: float) -> Decimal:
    return Decimal(format(number, ".15g"))


def cell_number(cell: object, style: str) -> Decimal | str | None:
    """A cell of a column of numbers: its number, its text when that is none, None when it is empty. Texts are read as validation reads them."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _decimal(cell)
    marked = cell_text(cell, is_number=True)
    if marked is None:
        return None
    number = text_number(marked.removeprefix("'"), style)
    return marked if number is None else number


def text_number(text: str, style: str) -> Decimal | None:
    """A number that is written in one way (digits, plain, vi, en); None for any other text. In step with validation.mapping._decimal."""
    if style == "digits":
        return Decimal(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else None
    group, mark = {"plain": ("", "."), "vi": (".", ","), "en": (",", ".")}[style]
    signed = re.sub(r"^[(]([0-9.,]+)[)]$", r"-\1", text).replace("\N{MINUS SIGN}", "-")
    grouped = rf"|[0-9]{{1,3}}([{group}][0-9]{{3}}){{1,5}}" if group else ""
    if not re.fullmatch(rf"[+-]?([0-9]{{1,18}}{grouped})([{mark}][0-9]{{1,9}})?", signed):
        return None
    return Decimal((signed.replace(group, "") if group else signed).replace(mark, "."))
