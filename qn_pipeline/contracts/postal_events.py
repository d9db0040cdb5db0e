"""The post's log (Decision 2114): pieces of work that its clerks do at the one-stop shops."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import Column, Contract, Rule, Severity

POSTAL_EVENTS = Contract(
    entity="postal_events",
    label="Nhật ký công việc của bưu điện",
    description="A piece of work of a post clerk: guiding, receiving, digitizing, returning.",
    key=("code",),
    unit_column="unit",
    columns=(
        Column("code", "text", "Mã lượt việc", "What tells it from any other piece of work.", nullable=False),
        Column("kind", "text", "Loại việc", "What was done.", nullable=False, codes=codes.POSTAL_WORK),
        Column("office", "text", "Bưu cục", "Code of the post office.", nullable=False),
        Column("unit", "text", "Bộ phận Một cửa", "Code of the desk or unit at which it was done."),
        Column("dossier_as_typed", "text", "Mã hồ sơ (như đã ghi)", "Dossier code as the clerk typed it."),
        Column("scanned", "text", "Đối tượng số hóa", "Of digitizing: component papers or the result.", codes=codes.SCANNED),
        Column("began_at", "timestamp", "Bắt đầu", "When the work began.", nullable=False),
        Column("ended_at", "timestamp", "Kết thúc", "When it ended."),
        Column("clerk_id", "text", "Nhân viên bưu điện", "The clerk.", sealed=True),
        Column("pages", "integer", "Số trang", "Pages scanned.", unit="trang"),
        Column("files", "integer", "Số tệp", "Files made.", unit="tệp"),
        Column("signed", "boolean", "Đã ký số", "The files bear a digital signature."),
        Column("outcome", "text", "Kết quả", "Whether it was done; done where nothing is told.", codes=codes.POSTAL_OUTCOME),
    ),
    rules=(
        Rule(
            "work_doubled",
            "code",
            "code is not null and count(*) over (partition by code) > 1",
            "Một lượt việc được ghi nhiều lần trong cùng một tệp; dòng cuối cùng được tính.",
            Severity.WARN,
        ),
        Rule("work_ended_before_begun", "ended_at", "ended_at < began_at", "Thời điểm kết thúc trước thời điểm bắt đầu."),
        Rule("work_in_future", "began_at", "began_at >= {day_end}", "Công việc có thời điểm sau ngày mà dữ liệu được gửi."),
        Rule("pages_negative", "pages", "pages < 0 or files < 0", "Số trang hoặc số tệp là số âm."),
        Rule(
            "dossier_missing",
            "dossier_as_typed",
            "raw__dossier_as_typed is null and kind <> 'guide'",
            "Việc tiếp nhận, số hóa, trả kết quả không ghi mã hồ sơ.",
            Severity.WARN,
        ),
    ),
)
