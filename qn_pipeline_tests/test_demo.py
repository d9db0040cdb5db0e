"""`qn demo`: the whole way on a small province, in a folder of its own, whatever the environment names."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from qn_pipeline.demo import MARK, TYPED_CODES, Demo, prepare
from qn_pipeline.errors import ConfigurationError
from qn_pipeline.simulator.files import end_of
from qn_pipeline.simulator.ledger import ledger
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.units import PROVINCE_CODE

QN = Path(sys.executable).with_name("qn")


def qn(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(QN), *words], capture_output=True, text=True, check=False, env=os.environ | environment)


def test_the_demo_shows_the_truth_and_leaves_the_users_places_alone(tmp_path: Path) -> None:
    elsewhere = {
        "QN_HOME": str(tmp_path / "home"),
        "QN_WAREHOUSE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "QN_SEAL_KEY": "of the user, and long enough to be one",
    }
    folder = tmp_path / "demo"
    done = qn("demo", str(folder), "--dossiers", "400", "--months", "2", "--nights", "1", "--seed", "5", **elsewhere)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "home").exists()
    for words in ("Backfill 2022-01-01 to 2022-01-31", "Night 2022-02-01", "Tỉnh Quảng Nam", "2022-01.html"):
        assert words in done.stdout
    lines = [line for line in done.stdout.splitlines() if line.startswith(("│", "┃"))]
    assert [line for line in lines if not line.endswith(("│", "┃"))] == [], "a table is cut off"
    shown = qn("indicators", "--project", str(folder), "--month", "2022-01", "--unit", PROVINCE_CODE, "--format", "json")
    true = ledger(simulate(400, 2, seed=5, typed_codes=TYPED_CODES), [end_of(date(2022, 1, 31)), end_of(date(2022, 2, 1))])
    counts = {row["indicator"]: row["numerator"] for row in json.loads(shown.stdout) if row["denominator"] == "None" or row["denominator"] is None}
    assert counts["dossiers_received"] == true["received", "month", date(2022, 1, 1), PROVINCE_CODE, "all"]
    assert counts["dossiers_running"] == true["running", "month", date(2022, 1, 1), PROVINCE_CODE, "all"]


def test_a_folder_of_somebody_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work.txt").write_text("years of it")
    with pytest.raises(ConfigurationError, match="was not made by qn demo"):
        prepare(Demo(tmp_path / "mine", 10, 2, 1, 1))
    assert (tmp_path / "mine" / "work.txt").read_text() == "years of it"


def test_a_demo_is_made_again_in_its_own_folder(tmp_path: Path) -> None:
    demo = Demo(tmp_path / "demo", 10, 2, 1, 1)
    prepare(demo)
    (demo.folder / "old.txt").write_text("of the last demo")
    prepare(demo)
    assert [path.name for path in demo.folder.iterdir()] == [MARK]


def test_no_demo_in_production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QN_ENV", "prod")
    with pytest.raises(ConfigurationError, match="QN_ENV is prod"):
        prepare(Demo(tmp_path / "demo", 10, 2, 1, 1))
    assert not (tmp_path / "demo").exists()


def test_the_days_of_a_demo() -> None:
    demo = Demo(Path(), 10, 12, 7, 1)
    assert demo.backfill == (date(2022, 1, 1), date(2022, 11, 30))
    assert (demo.replayed[0], demo.replayed[-1], len(demo.replayed)) == (date(2022, 12, 1), date(2022, 12, 7), 7)
