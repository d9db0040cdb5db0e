"""What clerks of the post do at the desks of the one-stop shops (Decision 2114), derived from the lives of the dossiers, and what it adds up to.

Belongs here: pieces of work, and counting them in plain Python. Does not: how codes are typed (spellings), or how offices write their
files (post_files). Moments are local, naive and of whole seconds. A piece of work begins and ends in one half of a working day.
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Final, Literal
from zlib import crc32

from qn_pipeline.simulator.calendar import DAY_OF_WORK, OPENING_HOURS, add_working_time
from qn_pipeline.simulator.lives import Channel, Dossier, Fact, Kind, Province, State
from qn_pipeline.simulator.people import People
from qn_pipeline.simulator.spellings import SPELLINGS, UNRESOLVABLE, Same, Spelling, same, spell
from qn_pipeline.simulator.units import DISTRICTS, PROVINCE_CODE, UNIT_BY_CODE, UNITS, Level

Work = Literal["guide", "receive", "digitize", "return"]
Scanned = Literal["components", "result"]
Outcome = Literal["done", "failed"]
Key = tuple[str, date, str, str]
"""Measure, day, unit and post office."""

# Which desks the post works at, and which of their dossiers it handles: shares, all of them guesses.
SERVED: Final[dict[Level, float]] = {"department": 0.85, "district": 0.5, "commune": 0.4}
HANDLED: Final[dict[Channel, float]] = {"direct": 0.7, "online": 0.4, "post": 0.95}
GUIDED_BEFORE, GUIDED_TO_SUPPLEMENT, GUIDED_WITHOUT_DOSSIER = 0.2, 0.3, 0.3
RECEIVED, COMPONENTS_SCANNED, RESULT_SCANNED, RETURNED = 0.97, 0.95, 0.9, 0.9
FAILED, TRIED_AGAIN = 0.025, 0.7
SIGNED: Final = 0.85
LOGGED_AGAIN: Final = 0.004
"""Receptions and returns that stand in the log a second time."""
SPELT: Final[dict[Spelling, float]] = {
    "exact": 0.8,
    "lower": 0.03,
    "spaces": 0.03,
    "separators": 0.03,
    "letter_o": 0.025,
    "other_order": 0.03,
    "digit": 0.008,
    "swapped": 0.004,
    "dropped": 0.004,
    "doubled": 0.003,
    "look_alike": 0.003,
    "two_digits": 0.002,
    "another": 0.003,
    "agency": 0.002,
    "date": 0.003,
    "missing": 0.023,
}

CENTRE_OFFICE: Final = "560000"
"""The post office of the provincial centre, at which all departments have their desks."""
_OFFICES: Final = {district.code: f"56{place:02}00" for place, district in enumerate(DISTRICTS, start=1)}
_MINUTE, _SECOND = timedelta(minutes=1), timedelta(seconds=1)
_DONE_MEASURES: Final[dict[Work, str]] = {"guide": "guided", "receive": "received", "digitize": "digitized", "return": "returned"}
_DOSSIER_MEASURES: Final[dict[tuple[Work, Scanned | None], str]] = {
    ("receive", None): "received_by_post",
    ("digitize", "components"): "components_digitized_by_post",
    ("digitize", "result"): "results_digitized_by_post",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of work.

    `number` is the dossier's in the province and `code` its true code at that moment, both None for guiding somebody without one.
    `clerk` is an identifier of a person. `is_again`: the piece before it, logged once more. Pages and files are those of digitizing, and signed is known of digitizing only.
    """

    number: int | None
    code: str | None
    typed: str
    spelling: Spelling
    kind: Work
    scanned: Scanned | None
    office: str
    unit: str
    clerk: str
    began_at: datetime
    ended_at: datetime
    pages: int = 0
    files: int = 0
    signed: bool | None = None
    outcome: Outcome = "done"
    is_again: bool = False

    @property
    def day(self) -> date:
        return self.began_at.date()

    @property
    def resolvable(self) -> bool:
        """Whether what was typed leads to the dossier."""
        return self.number is not None and self.spelling not in UNRESOLVABLE


@dataclass(frozen=True, slots=True)
class _Job:
    """Work on a dossier before it is known who does it; `state` is what the system shows of the dossier then, None for no dossier."""

    kind: Work
    unit: str
    began_at: datetime
    minutes: float
    state: State | None
    scanned: Scanned | None = None
    pages: int = 0
    files: int = 0


def office_of(unit: str) -> str:
    """The post office whose clerks work at a unit's desk."""
    found = UNIT_BY_CODE[unit]
    if found.level == "department":
        return CENTRE_OFFICE
    # Communes of two tiers have no district above them.
    above = DISTRICTS[crc32(unit.encode()) % len(DISTRICTS)].code if found.parent == PROVINCE_CODE else found.parent
    return _OFFICES[unit if found.level == "district" else above]


def pieces(province: Province, seed: int) -> list[Piece]:
    """All work on the dossiers of a province, by the moment of its beginning.

    Of each two pieces, office, kind, code as typed, beginning or clerk differ. Dossiers whose code is none are not touched.
    """
    rng = random.Random(f"post {seed}")  # noqa: S311 -- nothing secret: the same seed gives the same work
    served = {unit.code for unit in UNITS if rng.random() < SERVED[unit.level]}
    clerks = _clerks(rng, {dossier.person.identifier for dossier in province.dossiers})
    taken = frozenset(same(code) for dossier in province.dossiers if not dossier.typed_code for code in _codes(dossier))
    made: list[Piece] = []
    for dossier in province.dossiers:
        if dossier.typed_code or rng.random() >= HANDLED[_first_state(dossier).channel]:
            continue
        for job in _jobs(rng, dossier):
            # What a dead unit had finished is handed out by nobody whom this province knows.
            if job.unit in served and UNIT_BY_CODE[job.unit].valid_on(job.began_at.date()):
                made.extend(_tries(rng, dossier, job, clerks, taken))
    return _told_apart(made)


def truth(
    pieces: Sequence[Piece], last_day: date, known: Collection[int] | None = None, found: Callable[[Piece], bool] = attrgetter("resolvable")
) -> dict[Key, int]:
    """What the work that began up to a day adds up to, by measure, day, unit and office; zeros are left out.

    - `guided`, `received`, `digitized`, `returned`: pieces that were done; `failed`: pieces that were not;
    - `pages`, `files`: of the pieces that were done;
    - `dossiers`: dossiers touched that day there, whatever was done and with what outcome, through codes that lead to them;
    - `received_by_post`, `components_digitized_by_post`, `results_digitized_by_post`: dossiers, each counted once in all, where and on the
      day when that was first done to it through a code that leads to it;
    - `unmatched`: pieces other than guiding whose code leads to no dossier.

    `known`: the numbers of the dossiers that a reader of the province knows; codes of others lead to none. All, if not given.
    `found`: whether a reader finds the dossier of a piece by what was typed, and when and where; those whose code leads to it, if not given.
    """
    counts: Counter[Key] = Counter()
    touched: set[tuple[Key, int]] = set()
    handled: set[tuple[str, int]] = set()
    for piece in sorted((piece for piece in pieces if piece.day <= last_day), key=lambda piece: (piece.began_at, piece.office, piece.unit)):
        where = (piece.day, piece.unit, piece.office)
        done = piece.outcome == "done"
        counts[_DONE_MEASURES[piece.kind] if done else "failed", *where] += 1
        if done:
            counts["pages", *where] += piece.pages
            counts["files", *where] += piece.files
        if piece.number is None or not found(piece) or (known is not None and piece.number not in known):
            counts["unmatched", *where] += piece.kind != "guide"
            continue
        touched.add((("dossiers", *where), piece.number))
        measure = _DOSSIER_MEASURES.get((piece.kind, piece.scanned))
        if done and measure is not None and (measure, piece.number) not in handled:
            handled.add((measure, piece.number))
            counts[measure, *where] += 1
    counts.update(key for key, _ in touched)
    return {key: count for key, count in counts.items() if count}


# What is done to a dossier


def _jobs(rng: random.Random, dossier: Dossier) -> Iterator[_Job]:
    """Work that follows from what happens to a dossier, wherever it happens."""
    for fact in dossier.facts:
        match fact.kind:
            case Kind.REGISTERED if rng.random() < GUIDED_BEFORE:
                yield from _later(dossier, fact, rng.uniform(5, 100), _guiding(rng, fact.at))
            case Kind.RECEIVED:
                yield from _reception(rng, dossier, fact)
            case Kind.SUPPLEMENT_REQUESTED if rng.random() < GUIDED_TO_SUPPLEMENT:
                yield from _later(dossier, fact, rng.uniform(2, 200), _guiding(rng, fact.at))
            case Kind.FINISHED:
                if fact.state is not None and fact.state.result_digitized and rng.random() < RESULT_SCANNED:
                    scan = _Job("digitize", "", fact.at, rng.uniform(1, 6), None, "result", rng.randrange(1, 7), 1)
                    yield from _later(dossier, fact, rng.uniform(3, 90), scan)
            case Kind.RETURNED if rng.random() < RETURNED:
                assert fact.state is not None
                yield _Job("return", fact.state.unit, _just_before(fact.at, rng.uniform(1, 6)), rng.uniform(1, 8), fact.state)
            case _:
                pass


def _reception(rng: random.Random, dossier: Dossier, fact: Fact) -> Iterator[_Job]:
    """Receiving a dossier, scanning what has to be scanned, and on the same day somebody who only asks."""
    assert fact.state is not None
    if rng.random() < RECEIVED:
        yield _Job("receive", fact.state.unit, _just_before(fact.at, rng.uniform(2, 12)), rng.uniform(4, 20), fact.state)
    # Papers that are reused come from another system; they are not scanned.
    papers = sum(component.digitized and not component.reused for component in dossier.components)
    if papers and rng.random() < COMPONENTS_SCANNED:
        pages = sum(rng.randrange(1, 9) for _ in range(papers))
        yield from _later(dossier, fact, rng.uniform(2, 40), _Job("digitize", "", fact.at, pages * 0.7, None, "components", pages, papers))
    if rng.random() < GUIDED_WITHOUT_DOSSIER:
        morning = datetime.combine(fact.at.date(), OPENING_HOURS[0][0])
        asked_at = add_working_time(morning, rng.uniform(0.01, 0.99) * DAY_OF_WORK)
        yield _guiding(rng, asked_at, fact.state.unit)


def _guiding(rng: random.Random, began_at: datetime, unit: str = "") -> _Job:
    return _Job("guide", unit, began_at, rng.uniform(2, 25), None)


def _later(dossier: Dossier, fact: Fact, minutes: float, job: _Job) -> Iterator[_Job]:
    """The job so many working minutes after a fact, where the dossier is then; none when the system has it no longer."""
    began_at = add_working_time(fact.at, minutes * _MINUTE)
    standing = dossier.last_fact(began_at + _SECOND)
    if standing is not None and standing.state is not None:
        yield replace(job, unit=standing.state.unit, began_at=began_at, state=standing.state)


def _just_before(at: datetime, minutes: float) -> datetime:
    """So many minutes before a moment, but not before the offices have opened."""
    at = add_working_time(at, timedelta())
    opened = max(datetime.combine(at.date(), opens) for opens, _ in OPENING_HOURS if datetime.combine(at.date(), opens) <= at)
    return max(opened, at - timedelta(seconds=int(minutes * 60)))


# Who does it, and how it is told


def _tries(rng: random.Random, dossier: Dossier, job: _Job, clerks: dict[str, list[str]], taken: frozenset[Same]) -> Iterator[Piece]:
    """A job as the pieces of work that it took: one, or one that failed, and mostly another."""
    failed = rng.random() < FAILED
    first = _piece(rng, dossier, job, clerks, taken)
    if not failed:
        yield first
        if job.kind in ("receive", "return") and first.resolvable and rng.random() < LOGGED_AGAIN:
            yield replace(first, is_again=True)
        return
    # A scanner that breaks down has scanned some pages, and made no file.
    yield replace(first, pages=first.pages // 2, files=0, signed=None if first.signed is None else False, outcome="failed")
    if rng.random() < TRIED_AGAIN and job.kind != "guide":
        again_at = add_working_time(first.ended_at, rng.uniform(5, 60) * _MINUTE)
        standing = dossier.last_fact(again_at + _SECOND)
        if standing is not None and standing.state is not None and standing.state.unit == job.unit:
            yield _piece(rng, dossier, replace(job, began_at=again_at, state=standing.state), clerks, taken)


def _piece(rng: random.Random, dossier: Dossier, job: _Job, clerks: dict[str, list[str]], taken: frozenset[Same]) -> Piece:
    office = office_of(job.unit)
    began_at = job.began_at.replace(microsecond=0)
    closes = min(at for _, closing in OPENING_HOURS if (at := datetime.combine(began_at.date(), closing)) > began_at)
    spelling, typed = _typed(rng, job.state, taken)
    signed = rng.random() < SIGNED if job.kind == "digitize" else None
    return Piece(
        number=dossier.number if job.state is not None else None,
        code=job.state.code if job.state is not None else None,
        typed=typed,
        spelling=spelling,
        kind=job.kind,
        scanned=job.scanned,
        office=office,
        unit=job.unit,
        clerk=rng.choice(clerks[office]),
        began_at=began_at,
        ended_at=min(began_at + timedelta(seconds=int(job.minutes * 60)), closes),
        pages=job.pages,
        files=job.files,
        signed=signed,
    )


def _typed(rng: random.Random, state: State | None, taken: frozenset[Same]) -> tuple[Spelling, str]:
    if state is None:
        return "missing", ""
    [spelling] = rng.choices(SPELLINGS, [SPELT[spelling] for spelling in SPELLINGS])
    try:
        return spelling, spell(rng, state.code, spelling, taken)
    except ValueError:
        return "digit", spell(rng, state.code, "digit", taken)


def _clerks(rng: random.Random, applicants: Collection[str]) -> dict[str, list[str]]:
    """The clerks of each office by their identifiers: nobody who has filed a dossier, and nobody at two offices."""
    people, hired = People(rng), set(applicants)
    clerks: dict[str, list[str]] = {}
    for office in (CENTRE_OFFICE, *_OFFICES.values()):
        clerks[office] = []
        while len(clerks[office]) < (6 if office == CENTRE_OFFICE else 3):
            identifier = people.next().identifier
            if identifier not in hired:
                hired.add(identifier)
                clerks[office].append(identifier)
    return clerks


def _told_apart(made: list[Piece]) -> list[Piece]:
    """In order of time; what could not be told from another piece begins a second later."""
    seen: set[tuple[object, ...]] = set()
    apart = []
    for piece in sorted(made, key=lambda piece: (piece.began_at, piece.office, piece.clerk, piece.kind, piece.typed)):
        began_at = piece.began_at
        while (key := (piece.office, piece.kind, piece.typed.strip(), began_at, piece.clerk)) in seen:
            began_at += _SECOND
        seen.add(key)
        apart.append(replace(piece, began_at=began_at, ended_at=max(began_at, piece.ended_at)))
    return sorted(apart, key=lambda piece: piece.began_at)


def _first_state(dossier: Dossier) -> State:
    state = dossier.facts[0].state
    assert state is not None
    return state


def _codes(dossier: Dossier) -> set[str]:
    return {fact.state.code for fact in dossier.facts if fact.state is not None}
