"""What the UI shows beside an asset, from the contracts."""

from dagster import TableColumn, TableColumnConstraints, TableSchema

from qn_pipeline.contracts.model import Column, Contract

OWNERS = ["team:data-engineering"]


def table_schema(contract: Contract) -> TableSchema:
    """A contract's columns for the UI."""
    return TableSchema(
        columns=[
            TableColumn(column.name, type=column.type, description=_description(column), constraints=TableColumnConstraints(nullable=column.nullable))
            for column in contract.columns
        ]
    )


def _description(column: Column) -> str:
    parts = [column.label, column.description]
    if column.unit:
        parts.append(f"Unit: {column.unit}.")
    if column.codes:
        parts.append("Codes: " + ", ".join(column.codes.codes("vietnam")) + ".")
    if column.sealed:
        parts.append("Sealed.")
    return " — ".join(parts[:2]) + " " + " ".join(parts[2:])
