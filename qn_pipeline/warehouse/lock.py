"""One writer at a time: a file lock in the home folder, whoever starts the run, and an advisory lock where PostgreSQL is shared.

Both vanish with the process that holds them, however it ends.
"""

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from qn_pipeline.errors import WarehouseBusy
from qn_pipeline.settings import Settings

LOCK_FILE = "writer.lock"
POLL_SECONDS = 0.2
_held: dict[Path, int] = {}
_guard = threading.Lock()


@contextmanager
def writer_lock(settings: Settings) -> Iterator[bool]:
    """Be the only writer of a home folder for the block. A process that holds it may enter again, and gets False then.

    Raises WarehouseBusy when another writer does not end within `settings.writer_wait` seconds.
    """
    path = settings.home / LOCK_FILE
    with _guard:
        nested = _held.get(path, 0) > 0
        if nested:
            _held[path] += 1
    if nested:
        try:
            yield False
        finally:
            with _guard:
                _held[path] -= 1
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as stream:
        wait_for(lambda: _try(stream), settings.writer_wait, lambda: _holder(path))
        stream.truncate(0)
        stream.write(json.dumps({"pid": os.getpid(), "since": datetime.now().astimezone().isoformat(timespec="seconds")}))
        stream.flush()
        with _guard:
            _held[path] = 1
        try:
            yield True
        finally:
            with _guard:
                del _held[path]
            stream.truncate(0)


def wait_for(attempt: Callable[[], bool], seconds: float, holder: Callable[[], str]) -> None:
    """Try until it works; raise WarehouseBusy after so many seconds."""
    deadline = time.monotonic() + seconds
    while not attempt():
        if time.monotonic() >= deadline:
            raise WarehouseBusy(
                f"{holder()} is writing. Waited {seconds:g} s (QN_WRITER_WAIT); nothing was written. Run it again when that one has ended."
            )
        time.sleep(min(POLL_SECONDS, max(0.0, deadline - time.monotonic())))


def _try(stream: IO[str]) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"Another run (process {holder['pid']}, since {holder['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "Another run"
