"""What a check says of itself: one word, and what failed most."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from qn_pipeline.sources.workbooks import SHEET_STEP

WORST = 5


class Outcome(StrEnum):
    """How a check ended. A broken one raises CheckBroken: nothing is known about the data then. `no rows`: there was nothing to hold a rule against."""

    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"
    NO_ROWS = "no rows"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True)
class Locator:
    """Where a row stands at its source; never what is in it."""

    source: str
    file: str
    row_no: int

    @property
    def row(self) -> str:
        """The row as a person finds it: of a workbook's second sheet and later ones, the sheet, too."""
        place, row = divmod(self.row_no, SHEET_STEP)
        return f"trang tính {place + 1}, dòng {row}" if place else str(row)


@dataclass(frozen=True)
class BrokenRule:
    """A rule that does not hold, how often, and where: some of its rows when it is one of rows."""

    rule: str
    column: str | None
    message: str
    severity: str
    count: int
    rows: tuple[Locator, ...] = ()


def worst(broken: Iterable[BrokenRule]) -> list[BrokenRule]:
    """Those that are broken most often."""
    return sorted(broken, key=lambda rule: (-rule.count, rule.rule))[:WORST]
