"""Which rows of an office's table are lines and which are sums of them, and where a sum is not what its lines add up to.

A mark sets a row's level; a row with amounts below it at a deeper level is a sum, and so is a total. What follows "trong đó" is a breakdown of
the row before it and is never counted. Rows without a mark stand below the last marked row.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from qn_pipeline.sources.marks import BREAKDOWN, DASH, NAMED_TOTAL, PLUS, TOTAL_LEVEL, UNMARKED, is_total

Amounts = dict[str, Decimal | str | None]
"""By column: a number, a text that is none, nothing."""


class Finding(BaseModel):
    """A sum that differs from what it sums up. Numbers are plain decimals in the sheet's unit; `told` is None when the sum is unreadable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    row_no: int
    sheet: str
    cell: str
    column: str
    told: str | None
    added: str


@dataclass(eq=False)
class TableRow:
    """A row of a table's body. `index` is its place in the sheet from 0; level is UNMARKED when it has no mark."""

    index: int
    mark: str
    level: int
    saying: str
    amounts: Amounts
    cells: dict[str, object]
    parent: "TableRow | None" = None
    children: list["TableRow"] = field(default_factory=list)

    @property
    def has_amount(self) -> bool:
        return any(amount is not None for amount in self.amounts.values())

    @property
    def is_remark(self) -> bool:
        """A row in a table of amounts that has none and only a dash, or nothing, for a mark."""
        return bool(self.amounts) and not self.has_amount and self.level >= DASH


@dataclass
class Outline:
    """A table's rows by what they are: all rows of the outline, totals with their place among all rows, breakdowns with what they break down."""

    nodes: list[TableRow] = field(default_factory=list)
    totals: list[TableRow] = field(default_factory=list)
    breakdowns: list[tuple[TableRow, list[TableRow]]] = field(default_factory=list)

    @property
    def roots(self) -> list[TableRow]:
        return [node for node in self.nodes if node.parent is None]


def read_outline(rows: list[TableRow], numbered: bool) -> Outline:
    """Sort a table's rows. `numbered` says that the table has a column of marks."""
    outline = Outline()
    owner: TableRow | None = None
    parts: list[TableRow] | None = None
    path: list[TableRow] = []
    for place, row in enumerate(rows):
        total = is_total(row.saying) and not _has_deeper(rows, place)
        if BREAKDOWN.match(row.saying) and not total:
            parts = [row]
            if owner is not None:
                outline.breakdowns.append((owner, parts))
            continue
        if parts is not None and not total and _continues(row, owner, numbered):
            parts.append(row)
            continue
        if row.is_remark and not total:
            continue
        parts = None
        if total:
            outline.totals.append(row)
            row.level = TOTAL_LEVEL
        else:
            _hang(row, path)
            outline.nodes.append(row)
        owner = row
    return outline


def _hang(row: TableRow, path: list[TableRow]) -> None:
    """Put a row below the last one of a lower level. `path` leads to the last row."""
    while path and path[-1].level >= row.level:
        path.pop()
    if path:
        row.parent = path[-1]
        path[-1].children.append(row)
    path.append(row)


def _has_deeper(rows: list[TableRow], place: int) -> bool:
    """Whether a marked row has rows below it: then it is a sum by its mark, whatever it says."""
    following = next((row for row in rows[place + 1 :] if not row.is_remark and not BREAKDOWN.match(row.saying)), None)
    return rows[place].level < DASH and following is not None and rows[place].level < following.level < UNMARKED and not is_total(following.saying)


def _continues(row: TableRow, owner: TableRow | None, numbered: bool) -> bool:
    """Whether a row goes on with the breakdown before it."""
    if row.level in (DASH, PLUS):
        return owner is None or owner.level == UNMARKED or row.level > owner.level
    return row.level == UNMARKED and numbered


def is_sum(row: TableRow) -> bool:
    """Whether what a row says is said again by rows below it. Without columns of amounts, any row below makes it one."""
    return any(not row.amounts or child.has_amount or is_sum(child) for child in row.children)


def lines(outline: Outline) -> list[TableRow]:
    return [node for node in outline.nodes if not is_sum(node)]


@dataclass(frozen=True)
class Difference:
    """A column of a row where the sum is not what is under it."""

    row: TableRow
    column: str
    told: Decimal | None
    added: Decimal


def differences(outline: Outline, rows: list[TableRow]) -> list[Difference]:
    """Where sums, totals and breakdowns do not fit, in the sheet's order."""
    found: list[Difference] = []
    for node in outline.nodes:
        if is_sum(node):
            found += _compared(node, node.children)
    for total in outline.totals:
        candidates = [_compared(total, under) for under in _under(total, outline, rows) if under]
        if candidates:
            # A total is of all above it, or of what stands since the total before: it is held to what it fits best.
            best: list[Difference] = min(candidates, key=len)
            found += best
    for owner, parts in outline.breakdowns:
        found += _compared(owner, _parts(parts), exceeding=True)
    return sorted(found, key=lambda difference: difference.row.index)


def _under(total: TableRow, outline: Outline, rows: list[TableRow]) -> list[list[TableRow]]:
    """What a total may sum up, the likeliest first."""
    named = NAMED_TOTAL.match(total.saying)
    if named:
        last = next((node for node in reversed(outline.nodes) if node.index < total.index and node.mark.upper() == named[1].upper()), None)
        if last is not None:
            return [last.children or [last]]
    before = max((other.index for other in outline.totals if other.index < total.index), default=-1)
    after = min((other.index for other in outline.totals if other.index > total.index), default=rows[-1].index + 1)
    above = [root for root in outline.roots if root.index < total.index]
    since = _top_of(node for node in outline.nodes if before < node.index < total.index)
    until = _top_of(node for node in outline.nodes if total.index < node.index < after)
    if not above:
        return [outline.roots, until]
    return [above, since, until] if total.saying.lower().startswith("tổng") else [since, above]


def _top_of(nodes: Iterable[TableRow]) -> list[TableRow]:
    """Those of some rows that stand below none of the others."""
    found = list(nodes)
    among = {id(node) for node in found}
    return [node for node in found if id(node.parent) not in among]


def _parts(rows: list[TableRow]) -> list[TableRow]:
    """A breakdown's parts at their first level; a bare 'trong đó' is what they are parts of, not one of them."""
    first, *following = rows
    told = [row for row in following if row.has_amount]
    bare = BREAKDOWN.fullmatch(first.saying) is not None
    level = told[0].level if told else UNMARKED
    return [*([] if bare and told else [first]), *(row for row in told if row.level <= level)]


def _compared(row: TableRow, under: list[TableRow], exceeding: bool = False) -> list[Difference]:
    found = []
    for column, told in row.amounts.items():
        terms = [_effective(part, column) for part in under]
        if told is None or None in terms:
            continue  # an unreadable part is told where it stands
        numbers = [term for term in terms if term is not None]
        added = sum(numbers, Decimal())
        if isinstance(told, str):
            if not exceeding:
                found.append(Difference(row, column, None, added))
        elif (_exceeds if exceeding else _differ)(told, added, _noise([told, *numbers])):
            found.append(Difference(row, column, told, added))
    return found


def _effective(row: TableRow, column: str) -> Decimal | None:
    """What a row stands for in a sum: what its lines add up to, which is what is counted. None when one cannot be read."""
    if is_sum(row):
        below = [_effective(child, column) for child in row.children]
        return None if None in below else sum((term for term in below if term is not None), Decimal())
    told = row.amounts[column]
    return Decimal() if told is None else None if isinstance(told, str) else told


def _noise(numbers: list[Decimal]) -> Decimal:
    """Half a unit of the 15th digit, once a number: what floats make of decimals."""
    largest = max(abs(number) for number in numbers)
    return Decimal(5).scaleb(largest.adjusted() - 15) * len(numbers) if largest else Decimal()


def _differ(told: Decimal, added: Decimal, noise: Decimal) -> bool:
    return abs(told - added) > noise


def _exceeds(told: Decimal, added: Decimal, noise: Decimal) -> bool:
    # Of a row below zero, parts that are not told may be above it.
    return told >= 0 and added - told > noise
