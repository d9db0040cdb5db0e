"""Which build the published marts are of, and which one the rows behind them: a mark that the swap gives to both.

On DuckDB each of the two published files holds it. On PostgreSQL marts wait for the swap while tables of rows change one after the other, so the rows lose it
before the first of them is touched, and have it again with the swap.
"""

import uuid

from qn_pipeline.warehouse.engines import Writing

SCHEMA = "build"
READ = f"select marts, rows_of from {SCHEMA}.shown"


def give_mark(writing: Writing) -> str:
    """Mark the marts and the rows as of one build, in the transaction that shows them."""
    mark = uuid.uuid4().hex
    _prepare(writing)
    writing.execute(f"delete from {SCHEMA}.shown")
    writing.execute(f"insert into {SCHEMA}.shown (marts, rows_of) values (?, ?)", [mark, mark])
    return mark


def rows_change(writing: Writing) -> None:
    """Say that rows are of no build from now on, in a transaction that comes before what changes them, or is its own."""
    _prepare(writing)
    writing.execute(f"update {SCHEMA}.shown set rows_of = null")


def _prepare(writing: Writing) -> None:
    writing.execute(f"create schema if not exists {SCHEMA}")
    writing.execute(f"create table if not exists {SCHEMA}.shown (marts varchar, rows_of varchar)")
