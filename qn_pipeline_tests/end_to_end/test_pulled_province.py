"""A province pulled over the network, night after night, equals the ledger of truth as known on each night."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from qn_pipeline.simulator.files import end_of
from qn_pipeline.simulator.lives import Kind, Province
from qn_pipeline.simulator.projects import write_project
from qn_pipeline.simulator.server import serving
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.warehouse.engines import Row
from qn_pipeline_tests.figures import INDICATORS, NOT_TOLD_BY_OPENCPS, Figures, Truth, counting, differences, opened, published, truth
from qn_pipeline_tests.support import Pipeline, engine_environment

# A backfill of many days in one run, a night, one after three nights without a run, and one that closes a month.
RUNS = [(date(2022, 1, 1), date(2022, 5, 18)), (date(2022, 5, 19), date(2022, 5, 19)), (date(2022, 5, 23), date(2022, 5, 23))]
CLOSING = (date(2022, 5, 31), date(2022, 5, 31))


@dataclass(frozen=True)
class Night:
    """What was published, what is true, and what the server was asked."""

    figures: Figures
    true: Truth
    requests: Counter[str]


@pytest.fixture(scope="module")
def province() -> Province:
    return simulate(1500, 6, seed=42)


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    with engine_environment(request.param, request):
        made = Pipeline(tmp_path_factory.mktemp(f"pulled_{request.param}"))
        made.url = os.environ.get("QN_WAREHOUSE_URL")
        yield made


@pytest.fixture
def query(nights: list["Night"], pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Row]]:
    """Asks the warehouse after the last night, which a test's clean environment does not know."""
    if pipeline.url:
        monkeypatch.setenv("QN_WAREHOUSE_URL", pipeline.url)
    return pipeline.query


@pytest.fixture(scope="module")
def nights(pipeline: Pipeline, province: Province) -> Iterator[list[Night]]:
    replayed: list[Night] = []
    read: list[datetime] = []
    with serving(province, end_of(RUNS[0][1])) as system, pytest.MonkeyPatch.context() as patch:
        patch.setenv("QN_SECRET_MOT_CUA", system.token)
        write_project(pipeline.folder, system.url, province.start)
        for first, last in [*RUNS, CLOSING]:
            system.set_clock(end_of(last))
            system.forget_requests()
            pipeline.run(*(first + timedelta(days=offset) for offset in range((last - first).days + 1)), select="*", command="run")
            pipeline.warehouse.publish()
            read.append(end_of(last))
            replayed.append(Night(published(pipeline), truth(province, read), system.requests()))
        yield replayed


def test_every_month_of_every_unit_is_true_on_each_night(nights: list[Night]) -> None:
    for night in nights:
        assert differences(night.figures, night.true, ("month", "year"), NOT_TOLD_BY_OPENCPS) == {}
    assert set(INDICATORS) - counting(nights[-1].figures) == {"dossiers_refused", "dossiers_settled_without_due", *NOT_TOLD_BY_OPENCPS}


def test_every_day_and_period_is_true_when_a_month_has_closed(nights: list[Night]) -> None:
    assert differences(nights[-1].figures, nights[-1].true, not_told=NOT_TOLD_BY_OPENCPS) == {}


def test_closed_months_changed_between_the_nights(nights: list[Night]) -> None:
    """So that the nights prove that corrections and deletions are found which no window shows."""
    before, after = nights[0].true.by_unit, nights[-1].true.by_unit
    closed = {key for key in before if key[1:3] == ("month", date(2022, 3, 1)) and key[0] in ("received", "settled")}
    assert any(before[key] != after.get(key, 0) for key in closed)


def test_rows_behind_figures_add_up_to_them(nights: list[Night], query: Callable[[str], list[Row]], pipeline: Pipeline) -> None:
    figures = opened(pipeline, 200, seed=8)
    assert {str(key[0]) for key in figures} >= {"index_3_2", "index_2_1", "dossiers_transferred_in", "local_on_time_share", "dossiers_paused_past"}
    assert {key: both for key, both in figures.items() if both[0] != both[1]} == {}


def test_details_are_asked_for_changed_dossiers_only(nights: list[Night], query: Callable[[str], list[Row]]) -> None:
    [(seen,)] = query("select count(*) from valid.dossiers")
    assert sum(night.requests["files"] for night in nights) == sum(night.requests["payment"] for night in nights) == seen
    assert nights[1].requests["files"] < nights[0].requests["files"] / 10


def test_all_counters_of_the_source_are_explained(query: Callable[[str], list[Row]], pipeline: Pipeline) -> None:
    _, rows = pipeline.warehouse.read("select distinct is_explained from marts.source_reconciliation")
    assert rows == [(True,)]
    _, rows = pipeline.warehouse.read("select distinct change from marts.source_reconciliation_dossier")
    assert ("changed",) in rows
    assert query("select count(*) from valid.vanished")[0][0] > 0


def test_actions_are_those_of_the_lives(query: Callable[[str], list[Row]], province: Province) -> None:
    told = query("select kind, count(*) from core.fct_dossier_action group by kind")
    shown = [dossier for dossier in province.dossiers if (fact := dossier.last_fact(end_of(CLOSING[1]))) and fact.state]
    kinds = Counter(fact.kind for dossier in shown for fact in dossier.facts if fact.at < end_of(CLOSING[1]))
    for kind, name in {Kind.RECEIVED: "received", Kind.SUPPLEMENT_REQUESTED: "supplement_requested", Kind.FINISHED: "finished"}.items():
        assert dict(told)[name] == kinds[kind]


def test_files_and_fees_are_those_of_the_lives(query: Callable[[str], list[Row]], province: Province) -> None:
    rows = list(province.rows(end_of(CLOSING[1])))
    told = dict(query("select code, cast(components_digitized as integer) + 2 * cast(result_digitized as integer) from core.fct_dossier"))
    fees = dict(query("select code, fee from core.fct_dossier"))
    assert {row.state.code for row in rows} == set(told)
    for row in rows:
        digitized = any(component.digitized for component in row.dossier.components)
        result = row.state.ended_at is not None and row.state.result_digitized
        assert told[row.state.code] == digitized + 2 * result
        assert fees[row.state.code] == row.dossier.procedure.fee


def test_what_was_there_before_the_first_pull_has_unknown_earlier_versions(query: Callable[[str], list[Row]]) -> None:
    [(known, unknown)] = query(
        "select count(*) filter (where not earlier_versions_unknown), count(*) filter (where earlier_versions_unknown) from core.fct_dossier"
        " where submitted_at >= timestamp '2022-05-19'"
    )
    assert (known > 0, unknown > 0) == (True, True)  # of three nights without a run, nothing says what happened in between
    [(late,)] = query("select count(*) from core.fct_dossier where submitted_at < timestamp '2022-05-18' and not earlier_versions_unknown")
    assert late == 0


def test_reference_data_is_pulled(query: Callable[[str], list[Row]]) -> None:
    counts = {entity: query(f"select count(*) from valid.{entity}")[0][0] for entity in ("units", "procedures", "holidays", "work_times")}
    assert counts["work_times"] == 5
    assert counts["holidays"] > 50
    assert query("select hours from valid.work_times where code = '1'") == [("07:30-11:30,13:00-17:00",)]
    levels = dict(query("select level, count(*) from core.dim_unit where is_declared group by level"))
    assert (levels["department"], levels["district"], levels["commune"]) == (19, 18, 241)
