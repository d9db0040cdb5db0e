"""The lives of dossiers: reproducible, complete, in order, and known only as far as they have been lived."""

import unicodedata
from collections import Counter
from dataclasses import fields
from datetime import date, datetime, time, timedelta

import pytest

from qn_pipeline.simulator.calendar import add_working_time, is_working_day
from qn_pipeline.simulator.known import ToldBy
from qn_pipeline.simulator.ledger import STOCKS, ledger
from qn_pipeline.simulator.lives import Dossier, Kind, Province, State
from qn_pipeline.simulator.procedures import PROCEDURES
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.units import COMMUNES, DISTRICTS, PROVINCE_CODE, UNIT_BY_CODE, heirs, units_on

TOLD_BY: tuple[ToldBy, ...] = ("actions", "versions")
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
    there = units_on(province.start)
    seen = {state.unit for state in states(province)}
    assert {unit.code for unit in there if unit.level != "commune"} <= seen
    assert sum(unit.level == "commune" and unit.code in seen for unit in there) > 200
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
            assert state.submitted_at <= state.received_at < (state.due_at or datetime.max)  # noqa: DTZ901 -- local and naive
            assert state.ended_at is None or state.received_at < state.ended_at <= (state.returned_at or state.ended_at)


def test_a_code_belongs_to_one_dossier(province: Province) -> None:
    codes = [{fact.state.code for fact in dossier.facts if fact.state} for dossier in province.dossiers]
    assert max(Counter(code for some in codes for code in some).values()) == 1
    assert any(len(some) == 2 for some in codes)


def test_only_corrections_lose_a_due_date(province: Province) -> None:
    lost = [dossier for dossier in province.dossiers if any(f.state and f.state.received_at and f.state.due_at is None for f in dossier.facts)]
    assert lost
    for dossier in lost:
        [at] = [fact.at for fact in dossier.facts if fact.kind is Kind.CORRECTED]
        assert all((fact.state.due_at is None) == (fact.at >= at) for fact in dossier.facts if fact.state and fact.state.received_at)


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
        assert ledger(cut, [moment]) == ledger(province, [moment])


def _until(dossier: Dossier, moment: datetime) -> Dossier:
    facts = tuple(fact for fact in dossier.facts if fact.at < moment)
    return Dossier(dossier.number, dossier.procedure, dossier.person, dossier.applicant_kind, dossier.components, dossier.result_by_post, facts)


def test_what_comes_in_goes_out_or_stays(province: Province) -> None:
    """For every unit, channel and period, by steps and by what was shown alone."""
    for told_by in TOLD_BY:
        figures = ledger(province, MOMENTS, told_by)
        keys = {key[1:] for key in figures}
        assert len(keys) > 1000
        for key in keys:
            came = sum(figures.get((name, *key), 0) for name in ("opening_running", "opening_paused", "received", "reopened", "transferred_in"))
            went = sum(figures.get((name, *key), 0) for name in ("settled", "withdrawn", "stopped", "refused", "transferred_out"))
            # Of days, the ledger has flows and stocks on all from the first on.
            assert came == went + sum(figures.get((name, *key), 0) for name in ("running", "paused")), key
            for stock in STOCKS:
                for reading in ("", "local_"):
                    split = [figures.get((f"{reading}{stock}_{standing}", *key), 0) for standing in ("within", "past", "without_due")]
                    assert sum(split) == figures.get((stock, *key), 0)
            for end in ("settled", "withdrawn", "stopped"):
                for reading in ("", "local_"):
                    split = [figures.get((f"{reading}{end}_{verdict}", *key), 0) for verdict in ("early", "on_time", "late", "without_due")]
                    assert sum(split) == figures.get((end, *key), 0)


def test_the_ledger_knows_more_of_a_system_that_tells_steps(province: Province) -> None:
    by_steps, by_versions = (ledger(province, MOMENTS, told_by) for told_by in TOLD_BY)
    assert {key[0] for key in by_versions} < {key[0] for key in by_steps} | {"transferred_in", "transferred_out"}
    assert sum(count for key, count in by_steps.items() if key[0] == "reopened") > sum(
        count for key, count in by_versions.items() if key[0] == "reopened"
    )


def test_the_province_is_the_sum_of_its_units_and_all_of_the_channels(province: Province) -> None:
    figures = ledger(province, [MOMENTS[2]])
    units, channels = Counter[tuple[object, ...]](), Counter[tuple[object, ...]]()
    for (indicator, grain, first, unit, channel), count in figures.items():
        if unit != PROVINCE_CODE and UNIT_BY_CODE[unit].parent == PROVINCE_CODE:
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


def test_a_district_counts_what_its_communes_do(province: Province) -> None:
    figures = ledger(province, [MOMENTS[2]])
    own = Counter(row.state.unit for row in province.rows(MOMENTS[2]) if row.state.received_at)
    year = date(2022, 1, 1)
    for district in DISTRICTS:
        below = [unit.code for unit in COMMUNES if unit.parent == district.code]
        total = own[district.code] + sum(own[code] for code in below)
        assert own[district.code] < figures["received", "year", year, district.code, "all"] == total
    communes = sum(own[unit.code] for unit in COMMUNES)
    assert 0.4 < communes / own.total() < 0.6


def test_units_and_fields_have_volumes_of_their_own(province: Province) -> None:
    by_unit = Counter(state.unit for state in states(province) if state.status == 2)
    by_field = Counter((dossier.procedure.field, dossier.facts[0].state.unit) for dossier in province.dossiers if dossier.facts[0].state)
    assert by_unit.most_common(1)[0][1] > 5 * min(by_unit.values())
    tam_ky, hoi_an = DISTRICTS[0].code, DISTRICTS[1].code
    shares = {field: by_field[field, tam_ky] / max(by_field[field, hoi_an], 1) for field in ("L01", "L04", "L05")}
    assert max(shares.values()) > 1.3 * min(shares.values())


def test_every_procedure_is_offered_at_any_time_by_units_that_are_there() -> None:
    assert len({procedure.code for procedure in PROCEDURES}) == len(PROCEDURES) >= 40
    for procedure in PROCEDURES:
        for day in (date(2022, 1, 1), date(2023, 4, 10), date(2025, 1, 1), date(2025, 3, 1), date(2025, 7, 1)):
            offering = procedure.units_on(day)
            assert offering
            assert all(unit.valid_on(day) for unit in offering)
            assert set(offering) <= set(procedure.units)
            assert len(procedure.shares_on(day)) == len(offering)


@pytest.fixture(scope="module")
def reformed() -> Province:
    """Filed from before the first of the reorganisations of 2025 until after the last."""
    return simulate(3000, 12, seed=11, start=date(2024, 10, 1))


def test_a_dossier_is_filed_at_a_unit_that_is_there(reformed: Province) -> None:
    for dossier in reformed.dossiers:
        state = dossier.facts[0].state
        assert state is not None
        assert UNIT_BY_CODE[state.unit].valid_on(dossier.facts[0].at.date())
    assert {unit.level for unit in units_on(date(2025, 8, 1))} == {"department", "commune"}


def test_no_unit_that_is_gone_has_an_open_dossier_after_the_first_working_morning(reformed: Province) -> None:
    handed_over = 0
    for dossier in reformed.dossiers:
        for fact, following in zip(dossier.facts, [*dossier.facts[1:], None], strict=True):
            if fact.state is None or fact.state.status not in (1, 2, 4, 5, 6):
                continue
            last_day = UNIT_BY_CODE[fact.state.unit].valid_to
            if last_day is None:
                continue
            morning = add_working_time(datetime.combine(last_day, time(23)), timedelta())
            assert following is not None
            assert fact.at < morning
            assert following.at <= morning + timedelta(minutes=1)
            if following.at == morning:
                handed_over += 1
                assert following.kind is Kind.TRANSFERRED
                assert following.state is not None
                assert following.state.unit in {heir.code for heir in heirs(fact.state.unit)}
    assert handed_over > 50


def test_a_reopened_dossier_is_with_a_unit_that_is_there(reformed: Province) -> None:
    reopened = [fact for dossier in reformed.dossiers for fact in dossier.facts if fact.kind is Kind.REOPENED]
    assert reopened
    assert all(fact.state and UNIT_BY_CODE[fact.state.unit].valid_on(fact.at.date()) for fact in reopened)


def test_no_unit_that_is_gone_has_running_ones_in_the_ledger(reformed: Province) -> None:
    moment = datetime.combine(date(2025, 8, 1), time())
    running = {key[3] for key in ledger(reformed, [moment]) if key[:3] == ("running", "month", date(2025, 7, 1))}
    assert len(running) > 40
    assert all(unit == PROVINCE_CODE or UNIT_BY_CODE[unit].valid_on(date(2025, 7, 31)) for unit in running)


def test_a_recoded_dossier_names_all_levels_of_its_unit(reformed: Province) -> None:
    recoded = {fact.state.code for dossier in reformed.dossiers for fact in dossier.facts if fact.kind is Kind.RECODED and fact.state}
    assert {code.split("-")[0].count(".") for code in recoded} == {1, 2}


def test_people_have_names_in_nfc_and_identifiers_of_their_own(province: Province) -> None:
    people = {dossier.person for dossier in province.dossiers}
    assert all(unicodedata.is_normalized("NFC", person.name) and not person.name.isascii() for person in people)
    assert all(len(person.identifier) == 12 and person.identifier.startswith("049") for person in people)
    assert len({person.identifier for person in people}) == len(people) < len(province.dossiers)


def test_typed_codes_are_none_and_count_in_no_figure() -> None:
    province = simulate(400, 2, seed=5, typed_codes=0.05)
    typed = [dossier for dossier in province.dossiers if dossier.typed_code]
    assert 5 < len(typed) < 60
    assert all(" " in fact.state.code for dossier in typed for fact in dossier.facts if fact.state)
    at = datetime.combine(province.end, time())
    received = [row for row in province.rows(at) if row.state.received_at and row.state.status not in (1, 3)]
    counted = ledger(province, [at])["received", "year", date(2022, 1, 1), PROVINCE_CODE, "all"]
    assert counted == sum(not row.dossier.typed_code for row in received) < len(received)
