"""Runs through Dagster: what is recorded, what stops what, and what is told."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetCheckEvaluation, AssetKey, DagsterEventType, DagsterInstance

from qn_pipeline.errors import CheckBroken, RunFailed
from qn_pipeline.orchestration.assets import valid as valid_assets
from qn_pipeline.orchestration.build import build_defs
from qn_pipeline.orchestration.run import Outcome, run_nightly
from qn_pipeline.validation import expectations
from qn_pipeline.validation.day_kinds import is_working
from qn_pipeline_tests.support import Pipeline, dossier, write_csv, write_project

DAY = date(2022, 6, 5)


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    folder = write_project(tmp_path / "p", {"desk": {"files": "data/{day}.csv"}})
    write_csv(folder / f"data/{DAY}.csv", [dossier(1), dossier(2, status=9, ended="2022-06-03 10:00:00"), dossier(3, channel="fax")])
    return Pipeline(folder)


def run(pipeline: Pipeline, first: date = DAY, last: date = DAY) -> Outcome:
    with pipeline.warehouse.alone():
        return run_nightly(pipeline.folder, pipeline.settings, first, last)


@pytest.fixture
def instance(pipeline: Pipeline) -> Iterator[DagsterInstance]:
    (pipeline.settings.dagster_home).mkdir(parents=True)
    with DagsterInstance.from_config(str(pipeline.settings.dagster_home)) as dagster:
        yield dagster


def events(instance: DagsterInstance, kind: DagsterEventType) -> list[Any]:
    """Events of all runs, from the log and not from what was printed."""
    logs = [entry for record in instance.get_run_records() for entry in instance.all_logs(record.dagster_run.run_id, of_type=kind)]
    return [entry.dagster_event for entry in logs]


def checks(instance: DagsterInstance) -> dict[str, AssetCheckEvaluation]:
    found = [event.asset_check_evaluation_data for event in events(instance, DagsterEventType.ASSET_CHECK_EVALUATION)]
    return {f"{evaluation.asset_key.to_user_string()}:{evaluation.check_name}": evaluation for evaluation in found}


def materialized(instance: DagsterInstance) -> set[str]:
    return {event.asset_key.to_user_string() for event in events(instance, DagsterEventType.ASSET_MATERIALIZATION)}


def test_a_night_records_rows_checks_and_every_asset(pipeline: Pipeline, instance: DagsterInstance) -> None:
    outcome = run(pipeline)
    assert outcome.pages == ["2022-06.html", "index.html"]
    assert {
        "landing/dossiers",
        "valid/dossiers",
        "warehouse/dossiers",
        "core/fct_dossier",
        "marts/indicator_values",
        "published/marts",
        "published/pages",
    } <= (materialized(instance))
    landed = instance.get_latest_materialization_event(AssetKey(["landing", "dossiers"]))
    assert landed is not None
    assert landed.asset_materialization is not None
    assert landed.asset_materialization.metadata["dagster/row_count"].value == 3
    assert landed.asset_materialization.partition == str(DAY)
    facts = instance.get_latest_materialization_event(AssetKey(["core", "fct_dossier"]))
    assert facts is not None
    assert facts.asset_materialization is not None
    assert facts.asset_materialization.metadata["dagster/row_count"].value == 2
    found = checks(instance)
    assert not found["valid/dossiers:row_rules"].passed
    assert found["valid/dossiers:row_rules"].metadata["channel_unknown_code"].value == 1
    assert found["valid/dossiers:quarantined_share"].passed
    assert found["valid/units:rows_arrived"].passed, "no source of the project brings units"
    assert found["marts/indicator_values:exit_rules"].passed
    assert found["marts/indicator_values:exit_rules"].metadata["rules"].value == 20
    assert {name: found[f"marts/indicator_values:{name}"].metadata["outcome"].value for name in ("exit_rules", "continuity")} == {
        "exit_rules": "passed",
        "continuity": "not comparable",
    }
    assert any("valid/dossiers: row_rules" in warning for warning in outcome.warnings)


def test_a_quiet_day_is_not_a_clean_one(pipeline: Pipeline, instance: DagsterInstance) -> None:
    run(pipeline, DAY, date(2022, 6, 6))
    run(pipeline, date(2022, 6, 7), date(2022, 6, 7))
    found = checks(instance)
    latest = [event.asset_check_evaluation_data for event in events(instance, DagsterEventType.ASSET_CHECK_EVALUATION)]
    quiet = [evaluation for evaluation in latest if evaluation.asset_key == AssetKey(["valid", "dossiers"]) and evaluation.check_name == "row_rules"]
    assert {evaluation.metadata["outcome"].value for evaluation in quiet} == {"failed", "no rows"}
    assert "valid/dossiers:rows_arrived" in found


def test_too_many_bad_rows_stop_the_night_before_the_warehouse(pipeline: Pipeline, instance: DagsterInstance) -> None:
    write_csv(pipeline.folder / f"data/{DAY}.csv", [dossier(1), dossier(2, channel="fax"), dossier(3, channel="fax")])
    with pytest.raises(RunFailed, match=r"A check stopped the run: valid/dossiers: quarantined_share \(over_limit \['data/2022-06-05.csv "):
        run(pipeline)
    assert "valid/dossiers" in materialized(instance)
    assert not any(key.startswith(("warehouse", "core", "marts", "published")) for key in materialized(instance))
    assert not pipeline.settings.published.exists()


def test_a_check_that_cannot_run_is_broken_and_stops_the_night(
    pipeline: Pipeline, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        expectations.check_bounds("valid_dossiers", [expectations.Bound("rows", "many", minimum=1)])  # type: ignore[arg-type]

    monkeypatch.setattr(valid_assets, "check_door", broken)
    with pytest.raises(RunFailed, match=r"could not be run .* nothing is known about the data"):
        run(pipeline)
    (failure,) = [event for event in events(instance, DagsterEventType.STEP_FAILURE) if "dossiers" in (event.step_key or "")]
    told = failure.step_failure_data.user_failure_data.metadata
    assert (told["kind"].value, told["outcome"].value) == (CheckBroken.__name__, "broken")
    assert RunFailed.exit_status == 1
    assert not any(name.startswith("valid/dossiers") for name in checks(instance)), "a broken check has neither passed nor failed"


def test_marts_that_break_an_exit_rule_are_not_shown(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    run(pipeline)
    shown = pipeline.digests()
    from qn_pipeline.orchestration.assets import warehouse

    write_csv(pipeline.folder / "data/2022-06-06.csv", [dossier(7)])
    monkeypatch.setattr(warehouse, "count_violations", lambda _: {"figures_doubled": 2})
    with pytest.raises(RunFailed, match=r"marts/indicator_values: exit_rules \(rules 2, figures_doubled 2\)"):
        run(pipeline, DAY, date(2022, 6, 6))
    assert pipeline.digests() == shown


def test_a_dbt_test_that_fails_is_named_and_nothing_is_shown(pipeline: Pipeline) -> None:
    """Two units that are each other's parent: neither reaches the province."""
    run(pipeline)
    shown = pipeline.digests()
    columns = {"code": "code", "name": "code", "level": {"constant": "commune"}, "parent": "parent"}
    sources = {
        "desk": {"files": "data/{day}.csv"},
        "units": {"entity": "units", "files": "data/units.csv", "delivers": "snapshot", "mapping": "units.yaml"},
    }
    write_project(pipeline.folder, sources, {"units.yaml": {"columns": columns}})
    write_csv(pipeline.folder / "data/units.csv", [{"code": "A", "parent": "B"}, {"code": "B", "parent": "A"}], ["code", "parent"])
    with pytest.raises(RunFailed, match=r"The dbt test assert_every_unit_reaches_the_province failed: .* What is published stays as it was\."):
        run(pipeline)
    assert pipeline.digests() == shown


def test_a_model_that_makes_only_what_was_touched_is_not_made_alone(pipeline: Pipeline) -> None:
    defs = build_defs(pipeline.folder)
    result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
        asset_selection=[AssetKey(["core", "fct_dossier_interval"])], raise_on_error=False
    )
    assert not result.success
    [failed] = [event for event in result.all_events if event.event_type is DagsterEventType.STEP_FAILURE]
    assert "made together" in str(failed.step_failure_data.user_failure_data.description if failed.step_failure_data.user_failure_data else "")


def test_a_half_empty_night_of_changes_is_published_and_ends_with_status_1(pipeline: Pipeline, qn: Callable[..., tuple[int, str, str]]) -> None:
    """After three weeks of working days with the same rows."""
    days = [day for offset in range(21) if is_working("vietnam", day := date(2022, 6, 6) + timedelta(days=offset))]
    for day in days:
        write_csv(pipeline.folder / f"data/{day}.csv", [dossier(number, f"{day} 08:00:00", due="2022-07-20 08:00:00") for number in range(150)])
    assert pipeline.land(*days) == {}
    tuesday = date(2022, 6, 28)
    write_csv(pipeline.folder / f"data/{tuesday}.csv", [dossier(number, f"{tuesday} 08:00:00", due="2022-07-20 08:00:00") for number in range(60)])
    status, out, said = qn("run", "--project", str(pipeline.folder), "--date", str(tuesday))
    assert status == 1
    assert out.startswith("Done for 2022-06-28")
    assert "Published with rows that look wrong: valid/dossiers: volume" in said
    assert "desk 2022-06-28: có 60 dòng, thường khoảng 150 dòng (rows_too_few)" in " ".join(said.split())
    _, rows = pipeline.warehouse.read("select count(*) from marts.indicator_values where grain = 'day' and period_start = ?", [tuesday])
    assert rows[0][0] > 0


def test_a_half_empty_snapshot_stops_the_night(pipeline: Pipeline) -> None:
    write_project(pipeline.folder, {"desk": {"files": "data/{day}.csv", "delivers": "snapshot"}})
    write_csv(pipeline.folder / f"data/{DAY}.csv", [dossier(number) for number in range(1, 41)])
    run(pipeline)
    shown = pipeline.digests()
    next_day = date(2022, 6, 6)
    write_csv(pipeline.folder / f"data/{next_day}.csv", [dossier(number) for number in range(1, 17)])
    with pytest.raises(RunFailed, match=r"A check stopped the run: valid/dossiers: stop_rules \(desk 2022-06-06: có 16 dòng, thường khoảng 40 dòng"):
        run(pipeline, next_day, next_day)
    assert pipeline.digests() == shown
