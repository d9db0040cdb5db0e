"""Dossiers (hồ sơ): a row is a version of a dossier as the one-stop shop tells it."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import FIRST_DAY, LAST_DAY, Column, Contract, Order, Rule, Severity, Shape, across_history, one_row_by

# Both orders of the agency's code: 000.00.33.H47-220801-0001 (QCVN 102:2016) and H47.33-220801-1 (QĐ 20/2020),
# and the tail -yyMMdd-NNNNN that some systems add when they synchronise.
DOSSIER_CODE = r"([0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}|[A-Z][0-9]{2}(\.[0-9]{2}){0,3})-[0-9]{6}-[0-9]+(-[0-9]{6}-[0-9]{5})?"
# A limit of ten years of working time is a slip of the keyboard.
LONGEST_LIMIT_HOURS = 20_000
UNUSUAL_FEE, HIGHEST_FEE = 1_000_000_000, 1_000_000_000_000

DOSSIERS = Contract(
    entity="dossiers",
    label="Hồ sơ thủ tục hành chính",
    description="A version of a dossier as the one-stop shop tells it.",
    key=("code",),
    unit_column="resolving_unit",
    version_order="updated_at",
    columns=(
        Column(
            "code",
            "text",
            "Mã hồ sơ",
            "Dossier code (TT 01/2018/TT-VPCP Điều 19).",
            nullable=False,
            shape=Shape(DOSSIER_CODE, "Mã hồ sơ không đúng mẫu của Thông tư 01/2018/TT-VPCP.", profile="vietnam"),
        ),
        Column("procedure", "text", "Mã TTHC", "Code of the administrative procedure.", nullable=False),
        Column("receiving_unit", "text", "Bộ phận tiếp nhận", "Code of the desk that received the dossier."),
        Column("resolving_unit", "text", "Đơn vị giải quyết", "Code of the unit that resolves the dossier.", nullable=False),
        Column("channel", "text", "Kênh tiếp nhận", "How the dossier was filed (KenhThucHien).", nullable=False, codes=codes.CHANNEL),
        Column("status", "integer", "Trạng thái", "Status of the national list (TrangThaiHoSo 1-10).", nullable=False, codes=codes.STATUS),
        Column("submitted_at", "timestamp", "Thời điểm nộp", "When it was filed (NgayNopHoSo).", least=FIRST_DAY),
        Column(
            "received_at", "timestamp", "Thời điểm tiếp nhận", "When it was received (NgayTiepNhan); the clock starts.", past=True, least=FIRST_DAY
        ),
        Column("due_at", "timestamp", "Hẹn trả", "When the result is due (NgayHenTra).", deadline=True, least=FIRST_DAY, most=LAST_DAY),
        Column(
            "limit_hours",
            "integer",
            "Thời hạn giải quyết",
            "Legal limit of this dossier, where the system states it.",
            unit="giờ làm việc",
            least=1,
            most=LONGEST_LIMIT_HOURS,
            range_severity=Severity.WARN,
        ),
        Column("ended_at", "timestamp", "Kết thúc xử lý", "When processing ended (NgayKetThucXuLy).", past=True),
        Column("returned_at", "timestamp", "Trả kết quả", "When the result was handed over (NgayTra).", past=True),
        Column("online_level", "text", "Mức độ dịch vụ trực tuyến", "Level of the online service at filing.", codes=codes.ONLINE_LEVEL),
        Column("components_digitized", "boolean", "Có số hóa thành phần hồ sơ", "At least one component paper has a file."),
        Column("components_reused", "boolean", "Có tái sử dụng thành phần", "At least one component was taken from earlier data."),
        Column(
            "components_from_store", "boolean", "Lấy từ kho dữ liệu cá nhân", "A component came from the citizen's national store (DuocLayTuKhoDMQG)."
        ),
        Column(
            "identity_verified",
            "boolean",
            "Dùng dữ liệu dân cư",
            "Filed with an account that VNeID verified, or with data of the population database.",
        ),
        Column("result_digitized", "boolean", "Có kết quả điện tử", "The result has an electronic file."),
        Column("fee", "integer", "Phí, lệ phí", "Fees of the dossier, all lines together.", unit="đồng", least=0, most=HIGHEST_FEE),
        Column("online_payment", "text", "Thanh toán trực tuyến", "Where it was paid online (DuocThanhToanTrucTuyen).", codes=codes.ONLINE_PAYMENT),
        Column("satisfaction", "text", "Đánh giá của người nộp", "The applicant's vote.", codes=codes.SATISFACTION),
        Column("applicant_kind", "text", "Loại đối tượng", "Kind of applicant (LoaiDoiTuong).", codes=codes.APPLICANT_KIND),
        Column("applicant_id", "text", "Định danh người nộp (đã niêm phong)", "Sealed identifier of the applicant.", sealed=True),
        Column("updated_at", "timestamp", "Thời điểm cập nhật ở nguồn", "When the source last changed the row; orders its versions.", volatile=True),
    ),
    rules=(
        Rule(
            "code_date_differs",
            "code",
            # The comparison first: it decides most rows, and the expression is dear.
            "split_part(code, '-', 2) <> strftime(received_at, '%y%m%d') and regexp_matches(code, '^[^-]*-[0-9]{6}-')",
            "Ngày trong mã hồ sơ khác ngày tiếp nhận.",
            severity=Severity.WARN,
            profile="vietnam",
        ),
        Rule(
            "received_at_needed",
            "received_at",
            "raw__received_at is null and status not in (1, 3)",
            "Hồ sơ đã tiếp nhận nhưng không có thời điểm tiếp nhận.",
        ),
        Rule(
            "ended_at_needed",
            "ended_at",
            "raw__ended_at is null and status in (7, 8, 9, 10)",
            "Hồ sơ đã kết thúc (rút, dừng, xử lý xong hoặc đã trả) nhưng không có thời điểm kết thúc.",
        ),
        Rule(
            "ended_at_while_running",
            "ended_at",
            "ended_at is not null and status in (1, 2, 4, 5, 6)",
            "Hồ sơ chưa kết thúc nhưng lại có thời điểm kết thúc; thời điểm này không được dùng.",
            severity=Severity.WARN,
        ),
        Rule(
            "submitted_in_future",
            "submitted_at",
            "submitted_at >= {day_end} and received_at is null",
            "Thời điểm nộp sau ngày mà dữ liệu được gửi.",
            severity=Severity.WARN,
        ),
        Rule(
            "returned_at_while_running",
            "returned_at",
            # Some systems date a refusal there, too.
            "returned_at is not null and status in (1, 2, 4, 5, 6)",
            "Hồ sơ chưa có kết quả nhưng lại có thời điểm trả kết quả; thời điểm này không được dùng.",
            severity=Severity.WARN,
        ),
        Rule(
            "returned_at_needed",
            "returned_at",
            "raw__returned_at is null and status = 10",
            "Hồ sơ đã trả kết quả nhưng không có thời điểm trả.",
            severity=Severity.WARN,
            needs=("returned_at",),
        ),
        Rule(
            "received_at_while_new",
            "received_at",
            "received_at is not null and status = 1",
            "Hồ sơ mới đăng ký nhưng lại có thời điểm tiếp nhận; hồ sơ chưa được tính là đã tiếp nhận.",
            severity=Severity.WARN,
        ),
        Rule(
            "due_too_far",
            "due_at",
            "due_at > received_at + interval 10 year",
            "Ngày hẹn trả sau ngày tiếp nhận hơn 10 năm.",
        ),
        Rule(
            "updated_in_future",
            "updated_at",
            # A file may be written shortly after midnight. A day on, it would hide every later version of the dossier.
            "updated_at >= {day_end} + interval 1 day",
            "Thời điểm cập nhật ở nguồn sau ngày mà dữ liệu được gửi hơn một ngày.",
        ),
        Rule(
            "online_level_of_channel",
            "online_level",
            "channel = 'online' and online_level = 'none'",
            "Hồ sơ nộp trực tuyến nhưng dịch vụ được ghi là không trực tuyến.",
            severity=Severity.WARN,
        ),
        Rule(
            "paid_without_fee",
            "fee",
            "online_payment in ('national', 'local') and (raw__fee is null or fee = 0)",
            "Có thanh toán trực tuyến nhưng phí, lệ phí bằng 0 hoặc bị bỏ trống.",
            severity=Severity.WARN,
            needs=("fee",),
        ),
        Rule(
            "fee_unusual",
            "fee",
            f"fee between {UNUSUAL_FEE + 1} and {HIGHEST_FEE}",
            "Phí, lệ phí của một hồ sơ lớn hơn 1 tỷ đồng.",
            severity=Severity.WARN,
        ),
        one_row_by(
            "version_doubled",
            ("code", "updated_at"),
            "Một hồ sơ có nhiều dòng cùng thời điểm cập nhật trong cùng một lần gửi; dòng cuối cùng được tính.",
        ),
        across_history("receiving_unit_unknown", "receiving_unit", "Bộ phận tiếp nhận không có trong danh mục đơn vị."),
        across_history("receiving_unit_not_valid", "receiving_unit", "Bộ phận tiếp nhận không có hiệu lực vào ngày tiếp nhận."),
        across_history("resolving_unit_unknown", "resolving_unit", "Đơn vị giải quyết không có trong danh mục đơn vị."),
        across_history("resolving_unit_not_valid", "resolving_unit", "Đơn vị giải quyết không có hiệu lực vào ngày tiếp nhận."),
        across_history("procedure_unknown", "procedure", "Mã TTHC không có trong danh mục thủ tục."),
        across_history("procedure_not_valid", "procedure", "Thủ tục không có hiệu lực vào ngày tiếp nhận."),
        across_history("fee_of_free_procedure", "fee", "Hồ sơ có phí, lệ phí nhưng danh mục ghi thủ tục không thu phí."),
        across_history("online_level_above_service", "online_level", "Mức độ trực tuyến của hồ sơ cao hơn mức mà đơn vị cung cấp."),
    ),
    orders=(
        Order("ended_before_received", "received_at", "ended_at", "Kết thúc xử lý trước khi tiếp nhận."),
        Order("due_before_received", "received_at", "due_at", "Ngày hẹn trả trước khi tiếp nhận."),
        Order("returned_before_ended", "ended_at", "returned_at", "Trả kết quả trước khi xử lý xong.", Severity.WARN),
        Order("submitted_after_received", "submitted_at", "received_at", "Thời điểm nộp sau thời điểm tiếp nhận.", Severity.WARN, "submitted_at"),
    ),
)
