"""Files that an office delivers: which there are, for which day, and their rows as text.

A reader leaves a DuckDB table `source_row` (row_no, then the wanted columns as text) and tells what it could not read. Row
numbers are those a person sees when opening the file: a header is row 1 of CSV and XLSX.
"""

import csv
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from qn_pipeline.engine import literal, quoted
from qn_pipeline.errors import ConfigurationError, SourceChanged, SourceUnavailable
from qn_pipeline.project import FileSource, Project
from qn_pipeline.sources.objects import pointers

PLACEHOLDERS = {"day": r"(?P<day>\d{4}-\d{2}-\d{2}|\d{8})", "month": r"(?P<month>\d{4}-\d{2}|\d{6})"}
UNREADABLE = "row_unreadable"


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


@dataclass(frozen=True)
class ReadResult:
    """What a reader found: the file's columns, and row numbers that could not be parsed."""

    columns: list[str]
    unreadable: list[int]


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


def read_file(con: duckdb.DuckDBPyConnection, source: FileSource, file: SourceFile) -> ReadResult:
    """Fill the table `source_row` with the mapped columns of a file.

    Raises SourceUnavailable when the file cannot be read, SourceChanged when it is not of its format or lacks a mapped column.
    """
    reader = {"csv": _read_csv, "jsonl": _read_jsonl, "xlsx": _read_xlsx, "parquet": _read_parquet}[source.format]
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
            return _csv_header(file.path, source.delimiter)
        if source.format == "xlsx":
            return _header_names(_sheet_rows(file.path, source)[source.header_row - 1 :], file.path)
        if source.format == "parquet":
            with duckdb.connect(config={"autoinstall_known_extensions": False}) as con:
                return _parquet_columns(con, file.path)
    except OSError as error:
        raise SourceUnavailable(f"{file.path} cannot be read ({error.strerror}). Nothing was written.") from error
    except duckdb.Error:
        raise SourceChanged(f"{file.path} is not a Parquet file. Nothing was written. Ask for the file again.") from None
    return None


def missing_columns(source: FileSource, present: list[str]) -> list[str]:
    return [column for column in source.mapping.source_columns if column not in present]


def told_columns(source: FileSource, present: list[str]) -> str:
    """A file's columns for a message: their names only when some of them are mapped, since a first row that is no header is somebody's data."""
    known = set(present) & {*source.mapping.source_columns, *source.mapping.ignore}
    return f"its columns: {', '.join(present)}" if known else f"none of its {len(present)} columns is mapped, so it may have no header"


def _demand_columns(source: FileSource, present: list[str], path: Path) -> None:
    missing = missing_columns(source, present)
    if missing:
        raise SourceChanged(
            f"{path} has no column {missing[0]!r}, which {source.mapping_file} maps. Nothing of it was kept. "
            f"Correct the mapping or ask for the file again; {told_columns(source, present)}."
        )


def _read_csv(con: duckdb.DuckDBPyConnection, source: FileSource, path: Path) -> ReadResult:
    header = _csv_header(path, source.delimiter)
    _demand_columns(source, header, path)
    wanted = "".join(f", {quoted(column)}" for column in source.mapping.source_columns)
    types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in header)
    con.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    con.execute(
        f"""create temp table source_row as
        select row_number() over () + 1 as row_no{wanted}
        from read_csv({literal(path)}, columns = {{{types}}}, header = true, auto_detect = false, delim = {literal(source.delimiter)},
                      quote = '"', escape = '"', encoding = 'utf-8', ignore_errors = true, store_rejects = true, rejects_limit = 0)"""
    )
    open_quote = con.execute("select min(line) from reject_errors where error_type = 'UNQUOTED VALUE'").fetchone()
    if open_quote and open_quote[0] is not None:
        raise SourceChanged(
            f"{path} has a quotation mark in row {open_quote[0]} that does not end, so the rows after it are lost. Nothing of it was kept. Ask for the file again."
        )
    return ReadResult(header, _shift_past_rejects(con, "source_row"))


def _shift_past_rejects(con: duckdb.DuckDBPyConnection, table: str) -> list[int]:
    """Rejected records are missing from the numbering: move the rows behind each of them. Returns the rejected row numbers."""
    rejected = [int(row[0]) for row in con.execute("select distinct line from reject_errors order by 1").fetchall()]
    if rejected:
        # The k-th reject (from 0) stands at row r among all, so at r - k among the rows that were read.
        con.execute("create or replace temp table reject_at as select unnest(?::bigint[]) as slot", [[row - k for k, row in enumerate(rejected)]])
        con.execute(f"update {table} set row_no = row_no + (select count(*) from reject_at where slot <= row_no)")
    return rejected


def _csv_header(path: Path, delimiter: str) -> list[str]:
    with path.open("rb") as stream:
        try:
            # Line by line: a bad byte further down is a matter of its row.
            header = next(csv.reader((line.decode("utf-8-sig") for line in stream), delimiter=delimiter), [])
        except UnicodeDecodeError:
            raise SourceChanged(f"{path} is not UTF-8 text. Nothing of it was kept. Save it as UTF-8.") from None
        except csv.Error:
            raise SourceChanged(f"{path} has a header that is not CSV. Nothing of it was kept. Save it again as CSV.") from None
    return _header_names([list(header)], path)


def _header_names(rows: list[list[object]], path: Path) -> list[str]:
    names = [unicodedata.normalize("NFC", str(cell).strip()) for cell in rows[0]] if rows else []
    while names and not names[-1]:
        names.pop()
    if not names or not all(names) or len(set(names)) < len(names):
        raise SourceChanged(f"{path} has no header row of distinct column names. Nothing of it was kept. Ask for the file again, or correct qn.yaml.")
    return names


def _read_jsonl(con: duckdb.DuckDBPyConnection, source: FileSource, path: Path) -> ReadResult:
    # Lines are read as text first, so that a malformed one keeps its number.
    con.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    con.execute(
        f"""create or replace temp table json_line as
        select row_number() over () as row_no, line is null as blank, case when json_valid(line) then case when json_type(line) = 'OBJECT' then line end end as object
        from read_csv({literal(path)}, columns = {{'line': 'VARCHAR'}}, header = false, auto_detect = false, delim = '\x01', quote = '', escape = '',
                      null_padding = true, max_line_size = 20000000, ignore_errors = true, store_rejects = true, rejects_limit = 0)"""
    )
    unreadable = _shift_past_rejects(con, "json_line")
    keys = con.execute("select distinct unnest(json_keys(object)) as key from json_line order by key").fetchall()
    present = [str(key[0]) for key in keys]
    if present:
        # An object may leave out what is empty: only what every row must have is demanded.
        demanded = {m.source for name, m in source.mapping.columns.items() if m.default is None and not source.contract.column(name).nullable}
        _demand_columns(source, [*present, *(c for c in source.mapping.source_columns if c.startswith("/") or c not in demanded)], path)
    wanted = pointers(source.mapping.source_columns, "object")
    con.execute(f"create temp table source_row as select row_no{wanted} from json_line where object is not null")
    bad = con.execute("select row_no from json_line where object is null and not blank order by 1").fetchall()
    con.execute("drop table json_line")
    return ReadResult(present, sorted([*unreadable, *(int(row[0]) for row in bad)]))


def _sheet_rows(path: Path, source: FileSource) -> list[list[object]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(path) as workbook:
            names = workbook.sheet_names
            if source.sheet is not None and source.sheet not in names:
                raise SourceChanged(f"{path} has no sheet {source.sheet!r}. Nothing of it was kept. Its sheets: {', '.join(names)}.")
            sheet = workbook.get_sheet_by_name(source.sheet if source.sheet is not None else names[0])
            return [list(row) for row in sheet.to_python(skip_empty_area=False)]
    except CalamineError as error:
        raise SourceChanged(f"{path} is not an XLSX workbook ({type(error).__name__}). Nothing of it was kept. Ask for the file again.") from None


def _read_xlsx(con: duckdb.DuckDBPyConnection, source: FileSource, path: Path) -> ReadResult:
    rows = _sheet_rows(path, source)
    header = _header_names(rows[source.header_row - 1 :], path)
    _demand_columns(source, header, path)
    body = [(number, row) for number, row in enumerate(rows[source.header_row :], start=source.header_row + 1) if any(cell != "" for cell in row)]
    columns: dict[str, list[object]] = {"row_no": [number for number, _ in body]}
    for column in source.mapping.source_columns:
        position = header.index(column)
        columns[column] = [_cell_text(row[position]) for _, row in body]
    table = pa.table(columns, schema=pa.schema([("row_no", pa.int64()), *((name, pa.string()) for name in source.mapping.source_columns)]))
    con.register("sheet", table)
    con.execute("create temp table source_row as select * from sheet")
    con.unregister("sheet")
    return ReadResult(header, [])


def _cell_text(cell: object) -> str | None:
    """A cell as the text that its mapping reads: dates in ISO, whole numbers without a fraction."""
    if cell == "" or cell is None:
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return datetime.combine(cell, time()).isoformat(sep=" ")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _parquet_columns(con: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    return [str(row[0]) for row in con.execute(f"describe select * from read_parquet({literal(path)})").fetchall()]


def _read_parquet(con: duckdb.DuckDBPyConnection, source: FileSource, path: Path) -> ReadResult:
    present = _parquet_columns(con, path)
    _demand_columns(source, present, path)
    wanted = "".join(f", cast({quoted(column)} as varchar) as {quoted(column)}" for column in source.mapping.source_columns)
    con.execute(
        f"create temp table source_row as select file_row_number + 1 as row_no{wanted} from read_parquet({literal(path)}, file_row_number = true)"
    )
    return ReadResult(present, [])
