"""The units of Quảng Nam in 2022: 19 provincial departments and 18 district-level units, by their real names.

The agency codes 000.00.NN.H47 are invented: which NN a real unit has is not public. The area codes of the districts are the
statistical office's. Belongs here: who resolves dossiers, and how many of them. Does not: communes, which are not simulated yet.
"""

from dataclasses import dataclass
from typing import Literal

PROVINCE_CODE = "000.00.00.H47"
PROVINCE_NAME = "Tỉnh Quảng Nam"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that resolves dossiers; `weight` is its share of them among the units that offer a procedure."""

    code: str
    name: str
    level: Literal["department", "district"]
    weight: int
    area: str = ""


_DEPARTMENTS = (
    "Văn phòng UBND tỉnh",
    "Thanh tra tỉnh",
    "Sở Nội vụ",
    "Sở Tư pháp",
    "Sở Tài chính",
    "Sở Kế hoạch và Đầu tư",
    "Sở Công Thương",
    "Sở Nông nghiệp và Phát triển nông thôn",
    "Sở Giao thông vận tải",
    "Sở Xây dựng",
    "Sở Khoa học và Công nghệ",
    "Sở Thông tin và Truyền thông",
    "Sở Lao động - Thương binh và Xã hội",
    "Sở Văn hóa, Thể thao và Du lịch",
    "Sở Giáo dục và Đào tạo",
    "Sở Y tế",
    "Sở Tài nguyên và Môi trường",
    "Sở Ngoại vụ",
    "Ban Dân tộc",
)

_DISTRICTS = (
    ("502", "UBND thành phố Tam Kỳ", 12),
    ("503", "UBND thành phố Hội An", 11),
    ("504", "UBND huyện Tây Giang", 2),
    ("505", "UBND huyện Đông Giang", 2),
    ("506", "UBND huyện Đại Lộc", 8),
    ("507", "UBND thị xã Điện Bàn", 13),
    ("508", "UBND huyện Duy Xuyên", 8),
    ("509", "UBND huyện Quế Sơn", 5),
    ("510", "UBND huyện Nam Giang", 2),
    ("511", "UBND huyện Phước Sơn", 2),
    ("512", "UBND huyện Hiệp Đức", 3),
    ("513", "UBND huyện Thăng Bình", 9),
    ("514", "UBND huyện Tiên Phước", 4),
    ("515", "UBND huyện Bắc Trà My", 3),
    ("516", "UBND huyện Nam Trà My", 2),
    ("517", "UBND huyện Núi Thành", 8),
    ("518", "UBND huyện Phú Ninh", 4),
    ("519", "UBND huyện Nông Sơn", 2),
)

DEPARTMENTS = tuple(Unit(f"000.00.{number:02}.H47", name, "department", 1) for number, name in enumerate(_DEPARTMENTS, start=1))
DISTRICTS = tuple(Unit(f"000.00.{number:02}.H47", name, "district", weight, area) for number, (area, name, weight) in enumerate(_DISTRICTS, start=61))
UNITS = DEPARTMENTS + DISTRICTS
