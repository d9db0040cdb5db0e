"""What citizens bring to the 1022 hotline and how it is answered, and what that adds up to.

Belongs here: contacts with their lives, what the hotline shows of them at a moment, and counting in plain Python. Does not: how a reader
gets them (hotline_files). Moments are local, naive and of whole minutes, since the hotline tells no seconds.
"""

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal, TypeVar

from qn_pipeline.simulator.calendar import DAY_OF_WORK, add_working_time, deadline, is_working_day, working_time_between
from qn_pipeline.simulator.lives import Dossier, Province
from qn_pipeline.simulator.people import People, Person
from qn_pipeline.simulator.units import UNIT_BY_CODE, Unit, heirs, units_on

ContactKind = Literal["inquiry", "complaint", "proposal"]
Status = Literal["new", "processing", "answered", "refused", "forwarded", "awaiting_supplement"]
Key = tuple[str, date, str]
"""Measure, first day of the month, and unit."""

A_DAY: Final = 41.0
"""Contacts on a working day: 11,224 came in during the first nine months of 2024."""
LIMITS: Final[dict[ContactKind, int]] = {"inquiry": 2, "complaint": 15, "proposal": 15}
"""Working days from the last forwarding to an answer."""
FORWARD_WITHIN, REFUSE_WITHIN, SUPPLEMENT_WITHIN = 0.5, 2, 5
"""Working days within which a contact is sent to a unit, is refused, and more is asked for."""

# Shares, as in September 2024 where they are known; those of complaints and of what becomes of a contact are guesses.
KINDS: Final[dict[ContactKind, float]] = {"inquiry": 0.86, "complaint": 0.12, "proposal": 0.02}
CHATBOT: Final = "Chatbot"
CHANNELS: Final = {CHATBOT: 746, "Điện thoại": 316, "Facebook": 161, "Zalo": 106, "Cổng thông tin, ứng dụng": 39, "Thư điện tử": 14}
ABOUT_DOSSIER: Final = 0.1
ABOUT_PROCEDURES: Final = "Thủ tục hành chính"
TOPICS: Final = {
    ABOUT_PROCEDURES: 45,
    "Quy định, chính sách": 18,
    "Hạ tầng, môi trường": 15,
    "Đầu tư": 5,
    "Du lịch": 7,
    "Thái độ phục vụ": 4,
    "Tiếp nhận hồ sơ tại nhà": 6,
}
DAY_OFF: Final = 0.5
BY_MACHINE: Final = 0.8
FORWARDED_AGAIN, SUPPLEMENT_ANSWERED = 0.1, 0.6
REFUSED: Final[dict[ContactKind, float]] = {"inquiry": 0.01, "complaint": 0.05, "proposal": 0.03}
ELSEWHERE: Final[dict[ContactKind, float]] = {"inquiry": 0.01, "complaint": 0.04, "proposal": 0.05}
SUPPLEMENT: Final[dict[ContactKind, float]] = {"inquiry": 0.005, "complaint": 0.06, "proposal": 0.05}
NEVER, LATE, JUST_LATE, JUST_IN_TIME = 0.015, 0.06, 0.01, 0.02
RATED, SATISFIED, COMPLAINED_AGAIN = 0.35, 0.85, 0.04

_MINUTE = timedelta(minutes=1)
_RECENT_DOSSIERS: Final = 300


@dataclass(frozen=True, slots=True)
class ContactState:
    """What the hotline shows of a contact; `unit` is to answer it, and `satisfied` is None for one who was not asked or did not say."""

    status: Status
    unit: str
    forwarded_at: datetime | None = None
    due_at: datetime | None = None
    answered_at: datetime | None = None
    satisfied: bool | None = None
    complained_again: bool = False


@dataclass(frozen=True, slots=True)
class ContactFact:
    """Something that happened to a contact, with what is shown of it from then on."""

    at: datetime
    state: ContactState


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact and its whole life, in order of time; `dossier` is the code of the dossier that it is about, as it was when it came in."""

    code: str
    kind: ContactKind
    channel: str
    topic: str
    person: Person
    text: str
    received_at: datetime
    facts: tuple[ContactFact, ...]
    dossier: str | None = None


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact as the hotline shows it at a moment."""

    contact: Contact
    state: ContactState
    updated_at: datetime


def contacts(province: Province, seed: int, a_day: float = A_DAY) -> list[Contact]:
    """The contacts that come in while the province's dossiers do, in order of time: about so many on a working day, fewer on others."""
    rng = random.Random(f"hotline {seed}")  # noqa: S311 -- nothing secret: the same seed gives the same contacts
    people, dossiers = People(rng), _Dossiers(province)
    made: list[Contact] = []
    for offset in range((province.end - province.start).days):
        day = province.start + timedelta(days=offset)
        expected = a_day * (1 if is_working_day(day) else DAY_OFF) * rng.uniform(0.7, 1.3)
        moments = sorted(_some_minute(rng, day) for _ in range(int(expected + rng.random())))
        made.extend(_contact(rng, people.next(), dossiers, at, f"1022-{day:%y%m%d}-{number:04}") for number, at in enumerate(moments, start=1))
    return made


def rows(contacts: Sequence[Contact], now: datetime) -> Iterator[ContactRow]:
    """What the hotline shows at a moment: everything that happened before it, one row a contact that has come in."""
    for contact in contacts:
        index = bisect_left(contact.facts, now, key=lambda fact: fact.at)
        if index:
            fact = contact.facts[index - 1]
            yield ContactRow(contact, fact.state, fact.at)


def truth(contacts: Sequence[Contact], nights: Sequence[datetime]) -> dict[Key, int]:
    """What the contacts add up to as shown after the last of the nights, by measure, month and unit that has the contact then; zeros are left out.

    Each measure is counted of all contacts and, with `_inquiry`, `_complaint` or `_proposal` after its name, of those of a kind.

    By the month of reception:
    - `received`; `refused`; `elsewhere` (sent to another authority);
    - `open_within`, `open_past`: new or in hand, with a limit that has not passed by that night (or no limit yet), or has;
    - `awaiting_supplement`, which is `awaiting_within` and `awaiting_past`: the next move is the citizen's, and the limit stands as it was.
    By the month of the answer:
    - `answered`; `answered_on_time` (by the due moment itself at the latest), `answered_late`;
    - `rated`, `satisfied`, `complained_again`: of those answered.
    """
    counts: Counter[Key] = Counter()
    for row in rows(contacts, nights[-1]):
        for measure, at in _measures(row, nights[-1]):
            for name in (measure, f"{measure}_{row.contact.kind}"):
                counts[name, date(at.year, at.month, 1), row.state.unit] += 1
    return dict(counts)


def _measures(row: ContactRow, now: datetime) -> Iterator[tuple[str, datetime]]:
    state, received_at = row.state, row.contact.received_at
    standing = "within" if state.due_at is None or state.due_at >= now else "past"
    yield "received", received_at
    match state.status:
        case "new" | "processing":
            yield f"open_{standing}", received_at
        case "awaiting_supplement":
            yield "awaiting_supplement", received_at
            yield f"awaiting_{standing}", received_at
        case "refused":
            yield "refused", received_at
        case "forwarded":
            yield "elsewhere", received_at
        case "answered":
            assert state.answered_at is not None
            assert state.due_at is not None
            yield "answered", state.answered_at
            yield ("answered_on_time" if state.answered_at <= state.due_at else "answered_late"), state.answered_at
            if state.satisfied is not None:
                yield "rated", state.answered_at
                if state.satisfied:
                    yield "satisfied", state.answered_at
            if state.complained_again:
                yield "complained_again", state.answered_at


# How contacts come about


class _Dossiers:
    """The province's dossiers that a citizen could ask about at a moment."""

    def __init__(self, province: Province) -> None:
        # A code that is none helps nobody.
        self._dossiers: list[Dossier] = [dossier for dossier in province.dossiers if not dossier.typed_code]
        self._began = [dossier.facts[0].at for dossier in self._dossiers]

    def recent(self, rng: random.Random, at: datetime) -> tuple[str, str] | None:
        """Code and unit of one of the newest dossiers; None when there is none, or it has been deleted."""
        last = bisect_left(self._began, at)
        if not last:
            return None
        fact = self._dossiers[rng.randrange(max(0, last - _RECENT_DOSSIERS), last)].last_fact(at)
        return (fact.state.code, fact.state.unit) if fact is not None and fact.state is not None else None


def _contact(rng: random.Random, person: Person, dossiers: _Dossiers, at: datetime, code: str) -> Contact:
    kind, channel, topic = _chosen(rng, KINDS), _chosen(rng, CHANNELS), _chosen(rng, TOPICS)
    about = dossiers.recent(rng, at) if rng.random() < ABOUT_DOSSIER else None
    topic = ABOUT_PROCEDURES if about else topic
    unit = about[1] if about else _some_unit(rng, at.date())
    # A dossier may still be in the hands of a unit that has just ended.
    while not UNIT_BY_CODE[unit].valid_on(at.date()):
        unit = _by_weight(rng, heirs(unit))
    return Contact(
        code=code,
        kind=kind,
        channel=channel,
        topic=topic,
        person=person,
        text=_text(kind, topic, person, about[0] if about else None),
        received_at=at,
        facts=_Course(rng, kind, at, unit).run(by_machine=channel == CHATBOT and kind == "inquiry" and rng.random() < BY_MACHINE),
        dossier=about[0] if about else None,
    )


class _Course:
    """Writes the facts of one contact, each at least a minute after the one before it.

    Where a unit ends with an open contact in its hands, the unit that comes after it gets it on its first working morning.
    """

    def __init__(self, rng: random.Random, kind: ContactKind, at: datetime, unit: str) -> None:
        self._rng = rng
        self._kind = kind
        self._facts = [ContactFact(at, ContactState("new", unit))]

    def run(self, by_machine: bool) -> tuple[ContactFact, ...]:
        """The whole life of a contact; one that a machine answers is answered on the spot, on days off, too."""
        if by_machine:
            self._forward(self._now + _MINUTE)
            self._answer(self._now + self._rng.randrange(1, 3) * _MINUTE)
        elif self._forwarding() and self._handling():
            self._answering()
        if self._state.status == "answered":
            self._aftermath()
        return tuple(self._facts)

    # Steps

    def _forwarding(self) -> bool:
        """The hotline's own part. Whether it is in the hands of a unit."""
        if self._happens(REFUSED[self._kind]):
            self._fact(self._within(REFUSE_WITHIN), status="refused")
            return False
        if self._happens(ELSEWHERE[self._kind] / 2):
            self._fact(self._within(REFUSE_WITHIN), status="forwarded")
            return False
        self._forward(self._within(FORWARD_WITHIN))
        return True

    def _handling(self) -> bool:
        """What units do before they answer. Whether they go on to an answer."""
        if self._happens(FORWARDED_AGAIN):
            at = self._on_the_way(0.05, 0.8)
            self._forward(at, _some_unit(self._rng, at.date()))
        if self._happens(ELSEWHERE[self._kind] / 2):
            self._fact(self._on_the_way(0.05, 0.3), status="forwarded")
            return False
        if self._happens(SUPPLEMENT[self._kind]):
            self._fact(self._within(SUPPLEMENT_WITHIN), status="awaiting_supplement")
            if not self._happens(SUPPLEMENT_ANSWERED):
                return False
            # Sent to the unit again: its time begins anew.
            at = self._within(10)
            self._forward(at, self._in_charge(at.date()))
        if self._happens(NEVER):
            self._hand_over(None)
            return False
        return True

    def _answering(self) -> None:
        chance, late_by, share = self._rng.random(), self._rng.uniform(0.2, 10), self._rng.uniform(0.05, 0.98)
        while True:
            if chance < LATE:
                at = _working_days_after(self._due, late_by)
            elif chance < LATE + JUST_LATE:
                at = add_working_time(self._due, _MINUTE)
            elif chance < LATE + JUST_LATE + JUST_IN_TIME:
                at = self._due
            else:
                at = self._on_the_way(share, share)
            # Who takes it over has a limit of its own.
            if not self._hand_over(at):
                break
        self._answer(at)

    def _answer(self, at: datetime) -> None:
        at = max(at, self._now + _MINUTE)
        self._fact(at, status="answered", answered_at=at)

    def _aftermath(self) -> None:
        """What the citizen makes of the answer."""
        if self._happens(RATED):
            self._fact(self._within(5), satisfied=self._happens(SATISFIED))
        if self._happens(COMPLAINED_AGAIN * (5 if self._state.satisfied is False else 1)):
            self._fact(self._within(20), complained_again=True)

    def _forward(self, at: datetime, unit: str | None = None) -> None:
        at = max(at, self._now + _MINUTE)
        due_at = deadline(at, days=LIMITS[self._kind])
        self._fact(at, status="processing", unit=unit or self._in_charge(at.date()), forwarded_at=at, due_at=due_at)

    # Units

    def _in_charge(self, day: date) -> str:
        """The contact's unit, or who has come after it."""
        unit = self._state.unit
        while not UNIT_BY_CODE[unit].valid_on(day):
            unit = _by_weight(self._rng, heirs(unit))
        return unit

    def _hand_over(self, until: datetime | None) -> bool:
        """Whether the unit ends before a moment; then the contact is with the one after it. Without a moment: ever, and all that end."""
        handed_over = False
        while (last := UNIT_BY_CODE[self._state.unit].valid_to) is not None:
            at = add_working_time(datetime.combine(last + timedelta(days=1), time()), timedelta())
            if until is not None and at > until:
                break
            self._forward(at)
            handed_over = True
        return handed_over

    # Time and chance

    @property
    def _state(self) -> ContactState:
        return self._facts[-1].state

    @property
    def _now(self) -> datetime:
        return self._facts[-1].at

    @property
    def _due(self) -> datetime:
        assert self._state.due_at is not None
        return self._state.due_at

    def _happens(self, share: float) -> bool:
        return self._rng.random() < share

    def _within(self, days: float) -> datetime:
        """A moment within so many working days from now."""
        return _working_days_after(self._now, self._rng.uniform(0, days))

    def _on_the_way(self, least: float, most: float) -> datetime:
        """A moment at some share of the working time that is left until the due moment."""
        return _working_days_after(self._now, self._rng.uniform(least, most) * (working_time_between(self._now, self._due) / DAY_OF_WORK))

    def _fact(self, at: datetime, **changes: Any) -> None:
        self._facts.append(ContactFact(max(at, self._now + _MINUTE), replace(self._state, **changes)))


def _working_days_after(at: datetime, days: float) -> datetime:
    return add_working_time(at, int(days * DAY_OF_WORK / _MINUTE) * _MINUTE)


def _some_minute(rng: random.Random, day: date) -> datetime:
    """When people are awake, most of all in the morning."""
    return datetime.combine(day, time(6)) + int(rng.triangular(0, 17 * 60 - 1, 4 * 60)) * _MINUTE


def _some_unit(rng: random.Random, day: date) -> str:
    return _by_weight(rng, units_on(day))


def _by_weight(rng: random.Random, units: Sequence[Unit]) -> str:
    return rng.choices(units, [unit.weight for unit in units])[0].code


_T = TypeVar("_T")


def _chosen(rng: random.Random, shares: Mapping[_T, float]) -> _T:
    return rng.choices(list(shares), list(shares.values()))[0]


def _text(kind: ContactKind, topic: str, person: Person, dossier: str | None) -> str:
    """What the hotline writes down: with names and telephones, as people tell them."""
    about = f"hồ sơ {dossier}" if dossier else topic.lower()
    asked = {"inquiry": "hỏi về", "complaint": "phản ánh việc chậm trễ về", "proposal": "kiến nghị cải tiến"}[kind]
    return f'Ông (bà) {person.name} {asked} {about}; gọi lại số {person.phone}; "mong sớm có trả lời"'
