"""The national copy and a change of system: who shows which dossiers, and when."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from qn_pipeline.simulator.lives import Dossier, Kind, Province, Row
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.systems import Handover, NationalCopy
from qn_pipeline_tests.simulator.handmade import at, dossier, finished, province, received, returned, step

SWITCH = at("2022-03-01")
LATER = at("2022-06-01")


@pytest.fixture(scope="module")
def large() -> Province:
    return simulate(2500, 4, seed=4)


def by_number(rows: list[Row]) -> dict[int, Row]:
    return {row.dossier.number: row for row in rows}


# The national copy


def national(*made: Dossier, when: str) -> list[tuple[str, int, datetime]]:
    copy = NationalCopy(province(*made))
    return [(row.state.code, row.state.status, row.updated_at) for row in copy.rows(at(when))]


def test_a_change_arrives_at_midnight_and_is_shown_after_it() -> None:
    made = dossier(1, received("2022-03-01 08:00:00", "2022-03-10 08:00:00"), finished("2022-03-02 09:00:00"))
    code = made.facts[0].state.code if made.facts[0].state else ""
    assert national(made, when="2022-03-01 23:59:59") == national(made, when="2022-03-02 00:00:00") == []
    assert national(made, when="2022-03-02 00:00:01") == national(made, when="2022-03-03 00:00:00") == [(code, 2, at("2022-03-02"))]
    assert national(made, when="2022-03-04 10:00:00") == [(code, 9, at("2022-03-03"))]


def test_paused_and_stopped_ones_arrive_as_processed() -> None:
    start = received("2022-03-01 08:00:00", "2022-03-10 08:00:00")
    paused = dossier(
        1,
        start,
        step("2022-03-02 08:00:00", Kind.SUPPLEMENT_REQUESTED, status=5),
        step("2022-03-04 08:00:00", Kind.CORRECTED, channel="post"),
        step("2022-03-07 08:00:00", Kind.SUPPLEMENTED, status=4),
    )
    stopped = dossier(2, start, step("2022-03-02 08:00:00", Kind.STOPPED, status=8, ended_at="2022-03-02 07:00:00"))
    first, second = NationalCopy(province(paused, stopped)).rows(at("2022-03-06"))
    assert (first.state.status, first.state.ended_at) == (9, at("2022-03-02 08:00:00"))
    assert (second.state.status, second.state.ended_at) == (9, at("2022-03-02 07:00:00"))
    first, _ = NationalCopy(province(paused, stopped)).rows(at("2022-03-09"))
    assert (first.state.status, first.state.ended_at) == (4, None)


def test_nothing_is_taken_back() -> None:
    start = received("2022-03-01 08:00:00", "2022-03-10 08:00:00")
    deleted = dossier(1, start, step("2022-03-03 08:00:00", Kind.DELETED))
    deleted_at_once = dossier(2, start, step("2022-03-01 15:00:00", Kind.DELETED))
    recoded = dossier(3, start, step("2022-03-03 08:00:00", Kind.RECODED, code="new"), finished("2022-03-05 08:00:00"))
    recoded_at_once = dossier(4, start, step("2022-03-01 15:00:00", Kind.RECODED, code="newest"))
    assert [code for code, _, _ in national(deleted, deleted_at_once, when="2022-04-01")] == ["000.00.61.H47-220301-0001"]
    assert national(recoded, recoded_at_once, when="2022-04-01") == [
        ("000.00.61.H47-220301-0003", 2, at("2022-03-02")),
        ("new", 9, at("2022-03-06")),
        ("newest", 2, at("2022-03-02")),
    ]


def test_three_in_a_hundred_never_arrive_and_the_rest_is_last_midnights_province(large: Province) -> None:
    now = at("2022-04-05 15:00:00")
    copy = list(NationalCopy(large).rows(now))
    there = {row.state.code: row for row in copy}
    assert len(there) == len(copy)
    missing = 0
    for row in large.rows(at("2022-04-05")):
        copied = there.get(row.state.code)
        if copied is None:
            missing += 1
            continue
        if row.state.status in (5, 6, 8):
            assert copied.state == replace(row.state, status=9, ended_at=copied.state.ended_at)
            assert copied.state.ended_at
        else:
            assert copied.state == row.state
        assert timedelta() < copied.updated_at - row.updated_at <= timedelta(days=1)
        assert copied.updated_at < now
    shown = sum(1 for _ in large.rows(at("2022-04-05")))
    assert 0.02 < missing / shown < 0.04
    assert len(copy) > shown - missing


# A change of system


def test_until_the_switch_the_old_system_is_the_province(large: Province) -> None:
    handover = Handover(large, SWITCH)
    for moment in (at("2022-02-11 10:00:00"), SWITCH):
        assert list(handover.before.rows(moment)) == list(large.rows(moment))
        assert list(handover.after.rows(moment)) == []


def test_after_it_each_dossier_lives_in_one_system_and_those_handed_over_stand_still_in_the_other(large: Province) -> None:
    handover = Handover(large, SWITCH)
    at_switch, now = by_number(list(large.rows(SWITCH))), by_number(list(large.rows(LATER)))
    old, new = by_number(list(handover.before.rows(LATER))), by_number(list(handover.after.rows(LATER)))
    is_open = {number for number, row in at_switch.items() if row.state.status in (1, 2, 4, 5, 6)}
    assert is_open
    assert {number for number in old if number in is_open} == is_open
    assert all(old[number] == at_switch[number] for number in is_open)
    closed = set(at_switch) - is_open
    assert {number: row for number, row in old.items() if number not in is_open} == {n: row for n, row in now.items() if n in closed}
    assert new == {number: row for number, row in now.items() if number not in closed}
    assert set(old) & set(new) <= is_open
    assert set(new) - set(at_switch)


def test_closed_ones_are_corrected_opened_again_and_deleted_where_they_were() -> None:
    start = received("2022-02-01 08:00:00", "2022-02-10 08:00:00")
    end = finished("2022-02-05 08:00:00")
    reopened = dossier(
        1, start, end, returned("2022-02-06 08:00:00"), step("2022-03-05 08:00:00", Kind.REOPENED, status=4, ended_at=None, returned_at=None)
    )
    deleted = dossier(2, start, end, step("2022-03-05 08:00:00", Kind.DELETED))
    open_then_deleted = dossier(3, start, step("2022-03-05 08:00:00", Kind.DELETED))
    gone_before = dossier(4, start, step("2022-02-20 08:00:00", Kind.DELETED))
    handover = Handover(province(reopened, deleted, open_then_deleted, gone_before), SWITCH)
    assert {number: row.state.status for number, row in by_number(list(handover.before.rows(LATER))).items()} == {1: 4, 3: 2}
    assert list(handover.after.rows(LATER)) == []
    assert [row.dossier.number for row in handover.after.rows(at("2022-03-02"))] == [3]
