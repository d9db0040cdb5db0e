"""Preflight: what a source's files look like against their contract, without keeping anything."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb

from qn_pipeline.engine import open_engine
from qn_pipeline.errors import ConfigurationError
from qn_pipeline.project import AnySource, ColumnMapping, FileSource, Project, PulledSource
from qn_pipeline.settings import Settings
from qn_pipeline.sources.connections import sample
from qn_pipeline.sources.files import find_files, read_file
from qn_pipeline.sources.objects import read_objects
from qn_pipeline.validation.checked import check_rows

SHOWN_CODES = 8


@dataclass(frozen=True)
class ColumnPreflight:
    """A contract's column in a source's newest file: shares are of its rows, valid of the filled ones."""

    column: str
    mapped_from: str
    filled: int
    valid: int
    unknown_codes: list[str]


@dataclass(frozen=True)
class Preflight:
    """What a source's newest delivery holds."""

    told: str
    rows: int
    unreadable: int
    good: int
    columns: list[ColumnPreflight]
    broken_rules: dict[str, int]
    dropped_columns: list[str]


@dataclass(frozen=True)
class _Look:
    """What was read for a look: where from, and the moment that its dates may not reach."""

    told: str
    columns: list[str]
    unreadable: int
    day_end: str


def check_source(settings: Settings, project: Project, source: AnySource) -> Preflight:
    """Read a source's newest file, or what its connection received yesterday and today, and hold it against its contract; nothing is written."""
    with open_engine(settings) as con:
        look = _read_newest(con, project, source) if isinstance(source, FileSource) else _ask(con, settings, project, source)
        rules = check_rows(con, project, source, "source_row", look.day_end, with_texts=True)
        counts = con.execute(
            "select count(*), count(*) filter (broken = 0)"
            + "".join(f", count(*) filter ((broken >> {bit}) & 1 = 1)" for bit in range(len(rules)))
            + " from checked"
        ).fetchone()
        assert counts is not None
        columns = []
        for column in source.contract.columns:
            mapping = source.mapping.columns.get(column.name)
            numbers = con.execute(f"select count(raw__{column.name}), count({column.name}) from checked").fetchone()
            assert numbers is not None
            unknown: list[str] = []
            if column.codes and mapping and mapping.source:
                found = con.execute(
                    f"select left(raw__{column.name}, 40), count(*) from checked where unknown__{column.name} group by 1 order by 2 desc, 1 limit {SHOWN_CODES}"
                ).fetchall()
                unknown = [str(code) for code, _ in found]
            columns.append(ColumnPreflight(column.name, _origin(mapping), int(numbers[0]), int(numbers[1]), unknown))
    dropped = sorted(set(look.columns) - set(source.mapping.source_columns) - set(source.mapping.ignore))
    broken = {rule.name: int(count) for rule, count in zip(rules, counts[2:], strict=True) if count}
    return Preflight(look.told, int(counts[0]), look.unreadable, int(counts[1]), columns, broken, dropped)


def _read_newest(con: duckdb.DuckDBPyConnection, project: Project, source: FileSource) -> _Look:
    files = find_files(project, source)
    if not files:
        raise ConfigurationError(
            f"sources.{source.name}: no file matches {source.files} below {project.directory}. Put one there, or correct files in qn.yaml."
        )
    newest = max(files, key=lambda file: (file.day or file.month or date.min, file.name))
    read = read_file(con, source, newest)
    day_end = f"timestamp '{newest.day + timedelta(days=1)}'" if newest.day else "timestamp 'infinity'"
    return _Look(f"{newest.name} (newest of {len(files)})", read.columns, len(read.unreadable), day_end)


def _ask(con: duckdb.DuckDBPyConnection, settings: Settings, project: Project, source: PulledSource) -> _Look:
    today = datetime.now(project.zone).date()
    rows = sample(source, settings.connection_secret(source.connection.secret_variable), (today - timedelta(days=1), today))
    columns = read_objects(con, source.mapping.source_columns, [], rows)
    return _Look(f"{source.connection.url}, since yesterday", columns, 0, f"timestamp '{today + timedelta(days=1)}'")


def _origin(mapping: ColumnMapping | None) -> str:
    if mapping is None:
        return "-"
    if mapping.source is not None:
        return mapping.source + (f" (else {mapping.default})" if mapping.default is not None else "")
    return f"always {mapping.constant}" if mapping.constant is not None else "from its dates"
