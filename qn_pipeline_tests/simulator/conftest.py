"""A small province and a server that shows it, for all tests of the simulator."""

from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest

from qn_pipeline.simulator.lives import Province
from qn_pipeline.simulator.server import Handle, serving
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.systems import NationalCopy

NOW = datetime(2022, 4, 1)  # noqa: DTZ001 -- local and naive


@pytest.fixture(scope="session")
def small() -> Province:
    """A province of three months."""
    return simulate(900, 3, seed=11)


@pytest.fixture(scope="session")
def running(small: Province) -> Iterator[Handle]:
    """A server that shows it."""
    with serving(small, NOW, NationalCopy(small)) as handle:
        yield handle


@pytest.fixture
def system(running: Handle) -> Handle:
    """The server, as if it had just been started."""
    running.set_clock(NOW)
    running.set_faults([])
    running.forget_requests()
    return running


@pytest.fixture
def client(system: Handle) -> Iterator[httpx.Client]:
    """Somebody who may read everything."""
    with httpx.Client(base_url=system.url, headers={"groupId": str(system.group_id), "Token": system.token}, timeout=5) as client:
        yield client
