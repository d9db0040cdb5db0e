"""The procedures that the simulated province offers, by names of real Vietnamese procedures.

The codes have the national form (d.dddddd) but are not looked up in the national database, nor are limits and fees: take them as invented.
Belongs here: what is asked for, of whom, within which limit. Does not: what becomes of a dossier.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import accumulate
from typing import Final, Literal
from zlib import crc32

from qn_pipeline.simulator.units import COMMUNES, DEPARTMENTS, DISTRICTS, TWO_TIERS_SINCE, UNIT_BY_CODE, Unit, map_of, successor

OnlineLevel = Literal["none", "partial", "full"]
LimitUnit = Literal["hour", "working_day"]
HOUR: Final = "hour"
DAY: Final = "working_day"
DISTRICT = "district"
COMMUNE = "commune"

FIELDS = {
    "L01": "Đất đai",
    "L02": "Chứng thực",
    "L03": "Hộ tịch",
    "L04": "Thành lập và hoạt động của hộ kinh doanh",
    "L05": "Hoạt động xây dựng",
    "L06": "Bảo trợ xã hội",
    "L07": "Giáo dục và đào tạo",
    "L08": "Người có công",
    "L09": "Lý lịch tư pháp",
    "L10": "Thành lập và hoạt động của doanh nghiệp",
    "L11": "Đường bộ",
    "L12": "Tài nguyên nước",
    "L13": "Môi trường",
    "L14": "Khám bệnh, chữa bệnh",
    "L15": "Dược phẩm",
    "L16": "Xúc tiến thương mại",
    "L17": "Lưu thông hàng hóa trong nước",
    "L18": "Bảo vệ thực vật",
    "L19": "Thủy sản",
    "L20": "Du lịch",
    "L21": "Việc làm",
    "L22": "Báo chí, xuất bản",
    "L23": "Thi đua, khen thưởng",
    "L24": "Công tác thanh tra",
    "L25": "Công tác dân tộc",
    "L26": "Công tác lãnh sự",
    "L27": "Tiêu chuẩn đo lường chất lượng",
    "L28": "Quản lý công sản",
    "L29": "Công chứng",
    "L30": "Đầu tư tại Việt Nam",
}


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure; `offered_by` is a department's name, all districts or all communes, `weight` its share of the province's dossiers."""

    code: str
    name: str
    field: str
    offered_by: str
    limit: int
    limit_unit: LimitUnit
    online_level: OnlineLevel
    fee: int
    paper_result: bool
    weight: int

    @property
    def field_name(self) -> str:
        return FIELDS[self.field]

    @property
    def units(self) -> tuple[Unit, ...]:
        """The units that ever resolve it."""
        return _ever(self.offered_by)

    def units_on(self, day: date) -> tuple[Unit, ...]:
        """The units that resolve it on a day: since July 2025 communes do what districts did, as departments do what others did before them."""
        return _offer(self, map_of(day))[0]

    def shares_on(self, day: date) -> tuple[float, ...]:
        """The running sums of what each of those units has of it."""
        return _offer(self, map_of(day))[1]


@cache
def _ever(offered_by: str) -> tuple[Unit, ...]:
    after = tuple(unit for unit in COMMUNES if unit.valid_from == TWO_TIERS_SINCE)
    if offered_by in (DISTRICT, COMMUNE):
        return DISTRICTS + after if offered_by == DISTRICT else COMMUNES
    first = next(unit for unit in DEPARTMENTS if unit.name == offered_by)
    last = UNIT_BY_CODE[successor(first.code, TWO_TIERS_SINCE)]
    return (first,) if last is first else (first, last)


@cache
def _offer(procedure: Procedure, first: date) -> tuple[tuple[Unit, ...], tuple[float, ...]]:
    units = tuple(unit for unit in procedure.units if unit.valid_on(first))
    # The department that will take it over may be there beside the one that has it.
    units = units[:1] if units[0].level == "department" else units
    return units, tuple(accumulate(unit.weight * _leaning(unit, procedure.field) for unit in units))


def _leaning(unit: Unit, field: str) -> float:
    """Half to one and a half of a field's dossiers: towns build, villages have land, and no two units are alike."""
    return 0.5 + crc32(f"{unit.code} {field}".encode()) / 2**32


PROCEDURES = (
    Procedure("2.000815", "Chứng thực bản sao từ bản chính giấy tờ, văn bản", "L02", COMMUNE, 8, HOUR, "partial", 2000, True, 330),
    Procedure("2.000884", "Chứng thực chữ ký trong các giấy tờ, văn bản", "L02", COMMUNE, 8, HOUR, "none", 10000, True, 120),
    Procedure("1.001193", "Đăng ký khai sinh", "L03", COMMUNE, 8, HOUR, "full", 0, True, 90),
    Procedure("1.000894", "Đăng ký kết hôn", "L03", COMMUNE, 8, HOUR, "partial", 0, True, 50),
    Procedure("1.000656", "Đăng ký khai tử", "L03", COMMUNE, 8, HOUR, "full", 0, True, 45),
    Procedure("1.004873", "Cấp Giấy xác nhận tình trạng hôn nhân", "L03", COMMUNE, 3, DAY, "full", 15000, True, 80),
    Procedure("1.004859", "Thay đổi, cải chính hộ tịch cho người chưa đủ 14 tuổi", "L03", COMMUNE, 3, DAY, "partial", 15000, True, 15),
    Procedure("2.000635", "Cấp bản sao trích lục hộ tịch", "L03", COMMUNE, 8, HOUR, "full", 8000, True, 95),
    Procedure("1.001776", "Thực hiện, điều chỉnh trợ cấp xã hội hằng tháng", "L06", COMMUNE, 22, DAY, "partial", 0, False, 60),
    Procedure("1.011606", "Công nhận hộ nghèo, hộ cận nghèo phát sinh trong năm", "L06", COMMUNE, 15, DAY, "partial", 0, True, 14),
    Procedure("1.003554", "Hòa giải tranh chấp đất đai", "L01", COMMUNE, 45, DAY, "none", 0, False, 8),
    Procedure("2.000843", "Chứng thực bản sao từ bản chính giấy tờ do nước ngoài cấp", "L02", DISTRICT, 8, HOUR, "partial", 2000, True, 35),
    Procedure("2.000992", "Chứng thực chữ ký người dịch", "L02", DISTRICT, 8, HOUR, "none", 10000, True, 20),
    Procedure("2.000942", "Cấp bản sao có chứng thực từ bản chính hợp đồng đã được chứng thực", "L02", DISTRICT, 4, HOUR, "none", 2000, True, 12),
    Procedure("2.000528", "Đăng ký khai sinh có yếu tố nước ngoài", "L03", DISTRICT, 1, DAY, "partial", 75000, True, 12),
    Procedure("2.000806", "Đăng ký kết hôn có yếu tố nước ngoài", "L03", DISTRICT, 15, DAY, "partial", 1500000, True, 10),
    Procedure("2.000748", "Thay đổi, cải chính, bổ sung hộ tịch", "L03", DISTRICT, 3, DAY, "partial", 28000, True, 24),
    Procedure("1.001612", "Đăng ký thành lập hộ kinh doanh", "L04", DISTRICT, 3, DAY, "full", 100000, True, 55),
    Procedure("2.000720", "Đăng ký thay đổi nội dung đăng ký hộ kinh doanh", "L04", DISTRICT, 3, DAY, "full", 30000, True, 25),
    Procedure("1.001570", "Tạm ngừng kinh doanh hộ kinh doanh", "L04", DISTRICT, 3, DAY, "full", 0, True, 10),
    Procedure("1.009994", "Cấp giấy phép xây dựng mới đối với nhà ở riêng lẻ", "L05", DISTRICT, 15, DAY, "partial", 75000, True, 40),
    Procedure("1.009998", "Điều chỉnh giấy phép xây dựng nhà ở riêng lẻ", "L05", DISTRICT, 10, DAY, "partial", 15000, True, 8),
    Procedure("1.003003", "Đăng ký và cấp Giấy chứng nhận quyền sử dụng đất lần đầu", "L01", DISTRICT, 30, DAY, "none", 100000, True, 30),
    Procedure("1.003013", "Chuyển mục đích sử dụng đất của hộ gia đình, cá nhân", "L01", DISTRICT, 15, DAY, "partial", 0, True, 22),
    Procedure("2.000286", "Tiếp nhận đối tượng bảo trợ xã hội vào cơ sở trợ giúp xã hội", "L06", DISTRICT, 22, DAY, "partial", 0, False, 5),
    Procedure("1.004438", "Xét, cấp học bổng và hỗ trợ chi phí học tập", "L07", DISTRICT, 10, DAY, "full", 0, False, 12),
    Procedure("1.004496", "Cho phép hoạt động giáo dục kỹ năng sống", "L07", DISTRICT, 10, DAY, "partial", 0, True, 2),
    Procedure("1.004227", "Đăng ký biến động quyền sử dụng đất", "L01", "Sở Tài nguyên và Môi trường", 10, DAY, "partial", 30000, True, 90),
    Procedure(
        "1.004193", "Cấp đổi, cấp lại Giấy chứng nhận quyền sử dụng đất", "L01", "Sở Tài nguyên và Môi trường", 10, DAY, "partial", 50000, True, 40
    ),
    Procedure("1.004433", "Cấp giấy phép khai thác nước dưới đất", "L12", "Sở Tài nguyên và Môi trường", 45, DAY, "full", 1000000, True, 3),
    Procedure("1.010733", "Thẩm định báo cáo đánh giá tác động môi trường", "L13", "Sở Tài nguyên và Môi trường", 40, DAY, "partial", 0, True, 3),
    Procedure("2.000488", "Cấp Phiếu lý lịch tư pháp cho công dân Việt Nam", "L09", "Sở Tư pháp", 10, DAY, "full", 200000, True, 60),
    Procedure("1.001071", "Đăng ký tập sự hành nghề công chứng", "L29", "Sở Tư pháp", 7, DAY, "partial", 0, False, 2),
    Procedure("2.001610", "Đăng ký thành lập công ty trách nhiệm hữu hạn", "L10", "Sở Kế hoạch và Đầu tư", 3, DAY, "full", 50000, True, 35),
    Procedure("2.002008", "Đăng ký thay đổi nội dung đăng ký doanh nghiệp", "L10", "Sở Kế hoạch và Đầu tư", 3, DAY, "full", 50000, True, 35),
    Procedure("1.009645", "Chấp thuận chủ trương đầu tư của UBND cấp tỉnh", "L30", "Sở Kế hoạch và Đầu tư", 35, DAY, "partial", 0, True, 3),
    Procedure("1.002835", "Cấp mới giấy phép lái xe", "L11", "Sở Giao thông vận tải", 10, DAY, "none", 135000, True, 50),
    Procedure("1.002809", "Đổi giấy phép lái xe do ngành giao thông vận tải cấp", "L11", "Sở Giao thông vận tải", 5, DAY, "full", 135000, True, 70),
    Procedure("1.003709", "Cấp lần đầu chứng chỉ hành nghề khám bệnh, chữa bệnh", "L14", "Sở Y tế", 20, DAY, "partial", 360000, True, 10),
    Procedure("1.004616", "Cấp Chứng chỉ hành nghề dược", "L15", "Sở Y tế", 20, DAY, "full", 500000, True, 12),
    Procedure("2.000033", "Thông báo hoạt động khuyến mại", "L16", "Sở Công Thương", 8, HOUR, "full", 0, False, 60),
    Procedure(
        "2.000674",
        "Cấp Giấy xác nhận đủ điều kiện làm tổng đại lý kinh doanh xăng dầu",
        "L17",
        "Sở Công Thương",
        20,
        DAY,
        "partial",
        1200000,
        True,
        2,
    ),
    Procedure(
        "1.004363",
        "Cấp giấy chứng nhận đủ điều kiện buôn bán thuốc bảo vệ thực vật",
        "L18",
        "Sở Nông nghiệp và Phát triển nông thôn",
        14,
        DAY,
        "partial",
        500000,
        True,
        8,
    ),
    Procedure(
        "1.004359", "Cấp, cấp lại giấy phép khai thác thủy sản", "L19", "Sở Nông nghiệp và Phát triển nông thôn", 6, DAY, "partial", 40000, True, 14
    ),
    Procedure("1.009982", "Cấp chứng chỉ hành nghề hoạt động xây dựng hạng II, hạng III", "L05", "Sở Xây dựng", 20, DAY, "partial", 300000, True, 14),
    Procedure("1.004628", "Cấp thẻ hướng dẫn viên du lịch quốc tế", "L20", "Sở Văn hóa, Thể thao và Du lịch", 15, DAY, "full", 650000, True, 8),
    Procedure(
        "2.000205",
        "Cấp giấy phép lao động cho người lao động nước ngoài",
        "L21",
        "Sở Lao động - Thương binh và Xã hội",
        5,
        DAY,
        "full",
        600000,
        True,
        16,
    ),
    Procedure(
        "1.010801",
        "Giải quyết chế độ trợ cấp ưu đãi đối với thân nhân liệt sĩ",
        "L08",
        "Sở Lao động - Thương binh và Xã hội",
        24,
        DAY,
        "none",
        0,
        False,
        12,
    ),
    Procedure("1.003868", "Cấp giấy phép xuất bản tài liệu không kinh doanh", "L22", "Sở Thông tin và Truyền thông", 10, DAY, "full", 15000, True, 4),
    Procedure("1.005142", "Cấp bản sao văn bằng, chứng chỉ từ sổ gốc", "L07", "Sở Giáo dục và Đào tạo", 8, HOUR, "full", 0, True, 14),
    Procedure("1.000934", "Tặng Bằng khen của Chủ tịch UBND tỉnh", "L23", "Sở Nội vụ", 25, DAY, "partial", 0, True, 6),
    Procedure(
        "2.001209", "Đăng ký công bố hợp chuẩn dựa trên kết quả chứng nhận", "L27", "Sở Khoa học và Công nghệ", 5, DAY, "full", 150000, True, 4
    ),
    Procedure("1.005416", "Thanh toán chi phí có liên quan đến bán tài sản trên đất", "L28", "Sở Tài chính", 30, DAY, "partial", 0, False, 2),
    Procedure("2.002175", "Tiếp công dân tại trụ sở tiếp công dân tỉnh", "L24", "Thanh tra tỉnh", 10, DAY, "none", 0, False, 3),
    Procedure("1.004888", "Công nhận người có uy tín trong đồng bào dân tộc thiểu số", "L25", "Ban Dân tộc", 25, DAY, "none", 0, True, 2),
    Procedure("2.002311", "Cho phép tổ chức hội nghị, hội thảo quốc tế", "L26", "Sở Ngoại vụ", 15, DAY, "partial", 0, True, 2),
    Procedure("1.004964", "Giải quyết chế độ đi thăm viếng mộ liệt sĩ", "L08", "Văn phòng UBND tỉnh", 5, DAY, "none", 0, False, 2),
)
