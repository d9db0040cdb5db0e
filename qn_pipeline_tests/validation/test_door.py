"""The door: what is told of a run's days, what stops the stage as long as it stands, and what a waiver lets through. Real files, real GX."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.contracts.dossiers import DOSSIERS
from qn_pipeline.contracts.model import Rule, Severity
from qn_pipeline.orchestration.checks import DRIFT, QUARANTINED_SHARE, ROW_RULES, ROWS_ARRIVED, STOP_RULES, VOLUME, door_results
from qn_pipeline.validation import door
from qn_pipeline.validation.day_kinds import is_working
from qn_pipeline.validation.door import DoorFindings
from qn_pipeline.validation.outcome import Locator, worst
from qn_pipeline.validation.volume import TOO_FEW
from qn_pipeline_tests.support import Pipeline, dossier, write_csv, write_project

DAY = date(2022, 6, 30)
MONDAY = date(2022, 4, 4)


def project(folder: Path, **settings: Any) -> Pipeline:
    return Pipeline(write_project(folder, {"desk": {"files": "data/{day}.csv", **settings.pop("desk", {})}}, **settings))


def write_day(pipeline: Pipeline, day: date, *rows: dict[str, object]) -> None:
    write_csv(pipeline.folder / f"data/{day}.csv", rows)


def outcomes(findings: DoorFindings) -> dict[str, tuple[bool, str]]:
    return {str(result.check_name): (result.passed, str(result.metadata["outcome"].value)) for result in door_results(findings)}


def test_a_file_that_was_refused_stays_refused_on_the_next_days(tmp_path: Path) -> None:
    pipeline = project(tmp_path)
    later = date(2022, 7, 1)
    write_day(pipeline, DAY, dossier(1), dossier(2, channel="fax"), dossier(3, channel="fax"))
    write_day(pipeline, later, dossier(4))
    pipeline.land(DAY, later)
    findings = pipeline.door(later)
    assert (findings.arrived, findings.broken_rules) == (1, [])
    assert [name.split(" ")[0] for name in findings.over_limit] == [f"data/{DAY}.csv"]


def test_one_bad_row_alone_refuses_no_file(tmp_path: Path) -> None:
    pipeline = project(tmp_path)
    write_day(pipeline, DAY, dossier(2, channel="fax"))
    pipeline.land(DAY)
    assert pipeline.door(DAY).over_limit == []


def test_the_worst_rules_are_told_with_where_their_rows_stand_and_no_value(tmp_path: Path) -> None:
    pipeline = project(tmp_path, desk={"max_quarantined": 1})
    write_day(pipeline, DAY, dossier(1), *(dossier(number, channel="fax") for number in range(2, 14)), dossier(20, received="2022-06-01", due="soon"))
    pipeline.land(DAY)
    findings = pipeline.door(DAY)
    (first, *_) = worst(findings.broken_rules)
    assert (first.rule, first.column, first.severity, first.count) == ("channel_unknown_code", "channel", "quarantine", 12)
    assert first.message == "Cột “Kênh tiếp nhận” có mã không nằm trong danh mục."
    assert first.rows == tuple(Locator("desk", f"data/{DAY}.csv", row) for row in range(3, 13)), "the first ten, by their lines"
    results = {result.check_name: result for result in door_results(findings)}
    shown = results[ROW_RULES].metadata
    assert shown["channel_unknown_code"].value == 12
    assert len(shown["worst"].value) <= 5  # type: ignore[arg-type]
    assert "fax" not in str(dict(shown))
    assert outcomes(findings) == {
        ROW_RULES: (False, "failed"),
        ROWS_ARRIVED: (True, "passed"),
        QUARANTINED_SHARE: (True, "passed"),
        STOP_RULES: (True, "passed"),
        VOLUME: (True, "not comparable"),
        DRIFT: (False, "failed"),
    }


def test_gx_is_asked_once_and_rows_are_read_for_failed_rules_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = project(tmp_path)
    write_day(pipeline, DAY, dossier(1), dossier(2))
    pipeline.land(DAY)
    pipeline.check()
    asked: list[str] = []
    check_bounds = door.check_bounds
    monkeypatch.setattr(door, "check_bounds", lambda name, bounds: asked.append(name) or check_bounds(name, bounds))

    def opened(*_: object) -> None:
        raise AssertionError("rows were read, and no rule had failed")

    monkeypatch.setattr(door, "open_engine", opened)
    assert outcomes(pipeline.door(DAY))[ROW_RULES] == (True, "passed")
    assert asked == ["valid_dossiers"]


def test_a_day_without_rows_passes_no_rule(tmp_path: Path) -> None:
    pipeline = project(tmp_path)
    nothing = outcomes(pipeline.door(DAY))
    assert (nothing[ROW_RULES], nothing[ROWS_ARRIVED]) == ((True, "no rows"), (False, "no rows"))
    write_day(pipeline, DAY, dossier(1))
    pipeline.land(DAY, DAY + timedelta(days=1))
    quiet = outcomes(pipeline.door(DAY + timedelta(days=1)))
    assert (quiet[ROW_RULES], quiet[ROWS_ARRIVED], quiet[DRIFT]) == ((True, "no rows"), (True, "passed"), (True, "no rows"))
    assert outcomes(pipeline.door(DAY))[ROW_RULES] == (True, "passed")


def test_entities_without_a_source_have_nothing_to_miss(tmp_path: Path) -> None:
    assert outcomes(project(tmp_path).door(DAY, entity="units"))[ROWS_ARRIVED] == (True, "no rows")


def test_a_rule_of_severity_stop_stops_as_long_as_its_row_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its row is in quarantine meanwhile; the file's correction lets the stage go on."""
    rule = Rule("fee_sum_lost", "procedure", "procedure = '9.999999'", "Mã thủ tục không thể có.", severity=Severity.STOP)
    monkeypatch.setitem(CONTRACTS, "dossiers", replace(DOSSIERS, rules=(*DOSSIERS.rules, rule)))
    pipeline = project(tmp_path)
    write_day(pipeline, DAY, dossier(1), dossier(2), dossier(3, procedure="9.999999"))
    pipeline.land(DAY)
    findings = pipeline.door(DAY + timedelta(days=1))
    assert [(b.rule, b.severity, b.count, b.rows) for b in findings.stopping] == [
        ("fee_sum_lost", "stop", 1, (Locator("desk", f"data/{DAY}.csv", 4),))
    ]
    assert outcomes(findings)[STOP_RULES] == (False, "failed")
    (result,) = door.validate_landed(pipeline.settings, pipeline.project, "dossiers")
    assert (result.report.valid, result.report.quarantined) == (2, 1)
    write_day(pipeline, DAY, dossier(1), dossier(2), dossier(3))
    pipeline.land(DAY)
    assert outcomes(pipeline.door(DAY))[STOP_RULES] == (True, "passed")


def weeks(pipeline: Pipeline, rows: int) -> list[date]:
    """Five weeks of working days with the same rows, up to a Monday. Returns the days."""
    days = [day for back in range(35, 0, -1) if is_working("vietnam", day := MONDAY - timedelta(days=back))]
    for day in days:
        write_day(pipeline, day, *(dossier(number, received=f"{day} 08:00:00") for number in range(1, rows + 1)))
    return days


def test_a_night_of_two_fifths_fails_unless_it_is_waived(tmp_path: Path) -> None:
    pipeline = project(tmp_path)
    days = weeks(pipeline, 250)
    write_day(pipeline, MONDAY, *(dossier(number, received=f"{MONDAY} 08:00:00") for number in range(1, 101)))
    pipeline.land(*days, MONDAY)
    findings = pipeline.door(MONDAY)
    (odd,) = findings.volume
    assert (odd.source, odd.day, odd.rule, odd.effect, odd.waiver) == ("desk", MONDAY, TOO_FEW, "fail", None)
    assert odd.message == "có 100 dòng, thường khoảng 250 dòng"
    assert outcomes(findings)[VOLUME] == (False, "failed")
    assert outcomes(findings)[STOP_RULES] == (True, "passed")
    waiver = {
        "name": "bão số 1",
        "rule": TOO_FEW,
        "source": "desk",
        "from": MONDAY,
        "until": MONDAY,
        "reason": "Bão, các bàn đóng cửa",
        "by": "Lê Văn A",
    }
    project(tmp_path, waivers=[waiver])
    findings = pipeline.door(MONDAY)
    assert outcomes(findings)[VOLUME] == (True, "passed")
    (result,) = [result for result in door_results(findings) if result.check_name == VOLUME]
    assert result.metadata["waived"].value == [f"desk {MONDAY}: {TOO_FEW} (bão số 1)"]
    for other in ({"rule": "rows_too_many"}, {"until": MONDAY - timedelta(days=1), "from": MONDAY - timedelta(days=9)}):
        project(tmp_path, waivers=[waiver | other])
        assert outcomes(pipeline.door(MONDAY))[VOLUME] == (False, "failed")


def test_a_half_empty_snapshot_stops_and_severities_can_be_set(tmp_path: Path) -> None:
    pipeline = project(tmp_path, desk={"delivers": "snapshot"})
    next_day = DAY + timedelta(days=1)
    write_day(pipeline, DAY, *(dossier(number) for number in range(1, 41)))
    write_day(pipeline, next_day, *(dossier(number) for number in range(1, 17)))
    pipeline.land(DAY, next_day)
    findings = pipeline.door(next_day)
    assert (outcomes(findings)[STOP_RULES], outcomes(findings)[VOLUME]) == ((False, "failed"), (False, "failed"))
    told = next(result for result in door_results(findings) if result.check_name == STOP_RULES).metadata["desk"].value
    assert told == f"{next_day}: có 16 dòng, thường khoảng 40 dòng (rows_too_few)"
    project(tmp_path, desk={"delivers": "snapshot", "volume": {"severity": "warn"}})
    findings = pipeline.door(next_day)
    assert outcomes(findings)[STOP_RULES] == (True, "passed")
    assert next(result for result in door_results(findings) if result.check_name == VOLUME).severity.value == "WARN"
