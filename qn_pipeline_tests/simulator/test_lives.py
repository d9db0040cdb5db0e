"""The lives of dossiers: reproducible, complete, in order, and known only as far as they have been lived."""

import unicodedata
from collections import Counter
from dataclasses import fields
from datetime import date, datetime, timedelta

import pytest

from qn_pipeline.simulator.calendar import is_working_day
from qn_pipeline.simulator.ledger import ledger
from qn_pipeline.simulator.lives import Dossier, Kind, Province, State
from qn_pipeline.simulator.procedures import PROCEDURES
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.units import DEPARTMENTS, DISTRICTS, PROVINCE_CODE, UNITS

MOMENTS = [datetime.fromisoformat(text) for text in ("2022-02-15 10:30:00", "2022-04-01 00:00:00", "2022-07-01 00:00:00", "2023-06-01 00:00:00")]


@pytest.fixture(scope="module")
def province() -> Province:
    return simulate(2000, 6, seed=7)


def states(province: Province) -> list[State]:
    return [fact.state for dossier in province.dossiers for fact in dossier.facts if fact.state is not None]


def test_the_same_seed_gives_the_same_lives(province: Province) -> None:
    assert simulate(2000, 6, seed=7) == province
    assert simulate(2000, 6, seed=8).dossiers != province.dossiers


def test_a_province_begins_on_a_first_of_month_that_the_calendar_knows() -> None:
    for start in (date(2022, 1, 15), date(2021, 12, 1)):
        with pytest.raises(ValueError, match="no first day of a month"):
            simulate(1, 1, seed=1, start=start)


def test_every_kind_of_fact_and_every_status_channel_and_unit_occurs(province: Province) -> None:
    assert {fact.kind for dossier in province.dossiers for fact in dossier.facts} == set(Kind)
    assert {state.status for state in states(province)} == set(range(1, 11))
    assert {state.channel for state in states(province)} == {"direct", "online", "post"}
    assert {state.unit for state in states(province)} == {unit.code for unit in UNITS}
    assert max(len(state.supplements) for state in states(province)) >= 2


def test_a_life_is_in_order_and_ends_with_a_deletion(province: Province) -> None:
    for dossier in province.dossiers:
        moments = [fact.at for fact in dossier.facts]
        assert moments == sorted(set(moments))
        assert all(fact.state is not None for fact in dossier.facts[:-1])
        assert all((fact.state is None) == (fact.kind is Kind.DELETED) for fact in dossier.facts)


def test_a_state_tells_nothing_that_is_still_to_come(province: Province) -> None:
    for dossier in province.dossiers:
        for fact in dossier.facts:
            if fact.state is not None:
                told = {field.name: getattr(fact.state, field.name) for field in fields(State)}
                past = [value for name, value in told.items() if isinstance(value, datetime) and name != "due_at"]
                asked = [moment for supplement in fact.state.supplements for moment in (supplement.requested_at, supplement.answered_at) if moment]
                assert max([*past, *asked]) <= fact.at


def test_dates_agree_with_the_status(province: Province) -> None:
    for state in states(province):
        assert (state.received_at is None) == (state.status in (1, 3))
        assert (state.ended_at is not None) == (state.status in (7, 8, 9, 10))
        assert (state.returned_at is not None) == (state.status == 10)
        if state.received_at is not None:
            assert state.due_at is not None
            assert state.submitted_at <= state.received_at < state.due_at
            assert state.ended_at is None or state.received_at < state.ended_at <= (state.returned_at or state.ended_at)


def test_a_code_belongs_to_one_dossier(province: Province) -> None:
    codes = [{fact.state.code for fact in dossier.facts if fact.state} for dossier in province.dossiers]
    assert max(Counter(code for some in codes for code in some).values()) == 1
    assert any(len(some) == 2 for some in codes)


def test_answered_requests_move_the_due_date(province: Province) -> None:
    moved = [s for state in states(province) for s in state.supplements if s.due_after is not None]
    assert moved
    assert all(s.due_after > s.due_before for s in moved if s.due_after)


def test_a_reopened_dossier_loses_its_dates_and_is_finished_again(province: Province) -> None:
    reopened = [dossier for dossier in province.dossiers if any(fact.kind is Kind.REOPENED for fact in dossier.facts)]
    for dossier in reopened:
        kinds = [fact.kind for fact in dossier.facts]
        state = dossier.facts[kinds.index(Kind.REOPENED)].state
        assert state is not None
        assert (state.status, state.ended_at, state.returned_at) == (4, None, None)
    assert any([fact.kind for fact in dossier.facts].count(Kind.FINISHED) == 2 for dossier in reopened)


def test_what_is_shown_at_a_moment_does_not_depend_on_the_future(province: Province) -> None:
    for moment in MOMENTS:
        past = tuple(_until(dossier, moment) for dossier in province.dossiers)
        cut = Province(province.seed, province.start, province.end, past)
        assert [(r.state, r.updated_at) for r in cut.rows(moment)] == [(r.state, r.updated_at) for r in province.rows(moment)]
        assert all(row.updated_at < moment for row in province.rows(moment))
        assert ledger(cut, moment) == ledger(province, moment)


def _until(dossier: Dossier, moment: datetime) -> Dossier:
    facts = tuple(fact for fact in dossier.facts if fact.at < moment)
    return Dossier(dossier.number, dossier.procedure, dossier.person, dossier.applicant_kind, dossier.components, dossier.result_by_post, facts)


def test_received_ones_are_settled_withdrawn_stopped_or_running(province: Province) -> None:
    for moment in MOMENTS:
        figures = ledger(province, moment)
        broken_off = Counter(row.state.unit for row in province.rows(moment) if row.state.status in (7, 8))
        broken_off[PROVINCE_CODE] = sum(broken_off.values())
        last_year = date(moment.year, 1, 1)
        for unit in (PROVINCE_CODE, *(unit.code for unit in UNITS)):
            received, settled, late, on_time = (
                sum(count for key, count in figures.items() if key[0] == f"dossiers_{name}" and key[1] == "year" and key[3:] == (unit, "all"))
                for name in ("received", "settled", "settled_late", "settled_on_time")
            )
            running = figures.get(("dossiers_running", "year", last_year, unit, "all"), 0)
            assert received == settled + broken_off[unit] + running
            assert settled == late + on_time


def test_the_province_is_the_sum_of_its_units_and_all_of_the_channels(province: Province) -> None:
    figures = ledger(province, MOMENTS[2])
    units, channels = Counter[tuple[object, ...]](), Counter[tuple[object, ...]]()
    for (indicator, grain, first, unit, channel), count in figures.items():
        if unit != PROVINCE_CODE:
            units[indicator, grain, first, channel] += count
        if channel != "all":
            channels[indicator, grain, first, unit] += count
    assert units == {(i, g, f, c): count for (i, g, f, u, c), count in figures.items() if u == PROVINCE_CODE}
    assert channels == {(i, g, f, u): count for (i, g, f, u, c), count in figures.items() if c == "all"}


def test_months_end_busily_and_tet_is_quiet() -> None:
    province = simulate(4000, 3, seed=3)
    days = Counter(dossier.facts[0].at.date() for dossier in province.dossiers)
    tet = [date(2022, 2, 7) + timedelta(days=offset) for offset in range(5)]
    ordinary = [date(2022, 3, 7) + timedelta(days=offset) for offset in range(5)]
    assert sum(days[day] for day in tet) < 0.7 * sum(days[day] for day in ordinary)
    assert sum(days[date(2022, 3, day)] for day in (29, 30, 31)) > 1.1 * sum(days[date(2022, 3, day)] for day in (15, 16, 17))
    assert all(is_working_day(d.facts[0].at.date()) for d in province.dossiers if d.facts[0].state and d.facts[0].state.channel != "online")


def test_the_province_has_its_units_and_every_procedure_a_unit() -> None:
    assert (len(DEPARTMENTS), len(DISTRICTS)) == (19, 18)
    assert len({unit.code for unit in UNITS}) == len({unit.name for unit in UNITS}) == 37
    assert len({procedure.code for procedure in PROCEDURES}) == len(PROCEDURES) >= 40
    assert all(procedure.units for procedure in PROCEDURES)


def test_people_have_names_in_nfc_and_identifiers_of_their_own(province: Province) -> None:
    people = {dossier.person for dossier in province.dossiers}
    assert all(unicodedata.is_normalized("NFC", person.name) and not person.name.isascii() for person in people)
    assert all(len(person.identifier) == 12 and person.identifier.startswith("049") for person in people)
    assert len({person.identifier for person in people}) == len(people) < len(province.dossiers)
