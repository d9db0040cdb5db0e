"""The pipeline's figures equal the ledger of truth, night after night, as known on each night, while the units of the province change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from qn_pipeline.simulator.files import end_of, project, write_night, write_reference
from qn_pipeline.simulator.lives import Province
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.units import PROVINCE_CODE, TWO_TIERS_SINCE, UNIT_BY_CODE
from qn_pipeline_tests.figures import INDICATORS, OF_PROCEDURES, Figures, Truth, counting, differences, published, truth
from qn_pipeline_tests.support import Pipeline, engine_environment

START = date(2025, 5, 1)
NIGHTS = [date(2025, 6, 18), date(2025, 7, 31), date(2025, 9, 10)]


@dataclass(frozen=True)
class Night:
    """What was published, and what is true."""

    published: Figures
    true: Truth


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
            replayed.append(Night(published(pipeline), truth(province, [end_of(night) for night in NIGHTS if night <= day], told_by="versions")))
        yield replayed


@pytest.mark.parametrize("night", range(len(NIGHTS)), ids=str)
def test_what_is_published_is_true(nights: list[Night], night: int) -> None:
    got = nights[night].published
    assert differences(got, nights[night].true) == {}
    assert {key[0] for key in got} == {*INDICATORS, *OF_PROCEDURES}


def test_most_indicators_and_every_level_count_something(nights: list[Night]) -> None:
    """Of a system that tells no steps and was asked three times, no re-opening of these 700 was seen, and refusals after reception are none."""
    last = nights[-1].published
    rare = {"dossiers_reopened", "dossiers_refused", "dossiers_settled_without_due", "dossiers_paused_past", "index_3_1", "index_3_1b", "index_3_2"}
    assert set(INDICATORS) - counting(last) <= rare
    levels = {UNIT_BY_CODE[key[3]].level for key, (count, _) in last.items() if count and key[3] != PROVINCE_CODE}
    assert levels == {"department", "district", "commune"}


def test_no_unit_that_is_gone_has_open_ones(nights: list[Night]) -> None:
    """As of the second night, a month after the districts ended: what they had open is with the communes that took over."""
    for night in nights[1:]:
        open_at = {
            key[3]
            for key, (count, _) in night.published.items()
            if count and key[0] in ("dossiers_running", "dossiers_paused") and key[1:3] == ("month", date(2025, 7, 1))
        }
        assert open_at
        assert all(unit == PROVINCE_CODE or UNIT_BY_CODE[unit].valid_on(TWO_TIERS_SINCE) for unit in open_at)


def test_figures_of_closed_months_changed_between_the_nights(nights: list[Night]) -> None:
    """So that the nights prove corrections, deletions and re-openings, and not only that rows are added."""
    second, third = nights[1].true.by_unit, nights[2].true.by_unit
    closed = {key for key in second if key[1] == "month" and key[0] in ("received", "settled")}
    assert any(second[key] != third.get(key, 0) for key in closed)
