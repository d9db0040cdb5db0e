"""Faults on demand: what real systems do to those who read them, in a form that tests can ask for.

Belongs here: which request is hit by what. Does not: how an answer is spoilt (app). Faults compose: a request may be hit by several.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class FaultKind(StrEnum):
    """What can go wrong."""

    TIMEOUT = "timeout"
    """Never answers; the server goes on with other requests."""
    SLOW = "slow"
    """Answers after so many seconds."""
    TOO_MANY = "too_many"
    """429 with Retry-After, of one second unless told otherwise."""
    SERVER_ERROR = "server_error"
    """An answer with the status that is given, and a page of HTML."""
    RESET = "reset"
    """The connection is reset without a byte."""
    TRUNCATED = "truncated"
    """Good headers with the whole content-length, half of the body, and the connection is closed."""
    NOT_JSON = "not_json"
    """200 with a page of HTML."""
    DUPLICATE_PAGE = "duplicate_page"
    """The rows of the page before in place of the page's own, with the right total; only hits pages that have one before them."""
    MOVING_ROWS = "moving_rows"
    """Another order of rows in each answer, so that pages miss some and double others; the total is right."""
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 -- the name of a fault
    """401 with code 203; the national endpoint forgets the session instead."""
    NOT_AUTHENTICATED = "not_authenticated"
    """HTTP 203, which is in 2xx, with an error in it."""
    DOWN = "down"
    """Connections are reset, for as long as the fault stands, whatever its `times`."""
    HALF_EMPTY = "half_empty"
    """Half of the dossiers are not there, wherever one looks."""
    HALF_LISTS = "half_lists"
    """Lists show half of the dossiers; totals, statistics and single dossiers are right."""
    STALE_LISTS = "stale_lists"
    """Lists show dossiers as they were a day before, as an index does that was not told; statistics and single dossiers are right."""


ENDPOINTS: Final = (
    *("dossiers", "dossier", "actions", "files", "payment", "statistics"),
    *("serviceinfos", "serviceconfigs", "dictitems", "holidays", "worktimes", "national_login", "national"),
)
"""The names under which requests are counted and hit."""

ANY: Final = "any"
_OF_DOSSIERS = frozenset({"dossiers", "dossier", "actions", "files", "payment", "statistics", "national"})
_LISTS = frozenset({"dossiers", "serviceinfos", "serviceconfigs", "dictitems", "national"})
_REACH: Mapping[FaultKind, frozenset[str]] = {
    FaultKind.DUPLICATE_PAGE: _LISTS,
    FaultKind.MOVING_ROWS: _LISTS,
    FaultKind.HALF_EMPTY: _OF_DOSSIERS,
    FaultKind.HALF_LISTS: frozenset({"dossiers", "national"}),
    FaultKind.STALE_LISTS: frozenset({"dossiers"}),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, at an endpoint or at any: `after` requests pass, then `times` are hit, or all of them."""

    kind: FaultKind
    on: str = ANY
    after: int = 0
    times: int | None = 1
    seconds: float = 0.0
    status: int = 503
    retry_after: int | None = None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Fault":
        """From JSON. Raises ValueError for what is no fault."""
        try:
            fault = cls(**{**told, "kind": FaultKind(told["kind"])})
        except (KeyError, TypeError) as failure:
            raise ValueError(f"no fault: {told}") from failure
        if fault.on not in (ANY, *ENDPOINTS):
            raise ValueError(f"no endpoint: {fault.on}")
        return fault


class Faults:
    """The faults that stand, and how many requests each has seen."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults = tuple(faults)
        self._seen = [0] * len(self._faults)

    def hits(self, endpoint: str, has_page_before: bool = False) -> list[Fault]:
        """The faults that hit a request, in the order in which they were asked for; the request is seen by all that match it."""
        return [fault for place, fault in enumerate(self._faults) if self._matches(fault, endpoint, has_page_before) and self._turn(place)]

    def _matches(self, fault: Fault, endpoint: str, has_page_before: bool) -> bool:
        if fault.on not in (ANY, endpoint) or endpoint not in _REACH.get(fault.kind, (endpoint,)):
            return False
        return has_page_before or fault.kind != FaultKind.DUPLICATE_PAGE

    def _turn(self, place: int) -> bool:
        fault, seen = self._faults[place], self._seen[place]
        self._seen[place] += 1
        return seen >= fault.after and (fault.times is None or fault.kind == FaultKind.DOWN or seen < fault.after + fault.times)


def in_half(number: int) -> bool:
    """Whether a dossier is in the half that is still shown."""
    return zlib.crc32(b"%d" % number) & 1 == 0
