"""Waivers and adjustments as rows of the schema `valid`: what was decided, beside the rows that it reached."""

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.project import Project
from qn_pipeline.project_quality import typed_text

Rows = list[dict[str, object]]


def waiver_rows(project: Project) -> Rows:
    """One row a waiver, or a waiver and key; where several hold, the one with the lowest position does."""
    everything: list[str | None] = [None]
    return [
        {
            "waiver": waiver.name,
            "position": position,
            "rule": waiver.rule,
            "source": waiver.source,
            "unit": waiver.unit,
            "row_key": key,
            "valid_from": waiver.start,
            "valid_to": waiver.until,
        }
        for position, waiver in enumerate(project.waivers, start=1)
        for key in waiver.keys or everything
    ]


def adjustment_rows(project: Project) -> Rows:
    """One row a decision, key and column; of several the one with the highest position holds."""
    decisions = sorted(project.adjustments, key=lambda each: (each.decided_on, each.file))
    decided = [(decision, row) for decision in decisions for row in decision.rows]
    return [
        {
            "file": decision.file,
            "position": position,
            "source": decision.source,
            "row_key": row.code,
            "valid_from": row.day or row.start,
            "valid_to": decision.reach(row)[1],
            "column_name": name,
            "value": typed_text(CONTRACTS[project.sources[decision.source].entity].column(name), text, project.profile),
            "decided_by": decision.decided_by,
            "decided_on": decision.decided_on,
            "reason": decision.reason,
        }
        for position, (decision, row) in enumerate(decided, start=1)
        for name, text in row.set.items()
    ]
