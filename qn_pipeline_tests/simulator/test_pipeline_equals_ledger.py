"""The pipeline's figures equal the ledger of truth, night after night, as known on each night."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from qn_pipeline.simulator.files import end_of, project, write_night, write_reference
from qn_pipeline.simulator.ledger import Key, ledger
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline_tests.support import Pipeline, engine_environment

NIGHTS = [date(2022, 2, 18), date(2022, 3, 31), date(2022, 5, 10)]
RUNNING = "dossiers_running"
INDICATORS = ("dossiers_received", "dossiers_settled", "dossiers_settled_on_time", "dossiers_settled_late", RUNNING)

Figures = dict[Key, int]


@pytest.fixture(scope="module")
def nights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Figures, Figures]]]:
    """For each night what was published, and what is true."""
    folder: Path = tmp_path_factory.mktemp("province")
    province = simulate(600, 4, seed=2022)
    project(folder, province.start)
    write_reference(folder)
    with engine_environment("duckdb", request):
        pipeline = Pipeline(folder)
        replayed = []
        for day in NIGHTS:
            write_night(province, folder, day)
            pipeline.run(day, select="*", command="run")
            pipeline.warehouse.publish()
            replayed.append((published(pipeline), ledger(province, known_at=end_of(day))))
        yield replayed


def published(pipeline: Pipeline) -> Figures:
    """All rows, those with nothing counted too."""
    _, rows = pipeline.warehouse.read("select indicator, grain, period_start, unit, channel, numerator from marts.indicator_values")
    return {(indicator, grain, first, unit, channel): count for indicator, grain, first, unit, channel, count in rows if indicator in INDICATORS}


@pytest.mark.parametrize("night", range(len(NIGHTS)), ids=str)
def test_what_is_published_is_true(nights: list[tuple[Figures, Figures]], night: int) -> None:
    got, true = nights[night]
    # Of days, only those have a row on which something happened; the ledger has the stock of each.
    told = {key: count for key, count in true.items() if key in got or key[:2] != (RUNNING, "day")}
    assert {key[0] for key in told} == set(INDICATORS)
    assert {key: count for key, count in got.items() if count} == told
    assert {(RUNNING, *key[1:]) for key in true if key[0] in ("dossiers_received", "dossiers_settled")} <= set(got)


def test_figures_of_closed_months_changed_between_the_nights(nights: list[tuple[Figures, Figures]]) -> None:
    """So that the nights prove corrections, deletions and re-openings, and not only that rows are added."""
    (_, second), (_, third) = nights[1], nights[2]
    closed = {key for key in second if key[1] == "month" and key[0] in ("dossiers_received", "dossiers_settled")}
    assert any(second[key] != third.get(key, 0) for key in closed)
