"""Reading figures and what stands beside them from what is published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.indicators.catalogue import catalogue, contents
from qn_pipeline.indicators.period_sets import period_sets
from qn_pipeline.sources.files import month_after
from qn_pipeline.warehouse.engines import Row, Warehouse

Table = tuple[list[str], list[Row]]
ALL_CHANNELS = "all"
CALENDAR = "calendar"
HEADLINES = (
    *("dossiers_received", "dossiers_settled", "dossiers_settled_early", "dossiers_settled_on_time", "dossiers_settled_late", "on_time_share"),
    "dossiers_running",
)
"""What a table of units shows; there are too many indicators for one."""
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
    numerator: int | None
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

    Those without figures are there, too: `note` says in Vietnamese why they have none.
    Of another period set than the calendar, the month is the one that ends in it. Raises ConfigurationError for an unknown unit, indicator,
    level or period set.
    """
    known = [entry.indicator for entry in catalogue()]
    if indicator is not None and indicator not in known:
        raise ConfigurationError(f"There is no indicator {indicator!r}. Nothing was written. The catalogue has: {', '.join(known)}.")
    if unit is not None:
        check_unit(warehouse, unit)
    check_levels(levels)
    sets = [cut.period_set for cut in period_sets()]
    if period_set not in sets:
        raise ConfigurationError(f"There is no period set {period_set!r}. Nothing was written. Period sets: {', '.join(sets)}.")
    asked = list(levels or LEVELS)
    told = f"case when v.numerator is null then '{REASONS['not_told']}' when v.denominator = 0 then '{REASONS['no_cases']}' end"
    return warehouse.read(
        "with counted as (select * from marts.indicator_values where period_set = ? and grain = 'month' and period_end between ? and ?), "
        "shown as (select indicator, unit, channel, numerator, denominator, value, completeness, as_of from counted union all "
        "select i.indicator, c.unit, 'all', null, null, null, null, c.as_of from marts.indicator as i "
        "cross join (select distinct unit, as_of from counted) as c where i.missing_vi is not null) "
        "select v.unit, u.name as unit_name, v.channel, v.indicator, i.name_vi as indicator_name, v.numerator, v.denominator, v.value, v.completeness, i.unit as measured_in, "
        f"coalesce(i.missing_vi, {told}) as note, v.as_of "
        "from shown as v inner join marts.unit as u on u.unit = v.unit inner join marts.indicator as i on i.indicator = v.indicator "
        "where (v.unit = ? or ? is null) and v.indicator = coalesce(?, v.indicator) "
        f"and (v.channel = 'all' or ? is not null) and u.level in ({', '.join('?' for _ in asked)}) "
        f"order by {level_order('u.level')}, v.unit, i.position, v.channel <> 'all', v.channel",
        [period_set, month, month_after(month) - timedelta(days=1), unit, unit, indicator, indicator, *asked],
    )


REASONS = {
    "no_source": "Chưa có nguồn",
    "not_told": "Nguồn không cung cấp",
    "no_cases": "Không có hồ sơ",
    "unscored": "Chưa chấm điểm",
    "information": "Để tham khảo",
}
"""Why an indicator has no points, for readers."""


@dataclass(frozen=True)
class ScoreLine:
    """An indicator of the national index in a month: numbers are None where there are none, and `reason` says why."""

    indicator: str
    official_code: str
    name: str
    group: str
    value: Decimal | None
    points: Decimal | None
    max_points: int | None
    reason: str | None


@dataclass(frozen=True)
class Score:
    """Points by group (kind group) or in all (total) in a month: those got of those that could be scored, and that share in per cent."""

    kind: str
    code: str
    name: str
    points: Decimal | None
    scored_points: int
    max_points: int
    share: Decimal | None
    rating: str | None
    is_ranked: bool
    place: int | None
    ranked: int | None
    for_reference: bool


def score_lines(warehouse: Warehouse, month: date, unit: str) -> list[ScoreLine]:
    """The indicators of the national index for a unit and month, in the catalogue's order; empty without figures."""
    _, rows = warehouse.read(
        "select s.indicator, s.official_code, i.name_vi, s.group_code, s.value, s.points, s.max_points, s.reason "
        "from marts.indicator_scorecard as s inner join marts.indicator as i on i.indicator = s.indicator "
        "where s.grain = 'month' and s.period_start = ? and s.unit = ? order by s.position",
        [month, unit],
    )
    return [ScoreLine(*row) for row in rows]


def scores(warehouse: Warehouse, month: date, unit: str) -> list[Score]:
    """A unit's points by group of six, then in all."""
    names = {group.group: group.name_vi for group in contents().scoring.groups} | {"total": "Tổng"}
    _, rows = warehouse.read(
        "select kind, code, points, scored_points, max_points, share, rating, is_ranked, place_in_class, ranked_in_class, for_reference "
        "from marts.indicator_score where kind in ('group', 'total') and grain = 'month' and period_start = ? and unit = ?",
        [month, unit],
    )
    ratings = {band.rating: band.name_vi for band in contents().scoring.bands}
    found = [Score(row[0], row[1], names[row[1]], row[2], row[3], row[4], row[5], ratings.get(row[6]), *row[7:]) for row in rows]
    return sorted(found, key=lambda score: list(names).index(score.code))


def score_table(warehouse: Warehouse, month: date, unit: str | None = None) -> Table:
    """Points of a month: of one unit by indicator, group and in all; otherwise the totals of all units that are ranked or have points.

    Raises ConfigurationError for an unknown unit.
    """
    if unit is None:
        return warehouse.read(
            "select s.unit, u.name as unit_name, u.level, s.points, s.scored_points, s.max_points, s.share, s.rating, s.place_in_class, s.ranked_in_class, s.for_reference "
            "from marts.indicator_score as s inner join marts.unit as u on u.unit = s.unit "
            "where s.kind = 'total' and s.grain = 'month' and s.period_start = ? and s.points is not null "
            f"order by {level_order('u.level')}, s.place_in_class is null, s.place_in_class, s.unit",
            [month],
        )
    check_unit(warehouse, unit)
    columns = ["kind", "code", "name", "value", "points", "max_points", "told"]
    lines = [
        ["indicator", line.official_code, line.name, line.value, line.points, line.max_points, REASONS.get(line.reason or "", "")]
        for line in score_lines(warehouse, month, unit)
    ]
    totals = [
        [score.kind, score.code, score.name, score.share, score.points, score.scored_points, _told(score)] for score in scores(warehouse, month, unit)
    ]
    return columns, [tuple(row) for row in [*lines, *totals]]


def _told(score: Score) -> str:
    parts = [f"chấm được {score.scored_points} trên {score.max_points} điểm"]
    if score.kind == "total":
        parts += [score.rating or "", f"hạng {score.place}/{score.ranked}" if score.place else "không xếp hạng"]
        parts += ["để tham khảo"] if score.for_reference else []
    return "; ".join(part for part in parts if part)


def check_levels(levels: Sequence[str]) -> None:
    """Raises ConfigurationError when there is no such level of units."""
    odd = sorted(set(levels) - set(LEVELS))
    if odd:
        raise ConfigurationError(f"There is no level {odd[0]!r}. Nothing was written. Levels: {', '.join(LEVELS)}.")


def check_unit(warehouse: Warehouse, unit: str) -> None:
    """Raises ConfigurationError when there is no such unit."""
    if not warehouse.read("select 1 from marts.unit where unit = ?", [unit])[1]:
        raise ConfigurationError(f"There is no unit {unit!r}. Nothing was written. Leave --unit out to see all of them.")


def month_figures(warehouse: Warehouse) -> list[Figure]:
    """All figures of all months."""
    _, rows = warehouse.read(
        "select indicator, period_start, unit, channel, numerator, denominator, value from marts.indicator_values where period_set = 'calendar' and grain = 'month' order by 1, 2, 3, 4"
    )
    return [Figure(*row) for row in rows]


def completeness(warehouse: Warehouse) -> dict[tuple[date, str], Decimal]:
    """How complete what arrived of dossiers is, in per cent, by month and unit; not there where nothing arrived."""
    _, rows = warehouse.read(
        "select period_start, unit, completeness from marts.indicator_values where period_set = 'calendar' and grain = 'month' "
        "and indicator = 'dossiers_received' and channel = 'all' and completeness is not null"
    )
    return {(month, unit): share for month, unit, share in rows}


def units(warehouse: Warehouse) -> list[Unit]:
    """All units, the province first, then by level, the unit above and code."""
    _, rows = warehouse.read("select unit, name, level, parent from marts.unit")
    found = [Unit(*row) for row in rows]
    return sorted(found, key=lambda unit: (LEVELS.index(unit.level), unit.parent or "", unit.code))


def level_order(column: str) -> str:
    """SQL that puts the province first and the smallest units last."""
    return " ".join(["case", column, *(f"when '{level}' then {place}" for place, level in enumerate(LEVELS)), "end"])


def source_table(warehouse: Warehouse) -> Table:
    """What came from each source, and how much of it is in the figures."""
    return warehouse.read(
        "select source, entity, last_day_asked, last_day_with_rows, arrived, valid, quarantined from marts.data_status order by entity, source"
    )
