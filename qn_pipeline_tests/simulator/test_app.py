"""The systems over HTTP, as a client meets them: shapes, traps, errors, the clock, and every fault."""

import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from qn_pipeline.simulator.faults import Fault, FaultKind
from qn_pipeline.simulator.files import national_row
from qn_pipeline.simulator.listing import OWN_UNIT
from qn_pipeline.simulator.lives import Kind, Province
from qn_pipeline.simulator.opencps import dossier_id, files, list_row, payment, row_actions, system_id
from qn_pipeline.simulator.server import Handle
from qn_pipeline.simulator.systems import NationalCopy
from qn_pipeline_tests.simulator.conftest import NOW
from qn_pipeline_tests.simulator.handmade import at

DOSSIERS = "/o/rest/v2/dossiers"
STATISTICS = "/o/rest/statistics"
NO_CONTENT = {"message": "No Content.", "code": 403, "description": None}
EVERYTHING = {"agency": "all", "sort": "dossierId"}


def ask(client: httpx.Client, path: str = DOSSIERS, params: Mapping[str, str | int] = EVERYTHING) -> dict[str, Any]:
    reply = client.get(path, params=dict(params))
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("application/json")
    told: dict[str, Any] = reply.json()
    return told


def pages(client: httpx.Client, size: int = 100) -> list[int]:
    ids: list[int] = []
    start, total = 0, 1
    while start < total:
        told = ask(client, params={**EVERYTHING, "start": start, "end": start + size})
        ids += [row["dossierId"] for row in told["data"]]
        total = told["total"]
        start += size
    return ids


# Lists and dossiers


def test_a_list_without_an_end_is_everything_of_system_0(client: httpx.Client, small: Province) -> None:
    rows = [list_row(row, NOW) for row in small.rows(NOW) if system_id(row.dossier) == 0]
    for end in ("", "0", "all"):
        assert ask(client, params={**EVERYTHING, "end": end}) == {"total": len(rows), "data": rows}
    assert ask(client) == {"total": len(rows), "data": rows}
    assert ask(client, params={**EVERYTHING, "start": 5, "end": 8})["data"] == rows[5:8]
    assert ask(client, params={**EVERYTHING, "start": 5})["data"] == rows[5:]


def test_paging_finds_everything_once(client: httpx.Client, small: Province) -> None:
    assert pages(client) == [dossier_id(row.dossier) for row in small.rows(NOW) if system_id(row.dossier) == 0]


def test_without_an_agency_there_is_only_ones_own(client: httpx.Client) -> None:
    told = ask(client, params={})
    assert {row["govAgencyCode"] for row in told["data"]} == {OWN_UNIT}
    assert told["total"] < ask(client)["total"] / 5


def test_bad_dates_are_ignored_without_a_word(client: httpx.Client) -> None:
    good = ask(client, params={**EVERYTHING, "fromReceiveDate": "1/3/2022", "toReceiveDate": "2/3/2022"})
    bad = ask(client, params={**EVERYTHING, "fromReceiveDate": "2022-03-01", "toReceiveDate": "2022-03-02"})
    assert {row["receiveDate"][:10] for row in good["data"]} == {"01/03/2022", "02/03/2022"}
    assert bad == ask(client)


def test_a_dossier_by_its_id(client: httpx.Client, small: Province) -> None:
    for row in list(small.rows(NOW))[::60]:
        path = f"{DOSSIERS}/{dossier_id(row.dossier)}"
        assert client.get(path).json() == list_row(row, NOW)
        done, papers = row_actions(row), files(row)
        assert client.get(f"{path}/actions").json() == {"total": len(done), "data": done}
        assert client.get(f"{path}/files").json() == {"total": len(papers), "data": papers}
        paid = client.get(f"{path}/payment")
        assert (paid.status_code, paid.json()) == ((200, payment(row)) if payment(row) else (403, NO_CONTENT))


def test_what_is_not_there_is_forbidden(client: httpx.Client, small: Province) -> None:
    gone = next(dossier for dossier in small.dossiers if dossier.facts[-1].kind is Kind.DELETED and dossier.facts[-1].at < NOW)
    for name in (dossier_id(gone), 99, "abc"):
        for of in ("", "/actions", "/files", "/payment"):
            reply = client.get(f"{DOSSIERS}/{name}{of}")
            assert (reply.status_code, reply.json()) == (403, NO_CONTENT)
    assert client.get("/o/rest/v2/dictcollections/WEATHER/dictitems").status_code == 403
    assert client.get("/o/rest/v2/weather").status_code == 404
    assert client.post(DOSSIERS).status_code == 405


@pytest.mark.parametrize("path", ["serviceinfos", "serviceconfigs", "holidays", "worktimes", "dictcollections/GOVERNMENT_AGENCY/dictitems"])
def test_reference_lists_are_paged_alike(client: httpx.Client, path: str) -> None:
    whole = ask(client, f"/o/rest/v2/{path}", {})
    part = ask(client, f"/o/rest/v2/{path}", {"start": 1, "end": 3})
    assert len(whole["data"]) == whole["total"] == part["total"] > 3
    assert part["data"] == whole["data"][1:3]


# Who asks


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"groupId": "20126"}, 203, 203),
        ({"groupId": "20126", "Token": "yesterday's"}, 401, 203),
        ({"Token": "right"}, 403, 403),
        ({"groupId": "1", "Token": "right"}, 403, 403),
    ],
)
def test_refusals(system: Handle, headers: dict[str, str], status: int, code: int) -> None:
    told = {name: system.token if value == "right" else value for name, value in headers.items()}
    for path in (DOSSIERS, f"{DOSSIERS}/100001", STATISTICS, "/o/rest/v2/holidays"):
        reply = httpx.get(system.url + path, headers=told)
        assert (reply.status_code, reply.json()["code"]) == (status, code)
        assert set(reply.json()) == {"message", "code", "description"}


# Statistics


def test_statistics_of_a_month(client: httpx.Client) -> None:
    told = ask(client, STATISTICS, {"year": 2022, "month": 3})
    assert len(told["data"]) == told["total"] > 100
    assert told["agency"] is None
    [whole] = [row for row in told["data"] if (row["govAgencyCode"], row["domainCode"], row["system"]) == (None, None, None)]
    assert sum(row["totalCount"] for row in told["data"]) == 8 * whole["totalCount"]
    own = ask(client, STATISTICS, {"year": 2022, "month": 3, "agency": OWN_UNIT, "domain": "all", "system": "all"})
    assert own["agency"] == OWN_UNIT
    assert own["data"] == [row for row in told["data"] if (row["govAgencyCode"], row["domainCode"], row["system"]) == (OWN_UNIT, None, None)]
    assert ask(client, STATISTICS, {"year": 2022, "month": 3, "start": 2, "end": 5})["data"] == told["data"][2:5]
    assert {row["month"] for row in ask(client, STATISTICS, {"year": 2022})["data"]} == {0}
    assert ask(client, STATISTICS, {"year": 2021, "month": 3}) == {"total": 0, "agency": None, "data": []}
    assert client.get(STATISTICS).headers["cache-control"] == "max-age=60"


# The clock


def test_the_clock_moves(client: httpx.Client, system: Handle, small: Province) -> None:
    before = {row["dossierId"]: row for row in ask(client)["data"]}
    system.set_clock(NOW + timedelta(days=1))
    after = {row["dossierId"]: row for row in ask(client)["data"]}
    rows = [list_row(row, NOW + timedelta(days=1)) for row in small.rows(NOW + timedelta(days=1)) if system_id(row.dossier) == 0]
    assert list(after.values()) == rows
    moved = [number for number in before if number in after and before[number] != after[number]]
    silent = [number for number in moved if before[number]["modifiedDate"] == after[number]["modifiedDate"]]
    assert silent
    assert all(set(before[n].items()) ^ set(after[n].items()) <= _of(before[n], after[n], "dossierOverdue", "stepOverdue") for n in silent)


def _of(before: dict[str, Any], after: dict[str, Any], *names: str) -> set[tuple[str, Any]]:
    return {(name, row[name]) for row in (before, after) for name in names}


def test_control_over_http(client: httpx.Client, system: Handle) -> None:
    assert client.put("/simulator/clock", json={"now": "2022-02-01T00:00:00"}).status_code == 204
    at_february = ask(client)["total"]
    system.set_clock(at("2022-02-01"))
    assert ask(client)["total"] == at_february < 400
    assert client.get("/simulator/requests").json() == {"dossiers": 2} == dict(system.requests())
    assert client.delete("/simulator/requests").status_code == 204
    assert client.put("/simulator/faults", json=[{"kind": "server_error", "status": 502}]).status_code == 204
    assert [client.get(DOSSIERS).status_code for _ in range(2)] == [502, 200]
    assert client.get("/simulator/requests").json() == {"dossiers": 2}
    for path, body in (("clock", {"now": "noon"}), ("clock", {"now": "2022-02-01T00:00:00+07:00"}), ("faults", [{"kind": "fire"}]), ("faults", 5)):
        assert client.put(f"/simulator/{path}", json=body).status_code == 400
    assert client.put("/simulator/weather", json={}).status_code == 404


# The national portal


def login(client: httpx.Client, system: Handle) -> str:
    told = client.post("/mapi/login", json={"username": system.username, "password": system.password}).json()
    assert told["error_code"] == "0"
    session: str = told["session"]
    return session


def search(client: httpx.Client, session: str, **other: object) -> dict[str, Any]:
    asked = {"session": session, "service": "TraCuuHoSo", "tungay": "20220301", "denngay": "20220331", "trang": 1, "soluong": 1000}
    reply = client.post("/mapi/g", json=asked | other)
    assert reply.status_code == 200
    told: dict[str, Any] = reply.json()
    return told


def test_the_national_copy_is_searched_by_day_of_synchronisation(client: httpx.Client, system: Handle, small: Province) -> None:
    session = login(client, system)
    rows = [row for row in NationalCopy(small).rows(NOW) if at("2022-03-10") <= row.updated_at <= at("2022-03-20")]
    told = search(client, session, tungay="20220310", denngay="20220320")
    assert (told["error_code"], told["tongso"]) == ("0", len(rows))
    key = "MaHoSo"
    assert sorted(told["result"], key=lambda row: row[key]) == sorted(map(national_row, rows), key=lambda row: row[key])
    paged = [row for page in (1, 2, 3) for row in search(client, session, tungay="20220310", denngay="20220320", trang=page, soluong=50)["result"]]
    assert paged == told["result"][:150]


def test_national_errors_come_with_http_200(client: httpx.Client, system: Handle) -> None:
    assert client.post("/mapi/login", json={"username": "x", "password": "y"}).json()["error_code"] == "1"
    assert client.post("/mapi/login", content=b"{").json()["error_code"] == "1"
    assert search(client, "dead")["error_code"] == "-1"
    session = login(client, system)
    assert search(client, session, service="LayThuTuc")["error_code"] == "2"
    assert search(client, session, tungay="2022-03-01")["error_code"] == "3"


# Faults


def test_an_answer_that_never_comes_keeps_nobody_else_waiting(client: httpx.Client, system: Handle) -> None:
    system.set_faults([Fault(FaultKind.TIMEOUT)])
    with pytest.raises(httpx.ReadTimeout):
        client.get(DOSSIERS, timeout=0.1)
    assert client.get(DOSSIERS).status_code == 200
    assert system.requests()["dossiers"] == 2


def test_slow(client: httpx.Client, system: Handle) -> None:
    system.set_faults([Fault(FaultKind.SLOW, seconds=0.2)])
    started = time.perf_counter()
    assert client.get(DOSSIERS).status_code == 200
    assert time.perf_counter() - started >= 0.2


@pytest.mark.parametrize(
    ("fault", "status", "retry_after"),
    [
        (Fault(FaultKind.TOO_MANY), 429, "1"),
        (Fault(FaultKind.TOO_MANY, retry_after=30), 429, "30"),
        (Fault(FaultKind.SERVER_ERROR), 503, None),
        (Fault(FaultKind.SERVER_ERROR, status=500, retry_after=7), 500, "7"),
        (Fault(FaultKind.NOT_JSON), 200, None),
    ],
)
def test_pages_in_place_of_answers(client: httpx.Client, system: Handle, fault: Fault, status: int, retry_after: str | None) -> None:
    system.set_faults([fault])
    reply = client.get(DOSSIERS)
    assert (reply.status_code, reply.headers.get("retry-after")) == (status, retry_after)
    assert reply.headers["content-type"].startswith("text/html")
    with pytest.raises(json.JSONDecodeError):
        reply.json()
    assert "total" in ask(client)


@pytest.mark.parametrize(("kind", "status"), [(FaultKind.EXPIRED_TOKEN, 401), (FaultKind.NOT_AUTHENTICATED, 203)])
def test_errors_with_code_203(client: httpx.Client, system: Handle, kind: FaultKind, status: int) -> None:
    system.set_faults([Fault(kind, on="dossier")])
    assert client.get(DOSSIERS).status_code == 200
    reply = client.get(f"{DOSSIERS}/100001")
    assert (reply.status_code, reply.json()["code"]) == (status, 203)


def test_a_reset_comes_without_a_byte(client: httpx.Client, system: Handle) -> None:
    system.set_faults([Fault(FaultKind.RESET)])
    with pytest.raises(httpx.ReadError, match="reset by peer"):
        client.get(DOSSIERS)
    assert client.get(DOSSIERS).status_code == 200


def test_down_until_cleared(client: httpx.Client, system: Handle) -> None:
    system.set_faults([Fault(FaultKind.DOWN)])
    for path in (DOSSIERS, STATISTICS, DOSSIERS):
        with pytest.raises(httpx.ReadError, match="reset by peer"):
            client.get(path)
    assert client.put("/simulator/faults", json=[]).status_code == 204
    assert client.get(DOSSIERS).status_code == 200


def test_a_truncated_answer_promises_more_than_it_holds(client: httpx.Client, system: Handle) -> None:
    system.set_faults([Fault(FaultKind.TRUNCATED)])
    received = b""
    with pytest.raises(httpx.RemoteProtocolError), client.stream("GET", DOSSIERS) as reply:  # noqa: PT012 -- the reading raises
        for part in reply.iter_raw():
            received += part
    promised = int(reply.headers["content-length"])
    assert (reply.status_code, len(received)) == (200, promised // 2)
    assert len(client.get(DOSSIERS).content) == promised


def test_a_page_is_that_before_it(client: httpx.Client, system: Handle) -> None:
    right = pages(client)
    system.set_faults([Fault(FaultKind.DUPLICATE_PAGE, after=1)])
    assert pages(client) == [*right[:200], *right[100:200], *right[300:]]


def test_rows_move_between_pages(client: httpx.Client, system: Handle) -> None:
    right = pages(client)
    system.set_faults([Fault(FaultKind.MOVING_ROWS, times=None)])
    moved = pages(client)
    assert len(moved) == len(right) > len(set(moved))
    assert set(moved) < set(right)


def test_half_of_the_dossiers_are_gone_wherever_one_looks(client: httpx.Client, system: Handle) -> None:
    right, counted = pages(client), ask(client, STATISTICS)["data"][0]["totalCount"]
    system.set_faults([Fault(FaultKind.HALF_EMPTY, times=None)])
    half = pages(client)
    assert 0.4 < len(half) / len(right) < 0.6
    assert half == pages(client)
    gone = sorted(set(right) - set(half))[0]
    for of in ("", "/actions", "/files", "/payment"):
        assert client.get(f"{DOSSIERS}/{gone}{of}").status_code == 403
    assert client.get(f"{DOSSIERS}/{half[0]}").status_code == 200
    assert 0.4 < ask(client, STATISTICS)["data"][0]["totalCount"] / counted < 0.6


def test_lists_show_half_of_what_there_is(client: httpx.Client, system: Handle) -> None:
    right, total, counted = pages(client), ask(client)["total"], ask(client, STATISTICS)
    system.set_faults([Fault(FaultKind.HALF_LISTS, times=None)])
    half = pages(client)
    assert 0.4 < len(half) / len(right) < 0.6
    assert (ask(client)["total"], ask(client, STATISTICS)) == (total, counted)
    gone = sorted(set(right) - set(half))[0]
    assert client.get(f"{DOSSIERS}/{gone}").status_code == 200


def test_faults_of_the_national_portal(client: httpx.Client, system: Handle) -> None:
    session = login(client, system)
    right = search(client, session)
    system.set_faults([Fault(FaultKind.HALF_LISTS, on="national")])
    half = search(client, session)
    assert half["tongso"] == right["tongso"] == len(right["result"]) > len(half["result"])
    system.set_faults([Fault(FaultKind.HALF_EMPTY, on="national")])
    assert search(client, session) == {**half, "tongso": len(half["result"])}
    system.set_faults([Fault(FaultKind.DUPLICATE_PAGE, on="national")])
    assert search(client, session, soluong=10)["result"] == search(client, session, trang=2, soluong=10)["result"] == right["result"][:10]
    system.set_faults([Fault(FaultKind.MOVING_ROWS, on="national")])
    assert search(client, session)["result"] != right["result"]
    system.set_faults([Fault(FaultKind.EXPIRED_TOKEN, on="national")])
    assert [search(client, session)["error_code"] for _ in range(2)] == ["-1", "-1"]
    assert search(client, login(client, system)) == right
