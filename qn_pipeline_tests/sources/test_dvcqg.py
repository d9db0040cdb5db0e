"""The national portal: log-in, sessions, pages, refusals."""

import asyncio
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from qn_pipeline.errors import SourceChanged, SourceUnavailable
from qn_pipeline.sources.dvcqg import count_dossiers, pull_dossiers
from qn_pipeline.sources.pulled import Pull
from qn_pipeline_tests.sources.stub import PAGE, Asked, Stub, Told, answering, connection

WINDOW = (date(2022, 3, 1), date(2022, 3, 31))
SECRET = "password-of-a-test"
Search = Callable[[Asked], Told]


def rows(*codes: int, **other: str) -> list[dict[str, str]]:
    return [{"MaHoSo": f"H47-{code}", **other} for code in codes]


def found(total: Any, result: Any) -> Told:
    return Told({"error_code": "0", "tongso": total, "result": result})


def paged(all_rows: list[dict[str, str]]) -> Search:
    def search(asked: Asked) -> Told:
        size, page = asked.body["soluong"], asked.body["trang"]
        return found(len(all_rows), all_rows[(page - 1) * size : page * size])

    return search


class Portal:
    """A stub of the portal. `ended` questions find their session ended."""

    def __init__(self, search: Search, ended: tuple[int, ...] = (), login: Told | None = None) -> None:
        self._search, self._ended, self._login = search, ended, login
        self.sessions = self.questions = 0

    def __call__(self, asked: Asked) -> Told:
        if asked.path == "/mapi/login":
            assert asked.body == {"username": "tinh", "password": SECRET}
            self.sessions += 1
            return self._login or Told({"error_code": "0", "session": f"s{self.sessions}"})
        self.questions += 1
        assert (asked.path, asked.body["session"], asked.body["madonvi"]) == ("/mapi/g", f"s{self.sessions}", "H47")
        return Told({"error_code": "-1", "result": []}) if self.questions in self._ended else self._search(asked)


def pull(portal: Search, **settings: Any) -> tuple[Pull, Stub]:
    with answering(portal) as stub:
        return asyncio.run(pull_dossiers(connection(stub.url, "dvcqg", **settings), SECRET, WINDOW)), stub


def codes(pulled: Pull) -> list[str]:
    return sorted(json.loads(row)["MaHoSo"] for row in pulled.rows)


def test_all_pages_of_the_window_in_one_session() -> None:
    portal = Portal(paged(rows(*range(25))))
    pulled, stub = pull(portal, page_size=10)
    assert codes(pulled) == sorted(row["MaHoSo"] for row in rows(*range(25)))
    assert pulled.covers == WINDOW
    assert portal.sessions == 1
    asked = [(ask.body["service"], ask.body["tungay"], ask.body["denngay"], ask.body["trang"]) for ask in stub.asked[1:]]
    assert asked == [("TraCuuHoSo", "20220301", "20220331", page) for page in (1, 2, 3)]


@pytest.mark.parametrize("empty", [[], None])
def test_nothing_in_the_window(empty: Any) -> None:
    pulled, _ = pull(Portal(lambda _: found(0, empty)))
    assert pulled.rows == []


@pytest.mark.parametrize("total", [3, "3"])
def test_a_total_may_be_a_text(total: Any) -> None:
    assert len(pull(Portal(lambda _: found(total, rows(1, 2, 3))))[0].rows) == 3


def test_a_session_that_ends_is_begun_anew() -> None:
    portal = Portal(paged(rows(*range(25))), ended=(2,))
    pulled, _ = pull(portal, page_size=10)
    assert (len(pulled.rows), portal.sessions, portal.questions) == (25, 2, 4)


def test_a_session_that_ends_at_once_is_told() -> None:
    portal = Portal(paged(rows(1)), ended=(1, 2))
    with pytest.raises(SourceChanged, match=r"refuses TraCuuHoSo with error_code -1.*QN_SECRET_SITE") as failed:
        pull(portal)
    assert SECRET not in str(failed.value)
    assert portal.questions == 2


@pytest.mark.parametrize(
    "login", [Told({"error_code": "1", "session": ""}), Told({"error_code": "0"}), Told({"error_code": "0", "session": None})], ids=str
)
def test_a_log_in_that_is_refused_is_not_tried_again(login: Told) -> None:
    portal = Portal(paged(rows(1)), login=login)
    with pytest.raises(SourceChanged, match=r"refuses the log-in of tinh.*Renew QN_SECRET_SITE") as failed:
        pull(portal)
    assert SECRET not in str(failed.value)
    assert (portal.sessions, portal.questions) == (1, 0)


def test_a_question_that_is_refused_is_not_tried_again() -> None:
    portal = Portal(lambda _: Told({"error_code": "3", "message": "x", "result": []}))
    with pytest.raises(SourceChanged, match=r"error_code 3.*Look at user and unit"):
        pull(portal)
    assert portal.questions == 1


@pytest.mark.parametrize("other", [Told([1]), Told(PAGE, 404), Told({"error_code": "0"}, 203)], ids=str)
def test_another_shape_is_told(other: Told) -> None:
    with pytest.raises(SourceChanged, match=r"another shape than the national portal's.*Correct url"):
        pull(lambda _: other)


@pytest.mark.parametrize("other", [found("many", []), found(1, {"a": 1}), found(1, ["a"])], ids=str)
def test_rows_of_another_shape_are_told(other: Told) -> None:
    with pytest.raises(SourceChanged, match="another shape"):
        pull(Portal(lambda _: other))


def test_rows_that_move_are_read_until_all_are_there() -> None:
    readings = [[rows(0, 1), rows(1, 2)], [rows(2, 3), rows(0, 1)]]

    def moving(asked: Asked) -> Told:
        reading = readings[0] if asked.body["trang"] == 1 or len(readings) == 1 else readings.pop(0)
        return found(4, reading[asked.body["trang"] - 1])

    assert codes(pull(Portal(moving), page_size=2)[0]) == ["H47-0", "H47-1", "H47-2", "H47-3"]


def test_a_row_that_changes_while_it_is_read_is_no_second_one() -> None:
    """One of four is hidden by a page that moves; another one comes in two versions."""
    versions = iter(range(100))

    def moving(asked: Asked) -> Told:
        return found(4, rows(0, TrangThaiHoSo=str(next(versions))) + rows(1) if asked.body["trang"] == 1 else rows(1, 2))

    with pytest.raises(SourceUnavailable, match="there are 4 dossiers, and shows 3"):
        pull(Portal(moving), page_size=2)


def test_two_rows_with_one_code_are_both_brought() -> None:
    twins = [*rows(1), *rows(1, TrangThaiHoSo="4")]
    assert codes(pull(Portal(lambda _: found(2, twins)))[0]) == ["H47-1", "H47-1"]


def test_a_total_that_shrinks_in_the_middle_hides_nothing() -> None:
    """One page of a half-empty moment must not end the reading."""
    everything = rows(*range(9))

    def half_once(asked: Asked) -> Told:
        if asked.body["trang"] == 2 and not seen:
            seen.append(asked)
            return found(4, rows(8, 4))
        return paged(everything)(asked)

    seen: list[Asked] = []
    assert len(pull(Portal(half_once), page_size=3)[0].rows) == 9


def test_fewer_rows_than_it_says_are_told() -> None:
    with pytest.raises(SourceUnavailable, match=r"there are 5 dossiers, and shows 2.*Nothing of this pull was kept"):
        pull(Portal(lambda _: found(5, rows(1, 2))))


def test_how_many_on_a_day() -> None:
    with answering(Portal(lambda _: found("17", rows(1)))) as stub:
        assert asyncio.run(count_dossiers(connection(stub.url, "dvcqg"), SECRET, date(2022, 3, 1))) == 17
