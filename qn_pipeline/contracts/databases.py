"""Specialised databases (Resolution 33): their plans, and what owners report of them month by month."""

from datetime import date
from itertools import pairwise

from qn_pipeline.contracts.model import FIRST_DAY, Column, Contract, Rule, Severity, across_history, one_row_by

MILESTONES = {
    "approved": "Phê duyệt",
    "procured": "Lựa chọn nhà thầu",
    "built": "Xây dựng",
    "migrated": "Chuyển đổi dữ liệu",
    "connected": "Kết nối, chia sẻ",
    "operated": "Đưa vào vận hành",
}
"""In the order in which a database goes through them."""

_ORDER = list(MILESTONES)
# Beyond all that a province has: a hundred times its people in records, ten times the whole scheme in money, plans of a generation.
MOST_RECORDS, MOST_MONEY, LAST_PLAN = 1_000_000_000, 10_000_000_000_000, date(2060, 12, 31)
# No database costs that little; what is in millions and read as đồng lies below.
LEAST_COST = 1_000_000


def _out_of_order(ending: str) -> str:
    pairs = [(_ORDER[first], later) for first in range(len(_ORDER)) for later in _ORDER[first + 1 :]]
    return " or ".join(f"{later}_{ending} < {earlier}_{ending}" for earlier, later in pairs)


def _skipped() -> str:
    return " or ".join(f"(raw__{earlier}_actual is null and {later}_actual is not null)" for earlier, later in pairwise(_ORDER))


DATABASES = Contract(
    entity="databases",
    label="Cơ sở dữ liệu chuyên ngành",
    description="A specialised database and its plan. A plan that is told otherwise is a new baseline.",
    key=("code",),
    unit_column="owner",
    columns=(
        Column("code", "text", "Mã CSDL", "The database's code.", nullable=False),
        Column("name", "text", "Tên CSDL", "Its name.", nullable=False, prose=True),
        Column("owner", "text", "Cơ quan chủ trì", "The unit that owns it.", nullable=False),
        Column("basis", "text", "Căn cứ", "What it is based on.", prose=True),
        Column("procedures", "text", "TTHC phục vụ", "Codes of the procedures that it serves, with commas or semicolons between."),
        Column("planned_records", "integer", "Số bản ghi theo kế hoạch", "Records that it is to hold.", unit="bản ghi", least=0, most=MOST_RECORDS),
        Column("planned_amount", "integer", "Kinh phí theo kế hoạch", "Money that it is to cost.", unit="đồng", least=0, most=MOST_MONEY),
        *(
            Column(f"{name}_planned", "date", f"{label} (kế hoạch)", f"When the milestone is planned: {name}.", least=FIRST_DAY, most=LAST_PLAN)
            for name, label in MILESTONES.items()
        ),
        *(
            Column(f"{name}_weight", "integer", f"Trọng số: {label}", f"Weight of the milestone: {name}.", unit="%", least=0, most=100)
            for name, label in MILESTONES.items()
        ),
    ),
    rules=(
        Rule("plan_out_of_order", "operated_planned", _out_of_order("planned"), "Các mốc theo kế hoạch không theo thứ tự.", Severity.WARN),
        Rule(
            "weights_not_whole",
            "operated_weight",
            # A weight that is not told makes the sum null.
            " + ".join(f"{name}_weight" for name in MILESTONES) + " <> 100",
            "Tổng trọng số của các mốc khác 100%.",
            Severity.WARN,
        ),
        Rule(
            "amount_in_other_unit",
            "planned_amount",
            f"planned_amount between 1 and {LEAST_COST - 1}",
            "Kinh phí theo kế hoạch nhỏ hơn 1 triệu đồng: có thể ghi theo triệu đồng nhưng được đọc là đồng.",
            Severity.WARN,
        ),
        one_row_by("plan_doubled", ("code",), "Một CSDL có nhiều dòng kế hoạch trong cùng một tệp; dòng cuối cùng được tính."),
        across_history("owner_unknown", "owner", "Cơ quan chủ trì không có trong danh mục đơn vị."),
    ),
)
DATABASE_REPORTS = Contract(
    entity="database_reports",
    label="Báo cáo tháng về CSDL chuyên ngành",
    description="What the owner of a specialised database reports for a month; records and money are cumulative.",
    key=("code",),
    columns=(
        Column("code", "text", "Mã báo cáo", "Database and month.", nullable=False),
        Column("database", "text", "Mã CSDL", "The database.", nullable=False),
        Column("month", "date", "Tháng báo cáo", "The month, by any of its days.", nullable=False, least=FIRST_DAY),
        Column("records", "integer", "Số bản ghi đã có", "Records that it holds.", unit="bản ghi", least=0, most=MOST_RECORDS),
        Column("amount_spent", "integer", "Kinh phí đã chi", "Money spent.", unit="đồng", least=0, most=MOST_MONEY),
        *(
            Column(f"{name}_actual", "date", f"{label} (thực tế)", f"When the milestone was reached: {name}.", past=True, least=FIRST_DAY)
            for name, label in MILESTONES.items()
        ),
        Column("expected_finish", "date", "Dự kiến hoàn thành", "When the owner expects to be done.", least=FIRST_DAY, most=LAST_PLAN),
    ),
    rules=(
        Rule("report_out_of_order", "operated_actual", _out_of_order("actual"), "Các mốc thực tế không theo thứ tự.", Severity.WARN),
        Rule("milestone_skipped", "operated_actual", _skipped(), "Có mốc đã đạt trong khi mốc trước đó chưa đạt.", Severity.WARN),
        Rule(
            "month_in_future",
            "month",
            # The month may be told by its last day while it runs.
            "date_trunc('month', month) >= {day_end}",
            "Báo cáo của một tháng chưa bắt đầu vào ngày mà dữ liệu được gửi.",
        ),
        Rule(
            "amount_in_other_unit",
            "amount_spent",
            f"amount_spent between 1 and {LEAST_COST - 1}",
            "Kinh phí đã chi nhỏ hơn 1 triệu đồng: có thể ghi theo triệu đồng nhưng được đọc là đồng.",
            Severity.WARN,
        ),
        one_row_by("report_doubled", ("code",), "Một CSDL có nhiều báo cáo của cùng một tháng trong cùng một tệp; dòng cuối cùng được tính."),
        across_history("database_unknown", "database", "Báo cáo của một CSDL không có trong kế hoạch."),
        across_history("records_fell", "records", "Số bản ghi ít hơn báo cáo trước."),
        across_history("amount_fell", "amount_spent", "Kinh phí đã chi ít hơn báo cáo trước."),
        across_history("milestone_withdrawn", "operated_actual", "Có mốc đã báo cáo là đạt ở kỳ trước nhưng kỳ này bị bỏ trống."),
        across_history("report_copied", "records", "Báo cáo giống hệt báo cáo trước trong khi CSDL chưa hoàn thành."),
    ),
)
