"""Damaged files of landing and valid: told by name with what to do, nothing of them is loaded, and the remedy makes it right."""

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from qn_pipeline.doctor import examine
from qn_pipeline.errors import LandingDamaged
from qn_pipeline.landing.extractions import Extraction, read_extractions
from qn_pipeline.validation.validate import REPORT, ValidExtraction, read_valid
from qn_pipeline.warehouse.engines import Row
from qn_pipeline.warehouse.mishaps import what_happened
from qn_pipeline_tests.support import Pipeline, dossier, write_csv, write_project

DAY = date(2022, 6, 5)
Damage = Callable[[Path], object]


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def flip(file: Path) -> None:
    """One bit of a value, in the midst of the rows."""
    content = bytearray(file.read_bytes())
    content[len(content) // 4] ^= 1
    file.write_bytes(content)


def empty(file: Path) -> None:
    file.write_bytes(b"")


DAMAGES = [truncate, flip, empty, Path.unlink]


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    folder = write_project(tmp_path / "p", {"desk": {"files": "data/{day}.csv"}})
    write_csv(folder / f"data/{DAY}.csv", [dossier(1), dossier(2), dossier(3, channel="fax")])
    made = Pipeline(folder)
    made.land(DAY)
    return made


def landed(pipeline: Pipeline) -> Extraction:
    (extraction,) = [extraction for extraction in read_extractions(pipeline.settings) if extraction.manifest.file]
    return extraction


def checked(pipeline: Pipeline) -> ValidExtraction:
    pipeline.check()
    result = read_valid(pipeline.settings, pipeline.project, landed(pipeline))
    assert result is not None
    return result


def load(pipeline: Pipeline) -> list[Row]:
    pipeline.land(DAY)
    pipeline.check()
    pipeline.load(DAY)
    return pipeline.query(
        "select code, resolving_unit, 'valid' from valid.dossiers union all select row_key, unit, rule from valid.quarantine order by 1"
    )


@pytest.fixture
def night(pipeline: Pipeline, qn: Callable[..., tuple[int, str, str]]) -> Callable[[], str]:
    """A `qn run` that ends with status 1 before the models: what it says at its end, in a line."""

    def run() -> str:
        status, _, said = qn("run", "--project", str(pipeline.folder), "--date", str(DAY))
        assert status == 1
        assert "Traceback" not in said
        return said.strip().rpartition("\n")[2]

    return run


def test_damage_in_landing(pipeline: Pipeline, night: Callable[[], str], tmp_path: Path) -> None:
    extraction = landed(pipeline)
    good = extraction.rows.read_bytes()
    told = (
        f"{extraction.rows} is damaged: it is not what was written. What is published stays as it was. "
        f"Restore {extraction.folder} from a backup; or remove that folder, and bring its day again: qn run --date {DAY}"
    )
    for damage in DAMAGES:
        damage(extraction.rows)
        with pytest.raises(LandingDamaged, match=f"^{re.escape(told)}$"):
            pipeline.check()
        extraction.rows.write_bytes(good)
    flip(extraction.rows)
    assert told in [finding.told for finding in examine(pipeline.folder) if finding.state == "failed"]
    assert night() == f"qn: {told}"
    assert not (pipeline.settings.home / "warehouse.duckdb").exists()
    assert not pipeline.settings.published.exists()
    shutil.rmtree(extraction.folder)
    after = load(pipeline)
    undisturbed = Pipeline(shutil.copytree(pipeline.folder, tmp_path / "undisturbed", ignore=shutil.ignore_patterns(".qn")))
    assert after == load(undisturbed)
    assert len(after) == 3


def test_damage_in_valid_is_healed_from_landing(pipeline: Pipeline, night: Callable[[], str]) -> None:
    result = checked(pipeline)
    good = result.rows.read_bytes()
    told = (
        f"{result.rows} was damaged: it was not what was written, and was removed. What is published stays as it was. "
        "Run again: it is made anew from landing."
    )
    for damage in DAMAGES:
        damage(result.rows)
        with pytest.raises(LandingDamaged, match=f"^{re.escape(told)}$"):
            pipeline.load(DAY)
        pipeline.check()
        assert result.rows.read_bytes() == good
    flip(result.rows)
    assert night() == f"qn: {told}"
    assert pipeline.query("select count(*) from information_schema.tables where table_schema = 'valid'") == [(0,)]
    assert len(load(pipeline)) == 3


def test_a_damaged_report_is_made_anew(pipeline: Pipeline) -> None:
    result = checked(pipeline)
    good = (result.folder / REPORT).read_bytes()
    truncate(result.folder / REPORT)
    assert checked(pipeline).report == result.report
    assert (result.folder / REPORT).read_bytes() == good


def test_damage_that_the_door_stumbles_over_is_told(pipeline: Pipeline) -> None:
    """The checks read where bad rows stand, in files whose hashes they do not look at."""
    result = checked(pipeline)
    truncate(result.quarantine)
    with pytest.raises(duckdb.Error) as met:
        pipeline.door(DAY)
    told = what_happened(pipeline.settings, pipeline.project, met.value)
    assert told is not None
    assert told.startswith(f"{result.quarantine} was damaged")
    pipeline.check()
    assert pipeline.door(DAY).broken_rules


def test_what_was_landed_before_hashes_were_kept_is_read(pipeline: Pipeline) -> None:
    extraction = landed(pipeline)
    text = extraction.manifest.model_copy(update={"written": {}}).model_dump_json(exclude_defaults=True)
    (extraction.folder / "manifest.json").write_text(text)
    assert len(load(pipeline)) == 3
