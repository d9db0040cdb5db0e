"""What a reader of the province can know of a dossier: what was shown on the nights that it read the system, and the steps that the system tells.

Belongs here: observation. Does not: what follows from it (verdicts), or counting (ledger).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from qn_pipeline.simulator.lives import Dossier, Fact, Kind, State

ToldBy = Literal["actions", "versions"]

_SILENT = frozenset({Kind.REGISTERED, Kind.DELETED})


@dataclass(frozen=True, slots=True)
class Version:
    """What was shown, and the moment of the last change that showed it."""

    state: State
    moment: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """A dossier as a reader knows it: its versions, oldest first, and its steps; none where the system tells no steps."""

    dossier: Dossier
    versions: list[Version]
    steps: list[Fact]
    has_limit: bool = True

    @property
    def now(self) -> State:
        return self.versions[-1].state


def known(dossier: Dossier, nights: Sequence[datetime], told_by: ToldBy, tells_limits: bool = True) -> Known | None:
    """What is known of a dossier after the last night; None for one that is not shown then."""
    versions: list[Version] = []
    for night in nights:
        fact = dossier.last_fact(night)
        if fact is None or fact.state is None:
            versions = [] if fact is not None else versions
        elif versions and _content(versions[-1].state) == _content(fact.state):
            versions[-1] = Version(fact.state, fact.at)
        else:
            versions.append(Version(fact.state, fact.at))
    if not versions:
        return None
    # Under another code it is another dossier: what was shown of it before is not known to be of this one.
    versions = [version for version in versions if version.state.code == versions[-1].state.code]
    steps = [fact for fact in dossier.facts if fact.at < nights[-1] and fact.kind not in _SILENT] if told_by == "actions" else []
    return Known(dossier, versions, steps, tells_limits)


def _content(state: State) -> tuple[object, ...]:
    digitized = state.ended_at is not None and state.result_digitized
    dates = (state.submitted_at, state.received_at, state.due_at, state.ended_at, state.returned_at)
    return state.code, state.unit, state.channel, state.status, *dates, state.payment, digitized
