"""How clerks type the codes of dossiers: right, in other ways that mean the same, and wrong in one of many ways.

Belongs here: spellings, and which codes are one. Does not: who types them (post). A code is that of TT 01/2018 (000.05.33.H47-220801-0001,
from the smallest level of the agency to the province) or that of QĐ 20/2020 (H47.33.05-220801-1, from the province down, empty levels left out).
"""

import random
from collections.abc import Iterator, Set
from typing import Final, Literal, get_args

Even = Literal["exact", "lower", "spaces", "separators", "letter_o", "other_order"]
Slip = Literal["digit", "swapped", "dropped", "doubled", "look_alike", "two_digits", "another", "agency", "date"]
Spelling = Literal[Even, Slip, "missing"]
SPELLINGS: Final[tuple[Spelling, ...]] = get_args(Spelling)
SLIPS: Final[tuple[Slip, ...]] = get_args(Slip)
"""How a code is typed wrong: a digit of the number; two neighbours swapped; a digit left out or typed twice; a letter that looks like it; two digits; another
dossier's code; a digit of the agency's code or of the date."""
UNRESOLVABLE: Final[frozenset[Spelling]] = frozenset({*SLIPS, "missing"})
"""Spellings that lead to no dossier, or to another one; all others do once case, spaces, separators, O for 0 and the agency's order are evened out."""

Same = tuple[str, str, str, str, str, int]
"""Province, the agency's three levels from large to small, day as yymmdd, running number: alike for all codes that mean one dossier."""

LOOK_ALIKES: Final = {"1": "I", "8": "B", "5": "S", "2": "Z"}
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
    """A code as it is typed; never the code itself but for `exact`.

    A slip means none of the dossiers that are `taken`, but for `another`, which is the code of one of them (a digit of its number differs; if
    none is so, the slip is of another digit). Raises ValueError for `another` when no digit makes a code that is taken.
    """
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
        case "missing":
            return ""
        case "another":
            return _another(rng, code, taken)
        case _:
            meant = same(code)
            return next(typed for typed in _slips(rng, code, spelling) if (means := _means(typed)) != meant and means not in taken)


def _means(typed: str) -> Same | None:
    """What a code would be the code of; None for a text that is none."""
    try:
        return same(typed)
    except (ValueError, IndexError):
        return None


def _slips(rng: random.Random, code: str, slip: Slip) -> Iterator[str]:
    """A code with such a slip, over and over."""
    agency, number = code.index("-"), code.rindex("-")
    parts = {"agency": (0, agency), "date": (agency, number), "digit": (number, len(code))}
    while True:
        places = [place for place, sign in enumerate(code) if sign.isdigit() and place in range(*parts.get(slip, (0, len(code))))]
        place = rng.choice(places)
        before, sign, after = code[:place], code[place], code[place + 1 :]
        match slip:
            case "agency" | "date" | "digit":
                yield before + _other_digit(rng, sign) + after
            case "swapped" if after[:1].isdigit():
                yield before + after[0] + sign + after[1:]
            case "dropped":
                yield before + after
            case "doubled":
                yield before + sign + sign + after
            case "look_alike" if sign in LOOK_ALIKES:
                yield before + LOOK_ALIKES[sign] + after
            case "two_digits":
                other = rng.choice([one for one in places if one != place])
                typed = [*code]
                for one in (place, other):
                    typed[one] = _other_digit(rng, code[one])
                yield "".join(typed)
            case _:
                pass


def _other_digit(rng: random.Random, digit: str) -> str:
    return rng.choice([other for other in "0123456789" if other != digit])


def _another(rng: random.Random, code: str, taken: Set[Same]) -> str:
    places = [place for place, sign in enumerate(code) if sign.isdigit()]
    near = [f"{code[:place]}{digit}{code[place + 1 :]}" for place in places for digit in "0123456789" if digit != code[place]]
    found = [typed for typed in near if same(typed) in taken]
    of_number = [typed for typed in found if typed.rsplit("-", 1)[0] == code.rsplit("-", 1)[0]]
    if not found:
        raise ValueError(f"no dossier that is taken has a code like {code}")
    return rng.choice(of_number or found)


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
