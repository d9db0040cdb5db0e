"""A mapping as SQL: the source's text, column by column, becomes the contract's typed values.

For each column of the contract the SQL gives `raw__<name>` (the cleaned text), `<name>` (the typed value, null when it cannot be read) and,
for a column with codes, `unknown__<name>`.
"""

import re

from qn_pipeline.contracts.model import Column
from qn_pipeline.engine import literal, quoted
from qn_pipeline.project import CELL_FORMAT, ISO_FORMAT, ColumnMapping, Project, Source

SQL_TYPES = {"text": "varchar", "integer": "bigint", "boolean": "boolean", "timestamp": "timestamp", "date": "date"}
BOOLEAN_CODES = {"1": "true", "0": "false", "true": "true", "false": "false"}
# Directives of strptime that tell a time of day.
TIME_OF_DAY = re.compile("%[-]?[HIMSfpcX]")
FIRST_YEAR, LAST_YEAR = 1900, 2199
OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?"


def mapped_columns(project: Project, source: Source) -> tuple[str, str]:
    """Two select lists: first the raw texts, from landing's columns; then the typed values, from those."""
    raw, typed = [], []
    for column in source.contract.columns:
        mapping = source.mapping.columns.get(column.name, ColumnMapping.model_validate({"constant": ""}))
        raw.append(f"{raw_text(mapping)} as raw__{column.name}")
        typed.extend(_typed(project, column, mapping))
    return ", ".join(raw), ", ".join(typed)


def raw_text(mapping: ColumnMapping) -> str:
    """SQL for the cleaned text of a column, from landing's columns."""
    if mapping.derive is not None:
        return "'derived'"
    if mapping.constant is not None:
        return f"nullif({literal(mapping.constant)}, '')"
    if mapping.source is None:
        return "cast(null as varchar)"
    # PostgreSQL takes no NUL in a text, so nobody gets one; DuckDB's normalisation would cut the text off at it.
    text = f"nullif(trim(nfc_normalize(replace({quoted(mapping.source)}, chr(0), ''))), '')"
    return text if mapping.default is None else f"coalesce({text}, {literal(mapping.default)})"


def _typed(project: Project, column: Column, mapping: ColumnMapping) -> list[str]:
    raw = f"raw__{column.name}"
    if mapping.derive == "dates":
        # Where a source has no status, its dates tell one.
        value = (
            "case when raw__returned_at is not null then 10 when raw__ended_at is not null then 9 when raw__received_at is not null then 4 else 1 end"
        )
        return [
            f"{value}::bigint as {column.name}",
            f"false as unknown__{column.name}",
        ]
    if column.codes:
        known = column.codes.codes(project.profile)
        code = _lookup(raw, {key: key for key in known} | dict(mapping.codes or {})) if mapping.codes else raw
        accepted = ", ".join(literal(key) for key in known)
        value = f"case when {code} in ({accepted}) then {code} end"
        return [
            f"cast({value} as {SQL_TYPES[column.type]}) as {column.name}",
            f"({raw} is not null and ({value}) is null) as unknown__{column.name}",
        ]
    return [f"{_value(project, column, mapping, raw)} as {column.name}"]


def _value(project: Project, column: Column, mapping: ColumnMapping, raw: str) -> str:
    text = _lookup(raw, mapping.codes, otherwise=raw) if mapping.codes and column.type == "text" else raw
    match column.type:
        case "text":
            return text
        case "integer":
            return f"case when regexp_full_match({raw}, '[+-]?[0-9]{{1,18}}') then cast({raw} as bigint) end"
        case "boolean":
            return f"cast({_lookup(raw, mapping.codes or BOOLEAN_CODES)} as boolean)"
        case "timestamp":
            return _moment(project, column, mapping, raw)
        case "date":
            return f"cast({_moment(project, column, mapping, raw)} as date)"


def _lookup(raw: str, codes: dict[str, str], otherwise: str = "null") -> str:
    whens = " ".join(f"when {literal(key)} then {literal(value)}" for key, value in codes.items())
    return f"case {raw} {whens} else {otherwise} end"


def _moment(project: Project, column: Column, mapping: ColumnMapping, raw: str) -> str:
    """A local, naive timestamp in the province's zone, by the formats that the mapping declares and no other.

    A deadline without a time of day is the end of its day. Years that no dossier can have are as unreadable as any other text.
    """
    zone = mapping.zone or project.timezone
    readings = []
    for pattern in mapping.formats:
        if pattern in (ISO_FORMAT, CELL_FORMAT):
            naive = _in_province(f"try_cast({raw} as timestamp)", zone, project.timezone)
            offset = f"timezone({literal(project.timezone)}, try_cast({raw} as timestamptz))"
            at = f"case when length({raw}) > 10 and regexp_matches({raw}, '{OFFSET}') then {offset} else {naive} end"
            without_time = f"length({raw}) = 10" if pattern == ISO_FORMAT else f"{raw} like '% 00:00:00'"
            readings.append(f"case when regexp_full_match({raw}, '{ISO}') then {_deadline(column, at, without_time)} end")
        else:
            at = _in_province(f"try_strptime({raw}, {literal(pattern)})", zone, project.timezone)
            readings.append(_deadline(column, at, "true" if not TIME_OF_DAY.search(pattern) else "false"))
    if not readings:
        return "cast(null as timestamp)"
    moment = readings[0] if len(readings) == 1 else f"coalesce({', '.join(readings)})"
    return f"case when {moment} between timestamp '{FIRST_YEAR}-01-01' and timestamp '{LAST_YEAR}-12-31' then {moment} end"


def _deadline(column: Column, at: str, without_time: str) -> str:
    if not column.deadline or without_time == "false":
        return at
    return f"case when {without_time} then {at} + interval 1 day - interval 1 second else {at} end"


def _in_province(naive: str, zone: str, province_zone: str) -> str:
    if zone == province_zone:
        return naive
    return f"timezone({literal(province_zone)}, timezone({literal(zone)}, {naive}))"
