"""Asking a connection: what a product answers in fields that cannot be read stops its source, tells no value, and stops no other."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from qn_pipeline.errors import SourceChanged
from qn_pipeline.project import PulledSource, load_project
from qn_pipeline.simulator.projects import write_project
from qn_pipeline.sources.connections import Question, ask
from qn_pipeline_tests.sources.stub import Asked, Told, answering

DAY = date(2022, 3, 10)
ROW = {"dossierId": 7, "dossierNo": "000.00.61.H47-220310-0001", "dossierStatus": "processing", "receiveDate": "10/03/2022 08:00:00"}
ROW |= {"govAgencyCode": "000.00.61.H47", "modifiedDate": "10/03/2022 08:00:00", "submitDate": "10/03/2022 08:00:00"}


def answered(odd: dict[str, Any]) -> Any:
    """A site with one dossier, odd in some answers."""

    def answer(asked: Asked) -> Told:
        what = asked.path.rsplit("/", 1)[-1]
        if what in odd:
            return Told(odd[what])
        if what == "dossiers":
            shown = [ROW] if asked.params.get("systemId") == "0" and asked.params.get("status") in (None, "processing") else []
            shown = [] if {"fromReleaseDate", "fromFinishDate", "top"} & set(asked.params) else shown
            return Told({"total": len(shown), "data": shown})
        return Told({"total": 0, "data": []})

    return answer


@pytest.mark.parametrize(
    ("entity", "odd"),
    [
        ("dossiers", {"files": {"total": 1, "data": [{"fileSize": "Nguyễn Văn A, 12 KB", "dossierPartType": 1}]}}),
        ("dossiers", {"statistics": {"total": 1, "data": [{"year": 2022, "month": 3, "govAgencyCode": "x", "receivedCount": "Nguyễn Văn A"}]}}),
        ("procedures", {"serviceinfos": {"data": [{"serviceCode": "1"}]}, "serviceconfigs": {"data": [{"serviceLevel": "Nguyễn Văn A"}]}}),
        ("work_times", {"worktimes": {"data": [{"hours": "Nguyễn Văn A"}]}}),
    ],
    ids=["a file's size", "a counter", "a level", "a weekday"],
)
def test_a_field_that_cannot_be_read_is_told_without_its_value(tmp_path: Path, entity: str, odd: dict[str, Any]) -> None:
    with answering(answered(odd)) as stub:
        write_project(tmp_path, stub.url, date(2022, 3, 1), retry_budget=0, timeout=5)
        source = load_project(tmp_path).sources_of(entity)[0]
        assert isinstance(source, PulledSource)
        with pytest.raises(SourceChanged, match=f"mot_cua answers {entity} with a field that cannot be read") as told:
            ask(source, "token", Question((DAY, DAY), date(2022, 3, 1)))
    assert "Nguyễn" not in str(told.value)
