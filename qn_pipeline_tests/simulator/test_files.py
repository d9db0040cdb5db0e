"""The files of a night: whole or only what changed, with what real systems send."""

import csv
import json
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from qn_pipeline.project import FileSource, load_project
from qn_pipeline.simulator.files import end_of, national_row, project, write_night, write_reference
from qn_pipeline.simulator.lives import Province
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.units import COMMUNES, PROVINCE_CODE, UNITS
from qn_pipeline.sources.files import find_files

DAY = date(2022, 3, 31)


@pytest.fixture(scope="module")
def province() -> Province:
    return simulate(400, 3, seed=5)


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_snapshot_holds_every_living_dossier_once(province: Province, tmp_path: Path) -> None:
    rows = read(write_night(province, tmp_path, DAY))
    assert [row["MaHoSo"] for row in rows] == [row.state.code for row in province.rows(end_of(DAY))]
    assert len({row["MaHoSo"] for row in rows}) == len(rows) > 300
    people = {dossier.person for dossier in province.dossiers}
    assert {row["DinhDanhCHS"][0]["SoDinhDanh"] for row in rows} <= {person.identifier for person in people}
    assert any(row["ChuHoSo"] in {person.name for person in people} for row in rows)


def test_values_are_strings_and_dates_have_fourteen_digits_or_none(province: Province, tmp_path: Path) -> None:
    for row in read(write_night(province, tmp_path, DAY)):
        assert all(isinstance(value, str | list) for value in row.values())
        for name in ("NgayNopHoSo", "NgayTiepNhan", "NgayHenTra", "NgayKetThucXuLy", "NgayTra", "NgayTuChoi", "CapNhat"):
            assert not row[name] or (datetime.strptime(row[name], "%Y%m%d%H%M%S") and len(row[name]) == 14)  # noqa: DTZ007 -- local and naive
        assert row["TaiLieuNop"]


def test_changes_and_what_was_known_are_what_is_known(province: Province, tmp_path: Path) -> None:
    """But for codes that vanished, which changes cannot tell."""
    before = {row["MaHoSo"]: row for row in read(write_night(province, tmp_path / "before", DAY - timedelta(days=20)))}
    changes = {row["MaHoSo"]: row for row in read(write_night(province, tmp_path / "changes", DAY, since=DAY - timedelta(days=20)))}
    now = {row["MaHoSo"]: row for row in read(write_night(province, tmp_path / "now", DAY))}
    assert 0 < len(changes) < len(now)
    assert {code: row for code, row in (before | changes).items() if code in now} == now


def test_the_same_province_writes_the_same_bytes(province: Province, tmp_path: Path) -> None:
    again = simulate(400, 3, seed=5)
    assert write_night(province, tmp_path / "a", DAY).read_bytes() == write_night(again, tmp_path / "b", DAY).read_bytes()


def test_the_project_can_be_read_and_maps_every_field(province: Province, tmp_path: Path) -> None:
    project(tmp_path, province.start)
    write_reference(tmp_path)
    [row, *_] = read(write_night(province, tmp_path, DAY))
    source = load_project(tmp_path).sources["mot_cua"]
    named = {name.split("/")[1] if name.startswith("/") else name for name in source.mapping.source_columns} | set(source.mapping.ignore)
    assert set(row) == named


def test_the_units_of_all_times_are_listed_with_those_above_and_their_validity(tmp_path: Path) -> None:
    write_reference(tmp_path)
    with (tmp_path / "data" / "don_vi.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["ma"] for row in rows] == [unit.code for unit in UNITS]
    assert Counter(row["cap"] for row in rows) == {"Sở": 21, "Huyện": 18, "Xã": len(COMMUNES)}
    assert {row["ma_cap_tren"] for row in rows} <= {PROVINCE_CODE, *(row["ma"] for row in rows)}
    [nong_son] = [row for row in rows if row["ten"] == "UBND huyện Nông Sơn"]
    assert (nong_son["hieu_luc_tu"], nong_son["hieu_luc_den"]) == ("", "2024-12-31")
    [after] = [row for row in rows if row["ten"] == "UBND xã Nông Sơn"]
    assert (after["cap"], after["ma_cap_tren"], after["hieu_luc_tu"], after["hieu_luc_den"]) == ("Xã", PROVINCE_CODE, "2025-07-01", "")


def test_a_dossier_names_one_unit_of_all_times(province: Province) -> None:
    codes = {unit.name: unit.code for unit in UNITS}
    assert all(codes[national_row(row)["DonViXuLy"]] == row.state.unit for row in province.rows(end_of(DAY)))


def test_a_file_that_is_called_json_has_the_same_lines_and_the_project_knows(province: Province, tmp_path: Path) -> None:
    named = write_night(province, tmp_path, DAY, suffix="json")
    project(tmp_path, province.start, suffix="json")
    assert named.suffix == ".json"
    assert named.read_bytes() == write_night(province, tmp_path / "other", DAY).read_bytes()
    source = load_project(tmp_path).sources["mot_cua"]
    assert isinstance(source, FileSource)
    assert (source.format, [file.day for file in find_files(load_project(tmp_path), source)]) == ("jsonl", [DAY])
