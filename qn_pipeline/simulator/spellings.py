"""How clerks type the codes of dossiers: right, in other ways that mean the same, and wrong.

Belongs here: spellings, and which codes are one. Does not: who types them (post). A code is that of TT 01/2018 (000.05.33.H47-220801-0001,
from the smallest level of the agency to the province) or that of QĐ 20/2020 (H47.33.05-220801-1, from the province down, empty levels left out).
"""

import random
from collections.abc import Set
from typing import Final, Literal, get_args

Spelling = Literal["exact", "lower", "spaces", "separators", "letter_o", "other_order", "wrong", "missing"]
SPELLINGS: Final[tuple[Spelling, ...]] = get_args(Spelling)
UNRESOLVABLE: Final[frozenset[Spelling]] = frozenset({"wrong", "missing"})
"""Spellings that lead to no dossier; all others do once case, spaces, separators, O for 0 and the agency's order are evened out."""

Same = tuple[str, str, str, str, str, int]
"""Province, the agency's three levels from large to small, day as yymmdd, running number: alike for all codes that mean one dossier."""

_EMPTY_LEVELS: Final = ("00", "00", "000")
_SEPARATORS: Final = (".", "/", "_", "")


def same(code: str) -> Same:
    """What codes of one dossier have in common. Raises ValueError for a text that is no code."""
    agency, day, number = code.split("-")
    levels = agency.split(".")
    if levels[0].isdigit():
        levels.reverse()
    province, first, second, third = [*levels, *_EMPTY_LEVELS[len(levels) - 1 :]]
    return province, first, second, third, day, int(number)


def spell(rng: random.Random, code: str, spelling: Spelling, taken: Set[Same]) -> str:
    """A code as it is typed; never the code itself but for `exact`. A wrong one means none of the dossiers that are `taken`."""
    match spelling:
        case "exact":
            return code
        case "lower":
            return code.lower()
        case "spaces":
            return rng.choice((code.replace("-", " - "), code.replace(".", ". "), code.replace("-", "- ") + " "))
        case "separators":
            return _with_other_separators(rng, code)
        case "letter_o":
            # All of them, or the running number's only; a number without a zero leaves no choice.
            head, number = code.rsplit("-", 1)
            return f"{head}-{number.replace('0', 'O')}" if "0" in number and rng.random() < 0.5 else code.replace("0", "O")
        case "other_order":
            return _in_other_order(rng, code)
        case "wrong":
            return _wrong(rng, code, taken)
        case "missing":
            return ""


def _with_other_separators(rng: random.Random, code: str) -> str:
    # Without any, only the form of 2018 can be read: its parts have fixed widths.
    separator = rng.choice(_SEPARATORS if code[0].isdigit() else _SEPARATORS[:-1])
    return code.replace("-", ".") if separator == "." else code.replace(".", separator).replace("-", separator)


def _in_other_order(rng: random.Random, code: str) -> str:
    province, first, second, third, day, number = same(code)
    written = code.rsplit("-", 1)[1]
    if not code[0].isdigit():
        return f"{third}.{second}.{first}.{province}-{day}-{number:04}"
    if rng.random() < 0.6:
        return f"{province}.{first}.{second}.{third}-{day}-{written}"
    levels = [province, first, second, third]
    while len(levels) > 1 and not int(levels[-1]):
        levels.pop()
    return f"{'.'.join(levels)}-{day}-{rng.choice((written, str(number)))}"


def _wrong(rng: random.Random, code: str, taken: Set[Same]) -> str:
    places = [place for place, sign in enumerate(code) if sign.isdigit()]
    while True:
        place = rng.choice(places)
        digit = rng.choice([digit for digit in "0123456789" if digit != code[place]])
        typed = f"{code[:place]}{digit}{code[place + 1 :]}"
        if same(typed) not in taken:
            return typed
