"""Adjustments at the door: which reach an extraction, and the values that they put in place of what the source told, as SQL."""

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

import duckdb

from qn_pipeline.contracts.model import Contract
from qn_pipeline.engine import literal
from qn_pipeline.landing.extractions import Extraction
from qn_pipeline.project import Project, Source
from qn_pipeline.project_quality import typed_text
from qn_pipeline.validation.mapping import SQL_TYPES, raw_text
from qn_pipeline.validation.waivers import day_of

Adjusted = Mapping[str, Mapping[str, str | None]]
"""By key, the columns with their new values as text; None for nothing."""


def adjusting(project: Project, source: Source, extraction: Extraction) -> Adjusted:
    """What adjustments say of the rows that an extraction holds; of several the latest decision, then the last file."""
    day = day_of(extraction.manifest)
    decided = [
        (adjustment, row)
        for adjustment in sorted(project.adjustments, key=lambda each: (each.decided_on, each.file))
        if adjustment.source == source.name
        for row in adjustment.rows
        if adjustment.reach(row)[0] <= day <= adjustment.reach(row)[1]
    ]
    if not decided:
        return {}
    held = _held(extraction.rows, raw_text(source.mapping.columns[source.contract.key[0]]), tuple(sorted({row.code for _, row in decided})))
    values: dict[str, dict[str, str | None]] = {}
    for _, row in decided:
        if row.code in held:
            for name, text in row.set.items():
                values.setdefault(row.code, {})[name] = typed_text(source.contract.column(name), text, project.profile)
    return values


@lru_cache(maxsize=100_000)
def _held(rows: Path, key: str, codes: tuple[str, ...]) -> frozenset[str]:
    """Those of the keys that landed rows have; landed files never change."""
    wanted = ", ".join(literal(code) for code in codes)
    try:
        found = _reader().cursor().execute(f"select distinct {key} from read_parquet({literal(rows)}) where {key} in ({wanted})").fetchall()
    except duckdb.Error:
        return frozenset(codes)  # damaged: the check of the rows themselves tells it
    return frozenset(str(code) for (code,) in found)


@cache
def _reader() -> duckdb.DuckDBPyConnection:
    """One for all: opening an engine takes longer than looking into a day's file."""
    return duckdb.connect(config={"threads": 1})


def replaced_columns(contract: Contract, adjusted: Adjusted) -> str:
    """SQL that puts the values in place of the raw texts and typed values of a row: `* replace (...)`, or `*` where there are none."""
    key = contract.key[0]
    replaced = []
    for name in sorted({name for values in adjusted.values() for name in values}):
        column = contract.column(name)
        of_keys = {code: values[name] for code, values in adjusted.items() if name in values}
        kind = SQL_TYPES[column.type]
        raw = " ".join(f"when {literal(code)} then {_text(value)}" for code, value in of_keys.items())
        replaced.append(f"(case {key} {raw} else raw__{name} end) as raw__{name}")
        typed = " ".join(f"when {literal(code)} then cast({_text(value)} as {kind})" for code, value in of_keys.items())
        replaced.append(f"(case {key} {typed} else {name} end) as {name}")
        if column.codes:
            codes = ", ".join(literal(code) for code in of_keys)
            replaced.append(f"({key} is null or {key} not in ({codes})) and unknown__{name} as unknown__{name}")
    return f"* replace ({', '.join(replaced)})" if replaced else "*"


def _text(value: str | None) -> str:
    return "cast(null as varchar)" if value is None else literal(value)
