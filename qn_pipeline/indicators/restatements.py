"""What has changed since a figure was reported: a vintage against the figures as they are now, and each dossier that made it so, once, with its cause."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from qn_pipeline.indicators.vintages import PIECE_SCHEMA, Kept, figures_of, pieces_of, stored_figures, stored_pieces
from qn_pipeline.warehouse.engines import Ask, Row

ARRIVED, CORRECTED, REOPENED, REASSIGNED, DELETED, HELD, METHOD = (
    *("arrived_late", "corrected", "reopened", "reassigned", "deleted", "quarantined_or_waived"),
    "calendar_or_method",
)
Counted = tuple[int | None, int | None, Decimal | None]
"""Numerator, denominator and value."""
_NAMES = [field.name for field in PIECE_SCHEMA]
_KEY = 7  # indicator, period set, grain, period's start and end, unit, channel
# What a piece of a life is counted by.
_COUNTED = (
    *("unit", "desk", "channel", "procedure", "state", "standing", "local_standing"),
    *("is_end", "is_reception", "is_reopening", "traits", "began_at", "ended_at"),
)
_PLACE = ("unit", "desk")
# What was told of a piece.
_LIFE = ("unit", "desk", "channel", "procedure", "state", "spell", "is_end")


@dataclass(frozen=True)
class Restated:
    """A figure that is another one now; None where there is or was none. `by` is the difference of the values."""

    indicator: str
    period_set: str
    grain: str
    period_start: date
    period_end: date
    unit: str
    channel: str
    published: Counted
    current: Counted

    @property
    def by(self) -> Decimal | None:
        before, now = self.published[2], self.current[2]
        return None if before is None or now is None else now - before


@dataclass(frozen=True)
class Restating:
    """A dossier that is counted otherwise than it was, and why. `units` are those that it was or is counted at."""

    system: str
    code: str
    dossier: str
    cause: str
    units: tuple[str, ...]
    version_then: int | None
    version_now: int | None


def restated_figures(ask: Ask, kept: Kept) -> list[Restated]:
    """Figures of the periods that end in the month of a vintage, where they differ from what was published."""
    before = {row[:_KEY]: row[_KEY : _KEY + 3] for row in stored_figures(kept)}
    now = {row[:_KEY]: row[_KEY : _KEY + 3] for row in figures_of(ask, kept.told.month)}
    keys = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    return [
        Restated(key[0], key[1], key[2], key[3], key[4], key[5], key[6], _three(before.get(key)), _three(now.get(key)))
        for key in keys
        if _is_change(before.get(key), now.get(key))
    ]


def _three(row: Row | None) -> Counted:
    return (row[0], row[1], row[2]) if row is not None else (None, None, None)


def _is_change(before: Row | None, now: Row | None) -> bool:
    """A row of zeros that comes or goes changes nothing."""
    return any(row is not None and any(row[:2]) for row in (before, now))


def restating_dossiers(ask: Ask, kept: Kept) -> list[Restating]:
    """The dossiers that are counted otherwise in those periods than when the vintage was made, each once."""
    before, now = _by_dossier(stored_pieces(kept)), _by_dossier(pieces_of(ask, kept.told.month, stored_figures(kept)))
    changed = sorted(key for key in before.keys() | now.keys() if _counts(before.get(key, [])) != _counts(now.get(key, [])))
    if not changed:
        return []
    known = _known(ask, changed)
    found = []
    for key in changed:
        was, is_now = before.get(key, []), now.get(key, [])
        units = sorted({str(piece["unit"]) for piece in _differing(was, is_now)})
        one = (was or is_now)[0]
        versions = [pieces[0]["version_no"] if pieces else None for pieces in (was, is_now)]
        found.append(Restating(*key, one["dossier"], _cause(was, is_now, known.get(key), kept), tuple(units), *versions))
    return found


Piece = Mapping[str, Any]


def _by_dossier(rows: Sequence[Row]) -> dict[tuple[str, str], list[Piece]]:
    pieces: dict[tuple[str, str], list[Piece]] = defaultdict(list)
    for row in rows:
        piece = dict(zip(_NAMES, row, strict=True))
        pieces[piece["system"], piece["code"]].append(piece)
    return pieces


def _counts(pieces: Sequence[Piece]) -> list[tuple[Any, ...]]:
    return [tuple(piece[name] for name in _COUNTED) for piece in pieces]


def _told(pieces: Sequence[Piece], without: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """A life as it was told, whatever the calendar and the rules make of it: pieces that only a limit parts are one. Each with its beginning and end."""
    life: list[tuple[Any, ...]] = []
    for piece in pieces:
        what = tuple(piece[name] for name in _LIFE if name not in without)
        began = life.pop()[1] if life and life[-1][0] == what and life[-1][2] == piece["began_at"] else piece["began_at"]
        life.append((what, began, piece["ended_at"]))
    return life


def _differing(was: Sequence[Piece], is_now: Sequence[Piece]) -> list[Piece]:
    then, now = _counts(was), _counts(is_now)
    return [piece for piece, counted in zip(was, then, strict=True) if counted not in now] + [
        piece for piece, counted in zip(is_now, now, strict=True) if counted not in then
    ]


@dataclass(frozen=True)
class _Known:
    """What is known now of a dossier: the extraction that told it first, whether it is deleted, and whether a row of it is or was held back."""

    first_told: int
    is_deleted: bool
    was_held: bool


def _known(ask: Ask, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], _Known]:
    codes = {code for _, code in keys}
    _, versions = ask(
        "select system, code, min(known_from), max(case when known_to is null and is_deleted then 1 else 0 end) from core.fct_dossier_version group by system, code"
    )
    _, held = ask("select distinct system, row_key from marts.quarantine_row where entity = 'dossiers' and severity = 'quarantine'")
    held_back = {(system, code) for system, code in held if code in codes}
    wanted = set(keys)
    return {
        (system, code): _Known(first, bool(deleted), (system, code) in held_back)
        for system, code, first, deleted in versions
        if (system, code) in wanted
    }


def _cause(was: Sequence[Piece], is_now: Sequence[Piece], known: _Known | None, kept: Kept) -> str:
    """The first of the causes that holds. A dossier that came, or lived on, after the vintage arrived late; one of which something else was told was corrected."""
    if not was:
        if known is not None and known.was_held:
            return HELD
        return ARRIVED if known is not None and known.first_told > kept.told.cutoff else CORRECTED
    if not is_now:
        if known is None or known.is_deleted:
            return DELETED
        return HELD if known.was_held else CORRECTED
    then, now = _told(was), _told(is_now)
    if then == now and was[0]["version_no"] == is_now[0]["version_no"]:
        # What differs in nothing but its traits was told by another feed: the post's work, a complaint.
        return ARRIVED if [piece["standing"] for piece in was] == [piece["standing"] for piece in is_now] else METHOD
    if max(piece["spell"] for piece in is_now) > max(piece["spell"] for piece in was):
        return REOPENED
    if _lives_on(then, now):
        return ARRIVED
    return REASSIGNED if _told(was, _PLACE) == _told(is_now, _PLACE) else CORRECTED


def _lives_on(then: Sequence[tuple[Any, ...]], now: Sequence[tuple[Any, ...]]) -> bool:
    """Whether all that was known has stayed, and what was open has gone on: its last piece has ended, and others follow it."""
    if len(now) <= len(then) or then[-1][2] is not None:
        return False
    return list(now[: len(then) - 1]) == list(then[:-1]) and now[len(then) - 1][:2] == then[-1][:2]
