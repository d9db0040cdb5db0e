"""The product's counters, counted again, equal the product's own, errors included."""

import random
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from qn_pipeline.simulator.lives import Kind, Province, Row
from qn_pipeline.simulator.opencps import LAND_REGISTRY, list_row
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.statistics import statistics
from qn_pipeline.sources.opencps.counters import FOUND_BY, Difference, counted, differences, months_between, told
from qn_pipeline.sources.opencps.listed import from_list
from qn_pipeline_tests.simulator.handmade import BENEFIT, HOI_AN, LAND_USE, TAM_KY, Step, at, dossier, province, step

SYSTEMS = ["0", str(LAND_REGISTRY)]
MONTHS = months_between(date(2022, 1, 1), date(2022, 7, 1))


def wrong(rows: Iterable[Row], now: datetime, months: list[date] = MONTHS) -> list[Difference]:
    """Where the counters differ from those of the product."""
    shown = list(rows)
    held = counted((from_list(list_row(row, now)) for row in shown), months)
    theirs = sum((told(statistics(shown, now, month.year, month.month), month, SYSTEMS) for month in months), start=type(held)())
    assert theirs
    return differences(held, theirs)


@pytest.fixture(scope="module")
def simulated() -> Province:
    return simulate(2500, 6, seed=5)


@pytest.mark.parametrize("now", [datetime(2022, 2, 1), datetime(2022, 4, 15, 12, 30), datetime(2022, 7, 1), datetime(2022, 9, 1)])  # noqa: DTZ001 -- local and naive
def test_a_simulated_province(simulated: Province, now: datetime) -> None:
    assert wrong(simulated.rows(now), now) == []


def test_every_counter_is_met(simulated: Province) -> None:
    now = datetime(2022, 9, 1)  # noqa: DTZ001 -- local and naive
    held = counted((from_list(list_row(row, now)) for row in simulated.rows(now)), MONTHS)
    assert {counter for _, _, counter in held} == set(FOUND_BY)


# First instants of months, noon, one second around them, and an ordinary hour.
_CLOCKS = (
    time(),
    time(0, 0, 1),
    time(0, 30),
    time(9),
    time(11, 59, 59),
    time(12),
    time(12, 0, 1),
    time(12, 30),
    time(12, 59, 59),
    time(13),
    time(23, 59, 59),
)
_DAYS = (date(2022, 1, 31), date(2022, 2, 1), date(2022, 2, 2), date(2022, 2, 28), date(2022, 3, 1), date(2022, 3, 31), date(2022, 4, 1))


def odd_life(rng: random.Random, number: int) -> Any:
    """A dossier whose dates follow no order, in any status."""

    def moment() -> datetime:
        return datetime.combine(rng.choice(_DAYS), rng.choice(_CLOCKS))

    def perhaps(share: float = 0.8) -> datetime | None:
        return moment() if rng.random() < share else None

    status = rng.randrange(1, 11)
    changes: dict[str, Any] = {"status": status, "received_at": perhaps(), "due_at": perhaps()}
    if status == 3:
        changes["refused_at"] = perhaps()
    elif status >= 7 or rng.random() < 0.1:
        changes["ended_at"] = perhaps()
        changes["returned_at"] = perhaps() if status == 10 else None
    return dossier(
        number,
        step("2022-01-03T08:00", Kind.REGISTERED),
        step("2022-01-03T09:00", Kind.CORRECTED, **changes),
        unit=rng.choice((TAM_KY, HOI_AN)),
        channel=rng.choice(("direct", "online", "post")),
        procedure=rng.choice((LAND_USE, BENEFIT)),
        result_by_post=rng.random() < 0.3,
    )


@pytest.mark.parametrize("seed", range(8))
def test_odd_dates_in_any_order(seed: int) -> None:
    rng, now = random.Random(seed), datetime(2022, 5, 1)  # noqa: DTZ001 -- local and naive
    odd = province(*(odd_life(rng, number) for number in range(1, 801)))
    assert wrong(odd.rows(now), now) == []


@pytest.mark.parametrize(
    ("dates", "counts"),
    [
        # Noon of a month's first day is its first instant, which belongs to no month; a second later it belongs to this one.
        ({"status": 4, "received_at": "2022-03-01T12:00:00"}, {}),
        ({"status": 4, "received_at": "2022-03-01T12:00:01"}, {"receivedCount": 1}),
        ({"status": 4, "received_at": "2022-03-01T00:00:00"}, {}),
        ({"status": 4, "received_at": "2022-03-31T12:30:00"}, {"receivedCount": 1}),
        # Released at noon, that is at midnight, before a morning's due time; and the other way round.
        ({"status": 9, "received_at": "2022-02-01T08:00", "due_at": "2022-03-02T11:00", "ended_at": "2022-03-02T12:30"}, {"releaseCount": 1}),
        (
            {"status": 9, "received_at": "2022-02-01T08:00", "due_at": "2022-03-02T12:30", "ended_at": "2022-03-02T11:00"},
            {"releaseCount": 1, "overtimeCount": 1},
        ),
        ({"status": 9, "received_at": "2022-02-01T08:00", "ended_at": "2022-03-01T12:00:00"}, {}),
        # Released before it was received: counted in the month of neither, unless it is one.
        ({"status": 9, "received_at": "2022-04-05T08:00", "ended_at": "2022-03-05T08:00"}, {}),
        ({"status": 9, "received_at": "2022-03-09T08:00", "ended_at": "2022-03-05T08:00"}, {"receivedCount": 1, "releaseCount": 1}),
        ({"status": 7, "ended_at": "2022-03-05T08:00"}, {}),
        ({"status": 3, "refused_at": "2022-03-05T08:00"}, {"deniedCount": 1}),
        ({"status": 3, "received_at": "2022-03-02T08:00", "refused_at": "2022-04-05T08:00"}, {}),
        ({"status": 8, "received_at": "2022-02-01T08:00", "ended_at": "2022-03-05T08:00"}, {"releaseCount": 1, "unresolvedCount": 1}),
        ({"status": 7, "received_at": "2022-02-01T08:00", "ended_at": "2022-03-05T08:00"}, {"cancelledCount": 1}),
    ],
)
def test_single_dossiers(dates: dict[str, Any], counts: dict[str, int]) -> None:
    steps: tuple[Step, ...] = (step("2022-01-03T08:00", Kind.REGISTERED), step("2022-01-03T09:00", Kind.CORRECTED, **dates))
    now, month = at("2022-05-01T00:00"), date(2022, 3, 1)
    rows = list(province(dossier(1, *steps)).rows(now))
    held = counted([from_list(list_row(row, now)) for row in rows], [month])
    assert {counter: count for (_, _, counter), count in held.items() if count} == counts
    assert differences(held, told(statistics(rows, now, 2022, 3), month, SYSTEMS)) == []


def test_what_comes_by_post_counts_as_long_as_it_is_at_work() -> None:
    steps = (
        step("2022-01-03T08:00", Kind.RECEIVED, status=2, received_at="2022-01-03T08:00"),
        step("2022-03-03T08:00", Kind.FINISHED, status=9, ended_at="2022-03-03T08:00"),
    )
    [row] = province(dossier(1, *steps, channel="post")).rows(at("2022-05-01T00:00"))
    held = counted([from_list(list_row(row, at("2022-05-01T00:00")))], MONTHS)
    assert [month.month for _, month, counter in sorted(held) if counter == "fromViaPostalCount"] == [1, 2, 3]


def statistic(system: str | None, received: int, **other: Any) -> dict[str, Any]:
    return {"year": 2022, "month": 3, "govAgencyCode": "A", "domainCode": None, "system": system, "receivedCount": received, **other}


def received(rows: list[dict[str, Any]], systems: list[str]) -> int:
    return told(rows, date(2022, 3, 1), systems)["A", date(2022, 3, 1), "receivedCount"]


def test_only_the_systems_that_are_pulled_are_compared() -> None:
    rows = [statistic(None, 7), statistic("0", 4), statistic("1", 3)]
    assert [received(rows, systems) for systems in (["0"], ["1"], ["0", "1"])] == [4, 3, 7]


@pytest.mark.parametrize("none", [None, ""])
def test_a_site_that_does_not_tell_systems_apart(none: str | None) -> None:
    assert received([statistic(none, 7)], ["0"]) == 7


def test_sums_and_other_months_are_not_counted_twice() -> None:
    others = [
        *(statistic(None, 100, **other) for other in ({"domainCode": "L01"}, {"govAgencyCode": None}, {"month": 0}, {"month": 4}, {"year": 2021})),
        statistic(None, 100, govAgencyCode=""),
    ]
    assert received([statistic(None, 7), *others], ["0"]) == 7


def test_months_of_a_span() -> None:
    assert months_between(date(2021, 11, 30), date(2022, 2, 1)) == [date(2021, 11, 1), date(2021, 12, 1), date(2022, 1, 1), date(2022, 2, 1)]
    assert months_between(date(2022, 2, 1), date(2022, 2, 1) - timedelta(days=1)) == []
