"""Adjustments: a decision puts values in place of what a source told, up to its day; the row is then held against every rule like any other."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.project import load_project
from qn_pipeline.validation.door import validate_landed
from qn_pipeline.validation.validate import ValidExtraction
from qn_pipeline_tests.support import MAPPING, Pipeline, dossier, write_csv, write_project

D1 = date(2022, 6, 20)
DAYS = [D1 + timedelta(days=number) for number in range(5)]
SOURCES: dict[str, dict[str, Any]] = {"desk": {"files": "data/desk_{day}.csv"}, "shop": {"files": "data/shop_{day}.csv"}}
MAPPED = {**MAPPING, "columns": {**MAPPING["columns"], "fee": "fee", "components_digitized": "digitized"}}
COLUMNS = ["code", "procedure", "unit", "channel", "status", "received", "due", "ended", "person", "fee", "digitized"]
CODES = [str(dossier(number)["code"]) for number in range(6)]


def decision(**changes: object) -> dict[str, object]:
    told: dict[str, object] = {
        "decided_by": "Nguyễn Văn A, Sở Nội vụ",
        "decided_on": str(DAYS[2]),
        "reason": "Công văn 12/SNV",
        "source": "desk",
        "rows": [{"code": CODES[1], "set": {"channel": "direct"}}],
    }
    return {name: value for name, value in {**told, **changes}.items() if value is not None}


def row(number: int, **other: object) -> dict[str, object]:
    return dossier(number, fee="", digitized="", **other)  # type: ignore[arg-type]


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    """Two sources tell dossier 1, whose channel cannot be read, on the 1st, 3rd and 4th of five days; others on the others."""
    made = Pipeline(write_project(tmp_path, SOURCES, {"mapping.yaml": MAPPED}))
    for place, day in enumerate(DAYS):
        told = [row(1, channel="fax")] if place in (0, 2, 3) else []
        for source in SOURCES:
            write_csv(tmp_path / f"data/{source}_{day}.csv", [*told, row(2)], COLUMNS)
    made.land(*DAYS)
    return made


def decide(pipeline: Pipeline, **decisions: dict[str, object]) -> None:
    folder = pipeline.folder / "adjustments"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    for name, told in decisions.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), encoding="utf-8")


def checked(pipeline: Pipeline) -> dict[tuple[str, date], ValidExtraction]:
    results = validate_landed(pipeline.settings, pipeline.project, "dossiers")
    return {(result.extraction.manifest.source, result.extraction.manifest.day): result for result in results}


def again(before: dict[tuple[str, date], ValidExtraction], after: dict[tuple[str, date], ValidExtraction]) -> set[tuple[str, date]]:
    return {place for place, result in after.items() if result.folder != before[place].folder}


def valid(result: ValidExtraction, columns: str, code: str = CODES[1]) -> list[tuple[Any, ...]]:
    return duckdb.sql(f"select {columns} from '{result.rows}' where code = '{code}'").fetchall()


def test_a_decision_reaches_what_was_told_up_to_its_day_and_only_extractions_that_hold_the_key_are_checked_again(pipeline: Pipeline) -> None:
    before = checked(pipeline)
    decide(pipeline, a=decision())
    after = checked(pipeline)
    assert again(before, after) == {("desk", DAYS[0]), ("desk", DAYS[2])}
    adjusted = after["desk", DAYS[0]].report
    assert (adjusted.valid, adjusted.quarantined, adjusted.adjusted) == (2, 0, 1)
    assert valid(after["desk", DAYS[2]], "channel, procedure") == [("direct", "1.000001")]
    assert valid(after["desk", DAYS[3]], "channel") == [], "told again after the decision: the source speaks for itself"
    assert after["desk", DAYS[3]].report.violations["channel_unknown_code"] == 1
    assert valid(after["shop", DAYS[0]], "channel") == [], "another source"
    decide(pipeline)
    assert again(before, checked(pipeline)) == set(), "without it all is as before"


@pytest.mark.parametrize(
    ("reach", "days"),
    [
        ({"day": str(DAYS[3])}, [DAYS[3]]),
        ({"from": str(DAYS[1])}, [DAYS[2]]),
        ({"until": str(DAYS[4])}, [DAYS[0], DAYS[2], DAYS[3]]),
        ({"from": str(DAYS[3]), "until": str(DAYS[3])}, [DAYS[3]]),
        ({"day": str(DAYS[1])}, []),
    ],
)
def test_a_row_may_say_which_days_it_is_about(pipeline: Pipeline, reach: dict[str, str], days: list[date]) -> None:
    before = checked(pipeline)
    decide(pipeline, a=decision(rows=[{"code": CODES[1], **reach, "set": {"channel": "direct"}}]))
    after = checked(pipeline)
    assert again(before, after) == {("desk", day) for day in days}
    assert [day for day in DAYS if valid(after["desk", day], "channel")] == days


def test_values_are_in_the_contracts_own_spelling_and_held_against_every_rule(pipeline: Pipeline) -> None:
    told = {
        "due_at": "2022-06-25",
        "ended_at": "2022-06-15 16:30:00",
        "status": "9",
        "fee": "50000",
        "components_digitized": "true",
        "channel": "post",
    }
    decide(pipeline, a=decision(rows=[{"code": CODES[1], "set": told}, {"code": CODES[2], "set": {"ended_at": "2022-05-01"}}]))
    after = checked(pipeline)
    assert valid(after["desk", DAYS[0]], "due_at, ended_at, status, fee, components_digitized, channel") == [
        (datetime(2022, 6, 25, 23, 59, 59), datetime(2022, 6, 15, 16, 30), 9, 50000, True, "post")  # noqa: DTZ001 -- local
    ]
    broken = {rule for rule, count in after["desk", DAYS[0]].report.violations.items() if count}
    assert broken == {"ended_before_received", "ended_at_while_running"}, "of dossier 2, which a wrong decision made wrong"


def test_an_empty_value_takes_one_away(pipeline: Pipeline) -> None:
    decide(pipeline, a=decision(rows=[{"code": CODES[2], "set": {"due_at": ""}}]))
    assert valid(checked(pipeline)["desk", DAYS[1]], "due_at", CODES[2]) == [(None,)]


def test_of_two_decisions_the_later_one_holds(pipeline: Pipeline) -> None:
    rows = [{"code": CODES[1], "set": {"channel": "online", "fee": "1"}}]
    decide(pipeline, z=decision(), a=decision(decided_on=str(DAYS[4]), rows=rows))
    assert valid(checked(pipeline)["desk", DAYS[0]], "channel, fee") == [("online", 1)]
    decide(pipeline, z=decision(), a=decision(rows=rows))
    assert valid(checked(pipeline)["desk", DAYS[0]], "channel, fee") == [("direct", 1)], "of one day, the last file"


def test_odd_codes_and_texts_are_texts_and_nothing_else(pipeline: Pipeline) -> None:
    odd = "x' or true --"
    write_csv(pipeline.folder / f"data/desk_{DAYS[0]}.csv", [row(1, channel="fax"), row(2, code=odd)], COLUMNS)
    pipeline.land(DAYS[0])
    decide(pipeline, a=decision(rows=[{"code": odd, "set": {"procedure": "1.0'; drop"}}]))
    result = checked(pipeline)["desk", DAYS[0]]
    assert result.report.adjusted == 1
    assert (result.report.valid, result.report.quarantined) == (0, 2)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"decided_by": None}, "decided_by: Field required"),
        ({"decided_on": "hôm qua"}, "decided_on: "),
        ({"reason": ""}, "reason: "),
        ({"source": "dessk"}, "source: there is no source 'dessk'; the sources are desk, shop"),
        ({"rows": []}, "rows: "),
        ({"rows": [{"code": "A", "set": {}}]}, r"rows\.0\.set: "),
        ({"rows": [{"set": {"channel": "direct"}}]}, r"rows\.0\.code: Field required"),
        ({"rows": [{"code": "A", "set": {"kenh": "direct"}}]}, r"rows\.0\.set\.kenh: dossiers has no such column"),
        ({"rows": [{"code": "A", "set": {"code": "B"}}]}, r"rows\.0\.set\.code: says which row it is"),
        ({"rows": [{"code": "A", "set": {"updated_at": "2022-06-20"}}]}, r"rows\.0\.set\.updated_at: says which row it is and in what order"),
        ({"rows": [{"code": "A", "set": {"applicant_id": "049000000001"}}]}, r"rows\.0\.set\.applicant_id: is personal"),
        ({"rows": [{"code": "A", "set": {"channel": "fax"}}]}, r"rows\.0\.set\.channel: is no code of the contract; its codes: direct, online, post"),
        ({"rows": [{"code": "A", "set": {"channel": ""}}]}, r"rows\.0\.set\.channel: must have a value"),
        ({"rows": [{"code": "A", "set": {"fee": "50.000"}}]}, r"rows\.0\.set\.fee: is no whole number"),
        ({"rows": [{"code": "A", "set": {"components_digitized": "1"}}]}, r"rows\.0\.set\.components_digitized: is neither true nor false"),
        ({"rows": [{"code": "A", "set": {"due_at": "20/06/2022"}}]}, r"rows\.0\.set\.due_at: is no date; write a day like 2022-08-31"),
        ({"rows": [{"code": "A", "set": {"due_at": "2022-06-20T08:00:00Z"}}]}, r"rows\.0\.set\.due_at: is no date of the province"),
        ({"rows": [{"code": "A", "set": {"due_at": "0022-06-20"}}]}, r"rows\.0\.set\.due_at: is no date of the province"),
        ({"rows": [{"code": "A", "day": "2022-06-20", "until": "2022-06-21", "set": {"fee": "1"}}]}, r"rows\.0: day goes without from and until"),
        ({"rows": [{"code": "A", "from": "2022-06-23", "set": {"fee": "1"}}]}, "the row 'A' is to hold from 2022-06-23 until 2022-06-22"),
        ({"rows": [{"code": "A", "set": {"fee": "1"}}, {"code": "A", "set": {"channel": "post"}}]}, "the row 'A' is there twice"),
        ({"rowz": []}, "rowz: Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_told_in_a_line_and_nothing_is_written(tmp_path: Path, changes: dict[str, object], says: str, qn: Any) -> None:
    pipeline = Pipeline(write_project(tmp_path, SOURCES, {"mapping.yaml": MAPPED}))
    decide(pipeline, a=decision(), b=decision(**changes))
    with pytest.raises(ConfigurationError, match=says) as failed:
        load_project(pipeline.folder)
    assert re.fullmatch(r"[^\n]*/adjustments/b\.yaml: [^\n]* Nothing was written\. Correct it\.", str(failed.value))
    assert "049000000001" not in str(failed.value)
    status, _, told = qn("run", "--project", str(pipeline.folder), "--date", str(DAYS[0]))
    assert (status, told.count("\n")) == (2, 1)
    assert not (tmp_path / ".qn").exists()


def test_a_file_of_another_kind_in_the_folder_is_not_passed_over(tmp_path: Path) -> None:
    pipeline = Pipeline(write_project(tmp_path, SOURCES, {"mapping.yaml": MAPPED}))
    decide(pipeline, a=decision())
    (pipeline.folder / "adjustments" / "dieu_chinh.yml").write_text("decided_by: A", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"dieu_chinh\.yml is no \.yaml file, so nothing would be adjusted by it"):
        load_project(pipeline.folder)


def test_adjustments_have_a_folder_and_no_entry(tmp_path: Path) -> None:
    write_project(tmp_path, SOURCES, adjustments=[decision()])
    with pytest.raises(ConfigurationError, match="adjustments is a folder beside it"):
        load_project(tmp_path)
