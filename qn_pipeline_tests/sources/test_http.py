"""Requests: tried again within a budget, or refused at once with what to do."""

import asyncio
import socket
import threading
import time
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Lock
from typing import Any

import pytest

from qn_pipeline.errors import QnError, SourceChanged, SourceUnavailable
from qn_pipeline.project import Connection
from qn_pipeline.sources.http import Answer, Http, all_of
from qn_pipeline_tests.sources.stub import PAGE, Asked, Told, answering, connection, in_turn

OK = Told({"fine": True})
BUSY = Told(PAGE, 503)


def get(told: Connection, path: str = "/x", times: int = 1, **headers: str) -> list[Answer]:
    """The answers to so many requests at a time."""

    async def asked() -> list[Answer]:
        async with Http(told, headers) as http:
            return await all_of(http.get(path, {"seite": str(number)}) for number in range(times))

    return asyncio.run(asked())


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was waited for, in no time."""
    waits: list[float] = []
    sleep, mine = asyncio.sleep, threading.get_ident()

    async def at_once(seconds: float, result: Any = None) -> Any:
        if threading.get_ident() != mine:  # a server of another test
            return await sleep(seconds, result)
        waits.append(seconds)
        return await sleep(0, result)

    monkeypatch.setattr(asyncio, "sleep", at_once)
    return waits


@pytest.mark.parametrize("first", [BUSY, Told(PAGE, 429), Told(PAGE, 408), Told(PAGE, 500), Told(PAGE), Told(b"{")], ids=str)
def test_what_passes_is_tried_again(first: Told) -> None:
    with answering(in_turn(first, first, OK)) as stub:
        assert get(connection(stub.url)) == [Answer(200, {"fine": True})]
        assert len(stub.asked) == 3


def test_waits_grow_from_the_first(slept: list[float]) -> None:
    with answering(in_turn(BUSY, BUSY, BUSY, OK)) as stub:
        get(connection(stub.url, first_wait=0.5, retry_budget=60))
    assert [0.5 <= slept[0] <= 1, 1 <= slept[1] <= 1.5, 2 <= slept[2] <= 2.5] == [True] * 3


def test_the_budget_ends_it() -> None:
    began = time.monotonic()
    with answering(lambda _: BUSY) as stub, pytest.raises(SourceUnavailable) as failed:
        get(connection(stub.url, retry_budget=0.1))
    assert str(failed.value) == (
        f"site at {stub.url.removeprefix('http://')}/x answers HTTP 503, also when asked again within 0.1 s (retry_budget). "
        "Nothing of this pull was kept. The next run catches up."
    )
    assert 2 <= len(stub.asked) < 12
    assert time.monotonic() - began < 1


def test_no_budget_is_one_try() -> None:
    with answering(lambda _: BUSY) as stub, pytest.raises(SourceUnavailable):
        get(connection(stub.url, retry_budget=0))
    assert len(stub.asked) == 1


def test_the_budget_is_of_the_pull_and_counts_time_not_waiters() -> None:
    """Twenty requests that wait at the same time spend what one does."""
    seen: set[str] = set()
    lock = Lock()

    def busy_once(asked: Asked) -> Told:
        with lock:
            first = asked.params["seite"] not in seen
            seen.add(asked.params["seite"])
        return Told(PAGE, 503, {"Retry-After": "0"}) if first else OK

    with answering(busy_once) as stub:
        assert len(get(connection(stub.url, retry_budget=0.5, concurrency=20, first_wait=0.1), times=20)) == 20
    assert len(stub.asked) == 40


@pytest.mark.parametrize(
    ("retry_after", "at_least", "at_most"),
    [
        ("7", 7, 7),
        (" 7 ", 7, 7),
        (timedelta(seconds=100), 30, 100),
        (timedelta(days=-1), 0, 0),
        ("soon", 0.01, 0.02),
        ("Wed, 99 Nov 2026 07:28:00 GMT", 0.01, 0.02),
    ],
)
def test_retry_after_is_seconds_or_a_date(retry_after: str | timedelta, at_least: float, at_most: float, slept: list[float]) -> None:
    told = retry_after if isinstance(retry_after, str) else format_datetime(datetime.now(UTC) + retry_after, usegmt=True)
    with answering(in_turn(Told(PAGE, 429, {"Retry-After": told}), OK)) as stub:
        get(connection(stub.url, retry_budget=200))
    assert len(slept) == 1
    assert at_least <= slept[0] <= at_most


@pytest.mark.parametrize("retry_after", ["60", timedelta(hours=1)])
def test_nobody_waits_longer_than_the_budget(retry_after: str | timedelta) -> None:
    told = retry_after if isinstance(retry_after, str) else format_datetime(datetime.now(UTC) + retry_after, usegmt=True)
    began = time.monotonic()
    with answering(lambda _: Told(PAGE, 429, {"Retry-After": told})) as stub, pytest.raises(SourceUnavailable, match="HTTP 429"):
        get(connection(stub.url))
    assert len(stub.asked) == 1
    assert time.monotonic() - began < 1


def test_a_connection_that_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SourceUnavailable, match=r"cannot be reached \(ClientConnectorError\).*The next run catches up"):
            get(connection(url, retry_budget=0.05))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 203])
def test_what_is_refused_is_not_tried_again(status: int) -> None:
    with answering(lambda _: Told(PAGE, status)) as stub:
        assert get(connection(stub.url)) == [Answer(status, None)]
        assert len(stub.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_told_and_not_followed(status: int) -> None:
    """A token must not be carried to wherever it leads."""
    with answering(lambda _: OK) as elsewhere, answering(lambda _: Told(b"", status, {"Location": f"{elsewhere.url}/login?token=t"})) as stub:
        with pytest.raises(SourceChanged, match=rf"answers HTTP {status}: it has moved, or asks for a log-in.*Correct url in qn.yaml"):
            get(connection(stub.url), Token="secret-of-a-test")
        assert (len(stub.asked), elsewhere.asked) == (1, [])


def test_headers_are_sent_and_never_told() -> None:
    with answering(lambda _: BUSY) as stub, pytest.raises(QnError) as failed:
        get(connection(stub.url, retry_budget=0), Token="secret-of-a-test")
    assert stub.asked[0].headers["Token"] == "secret-of-a-test"
    assert "secret" not in str(failed.value)
    assert "seite" not in str(failed.value), "parameters may hold codes"


def test_at_most_so_many_at_once() -> None:
    lock, under_way, most = Lock(), 0, 0

    def counting(_: Asked) -> Told:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.01)
        with lock:
            under_way -= 1
        return OK

    with answering(counting) as stub:
        get(connection(stub.url, concurrency=3), times=20)
    assert most == 3


def test_all_results_in_order_and_the_first_failure_ends_the_others() -> None:
    ended: list[str] = []

    async def value(number: int) -> int:
        await asyncio.sleep(0.001 * (3 - number))
        return number

    async def long() -> int:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("long")
            raise
        return 0

    async def failing() -> int:
        await asyncio.sleep(0)
        raise SourceChanged("no")

    async def gathered(*tasks: Coroutine[Any, Any, int]) -> list[int]:
        return await all_of(tasks)

    assert asyncio.run(gathered(value(1), value(2), value(3))) == [1, 2, 3]
    with pytest.raises(SourceChanged, match="no"):
        asyncio.run(gathered(long(), failing()))
    assert ended == ["long"]
