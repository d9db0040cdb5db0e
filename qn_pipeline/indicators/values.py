"""Reading figures and what stands beside them from what is published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.indicators.catalogue import catalogue
from qn_pipeline.indicators.period_sets import period_sets
from qn_pipeline.sources.files import month_after
from qn_pipeline.warehouse.engines import Row, Warehouse

Table = tuple[list[str], list[Row]]
ALL_CHANNELS = "all"
CALENDAR = "calendar"
LEVELS = ("province", "department", "district", "commune", "desk", "unknown")


@dataclass(frozen=True)
class Status:
    """What the published figures stand on."""

    as_of: datetime
    province: str
    first_day: date | None


@dataclass(frozen=True)
class Figure:
    """One figure of one month."""

    indicator: str
    month: date
    unit: str
    channel: str
    numerator: int
    denominator: int | None
    value: Decimal | None


@dataclass(frozen=True)
class Unit:
    """A unit beside the figures; the province has no parent."""

    code: str
    name: str
    level: str
    parent: str | None


def status(warehouse: Warehouse) -> Status:
    """The logical instant, the province's code and the first day with an event."""
    _, rows = warehouse.read(
        "select max(s.as_of), (select unit from marts.unit where level = 'province' and parent is null), "
        "(select min(period_start) from marts.indicator_values where grain = 'day') from marts.data_status as s"
    )
    return Status(*rows[0])


def month_table(
    warehouse: Warehouse, month: date, unit: str | None = None, indicator: str | None = None, levels: Sequence[str] = (), period_set: str = CALENDAR
) -> Table:
    """Figures of a month over all channels, and by channel when an indicator is named; of all units, of one, or of those of some levels.

    Of another period set than the calendar, the month is the one that ends in it. Raises ConfigurationError for an unknown unit, indicator,
    level or period set.
    """
    known = [entry.indicator for entry in catalogue()]
    if indicator is not None and indicator not in known:
        raise ConfigurationError(f"There is no indicator {indicator!r}. Nothing was written. The catalogue has: {', '.join(known)}.")
    if unit is not None and not warehouse.read("select 1 from marts.unit where unit = ?", [unit])[1]:
        raise ConfigurationError(f"There is no unit {unit!r}. Nothing was written. Leave --unit out to see all of them.")
    odd = sorted(set(levels) - set(LEVELS))
    if odd:
        raise ConfigurationError(f"There is no level {odd[0]!r}. Nothing was written. Levels: {', '.join(LEVELS)}.")
    sets = [cut.period_set for cut in period_sets()]
    if period_set not in sets:
        raise ConfigurationError(f"There is no period set {period_set!r}. Nothing was written. Period sets: {', '.join(sets)}.")
    asked = [*(levels or LEVELS)]
    return warehouse.read(
        "select v.unit, u.name as unit_name, v.channel, v.indicator, i.name_vi as indicator_name, v.numerator, v.denominator, v.value, i.unit as measured_in, v.as_of "
        "from marts.indicator_values as v inner join marts.unit as u on u.unit = v.unit inner join marts.indicator as i on i.indicator = v.indicator "
        "where v.period_set = ? and v.grain = 'month' and v.period_end between ? and ? and (v.unit = ? or ? is null) and v.indicator = coalesce(?, v.indicator) "
        f"and (v.channel = 'all' or ? is not null) and u.level in ({', '.join('?' for _ in asked)}) "
        f"order by {_level_order('u.level')}, v.unit, i.position, v.channel <> 'all', v.channel",
        [period_set, month, month_after(month) - timedelta(days=1), unit, unit, indicator, indicator, *asked],
    )


def month_figures(warehouse: Warehouse) -> list[Figure]:
    """All figures of all months."""
    _, rows = warehouse.read(
        "select indicator, period_start, unit, channel, numerator, denominator, value from marts.indicator_values where period_set = 'calendar' and grain = 'month' order by 1, 2, 3, 4"
    )
    return [Figure(*row) for row in rows]


def units(warehouse: Warehouse) -> list[Unit]:
    """All units, the province first, then by level, the unit above and code."""
    _, rows = warehouse.read("select unit, name, level, parent from marts.unit")
    found = [Unit(*row) for row in rows]
    return sorted(found, key=lambda unit: (LEVELS.index(unit.level), unit.parent or "", unit.code))


def _level_order(column: str) -> str:
    """SQL that puts the province first and the smallest units last."""
    return " ".join(["case", column, *(f"when '{level}' then {place}" for place, level in enumerate(LEVELS)), "end"])


def quarantine_table(warehouse: Warehouse, source: str | None) -> Table:
    """Broken rules of the rows that came, by source, or of one source row by row."""
    if source is None:
        return warehouse.read(
            "select source, severity, rule, count(*) as row_count, min(day) as first_day, max(day) as last_day, message "
            "from marts.quarantine_row group by source, severity, rule, message order by severity, source, row_count desc, rule"
        )
    return warehouse.read(
        "select day, file, row_no, row_key, severity, rule, column_name, message from marts.quarantine_row where source = ? order by day, file, row_no, rule",
        [source],
    )


def source_table(warehouse: Warehouse) -> Table:
    """What came from each source, and how much of it is in the figures."""
    return warehouse.read(
        "select source, entity, last_day_asked, last_day_with_rows, arrived, valid, quarantined from marts.data_status order by entity, source"
    )
