"""OpenCPS's lists that are no dossiers: procedures, where they are offered, days off, working hours, units and fields.

Belongs here: reference data as the system serves it on a day. Does not: dossiers (opencps).
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from qn_pipeline.simulator.calendar import HOLIDAYS, OPENING_HOURS, WORKED_SATURDAYS
from qn_pipeline.simulator.opencps import GROUP_ID, LEVELS, moment
from qn_pipeline.simulator.procedures import FIELDS, HOUR, PROCEDURES
from qn_pipeline.simulator.units import PROVINCE_CODE, PROVINCE_NAME, UNITS, Unit, map_of

_DAY_OFF, _WORKED = 0, 1
# Days of the week as Java counts them: 1 is Sunday.
_MONDAY, _FRIDAY = 2, 6

Rows = list[dict[str, Any]]


@cache
def serviceinfos() -> Rows:
    """The procedures."""
    return [
        {
            "serviceInfoId": number,
            "serviceCode": procedure.code,
            "serviceName": procedure.name,
            "durationText": f"{procedure.limit} {'giờ' if procedure.limit_unit == HOUR else 'ngày'} làm việc",
            "resultText": procedure.name.removeprefix("Cấp ") if procedure.paper_result else "",
            "feeText": f"{procedure.fee} đồng" if procedure.fee else "Không",
            "administrationCode": PROVINCE_CODE,
            "administrationName": PROVINCE_NAME,
            "domainCode": procedure.field,
            "domainName": procedure.field_name,
            "maxLevel": LEVELS[procedure.online_level],
            "public": "true",
        }
        for number, procedure in enumerate(PROCEDURES, start=1)
    ]


def serviceconfigs(day: date) -> Rows:
    """Which unit offers which procedure, and how far online."""
    return _serviceconfigs(map_of(day))


@cache
def _serviceconfigs(since: date) -> Rows:
    offers = [(number, procedure, unit) for number, procedure in enumerate(PROCEDURES, start=1) for unit in procedure.units_on(since)]
    return [
        {
            "serviceConfigId": place,
            "serviceInfoId": number,
            "serviceCode": procedure.code,
            "serviceName": procedure.name,
            "domainCode": procedure.field,
            "domainName": procedure.field_name,
            "govAgencyCode": unit.code,
            "govAgencyName": unit.name,
            "serviceLevel": LEVELS[procedure.online_level],
            "forCitizen": "true",
            "forBusiness": "true",
            "postService": "true",
            "registration": "false",
        }
        for place, (number, procedure, unit) in enumerate(offers, start=1)
    ]


@cache
def holidays() -> Rows:
    """Days off, and days that are worked in exchange."""
    days = [(first + timedelta(days=offset), _DAY_OFF) for first, last in HOLIDAYS for offset in range((last - first).days + 1)]
    days += [(day, _WORKED) for day in WORKED_SATURDAYS]
    return [_holiday(day, kind) for day, kind in sorted(days)]


@cache
def worktimes() -> Rows:
    """The hours of each day of the week that has any."""
    hours = ",".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in OPENING_HOURS)
    return [{"workTimeId": day, "groupId": GROUP_ID, "day": day, "hours": hours} for day in range(_MONDAY, _FRIDAY + 1)]


def dictitems(collection: str, day: date) -> Rows | None:
    """The items of a list of codes; None for a list that there is not. Units that are gone stay in theirs, and nothing says so."""
    match collection:
        case "GOVERNMENT_AGENCY":
            return _agencies(map_of(day))
        case "SERVICE_DOMAIN":
            return _fields()
    return None


@cache
def _agencies(since: date) -> Rows:
    units = [unit for unit in UNITS if unit.valid_from is None or unit.valid_from <= since]
    return [
        _item(1, PROVINCE_CODE, PROVINCE_NAME, "", 0),
        *(_item(number, unit.code, unit.name, unit.parent, _level(unit)) for number, unit in enumerate(units, start=2)),
    ]


def _level(unit: Unit) -> int:
    return 1 if unit.parent == PROVINCE_CODE else 2


@cache
def _fields() -> Rows:
    return [_item(1000 + number, code, name, "", 0) for number, (code, name) in enumerate(FIELDS.items(), start=1)]


def _item(number: int, code: str, name: str, parent: str, level: int) -> dict[str, Any]:
    return {
        "dictItemId": number,
        "itemCode": code,
        "itemName": name,
        "itemNameEN": "",
        "itemDescription": "",
        "parentItemCode": parent,
        "level": level,
        "sibling": str(number),
    }


def _holiday(day: date, kind: int) -> dict[str, Any]:
    return {
        "groupId": GROUP_ID,
        "holidayDate": moment(datetime.combine(day, time())),
        "description": "Ngày nghỉ" if kind == _DAY_OFF else "Làm bù",
        "holidayType": kind,
    }
