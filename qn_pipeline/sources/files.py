"""Files that an office delivers: which there are, for which day, and their rows as text.

A reader leaves a DuckDB table `source_row` (row_no, then the wanted columns as text) and tells what it could not read. Row
numbers are those a person sees when opening the file: a header is row 1 of CSV and XLSX.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from qn_pipeline.engine import literal, quoted
from qn_pipeline.errors import ConfigurationError, SourceChanged, SourceUnavailable
from qn_pipeline.project import FileSource, Project
from qn_pipeline.sources.columns import ReadResult, columns_in_file, demand_columns, integer_columns, pseudo_columns
from qn_pipeline.sources.text_files import csv_columns, read_csv, read_jsonl
from qn_pipeline.sources.workbooks import read_workbook, workbook_columns

PLACEHOLDERS = {"day": r"(?P<day>\d{4}-\d{2}-\d{2}|\d{8})", "month": r"(?P<month>\d{4}-\d{2}|\d{6})"}


@dataclass(frozen=True)
class SourceFile:
    """A file that belongs to a source. `day` is the arrival day its name gives, None when the name gives none."""

    path: Path
    name: str
    day: date | None
    month: date | None

    def window(self, source: FileSource) -> tuple[date, date] | None:
        """The first day that the file covers, and the day after the last, when it is a window."""
        if source.window is None:
            return None
        first = self.month if source.window.span == "month" else self.day
        assert first is not None  # the project was checked: a window's files name their span
        return first, month_after(first) if source.window.span == "month" else first + timedelta(days=1)


def month_before(day: date) -> date:
    """The first day of the month before."""
    return date(day.year - (day.month == 1), (day.month - 2) % 12 + 1, 1)


def month_after(day: date) -> date:
    """The first day of the next month."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def find_files(project: Project, source: FileSource) -> list[SourceFile]:
    """All files of a source that are there now, by name. Raises ConfigurationError when their folder is not there."""
    folder = Path(source.files).parent
    base = project.directory / folder
    if not base.is_dir():
        raise ConfigurationError(
            f"sources.{source.name}: the folder {base} does not exist. Nothing was written. Make it, or correct files in qn.yaml."
        )
    pattern = _name_pattern(Path(source.files).name)
    found = []
    for path in sorted(base.iterdir()):
        match = pattern.fullmatch(path.name)
        if match and path.is_file():
            named = match.groupdict()
            found.append(
                SourceFile(
                    path=path,
                    name=(folder / path.name).as_posix(),
                    day=_day_of(named.get("day"), path),
                    month=_day_of(named["month"] + ("-01" if "-" in named["month"] else "01"), path) if named.get("month") else None,
                )
            )
    return found


def _name_pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{day\}|\{month\}|\*)", template)
    return re.compile("".join(PLACEHOLDERS.get(part.strip("{}"), "[^/]*" if part == "*" else re.escape(part)) for part in parts))


def _day_of(text: str | None, path: Path) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SourceChanged(f"The name of {path} holds {text}, which is no date. Nothing was read from it. Rename the file.") from None


def reading_of(source: FileSource) -> str:
    """The settings that decide which rows a file gives, as a text: where it changes, a file is read again."""
    reading = f"{source.format} {source.delimiter} {source.sheet} {source.header_row}"
    if source.encoding != "utf-8":
        reading += f" {source.encoding}"
    if source.format == "xlsx":
        # Texts in columns of numbers are marked when they land.
        reading += f" numbers {json.dumps(integer_columns(source), ensure_ascii=False)}"
    if source.table:
        reading += f" table {source.table.model_dump_json()}"
    return reading


def read_file(con: duckdb.DuckDBPyConnection, source: FileSource, file: SourceFile) -> ReadResult:
    """Fill the table `source_row` with the mapped columns of a file.

    Raises SourceUnavailable when the file cannot be read, SourceChanged when it is not of its format or lacks a mapped column.
    """
    reader = {"csv": read_csv, "jsonl": read_jsonl, "xlsx": _read_xlsx, "parquet": _read_parquet}[source.format]
    con.execute("drop table if exists source_row")
    try:
        return reader(con, source, file.path)
    except OSError as error:
        raise SourceUnavailable(
            f"{file.path} cannot be read ({error.strerror}). Nothing of it was kept. It is tried again at the next run."
        ) from error
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        raise SourceUnavailable(
            f"{file.path} could not be read here and now ({type(error).__name__}): look at QN_MEMORY_LIMIT and the disk. Nothing of it was kept."
        ) from None
    except duckdb.Error as error:
        # DuckDB's message may quote the row, so only its kind is told.
        raise SourceChanged(
            f"{file.path} is not readable as {source.format} ({type(error).__name__}). Nothing of it was kept. Ask for the file again, or correct format in qn.yaml."
        ) from None


def columns_of(source: FileSource, file: SourceFile) -> list[str] | None:
    """The columns that a file's header names, without reading its rows; None for JSONL, which has no header."""
    try:
        if source.format == "csv":
            return csv_columns(source, file.path)
        if source.format == "xlsx":
            return workbook_columns(source, file.path)
        if source.format == "parquet":
            with duckdb.connect(config={"autoinstall_known_extensions": False}) as con:
                return list(_parquet_columns(con, file.path))
    except OSError as error:
        raise SourceUnavailable(f"{file.path} cannot be read ({error.strerror}). Nothing was written.") from error
    except duckdb.Error:
        raise SourceChanged(f"{file.path} is not a Parquet file. Nothing was written. Ask for the file again.") from None
    return None


def _read_xlsx(con: duckdb.DuckDBPyConnection, source: FileSource, path: Path) -> ReadResult:
    rows = read_workbook(source, path)
    wanted = source.mapping.source_columns
    table = pa.table({"row_no": rows.row_nos, **rows.cells}, schema=pa.schema([("row_no", pa.int64()), *((name, pa.string()) for name in wanted)]))
    con.register("sheet", table)
    con.execute("create temp table source_row as select * from sheet")
    con.unregister("sheet")
    return ReadResult(rows.columns, [], rows.findings)


def _parquet_columns(con: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    """The columns' names in one Unicode form, and as they are."""
    names = [str(row[0]) for row in con.execute(f"describe select * from read_parquet({literal(path)})").fetchall()]
    return {unicodedata.normalize("NFC", name): name for name in names}


def _read_parquet(con: duckdb.DuckDBPyConnection, source: FileSource, path: Path) -> ReadResult:
    names = _parquet_columns(con, path)
    present = list(names)
    demand_columns(source, present, str(path))
    wanted = "".join(f", cast({quoted(names[column])} as varchar) as {quoted(column)}" for column in columns_in_file(source, present))
    told = pseudo_columns(source, present, path)
    con.execute(
        f"create temp table source_row as select file_row_number + 1 as row_no{wanted}{told} from read_parquet({literal(path)}, file_row_number = true)"
    )
    return ReadResult(present, [])
