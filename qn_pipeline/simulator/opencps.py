"""How OpenCPS v2, an open one-stop system, spells a dossier: rows of its lists, actions, files and payments.

Fields, value types and quirks are those of its public source. Personal values are sent as real systems send them. Belongs here: one
dossier's answers. Does not: which dossiers a request asks for (listing), lists that are no dossiers (opencps_lists), counts (statistics).

Ids and counters are numbers; flags and postal fields are strings. Moments are `dd/MM/yyyy HH:mm:ss`; the main ones are empty when there
is none, the rarer ones are missing then.
"""

from datetime import datetime, time, timedelta
from typing import Any, Final, NamedTuple

from qn_pipeline.simulator.calendar import DAY_OF_WORK, working_time_between
from qn_pipeline.simulator.lives import Dossier, Fact, Kind, Row, State
from qn_pipeline.simulator.people import Person
from qn_pipeline.simulator.procedures import HOUR
from qn_pipeline.simulator.units import UNITS

GROUP_ID: Final = 20126
"""The site; every request names it in the header groupId."""
LAND_REGISTRY: Final = 1
"""The land registry keeps its dossiers in a system of its own."""
LEVELS: Final = {"none": 2, "partial": 3, "full": 4}
UNIT_NAMES: Final = {unit.code: unit.name for unit in UNITS}

_FIRST_ID = 100_000
_LAND = "L01"
_MOMENT = "%d/%m/%Y %H:%M:%S"
_TICK = timedelta(microseconds=1)
_OFFICIALS = ("Lê Thị Hồng Vân", "Nguyễn Hữu Toàn", "Trần Minh Tuệ", "Phan Thị Mai Trâm", "Hồ Văn Nhật", "Bhling Thị Nga", "Võ Quốc Khải")
_STATUSES: Final = {
    1: ("receiving", ""),
    2: ("receiving", ""),
    3: ("denied", ""),
    4: ("processing", ""),
    5: ("waiting", ""),
    6: ("waiting", "payment"),
    7: ("cancelled", ""),
    8: ("unresolved", ""),
    9: ("releasing", ""),
    10: ("done", ""),
}
_STATUS_TEXTS = {
    "receiving": "Chờ tiếp nhận",
    "denied": "Từ chối tiếp nhận",
    "processing": "Đang xử lý",
    "waiting": "Chờ bổ sung",
    "cancelled": "Đã rút hồ sơ",
    "unresolved": "Từ chối giải quyết",
    "releasing": "Chờ trả kết quả",
    "done": "Đã trả kết quả",
}
_ACTIONS: dict[Kind, tuple[str, str]] = {
    Kind.REGISTERED: ("1000", "Nộp hồ sơ trực tuyến"),
    Kind.REFUSED: ("1101", "Từ chối tiếp nhận"),
    Kind.RECEIVED: ("1100", "Tiếp nhận hồ sơ"),
    Kind.PROCESSING: ("2000", "Chuyển xử lý"),
    Kind.SUPPLEMENT_REQUESTED: ("3000", "Yêu cầu bổ sung hồ sơ"),
    Kind.SUPPLEMENTED: ("3001", "Tiếp nhận hồ sơ bổ sung"),
    Kind.PAYMENT_REQUESTED: ("3100", "Yêu cầu nộp phí, lệ phí"),
    Kind.PAID: ("3101", "Xác nhận nộp phí, lệ phí"),
    Kind.TRANSFERRED: ("2100", "Chuyển đơn vị xử lý"),
    Kind.WITHDRAWN: ("8000", "Rút hồ sơ"),
    Kind.STOPPED: ("8100", "Dừng giải quyết"),
    Kind.FINISHED: ("5000", "Ký duyệt, chuyển kết quả về một cửa"),
    Kind.RETURNED: ("5100", "Trả kết quả"),
    Kind.VOTED: ("9000", "Đánh giá"),
    Kind.REOPENED: ("7000", "Mở lại hồ sơ"),
    Kind.CORRECTED: ("9100", "Sửa thông tin hồ sơ"),
    Kind.RECODED: ("9200", "Đổi mã hồ sơ"),
}
_OTHER_ACTION = ("9999", "Cập nhật hồ sơ")
_NO_ACTION = frozenset({Kind.REGISTERED, Kind.DELETED})
_GATEWAYS = {"none": "", "local": "KEYPAY", "national": "KeyPayDVCQG"}
_HALF_DAYS = ((time(7), time(11, 30)), (time(13), time(17)))


class Dates(NamedTuple):
    """The moments of a dossier under OpenCPS's names."""

    created: datetime
    submitted: datetime
    received: datetime | None
    due: datetime | None
    released: datetime | None
    finished: datetime | None
    extended: datetime | None
    cancelling: datetime | None


def dossier_id(dossier: Dossier) -> int:
    """Stable for life, whatever becomes of the code."""
    return _FIRST_ID + dossier.number


def system_id(dossier: Dossier) -> int:
    """Which of the site's systems keeps it."""
    return LAND_REGISTRY if dossier.procedure.field == _LAND else 0


def status(row: Row) -> tuple[str, str]:
    """The status and the sub-status."""
    return _STATUSES[row.state.status]


def dates(row: Row) -> Dates:
    """The moments that go with the status: a result is released when processing ends, and finished when it is handed over."""
    state = row.state
    released = state.ended_at
    if state.status == 3:
        released, finished = None, state.refused_at
    else:
        finished = state.returned_at if state.status in (9, 10) else released
    return Dates(
        created=row.dossier.facts[0].at,
        submitted=state.submitted_at,
        received=state.received_at,
        due=state.due_at,
        released=released,
        finished=finished,
        extended=released if released and state.due_at and released < state.due_at else None,
        cancelling=released if state.status == 7 else None,
    )


def list_row(row: Row, now: datetime) -> dict[str, Any]:
    """A row of GET /dossiers, and the whole of GET /dossiers/{id}, at a moment."""
    return {**standing_fields(row), **clock_fields(row, now)}


def standing_fields(row: Row) -> dict[str, Any]:
    """What changes only when the dossier does."""
    return {**_identity(row), **_applicant(row), **_course(row), **_last_action(row), **_service(row)}


def clock_fields(row: Row, now: datetime) -> dict[str, Any]:
    """What changes with the time of day, with modifiedDate standing still."""
    late = row.state.due_at is not None and row.state.ended_at is None and row.state.due_at < now
    return {"dossierOverdue": overdue_text(row, now), "stepOverdue": 1 if late else 0}


def overdue_text(row: Row, now: datetime) -> str:
    """How a dossier stands to its due date, in words.

    Released ones are early when they were released before the half-day in which they were due, late after the due date, and on time
    otherwise, without a due date, too. Statistics decide by other rules.
    """
    name, _ = status(row)
    due = row.state.due_at
    if name == "waiting":
        return "Tạm dừng xử lý"
    released = dates(row).released
    if released is not None:
        if due is not None and released > due:
            return "Quá hạn"
        return "Sớm hạn" if due is not None and released < _half_day(due) else "Đúng hạn"
    if name != "processing" or due is None:
        return ""
    left = working_time_between(now, due) if now <= due else working_time_between(due, now)
    count, unit = (left // DAY_OF_WORK, "ngày") if left >= DAY_OF_WORK else (left // timedelta(hours=1), "giờ")
    return f"{'Còn' if now <= due else 'Quá'} {count} {unit}"


def actions(dossier: Dossier, at: datetime) -> list[dict[str, Any]]:
    """What was done to a dossier before a moment, oldest first."""
    return [
        _action(dossier, place, fact)
        for place, fact in enumerate(dossier.facts, start=1)
        if fact.at < at and fact.kind not in _NO_ACTION and fact.state is not None
    ]


def row_actions(row: Row) -> list[dict[str, Any]]:
    """The actions up to what the row shows."""
    return actions(row.dossier, row.updated_at + _TICK)


def files(row: Row) -> list[dict[str, Any]]:
    """The papers of a dossier, and its result where that was digitized."""
    dossier, person = row.dossier, row.dossier.person
    papers = [
        _file(row, place, 1, component.name, f"{component.name} - {person.name}.pdf" if component.digitized else component.name, component.digitized)
        for place, component in enumerate(dossier.components, start=1)
    ]
    if row.state.ended_at is None or not row.state.result_digitized:
        return papers
    name = f"Kết quả {dossier.procedure.name}"
    return [*papers, _file(row, len(papers) + 1, 2, name, f"{name} - {person.name}.pdf", digitized=True)]


def payment(row: Row) -> dict[str, Any] | None:
    """What is to be paid and how it was; None for a dossier without a fee."""
    fee = row.dossier.procedure.fee
    if not fee:
        return None
    paid_at = _paid_at(row)
    return {
        "dossierId": dossier_id(row.dossier),
        "referenceUid": _reference(row.dossier),
        "paymentFee": f"Phí, lệ phí {row.dossier.procedure.name}",
        "advanceAmount": 0,
        "feeAmount": fee,
        "serviceAmount": 0,
        "shipAmount": 0,
        "paymentAmount": fee,
        "paymentNote": f"{row.dossier.person.name} nộp phí, lệ phí",
        "paymentStatus": 3 if paid_at else 1,
        "paymentMethod": _GATEWAYS[row.state.payment],
        "confirmDatetime": moment(paid_at),
        "approveDatetime": moment(paid_at),
        "invoiceNo": f"HD{row.dossier.number:07}" if paid_at else "",
    }


def moment(value: datetime | None) -> str:
    """A moment as OpenCPS writes it."""
    # Several times faster than strftime, and lists are long.
    return f"{value.day:02}/{value.month:02}/{value.year} {value.hour:02}:{value.minute:02}:{value.second:02}" if value else ""


def _identity(row: Row) -> dict[str, Any]:
    dossier, state, moments = row.dossier, row.state, dates(row)
    submitted = moment(moments.submitted)
    known = {"extendDate": moments.extended, "cancellingDate": moments.cancelling, "finishDate": moments.finished}
    return {
        "dossierIdCTN": "",
        "dossierId": dossier_id(dossier),
        "groupId": GROUP_ID,
        "userId": 20000 + dossier.number % 997,
        "userName": dossier.person.name,
        "createDate": moment(moments.created),
        "modifiedDate": moment(row.updated_at),
        "referenceUid": _reference(dossier),
        "counter": dossier.number,
        "dossierNo": state.code,
        "dossierNote": f"{dossier.procedure.name} của {dossier.person.name}",
        "dossierName": f"{dossier.procedure.name} - {dossier.person.name}",
        "submitting": "false",
        "submitDate": submitted,
        "receiveDate": moment(moments.received),
        "dueDate": moment(moments.due),
        "releaseDate": moment(moments.released),
        **{name: moment(value) for name, value in known.items() if value is not None},
    }


def _applicant(row: Row) -> dict[str, Any]:
    person, business = row.dossier.person, row.dossier.applicant_kind == "enterprise"
    by_post = row.dossier.result_by_post
    return {
        "applicantName": (_company(person) if business else person.name).upper(),
        "applicantIdType": "business" if business else "citizen",
        "applicantIdNo": person.identifier,
        "applicantIdDate": "",
        "address": person.address,
        "cityCode": "49",
        "cityName": "Tỉnh Quảng Nam",
        "districtCode": "",
        "districtName": "",
        "wardCode": "",
        "wardName": "",
        "contactName": person.name,
        "contactTelNo": person.phone,
        "contactEmail": person.email,
        "delegateName": person.name,
        "delegateIdNo": person.identifier,
        "delegateTelNo": person.phone,
        "delegateEmail": person.email,
        "delegateAddress": person.address,
        "viaPostal": "2" if by_post else "1",
        "postalAddress": person.address if by_post else "",
        "postalCityCode": "49" if by_post else "",
        "postalCityName": "Tỉnh Quảng Nam" if by_post else "",
        "postalTelNo": person.phone if by_post else "",
        "fromViaPostal": "1" if row.state.channel == "post" else "0",
        "vnpostalStatus": 3 if by_post and row.state.returned_at else 1 if by_post else 0,
        "vnpostalProfile": "",
    }


def _course(row: Row) -> dict[str, Any]:
    state = row.state
    name, sub_status = status(row)
    online = state.channel == "online"
    return {
        "dossierStatus": name,
        "dossierStatusText": _STATUS_TEXTS[name],
        "dossierSubStatus": sub_status,
        "dossierSubStatusText": "Chờ nộp phí, lệ phí" if sub_status else "",
        "lockState": "PAUSE" if name == "waiting" else "",
        "statusReg": 0,
        "online": "true" if online else "false",
        "originality": 1 if online else 3,
        "origin": "",
        "originDossierId": 0,
        "originDossierNo": "",
        "visited": "true",
        "pending": "false",
        "notification": "false",
        "hasPassword": "false",
        "assigned": 0,
        "permission": "",
        "certNo": "",
        "documentNo": "",
        "groupDossierId": 0,
        "metaData": "{}",
    }


def _last_action(row: Row) -> dict[str, Any]:
    fact, place = _last_fact(row)
    code, name = _ACTIONS.get(fact.kind, _OTHER_ACTION)
    user_id, user = _official(row.dossier, place)
    return {
        "lastActionDate": moment(fact.at),
        "lastActionCode": code,
        "lastActionName": name,
        "lastActionUser": user,
        "lastActionNote": _note(row.dossier, name),
        "lastActionUserId": user_id,
        "currentActionUser": user,
        "stepCode": _step(code),
        "stepName": name,
        "stepDuedate": moment(row.state.due_at),
    }


def _service(row: Row) -> dict[str, Any]:
    procedure = row.dossier.procedure
    return {
        "serviceCode": procedure.code,
        "serviceName": procedure.name,
        "serviceLevel": LEVELS[procedure.online_level],
        "domainCode": procedure.field,
        "domainName": procedure.field_name,
        "govAgencyCode": row.state.unit,
        "govAgencyName": UNIT_NAMES[row.state.unit],
        "dossierTemplateNo": f"MAU-{procedure.code}",
        "durationCount": float(procedure.limit),
        "durationUnit": 1 if procedure.limit_unit == HOUR else 0,
        "sampleCount": 1,
        "systemId": system_id(row.dossier),
        "dossierCounter": row.state.code.rsplit("-", 1)[-1],
        "serverNo": "quangnam",
    }


def _action(dossier: Dossier, place: int, fact: Fact) -> dict[str, Any]:
    assert fact.state is not None
    code, name = _ACTIONS.get(fact.kind, _OTHER_ACTION)
    user_id, user = _official(dossier, place)
    return {
        "dossierActionId": dossier_id(dossier) * 100 + place,
        "userId": user_id,
        "createDate": moment(fact.at),
        "actionCode": code,
        "actionUser": user,
        "actionName": name,
        "actionNote": _note(dossier, name),
        "actionOverdue": _hours_late(fact.state, fact.at),
        "stepCode": _step(code),
        "stepName": name,
        "payload": "",
        "pending": "false",
        "dueDate": moment(fact.state.due_at),
    }


def _hours_late(state: State, at: datetime) -> int:
    return working_time_between(state.due_at, at) // timedelta(hours=1) if state.due_at is not None and state.due_at < at else 0


def _file(row: Row, place: int, part_type: int, name: str, shown: str, digitized: bool) -> dict[str, Any]:
    number = row.dossier.number
    return {
        "dossierFileId": dossier_id(row.dossier) * 100 + place,
        "dossierPartNo": f"{'KQ' if part_type == 2 else 'TP'}{place:02}",
        "dossierPartName": name,
        "dossierPartType": part_type,
        "dossierTemplateNo": f"MAU-{row.dossier.procedure.code}",
        "fileTemplateNo": "",
        "displayName": shown,
        "fileType": "pdf" if digitized else "",
        "fileSize": 40_000 + (number * 7919 + place * 104_729) % 3_000_000 if digitized else 0,
        "fileVersion": "1.0",
        "isNew": "false",
        # Results are signed as a rule; one in nine by a certificate that nobody trusts, one in nine not at all.
        "signCheck": {0: 0, 1: 2}.get(number % 9, 1) if part_type == 2 else 0,
        "signInfo": "",
        "removed": "false",
        "eForm": "false",
    }


def _paid_at(row: Row) -> datetime | None:
    """When the money came: online or at the desk when it was asked for, otherwise with the result."""
    paid = [fact.at for fact in row.dossier.facts if fact.kind is Kind.PAID and fact.at <= row.updated_at]
    return paid[-1] if paid else row.state.returned_at


def _last_fact(row: Row) -> tuple[Fact, int]:
    """The fact that the row shows, and its place in the life."""
    for place in range(len(row.dossier.facts), 0, -1):
        fact = row.dossier.facts[place - 1]
        if fact.at <= row.updated_at:
            return fact, place
    raise AssertionError(row)


def _official(dossier: Dossier, place: int) -> tuple[int, str]:
    chosen = (dossier.number * 31 + place * 7) % len(_OFFICIALS)
    return 30_000 + chosen, _OFFICIALS[chosen]


def _note(dossier: Dossier, action: str) -> str:
    return f"{action}: hồ sơ của {dossier.person.name}, điện thoại {dossier.person.phone}"


def _step(action_code: str) -> str:
    return action_code[:3]


def _reference(dossier: Dossier) -> str:
    digits = f"{dossier.number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _company(person: Person) -> str:
    return f"Công ty TNHH {' '.join(person.name.split()[-2:])}"


def _half_day(due: datetime) -> datetime:
    for opens, closes in _HALF_DAYS:
        if opens <= due.time() <= closes:
            return datetime.combine(due.date(), opens)
    return datetime.combine(due.date(), time())
