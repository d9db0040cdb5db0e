"""The national portal's synchronised dossiers, from an endpoint; the same rows come in JSONL files, too (files).

The real endpoint is not documented: log-in, session and error codes are those of the portal's published clients (LGSP), and the question for a
window of days of synchronisation is an assumption. Rows have the national fields (MaHoSo, TrangThaiHoSo, ...), dates yyyyMMddHHmmss.
"""

from datetime import date
from types import TracebackType
from typing import Any

import orjson

from qn_pipeline.errors import SourceChanged, SourceUnavailable
from qn_pipeline.project import Connection
from qn_pipeline.sources.http import Answer, Http
from qn_pipeline.sources.pulled import Pull

OK, SESSION_ENDED = "0", "-1"
READINGS = 3


class Dvcqg:
    """A session with the portal; to be used as an asynchronous context."""

    def __init__(self, connection: Connection, password: str) -> None:
        self.connection = connection
        self._password = password
        self._http = Http(connection)
        self._session = ""

    async def __aenter__(self) -> "Dvcqg":
        await self._http.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def ask(self, service: str, question: dict[str, Any]) -> dict[str, Any]:
        """The answer to a question; a session that has ended is begun anew once."""
        if not self._session:
            await self._log_in()
        for _ in range(2):
            body = self._body(
                await self._http.post("/mapi/g", {"session": self._session, "madonvi": self.connection.unit, "service": service, **question})
            )
            if str(body.get("error_code")) == OK:
                return body
            if str(body.get("error_code")) != SESSION_ENDED:
                break
            await self._log_in()
        raise SourceChanged(
            f"{self.connection.name} refuses {service} with error_code {body.get('error_code')}. Nothing of this pull was kept. "
            f"Look at user and unit of the connection, and at {self.connection.secret_variable}."
        )

    async def _log_in(self) -> None:
        body = self._body(await self._http.post("/mapi/login", {"username": self.connection.user, "password": self._password}))
        if str(body.get("error_code")) != OK or not body.get("session"):
            raise SourceChanged(
                f"{self.connection.name} refuses the log-in of {self.connection.user} (error_code {body.get('error_code')}). "
                f"Nothing of this pull was kept, and trying again does not help. Renew {self.connection.secret_variable}."
            )
        self._session = str(body["session"])

    def _body(self, answer: Answer) -> dict[str, Any]:
        if answer.status != 200 or not isinstance(answer.body, dict):
            raise self.other_shape(f"answers HTTP {answer.status}")
        return answer.body

    def other_shape(self, told: str) -> SourceChanged:
        """What to raise when the portal is none."""
        return SourceChanged(
            f"{self.connection.name} {told} in another shape than the national portal's. Nothing of this pull was kept. Correct url in qn.yaml."
        )


async def pull_dossiers(connection: Connection, password: str, window: tuple[date, date]) -> Pull:
    """The dossiers that were synchronised in the days of a window, both included, in pages that are read until all are there."""
    async with Dvcqg(connection, password) as portal:
        rows: dict[str, bytes] = {}
        before: set[bytes] = set()
        for _ in range(READINGS):
            total, read = await _read_pages(portal, window)
            # Pages may move while they are read. What was missed shows in another reading: by code, since a row may have changed meanwhile.
            rows |= {str(row.get("MaHoSo")): orjson.dumps(row) for row in read}
            if len(rows) >= total:
                return Pull(list(rows.values()), window)
            # The same rows twice have not moved: some have one code.
            shown = {orjson.dumps(row) for row in read}
            if shown == before and len(read) == total:
                return Pull(sorted(shown), window)
            before = shown
    raise SourceUnavailable(
        f"{connection.name} says that there are {total} dossiers, and shows {len(rows)}. Nothing of this pull was kept. The next run catches up."
    )


async def _read_pages(portal: Dvcqg, window: tuple[date, date]) -> tuple[int, list[dict[str, Any]]]:
    """Read all pages once. Returns how many rows the portal says that there are, at most, and those that it shows."""
    size, page, total = portal.connection.page_size, 0, 1
    rows: list[dict[str, Any]] = []
    while page * size < total:
        page += 1
        asked = {"tungay": f"{window[0]:%Y%m%d}", "denngay": f"{window[1]:%Y%m%d}", "trang": page, "soluong": size}
        body = await portal.ask("TraCuuHoSo", asked)
        told, shown = str(body.get("tongso") or 0), body.get("result") or []
        if not told.isdecimal() or not isinstance(shown, list) or not all(isinstance(row, dict) for row in shown):
            raise portal.other_shape("answers")
        total = max(int(told), total if page > 1 else 0)
        rows += shown
    return total, rows


async def count_dossiers(connection: Connection, password: str, day: date) -> int:
    """How many dossiers were synchronised on a day: that the portal answers at all."""
    async with Dvcqg(connection, password) as portal:
        body = await portal.ask("TraCuuHoSo", {"tungay": f"{day:%Y%m%d}", "denngay": f"{day:%Y%m%d}", "trang": 1, "soluong": 1})
        return int(body.get("tongso") or 0)
