"""Sums in an office's table that differ from its lines, as rows of the quarantine. Found when the file was read (sources/outline)."""

from collections.abc import Sequence

from qn_pipeline.contracts.model import Severity
from qn_pipeline.engine import literal
from qn_pipeline.landing.extractions import Extraction
from qn_pipeline.project import Source
from qn_pipeline.project_quality import TOTAL_DIFFERS, Waiver
from qn_pipeline.sources.outline import Finding


def differing_sums(source: Source, extraction: Extraction, waivers: Sequence[Waiver]) -> str:
    """SQL that adds the sums that differ to the quarantine, one row a column of the contract; nothing when there are none."""
    columns: dict[str, list[str]] = {}
    for name, mapping in source.mapping.columns.items():
        if mapping.source and source.contract.column(name).type == "integer":
            columns.setdefault(mapping.source, []).append(name)
    values = ", ".join(
        f"({finding.row_no}, {literal(name)}, {literal(_told(finding))})"
        for finding in extraction.manifest.findings
        for name in columns.get(finding.column, [])
    )
    if not values:
        return ""
    told = f"(values {values}) told(row_no, column_name, message)"
    waiver = next((literal(waiver.name) for waiver in waivers if waiver.rule == TOTAL_DIFFERS), "null")
    return f"union all select row_no, null, null, '{TOTAL_DIFFERS}', '{Severity.WARN}', column_name, message, null, {waiver} from {told}"


def _told(finding: Finding) -> str:
    if finding.told is None:
        return f"Ô {finding.cell}: số tổng không đọc được, các dòng thành phần cộng lại là {_vietnamese(finding.added)} (đơn vị của bảng)."
    return (
        f"Ô {finding.cell}: số tổng là {_vietnamese(finding.told)}, các dòng thành phần cộng lại là {_vietnamese(finding.added)} (đơn vị của bảng)."
    )


def _vietnamese(number: str) -> str:
    """A plain decimal as it is written here: 1.234,5."""
    whole, _, fraction = number.partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    sign = "-" if whole.startswith("-") and not grouped.startswith("-") else ""
    return f"{sign}{grouped}" + (f",{fraction}" if fraction.strip("0") else "")
