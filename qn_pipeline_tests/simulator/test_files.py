"""The files of a night: whole or only what changed, with what real systems send."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from qn_pipeline.project import load_project
from qn_pipeline.simulator.files import end_of, project, write_night, write_reference
from qn_pipeline.simulator.lives import Province
from qn_pipeline.simulator.simulate import simulate

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
