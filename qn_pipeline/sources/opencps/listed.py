"""A dossier as OpenCPS lists it, reduced to what decides whether it has changed and how it is counted; and what is made of its details.

To the list's own fields are added, for mappings:
  statusKey             the sub-status after the status where there is one (waiting/payment); receiving/unaccepted without a reception date
  filedBy               online, post or direct
  returnDate            finishDate of what was handed over; refused and cancelled dossiers have a finishDate, too
  inputFiles            true when a component paper has a file, resultFiles when a result has one
  limitHours            the limit in working hours, a day being 8, where the dossier states one
  feeAmount, paymentMethod, paymentStatus   of the dossier's payment
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

MOMENT = "%d/%m/%Y %H:%M:%S"
HOURS_OF_A_DAY = 8
NUMBER = re.compile(r"[0-9]{1,6}([.][0-9]{1,6})?")
OPEN = ("new", "receiving", "processing", "interoperating", "waiting", "pausing", "posting", "correcting", "cancelling")
FILE_COLUMNS = ("inputFiles", "resultFiles")
PAYMENT_COLUMNS = ("feeAmount", "paymentMethod", "paymentStatus")
# None of them says who a person is. Texts that change by themselves (dossierOverdue) are left out.
WATCHED = (
    *("dossierNo", "serviceCode", "govAgencyCode", "domainCode", "dossierStatus", "dossierSubStatus", "lockState", "online", "originality"),
    *("viaPostal", "fromViaPostal", "vnpostalStatus", "submitDate", "receiveDate", "dueDate", "extendDate", "releaseDate", "finishDate"),
    *("cancellingDate", "correctingDate", "endorsementDate", "durationCount", "durationUnit", "systemId", "serviceLevel", "modifiedDate"),
    *("lastActionDate", "lastActionCode", "applicantIdType"),
)
# What landing keeps of a dossier whatever the mapping wants: the next pull is held against it.
KEPT_DATES = ("receiveDate", "releaseDate", "dueDate", "finishDate", "modifiedDate")
KEPT = ("dossierId", "mark", "dossierNo", "statusKey", "govAgencyCode", "online", "fromViaPostal", *KEPT_DATES)


@dataclass(frozen=True, slots=True)
class Listed:
    """What is known of a dossier: from the list, or from landing. `raw` is the list's row, empty when it comes from landing."""

    id: int
    mark: str
    code: str
    status: str
    agency: str
    online: bool
    by_post: bool
    received: datetime | None
    released: datetime | None
    due: datetime | None
    finished: datetime | None
    modified: datetime | None
    raw: bytes = b""

    @property
    def open(self) -> bool:
        return self.main_status in OPEN

    @property
    def main_status(self) -> str:
        """The status without the sub-status."""
        return self.status.split("/")[0]


def from_list(row: dict[str, Any]) -> Listed:
    """A row of GET /dossiers."""
    told = row | _added(row)
    told["mark"] = hashlib.blake2b(orjson.dumps([row.get(field) for field in WATCHED]), digest_size=12).hexdigest()
    return _listed(told, [moment(told.get(name)) for name in KEPT_DATES], orjson.dumps(told))


def from_landing(kept: dict[str, Any], unchanged: bool) -> Listed:
    """The columns that landing keeps, dates read; `unchanged` false makes it differ from whatever the list shows."""
    return _listed(kept if unchanged else {**kept, "mark": ""}, [kept[name] for name in KEPT_DATES], b"")


def _listed(told: dict[str, Any], dates: list[datetime | None], raw: bytes) -> Listed:
    received, released, due, finished, modified = dates
    return Listed(
        id=int(told["dossierId"]),
        mark=str(told["mark"]),
        code=str(told.get("dossierNo") or ""),
        status=str(told["statusKey"]),
        agency=str(told.get("govAgencyCode") or ""),
        online=str(told.get("online")) == "true",
        by_post=(told.get("fromViaPostal") or "0") not in ("", "0"),
        received=received,
        released=released,
        due=due,
        finished=finished,
        modified=modified,
        raw=raw,
    )


def moment(text: str | None) -> datetime | None:
    """A date of the product; None for none and for one that cannot be read."""
    try:
        return datetime.strptime(text, MOMENT) if text else None  # noqa: DTZ007 -- local and naive, as the product writes it
    except ValueError:
        return None


def _added(row: dict[str, Any]) -> dict[str, str]:
    status, sub_status = str(row.get("dossierStatus") or ""), str(row.get("dossierSubStatus") or "")
    if status == "receiving" and not row.get("receiveDate"):
        sub_status = "unaccepted"
    by_post = str(row.get("fromViaPostal") or "0") != "0"
    return {
        "statusKey": f"{status}/{sub_status}" if sub_status else status,
        "filedBy": "online" if str(row.get("online")) == "true" else "post" if by_post else "direct",
        "returnDate": str(row.get("finishDate") or "") if status == "done" else "",
        "limitHours": _limit_hours(row),
    }


def _limit_hours(row: dict[str, Any]) -> str:
    """durationCount in days (durationUnit 0) or hours (1); parts of days become hours. What is no number stays, for the contract to refuse."""
    told = str(row.get("durationCount") or "0")
    if not NUMBER.fullmatch(told):
        return told
    count = float(told)
    hours = round(count if str(row.get("durationUnit") or 0) == "1" else count * HOURS_OF_A_DAY)
    return str(hours) if hours > 0 else ""


def with_details(listed: Listed, files: list[dict[str, Any]] | None, payment: dict[str, Any] | None) -> bytes:
    """The list's row with what its files and its payment say, as JSON; None where they were not asked for."""
    row = orjson.loads(listed.raw)
    if files is not None:
        kept = [file for file in files if str(file.get("removed")) != "true" and int(file.get("fileSize") or 0) > 0]
        row["inputFiles"] = str(any(int(file.get("dossierPartType") or 0) == 1 for file in kept)).lower()
        row["resultFiles"] = str(any(int(file.get("dossierPartType") or 0) == 2 for file in kept)).lower()
    if payment is not None:
        row |= {
            "feeAmount": payment.get("feeAmount", 0),
            "paymentMethod": payment.get("paymentMethod", ""),
            "paymentStatus": payment.get("paymentStatus", ""),
        }
    return orjson.dumps(row)
