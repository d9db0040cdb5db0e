"""What follows from what is known of a dossier: its states, where it was, and how each way to an end stands to its limit.

It says in its own words what docs/figures.md says. The limit is spent by a clock that runs through the states one by one.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from qn_pipeline.simulator.calendar import OPENING_HOURS, deadline, is_working_day, moment_at, position
from qn_pipeline.simulator.known import Known, Version
from qn_pipeline.simulator.lives import Kind
from qn_pipeline.simulator.procedures import HOUR

StateName = Literal["running", "paused", "settled", "withdrawn", "stopped", "refused"]
Standing = Literal["within", "past", "without_due"]
Verdict = Literal["early", "on_time", "late", "without_due"]

NATIONAL, LOCAL = "", "local_"
_STATES: dict[int, StateName] = {
    2: "running",
    4: "running",
    5: "paused",
    6: "paused",
    3: "refused",
    7: "withdrawn",
    8: "stopped",
    9: "settled",
    10: "settled",
}
_CAUSES = {5: "supplement", 6: "payment"}
_BY_STEP: dict[Kind, tuple[StateName, str | None]] = {
    Kind.RECEIVED: ("running", None),
    Kind.PROCESSING: ("running", None),
    Kind.TRANSFERRED: ("running", None),
    Kind.SUPPLEMENTED: ("running", None),
    Kind.PAID: ("running", None),
    Kind.REOPENED: ("running", None),
    Kind.SUPPLEMENT_REQUESTED: ("paused", "supplement"),
    Kind.PAYMENT_REQUESTED: ("paused", "payment"),
    Kind.FINISHED: ("settled", None),
    Kind.RETURNED: ("settled", None),
    Kind.WITHDRAWN: ("withdrawn", None),
    Kind.STOPPED: ("stopped", None),
    Kind.REFUSED: ("refused", None),
}
_SECOND = timedelta(seconds=1)
_CLOSING = OPENING_HOURS[-1][1]


@dataclass(frozen=True, slots=True)
class Entry:
    """From a moment on, a state."""

    at: datetime
    state: StateName
    cause: str | None

    @property
    def is_open(self) -> bool:
        return self.state in ("running", "paused")


@dataclass
class Spell:
    """The way from reception or a re-opening to an end, which may come at once. `breached_at`, by reading, is the first moment past the limit."""

    opens: list[Entry]
    end: Entry | None
    due: dict[str, datetime | None] = field(default_factory=dict)
    spent_at: dict[str, datetime | None] = field(default_factory=dict)
    breached_at: dict[str, datetime | None] = field(default_factory=dict)

    @property
    def began_at(self) -> datetime:
        first = self.opens[0] if self.opens else self.end
        assert first is not None
        return first.at

    def segments(self) -> Iterator[tuple[Entry, datetime | None]]:
        """Each open state with the moment that it ends."""
        for place, entry in enumerate(self.opens, start=1):
            ended_at = self.end.at if self.end else None
            yield entry, self.opens[place].at if place < len(self.opens) else ended_at

    def verdict(self, reading: str) -> Verdict:
        """Of one that has ended."""
        assert self.end is not None
        breached, spent = self.breached_at[reading], self.spent_at[reading]
        if breached is not None and self.end.at >= breached:
            return "late"
        if self.due[reading] is None or spent is None:
            return "without_due"
        return "early" if self.end.at.date() < spent.date() else "on_time"

    def standing(self, at: datetime, reading: str) -> Standing:
        """Of one that is open at a moment."""
        breached = self.breached_at[reading]
        if breached is not None and breached <= at:
            return "past"
        return "without_due" if self.due[reading] is None else "within"


@dataclass(frozen=True)
class Life:
    """A received dossier: its spells, and the units that had it, each until a moment (None for the last)."""

    known: Known
    spells: list[Spell]
    stays: list[tuple[str, datetime | None]]

    def unit_at(self, at: datetime) -> str:
        return next(unit for unit, until in self.stays if until is None or at < until)


def life(known: Known) -> Life | None:
    """What became of a dossier; None for one that has not been received."""
    now = known.now
    if now.status == 1 or now.received_at is None:
        return None
    spells = list(_spells(_timeline(known, now.received_at), known))
    for spell in spells:
        _judge(spell, spell is spells[-1], spells, known)
    return Life(known, spells, _stays(known, now.received_at))


# States


def _timeline(known: Known, received_at: datetime) -> list[Entry]:
    timeline = [Entry(received_at, "running", None)]

    def add(at: datetime, state: StateName, cause: str | None) -> None:
        at = max(at, received_at)
        while timeline and timeline[-1].at >= at:
            timeline.pop()
        timeline.append(Entry(at, state, cause))

    for fact in known.steps:
        if fact.kind in _BY_STEP:
            add(fact.at, *_BY_STEP[fact.kind])
    if not known.steps:
        for version in known.versions:
            status = version.state.status
            if status != 1:
                ended = _STATES[status] not in ("running", "paused")
                moment = version.state.ended_at if ended else version.moment
                # A refusal has no date of its own, and does not tell when it was.
                if moment is not None:
                    add(moment, _STATES[status], _CAUSES.get(status))
    now, state = known.now, _STATES[known.now.status]
    if state not in ("running", "paused"):
        add(now.ended_at or timeline[-1].at, state, None)
    elif timeline[-1].state != state:
        timeline[-1] = Entry(timeline[-1].at, state, _CAUSES.get(now.status))
    return timeline


def _spells(timeline: list[Entry], known: Known) -> Iterator[Spell]:
    groups: list[tuple[list[Entry], list[Entry]]] = []
    for entry in timeline:
        if not groups or (entry.is_open and groups[-1][1]):
            groups.append(([], []))
        opens, ends = groups[-1]
        if not entry.is_open:
            ends.append(entry)
        elif not opens or (opens[-1].state, opens[-1].cause) != (entry.state, entry.cause):
            opens.append(entry)
    has_ended = _STATES[known.now.status] not in ("running", "paused")
    for place, (opens, ends) in enumerate(groups, start=1):
        last_counts = (place == len(groups) and has_ended) or not known.steps
        yield Spell(opens, None if not ends else ends[-1] if last_counts else ends[0])


def _pauses(spells: Sequence[Spell]) -> list[tuple[Entry, datetime | None]]:
    return [(entry, until) for spell in spells for entry, until in spell.segments() if entry.state == "paused"]


# Units


def _stays(known: Known, received_at: datetime) -> list[tuple[str, datetime | None]]:
    moves: list[tuple[str, datetime]] = []
    for before, after in zip(known.versions, known.versions[1:], strict=False):
        if before.state.unit != after.state.unit and (at := _moved_at(known, before, after)) is not None:
            at = max(at, received_at)
            while moves and moves[-1][1] >= at:
                moves.pop()
            moves.append((before.state.unit, at))
    return [*moves, (known.now.unit, None)]


def _moved_at(known: Known, before: Version, after: Version) -> datetime | None:
    if not known.steps:
        return after.moment if after.state.status in (2, 4, 5, 6) else None
    moving = (Kind.TRANSFERRED, Kind.REOPENED)
    found = [fact.at for fact in known.steps if fact.kind in moving and before.moment < fact.at <= after.moment]
    return found[-1] if found else None


# Limits


def _judge(spell: Spell, is_last: bool, spells: Sequence[Spell], known: Known) -> None:
    told = None
    if not is_last and spell.end is not None:
        at = spell.end.at
        told = next((v for v in reversed(known.versions) if v.state.ended_at == at and v.state.status in (3, 7, 8, 9, 10)), None)
    stated = told.state.due_at if told else known.now.due_at
    upto = known.versions[: known.versions.index(told) + 1] if told else known.versions
    due: dict[str, tuple[datetime | None, datetime | None]] = {NATIONAL: (stated, None), LOCAL: (stated, None)}
    moved = _first_unexplained(upto, _pauses(spells))
    if stated is not None and moved is not None and moved[0] < stated:
        due[LOCAL] = moved
    requests, so_far = _requests(spells, known), spells[: spells.index(spell) + 1]
    for reading, (date, holds_until) in due.items():
        holds = date is not None
        date = date or _recomputed(known)
        spell.due[reading] = date
        spent = None if date is None else _spent(so_far, date, holds, holds_until)
        spell.spent_at[reading] = spent
        breaches = [] if spent is None else [spent + _SECOND]
        if len(requests) > 1 and (spell.end is None or requests[1] < spell.end.at):
            breaches.append(max(requests[1], spell.began_at))
        spell.breached_at[reading] = min(breaches, default=None)


def _first_unexplained(versions: Sequence[Version], pauses: Sequence[tuple[Entry, datetime | None]]) -> tuple[datetime, datetime] | None:
    """The due date before the first move to a later one without a pause, and the moment that it is known from."""
    dated = [version for version in versions if version.state.due_at is not None]
    for before, after in itertools.pairwise(dated):
        first, second = before.state.due_at, after.state.due_at
        assert first is not None
        assert second is not None
        paused = any(entry.at < after.moment and (until is None or until > before.moment) for entry, until in pauses)
        if second > first and not paused:
            return first, before.moment
    return None


def _recomputed(known: Known) -> datetime | None:
    if not known.has_limit:
        return None
    procedure, received_at = known.dossier.procedure, known.now.received_at
    assert received_at is not None
    return deadline(received_at, hours=procedure.limit) if procedure.limit_unit == HOUR else deadline(received_at, days=procedure.limit)


def _requests(spells: Sequence[Spell], known: Known) -> list[datetime]:
    """When papers were asked for: each step that did, and what a status alone tells."""
    ended = spells[-1].end
    received_at = spells[0].began_at
    steps = [fact.at for fact in known.steps if fact.kind is Kind.SUPPLEMENT_REQUESTED and (ended is None or fact.at < ended.at)]
    return sorted({max(at, received_at) for at in steps} | {entry.at for entry, _ in _pauses(spells) if entry.cause == "supplement"})


def _spent(spells: Sequence[Spell], due: datetime, holds_pauses: bool, holds_until: datetime | None) -> datetime | None:
    """When the limit of the last of these spells is spent by a clock that stands in pauses; None while it stands."""
    segments = [segment for spell in spells for segment in spell.segments()]
    answered = {entry for spell in spells for entry, _ in list(spell.segments())[:-1] if entry.state == "paused"}
    began_at = spells[0].began_at
    left = position(due) - position(began_at)
    if holds_pauses:
        for entry, until in segments:
            if entry in answered and until is not None and (holds_until is None or until <= holds_until):
                left -= position(until) - position(entry.at)
    reached = position(began_at)
    for entry, until in segments:
        if entry.state != "paused":
            continue
        worked = position(entry.at) - reached
        if worked > left or (worked == left and entry.at > _limit_at(position(entry.at), due)):
            break
        if until is None:
            return None
        left -= worked
        reached = position(until)
    # What was spent before the first day of the calendar was when it begins.
    return _limit_at(max(reached + left, 0), due)


def _limit_at(place: int, due: datetime) -> datetime:
    """The moment at a position to which a due date was moved."""
    if place == position(due):
        return due
    if due.time() < _CLOSING and is_working_day(due.date()):
        return moment_at(place)
    # A date alone is the end of its day, and stays one when it is moved: the closing of one day is otherwise the opening of the next.
    worked_to = moment_at(place - 1) + _SECOND
    return max(datetime.combine(worked_to.date(), due.time()), worked_to)
