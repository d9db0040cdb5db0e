"""A night's pull of dossiers.

The product cannot be asked what has changed, so a night is a union: what was submitted, received, released or finished in the window,
what is open, and requests to cancel. What was open and is in none of them is asked for by its id. Then the product's own counters are
held against what is known; where they differ, that agency's month is swept again. Rows whose list row is as it was are left out;
details are asked for the others only.
"""

import logging
from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson

from qn_pipeline.errors import SourceChanged
from qn_pipeline.project import Connection
from qn_pipeline.sources.http import all_of
from qn_pipeline.sources.opencps import counters
from qn_pipeline.sources.opencps.client import OpenCps
from qn_pipeline.sources.opencps.counters import Difference
from qn_pipeline.sources.opencps.listed import FILE_COLUMNS, MOMENT, OPEN, PAYMENT_COLUMNS, Listed, from_list, with_details
from qn_pipeline.sources.pulled import Found, Gone, Pull, Reconciled, demand_plausible

log = logging.getLogger(__name__)

WINDOWS = {"Submit": "submitDate", "Receive": "receiveDate", "Release": "releaseDate", "Finish": "finishDate"}


@dataclass(frozen=True)
class Days:
    """The days of a pull, ends included: `window` is asked for, `swept` (if any) is read whole by reception, counters are held since `since`."""

    window: tuple[date, date]
    since: date
    swept: tuple[date, date] | None = None


@dataclass
class _Night:
    """What a pull has learnt so far. `known` is what landing holds, by id."""

    known: Mapping[int, Listed]
    seen: dict[int, Listed] = field(default_factory=dict)
    gone: dict[int, Listed] = field(default_factory=dict)

    def take(self, rows: Iterable[dict[str, Any]]) -> list[Listed]:
        """Take rows in; the first telling of a night stands. Returns those that were not seen before."""
        fresh = [from_list(row) for row in rows if int(row["dossierId"]) not in self.seen]
        self.seen.update((listed.id, listed) for listed in fresh)
        return fresh

    @property
    def standing(self) -> list[Listed]:
        """All dossiers as they are known now."""
        held = {**self.known, **self.seen}
        return [listed for key, listed in held.items() if key not in self.gone]

    def changed(self, listed: Listed) -> bool:
        return listed.id not in self.known or self.known[listed.id].mark != listed.mark


async def pull_dossiers(
    connection: Connection, token: str, days: Days, known: Mapping[int, Listed], wanted: Collection[str]
) -> Pull:
    """The dossiers that changed in some days. `known` is what landing holds, by id; `wanted` are the columns that a mapping names.

    Raises SourceUnavailable or SourceChanged, and then nothing of it may be kept.
    """
    night = _Night(known)
    async with OpenCps(connection, token) as site:
        await all_of(
            [
                *(_window(site, night, what, days.window) for what in WINDOWS),
                *(_status(site, night, status) for status in OPEN),
                _take(site, night, {"top": "cancelling"}),
            ]
        )
        await _look_for(site, night, [listed for listed in known.values() if listed.open])
        found: list[Found] = []
        if days.swept is not None:
            for month in counters.months_between(*days.swept):
                found += await _sweep(site, night, "Receive", _days(month), None)
        reconciled = await _reconcile(site, night, _counted_months(days), found)
        demand_plausible(connection.name, len(night.gone), len(known), connection.max_vanished)
        changed = [listed for listed in night.seen.values() if listed.id not in night.gone and night.changed(listed)]
        files, payments = (not wanted_of.isdisjoint(wanted) for wanted_of in (set(FILE_COLUMNS), set(PAYMENT_COLUMNS)))
        rows = await all_of(_detailed(site, listed, files, payments) for listed in changed)
    log.info("%s: %s dossiers seen, %s changed, %s gone", connection.name, len(night.seen), len(changed), len(night.gone))
    recoded = [known[listed.id].code for listed in changed if listed.id in known and known[listed.id].code != listed.code]
    gone = [Gone(listed.code, str(listed.id)) for listed in night.gone.values()]
    return Pull(rows, days.window, [*gone, *(Gone(code) for code in recoded)], reconciled, found)


async def sample_dossiers(connection: Connection, token: str, days: tuple[date, date], wanted: Collection[str]) -> list[bytes]:
    """The dossiers received in some days, with their details; nothing is compared."""
    async with OpenCps(connection, token) as site:
        night = _Night({})
        await _window(site, night, "Receive", days)
        files, payments = (not wanted_of.isdisjoint(wanted) for wanted_of in (set(FILE_COLUMNS), set(PAYMENT_COLUMNS)))
        return await all_of(_detailed(site, listed, files, payments) for listed in night.seen.values())


def identity(row: bytes) -> tuple[int, str]:
    """The id and code of a dossier's row."""
    told = orjson.loads(row)
    return int(told["dossierId"]), str(told.get("dossierNo") or "")


async def count_dossiers(connection: Connection, token: str) -> int:
    """How many dossiers the site shows: that it answers at all."""
    async with OpenCps(connection, token) as site:
        return await site.count({})


async def _take(site: OpenCps, night: _Night, filters: Mapping[str, str]) -> list[Listed]:
    return night.take(await site.dossiers(filters))


async def _status(site: OpenCps, night: _Night, status: str) -> None:
    rows = await site.dossiers({"status": status})
    _demand(site, all(row.get("dossierStatus") == status for row in rows), "status")
    night.take(rows)


async def _window(site: OpenCps, night: _Night, what: str, days: tuple[date, date], agency: str | None = None) -> list[Listed]:
    """The dossiers with a date in some days; those that were not seen before."""
    filters = {f"from{what}Date": _day(days[0]), f"to{what}Date": _day(days[1])} | ({"agency": agency} if agency else {})
    rows = await site.dossiers(filters)
    # A server that did not understand a date shows everything, and says nothing.
    inside = (days[0] <= datetime.strptime(row.get(WINDOWS[what]) or "", MOMENT).date() <= days[1] for row in rows)  # noqa: DTZ007 -- local and naive
    try:
        _demand(site, all(inside), f"from{what}Date")
    except ValueError:
        _demand(site, False, f"from{what}Date")
    return night.take(rows)


def _demand(site: OpenCps, honoured: bool, parameter: str) -> None:
    if not honoured:
        raise SourceChanged(
            f"{site.connection.name} shows dossiers outside of what {parameter} asked for. Nothing of this pull was kept. "
            "Its interface differs from OpenCPS v2: compare with docs/opencps.md."
        )


async def _look_for(site: OpenCps, night: _Night, expected: Iterable[Listed]) -> list[Listed]:
    """Ask for known dossiers that no list has shown, one by one. Returns those that are gone."""
    missing = [listed for listed in expected if listed.id not in night.seen and listed.id not in night.gone]
    rows = await all_of(site.dossier(listed.id, listed.code) for listed in missing)
    night.take(row for row in rows if row is not None)
    gone = [listed for listed, row in zip(missing, rows, strict=True) if row is None]
    night.gone.update((listed.id, listed) for listed in gone)
    return gone


async def _sweep(site: OpenCps, night: _Night, what: str, days: tuple[date, date], agency: str | None) -> list[Found]:
    """Read an agency's dossiers of some days whole (all agencies' for None): what is there and was not seen, and what is no longer there."""
    fresh = await _window(site, night, what, days, agency)
    held = [listed for listed in night.known.values() if _within(listed, what, days) and agency in (None, listed.agency)]
    gone = await _look_for(site, night, held)
    looked_up = [night.seen[listed.id] for listed in held if listed.id in night.seen and listed not in fresh]
    month = days[0].replace(day=1)
    found = [
        Found(listed.agency, month, listed.code, "changed" if listed.id in night.known else "new")
        for listed in {listed.id: listed for listed in (*fresh, *looked_up)}.values()
        if night.changed(listed)
    ]
    return found + [Found(listed.agency, month, listed.code, "gone") for listed in gone]


def _within(listed: Listed, what: str, days: tuple[date, date]) -> bool:
    at = listed.received if what == "Receive" else listed.released
    return at is not None and days[0] <= at.date() <= days[1]


async def _reconcile(site: OpenCps, night: _Night, months: list[date], found: list[Found]) -> list[Reconciled]:
    """Hold the site's counters against what is known, and sweep where they differ."""
    theirs: Counter[counters.Cell] = Counter()
    for month, rows in zip(months, await all_of(site.statistics(month) for month in months), strict=True):
        theirs += counters.told(rows, month)
    before = counters.differences(counters.counted(night.standing, months), theirs)
    if not before:
        return []
    for agency, month, kind in sorted({(difference.agency, difference.month, _kind(difference)) for difference in before}):
        found += await _sweep(site, night, kind, _days(month), agency)
    after = counters.counted(night.standing, months)
    left = [difference for difference in before if after[difference.agency, difference.month, difference.counter] != difference.told]
    log.info("%s: %s counters differed, %s after sweeping their months again", site.connection.name, len(before), len(left))
    return [Reconciled(d.agency, d.month, d.counter, d.told, d.held, after[d.agency, d.month, d.counter]) for d in before]


def _counted_months(days: Days) -> list[date]:
    """Months that are known whole: of the window and of its last day's year, from the first day that was ever asked for on."""
    first, last = days.window
    months = counters.months_between(min(first, last.replace(month=1, day=1)), last)
    return [month for month in months if month >= days.since]


def _kind(difference: Difference) -> str:
    return "Receive" if difference.counter in counters.BY_RECEPTION else "Release"


async def _detailed(site: OpenCps, listed: Listed, files: bool, payment: bool) -> bytes:
    told_files = await site.details(listed.id, "files") if files else None
    told_payment = await site.payment(listed.id) if payment else None
    return with_details(listed, told_files, told_payment)


def _day(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year}"


def _days(month: date) -> tuple[date, date]:
    return month, month.replace(day=monthrange(month.year, month.month)[1])
