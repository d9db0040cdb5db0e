"""OpenCPS's statistics: hand-counted on a few dossiers, and counted again from the rows of the list on many."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from qn_pipeline.simulator.lives import Kind, Province
from qn_pipeline.simulator.opencps import list_row
from qn_pipeline.simulator.statistics import COUNTERS, statistics
from qn_pipeline_tests.simulator.handmade import BENEFIT, HOI_AN, LAND_USE, at, dossier, finished, province, received, returned, step

NOW = at("2022-04-10")


def processing(when: str) -> Any:
    return step(when, Kind.PROCESSING, status=4)


DOSSIERS = province(
    # Early, handed over.
    dossier(1, received("2022-03-02 09:00:00", "2022-03-10 09:00:00"), finished("2022-03-05 09:00:00"), returned("2022-03-06 09:00:00")),
    # Late, and handed over after the month.
    dossier(2, received("2022-03-03 09:00:00", "2022-03-10 09:00:00"), finished("2022-03-20 09:00:00"), returned("2022-04-02 09:00:00")),
    # At the minute of the due date, not handed over; elsewhere, of another field and system.
    dossier(3, received("2022-03-03 09:00:00", "2022-03-10 09:00:00"), finished("2022-03-10 09:00:00"), unit=HOI_AN, procedure=LAND_USE),
    # From before the month, released after it: processing in March, though it is done.
    dossier(4, received("2022-02-03 09:00:00", "2022-03-10 09:00:00"), finished("2022-04-05 09:00:00"), returned("2022-04-06 09:00:00")),
    # Released in February, handed over in March: none of March's.
    dossier(5, received("2022-02-03 09:00:00", "2022-02-28 09:00:00"), finished("2022-02-25 09:00:00"), returned("2022-03-02 09:00:00")),
    # Running, due in April after now; online.
    dossier(6, received("2022-03-30 09:00:00", "2022-04-20 09:00:00"), processing("2022-03-30 10:00:00"), channel="online"),
    # Paused, and overdue, which nobody sees.
    dossier(
        7,
        received("2022-03-01 09:00:00", "2022-03-15 09:00:00"),
        step("2022-03-05 09:00:00", Kind.SUPPLEMENT_REQUESTED, status=5),
        channel="post",
        result_by_post=True,
        procedure=BENEFIT,
    ),
    # Withdrawn; stopped late; refused; never looked at.
    dossier(
        8,
        received("2022-03-07 09:00:00", "2022-03-15 09:00:00"),
        step("2022-03-08 09:00:00", Kind.WITHDRAWN, status=7, ended_at="2022-03-08 09:00:00"),
    ),
    dossier(
        9, received("2022-03-07 09:00:00", "2022-03-15 09:00:00"), step("2022-03-18 09:00:00", Kind.STOPPED, status=8, ended_at="2022-03-18 09:00:00")
    ),
    dossier(10, step("2022-03-09 09:00:00", Kind.REFUSED, status=3, refused_at="2022-03-09 09:00:00")),
    dossier(11, step("2022-03-09 09:00:00", Kind.REGISTERED), channel="online"),
    # At noon of the last day of a month, on a Saturday; and at the first midnight of the month, which is strictly no part of it.
    dossier(12, received("2022-03-05 12:30:00", "2022-03-12 08:00:00"), finished("2022-03-12 12:10:00")),
    dossier(13, received("2022-03-01 00:00:00", "2022-03-20 08:00:00"), processing("2022-03-01 08:00:00")),
)


def rows(year: int, month: int, source: Province = DOSSIERS, now: datetime = NOW) -> dict[tuple[Any, Any, Any], dict[str, Any]]:
    return {(row["govAgencyCode"], row["domainCode"], row["system"]): row for row in statistics(source.rows(now), now, year, month)}


def test_a_month_counted_by_hand() -> None:
    counts = rows(2022, 3)[None, None, None]
    assert {name: counts[name] for name in COUNTERS if counts[name]} == {
        "totalCount": 11,
        "deniedCount": 1,
        "processCount": 10,
        "receivedCount": 8,
        "onlineCount": 1,
        "onegateCount": 7,
        "remainingCount": 2,  # 4 and 13
        "waitingCount": 1,
        "processingCount": 3,  # 4, 6 and 13
        "insideCount": 2,
        "outsideCount": 1,
        "undueCount": 1,
        "overdueCount": 2,
        "interoperatingCount": 1,
        "cancelledCount": 1,
        "releaseCount": 5,  # 1, 2, 3, 9 and 12
        "unresolvedCount": 1,
        "doneCount": 2,
        "releasingCount": 2,
        "betimesCount": 1,
        "ontimeCount": 2,  # 3, and 12, which was late: its noon is read as midnight
        "overtimeCount": 2,
        "overtimeInside": 2,
        "viaPostalCount": 1,
        "notViaPostalCount": 10,
        "fromViaPostalCount": 1,
        "dossierOnline3Count": 11,
        "saturdayCount": 1,
        "receiveDossierSatCount": 1,
        "releaseDossierSatCount": 1,
    }
    assert counts["ontimePercentage"] == 60


def test_the_first_midnight_belongs_to_no_month() -> None:
    february, march = rows(2022, 2)[None, None, None], rows(2022, 3)[None, None, None]
    assert (february["receivedCount"], march["receivedCount"], rows(2022, 0)[None, None, None]["receivedCount"]) == (2, 8, 11)


def test_a_running_dossier_is_overdue_at_its_due_date_and_not_before() -> None:
    made = province(dossier(1, received("2022-04-01 09:00:00", "2022-04-10 09:00:00"), processing("2022-04-01 10:00:00")))
    for now, overdue in (("2022-04-10 08:59:59", 0), ("2022-04-10 09:00:00", 1)):
        counts = rows(2022, 4, made, at(now))[None, None, None]
        assert (counts["overdueCount"], counts["undueCount"]) == (overdue, 1 - overdue)


def test_nothing_is_counted_in_a_month_without_dossiers() -> None:
    assert rows(2021, 12) == {}


def test_there_is_a_row_for_every_combination_that_occurs() -> None:
    march = rows(2022, 3)
    assert len(march) == len(set(march)) == 19
    assert march[HOI_AN, None, None]["totalCount"] == march[None, "L01", "1"]["totalCount"] == march[HOI_AN, "L01", "1"]["totalCount"] == 1
    assert (HOI_AN, "L02", None) not in march
    assert march[HOI_AN, None, None]["govAgencyName"] == "UBND thành phố Hội An"
    assert sum(row["totalCount"] for row in march.values()) == 8 * 11


@pytest.mark.parametrize(("year", "month"), [(2022, 1), (2022, 2), (2022, 3), (2022, 4), (2022, 0)])
def test_another_count_from_the_rows_of_the_list(small: Province, year: int, month: int) -> None:
    now = at("2022-04-20 15:00:00")
    listed = [list_row(row, now) for row in small.rows(now)]
    assert rows(year, month, small, now) == _naive(listed, now, year, month)


def test_the_percentage_is_truncated(small: Province) -> None:
    counts = rows(2022, 0, small, at("2022-05-01"))[None, None, None]
    exact = (counts["betimesCount"] + counts["ontimeCount"]) * 100 / counts["releaseCount"]
    assert exact % 1 > 0
    assert counts["ontimePercentage"] == int(exact)


def _naive(listed: Iterable[dict[str, Any]], now: datetime, year: int, month: int) -> dict[tuple[Any, Any, Any], dict[str, Any]]:
    """The docstring of the module, once more, over texts."""
    start = datetime(year, month or 1, 1)  # noqa: DTZ001 -- local and naive
    end = datetime(year + (month in (0, 12)), 1 if month in (0, 12) else month + 1, 1) - timedelta(seconds=1)  # noqa: DTZ001
    counted: dict[tuple[Any, Any, Any], Counter[str]] = {}
    names: dict[str | None, str | None] = {}
    for row in listed:
        names |= {row["govAgencyCode"]: row["govAgencyName"], row["domainCode"]: row["domainName"], None: None}
        received, due, extend, release, finish = (_read(row.get(f"{name}Date")) for name in ("receive", "due", "extend", "release", "finish"))
        denied = row["dossierStatus"] == "denied"
        if denied and not (finish and start < finish <= end):
            continue
        if not denied and (not received or received > end or (release and release <= start)):
            continue
        status = row["dossierStatus"]
        is_open = not release or release > end
        waiting = is_open and status in ("waiting", "receiving")
        running = is_open and not waiting
        overdue = running and due is not None and due <= min(now, end)
        released = not denied and not is_open and status != "cancelled"
        late = bool(released and due and release and release > due)
        early = bool(released and not late and due and ((extend and release and release < due) or (finish and finish < due)))
        saturday = bool(received and received.weekday() == 5)
        new = not denied and received is not None and received > start
        truths = {
            "totalCount": True,
            "deniedCount": denied,
            "processCount": not denied,
            "receivedCount": new,
            "onlineCount": new and row["online"] == "true",
            "onegateCount": new and row["online"] == "false",
            "remainingCount": not denied and not new,
            "waitingCount": not denied and waiting,
            "processingCount": not denied and running,
            "insideCount": not denied and running and status == "processing",
            "outsideCount": not denied and running and status != "processing",
            "undueCount": not denied and running and not overdue,
            "overdueCount": not denied and overdue,
            "interoperatingCount": not denied and overdue and status != "processing",
            "cancelledCount": not is_open and status == "cancelled",
            "releaseCount": released,
            "unresolvedCount": released and status == "unresolved",
            "doneCount": released and status != "unresolved" and finish is not None,
            "releasingCount": released and status != "unresolved" and finish is None,
            "betimesCount": early,
            "ontimeCount": released and not early and not late,
            "overtimeCount": late,
            "overtimeInside": late,
            "viaPostalCount": row["viaPostal"] == "2",
            "notViaPostalCount": row["viaPostal"] != "2",
            "fromViaPostalCount": row["online"] == "false" and row["fromViaPostal"] != "0",
            "dossierOnline3Count": row["serviceLevel"] == 3,
            "dossierOnline4Count": row["serviceLevel"] == 4,
            **dict.fromkeys(("saturdayCount", "receiveDossierSatCount", "releaseDossierSatCount"), saturday),
        }
        for cell in product((None, row["govAgencyCode"]), (None, row["domainCode"]), (None, str(row["systemId"]))):
            counted.setdefault(cell, Counter()).update(name for name, true in truths.items() if true)
    return {
        cell: {
            "groupId": 20126,
            "month": month,
            "year": year,
            "govAgencyCode": cell[0],
            "govAgencyName": names[cell[0]],
            "groupAgencyCode": None,
            "domainCode": cell[1],
            "domainName": names[cell[1]],
            "system": cell[2],
            "reporting": 0,
            **{name: counts[name] for name in COUNTERS},
            "ontimePercentage": 100 * (counts["betimesCount"] + counts["ontimeCount"]) // max(counts["releaseCount"], 1),
        }
        for cell, counts in counted.items()
    }


def _read(text: str | None) -> datetime | None:
    """With a 12-hour pattern."""
    if not text:
        return None
    moment = datetime.strptime(text, "%d/%m/%Y %H:%M:%S")  # noqa: DTZ007 -- local and naive
    return moment.replace(hour=0) if moment.hour == 12 else moment
