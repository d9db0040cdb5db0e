"""Reference lists: whole, and in the system's codes."""

from datetime import date, datetime

from qn_pipeline.simulator.calendar import is_working_day
from qn_pipeline.simulator.opencps_lists import dictitems, holidays, serviceconfigs, serviceinfos, worktimes
from qn_pipeline.simulator.procedures import FIELDS, PROCEDURES
from qn_pipeline.simulator.units import PROVINCE_CODE, units_on

BEFORE, AFTER = date(2022, 4, 1), date(2025, 8, 1)


def test_procedures_and_who_offers_them() -> None:
    assert [row["serviceCode"] for row in serviceinfos()] == [procedure.code for procedure in PROCEDURES]
    levels = {row["serviceCode"]: row["maxLevel"] for row in serviceinfos()}
    assert set(levels.values()) == {2, 3, 4}
    for day in (BEFORE, AFTER):
        offers = serviceconfigs(day)
        assert len(offers) == sum(len(procedure.units_on(day)) for procedure in PROCEDURES)
        assert {row["govAgencyCode"] for row in offers} <= {unit.code for unit in units_on(day)}
        assert all(row["serviceLevel"] == levels[row["serviceCode"]] for row in offers)


def test_days_off_and_worked_saturdays_are_told_apart() -> None:
    for row in holidays():
        day = datetime.strptime(row["holidayDate"], "%d/%m/%Y %H:%M:%S")  # noqa: DTZ007 -- local and naive
        assert is_working_day(day.date()) == (row["holidayType"] == 1)
    assert {row["holidayType"] for row in holidays()} == {0, 1}


def test_days_of_the_week_begin_with_sunday_as_1() -> None:
    assert [row["day"] for row in worktimes()] == [2, 3, 4, 5, 6]
    assert worktimes()[0]["hours"] == "07:30-11:30,13:00-17:00"


def test_units_hang_from_the_province_and_stay_in_the_list_when_they_are_gone() -> None:
    lists = [{row["itemCode"]: row for row in dictitems("GOVERNMENT_AGENCY", day) or []} for day in (BEFORE, AFTER)]
    for day, units in zip((BEFORE, AFTER), lists, strict=True):
        assert {unit.code for unit in units_on(day)} < set(units)
        assert all(row["parentItemCode"] in units for row in units.values() if row["level"] > 0)
        assert [row["itemCode"] for row in units.values() if row["level"] == 0] == [PROVINCE_CODE]
    assert set(lists[0]) < set(lists[1])


def test_fields() -> None:
    assert {row["itemCode"] for row in dictitems("SERVICE_DOMAIN", BEFORE) or []} == set(FIELDS)
    assert dictitems("WEATHER", BEFORE) is None
