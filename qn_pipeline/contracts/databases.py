"""Specialised databases (Resolution 33): their plans, and what owners report of them month by month."""

from qn_pipeline.contracts.model import Column, Contract, Rule, Severity

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


def _out_of_order(ending: str) -> str:
    pairs = [(_ORDER[first], later) for first in range(len(_ORDER)) for later in _ORDER[first + 1 :]]
    return " or ".join(f"{later}_{ending} < {earlier}_{ending}" for earlier, later in pairs)


DATABASES = Contract(
    entity="databases",
    label="Cơ sở dữ liệu chuyên ngành",
    description="A specialised database and its plan. A plan that is told otherwise is a new baseline.",
    key=("code",),
    unit_column="owner",
    columns=(
        Column("code", "text", "Mã CSDL", "The database's code.", nullable=False),
        Column("name", "text", "Tên CSDL", "Its name.", nullable=False),
        Column("owner", "text", "Cơ quan chủ trì", "The unit that owns it.", nullable=False),
        Column("basis", "text", "Căn cứ", "What it is based on."),
        Column("procedures", "text", "TTHC phục vụ", "Codes of the procedures that it serves, with commas or semicolons between."),
        Column("planned_records", "integer", "Số bản ghi theo kế hoạch", "Records that it is to hold.", unit="bản ghi"),
        Column("planned_amount", "integer", "Kinh phí theo kế hoạch", "Money that it is to cost.", unit="đồng"),
        *(Column(f"{name}_planned", "date", f"{label} (kế hoạch)", f"When the milestone is planned: {name}.") for name, label in MILESTONES.items()),
        *(
            Column(f"{name}_weight", "integer", f"Trọng số: {label}", f"Weight of the milestone: {name}.", unit="%")
            for name, label in MILESTONES.items()
        ),
    ),
    rules=(
        Rule("plan_out_of_order", "operated_planned", _out_of_order("planned"), "Các mốc theo kế hoạch không theo thứ tự.", Severity.WARN),
        Rule("plan_negative", "planned_records", "planned_records < 0 or planned_amount < 0", "Số bản ghi hoặc kinh phí theo kế hoạch là số âm."),
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
        Column("month", "date", "Tháng báo cáo", "The month, by any of its days.", nullable=False),
        Column("records", "integer", "Số bản ghi đã có", "Records that it holds.", unit="bản ghi"),
        Column("amount_spent", "integer", "Kinh phí đã chi", "Money spent.", unit="đồng"),
        *(Column(f"{name}_actual", "date", f"{label} (thực tế)", f"When the milestone was reached: {name}.") for name, label in MILESTONES.items()),
        Column("expected_finish", "date", "Dự kiến hoàn thành", "When the owner expects to be done."),
    ),
    rules=(
        Rule("report_out_of_order", "operated_actual", _out_of_order("actual"), "Các mốc thực tế không theo thứ tự.", Severity.WARN),
        Rule("report_negative", "records", "records < 0 or amount_spent < 0", "Số bản ghi hoặc kinh phí đã chi là số âm."),
        Rule(
            "reached_in_future",
            "operated_actual",
            " or ".join(f"{name}_actual >= cast({{day_end}} as date)" for name in MILESTONES),
            "Mốc thực tế có ngày sau ngày mà dữ liệu được gửi.",
        ),
    ),
)
