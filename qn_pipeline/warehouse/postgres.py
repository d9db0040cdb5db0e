"""The shared warehouse: PostgreSQL."""

import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import psycopg2
import psycopg2.extensions
import pyarrow as pa

from qn_pipeline.engine import literal, open_engine
from qn_pipeline.errors import RunFailed, SourceUnavailable, WarehouseBusy
from qn_pipeline.settings import Settings
from qn_pipeline.warehouse.builds import READ, give_mark
from qn_pipeline.warehouse.engines import BI, BI_NEXT, MARTS, MARTS_NEXT, ROWS_AT_ONCE, Answer, Ask, Builds, Result, Row, Warehouse, Writing
from qn_pipeline.warehouse.lock import wait_for, writer_lock
from qn_pipeline.warehouse.mishaps import SERVER_LOST, explained
from qn_pipeline.warehouse.sessions import connect_arguments

# Any number, the same for all writers of one database.
ADVISORY_LOCK = 714_2022_2114
GENERATION, BI_GENERATION = "marts_generation_", "bi_generation_"
LOCK_MILLISECONDS = 500
# A run that holds the lock waits so long for a server that is started again, and does what was lost under it so often.
PATIENCE, RECONNECT_EVERY, ATTEMPTS = 60.0, 0.2, 3
# Answers that another try will not change.
REFUSED = re.compile(r"FATAL:(?!.*(the database system is|too many|connection slots|terminating connection))", re.DOTALL)
_locks: dict[str, psycopg2.extensions.connection] = {}
# What others may do with a view, as statements that grant it again.
RIGHTS = """
    select 'grant ' || a.privilege_type || ' on ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname)
        || ' to ' || case when a.grantee = 0 then 'public' else quote_ident(r.rolname) end || case when a.is_grantable then ' with grant option' else '' end
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    cross join lateral aclexplode(c.relacl) as a
    left join pg_roles as r on r.oid = a.grantee
    where n.nspname = ? and c.relname = ? and a.grantee <> c.relowner"""
# The comments of a generation's views, as statements that make them on the views in `bi`.
COMMENTS = f"""
    select
        case when d.objsubid = 0 then 'comment on view {BI}.' || quote_ident(c.relname)
            else 'comment on column {BI}.' || quote_ident(c.relname) || '.' || quote_ident(a.attname) end || ' is ' || quote_literal(d.description)
    from pg_description as d
    inner join pg_class as c on c.oid = d.objoid and d.classoid = 'pg_class'::regclass
    inner join pg_namespace as n on n.oid = c.relnamespace
    left join pg_attribute as a on a.attrelid = c.oid and a.attnum = d.objsubid
    where n.nspname = ? order by c.relname, d.objsubid"""

log = logging.getLogger(__name__)


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

    def describe_rows(self) -> str:
        return f"{self.describe()}, schema core"

    def bucket(self, expression: str, buckets: int) -> str:
        return f"(hashtext({expression}) & 2147483647) % {buckets}"

    def connect(self, patience: float = 0) -> psycopg2.extensions.connection:
        """A connection. Raises SourceUnavailable when the server does not answer; `patience`: seconds that a server which starts again is given."""
        deadline = time.monotonic() + patience
        while True:
            try:
                connection: psycopg2.extensions.connection = psycopg2.connect(
                    self.url, application_name="qn_pipeline", **connect_arguments(self.settings, self.url)
                )
                return connection
            except psycopg2.OperationalError as error:
                if time.monotonic() >= deadline or REFUSED.search(str(error)):
                    raise SourceUnavailable(
                        f"{self.describe()} does not answer ({type(error).__name__}). Nothing was written to it. Check QN_WAREHOUSE_URL and the server."
                    ) from None
                time.sleep(RECONNECT_EVERY)

    @contextmanager
    def alone(self) -> Iterator[None]:
        with writer_lock(self.settings) as outermost:
            if not outermost:
                yield
                return
            _locks[self.url] = self._locking_session()
            try:
                yield
            finally:
                _locks.pop(self.url).close()  # ends the session, and the lock with it

    def _locking_session(self, patience: float = 0) -> psycopg2.extensions.connection:
        """A session that holds the lock of all writers of the database. Raises WarehouseBusy when another one keeps it."""
        connection = self.connect(patience)
        connection.autocommit = True

        def attempt() -> bool:
            with connection.cursor() as cursor:
                cursor.execute("select pg_try_advisory_lock(%s)", (ADVISORY_LOCK,))
                row = cursor.fetchone()
            return bool(row and row[0])

        try:
            wait_for(attempt, self.settings.writer_wait, lambda: "Another run on the same database")
        except BaseException:
            connection.close()
            raise
        return connection

    def _keep_lock(self) -> None:
        """Take the lock again when the server has ended the session that held it. What the run has done by then is whole, transaction by transaction."""
        try:
            with _locks[self.url].cursor() as cursor:
                cursor.execute("select 1")
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            log.warning("the session on %s that holds the writer's lock was lost; the lock is taken again", self.describe())
            _locks[self.url].close()
            _locks[self.url] = self._locking_session(PATIENCE)

    def again_when_lost(self, work: Callable[[], Result]) -> Result:
        for _ in range(ATTEMPTS - 1):
            try:
                return work()
            except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                if not SERVER_LOST.search(str(error)):
                    raise
                log.warning("%s was lost; what was not finished is undone and done again", self.describe())
        return work()

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        is_alone = self.url in _locks
        if is_alone:
            self._keep_lock()
        connection = self.connect(PATIENCE if is_alone else 0)
        try:
            yield _PostgresWriting(connection, self.settings)
            connection.commit()
        finally:
            connection.close()  # rolls back what is not committed

    def publish(self) -> None:
        """The schemas that were built become a generation of their own, and the views in `marts` and `bi` turn to it, in one transaction.

        Readers' rights and views of their own stand on those views, so they outlast the swap. A query that names several of them sees one generation:
        it holds all of them until it ends, and the swap needs all of them at once.
        """
        deadline = time.monotonic() + self.settings.writer_wait
        while True:
            try:
                generation = self.again_when_lost(self._swap)
                break
            except psycopg2.errors.LockNotAvailable:
                if time.monotonic() >= deadline:
                    raise WarehouseBusy(
                        f"A reader of {self.describe()} holds {MARTS} or {BI} in an open transaction. Readers see the marts of before. "
                        "End that session (pg_stat_activity, state idle in transaction), and run again."
                    ) from None
        for older in self._generations():
            if generation is not None and older != generation:
                self._drop(older)

    def _swap(self) -> str | None:
        with self.writing() as writing:
            writing.execute(f"set local lock_timeout = '{LOCK_MILLISECONDS}ms'")
            generation = _turn_views(writing)
            if generation is not None:
                give_mark(writing)
            return generation

    def _generations(self) -> list[str]:
        with self.writing() as writing:
            return [str(row[0]) for row in writing.execute("select nspname from pg_namespace where starts_with(nspname, ?) order by 1", [GENERATION])]

    def _drop(self, schema: str) -> None:
        """Drop an older generation, or leave it to the next swap while somebody still reads it."""
        try:
            with self.writing() as writing:
                writing.execute(f"set local lock_timeout = '{LOCK_MILLISECONDS}ms'")
                views = schema.replace(GENERATION, BI_GENERATION)
                writing.execute(f"drop schema if exists {views} cascade")
                writing.execute(f"drop schema {schema} cascade")
        except psycopg2.errors.LockNotAvailable:
            log.info("%s is still read; the next swap drops it", schema)

    def read(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        with self._reading() as ask:
            return ask(sql, parameters)

    @contextmanager
    def reading_rows(self) -> Iterator[Ask]:
        """Rows between two runs, each statement a transaction: no lock is held that a night would wait for.

        dbt makes the tables of rows one after the other, in transactions of their own, and puts some in the place of others, which no snapshot spans: a
        table that was made after it seems empty. So what is read is of one build if the mark was there before and is the same afterwards, and of none otherwise.
        """
        with self._reading() as ask:
            before = _builds(ask)
            if before.marts is None:
                raise RunFailed(f"Nothing is published in {self.describe()} yet. Start with: qn run")
            if not before.are_one:
                raise self._rows_change()
            try:
                yield ask
            except RunFailed as error:
                # Of a table that is just not there, too.
                if _builds(ask) != before:
                    raise self._rows_change() from error
                raise
            if _builds(ask) != before:
                raise self._rows_change()

    def _rows_change(self) -> WarehouseBusy:
        return WarehouseBusy(
            f"A run is making the rows in {self.describe()} again, or one that did has not ended well: they are of no build. "
            "What is published stays readable. Ask again when it has ended; if none is running: qn run"
        )

    def builds(self) -> Builds:
        with self._reading() as ask:
            return _builds(ask)

    @contextmanager
    def _reading(self) -> Iterator[Ask]:
        """A session whose statements only read, each a transaction of its own."""
        connection = self.connect()
        try:
            connection.set_session(readonly=True, autocommit=True)
            yield _PostgresAsk(self, connection)
        finally:
            connection.close()

    def _ask(self, connection: psycopg2.extensions.connection, sql: str, parameters: Sequence[object]) -> Answer:
        try:
            with connection.cursor() as cursor:
                cursor.execute(_percent(sql), tuple(parameters) or None)
                return [str(column.name) for column in cursor.description or ()], cursor.fetchall()
        except psycopg2.errors.UndefinedTable:
            raise RunFailed(f"Nothing is published in {self.describe()} yet. Start with: qn run") from None
        except psycopg2.Error as error:
            line = explained(self.settings, str(error))
            if line is None:
                raise
            raise RunFailed(line) from error


class _PostgresAsk:
    """Queries of one session."""

    def __init__(self, warehouse: PostgresWarehouse, connection: psycopg2.extensions.connection) -> None:
        self._warehouse, self._connection = warehouse, connection

    def __call__(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        return self._warehouse._ask(self._connection, sql, parameters)

    def batches(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        # Held by the server beyond its transaction, and given a batch at a time.
        with self._connection.cursor("batches", withhold=True) as cursor:
            cursor.execute(_percent(sql))
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                columns = zip(*rows, strict=True)
                yield pa.RecordBatch.from_arrays([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema)


def _builds(ask: Ask) -> Builds:
    [(is_there,)] = ask("select to_regclass('build.shown') is not null")[1]
    rows = ask(READ)[1] if is_there else []
    return Builds(*rows[0]) if rows else Builds(None, None)


def _turn_views(writing: Writing) -> str | None:
    """Turn the views of `marts` and `bi` to what was built. Returns the new generation's schema, None when nothing new was built."""
    tables = _names(writing, MARTS_NEXT)
    if not tables:
        return None
    taken = [
        int(str(row[0]).removeprefix(GENERATION))
        for row in writing.execute("select nspname from pg_namespace where starts_with(nspname, ?)", [GENERATION])
    ]
    number = max(taken, default=0) + 1
    schema, views = f"{GENERATION}{number}", f"{BI_GENERATION}{number}"
    writing.execute(f"alter schema {MARTS_NEXT} rename to {schema}")
    _turn(writing, MARTS, schema, tables)
    built = _names(writing, BI_NEXT)
    if built:
        # They read the tables of the generation by identity, whatever its schema is called.
        writing.execute(f"alter schema {BI_NEXT} rename to {views}")
        _turn(writing, BI, views, built)
        for comment in writing.execute(COMMENTS, [views]):
            writing.execute(str(comment[0]))
    return schema


def _names(writing: Writing, schema: str) -> list[str]:
    return [str(row[0]) for row in writing.execute("select table_name from information_schema.tables where table_schema = ? order by 1", [schema])]


def _turn(writing: Writing, shown: str, schema: str, names: list[str]) -> None:
    """Make each view of a schema that readers see read what a generation has under its name."""
    writing.execute(f"create schema if not exists {shown}")
    for name in names:
        view, source = f"{shown}.{name}", f"select * from {schema}.{name}"
        writing.execute("savepoint turning")
        try:
            writing.execute(f"create or replace view {view} as {source}")
        except psycopg2.errors.InvalidTableDefinition:
            # Its columns have changed: what others may do with it is kept, views of their own over it cannot be.
            log.warning("the columns of %s have changed: views of others over it are gone", view)
            writing.execute("rollback to savepoint turning")
            rights = writing.execute(RIGHTS, [shown, name])
            writing.execute(f"drop view {view} cascade")
            writing.execute(f"create view {view} as {source}")
            for (grant,) in rights:
                writing.execute(str(grant))


def _percent(sql: str) -> str:
    """psycopg2 writes parameters as %s; no statement here holds a question mark or a per cent sign otherwise."""
    return sql.replace("?", "%s")
