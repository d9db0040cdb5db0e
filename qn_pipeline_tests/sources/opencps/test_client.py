"""Questions to an OpenCPS site whose answers are not what they seem."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import date
from typing import Any, TypeVar

import pytest

from qn_pipeline.errors import SourceChanged, SourceUnavailable
from qn_pipeline.sources.opencps.client import OpenCps
from qn_pipeline.sources.opencps.listed import from_list
from qn_pipeline.sources.opencps.pull import Days, pull_dossiers
from qn_pipeline.sources.opencps.reference import pull_actions, pull_reference
from qn_pipeline_tests.sources.stub import NO_CONTENT, PAGE, Answer, Asked, Stub, Told, answering, connection

T = TypeVar("T")
Row = dict[str, Any]
SECRET = "token-of-a-test"
LIST, FIRST = "/rest/v2/dossiers", "/rest/v2/dossiers/1"
DAY = date(2022, 3, 1)


def rows(*numbers: int) -> list[Row]:
    return [{"dossierId": number, "dossierNo": f"H47-{number}"} for number in numbers]


def listing(all_rows: list[Row], total: int | None = None) -> Answer:
    """A server that pages as it should; `total` where it says something else."""

    def answer(asked: Asked) -> Told:
        start, end = int(asked.params["start"]), int(asked.params["end"])
        return Told({"total": len(all_rows) if total is None else total, "data": all_rows[start : end or None]})

    return answer


def ask(answer: Answer, question: Callable[[OpenCps], Coroutine[Any, Any, T]], **settings: Any) -> tuple[T, Stub]:
    async def asked(url: str) -> T:
        async with OpenCps(connection(url, **settings), SECRET) as site:
            return await question(site)

    with answering(answer) as stub:
        return asyncio.run(asked(stub.url)), stub


def dossiers(answer: Answer, **settings: Any) -> tuple[list[int], list[Asked]]:
    found, stub = ask(answer, lambda site: site.dossiers({"status": "done"}), **settings)
    assert len({row["dossierId"] for row in found}) == len(found)
    return sorted(row["dossierId"] for row in found), stub.asked


# Lists


def test_system_agency_group_and_token_are_always_told() -> None:
    _, asked = dossiers(listing(rows(1, 2, 3)), systems=["0", "1", "4"], page_size=2)
    assert {one.params["systemId"] for one in asked} == {"0", "1", "4"}
    assert {(one.params["agency"], one.params["status"], one.headers["groupId"], one.headers["Token"]) for one in asked} == {
        ("all", "done", "7", SECRET)
    }
    assert all({"start", "end"} <= set(one.params) for one in asked), "without an end, everything comes"


def test_an_agency_can_be_asked_for() -> None:
    _, stub = ask(listing([]), lambda site: site.dossiers({"agency": "H47.33"}))
    assert [one.params["agency"] for one in stub.asked] == ["H47.33"]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 25])
def test_all_pages(count: int) -> None:
    numbers = [*range(1, count + 1)]
    found, asked = dossiers(listing(rows(*numbers)), page_size=10)
    assert found == numbers
    assert len(asked) == count // 10 + 1


def test_pages_that_moved_are_asked_for_in_one_answer() -> None:
    everything = rows(*range(1, 26))

    def moving(asked: Asked) -> Told:
        start, end = int(asked.params["start"]), int(asked.params["end"])
        page = everything if not end else everything[0:10] if start else everything[5:15]
        return Told({"total": 25, "data": page})

    found, asked = dossiers(moving, page_size=10)
    assert found == [*range(1, 26)]
    assert [(one.params["start"], one.params["end"]) for one in asked][-1] == ("0", "0")


def test_fewer_rows_than_it_says_are_told() -> None:
    with pytest.raises(SourceUnavailable, match=r"has 5 rows, and shows 3. Nothing of this pull was kept"):
        dossiers(listing(rows(1, 2, 3), total=5))


@pytest.mark.parametrize("total", [0, 2, 10, 24])
def test_a_total_that_is_too_small_hides_nothing(total: int) -> None:
    """0: the total of another list. 10: the count of the page. 24: a dossier came while the pages were read."""
    found, _ = dossiers(listing(rows(*range(1, 26)), total=total), page_size=10)
    assert found == [*range(1, 26)]


def test_a_list_that_holds_a_dossier_twice_is_whole() -> None:
    assert dossiers(listing(rows(1, 2, 2, 3)))[0] == [1, 2, 3]


def test_a_dossier_in_two_systems_is_one() -> None:
    assert dossiers(listing(rows(1, 2)), systems=["0", "1"])[0] == [1, 2]


@pytest.mark.parametrize("total", [None, "3", 2.5, "many"])
def test_a_total_that_is_no_number_is_told(total: Any) -> None:
    with pytest.raises(SourceChanged, match="another shape than OpenCPS v2"):
        dossiers(lambda _: Told({"total": total, "data": rows(1, 2, 3)}))


@pytest.mark.parametrize(
    "body", [{}, {"data": {"a": 1}}, {"total": 1, "data": ["a"]}, "text", 7, None, {"total": 1, "data": [{"dossierNo": "x"}]}], ids=str
)
def test_another_shape_is_told(body: Any) -> None:
    with pytest.raises(SourceChanged, match=r"another shape than OpenCPS v2. Nothing of this pull was kept. Look at url"):
        dossiers(lambda _: Told(body))


def test_nothing_may_come_as_no_data() -> None:
    assert dossiers(lambda _: Told({"total": 0}))[0] == []


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (203, "does not know who asks.*Set QN_SECRET_SITE"),
        (401, "refuses the token.*Renew QN_SECRET_SITE"),
        (403, "refuses to show /rest/v2/dossiers.*Look at group_id"),
        (404, "answers HTTP 404.*Correct url"),
    ],
)
@pytest.mark.parametrize("body", [{"message": "x", "code": 1}, PAGE], ids=["as the product", "as a page"])
def test_a_refusal_says_what_to_do_and_is_not_tried_again(status: int, says: str, body: Any) -> None:
    with answering(lambda _: Told(body, status)) as stub:

        async def asked() -> None:
            async with OpenCps(connection(stub.url), SECRET) as site:
                await site.dossiers({})

        with pytest.raises(SourceChanged, match=says) as failed:
            asyncio.run(asked())
        assert len(stub.asked) == 1
    assert SECRET not in str(failed.value)


# Single dossiers


def found(by_id: Told, by_code: list[Row], code: str = "H47-1") -> tuple[Row | None, list[Asked]]:
    row, stub = ask(lambda asked: by_id if asked.path == FIRST else listing(by_code)(asked), lambda site: site.dossier(1, code), systems=["0", "1"])
    return row, stub.asked


def test_a_dossier_by_its_id() -> None:
    row, asked = found(Told(rows(1)[0]), [])
    assert (row, len(asked)) == (rows(1)[0], 1)


def test_a_dossier_is_gone_when_two_witnesses_say_so() -> None:
    row, asked = found(NO_CONTENT, [])
    assert row is None
    assert {(one.params.get("dossierNo"), one.params.get("systemId")) for one in asked if one.path == LIST} == {("H47-1", "0"), ("H47-1", "1")}


def test_a_dossier_that_a_list_still_shows_is_not_gone() -> None:
    assert found(NO_CONTENT, rows(1))[0] == rows(1)[0]


def test_another_dossier_with_its_code_is_no_witness() -> None:
    assert found(NO_CONTENT, [{"dossierId": 2, "dossierNo": "H47-1"}])[0] is None


def test_a_dossier_without_a_code_does_not_ask_for_everything() -> None:
    row, asked = found(NO_CONTENT, rows(*range(1, 100)), code="")
    assert (row, [one.path for one in asked]) == (None, [FIRST])


def test_a_page_that_refuses_says_nothing_about_a_dossier() -> None:
    with pytest.raises(SourceChanged, match="refuses to show dossier 1"):
        found(Told(PAGE, 403), [])


@pytest.mark.parametrize("body", [[], "x", None, {"dossierNo": "H47-1"}], ids=str)
def test_a_dossier_of_another_shape_is_told(body: Any) -> None:
    with pytest.raises(SourceChanged, match="another shape"):
        found(Told(body), [])


# Details


def details(files: Told, dossier: Told) -> list[Row]:
    return ask(lambda asked: dossier if asked.path == FIRST else files, lambda site: site.details(1, "files"))[0]


def test_details() -> None:
    assert details(Told({"total": 1, "data": [{"dossierFileId": 1}]}), NO_CONTENT) == [{"dossierFileId": 1}]


def test_a_dossier_that_has_gone_meanwhile_has_no_details() -> None:
    assert details(NO_CONTENT, NO_CONTENT) == []


def test_details_that_are_refused_are_not_none() -> None:
    with pytest.raises(SourceUnavailable, match=r"does not show files of dossier 1, which it has.*rights of QN_SECRET_SITE"):
        details(NO_CONTENT, Told(rows(1)[0]))


def test_a_payment_or_none() -> None:
    assert ask(lambda _: Told({"feeAmount": 7}), lambda site: site.payment(1))[0] == {"feeAmount": 7}
    assert ask(lambda _: NO_CONTENT, lambda site: site.payment(1))[0] == {}
    with pytest.raises(SourceChanged, match="refuses to show payment"):
        ask(lambda _: Told(PAGE, 403), lambda site: site.payment(1))


def test_actions_bear_the_code_of_their_dossier() -> None:
    with answering(lambda asked: Told({"total": 1, "data": [{"dossierActionId": asked.path.split("/")[4]}]})) as stub:
        told = asyncio.run(pull_actions(connection(stub.url), SECRET, [(1, "H47-1"), (2, "H47-2")]))
    assert told == [b'{"dossierActionId":"1","dossierNo":"H47-1"}', b'{"dossierActionId":"2","dossierNo":"H47-2"}']


# A night


def night(answer: Answer, **settings: Any) -> None:
    with answering(answer) as stub:
        asyncio.run(pull_dossiers(connection(stub.url, **settings), SECRET, Days((DAY, DAY), DAY), {}, []))


def standing(number: int, status: str = "done", at: str = "01/03/2022 08:00:00", agency: str = "A") -> Row:
    dates = dict.fromkeys(("submitDate", "receiveDate", "releaseDate", "finishDate"), at)
    return {"dossierId": number, "dossierNo": f"H47-{number}", "dossierStatus": status, "govAgencyCode": agency, **dates}


@pytest.mark.parametrize("at", ["28/02/2022 23:59:59", "02/03/2022 00:00:00", "", "2022-03-01"])
def test_a_server_that_ignores_dates_is_told(at: str) -> None:
    """It shows everything then, which would be landed as a day's changes, and swept as a month's dossiers."""

    def ignoring(asked: Asked) -> Told:
        dated = any(name.endswith("Date") for name in asked.params)
        return Told({"total": 1, "data": [standing(1, at=at)]} if dated else {"total": 0, "data": []})

    with pytest.raises(SourceChanged, match=r"outside of what from\w+Date, to\w+Date asked for. Nothing of this pull was kept"):
        night(ignoring)


def test_a_server_that_ignores_the_status_is_told() -> None:
    with pytest.raises(SourceChanged, match="outside of what status asked for"):
        night(lambda asked: Told({"total": 1, "data": [standing(1)]} if "status" in asked.params else {"total": 0, "data": []}))


def test_a_server_that_ignores_the_agency_of_a_sweep_is_told() -> None:
    def ignoring(asked: Asked) -> Told:
        if asked.path == "/rest/statistics":
            return Told({"total": 1, "data": [{"year": 2022, "month": 3, "govAgencyCode": "B", "receivedCount": 1}]})
        swept = asked.params.get("agency") == "B"
        return Told({"total": 1, "data": [standing(1)]} if swept else {"total": 0, "data": []})

    with pytest.raises(SourceChanged, match="agency asked for"):
        night(ignoring)


def test_what_a_sweep_shows_is_not_gone() -> None:
    """Neither its status' list, nor its id, nor its code had shown it: a moment of the site's, not of the dossier's."""
    known = from_list(standing(1, "processing"))

    def late(asked: Asked) -> Told:
        if asked.path == FIRST:
            return NO_CONTENT
        if asked.path == "/rest/statistics":
            return Told({"total": 1, "data": [{"year": 2022, "month": 3, "govAgencyCode": "A", "receivedCount": 1}]})
        swept = asked.params.get("agency") == "A"
        return Told({"total": 1, "data": [standing(1, "processing")]} if swept else {"total": 0, "data": []})

    with answering(late) as stub:
        pulled = asyncio.run(pull_dossiers(connection(stub.url), SECRET, Days((DAY, DAY), DAY), {1: known}, []))
    assert (pulled.gone, pulled.rows) == ([], [])


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_site_that_keeps_its_statistics_to_itself(status: int) -> None:
    """It is told how to go without them, and then they are not asked for."""

    def without(asked: Asked) -> Told:
        return Told({"message": "No Content.", "code": 403}, status) if asked.path == "/rest/statistics" else Told({"total": 0, "data": []})

    with pytest.raises(SourceChanged, match=rf"HTTP {status}.*set statistics: false for the connection"):
        night(without)
    night(without, statistics=False)


@pytest.mark.parametrize("entity", ["units", "procedures"])
def test_no_unit_at_all_is_no_snapshot(entity: str) -> None:
    """It would make every unit vanish."""
    with answering(lambda _: Told({"total": 0, "data": []})) as stub:
        with pytest.raises(SourceUnavailable, match=f"shows no {entity} at all.*nothing was deleted"):
            asyncio.run(pull_reference(connection(stub.url), SECRET, entity))
        assert asyncio.run(pull_reference(connection(stub.url), SECRET, "holidays")) == []
