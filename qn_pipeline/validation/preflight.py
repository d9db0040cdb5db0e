"""Preflight: what a source's files look like against their contract, without keeping anything."""

from dataclasses import dataclass
from datetime import date, timedelta

from qn_pipeline.engine import open_engine
from qn_pipeline.errors import ConfigurationError
from qn_pipeline.project import ColumnMapping, Project, Source
from qn_pipeline.settings import Settings
from qn_pipeline.sources.files import find_files, read_file
from qn_pipeline.validation.validate import check_rows

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
    """What a source's newest file holds."""

    file: str
    files: int
    rows: int
    unreadable: int
    good: int
    columns: list[ColumnPreflight]
    broken_rules: dict[str, int]
    dropped_columns: list[str]


def check_source(settings: Settings, project: Project, source: Source) -> Preflight:
    """Read a source's newest file and hold it against its contract; nothing is written."""
    files = find_files(project, source)
    if not files:
        raise ConfigurationError(
            f"sources.{source.name}: no file matches {source.files} below {project.directory}. Put one there, or correct files in qn.yaml."
        )
    newest = max(files, key=lambda file: (file.day or file.month or date.min, file.name))
    with open_engine(settings) as con:
        read = read_file(con, source, newest)
        day_end = f"timestamp '{newest.day + timedelta(days=1)}'" if newest.day else "timestamp 'infinity'"
        rules = check_rows(con, project, source, "source_row", day_end)
        con.execute("create temp table preflight as select * from checked")
        counts = con.execute(
            "select count(*), count(*) filter (broken = 0)"
            + "".join(f", count(*) filter ((broken >> {bit}) & 1 = 1)" for bit in range(len(rules)))
            + " from preflight"
        ).fetchone()
        assert counts is not None
        columns = []
        for column in source.contract.columns:
            mapping = source.mapping.columns.get(column.name)
            numbers = con.execute(f"select count(raw__{column.name}), count({column.name}) from preflight").fetchone()
            assert numbers is not None
            unknown: list[str] = []
            if column.codes and mapping and mapping.source:
                found = con.execute(
                    f"select left(raw__{column.name}, 40), count(*) from preflight where unknown__{column.name} group by 1 order by 2 desc, 1 limit {SHOWN_CODES}"
                ).fetchall()
                unknown = [str(code) for code, _ in found]
            columns.append(ColumnPreflight(column.name, _origin(mapping), int(numbers[0]), int(numbers[1]), unknown))
    dropped = sorted(set(read.columns) - set(source.mapping.source_columns) - set(source.mapping.ignore))
    broken = {rule.name: int(count) for rule, count in zip(rules, counts[2:], strict=True) if count}
    return Preflight(newest.name, len(files), int(counts[0]), len(read.unreadable), int(counts[1]), columns, broken, dropped)


def _origin(mapping: ColumnMapping | None) -> str:
    if mapping is None:
        return "-"
    if mapping.source is not None:
        return mapping.source + (f" (else {mapping.default})" if mapping.default is not None else "")
    return f"always {mapping.constant}" if mapping.constant is not None else "from its dates"
