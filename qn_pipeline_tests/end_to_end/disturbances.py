"""What goes wrong in a night of a province, by chance: sources, files, the disk, the run's process, the server, another run.

Each is a way to attempt a night; it says whether the night was done all the same, and what the run said. Belongs here: what happens. Does not: what must
hold afterwards (test_disturbed_nights).
"""

import logging
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from qn_pipeline.simulator.faults import Fault, FaultKind
from qn_pipeline.simulator.lives import Province
from qn_pipeline.simulator.server import Handle
from qn_pipeline_tests.end_to_end.nights import KILLS, run_night, start_night
from qn_pipeline_tests.support import Pipeline, restart

log = logging.getLogger(__name__)

K = FaultKind
LIMITS = (40_000, 200_000, 1_000_000, 4_000_000, 12_000_000)
"""Bytes beyond which no file may grow."""
ENDPOINTS = ("dossiers", "dossier", "actions", "files", "payment", "statistics", "serviceinfos", "dictitems", "any")
LASTING = (K.SERVER_ERROR, K.RESET, K.TRUNCATED, K.NOT_JSON, K.DOWN, K.HALF_EMPTY, K.HALF_LISTS, K.EXPIRED_TOKEN)
PASSING = (
    K.TIMEOUT,
    K.SLOW,
    K.TOO_MANY,
    K.SERVER_ERROR,
    K.RESET,
    K.TRUNCATED,
    K.NOT_JSON,
    K.DUPLICATE_PAGE,
    K.MOVING_ROWS,
    K.HALF_LISTS,
    K.STALE_LISTS,
)
# What the run ends with when everything is published that can be: a small province has days of a volume that is not usual.
DONE_ALL_THE_SAME = "Published with rows that look wrong"


@dataclass
class Disturbed:
    """A pipeline under test, the province and the systems that it pulls, and what is counted of its nights."""

    pipeline: Pipeline
    province: Province
    system: Handle
    server: str | None
    chance: random.Random
    happened: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    longest: float = 15.0
    """Seconds that the last undisturbed night took: something happens within them, also on a machine that is busy."""
    cut_off: dict[Path, bytes] = field(default_factory=dict)
    """What there was of files that were cut off, since it was last emptied: a source has told it, and cases remember."""

    def attempt(self, first: date, last: date, new: Sequence[Path]) -> tuple[str, bool]:
        """A night that something disturbs. Returns what it was, and whether the night was done all the same. `new`: the files that came for it."""
        kinds: dict[str, tuple[int, Callable[[date, date, Sequence[Path]], bool]]] = {
            "a source fails for a while": (4, self._sources_for_a_while),
            "a source fails until it is mended": (4, self._sources_until_mended),
            "a file is cut off": (3, self._file_cut_off),
            "killed at a moment": (4, self._killed),
            "killed at a step": (3, self._killed_at_a_step),
            "stopped (SIGTERM)": (2, self._stopped),
            "disk full": (3, self._disk_full),
            "two runs at once": (2, self._two_at_once),
        }
        if self.server is not None:
            kinds["PostgreSQL is started again"] = (4, self._server_restarted)
        kind = self.chance.choices(list(kinds), [weight for weight, _ in kinds.values()])[0]
        self.happened[kind] += 1
        return kind, kinds[kind][1](first, last, new)

    def undisturbed(self, first: date, last: date) -> str:
        """The night with nothing wrong. Returns what it said when it was not done, nothing otherwise."""
        self.system.set_faults([])
        began = time.monotonic()
        status, said = start_night(self.pipeline.folder, first, last).end()
        self.longest = time.monotonic() - began
        return "" if _is_done(status, said) else f"{status} {said}"

    def _told(self, status: int | None, said: str) -> bool:
        """Note how a run ended. A run that fails says why in a line of its own."""
        done = _is_done(status, said)
        if not done and status is not None and status > 0 and status != 143:
            assert said.startswith("qn: "), (status, said)
            log.info("%s", said)
            self.said[f"told: {_kind_of(said)}"] += 1
        return done

    def _sources(self, faults: list[Fault], first: date, last: date) -> bool:
        for fault in faults:
            log.info("%s", fault)
            self.happened[f"— {fault.kind.value}"] += 1
        self.system.set_faults(faults)
        try:
            return self._told(*start_night(self.pipeline.folder, first, last).end())
        finally:
            self.system.set_faults([])

    def _sources_for_a_while(self, first: date, last: date, new: Sequence[Path]) -> bool:
        faults = []
        for _ in range(self.chance.randint(1, 3)):
            kind = self.chance.choice(PASSING)
            times = 1 if kind == K.TIMEOUT else self.chance.randint(1, 4)
            after = self.chance.choice([0, 1, self.chance.randint(2, 12)])
            seconds = 0.05 if kind == K.SLOW else 0.0
            faults.append(Fault(kind, self._endpoint(kind), after, times, seconds, self.chance.choice([500, 502, 503]), 0))
        return self._sources(faults, first, last)

    def _sources_until_mended(self, first: date, last: date, new: Sequence[Path]) -> bool:
        kind = self.chance.choice(LASTING)
        after = self.chance.choice([0, 0, self.chance.randint(1, 10)])
        return self._sources([Fault(kind, self._endpoint(kind), after, None, status=self.chance.choice([404, 500, 503]))], first, last)

    def _endpoint(self, kind: FaultKind) -> str:
        return "dossiers" if kind == K.HALF_LISTS else self.chance.choice(ENDPOINTS)

    def _file_cut_off(self, first: date, last: date, new: Sequence[Path]) -> bool:
        """The file is there half at first, and whole when the night is run again."""
        file = self.chance.choice(sorted(new)) if new else None
        if file is None:
            return False
        whole = file.read_bytes()
        half = whole[: self.chance.randrange(len(whole) // 8, len(whole))]
        self.cut_off[file.relative_to(self.pipeline.folder)] = half
        file.write_bytes(half)
        try:
            self._told(*start_night(self.pipeline.folder, first, last).end())
        finally:
            file.write_bytes(whole)
        return False

    def _killed(self, first: date, last: date, new: Sequence[Path]) -> bool:
        night = start_night(self.pipeline.folder, first, last)
        night.process.join(self.chance.uniform(0.02, 1) * self.longest)
        if night.process.exitcode is None:
            night.process.kill()
        return self._told(*night.end())

    def _killed_at_a_step(self, first: date, last: date, new: Sequence[Path]) -> bool:
        step = self.chance.choice(sorted(KILLS))
        self.happened[f"— {step}"] += 1
        return run_night(self.pipeline.folder, first, last, kill_at=step) == 0

    def _stopped(self, first: date, last: date, new: Sequence[Path]) -> bool:
        night = start_night(self.pipeline.folder, first, last)
        night.process.join(self.chance.uniform(0.02, 1) * self.longest)
        if night.process.exitcode is None:
            night.process.terminate()
        status, said = night.end()
        # In its first moments the fork server's child has no handler yet.
        return self._told(None if status == -signal.SIGTERM else status, said)

    def _disk_full(self, first: date, last: date, new: Sequence[Path]) -> bool:
        """No file may grow beyond a size that some step needs."""
        limit = self.chance.choice(LIMITS)
        if self.chance.random() < 0.3:
            return self._told(*start_night(self.pipeline.folder, first, last, file_limit=limit).end())
        return self._told(*start_night(self.pipeline.folder, first, last, limit_of_all=limit).end())

    def _two_at_once(self, first: date, last: date, new: Sequence[Path]) -> bool:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("QN_WRITER_WAIT", self.chance.choice(["0", "60"]))
            both = [start_night(self.pipeline.folder, first, last) for _ in range(2)]
        ends = [night.end() for night in both]
        done = [self._told(*end) for end in ends]
        assert any(done), ends
        return True

    def _server_restarted(self, first: date, last: date, new: Sequence[Path]) -> bool:
        assert self.server is not None
        night = start_night(self.pipeline.folder, first, last)
        night.process.join(self.chance.uniform(0.02, 1) * self.longest)
        restart(self.server)
        return self._told(*night.end())


def _is_done(status: int | None, said: str) -> bool:
    return status == 0 or (status == 1 and DONE_ALL_THE_SAME in said and "Published without" not in said)


def _kind_of(said: str) -> str:
    """What a run told, without names and numbers."""
    kinds: Mapping[str, str] = {
        "The disk is full": "disk full",
        "The PostgreSQL server was lost": "server lost",
        "does not answer": "server does not answer",
        "Another run": "another run is writing",
        "Published without what": "published without a source",
        "A check stopped the run": "a check stopped the run",
        "Stopped.": "stopped",
    }
    return next((kind for words, kind in kinds.items() if words in said), "in other words")


def files_below(folder: Path) -> set[Path]:
    """All files below a folder."""
    return {Path(base) / name for base, _, names in os.walk(folder) for name in names}
