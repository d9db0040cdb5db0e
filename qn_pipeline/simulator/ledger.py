"""The ledger of truth: what the figures of a province are, in plain Python, from the lives alone.

It says in its own words what docs/figures.md says, and shares no code with the pipeline. Belongs here: counting. Does not: how a
dossier came to its state.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal

from qn_pipeline.simulator.lives import Province, State
from qn_pipeline.simulator.units import PROVINCE_CODE

Grain = Literal["day", "month", "year"]
Key = tuple[str, Grain, date, str, str]
"""Indicator, grain, first day of the period, unit (the province, too) and channel ('all' for all of them)."""

ALL_CHANNELS = "all"
_NEW, _REFUSED = 1, 3
_SETTLED = (9, 10)
_ENDED = (7, 8, *_SETTLED)


def ledger(province: Province, known_at: datetime) -> dict[Key, int]:
    """All figures as known at a moment, of all periods that began before it; zeros are left out.

    `dossiers_running` has a value for each day, month and year, at its end or at the moment itself; the others count what happened in it.
    """
    counts: Counter[Key] = Counter()
    changes: dict[tuple[str, str], Counter[date]] = {}
    for row in province.rows(known_at):
        for unit in (row.state.unit, PROVINCE_CODE):
            for channel in (row.state.channel, ALL_CHANNELS):
                for indicator, day in _events(row.state):
                    for grain, first in _periods(day):
                        counts[indicator, grain, first, unit, channel] += 1
                stock = changes.setdefault((unit, channel), Counter())
                for day, change in _stock_changes(row.state):
                    stock[day] += change
    last = (known_at - timedelta(microseconds=1)).date()
    for (unit, channel), stock in changes.items():
        for grain, first, running in _stock(stock, last):
            counts["dossiers_running", grain, first, unit, channel] = running
    return {key: count for key, count in counts.items() if count}


def _events(state: State) -> Iterator[tuple[str, date]]:
    if state.status in (_NEW, _REFUSED) or state.received_at is None:
        return
    yield "dossiers_received", state.received_at.date()
    if state.status in _SETTLED and state.ended_at is not None:
        yield "dossiers_settled", state.ended_at.date()
        if state.due_at is not None:
            yield "dossiers_settled_on_time" if state.ended_at <= state.due_at else "dossiers_settled_late", state.ended_at.date()


def _stock_changes(state: State) -> Iterator[tuple[date, int]]:
    if state.status in (_NEW, _REFUSED) or state.received_at is None:
        return
    yield state.received_at.date(), 1
    if state.status in _ENDED and state.ended_at is not None:
        yield state.ended_at.date(), -1


def _stock(changes: Counter[date], last: date) -> Iterator[tuple[Grain, date, int]]:
    """What is there at the end of each day, month and year from the first change on."""
    if not changes:
        return
    running, day = 0, min(changes)
    ends: dict[tuple[Grain, date], int] = {}
    while day <= last:
        running += changes[day]
        for period in _periods(day):
            ends[period] = running  # the last day of a period stands
        day += timedelta(days=1)
    for (grain, first), value in ends.items():
        yield grain, first, value


def _periods(day: date) -> tuple[tuple[Grain, date], ...]:
    return ("day", day), ("month", day.replace(day=1)), ("year", date(day.year, 1, 1))
