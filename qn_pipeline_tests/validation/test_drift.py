"""Drift: two simulated years hardly alarm; a column that vanishes, codes that nobody knows and a jump of bad rows do."""

import json
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from qn_pipeline.project import AnySource
from qn_pipeline.validation.day_kinds import is_working
from qn_pipeline.validation.door import validate_landed
from qn_pipeline.validation.drift import COLUMNS_GONE, COLUMNS_NEW, COUNTERS_DIFFER, NULLS_JUMP, QUARANTINE_JUMP, UNKNOWN_CODES, Drifted, drift_of
from qn_pipeline.validation.validate import ValidExtraction
from qn_pipeline_tests.support import Pipeline, dossier, write_csv, write_project
from qn_pipeline_tests.validation.counted import DAYS, Counted, extraction, nights, reported, source, two_years

MONDAY = date(2022, 4, 4)


@pytest.fixture(scope="module")
def years() -> list[Counted]:
    return [two_years(20_000, seed) for seed in (1, 2)]


def drifted(results: Sequence[ValidExtraction], *days: date, of: AnySource | None = None) -> list[Drifted]:
    return drift_of(of or source(), "vietnam", results, set(days))


def test_two_normal_years_hardly_alarm(years: list[Counted], capsys: pytest.CaptureFixture[str]) -> None:
    found = [one for counted in years for one in drifted(nights(counted, DAYS), *DAYS)]
    with capsys.disabled():
        sys.stdout.write(f"\ndrift: {len(found)} alarms in {len(years) * len(DAYS)} normal nights\n")
    assert len(found) <= 2


def test_a_single_column_that_vanishes_is_found(years: list[Counted], capsys: pytest.CaptureFixture[str]) -> None:
    """Each mapped column in turn is left out of a working day's file in about every second week, as a changed export leaves it out."""
    of = source()
    lost = told = 0
    missed = set()
    for counted in years[:1]:
        whole = nights(counted, DAYS)
        for place in range(70, len(DAYS), 13):
            if not is_working("vietnam", DAYS[place]):
                continue
            before = whole[place - 60 : place]
            for column in of.mapping.source_columns:
                manifest, report = whole[place].extraction.manifest, whole[place].report
                empty = {name: report.arrived for name, m in of.mapping.columns.items() if m.source == column and m.default is None}
                cut = reported(extraction(9999, manifest.day, report.arrived, absent_columns=[column]), nulls={**report.nulls, **empty})
                lost += 1
                if {one.rule for one in drifted([*before, cut], manifest.day)} & {COLUMNS_GONE, NULLS_JUMP}:
                    told += 1
                else:
                    missed.add(column)
    with capsys.disabled():
        sys.stdout.write(
            f"\ndrift: {told} of {lost} vanished columns found ({told / lost:.1%}); missed at times: {', '.join(sorted(missed)) or 'none'}\n"
        )
    assert lost > 500
    assert told / lost >= 0.98


def even(nulls: int = 10, quarantined: int = 2, **told: object) -> list[ValidExtraction]:
    """Six weeks of working days with a hundred rows each."""
    days = [day for back in range(42, 0, -1) if is_working("vietnam", day := MONDAY - timedelta(days=back))]
    return [reported(extraction(seq, day, 100, **told), quarantined, {"due_at": nulls}) for seq, day in enumerate(days, start=1)]


@pytest.mark.parametrize(("nulls", "rules"), [(10, []), (30, []), (80, [NULLS_JUMP]), (100, [NULLS_JUMP])])
def test_more_empty_cells_than_usual_are_told(nulls: int, rules: list[str]) -> None:
    found = drifted([*even(), reported(extraction(99, MONDAY, 100), 2, {"due_at": nulls})], MONDAY)
    assert [one.rule for one in found] == rules
    for one in found:
        assert one.message == f"tỷ lệ ô trống của cột “Hẹn trả” từ khoảng 10% lên {nulls}%"


def test_a_column_that_was_empty_and_fills_is_told() -> None:
    (found,) = drifted([*even(nulls=100), reported(extraction(99, MONDAY, 100), 2, {"due_at": 0})], MONDAY)
    assert found.message == "tỷ lệ ô trống của cột “Hẹn trả” từ khoảng 100% xuống 0%"


@pytest.mark.parametrize(("quarantined", "rules"), [(2, []), (8, []), (30, [QUARANTINE_JUMP])])
def test_a_jump_of_bad_rows_is_told(quarantined: int, rules: list[str]) -> None:
    assert [one.rule for one in drifted([*even(), reported(extraction(99, MONDAY, 100), quarantined)], MONDAY)] == rules


def test_fewer_bad_rows_are_no_alarm() -> None:
    assert drifted([*even(quarantined=60), reported(extraction(99, MONDAY, 100), 0)], MONDAY) == []


def test_columns_that_come_and_go_are_told() -> None:
    """A header is believed at once; of objects, columns that few rows have are not missed."""
    table = source().model_copy(update={"format": "csv", "mapping": source().mapping.model_copy(update={"ignore": ["known"]})})
    before = even(dropped_columns=["ghi_chu"])
    now = reported(extraction(99, MONDAY, 100, dropped_columns=["moi", "known"]))
    found = drifted([*before, now], MONDAY, of=table)
    assert [(one.rule, one.message) for one in found] == [(COLUMNS_NEW, "có cột mới: moi"), (COLUMNS_GONE, "mất cột: ghi_chu")]
    assert [one.rule for one in drifted([*before, now], MONDAY)] == [COLUMNS_NEW]


def test_the_sources_own_counters_are_told() -> None:
    (found,) = drifted([*even(), reported(extraction(99, MONDAY, 100, unreconciled=3))], MONDAY)
    assert (found.rule, found.count) == (COUNTERS_DIFFER, 3)


def test_unknown_codes_are_told_and_numbers_of_people_are_not(tmp_path: Path) -> None:
    """From real rows: the five most frequent, short ones; the first delivery too."""
    pipeline = Pipeline(write_project(tmp_path, {"desk": {"files": "data/{day}.csv", "max_quarantined": 1}}))
    codes = ["fax"] * 3 + ["zalo"] * 2 + ["049012345678", "x" * 41, "a", "b", "c", "d"]
    write_csv(tmp_path / f"data/{MONDAY}.csv", [dossier(number, channel=code) for number, code in enumerate(codes, start=1)])
    pipeline.land(MONDAY)
    (odd,) = [one for one in pipeline.door(MONDAY).drift if one.rule == UNKNOWN_CODES]
    assert (odd.source, odd.day, odd.effect) == ("desk", MONDAY, "warn")
    assert odd.message == "cột “Kênh tiếp nhận” có mã không nằm trong danh mục: fax, zalo, a, b"


def test_a_vanished_column_of_a_real_file_is_told(tmp_path: Path) -> None:
    """JSONL: the manifest knows which columns were there, and the report what is empty then."""
    pipeline = Pipeline(write_project(tmp_path, {"desk": {"files": "data/{day}.jsonl"}}))
    days = [MONDAY + timedelta(days=day) for day in range(5)]
    for day in days:
        rows = [dossier(number, received=f"{day} 08:00:00", due="2022-06-20 08:00:00") for number in range(1, 31)]
        for row in rows:
            if day == days[-1]:
                del row["due"]
        (tmp_path / f"data/{day}.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    pipeline.land(*days)
    found = pipeline.door(days[-1]).drift
    assert {(one.rule, one.message) for one in found} == {
        (COLUMNS_GONE, "mất cột: due"),
        (NULLS_JUMP, "tỷ lệ ô trống của cột “Hẹn trả” từ khoảng 0% lên 100%"),
    }
    assert pipeline.door(*days[:-1]).drift == []


def test_null_counts_are_those_of_the_rows(tmp_path: Path) -> None:
    pipeline = Pipeline(write_project(tmp_path, {"desk": {"files": "data/{day}.csv"}}))
    rows = [dossier(1), dossier(2, due=""), dossier(3, due="", channel="fax"), dossier(4, due="soon")]
    write_csv(tmp_path / f"data/{MONDAY}.csv", rows)
    pipeline.land(MONDAY)
    pipeline.check()
    (result,) = validate_landed(pipeline.settings, pipeline.project, "dossiers")
    assert {name: result.report.nulls[name] for name in ("code", "due_at", "channel", "ended_at")} == {
        "code": 0,
        "due_at": 3,
        "channel": 1,
        "ended_at": 4,
    }
