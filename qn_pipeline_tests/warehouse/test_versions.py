"""Versions, knowledge time and tombstones: what each kind of delivery makes of a re-delivered, corrected or vanished row.

One project holds all cases, each a source with a system of its own; four nights are run on each engine, and what stood after each is kept.
"""

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from qn_pipeline_tests.support import LIVES, MAPPING, SEAL_KEY, Pipeline, dossier, engine_environment, versioned, write_csv, write_project

DAYS = [date(2022, 6, day) for day in (5, 6, 7, 8)]
FIVE, SIX, SEVEN, EIGHT = (day.isoformat() for day in DAYS)
SETTLED = {"status": 9, "ended": "2022-06-03 09:00:00"}
MAY = "2022-05-10 08:00:00"
WINDOW = {"files": "data/{case}_{month}_{day}.csv", "delivers": "window", "window": {"by": "received_at", "span": "month"}}
SNAPSHOT = {"files": "data/{case}_{day}.csv", "delivers": "snapshot"}
CHANGES = {"files": "data/{case}_{day}.csv"}
VERSIONED = {"files": "data/{case}_{day}.csv", "mapping": "versioned.yaml"}

# Case: the source, and by night the files that are there then (a later night may bring another content for the same name).
CASES: dict[str, tuple[dict[str, Any], list[dict[str, list[dict[str, object]]]]]] = {
    "changes": (CHANGES, [{FIVE: [dossier(1), dossier(2), dossier(3)]}, {SIX: [dossier(1), dossier(2, **SETTLED)]}, {}]),
    "corrected": (
        CHANGES,
        [
            {FIVE: [dossier(1), dossier(2), dossier(3)]},
            {SIX: [dossier(1, **SETTLED), dossier(2, **SETTLED), dossier(4)]},
            {SIX: [dossier(1, status=9, ended="2022-06-02 09:00:00")]},
        ],
    ),
    "taken_back": (
        VERSIONED,
        [{}, {SIX: [dossier(1, updated="2022-06-06 12:00:00", **SETTLED)]}, {SIX: [dossier(1, updated="2022-06-06 10:00:00")]}],
    ),
    "late": (
        VERSIONED,
        [
            {FIVE: [dossier(1, updated="2022-06-04 09:00:00", **SETTLED), dossier(1, status=2, updated="2022-06-01 09:00:00")]},
            {SIX: [dossier(1, status=5, updated="2022-06-02 09:00:00")]},
            {},
        ],
    ),
    "snapshot": (
        SNAPSHOT,
        [
            {FIVE: [dossier(1), dossier(2), dossier(3)]},
            {SIX: [dossier(1), dossier(3, channel="fax")]},
            {SEVEN: [dossier(1), dossier(2), dossier(3)]},
        ],
    ),
    "keyless": (SNAPSHOT, [{FIVE: [dossier(1), dossier(2)]}, {SIX: [dossier(1), dossier(2, code="")]}, {}]),
    "late_snapshot": (SNAPSHOT, [{}, {SIX: [dossier(1, **SETTLED), dossier(2)]}, {FIVE: [dossier(1), dossier(3)]}]),
    "window": (
        WINDOW,
        [
            {f"2022-05_{FIVE}": [dossier(1, MAY), dossier(2, MAY)], f"2022-06_{FIVE}": [dossier(3)]},
            {f"2022-05_{SIX}": [dossier(1, MAY)]},
            {f"2022-05_{SEVEN}": [dossier(2, MAY)]},
        ],
    ),
    "moved": (
        WINDOW,
        [
            {f"2022-05_{FIVE}": [dossier(1, MAY)]},
            {f"2022-06_{SIX}": [dossier(1, MAY) | {"received": "2022-06-01 08:00:00"}]},
            {f"2022-05_{SEVEN}": [dossier(2, MAY)]},
        ],
    ),
    "here": (SNAPSHOT | {"system": "shared"}, [{FIVE: [dossier(1), dossier(2)]}, {SIX: [dossier(2)]}, {}]),
    "there": (SNAPSHOT | {"system": "shared"}, [{}, {SIX: [dossier(1, unit="000.00.44.H47")]}, {}]),
    "pinned": (
        VERSIONED,
        [
            {FIVE: [dossier(1, updated="2022-12-06 09:00:00")]},
            {FIVE: [dossier(1, updated="2022-06-04 09:00:00")]},
            {SEVEN: [dossier(1, updated="2022-06-06 09:00:00", **SETTLED)]},
        ],
    ),
    "fallback_changed": (CHANGES, [{FIVE: [dossier(1)]}, {SIX: [dossier(1, **SETTLED)]}, {SIX: [dossier(2)]}, {FIVE: [dossier(1, status=5)]}]),
    "fallback_dropped": (CHANGES, [{FIVE: [dossier(1)]}, {SIX: [dossier(1, **SETTLED)]}, {SIX: [dossier(2)]}, {FIVE: [dossier(3)]}]),
    "taken_back_twice": (
        VERSIONED,
        [
            {FIVE: [dossier(1, updated="2022-06-04 12:00:00")]},
            {FIVE: [dossier(1, status=5, updated="2022-06-04 10:00:00")]},
            {FIVE: [dossier(2, updated="2022-06-04 10:00:00")]},
        ],
    ),
    "snapshot_corrected": (SNAPSHOT, [{FIVE: [dossier(1), dossier(2)]}, {SIX: [dossier(1), dossier(2)]}, {SIX: [dossier(1)]}, {EIGHT: [dossier(1)]}]),
    "window_corrected": (
        WINDOW,
        [
            {f"2022-05_{FIVE}": [dossier(1, MAY), dossier(2, MAY)]},
            {f"2022-05_{SIX}": [dossier(1, MAY), dossier(2, MAY)]},
            {f"2022-05_{SIX}": [dossier(1, MAY)]},
        ],
    ),
    "incomplete_correction": (SNAPSHOT, [{FIVE: [dossier(1), dossier(2)]}, {FIVE: [dossier(1), dossier(3, code="")]}, {}, {EIGHT: [dossier(1)]}]),
    "bad_then_gone": (
        SNAPSHOT | {"mapping": "versioned.yaml"},
        [
            {FIVE: [dossier(1, updated="2022-06-05 09:00:00"), dossier(2, updated="2022-06-05 09:00:00")]},
            {SIX: [dossier(1, channel="fax", updated="2022-06-06 09:00:00"), dossier(2, updated="2022-06-05 09:00:00")]},
            {SEVEN: [dossier(2, updated="2022-06-05 09:00:00")]},
        ],
    ),
    "lowered_then_gone": (
        SNAPSHOT | {"mapping": "versioned.yaml"},
        [
            {FIVE: [dossier(1, updated="2022-06-05 12:00:00")]},
            {SIX: [dossier(1, updated="2022-06-05 10:00:00"), dossier(2, updated="2022-06-05 10:00:00")]},
            {SEVEN: [dossier(2, updated="2022-06-05 10:00:00")]},
        ],
    ),
    "first_told_incompletely": (SNAPSHOT, [{FIVE: [dossier(1), dossier(2, code="")]}, {SIX: [dossier(2)]}]),
    "emptied": (SNAPSHOT, [{FIVE: [dossier(1)]}, {SIX: []}]),
    "left": (SNAPSHOT | {"system": "both"}, [{FIVE: [dossier(1)]}, {SIX: [dossier(2)]}]),
    "right": (SNAPSHOT | {"system": "both"}, [{FIVE: [dossier(1)]}, {SIX: [dossier(3)]}]),
    "same_day": ({"files": "data/{case}_*_{day}.csv"}, [{f"b_{FIVE}": [dossier(1, **SETTLED)], f"a_{FIVE}": [dossier(1)]}, {}, {}]),
}

Standing = dict[str, dict[str, Any]]


@dataclass
class Nights:
    """What stood after each night, by system and number; at the end the versions, and each file's extractions in their order."""

    standing: list[dict[str, Standing]] = field(default_factory=list)
    versions: dict[tuple[str, str], list[tuple[Any, ...]]] = field(default_factory=dict)
    extractions: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def after(self, night: int, system: str, *columns: str) -> dict[str, tuple[Any, ...]]:
        return {number: tuple(row[column] for column in columns) for number, row in self.standing[night - 1].get(system, {}).items()}


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def nights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    with engine_environment(request.param, request):
        yield run_nights(tmp_path_factory.mktemp(f"versions_{request.param}"))


def run_nights(folder: Path) -> Nights:
    sources = {case: {"system": case} | source | {"files": source["files"].replace("{case}", case)} for case, (source, _) in CASES.items()}
    pipeline = Pipeline(write_project(folder, sources, {"versioned.yaml": versioned()}))
    nights = Nights()
    for number in range(len(DAYS)):
        for case, (_, files) in CASES.items():
            for name, rows in dict(enumerate(files)).get(number, {}).items():
                write_csv(folder / f"data/{case}_{name}.csv", rows)
        pipeline.run(*DAYS[: number + 1], command="run")
        nights.standing.append(standing(pipeline))
    sql = "select system, code, version_no, is_deleted, status, known_from, known_to from core.fct_dossier_version order by version_no"
    for system, code, *version in pipeline.query(sql):
        nights.versions.setdefault((system, code[-4:]), []).append(tuple(version))
    for source, file, seq in pipeline.query(
        "select source, file, extraction_seq from valid.extractions where file is not null order by extraction_seq"
    ):
        nights.extractions.setdefault((source, str(file).removeprefix(f"data/{source}_").removesuffix(".csv")), []).append(seq)
    return nights


def standing(pipeline: Pipeline) -> dict[str, Standing]:
    columns = ["status", "state", "resolving_unit", "ended_at", "received_at", "is_stale", "applicant_id"]
    result: dict[str, Standing] = {}
    for system, code, *values in pipeline.query(f"select system, code, {', '.join(columns)} from core.fct_dossier"):
        result.setdefault(system, {})[code[-4:]] = dict(zip(columns, values, strict=True))
    return result


def only(values: Mapping[str, tuple[Any, ...]]) -> dict[str, Any]:
    return {key: value[0] for key, value in values.items()}


def test_a_redelivered_row_is_no_new_version(nights: Nights) -> None:
    (first,) = nights.extractions["changes", FIVE]
    assert nights.versions["changes", "0001"] == [(1, False, 4, first, None)]


def test_a_changed_row_is_a_new_version_known_from_its_extraction(nights: Nights) -> None:
    (first,), (second,) = nights.extractions["changes", FIVE], nights.extractions["changes", SIX]
    assert nights.versions["changes", "0002"] == [(1, False, 4, first, second), (2, False, 9, second, None)]
    assert nights.after(2, "changes", "state")["0002"] == ("settled",)


def test_changes_say_nothing_of_rows_that_are_absent(nights: Nights) -> None:
    assert only(nights.after(3, "changes", "status")) == {"0001": 4, "0002": 9, "0003": 4}


def test_a_corrected_file_takes_back_what_it_said(nights: Nights) -> None:
    assert only(nights.after(2, "corrected", "status")) == {"0001": 9, "0002": 9, "0003": 4, "0004": 4}
    assert only(nights.after(3, "corrected", "status")) == {"0001": 9, "0002": 4, "0003": 4}
    assert str(nights.after(3, "corrected", "ended_at")["0001"][0]) == "2022-06-02 09:00:00"


def test_a_retraction_is_known_from_the_correction_on(nights: Nights) -> None:
    (first,), (second, third) = nights.extractions["corrected", FIVE], nights.extractions["corrected", SIX]
    assert nights.versions["corrected", "0002"] == [(1, False, 4, first, second), (2, False, 9, second, third), (3, False, 4, third, None)]
    assert nights.versions["corrected", "0004"] == [(1, False, 4, second, third), (2, True, None, third, None)], "a tombstone"


def test_a_correction_wins_over_the_newer_version_that_it_takes_back(nights: Nights) -> None:
    assert only(nights.after(2, "taken_back", "status")) == {"0001": 9}
    assert only(nights.after(3, "taken_back", "status")) == {"0001": 4}


def test_the_newest_row_of_a_key_stands_and_an_older_late_one_never_wins(nights: Nights) -> None:
    (first,), (late,) = nights.extractions["late", FIVE], nights.extractions["late", SIX]
    assert only(nights.after(3, "late", "status")) == {"0001": 9}
    assert nights.versions["late", "0001"] == [
        (1, False, 2, first, first),
        (2, False, 5, late, first),
        (3, False, 9, first, None),
    ], "knowledge that ends no later than it begins never stood"


def test_a_row_that_a_snapshot_leaves_out_vanishes_and_may_come_back(nights: Nights) -> None:
    assert set(nights.after(2, "snapshot")) == {"0001", "0003"}
    assert set(nights.after(3, "snapshot")) == {"0001", "0002", "0003"}
    assert [version[:2] for version in nights.versions["snapshot", "0002"]] == [(1, False), (2, True), (3, False)]


def test_the_last_good_row_stands_while_the_newest_is_in_quarantine(nights: Nights) -> None:
    assert only(nights.after(2, "snapshot", "is_stale")) == {"0001": False, "0003": True}
    assert only(nights.after(3, "snapshot", "is_stale")) == {"0001": False, "0002": False, "0003": False}, "told again, it is no longer stale"


def test_a_snapshot_with_a_row_without_a_key_makes_nothing_vanish(nights: Nights) -> None:
    assert set(nights.after(3, "keyless")) == {"0001", "0002"}


def test_a_late_older_snapshot_does_not_win(nights: Nights) -> None:
    assert only(nights.after(3, "late_snapshot", "status")) == {"0001": 9, "0002": 4}


def test_a_window_makes_rows_vanish_within_its_reach_only(nights: Nights) -> None:
    assert set(nights.after(1, "window")) == {"0001", "0002", "0003"}
    assert set(nights.after(2, "window")) == {"0001", "0003"}
    assert set(nights.after(3, "window")) == {"0002", "0003"}


def test_a_dossier_that_moved_out_of_a_window_has_not_vanished(nights: Nights) -> None:
    assert set(nights.after(3, "moved")) == {"0001", "0002"}


def test_a_dossier_that_another_source_of_the_system_tells_has_moved(nights: Nights) -> None:
    assert only(nights.after(2, "shared", "resolving_unit")) == {"0001": "000.00.44.H47", "0002": "000.00.33.H47"}


def test_a_wrong_stamp_that_was_corrected_does_not_pin_the_dossier(nights: Nights) -> None:
    assert only(nights.after(3, "pinned", "status")) == {"0001": 9}


def test_what_stands_after_a_correction_follows_later_corrections(nights: Nights) -> None:
    assert only(nights.after(3, "fallback_changed", "status")) == {"0001": 4, "0002": 4}
    assert only(nights.after(4, "fallback_changed", "status")) == {"0001": 5, "0002": 4}
    assert set(nights.after(4, "fallback_dropped")) == {"0002", "0003"}
    assert set(nights.after(3, "taken_back_twice")) == {"0002"}


def test_a_corrected_snapshot_or_window_makes_vanish_what_it_leaves_out(nights: Nights) -> None:
    assert set(nights.after(2, "snapshot_corrected")) == {"0001", "0002"}
    assert set(nights.after(3, "snapshot_corrected")) == set(nights.after(4, "snapshot_corrected")) == {"0001"}
    assert set(nights.after(3, "window_corrected")) == {"0001"}


def test_a_correction_with_a_row_without_a_key_takes_nothing_back(nights: Nights) -> None:
    assert set(nights.after(3, "incomplete_correction")) == {"0001", "0002"}
    assert set(nights.after(4, "incomplete_correction")) == {"0001"}, "the next complete snapshot does"


def test_a_key_vanishes_whatever_its_versions_were(nights: Nights) -> None:
    assert set(nights.after(3, "bad_then_gone")) == {"0002"}
    assert set(nights.after(3, "lowered_then_gone")) == {"0002"}
    assert set(nights.after(2, "first_told_incompletely")) == {"0002"}
    assert set(nights.after(2, "both")) == {"0002", "0003"}


def test_an_empty_snapshot_makes_nothing_vanish(nights: Nights) -> None:
    assert set(nights.after(4, "emptied")) == {"0001"}


def test_of_two_files_of_a_day_the_one_with_the_later_name_speaks_last(nights: Nights) -> None:
    assert only(nights.after(1, "same_day", "status")) == {"0001": 9}


def test_an_applicant_is_the_same_in_every_source_and_is_not_readable(nights: Nights) -> None:
    seals = {only(nights.after(1, system, "applicant_id"))["0001"] for system in ("changes", "snapshot", "late")}
    expected = hmac.new(SEAL_KEY.encode(), b"049000000001", "sha256").hexdigest()[:32]
    assert seals == {expected}, "HMAC-SHA256 as the standard library computes it"


def test_a_changed_mapping_checks_everything_again(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "p", {"desk": {"files": "data/{day}.csv"}})
    pipeline = Pipeline(folder)
    write_csv(folder / f"data/{FIVE}.csv", [dossier(1, channel="quầy"), dossier(2)])
    pipeline.run(DAYS[0], command="run")
    assert set(standing(pipeline)["onegate"]) == {"0002"}
    columns = {**MAPPING["columns"], "channel": {"from": "channel", "codes": {"quầy": "direct", "direct": "direct"}}}
    write_project(folder, {"desk": {"files": "data/{day}.csv"}}, {"mapping.yaml": {"columns": columns}})
    pipeline.run(DAYS[2], command="run")
    assert set(standing(pipeline)["onegate"]) == {"0001", "0002"}


def test_what_is_told_again_unchanged_began_when_it_was_told_first(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A pause that only its version tells: told once more after the due date, with a newer stamp, it is the pause of before, and in time."""
    with engine_environment("duckdb", request):
        pipeline = Pipeline(write_project(tmp_path / "p", {"desk": VERSIONED | {"files": "data/desk_{day}.csv"}}, {"versioned.yaml": versioned()}))
        paused = dossier(1, status=5, due="2022-06-06 17:00:00", updated="2022-06-03 09:00:00")
        for day, stamp in ((DAYS[0], "2022-06-03 09:00:00"), (DAYS[3], "2022-06-08 09:00:00")):
            write_csv(pipeline.folder / f"data/desk_{day}.csv", [paused | {"updated": stamp}])
            pipeline.run(day, select=LIVES, command="run")
        told = "select version_at, first_at from core.fct_dossier_version"
        assert pipeline.query(told) == [(datetime(2022, 6, 8, 9), datetime(2022, 6, 3, 9))]  # noqa: DTZ001 -- local and naive
        pieces = pipeline.query("select state, began_at, standing from core.fct_dossier_interval order by piece")
        assert [(state, standing) for state, _, standing in pieces] == [("running", "within"), ("paused", "within")]
        assert pieces[1][1] == datetime(2022, 6, 3, 9)  # noqa: DTZ001
