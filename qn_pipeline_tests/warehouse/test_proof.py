"""The weekly proof: it passes after nights with changes, and finds what somebody has changed by hand, wherever that was."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from qn_pipeline.warehouse.changes import must_be_whole
from qn_pipeline.warehouse.dbt import ensure_manifest
from qn_pipeline.warehouse.proof import NO_LIVES, prove, units_of_turn, week_of
from qn_pipeline_tests.support import MOMENT, Pipeline, dossier, kept_tables, write_csv, write_project

NIGHTS = [date(2022, 6, 10), date(2022, 6, 13)]
UNITS = ["000.00.33.H47", "000.00.34.H47", "000.00.35.H47"]
STEPS = ["code", "dossier", "kind", "at"]
ENGINES = ["duckdb", pytest.param("postgres", marks=pytest.mark.soak)]


@pytest.fixture
def pipeline(tmp_path: Path, engine: str) -> Pipeline:
    """Two nights: the second settles, pauses, corrects and moves dossiers of the first, and brings new ones and bad ones."""
    sources = {
        "desk": {"files": "data/desk_{day}.csv"},
        "steps": {"entity": "dossier_actions", "files": "data/steps_{day}.csv", "mapping": "steps.yaml"},
    }
    steps = {"columns": {"code": "code", "dossier": "dossier", "kind": "kind", "happened_at": {"from": "at", "format": MOMENT}}}
    made = Pipeline(write_project(tmp_path / "p", sources, {"steps.yaml": steps}))
    first = [dossier(number, unit=UNITS[number % 3], due=f"2022-06-{8 + number} 08:00:00") for number in range(1, 19)]
    told = [{"code": number, "dossier": first[number]["code"], "kind": "received", "at": "2022-06-01 08:00:00"} for number in range(6)]
    for day, rows, acted in (
        (NIGHTS[0], first, told),
        (
            NIGHTS[1],
            [
                *(row | {"status": 9, "ended": f"2022-06-{11 + place} 09:00:00"} for place, row in enumerate(first[:2])),
                *(row | {"status": 5} for row in first[5:9]),
                *(row | {"unit": UNITS[0]} for row in first[9:11]),
                dossier(30, "2022-06-13 08:00:00", unit=UNITS[1]),
                dossier(31, channel="fax", unit=UNITS[2]),
            ],
            [{"code": 99, "dossier": first[3]["code"], "kind": "supplement_requested", "at": "2022-06-12 08:00:00"}],
        ),
    ):
        write_csv(made.folder / f"data/desk_{day}.csv", rows)
        write_csv(made.folder / f"data/steps_{day}.csv", acted, STEPS)
        made.run(day, select="*", command="run")
        made.warehouse.publish()
    return made


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_a_proof_passes_after_nights_and_finds_what_was_changed_by_hand(pipeline: Pipeline, qn: Callable[..., tuple[int, str, str]]) -> None:
    published, kept = pipeline.digests(), pipeline.kept()
    manifest = json.loads(ensure_manifest().read_bytes())
    proof = prove(pipeline.settings, pipeline.project, pipeline.warehouse, manifest, pipeline.make_models, units=9)
    assert proof.findings == []
    assert str(proof).startswith(f"Proven for the units {', '.join(UNITS)} (seed {week_of(date(2022, 6, 14))}): 4 extractions checked again, ")
    assert (proof.dossiers, proof.rows > 100, proof.cells > 20, "indicator_values" in published) == (19, True, True, True)
    assert proof.tables == len(kept_tables("*")) - len(NO_LIVES)
    assert (pipeline.digests(), pipeline.kept()) == (published, kept)
    assert not must_be_whole(pipeline.warehouse, kept_tables("*"))
    assert pipeline.query("select count(*) from valid.touched") == [(0,)]

    pipeline.query(f"update core.fct_dossier_spell set due_origin = 'by hand' where unit = '{UNITS[0]}' and code like '%0003'")
    pipeline.query(
        f"update measures.dossier_daily set received = received + 1 where unit = '{UNITS[1]}' and day = date '2022-06-13' and role = 'resolving'"
    )
    [file] = [path for path in pipeline.settings.valid.rglob("rows.parquet") if rows_of(path, f"code like '%0030' and resolving_unit = '{UNITS[1]}'")]
    duckdb.execute(f"copy (select * replace (case when code like '%0030' then 7 else status end as status) from '{file}') to '{file}'")
    status, out, err = qn("prove", "--project", str(pipeline.folder), "--units", "9")
    told = " ".join(err.split())
    assert (status, out) == (1, "")
    assert f"1 row of core.fct_dossier_spell for {UNITS[0]} (such as onegate 000.00.33.H47-220601-0003)" in told
    assert f"lives to cells: 1 row of measures.dossier_daily for {UNITS[1]} (such as 2022-06-13 resolving direct: received)" in told
    assert "landing to valid: 1 row of valid/rows.parquet of desk 2022-06-13" in told
    assert "(such as 000.00.33.H47-220613-0030)" in told
    assert "cells to marts: marts.indicator_values." in told
    assert told.endswith("Run: qn rebuild")
    assert pipeline.digests() == published
    assert must_be_whole(pipeline.warehouse, kept_tables("*")), "no build holds any more"

    status, _, err = qn("prove", "--project", str(pipeline.folder))
    assert status == 1
    assert "there is nothing to prove" in err


def rows_of(file: Path, where: str) -> int:
    if "dossiers" not in file.parts:
        return 0
    return int(duckdb.sql(f"select count(*) from '{file}' where {where}").fetchall()[0][0])


def test_all_units_come_by_in_turn() -> None:
    units = [f"unit {number}" for number in range(10)]
    first = week_of(date(2026, 11, 23))
    turns = [units_of_turn(units, 3, first + week) for week in range(4)]
    assert {unit for turn in turns for unit in turn} == set(units)
    assert [len(turn) for turn in turns] == [3] * 4
    assert units_of_turn(units, 20, first) == units
    assert (week_of(date(2026, 11, 29)), week_of(date(2026, 11, 30))) == (first, first + 1), "a week begins on Monday"
