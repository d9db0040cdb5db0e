"""Administrative procedures (thủ tục hành chính): reference data of what dossiers ask for."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import Column, Contract, Order, Rule, Severity, one_row_by

# A limit beyond that, whatever it counts, is a slip of the keyboard.
LONGEST_LIMIT = 5_000

PROCEDURES = Contract(
    entity="procedures",
    label="Thủ tục hành chính",
    description="A procedure as reference data gives it.",
    key=("code",),
    columns=(
        Column("code", "text", "Mã TTHC", "Code of the procedure.", nullable=False),
        Column("name", "text", "Tên TTHC", "Name in Vietnamese.", nullable=False, prose=True),
        Column("field_code", "text", "Mã lĩnh vực", "Code of the field."),
        Column("field_name", "text", "Tên lĩnh vực", "Name of the field.", prose=True),
        Column("time_limit", "integer", "Thời hạn giải quyết", "Legal limit, counted in limit_unit.", unit="limit_unit", least=1, most=LONGEST_LIMIT),
        Column("limit_unit", "text", "Đơn vị tính thời hạn", "What time_limit counts.", codes=codes.LIMIT_UNIT),
        Column("online_level", "text", "Mức độ dịch vụ trực tuyến", "Highest level of the online service.", codes=codes.ONLINE_LEVEL),
        Column("has_fee", "boolean", "Có phí, lệ phí", "Whoever asks for it owes a fee."),
        Column("has_paper_result", "boolean", "Có kết quả bằng giấy tờ", "It yields a paper, so that an electronic one is due."),
        Column("valid_from", "date", "Hiệu lực từ", "First day of the procedure."),
        Column("valid_to", "date", "Hiệu lực đến", "Last day of the procedure."),
    ),
    rules=(
        Rule(
            "limit_unit_needed",
            "limit_unit",
            "time_limit is not null and raw__limit_unit is null",
            "Có thời hạn giải quyết nhưng không có đơn vị tính; thời hạn này không được dùng.",
            Severity.WARN,
        ),
        one_row_by("procedure_doubled", ("code",), "Một thủ tục được ghi nhiều lần trong cùng một tệp; dòng cuối cùng được tính."),
    ),
    orders=(Order("valid_to_before_from", "valid_from", "valid_to", "Ngày hết hiệu lực trước ngày có hiệu lực."),),
)
