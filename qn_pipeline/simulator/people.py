"""Invented people who file dossiers: names, identifiers and telephones that no real person is meant by.

Belongs here: what a system knows of an applicant. Does not: what they file. Texts are in NFC.
"""

import random
import unicodedata
from dataclasses import dataclass

_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Zơrâm", "Bhnướch", "Alăng", "Phan")
_MIDDLE = ("Văn", "Thị", "Hữu", "Ngọc", "Đức", "Minh", "Thanh", "Xuân", "Quốc", "Thúy", "Bảo", "Kiều", "Công", "Mỹ")
_GIVEN = ("Ánh", "Bích", "Cường", "Diễm", "Đạt", "Giang", "Hằng", "Hiếu", "Khánh", "Lộc", "Mẫn", "Nghĩa", "Nhựt", "Phượng", "Quỳnh", "Sương")
_SECOND = ("An", "Bình", "Châu", "Dũng", "Hạnh", "Hòa", "Lệ", "Nhã", "Phúc", "Thảo", "Thủy", "Trí", "Tuyền", "Vỹ", "Yến", "Ý")
_PREFIXES = ("090", "091", "093", "094", "097", "098", "032", "035", "070", "077")


@dataclass(frozen=True, slots=True)
class Person:
    """An applicant; `identifier` has the 12 digits of a citizen's identity and begins with the province's 049."""

    name: str
    identifier: str
    phone: str
    email: str
    address: str


def without_diacritics(text: str) -> str:
    """A Vietnamese text in ASCII letters, as people type it without a keyboard for it."""
    decomposed = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


class People:
    """Makes people, no two with the same identifier, and lets some file again."""

    _AGAIN = 0.15

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._people: list[Person] = []

    def next(self) -> Person:
        """Somebody who files a dossier."""
        if self._people and self._rng.random() < self._AGAIN:
            return self._rng.choice(self._people)
        person = self._new(len(self._people) + 1)
        self._people.append(person)
        return person

    def _new(self, number: int) -> Person:
        choose = self._rng.choice
        name = f"{choose(_FAMILY)} {choose(_MIDDLE)} {choose(_GIVEN)} {choose(_SECOND)}"
        mail = without_diacritics(name).lower().split()
        return Person(
            name=unicodedata.normalize("NFC", name),
            # Sex and century, year of birth, and a running number.
            identifier=f"049{self._rng.randrange(4)}{self._rng.randrange(100):02}{number:06}",
            phone=f"{choose(_PREFIXES)}{self._rng.randrange(10_000_000):07}",
            email=f"{mail[-1]}.{mail[0]}{number}@example.vn",
            address=f"Số {self._rng.randrange(1, 400)}, tổ {self._rng.randrange(1, 30)}, thôn {choose(_SECOND)} {choose(_GIVEN)}",
        )
