"""How OpenCPS spells a dossier: fields, value types, statuses, moments, and what depends on the clock."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from qn_pipeline.simulator.lives import Dossier, Kind, Province, Row
from qn_pipeline.simulator.opencps import actions, dossier_id, files, list_row, payment, row_actions
from qn_pipeline_tests.simulator.handmade import BENEFIT, LAND_USE, at, dossier, finished, province, received, returned, step

NOW = at("2022-03-10 09:00:00")
RECEIVED = received("2022-03-01 08:00:00", due="2022-03-15 08:00:00")
PROCESSING = step("2022-03-01 10:00:00", Kind.PROCESSING, status=4)
MOMENT = re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d")


def row(made: Dossier, now: datetime = NOW) -> Row:
    [shown] = province(made).rows(now)
    return shown


def shown(made: Dossier, now: datetime = NOW) -> dict[str, Any]:
    return list_row(row(made, now), now)


def test_ids_are_numbers_flags_texts_and_moments_vietnamese(small: Province) -> None:
    for some in small.rows(NOW):
        told = list_row(some, NOW)
        assert all(
            isinstance(told[name], int) for name in ("dossierId", "groupId", "userId", "systemId", "serviceLevel", "originality", "durationUnit")
        )
        assert isinstance(told["durationCount"], float)
        assert {told[name] for name in ("online", "submitting", "visited", "pending", "hasPassword")} <= {"true", "false"}
        assert told["viaPostal"] in ("1", "2")
        assert told["fromViaPostal"] in ("0", "1")
        assert all(not told.get(name) or MOMENT.fullmatch(told[name]) for name in told if name.endswith("Date") and name != "applicantIdDate")
        assert told["applicantName"] == told["applicantName"].upper()
        assert (told["systemId"] == 1) == (told["domainCode"] == "L01")


@pytest.mark.parametrize(
    ("steps", "status", "filled", "empty"),
    [
        ([step("2022-03-01 07:00:00", Kind.REGISTERED)], "receiving", {}, {"receiveDate", "dueDate", "releaseDate", "finishDate"}),
        ([RECEIVED], "receiving", {"receiveDate": "01/03/2022 08:00:00", "dueDate": "15/03/2022 08:00:00"}, {"releaseDate", "finishDate"}),
        (
            [step("2022-03-01 09:00:00", Kind.REFUSED, status=3, refused_at="2022-03-01 09:00:00")],
            "denied",
            {"finishDate": "01/03/2022 09:00:00"},
            {"receiveDate", "releaseDate"},
        ),
        ([RECEIVED, PROCESSING], "processing", {}, {"releaseDate", "finishDate", "cancellingDate"}),
        (
            [RECEIVED, step("2022-03-02 08:00:00", Kind.WITHDRAWN, status=7, ended_at="2022-03-02 08:00:00")],
            "cancelled",
            dict.fromkeys(("releaseDate", "finishDate", "cancellingDate", "extendDate"), "02/03/2022 08:00:00"),
            set(),
        ),
        (
            [RECEIVED, step("2022-03-16 08:00:00", Kind.STOPPED, status=8, ended_at="2022-03-16 08:00:00")],
            "unresolved",
            dict.fromkeys(("releaseDate", "finishDate"), "16/03/2022 08:00:00"),
            {"cancellingDate", "extendDate"},
        ),
        ([RECEIVED, finished("2022-03-02 08:00:00")], "releasing", {"releaseDate": "02/03/2022 08:00:00"}, {"finishDate"}),
        (
            [RECEIVED, finished("2022-03-02 08:00:00"), returned("2022-03-03 14:00:00")],
            "done",
            {"releaseDate": "02/03/2022 08:00:00", "finishDate": "03/03/2022 14:00:00"},
            {"cancellingDate"},
        ),
    ],
)
def test_status_and_dates(steps: list[Any], status: str, filled: dict[str, str], empty: set[str]) -> None:
    told = shown(dossier(1, *steps), at("2022-04-01"))
    assert told["dossierStatus"] == status
    assert {name: told[name] for name in filled} == filled
    assert not any(told.get(name) for name in empty)


def test_paused_ones_are_locked_and_the_reason_is_a_sub_status() -> None:
    asked = step("2022-03-02 08:00:00", Kind.SUPPLEMENT_REQUESTED, status=5)
    to_pay = step("2022-03-02 08:00:00", Kind.PAYMENT_REQUESTED, status=6)
    for pause, reason in ((asked, ""), (to_pay, "payment")):
        told = shown(dossier(1, RECEIVED, PROCESSING, pause))
        assert (told["dossierStatus"], told["dossierSubStatus"], told["lockState"]) == ("waiting", reason, "PAUSE")
        assert told["dossierOverdue"] == "Tạm dừng xử lý"
    assert shown(dossier(1, RECEIVED, PROCESSING))["lockState"] == ""


def test_a_recoded_dossier_keeps_its_id() -> None:
    recoded = dossier(7, RECEIVED, step("2022-03-05 08:00:00", Kind.RECODED, code="H47.61-220301-0007"))
    before, after = shown(recoded, at("2022-03-02")), shown(recoded)
    assert before["dossierId"] == after["dossierId"] == 100_007
    assert before["referenceUid"] == after["referenceUid"]
    assert (before["dossierNo"], after["dossierNo"]) == ("000.00.61.H47-220301-0007", "H47.61-220301-0007")
    assert (after["modifiedDate"], after["createDate"]) == ("05/03/2022 08:00:00", "01/03/2022 08:00:00")
    assert (after["lastActionName"], after["lastActionDate"]) == ("Đổi mã hồ sơ", "05/03/2022 08:00:00")


def test_channels_and_post() -> None:
    online = shown(dossier(1, RECEIVED, channel="online", result_by_post=True))
    by_post = shown(dossier(2, RECEIVED, channel="post"))
    fields = ("online", "originality", "fromViaPostal", "viaPostal")
    assert [online[name] for name in fields] == ["true", 1, "0", "2"]
    assert [by_post[name] for name in fields] == ["false", 3, "1", "1"]


def test_durations_and_levels() -> None:
    hours, days = shown(dossier(1, RECEIVED)), shown(dossier(2, RECEIVED, procedure=LAND_USE))
    assert (hours["durationCount"], hours["durationUnit"], hours["serviceLevel"], hours["systemId"]) == (8.0, 1, 3, 0)
    assert (days["durationCount"], days["durationUnit"], days["systemId"]) == (15.0, 0, 1)


@pytest.mark.parametrize(
    ("now", "text"),
    [
        ("2022-03-10 09:00:00", "Còn 2 ngày"),
        ("2022-03-14 15:00:00", "Còn 2 giờ"),
        ("2022-03-15 09:30:00", "Quá 1 giờ"),
        ("2022-03-17 09:00:00", "Quá 2 ngày"),
    ],
)
def test_the_text_about_the_due_date_moves_with_the_clock_alone(now: str, text: str) -> None:
    told = shown(dossier(1, RECEIVED, PROCESSING), at(now))
    assert (told["dossierOverdue"], told["modifiedDate"]) == (text, "01/03/2022 10:00:00")


@pytest.mark.parametrize(
    ("released", "text"),
    [
        ("2022-03-15 06:59:59", "Sớm hạn"),
        ("2022-03-15 07:00:00", "Đúng hạn"),
        ("2022-03-15 08:00:00", "Đúng hạn"),
        ("2022-03-15 08:00:01", "Quá hạn"),
    ],
)
def test_released_ones_are_early_before_the_half_day_of_the_due_date(released: str, text: str) -> None:
    assert shown(dossier(1, RECEIVED, finished(released)), at("2022-04-01"))["dossierOverdue"] == text


def test_actions_are_the_facts_so_far_but_for_the_registration() -> None:
    made = dossier(3, step("2022-03-01 07:00:00", Kind.REGISTERED), RECEIVED, PROCESSING, finished("2022-03-02 08:00:00"))
    told = actions(made, at("2022-03-02 08:00:00"))
    assert [(action["createDate"], action["actionName"]) for action in told] == [
        ("01/03/2022 08:00:00", "Tiếp nhận hồ sơ"),
        ("01/03/2022 10:00:00", "Chuyển xử lý"),
    ]
    assert "Trần Thị Bé" in told[0]["actionNote"]
    assert actions(made, at("2022-03-02 08:00:01"))[:2] == told


def test_the_actions_of_a_row_go_as_far_as_the_row(small: Province) -> None:
    assert all(row_actions(some) == actions(some.dossier, NOW) for some in small.rows(NOW))


def test_action_ids_are_unique(small: Province) -> None:
    ids = [action["dossierActionId"] for made in small.dossiers for action in actions(made, at("2023-06-01"))]
    assert len(set(ids)) == len(ids) > 2000


def test_every_kind_of_fact_has_a_name_of_its_own(small: Province) -> None:
    names = {action["actionName"] for made in small.dossiers for action in actions(made, at("2023-06-01"))}
    kinds = {fact.kind for made in small.dossiers for fact in made.facts} - {Kind.REGISTERED, Kind.DELETED}
    assert len(names) == len(kinds)
    assert "Cập nhật hồ sơ" not in names


def test_files_have_a_size_when_they_are_there_and_name_the_applicant() -> None:
    result = step("2022-03-02 08:00:00", Kind.FINISHED, status=9, ended_at="2022-03-02 08:00:00", result_digitized=True)
    made = dossier(5, RECEIVED, result)
    before, after = files(row(made, at("2022-03-02"))), files(row(made))
    assert [(paper["dossierPartType"], paper["fileSize"] > 0) for paper in before] == [(1, True), (1, False)]
    assert before[0]["displayName"] == "Tờ khai - Trần Thị Bé.pdf"
    assert [(paper["dossierPartType"], paper["signCheck"]) for paper in after[2:]] == [(2, 1)]
    assert len({paper["dossierFileId"] for paper in after}) == 3


@pytest.mark.parametrize(("online", "method"), [("local", "KEYPAY"), ("national", "KeyPayDVCQG"), ("none", "")])
def test_payments(online: str, method: str) -> None:
    asked = step("2022-03-02 08:00:00", Kind.PAYMENT_REQUESTED, status=6)
    paid = step("2022-03-03 08:30:00", Kind.PAID, status=4, payment=online)
    made = dossier(6, RECEIVED, asked, paid)
    before, after = payment(row(made, at("2022-03-03"))), payment(row(made))
    assert before is not None
    assert after is not None
    assert (before["paymentStatus"], before["paymentMethod"], before["confirmDatetime"]) == (1, "", "")
    assert (after["paymentStatus"], after["paymentMethod"], after["confirmDatetime"]) == (3, method, "03/03/2022 08:30:00")
    assert (after["feeAmount"], after["paymentAmount"], after["dossierId"]) == (2000, 2000, dossier_id(made))
    assert payment(row(dossier(8, RECEIVED, procedure=BENEFIT))) is None


def test_a_row_does_not_depend_on_what_comes_later(small: Province) -> None:
    [*rows] = small.rows(NOW)
    for some in rows[:200]:
        past = tuple(fact for fact in some.dossier.facts if fact.at < NOW)
        cut = Dossier(**{name: getattr(some.dossier, name) for name in Dossier.__slots__} | {"facts": past})
        same = Row(cut, some.state, some.updated_at)
        for tell in (lambda told: list_row(told, NOW + timedelta(days=9)), files, payment):
            assert tell(same) == tell(some)
