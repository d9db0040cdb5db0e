"""A night's pull of dossiers.

The product cannot be asked what has changed, so a night is a union: what was submitted, received, released or finished in the window,
what is open, and requests to cancel. What was open and is in none of them is asked for by its id. Then the product's own counters are
held against what is known; where they differ, that agency's month is swept again. Rows whose list row is as it was are left out;
details are asked for the others only.

An answer may be half of the truth without saying so. What gives that away: too many known dossiers that are gone, lists without dossiers
that are shown one by one, counters of more dossiers than are listed. Such a pull is refused whole.
"""

import logging
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson

from qn_pipeline.errors import SourceChanged, SourceUnavailable
from qn_pipeline.project import Connection
from qn_pipeline.sources.http import all_of
from qn_pipeline.sources.opencps import counters
from qn_pipeline.sources.opencps.client import OpenCps
from qn_pipeline.sources.opencps.counters import Difference
from qn_pipeline.sources.opencps.listed import FILE_COLUMNS, MOMENT, OPEN, PAYMENT_COLUMNS, Listed, from_list, with_details
from qn_pipeline.sources.pulled import Found, Gone, Pull, Reconciled, too_many

log = logging.getLogger(__name__)

WINDOWS = {"Submit": "submitDate", "Receive": "receiveDate", "Release": "releaseDate", "Finish": "finishDate"}
AT_ONCE = 500


@dataclass(frozen=True)
class Days:
    """The days of a pull, ends included: `window` is asked for, `swept` (if any) is read whole by reception, counters are held since `since`."""

    window: tuple[date, date]
    since: date
    swept: tuple[date, date] | None = None


@dataclass(frozen=True)
class _Window:
    """A list of the dossiers with a date in some days, ends included; of one agency or status where they are named."""

    what: str
    days: tuple[date, date]
    agency: str | None = None
    status: str | None = None

    @property
    def filters(self) -> dict[str, str]:
        first, last = self.days
        named = {"agency": self.agency, "status": self.status}
        return {f"from{self.what}Date": _day(first), f"to{self.what}Date": _day(last)} | {name: value for name, value in named.items() if value}

    def holds(self, listed: Listed) -> bool:
        """Whether a known dossier belongs in the list; of submission nothing is known."""
        at = {"Receive": listed.received, "Release": listed.released, "Finish": listed.finished}.get(self.what)
        return (
            at is not None
            and self.days[0] <= at.date() <= self.days[1]
            and self.agency in (None, listed.agency)
            and self.status in (None, listed.main_status)
        )

    def honoured(self, row: dict[str, Any]) -> bool:
        """Whether a row is one that was asked for. A server that does not understand a date shows everything, and says nothing."""
        try:
            at = datetime.strptime(row.get(WINDOWS[self.what]) or "", MOMENT)  # noqa: DTZ007 -- local and naive
        except ValueError:
            return False
        return (
            self.days[0] <= at.date() <= self.days[1]
            and self.agency in (None, row.get("govAgencyCode"))
            and self.status in (None, row.get("dossierStatus"))
        )


@dataclass
class _Night:
    """What a pull has learnt so far. `known` is what landing holds, by id; `unlisted` was shown by its id, and not by the list it belongs in.

    What is in `by_id` was asked for by its id, which says more than a list.
    """

    connection: Connection
    known: Mapping[int, Listed]
    seen: dict[int, Listed] = field(default_factory=dict)
    gone: dict[int, Listed] = field(default_factory=dict)
    unlisted: set[int] = field(default_factory=set)
    by_id: set[int] = field(default_factory=set)

    def take(self, rows: Iterable[dict[str, Any]]) -> list[Listed]:
        """Take rows in; the first telling of a night stands, and what is shown is not gone. Returns those that were not seen before."""
        fresh = [from_list(row) for row in rows if int(row["dossierId"]) not in self.seen]
        for listed in fresh:
            self.seen[listed.id] = listed
            self.gone.pop(listed.id, None)
        return fresh

    @property
    def standing(self) -> list[Listed]:
        """All dossiers as they are known now."""
        held = {**self.known, **self.seen}
        return [listed for key, listed in held.items() if key not in self.gone]

    def changed(self, listed: Listed) -> bool:
        return listed.id not in self.known or self.known[listed.id].mark != listed.mark

    def doubtful(self, listed: Listed) -> bool:
        """Whether a list shows a known dossier otherwise than it was told, and stamps it as no newer: the list may be the older one."""
        before = self.known[listed.id].modified if listed.id in self.known else None
        is_newer = before is None or listed.modified is None or listed.modified > before
        return listed.id not in self.by_id and not is_newer and self.changed(listed)

    @property
    def vacated(self) -> set[str]:
        """Codes that a dossier was known under, and is no longer; dossiers that are not numbered yet have none."""
        recoded = {self.known[key].code for key, listed in self.seen.items() if key in self.known and self.known[key].code != listed.code}
        return (recoded | {listed.code for listed in self.gone.values()}) - {""}

    def demand_whole(self) -> None:
        """Refuse a half-empty night. Raises SourceUnavailable."""
        name, share = self.connection.name, self.connection.max_vanished
        if too_many(len(self.gone), len(self.known), share):
            raise SourceUnavailable(
                f"{name} no longer shows {len(self.gone)} of {len(self.known)} known dossiers. Nothing of this pull was kept, and nothing was "
                f"deleted. If they are really gone, raise max_vanished ({share:g}) of the connection for one run; otherwise the next run catches up."
            )
        if too_many(len(self.unlisted), len(self.known), share):
            raise SourceUnavailable(
                f"{name} leaves {len(self.unlisted)} of {len(self.known)} known dossiers out of lists that they belong in. Nothing of this pull "
                "was kept. The next run catches up; if it does not, have the site's search index built anew."
            )


async def pull_dossiers(
    connection: Connection, token: str, days: Days, known: Mapping[int, Listed], wanted: Collection[str], again: Collection[int] = ()
) -> Pull:
    """The dossiers that changed in some days. `known` is what landing holds, by id; `wanted` are the columns that a mapping names.

    Known ones of `again` are asked for by their ids and with their details, though no list says that they have changed.

    Raises SourceUnavailable or SourceChanged, and then nothing of it may be kept.
    """
    night = _Night(connection, known)
    async with OpenCps(connection, token) as site:
        await all_of(
            [
                *(_read(site, night, _Window(what, days.window)) for what in WINDOWS),
                *(_status(site, night, status) for status in OPEN),
                _take(site, night, {"top": "cancelling"}),
            ]
        )
        await _look_for(site, night, [listed for listed in known.values() if listed.open], lambda listed: listed.open)
        asked = await _ask_again(site, night, [key for key in again if key in night.seen and not night.changed(night.seen[key])])
        await _ask_again(site, night, [key for key, listed in night.seen.items() if night.doubtful(listed)])
        found = await _sweep_again(site, night, days.swept) if days.swept else []
        reconciled = await _reconcile(site, night, _counted_months(days), found) if connection.statistics else []
        await _ask_again(site, night, [key for key, listed in night.seen.items() if night.doubtful(listed)])
        # Two dossiers may have one code: the one that keeps it is told again, or it would seem to have gone with the other.
        vacated = night.vacated
        await _look_for(site, night, [listed for listed in known.values() if listed.code in vacated], lambda _: False)
        changed = [listed for listed in night.seen.values() if night.changed(listed) or listed.code in vacated]
        files, payments = wanted_details(wanted)
        rows = await all_of(_detailed(site, listed, files, payments) for listed in changed)
        told = {listed.id for listed in changed}
        as_listed = [night.seen[key] for key in asked if key not in told and (files or payments)]
        unchanged = await all_of(_detailed(site, listed, files, payments) for listed in as_listed)
    log.info("%s: %s dossiers seen, %s changed, %s gone", connection.name, len(night.seen), len(changed), len(night.gone))
    gone = [Gone(listed.code, str(listed.id)) for listed in night.gone.values()]
    recoded = sorted(vacated - {listed.code for listed in night.gone.values()})
    return Pull(rows, days.window, [*gone, *(Gone(code) for code in recoded)], reconciled, found, unchanged)


async def sample_dossiers(connection: Connection, token: str, days: tuple[date, date], wanted: Collection[str]) -> list[bytes]:
    """The dossiers received in some days, with their details; nothing is compared."""
    async with OpenCps(connection, token) as site:
        night = _Night(connection, {})
        await _read(site, night, _Window("Receive", days))
        files, payments = wanted_details(wanted)
        return await all_of(_detailed(site, listed, files, payments) for listed in night.seen.values())


def wanted_details(wanted: Collection[str]) -> tuple[bool, bool]:
    """Whether columns ask for the files of dossiers, and for their payments."""
    return not set(FILE_COLUMNS).isdisjoint(wanted), not set(PAYMENT_COLUMNS).isdisjoint(wanted)


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


async def _read(site: OpenCps, night: _Night, window: _Window) -> list[Listed]:
    """The dossiers of a window; those that were not seen before."""
    rows = await site.dossiers(window.filters)
    _demand(site, all(window.honoured(row) for row in rows), ", ".join(window.filters))
    return night.take(rows)


def _demand(site: OpenCps, honoured: bool, parameters: str) -> None:
    if not honoured:
        raise SourceChanged(
            f"{site.connection.name} shows dossiers outside of what {parameters} asked for. Nothing of this pull was kept. "
            "Its interface differs from OpenCPS v2: compare with docs/opencps.md."
        )


async def _look_for(
    site: OpenCps, night: _Night, expected: Iterable[Listed], was_asked: Callable[[Listed], bool]
) -> tuple[list[Listed], list[Listed]]:
    """Ask for known dossiers that no list has shown, one by one. Returns those that are there, and those that are gone.

    `was_asked` says of one that is there whether a list should have shown it.
    """
    missing = [listed for listed in expected if listed.id not in night.seen and listed.id not in night.gone]
    there, gone = [], []
    # Some at once, so that a half-empty night is given up before all are asked for.
    for start in range(0, len(missing), AT_ONCE):
        some = missing[start : start + AT_ONCE]
        rows = await all_of(site.dossier(listed.id, listed.code) for listed in some)
        there += night.take(row for row in rows if row is not None)
        night.by_id.update(listed.id for listed in some)
        gone += [listed for listed, row in zip(some, rows, strict=True) if row is None]
        night.gone.update((listed.id, listed) for listed in gone)
        night.unlisted.update(listed.id for listed in there if was_asked(listed))
        night.demand_whole()
    return there, gone


async def _ask_again(site: OpenCps, night: _Night, listed_ones: Collection[int]) -> list[int]:
    """Ask for known dossiers that a list has shown, by id: a list is of the site's search index, which may not have been told of a change.

    Returns those that are there. One that nothing but a list shows stays as the list has it: one witness is not enough.
    """
    rows = await all_of(site.dossier(key, night.seen[key].code) for key in listed_ones)
    there = [from_list(row) for row in rows if row is not None]
    night.seen.update((listed.id, listed) for listed in there)
    night.by_id.update(listed_ones)
    return [listed.id for listed in there]


async def _sweep(site: OpenCps, night: _Night, window: _Window) -> list[Found]:
    """Read a window whole: what is there and was not seen, and what is no longer there."""
    fresh = await _read(site, night, window)
    there, gone = await _look_for(site, night, [listed for listed in night.known.values() if window.holds(listed)], window.holds)
    return _found(night, window.days[0].replace(day=1), [*fresh, *there], gone)


def _found(night: _Night, month: date, there: Iterable[Listed], gone: Iterable[Listed]) -> list[Found]:
    changed = [listed for listed in there if night.changed(listed)]
    return [
        *(Found(listed.agency, month, listed.code, "changed" if listed.id in night.known else "new") for listed in changed),
        *(Found(listed.agency, month, listed.code, "gone") for listed in gone),
    ]


async def _sweep_again(site: OpenCps, night: _Night, days: tuple[date, date]) -> list[Found]:
    """Read months whole by reception, and what was denied, which has none; then ask for the known dossiers that ended in them."""
    found: list[Found] = []
    for month in counters.months_between(*days):
        found += await _sweep(site, night, _Window("Receive", _days(month)))
        found += await _sweep(site, night, _Window("Finish", _days(month), status="denied"))
    moments = {key: (listed.received, listed.released, listed.finished) for key, listed in night.known.items()}
    ended = [night.known[key] for key, some in moments.items() if any(at is not None and at.date() >= days[0] for at in some)]
    return found + _found(night, days[1].replace(day=1), *await _look_for(site, night, ended, lambda _: False))


async def _reconcile(site: OpenCps, night: _Night, months: list[date], found: list[Found]) -> list[Reconciled]:
    """Hold the site's counters against what is known, and sweep where they differ."""
    theirs: Counter[counters.Cell] = Counter()
    for month, rows in zip(months, await all_of(site.statistics(month) for month in months), strict=True):
        theirs += counters.told(rows, month, site.connection.systems)
    before = counters.differences(counters.counted(night.standing, months), theirs)
    if not before:
        return []
    windows = {(difference.agency, difference.month, _kind(difference)) for difference in before}
    for agency, month, kind in sorted(windows):
        status = "denied" if kind == "Finish" else None
        found += await _sweep(site, night, _Window(kind, _days(month), agency, status))
    after = counters.counted(night.standing, months)
    left = [difference for difference in before if after[difference.agency, difference.month, difference.counter] != difference.told]
    log.info("%s: %s counters differed, %s after sweeping their months again", site.connection.name, len(before), len(left))
    _demand_counted(site.connection, after, theirs)
    return [Reconciled(d.agency, d.month, d.counter, d.told, d.held, after[d.agency, d.month, d.counter]) for d in before]


def _demand_counted(connection: Connection, held: Counter[counters.Cell], theirs: Counter[counters.Cell]) -> None:
    """Refuse lists that leave out much of what the site counts, which sweeping cannot find. Raises SourceUnavailable."""
    received = {cell: count for cell, count in theirs.items() if cell[2] == "receivedCount"}
    missing, total = sum(max(count - held[cell], 0) for cell, count in received.items()), sum(received.values())
    if too_many(missing, total, connection.max_vanished):
        raise SourceUnavailable(
            f"{connection.name} counts {total} dossiers as received, and does not list {missing} of them. Nothing of this pull was kept. "
            "The next run catches up; if it is the site's statistics that are wrong, set statistics: false for the connection."
        )


def _counted_months(days: Days) -> list[date]:
    """Months that are known whole: of the window and of its last day's year, from the first day that was ever asked for on."""
    first, last = days.window
    months = counters.months_between(min(first, last.replace(month=1, day=1)), last)
    return [month for month in months if month >= days.since]


def _kind(difference: Difference) -> str:
    """The date by which dossiers of a counter are found."""
    return counters.FOUND_BY[difference.counter]


async def _detailed(site: OpenCps, listed: Listed, files: bool, payment: bool) -> bytes:
    told_files = await site.details(listed.id, "files") if files else None
    told_payment = await site.payment(listed.id) if payment else None
    return with_details(listed, told_files, told_payment)


def _day(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year}"


def _days(month: date) -> tuple[date, date]:
    return month, month.replace(day=monthrange(month.year, month.month)[1])
