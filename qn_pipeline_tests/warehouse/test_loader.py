"""Loading: an extraction is there once, whole, and as landing has it."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from qn_pipeline.errors import ConfigurationError, ContractBroken
from qn_pipeline.landing.extractions import read_extractions
from qn_pipeline_tests.support import Pipeline, dossier, write_csv, write_project

DAY = date(2022, 6, 5)


@pytest.fixture
def pipeline(tmp_path: Path, engine: str) -> Pipeline:
    folder = write_project(tmp_path / "p", {"desk": {"files": "data/{day}.csv"}})
    write_csv(folder / f"data/{DAY}.csv", [dossier(1), dossier(2), dossier(3, channel="fax")])
    return Pipeline(folder)


def load(pipeline: Pipeline) -> None:
    pipeline.land(DAY)
    pipeline.check()
    pipeline.load(DAY)


def test_what_is_loaded_twice_is_there_once(pipeline: Pipeline) -> None:
    load(pipeline)
    load(pipeline)
    assert pipeline.query("select count(*) from valid.dossiers") == [(2,)]
    assert pipeline.query("select row_no, rule from valid.quarantine") == [(4, "channel_unknown_code")]
    assert pipeline.query("select count(*) from valid.extractions where arrived = 3 and valid = 2 and quarantined = 1") == [(1,)]


def test_an_extraction_that_was_removed_and_made_anew_takes_the_place_of_the_old(pipeline: Pipeline) -> None:
    """The advice for damaged landing: the new one has the old one's number."""
    load(pipeline)
    (last,) = [extraction for extraction in read_extractions(pipeline.settings) if extraction.manifest.file]
    shutil.rmtree(last.folder)
    write_csv(pipeline.folder / f"data/{DAY}.csv", [dossier(1, status=5)])
    load(pipeline)
    assert pipeline.query("select status from valid.dossiers") == [(5,)]


def test_a_source_that_is_now_of_another_system_does_not_count_twice(pipeline: Pipeline) -> None:
    load(pipeline)
    write_project(pipeline.folder, {"desk": {"files": "data/{day}.csv", "system": "other"}})
    load(pipeline)
    pipeline.build("+fct_dossier", "run")
    assert pipeline.query("select system, count(*) from core.fct_dossier group by system") == [("other", 2)]


def test_the_logical_instant_never_goes_back(pipeline: Pipeline) -> None:
    load(pipeline)
    pipeline.load(date(2022, 6, 1))
    assert [str(row[0]) for row in pipeline.query("select as_of from valid.run")] == ["2022-06-06 00:00:00"]


def test_a_warehouse_of_another_home_is_left_alone(pipeline: Pipeline) -> None:
    load(pipeline)
    (pipeline.settings.home / "home-id").write_text("another")
    with pytest.raises(ConfigurationError, match="filled from another home folder"):
        pipeline.load(DAY)


def test_what_is_not_checked_is_not_loaded(pipeline: Pipeline) -> None:
    pipeline.land(DAY)
    with pytest.raises(ContractBroken, match="has no valid rows under the present rules"):
        pipeline.load(DAY)
    assert pipeline.query("select count(*) from information_schema.tables where table_schema = 'valid'") == [(0,)]


def test_numbers_that_mappings_hold_stay_the_texts_they_are(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "p", {"desk": {"files": "data/{day}.csv"}})
    text = (folder / "mapping.yaml").read_text().replace("procedure: procedure", "procedure: {constant: 2.000810}")
    (folder / "mapping.yaml").write_text(text)
    assert Pipeline(folder).project.sources["desk"].mapping.columns["procedure"].constant == "2.000810"
