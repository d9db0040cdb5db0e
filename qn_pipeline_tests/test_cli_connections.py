"""The command line with systems that are reached over the network: what a person sees when one is down, wrong or not set up."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

from qn_pipeline.simulator.faults import Fault, FaultKind
from qn_pipeline.simulator.files import end_of
from qn_pipeline.simulator.projects import write_project
from qn_pipeline.simulator.server import Handle, serving
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline_tests.support import COLUMNS, MAPPING, dossier, write_csv

DAY = date(2022, 2, 15)
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def running() -> Iterator[Handle]:
    with serving(simulate(200, 2, seed=3), end_of(DAY)) as handle:
        yield handle


@pytest.fixture
def system(running: Handle, monkeypatch: pytest.MonkeyPatch) -> Handle:
    running.set_faults([])
    monkeypatch.setenv("QN_SECRET_MOT_CUA", running.token)
    return running


@pytest.fixture
def project(tmp_path: Path, system: Handle) -> Path:
    """A connection, and an office that delivers files."""
    write_project(tmp_path, system.url, date(2022, 1, 1), entities=("dossiers",), retry_budget=0, timeout=2)
    settings = yaml.safe_load((tmp_path / "qn.yaml").read_text(encoding="utf-8"))
    settings["sources"]["office"] = {"entity": "dossiers", "files": "data/{day}.csv", "delivers": "changes", "mapping": "mapping.yaml"}
    (tmp_path / "qn.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(yaml.safe_dump(MAPPING), encoding="utf-8")
    write_csv(tmp_path / f"data/{DAY}.csv", [dossier(1, received="2022-02-15 08:00:00", unit="000.00.99.H47")], COLUMNS)
    return tmp_path


def test_a_source_that_is_down_stops_no_other_and_the_run_says_so(project: Path, system: Handle, qn: Command) -> None:
    system.set_faults([Fault(FaultKind.DOWN, times=None)])
    status, out, err = qn("run", "--project", str(project), "--date", str(DAY))
    assert status == 1
    assert "Done for 2022-02-15" in out
    assert "Published without what mot_cua could not bring: mot_cua at 127.0.0.1:" in err.splitlines()[-1]
    assert "The next run catches up" in err.splitlines()[-1]
    _, out, _ = qn("indicators", "--project", str(project), "--month", "2022-02", "--format", "csv", "--indicator", "dossiers_received")
    assert "000.00.99.H47" in out, "the office's dossier is counted"
    assert len(out.splitlines()) == 5, "a heading, the office and the province, each over all channels and by the one there is"
    system.set_faults([])
    status, _, err = qn("run", "--project", str(project), "--date", str(DAY))
    assert (status, [line for line in err.splitlines() if line.startswith("qn:")]) == (0, [])
    _, out, _ = qn("indicators", "--project", str(project), "--month", "2022-02", "--format", "csv", "--indicator", "dossiers_received")
    assert len(out.splitlines()) > 30


def test_a_secret_that_is_missing_is_told_before_anything_is_written(project: Path, qn: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QN_SECRET_MOT_CUA")
    status, _, err = qn("run", "--project", str(project), "--date", str(DAY))
    assert status == 2
    assert err.startswith("qn: QN_SECRET_MOT_CUA is not set")
    assert len(err.splitlines()) == 1
    assert not (project / ".qn").exists()


def test_a_refused_token_is_told_without_showing_it(project: Path, qn: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QN_SECRET_MOT_CUA", "a-token-of-last-year")
    status, out, err = qn("doctor", "--project", str(project))
    assert status == 1
    assert "refuses the token" in out.replace("\n", " ") + err
    assert "a-token-of-last-year" not in out + err


def test_doctor_asks_each_connection(project: Path, qn: Command) -> None:
    status, out, _ = qn("doctor", "--project", str(project), "--format", "csv")
    [line] = [line for line in out.splitlines() if line.startswith("source mot_cua")]
    assert (status, line.split(",")[1]) == (0, "ok")
    assert "answers" in line
    assert "dossiers" in line


def test_a_connection_is_held_against_its_contract(project: Path, system: Handle, qn: Command) -> None:
    """Its newest dossiers are of the clock's days, and the simulated clock stands in 2022: nothing was received since yesterday."""
    status, out, _ = qn("check-source", "mot_cua", "--project", str(project))
    assert status == 0
    assert "since yesterday" in out
    assert "0 rows" in out
