"""Which dossiers a request of OpenCPS's list asks for, in which order, and which of them are on its page.

Belongs here: filters, sorting and paging with their quirks, and keeping rendered rows. Does not: how a row is spelt (opencps), or HTTP.

A parameter that cannot be read counts as absent. Without `agency` the list is that of the employee's own unit, without `systemId` that of
system 0. Rows that are equal in the sort key come in another order in each answer.
"""

import random
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import orjson

from qn_pipeline.simulator.faults import in_half
from qn_pipeline.simulator.lives import Row, State
from qn_pipeline.simulator.opencps import Dates, clock_fields, dates, dossier_id, standing_fields, status, system_id
from qn_pipeline.simulator.units import UNITS

Params = Mapping[str, str]

OWN_UNIT: Final = next(unit.code for unit in UNITS if unit.name.endswith("Tam Kỳ") and unit.level == "district")
"""Where the employee works to whom the token belongs."""

_CANCELLING_FOR = timedelta(days=2)
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_NEVER, _ALWAYS = datetime.min, datetime.max  # noqa: DTZ901 -- local and naive
_WINDOWS: Final = {"Receive": "received", "Submit": "submitted", "Due": "due", "Release": "released", "Finish": "finished"}
_FILTERS: Final = (
    *("status", "substatus", "agency", "service", "domain", "top", "dossierNo", "systemId", "online"),
    *(f"{side}{name}Date" for name in _WINDOWS for side in ("from", "to")),
)
_KEPT_BYTES = 256 * 1024 * 1024
_KEPT_LISTS = 64


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of a whole list, with their sort keys beside them."""

    rows: list[Row]
    keys: list[Any]

    def page(self, start: int, end: int, seed: int) -> list[Row]:
        """The rows from start up to, without, end; equal ones are put in an order that the seed decides."""
        end = min(end, len(self.rows))
        if start >= end:
            return []
        first, last = self._run_start(start), self._run_end(end)
        rng = random.Random(seed)  # noqa: S311 -- nothing secret
        rows: list[Row] = []
        while first < last:
            following = self._run_end(first + 1)
            run = self.rows[first:following]
            if len(run) > 1:
                rng.shuffle(run)
            rows += run
            first = following
        offset = start - self._run_start(start)
        return rows[offset : offset + end - start]

    def _run_start(self, place: int) -> int:
        while place > 0 and self.keys[place - 1] == self.keys[place]:
            place -= 1
        return place

    def _run_end(self, place: int) -> int:
        while place < len(self.keys) and self.keys[place] == self.keys[place - 1]:
            place += 1
        return place


class Renderings:
    """Rows as JSON, kept until they change, for as long as there is room."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[State, datetime, bytes]] = {}
        self._bytes = 0

    def standing(self, row: Row) -> bytes:
        """The fields that do not change with the clock, as an object that is not closed."""
        number = row.dossier.number
        kept = self._kept.get(number)
        if kept is not None and kept[0] is row.state and kept[1] == row.updated_at:
            return kept[2]
        rendered = orjson.dumps(standing_fields(row))[:-1]
        if self._bytes > _KEPT_BYTES:
            self._kept, self._bytes = {}, 0
        self._kept[number] = (row.state, row.updated_at, rendered)
        self._bytes += len(rendered)
        return rendered


class Shown:
    """What the system shows at a moment."""

    def __init__(self, rows: Iterable[Row], now: datetime, renderings: Renderings) -> None:
        self.now = now
        self.rows = list(rows)
        self._dates = [dates(row) for row in self.rows]
        self._by_id = {dossier_id(row.dossier): row for row in self.rows}
        self._renderings = renderings
        self._lists: dict[tuple[Any, ...], Listed] = {}
        self._dated: dict[str, tuple[list[datetime], list[int]]] = {}

    def row(self, number: int) -> Row | None:
        """A dossier by its dossierId."""
        return self._by_id.get(number)

    def rendered(self, row: Row) -> bytes:
        """A row as JSON."""
        return b"%b,%b" % (self._renderings.standing(row), orjson.dumps(clock_fields(row, self.now))[1:])

    def listed(self, params: Params, half: bool = False) -> Listed:
        """All rows that a request asks for, or those of them that are in the half that is still shown."""
        key = (half, params.get("sort"), params.get("order"), *(params.get(name) for name in _FILTERS))
        if key not in self._lists:
            if len(self._lists) >= _KEPT_LISTS:
                self._lists.clear()
            self._lists[key] = self._list(params, half)
        return self._lists[key]

    def _list(self, params: Params, half: bool) -> Listed:
        windows = [window for name in _WINDOWS if (window := _window(params, name))]
        filters = _filters(params, self.now)
        places = self._places(windows[0]) if windows else range(len(self.rows))
        found = [
            place
            for place in places
            if all(_inside(self._dates[place], window) for window in windows[1:])
            and all(kept(self.rows[place]) for kept in filters)
            and (not half or in_half(self.rows[place].dossier.number))
        ]
        sort_key = _SORTS.get(params.get("sort", ""), _SORTS["createDate"])
        keyed = [(sort_key(self.rows[place], self._dates[place]), place) for place in found]
        keyed.sort(reverse=params.get("order") == "true")
        return Listed([self.rows[place] for _, place in keyed], [key for key, _ in keyed])

    def _places(self, window: "_Window") -> list[int]:
        if window.field not in self._dated:
            index = sorted((moment, place) for place, some in enumerate(self._dates) if (moment := getattr(some, window.field)) is not None)
            self._dated[window.field] = ([moment for moment, _ in index], [place for _, place in index])
        moments, places = self._dated[window.field]
        return places[bisect_left(moments, window.start) : bisect_right(moments, window.end)]


@dataclass(frozen=True, slots=True)
class _Window:
    field: str
    start: datetime
    end: datetime


def count(params: Params, name: str, default: int = 0) -> int:
    """A number among the parameters; anything else counts as absent."""
    value = params.get(name, "")
    return int(value) if value.isdecimal() else default


def bounds(params: Params, total: int) -> tuple[int, int]:
    """The page that a request asks for: without an end, or with 0, everything."""
    return count(params, "start"), count(params, "end") or total


def _window(params: Params, name: str) -> _Window | None:
    first, last = _day(params.get(f"from{name}Date")), _day(params.get(f"to{name}Date"))
    if first is None and last is None:
        return None
    start = datetime.combine(first, time()) if first else _NEVER
    end = datetime.combine(last, time.max) if last else _ALWAYS
    return _Window(_WINDOWS[name], start, end)


def _inside(some: Dates, window: _Window) -> bool:
    moment: datetime | None = getattr(some, window.field)
    return moment is not None and window.start <= moment <= window.end


def _day(text: str | None) -> date | None:
    """A day as d/M/yyyy; everything else is silently nothing."""
    matched = _DAY.fullmatch(text or "")
    if not matched:
        return None
    day, month, year = map(int, matched.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _filters(params: Params, now: datetime) -> list[Callable[[Row], bool]]:
    kept: list[Callable[[Row], bool]] = []
    agency, system = params.get("agency") or OWN_UNIT, count(params, "systemId")
    if agency != "all":
        kept.append(lambda row: row.state.unit == agency)
    kept.append(lambda row: system_id(row.dossier) == system)
    if params.get("status"):
        statuses = frozenset(params["status"].split(","))
        kept.append(lambda row: status(row)[0] in statuses)
    if params.get("substatus"):
        sub_statuses = frozenset(params["substatus"].split(","))
        kept.append(lambda row: status(row)[1] in sub_statuses)
    if params.get("service"):
        kept.append(lambda row: row.dossier.procedure.code == params["service"])
    if params.get("domain"):
        kept.append(lambda row: row.dossier.procedure.field == params["domain"])
    if params.get("dossierNo"):
        kept.append(lambda row: row.state.code == params["dossierNo"])
    if params.get("online") in ("true", "false"):
        online = params["online"] == "true"
        kept.append(lambda row: (row.state.channel == "online") == online)
    if params.get("top") == "cancelling":
        kept.append(lambda row: (asked_at := dates(row).cancelling) is not None and now - asked_at <= _CANCELLING_FOR)
    return kept


# The index sorts by text, and nothing comes before something.
_SORTS: Final[dict[str, Callable[[Row, Dates], Any]]] = {
    "createDate": lambda _, some: some.created,
    "modifiedDate": lambda row, _: row.updated_at,
    "submitDate": lambda _, some: some.submitted,
    "receiveDate": lambda _, some: some.received or _NEVER,
    "dueDate": lambda _, some: some.due or _NEVER,
    "releaseDate": lambda _, some: some.released or _NEVER,
    "finishDate": lambda _, some: some.finished or _NEVER,
    "dossierId": lambda row, _: dossier_id(row.dossier),
    "dossierNo": lambda row, _: row.state.code,
    "dossierStatus": lambda row, _: status(row)[0],
    "serviceCode": lambda row, _: row.dossier.procedure.code,
    "govAgencyCode": lambda row, _: row.state.unit,
}
