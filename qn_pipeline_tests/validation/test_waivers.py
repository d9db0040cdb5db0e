"""Waivers: rows that break a rule are counted by decision, and only the days that a decision reaches are derived again."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.project import load_project
from qn_pipeline.project_quality import OF_EXTRACTIONS
from qn_pipeline.validation import drift, volume
from qn_pipeline.validation.door import validate_landed
from qn_pipeline.validation.validate import ValidExtraction
from qn_pipeline.validation.waivers import waiver_of
from qn_pipeline.warehouse import continuity
from qn_pipeline_tests.support import Pipeline, dossier, write_csv, write_project

D1 = date(2022, 6, 20)
DAYS = [D1 + timedelta(days=number) for number in range(6)]
HALL, OTHER = "000.00.33.H47", "000.00.34.H47"
SOURCES: dict[str, dict[str, Any]] = {"desk": {"files": "data/desk_{day}.csv"}, "shop": {"files": "data/shop_{day}.csv"}}


def waiver(**changes: object) -> dict[str, object]:
    told = {"name": "ma-cu", "rule": "code_format", "from": str(DAYS[1]), "until": str(DAYS[3]), "reason": "Mã theo mẫu cũ", "by": "Sở TT&TT"}
    return {name: value for name, value in {**told, **changes}.items() if value is not None}


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    """Two sources, six days, and in each file a good dossier, two with odd codes, one with an odd channel and one with a warning."""
    made = Pipeline(write_project(tmp_path, SOURCES))
    for place, day in enumerate(DAYS):
        for source in SOURCES:
            write_csv(
                tmp_path / f"data/{source}_{day}.csv",
                [
                    dossier(10 * place + 1),
                    dossier(1, code=f"TNMT/{place}/A"),
                    dossier(2, code=f"TNMT/{place}/B", unit=OTHER),
                    dossier(10 * place + 3, channel="fax"),
                    dossier(10 * place + 4, status=4, ended="2022-06-10 08:00:00"),
                ],
            )
    made.land(*DAYS)
    return made


def decide(pipeline: Pipeline, *waivers: dict[str, object]) -> None:
    write_project(pipeline.folder, SOURCES, waivers=list(waivers))


def checked(pipeline: Pipeline) -> dict[tuple[str, date], ValidExtraction]:
    results = validate_landed(pipeline.settings, pipeline.project, "dossiers")
    return {(result.extraction.manifest.source, result.extraction.manifest.day): result for result in results}


def again(before: dict[tuple[str, date], ValidExtraction], after: dict[tuple[str, date], ValidExtraction]) -> set[tuple[str, date]]:
    """The extractions that were checked again."""
    return {place for place, result in after.items() if result.folder != before[place].folder}


def counts(result: ValidExtraction) -> tuple[int, int, dict[str, int], dict[str, int]]:
    report = result.report
    return report.valid, report.quarantined, {rule: count for rule, count in report.violations.items() if count}, report.waived


def test_a_row_that_broke_only_waived_rules_is_valid_and_listed_with_its_waiver(pipeline: Pipeline) -> None:
    plain = {"code_format": 2, "channel_unknown_code": 1, "ended_at_while_running": 1}
    before = checked(pipeline)
    assert all(counts(result) == (2, 3, plain, {}) for result in before.values())
    decide(pipeline, waiver(), waiver(name="dang-sua", rule="ended_at_while_running", source="desk"))
    after = checked(pipeline)
    assert counts(after["desk", DAYS[1]]) == (4, 1, {"channel_unknown_code": 1}, {"dang-sua": 1, "ma-cu": 2})
    assert counts(after["shop", DAYS[3]]) == (4, 1, {"channel_unknown_code": 1, "ended_at_while_running": 1}, {"ma-cu": 2})
    assert counts(after["desk", DAYS[0]]) == counts(after["desk", DAYS[4]]) == (2, 3, plain, {})
    result = after["desk", DAYS[1]]
    assert duckdb.sql(f"select row_key, rule, waiver from '{result.quarantine}' order by row_no").fetchall() == [
        ("TNMT/1/A", "code_format", "ma-cu"),
        ("TNMT/1/B", "code_format", "ma-cu"),
        (dossier(13)["code"], "channel_unknown_code", None),
        (dossier(14)["code"], "ended_at_while_running", "dang-sua"),
    ]
    assert duckdb.sql(f"select code from '{result.rows}' where code like 'TNMT%' order by code").fetchall() == [("TNMT/1/A",), ("TNMT/1/B",)]
    assert duckdb.sql(f"select unit, arrived from '{result.arrived}' order by unit").fetchall() == [(HALL, 4), (OTHER, 1)]


def test_a_row_that_broke_another_rule_as_well_stays_out(pipeline: Pipeline) -> None:
    day = DAYS[2]
    write_csv(pipeline.folder / f"data/desk_{day}.csv", [dossier(1, code="TNMT/2/A", ended="2022-05-01 08:00:00"), dossier(2, code="TNMT/2/B")])
    pipeline.land(day)
    decide(pipeline, waiver())
    assert counts(checked(pipeline)["desk", day]) == (1, 1, {"ended_before_received": 1, "ended_at_while_running": 1}, {"ma-cu": 2})


@pytest.mark.parametrize(
    ("changes", "let_in"),
    [
        ({"unit": OTHER}, {"TNMT/1/B"}),
        ({"keys": ["TNMT/1/A", "TNMT/9/A"]}, {"TNMT/1/A"}),
        ({"keys": ["TNMT/1/A"], "unit": OTHER}, set()),
        ({"source": "shop"}, set()),
        ({"keys": ["TNMT/1/A' or true --"]}, set()),
    ],
)
def test_a_waiver_holds_for_its_source_unit_and_keys(pipeline: Pipeline, changes: dict[str, object], let_in: set[str]) -> None:
    decide(pipeline, waiver(**changes))
    result = checked(pipeline)["desk", DAYS[1]]
    assert {code for (code,) in duckdb.sql(f"select code from '{result.rows}' where code like 'TNMT%'").fetchall()} == let_in


def test_only_the_days_that_a_decision_reaches_are_checked_again(pipeline: Pipeline) -> None:
    nothing = checked(pipeline)
    assert again(nothing, checked(pipeline)) == set()
    decide(pipeline, waiver(source="desk"))
    added = checked(pipeline)
    assert again(nothing, added) == {("desk", day) for day in DAYS[1:4]}
    decide(pipeline, waiver(source="desk", until=str(DAYS[2]), reason="Hết hiệu lực sớm"))
    ended = checked(pipeline)
    assert again(added, ended) == {("desk", DAYS[3])}
    decide(
        pipeline,
        waiver(source="desk", until=str(DAYS[2])),
        waiver(name="cuoi-ky", rule="ended_at_while_running", **{"from": str(DAYS[5]), "until": str(DAYS[5])}),
    )
    another = checked(pipeline)
    assert again(ended, another) == {("desk", DAYS[5]), ("shop", DAYS[5])}
    decide(pipeline)
    removed = checked(pipeline)
    assert again(another, removed) == {("desk", DAYS[1]), ("desk", DAYS[2]), ("desk", DAYS[5]), ("shop", DAYS[5])}
    assert {place: counts(result) for place, result in removed.items()} == {place: counts(result) for place, result in nothing.items()}


def test_a_rule_about_a_whole_extraction_waiver_of_for_its_source_and_days(pipeline: Pipeline) -> None:
    before = checked(pipeline)
    decide(pipeline, waiver(name="bao-lu", rule="rows_too_few", source="desk"))
    project = pipeline.project
    told = {(source, day): waiver_of(project, "rows_too_few", source, day) for source in SOURCES for day in DAYS}
    assert {place for place, name in told.items() if name == "bao-lu"} == {("desk", day) for day in DAYS[1:4]}
    assert waiver_of(project, "code_format", "desk", DAYS[1]) is None
    assert again(before, checked(pipeline)) == set(), "no row is decided by it"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"rule": "row_unreadable"}, "row_unreadable cannot be waived"),
        ({"rule": "code_missing"}, "code_missing cannot be waived"),
        ({"rule": "resolving_unit_missing"}, "resolving_unit_missing cannot be waived"),
        ({"rule": "channel_unknown_code"}, "channel_unknown_code cannot be waived"),
        ({"rule": "due_at_unreadable"}, "due_at_unreadable cannot be waived: where a key, a required value or a readable value is missing"),
        ({"rule": "code_formatt"}, "names the rule 'code_formatt', which no contract of its sources has"),
        ({"source": "dessk"}, "names the unknown source 'dessk'; the sources are desk, shop"),
        ({"until": "2022-06-19"}, "until is before from"),
        ({"until": None}, r"waivers\.0\.until: Field required"),
        ({"reason": None}, r"waivers\.0\.reason: Field required"),
        ({"by": " "}, r"waivers\.0\.by: "),
        ({"keys": []}, r"waivers\.0\.keys: "),
        ({"rule": "rows_too_few", "unit": HALL}, "rows_too_few is about a whole extraction, so it takes neither unit nor keys"),
        ({"rule": "total_differs", "keys": ["x"]}, "total_differs is about a cell of a sheet"),
        ({"unti": "2022-07-01"}, r"waivers\.0\.unti: Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_waived_is_told_in_a_line(tmp_path: Path, changes: dict[str, object], says: str) -> None:
    write_project(tmp_path, SOURCES, waivers=[waiver(**changes)])
    with pytest.raises(ConfigurationError, match=says) as failed:
        load_project(tmp_path)
    assert re.fullmatch(r"[^\n]*qn\.yaml: [^\n]* Nothing was written\. Correct it\.", str(failed.value))


def test_two_waivers_have_two_names(tmp_path: Path) -> None:
    write_project(tmp_path, SOURCES, waivers=[waiver(), waiver(source="desk")])
    with pytest.raises(ConfigurationError, match="'ma-cu' is there twice"):
        load_project(tmp_path)


def test_an_unknown_code_of_a_column_that_may_be_empty_can_be_waived(tmp_path: Path) -> None:
    write_project(tmp_path, SOURCES, waivers=[waiver(rule="satisfaction_unknown_code")])
    assert [each.rule for each in load_project(tmp_path).waivers] == ["satisfaction_unknown_code"]


def test_every_rule_of_extractions_and_figures_may_be_waived() -> None:
    assert {volume.TOO_FEW, volume.TOO_MANY, *drift.RULES, continuity.CHANGED, continuity.FELL} == OF_EXTRACTIONS
