"""Readers while nights run: a process of its own that asks again and again, as a BI tool does or an engineer, and tells what it saw."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb
import psycopg2

from qn_pipeline.errors import WarehouseBusy
from qn_pipeline.settings import Settings
from qn_pipeline.warehouse.engines import open_warehouse
from qn_pipeline_tests.end_to_end.nights import CONTEXT

# One statement over several views: what it sees must be of one night. The sum changes with every night.
QUESTION = """
    select
        (select max(as_of) from bi.data_status) as as_of, (select max(last_day) from bi.data_status) as last_day,
        (select cast(sum(numerator) as bigint) from bi.fact_indicator) as numerators, (select count(*) from bi.fact_indicator) as figures,
        (select count(*) from bi.fact_scorecard) as lines, (select cast(sum(cases) as bigint) from bi.fact_quarantine) as cases,
        (select count(*) from bi.fact_indicator as f inner join bi.dim_period as p on p.period_key = f.period_key) as joined"""


@dataclass
class Seen:
    """States one after the other, each once for as long as it stood, how often was asked, how often told that a run is at work, and what went wrong."""

    states: list[tuple[Any, ...]] = field(default_factory=list)
    asked: int = 0
    busy: int = 0
    errors: list[str] = field(default_factory=list)


class Session:
    """How one reader reads: PostgreSQL (a URL) in one session of many transactions, a published file opened for each question, or rows as the pipeline gives them."""

    def __init__(self, where: str | Path | Settings) -> None:
        self._file = where if isinstance(where, Path) else None
        self._rows_of = open_warehouse(where) if isinstance(where, Settings) else None
        self._connection = psycopg2.connect(where) if isinstance(where, str) else None
        if self._connection is not None:
            self._connection.autocommit = True

    def ask(self, question: str = QUESTION) -> tuple[Any, ...]:
        if self._rows_of is not None:
            return self._rows_of.query_rows(question)[1][0]
        if self._file is not None:
            with duckdb.connect(str(self._file), read_only=True) as file:
                return file.execute(question).fetchall()[0]
        assert self._connection is not None
        with self._connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchall()[0]


@contextmanager
def reading(where: str | Path | Settings, question: str = QUESTION, every: float = 0.005) -> Iterator[Seen]:
    """Ask a question again and again (with so many seconds between) in another process until the block ends; then `Seen` is filled in."""
    seen, (here, there) = Seen(), CONTEXT.Pipe()
    process = CONTEXT.Process(target=_read, args=(where, question, every, there))
    process.start()
    try:
        assert here.recv() == "started"
        yield seen
    finally:
        here.send("stop")
        told = here.recv() if here.poll(30) else Seen(errors=["the reader hangs"])
        process.join(5)
        process.kill()
    seen.states, seen.asked, seen.busy, seen.errors = told.states, told.asked, told.busy, told.errors


def _read(where: str | Path | Settings, question: str, every: float, told: Connection) -> None:
    seen, session = Seen(), Session(where)
    told.send("started")
    while not told.poll(every):
        seen.asked += 1
        try:
            state = session.ask(question)
        except WarehouseBusy:
            seen.busy += 1
            continue
        except Exception as error:  # noqa: BLE001 -- whatever it is, a reader must not meet it
            seen.errors.append(f"{type(error).__name__}: {error}")
            continue
        if not seen.states or seen.states[-1] != state:
            seen.states.append(state)
    told.recv()
    told.send(seen)
