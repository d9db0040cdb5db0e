"""CSV and JSON Lines: rows of text with the numbers that a person sees, whichever of the lines can be parsed."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np

from qn_pipeline.engine import literal, quoted
from qn_pipeline.errors import SourceChanged
from qn_pipeline.project import FileSource
from qn_pipeline.sources.columns import ReadResult, columns_in_file, demand_columns, header_names, pseudo_columns
from qn_pipeline.sources.encodings import as_utf8, one_line_end
from qn_pipeline.sources.objects import pointers

BLOCK = 1 << 18
MAX_FIELD = 20_000_000


def csv_columns(source: FileSource, path: Path) -> list[str]:
    """The columns that a CSV file's header names. Raises SourceChanged, OSError."""
    with as_utf8(None, path, source.encoding) as text:
        return _header(text, path, source.delimiter)


def read_csv(con: duckdb.DuckDBPyConnection, source: FileSource, path: Path) -> ReadResult:
    """Fill `source_row` from a CSV file. Raises SourceChanged, OSError, duckdb.Error."""
    with as_utf8(con, path, source.encoding) as text:
        header = _header(text, path, source.delimiter)
        demand_columns(source, header, str(path))
        wanted = "".join(f", {quoted(column)}" for column in columns_in_file(source, header)) + pseudo_columns(source, header, path)
        types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in header)
        _of_any_line_ends(
            con,
            text,
            lambda file: (
                f"""create or replace temp table source_row as
            select row_number() over () + 1 as row_no{wanted}
            from read_csv({literal(file)}, columns = {{{types}}}, header = true, auto_detect = false, delim = {literal(source.delimiter)},
                          quote = '"', escape = '"', encoding = 'utf-8', ignore_errors = true, store_rejects = true, rejects_limit = 0)"""
            ),
        )
        # A file of one column has an empty cell there, and the engine says so.
        blank = _blank_rows(text, source.delimiter) if len(header) > 1 else []
    open_quote = _open_quote(con)
    if open_quote is not None:
        raise SourceChanged(
            f"{path} has a quotation mark in row {open_quote} that does not end, so the rows after it are lost. Nothing of it was kept. Ask for the file again."
        )
    return ReadResult(header, _shift_past(con, "source_row", blank))


def read_jsonl(con: duckdb.DuckDBPyConnection, source: FileSource, path: Path) -> ReadResult:
    """Fill `source_row` from JSON objects, one a line. Raises SourceChanged, OSError, duckdb.Error."""
    with as_utf8(con, path, source.encoding) as text:
        # Lines are read as text first, so that a malformed one keeps its number.
        _of_any_line_ends(
            con,
            text,
            lambda file: (
                f"""create or replace temp table json_line as
            select row_number() over () as row_no, line is null as blank,
                   case when json_valid(line) then case when json_type(line) = 'OBJECT' then line end end as object
            from read_csv({literal(file)}, columns = {{'line': 'VARCHAR'}}, header = false, auto_detect = false, delim = '\x01', quote = '', escape = '',
                          null_padding = true, max_line_size = 20000000, ignore_errors = true, store_rejects = true, rejects_limit = 0)"""
            ),
        )
    unreadable = _shift_past(con, "json_line", [])
    bad = [int(row[0]) for row in con.execute("select row_no from json_line where object is null and not blank order by 1").fetchall()]
    keys = con.execute("select distinct unnest(json_keys(object)) as key from json_line order by key").fetchall()
    present = [str(key[0]) for key in keys]
    (objects,) = con.execute("select count(object) from json_line").fetchone() or (0,)
    if bad and not objects:
        raise SourceChanged(f"{path} has no JSON object on a line of its own. Nothing of it was kept. Write one object a line (JSON Lines), no list.")
    if present:
        # An object may leave out what is empty: only what every row must have is demanded.
        demanded = {m.source for name, m in source.mapping.columns.items() if m.default is None and not source.contract.column(name).nullable}
        demand_columns(source, [*present, *(c for c in source.mapping.source_columns if c.startswith("/") or c not in demanded)], str(path))
    wanted = pointers(columns_in_file(source, present), "object") + pseudo_columns(source, present, path)
    con.execute(f"create temp table source_row as select row_no{wanted} from json_line where object is not null")
    con.execute("drop table json_line")
    return ReadResult(present, sorted([*unreadable, *bad]))


def _of_any_line_ends(con: duckdb.DuckDBPyConnection, text: Path, sql: Callable[[Path], str]) -> None:
    """Run SQL that reads a file. The engine takes one kind of line end a file, so one of several kinds is made uniform and read again."""
    try:
        _run_anew(con, sql(text))
        if _open_quote(con) is None or b"\r" not in text.read_bytes():
            return
    except duckdb.InvalidInputException:
        pass  # its message may quote a row
    with one_line_end(con, text) as uniform:
        _run_anew(con, sql(uniform))


def _run_anew(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    con.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    con.execute(sql)


def _open_quote(con: duckdb.DuckDBPyConnection) -> int | None:
    """The first row with a quotation mark that does not end."""
    row = con.execute("select min(line) from reject_errors where error_type = 'UNQUOTED VALUE'").fetchone()
    return row[0] if row else None


def _shift_past(con: duckdb.DuckDBPyConnection, table: str, blank: list[int]) -> list[int]:
    """Rejected and blank rows are missing from the numbering: move the rows behind each of them. Returns the rejected row numbers."""
    rejected = [int(row[0]) for row in con.execute("select distinct line from reject_errors order by 1").fetchall()]
    missing = sorted({*rejected, *blank})
    if missing:
        # The k-th missing row (from 0) stands at r among all, so at r - k among the rows that were read.
        con.execute("create or replace temp table missing_at as select unnest(?::bigint[]) as slot", [[row - k for k, row in enumerate(missing)]])
        con.execute(f"update {table} set row_no = row_no + (select count(*) from missing_at where slot <= row_no)")
    return rejected


def _header(text: Path, path: Path, delimiter: str) -> list[str]:
    """The names in the first row of `text`, which is the file `path` in UTF-8."""
    # A bad byte further down is a matter of its row.
    with text.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        try:
            header = next(csv.reader(stream, delimiter=delimiter), [])
        except csv.Error:
            raise SourceChanged(f"{path} has a header that is not CSV. Nothing of it was kept. Save it again as CSV.") from None
    if any("\udc80" <= letter <= "\udcff" for name in header for letter in name):
        raise SourceChanged(f"{path} is not UTF-8 text. Nothing of it was kept. Save it as UTF-8.")
    names = header_names(list(header), path)
    if len({name.lower() for name in names}) < len(names):
        raise SourceChanged(f"{path} has columns that differ in capitals only. Nothing of it was kept. Name its columns distinctly.")
    return names


def _blank_rows(text: Path, delimiter: str) -> list[int]:
    """The numbers of rows that are an empty line. Only a file with two line ends in a row is read for them."""
    return list(_empty_records(text, delimiter)) if _may_have_blank_rows(text) else []


def _may_have_blank_rows(text: Path) -> bool:
    """Whether a line end follows another. Looked at as numbers: searching bytes for pairs would take as long as reading the rows does."""
    with text.open("rb") as stream:
        tail = b""
        while block := stream.read(BLOCK):
            letters = np.frombuffer(tail + block, np.uint8)
            feeds, returns = letters == ord("\n"), letters == ord("\r")
            if (feeds[:-1] & (feeds[1:] | returns[1:])).any() or (returns[:-1] & returns[1:]).any():
                return True
            tail = block[-1:]
    return False


def _empty_records(text: Path, delimiter: str) -> Iterator[int]:
    csv.field_size_limit(MAX_FIELD)
    with text.open(encoding="latin-1", newline="") as stream:
        try:
            for number, record in enumerate(csv.reader(stream, delimiter=delimiter), start=1):
                if not record:
                    yield number
        except csv.Error:
            return  # a field of more than MAX_FIELD: the rows after it keep the numbers that the engine gives
