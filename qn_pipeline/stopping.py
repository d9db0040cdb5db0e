"""Being stopped: Ctrl-C and SIGTERM end a command in order, which undoes what it had begun and ends what it had started."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Longer than dbt is given to end (DbtCliResource.termination_timeout_seconds).
REPEATED_AFTER = 30.0


@contextmanager
def stoppable() -> Iterator[None]:
    """SIGTERM raises KeyboardInterrupt as Ctrl-C does, and neither is lost; for the main thread.

    Python drops an exception that a signal raises in the midst of a destructor or a callback of the garbage collector. A stop that the
    command has not heeded is therefore told again.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    ear, mouth = socket.socketpair()
    mouth.setblocking(False)
    # Heard whoever handles the signal: Dagster puts handlers of its own in place while it runs steps.
    heard_before = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    ended = threading.Event()
    threading.Thread(target=_repeat, args=(ear, ended), daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(heard_before)
        mouth.close()
        signal.signal(signal.SIGTERM, before)


def _repeat(ear: socket.socket, ended: threading.Event) -> None:
    with ear:
        heard = ear.recv(1)
        while heard and heard[0] not in (signal.SIGINT, signal.SIGTERM):
            heard = ear.recv(1)
        while heard and not ended.wait(REPEATED_AFTER):
            os.kill(os.getpid(), signal.SIGTERM)
