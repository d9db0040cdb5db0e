"""Questions to an OpenCPS server, and what its answers mean.

The product answers HTTP 203 where others answer 401, and 403 for all that goes wrong; it takes a date that it cannot read for none; it
shows everything when `end` is missing, only system 0 without `systemId`, and only the asking employee's scope without `agency`; and its
pages have no stable order. Each is met here, so that nobody else has to know.
"""

import logging
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import orjson

from qn_pipeline.errors import SourceChanged, SourceUnavailable
from qn_pipeline.project import Connection
from qn_pipeline.sources.files import month_after
from qn_pipeline.sources.http import Answer, Http, all_of

log = logging.getLogger(__name__)

REST = "/rest/v2"
STATISTICS = "/rest/statistics"
EVERYTHING = "0"
Json = dict[str, Any]


class OpenCps:
    """An OpenCPS site; to be used as an asynchronous context."""

    def __init__(self, connection: Connection, token: str) -> None:
        self.connection = connection
        self._http = Http(connection, {"groupId": str(connection.group_id), "Token": token, "Accept": "application/json"})

    async def __aenter__(self) -> "OpenCps":
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *told: Any) -> None:
        await self._http.__aexit__(*told)

    async def dossiers(self, filters: Mapping[str, str]) -> list[Json]:
        """All dossiers of all systems that a filter finds, each once."""
        systems = await all_of(
            self._listed(f"{REST}/dossiers", {"agency": "all", "systemId": system, **filters}) for system in self.connection.systems
        )
        return list({self._id(row): row for rows in systems for row in rows}.values())

    async def count(self, filters: Mapping[str, str]) -> int:
        """How many dossiers a filter finds."""
        totals = await all_of(
            self._page(f"{REST}/dossiers", {"agency": "all", "systemId": system, **filters}, 0, 1) for system in self.connection.systems
        )
        return sum(total for total, _ in totals)

    async def dossier(self, dossier_id: int, code: str) -> Json | None:
        """A dossier by its id; None when the server no longer has it: by its id, nor by its code in any list."""
        answer = await self._http.get(f"{REST}/dossiers/{dossier_id}")
        if not _no_content(answer):
            row = self._object(answer, f"dossier {dossier_id}")
            self._id(row)
            return row
        # 403 says that it is gone, or that anything else went wrong: one witness is not enough to delete. Of a dossier without a code
        # the other witness are the lists that have not shown it.
        return next((row for row in await self.dossiers({"dossierNo": code}) if self._id(row) == dossier_id), None) if code else None

    async def details(self, dossier_id: int, what: str) -> list[Json]:
        """The actions or files of a dossier, none when it has gone meanwhile."""
        answer = await self._http.get(f"{REST}/dossiers/{dossier_id}/{what}")
        if not _no_content(answer):
            return self._rows(self._body(answer, what), what)[1]
        if not _no_content(await self._http.get(f"{REST}/dossiers/{dossier_id}")):
            raise SourceUnavailable(
                f"{self.connection.name} does not show {what} of dossier {dossier_id}, which it has (HTTP 403). Nothing of this pull was kept. "
                f"The next run catches up; if it does not, look at the rights of {self.connection.secret_variable}, and at the server's log."
            )
        return []

    async def payment(self, dossier_id: int) -> Json:
        """The payment of a dossier, empty when it has none."""
        answer = await self._http.get(f"{REST}/dossiers/{dossier_id}/payment")
        return {} if _no_content(answer) else self._object(answer, "payment")

    async def reference(self, path: str) -> list[Json]:
        """All rows of reference data."""
        return await self._listed(f"{REST}/{path}", {})

    async def statistics(self, month: date) -> list[Json]:
        """The site's own counters of a month: a row a combination of agency, domain and system, null for all of them.

        With dates they are counted now; without, they are those of the site's last count.
        """
        last = month_after(month) - timedelta(days=1)
        days = {"fromStatisticDate": f"{month:%d/%m/%Y}", "toStatisticDate": f"{last:%d/%m/%Y}"}
        asked = {"month": str(month.month), "year": str(month.year), **days, "start": "0", "end": EVERYTHING}
        answer = await self._http.get(STATISTICS, asked)
        without = "If the site keeps its statistics to itself, set statistics: false for the connection"
        return self._rows(self._body(answer, "statistics", without), "statistics")[1]

    async def _listed(self, path: str, filters: Mapping[str, str]) -> list[Json]:
        """All rows of a list. Where pages moved under the reader, everything is asked for in one answer."""
        size = self.connection.page_size
        total, first = await self._page(path, filters, 0, size)
        # A total that just fills its pages may be the count of a page: what comes after it is asked for, too.
        pages = await all_of(self._page(path, filters, start, start + size) for start in range(size, total + 1, size))
        rows = _distinct([*first, *(row for _, page in pages for row in page)])
        if len(rows) == total:
            return rows
        log.info("%s: pages of %s moved while they were read (%s of %s rows): asked for in one answer", self.connection.name, path, len(rows), total)
        total, everything = await self._page(path, filters, 0, int(EVERYTHING))
        if len(everything) < total:
            raise SourceUnavailable(
                f"{self.connection.name} says that {path} has {total} rows, and shows {len(everything)}. "
                "Nothing of this pull was kept. The next run catches up."
            )
        return _distinct(everything)

    async def _page(self, path: str, filters: Mapping[str, str], start: int, end: int) -> tuple[int, list[Json]]:
        answer = await self._http.get(path, {**filters, "start": str(start), "end": str(end)})
        return self._rows(self._body(answer, path), path)

    def _body(self, answer: Answer, what: str, advice: str = "") -> Any:
        if answer.status == 200:
            return answer.body
        told = {
            203: f"does not know who asks (HTTP 203). Set {self.connection.secret_variable} to a token of an administrator",
            401: f"refuses the token (HTTP 401): it has expired, or may not read this. Renew {self.connection.secret_variable}",
            403: f"refuses to show {what} (HTTP 403). Look at group_id in qn.yaml, and at the server's log",
        }.get(answer.status, f"answers HTTP {answer.status} to {what}. Correct url in qn.yaml")
        raise SourceChanged(
            f"{self.connection.name} {told}. Nothing of this pull was kept, and trying again does not help.{f' {advice}.' if advice else ''}"
        )

    def _object(self, answer: Answer, what: str) -> Json:
        body = self._body(answer, what)
        if not isinstance(body, dict):
            raise self._other_shape(what)
        return body

    def _id(self, row: Json) -> int:
        if not str(row.get("dossierId")).isdecimal():
            raise self._other_shape("dossiers")
        return int(row["dossierId"])

    def _other_shape(self, what: str) -> SourceChanged:
        return SourceChanged(f"{self.connection.name} answers {what} in another shape than OpenCPS v2. Nothing of this pull was kept. Look at url.")

    def _rows(self, body: Any, what: str) -> tuple[int, list[Json]]:
        rows = body.get("data") if isinstance(body, dict) else body
        if rows is None and isinstance(body, dict) and body.get("total") == 0:
            rows = []
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self._other_shape(what)
        total = body.get("total", len(rows)) if isinstance(body, dict) else len(rows)
        if not isinstance(total, int):
            raise self._other_shape(what)
        return total, rows


def _no_content(answer: Answer) -> bool:
    """Whether the product says that something is not there. A page of somebody between it and here says nothing of that."""
    return answer.status == 403 and isinstance(answer.body, dict) and "message" in answer.body


def _distinct(rows: list[Json]) -> list[Json]:
    """Dossiers once each; rows without an id are as they came, less exact doubles."""
    return list({row.get("dossierId") or orjson.dumps(row, option=orjson.OPT_SORT_KEYS): row for row in rows}.values())
