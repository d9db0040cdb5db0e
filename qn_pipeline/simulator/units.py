"""The units of the simulated time, and questions to their history.

Belongs here: who there is on a day, and who takes over from whom. Does not: the reorganisations themselves (unit_history).
"""

from bisect import bisect_right
from datetime import date
from functools import cache

from qn_pipeline.simulator.unit_history import PROVINCE_CODE, TWO_TIERS_SINCE, Level, Unit, history

__all__ = ["COMMUNES", "DEPARTMENTS", "DISTRICTS", "PROVINCE_CODE", "PROVINCE_NAME", "TWO_TIERS_SINCE", "UNITS", "UNIT_BY_CODE", "Level", "Unit"]
__all__ += ["heirs", "map_of", "peers", "successor", "units_on"]

PROVINCE_NAME = "Tỉnh Quảng Nam"

UNITS, _HEIRS = history()
"""All units that ever are; names and codes are their own."""
UNIT_BY_CODE = {unit.code: unit for unit in UNITS}
DEPARTMENTS = tuple(unit for unit in UNITS if unit.level == "department")
DISTRICTS = tuple(unit for unit in UNITS if unit.level == "district")
COMMUNES = tuple(unit for unit in UNITS if unit.level == "commune")

_CHANGES = sorted({unit.valid_from for unit in UNITS if unit.valid_from is not None})


def map_of(day: date) -> date:
    """The first day of the time without a reorganisation in which a day lies; the day before all of them for days of the first one."""
    place = bisect_right(_CHANGES, day)
    return _CHANGES[place - 1] if place else date.min


@cache
def _valid_since(first: date) -> tuple[Unit, ...]:
    return tuple(unit for unit in UNITS if unit.valid_on(first))


def units_on(day: date) -> tuple[Unit, ...]:
    """The units that are there on a day."""
    return _valid_since(map_of(day))


def heirs(code: str) -> tuple[Unit, ...]:
    """The units that take over what an ended unit has not settled: one, or all communes of a district; none while a unit goes on."""
    return tuple(UNIT_BY_CODE[heir] for heir in _HEIRS.get(code, ()))


def successor(code: str, day: date) -> str:
    """The code under which a unit's figures go on, on a day: its own while it lasts (and before), and the province's for a district that is gone."""
    unit = UNIT_BY_CODE[code]
    while unit.valid_to is not None and unit.valid_to < day:
        if unit.level == "district" and day >= TWO_TIERS_SINCE:
            return PROVINCE_CODE
        [unit] = heirs(unit.code)
    return unit.code


@cache
def _beside(level: Level, parent: str, first: date) -> tuple[Unit, ...]:
    return tuple(unit for unit in _valid_since(first) if (unit.level, unit.parent) == (level, parent))


def peers(code: str, day: date) -> tuple[Unit, ...]:
    """The units of a day that are of the unit's level under the same unit above, the unit itself included if it is there."""
    unit = UNIT_BY_CODE[code]
    return _beside(unit.level, unit.parent, map_of(day))
