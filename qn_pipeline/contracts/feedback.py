"""What citizens report to the 1022 hotline, and how it was answered."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import Column, Contract, Rule

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
        Column("channel", "text", "Kênh", "How it came in, as the hotline spells it."),
        Column("topic", "text", "Lĩnh vực", "What it is about, as the hotline spells it."),
        Column("unit", "text", "Đơn vị xử lý", "The unit that is to answer.", nullable=False),
        Column("status", "text", "Trạng thái", "Where it stands.", nullable=False, codes=codes.FEEDBACK_STATUS),
        Column("received_at", "timestamp", "Thời điểm nhận", "When it came in.", nullable=False),
        Column("forwarded_at", "timestamp", "Thời điểm chuyển", "When it was last forwarded to the unit."),
        Column("due_at", "timestamp", "Hạn xử lý", "When the answer is due.", deadline=True),
        Column("answered_at", "timestamp", "Thời điểm trả lời", "When it was answered."),
        Column("satisfied", "boolean", "Hài lòng", "The citizen is satisfied with the answer."),
        Column("complained_again", "boolean", "Phản ánh lại", "The citizen came back with it."),
        Column("dossier", "text", "Mã hồ sơ liên quan", "The dossier that it is about."),
        Column("updated_at", "timestamp", "Cập nhật", "The hotline's own time of the last change.", volatile=True),
    ),
    rules=(
        Rule("received_in_future", "received_at", "received_at >= {day_end}", "Phản ánh được nhận sau ngày mà dữ liệu được gửi."),
        Rule("answered_before_received", "answered_at", "answered_at < received_at", "Thời điểm trả lời trước thời điểm nhận."),
        Rule(
            "answered_without_date", "answered_at", "status = 'answered' and raw__answered_at is null", "Đã trả lời nhưng không có thời điểm trả lời."
        ),
    ),
)
