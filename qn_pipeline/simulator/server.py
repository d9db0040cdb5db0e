"""Runs the systems of a simulated province: in a thread of this process, or as a process of its own.

Belongs here: sockets, threads, the command. Does not: what is answered (app).

    python -m qn_pipeline.simulator.server --dossiers 2000 --months 6 --seed 1 --start 2022-01-01 --port 0

writes one line of JSON when it is ready (url, token, group_id, username, password, now) and ends when its standard input is closed.
"""

import argparse
import asyncio
import gc
import json
import socket
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from threading import Thread

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from qn_pipeline.simulator.app import PASSWORD, TOKEN, USERNAME, ProvinceApp
from qn_pipeline.simulator.faults import Fault
from qn_pipeline.simulator.lives import Shows
from qn_pipeline.simulator.opencps import GROUP_ID
from qn_pipeline.simulator.simulate import FIRST_DAY, simulate
from qn_pipeline.simulator.systems import NationalCopy

_HOST = "127.0.0.1"


class _Connection(HttpToolsProtocol):
    """Tells the application its transport, for faults that break connections."""

    # The class itself narrows the type in this way.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


@dataclass(frozen=True, slots=True)
class Handle:
    """A running server."""

    url: str
    app: ProvinceApp
    token: str = TOKEN
    group_id: int = GROUP_ID
    username: str = USERNAME
    password: str = PASSWORD

    def set_clock(self, now: datetime) -> None:
        """Shows the province as it is at another moment."""
        self.app.set_clock(now)

    def set_faults(self, faults: Iterable[Fault]) -> None:
        """Puts these faults in place of those that stand."""
        self.app.set_faults(faults)

    def requests(self) -> Counter[str]:
        """How many requests each endpoint has had."""
        return self.app.requests()

    def forget_requests(self) -> None:
        """Counts from zero again."""
        self.app.forget_requests()


@contextmanager
def serving(shown: Shows, now: datetime, national: Shows | None = None, faults: Iterable[Fault] = ()) -> Iterator[Handle]:
    """Serves a province, or a view of one, on a free port; the national endpoint may show another view."""
    app = ProvinceApp(shown, now, national, faults)
    listening = _listen(0)
    server = _server(app)
    # The socket listens already: whoever connects before the thread is ready waits in the queue.
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, name="simulator", daemon=True)
    thread.start()
    try:
        yield Handle(_url(listening), app)
    finally:
        _stop(server)
        thread.join()
        listening.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulates and serves until standard input is closed."""
    told = _arguments(arguments)
    province = simulate(told.dossiers, told.months, told.seed, told.start, told.typed_codes)
    # Lives stay as they are: looking for garbage among them makes single requests slow.
    gc.freeze()
    now = told.now or datetime.combine(province.end, time())
    listening = _listen(told.port)
    server = _server(ProvinceApp(province, now, NationalCopy(province)))
    Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
    ready = {
        "url": _url(listening),
        "token": TOKEN,
        "group_id": GROUP_ID,
        "username": USERNAME,
        "password": PASSWORD,
        "now": now.isoformat(),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    server.run(sockets=[listening])


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m qn_pipeline.simulator.server", description="Serves a simulated province.")
    parser.add_argument("--dossiers", type=int, default=2000)
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=date.fromisoformat, default=FIRST_DAY)
    parser.add_argument("--typed-codes", type=float, default=0.0, help="share of dossiers whose code was typed by hand")
    parser.add_argument("--now", type=datetime.fromisoformat, help="the clock; the end of the simulated months unless told otherwise")
    parser.add_argument("--port", type=int, default=0, help="0 for a free one")
    return parser.parse_args(arguments)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((_HOST, port))
    listening.listen(512)
    return listening


def _url(listening: socket.socket) -> str:
    return f"http://{_HOST}:{listening.getsockname()[1]}"


def _server(app: ProvinceApp) -> uvicorn.Server:
    return uvicorn.Server(uvicorn.Config(app, http=_Connection, ws="none", lifespan="off", log_config=None, log_level="error", access_log=False))


def _stop(server: uvicorn.Server) -> None:
    # Forced, since requests that are never answered would be waited for.
    server.force_exit = True
    server.should_exit = True


def _stop_at_end_of_input(server: uvicorn.Server) -> None:
    sys.stdin.buffer.read()
    _stop(server)


if __name__ == "__main__":
    main()
