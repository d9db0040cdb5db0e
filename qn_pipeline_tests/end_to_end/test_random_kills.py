"""Nights that are killed at any moment, and run again: the marts of a twin that nothing disturbed."""

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qn_pipeline_tests.end_to_end.nights import kill_night, run_night
from qn_pipeline_tests.end_to_end.soak_report import write_section
from qn_pipeline_tests.end_to_end.test_same_marts import DAYS, make_project
from qn_pipeline_tests.support import dossier, engine_environment, write_csv

KILLS = int(os.environ.get("SOAK_KILLS", "30"))
LONGEST = 14.0
UNITS, CHANNELS = ["000.00.33.H47", "000.01.33.H47", "000.00.99.H47"], ["direct", "online", "post", "fax"]


def deliver(folders: list[Path], chance: random.Random, number: int) -> None:
    """The same changes to both: a file of changes, told for the first time or again, and a snapshot."""
    changed, listed = chance.sample(DAYS, 2)
    rows = []
    for dossier_no in chance.sample(range(1, 60), 25):
        ended = {"status": 9, "ended": f"{changed} 0{chance.randint(1, 9)}:00:00"} if chance.random() < 0.4 else {"status": chance.choice([2, 4, 5])}
        received = f"2022-0{chance.randint(4, 6)}-0{chance.randint(1, 9)} 08:00:00"
        due = f"2022-06-{chance.randint(1, 28):02} 08:00:00"
        updated = f"{changed} {10 + number // 60}:{number % 60:02}:00"
        rows.append(dossier(dossier_no, received, unit=chance.choice(UNITS), channel=chance.choice(CHANNELS), due=due, updated=updated, **ended))
    snapshot = [dossier(dossier_no, unit=chance.choice(UNITS[:2])) for dossier_no in chance.sample(range(1, 40), 20)]
    for folder in folders:
        write_csv(folder / f"data/desk_{changed}.csv", rows)
        write_csv(folder / f"data/list_{listed}.csv", snapshot)


@pytest.mark.soak
@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_killed_at_any_moment_the_marts_are_those_of_an_undisturbed_twin(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    chance, killed, number, began = random.Random(20221101), 0, 0, time.monotonic()
    with engine_environment(engine, request):
        pipeline, twin = make_project(tmp_path / "killed"), make_project(tmp_path / "twin")
        assert run_night(pipeline.folder, DAYS[0], DAYS[-1]) == 0
        with embedded():
            assert run_night(twin.folder, DAYS[0], DAYS[-1]) == 0
        while killed < KILLS:
            number += 1
            deliver([pipeline.folder, twin.folder], chance, number)
            with embedded():
                before = twin.digests()
                assert run_night(twin.folder, DAYS[0], DAYS[-1]) == 0
                after = twin.digests()
            for _ in range(chance.randint(1, 3)):
                killed += kill_night(pipeline.folder, DAYS[0], DAYS[-1], chance.uniform(0.3, LONGEST)) == -9
                assert pipeline.digests() in (before, after), f"half a night is shown after night {number}"
            assert run_night(pipeline.folder, DAYS[0], DAYS[-1]) == 0
            assert pipeline.digests() == after, f"other marts after night {number}"
            assert list(pipeline.settings.scratch.iterdir()) == [], "what killed runs left aside is cleared"
        kept = pipeline.kept()
        pipeline.build_anew()
        assert pipeline.kept() == kept, "nothing is counted twice, or left behind"
    facts = {
        "nights": number,
        "killed": killed,
        "equal to the twin": f"{len(after)} marts and views after each night; after each kill those of before or of the night",
        "equal row by row to a build of everything": f"{sum(len(rows) for rows in kept.values()):,} rows in {len(kept)} kept tables",
        "seconds": f"{time.monotonic() - began:,.0f}",
    }
    write_section(f"Nights killed at any moment on {'PostgreSQL' if engine == 'postgres' else 'DuckDB'}", facts, {})


@contextmanager
def embedded() -> Iterator[None]:
    """The twin's warehouse is DuckDB's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("QN_WAREHOUSE_URL", raising=False)
        yield
