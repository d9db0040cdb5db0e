"""The units and their history: what the reorganisations made of them, and that nothing is lost on the way."""

import re
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from qn_pipeline.simulator import areas
from qn_pipeline.simulator.units import (
    COMMUNES,
    DEPARTMENTS,
    DISTRICTS,
    PROVINCE_CODE,
    PROVINCE_NAME,
    UNIT_BY_CODE,
    UNITS,
    Unit,
    heirs,
    map_of,
    peers,
    successor,
    units_on,
)

CHANGES = [date(2023, 4, 10), date(2025, 1, 1), date(2025, 3, 1), date(2025, 7, 1)]


def named(name: str, day: date) -> Unit:
    [unit] = [unit for unit in units_on(day) if unit.name == name]
    return unit


@pytest.mark.parametrize(
    ("first", "last", "departments", "districts", "communes", "wards", "towns"),
    [
        ("2022-01-01", "2023-04-09", 19, 18, 241, 25, 13),
        ("2023-04-10", "2024-12-31", 19, 18, 241, 30, 14),
        ("2025-01-01", "2025-02-28", 19, 17, 233, 29, 14),
        ("2025-03-01", "2025-06-30", 13, 17, 233, 29, 14),
        ("2025-07-01", "2026-12-31", 13, 0, 78, 11, 0),
    ],
)
def test_so_many_units_from_one_reorganisation_to_the_next(
    first: str, last: str, departments: int, districts: int, communes: int, wards: int, towns: int
) -> None:
    for day in (first, last):
        levels = Counter(unit.level for unit in units_on(date.fromisoformat(day)))
        kinds = Counter(unit.name.split()[1] for unit in units_on(date.fromisoformat(day)) if unit.level == "commune")
        assert (levels["department"], levels["district"], levels["commune"]) == (departments, districts, communes)
        assert (kinds["phường"], kinds["thị"], kinds["xã"]) == (wards, towns, communes - wards - towns)


def test_names_and_codes_are_their_own_over_all_the_time() -> None:
    assert len(UNITS) == len(DEPARTMENTS) + len(DISTRICTS) + len(COMMUNES)
    assert len({unit.name for unit in UNITS} | {PROVINCE_NAME}) == len({unit.code for unit in UNITS} | {PROVINCE_CODE}) == len(UNITS) + 1
    assert named("UBND xã Quế Lộc, huyện Nông Sơn", date(2024, 12, 31)).area == named("UBND xã Quế Lộc, huyện Quế Sơn", date(2025, 1, 1)).area
    assert named("UBND xã Tam Hải, huyện Núi Thành", date(2025, 6, 30)).valid_to == date(2025, 6, 30)
    assert named("UBND xã Tam Hải, thành phố Đà Nẵng", date(2025, 7, 1)).valid_from == date(2025, 7, 1)


def test_a_unit_lies_in_one_that_is_there_as_long_and_its_code_says_in_which() -> None:
    for unit in UNITS:
        if unit.parent == PROVINCE_CODE:
            assert re.fullmatch(r"000\.00\.\d\d\.H(47|17)", unit.code)
            assert unit.code.endswith("H17") == (unit.level == "commune")
        else:
            above = UNIT_BY_CODE[unit.parent]
            assert (unit.level, above.level) == ("commune", "district")
            assert re.fullmatch(rf"000\.\d\d\.{above.code[7:]}", unit.code)
            assert above.valid_to is not None
            assert unit.valid_to is not None
            assert above.valid_from is None
            assert unit.valid_to <= above.valid_to


def test_a_unit_that_ends_has_heirs_that_are_there_on_the_next_day() -> None:
    for unit in UNITS:
        assert unit.weight > 0
        assert unit.valid_from is None or unit.valid_from in CHANGES
        if unit.valid_to is None:
            assert not heirs(unit.code)
        else:
            after = unit.valid_to + timedelta(days=1)
            assert after in CHANGES
            assert heirs(unit.code)
            assert all(heir.valid_on(after) for heir in heirs(unit.code))
            assert len(heirs(unit.code)) == 1 or unit.level == "district"
            assert not unit.valid_on(after)
            assert unit.valid_on(unit.valid_to)
    begun = {unit.code for unit in UNITS if unit.valid_from is not None}
    assert begun <= {heir.code for unit in UNITS for heir in heirs(unit.code)}


def test_the_communes_keep_their_area_through_all_changes() -> None:
    """Nothing but the eight communes that went into others loses its place on the map, and those have no code of their own any more."""
    before = {area.code for area in areas.communes_of_2022()}
    assert {area.code for area in areas.communes_of_2025()} < before
    members = [code for _, codes in areas.communes_after() for code in codes]
    assert len(members) == len(set(members)) == 233
    for first, second in pairwise([date(2022, 1, 1), *CHANGES]):
        gone = {unit.area for unit in units_on(first) if unit.level == "commune"} - {
            unit.area for unit in units_on(second) if unit.level == "commune"
        }
        assert len(gone) == {date(2025, 1, 1): 8, date(2025, 7, 1): 155}.get(second, 0)


@pytest.mark.parametrize(
    ("name", "day", "goes_on_as"),
    [
        ("UBND huyện Nông Sơn", "2024-12-31", "UBND huyện Nông Sơn"),
        ("UBND huyện Nông Sơn", "2025-01-01", "UBND huyện Quế Sơn"),
        ("UBND huyện Nông Sơn", "2025-07-01", PROVINCE_NAME),
        ("UBND thành phố Tam Kỳ", "2025-07-01", PROVINCE_NAME),
        ("UBND phường Phước Hòa", "2025-01-01", "UBND phường An Xuân"),
        ("UBND phường Phước Hòa", "2025-07-01", "UBND phường Tam Kỳ"),
        ("UBND xã Quế Trung", "2023-04-10", "UBND thị trấn Trung Phước, huyện Nông Sơn"),
        ("UBND xã Quế Trung", "2026-01-01", "UBND xã Nông Sơn"),
        ("UBND xã Hiệp Thuận", "2025-01-01", "UBND xã Quế Tân"),
        ("Sở Thông tin và Truyền thông", "2025-03-01", "Sở Khoa học và Công nghệ"),
        ("Sở Ngoại vụ", "2025-08-01", "Văn phòng UBND tỉnh"),
        ("Sở Tư pháp", "2026-01-01", "Sở Tư pháp"),
    ],
)
def test_what_a_unit_goes_on_as(name: str, day: str, goes_on_as: str) -> None:
    code = successor(named(name, date(2022, 1, 1)).code, date.fromisoformat(day))
    assert (PROVINCE_NAME if code == PROVINCE_CODE else UNIT_BY_CODE[code].name) == goes_on_as


def test_a_successor_is_there_on_the_day_that_was_asked_for() -> None:
    for unit in UNITS:
        for day in (date(2022, 1, 1), *CHANGES):
            code = successor(unit.code, day)
            if unit.valid_from is None or unit.valid_from <= day:
                assert code == PROVINCE_CODE or UNIT_BY_CODE[code].valid_on(day)


def test_peers_are_of_the_level_and_place_of_a_unit() -> None:
    commune = named("UBND phường An Xuân", date(2024, 6, 1))
    assert {unit.parent for unit in peers(commune.code, date(2024, 6, 1))} == {commune.parent}
    assert commune in peers(commune.code, date(2024, 6, 1))
    assert not peers(commune.code, date(2025, 7, 1))
    assert len(peers(DEPARTMENTS[0].code, date(2025, 7, 1))) == 13


def test_the_map_of_a_day_is_the_first_day_of_it() -> None:
    assert map_of(date(2025, 6, 30)) == date(2025, 3, 1)
    assert map_of(date(2025, 7, 1)) == date(2025, 7, 1)
    assert map_of(date(2022, 5, 1)) < date(2022, 1, 1)
