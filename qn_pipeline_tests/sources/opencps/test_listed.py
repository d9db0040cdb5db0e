"""A row of the list, reduced: its status, how it was filed, what changes it, and its details."""

from datetime import datetime
from typing import Any

import orjson
import pytest

from qn_pipeline.sources.opencps.listed import KEPT, KEPT_DATES, OPEN, WATCHED, from_landing, from_list, moment, with_details

ROW: dict[str, Any] = {
    "dossierId": 100001,
    "dossierNo": "000.00.61.H47-220301-0001",
    "dossierStatus": "processing",
    "dossierSubStatus": "",
    "govAgencyCode": "000.00.61.H47",
    "online": "false",
    "fromViaPostal": "0",
    "submitDate": "01/03/2022 08:00:00",
    "receiveDate": "01/03/2022 09:00:00",
    "dueDate": "08/03/2022 09:00:00",
    "releaseDate": "",
    "modifiedDate": "01/03/2022 10:00:00",
    "dossierOverdue": "Còn 3 ngày",
    "applicantName": "TRẦN THỊ BÉ",
}
FILE = {"dossierPartType": 1, "fileSize": 40_000, "removed": "false"}


def told(**changes: Any) -> dict[str, Any]:
    return dict(orjson.loads(from_list({**ROW, **changes}).raw))


def detailed(files: list[dict[str, Any]] | None = None, payment: dict[str, Any] | None = None) -> dict[str, Any]:
    return dict(orjson.loads(with_details(from_list(ROW), files, payment)))


@pytest.mark.parametrize(
    ("status", "sub_status", "received", "key"),
    [
        ("processing", "", "01/03/2022 09:00:00", "processing"),
        ("waiting", "payment", "01/03/2022 09:00:00", "waiting/payment"),
        ("waiting", None, "01/03/2022 09:00:00", "waiting"),
        ("receiving", "", "01/03/2022 09:00:00", "receiving"),
        ("receiving", "", "", "receiving/unaccepted"),
        ("receiving", "", None, "receiving/unaccepted"),
        ("receiving", "other", "", "receiving/unaccepted"),
        ("denied", "", "", "denied"),
    ],
)
def test_the_sub_status_follows_the_status(status: str, sub_status: str | None, received: str | None, key: str) -> None:
    changes = {"dossierStatus": status, "dossierSubStatus": sub_status, "receiveDate": received}
    listed = from_list({**ROW, **changes})
    assert (listed.status, listed.main_status, told(**changes)["statusKey"]) == (key, status, key)
    assert listed.open == (status in OPEN)


@pytest.mark.parametrize(
    ("online", "from_post", "filed", "by_post"),
    [
        ("true", "0", "online", False),
        ("false", "0", "direct", False),
        ("false", "1", "post", True),
        ("false", "2", "post", True),
        ("true", "1", "online", True),
        (None, None, "direct", False),
        ("false", "", "direct", False),
        ("false", 1, "post", True),
        ("false", 0, "direct", False),
    ],
)
def test_how_it_was_filed(online: str | None, from_post: str | int | None, filed: str, by_post: bool) -> None:
    changes = {"online": online, "fromViaPostal": from_post}
    assert told(**changes)["filedBy"] == filed
    assert from_list({**ROW, **changes}).by_post == by_post


@pytest.mark.parametrize(("status", "returned"), [("done", "05/03/2022 10:00:00"), ("releasing", ""), ("denied", ""), ("cancelled", "")])
def test_only_what_was_handed_over_has_a_return_date(status: str, returned: str) -> None:
    assert told(dossierStatus=status, finishDate="05/03/2022 10:00:00")["returnDate"] == returned


def test_dates_are_local_and_what_cannot_be_read_is_none() -> None:
    listed = from_list({**ROW, "dueDate": "31/02/2022 10:00:00", "finishDate": "05/03/2022 12:30:59"})
    assert (listed.received, listed.due, listed.released) == (datetime(2022, 3, 1, 9), None, None)  # noqa: DTZ001 -- local and naive
    assert listed.finished == moment("05/03/2022 12:30:59") == datetime(2022, 3, 5, 12, 30, 59)  # noqa: DTZ001 -- local and naive


def test_a_watched_field_changes_the_mark_and_the_time_of_day_does_not() -> None:
    mark = from_list(ROW).mark
    assert from_list({**ROW, "dossierOverdue": "Quá 1 ngày", "stepOverdue": 1, "visited": "false"}).mark == mark
    for field in WATCHED:
        assert from_list({**ROW, field: "changed"}).mark != mark, field


def test_a_mark_tells_nothing_of_a_person() -> None:
    assert from_list({**ROW, "applicantName": "LÊ VĂN C", "contactTelNo": "0905"}).mark == from_list(ROW).mark


def test_what_landing_keeps_gives_the_same_dossier() -> None:
    listed = from_list({**ROW, "finishDate": "05/03/2022 12:30:59"})
    kept = {name: orjson.loads(listed.raw).get(name) for name in KEPT}
    kept |= {name: moment(kept[name]) for name in KEPT_DATES}
    kept["dossierId"] = str(kept["dossierId"])
    known = from_landing(kept, unchanged=True)
    fields = ("id", "mark", "code", "status", "agency", "online", "by_post", "received", "released", "due", "finished", "open")
    assert [getattr(known, name) for name in fields] == [getattr(listed, name) for name in fields]
    assert from_landing(kept, unchanged=False).mark != listed.mark


@pytest.mark.parametrize(
    ("files", "inputs", "results"),
    [
        ([], "false", "false"),
        ([FILE], "true", "false"),
        ([FILE, {**FILE, "dossierPartType": 2}], "true", "true"),
        ([{**FILE, "dossierPartType": 2}], "false", "true"),
        ([{**FILE, "removed": "true"}], "false", "false"),
        ([{**FILE, "fileSize": 0}], "false", "false"),
        ([{**FILE, "fileSize": None}], "false", "false"),
        ([{**FILE, "dossierPartType": 3}], "false", "false"),
        ([{**FILE, "dossierPartType": "2", "fileSize": "7"}], "false", "true"),
    ],
)
def test_files_say_what_is_digitized(files: list[dict[str, Any]], inputs: str, results: str) -> None:
    row = detailed(files=files)
    assert (row["inputFiles"], row["resultFiles"]) == (inputs, results)


def test_a_payment_is_told_and_none_is_none() -> None:
    paid = detailed(payment={"feeAmount": 30_000, "paymentMethod": "KEYPAY", "paymentStatus": 3, "invoiceNo": "HD1"})
    assert (paid["feeAmount"], paid["paymentMethod"], paid["paymentStatus"], "invoiceNo" in paid) == (30_000, "KEYPAY", 3, False)
    none = detailed(payment={})
    assert (none["feeAmount"], none["paymentMethod"], none["paymentStatus"]) == (0, "", "")


def test_what_was_not_asked_for_is_not_told() -> None:
    assert not {"inputFiles", "resultFiles", "feeAmount", "paymentMethod"} & set(detailed())
