"""Lives of dossiers that a test writes down fact by fact."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from qn_pipeline.simulator.lives import ApplicantKind, Channel, Component, Dossier, Fact, Kind, Province, State
from qn_pipeline.simulator.people import Person
from qn_pipeline.simulator.procedures import PROCEDURES

COPIES, LAND_USE, BENEFIT = "2.000815", "1.003013", "1.001776"
"""Procedures: with a fee and 8 hours; of the land registry; without a fee."""
TAM_KY, HOI_AN = "000.00.61.H47", "000.00.62.H47"

Step = tuple[str, Kind, dict[str, Any]]


def at(text: str) -> datetime:
    """A moment."""
    return datetime.fromisoformat(text)


def step(when: str, kind: Kind, **changes: Any) -> Step:
    """Something that happens at a moment, and what it changes of the state; texts that end in _at become moments."""
    return when, kind, {name: at(value) if name.endswith("_at") and isinstance(value, str) else value for name, value in changes.items()}


def received(when: str, due: str) -> Step:
    """A reception."""
    return step(when, Kind.RECEIVED, status=2, received_at=when, due_at=due)


def finished(when: str) -> Step:
    """A result."""
    return step(when, Kind.FINISHED, status=9, ended_at=when)


def returned(when: str) -> Step:
    """A result in somebody's hands."""
    return step(when, Kind.RETURNED, status=10, returned_at=when)


def dossier(
    number: int,
    *steps: Step,
    procedure: str = COPIES,
    unit: str = TAM_KY,
    channel: Channel = "direct",
    applicant_kind: ApplicantKind = "citizen",
    components: Sequence[Component] = (Component("Tờ khai", True, 0, False), Component("Đơn đề nghị", False, 0, False)),
    result_by_post: bool = False,
) -> Dossier:
    """A dossier with the life that the steps tell."""
    first = at(steps[0][0])
    state = State(f"{unit}-{first:%y%m%d}-{number:04}", unit, channel, 1, first)
    facts = []
    for when, kind, changes in steps:
        state = replace(state, **changes)
        facts.append(Fact(at(when), kind, None if kind is Kind.DELETED else state))
    return Dossier(
        number=number,
        procedure=next(some for some in PROCEDURES if some.code == procedure),
        person=Person("Trần Thị Bé", f"049{number:09}", "0905123456", "be@example.vn", "Số 1, tổ 2"),
        applicant_kind=applicant_kind,
        components=tuple(components),
        result_by_post=result_by_post,
        facts=tuple(facts),
    )


def province(*dossiers: Dossier) -> Province:
    """A province of these dossiers alone."""
    return Province(0, date(2022, 1, 1), date(2022, 7, 1), dossiers)
