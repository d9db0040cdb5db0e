"""What the pipeline asks of a warehouse, and which one a project has."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import pyarrow as pa

from qn_pipeline.settings import Settings
from qn_pipeline.warehouse.lock import writer_lock
from qn_pipeline.warehouse.tables import Columns

Row = tuple[Any, ...]
Answer = tuple[list[str], list[Row]]
"""Column names and rows."""
Result = TypeVar("Result")
ROWS_AT_ONCE = 50_000
MARTS = "marts"
MARTS_NEXT = "marts_next"
BI = "bi"
"""Views over the marts, for BI tools: dbt builds them over MARTS_NEXT, and the swap shows them together with the marts."""
BI_NEXT = "bi_next"


class Writing(ABC):
    """An open transaction. Statements take `?` for parameters on every engine."""

    @abstractmethod
    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run a statement and return its rows, none for a statement without a result."""

    @abstractmethod
    def insert_parquet(self, table: str, columns: list[str], file: Path, constants: dict[str, object]) -> int:
        """Append a Parquet file's columns, and constant ones, to a table. Returns how many rows the table took."""


class Ask(Protocol):
    """A query, with `?` for parameters."""

    def __call__(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        """Its column names and rows."""

    def batches(self, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows of a query of which there may be more than fit the memory, so many at a time, as the schema's columns."""


@dataclass(frozen=True)
class Builds:
    """The marks of the build whose marts are published, and of the one whose rows can be read; None where there are none."""

    marts: str | None
    rows: str | None

    @property
    def are_one(self) -> bool:
        return self.marts is not None and self.marts == self.rows


class Warehouse(ABC):
    """A database that the pipeline writes."""

    dialect: str
    types: ClassVar[dict[str, str]]

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @abstractmethod
    def writing(self) -> AbstractContextManager[Writing]:
        """One transaction: all of the block, or nothing."""

    @abstractmethod
    def publish(self) -> None:
        """Show readers the marts that were built and the views of BI tools over them, all at once, and the rows behind them."""

    @abstractmethod
    def read(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        """Column names and rows of a query on what is published. Raises RunFailed when nothing is."""

    @abstractmethod
    def reading_rows(self) -> AbstractContextManager[Ask]:
        """Ask for rows behind the figures: the schemas `core`, `measures` and `valid`, and in `marts` the figures of the same build, whatever runs meanwhile.

        Every answer of the block is of one build, the newest one that has rows (`builds`). Raises RunFailed when there is none, and WarehouseBusy, at the
        beginning or at the end of the block, where a run is changing the rows: then no answer of the block holds.
        """

    @abstractmethod
    def builds(self) -> Builds:
        """Whether the marts that are published and the rows that can be read are of the same build."""

    @abstractmethod
    def describe_rows(self) -> str:
        """Where the rows behind the figures are."""

    def query_rows(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        """Column names and rows of one query on the rows behind the figures, as `reading_rows` gives them."""
        with self.reading_rows() as ask:
            return ask(sql, parameters)

    @abstractmethod
    def describe(self) -> str:
        """The warehouse in a line for people, without secrets."""

    @abstractmethod
    def bucket(self, expression: str, buckets: int) -> str:
        """SQL that puts a text into one of so many buckets, from 0 on; another version of the engine may choose others."""

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold every lock that a writer of this warehouse needs."""
        with writer_lock(self.settings):
            yield

    def again_when_lost(self, work: Callable[[], Result]) -> Result:
        """Do what is one transaction, or only reads; where a server may be lost under it, it is done again."""
        return work()

    def create_table(self, name: str, columns: Columns) -> str:
        return f"create table if not exists {name} ({', '.join(f'{column} {self.types[kind]}' for column, kind in columns.items())})"


def open_warehouse(settings: Settings) -> Warehouse:
    """The warehouse that the environment names. Nothing is connected yet."""
    from qn_pipeline.warehouse.duckdb import DuckDBWarehouse
    from qn_pipeline.warehouse.postgres import PostgresWarehouse

    kind, where = settings.warehouse_target()
    return PostgresWarehouse(settings, where) if kind == "postgres" else DuckDBWarehouse(settings, Path(where))
