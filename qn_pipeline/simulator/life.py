"""One dossier's life, step by step, by chance.

Belongs here: what follows what, and when. Does not: how many dossiers there are and who files them (simulate). Each step happens in
working time after the one before it; nothing that is shown at a moment is known from a later one. Where a unit ends with a dossier in its
hands, the unit that comes after it takes it over on its first working morning.
"""

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from qn_pipeline.simulator import chances
from qn_pipeline.simulator.calendar import DAY_OF_WORK, add_working_time, deadline, working_time_between
from qn_pipeline.simulator.lives import Channel, Fact, Kind, State, Supplement
from qn_pipeline.simulator.procedures import HOUR, Procedure
from qn_pipeline.simulator.units import UNIT_BY_CODE, heirs, peers

_MINUTE = timedelta(minutes=1)
_CHANNELS: tuple[Channel, ...] = ("direct", "online", "post")
_OPEN = (1, 2, 4, 5, 6)
_FOREVER = datetime.combine(date.max, time())


@cache
def _handover(unit: str) -> datetime | None:
    """When others take over from a unit; None for one that goes on."""
    last = UNIT_BY_CODE[unit].valid_to
    return None if last is None else add_working_time(datetime.combine(last + timedelta(days=1), time()), timedelta())


class Life:
    """Writes the facts of one dossier; `late` is the share that its unit ends late."""

    def __init__(self, rng: random.Random, procedure: Procedure, first: State, late: float) -> None:
        self._rng = rng
        self._procedure = procedure
        self._late = late
        self._state = first
        self._facts: list[Fact] = []

    def live(self, arrives_at: datetime) -> tuple[Fact, ...]:
        """The whole life of a dossier that comes into the system at a moment."""
        if self._reception(arrives_at) and self._handling() and self._ending():
            self._aftermath()
        self._office_changes()
        return tuple(self._facts)

    # Steps

    def _reception(self, at: datetime) -> bool:
        """Whether it was received."""
        online = self._state.channel == "online"
        refused = self._happens(chances.REFUSED_ONLINE if online else chances.REFUSED_AT_DESK)
        if online or refused:
            self._fact(Kind.REGISTERED, at)
            if not refused and self._happens(chances.NEVER_LOOKED_AT):
                return False
            at = self._after(timedelta(minutes=self._rng.uniform(10, 470)))
        if refused:
            self._fact(Kind.REFUSED, at, status=3, refused_at=at)
            return False
        limit = self._procedure.limit
        due_at = deadline(at, hours=limit) if self._procedure.limit_unit == HOUR else deadline(at, days=limit)
        self._fact(Kind.RECEIVED, at, status=2, received_at=at, due_at=due_at)
        return True

    def _handling(self) -> bool:
        """Whether it goes on to a result."""
        self._fact(Kind.PROCESSING, self._on_the_way(0.01, 0.1), status=4)
        if self._happens(chances.TRANSFERRED):
            at = self._on_the_way(0.05, 0.3)
            self._fact(Kind.TRANSFERRED, at, unit=self._peer(at.date()))
        if self._happens(chances.SUPPLEMENT) and not self._supplement():
            return False
        if self._procedure.fee and self._happens(chances.PAYMENT):
            self._pay()
        if self._happens(chances.WITHDRAWN):
            return self._break_off(Kind.WITHDRAWN, self._on_the_way(0.1, 0.8))
        if self._happens(chances.STOPPED):
            return self._break_off(Kind.STOPPED, self._on_the_way(0.3, 1.2))
        return not self._happens(chances.STUCK)

    def _supplement(self) -> bool:
        """Papers are asked for once or more. Whether the applicant answered."""
        while True:
            at, due_before = self._on_the_way(0.1, 0.6), self._due
            self._fact(Kind.SUPPLEMENT_REQUESTED, at, status=5, supplements=(*self._state.supplements, Supplement(at, due_before)))
            if self._happens(chances.SUPPLEMENT_UNANSWERED):
                return self._break_off(self._rng.choice((Kind.WITHDRAWN, Kind.STOPPED)), self._after(self._rng.uniform(15, 30) * DAY_OF_WORK))
            answered_at = self._after(self._rng.uniform(0.3, 12) * DAY_OF_WORK)
            due_at = add_working_time(due_before, working_time_between(at, answered_at))
            answer = Supplement(at, due_before, answered_at, due_at)
            self._fact(Kind.SUPPLEMENTED, answered_at, status=4, due_at=due_at, supplements=(*self._state.supplements[:-1], answer))
            if not self._happens(chances.SUPPLEMENT_AGAIN):
                return True

    def _pay(self) -> None:
        at = self._on_the_way(0.1, 0.5)
        self._fact(Kind.PAYMENT_REQUESTED, at, status=6)
        paid_at = self._after(self._rng.uniform(0.05, 4) * DAY_OF_WORK)
        payment = self._rng.choice(("national", "local")) if self._happens(chances.PAID_ONLINE) else "none"
        self._fact(Kind.PAID, paid_at, status=4, payment=payment, due_at=add_working_time(self._due, working_time_between(at, paid_at)))

    def _break_off(self, kind: Kind, at: datetime) -> bool:
        self._fact(kind, at, status=7 if kind is Kind.WITHDRAWN else 8, ended_at=at)
        return False

    def _ending(self) -> bool:
        """Early, on time or late; then the result is handed over. Whether it was."""
        late = self._rng.random() < self._late
        if late:
            at = add_working_time(self._due, self._rng.uniform(0.1, 10) * DAY_OF_WORK)
        elif self._happens(chances.EARLY):
            at = self._on_the_way(0.2, 0.85)
        else:
            at = self._on_the_way(0.9, 1.0) if self._happens(0.8) else self._due
        self._finish(at)
        return self._state.status == 10

    def _finish(self, at: datetime) -> None:
        at = self._not_before(at)
        digitized = self._procedure.paper_result and self._happens(chances.RESULT_DIGITIZED)
        self._fact(Kind.FINISHED, at, status=9, ended_at=at, result_digitized=digitized)
        if self._happens(chances.RETURNED):
            at = self._after(self._rng.uniform(0.02, 5) * DAY_OF_WORK)
            self._fact(Kind.RETURNED, at, status=10, returned_at=at)

    def _aftermath(self) -> None:
        """What the applicant makes of the result."""
        if self._happens(chances.VOTED):
            vote = self._rng.choices(("very_good", "good", "bad"), (60, 35, 5))[0]
            self._fact(Kind.VOTED, self._after(self._rng.uniform(0.1, 3) * DAY_OF_WORK), vote=vote)
        if self._happens(chances.REOPENED):
            at = self._after(self._rng.uniform(1, 25) * DAY_OF_WORK)
            # The dates are wiped; half of the offices set a new date for the result.
            due_at = deadline(at, days=max(self._procedure.limit // 2, 1)) if self._happens(0.5) else self._due
            unit = self._in_charge(at)
            self._fact(Kind.REOPENED, at, status=4, unit=unit, due_at=due_at, ended_at=None, returned_at=None, result_digitized=False, vote=None)
            self._finish(self._after(self._rng.uniform(0.5, 15) * DAY_OF_WORK))

    def _office_changes(self) -> None:
        """What the office does to its records, in whatever state the dossier is."""
        if self._state.received_at is not None and self._happens(chances.CORRECTED):
            at = self._after(self._rng.uniform(15, 90) * DAY_OF_WORK)
            self._fact(Kind.CORRECTED, at, **self._correction(at))
        self._hand_over(_FOREVER)
        if self._happens(chances.RECODED) and "-" in self._state.code:
            self._recode(self._some_moment())
        if self._happens(chances.DELETED):
            at = self._some_moment()
            self._facts = [*(fact for fact in self._facts if fact.at < at), Fact(at, Kind.DELETED, None)]

    def _correction(self, at: datetime) -> dict[str, Any]:
        state, received_at = self._state, self._state.received_at
        assert received_at is not None
        options: list[dict[str, Any]] = [
            {"channel": self._rng.choice([channel for channel in _CHANNELS if channel != state.channel])},
            {"due_at": add_working_time(self._due, self._rng.uniform(0.5, 10) * DAY_OF_WORK)},
            {"due_at": None},
            {"unit": self._peer((state.ended_at or at).date())},
        ]
        if state.ended_at is not None:
            open_for = working_time_between(received_at, state.ended_at)
            options.append({"ended_at": add_working_time(received_at, self._rng.uniform(0.5, 0.95) * open_for)})
        return self._rng.choice(options)

    def _recode(self, at: datetime) -> None:
        """The code in the order of 2016 (000.05.61.H47-220801-0001) gives way to that of 2020 (H47.61.05-220801-0001)."""
        before = [fact for fact in self._facts if fact.at < at]
        standing = before[-1].state
        assert standing is not None
        agency, tail = standing.code.split("-", 1)
        _, commune, unit, province = agency.split(".")
        code = f"{province}.{unit}{'' if commune == '00' else f'.{commune}'}-{tail}"
        after = [replace(fact, state=replace(fact.state, code=code)) for fact in self._facts if fact.at >= at and fact.state is not None]
        self._facts = [*before, Fact(at, Kind.RECODED, replace(standing, code=code)), *after]

    # Units

    def _hand_over(self, until: datetime) -> None:
        """What reorganisations before a moment do to a dossier that is open."""
        while self._state.status in _OPEN and (at := _handover(self._state.unit)) is not None and at <= until:
            self._fact(Kind.TRANSFERRED, max(at, add_working_time(self._facts[-1].at, _MINUTE)), unit=self._heir(self._state.unit))

    def _heir(self, unit: str) -> str:
        units = heirs(unit)
        return self._rng.choices(units, [unit.weight for unit in units])[0].code

    def _in_charge(self, at: datetime) -> str:
        """The unit that has what the dossier's unit had, when that one is gone."""
        unit = self._state.unit
        while not UNIT_BY_CODE[unit].valid_on(at.date()):
            unit = self._heir(unit)
        return unit

    def _peer(self, day: date) -> str:
        """Another unit that could have had it on a day; the same one if there is none."""
        return self._rng.choice([unit.code for unit in peers(self._state.unit, day) if unit.code != self._state.unit] or [self._state.unit])

    # Time and chance

    @property
    def _due(self) -> datetime:
        assert self._state.due_at is not None
        return self._state.due_at

    def _happens(self, share: float) -> bool:
        return self._rng.random() < share

    def _after(self, working_time: timedelta) -> datetime:
        """So much working time after the last fact."""
        return self._not_before(add_working_time(self._facts[-1].at, working_time))

    def _on_the_way(self, least: float, most: float) -> datetime:
        """A moment at some share of the working time that is left until the due date."""
        left = max(working_time_between(self._facts[-1].at, self._due), 10 * _MINUTE)
        return self._after(self._rng.uniform(least, most) * left)

    def _not_before(self, at: datetime) -> datetime:
        """A moment after the last fact, and after what happens to the unit until then."""
        self._hand_over(at)
        return max(at, add_working_time(self._facts[-1].at, _MINUTE))

    def _some_moment(self) -> datetime:
        """Between two facts of the life, or some days after the last one; at no moment that has a fact."""
        place = self._rng.randrange(len(self._facts))
        start = self._facts[place].at
        end = self._facts[place + 1].at if place + 1 < len(self._facts) else start + timedelta(days=self._rng.uniform(2, 40))
        inside = int((end - start).total_seconds()) - 1
        return start + timedelta(seconds=self._rng.randrange(1, inside)) if inside > 1 else self._facts[-1].at + timedelta(days=3)

    def _fact(self, kind: Kind, at: datetime, **changes: Any) -> None:
        self._state = replace(self._state, **changes)
        self._facts.append(Fact(at, kind, self._state))
