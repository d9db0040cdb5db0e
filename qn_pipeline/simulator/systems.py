"""One province as several systems: the national portal's copy of it, and an old and a new one-stop system.

Belongs here: who shows which dossiers, and when. Does not: how they are spelt or served. Each view has rows(at), as a province has.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from qn_pipeline.simulator.lives import Dossier, Fact, Province, Row, State

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
_NEVER_SYNCHRONISED = frozenset({13, 46, 79})
"""Of each hundred dossiers."""
_REWRITTEN = frozenset({5, 6, 8})
_FINISHED = 9
_OPEN = frozenset({1, 2, 4, 5, 6})


@dataclass(frozen=True, slots=True)
class NationalCopy:
    """What the national portal has of the province: a copy that is brought up to date at midnight.

    It disagrees with the province in ways that real copies do. Some dossiers never reach it. Paused and stopped ones reach it as
    processed, ended when they came into that status. Nothing is ever taken back: deleted dossiers stay, and those that get another
    code are there under both. A row was updated at the midnight that brought it.
    """

    province: Province

    def rows(self, at: datetime) -> Iterator[Row]:
        """The copy as it is shown at a moment: that of the last midnight before it."""
        midnight = datetime.combine((at - _TICK).date(), time())
        for dossier in self.province.dossiers:
            if dossier.number % 100 not in _NEVER_SYNCHRONISED:
                yield from _copies(dossier, midnight)


@dataclass(frozen=True, slots=True)
class Handover:
    """A change of the one-stop system at a moment: open dossiers go on in the new one, and stay in the old one as they were."""

    province: Province
    switch: datetime

    @property
    def before(self) -> "OldSystem":
        return OldSystem(self.province, self.switch)

    @property
    def after(self) -> "NewSystem":
        return NewSystem(self.province, self.switch)


@dataclass(frozen=True, slots=True)
class OldSystem:
    """Everything until the switch; then the dossiers that were closed live on in it, and the others stand still."""

    province: Province
    switch: datetime

    def rows(self, at: datetime) -> Iterator[Row]:
        """What it shows at a moment."""
        for dossier in self.province.dossiers:
            standing = dossier.last_fact(min(at, self.switch))
            if standing is not None and standing.state is not None:
                fact = standing if _is_open(standing) else dossier.last_fact(at)
                if fact is not None and fact.state is not None:
                    yield Row(dossier, fact.state, fact.at)


@dataclass(frozen=True, slots=True)
class NewSystem:
    """Nothing until the switch; then the dossiers that were open at it, and all that come later."""

    province: Province
    switch: datetime

    def rows(self, at: datetime) -> Iterator[Row]:
        """What it shows at a moment."""
        if at <= self.switch:
            return
        for dossier in self.province.dossiers:
            standing, fact = dossier.last_fact(self.switch), dossier.last_fact(at)
            if fact is not None and fact.state is not None and (standing is None or _is_open(standing)):
                yield Row(dossier, fact.state, fact.at)


def _is_open(fact: Fact) -> bool:
    return fact.state is not None and fact.state.status in _OPEN


def _copies(dossier: Dossier, midnight: datetime) -> Iterator[Row]:
    copies: dict[str, Row] = {}
    status_since = dossier.facts[0].at
    for place, fact in enumerate(dossier.facts):
        if fact.at >= midnight:
            break
        if fact.state is None:
            continue
        before = dossier.facts[place - 1].state if place else None
        if before is None or before.status != fact.state.status:
            status_since = fact.at
        synchronised_at = _following_midnight(fact.at)
        following = dossier.facts[place + 1 : place + 2]
        if not following or following[0].at >= synchronised_at:
            copies[fact.state.code] = Row(dossier, _rewritten(fact.state, status_since), synchronised_at)
    yield from copies.values()


def _following_midnight(at: datetime) -> datetime:
    return datetime.combine(at.date(), time()) + _DAY


def _rewritten(state: State, since: datetime) -> State:
    if state.status not in _REWRITTEN:
        return state
    return replace(state, status=_FINISHED, ended_at=state.ended_at or since)
