"""Running the systems: in a thread that stops cleanly, and as a process that does not outlive its parent."""

import json
import subprocess
import sys
import threading
from threading import Event, Thread

import httpx
import pytest

from qn_pipeline.simulator.faults import Fault, FaultKind
from qn_pipeline.simulator.lives import Province
from qn_pipeline.simulator.server import serving
from qn_pipeline_tests.simulator.conftest import NOW


def test_it_stops_though_somebody_is_waiting_for_an_answer(small: Province) -> None:
    ended, before = Event(), threading.active_count()

    def wait(url: str) -> None:
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{url}/o/rest/v2/holidays", timeout=30)
        ended.set()

    with serving(small, NOW, faults=[Fault(FaultKind.TIMEOUT)]) as handle:
        waiting = Thread(target=wait, args=(handle.url,))
        waiting.start()
        while not handle.requests():
            # Somebody else is answered in the meantime.
            httpx.get(f"{handle.url}/simulator/requests")
    waiting.join(timeout=10)
    assert ended.is_set()
    assert threading.active_count() == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(handle.url)


def test_two_provinces_at_once(small: Province) -> None:
    with serving(small, NOW) as one, serving(small, NOW) as other:
        assert one.url != other.url
        headers = {"groupId": str(one.group_id), "Token": one.token}
        assert httpx.get(f"{one.url}/o/rest/v2/holidays", headers=headers).status_code == 200
        assert (one.requests(), other.requests()) == ({"holidays": 1}, {})


def test_the_command_says_where_it_is_and_ends_with_its_input() -> None:
    command = [sys.executable, "-m", "qn_pipeline.simulator.server", "--dossiers", "40", "--months", "1", "--seed", "2", "--start", "2022-05-01"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        assert server.stdin
        assert server.stdout
        assert server.stderr
        ready = json.loads(server.stdout.readline())
        headers = {"groupId": str(ready["group_id"]), "Token": ready["token"]}
        told = httpx.get(f"{ready['url']}/o/rest/v2/dossiers?agency=all", headers=headers).json()
        assert ready["now"] == "2022-06-01T00:00:00"
        assert 20 < told["total"] <= 40
        server.stdin.close()
        assert server.wait(timeout=10) == 0
        assert (server.stdout.read(), server.stderr.read()) == (b"", b"")
