"""The canonical export: published marts as ordered text without ids and load times, to compare runs and engines by hash."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from qn_pipeline.warehouse.engines import MARTS, Warehouse

# Columns that name an extraction or a moment of loading; all others must be equal however often, and in which order, things were run.
LEFT_OUT = {"as_of"}


def export_rows(warehouse: Warehouse, table: str, schema: str = MARTS) -> Iterator[str]:
    """The rows of a published mart, or of a view for BI tools, a line each, in the order of their text."""
    columns, rows = warehouse.read(f"select * from {schema}.{table}")
    kept = [position for position, column in enumerate(columns) if column not in LEFT_OUT]
    yield "\t".join(columns[position] for position in kept)
    yield from sorted("\t".join(_text(row[position]) for position in kept) for row in rows)


def export_digest(warehouse: Warehouse, schema: str = MARTS) -> dict[str, str]:
    """A hash for each published mart, or each view of another schema."""
    _, tables = warehouse.read("select table_name from information_schema.tables where table_schema = ? order by table_name", [schema])
    digests = {}
    for (table,) in tables:
        digest = hashlib.sha256()
        for line in export_rows(warehouse, table, schema):
            digest.update(line.encode() + b"\n")
        digests[str(table)] = digest.hexdigest()
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
