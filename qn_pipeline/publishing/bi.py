"""The schema `bi`, declared: its views, their columns and what they are called, how each figure may be added up, and what codes mean to readers.

dbt_project/models/bi has the SQL of each view; its contract (names, types), the comments in the database, the view `bi.dictionary` and the tables of
docs/bi.md derive from here (bi_files). Labels that a contract or the catalogue has are taken from there.
"""

from dataclasses import dataclass
from typing import Literal

from qn_pipeline.contracts import CONTRACTS, codes
from qn_pipeline.indicators import values
from qn_pipeline.indicators.catalogue import contents
from qn_pipeline.indicators.period_sets import period_sets
from qn_pipeline.indicators.tables import CHECKS, STATUSES
from qn_pipeline.publishing.quarantine_workbooks import SEVERITIES

Type = Literal["varchar", "bigint", "boolean", "date", "timestamp", "decimal(20,2)"]
Sums = Literal[
    "additive", "semi_additive_time", "semi_additive_units", "ratio", "ratio_semi_additive_time", "by_indicator", "cumulative", "not_additive", "none"
]
"""How a figure may be added up."""

HOW_TO_SUM: dict[str, str] = {
    "additive": "Cộng được theo đơn vị cùng cấp, theo kênh và theo các kỳ nối tiếp nhau.",
    "semi_additive_time": "Cộng được theo đơn vị cùng cấp và theo kênh; không cộng theo thời gian: lấy số của kỳ cuối.",
    "semi_additive_units": "Cộng được theo các kỳ nối tiếp nhau và theo kênh; không cộng theo đơn vị.",
    "ratio": "Tỷ lệ: cộng tử số, cộng mẫu số (theo đơn vị cùng cấp, kênh, các kỳ nối tiếp nhau) rồi mới chia; không cộng, không lấy trung bình tỷ lệ.",
    "ratio_semi_additive_time": "Tỷ lệ: cộng tử số, cộng mẫu số theo đơn vị cùng cấp và theo kênh rồi mới chia; không cộng theo thời gian.",
    "by_indicator": "Theo từng chỉ tiêu: xem dim_indicator.additivity.",
    "cumulative": "Lũy kế từ đầu năm: lấy số của tháng cuối, không cộng các tháng; cộng được theo đơn vị cùng cấp.",
    "not_additive": "Không cộng được: chỉ đọc của đúng một đơn vị và một kỳ.",
    "none": "Chưa có số liệu.",
}


@dataclass(frozen=True)
class Column:
    """A column: `sums` makes it a figure, and `of` is numerator and denominator of a ratio; `to` is the dimension that it is a key of."""

    name: str
    type: Type
    label: str
    sums: Sums | None = None
    of: tuple[str, str] | None = None
    to: str | None = None


@dataclass(frozen=True)
class View:
    """A view: a row is one of `key`."""

    name: str
    label: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def model(self) -> str:
        """dbt's name of it: names of models are unique across schemas."""
        return f"bi_{self.name}"


def _text(name: str, label: str, to: str | None = None) -> Column:
    return Column(name, "varchar", label, to=to)


def _count(name: str, label: str, sums: Sums = "additive") -> Column:
    return Column(name, "bigint", label, sums)


def _share(name: str, label: str, numerator: str, denominator: str, sums: Sums = "ratio") -> Column:
    return Column(name, "decimal(20,2)", label, sums, (numerator, denominator))


def _of_contract(entity: str, name: str) -> str:
    return CONTRACTS[entity].column(name).label


_UNIT = _text("unit", "Mã đơn vị", "dim_unit")
_PERIOD = (
    _text("period_key", "Khóa của kỳ", "dim_period"),
    _text("period_set", "Cách chia kỳ"),
    _text("grain", "Độ dài kỳ"),
    Column("period_start", "date", "Ngày đầu kỳ"),
    Column("period_end", "date", "Ngày cuối kỳ"),
)
_DAY = (_text("period_key", "Khóa của ngày", "dim_period"), Column("day", "date", "Ngày"))
_MONEY = ("need", "estimate", "adjustment", "carried_over", "allotted", "expected", "disbursed", "settled")

VIEWS: tuple[View, ...] = (
    View(
        "dim_unit",
        "Đơn vị. Mỗi dòng một đơn vị, kèm các đơn vị cấp trên theo từng cấp (chính nó ở cột của cấp nó).",
        ("unit",),
        (
            _text("unit", "Mã đơn vị"),
            _text("name", "Tên đơn vị"),
            _text("level", "Mã cấp"),
            _text("level_name", "Cấp"),
            _text("parent", "Mã đơn vị cấp trên trực tiếp"),
            _text("parent_name", "Tên đơn vị cấp trên trực tiếp"),
            Column("depth", "bigint", "Số bậc dưới tỉnh; tỉnh là 0"),
            *(
                column
                for level, label in codes.UNIT_LEVEL.labels.items()
                for column in (_text(level, f"Mã đơn vị cấp “{label}”"), _text(f"{level}_name", f"Tên đơn vị cấp “{label}”"))
            ),
            _text("branch", "Mã đơn vị ngay dưới tỉnh mà đơn vị thuộc về"),
            _text("branch_name", "Tên đơn vị ngay dưới tỉnh mà đơn vị thuộc về"),
            _text("path", "Tên từ tỉnh xuống"),
            Column("is_declared", "boolean", "Có trong danh mục đơn vị; sai: chỉ có trong dữ liệu"),
        ),
    ),
    View(
        "dim_indicator",
        "Chỉ tiêu. Mỗi dòng một chỉ tiêu của danh mục đã dùng để tính, kèm cách được phép cộng.",
        ("indicator",),
        (
            _text("indicator", "Mã chỉ tiêu"),
            _text("official_code", "Số thứ tự trong Quyết định 766/QĐ-TTg"),
            _text("name_vi", "Tên chỉ tiêu"),
            _text("name_en", "Tên tiếng Anh"),
            _text("group_code", "Mã nhóm"),
            _text("group_name", "Nhóm chỉ tiêu"),
            _text("basis", "Căn cứ pháp lý, hoặc nguồn của công thức"),
            _text("certainty", "Mã độ chắc chắn của công thức và thang điểm"),
            _text("certainty_name", "Độ chắc chắn của công thức và thang điểm"),
            _text("note", "Ghi chú (tiếng Anh)"),
            _text("measured_in", "Đơn vị tính"),
            _text("kind", "flow: phát sinh trong kỳ; stock: số tại cuối kỳ"),
            Column("is_ratio", "boolean", "Là tỷ lệ phần trăm"),
            _text("direction", "Chiều tốt: up càng cao càng tốt, down càng thấp càng tốt; trống: không phải để so tốt xấu"),
            _text("numerator", "Tử số, theo tên số đo"),
            _text("denominator", "Mẫu số, theo tên số đo; trống nếu là số đếm"),
            _text("counted_by", "resolving: tính cho đơn vị giải quyết; receiving: cho bộ phận tiếp nhận"),
            Column("max_points", "bigint", "Điểm tối đa"),
            _text("scoring", "Cách chấm điểm: linear theo tỷ lệ, threshold đạt ngưỡng thì đủ điểm"),
            Column("threshold", "bigint", "Ngưỡng đủ điểm, %"),
            _text("additivity", "Mã cách cộng"),
            _text("how_to_sum", "Cách cộng"),
            Column("sums_over_units", "boolean", "Tử số và mẫu số cộng được theo đơn vị cùng cấp"),
            Column("sums_over_periods", "boolean", "Tử số và mẫu số cộng được theo các kỳ nối tiếp nhau"),
            _text("missing_vi", "Vì sao chưa có số liệu"),
            Column("position", "bigint", "Thứ tự hiển thị"),
        ),
    ),
    View(
        "dim_period",
        "Kỳ. Mỗi dòng một ngày, tháng, quý, năm hoặc kỳ báo cáo. Chọn đúng một cách chia kỳ và một độ dài trước khi cộng.",
        ("period_key",),
        (
            _text("period_key", "Khóa của kỳ: cách chia, độ dài, ngày cuối"),
            _text("period_set", "Mã cách chia kỳ"),
            _text("period_set_name", "Cách chia kỳ"),
            _text("grain", "Mã độ dài kỳ"),
            _text("grain_name", "Độ dài kỳ"),
            Column("period_start", "date", "Ngày đầu kỳ"),
            Column("period_end", "date", "Ngày cuối kỳ"),
            _text("label", "Tên kỳ: Tháng 08/2022, Quý III/2022"),
            Column("year", "bigint", "Năm (của ngày cuối kỳ)"),
            Column("quarter", "bigint", "Quý (của ngày cuối kỳ)"),
            Column("month", "bigint", "Tháng (của ngày cuối kỳ)"),
            Column("is_closed", "boolean", "Kỳ đã hết; sai: số liệu của kỳ còn tăng"),
        ),
    ),
    View(
        "dim_channel",
        "Kênh tiếp nhận. Dòng “all” là tất cả các kênh: lọc lấy một dòng này, hoặc bỏ nó rồi cộng các kênh.",
        ("channel",),
        (_text("channel", "Mã kênh"), _text("name", "Kênh tiếp nhận"), Column("is_total", "boolean", "Là tổng của các kênh")),
    ),
    View(
        "dim_database",
        "Cơ sở dữ liệu chuyên ngành. Mỗi dòng một cơ sở dữ liệu của kế hoạch, theo lần được biết mới nhất.",
        ("database_key",),
        (
            _text("database_key", "Khóa của cơ sở dữ liệu"),
            _text("code", "Mã cơ sở dữ liệu"),
            _text("name", "Tên cơ sở dữ liệu"),
            _text("owner", "Mã cơ quan chủ trì", "dim_unit"),
            _text("owner_name", "Cơ quan chủ trì"),
            _text("basis", _of_contract("databases", "basis")),
            Column("last_day", "date", "Ngày cuối có trong kế hoạch"),
        ),
    ),
    View(
        "fact_indicator",
        "Giá trị chỉ tiêu. Mỗi dòng một chỉ tiêu, kỳ, đơn vị và kênh. Số của đơn vị gồm cả các đơn vị trực thuộc: chọn một cấp rồi mới cộng.",
        ("indicator", "period_key", "unit", "channel"),
        (
            _text("indicator", "Mã chỉ tiêu", "dim_indicator"),
            *_PERIOD,
            _UNIT,
            _text("channel", "Mã kênh tiếp nhận; all: tất cả các kênh", "dim_channel"),
            _count("numerator", "Tử số, hoặc số đếm; trống: nguồn không cho biết", "by_indicator"),
            _count("denominator", "Mẫu số; trống nếu là số đếm", "by_indicator"),
            _share("value", "Giá trị: số đếm, hoặc 100 × tử số : mẫu số (%)", "numerator", "denominator", "by_indicator"),
            Column("completeness", "decimal(20,2)", "Độ đầy đủ của dữ liệu, % (làm tròn xuống)", "not_additive"),
        ),
    ),
    View(
        "fact_scorecard",
        "Chấm điểm theo chỉ tiêu (Quyết định 766). Mỗi dòng một chỉ tiêu, kỳ dương lịch (tháng, quý, năm) và đơn vị.",
        ("indicator", "period_key", "unit"),
        (
            _text("indicator", "Mã chỉ tiêu", "dim_indicator"),
            *_PERIOD,
            _UNIT,
            _count("numerator", "Tử số", "by_indicator"),
            _count("denominator", "Mẫu số", "by_indicator"),
            _share("value", "Tỷ lệ, %", "numerator", "denominator", "by_indicator"),
            Column("max_points", "bigint", "Điểm tối đa", "not_additive"),
            Column("points", "decimal(20,2)", "Điểm; trống: không chấm được. Cộng được theo chỉ tiêu của cùng một đơn vị và một kỳ", "not_additive"),
            _text("reason", "Mã lý do không có điểm"),
            _text("reason_name", "Lý do không có điểm"),
            Column("for_reference", "boolean", "Chấm để tham khảo: kỳ bắt đầu trước khi bộ chỉ số có hiệu lực"),
        ),
    ),
    View(
        "fact_score",
        "Tổng điểm, xếp loại, xếp hạng. Mỗi dòng một nhóm điểm (hoặc tổng), kỳ dương lịch và đơn vị.",
        ("kind", "code", "period_key", "unit"),
        (
            _text("kind", "group: sáu nhóm; group_of_2022: nhóm theo Quyết định 766 năm 2022; total: tổng"),
            _text("code", "Mã nhóm"),
            _text("code_name", "Nhóm"),
            *_PERIOD,
            _UNIT,
            Column("points", "decimal(20,2)", "Điểm đạt được", "not_additive"),
            Column("scored_points", "bigint", "Điểm tối đa của các chỉ tiêu chấm được", "not_additive"),
            Column("max_points", "bigint", "Điểm tối đa", "not_additive"),
            _share("share", "Tỷ lệ điểm: 100 × điểm đạt được : điểm tối đa chấm được (%)", "points", "scored_points", "not_additive"),
            _text("rating", "Mã xếp loại"),
            _text("rating_name", "Xếp loại"),
            Column("is_ranked", "boolean", "Được xếp hạng"),
            Column("place_in_class", "bigint", "Thứ hạng trong các đơn vị cùng cấp", "not_additive"),
            Column("ranked_in_class", "bigint", "Số đơn vị cùng cấp được xếp hạng", "not_additive"),
            Column("for_reference", "boolean", "Chấm để tham khảo: kỳ bắt đầu trước khi bộ chỉ số có hiệu lực"),
        ),
    ),
    View(
        "fact_budget",
        "Thực hiện ngân sách. Mỗi dòng một đơn vị (gồm trực thuộc), tháng, loại chi, nguồn vốn và phạm vi. Số tiền là đồng, lũy kế từ đầu năm; "
        "“all” là tất cả các loại hoặc các nguồn.",
        ("period_key", "unit", "kind", "source", "scope"),
        (
            _text("period_key", "Khóa của tháng", "dim_period"),
            Column("month_start", "date", "Ngày đầu tháng"),
            _UNIT,
            _text("kind", f"Mã: {_of_contract('budget_lines', 'kind')}"),
            _text("kind_name", _of_contract("budget_lines", "kind")),
            _text("source", f"Mã: {_of_contract('budget_lines', 'source')}"),
            _text("source_name", _of_contract("budget_lines", "source")),
            _text("scope", "Mã phạm vi"),
            _text("scope_name", "Phạm vi: tất cả các khoản chi, hoặc riêng chi chuyển đổi số"),
            Column("units", "bigint", "Số đơn vị có dòng ngân sách", "not_additive"),
            Column("units_reported", "bigint", "Số đơn vị đã báo cáo của chính tháng này", "not_additive"),
            *(_count(name, f"{_of_contract('budget_lines', name)}, đồng; trống: không dòng nào cho biết", "cumulative") for name in _MONEY),
            _count("plan", "Kế hoạch, đồng: dự toán giao + bổ sung, điều chỉnh + kéo dài", "cumulative"),
            _share("disbursed_share", "Giải ngân so với kế hoạch, %", "disbursed", "plan", "ratio_semi_additive_time"),
            _share("disbursed_of_allotted", "Giải ngân so với đã phân bổ, %", "disbursed", "allotted", "ratio_semi_additive_time"),
            _share("allotted_share", "Phân bổ so với kế hoạch, %", "allotted", "plan", "ratio_semi_additive_time"),
            _share("need_met", "Phân bổ so với nhu cầu, %", "allotted", "need", "ratio_semi_additive_time"),
            _count("pace", "Mức giải ngân nếu chi đều theo tháng, đồng", "cumulative"),
            _count("last_year_disbursed", "Giải ngân cùng kỳ năm trước, đồng", "cumulative"),
            _count("all_plan", "Kế hoạch của tất cả các khoản chi, đồng (dòng chuyển đổi số)", "cumulative"),
            _count("all_disbursed", "Giải ngân của tất cả các khoản chi, đồng (dòng chuyển đổi số)", "cumulative"),
            _share("plan_share_of_all", "Kế hoạch chuyển đổi số trong tất cả các khoản chi, %", "plan", "all_plan", "ratio_semi_additive_time"),
            _share(
                "disbursed_share_of_all",
                "Giải ngân chuyển đổi số trong tất cả các khoản chi, %",
                "disbursed",
                "all_disbursed",
                "ratio_semi_additive_time",
            ),
            Column("target_share", "decimal(20,2)", "Tỷ lệ chi chuyển đổi số phải đạt, %", "not_additive"),
        ),
    ),
    View(
        "fact_database_progress",
        "Tiến độ cơ sở dữ liệu chuyên ngành. Mỗi dòng một cơ sở dữ liệu và một ngày, theo những gì đã biết cuối ngày đó.",
        ("database_key", "period_key"),
        (
            *_DAY,
            Column("is_latest", "boolean", "Là ngày mới nhất"),
            _text("database_key", "Khóa của cơ sở dữ liệu", "dim_database"),
            _text("unit", "Mã cơ quan chủ trì", "dim_unit"),
            _text("status", "Mã tình trạng"),
            _text("status_name", "Tình trạng"),
            _count("planned_weight", "Trọng số các mốc phải đạt theo kế hoạch", "not_additive"),
            _count("actual_weight", "Trọng số các mốc đã đạt", "not_additive"),
            _count("weights", "Tổng trọng số các mốc", "not_additive"),
            _share("planned_progress", "Tiến độ theo kế hoạch, %", "planned_weight", "weights", "not_additive"),
            _share("actual_progress", "Tiến độ đã đạt, %", "actual_weight", "weights", "not_additive"),
            _count("most_records", "Số bản ghi nhiều nhất đã báo cáo", "semi_additive_time"),
            _count("planned_records", _of_contract("databases", "planned_records"), "semi_additive_time"),
            _share("records_share", "Bản ghi đã có so với kế hoạch, %", "most_records", "planned_records", "ratio_semi_additive_time"),
            _count("amount_spent", "Kinh phí đã chi, đồng", "semi_additive_time"),
            _count("planned_amount", "Kinh phí kế hoạch, đồng", "semi_additive_time"),
            _share("amount_share", "Kinh phí đã chi so với kế hoạch, %", "amount_spent", "planned_amount", "ratio_semi_additive_time"),
            Column("days_overdue", "bigint", "Số ngày chậm của mốc chậm sớm nhất", "not_additive"),
            Column("months_late", "decimal(20,2)", "Số tháng chậm của mốc đó", "not_additive"),
            Column("days_since_report", "bigint", "Số ngày kể từ cuối tháng của báo cáo gần nhất", "not_additive"),
            Column("rebaselines", "bigint", "Số lần đổi kế hoạch", "not_additive"),
            Column("operated_planned", "date", "Ngày vận hành theo kế hoạch"),
            Column("expected_finish", "date", "Ngày dự kiến hoàn thành"),
            Column("finish_from", "date", "Sớm nhất (khoảng 80%)"),
            Column("finish_to", "date", "Muộn nhất (khoảng 80%)"),
            *(Column(name, "boolean", f"Báo cáo mâu thuẫn: {label}") for name, label in CHECKS.items()),
        ),
    ),
    View(
        "fact_post_reconciliation",
        "Đối chiếu bưu điện với một cửa. Mỗi dòng một ngày, đơn vị (riêng đơn vị đó, không gồm trực thuộc), bưu cục và loại việc.",
        ("period_key", "unit", "office", "kind"),
        (
            *_DAY,
            _UNIT,
            _text("office", "Bưu cục; trống: hồ sơ một cửa ghi qua bưu điện mà nhật ký không có"),
            _text("kind", "Mã loại việc"),
            _text("kind_name", "Loại việc"),
            _count("pieces", "Số việc"),
            _count("exact", "Khớp đúng mã hồ sơ"),
            _count("approximate", "Khớp gần đúng"),
            _count("ambiguous", "Khớp nhiều hồ sơ như nhau"),
            _count("contradicted", "Mã có thật nhưng việc mâu thuẫn với hồ sơ"),
            _count("unmatched", "Không có hồ sơ nào như vậy"),
            _count("without_code", "Không ghi mã"),
            _count("matched", "Đã khớp: đúng mã hoặc gần đúng"),
            _share("matched_share", "Đã khớp trong số việc, %", "matched", "pieces"),
            _count("claimed_twice", "Tiếp nhận hoặc trả kết quả lần thứ hai trở đi của một hồ sơ"),
            _count("failed", "Không thực hiện được"),
            _count("pages", "Số trang đã số hóa"),
            _count("files", "Số tệp đã tạo"),
            _share("pages_a_file", "Số trang mỗi tệp", "pages", "files"),
            _count("pages_without_files", "Việc có trang mà không có tệp"),
            _count("files_without_pages", "Việc có tệp mà không có trang"),
            _count("lag_15_minutes", "Lệch với một cửa đến 15 phút"),
            _count("lag_1_hour", "Lệch trên 15 phút đến 1 giờ"),
            _count("lag_same_day", "Lệch trên 1 giờ, cùng ngày"),
            _count("lag_other_day", "Lệch sang ngày khác"),
            _count("lag_pieces", "Số việc có thời điểm để so"),
            _count("lag_minutes", "Tổng số phút lệch"),
            _share("mean_lag", "Số phút lệch trung bình", "lag_minutes", "lag_pieces"),
            _count("post_without_work", "Hồ sơ một cửa ghi qua bưu điện mà nhật ký không có"),
        ),
    ),
    View(
        "fact_quarantine",
        "Dòng dữ liệu có lỗi, đếm theo nguồn, quy tắc, đơn vị và ngày; không có mã hồ sơ hay giá trị của dòng.",
        ("source", "rule", "severity", "state", "period_key", "unit"),
        (
            *_DAY,
            _text("source", "Nguồn"),
            _text("entity", "Mã loại dữ liệu"),
            _text("entity_name", "Loại dữ liệu"),
            _text("rule", "Mã quy tắc"),
            _text("message", "Lỗi"),
            _text("severity", "Mã mức độ"),
            _text("severity_name", "Mức độ"),
            _text("state", "Mã tình trạng"),
            _text("state_name", "Tình trạng"),
            _text("unit", "Mã đơn vị; trống: dòng không nêu đơn vị nào có trong danh mục", "dim_unit"),
            _count("cases", "Số dòng lỗi (mỗi khóa và quy tắc một lần)"),
            _count("tellings", "Số lần được gửi"),
            _count("stale_cases", "Trong đó: số liệu đang dùng dòng đúng cũ hơn"),
        ),
    ),
    View(
        "data_status",
        "Tình trạng dữ liệu. Mỗi dòng một nguồn. as_of và last_day là của tất cả số liệu trong lược đồ này.",
        ("source",),
        (
            _text("source", "Nguồn"),
            _text("entity", "Mã loại dữ liệu"),
            _text("entity_name", "Loại dữ liệu"),
            Column("as_of", "timestamp", "Số liệu tính đến thời điểm (giờ của tỉnh)"),
            Column("first_day", "date", "Ngày đầu tiên đã lấy của nguồn"),
            Column("last_day", "date", "Ngày cuối cùng được tính"),
            Column("last_day_asked", "date", "Ngày cuối đã lấy của nguồn"),
            Column("last_day_with_rows", "date", "Ngày cuối nguồn có dữ liệu"),
            Column("days_without_rows", "bigint", "Số ngày nguồn không có dữ liệu mới, tính đến ngày cuối được tính", "not_additive"),
            _count("valid", "Dòng hợp lệ"),
            _count("arrived", "Dòng đã đến"),
            _share("completeness", "Dòng hợp lệ trong số đã đến, % (làm tròn xuống)", "valid", "arrived"),
            _count("quarantined", "Dòng không được tính"),
            _count("open_cases", "Lỗi chưa được sửa"),
            _count("open_warnings", "Cảnh báo chưa được xử lý"),
            _count("waived_cases", "Lỗi được miễn kiểm tra"),
            _count("stale_keys", "Khóa mà số liệu đang dùng dòng đúng cũ hơn", "not_additive"),
            _text("method", "Cách tính số liệu"),
        ),
    ),
    View(
        "dictionary",
        "Từ điển. Mỗi dòng một cột của lược đồ bi: tên gọi, khóa tới chiều nào, được cộng thế nào, tử số và mẫu số của tỷ lệ.",
        ("view_name", "column_name"),
        (
            _text("view_name", "Tên bảng"),
            _text("view_label", "Nội dung bảng"),
            Column("position", "bigint", "Thứ tự của cột"),
            _text("column_name", "Tên cột"),
            _text("label", "Tên gọi của cột"),
            _text("data_type", "Kiểu dữ liệu"),
            _text("refers_to", "Bảng chiều mà cột là khóa"),
            _text("additivity", "Mã cách cộng; trống: không phải số liệu"),
            _text("how_to_sum", "Cách cộng"),
            _text("numerator", "Cột tử số của tỷ lệ"),
            _text("denominator", "Cột mẫu số của tỷ lệ"),
        ),
    ),
)

METHOD = (
    "Tính theo thông tin mới nhất đã biết của từng hồ sơ, đặt vào thời điểm sự kiện xảy ra; chỉ tính dòng hợp lệ. "
    "Số liệu của kỳ đã qua có thể đổi khi nguồn gửi bổ sung hoặc sửa."
)

# What is neither better nor worse when it grows is not here.
_BETTER_MORE = ("dossiers_settled_early", "on_time_share", "local_on_time_share", "online_share", "reception_digitized_share")
_BETTER_LESS = (
    *("dossiers_settled_late", "dossiers_running_past", "dossiers_paused_past", "petitions_answered_late", "petitions_open_past"),
    *("post_failed", "post_unmatched"),
)
_ALL = "Tất cả"
LABELS: dict[str, dict[str, str]] = {
    "channel": {"all": "Tất cả các kênh", **codes.CHANNEL.codes("generic")},
    "level": {**codes.UNIT_LEVEL.labels, "unknown": "Chưa có trong danh mục"},
    "budget_kind": {"all": _ALL, **codes.BUDGET_KIND.labels},
    "budget_source": {"all": _ALL, **codes.BUDGET_SOURCE.labels},
    "scope": {"all": "Tất cả các khoản chi", "digital": "Chi chuyển đổi số"},
    "postal_work": dict(codes.POSTAL_WORK.labels),
    "database_status": STATUSES,
    "entity": {entity: contract.label for entity, contract in CONTRACTS.items()},
    "severity": SEVERITIES,
    "state": {"open": "Chưa sửa", "fixed": "Đã sửa", "waived": "Được miễn kiểm tra"},
    "reason": values.REASONS,
    "rating": {band.rating: band.name_vi for band in contents().scoring.bands},
    "group": {"total": "Tổng điểm", "online": "Cung cấp dịch vụ, thanh toán trực tuyến"}
    | {group.group: group.name_vi for group in contents().scoring.groups},
    "certainty": {
        "source": "Đọc được trong văn bản nguồn",
        "derived": "Suy ra từ văn bản nguồn",
        "memory": "Theo trí nhớ, chưa đối chiếu văn bản",
        "undetermined": "Chưa văn bản nào nêu, do dự án đặt",
    },
    "direction": {indicator.indicator: "up" for indicator in contents().indicators if indicator.points is not None}
    | dict.fromkeys(_BETTER_MORE, "up")
    | dict.fromkeys(_BETTER_LESS, "down"),
    "period_set": {cut.period_set: cut.name_vi for cut in period_sets()},
    "grain": {"calendar.day": "Ngày"} | {f"{cut.period_set}.{grain.grain}": grain.name_vi for cut in period_sets() for grain in cut.grains},
    "how_to_sum": HOW_TO_SUM,
    "method": {"live": METHOD},
}
"""What codes are called in Vietnamese, by list."""
