"""The canonical export: published marts as ordered text without ids and load times, to compare runs and engines by hash."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal

from qn_pipeline.engine import quoted
from qn_pipeline.warehouse.engines import MARTS, MARTS_NEXT, Row, Warehouse

# Columns that name an extraction or a moment of loading; all others must be equal however often, and in which order, things were run.
LEFT_OUT = {"as_of"}


def export_digest(warehouse: Warehouse, schema: str = MARTS) -> dict[str, str]:
    """A hash for each published mart, or each view of another schema."""
    return _digests(lambda sql, parameters: warehouse.read(sql, parameters)[1], schema)


def built_digest(warehouse: Warehouse) -> dict[str, str]:
    """The same of the marts that were built and may not be published yet."""
    with warehouse.writing() as writing:
        return _digests(writing.execute, MARTS_NEXT)


def _digests(ask: Callable[[str, Sequence[object]], list[Row]], schema: str) -> dict[str, str]:
    columns: dict[str, list[str]] = {}
    told = "select table_name, column_name from information_schema.columns where table_schema = ? order by table_name, ordinal_position"
    for table, column in ask(told, [schema]):
        columns.setdefault(str(table), []).append(str(column))
    digests = {}
    for table, names in sorted(columns.items()):
        kept = [name for name in names if name not in LEFT_OUT]
        digest = hashlib.sha256("\t".join(kept).encode() + b"\n")
        rows = ask(f"select {', '.join(quoted(name) for name in kept)} from {schema}.{table}", [])
        # In the order of their text, which no engine's collation decides.
        for line in sorted("\t".join(_text(value) for value in row) for row in rows):
            digest.update(line.encode() + b"\n")
        digests[table] = digest.hexdigest()
    return digests


def _text(value: object) -> str:
    match value:
        case None:
            return "\\N"
        case bool():
            return str(value).lower()
        case Decimal():
            return f"{value.normalize():f}"
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)
