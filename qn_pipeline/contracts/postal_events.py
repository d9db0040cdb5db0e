"""The post's log (Decision 2114): pieces of work that its clerks do at the one-stop shops."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import FIRST_DAY, Column, Contract, Order, Rule, Severity, across_history, one_row_by

# No piece of work has more; the largest dossiers have some thousand pages.
MOST_PAGES, MANY_PAGES = 20_000, 3_000
# What the fastest scanners do, both sides of a sheet. Moments may be told in whole minutes.
PAGES_A_MINUTE = 240

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
        Column("began_at", "timestamp", "Bắt đầu", "When the work began.", nullable=False, past=True, least=FIRST_DAY),
        Column("ended_at", "timestamp", "Kết thúc", "When it ended.", past=True),
        Column("clerk_id", "text", "Nhân viên bưu điện", "The clerk.", sealed=True),
        Column("pages", "integer", "Số trang", "Pages scanned.", unit="trang", least=0, most=MOST_PAGES),
        Column("files", "integer", "Số tệp", "Files made.", unit="tệp", least=0, most=MOST_PAGES),
        Column("signed", "boolean", "Đã ký số", "The files bear a digital signature."),
        Column("outcome", "text", "Kết quả", "Whether it was done; done where nothing is told.", codes=codes.POSTAL_OUTCOME),
    ),
    rules=(
        one_row_by("work_doubled", ("code",), "Một lượt việc được ghi nhiều lần trong cùng một tệp; dòng cuối cùng được tính."),
        Rule(
            "dossier_missing",
            "dossier_as_typed",
            "raw__dossier_as_typed is null and kind <> 'guide'",
            "Việc tiếp nhận, số hóa, trả kết quả không ghi mã hồ sơ.",
            Severity.WARN,
        ),
        Rule(
            "digitized_without_pages",
            "pages",
            "kind = 'digitize' and coalesce(outcome, 'done') = 'done' and (raw__pages is null or pages = 0) and coalesce(files, 0) = 0",
            "Việc số hóa đã hoàn thành nhưng không có trang và tệp nào.",
            Severity.WARN,
            needs=("pages",),
        ),
        Rule(
            "pages_of_other_work",
            "pages",
            "kind = 'guide' and (pages > 0 or files > 0)",
            "Việc hướng dẫn nhưng lại có số trang hoặc số tệp đã số hóa.",
            Severity.WARN,
        ),
        Rule(
            "scanned_of_other_work",
            "scanned",
            "scanned is not null and kind <> 'digitize'",
            "Có đối tượng số hóa nhưng loại việc không phải số hóa.",
            Severity.WARN,
        ),
        Rule("pages_many", "pages", f"pages between {MANY_PAGES + 1} and {MOST_PAGES}", "Một lượt số hóa có hơn 3.000 trang.", Severity.WARN),
        Rule("files_over_pages", "files", "files > pages and pages > 0", "Số tệp lớn hơn số trang.", Severity.WARN),
        Rule("signed_without_file", "signed", "signed and files = 0", "Ghi là đã ký số nhưng không có tệp nào.", Severity.WARN),
        Rule(
            "pages_too_fast",
            "pages",
            f"ended_at >= began_at and pages > {PAGES_A_MINUTE} * (date_diff('second', began_at, ended_at) // 60 + 1)",
            "Số trang nhiều hơn máy quét nào làm được trong thời gian đã ghi.",
            Severity.WARN,
        ),
        Rule("work_too_long", "ended_at", "ended_at > began_at + interval 10 hour", "Một lượt việc kéo dài hơn một ngày làm việc.", Severity.WARN),
        across_history("unit_unknown", "unit", "Bộ phận Một cửa không có trong danh mục đơn vị."),
        across_history("unit_not_valid", "unit", "Bộ phận Một cửa không có hiệu lực vào ngày làm việc."),
    ),
    orders=(Order("work_ended_before_begun", "began_at", "ended_at", "Thời điểm kết thúc trước thời điểm bắt đầu."),),
)
