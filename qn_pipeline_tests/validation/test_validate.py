"""The door: mappings read what they declare and nothing else; every rule catches its bad row and no good one; nothing is lost."""

import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.contracts.dossiers import DOSSIERS
from qn_pipeline.contracts.model import Severity
from qn_pipeline.engine import open_engine
from qn_pipeline.errors import LandingDamaged
from qn_pipeline.landing.extractions import read_extractions
from qn_pipeline.project import load_project
from qn_pipeline.settings import Settings
from qn_pipeline.validation.checked import check_rows
from qn_pipeline.validation.door import validate_landed
from qn_pipeline.validation.validate import read_valid, validate
from qn_pipeline_tests.contracts import rows as contract_rows
from qn_pipeline_tests.support import Pipeline, dossier, versioned, write_csv, write_project

DAY = date(2022, 6, 30)
# What is cut off at the ends of a text: spaces of any script, no tabs or line ends.
SPACES = "".join(chr(code) for code in range(0x3001) if unicodedata.category(chr(code)) == "Zs")
ALL_COLUMNS = contract_rows.mapping("dossiers")["columns"]
GOOD = contract_rows.GOOD["dossiers"]
# NUL is cut out: PostgreSQL takes none.
FINE: list[dict[str, str | None]] = [
    {},
    {"code": "H47.33-220601-1"},
    {"code": "H47.33.05-220601-12"},
    {"code": "000.05.33.H47-220601-00012-220601-12345"},
    {"status": "1", "received_at": None, "due_at": None, "ended_at": None, "returned_at": None},
    {"status": "3", "received_at": None, "due_at": None, "ended_at": None, "returned_at": None},
    {"status": "7", "returned_at": None},
    # A source that closed the day's file some minutes after midnight.
    {"updated_at": "2022-07-01 00:05:00"},
    {"status": "9", "returned_at": None},
    {"online_payment": "none", "fee": "0"},
    {"due_at": None},
    {"procedure": "1.000\x00001"},
    {"returned_at": "2022-06-30 23:59:59.999999"},
    {name: None for name in GOOD if DOSSIERS.column(name).nullable and name not in ("received_at", "ended_at")} | {"status": "9"},
]


def broken_rules(tmp_path: Path, rows: list[dict[str, str | None]], **settings: Any) -> list[set[str]]:
    """The names of the rules that each row breaks."""
    write_project(tmp_path, {"desk": {"files": "data/{day}.csv"}}, {"mapping.yaml": {"columns": ALL_COLUMNS}}, **settings)
    project = load_project(tmp_path)
    with open_engine(Settings(home=tmp_path)) as con:
        names = list(GOOD)
        con.execute(f"create table landed (row_no bigint, {', '.join(f'{name} varchar' for name in names)})")
        con.executemany(
            f"insert into landed values (?, {', '.join('?' for _ in names)})",
            [[number, *(row[name] for name in names)] for number, row in enumerate(rows)],
        )
        rules = check_rows(con, project, project.sources["desk"], "landed", "timestamp '2022-07-01'")
        marks = con.execute("select broken from checked order by row_no").fetchall()
    return [{rule.name for bit, rule in enumerate(rules) if int(mark) >> bit & 1} for (mark,) in marks]


def test_good_rows_break_nothing(tmp_path: Path) -> None:
    rows = [GOOD | {"updated_at": f"2022-06-16 08:00:{second:02}"} | other for second, other in enumerate(FINE)]
    assert broken_rules(tmp_path, rows) == [set() for _ in FINE]


def test_the_generic_profile_takes_other_codes_and_channels(tmp_path: Path) -> None:
    odd = GOOD | {"code": "case-1", "channel": "email"}
    assert broken_rules(tmp_path / "a", [odd]) == [{"code_format", "channel_unknown_code"}]
    assert broken_rules(tmp_path / "b", [odd], profile="generic") == [set()]


def test_rules_have_names_of_their_own_and_messages_in_vietnamese() -> None:
    for contract in CONTRACTS.values():
        rules = [*contract.active_rules("vietnam"), *contract.history_rules]
        assert len({rule.name for rule in rules}) == len(rules)
        assert {rule.column for rule in rules} <= set(contract.names)
        assert all(rule.message.endswith(".") and not rule.message.isascii() for rule in rules)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(
        st.fixed_dictionaries({name: st.one_of(st.none(), st.just(value), st.text(max_size=12)) for name, value in GOOD.items()}),
        min_size=1,
        max_size=20,
    )
)
def test_no_row_however_odd_stops_the_door_or_becomes_another_value(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str | None]]
) -> None:
    found = broken_rules(tmp_path_factory.mktemp("odd"), rows)
    for row, rules in zip(rows, found, strict=True):
        for name, rule in (("channel", "channel_unknown_code"), ("status", "status_unknown_code")):
            known = DOSSIERS.column(name).codes.codes("vietnam")  # type: ignore[union-attr]
            text = unicodedata.normalize("NFC", row[name] or "").replace("\0", "").strip(SPACES)
            assert (rule in rules) == (text != "" and text not in known)


DATES = [
    ({"format": "%d/%m/%Y %H:%M:%S"}, "01/06/2022 08:30:00", "2022-06-01 08:30:00"),
    ({"format": "%d/%m/%Y %H:%M:%S"}, "2022-06-01 08:30:00", None),
    ({"format": ["%d/%m/%Y %H:%M:%S", "%d/%m/%Y"]}, "01/06/2022", "2022-06-01 00:00:00"),
    ({"format": "%d/%m/%Y"}, "01/06/22", None),
    ({"format": "%d/%m/%Y"}, "01/01/0001", None),
    ({"format": "%Y%m%d%H%M%S"}, "20220601083000", "2022-06-01 08:30:00"),
    ({"format": "%Y%m%d%H%M%S", "zone": "UTC"}, "20220601183000", "2022-06-02 01:30:00"),
    ({"format": "iso8601"}, "2022-06-01T08:30:00.5", "2022-06-01 08:30:00.5"),
    ({"format": "iso8601"}, "2022-06-01T08:30:00Z", "2022-06-01 15:30:00"),
    ({"format": "iso8601"}, "2022-06-01 08:30:00+07:00", "2022-06-01 08:30:00"),
    ({"format": "iso8601"}, "2022-06-01", "2022-06-01 00:00:00"),
    ({"format": "iso8601", "zone": "Europe/Amsterdam"}, "2022-06-01 08:30:00", "2022-06-01 13:30:00"),
    ({"format": "iso8601"}, "01/06/2022", None),
    ({"format": "iso8601"}, "epoch", None),
    ({"format": "cell"}, "2022-06-01 08:30:00", "2022-06-01 08:30:00"),
    ({"format": ["cell", "%d/%m/%Y"]}, "01/06/2022", "2022-06-01 00:00:00"),
]


@pytest.mark.parametrize(("mapping", "text", "expected"), DATES)
def test_dates_are_read_by_their_declared_format_and_zone_only(tmp_path: Path, mapping: dict[str, Any], text: str, expected: str | None) -> None:
    assert moment(tmp_path, "submitted_at", mapping, text) == expected


@pytest.mark.parametrize(
    ("mapping", "text", "expected"),
    [
        ({"format": "%d/%m/%Y"}, "01/06/2022", "2022-06-01 23:59:59"),
        ({"format": ["%d/%m/%Y %H:%M:%S", "%d/%m/%Y"]}, "01/06/2022 00:00:00", "2022-06-01 00:00:00"),
        ({"format": "iso8601"}, "2022-06-01", "2022-06-01 23:59:59"),
        ({"format": "iso8601"}, "2022-06-01 17:00:00", "2022-06-01 17:00:00"),
        ({"format": "cell"}, "2022-06-01 00:00:00", "2022-06-01 23:59:59"),
    ],
)
def test_a_deadline_without_a_time_of_day_is_the_end_of_its_day(tmp_path: Path, mapping: dict[str, Any], text: str, expected: str) -> None:
    assert moment(tmp_path, "due_at", mapping, text) == expected


def moment(tmp_path: Path, column: str, mapping: dict[str, Any], text: str) -> str | None:
    """What a text of a column becomes."""
    columns = {**ALL_COLUMNS, column: {"from": column} | mapping}
    write_project(tmp_path, {"desk": {"files": "data/{day}.csv"}}, {"mapping.yaml": {"columns": columns}})
    project = load_project(tmp_path)
    with open_engine(Settings(home=tmp_path)) as con:
        con.execute(
            "create table landed as select 1 as row_no, "
            + ", ".join(f"'{text if name == column else value}' as {name}" for name, value in GOOD.items())
        )
        check_rows(con, project, project.sources["desk"], "landed", "timestamp '2022-07-01'")
        row = con.execute(f"select {column}::varchar from checked").fetchone()
    assert row is not None
    return row[0]


def test_rows_in_are_rows_valid_and_rows_in_quarantine(tmp_path: Path) -> None:
    pipeline = Pipeline(write_project(tmp_path, {"desk": {"files": "data/{day}.csv"}}, {"mapping.yaml": versioned()}))
    write_csv(
        tmp_path / f"data/{DAY}.csv",
        [dossier(1), dossier(2, channel="fax", due="x"), dossier(3, received="2022-06-02 08:00:00") | {"code": dossier(3)["code"]}],
    )
    with (tmp_path / f"data/{DAY}.csv").open("a") as stream:
        stream.write("one,cell,too,many,in,this,row,so,it,is,unreadable\n")
    pipeline.land(DAY)
    (extraction,) = [e for e in read_extractions(pipeline.settings) if e.manifest.file]
    result = validate(pipeline.settings, pipeline.project, extraction)
    report = result.report
    assert (report.arrived, report.valid, report.quarantined, report.complete) == (4, 2, 2, False)
    assert {rule: count for rule, count in report.violations.items() if count} == {
        "channel_unknown_code": 1,
        "due_at_unreadable": 1,
        "code_date_differs": 1,
        "row_unreadable": 1,
    }
    rows = duckdb.sql(f"select row_no, row_key, rule, severity from '{result.quarantine}' order by row_no, rule").fetchall()
    assert rows == [
        (3, dossier(2)["code"], "channel_unknown_code", "quarantine"),
        (3, dossier(2)["code"], "due_at_unreadable", "quarantine"),
        (4, dossier(3)["code"], "code_date_differs", "warn"),
        (5, None, "row_unreadable", "quarantine"),
    ]
    assert Severity.WARN == "warn"


def test_a_result_is_made_once_and_again_only_when_the_rules_change(tmp_path: Path) -> None:
    pipeline = Pipeline(write_project(tmp_path, {"desk": {"files": "data/{day}.csv"}}))
    write_csv(tmp_path / f"data/{DAY}.csv", [dossier(1)])
    pipeline.land(DAY)
    (extraction,) = [e for e in read_extractions(pipeline.settings) if e.manifest.file]
    first = validate(pipeline.settings, pipeline.project, extraction)
    assert validate(pipeline.settings, pipeline.project, extraction) == first
    write_project(tmp_path, {"desk": {"files": "data/{day}.csv"}}, profile="generic")
    assert read_valid(pipeline.settings, pipeline.project, extraction) is None
    second = validate(pipeline.settings, pipeline.project, extraction)
    assert second.folder != first.folder
    assert not first.folder.exists()


def test_a_file_without_a_day_speaks_of_the_day_on_which_it_was_read(tmp_path: Path) -> None:
    """Run for a past day, its later rows are no rows of the future."""
    pipeline = Pipeline(write_project(tmp_path, {"desk": {"files": "data/log.csv"}}))
    write_csv(tmp_path / "data/log.csv", [dossier(1, received="2022-08-01 08:00:00", due="2022-08-20 08:00:00")])
    pipeline.land(DAY)
    (result,) = validate_landed(pipeline.settings, pipeline.project, "dossiers")
    assert (result.report.valid, result.report.quarantined) == (1, 0)


def test_an_older_extraction_without_a_column_that_is_mapped_now_has_nothing_there(tmp_path: Path) -> None:
    pipeline = Pipeline(write_project(tmp_path, {"desk": {"files": "data/{day}.csv"}}))
    write_csv(tmp_path / f"data/{DAY}.csv", [dossier(1, updated="2022-06-05 08:00:00")])
    pipeline.land(DAY)
    (tmp_path / f"data/{DAY}.csv").unlink()
    write_project(tmp_path, {"desk": {"files": "data/{day}.csv"}}, {"mapping.yaml": versioned()})
    (result,) = validate_landed(pipeline.settings, pipeline.project, "dossiers")
    assert duckdb.sql(f"select code, updated_at from '{result.rows}'").fetchall() == [(dossier(1)["code"], None)]


def test_damaged_landing_is_told_and_touches_nothing(tmp_path: Path) -> None:
    pipeline = Pipeline(write_project(tmp_path, {"desk": {"files": "data/{day}.csv"}}))
    write_csv(tmp_path / f"data/{DAY}.csv", [dossier(1)])
    pipeline.land(DAY)
    (extraction,) = [e for e in read_extractions(pipeline.settings) if e.manifest.file]
    extraction.rows.write_bytes(extraction.rows.read_bytes()[:100])
    with pytest.raises(LandingDamaged, match=r"is damaged: it is not what was written\. What is published stays as it was"):
        validate(pipeline.settings, pipeline.project, extraction)
