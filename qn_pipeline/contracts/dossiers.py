"""Dossiers (hồ sơ): a row is a version of a dossier as the one-stop shop tells it."""

from qn_pipeline.contracts import codes
from qn_pipeline.contracts.model import Column, Contract, Rule, Severity

# Both orders of the agency's code: 000.00.33.H47-220801-0001 (QCVN 102:2016) and H47.33-220801-1 (QĐ 20/2020),
# and the tail -yyMMdd-NNNNN that some systems add when they synchronise.
DOSSIER_CODE = r"([0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}|[A-Z][0-9]{2}(\.[0-9]{2}){0,3})-[0-9]{6}-[0-9]+(-[0-9]{6}-[0-9]{5})?"

DOSSIERS = Contract(
    entity="dossiers",
    label="Hồ sơ thủ tục hành chính",
    description="A version of a dossier as the one-stop shop tells it.",
    key=("code",),
    unit_column="resolving_unit",
    version_order="updated_at",
    columns=(
        Column("code", "text", "Mã hồ sơ", "Dossier code (TT 01/2018/TT-VPCP Điều 19).", nullable=False),
        Column("procedure", "text", "Mã TTHC", "Code of the administrative procedure.", nullable=False),
        Column("receiving_unit", "text", "Bộ phận tiếp nhận", "Code of the desk that received the dossier."),
        Column("resolving_unit", "text", "Đơn vị giải quyết", "Code of the unit that resolves the dossier.", nullable=False),
        Column("channel", "text", "Kênh tiếp nhận", "How the dossier was filed (KenhThucHien).", nullable=False, codes=codes.CHANNEL),
        Column("status", "integer", "Trạng thái", "Status of the national list (TrangThaiHoSo 1-10).", nullable=False, codes=codes.STATUS),
        Column("submitted_at", "timestamp", "Thời điểm nộp", "When it was filed (NgayNopHoSo)."),
        Column("received_at", "timestamp", "Thời điểm tiếp nhận", "When it was received (NgayTiepNhan); the clock starts."),
        Column("due_at", "timestamp", "Hẹn trả", "When the result is due (NgayHenTra).", deadline=True),
        Column("limit_hours", "integer", "Thời hạn giải quyết", "Legal limit of this dossier, where the system states it.", unit="giờ làm việc"),
        Column("ended_at", "timestamp", "Kết thúc xử lý", "When processing ended (NgayKetThucXuLy)."),
        Column("returned_at", "timestamp", "Trả kết quả", "When the result was handed over (NgayTra)."),
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
        Column("fee", "integer", "Phí, lệ phí", "Fees of the dossier, all lines together.", unit="đồng"),
        Column("online_payment", "text", "Thanh toán trực tuyến", "Where it was paid online (DuocThanhToanTrucTuyen).", codes=codes.ONLINE_PAYMENT),
        Column("satisfaction", "text", "Đánh giá của người nộp", "The applicant's vote.", codes=codes.SATISFACTION),
        Column("applicant_kind", "text", "Loại đối tượng", "Kind of applicant (LoaiDoiTuong).", codes=codes.APPLICANT_KIND),
        Column("applicant_id", "text", "Định danh người nộp (đã niêm phong)", "Sealed identifier of the applicant.", sealed=True),
        Column("updated_at", "timestamp", "Thời điểm cập nhật ở nguồn", "When the source last changed the row; orders its versions.", volatile=True),
    ),
    rules=(
        Rule(
            "code_format",
            "code",
            f"not regexp_full_match(code, '{DOSSIER_CODE}')",
            "Mã hồ sơ không đúng mẫu của Thông tư 01/2018/TT-VPCP.",
            profile="vietnam",
        ),
        Rule(
            "code_date_differs",
            "code",
            "regexp_extract(code, '-([0-9]{6})-', 1) <> '' and regexp_extract(code, '-([0-9]{6})-', 1) <> strftime(received_at, '%y%m%d')",
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
        Rule("ended_before_received", "ended_at", "ended_at < received_at", "Kết thúc xử lý trước khi tiếp nhận."),
        Rule("due_before_received", "due_at", "due_at < received_at", "Ngày hẹn trả trước khi tiếp nhận."),
        Rule(
            "returned_before_ended",
            "returned_at",
            "returned_at < ended_at",
            "Trả kết quả trước khi xử lý xong.",
            severity=Severity.WARN,
        ),
        Rule(
            "submitted_after_received",
            "submitted_at",
            "submitted_at > received_at",
            "Thời điểm nộp sau thời điểm tiếp nhận.",
            severity=Severity.WARN,
        ),
        Rule(
            "date_in_future",
            "received_at",
            "greatest(received_at, ended_at, returned_at) >= {day_end}",
            "Có thời điểm tiếp nhận, kết thúc hoặc trả kết quả sau ngày mà dữ liệu được gửi.",
        ),
        Rule("limit_not_positive", "limit_hours", "limit_hours <= 0", "Thời hạn giải quyết không lớn hơn 0.", severity=Severity.WARN),
        Rule("fee_negative", "fee", "fee < 0", "Phí, lệ phí là số âm."),
    ),
)
