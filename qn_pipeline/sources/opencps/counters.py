"""The product's own counters, counted again over what is known here, by its own rules and with its own errors.

A counter that differs says that something has changed which no window showed: a dossier deleted, moved, dated anew. The rules are those
of StatisticEngineFetchEntry: a period begins strictly after its first instant; dates pass through a 12-hour pattern, so that 12:xx
becomes 00:xx. Those by post count all that is at work in a month. Counters are compared an agency and month; sums over agencies would hide what cancels out.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from qn_pipeline.sources.files import month_after
from qn_pipeline.sources.opencps.listed import Listed

FOUND_BY = {
    **dict.fromkeys(("receivedCount", "onlineCount", "fromViaPostalCount"), "Receive"),
    **dict.fromkeys(("releaseCount", "overtimeCount", "unresolvedCount", "cancelledCount"), "Release"),
    "deniedCount": "Finish",
}
"""The counters that are compared, and the date by which a counter's dossiers are found."""
Cell = tuple[str, date, str]
"""Agency, month and counter."""
_NOON = 12


@dataclass(frozen=True, slots=True)
class Difference:
    """A counter of an agency and month that the source tells otherwise than what is held here."""

    agency: str
    month: date
    counter: str
    told: int
    held: int


def counted(dossiers: Iterable[Listed], months: list[date]) -> Counter[Cell]:
    """The counters of agencies and months; zeros are left out."""
    counts: Counter[Cell] = Counter()
    wanted = set(months)
    for dossier in dossiers:
        if dossier.by_post and not dossier.online:
            counts.update((dossier.agency, month, "fromViaPostalCount") for month in _months_at_work(dossier, months))
        if dossier.status == "denied":
            finished = _month_of(dossier.finished)
            if finished in wanted:
                counts[dossier.agency, finished, "deniedCount"] += 1
            continue
        received = _month_of(dossier.received)
        if received in wanted and _at_work(dossier, received):
            counts[dossier.agency, received, "receivedCount"] += 1
            counts[dossier.agency, received, "onlineCount"] += dossier.online
        released = _month_of(dossier.released)
        if released in wanted and _at_work(dossier, released):
            if dossier.status == "cancelled":
                counts[dossier.agency, released, "cancelledCount"] += 1
            else:
                counts[dossier.agency, released, "releaseCount"] += 1
                counts[dossier.agency, released, "unresolvedCount"] += dossier.status == "unresolved"
                late = dossier.due is not None and dossier.released is not None and _misread(dossier.released) > _misread(dossier.due)
                counts[dossier.agency, released, "overtimeCount"] += late
    return counts


def told(rows: Collection[dict[str, Any]], month: date, systems: Collection[str]) -> Counter[Cell]:
    """The counters of a month's statistics: of rows that are an agency's, over all domains, of the systems that are pulled.

    A site that does not tell systems apart has rows over all of them only; one that counts now may leave out the month.
    """
    of_month = [row for row in rows if (str(row.get("year")), str(row.get("month"))) == (str(month.year), str(month.month))]
    rows = of_month or [row for row in rows if not row.get("month")]
    wanted = {*systems} if any(row.get("system") for row in rows) else {"None", ""}
    counts: Counter[Cell] = Counter()
    for row in rows:
        if row.get("govAgencyCode") and not row.get("domainCode") and str(row.get("system")) in wanted:
            for counter in FOUND_BY:
                counts[str(row["govAgencyCode"]), month, counter] += int(row.get(counter) or 0)
    return counts


def differences(held: Counter[Cell], theirs: Counter[Cell]) -> list[Difference]:
    """Where the two differ, in order."""
    keys = {key for key in {*held, *theirs} if held[key] != theirs[key]}
    return [Difference(*key, told=theirs[key], held=held[key]) for key in sorted(keys)]


def _misread(moment: datetime) -> datetime:
    return moment.replace(hour=0) if moment.hour == _NOON else moment


def _month_of(moment: datetime | None) -> date | None:
    """The month that the product counts a moment in; one at a month's first instant it counts in none."""
    if moment is None:
        return None
    read = _misread(moment)
    month = read.date().replace(day=1)
    return None if read == datetime.combine(month, time()) else month


def _months_at_work(dossier: Listed, months: list[date]) -> list[date]:
    """The months in which the product counts a dossier at all: from its reception until its release."""
    if dossier.status == "denied":
        finished = _month_of(dossier.finished)
        return [month for month in months if month == finished]
    return [month for month in months if _at_work(dossier, month)]


def _at_work(dossier: Listed, month: date) -> bool:
    """Whether it was received by a month's end and not released by its start: without that the product counts it as nothing."""
    if dossier.received is None or _misread(dossier.received) >= datetime.combine(month_after(month), time()):
        return False
    return dossier.released is None or _misread(dossier.released) > datetime.combine(month, time())


def months_between(first: date, last: date) -> list[date]:
    """The months from one day's to another's."""
    months, month = [], first.replace(day=1)
    while month <= last:
        months.append(month)
        month = month_after(month)
    return months
