"""The lives of dossiers: dated facts, each with what the system shows of the dossier from then on.

Belongs here: what a fact, a life and a province are, and what is shown at a moment. Does not: how lives come about (chances), how they
are written for a reader (files), or what is counted (ledger). Moments are local and naive.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Protocol

from qn_pipeline.simulator.people import Person
from qn_pipeline.simulator.procedures import Procedure

Channel = Literal["direct", "online", "post"]
ApplicantKind = Literal["citizen", "enterprise"]
Payment = Literal["none", "national", "local"]
Reuse = Literal[0, 1, 2]
Vote = Literal["very_good", "good", "bad"]


class Kind(StrEnum):
    """What can happen to a dossier in the system."""

    REGISTERED = "registered"
    REFUSED = "refused"
    RECEIVED = "received"
    PROCESSING = "processing"
    SUPPLEMENT_REQUESTED = "supplement requested"
    SUPPLEMENTED = "supplemented"
    PAYMENT_REQUESTED = "payment requested"
    PAID = "paid"
    TRANSFERRED = "transferred"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    FINISHED = "finished"
    RETURNED = "returned"
    VOTED = "voted"
    REOPENED = "reopened"
    CORRECTED = "corrected"
    RECODED = "recoded"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Supplement:
    """A request for missing papers, and the answer to it."""

    requested_at: datetime
    due_before: datetime
    answered_at: datetime | None = None
    due_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What the system shows of a dossier; `status` is of the national list, 1 to 10."""

    code: str
    unit: str
    channel: Channel
    status: int
    submitted_at: datetime
    received_at: datetime | None = None
    due_at: datetime | None = None
    refused_at: datetime | None = None
    ended_at: datetime | None = None
    returned_at: datetime | None = None
    payment: Payment = "none"
    result_digitized: bool = False
    vote: Vote | None = None
    supplements: tuple[Supplement, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened in the system; a dossier without a state has vanished from it."""

    at: datetime
    kind: Kind
    state: State | None


@dataclass(frozen=True, slots=True)
class Component:
    """A paper of a dossier; `reused` is 0 for no, 1 for earlier data, 2 for the result of another dossier."""

    name: str
    digitized: bool
    reused: Reuse
    from_store: bool


@dataclass(frozen=True, slots=True)
class Dossier:
    """A dossier and its whole life, in order of time. One with a typed code has none of the prescribed form."""

    number: int
    procedure: Procedure
    person: Person
    applicant_kind: ApplicantKind
    components: tuple[Component, ...]
    result_by_post: bool
    facts: tuple[Fact, ...]
    typed_code: bool = False

    def last_fact(self, at: datetime) -> Fact | None:
        """The newest fact before a moment."""
        index = bisect_left(self.facts, at, key=lambda fact: fact.at)
        return self.facts[index - 1] if index else None


@dataclass(frozen=True, slots=True)
class Row:
    """A dossier as the system shows it at a moment."""

    dossier: Dossier
    state: State
    updated_at: datetime


class Shows(Protocol):
    """A province, or a view of one."""

    def rows(self, at: datetime, /) -> Iterator[Row]:
        """What is shown at a moment: everything that happened before it."""
        ...


@dataclass(frozen=True)
class Province:
    """All dossiers of a simulated time, in the order in which they came into the system."""

    seed: int
    start: date
    end: date
    dossiers: tuple[Dossier, ...] = field(repr=False)

    def rows(self, at: datetime) -> Iterator[Row]:
        """What the system shows at a moment: everything that happened before it, one row a living dossier."""
        for dossier in self.dossiers:
            fact = dossier.last_fact(at)
            if fact is not None and fact.state is not None:
                yield Row(dossier, fact.state, fact.at)
