"""The ledger of truth: what the figures of a province are, in plain Python, from the lives alone.

It says in its own words what docs/figures.md says, and shares no code with the pipeline. Belongs here: counting. Does not: how a
dossier came to its state.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from qn_pipeline.simulator.lives import Province, State
from qn_pipeline.simulator.units import PROVINCE_CODE, UNIT_BY_CODE

Grain = str
"""A grain of the calendar (day, month, quarter, year), or of another period set after the set's name."""
Key = tuple[str, Grain, date, str, str]
"""Indicator, grain, first day of the period (of the year to date: of its last month), unit (the province, too) and channel ('all' for all)."""
GRAINS: Final = (
    *("day", "month", "quarter", "year", "year_to_date month"),
    *(f"administrative {grain}" for grain in ("month", "quarter", "half_year", "nine_months", "year")),
)

ALL_CHANNELS = "all"
RECEIVED, RUNNING = "dossiers_received", "dossiers_running"
SETTLED, ON_TIME, LATE, WITHOUT_DUE = "dossiers_settled", "dossiers_settled_on_time", "dossiers_settled_late", "dossiers_settled_without_due"
_NEW, _REFUSED = 1, 3
_SETTLED = (9, 10)
_ENDED = (7, 8, *_SETTLED)
_LEFT = "left"
_A_DAY, _NEVER = timedelta(days=1), date.max
_Days = Counter[tuple[str, date]]


def ledger(province: Province, known_at: datetime) -> dict[Key, int]:
    """All figures as known at a moment, of all periods that began before it; zeros are left out.

    `dossiers_running` has a value for each period, at its end or at the moment itself; the others count what happened in it.
    A unit's figures hold those of all units below it.
    """
    counted: dict[tuple[str, str], _Days] = {}
    # A code that is none identifies nothing, so its dossier is in quarantine and in no figure.
    for row in (row for row in province.rows(known_at) if not row.dossier.typed_code):
        counted.setdefault((row.state.unit, row.state.channel), _Days()).update(_events(row.state))
    last = (known_at - timedelta(microseconds=1)).date()
    figures: dict[Key, int] = {}
    for (unit, channel), days in _with_those_below(counted).items():
        for (indicator, grain, first), count in (_flows(days, last) | _stock(days, last)).items():
            figures[indicator, grain, first, unit, channel] = count
    return {key: count for key, count in figures.items() if count}


def on_time_share(figures: Mapping[Key, int], grain: Grain, first: date, unit: str, channel: str = ALL_CHANNELS) -> tuple[int, int]:
    """Numerator and denominator of `on_time_share`: those settled on time, and all settled; it has no value when none was settled."""
    return figures.get((ON_TIME, grain, first, unit, channel), 0), figures.get((SETTLED, grain, first, unit, channel), 0)


def with_those_above(unit: str) -> Iterator[str]:
    """A unit, the unit above it and so on, up to the province. A unit has one parent for all its time."""
    while unit != PROVINCE_CODE:
        yield unit
        unit = UNIT_BY_CODE[unit].parent
    yield unit


def _events(state: State) -> Iterator[tuple[str, date]]:
    """What of a dossier counts on which day; with _LEFT it leaves the stock."""
    if state.status in (_NEW, _REFUSED) or state.received_at is None:
        return
    yield RECEIVED, state.received_at.date()
    if state.status not in _ENDED or state.ended_at is None:
        return
    ended_on = state.ended_at.date()
    yield _LEFT, ended_on
    if state.status in _SETTLED:
        yield SETTLED, ended_on
        if state.due_at is None:
            yield WITHOUT_DUE, ended_on
        else:
            yield ON_TIME if state.ended_at <= state.due_at else LATE, ended_on


def _with_those_below(counted: Mapping[tuple[str, str], _Days]) -> dict[tuple[str, str], _Days]:
    """By unit and channel, of the unit itself, in the unit and all below it."""
    total: dict[tuple[str, str], _Days] = {}
    for (unit, channel), days in counted.items():
        for above in with_those_above(unit):
            for all_or_one in (channel, ALL_CHANNELS):
                total.setdefault((above, all_or_one), _Days()).update(days)
    return total


def _flows(days: _Days, last: date) -> dict[tuple[str, Grain, date], int]:
    counts: Counter[tuple[str, Grain, date]] = Counter()
    for (indicator, day), count in days.items():
        if indicator != _LEFT:
            for grain, first in _periods(day):
                if first <= last:
                    counts[indicator, grain, first] += count
    return counts


def _stock(days: _Days, last: date) -> dict[tuple[str, Grain, date], int]:
    """What is there at the end of each period from the first reception on."""
    changes: dict[date, int] = {}
    for (indicator, day), count in days.items():
        if indicator in (RECEIVED, _LEFT):
            changes[day] = changes.get(day, 0) + (count if indicator == RECEIVED else -count)
    ends: dict[tuple[str, Grain, date], int] = {}
    running, day = 0, min(changes, default=_NEVER)
    while day <= last:
        running += changes.get(day, 0)
        for grain, first in (period for period in _periods(day) if period[1] <= last):
            ends[RUNNING, grain, first] = running  # the last day of a period stands
        day += _A_DAY
    return ends


@cache
def _periods(day: date) -> tuple[tuple[Grain, date], ...]:
    """The periods that a day lies in; the year to date of each month of the year from its own on."""
    quarter = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    calendar = (("day", day), ("month", day.replace(day=1)), ("quarter", quarter), ("year", date(day.year, 1, 1)))
    to_date = (("year_to_date month", date(day.year, month, 1)) for month in range(day.month, 13))
    return *calendar, *to_date, *_administrative(day)


def _administrative(day: date) -> list[tuple[Grain, date]]:
    """Reports run from the 15th to the 14th; the 15 of December begins a year."""
    begins = day.replace(day=15) if day.day >= 15 else (day.replace(day=1) - _A_DAY).replace(day=15)
    place = begins.month % 12  # 0 for the month that begins in December
    year = date(begins.year if begins.month == 12 else begins.year - 1, 12, 15)
    quarter = date(year.year, 12, 15) if place < 3 else date(begins.year, place // 3 * 3, 15)
    grains = [("month", begins), ("quarter", quarter), ("year", year)]
    grains += [(grain, year) for grain, months in (("half_year", 6), ("nine_months", 9)) if place < months]
    return [(f"administrative {grain}", first) for grain, first in grains]
