"""The systems of a simulated province over HTTP: OpenCPS v2's REST interface, and the national portal's search.

Belongs here: routes, headers, errors, the clock, and spoiling answers when a fault says so. Does not: what is listed (listing), how it is
spelt (opencps, files), or running the server (server).

OpenCPS answers as its public source does: 203 without a token, 401 with code 203 for a wrong one, 403 "No Content." for everything else.
The national portal's interface is not public. Its search is in a shape of our own, after the names that OpenCPS's connector to it uses:
POST /mapi/login and POST /mapi/g with the service TraCuuHoSo; errors come with HTTP 200 and an error_code that is not "0".
"""

import asyncio
import random
import re
import socket
import struct
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from qn_pipeline.simulator import opencps_lists
from qn_pipeline.simulator.faults import Fault, FaultKind, Faults, in_half
from qn_pipeline.simulator.files import national_row
from qn_pipeline.simulator.listing import Params, Renderings, Shown, bounds, count
from qn_pipeline.simulator.lives import Row, Shows
from qn_pipeline.simulator.opencps import GROUP_ID, files, payment, row_actions
from qn_pipeline.simulator.statistics import statistics

TOKEN: Final = "token-of-a-simulated-employee"  # noqa: S105 -- opens nothing but the simulator
USERNAME: Final = "tinh-quang-nam"
PASSWORD: Final = "password-of-a-simulated-province"  # noqa: S105 -- opens nothing but the simulator

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_JSON = (b"content-type", b"application/json; charset=utf-8")
_HTML = (b"content-type", b"text/html; charset=utf-8")
_PAGE = "<!DOCTYPE html><html><head><title>Lỗi</title></head><body><h1>Hệ thống đang bảo trì</h1></body></html>".encode()
_ROUTES: Final = tuple(
    (re.compile(pattern), endpoint)
    for pattern, endpoint in (
        (r"/o/rest/v2/dossiers", "dossiers"),
        (r"/o/rest/v2/dossiers/([^/]+)", "dossier"),
        (r"/o/rest/v2/dossiers/([^/]+)/actions", "actions"),
        (r"/o/rest/v2/dossiers/([^/]+)/files", "files"),
        (r"/o/rest/v2/dossiers/([^/]+)/payment", "payment"),
        (r"/o/rest/v2/serviceinfos", "serviceinfos"),
        (r"/o/rest/v2/serviceconfigs", "serviceconfigs"),
        (r"/o/rest/v2/holidays", "holidays"),
        (r"/o/rest/v2/worktimes", "worktimes"),
        (r"/o/rest/v2/dictcollections/([^/]+)/dictitems", "dictitems"),
        (r"/o/rest/statistics", "statistics"),
        (r"/mapi/login", "national_login"),
        (r"/mapi/g", "national"),
    )
)
_BY_POST = frozenset({"national_login", "national"})


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = (_JSON,)


@dataclass(frozen=True, slots=True)
class Request:
    """A request to one of the simulated systems, and how its answer is spoilt; `number` tells it from all others."""

    endpoint: str
    argument: str
    params: Params
    headers: Mapping[bytes, bytes]
    body: Mapping[str, Any]
    number: int
    spoilt: frozenset[FaultKind] = frozenset()

    @property
    def half(self) -> bool:
        return FaultKind.HALF_EMPTY in self.spoilt

    @property
    def half_listed(self) -> bool:
        return self.half or FaultKind.HALF_LISTS in self.spoilt


@dataclass
class _Moment:
    """Both systems at a moment of the clock, worked out when they are asked."""

    now: datetime
    local: Shows
    national: Shows
    renderings: Renderings
    counted: dict[tuple[int, int, bool], list[dict[str, Any]]] = field(default_factory=dict)

    @cached_property
    def shown(self) -> Shown:
        return Shown(self.local.rows(self.now), self.now, self.renderings)

    @cached_property
    def day_before(self) -> Shown:
        """What lists show that lag behind."""
        return Shown(self.local.rows(self.now - timedelta(days=1)), self.now, self.renderings)

    @cached_property
    def synchronised(self) -> list[Row]:
        return sorted(self.national.rows(self.now), key=lambda row: (row.updated_at, row.dossier.number, row.state.code))

    def statistics(self, year: int, month: int, half: bool) -> list[dict[str, Any]]:
        key = (year, month, half)
        if key not in self.counted:
            rows = (row for row in self.shown.rows if not half or in_half(row.dossier.number))
            self.counted[key] = statistics(rows, self.now, year, month)
        return self.counted[key]


class ProvinceApp:
    """The ASGI application. The clock, the faults and the count of requests may be used from other threads."""

    def __init__(self, shown: Shows, now: datetime, national: Shows | None = None, faults: Iterable[Fault] = ()) -> None:
        self._local, self._national = shown, national or shown
        self._renderings = Renderings()
        self._sessions: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._served = 0
        self.set_clock(now)
        self.set_faults(faults)

    # Control

    def set_clock(self, now: datetime) -> None:
        """Shows the province as it is at another moment."""
        self._moment = _Moment(now, self._local, self._national, self._renderings)

    def set_faults(self, faults: Iterable[Fault]) -> None:
        """Puts these faults in place of those that stand; no faults, and all is well."""
        self._faults = Faults(faults)

    def requests(self) -> Counter[str]:
        """How many requests each endpoint has had, hit or not."""
        return Counter(dict(self._counts))

    def forget_requests(self) -> None:
        """Counts from zero again."""
        self._counts = Counter()

    # Requests

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Answers a request."""
        assert scope["type"] == "http"
        method, path = scope["method"], scope["path"]
        body = await _body(receive) if method in ("POST", "PUT") else b""
        if path.startswith("/simulator/"):
            await _send(send, self._control(method, path, body))
            return
        endpoint, argument = _route(path)
        if not endpoint:
            await _send(send, Reply(404, _PAGE, (_HTML,)))
            return
        if method != ("POST" if endpoint in _BY_POST else "GET"):
            await _send(send, Reply(405, _PAGE, (_HTML,)))
            return
        self._counts[endpoint] += 1
        self._served += 1
        params = dict(parse_qsl(scope["query_string"].decode()))
        request = Request(endpoint, argument, params, dict(scope["headers"]), _object(body), self._served)
        await self._answer(request, scope, receive, send)

    async def _answer(self, request: Request, scope: _Scope, receive: _Receive, send: _Send) -> None:
        has_page_before = count(request.params, "start") > 0 or _number(request.body.get("trang"), 1) > 1
        hits = self._faults.hits(request.endpoint, has_page_before)
        kinds = frozenset(fault.kind for fault in hits)
        for fault in hits:
            if fault.kind == FaultKind.SLOW:
                await asyncio.sleep(fault.seconds)
        if FaultKind.TIMEOUT in kinds:
            try:
                await _disconnected(receive)
            finally:
                # A server that stops answers nobody in its last moment.
                scope["state"]["transport"].abort()
        elif kinds & {FaultKind.RESET, FaultKind.DOWN}:
            _reset(scope["state"]["transport"])
            await _disconnected(receive)
        else:
            reply = next((spoilt for fault in hits if (spoilt := self._instead(fault, request))), None)
            if reply is None:
                reply = self._reply(replace(request, spoilt=kinds))
            if FaultKind.TRUNCATED in kinds:
                await _send(send, reply, upto=len(reply.body) // 2)
                scope["state"]["transport"].close()
                await _disconnected(receive)
            else:
                await _send(send, reply)

    def _instead(self, fault: Fault, request: Request) -> Reply | None:
        """What a fault answers in place of the system."""
        retry_after = () if fault.retry_after is None else ((b"retry-after", b"%d" % fault.retry_after),)
        match fault.kind:
            case FaultKind.TOO_MANY:
                return Reply(429, _PAGE, (_HTML, *(retry_after or ((b"retry-after", b"1"),))))
            case FaultKind.SERVER_ERROR:
                return Reply(fault.status, _PAGE, (_HTML, *retry_after))
            case FaultKind.NOT_JSON:
                return Reply(200, _PAGE, (_HTML,))
            case FaultKind.NOT_AUTHENTICATED:
                return _NOT_AUTHENTICATED
            case FaultKind.EXPIRED_TOKEN if request.endpoint in _BY_POST:
                self._sessions.clear()
            case FaultKind.EXPIRED_TOKEN:
                return _NOT_AUTHORISED
        return None

    def _reply(self, request: Request) -> Reply:
        moment = self._moment
        if request.endpoint == "national_login":
            return self._login(request)
        if request.endpoint == "national":
            return self._search(request, moment)
        refusal = _refusal(request.headers)
        if refusal is not None:
            return refusal
        match request.endpoint:
            case "dossiers":
                return _dossiers(request, moment.day_before if FaultKind.STALE_LISTS in request.spoilt else moment.shown)
            case "statistics":
                return _statistics(request, moment)
            case "dossier" | "actions" | "files" | "payment":
                return _dossier(request, moment.shown)
        return _reference(request, moment.now.date())

    # The national portal

    def _login(self, request: Request) -> Reply:
        if (request.body.get("username"), request.body.get("password")) != (USERNAME, PASSWORD):
            return _json({"session": "", "error_code": "1", "message": "Sai tài khoản hoặc mật khẩu"})
        session = f"phien-{request.number}"
        self._sessions.add(session)
        return _json({"session": session, "error_code": "0", "message": ""})

    def _search(self, request: Request, moment: _Moment) -> Reply:
        body = request.body
        if body.get("session") not in self._sessions:
            return _national_error("-1", "Phiên làm việc không hợp lệ hoặc đã hết hạn")
        if body.get("service") != "TraCuuHoSo":
            return _national_error("2", "Dịch vụ không tồn tại")
        first, last = _national_day(body.get("tungay")), _national_day(body.get("denngay"))
        if first is None or last is None:
            return _national_error("3", "tungay, denngay phải có dạng yyyyMMdd")
        rows = moment.synchronised
        start, end = (bisect_left(rows, day, key=lambda row: row.updated_at.date()) for day in (first, last + timedelta(days=1)))
        found = [row for row in rows[start:end] if not request.half or in_half(row.dossier.number)]
        listed = [row for row in found if not request.half_listed or in_half(row.dossier.number)]
        size = _number(body.get("soluong"), 100)
        offset = (_number(body.get("trang"), 1) - 1) * size
        result = [national_row(row) for row in _page(listed, request, offset, offset + size)]
        return _json({"error_code": "0", "message": "", "tongso": len(found), "result": result})

    # Control over HTTP

    def _control(self, method: str, path: str, body: bytes) -> Reply:
        try:
            match method, path:
                case "PUT", "/simulator/clock":
                    now = datetime.fromisoformat(orjson.loads(body)["now"])
                    if now.tzinfo is not None:
                        raise ValueError("moments are local, without a time zone")
                    self.set_clock(now)
                case "PUT", "/simulator/faults":
                    self.set_faults([Fault.read(fault) for fault in orjson.loads(body)])
                case "DELETE", "/simulator/requests":
                    self.forget_requests()
                case "GET", "/simulator/requests":
                    return _json(dict(self.requests()))
                case _:
                    return Reply(404, b"{}")
        except (ValueError, KeyError, TypeError) as failure:
            return Reply(400, orjson.dumps({"message": str(failure)}))
        return Reply(204, b"", ())


def _route(path: str) -> tuple[str, str]:
    """The endpoint of a path, and what the path names; none for a path that leads nowhere."""
    for pattern, endpoint in _ROUTES:
        if matched := pattern.fullmatch(path):
            return endpoint, "".join(matched.groups())
    return "", ""


# OpenCPS


def _dossiers(request: Request, shown: Shown) -> Reply:
    total = len(shown.listed(request.params, request.half).rows)
    listed = shown.listed(request.params, request.half_listed)
    start, end = bounds(request.params, total)
    if FaultKind.MOVING_ROWS in request.spoilt or FaultKind.DUPLICATE_PAGE in request.spoilt:
        rows = _page(listed.rows, request, start, end)
    else:
        rows = listed.page(start, end, seed=request.number)
    return Reply(200, b'{"total":%d,"data":[%b]}' % (total, b",".join(map(shown.rendered, rows))))


def _dossier(request: Request, shown: Shown) -> Reply:
    row = shown.row(int(request.argument)) if request.argument.isdecimal() else None
    if row is None or (request.half and not in_half(row.dossier.number)):
        return _no_content(None)
    match request.endpoint:
        case "dossier":
            return Reply(200, shown.rendered(row))
        case "payment":
            paid = payment(row)
            return _no_content(None) if paid is None else _json(paid)
    rows = row_actions(row) if request.endpoint == "actions" else files(row)
    return _json({"total": len(rows), "data": rows})


def _statistics(request: Request, moment: _Moment) -> Reply:
    """All rows of a month, or those of an agency, a domain or a system; "all" asks for those that are about all of them.

    They are always counted now, as the product counts when it is given dates (fromStatisticDate, toStatisticDate), which are not read here.
    """
    params = request.params
    year, month = count(params, "year", moment.now.year), count(params, "month")
    if month > 12 or not 2000 <= year <= 2100:
        return _no_content("Invalid month or year")
    wanted = {"govAgencyCode": params.get("agency"), "domainCode": params.get("domain"), "system": params.get("system")}
    rows = [
        row
        for row in moment.statistics(year, month, request.half)
        if all(not value or row[name] == (None if value == "all" else value) for name, value in wanted.items())
    ]
    start, end = bounds(params, len(rows))
    reply = _json({"total": len(rows), "agency": params.get("agency"), "data": rows[start:end]})
    return Reply(reply.status, reply.body, (*reply.headers, (b"cache-control", b"max-age=60")))


def _reference(request: Request, day: date) -> Reply:
    match request.endpoint:
        case "serviceinfos":
            rows = opencps_lists.serviceinfos()
        case "serviceconfigs":
            rows = opencps_lists.serviceconfigs(day)
        case "holidays":
            rows = opencps_lists.holidays()
        case "worktimes":
            rows = opencps_lists.worktimes()
        case _:
            items = opencps_lists.dictitems(request.argument, day)
            if items is None:
                return _no_content(f"No DictCollection exists with the key {request.argument}")
            rows = items
    return _json({"total": len(rows), "data": _page(rows, request, *bounds(request.params, len(rows)))})


def _refusal(headers: Mapping[bytes, bytes]) -> Reply | None:
    token = headers.get(b"token")
    if token is None:
        return _NOT_AUTHENTICATED
    if token != TOKEN.encode():
        return _NOT_AUTHORISED
    if headers.get(b"groupid") != b"%d" % GROUP_ID:
        return _no_content("No Group exists with the primary key")
    return None


def _page(rows: list[Any], request: Request, start: int, end: int) -> list[Any]:
    if FaultKind.DUPLICATE_PAGE in request.spoilt:
        start, end = max(start - (end - start), 0), start
    if FaultKind.MOVING_ROWS in request.spoilt:
        rows = random.Random(request.number).sample(rows, len(rows))  # noqa: S311 -- nothing secret
    return rows[start:end]


# Answers


def _json(value: Any) -> Reply:
    return Reply(200, orjson.dumps(value))


def _error(status: int, code: int, message: str, description: str | None) -> Reply:
    return Reply(status, orjson.dumps({"message": message, "code": code, "description": description}))


def _no_content(description: str | None) -> Reply:
    return _error(403, 403, "No Content.", description)


_NOT_AUTHENTICATED = _error(203, 203, "Non-Authoritative Information.", "Non-Authoritative Information.")
_NOT_AUTHORISED = _error(401, 203, "Unauthorized.", "Unauthorized.")


def _national_error(code: str, message: str) -> Reply:
    return _json({"error_code": code, "message": message, "tongso": 0, "result": []})


def _national_day(text: Any) -> date | None:
    if not isinstance(text, str) or not re.fullmatch(r"\d{8}", text):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _number(value: Any, default: int) -> int:
    """A number of 1 or more, as JSON or as digits."""
    return max(int(value), 1) if isinstance(value, int | str) and str(value).isdecimal() else default


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


# Connections


async def _body(receive: _Receive) -> bytes:
    body: bytes = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            return body


async def _send(send: _Send, reply: Reply, upto: int | None = None) -> None:
    headers = [*reply.headers, (b"content-length", b"%d" % len(reply.body))]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body[:upto], "more_body": upto is not None})


async def _disconnected(receive: _Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _reset(transport: asyncio.Transport) -> None:
    """Ends a connection with a reset instead of a goodbye: closing without lingering throws away what is unsent."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
