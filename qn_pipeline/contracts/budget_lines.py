"""Lines of agencies' budgets: what was needed, planned, allotted and spent, up to the end of a month."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import Column, Contract, Rule, Severity

_MONEY = ("need", "estimate", "adjustment", "carried_over", "allotted", "expected", "disbursed", "settled")

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
        Column("year", "integer", "Năm ngân sách", "The budget's year.", nullable=False),
        Column("month", "integer", "Tháng", "The month at whose end the line stands, 1 to 12.", nullable=False),
        Column("kind", "text", "Loại chi", "Investment or recurrent.", nullable=False, codes=codes.BUDGET_KIND),
        Column("source", "text", "Nguồn vốn", "Whose money it is.", nullable=False, codes=codes.BUDGET_SOURCE),
        Column("chapter", "text", "Chương", "Chapter of the budget nomenclature (TT 324/2016): the agency."),
        Column("category", "text", "Khoản", "Sector."),
        Column("item", "text", "Mục", "Economic item."),
        Column("subitem", "text", "Tiểu mục", "Economic sub-item."),
        Column("project", "text", "Mã dự án", "Code of the project."),
        Column("name", "text", "Nội dung chi", "What the money is for, as typed.", nullable=False),
        Column("tag", "text", "Đánh dấu", "What the agency marked the line with."),
        Column("need", "integer", "Nhu cầu", "What the agency asked for.", unit="đồng"),
        Column("estimate", "integer", "Dự toán giao đầu năm", "Assigned when the year began.", unit="đồng"),
        Column("adjustment", "integer", "Bổ sung, điều chỉnh", "Added since; negative when taken away.", unit="đồng"),
        Column("carried_over", "integer", "Kế hoạch năm trước kéo dài", "Last year's investment plan that may be spent this year.", unit="đồng"),
        Column("allotted", "integer", "Đã phân bổ", "Allotted.", unit="đồng"),
        Column("expected", "integer", "Ước thực hiện", "What will have been spent at the month's end, as estimated before it is known.", unit="đồng"),
        Column("disbursed", "integer", "Giải ngân lũy kế", "Paid through the treasury.", unit="đồng"),
        Column("settled", "integer", "Quyết toán", "Settled.", unit="đồng"),
    ),
    rules=(
        Rule(
            "line_doubled",
            "code",
            "code is not null and count(*) over (partition by code) > 1",
            "Nhiều dòng trong cùng một tệp có cùng khóa nên không biết dòng nào đúng; bổ sung cột vào khóa (join) hoặc sửa tệp.",
        ),
        Rule("month_unknown", "month", "month not between 1 and 12", "Tháng không nằm trong khoảng 1 đến 12."),
        Rule("year_unknown", "year", "year not between 2000 and 2100", "Năm ngân sách không hợp lệ."),
        Rule(
            "line_without_amount",
            "name",
            " and ".join(f"raw__{name} is null" for name in _MONEY),
            "Dòng không có số tiền nào.",
        ),
        Rule(
            "disbursed_over_allotted",
            "disbursed",
            "disbursed > coalesce(allotted, estimate + coalesce(adjustment, 0)) + coalesce(carried_over, 0)",
            "Giải ngân lũy kế lớn hơn số đã phân bổ cộng kế hoạch kéo dài.",
            Severity.WARN,
        ),
        Rule("disbursed_negative", "disbursed", "disbursed < 0", "Giải ngân lũy kế là số âm.", Severity.WARN),
    ),
)
