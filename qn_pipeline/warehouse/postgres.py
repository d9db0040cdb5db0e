"""The shared warehouse: PostgreSQL."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import psycopg2
import psycopg2.extensions

from qn_pipeline.engine import literal, open_engine
from qn_pipeline.errors import RunFailed, SourceUnavailable
from qn_pipeline.settings import Settings
from qn_pipeline.warehouse.engines import MARTS, MARTS_NEXT, Row, Warehouse, Writing
from qn_pipeline.warehouse.lock import wait_for, writer_lock

# Any number, the same for all writers of one database.
ADVISORY_LOCK = 714_2022_2114


class _PostgresWriting(Writing):
    def __init__(self, connection: psycopg2.extensions.connection, settings: Settings) -> None:
        self.connection = connection
        self.settings = settings

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        with self.connection.cursor() as cursor:
            cursor.execute(_percent(sql), tuple(parameters) or None)
            return cursor.fetchall() if cursor.description else []

    def insert_parquet(self, table: str, columns: list[str], file: Path, constants: dict[str, object]) -> int:
        text = self.settings.scratch / f"copy-{os.getpid()}.csv"
        values = ", ".join([*(f"{literal(str(value))} as {name}" for name, value in constants.items()), *columns])
        try:
            with open_engine(self.settings) as con:
                con.execute(f"copy (select {values} from read_parquet({literal(file)})) to {literal(text)} (format csv, header false)")
            with self.connection.cursor() as cursor, text.open(encoding="utf-8", newline="") as stream:
                cursor.copy_expert(f"copy {table} ({', '.join([*constants, *columns])}) from stdin (format csv)", stream)
                return int(cursor.rowcount)
        finally:
            text.unlink(missing_ok=True)


class PostgresWarehouse(Warehouse):
    dialect = "postgres"
    types: ClassVar[dict[str, str]] = {"text": "text", "integer": "bigint", "boolean": "boolean", "timestamp": "timestamp", "date": "date"}

    def __init__(self, settings: Settings, url: str) -> None:
        super().__init__(settings)
        self.url = url

    def describe(self) -> str:
        parts = urlsplit(self.url)
        return f"PostgreSQL {parts.hostname or 'local socket'}{parts.path}"

    def connect(self) -> psycopg2.extensions.connection:
        """A connection. Raises SourceUnavailable when the server does not answer."""
        try:
            return psycopg2.connect(self.url, application_name="qn_pipeline")
        except psycopg2.OperationalError as error:
            raise SourceUnavailable(
                f"{self.describe()} does not answer ({type(error).__name__}). Nothing was written to it. Check QN_WAREHOUSE_URL and the server."
            ) from None

    @contextmanager
    def alone(self) -> Iterator[None]:
        with writer_lock(self.settings) as outermost:
            if not outermost:
                yield
                return
            connection = self.connect()
            connection.autocommit = True
            try:
                with connection.cursor() as cursor:

                    def attempt() -> bool:
                        cursor.execute("select pg_try_advisory_lock(%s)", (ADVISORY_LOCK,))
                        row = cursor.fetchone()
                        return bool(row and row[0])

                    wait_for(attempt, self.settings.writer_wait, lambda: "Another run on the same database")
                    yield
            finally:
                connection.close()  # ends the session, and the lock with it

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        connection = self.connect()
        try:
            yield _PostgresWriting(connection, self.settings)
            connection.commit()
        finally:
            connection.close()  # rolls back what is not committed

    def publish(self) -> None:
        with self.writing() as writing:
            if not writing.execute("select 1 from pg_namespace where nspname = ?", [MARTS_NEXT]):
                return  # these marts were swapped in before
            writing.execute(f"drop schema if exists {MARTS} cascade")
            writing.execute(f"alter schema {MARTS_NEXT} rename to {MARTS}")

    def read(self, sql: str, parameters: Sequence[object] = ()) -> tuple[list[str], list[Row]]:
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(_percent(sql), tuple(parameters) or None)
                return [str(column.name) for column in cursor.description or ()], cursor.fetchall()
        except psycopg2.errors.UndefinedTable:
            raise RunFailed(f"Nothing is published in {self.describe()} yet. Start with: qn run") from None
        finally:
            connection.close()


def _percent(sql: str) -> str:
    """psycopg2 writes parameters as %s; no statement here holds a question mark or a per cent sign otherwise."""
    return sql.replace("?", "%s")
