"""Numbers, dates and months as Vietnamese readers write them."""

import re
from datetime import date, datetime
from decimal import Decimal

NO_VALUE = "–"
NOT_A_CODE = "(không phải mã hồ sơ)"


def number(value: int | Decimal | None) -> str:
    """1.234 or 98,70: dots between thousands, a comma before decimals; a dash where there is no value."""
    if value is None:
        return NO_VALUE
    text = f"{value:,.2f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.translate(str.maketrans(",.", ".,"))


def day(value: date) -> str:
    """01/8/2022: days and the months 1 and 2 with a leading zero, as official documents have it."""
    month = f"{value.month:02}" if value.month <= 2 else str(value.month)
    return f"{value.day:02}/{month}/{value.year}"


def moment(value: datetime) -> str:
    """An instant; midnight is told as the end of the day before."""
    if (value.hour, value.minute) == (0, 0):
        return f"hết ngày {day(date.fromordinal(value.toordinal() - 1))}"
    return f"{value.hour} giờ {value.minute:02} ngày {day(value.date())}"


def month(value: date) -> str:
    """tháng 8/2022."""
    return f"tháng {value.month}/{value.year}"


def change(now: int, before: int | None) -> str:
    """How a count differs from the month before, in words."""
    if before is None:
        return "không có số liệu tháng trước"
    if now == before:
        return "bằng tháng trước"
    return f"{'tăng' if now > before else 'giảm'} {number(abs(now - before))} so với tháng trước"


def typed_text(typed: str | None) -> str | None:
    """What was typed, where it looks like a dossier's code: a name, or the number of an identity card, is not shown."""
    if typed is None:
        return None
    is_code = re.fullmatch(r"[0-9A-Za-z ._/-]+", typed) and len(re.findall("[0-9]", typed)) >= 6 and not re.fullmatch("[0-9 ]+", typed)
    return typed if is_code else NOT_A_CODE
