"""Services (dịch vụ công): which unit offers which procedure, and how far online."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import Column, Contract, across_history, one_row_by

SERVICES = Contract(
    entity="services",
    label="Dịch vụ công của đơn vị",
    description="A procedure that a unit offers.",
    key=("code",),
    unit_column="unit",
    columns=(
        Column("code", "text", "Mã dịch vụ", "The system's identifier of the service.", nullable=False),
        Column("unit", "text", "Mã đơn vị", "The unit that offers it.", nullable=False),
        Column("procedure", "text", "Mã TTHC", "Code of the procedure.", nullable=False),
        Column("online_level", "text", "Mức độ dịch vụ trực tuyến", "Level of the online service of this unit.", codes=codes.ONLINE_LEVEL),
    ),
    rules=(
        one_row_by("service_doubled", ("code",), "Một dịch vụ được ghi nhiều lần trong cùng một tệp; dòng cuối cùng được tính."),
        across_history("unit_unknown", "unit", "Đơn vị cung cấp dịch vụ không có trong danh mục đơn vị."),
        across_history("procedure_unknown", "procedure", "Thủ tục của dịch vụ không có trong danh mục thủ tục."),
    ),
)
