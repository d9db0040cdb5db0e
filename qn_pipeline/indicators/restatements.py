"""What has changed since a figure was reported: a vintage against the figures as they are now, and each dossier that made it so, once, with its cause."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from qn_pipeline.engine import literal, open_engine
from qn_pipeline.indicators.vintages import PIECE_SCHEMA, PIECES, VALUES, Kept, kept_file, write_figures, write_pieces
from qn_pipeline.settings import Settings
from qn_pipeline.warehouse.engines import Ask, Row
from qn_pipeline.warehouse.past import folder_aside

ARRIVED, CORRECTED, REOPENED, REASSIGNED, DELETED, HELD, METHOD = (
    *("arrived_late", "corrected", "reopened", "reassigned", "deleted", "quarantined_or_waived"),
    "calendar_or_method",
)
Counted = tuple[int | None, int | None, Decimal | None]
"""Numerator, denominator and value."""
KEYS_AT_ONCE = 1000
_NAMES = [field.name for field in PIECE_SCHEMA]
KEY = 7
"""How many of the first fields of `Restated` say which figure it is."""
# What a piece of a life is counted by.
_COUNTED = (
    *("unit", "desk", "channel", "procedure", "state", "standing", "local_standing"),
    *("is_end", "is_reception", "is_reopening", "traits", "began_at", "ended_at"),
)
_PLACE = ("unit", "desk")
# What was told of a piece.
_LIFE = ("unit", "desk", "channel", "procedure", "state", "spell", "is_end")


class Restated(NamedTuple):
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


def restated_figures(settings: Settings, ask: Ask, kept: Kept) -> list[Restated]:
    """Figures of the periods that end in the month of a vintage, where they differ from what was published."""
    with folder_aside(settings) as folder, open_engine(settings) as engine:
        write_figures(ask, kept.told.month, folder / VALUES)
        then, now = (f"(select * exclude (completeness) from read_parquet({literal(path)}))" for path in (kept_file(kept, VALUES), folder / VALUES))
        rows = engine.execute(f"select 1 as side, * from {then} except all select 1, * from {now}").fetchall()
        rows += engine.execute(f"select -1 as side, * from {now} except all select -1, * from {then}").fetchall()
    before = {row[1 : KEY + 1]: row[KEY + 1 :] for row in rows if row[0] == 1}
    current = {row[1 : KEY + 1]: row[KEY + 1 :] for row in rows if row[0] == -1}
    return [
        Restated(key[0], key[1], key[2], key[3], key[4], key[5], key[6], _three(before.get(key)), _three(current.get(key)))
        for key in sorted(before.keys() | current.keys())
        if _is_change(before.get(key), current.get(key))
    ]


def _three(row: Row | None) -> Counted:
    return (row[0], row[1], row[2]) if row is not None else (None, None, None)


def _is_change(before: Row | None, now: Row | None) -> bool:
    """A row of zeros that comes or goes changes nothing."""
    return any(row is not None and any(row[:2]) for row in (before, now))


def restating_dossiers(settings: Settings, ask: Ask, kept: Kept) -> list[Restating]:
    """The dossiers that are counted otherwise in those periods than when the vintage was made, each once."""
    with folder_aside(settings) as folder, open_engine(settings) as engine:
        write_pieces(ask, kept.told.month, folder / PIECES)
        files = (kept_file(kept, PIECES), folder / PIECES)
        counted = ", ".join(("system", "code", *_COUNTED))
        then, now = (f"select {counted} from read_parquet({literal(file)})" for file in files)
        engine.execute(
            f"create temp table changed as select distinct system, code from (({then} except all {now}) union all ({now} except all {then}))"
        )
        before, current = (
            _by_dossier(
                engine.execute(
                    f"select p.* from read_parquet({literal(file)}) as p semi join changed using (system, code) order by system, code, piece"
                ).fetchall()
            )
            for file in files
        )
    changed = sorted(before.keys() | current.keys())
    known = _known(ask, changed)
    found = []
    for key in changed:
        was, is_now = before.get(key, []), current.get(key, [])
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
    """What is known now of a dossier: the extraction that told it first, the one of which a row was first held back, and whether it is deleted."""

    first_told: int
    first_held: int | None
    is_deleted: bool


def _known(ask: Ask, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], _Known]:
    known: dict[tuple[str, str], _Known] = {}
    for start in range(0, len(keys), KEYS_AT_ONCE):
        some = keys[start : start + KEYS_AT_ONCE]
        listed = ", ".join(f"({literal(system)}, {literal(code)})" for system, code in some)
        _, held = ask(
            "select e.system, q.row_key, min(q.extraction_seq) from valid.quarantine as q "
            "inner join valid.extractions as e on e.extraction_seq = q.extraction_seq and e.entity = 'dossiers' "
            f"where q.severity = 'quarantine' and (e.system, q.row_key) in ({listed}) group by e.system, q.row_key"
        )
        first_held = {(system, code): seq for system, code, seq in held}
        _, versions = ask(
            "select system, code, min(known_from), max(case when known_to is null and is_deleted then 1 else 0 end) from core.fct_dossier_version "
            f"where (system, code) in ({listed}) group by system, code"
        )
        known |= {(system, code): _Known(first, first_held.get((system, code)), bool(deleted)) for system, code, first, deleted in versions}
    return known


def _cause(was: Sequence[Piece], is_now: Sequence[Piece], known: _Known | None, kept: Kept) -> str:
    """A dossier that came, or lived on, after the vintage arrived late; one of which something else was told was corrected."""
    cutoff = kept.told.cutoff
    if not was:
        if known is not None and known.first_held is not None and known.first_held <= cutoff:
            return HELD
        return ARRIVED if known is not None and known.first_told > cutoff else CORRECTED
    if not is_now:
        if known is None or known.is_deleted:
            return DELETED
        return HELD if known.first_held is not None else CORRECTED
    then, now = _told(was), _told(is_now)
    if then == now and was[0]["version_no"] != is_now[0]["version_no"]:
        return CORRECTED
    if then == now:
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
