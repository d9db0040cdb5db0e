"""Reference data of the working calendar: days off and worked days, and opening hours."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import Column, Contract, Rule

_SPAN = "[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]"
HOURS = f"{_SPAN}(, ?{_SPAN}){{0,3}}"
"""Up to four spans of a day."""

HOLIDAYS = Contract(
    entity="holidays",
    label="Ngày nghỉ, ngày làm bù",
    description="A day that differs from its weekday: off, or worked in exchange.",
    key=("code",),
    unit_column="unit",
    columns=(
        Column("code", "text", "Ngày (như nguồn ghi)", "The day as the source spells it.", nullable=False),
        Column("day", "date", "Ngày", "The day.", nullable=False),
        Column("kind", "text", "Loại ngày", "Off, or worked.", nullable=False, codes=codes.DAY_KIND),
        Column("name", "text", "Tên ngày", "What it is called."),
        Column("unit", "text", "Mã đơn vị", "The unit that it holds for, and those below it; empty means all."),
        Column("hours", "text", "Giờ làm việc", "Opening hours of a worked day; empty means Monday's."),
    ),
    rules=(Rule("hours_unreadable", "hours", f"not regexp_full_match(hours, '{HOURS}')", "Giờ làm việc không đúng dạng 07:30-11:30,13:00-17:00."),),
)
WORK_TIMES = Contract(
    entity="work_times",
    label="Giờ làm việc",
    description="The opening hours of a weekday; a weekday without a row is off.",
    key=("code",),
    columns=(
        Column("code", "text", "Thứ trong tuần", "1 Monday to 7 Sunday.", nullable=False),
        Column("hours", "text", "Giờ làm việc", "Spans of a day: 07:30-11:30,13:00-17:00.", nullable=False),
    ),
    rules=(
        Rule("weekday_unknown", "code", "not regexp_full_match(code, '[1-7]')", "Thứ trong tuần phải là số từ 1 (thứ Hai) đến 7 (Chủ nhật)."),
        Rule("hours_unreadable", "hours", f"not regexp_full_match(hours, '{HOURS}')", "Giờ làm việc không đúng dạng 07:30-11:30,13:00-17:00."),
    ),
)
