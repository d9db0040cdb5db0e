"""The embedded warehouse: a DuckDB file that only the pipeline opens, and a published copy for readers."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import duckdb

from qn_pipeline.engine import duckdb_config, literal, quoted
from qn_pipeline.errors import RunFailed, WarehouseBusy
from qn_pipeline.settings import Settings
from qn_pipeline.warehouse.engines import BI, BI_NEXT, MARTS, MARTS_NEXT, Row, Warehouse, Writing
from qn_pipeline.warehouse.mishaps import DISK_FULL

PUBLISHED_FILE = "warehouse.duckdb"


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

    def describe(self) -> str:
        return f"DuckDB {self.path}"

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
        self.settings.published.mkdir(parents=True, exist_ok=True)
        aside = self.settings.scratch / f"published-{os.getpid()}.duckdb"
        aside.unlink(missing_ok=True)
        connection = self._connect()
        try:
            connection.execute(f"attach {literal(aside)} as published")
            connection.execute(f"create schema published.{MARTS}")
            tables = connection.execute(
                "select table_name from information_schema.tables where table_catalog = current_database() and table_schema = ? order by 1",
                [MARTS_NEXT],
            ).fetchall()
            for (table,) in tables:
                connection.execute(f"create table published.{MARTS}.{table} as select * from {MARTS_NEXT}.{table}")
            _copy_views(connection)
            connection.execute("detach published")
        finally:
            connection.close()
        aside.replace(self.published)

    def read(self, sql: str, parameters: Sequence[object] = ()) -> tuple[list[str], list[Row]]:
        if not self.published.is_file():
            raise RunFailed(f"Nothing is published in {self.settings.published} yet. Start with: qn run")
        with duckdb.connect(str(self.published), read_only=True, config={"threads": self.settings.threads}) as connection:
            cursor = connection.execute(sql, list(parameters))
            return [str(column[0]) for column in cursor.description or []], cursor.fetchall()


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
