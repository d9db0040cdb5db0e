"""Units: the agencies, districts, communes and desks that figures are counted for."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import Column, Contract, Order, Rule, Severity, Shape, across_history, one_row_by

# Groups of capital letters and digits between dots, as both decrees write them: H47.33.05 and 000.05.33.H47.
AGENCY_CODE = r"[A-Z0-9]+(\.[A-Z0-9]+)*"

UNITS = Contract(
    entity="units",
    label="Đơn vị",
    description="A unit as reference data gives it; every unit but the province has a parent.",
    key=("code",),
    columns=(
        Column(
            "code",
            "text",
            "Mã đơn vị",
            "Identifier of the unit (QĐ 20/2020/QĐ-TTg or QCVN 102:2016).",
            nullable=False,
            shape=Shape(AGENCY_CODE, "Mã đơn vị không đúng mẫu mã định danh cơ quan (QĐ 20/2020/QĐ-TTg).", Severity.WARN, "vietnam"),
        ),
        Column("name", "text", "Tên đơn vị", "Name in Vietnamese.", nullable=False, prose=True),
        Column("level", "text", "Cấp", "Level of the unit.", nullable=False, codes=codes.UNIT_LEVEL),
        Column("parent", "text", "Mã đơn vị cấp trên", "Code of the unit above; empty means the province."),
        Column("valid_from", "date", "Hiệu lực từ", "First day of the unit."),
        Column("valid_to", "date", "Hiệu lực đến", "Last day of the unit."),
    ),
    rules=(
        Rule("own_parent", "parent", "parent = code", "Đơn vị tự là cấp trên của chính mình."),
        one_row_by("unit_doubled", ("code",), "Một đơn vị được ghi nhiều lần trong cùng một tệp; dòng cuối cùng được tính."),
        across_history("parent_unknown", "parent", "Đơn vị cấp trên không có trong danh mục; đơn vị được tính trực thuộc tỉnh."),
    ),
    orders=(Order("valid_to_before_from", "valid_from", "valid_to", "Ngày hết hiệu lực trước ngày có hiệu lực."),),
)
