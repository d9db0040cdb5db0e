"""Code lists of the contracts, after the lists that the national portal (DVCQG) sets."""

from qn_pipeline.contracts.model import CodeList

STATUS = CodeList(
    "status",
    {
        "1": "Mới đăng ký",
        "2": "Được tiếp nhận",
        "3": "Không được tiếp nhận",
        "4": "Đang xử lý",
        "5": "Yêu cầu bổ sung giấy tờ",
        "6": "Yêu cầu thực hiện nghĩa vụ tài chính",
        "7": "Công dân yêu cầu rút hồ sơ",
        "8": "Dừng xử lý",
        "9": "Đã xử lý xong",
        "10": "Đã trả kết quả",
    },
)
CHANNEL = CodeList(
    "channel",
    {"direct": "Trực tiếp", "online": "Trực tuyến", "post": "Bưu chính công ích"},
    generic_labels={"email": "Thư điện tử", "internal": "Nội bộ"},
)
ONLINE_LEVEL = CodeList("online_level", {"none": "Không trực tuyến", "partial": "Một phần", "full": "Toàn trình"})
ONLINE_PAYMENT = CodeList("online_payment", {"none": "Không", "national": "Trên Cổng DVCQG", "local": "Cổng thanh toán của tỉnh"})
APPLICANT_KIND = CodeList("applicant_kind", {"citizen": "Công dân", "enterprise": "Doanh nghiệp", "agency": "Cơ quan nhà nước", "other": "Khác"})
SATISFACTION = CodeList("satisfaction", {"very_good": "Rất hài lòng", "good": "Hài lòng", "bad": "Không hài lòng"})
UNIT_LEVEL = CodeList(
    "unit_level",
    {
        "province": "Tỉnh",
        "department": "Sở, ban, ngành",
        "district": "Huyện, thị xã, thành phố",
        "commune": "Xã, phường, thị trấn",
        "desk": "Bộ phận Một cửa",
    },
)
LIMIT_UNIT = CodeList("limit_unit", {"hour": "Giờ làm việc", "working_day": "Ngày làm việc", "day": "Ngày", "month": "Tháng"})
ACTION_KIND = CodeList(
    "action_kind",
    {
        "received": "Tiếp nhận",
        "refused": "Từ chối tiếp nhận",
        "processing": "Chuyển xử lý",
        "transferred": "Chuyển đơn vị khác",
        "supplement_requested": "Yêu cầu bổ sung",
        "supplemented": "Đã bổ sung",
        "payment_requested": "Yêu cầu nộp phí, lệ phí",
        "paid": "Đã nộp phí, lệ phí",
        "withdrawn": "Rút hồ sơ",
        "stopped": "Dừng xử lý",
        "finished": "Có kết quả",
        "returned": "Trả kết quả",
        "reopened": "Mở lại hồ sơ",
        "other": "Khác",
    },
)
DAY_KIND = CodeList("day_kind", {"off": "Nghỉ", "worked": "Làm bù"})
POSTAL_WORK = CodeList("postal_work", {"guide": "Hướng dẫn", "receive": "Tiếp nhận hồ sơ", "digitize": "Số hóa", "return": "Trả kết quả"})
SCANNED = CodeList("scanned", {"components": "Thành phần hồ sơ", "result": "Kết quả giải quyết"})
POSTAL_OUTCOME = CodeList("postal_outcome", {"done": "Hoàn thành", "failed": "Không thực hiện được"})
BUDGET_KIND = CodeList("budget_kind", {"investment": "Chi đầu tư", "recurrent": "Chi thường xuyên"})
BUDGET_SOURCE = CodeList(
    "budget_source",
    {
        "central": "Ngân sách trung ương",
        "provincial": "Ngân sách tỉnh",
        "district": "Ngân sách huyện",
        "commune": "Ngân sách xã",
        "other": "Nguồn khác",
    },
)
FEEDBACK_KIND = CodeList("feedback_kind", {"inquiry": "Hỏi thông tin", "complaint": "Phản ánh", "proposal": "Kiến nghị"})
FEEDBACK_STATUS = CodeList(
    "feedback_status",
    {
        "new": "Chờ tiếp nhận",
        "processing": "Đang xử lý",
        "answered": "Đã trả lời",
        "refused": "Từ chối tiếp nhận",
        "forwarded": "Chuyển cơ quan khác",
        "awaiting_supplement": "Chờ bổ sung",
    },
)
