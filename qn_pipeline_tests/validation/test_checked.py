"""The one pass over an extraction's rows: texts are cleaned whatever they look like, doubles are found, and a hash stands for the content."""

import csv
import hashlib
import unicodedata
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import duckdb
import pytest

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.engine import open_engine
from qn_pipeline.project import ColumnMapping, load_project
from qn_pipeline.settings import Settings
from qn_pipeline.validation.checked import check_rows
from qn_pipeline.validation.door import validate_landed
from qn_pipeline.validation.mapping import raw_text
from qn_pipeline.validation.validate import ValidExtraction
from qn_pipeline_tests.contracts.rows import GOOD, Row, write_sources
from qn_pipeline_tests.support import SEAL_KEY, Pipeline

DAY = date(2022, 6, 30)
SPACES = "".join(chr(code) for code in range(0x3001) if unicodedata.category(chr(code)) == "Zs")


def test_a_text_is_cleaned_alike_however_it_begins_and_ends() -> None:
    ends = ["", *SPACES, "  ", "\t", "\n", "\0", " \0", "\0 ", "\x01", "!", "\x7f", "\u0301", "\u200b"]
    cores = ["", "a", "a b", "a\0b", "0123456789abc", "Sở", unicodedata.normalize("NFD", "Sở Nội vụ"), "1\u00a0000", "\ufeffa"]
    texts = ["".join(parts) for parts in product(ends, cores, ends)]
    with duckdb.connect() as con:
        con.execute("create table cell as select unnest(?) as told", [[*texts, None]])
        cleaned = con.execute(f"select {raw_text(ColumnMapping.model_validate({'from': 'told'}))} from cell").fetchall()
    expected = [unicodedata.normalize("NFC", text.replace("\0", "")).strip(SPACES) or None for text in texts]
    assert [text for (text,) in cleaned] == [*expected, None]


def bytes_of(value: object) -> bytes:
    """A value as the hash sees it: 1 and what orders values of its type by their bytes, or 2 for nothing."""
    if value is None:
        return b"\x02"
    if isinstance(value, str):
        return b"\x01" + bytes(byte + 1 for byte in value.encode()) + b"\x00"
    if isinstance(value, bool):
        return b"\x01" + bytes([value])
    if isinstance(value, datetime):
        value = (value.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    if isinstance(value, date):
        return b"\x01" + ((value - date(1970, 1, 1)).days + 2**31).to_bytes(4, "big")
    assert isinstance(value, int)
    return b"\x01" + (value + 2**63).to_bytes(8, "big")


@pytest.mark.parametrize("entity", CONTRACTS)
def test_the_hash_is_that_of_bytes_made_by_hand(tmp_path: Path, entity: str) -> None:
    """It is kept beside what other machines and later versions make: when this fails with another DuckDB, raise METHOD."""
    contract = CONTRACTS[entity]
    project = load_project(write_sources(tmp_path, [entity]))
    row = GOOD[entity]
    rows = [row, dict.fromkeys(row), *(row | {name: None} for name in row)]
    with open_engine(Settings(home=tmp_path)) as con:
        con.execute(f"create table landed (row_no bigint, {', '.join(f'{name} varchar' for name in row)})")
        con.executemany(f"insert into landed values (?{', ?' * len(row)})", [[place, *each.values()] for place, each in enumerate(rows)])
        check_rows(con, project, project.sources[entity], "landed", "timestamp '2022-07-01'")
        typed = con.execute(f"select {', '.join(contract.content)} from checked order by row_no").fetchall()
        hashes = [str(told) for (told,) in con.execute("select content_hash from checked order by row_no").fetchall()]
    assert hashes == [hashlib.md5(b"".join(map(bytes_of, values))).hexdigest() for values in typed]  # noqa: S324
    assert len(set(hashes)) == len(set(typed)) == 2 + len(contract.content)


def after_the_door(folder: Path, entity: str, deliveries: dict[date, list[Row]], **settings: object) -> dict[date, ValidExtraction]:
    """The results of an entity's deliveries, checked with one engine."""
    write_sources(folder, [entity], **settings)
    for day, rows in deliveries.items():
        with (folder / f"data/{entity}_{day}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, CONTRACTS[entity].names)
            writer.writeheader()
            writer.writerows(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QN_SEAL_KEY", SEAL_KEY)
        pipeline = Pipeline(folder)
        assert pipeline.land(*deliveries) == {}
        return {result.extraction.manifest.day: result for result in validate_landed(pipeline.settings, pipeline.project, entity)}


def told_of(result: ValidExtraction, rule: str) -> list[tuple[int, str | None]]:
    """The rows of a file, its header being the first, that broke a rule, and under which waiver."""
    return duckdb.execute(f"select row_no, waiver from '{result.quarantine}' where rule = '{rule}' order by row_no").fetchall()


def test_doubles_are_rows_alike_in_all_columns_of_their_rule_and_nothing_is_like_nothing(tmp_path: Path) -> None:
    def version(number: int | None, updated: str | None, **other: str | None) -> Row:
        code = None if number is None else f"000.00.33.H47-220601-{number:04}"
        return GOOD["dossiers"] | {"code": code, "updated_at": updated} | other

    first, second = "2022-06-16 08:00:00", "2022-06-16 08:00:01"
    rows = [
        version(1, first),
        version(2, first),
        version(1, second),
        version(1, first, channel="fax"),  # bad for another reason, and a double all the same
        version(3, None),
        version(3, None),
        version(None, first),
        version(None, first),
        version(None, None),
        version(None, None),
        version(4, "không rõ"),  # nothing that can be read is nothing
        version(4, "chưa rõ"),
        version(5, first),
        version(5, f" {first}"),
        version(5, first),
    ]
    results = after_the_door(tmp_path, "dossiers", {DAY - timedelta(days=1): [version(1, first)], DAY: rows})
    # The day before had one of them: an engine that both share knows nothing of the other's rows.
    assert told_of(results[DAY - timedelta(days=1)], "version_doubled") == []
    assert told_of(results[DAY], "version_doubled") == [(row, None) for row in (2, 5, 14, 15, 16)]
    report = results[DAY].report
    assert {rule: count for rule, count in report.violations.items() if count} == {
        "version_doubled": 5,
        "channel_unknown_code": 1,
        "code_missing": 4,
        "updated_at_unreadable": 2,
    }
    # Doubles are told and stay; what else is broken decides.
    assert (report.valid, report.quarantined, report.complete) == (8, 7, False)
    assert (report.nulls["code"], report.nulls["updated_at"]) == (4, 6)


def test_doubles_that_stop_a_row_are_let_in_by_a_waiver_row_by_row(tmp_path: Path) -> None:
    def line(code: str, need: str) -> Row:
        return GOOD["budget_lines"] | {"code": code, "need": need}

    rows = [line("A", "1"), line("B", "2"), line("A", "3"), line("C", "4"), line("B", "5")]
    told = {"name": "hai-dong", "rule": "line_doubled", "from": str(DAY), "until": str(DAY), "reason": "Hai dự án cùng mã", "by": "Sở Tài chính"}
    results = after_the_door(tmp_path, "budget_lines", {DAY: rows, DAY + timedelta(days=1): rows}, waivers=[told | {"keys": ["A", "C"]}])
    covered, later = results[DAY], results[DAY + timedelta(days=1)]
    assert told_of(covered, "line_doubled") == [(2, "hai-dong"), (3, None), (4, "hai-dong"), (6, None)]
    assert told_of(later, "line_doubled") == [(2, None), (3, None), (4, None), (6, None)]
    kept = [duckdb.execute(f"select need from '{result.rows}' order by row_no").fetchall() for result in (covered, later)]
    assert kept == [[(1,), (3,), (4,)], [(4,)]]
    assert [r.report.violations["line_doubled"] for r in (covered, later)] == [2, 4]
    assert [(r.report.valid, r.report.quarantined, r.report.waived) for r in (covered, later)] == [(3, 2, {"hai-dong": 2}), (1, 4, {})]
