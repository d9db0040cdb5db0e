"""Continuity: figures of months that were closed when they were published, against those that are computed now.

Late data change them rightly, so a change is told and stops nothing, unless the province loses a large part of what it had.
"""

from dataclasses import dataclass
from datetime import date

from qn_pipeline.errors import RunFailed
from qn_pipeline.project import Continuity
from qn_pipeline.warehouse.engines import MARTS, MARTS_NEXT, Row, Warehouse

CHANGED, FELL = "closed_month_changed", "closed_month_fell"
# Of these the province does not lose a large part by corrections.
KEPT = ("dossiers_received", "dossiers_settled")
# The province's figures, and of its units what they received and settled.
FIGURES = f"""
    select v.indicator, v.unit, v.period_start, v.numerator, v.denominator, u.parent is null as is_province
    from %s.indicator_values as v inner join %s.unit as u on u.unit = v.unit
    where v.period_set = 'calendar' and v.grain = 'month' and v.channel = 'all' and v.period_end < cast(? as date)
        and (u.parent is null or v.indicator in ({", ".join(f"'{name}'" for name in KEPT)}))"""
STATUS = f"select max(as_of) from {MARTS}.data_status"


@dataclass(frozen=True)
class Change:
    """A closed month's figure that differs from what was published. `by` is the share of a count, or points of a share in hundredths."""

    rule: str
    indicator: str
    unit: str
    month: date
    before: int
    now: int | None
    by: float


def changes_of_closed_months(warehouse: Warehouse, settings: Continuity) -> list[Change] | None:
    """What differs by more than the tolerance, the largest first; None when nothing is published yet, or what is has another shape."""
    try:
        _, [(as_of,)] = warehouse.read(STATUS)
        if as_of is None:
            return None
        _, before = warehouse.read(FIGURES % (MARTS, MARTS), [as_of.date()])
    except RunFailed:
        return None
    with warehouse.writing() as writing:
        now = writing.execute(FIGURES % (MARTS_NEXT, MARTS_NEXT), [as_of.date()])
    return compare(before, now, settings)


def compare(before: list[Row], now: list[Row], settings: Continuity) -> list[Change]:
    """Rows of indicator, unit, month, numerator, denominator and whether the unit is the province."""
    present = {row[:3]: row for row in now}
    changes = [_change(old, present.get(old[:3]), settings) for old in before if old[3] is not None]
    return sorted((change for change in changes if change is not None), key=lambda change: (-change.by, change.indicator, change.unit, change.month))


def _change(old: Row, new: Row | None, settings: Continuity) -> Change | None:
    indicator, unit, month, before, of, is_province = old
    now, now_of = (new[3], new[4]) if new is not None else (None, None)
    lost = before - (now or 0)
    if is_province and indicator in KEPT and lost > settings.slack and lost > settings.fall * before:
        return Change(FELL, indicator, unit, month, before, now, lost / before)
    if now is None:
        # The source of a figure may have gone with it; of a few pieces nobody needs to know.
        return Change(CHANGED, indicator, unit, month, before, None, 1.0) if before > settings.slack else None
    if abs(lost) <= settings.slack:
        return None
    by = abs(lost) / before if before else 1.0
    if of is not None:
        by = abs(before / of - now / now_of) if of and now_of else 1.0
    return Change(CHANGED, indicator, unit, month, before, now, by) if by > settings.tolerance else None
