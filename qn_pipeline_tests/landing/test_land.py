"""Landing: immutable extractions, nothing personal, nothing twice."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from qn_pipeline.errors import ConfigurationError, LandingDamaged
from qn_pipeline.landing import arrivals
from qn_pipeline.landing.extractions import Extraction, current, read_extractions, superseded_by
from qn_pipeline.landing.land import days_with_work
from qn_pipeline_tests.support import COLUMNS, MAPPING, Pipeline, dossier, write_csv, write_project

DAY = date(2022, 6, 5)


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    folder = write_project(tmp_path / "p", {"desk": {"files": "data/{day}.csv"}, "log": {"files": "data/log.csv"}})
    write_csv(folder / f"data/{DAY}.csv", [dossier(1), dossier(2)])
    return Pipeline(folder)


def unpacked(path: Path) -> bytes:
    """The text of a file that is compressed."""
    if path.suffix == ".parquet":
        return str(duckdb.sql(f"select * from '{path}'").fetchall()).encode()
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as con:
            tables = con.execute("select table_schema || '.' || table_name from information_schema.tables where table_type = 'BASE TABLE'").fetchall()
            return str([con.execute(f"select * from {table}").fetchall() for (table,) in tables]).encode()
    return b""


def with_rows(pipeline: Pipeline) -> list[Extraction]:
    return [extraction for extraction in read_extractions(pipeline.settings) if extraction.manifest.file]


def test_an_extraction_says_what_came(pipeline: Pipeline) -> None:
    pipeline.land(DAY)
    (extraction,) = with_rows(pipeline)
    manifest = extraction.manifest
    assert (manifest.source, manifest.system, manifest.entity, manifest.day, manifest.file, manifest.rows) == (
        "desk",
        "onegate",
        "dossiers",
        DAY,
        f"data/{DAY}.csv",
        2,
    )
    assert manifest.dropped_columns == ["updated"]
    assert manifest.sealed_columns == ["person"]
    assert manifest.bytes == (pipeline.folder / f"data/{DAY}.csv").stat().st_size
    rows = duckdb.sql(f"select row_no, code from '{extraction.rows}' order by row_no").fetchall()
    assert rows == [(2, dossier(1)["code"]), (3, dossier(2)["code"])]


def test_a_day_on_which_nothing_came_is_recorded_once(pipeline: Pipeline) -> None:
    pipeline.land(DAY, date(2022, 6, 6))
    pipeline.land(DAY, date(2022, 6, 6))
    nothing = [(e.manifest.source, e.manifest.day) for e in read_extractions(pipeline.settings) if not e.manifest.file]
    assert sorted(nothing) == [("desk", date(2022, 6, 6)), ("log", DAY), ("log", date(2022, 6, 6))]


def test_the_same_content_is_landed_once_and_another_supersedes_it(pipeline: Pipeline) -> None:
    pipeline.land(DAY)
    pipeline.land(DAY)
    (first,) = with_rows(pipeline)
    before = {path: path.read_bytes() for path in first.folder.iterdir()}
    write_csv(pipeline.folder / f"data/{DAY}.csv", [dossier(1)])
    pipeline.land(DAY)
    old, new = with_rows(pipeline)
    assert superseded_by([old, new]) == {old.manifest.id: new.manifest.seq}
    assert current([old, new]) == [new]
    assert {path: path.read_bytes() for path in old.folder.iterdir()} == before, "nothing is overwritten"


def test_a_file_without_a_day_belongs_to_the_day_it_was_first_seen_and_after_a_change_to_another(pipeline: Pipeline) -> None:
    log = pipeline.folder / "data/log.csv"
    write_csv(log, [dossier(1)])
    pipeline.land(date(2022, 6, 6), date(2022, 6, 7))
    pipeline.land(date(2022, 6, 8))
    write_csv(log, [dossier(1), dossier(2)])
    pipeline.land(date(2022, 6, 9))
    assert [e.manifest.day for e in with_rows(pipeline) if e.manifest.source == "log"] == [date(2022, 6, 7), date(2022, 6, 9)]


def test_a_column_that_the_mapping_wants_now_is_fetched_again(pipeline: Pipeline) -> None:
    pipeline.land(DAY)
    columns = {**MAPPING["columns"], "updated_at": {"from": "updated", "format": "iso8601"}}
    write_project(pipeline.folder, {"desk": {"files": "data/{day}.csv"}}, {"mapping.yaml": {"columns": columns}})
    pipeline.land(DAY)
    assert [e.manifest.supersedes is not None for e in with_rows(pipeline)] == [False, True]


def test_another_seal_key_lands_anew_and_its_seals_do_not_join(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.land(DAY)
    monkeypatch.setenv("QN_SEAL_KEY", "another-key-of-at-least-32-characters")
    pipeline.land(DAY)
    old, new = with_rows(pipeline)
    assert old.manifest.key_id != new.manifest.key_id
    seals = [set(duckdb.sql(f"select person from '{extraction.rows}'").fetchall()) for extraction in (old, new)]
    assert not seals[0] & seals[1]


def test_a_seal_does_not_depend_on_how_the_identifier_is_spaced(pipeline: Pipeline) -> None:
    write_csv(pipeline.folder / f"data/{DAY}.csv", [dossier(1, person="049 000-000.001"), dossier(2, person="049000000001"), dossier(3, person=" ")])
    pipeline.land(DAY)
    (extraction,) = with_rows(pipeline)
    first, second, third = (row[0] for row in duckdb.sql(f"select person from '{extraction.rows}' order by row_no").fetchall())
    assert first == second
    assert third is None


def test_nothing_personal_is_anywhere_in_the_home_folder(pipeline: Pipeline, caplog: pytest.LogCaptureFixture) -> None:
    """Mapped and sealed, unmapped and dropped, and in rows that nobody can read or that are bad."""
    people = ["Nguyễn Thị Ánh", "Nguyen Thi Anh", "049088001234", "0905123456"]
    columns = [*COLUMNS, "name", "phone"]
    row = {"name": people[0], "phone": people[3], "person": people[2]}
    write_csv(pipeline.folder / f"data/{DAY}.csv", [dossier(1, **row), dossier(2, channel="fax", **row)], columns)
    with (pipeline.folder / f"data/{DAY}.csv").open("a") as stream:
        stream.write(f"{people[0]},{people[1]},{people[2]},{people[3]}\n")
    pipeline.run(DAY, command="run")
    for path in pipeline.settings.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes() + unpacked(path)
            assert [person for person in people if person.encode() in content] == [], path
    assert dossier(1)["code"].encode() in unpacked(with_rows(pipeline)[0].rows), "the search sees what is compressed"  # type: ignore[attr-defined]
    assert [person for person in people if person in caplog.text] == []


def test_a_file_that_grows_while_it_is_read_is_left_for_later(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    original = arrivals.read_file

    def read_while_written(*arguments: object) -> object:
        result = original(*arguments)  # type: ignore[arg-type]
        with (pipeline.folder / f"data/{DAY}.csv").open("a") as stream:
            stream.write("more\n")
        return result

    monkeypatch.setattr(arrivals, "read_file", read_while_written)
    assert "still being written" in pipeline.land(DAY)["desk"]
    assert with_rows(pipeline) == []


def test_days_with_work_are_those_of_files_not_landed_yet_or_changed(pipeline: Pipeline) -> None:
    today = date(2022, 6, 20)
    later = date(2022, 6, 9)
    write_csv(pipeline.folder / f"data/{later}.csv", [dossier(3)])
    write_csv(pipeline.folder / "data/2022-06-21.csv", [dossier(4)])
    assert days_with_work(pipeline.settings, pipeline.project, today) == [DAY, later]
    pipeline.land(DAY)
    assert days_with_work(pipeline.settings, pipeline.project, today) == [later]
    write_csv(pipeline.folder / f"data/{DAY}.csv", [dossier(1)])
    write_csv(pipeline.folder / "data/log.csv", [dossier(5)])
    assert days_with_work(pipeline.settings, pipeline.project, today) == [DAY, later, today]


def test_a_manifest_that_cannot_be_read_is_told(pipeline: Pipeline) -> None:
    pipeline.land(DAY)
    (extraction,) = with_rows(pipeline)
    (extraction.folder / "manifest.json").write_text("{")
    with pytest.raises(LandingDamaged, match="Restore the folder"):
        read_extractions(pipeline.settings)


def test_a_source_that_qn_yaml_no_longer_declares_stops_the_door(pipeline: Pipeline) -> None:
    pipeline.land(DAY)
    write_project(pipeline.folder, {"log": {"files": "data/log.csv"}})
    with pytest.raises(ConfigurationError, match=r"extractions of the source 'desk', which qn.yaml does not declare"):
        pipeline.check()
