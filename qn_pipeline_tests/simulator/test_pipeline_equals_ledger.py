"""The pipeline's figures equal the ledger of truth, night after night, as known on each night, while the units of the province change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from qn_pipeline.simulator.files import end_of, project, write_night, write_reference
from qn_pipeline.simulator.ledger import ledger, on_time_share
from qn_pipeline.simulator.lives import Province
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.units import PROVINCE_CODE, TWO_TIERS_SINCE, UNIT_BY_CODE
from qn_pipeline_tests.figures import COUNTS, RUNNING, Figures, Shares, differences, published
from qn_pipeline_tests.support import Pipeline, engine_environment

START = date(2025, 5, 1)
NIGHTS = [date(2025, 6, 18), date(2025, 7, 31), date(2025, 9, 10)]


@dataclass(frozen=True)
class Night:
    """What was published, and what is true."""

    published: Figures
    shares: Shares
    true: Figures


@pytest.fixture(scope="module")
def province() -> Province:
    return simulate(700, 4, seed=2025, start=START)


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def nights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, province: Province) -> Iterator[list[Night]]:
    folder: Path = tmp_path_factory.mktemp(f"province_{request.param}")
    project(folder, province.start)
    write_reference(folder)
    with engine_environment(request.param, request):
        pipeline = Pipeline(folder)
        replayed = []
        for day in NIGHTS:
            write_night(province, folder, day)
            pipeline.run(day, select="*", command="run")
            pipeline.warehouse.publish()
            replayed.append(Night(*published(pipeline), ledger(province, known_at=end_of(day))))
        yield replayed


@pytest.mark.parametrize("night", range(len(NIGHTS)), ids=str)
def test_what_is_published_is_true(nights: list[Night], night: int) -> None:
    got, true = nights[night].published, nights[night].true
    assert differences(got, true) == {}
    assert {(RUNNING, *key[1:]) for key in true if key[0] in ("dossiers_received", "dossiers_settled")} <= set(got)


@pytest.mark.parametrize("night", range(len(NIGHTS)), ids=str)
def test_the_shares_on_time_are_true(nights: list[Night], night: int) -> None:
    shares = nights[night].shares
    assert shares == {key: on_time_share(nights[night].true, *key) for key in shares}
    assert {key[1:] for key in nights[night].true if key[0] == "dossiers_settled"} <= set(shares)


def test_every_indicator_and_every_level_counts_something(nights: list[Night]) -> None:
    last = nights[-1].published
    assert {key[0] for key, count in last.items() if count} == set(COUNTS)
    levels = {UNIT_BY_CODE[key[3]].level for key, count in last.items() if count and key[3] != PROVINCE_CODE}
    assert levels == {"department", "district", "commune"}


def test_no_unit_that_is_gone_has_running_ones(nights: list[Night]) -> None:
    """As of the second night, a month after the districts ended: what they had open is with the communes that took over."""
    for night in nights[1:]:
        running = {key[3] for key, count in night.published.items() if count and key[:3] == (RUNNING, "month", date(2025, 7, 1))}
        assert running
        assert all(unit == PROVINCE_CODE or UNIT_BY_CODE[unit].valid_on(TWO_TIERS_SINCE) for unit in running)


def test_figures_of_closed_months_changed_between_the_nights(nights: list[Night]) -> None:
    """So that the nights prove corrections, deletions and re-openings, and not only that rows are added."""
    second, third = nights[1].true, nights[2].true
    closed = {key for key in second if key[1] == "month" and key[0] in ("dossiers_received", "dossiers_settled")}
    assert any(second[key] != third.get(key, 0) for key in closed)
