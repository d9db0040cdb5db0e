"""The command line: what a person types, sees and gets, above all when something is wrong."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from qn_pipeline.settings import DEMO_SEAL_KEY, read_settings
from qn_pipeline.warehouse.lock import writer_lock
from qn_pipeline_tests.support import MAPPING, Pipeline, dossier, write_csv, write_project

QN = Path(sys.executable).parent / "qn"
DAY = date(2022, 6, 5)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = write_project(tmp_path / "project", {"desk": {"files": "data/{day}.csv"}})
    write_csv(folder / f"data/{DAY}.csv", [dossier(1), dossier(2, channel="fax")])
    return folder


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def break_nothing(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    return ["run", "--project", str(project / "not-here")]


def break_yaml(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    (project / "qn.yaml").write_text("sources: [unclosed")
    return ["run", "--project", str(project)]


def break_key(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    (project / "qn.yaml").write_text((project / "qn.yaml").read_text() + "\nprovnce: {}\n")
    return ["run", "--project", str(project)]


def break_source_name(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    return ["check-source", "dask", "--project", str(project)]


def break_mapping(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    write_project(project, {"desk": {"files": "data/{day}.csv"}}, {"mapping.yaml": {"columns": {**MAPPING["columns"], "fee": "le_phi"}}})
    return ["run", "--project", str(project), "--date", str(DAY)]


def break_contract_column(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    write_project(project, {"desk": {"files": "data/{day}.csv"}}, {"mapping.yaml": {"columns": {**MAPPING["columns"], "phi": "fee"}}})
    return ["run", "--project", str(project)]


def break_warehouse(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    patch.setenv("QN_WAREHOUSE_URL", "mysql://root@localhost/qn")
    return ["run", "--project", str(project)]


def break_warehouse_empty(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    patch.setenv("QN_WAREHOUSE_URL", "")
    return ["run", "--project", str(project)]


def break_home(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    patch.setenv("QN_HOME", str(project / "qn.yaml" / "home"))
    return ["run", "--project", str(project)]


def break_seal_key(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    patch.setenv("QN_SEAL_KEY", "short")
    return ["run", "--project", str(project), "--date", str(DAY)]


def break_demo_key_in_production(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    patch.setenv("QN_SEAL_KEY", DEMO_SEAL_KEY)
    patch.setenv("QN_ENV", "prod")
    return ["run", "--project", str(project), "--date", str(DAY)]


def break_date(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    return ["run", "--project", str(project), "--date", "2022-06-31"]


def break_range(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    return ["run", "--project", str(project), "--from", "2022-06-07", "--to", "2022-06-05"]


def break_future(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    return ["run", "--project", str(project), "--date", "2999-01-01"]


def break_month(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    return ["indicators", "--project", str(project), "--month", "2022-13"]


def break_option(project: Path, patch: pytest.MonkeyPatch) -> list[str]:
    return ["run", "--projct", str(project)]


@pytest.mark.parametrize(
    ("breakage", "told"),
    [
        (break_nothing, "qn.yaml does not exist"),
        (break_yaml, "is not YAML at line"),
        (break_key, "provnce"),
        (break_source_name, "has no source 'dask'. Its sources: desk"),
        (break_mapping, "maps the column 'le_phi', which"),
        (break_contract_column, "maps the unknown column 'phi' of dossiers"),
        (break_warehouse, "of the unknown kind 'mysql'"),
        (break_warehouse_empty, "QN_WAREHOUSE_URL: is set but empty"),
        (break_home, "cannot be written"),
        (break_seal_key, "QN_SEAL_KEY has fewer than 32 characters"),
        (break_demo_key_in_production, "QN_SEAL_KEY is the demo's"),
        (break_date, "is no day"),
        (break_range, "is after --to"),
        (break_future, "to today"),
        (break_month, "is no month"),
        (break_option, "--projct"),
    ],
)
def test_bad_input_gets_one_line_and_exit_2_and_nothing_is_written(
    project: Path,
    qn: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    breakage: Callable[[Path, pytest.MonkeyPatch], list[str]],
    told: str,
) -> None:
    arguments = breakage(project, monkeypatch)
    before = files_below(project)
    status, output, errors = qn(*arguments)
    assert status == 2
    assert told in errors
    assert len(errors.strip().splitlines()) == 1
    assert output == ""
    assert files_below(project) == before
    assert not (project / ".qn").exists()


def test_a_second_writer_waits_then_exits_1_with_nothing_written(
    project: Path, qn: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QN_WRITER_WAIT", "0.3")
    settings = read_settings(project)
    with writer_lock(settings):
        done = subprocess.run([QN, "run", "--project", project, "--date", str(DAY)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("qn: Another run (process ")
    assert "Waited 0.3 s" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert files_below(settings.home) == {"writer.lock"}


def test_a_second_writer_of_the_same_database_waits_too(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> None:
    """Two home folders, as on two machines: the advisory lock holds."""
    monkeypatch.setenv("QN_WRITER_WAIT", "0.3")
    monkeypatch.setenv("QN_WAREHOUSE_URL", postgres_url)
    with Pipeline(project).warehouse.alone():
        monkeypatch.setenv("QN_HOME", str(tmp_path / "elsewhere"))
        done = subprocess.run([QN, "run", "--project", project, "--date", str(DAY)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Another run on the same database is writing" in done.stderr
    assert not (tmp_path / "elsewhere" / "landing").exists()


def test_check_source_tells_each_column(project: Path, qn: Callable[..., tuple[int, str, str]]) -> None:
    status, output, _ = qn("check-source", "desk", "--project", str(project), "--format", "json")
    assert status == 0
    columns = {row["column"]: row for row in json.loads(output)}
    assert columns["code"] == {"column": "code", "mapped_from": "code", "filled_percent": 100.0, "valid_percent": 100.0, "unknown_codes": None}
    assert columns["channel"]["valid_percent"] == 50.0
    assert columns["channel"]["unknown_codes"] == "fax"
    assert columns["ended_at"]["filled_percent"] == 0.0
    assert columns["fee"]["mapped_from"] == "-"
    assert not (project / ".qn").exists()


def test_init_makes_a_project_that_checks_and_runs(tmp_path: Path, qn: Callable[..., tuple[int, str, str]]) -> None:
    folder = tmp_path / "mine"
    assert qn("init", str(folder))[0] == 0
    assert qn("doctor", "--project", str(folder))[0] == 0
    status, output, errors = qn("check-source", "one_stop_shop", "--project", str(folder))
    assert status == 0, errors
    assert "1 rows, 1 keep every rule" in output
    assert qn("init", str(folder))[0] == 2, "a project is not overwritten"


def test_a_failed_run_says_what_is_safe(project: Path, qn: Callable[..., tuple[int, str, str]]) -> None:
    (project / f"data/{DAY}.csv").write_bytes("mã,x\n".encode("utf-16"))
    status, _, errors = qn("run", "--project", str(project), "--date", str(DAY))
    assert status == 1
    assert "is not UTF-8 text; it looks like utf-16. Nothing of it was kept." in errors


def test_figures_of_an_empty_project_say_so(project: Path, qn: Callable[..., tuple[int, str, str]]) -> None:
    status, _, errors = qn("indicators", "--project", str(project), "--month", "2022-06")
    assert (status, errors.startswith("qn: Nothing is published")) == (1, True)


def test_reading_commands_import_neither_dagster_nor_dbt_nor_gx() -> None:
    code = "import sys, qn_pipeline.cli, qn_pipeline.doctor, qn_pipeline.indicators.values, qn_pipeline.validation.preflight; print([m for m in ('dagster', 'dbt', 'great_expectations', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_demos_key_is_the_one_that_production_refuses(repository: Path) -> None:
    assert f"DEMO_SEAL_KEY := {DEMO_SEAL_KEY}\n" in (repository / "Makefile").read_text()


def test_no_command_is_left_without_help() -> None:
    help_text = subprocess.run([QN, "--help"], capture_output=True, text=True, check=True).stdout
    for command in ("init", "check-source", "run", "indicators", "quarantine", "doctor"):
        assert command in help_text
    assert shutil.which(str(QN))
