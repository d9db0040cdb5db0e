"""Lines of agencies' budgets: what was needed, planned, allotted and spent, up to the end of a month."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import Column, Contract, Rule, Severity, Shape, across_history, one_row_by

# State, label, description, and whether it may be less than nothing.
_STATES = (
    ("need", "Nhu cầu", "What the agency asked for."),
    ("estimate", "Dự toán giao đầu năm", "Assigned when the year began."),
    ("adjustment", "Bổ sung, điều chỉnh", "Added since; negative when taken away."),
    ("carried_over", "Kế hoạch năm trước kéo dài", "Last year's investment plan that may be spent this year."),
    ("allotted", "Đã phân bổ", "Allotted, adjustments included."),
    ("expected", "Ước thực hiện", "What will have been spent at the month's end, as estimated before it is known."),
    ("disbursed", "Giải ngân lũy kế", "Paid through the treasury."),
    ("settled", "Quyết toán", "Settled."),
)
_MONEY = tuple(name for name, _, _ in _STATES)
_LARGEST = f"greatest({', '.join(f'abs({name})' for name in _MONEY)})"
# About what the whole province spends in a year: no line is that large, and what is read as a million times too much lies above, but for the smallest.
WHOLE_BUDGET = 40_000_000_000_000
# Hardly a line of a budget is smaller in all its amounts; what is in millions and read as đồng lies below.
SMALL_LINE = 1_000_000


def _code(name: str, label: str, description: str, digits: int) -> Column:
    """A code of the budget nomenclature; leading zeros are lost where a spreadsheet took it for a number."""
    message = f"{label} không phải mã {digits} chữ số của mục lục ngân sách (TT 324/2016/TT-BTC); kiểm tra số 0 ở đầu."
    return Column(name, "text", label, description, shape=Shape(f"[0-9]{{{digits}}}", message, Severity.WARN, "vietnam"))


BUDGET_LINES = Contract(
    entity="budget_lines",
    label="Dự toán và giải ngân của đơn vị",
    description="A line of an agency's budget as it stands at a month's end; amounts are cumulative since the year began. "
    "The states of money are columns, and are never added to each other.",
    key=("code",),
    unit_column="unit",
    columns=(
        Column("code", "text", "Mã dòng", "What tells the line from any other: unit, year, month, codes and text.", nullable=False),
        Column("unit", "text", "Đơn vị", "The agency.", nullable=False),
        Column("year", "integer", "Năm ngân sách", "The budget's year.", nullable=False, least=2000, most=2100),
        Column("month", "integer", "Tháng", "The month at whose end the line stands, 1 to 12.", nullable=False, least=1, most=12),
        Column("kind", "text", "Loại chi", "Investment or recurrent.", nullable=False, codes=codes.BUDGET_KIND),
        Column("source", "text", "Nguồn vốn", "Whose money it is.", nullable=False, codes=codes.BUDGET_SOURCE),
        _code("chapter", "Chương", "Chapter of the budget nomenclature (TT 324/2016): the agency.", 3),
        _code("category", "Khoản", "Sector.", 3),
        _code("item", "Mục", "Economic item.", 4),
        _code("subitem", "Tiểu mục", "Economic sub-item.", 4),
        Column("project", "text", "Mã dự án", "Code of the project."),
        Column("name", "text", "Nội dung chi", "What the money is for, as typed.", nullable=False, prose=True),
        Column("tag", "text", "Đánh dấu", "What the agency marked the line with.", prose=True),
        *(Column(name, "integer", label, description, unit="đồng", least=-WHOLE_BUDGET, most=WHOLE_BUDGET) for name, label, description in _STATES),
    ),
    rules=(
        one_row_by(
            "line_doubled",
            ("code",),
            "Nhiều dòng trong cùng một tệp có cùng khóa nên không biết dòng nào đúng; bổ sung cột vào khóa (join) hoặc sửa tệp.",
            Severity.QUARANTINE,
        ),
        Rule(
            "month_in_future",
            "month",
            # Only a month that there is has a first day.
            "case when month between 1 and 12 and year between 2000 and 2100 then make_date(year, month, 1) end >= {day_end}",
            "Dòng của một tháng chưa bắt đầu vào ngày mà dữ liệu được gửi.",
        ),
        Rule(
            "line_without_amount",
            "name",
            " and ".join(f"raw__{name} is null" for name in _MONEY),
            "Dòng không có số tiền nào.",
        ),
        Rule(
            "amount_in_other_unit",
            "name",
            f"{_LARGEST} between 1 and {SMALL_LINE - 1}",
            "Mọi số tiền của dòng đều nhỏ hơn 1 triệu đồng: có thể bảng ghi theo triệu đồng nhưng được đọc là đồng.",
            Severity.WARN,
        ),
        Rule(
            "disbursed_over_allotted",
            "disbursed",
            "disbursed > coalesce(allotted, estimate + coalesce(adjustment, 0)) + coalesce(carried_over, 0)",
            "Giải ngân lũy kế lớn hơn số đã phân bổ cộng kế hoạch kéo dài.",
            Severity.WARN,
        ),
        Rule("settled_over_disbursed", "settled", "settled > disbursed", "Số quyết toán lớn hơn giải ngân lũy kế.", Severity.WARN),
        Rule(
            "amount_negative",
            "disbursed",
            " or ".join(f"{name} between {-WHOLE_BUDGET} and -1" for name in _MONEY if name != "adjustment"),
            "Có số tiền âm ở cột không phải bổ sung, điều chỉnh.",
            Severity.WARN,
        ),
        Rule(
            "subitem_of_other_item",
            "subitem",
            # An item ends in 00 or 50, and its sub-items are the 49 numbers after it.
            "try_cast(subitem as integer) // 50 <> try_cast(item as integer) // 50",
            "Tiểu mục không thuộc mục đã ghi.",
            Severity.WARN,
            profile="vietnam",
        ),
        across_history("unit_unknown", "unit", "Đơn vị của dòng ngân sách không có trong danh mục đơn vị."),
        across_history("unit_not_valid", "unit", "Đơn vị của dòng ngân sách không có hiệu lực vào cuối tháng báo cáo."),
    ),
)
