"""A province through many nights in which something goes wrong by chance: in the end it has the figures of a twin that nothing disturbed.

Its one-stop shop is pulled over HTTP, all other feeds come as files, some of them late and some again, corrected. A night that was not done is run again.
"""

import logging
import os
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

from qn_pipeline.simulator import post_files
from qn_pipeline.simulator.feeds import Feeds, add_to_project, feeds, write_days
from qn_pipeline.simulator.files import end_of
from qn_pipeline.simulator.projects import write_project
from qn_pipeline.simulator.server import serving
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline_tests.end_to_end.disturbances import Disturbed, files_below
from qn_pipeline_tests.end_to_end.nights import rebuild_in_parts
from qn_pipeline_tests.end_to_end.soak_report import version_of, write_section
from qn_pipeline_tests.end_to_end.test_random_kills import embedded
from qn_pipeline_tests.end_to_end.test_same_marts import nobody_else_is_in
from qn_pipeline_tests.figures import INDICATORS, NOT_TOLD_BY_OPENCPS, differences, published, truth
from qn_pipeline_tests.support import Pipeline, engine_environment

NIGHTS = int(os.environ.get("SOAK_NIGHTS", "40"))
SEED = int(os.environ.get("SOAK_SEED", "20220531"))
DOSSIERS, MONTHS, START, LAST = 400, 3, date(2022, 4, 1), date(2022, 5, 31)
DAYS = [LAST - timedelta(days=back) for back in reversed(range(NIGHTS))]
COMPARED_EVERY = 20
log = logging.getLogger(__name__)

LATE, TWICE = 0.25, 0.15
"""Shares: of nights with a file that comes a night later, and of attempts that are disturbed a second time."""


@dataclass
class Deliveries:
    """The files of the other feeds, to the twin on their day, to the pipeline some of them a night later."""

    made: Feeds
    pipeline: Path
    twin: Path
    chance: random.Random
    late: dict[Path, bytes] = field(default_factory=dict)
    since: date | None = None
    came_late: int = 0
    corrected: int = 0

    def bring(self, first: date, last: date) -> tuple[date, list[Path]]:
        """The files of some days. Returns the first day that the pipeline must look at, and the files that are new to it."""
        new = [self.pipeline / path for path in self.late]
        for path, content in self.late.items():
            (self.pipeline / path).write_bytes(content)
        looked_from = min(first, self.since or first)
        self.late, self.since = {}, None
        before = files_below(self.pipeline / "data")
        for folder in (self.pipeline, self.twin):
            write_days(self.made, folder, first, last)
        came = sorted(files_below(self.pipeline / "data") - before)
        if first == last and came and self.chance.random() < LATE and last != LAST:
            file = self.chance.choice(came)
            self.late, self.since = {file.relative_to(self.pipeline): file.read_bytes()}, first
            file.unlink()
            came.remove(file)
            self.came_late += 1
        return looked_from, [*new, *came]

    def correct(self, night: date) -> date:
        """The post's files that come again, corrected, by this night, to both. Returns the first day of one."""
        first = night
        for sent, day, form in post_files.corrections(self.made.pieces, SEED):
            name = Path(post_files.FOLDER) / f"{form}_{day}.{form}"
            if sent == night and (self.pipeline / name).exists():
                _, pieces = post_files.write_correction(self.made.pieces, self.twin, day, form, SEED)
                shutil.copyfile(self.twin / name, self.pipeline / name)
                self.made.pieces[:] = pieces
                self.corrected += 1
                first = min(first, day)
        return first


@contextmanager
def twins(engine: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Disturbed, Pipeline, Deliveries]]:
    """A pipeline on an engine and its twin on DuckDB, both of which pull the same province."""
    chance = random.Random(f"{SEED} {engine}")
    province = simulate(DOSSIERS, MONTHS, seed=42, start=START)
    made = feeds(province, SEED, (2022,), post_since=START, contacts_a_day=3, agencies=2, count=6)
    with engine_environment(engine, request), serving(province, end_of(DAYS[0])) as system, pytest.MonkeyPatch.context() as patch:
        patch.setenv("QN_SECRET_MOT_CUA", system.token)
        both = []
        for name in ("disturbed", "twin"):
            (folder / name).mkdir()
            write_project(folder / name, system.url, START, first_wait=0.01, retry_budget=1.5, timeout=10)
            add_to_project(folder / name)
            both.append(Pipeline(folder / name, os.environ.get("QN_WAREHOUSE_URL") if name == "disturbed" else None))
        server = request.getfixturevalue("postgres_server") if engine == "postgres" else None
        disturbed = Disturbed(both[0], province, system, server, chance)
        yield disturbed, both[1], Deliveries(made, both[0].folder, both[1].folder, chance)


@pytest.mark.soak
@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_after_disturbed_nights_the_figures_are_those_of_an_undisturbed_twin(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    began, again, compared = time.monotonic(), 0, 0
    with twins(engine, tmp_path, request) as (disturbed, twin, deliveries):
        pipeline, backfilled = disturbed.pipeline, DAYS[0] - timedelta(days=1)
        read = [end_of(backfilled)]
        disturbed.system.set_clock(read[0])
        deliveries.bring(START, backfilled)
        assert disturbed.undisturbed(START, backfilled) == ""
        with embedded():
            assert twin.land(*(START + timedelta(days=n) for n in range((backfilled - START).days + 1))) == {}
        for number, night in enumerate(DAYS, start=1):
            disturbed.system.set_clock(end_of(night))
            read.append(end_of(night))
            first, new = deliveries.bring(night, night)
            corrected = deliveries.correct(night)
            first = min(first, corrected)
            disturbed.cut_off.clear()
            done, shown = False, _last_day(pipeline)
            for _ in range(1 + (disturbed.chance.random() < TWICE)):
                kind, done = disturbed.attempt(first, night, new)
                assert _last_day(pipeline) in (shown, night), kind
                again += not done
                log.info("night %s, %s: %s, %s; %.0f s", number, night, kind, "done" if done else "to be run again", time.monotonic() - began)
            if not done:
                assert disturbed.undisturbed(first, night) == "", f"night {number}, after: {kind}"
            with embedded():
                _land(twin, disturbed, corrected, night)
            assert pipeline.warehouse.builds().are_one, kind
            assert list(pipeline.settings.scratch.iterdir()) == [], "what was left aside is cleared"
            if number % COMPARED_EVERY == 0 or night == LAST:
                with embedded():
                    twin.check()
                    twin.load(night)
                    twin.build("*", "run")
                    twin.warehouse.publish()
                    expected = _digests(twin)
                assert _differing(_digests(pipeline), expected) == [], f"night {number}"
                log.info("night %s: equal to the twin; %.0f s", number, time.monotonic() - began)
                compared += len(expected)
        assert nobody_else_is_in(pipeline)
        figures, true = published(pipeline), truth(disturbed.province, read)
        assert differences(figures, true, not_told=NOT_TOLD_BY_OPENCPS) == {}
        kept = pipeline.kept()
        assert rebuild_in_parts(pipeline.folder, rows_a_gb=750_000) in (0, 1)
        assert _differing(_digests(pipeline), expected) == [], "a rebuild from landing"
        assert pipeline.kept() == kept, "nothing is doubled or left behind"
        facts = {
            "nights": f"{NIGHTS}, to {LAST}, of {DOSSIERS} dossiers; seed {SEED}",
            "disturbances": sum(count for kind, count in disturbed.happened.items() if not kind.startswith("—")),
            "nights run again": again,
            "files late / corrected": f"{deliveries.came_late} / {deliveries.corrected}",
            "equal to the twin": f"{compared} marts and views in {-(-NIGHTS // COMPARED_EVERY)} comparisons, then all after a rebuild from landing",
            "equal to the ledger of truth": f"{sum(key[0] in INDICATORS for key in figures):,} figures of dossiers",
            "equal row by row to a rebuild": f"{sum(len(rows) for rows in kept.values()):,} rows in {len(kept)} kept tables",
            "seconds": f"{time.monotonic() - began:,.0f}",
            "engine": version_of(disturbed.server) if disturbed.server else "DuckDB",
        }
        write_section(f"Disturbed nights on {facts['engine'].split()[0]}", facts, disturbed.happened + disturbed.said)


def _last_day(pipeline: Pipeline) -> date:
    """How far what is published reaches."""
    [(day,)] = pipeline.warehouse.read("select max(last_day_asked) from marts.data_status")[1]
    assert isinstance(day, date)
    return day


def _land(twin: Pipeline, disturbed: Disturbed, first: date, last: date) -> None:
    """The twin lands some days. What was told of a file that was cut off it is told, too: that is no disturbance, and cases remember it."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    for path, half in disturbed.cut_off.items():
        whole = (twin.folder / path).read_bytes()
        (twin.folder / path).write_bytes(half)
        twin.land(*days)
        (twin.folder / path).write_bytes(whole)
    disturbed.cut_off.clear()
    assert twin.land(*days) == {}


def _digests(pipeline: Pipeline) -> dict[str, str]:
    """The canonical export without what is about the asking: places of pulled rows in cases, since answers come in any order, and how a source's

    counters differed from its lists, which is told of each time that it was asked.
    """
    columns, rows = pipeline.warehouse.read("select * from marts.quarantine_row")
    file, place = columns.index("file"), columns.index("row_no")
    cases = sorted(str([None if at == place and str(row[file]).startswith("opencps:") else value for at, value in enumerate(row)]) for row in rows)
    told = {name: digest for name, digest in pipeline.digests().items() if not name.startswith("source_reconciliation")}
    return {**told, "quarantine_row": str(cases)}


def _differing(got: dict[str, str], expected: dict[str, str]) -> list[str]:
    return sorted(name for name in got.keys() | expected.keys() if got.get(name) != expected.get(name))
