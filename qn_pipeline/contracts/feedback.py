"""What citizens report to the 1022 hotline, and how it was answered."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import FIRST_DAY, LAST_DAY, Column, Contract, Order, Rule, Severity, across_history, one_row_by

FEEDBACK = Contract(
    entity="feedback",
    label="Phản ánh, kiến nghị qua 1022",
    description="A contact of a citizen with the 1022 hotline; most are inquiries, which are no complaints.",
    key=("code",),
    unit_column="unit",
    version_order="updated_at",
    columns=(
        Column("code", "text", "Mã phản ánh", "The hotline's identifier.", nullable=False),
        Column("kind", "text", "Loại", "Inquiry, complaint or proposal.", nullable=False, codes=codes.FEEDBACK_KIND),
        Column("channel", "text", "Kênh", "How it came in, as the hotline spells it.", prose=True),
        Column("topic", "text", "Lĩnh vực", "What it is about, as the hotline spells it.", prose=True),
        Column("unit", "text", "Đơn vị xử lý", "The unit that is to answer.", nullable=False),
        Column("status", "text", "Trạng thái", "Where it stands.", nullable=False, codes=codes.FEEDBACK_STATUS),
        Column("received_at", "timestamp", "Thời điểm nhận", "When it came in.", nullable=False, past=True, least=FIRST_DAY),
        Column("forwarded_at", "timestamp", "Thời điểm chuyển", "When it was last forwarded to the unit.", past=True),
        Column("due_at", "timestamp", "Hạn xử lý", "When the answer is due.", deadline=True, least=FIRST_DAY, most=LAST_DAY),
        Column("answered_at", "timestamp", "Thời điểm trả lời", "When it was answered.", past=True),
        Column("satisfied", "boolean", "Hài lòng", "The citizen is satisfied with the answer."),
        Column("complained_again", "boolean", "Phản ánh lại", "The citizen came back with it."),
        Column("dossier", "text", "Mã hồ sơ liên quan", "The dossier that it is about."),
        Column("updated_at", "timestamp", "Cập nhật", "The hotline's own time of the last change.", volatile=True),
    ),
    rules=(
        Rule(
            "answered_without_date", "answered_at", "status = 'answered' and raw__answered_at is null", "Đã trả lời nhưng không có thời điểm trả lời."
        ),
        Rule(
            "answered_while_open",
            "answered_at",
            "answered_at is not null and status in ('new', 'processing')",
            "Chưa trả lời nhưng lại có thời điểm trả lời; thời điểm này không được dùng.",
            Severity.WARN,
        ),
        Rule(
            "satisfied_without_answer",
            "satisfied",
            "satisfied is not null and status in ('new', 'processing')",
            "Chưa trả lời nhưng lại có đánh giá của người dân.",
            Severity.WARN,
        ),
        Rule("due_too_far", "due_at", "due_at > received_at + interval 2 year", "Hạn xử lý sau thời điểm nhận hơn 2 năm.", Severity.WARN),
        Rule(
            "updated_in_future",
            "updated_at",
            "updated_at >= {day_end} + interval 1 day",
            "Thời điểm cập nhật sau ngày mà dữ liệu được gửi hơn một ngày.",
        ),
        one_row_by(
            "version_doubled",
            ("code", "updated_at"),
            "Một phản ánh có nhiều dòng cùng thời điểm cập nhật trong cùng một lần gửi; dòng cuối cùng được tính.",
        ),
        across_history("unit_unknown", "unit", "Đơn vị xử lý không có trong danh mục đơn vị."),
        across_history("unit_not_valid", "unit", "Đơn vị xử lý không có hiệu lực vào ngày nhận."),
    ),
    orders=(
        Order("answered_before_received", "received_at", "answered_at", "Thời điểm trả lời trước thời điểm nhận."),
        Order("due_before_received", "received_at", "due_at", "Hạn xử lý trước thời điểm nhận."),
        Order("forwarded_before_received", "received_at", "forwarded_at", "Thời điểm chuyển trước thời điểm nhận.", Severity.WARN),
    ),
)
