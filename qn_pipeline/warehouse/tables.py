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
    "is_file": "boolean",
    "is_document": "boolean",
    "sha256": "text",
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
    "unit": "text",
    "waiver": "text",
}
ARRIVED: Columns = {"extraction_seq": "integer", "unit": "text", "arrived": "integer"}
WAIVERS: Columns = {
    "waiver": "text",
    "position": "integer",
    "rule": "text",
    "source": "text",
    "unit": "text",
    "row_key": "text",
    "valid_from": "date",
    "valid_to": "date",
}
ADJUSTMENTS: Columns = {
    "file": "text",
    "position": "integer",
    "source": "text",
    "row_key": "text",
    "valid_from": "date",
    "valid_to": "date",
    "column_name": "text",
    "value": "text",
    "decided_by": "text",
    "decided_on": "date",
    "reason": "text",
}
VANISHED: Columns = {"extraction_seq": "integer", "row_key": "text"}
RECONCILED_COUNTER: Columns = {
    "extraction_seq": "integer",
    "unit": "text",
    "month": "date",
    "counter": "text",
    "told": "integer",
    "held_before": "integer",
    "held_after": "integer",
}
RECONCILED_DOSSIER: Columns = {"extraction_seq": "integer", "unit": "text", "month": "date", "code": "text", "change": "text"}
SYSTEMS: Columns = {"system": "text", "rank": "integer", "is_copy": "boolean", "due_includes_pauses": "boolean", "deadline_rule": "text"}
USUAL_HOURS: Columns = {"weekday": "integer", "hours": "text"}
USUAL_DAYS: Columns = {"day": "date", "kind": "text"}
PERIOD_ENDS: Columns = {
    "period_set": "text",
    "grain": "text",
    "end_month": "integer",
    "months": "integer",
    "months_shown": "integer",
    "first_day": "integer",
}
CONFIGURED: Columns = {"mark": "text"}
RUN: Columns = {
    "as_of": "timestamp",
    "province_code": "text",
    "province_name": "text",
    "home_id": "text",
}
LOADED: Columns = {"extraction_seq": "integer"}
TOUCHED: Columns = {"entity": "text", "system": "text", "code": "text"}
APPLIED: Columns = {"as_of": "timestamp", "reference": "text", "mark": "text"}
INDICATORS: Columns = {
    "indicator": "text",
    "official_code": "text",
    "name_vi": "text",
    "name_en": "text",
    "group_code": "text",
    "basis": "text",
    "certainty": "text",
    "note": "text",
    "kind": "text",
    "unit": "text",
    "numerator": "text",
    "denominator": "text",
    "counted_by": "text",
    "points": "integer",
    "scoring": "text",
    "threshold": "integer",
    "by_channel": "boolean",
    "by_day": "boolean",
    "period_sets": "text",
    "needs": "text",
    "source": "text",
    "missing_vi": "text",
    "missing_en": "text",
    "position": "integer",
}
INDICATOR_GROUPS: Columns = {
    "group_code": "text",
    "name_vi": "text",
    "name_en": "text",
    "max_points": "integer",
    "group_of_2022": "text",
    "position": "integer",
}
RATING_BANDS: Columns = {"rating": "text", "name_vi": "text", "least": "integer"}
LAYOUT_COLUMNS: Columns = {
    "layout": "text",
    "column_code": "text",
    "label_vi": "text",
    "measures": "text",
    "counted_by": "text",
    "needs": "text",
    "position": "integer",
}
LAYOUT_IDENTITIES: Columns = {"layout": "text", "total": "text", "parts": "text"}
BUDGET_RULES: Columns = {
    "rule": "text",
    "position": "integer",
    "decides": "text",
    "chapters": "text",
    "categories": "text",
    "items": "text",
    "subitems": "text",
    "projects": "text",
    "tags": "text",
    "has_keywords": "boolean",
    "valid_from": "date",
    "valid_to": "date",
}
BUDGET_KEYWORDS: Columns = {"rule": "text", "word": "text"}
BUDGET_TARGET: Columns = {"target_hundredths": "integer", "certainty": "text"}
POSTAL_CONTRACTS: Columns = {
    "contract": "text",
    "desk": "text",
    "position": "integer",
    "number": "text",
    "post": "text",
    "basis": "text",
    "valid_from": "date",
    "valid_to": "date",
}
POSTAL_PRICES: Columns = {
    "contract": "text",
    "desk": "text",
    "line": "integer",
    "label": "text",
    "per": "text",
    "kind": "text",
    "scanned": "text",
    "price": "integer",
    "posts": "integer",
    "valid_from": "date",
    "valid_to": "date",
}
SCORING: Columns = {"framework": "text", "since": "date", "min_denominator": "integer"}


def entity_columns(entity: str) -> Columns:
    """Columns of a table of valid rows."""
    return ROW_COLUMNS | {column.name: column.type for column in CONTRACTS[entity].columns}


OF_EXTRACTIONS = ("quarantine", "arrived", "vanished", "reconciled_counters", "reconciled_dossiers", "extractions")
"""Tables whose rows belong to an extraction, besides the entity's own."""


def all_tables() -> dict[str, Columns]:
    """Every table of the schema `valid`, by name."""
    return {entity: entity_columns(entity) for entity in CONTRACTS} | {
        "extractions": EXTRACTIONS,
        "quarantine": QUARANTINE,
        "arrived": ARRIVED,
        "waivers": WAIVERS,
        "adjustments": ADJUSTMENTS,
        "vanished": VANISHED,
        "reconciled_counters": RECONCILED_COUNTER,
        "reconciled_dossiers": RECONCILED_DOSSIER,
        "systems": SYSTEMS,
        "touched": TOUCHED,
        "loaded": LOADED,
        "applied": APPLIED,
        "configured": CONFIGURED,
        "run": RUN,
        "usual_hours": USUAL_HOURS,
        "usual_days": USUAL_DAYS,
        "indicators": INDICATORS,
        "indicator_groups": INDICATOR_GROUPS,
        "rating_bands": RATING_BANDS,
        "scoring": SCORING,
        "layout_columns": LAYOUT_COLUMNS,
        "layout_identities": LAYOUT_IDENTITIES,
        "period_ends": PERIOD_ENDS,
        "budget_rules": BUDGET_RULES,
        "budget_keywords": BUDGET_KEYWORDS,
        "budget_target": BUDGET_TARGET,
        "postal_contracts": POSTAL_CONTRACTS,
        "postal_prices": POSTAL_PRICES,
    }
