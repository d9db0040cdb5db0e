"""Administrative procedures (thủ tục hành chính): reference data of what dossiers ask for."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import Column, Contract, Rule

PROCEDURES = Contract(
    entity="procedures",
    label="Thủ tục hành chính",
    description="A procedure as reference data gives it.",
    key=("code",),
    columns=(
        Column("code", "text", "Mã TTHC", "Code of the procedure.", nullable=False),
        Column("name", "text", "Tên TTHC", "Name in Vietnamese.", nullable=False),
        Column("field_code", "text", "Mã lĩnh vực", "Code of the field."),
        Column("field_name", "text", "Tên lĩnh vực", "Name of the field."),
        Column("time_limit", "integer", "Thời hạn giải quyết", "Legal limit, counted in limit_unit.", unit="limit_unit"),
        Column("limit_unit", "text", "Đơn vị tính thời hạn", "What time_limit counts.", codes=codes.LIMIT_UNIT),
        Column("online_level", "text", "Mức độ dịch vụ trực tuyến", "Highest level of the online service.", codes=codes.ONLINE_LEVEL),
        Column("has_fee", "boolean", "Có phí, lệ phí", "Whoever asks for it owes a fee."),
        Column("has_paper_result", "boolean", "Có kết quả bằng giấy tờ", "It yields a paper, so that an electronic one is due."),
        Column("valid_from", "date", "Hiệu lực từ", "First day of the procedure."),
        Column("valid_to", "date", "Hiệu lực đến", "Last day of the procedure."),
    ),
    rules=(
        Rule("time_limit_not_positive", "time_limit", "time_limit <= 0", "Thời hạn giải quyết không lớn hơn 0."),
        Rule("valid_to_before_from", "valid_to", "valid_to < valid_from", "Ngày hết hiệu lực trước ngày có hiệu lực."),
    ),
)
