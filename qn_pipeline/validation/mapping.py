"""A mapping as SQL: the source's text, column by column, becomes the contract's typed values.

For each column of the contract the SQL gives `raw__<name>` (the cleaned text), `<name>` (the typed value, null when it cannot be read) and,
for a column with codes, `unknown__<name>`.
"""

import re

from qn_pipeline.contracts.model import Column
from qn_pipeline.engine import literal, quoted
from qn_pipeline.project import CELL_FORMAT, ISO_FORMAT, MONEY_UNITS, SERIAL_FORMAT, UNIT_COLUMN, ColumnMapping, FileSource, Project, Source

SQL_TYPES = {"text": "varchar", "integer": "bigint", "boolean": "boolean", "timestamp": "timestamp", "date": "date"}
BOOLEAN_CODES = {"1": "true", "0": "false", "true": "true", "false": "false"}
# Directives of strptime that tell a time of day.
TIME_OF_DAY = re.compile("%[-]?[HIMSfpcX]")
DIGITS = "[+-]?[0-9]{1,18}"
FIRST_YEAR, LAST_YEAR = 1900, 2199
OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?"


def mapped_columns(project: Project, source: Source) -> tuple[str, str]:
    """Two select lists: first the raw texts, from landing's columns; then the typed values, from those."""
    raw, typed = [], []
    marked = isinstance(source, FileSource) and source.format == "xlsx"
    for column in source.contract.columns:
        mapping = source.mapping.columns.get(column.name, ColumnMapping.model_validate({"constant": ""}))
        raw.append(f"{raw_text(mapping)} as raw__{column.name}")
        typed.extend(_typed(project, column, mapping, marked))
    if UNIT_COLUMN in source.mapping.source_columns:
        raw.append(f"{_clean(UNIT_COLUMN)} as unit_of_sheet")
    return ", ".join(raw), ", ".join(typed)


def raw_text(mapping: ColumnMapping) -> str:
    """SQL for the cleaned text of a column, from landing's columns."""
    if mapping.derive is not None:
        return "'derived'"
    if mapping.constant is not None:
        return f"nullif({literal(mapping.constant)}, '')"
    if mapping.join is not None:
        cells = [_clean(name) for name in mapping.join]
        joined = ", ".join(f"coalesce({cell}, '')" for cell in cells)
        return f"case when coalesce({', '.join(cells)}) is not null then concat_ws('|', {joined}) end"
    if mapping.source is None:
        return "cast(null as varchar)"
    text = _clean(mapping.source)
    return text if mapping.default is None else f"coalesce({text}, {literal(mapping.default)})"


def _clean(column: str) -> str:
    # PostgreSQL takes no NUL in a text, so nobody gets one; DuckDB's normalisation would cut the text off at it.
    text = quoted(column)
    cleaned = f"nullif(trim(nfc_normalize(replace({text}, chr(0), ''))), '')"
    # Most texts are ASCII, do not begin with a space ('!' is the character after it) or end with one: telling so takes a third of the time of cleaning.
    clean = f"{text} >= '!' and strlen({text}) = length({text}) and not ends_with({text}, ' ') and not contains({text}, chr(0))"
    return f"case when {clean} then {text} else {cleaned} end"


def _typed(project: Project, column: Column, mapping: ColumnMapping, marked: bool) -> list[str]:
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
        spelled = {key: key for key in known} | (mapping.codes or {})
        value = _lookup(raw, {key: code for key, code in spelled.items() if code in known})
        return [
            f"cast({value} as {SQL_TYPES[column.type]}) as {column.name}",
            f"({raw} is not null and ({value}) is null) as unknown__{column.name}",
        ]
    return [f"{_value(project, column, mapping, raw, marked)} as {column.name}"]


def _value(project: Project, column: Column, mapping: ColumnMapping, raw: str, marked: bool) -> str:
    text = _lookup(raw, mapping.codes, otherwise=raw) if mapping.codes and column.type == "text" else raw
    match column.type:
        case "text":
            return text
        case "integer":
            return _integer(column, mapping, raw, marked)
        case "boolean":
            return f"cast({_lookup(raw, mapping.codes or BOOLEAN_CODES)} as boolean)"
        case "timestamp":
            return _moment(project, column, mapping, raw)
        case "date":
            return f"cast({_moment(project, column, mapping, raw)} as date)"


def _lookup(raw: str, codes: dict[str, str], otherwise: str = "null") -> str:
    whens = " ".join(f"when {literal(key)} then {literal(value)}" for key, value in codes.items())
    return f"case {raw} {whens} else {otherwise} end"


def _integer(column: Column, mapping: ColumnMapping, raw: str, marked: bool) -> str:
    """A whole number, by the way of writing that is declared. Money in a declared unit is whole đồng, half up; else a fraction is unreadable.

    A number of a workbook is one whatever is declared; there, a text in place of a number begins with an apostrophe.
    """
    number = mapping.number or "digits"
    if number == "digits" and not marked and not mapping.unit:
        return f"case when regexp_full_match({raw}, '{DIGITS}') then cast({raw} as bigint) end"
    written = _decimal(number, raw)
    if marked:
        written = f"case when starts_with({raw}, chr(39)) then {_decimal(number, f'substr({raw}, 2)')} else {_decimal('plain', raw)} end"
    if mapping.unit == "sheet":
        factor = _lookup("unit_of_sheet", {name: str(scale) for name, scale in MONEY_UNITS.items()})
        written = f"({written}) * cast({factor} as decimal(10, 0))"
    elif mapping.unit:
        written = f"({written}) * {MONEY_UNITS[mapping.unit]}"
    if mapping.unit:
        return f"try_cast(round({written}, 0) as bigint)"
    return f"case when ({written}) = floor({written}) then try_cast(({written}) as bigint) end"


def _decimal(number: str, text: str) -> str:
    """SQL for a number that is written in one way, null for any other text. Accountants write less than nothing in brackets."""
    if number == "digits":
        return f"case when regexp_full_match({text}, '{DIGITS}') then cast({text} as decimal(28, 9)) end"
    group, mark = {"plain": ("", "."), "vi": (".", ","), "en": (",", ".")}[number]
    signed = rf"replace(regexp_replace({text}, '^[(]([0-9.,]+)[)]$', '-\1'), chr(8722), '-')"
    grouped = f"|[0-9]{{1,3}}([{group}][0-9]{{3}}){{1,5}}" if group else ""
    shape = f"[+-]?([0-9]{{1,18}}{grouped})([{mark}][0-9]{{1,9}})?"
    plain = f"replace({signed}, '{group}', '')" if group else signed
    return f"case when regexp_full_match({signed}, '{shape}') then try_cast(replace({plain}, '{mark}', '.') as decimal(28, 9)) end"


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
        elif pattern == SERIAL_FORMAT:
            at = _in_province(f"(timestamp '1899-12-30' + to_seconds(round(try_cast({raw} as double) * 86400)))", zone, project.timezone)
            serial = "'[0-9]{1,6}([.][0-9]+)?'"
            readings.append(f"case when regexp_full_match({raw}, {serial}) then {_deadline(column, at, f'not contains({raw}, chr(46))')} end")
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
