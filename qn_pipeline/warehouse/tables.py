"""The schema `valid`, which the loader writes: its tables and their columns, on both engines."""

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.contracts.model import ColumnType

Columns = dict[str, ColumnType]

ROW_COLUMNS: Columns = {"extraction_seq": "integer", "row_no": "integer", "content_hash": "text"}
EXTRACTIONS: Columns = {
    "extraction_seq": "integer",
    "extraction_id": "text",
    "source": "text",
    "system": "text",
    "entity": "text",
    "day": "date",
    "file": "text",
    "delivers": "text",
    "window_by": "text",
    "window_from": "date",
    "window_to": "date",
    "superseded_seq": "integer",
    "complete": "boolean",
    "arrived": "integer",
    "valid": "integer",
    "quarantined": "integer",
    "fingerprint": "text",
}
QUARANTINE: Columns = {
    "extraction_seq": "integer",
    "row_no": "integer",
    "row_key": "text",
    "version_at": "timestamp",
    "rule": "text",
    "severity": "text",
    "column_name": "text",
    "message": "text",
}
RUN: Columns = {
    "as_of": "timestamp",
    "province_code": "text",
    "province_name": "text",
    "home_id": "text",
}
INDICATORS: Columns = {
    "indicator": "text",
    "name_vi": "text",
    "name_en": "text",
    "kind": "text",
    "unit": "text",
    "numerator": "text",
    "denominator": "text",
    "position": "integer",
}


def entity_columns(entity: str) -> Columns:
    """Columns of a table of valid rows."""
    return ROW_COLUMNS | {column.name: column.type for column in CONTRACTS[entity].columns}


def all_tables() -> dict[str, Columns]:
    """Every table of the schema `valid`, by name."""
    return {entity: entity_columns(entity) for entity in CONTRACTS} | {
        "extractions": EXTRACTIONS,
        "quarantine": QUARANTINE,
        "run": RUN,
        "indicators": INDICATORS,
    }
