"""What a pull brings from a connection, whatever the product.

Belongs here: the shape that landing takes. Does not: how a product is asked.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal


@dataclass(frozen=True)
class Gone:
    """A row that the source no longer has, by the code it was known under; `id` is the product's own, where it has one."""

    code: str
    id: str | None = None


@dataclass(frozen=True)
class Reconciled:
    """A counter of the source against what is held here, of a unit (as the source spells it) and month, before and after sweeping."""

    unit: str
    month: date
    counter: str
    told: int
    held_before: int
    held_after: int


@dataclass(frozen=True)
class Found:
    """A dossier that no window had shown, and a sweep found."""

    unit: str
    month: date
    code: str
    change: Literal["new", "changed", "gone"]


@dataclass(frozen=True)
class Pull:
    """The rows of a source, as JSON objects, and what the pull learnt. `covers` is the days whose changes are in it.

    `unchanged` are rows that were asked for again and are listed as they were; only their details may have changed.
    """

    rows: list[bytes]
    covers: tuple[date, date] | None = None
    gone: list[Gone] = field(default_factory=list)
    reconciled: list[Reconciled] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    unchanged: list[bytes] = field(default_factory=list)


FEW = 5


def too_many(missing: int, of: int, share: float) -> bool:
    """Whether more rows are missing than can be: a half-empty night is likelier."""
    return missing > max(FEW, share * of)
