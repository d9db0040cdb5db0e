"""Being stopped: a signal ends a command in order, and is told again when Python has dropped it."""

import signal
import subprocess
import sys
import threading
from contextlib import suppress

import pytest

from qn_pipeline import stopping
from qn_pipeline.stopping import stoppable

LONGEST = 30


def test_a_stop_that_was_dropped_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "REPEATED_AFTER", 0.05)
    before = signal.getsignal(signal.SIGTERM)

    def drop_the_first() -> None:
        with stoppable():
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
            threading.Event().wait(LONGEST)

    with pytest.raises(KeyboardInterrupt):
        drop_the_first()
    assert signal.getsignal(signal.SIGTERM) is before
    assert signal.set_wakeup_fd(-1) == -1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_heeded_is_told_once_and_nothing_is_left(number: signal.Signals) -> None:
    code = f"""
from qn_pipeline.stopping import stoppable
import signal, threading
try:
    with stoppable():
        signal.raise_signal({number.value})
        threading.Event().wait({LONGEST})
except KeyboardInterrupt:
    print("heard", threading.active_count() <= 2)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=LONGEST)
    assert done.stdout == "heard True\n"
