"""Three months are published; then everything that can change a figure happens. Each vintage is made again, and each changed dossier is named with its cause."""

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from qn_pipeline.errors import ConfigurationError, LandingDamaged
from qn_pipeline.indicators.restatements import Restated, restated_figures, restating_dossiers
from qn_pipeline.indicators.vintages import Kept, first_vintage, make_vintage, newest, read_vintages, reproduce
from qn_pipeline.landing.extractions import read_extractions
from qn_pipeline_tests.support import NOW, SEAL_KEY, Pipeline, dossier, engine_environment, versioned, write_csv, write_project

A, B, PROVINCE = "000.00.33.H47", "000.00.99.H47", "000.00.00.H47"
ENDS = [date(2022, 1, 31), date(2022, 2, 28), date(2022, 3, 31)]
MONTHS = [day.replace(day=1) for day in ENDS]
BEFORE, AFTER = date(2022, 4, 4), date(2022, 4, 5)
STEADY, CORRECTED, REOPENED, REASSIGNED, METHOD, LATE, DUE_MOVED = range(1, 8)
DELETED = 11
WAIVED = "HS-2022-77"
COLUMNS = [*dossier(1), "limit"]


def told(number: int, received: str, ended: str = "", updated: str = "", **other: object) -> dict[str, object]:
    status = 9 if ended else 4
    return dossier(number, received, ended=ended, status=status, updated=updated or ended or received, due="2022-12-01 08:00:00", limit="") | other


def canonical(number: int, received: str) -> str:
    return f"H47.33.00.000-{received[2:4]}{received[5:7]}{received[8:10]}-{number}"


WHEN = {
    STEADY: "2022-01-03 08:00:00",
    CORRECTED: "2022-01-04 08:00:00",
    REOPENED: "2022-01-05 08:00:00",
    REASSIGNED: "2022-01-06 08:00:00",
    METHOD: "2022-03-03 08:00:00",
    LATE: "2022-01-10 08:00:00",
    DUE_MOVED: "2022-01-11 08:00:00",
    DELETED: "2022-01-07 08:00:00",
}
CODES = {number: canonical(number, received) for number, received in WHEN.items()}
# Of each month, the dossiers that are counted otherwise afterwards, and why. Years to date hold what happened in months before.
OF_JANUARY = {
    CODES[CORRECTED]: "corrected",
    CODES[DUE_MOVED]: "corrected",
    CODES[REASSIGNED]: "reassigned",
    CODES[LATE]: "arrived_late",
    CODES[DELETED]: "deleted",
    WAIVED: "quarantined_or_waived",
}
CAUSES = [OF_JANUARY, OF_JANUARY, OF_JANUARY | {CODES[REOPENED]: "reopened", CODES[METHOD]: "calendar_or_method"}]


@dataclass(frozen=True)
class World:
    pipeline: Pipeline
    kept: list[Kept]


def write_project_of(folder: Path, **settings: object) -> None:
    mapping = versioned()
    mapping = {**mapping, "columns": {**mapping["columns"], "limit_hours": "limit"}}
    sources: dict[str, dict[str, Any]] = {
        "desk": {"files": "data/desk_{day}.csv", "max_quarantined": 1},
        "list": {"files": "data/list_{day}.csv", "delivers": "snapshot", "system": "list"},
        "closures": {"entity": "holidays", "files": "data/nghi_{day}.csv", "delivers": "snapshot", "mapping": "nghi.yaml"},
    }
    closed = {"columns": {"code": "code", "day": {"from": "day", "format": "iso8601"}, "kind": "kind", "unit": "unit"}}
    write_project(folder, sources, {"mapping.yaml": mapping, "nghi.yaml": closed}, **settings)


def write_day(folder: Path, day: date, desk: list[dict[str, object]], listed: bool, closed: list[str]) -> None:
    write_csv(folder / f"data/desk_{day}.csv", desk, COLUMNS)
    rows = [told(12, "2022-01-07 09:00:00"), *([told(DELETED, WHEN[DELETED])] if listed else [])]
    write_csv(folder / f"data/list_{day}.csv", rows, COLUMNS)
    write_csv(
        folder / f"data/nghi_{day}.csv",
        [{"code": one, "day": one, "kind": "off", "unit": A} for one in ["2022-01-20", *closed]],
        ["code", "day", "kind", "unit"],
    )


def publish_three_months(pipeline: Pipeline) -> list[Kept]:
    folder = pipeline.folder
    write_project_of(folder)
    january = [
        told(STEADY, WHEN[STEADY], "2022-01-12 09:00:00"),
        told(CORRECTED, WHEN[CORRECTED], "2022-01-15 09:00:00"),
        told(REOPENED, WHEN[REOPENED], "2022-01-25 09:00:00"),
        told(REASSIGNED, WHEN[REASSIGNED]),
        told(DUE_MOVED, WHEN[DUE_MOVED], "2022-01-20 09:00:00"),
        told(9, "2022-01-12 08:00:00", code=WAIVED),
    ]
    march = [told(METHOD, WHEN[METHOD], "2022-03-07 09:00:00", due="", limit=16)]
    kept = []
    for day, desk in zip(ENDS, (january, [], march), strict=True):
        write_day(folder, day, desk, listed=True, closed=[])
        pipeline.run(day, select="*", command="run")
        pipeline.warehouse.publish()
        made = first_vintage(pipeline.settings, pipeline.project, pipeline.warehouse, NOW)
        assert made is not None
        kept.append(made)
    return kept


def let_everything_happen(pipeline: Pipeline) -> None:
    """Late rows, corrections, deletions, a closure, a formula and a waiver."""
    waiver = {"name": "ma-cu", "rule": "code_format", "from": str(ENDS[0]), "until": str(ENDS[0]), "reason": "Mã cũ", "by": "Sở TT&TT"}
    write_project_of(pipeline.folder, waivers=[waiver], catalogue={"index_4_3": {"numerator": "received_direct", "needs": []}})
    updated = "2022-04-04 08:00:00"
    desk = [
        told(CORRECTED, WHEN[CORRECTED], "2022-01-16 09:00:00", updated),
        told(REOPENED, WHEN[REOPENED], updated="2022-03-20 10:00:00"),
        told(REASSIGNED, WHEN[REASSIGNED], "2022-04-02 09:00:00", updated, unit=B),
        told(LATE, WHEN[LATE], "2022-01-20 09:00:00", updated),
        told(DUE_MOVED, WHEN[DUE_MOVED], "2022-01-20 09:00:00", updated, due="2022-01-15 08:00:00"),
        told(STEADY, WHEN[STEADY], "2022-01-12 09:00:00", updated, person="049000000001"),
    ]
    # The latecomer came with an unknown channel first: what was held back after the vintage was not held back then.
    write_day(pipeline.folder, BEFORE, [told(LATE, WHEN[LATE], "2022-01-20 09:00:00", channel="fax")], listed=True, closed=[])
    write_day(pipeline.folder, AFTER, desk, listed=False, closed=["2022-03-07"])
    pipeline.run(BEFORE, AFTER, select="*", command="run")
    pipeline.warehouse.publish()


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with engine_environment(request.param, request):
        pipeline = Pipeline(tmp_path_factory.mktemp("vintages") / "p", os.environ.get("QN_WAREHOUSE_URL"))
        kept = publish_three_months(pipeline)
        let_everything_happen(pipeline)
        yield World(pipeline, kept)


def changed(world: World, place: int) -> list[Restated]:
    with world.pipeline.warehouse.reading_rows() as ask:
        return restated_figures(world.pipeline.settings, ask, world.kept[place])


@pytest.mark.parametrize("place", range(3))
def test_each_changed_dossier_is_named_once_with_its_cause(world: World, place: int) -> None:
    with world.pipeline.warehouse.reading_rows() as ask:
        found = restating_dossiers(world.pipeline.settings, ask, world.kept[place])
    assert len({(one.system, one.code) for one in found}) == len(found)
    assert {one.dossier: one.cause for one in found} == CAUSES[place]
    assert [one.units for one in found if one.cause == "reassigned"] == [(A, B)]


def test_restated_figures_are_those_that_differ(world: World) -> None:
    of_january = {
        (one.indicator, one.unit): (one.published[:2], one.current[:2])
        for one in changed(world, 0)
        if one.grain == "month" and one.period_set == "calendar" and one.channel == "all"
    }
    # One of the list is gone, a latecomer and a waived one are there.
    assert of_january["dossiers_received", PROVINCE] == ((7, None), (8, None))
    assert of_january["dossiers_settled", A] == ((4, None), (5, None))
    assert of_january["dossiers_settled_late", A] == ((0, None), (1, None))
    assert of_january["dossiers_received", B] == ((None, None), (1, None))
    assert of_january["index_4_3", PROVINCE][1] == (8, 8), "the formula is another one now"
    assert ("dossiers_withdrawn", PROVINCE) not in of_january
    of_march = {one.indicator for one in changed(world, 2) if one.unit == A and one.grain == "month"}
    assert of_march >= {"dossiers_reopened", "dossiers_settled_late", "on_time_share"}


def test_vintages_are_made_again_from_landing(world: World) -> None:
    """On DuckDB, whatever the warehouse is: what PostgreSQL published, too."""
    for kept in (world.kept[0], world.kept[2]) if world.pipeline.url is None else (world.kept[2],):
        again = reproduce(world.pipeline.settings, kept)
        assert (again.figures, again.pieces, again.same_models) == (0, 0, True), again.examples
    assert list((world.pipeline.settings.home / "past").iterdir()) == []


def test_a_figure_is_opened_as_it_was_known(world: World, qn: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Made on DuckDB, whatever the warehouse is."""
    monkeypatch.setenv("QN_SEAL_KEY", SEAL_KEY)
    if world.pipeline.url is not None:
        monkeypatch.setenv("QN_WAREHOUSE_URL", world.pipeline.url)
    folder = world.pipeline.folder
    knew = max(e.manifest.extracted_at for e in read_extractions(world.pipeline.settings) if e.manifest.seq <= world.kept[0].told.cutoff)
    moment = datetime.fromisoformat(knew).astimezone(world.pipeline.project.zone).replace(tzinfo=None)
    words = ["explain", "--project", str(folder), "--indicator", "dossiers_settled", "--month", "2022-01", "--unit", A, "--format", "json"]
    assert sum(row["counted"] for row in json.loads(qn(*words)[1])) == 5
    then = json.loads(qn(*words, "--known-at", moment.isoformat())[1])
    assert sum(row["counted"] for row in then) == 4
    assert CODES[LATE] not in {row["dossier"] for row in then}
    status, _, said = qn(*words, "--known-at", f"{moment - timedelta(days=1):%Y-%m-%d}")
    assert status == 2
    assert re.search(r"Nothing was known at .*: the first extraction came at .*\. Name a later moment\.", said)
    assert "'2022-01-31T25:00' is no moment of the province's time." in qn(*words, "--known-at", "2022-01-31T25:00")[2]


def test_vintages_are_numbered_in_turn_and_never_overwritten(world: World) -> None:
    pipeline, month = world.pipeline, MONTHS[0]
    settings, project, warehouse = pipeline.settings, pipeline.project, pipeline.warehouse
    before = pq.read_table(world.kept[0].folder / "values.parquet")

    def refused(kind: Any, said: str) -> None:
        with pytest.raises(ConfigurationError, match=said):
            make_vintage(settings, project, warehouse, month, kind, NOW, "A", "B")

    refused("provisional", "published already: v1 stays as it is")
    refused("decided", "not signed yet")
    signed = make_vintage(settings, project, warehouse, month, "signed", NOW, "Nguyễn Văn A")
    refused("signed", "signed already")
    decided = make_vintage(settings, project, warehouse, month, "decided", NOW, "Chủ tịch", "Kết luận kiểm tra")
    assert [(one.told.number, one.told.kind, one.told.by) for one in read_vintages(settings, month)] == [
        (1, "provisional", None),
        (2, "signed", "Nguyễn Văn A"),
        (3, "decided", "Chủ tịch"),
    ]
    assert newest(settings, month) == decided
    assert newest(settings, month, 2) == signed
    assert pq.read_table(newest(settings, month, 1).folder / "values.parquet") == before
    assert changed(World(pipeline, [decided]), 0) == []
    assert yaml.safe_load((signed.folder / "configuration" / "qn.yaml").read_text())["waivers"][0]["name"] == "ma-cu"
    assert "waivers" not in yaml.safe_load((world.kept[0].folder / "configuration" / "qn.yaml").read_text())


def test_figures_are_kept_with_the_configuration_that_made_them_or_not_at_all(world: World) -> None:
    pipeline = world.pipeline
    file = pipeline.folder / "mapping.yaml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("channel: channel", "channel: {constant: direct}"), encoding="utf-8")
    assert file.read_text(encoding="utf-8") != before
    try:
        with pytest.raises(ConfigurationError, match=r"has changed since the figures were made.* Run first \(qn run\)"):
            make_vintage(pipeline.settings, pipeline.project, pipeline.warehouse, MONTHS[1], "signed", NOW, "A")
    finally:
        file.write_text(before, encoding="utf-8")
    assert [one.told.number for one in read_vintages(pipeline.settings, MONTHS[1])] == [1]
    assert not list(pipeline.settings.scratch.glob("aside-*"))


def test_a_damaged_configuration_is_told(world: World) -> None:
    file = world.kept[1].folder / "configuration" / "mapping.yaml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before + "#", encoding="utf-8")
    try:
        with pytest.raises(LandingDamaged, match="configuration is damaged"):
            reproduce(world.pipeline.settings, world.kept[1])
    finally:
        file.write_text(before, encoding="utf-8")


def test_what_is_not_there_or_not_closed_is_told(world: World) -> None:
    pipeline = world.pipeline
    with pytest.raises(ConfigurationError, match=r"2022-04 is not closed: figures count up to 2022-04-06 00:00:00"):
        make_vintage(pipeline.settings, pipeline.project, pipeline.warehouse, date(2022, 4, 1), "provisional", NOW)
    with pytest.raises(ConfigurationError, match=r"2022-04 has no vintage\. Nothing was written\. Publish it"):
        newest(pipeline.settings, date(2022, 4, 1))
    with pytest.raises(ConfigurationError, match=r"2022-01 has no vintage v9\."):
        newest(pipeline.settings, MONTHS[0], 9)


def test_a_damaged_vintage_is_told(world: World) -> None:
    file = world.kept[1].folder / "pieces.parquet"
    whole = file.read_bytes()
    file.write_bytes(whole[:-9] + b"x" + whole[-8:])
    try:
        with world.pipeline.warehouse.reading_rows() as ask, pytest.raises(LandingDamaged, match=r"pieces\.parquet is damaged"):
            restating_dossiers(world.pipeline.settings, ask, world.kept[1])
    finally:
        file.write_bytes(whole)


def test_the_moment_of_a_vintage_is_whole_seconds(world: World) -> None:
    assert world.kept[0].told.made_at == datetime(2026, 1, 1)  # noqa: DTZ001 -- local and naive
    assert world.kept[0].told.cutoff < world.kept[1].told.cutoff
