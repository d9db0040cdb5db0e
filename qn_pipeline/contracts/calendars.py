"""Reference data of the working calendar: days off and worked days, and opening hours."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import FIRST_DAY, LAST_DAY, Column, Contract, Rule, Severity, Shape, one_row_by

_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
_SPAN = f"{_TIME}-({_TIME}|24:00)"
HOURS = f"{_SPAN}(, ?{_SPAN}){{0,3}}"
"""Up to four spans of a day."""
_SHAPE = Shape(HOURS, "Giờ làm việc không đúng dạng 07:30-11:30,13:00-17:00.")
# The times of all spans must come one after the other; as texts they sort like the times that they are.
_TIMES = "regexp_extract_all(hours, '[0-9]{2}:[0-9]{2}')"
_IN_ORDER = Rule(
    "hours_out_of_order",
    "hours",
    f"{_TIMES} <> list_sort({_TIMES})",
    "Các khoảng giờ làm việc không theo thứ tự, chồng nhau hoặc kết thúc trước khi bắt đầu.",
)

HOLIDAYS = Contract(
    entity="holidays",
    label="Ngày nghỉ, ngày làm bù",
    description="A day that differs from its weekday: off, or worked in exchange.",
    key=("code",),
    unit_column="unit",
    columns=(
        Column("code", "text", "Ngày (như nguồn ghi)", "The day as the source spells it.", nullable=False),
        Column("day", "date", "Ngày", "The day.", nullable=False, least=FIRST_DAY, most=LAST_DAY),
        Column("kind", "text", "Loại ngày", "Off, or worked.", nullable=False, codes=codes.DAY_KIND),
        Column("name", "text", "Tên ngày", "What it is called.", prose=True),
        Column("unit", "text", "Mã đơn vị", "The unit that it holds for, and those below it; empty means all."),
        Column("hours", "text", "Giờ làm việc", "Opening hours of a worked day; empty means Monday's.", shape=_SHAPE),
    ),
    rules=(
        _IN_ORDER,
        Rule(
            "hours_of_day_off",
            "hours",
            "hours is not null and kind = 'off'",
            "Ngày nghỉ nhưng lại có giờ làm việc; giờ này không được dùng.",
            Severity.WARN,
        ),
        one_row_by("day_doubled", ("code",), "Một ngày được ghi nhiều lần trong cùng một tệp; dòng cuối cùng được tính."),
    ),
)
WORK_TIMES = Contract(
    entity="work_times",
    label="Giờ làm việc",
    description="The opening hours of a weekday; a weekday without a row is off.",
    key=("code",),
    columns=(
        Column(
            "code",
            "text",
            "Thứ trong tuần",
            "1 Monday to 7 Sunday.",
            nullable=False,
            shape=Shape("[1-7]", "Thứ trong tuần phải là số từ 1 (thứ Hai) đến 7 (Chủ nhật)."),
        ),
        Column("hours", "text", "Giờ làm việc", "Spans of a day: 07:30-11:30,13:00-17:00.", nullable=False, shape=_SHAPE),
    ),
    rules=(
        _IN_ORDER,
        one_row_by("weekday_doubled", ("code",), "Một thứ trong tuần được ghi nhiều lần trong cùng một tệp; dòng cuối cùng được tính."),
    ),
)
