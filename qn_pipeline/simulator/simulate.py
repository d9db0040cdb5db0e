"""Fills a province with dossiers, from a seed.

Belongs here: who files what, where, by which channel, and the numbering of codes. Does not: what becomes of a dossier (life).
"""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate

from qn_pipeline.simulator import chances
from qn_pipeline.simulator.life import Life
from qn_pipeline.simulator.lives import ApplicantKind, Channel, Component, Dossier, Province, Reuse, State
from qn_pipeline.simulator.people import People
from qn_pipeline.simulator.procedures import PROCEDURES, Procedure
from qn_pipeline.simulator.seasons import Season, first_of_month
from qn_pipeline.simulator.units import UNITS, Unit

FIRST_DAY = date(2022, 1, 1)
_SHARES = tuple(accumulate(procedure.weight for procedure in PROCEDURES))
_PAPERS = ("Đơn đề nghị", "Bản sao giấy tờ tùy thân", "Giấy chứng nhận đã cấp", "Tờ khai", "Bản vẽ kèm theo", "Giấy ủy quyền")


@dataclass(frozen=True, slots=True)
class _Arrival:
    at: datetime
    submitted_at: datetime
    procedure: Procedure
    unit: Unit
    channel: Channel


def simulate(dossiers: int, months: int, seed: int, start: date = FIRST_DAY, typed_codes: float = 0.0) -> Province:
    """So many dossiers that come in during so many months from a first day of a month on; their lives go on after it.

    `typed_codes` is the share of dossiers whose code was typed by hand, and is none: they must come to quarantine, and to no figure.

    Raises ValueError for another first day, and for one before the calendar begins.
    """
    if start.day != 1 or start < FIRST_DAY:
        raise ValueError(f"{start} is no first day of a month from {FIRST_DAY} on")
    rng = random.Random(seed)  # noqa: S311 -- nothing secret: the same seed gives the same province
    end = first_of_month(start, months)
    season, people = Season(rng, start, end), People(rng)
    lateness = {unit.code: rng.uniform(chances.LATE_AT_BEST, chances.LATE_AT_WORST) for unit in UNITS}
    arrivals = sorted((_arrive(rng, season) for _ in range(dossiers)), key=lambda arrival: arrival.at)
    numbers: Counter[tuple[str, date]] = Counter()
    lives = []
    for number, arrival in enumerate(arrivals, start=1):
        day = arrival.at.date()
        numbers[arrival.unit.code, day] += 1
        code = f"{arrival.unit.code}-{day:%y%m%d}-{numbers[arrival.unit.code, day]:04}"
        typed = typed_codes > 0 and rng.random() < typed_codes
        if typed:
            code = f"HS {number} ngày {day:%d.%m}"
        first = State(code, arrival.unit.code, arrival.channel, 1, arrival.submitted_at)
        lives.append(
            Dossier(
                number=number,
                procedure=arrival.procedure,
                person=people.next(),
                applicant_kind=_applicant_kind(rng, arrival.procedure),
                components=_components(rng),
                result_by_post=rng.random() < chances.RESULT_BY_POST,
                typed_code=typed,
                facts=Life(rng, arrival.procedure, first, lateness[arrival.unit.code]).live(arrival.at),
            )
        )
    return Province(seed, start, end, tuple(lives))


def _arrive(rng: random.Random, season: Season) -> _Arrival:
    [procedure] = rng.choices(PROCEDURES, cum_weights=_SHARES)
    online = rng.random() < chances.ONLINE[procedure.online_level]
    at = season.online() if online else season.at_desk()
    [unit] = rng.choices(procedure.units_on(at.date()), cum_weights=procedure.shares_on(at.date()))
    if online:
        return _Arrival(at, at, procedure, unit, "online")
    if rng.random() < chances.POST:
        return _Arrival(at, at - timedelta(hours=rng.randrange(20, 70)), procedure, unit, "post")
    return _Arrival(at, at, procedure, unit, "direct")


def _applicant_kind(rng: random.Random, procedure: Procedure) -> ApplicantKind:
    return "enterprise" if procedure.field in ("L10", "L16", "L30") or rng.random() < chances.ENTERPRISE else "citizen"


def _components(rng: random.Random) -> tuple[Component, ...]:
    components = []
    for name in rng.sample(_PAPERS, rng.randrange(1, 4)):
        reused: Reuse = (1 if rng.random() < 0.5 else 2) if rng.random() < chances.COMPONENT_REUSED else 0
        digitized = reused > 0 or rng.random() < chances.COMPONENT_DIGITIZED
        components.append(Component(name, digitized, reused, from_store=reused > 0 and rng.random() < 0.3))
    return tuple(components)
