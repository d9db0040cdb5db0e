"""What a figure is made of: the rows of its numerator and denominator, chosen by the conditions that the cells are counted by (measures.measure).

Here is what was asked and what adds up; the rows of each family are chosen in `explained_rows`, and what decided about a row is put into words in
publishing/explanations.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from qn_pipeline.errors import ConfigurationError, RunFailed
from qn_pipeline.indicators.explained_rows import Asked, Rows, rows_of
from qn_pipeline.indicators.periods import parse_day, parse_month
from qn_pipeline.indicators.values import ALL_CHANNELS
from qn_pipeline.warehouse.engines import Ask

NUMERATOR, DENOMINATOR = "numerator", "denominator"
PERIODS = {
    "day": "2022-11-05",
    "month": "2022-11",
    "quarter": "2022-Q4",
    "half_year": "2022-H1",
    "nine_months": "2022-9M",
    "year": "2022",
}
"""How a period of each grain is written. A quarter, a half year and the like are named by the calendar months they end in."""
LAST_MONTHS = {"half_year": 6, "nine_months": 9, "year": 12}


class Entry(NamedTuple):
    """What the catalogue of a build says of an indicator."""

    indicator: str
    name_vi: str
    numerator: str | None
    denominator: str | None
    counted_by: str
    missing_en: str | None


@dataclass(frozen=True)
class Figure:
    """A figure as it is published, with what it counts: `measures` by part, as the catalogue of that build had them."""

    indicator: str
    name: str
    measures: Mapping[str, str]
    unit_name: str
    asked: Asked
    grain: str
    numerator: int | None
    denominator: int | None
    value: Decimal | None
    as_of: datetime


@dataclass(frozen=True)
class Part:
    """The numerator or the denominator: what it is a sum of, its rows (the first ones where there is a limit), and how many there are in all."""

    name: str
    measures: str
    figure: int | None
    rows: Rows


@dataclass(frozen=True)
class Explanation:
    """A figure and the rows that add up to it."""

    figure: Figure
    parts: tuple[Part, ...]


def grain_of(text: str) -> tuple[str, date]:
    """The grain of a period, and a day of the month that it ends in (of a day: itself). Raises ConfigurationError."""
    year, _, rest = text.partition("-")
    if len(year) == 4 and year.isdecimal():
        if not rest:
            return "year", date(int(year), 12, 1)
        if rest[0] == "Q" and rest[1:] in ("1", "2", "3", "4"):
            return "quarter", date(int(year), 3 * int(rest[1]), 1)
        for grain in ("half_year", "nine_months"):
            if text == year + PERIODS[grain][4:]:
                return grain, date(int(year), LAST_MONTHS[grain], 1)
        if len(rest) == 5:
            return "day", parse_day(text)
        if len(rest) == 2:
            return "month", parse_month(text)
    raise ConfigurationError(f"{text!r} is no period. Nothing was written. Write it as {', '.join(PERIODS.values())}.")


def explain(ask: Ask, indicator: str, period: str, unit: str | None, channel: str, period_set: str, limit: int | None = None) -> Explanation:
    """Open a figure. Without a unit, the province's; `limit`: how many rows of each part are fetched, all of them without one.

    Raises ConfigurationError for a figure that there is not, and RunFailed where rows do not add up to it.
    """
    figure = _figure(ask, indicator, period, unit, channel, period_set)
    parts = []
    for name, measures in figure.measures.items():
        value = figure.numerator if name == NUMERATOR else figure.denominator
        if value is not None:
            rows = rows_of(ask, measures, figure.asked, limit)
            if rows.total != value:
                raise RunFailed(
                    f"The rows of the {name} of {indicator} for {figure.asked.unit}, {period}, add up to {rows.total}, and {value} is published. "
                    "Nothing was changed. Prove what nights keep (qn prove), then make the warehouse again (qn rebuild)."
                )
            parts.append(Part(name, measures, value, rows))
    return Explanation(figure, tuple(parts))


def _figure(ask: Ask, indicator: str, period: str, unit: str | None, channel: str, period_set: str) -> Figure:
    _, entries = ask("select indicator, name_vi, numerator, denominator, counted_by, missing_en from marts.indicator order by position")
    entry = next((Entry(*row) for row in entries if row[0] == indicator), None)
    if entry is None:
        raise ConfigurationError(
            f"There is no indicator {indicator!r}. Nothing was written. The catalogue has: {', '.join(row[0] for row in entries)}."
        )
    if entry.numerator is None:
        raise ConfigurationError(
            f"{indicator} has no figures yet, so there is nothing to explain. Nothing was written. {entry.missing_en or ''}".strip()
        )
    grain, day = grain_of(period)
    unit = unit or str(_value(ask, "select unit from marts.unit where level = 'province' and parent is null"))
    name = _value(ask, "select name from marts.unit where unit = ?", unit)
    if name is None:
        raise ConfigurationError(f"There is no unit {unit!r}. Nothing was written. The units: qn indicators --month {day:%Y-%m}")
    _, found = ask(
        "select period_start, period_end, numerator, denominator, value, as_of from marts.indicator_values "
        "where indicator = ? and period_set = ? and grain = ? and unit = ? and channel = ? and "
        f"{'period_start = ?' if grain == 'day' else 'extract(year from period_end) * 12 + extract(month from period_end) = ?'}",
        [indicator, period_set, grain, unit, channel, day if grain == "day" else day.year * 12 + day.month],
    )
    if not found:
        raise ConfigurationError(_no_figure(ask, indicator, period, grain, unit, channel, period_set))
    start, end, numerator, denominator, value, as_of = found[0]
    asked = Asked(start, end, unit, None if channel == ALL_CHANNELS else channel, entry.counted_by)
    measures = {NUMERATOR: entry.numerator} | ({DENOMINATOR: entry.denominator} if entry.denominator else {})
    return Figure(indicator, entry.name_vi, measures, name, asked, grain, numerator, denominator, value, as_of)


def _no_figure(ask: Ask, indicator: str, period: str, grain: str, unit: str, channel: str, period_set: str) -> str:
    """Which of what was asked for has no figure."""
    _, rows = ask("select distinct period_set, grain, channel from marts.indicator_values where indicator = ?", [indicator])
    sets, channels = {row[0] for row in rows}, {row[2] for row in rows}
    grains = {row[1] for row in rows if row[0] == period_set}
    if rows and period_set not in sets:
        return f"{indicator} has no figures for the period set {period_set}. Nothing was written. It has: {', '.join(sorted(sets))}."
    if rows and grain not in grains:
        there = ", ".join(text for name, text in PERIODS.items() if name in grains)
        return f"{indicator} has no figures for {period_set} periods like {period}. Nothing was written. It has those like: {there}."
    if rows and channel not in channels:
        return f"{indicator} has no figures for the channel {channel}. Nothing was written. It has: {', '.join(sorted(channels))}."
    return f"{indicator} has no figure for {unit} and {period}: nothing that it counts has happened there yet. Nothing was written."


def _value(ask: Ask, sql: str, *parameters: object) -> str | None:
    _, rows = ask(sql, parameters)
    return None if not rows else rows[0][0]
