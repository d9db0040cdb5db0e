"""What the UI shows beside an asset, from the contracts."""

from dagster import TableColumn, TableColumnConstraints, TableSchema

from qn_pipeline.contracts.model import Column, Contract, range_told

OWNERS = ["team:data-engineering"]


def table_schema(contract: Contract) -> TableSchema:
    """A contract's columns for the UI, with what each may hold."""
    return TableSchema(
        columns=[
            TableColumn(
                column.name,
                type=column.type,
                description=f"{column.label}: {column.description}",
                constraints=TableColumnConstraints(nullable=column.nullable, other=_constraints(column)),
                tags={"personal": "sealed"} if column.personal else {},
            )
            for column in contract.columns
        ]
    )


def _constraints(column: Column) -> list[str]:
    """Unit, codes, bounds, shape, and what else its declaration says."""
    told = [f"unit: {column.unit}"] if column.unit else []
    if column.codes:
        told.append("codes: " + ", ".join(f"{code} ({label})" for code, label in column.codes.codes("vietnam").items()))
    if column.least is not None or column.most is not None:
        told.append(f"range: {range_told(column)}")
    if column.shape:
        told.append(f"shape: {column.shape.pattern}")
    if column.past:
        told.append("not after the day that the data speak for")
    if column.personal:
        told.append("personal: a keyed HMAC")
    if column.volatile:
        told.append("volatile: its change alone makes no version")
    return told
