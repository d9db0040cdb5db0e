"""Two years of a pulled province, a reorganisation in them: every figure, and every stock by a direct count, equals the ledger."""

import os
import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

import pytest

from qn_pipeline.indicators.measures import FLOWS, MEASURES, SERVICES, STOCK_SPLITS
from qn_pipeline.simulator.files import end_of
from qn_pipeline.simulator.ledger import lives, stock_at, with_those_above
from qn_pipeline.simulator.lives import Province
from qn_pipeline.simulator.procedures import PROCEDURES
from qn_pipeline.simulator.projects import write_project
from qn_pipeline.simulator.server import serving
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.units import map_of
from qn_pipeline.warehouse.engines import Row
from qn_pipeline.warehouse.exit_checks import count_violations
from qn_pipeline_tests.figures import INDICATORS, NOT_TOLD_BY_OPENCPS, OF_PROCEDURES, counting, differences, published, truth
from qn_pipeline_tests.support import Pipeline, engine_environment

START = date(2024, 1, 1)
# The last days of runs: a year at once, then months, weeks around the reorganisation of 1 July 2025, and the end of the second year.
ENDS = [date(2024, 12, 31), date(2025, 2, 14), date(2025, 3, 31), date(2025, 6, 29), date(2025, 6, 30), date(2025, 7, 1), date(2025, 7, 9)]
ENDS += [date(2025, 9, 30), date(2025, 12, 31)]
NIGHTS = [end_of(day) for day in ENDS]
INSTANTS = 60


@pytest.fixture(scope="module")
def province() -> Province:
    return simulate(1400, 24, seed=766, start=START)


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.soak)])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, province: Province) -> Iterator[Pipeline]:
    with (
        engine_environment(request.param, request),
        serving(province, NIGHTS[0]) as system,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("QN_SECRET_MOT_CUA", system.token)
        made = Pipeline(tmp_path_factory.mktemp(f"two_years_{request.param}"), os.environ.get("QN_WAREHOUSE_URL"))
        write_project(made.folder, system.url, START)
        first = START
        for last in ENDS:
            system.set_clock(end_of(last))
            assert made.land(*(first + timedelta(days=offset) for offset in range((last - first).days + 1))) == {}
            made.check()
            made.load(last)
            # The last run asks for both years: late corrections in a year that is over are found only then.
            first = START if last == ENDS[-2] else last + timedelta(days=1)
        made.build("*")
        assert set(count_violations(made.warehouse).values()) == {0}
        made.warehouse.publish()
        yield made


@pytest.fixture
def ask(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Row]]:
    if pipeline.url:
        monkeypatch.setenv("QN_WAREHOUSE_URL", pipeline.url)
    return pipeline.query


def test_every_figure_of_24_months_is_true(pipeline: Pipeline, ask: Callable[[str], list[Row]], province: Province) -> None:
    got = published(pipeline)
    assert differences(got, truth(province, NIGHTS), not_told=NOT_TOLD_BY_OPENCPS) == {}
    assert {key[0] for key in got} == {*INDICATORS, *OF_PROCEDURES}
    assert set(INDICATORS) - counting(got) == {"dossiers_refused", "dossiers_settled_without_due", *NOT_TOLD_BY_OPENCPS}


def test_stocks_equal_a_direct_count_at_60_instants(ask: Callable[[str], list[Row]], province: Province) -> None:
    received = lives(province, NIGHTS, "actions")
    days = [START + timedelta(days=offset) for offset in sorted(random.Random(60).sample(range(20, 730), INSTANTS))]
    held = ", ".join(f"sum({stock}_delta)" for stock in sorted(STOCK_SPLITS))
    for day in days:
        told = {}
        for unit, *counts in ask(f"select unit, {held} from measures.dossier_daily where role = 'resolving' and day <= date '{day}' group by unit"):
            told.update({(unit, stock): int(count) for stock, count in zip(sorted(STOCK_SPLITS), counts, strict=True) if count})
        assert told == dict(stock_at(received, end_of(day))), day
    last = stock_at(received, end_of(days[-1]))
    assert {stock for _, stock in last} > {"running_within", "running_past", "paused_within", "held_within", "local_running_past"}


def test_procedures_are_counted_once(ask: Callable[[str], list[Row]], pipeline: Pipeline, province: Province) -> None:
    """By month and unit: procedures with fees and with online payments (3.5b), and what units offer (3.1)."""
    seen: dict[tuple[str, date], tuple[set[str], set[str]]] = {}
    for one in lives(province, NIGHTS, "actions"):
        now, procedure = one.known.now, one.known.dossier.procedure
        began = one.spells[0].began_at
        for unit in with_those_above(one.unit_at(began)):
            with_fee, paid = seen.setdefault((unit, began.date().replace(day=1)), (set(), set()))
            if procedure.fee:
                with_fee.add(procedure.code)
                if now.payment != "none":
                    paid.add(procedure.code)
    rows = pipeline.warehouse.read(
        "select unit, period_start, numerator, denominator from marts.indicator_values"
        " where indicator = 'index_3_5b' and grain = 'month' and period_set = 'calendar'"
    )[1]
    assert len(rows) > 1000
    for unit, month, numerator, denominator in rows:
        with_fee, paid = seen.get((unit, month), (set(), set()))
        assert (numerator, denominator) == (len(paid), len(with_fee)), (unit, month)
    offered: dict[str, set[tuple[str, bool]]] = {}
    for procedure in PROCEDURES:
        for unit in procedure.units_on(map_of(ENDS[-1])):
            for above in with_those_above(unit.code):
                offered.setdefault(above, set()).add((procedure.code, procedure.online_level != "none"))
    told = ask(
        "select unit, services, services_online from measures.service_period where period_set = 'calendar' and grain = 'year' and period_start = date '2025-01-01'"
    )
    assert {unit: (services, online) for unit, services, online in told if services} == {
        unit: (len(found), sum(online for _, online in found)) for unit, found in offered.items()
    }


def test_all_measures_that_may_be_named_are_there(ask: Callable[[str], list[Row]]) -> None:
    columns = {
        row[0]
        for row in ask(
            "select column_name from information_schema.columns where table_schema = 'measures' and table_name in ('dossier_period', 'service_period')"
        )
    }
    assert columns >= MEASURES
    assert FLOWS | STOCK_SPLITS | SERVICES < MEASURES


def test_layouts_add_up_and_the_index_is_scored(pipeline: Pipeline, ask: Callable[[str], list[Row]], province: Province) -> None:
    """The forms' columns are the ledger's; that they add up is asserted by the exit checks."""
    true = truth(province, NIGHTS).by_unit
    rows = pipeline.warehouse.read(
        "select column_code, unit, period_start, value from marts.layout_values where layout = 'tien_do' and period_set = 'calendar' and grain = 'month'"
    )[1]
    sums = {
        "tongDaXuLy": ("settled", "withdrawn"),
        "daXuLyTruocHan": ("local_settled_early", "local_withdrawn_early"),
        "dangXuLyQuaHan": ("local_running_past",),
        "tamDungTrongHan": ("local_paused_within", "local_held_within"),
        "tongTamDungXuLy": ("paused", "held"),
        "chuyenDonViKhac": ("transferred_out",),
    }
    assert {row[0] for row in rows} > set(sums)
    for column, unit, month, value in rows:
        if column in sums:
            assert value == sum(true.get((measure, "month", month, unit, "all"), 0) for measure in sums[column]), (column, unit, month)


def test_a_figure_stands_beside_that_of_the_year_before(pipeline: Pipeline, ask: Callable[[str], list[Row]], province: Province) -> None:
    true = truth(province, NIGHTS).by_unit
    rows = pipeline.warehouse.read(
        "select unit, period_set, grain, period_start, period_end, numerator, last_year_start, last_year_end, last_year_numerator, change"
        " from marts.indicator_comparison where indicator = 'dossiers_received' and channel = 'all' and grain = 'month' and period_start >= date '2025-01-01'"
    )[1]
    compared = 0
    for unit, period_set, _, first, last, count, before, before_end, count_before, change in rows:
        if period_set == "calendar" and count_before is not None:
            assert before == date(first.year - 1, first.month, 1)
            assert count_before == true.get(("received", "month", before, unit, "all"), 0)
            assert change == count - count_before
            compared += 1
        if period_set == "year_to_date" and count_before is not None:
            assert (before_end.year, before_end.month) == (last.year - 1, last.month)
    assert compared > 200


def test_a_moment_of_the_nights_is_midnight() -> None:
    assert all(night == datetime(night.year, night.month, night.day) for night in NIGHTS)  # noqa: DTZ001 -- local and naive
