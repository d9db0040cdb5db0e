"""The ledger of truth: what the figures of a province are, in plain Python, from the lives alone.

It says in its own words what docs/figures.md says, and shares no code with the pipeline. Belongs here: counting. Does not: how a
dossier came to its state (lives), what a reader knows of it (known), or how it stands to its limit (verdicts).
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from qn_pipeline.simulator.known import ToldBy, known
from qn_pipeline.simulator.lives import Province
from qn_pipeline.simulator.units import PROVINCE_CODE, UNIT_BY_CODE
from qn_pipeline.simulator.verdicts import LOCAL, NATIONAL, Life, Spell, life

Grain = str
"""A grain of the calendar (day, month, quarter, year), or of another period set after the set's name."""
Key = tuple[str, Grain, date, str, str]
"""Measure, grain, first day of the period (of the year to date: of its last month), unit (the province, too) and channel ('all' for all)."""
GRAINS: Final = (
    *("day", "month", "quarter", "year", "year_to_date month"),
    *(f"administrative {grain}" for grain in ("month", "quarter", "half_year", "nine_months", "year")),
)

ALL_CHANNELS = "all"
STOCKS: Final = ("running", "paused", "held")
_OPENING = "opening_"
_A_DAY, _NEVER = timedelta(days=1), date.max
_Days = Counter[tuple[str, date]]
_Stay = tuple[str, str]
"""A unit and a channel."""
_Period = tuple[Grain, date]
"""A grain and the first day."""


def lives(province: Province, nights: Sequence[datetime], told_by: ToldBy, tells_limits: bool = True) -> list[Life]:
    """What is known of all received dossiers after the last of the nights on which the system was read.

    A code that is none identifies nothing, so its dossier is in quarantine and in no figure.
    """
    seen = (known(dossier, nights, told_by, tells_limits) for dossier in province.dossiers if not dossier.typed_code)
    return [made for one in seen if one is not None and (made := life(one)) is not None]


def ledger(
    province: Province, nights: Sequence[datetime], told_by: ToldBy = "actions", by_desk: bool = False, tells_limits: bool = True
) -> dict[Key, int]:
    """All measures as known after the last of `nights`, of all periods that began before it; zeros are left out.

    Stocks (running, paused, held, with their splits and openings) have a value for each period, at its end or at the last night itself; the
    others count what happened in it. A unit's figures hold those of all units below it. `by_desk`: of the desks that received the dossiers, or
    where none is told, as in this province, of the units that have them now. `tells_limits`: whether the system tells limits, by which a due date is recomputed where it states none.
    """
    known_at = nights[-1]
    received = lives(province, nights, told_by, tells_limits)
    if by_desk:
        received = [replace(one, stays=[(one.known.now.unit, None)]) for one in received]
    counted: dict[_Stay, _Days] = {}
    for one in received:
        for unit, measure, day in _events(one, known_at):
            counted.setdefault((unit, one.known.now.channel), _Days())[measure, day] += 1
    total = _with_those_below(counted)
    for one in received:
        for unit, measure, day in _transfers(one, known_at):
            for channel in (one.known.now.channel, ALL_CHANNELS):
                total.setdefault((unit, channel), _Days())[measure, day] += 1
    last = (known_at - timedelta(microseconds=1)).date()
    figures: dict[Key, int] = {}
    for (unit, channel), days in total.items():
        for (measure, grain, first), count in (_flows(days, last) | _stocks(days, last)).items():
            figures[measure, grain, first, unit, channel] = count
    return {key: count for key, count in figures.items() if count}


def stock_at(received: Sequence[Life], instant: datetime) -> Counter[tuple[str, str]]:
    """How many dossiers each unit has in each stock class at an instant, asked of every life, one by one. Keys are unit and class."""
    found: Counter[tuple[str, str]] = Counter()
    for one in received:
        for spell in one.spells:
            if instant <= spell.began_at:
                continue
            after = one.spells[one.spells.index(spell) + 1].began_at if spell is not one.spells[-1] else None
            if spell.end is not None and spell.end.at < instant:
                if spell.end.state == "stopped" and (after is None or instant <= after):
                    for reading in (NATIONAL, LOCAL):
                        found[one.unit_at(spell.end.at), f"{reading}held_{_HELD[spell.verdict(reading)]}"] += 1
                continue
            state = [entry.state for entry in spell.opens if entry.at < instant][-1]
            before = instant - timedelta(microseconds=1)
            for reading in (NATIONAL, LOCAL):
                found[one.unit_at(before), f"{reading}{state}_{spell.standing(before, reading)}"] += 1
    return found


_HELD = {"early": "within", "on_time": "within", "late": "past", "without_due": "without_due"}


def with_those_above(unit: str) -> Iterator[str]:
    """A unit, the unit above it and so on, up to the province. A unit has one parent for all its time."""
    while unit != PROVINCE_CODE:
        yield unit
        unit = UNIT_BY_CODE[unit].parent
    yield unit


def _events(one: Life, known_at: datetime) -> Iterator[tuple[str, str, date]]:
    """What of a dossier counts, where and on which day; `+` and `-` before a stock's name are what enters and leaves it."""
    for place, spell in enumerate(one.spells):
        began, where = spell.began_at, one.unit_at(spell.began_at)
        if place == 0:
            yield from ((where, measure, began.date()) for measure in _traits_of_reception(one))
        else:
            yield where, "reopened", began.date()
        for entry, until in spell.segments():
            yield from _stay_events(one, spell, entry.state, entry.at, until, known_at)
        if spell.end is None:
            continue
        ended, unit = spell.end.at, one.unit_at(spell.end.at)
        yield unit, spell.end.state, ended.date()
        for reading in (NATIONAL, LOCAL):
            yield unit, f"{reading}{spell.end.state}_{spell.verdict(reading)}", ended.date()
            if spell.end.state == "stopped":
                held = f"{reading}held_{_HELD[spell.verdict(reading)]}"
                yield unit, f"+{held}", ended.date()
                if place + 1 < len(one.spells):
                    yield unit, f"-{held}", one.spells[place + 1].began_at.date()
        if spell.end.state == "settled":
            yield from ((unit, measure, ended.date()) for measure in _traits_of_result(one))


def _stay_events(one: Life, spell: Spell, state: str, began: datetime, until: datetime | None, known_at: datetime) -> Iterator[tuple[str, str, date]]:
    """An open state enters and leaves stocks: where the dossier is moved, and where its limit is spent, too."""
    for reading in (NATIONAL, LOCAL):
        breached = spell.breached_at[reading]
        cuts = {began, *(at for _, at in one.stays if at is not None), *([] if breached is None else [breached])}
        points = sorted(at for at in cuts if began <= at and (until is None or at < until) and at < known_at)
        for at, next_at in zip(points, [*points[1:], until], strict=True):
            stock = f"{reading}{state}_{spell.standing(at, reading)}"
            yield one.unit_at(at), f"+{stock}", at.date()
            if next_at is not None:
                yield one.unit_at(at), f"-{stock}", next_at.date()


def _traits_of_reception(one: Life) -> Iterator[str]:
    dossier, now = one.known.dossier, one.known.now
    yield "received"
    yield f"received_{now.channel}"
    if any(component.digitized for component in dossier.components):
        yield "received_components_digitized"
    if any(component.reused for component in dossier.components):
        yield "received_reused"
    if any(component.from_store for component in dossier.components):
        yield "received_from_store"
    if now.channel == "online" and dossier.number % 3 == 0:
        yield "received_identity_verified"
    if now.channel == "online" and (not dossier.procedure.paper_result or _has_result(one)):
        yield "received_electronic"
    if dossier.procedure.fee:
        yield "received_with_fee"
        if now.payment != "none":
            yield "received_paid_online"


def _traits_of_result(one: Life) -> Iterator[str]:
    paper = one.known.dossier.procedure.paper_result
    if paper:
        yield "settled_paper"
    if paper and _has_result(one):
        yield "settled_paper_digitized"
    if any(component.digitized for component in one.known.dossier.components) and (not paper or _has_result(one)):
        yield "settled_digitized"


def _has_result(one: Life) -> bool:
    return one.known.now.ended_at is not None and one.known.now.result_digitized


def _transfers(one: Life, known_at: datetime) -> Iterator[tuple[str, str, date]]:
    """Moves within a spell, for each unit that had the dossier before and not after, or the other way round; those above, too."""
    for spell in one.spells:
        points = sorted({spell.began_at, *(at for _, at in one.stays if at is not None), *([spell.end.at] if spell.end else [])})
        inside = [at for at in points if spell.began_at <= at < known_at and (spell.end is None or at <= spell.end.at)]
        for before, at in itertools.pairwise(inside):
            left, entered = set(with_those_above(one.unit_at(before))), set(with_those_above(one.unit_at(at)))
            yield from ((unit, "transferred_out", at.date()) for unit in left - entered)
            yield from ((unit, "transferred_in", at.date()) for unit in entered - left)


def _with_those_below(counted: Mapping[_Stay, _Days]) -> dict[_Stay, _Days]:
    """By unit and channel, of the unit itself, in the unit and all below it."""
    total: dict[_Stay, _Days] = {}
    for (unit, channel), days in counted.items():
        for above in with_those_above(unit):
            for all_or_one in (channel, ALL_CHANNELS):
                total.setdefault((above, all_or_one), _Days()).update(days)
    return total


def _flows(days: _Days, last: date) -> dict[tuple[str, Grain, date], int]:
    counts: Counter[tuple[str, Grain, date]] = Counter()
    for (measure, day), count in days.items():
        if measure[0] not in "+-":
            for grain, first in _periods(day):
                if first <= last:
                    counts[measure, grain, first] += count
    return counts


def _stocks(days: _Days, last: date) -> dict[tuple[str, Grain, date], int]:
    """What is there at the end of each period from the first event on, and what was there when it began."""
    changes: dict[date, Counter[str]] = {}
    for (measure, day), count in days.items():
        if measure[0] in "+-":
            changes.setdefault(day, Counter())[measure[1:]] += count if measure[0] == "+" else -count
    there: Counter[str] = Counter()
    now: dict[str, int] = {}
    opened: dict[_Period, dict[str, int]] = {}
    ended: dict[_Period, dict[str, int]] = {}
    day = min((day for _, day in days), default=_NEVER)
    while day <= last:
        before = now
        if day in changes:
            there.update(changes[day])
            now = {stock: count for stock, count in {**there, **_sums(there)}.items() if count}
        for period in _periods(day):
            opened.setdefault(period, before)
            # The last day of a period stands.
            ended[period] = now
        day += _A_DAY
    stocks = {(stock, *period): count for period, counts in ended.items() if period[1] <= last for stock, count in counts.items()}
    openings = {
        (_OPENING + stock, *period): counts[stock] for period, counts in opened.items() if period[1] <= last for stock in STOCKS if stock in counts
    }
    return stocks | openings


def _sums(there: Mapping[str, int]) -> dict[str, int]:
    """Stocks without their splits."""
    return {stock: sum(there.get(f"{stock}_{standing}", 0) for standing in ("within", "past", "without_due")) for stock in STOCKS}


@cache
def _periods(day: date) -> tuple[_Period, ...]:
    """The periods that a day lies in; the year to date of each month of the year from its own on."""
    quarter = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    calendar = (("day", day), ("month", day.replace(day=1)), ("quarter", quarter), ("year", date(day.year, 1, 1)))
    to_date = (("year_to_date month", date(day.year, month, 1)) for month in range(day.month, 13))
    return *calendar, *to_date, *_administrative(day)


def _administrative(day: date) -> list[_Period]:
    """Reports run from the 15th to the 14th; the 15 of December begins a year."""
    begins = day.replace(day=15) if day.day >= 15 else (day.replace(day=1) - _A_DAY).replace(day=15)
    place = begins.month % 12  # 0 for the month that begins in December
    year = date(begins.year if begins.month == 12 else begins.year - 1, 12, 15)
    quarter = date(year.year, 12, 15) if place < 3 else date(begins.year, place // 3 * 3, 15)
    grains = [("month", begins), ("quarter", quarter), ("year", year)]
    grains += [(grain, year) for grain, months in (("half_year", 6), ("nine_months", 9)) if place < months]
    return [(f"administrative {grain}", first) for grain, first in grains]
