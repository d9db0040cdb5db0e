"""What a list asks for: filters against plain loops, order, pages, and rows that are kept only as long as they are right."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from qn_pipeline.simulator.listing import OWN_UNIT, Listed, Renderings, Shown, bounds
from qn_pipeline.simulator.lives import Province, Row
from qn_pipeline.simulator.opencps import dates, dossier_id, list_row, status, system_id
from qn_pipeline_tests.simulator.handmade import at

NOW = at("2022-04-01")
ALL = {"agency": "all"}


@pytest.fixture(scope="module")
def shown(small: Province) -> Shown:
    return Shown(small.rows(NOW), NOW, Renderings())


def ids(listed: Listed) -> set[int]:
    return {dossier_id(row.dossier) for row in listed.rows}


def within(row: Row, field: str, first: date, last: date) -> bool:
    moment: datetime | None = getattr(dates(row), field)
    return moment is not None and first <= moment.date() <= last


MARCH = (date(2022, 3, 1), date(2022, 3, 31))


@pytest.mark.parametrize(
    ("params", "kept"),
    [
        (ALL, lambda row: True),
        ({}, lambda row: row.state.unit == OWN_UNIT),
        ({"agency": "000.00.17.H47"}, lambda row: row.state.unit == "000.00.17.H47"),
        (ALL | {"status": "waiting,receiving"}, lambda row: status(row)[0] in ("waiting", "receiving")),
        (ALL | {"status": "waiting", "substatus": "payment"}, lambda row: row.state.status == 6),
        (ALL | {"service": "2.000815"}, lambda row: row.dossier.procedure.code == "2.000815"),
        (ALL | {"domain": "L03"}, lambda row: row.dossier.procedure.field == "L03"),
        (ALL | {"online": "true"}, lambda row: row.state.channel == "online"),
        (ALL | {"online": "false"}, lambda row: row.state.channel != "online"),
        (ALL | {"online": "yes"}, lambda row: True),
        (
            ALL | {"top": "cancelling"},
            lambda row: row.state.status == 7 and NOW - timedelta(days=2) <= row.state.ended_at < NOW,
        ),
        (ALL | {"fromReceiveDate": "1/3/2022", "toReceiveDate": "31/03/2022"}, lambda row: within(row, "received", *MARCH)),
        (ALL | {"fromSubmitDate": "1/3/2022", "toSubmitDate": "31/3/2022"}, lambda row: within(row, "submitted", *MARCH)),
        (ALL | {"fromReleaseDate": "1/3/2022", "toReleaseDate": "31/3/2022"}, lambda row: within(row, "released", *MARCH)),
        (ALL | {"fromFinishDate": "1/3/2022", "toFinishDate": "31/3/2022"}, lambda row: within(row, "finished", *MARCH)),
        (ALL | {"fromDueDate": "10/3/2022"}, lambda row: within(row, "due", date(2022, 3, 10), date(2099, 1, 1))),
        (ALL | {"toReceiveDate": "31/12/9999"}, lambda row: row.state.received_at is not None),
        (
            ALL | {"fromReceiveDate": "1/3/2022", "toReceiveDate": "31/3/2022", "toReleaseDate": "10/3/2022"},
            lambda row: within(row, "received", *MARCH) and within(row, "released", date(2000, 1, 1), date(2022, 3, 10)),
        ),
        # What is no day is silently no filter.
        (ALL | {"fromReceiveDate": "2022-03-01", "toReceiveDate": "01-03-2022"}, lambda row: True),
        (ALL | {"fromReceiveDate": "31/2/2022", "toReceiveDate": "20220331"}, lambda row: True),
    ],
)
def test_filters(shown: Shown, params: dict[str, str], kept: Callable[[Row], bool]) -> None:
    expected = {dossier_id(row.dossier) for row in shown.rows if system_id(row.dossier) == 0 and kept(row)}
    assert ids(shown.listed(params)) == expected


def test_the_land_registry_must_be_asked_for(shown: Shown) -> None:
    own, land = ids(shown.listed(ALL)), ids(shown.listed(ALL | {"systemId": "1"}))
    assert land
    assert not own & land
    assert own | land == {dossier_id(row.dossier) for row in shown.rows}
    assert ids(shown.listed(ALL | {"systemId": "-1"})) == own


def test_a_code_finds_one_dossier(shown: Shown) -> None:
    row = next(row for row in shown.rows if system_id(row.dossier) == 0)
    assert ids(shown.listed(ALL | {"dossierNo": row.state.code})) == {dossier_id(row.dossier)}


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("", lambda row: dates(row).created),
        ("weather", lambda row: dates(row).created),
        ("modifiedDate", lambda row: row.updated_at),
        ("receiveDate", lambda row: row.state.received_at or at("0001-01-01")),
        ("dossierNo", lambda row: row.state.code),
    ],
)
def test_order(shown: Shown, sort: str, key: Callable[[Row], Any]) -> None:
    rising = [key(row) for row in shown.listed(ALL | {"sort": sort}).rows]
    assert rising == sorted(rising)
    assert [key(row) for row in shown.listed(ALL | {"sort": sort, "order": "true"}).rows] == rising[::-1]


def test_pages_of_a_unique_key_are_the_whole(shown: Shown) -> None:
    listed = shown.listed(ALL | {"sort": "dossierId"})
    paged = [row for start in range(0, len(listed.rows), 70) for row in listed.page(start, start + 70, seed=start)]
    assert paged == listed.rows
    assert listed.page(len(listed.rows), len(listed.rows) + 70, seed=1) == []


def test_equal_rows_come_in_another_order_in_each_answer(shown: Shown) -> None:
    listed = shown.listed(ALL | {"sort": "dossierStatus"})
    answers = [listed.page(0, len(listed.rows), seed) for seed in (1, 2)]
    assert answers[0] != answers[1]
    assert [status(row)[0] for row in answers[0]] == [status(row)[0] for row in answers[1]] == listed.keys
    assert {id(row) for row in answers[0]} == {id(row) for row in answers[1]}
    # Hence pages by such a key miss some and double others.
    paged = [id(row) for start in range(0, len(listed.rows), 50) for row in listed.page(start, start + 50, seed=start)]
    assert len(paged) == len(listed.rows) > len(set(paged))


def test_without_an_end_a_list_is_whole() -> None:
    assert bounds({}, 321) == bounds({"end": "0"}, 321) == bounds({"start": "x", "end": "y"}, 321) == (0, 321)
    assert bounds({"start": "10", "end": "20"}, 321) == (10, 20)


def test_kept_rows_are_those_of_the_moment(small: Province) -> None:
    renderings = Renderings()
    for moment in (at("2022-02-01"), at("2022-03-01"), at("2022-02-01")):
        then = Shown(small.rows(moment), moment, renderings)
        assert [json.loads(then.rendered(row)) for row in then.rows] == [list_row(row, moment) for row in then.rows]
