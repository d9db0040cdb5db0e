"""The monthly statistics of OpenCPS v2, counted as its engine counts, quirks and all.

Belongs here: which dossiers of a month count as what. Does not: what a dossier shows (opencps), or figures that are right (ledger).

The rules, so that somebody else can count again from the rows of the list and come to the same numbers:

Moments. The engine reads receiveDate, dueDate, extendDate, releaseDate and finishDate with a 12-hour pattern: 12:mm:ss is taken as
00:mm:ss of the same day, all other hours stay. Every rule below, the choice of dossiers included, is about moments read in that way.
The period of month m begins at 00:00:00 of its first day and ends at 23:59:59 of its last; month 0 is the whole year, counted anew, not
summed. `now` is the clock, at which everything is counted: nothing is frozen at the end of a month. The status is always that of now.

Which dossiers. A dossier in status `denied` counts in the period in which it was finished: start < finishDate <= end. Any other one
counts if it was received by the end of the period and not released by its start: receiveDate <= end, and no releaseDate or
releaseDate > start. Dossiers without a receiveDate (filed online and not looked at) count nowhere.

Counts. Each is the number of those dossiers for which:

    totalCount          all; = processCount + deniedCount
    deniedCount         the status is denied; they count in none of the following down to overdueCount
    processCount        the status is another; = receivedCount + remainingCount
    receivedCount       receiveDate > start (strictly: who comes at the first midnight is remaining); = onlineCount + onegateCount
    onlineCount         received ones that were filed online
    onegateCount        received ones that were not
    remainingCount      receiveDate <= start
    (open)              no releaseDate, or releaseDate > end; = waitingCount + processingCount
    waitingCount        open, status waiting or receiving
    processingCount     open, any other status, so also done ones that were released after the period; = undueCount + overdueCount
    insideCount         processing ones in status processing
    outsideCount        processing ones in any other status
    overdueCount        processing ones with dueDate <= min(now, end)
    undueCount          processing ones otherwise, without a dueDate too
    interoperatingCount overdue ones in a status other than processing
    (closed)            the others: start < releaseDate <= end; = cancelledCount + releaseCount
    cancelledCount      closed, status cancelled
    releaseCount        closed, any other status; = unresolvedCount + doneCount + releasingCount = betimesCount + ontimeCount + overtimeCount
    unresolvedCount     released, status unresolved
    doneCount           released, any other status, with a finishDate, whenever that is
    releasingCount      released, any other status, without a finishDate
    overtimeCount       released, with releaseDate > dueDate; overtimeInside is the same, overtimeOutside is 0
    betimesCount        released, not late, and: (releaseDate < dueDate and there is an extendDate) or finishDate < dueDate
    ontimeCount         released, everything else, without a dueDate too
    ontimePercentage    (betimesCount + ontimeCount) * 100 / releaseCount, truncated to an integer; 0 if there is no releaseCount

    of totalCount, denied ones included:
    viaPostalCount      viaPostal is "2"; notViaPostalCount: it is not
    fromViaPostalCount  not online, and fromViaPostal is not "0"
    dossierOnline3Count, dossierOnline4Count    serviceLevel is 3, is 4
    saturdayCount, receiveDossierSatCount, releaseDossierSatCount   all three: received on a Saturday (the engine tests the wrong date)

    pausingCount        always 0: paused ones are in waitingCount

Rows. One for every combination that occurs of agency, domain and system with each of them either given or null, which means all; the
row of three nulls is the province's. A combination without any dossier has no row. Sums over rows count dossiers up to eight times.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import product
from typing import Any, Final

from qn_pipeline.simulator.lives import Row
from qn_pipeline.simulator.opencps import GROUP_ID, LEVELS, UNIT_NAMES, dates, status, system_id
from qn_pipeline.simulator.procedures import FIELDS

COUNTERS: Final = (
    *("totalCount", "deniedCount", "processCount", "receivedCount", "onlineCount", "onegateCount", "remainingCount"),
    *("waitingCount", "processingCount", "insideCount", "outsideCount", "undueCount", "overdueCount", "interoperatingCount", "pausingCount"),
    *("cancelledCount", "releaseCount", "unresolvedCount", "doneCount", "releasingCount"),
    *("betimesCount", "ontimeCount", "overtimeCount", "overtimeInside", "overtimeOutside"),
    *("viaPostalCount", "notViaPostalCount", "fromViaPostalCount", "dossierOnline3Count", "dossierOnline4Count"),
    *("saturdayCount", "receiveDossierSatCount", "releaseDossierSatCount"),
)
"""The names of all counts."""

_SATURDAY = 5
_Cell = tuple[str | None, str | None, int | None]


@dataclass(frozen=True, slots=True)
class _Period:
    start: datetime
    end: datetime


def statistics(rows: Iterable[Row], now: datetime, year: int, month: int) -> list[dict[str, Any]]:
    """The rows of a month, or of a year for month 0, over all combinations of agency, domain and system."""
    period = _period(year, month)
    exact: dict[tuple[str, str, int], Counter[str]] = {}
    for row in rows:
        names = list(_counts(row, now, period))
        if names:
            dossier = row.dossier
            exact.setdefault((row.state.unit, dossier.procedure.field, system_id(dossier)), Counter()).update(names)
    cells: dict[_Cell, Counter[str]] = {}
    for (agency, domain, system), counts in exact.items():
        for cell in product((None, agency), (None, domain), (None, system)):
            cells.setdefault(cell, Counter()).update(counts)
    return [_row(cell, cells[cell], year, month) for cell in sorted(cells, key=_order)]


def _period(year: int, month: int) -> _Period:
    first = date(year, month or 1, 1)
    following = date(year + 1, 1, 1) if month in (0, 12) else date(year, month + 1, 1)
    return _Period(datetime.combine(first, time()), datetime.combine(following, time()) - timedelta(seconds=1))


def _read(moment: datetime | None) -> datetime | None:
    """A moment as the engine's 12-hour pattern reads it: noon is midnight."""
    return moment.replace(hour=0) if moment is not None and moment.hour == 12 else moment


def _counts(row: Row, now: datetime, period: _Period) -> Iterator[str]:
    """The names of the counts in which a dossier is one more."""
    name, _ = status(row)
    moments = dates(row)
    received, released, finished = _read(moments.received), _read(moments.released), _read(moments.finished)
    if name == "denied":
        if finished is not None and period.start < finished <= period.end:
            yield from ("totalCount", "deniedCount")
            yield from _of_all(row, received)
        return
    if received is None or received > period.end or (released is not None and released <= period.start):
        return
    yield from ("totalCount", "processCount")
    yield from _of_all(row, received)
    if received > period.start:
        yield from ("receivedCount", "onlineCount" if row.state.channel == "online" else "onegateCount")
    else:
        yield "remainingCount"
    if released is None or released > period.end:
        yield from _open(name, _read(moments.due), min(now, period.end))
    elif name == "cancelled":
        yield "cancelledCount"
    else:
        yield "releaseCount"
        yield "unresolvedCount" if name == "unresolved" else "doneCount" if finished is not None else "releasingCount"
        yield from _verdict(released, finished, _read(moments.due), extended=moments.extended is not None)


def _of_all(row: Row, received: datetime | None) -> Iterator[str]:
    yield "viaPostalCount" if row.dossier.result_by_post else "notViaPostalCount"
    if row.state.channel == "post":
        yield "fromViaPostalCount"
    level = LEVELS[row.dossier.procedure.online_level]
    if level in (3, 4):
        yield f"dossierOnline{level}Count"
    if received is not None and received.weekday() == _SATURDAY:
        yield from ("saturdayCount", "receiveDossierSatCount", "releaseDossierSatCount")


def _open(name: str, due: datetime | None, limit: datetime) -> Iterator[str]:
    if name in ("waiting", "receiving"):
        yield "waitingCount"
        return
    inside, overdue = name == "processing", due is not None and due <= limit
    yield from ("processingCount", "insideCount" if inside else "outsideCount", "overdueCount" if overdue else "undueCount")
    if overdue and not inside:
        yield "interoperatingCount"


def _verdict(released: datetime, finished: datetime | None, due: datetime | None, extended: bool) -> Iterator[str]:
    if due is not None and released > due:
        yield from ("overtimeCount", "overtimeInside")
    elif due is not None and ((released < due and extended) or (finished is not None and finished < due)):
        yield "betimesCount"
    else:
        yield "ontimeCount"


def _row(cell: _Cell, counts: Counter[str], year: int, month: int) -> dict[str, Any]:
    agency, domain, system = cell
    released = counts["releaseCount"]
    return {
        "groupId": GROUP_ID,
        "month": month,
        "year": year,
        "govAgencyCode": agency,
        "govAgencyName": UNIT_NAMES[agency] if agency else None,
        "groupAgencyCode": None,
        "domainCode": domain,
        "domainName": FIELDS[domain] if domain else None,
        "system": None if system is None else str(system),
        "reporting": 0,
        **{name: counts[name] for name in COUNTERS},
        "ontimePercentage": (counts["betimesCount"] + counts["ontimeCount"]) * 100 // released if released else 0,
    }


def _order(cell: _Cell) -> tuple[str, str, int]:
    agency, domain, system = cell
    return agency or "", domain or "", -1 if system is None else system
