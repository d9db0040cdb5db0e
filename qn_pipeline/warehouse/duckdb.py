"""The embedded warehouse: a DuckDB file that only the pipeline opens, and two published ones.

Readers of figures get a file with the marts and the views of BI tools. Who asks for the rows behind them gets the whole warehouse as it was at the swap.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import duckdb
import pyarrow as pa

from qn_pipeline.engine import duckdb_config, literal, quoted
from qn_pipeline.errors import RunFailed, WarehouseBusy
from qn_pipeline.landing.extractions import flush
from qn_pipeline.settings import Settings
from qn_pipeline.warehouse.builds import READ, SCHEMA, give_mark
from qn_pipeline.warehouse.copying import copy_file
from qn_pipeline.warehouse.engines import BI, BI_NEXT, MARTS, MARTS_NEXT, ROWS_AT_ONCE, Answer, Ask, Builds, Row, Warehouse, Writing
from qn_pipeline.warehouse.mishaps import DISK_FULL

PUBLISHED_FILE = "warehouse.duckdb"
"""Also the name of the file with the rows, in a folder of its own."""


class _DuckDBWriting(Writing):
    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        return self.connection.execute(sql, list(parameters)).fetchall()

    def insert_parquet(self, table: str, columns: list[str], file: Path, constants: dict[str, object]) -> int:
        names = ", ".join([*constants, *columns])
        values = ", ".join([*("?" for _ in constants), *columns])
        rows = self.execute(f"insert into {table} ({names}) select {values} from read_parquet({literal(file)})", list(constants.values()))
        return int(rows[0][0])


class DuckDBWarehouse(Warehouse):
    dialect = "duckdb"
    types: ClassVar[dict[str, str]] = {"text": "varchar", "integer": "bigint", "boolean": "boolean", "timestamp": "timestamp", "date": "date"}

    def __init__(self, settings: Settings, path: Path) -> None:
        super().__init__(settings)
        self.path = path
        self.published = settings.published / PUBLISHED_FILE
        self.rows = settings.rows / PUBLISHED_FILE

    def describe(self) -> str:
        return f"DuckDB {self.path}"

    def describe_rows(self) -> str:
        return str(self.rows)

    def bucket(self, expression: str, buckets: int) -> str:
        return f"hash({expression}) % {buckets}"

    def _connect(self) -> duckdb.DuckDBPyConnection:
        """Open the file; a dbt that outlives its killed parent for a moment is waited for."""
        deadline = time.monotonic() + self.settings.writer_wait
        self.path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                self._make_file()
                return duckdb.connect(str(self.path), config=duckdb_config(self.settings))
            except duckdb.IOException as error:
                if "lock" not in str(error):
                    if DISK_FULL.search(str(error)):
                        raise
                    raise RunFailed(
                        f"{self.path} cannot be opened ({type(error).__name__}). What is published stays as it was. Run: qn doctor"
                    ) from error
                if time.monotonic() >= deadline:
                    raise WarehouseBusy(f"{self.path} is open in another program. Nothing was written. Close it, and run again.") from None
                time.sleep(0.2)

    def _make_file(self) -> None:
        """Make the file of a new warehouse aside: on a full disk, or after a kill, half a header would keep every later run out."""
        if self.path.exists():
            return
        aside = self.path.with_name(f"{self.path.name}.new")
        aside.unlink(missing_ok=True)
        duckdb.connect(str(aside), config=duckdb_config(self.settings)).close()
        aside.rename(self.path)

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        connection = self._connect()
        try:
            connection.begin()
            yield _DuckDBWriting(connection)
            connection.commit()
        finally:
            connection.close()  # rolls back what is not committed

    def publish(self) -> None:
        """Both files are whole aside before one of them is shown. Rows first: the marts say that the night has ended.

        A kill between the two leaves rows of a newer build than the marts, which their marks tell; the next run shows both.
        """
        marts, rows = (self.settings.scratch / f"{name}-{os.getpid()}.duckdb" for name in ("published", "rows"))
        for folder in (self.published.parent, self.rows.parent):
            folder.mkdir(parents=True, exist_ok=True)
        try:
            _remove(marts, rows)
            connection = self._connect()
            try:
                give_mark(_DuckDBWriting(connection))
                _show_marts_beside(connection)
                _write_marts(connection, marts)
                # All of it is in the file then. While it is open here nobody else writes it; our own reading ends that, and so comes last.
                connection.execute("checkpoint")
                copy_file(self.path, rows)
            finally:
                connection.close()
            rows.replace(self.rows)
            marts.replace(self.published)
        finally:
            _remove(marts, rows)
        for folder in (self.rows.parent, self.published.parent):
            flush(folder)

    def read(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        with self._open(self.published) as connection:
            return _answer(connection, sql, parameters)

    @contextmanager
    def reading_rows(self) -> Iterator[Ask]:
        # A file that is open stays what it was when another one takes its name.
        with self._open(self.rows) as connection:
            yield _DuckDBAsk(connection)

    def builds(self) -> Builds:
        return Builds(self._mark(self.published, 0), self._mark(self.rows, 1))

    def _mark(self, file: Path, place: int) -> str | None:
        if not file.is_file():
            return None
        with self._open(file) as connection:
            try:
                found = connection.execute(READ).fetchone()
            except duckdb.CatalogException:  # published before there were marks
                return None
            return None if found is None else found[place]

    def _open(self, file: Path) -> duckdb.DuckDBPyConnection:
        """A published file, for reading. Raises RunFailed when there is none, or it cannot be read."""
        if not file.is_file():
            raise RunFailed(f"Nothing is published in {file.parent} yet. Start with: qn run")
        try:
            return duckdb.connect(str(file), read_only=True, config={"threads": self.settings.threads, "memory_limit": self.settings.memory_limit})
        except duckdb.IOException as error:
            raise RunFailed(f"{file} cannot be read ({type(error).__name__}). Nothing was changed. The next run writes it anew: qn run") from error


class _DuckDBAsk:
    """Queries of one file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __call__(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        return _answer(self._connection, sql, parameters)

    def batches(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for batch in self._connection.sql(sql).to_arrow_reader(ROWS_AT_ONCE):
            yield pa.RecordBatch.from_arrays([column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)], schema=schema)


def _remove(*files: Path) -> None:
    for file in files:
        for left in (file, file.with_name(f"{file.name}.wal")):
            left.unlink(missing_ok=True)


def _answer(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object]) -> Answer:
    cursor = connection.execute(sql, list(parameters))
    return [str(column[0]) for column in cursor.description or []], cursor.fetchall()


def _built(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The marts that were built, by name."""
    rows = connection.execute(
        "select table_name from information_schema.tables where table_catalog = current_database() and table_schema = ? order by 1", [MARTS_NEXT]
    )
    return [str(table) for (table,) in rows.fetchall()]


def _show_marts_beside(connection: duckdb.DuckDBPyConnection) -> None:
    """Give the marts that were built the name, too, that readers know: who reads rows finds the figures of the same build by it."""
    connection.execute(f"drop schema if exists {MARTS} cascade")
    connection.execute(f"create schema {MARTS}")
    for table in _built(connection):
        connection.execute(f"create view {MARTS}.{table} as select * from {MARTS_NEXT}.{table}")


def _write_marts(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """The file for readers of figures: copies of the marts, views over them, the mark of the build, and nothing else."""
    connection.execute(f"attach {literal(file)} as published")
    for schema in (MARTS, SCHEMA):
        connection.execute(f"create schema published.{schema}")
    for table in _built(connection):
        connection.execute(f"create table published.{MARTS}.{table} as select * from {MARTS_NEXT}.{table}")
    connection.execute(f"create table published.{SCHEMA}.shown as {READ}")
    _copy_views(connection)
    connection.execute("detach published")


def _copy_views(connection: duckdb.DuckDBPyConnection) -> None:
    """The views of BI tools, over the published copies, with their comments. A view that reads anything else cannot be made, and nothing is published."""
    views = connection.execute(
        "select view_name, sql, comment from duckdb_views() where database_name = current_database() and schema_name = ? order by 1", [BI_NEXT]
    ).fetchall()
    comments = connection.execute(
        "select table_name, column_name, comment from duckdb_columns() "
        "where database_name = current_database() and schema_name = ? and comment is not null order by 1, column_index",
        [BI_NEXT],
    ).fetchall()
    # DuckDB writes a view's tables with their schema and without the file's name.
    home = connection.execute("select current_database()").fetchall()[0][0]
    connection.execute("use published")
    connection.execute(f"create schema {BI}")
    for view, sql, comment in views:
        connection.execute(sql.replace(f"{BI_NEXT}.", f"{BI}.").replace(f"{MARTS_NEXT}.", f"{MARTS}."))
        connection.execute(f"comment on view {BI}.{quoted(view)} is {literal(comment or '')}")
    for view, column, comment in comments:
        connection.execute(f"comment on column {BI}.{quoted(view)}.{quoted(column)} is {literal(comment)}")
    connection.execute(f"use {quoted(home)}")
