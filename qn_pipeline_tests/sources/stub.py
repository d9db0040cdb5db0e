"""A small HTTP server that answers as a test says, and remembers what it was asked."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from qn_pipeline.project import Connection


@dataclass(frozen=True)
class Asked:
    """A request."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Told:
    """An answer: JSON, unless the body is bytes."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Asked], Told]
PAGE = b"<html><body>maintenance</body></html>"
NO_CONTENT = Told({"message": "No Content.", "code": 403, "description": None}, 403)


@dataclass
class Stub:
    """The server: its address, and the requests that it had, in the order in which they came."""

    url: str
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def answering(answer: Answer) -> Iterator[Stub]:
    """A server on a free port that answers every request by a function, many at a time."""
    lock = Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            asked = Asked(parts.path, dict(parse_qsl(parts.query)), dict(self.headers.items()), body)
            with lock:
                stub.asked.append(asked)
            told = answer(asked)
            sent = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
            self.send_response(told.status)
            for name, value in {**told.headers, "Content-Length": str(len(sent))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = _answer  # noqa: N815 -- the library's names

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub = Stub(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def in_turn(*answers: Told) -> Answer:
    """These answers one after the other, the last of them for ever."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def connection(url: str, product: str = "opencps", **settings: Any) -> Connection:
    """A connection that loses no time."""
    needed = {"group_id": "7"} if product == "opencps" else {"user": "tinh", "unit": "H47"}
    told = {"name": "site", "product": product, "url": url, "first_wait": 0.01, "retry_budget": 1, "timeout": 2, **needed, **settings}
    return Connection.model_validate(told)
