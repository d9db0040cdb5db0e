"""A contract as an Arrow schema: what the Parquet of valid rows holds. Apart from the declarations, so that reading those imports no Arrow."""

import pyarrow as pa

from qn_pipeline.contracts.model import Column, ColumnType, Contract

TYPES: dict[ColumnType, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
}


def arrow_schema(contract: Contract) -> pa.Schema:
    """The contract's columns in order, with label, unit and whether they are personal as metadata."""
    return pa.schema(
        [pa.field(column.name, TYPES[column.type], column.nullable, _metadata(column)) for column in contract.columns],
        {"entity": contract.entity, "key": ",".join(contract.key)},
    )


def _metadata(column: Column) -> dict[str, str]:
    told = {"label": column.label, "unit": column.unit, "personal": "true" if column.personal else None}
    return {name: value for name, value in told.items() if value is not None}
