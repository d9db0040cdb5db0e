"""`qn demo`: a simulated province behind a server, pulled as a real one is: most of its months in one run, then night after night.

Belongs here: the order of events and the demo's own folder and key. Does not: the province (simulator) or the job (orchestration).
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from qn_pipeline.errors import ConfigurationError, RunFailed
from qn_pipeline.project import load_project
from qn_pipeline.settings import DEMO_SEAL_KEY, Settings, read_settings
from qn_pipeline.sources.files import month_after

START = date(2022, 1, 1)
TYPED_CODES = 0.002
YEARS = (2022,)  # of budgets
MARK = ".qn-demo"
WORDS = "A folder that `qn demo` made and may make again."


@dataclass(frozen=True)
class Demo:
    """A province's size and what is done with it: all months but the last one in one run, then so many nights."""

    folder: Path
    dossiers: int
    months: int
    nights: int
    seed: int

    @property
    def backfill(self) -> tuple[date, date]:
        """The days of the first run."""
        end = START
        for _ in range(self.months - 1):
            end = month_after(end)
        return START, end - timedelta(days=1)

    @property
    def replayed(self) -> list[date]:
        """The days of the nights that follow."""
        return [self.backfill[1] + timedelta(days=night) for night in range(1, self.nights + 1)]


@dataclass(frozen=True)
class Province:
    """A running server of a simulated province."""

    url: str
    token: str

    def set_clock(self, now: datetime) -> None:
        """Let its systems show what they would show at a moment."""
        body = json.dumps({"now": now.isoformat()}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/simulator/clock", data=body, method="PUT")):  # noqa: S310 -- our own server
            pass


def prepare(demo: Demo) -> None:
    """An empty folder for the demo. Raises ConfigurationError when the folder is somebody else's, or the environment is production's."""
    if os.environ.get("QN_ENV") == "prod":
        raise ConfigurationError("QN_ENV is prod, and the demo is for a machine to try things on. Nothing was written. Unset QN_ENV.")
    if demo.months < 2:
        raise ConfigurationError("--months is at least 2: all but the last one are loaded in one run. Nothing was written.")
    if demo.folder.exists() and not (demo.folder / MARK).is_file() and (not demo.folder.is_dir() or any(demo.folder.iterdir())):
        raise ConfigurationError(f"{demo.folder} exists and was not made by qn demo. Nothing was written. Name another folder.")
    shutil.rmtree(demo.folder, ignore_errors=True)
    demo.folder.mkdir(parents=True)
    (demo.folder / MARK).write_text(WORDS + "\n", encoding="utf-8")
    # The demo touches neither the user's home folder nor the user's warehouse, whatever the environment names.
    for name in ("QN_HOME", "QN_WAREHOUSE_URL"):
        os.environ.pop(name, None)
    os.environ["QN_SEAL_KEY"] = DEMO_SEAL_KEY


@contextmanager
def serving(demo: Demo) -> Iterator[Province]:
    """The province in a process of its own, which ends with this one, and a project in the folder that pulls it."""
    from qn_pipeline.simulator.feeds import add_to_project
    from qn_pipeline.simulator.projects import CONNECTION, write_project

    words = ["--dossiers", str(demo.dossiers), "--months", str(demo.months), "--seed", str(demo.seed), "--start", START.isoformat()]
    words += ["--typed-codes", str(TYPED_CODES)]
    server = subprocess.Popen(
        [sys.executable, "-m", "qn_pipeline.simulator.server", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        ready = server.stdout.readline()
        if not ready:
            raise RunFailed(f"The simulated province did not start (exit status {server.wait()}). Its words are above. Run again.")
        told = json.loads(ready)
        os.environ[f"QN_SECRET_{CONNECTION.upper()}"] = told["token"]
        write_project(demo.folder, told["url"], START)
        add_to_project(demo.folder)
        yield Province(told["url"], told["token"])
    finally:
        assert server.stdin is not None
        server.stdin.close()
        server.wait()


def run(demo: Demo, province: Province) -> Iterator[tuple[date, date]]:
    """Run the jobs, and tell each range of days before it is run. The other feeds' files come on the days on which they do."""
    from qn_pipeline.orchestration.run import run_nightly
    from qn_pipeline.simulator.feeds import feeds, write_days
    from qn_pipeline.simulator.simulate import simulate

    settings = settings_of(demo)
    # The server's province once more: the same seed, the same lives.
    others = feeds(simulate(demo.dossiers, demo.months, demo.seed, START, TYPED_CODES), demo.seed, YEARS, post_since=demo.backfill[1].replace(day=1))
    for first, last in [demo.backfill, *((day, day) for day in demo.replayed)]:
        yield first, last
        write_days(others, demo.folder, first, last)
        province.set_clock(datetime.combine(last + timedelta(days=1), time()))
        outcome = run_nightly(demo.folder, settings, first, last)
        if outcome.failed:
            raise RunFailed(" ".join(outcome.failed.values()))


def settings_of(demo: Demo) -> Settings:
    load_project(demo.folder)
    settings = read_settings(demo.folder)
    settings.prepare_home()
    return settings
