"""Requests to a system that may be slow, busy or away: tries again within a budget, and says what cannot be mended by trying.

Belongs here: connections, time-outs, retries, and what a broken answer means. Does not: what a product's answers say.
"""

import asyncio
import email.utils
import logging
import time
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies

import aiohttp
import orjson
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential_jitter

from qn_pipeline.errors import QnError, SourceChanged, SourceUnavailable
from qn_pipeline.project import Connection

log = logging.getLogger(__name__)

LONGEST_WAIT = 60.0
T = TypeVar("T")
TRANSIENT_STATUS = {408, 425, 429}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer whose body is JSON, or None where an error came with something else."""

    status: int
    body: Any


class _Again(Exception):
    """What another try may mend; `after` seconds when the other side said so."""

    def __init__(self, told: str, after: float | None = None) -> None:
        super().__init__(told)
        self.after = after


class Http:
    """A connection's requests, at most `concurrency` under way at once; to be used as an asynchronous context."""

    def __init__(self, connection: Connection, headers: Mapping[str, str] | None = None) -> None:
        self.connection = connection
        self._headers = dict(headers or {})
        self._slots = asyncio.Semaphore(connection.concurrency)
        self._budget = _Budget(connection.retry_budget)
        self._growing = wait_exponential_jitter(initial=connection.first_wait, max=LONGEST_WAIT, jitter=connection.first_wait)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Http":
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.connection.timeout, sock_read=self.connection.timeout),
            connector=aiohttp.TCPConnector(limit=self.connection.concurrency),
            # Looking for a proxy costs a thread a request, so only where there is one.
            trust_env=bool(getproxies()),
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """The answer to a GET. Raises SourceUnavailable when the budget of waiting is spent, SourceChanged when trying cannot help."""
        return await self._patiently("GET", path, params=params)

    async def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """The answer to a POST of JSON; only for questions that change nothing."""
        return await self._patiently("POST", path, json=body)

    async def _patiently(self, method: Literal["GET", "POST"], path: str, **asked: Any) -> Answer:
        tries = AsyncRetrying(
            retry=retry_if_exception_type(_Again), wait=self._wait, stop=self._stop, before_sleep=self._told, sleep=self._budget.sleep, reraise=True
        )
        try:
            async for attempt in tries:
                with attempt:
                    async with self._slots:
                        return await self._once(method, path, **asked)
        except _Again as error:
            raise SourceUnavailable(
                f"{self.connection.name} at {self._where(path)} {error}, also when asked again within {self.connection.retry_budget:g} s (retry_budget). "
                "Nothing of this pull was kept. The next run catches up."
            ) from None
        raise AssertionError("tenacity ends with a value or an error")

    async def _once(self, method: Literal["GET", "POST"], path: str, **asked: Any) -> Answer:
        assert self._session is not None
        try:
            async with self._session.request(method, self.connection.url.rstrip("/") + path, allow_redirects=False, **asked) as response:
                if response.status in TRANSIENT_STATUS or response.status >= 500:
                    raise _Again(f"answers HTTP {response.status}", _seconds(response.headers.get("Retry-After")))
                if 300 <= response.status < 400:
                    raise SourceChanged(
                        f"{self.connection.name} at {self._where(path)} answers HTTP {response.status}: it has moved, or asks for a log-in. "
                        f"Nothing of this pull was kept. Correct url in qn.yaml."
                    )
                return Answer(response.status, _json(await response.read(), response.status))
        except TimeoutError:
            raise _Again(f"gave no answer within {self.connection.timeout:g} s") from None
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError):
            raise SourceChanged(
                f"{self.connection.name} at {self._where(path)} has a certificate that this machine does not trust. Nothing of this pull was kept. "
                "Install its certificate authority here, or correct url in qn.yaml."
            ) from None
        except aiohttp.ClientPayloadError:
            raise _Again("broke off in the middle of an answer") from None
        except aiohttp.ClientError as error:
            raise _Again(f"cannot be reached ({type(error).__name__})") from None
        except ConnectionError as error:
            raise _Again(f"cannot be reached ({type(error).__name__})") from None

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _Again) and error.after is not None:
            return error.after
        return self._growing(state)

    def _stop(self, state: RetryCallState) -> bool:
        return not self._budget.allows(state.upcoming_sleep)

    def _told(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        log.info("%s %s; trying again in %.1f s", self.connection.name, error, state.upcoming_sleep)

    def _where(self, path: str) -> str:
        return f"{urlsplit(self.connection.url).netloc}{path}"


async def all_of(tasks: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results of all, in order; the first failure ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(task) for task in tasks]
    except* (QnError, KeyError, TypeError, ValueError) as failed:
        raise next((error for error in failed.exceptions if isinstance(error, QnError)), failed.exceptions[0]) from None
    return [task.result() for task in running]


class _Budget:
    """Seconds that a pull may spend waiting: those in which at least one request sleeps."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._sleepers = 0
        self._since = 0.0

    def allows(self, sleep: float) -> bool:
        spent = time.monotonic() - self._since if self._sleepers else 0.0
        return spent + sleep <= self._left

    async def sleep(self, seconds: float) -> None:
        async with self._counted():
            await asyncio.sleep(seconds)

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        if not self._sleepers:
            self._since = time.monotonic()
        self._sleepers += 1
        try:
            yield
        finally:
            self._sleepers -= 1
            if not self._sleepers:
                self._left -= time.monotonic() - self._since


def _json(body: bytes, status: int) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        # A page of maintenance comes as 200; what refuses with a page of its own will refuse again.
        if status == HTTPStatus.OK:
            raise _Again("answers with something else than JSON") from None
        return None


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After is a number of seconds or a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        at = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max((at - datetime.now(UTC)).total_seconds(), 0.0) if at.tzinfo else None
