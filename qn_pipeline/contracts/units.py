"""Units: the agencies, districts, communes and desks that figures are counted for."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import Column, Contract, Rule

UNITS = Contract(
    entity="units",
    label="Đơn vị",
    description="A unit as reference data gives it; every unit but the province has a parent.",
    key=("code",),
    columns=(
        Column("code", "text", "Mã đơn vị", "Identifier of the unit (QĐ 20/2020/QĐ-TTg or QCVN 102:2016).", nullable=False),
        Column("name", "text", "Tên đơn vị", "Name in Vietnamese.", nullable=False),
        Column("level", "text", "Cấp", "Level of the unit.", nullable=False, codes=codes.UNIT_LEVEL),
        Column("parent", "text", "Mã đơn vị cấp trên", "Code of the unit above; empty means the province."),
        Column("valid_from", "date", "Hiệu lực từ", "First day of the unit."),
        Column("valid_to", "date", "Hiệu lực đến", "Last day of the unit."),
    ),
    rules=(
        Rule("own_parent", "parent", "parent = code", "Đơn vị tự là cấp trên của chính mình."),
        Rule("valid_to_before_from", "valid_to", "valid_to < valid_from", "Ngày hết hiệu lực trước ngày có hiệu lực."),
    ),
)
