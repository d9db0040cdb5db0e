"""The units of Quảng Nam from 2022 on, by their real names: departments, districts and communes, and what became of them.

A unit is what bears one name under one unit above it. When either changes, it ends and another one begins; a unit into which others are
merged goes on where it keeps its name. The changes are real:

- 10 April 2023: five communes of Điện Bàn become wards, and Quế Trung a town (NQ 727/NQ-UBTVQH15);
- 1 January 2025: Nông Sơn goes into Quế Sơn, and eight communes go into others (NQ 1241/NQ-UBTVQH15);
- 1 March 2025: 19 departments become 13 (NQ 01/NQ-HĐND of Quảng Nam);
- 1 July 2025: districts end, and communes merge into larger ones, directly under the province, now Đà Nẵng (NQ 1659/NQ-UBTVQH15).

Not real: agency codes (000.00.NN.H47 of departments and districts, 000.CC.DD.H47 of communes in district DD, 000.00.NN.H17 of communes
since July 2025, where H17 is Đà Nẵng) and weights. Nor is told that the departments went into those of Đà Nẵng, which have the same
names: they keep their codes, and the province stays the one of 2022, since only its part of Đà Nẵng is simulated.

Belongs here: who there is from when to when, and who comes after. Does not: where names come from (areas), questions to the history
(units).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal
from zlib import crc32

from qn_pipeline.simulator import areas

Level = Literal["department", "district", "commune"]

PROVINCE_CODE = "000.00.00.H47"
TWO_TIERS_SINCE: Final = date(2025, 7, 1)
"""From this day on there are no districts."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that resolves dossiers; `weight` is its share of them among the units that offer a procedure.

    `parent` is the code of the unit above, `area` the statistical office's code. `valid_to` is the last day; no day means before 2022, or
    not yet.
    """

    code: str
    name: str
    level: Level
    parent: str
    weight: int
    area: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    def valid_on(self, day: date) -> bool:
        """Whether it is there on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


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
_DEPARTMENTS_MERGED: Final = date(2025, 3, 1)
_WENT_INTO = {
    "Sở Kế hoạch và Đầu tư": "Sở Tài chính",
    "Sở Giao thông vận tải": "Sở Xây dựng",
    "Sở Nông nghiệp và Phát triển nông thôn": "Sở Nông nghiệp và Môi trường",
    "Sở Tài nguyên và Môi trường": "Sở Nông nghiệp và Môi trường",
    "Sở Thông tin và Truyền thông": "Sở Khoa học và Công nghệ",
    "Sở Lao động - Thương binh và Xã hội": "Sở Nội vụ",
    "Ban Dân tộc": "Sở Dân tộc và Tôn giáo",
    "Sở Ngoại vụ": "Văn phòng UBND tỉnh",
}

_DISTRICT_WEIGHTS = dict(zip(map(str, range(502, 520)), (12, 11, 2, 2, 8, 13, 8, 5, 2, 2, 3, 9, 4, 3, 2, 8, 4, 2), strict=True))
_QUE_SON, _NONG_SON = "509", "519"

# The packages tell the communes before and after, not from which day on, nor into which one those went that have no code any more.
_RAISED: Final = date(2023, 4, 10)
_RAISED_COMMUNES = ("20560", "20561", "20562", "20593", "20596", "20656")
_COMMUNES_MERGED: Final = date(2025, 1, 1)
_MERGED_COMMUNES = {
    "20338": "20347",  # Phước Hòa into An Xuân
    "20602": "20608",  # Duy Thu into Duy Tân
    "20761": "20758",  # Hiệp Thuận and Hiệp Hòa into Quế Tân
    "20822": "20821",  # Bình Định Nam and Bình Định Bắc into Bình Định
    "20830": "20827",  # Bình Chánh into Bình Phú
    "20863": "20857",  # Tiên Cẩm into Tiên Sơn
    "20383": "20364",  # Tam Vinh into Phú Thịnh
    "20672": "20671",  # Sơn Viên into Quế Lộc
}
_NAMED_ANEW = ("20758", "20821")


class _History:
    """Units that begin and end, in order of time."""

    def __init__(self) -> None:
        self.units: dict[str, Unit] = {}
        self.heirs: dict[str, tuple[str, ...]] = {}
        self._numbers: Counter[str] = Counter()

    def begin(self, unit: Unit) -> Unit:
        self.units[unit.code] = unit
        return unit

    def end(self, unit: Unit, after: date, *heirs: Unit) -> None:
        """It ends the day before another day, and others take over."""
        self.units[unit.code] = replace(unit, valid_to=after - timedelta(days=1))
        self.heirs[unit.code] = tuple(heir.code for heir in heirs)

    def commune(self, area: areas.Area, since: date | None, weight: int) -> Unit:
        """A commune of a district begins, numbered within it."""
        district = next(unit for unit in self.units.values() if unit.level == "district" and unit.area == area.district)
        self._numbers[district.code] += 1
        code = f"000.{self._numbers[district.code]:02}.{district.code[7:]}"
        return self.begin(Unit(code, f"UBND {area.name}", "commune", district.code, weight, area.code, since))


def history() -> tuple[tuple[Unit, ...], Mapping[str, tuple[str, ...]]]:
    """All units, and for those that end the codes of those that take over."""
    past = _History()
    _departments(past)
    districts = {area.code: past.begin(_district(number, area)) for number, area in enumerate(areas.districts(), start=61)}
    communes = _first_communes(past)
    now = {area.code: area for area in areas.communes_of_2025()}
    raised = {code: replace(now[code], district=was.district) for code, was in _named_2022().items() if code in _RAISED_COMMUNES}
    _reform(past, communes, _RAISED, raised, {})
    _reform(past, communes, _COMMUNES_MERGED, now, _MERGED_COMMUNES)
    past.end(districts.pop(_NONG_SON), _COMMUNES_MERGED, districts[_QUE_SON])
    _two_tiers(past, districts, communes)
    return _told_apart(past.units), past.heirs


def _departments(past: _History) -> None:
    units = {name: _department(number, name) for number, name in enumerate(_DEPARTMENTS, start=1)}
    for unit in units.values():
        past.begin(unit)
    for name in dict.fromkeys(name for name in _WENT_INTO.values() if name not in units):
        units[name] = past.begin(_department(len(units) + 1, name, _DEPARTMENTS_MERGED))
    for old, new in _WENT_INTO.items():
        past.end(units[old], _DEPARTMENTS_MERGED, units[new])


def _department(number: int, name: str, since: date | None = None) -> Unit:
    return Unit(f"000.00.{number:02}.H47", name, "department", PROVINCE_CODE, 1, valid_from=since)


def _district(number: int, area: areas.Area) -> Unit:
    return Unit(f"000.00.{number:02}.H47", f"UBND {area.name}", "district", PROVINCE_CODE, _DISTRICT_WEIGHTS[area.code], area.code)


def _named_2022() -> dict[str, areas.Area]:
    """The communes of 2022 by code. The spelling is the later one (Zuôih, not Zuôich) where nothing but the spelling differs."""
    spelt = {area.code: area.name for area in areas.communes_of_2025() if area.code not in (*_RAISED_COMMUNES, *_NAMED_ANEW)}
    return {area.code: replace(area, name=spelt.get(area.code, area.name)) for area in areas.communes_of_2022()}


def _first_communes(past: _History) -> dict[str, Unit]:
    """They share their district's weight (times 100): wards and towns have more of it than villages, and no two the same."""
    named = _named_2022()
    shares = {code: (1 if area.name.startswith("xã") else 2) * (0.6 + 0.8 * crc32(code.encode()) / 2**32) for code, area in named.items()}
    totals: dict[str, float] = {}
    for code, area in named.items():
        totals[area.district] = totals.get(area.district, 0) + shares[code]
    return {
        code: past.commune(area, None, round(100 * _DISTRICT_WEIGHTS[area.district] * shares[code] / totals[area.district]))
        for code, area in named.items()
    }


def _reform(past: _History, communes: dict[str, Unit], on: date, now: Mapping[str, areas.Area], merged: Mapping[str, str]) -> None:
    """From a day on, communes bear other names, lie in other districts, or have gone into others."""
    for code, area in now.items():
        unit = communes[code]
        if (unit.name, past.units[unit.parent].area) != (f"UBND {area.name}", area.district):
            weight = unit.weight + sum(communes[gone].weight for gone, into in merged.items() if into == code)
            communes[code] = past.commune(area, on, weight)
            past.end(unit, on, communes[code])
    for gone, into in merged.items():
        past.end(communes.pop(gone), on, communes[into])


def _two_tiers(past: _History, districts: Mapping[str, Unit], communes: Mapping[str, Unit]) -> None:
    takes_over: dict[str, list[Unit]] = {code: [] for code in districts}
    for number, (area, members) in enumerate(areas.communes_after(), start=1):
        old = [communes[code] for code in members]
        weight = sum(unit.weight for unit in old)
        new = past.begin(Unit(f"000.00.{number:02}.H17", f"UBND {area.name}", "commune", PROVINCE_CODE, weight, area.code, TWO_TIERS_SINCE))
        for unit in old:
            past.end(unit, TWO_TIERS_SINCE, new)
        for district in {past.units[unit.parent].area for unit in old}:
            takes_over[district].append(new)
    for code, unit in districts.items():
        past.end(unit, TWO_TIERS_SINCE, *takes_over[code])


def _told_apart(units: Mapping[str, Unit]) -> tuple[Unit, ...]:
    """Where several units bear a name, it is told with what they lie in, as offices write it: UBND xã Quế Lộc, huyện Nông Sơn."""
    bearers = Counter(unit.name for unit in units.values())
    return tuple(replace(unit, name=f"{unit.name}, {_place(units.get(unit.parent))}") if bearers[unit.name] > 1 else unit for unit in units.values())


def _place(parent: Unit | None) -> str:
    return parent.name.removeprefix("UBND ") if parent else "thành phố Đà Nẵng"
