"""The checks at the door for the days of a run: Great Expectations asserts what the one pass has counted."""

from dataclasses import dataclass
from datetime import date

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.landing.extractions import current, read_extractions
from qn_pipeline.project import Project
from qn_pipeline.settings import Settings
from qn_pipeline.validation.expectations import Bound, check_bounds, none_of
from qn_pipeline.validation.validate import ValidExtraction, read_valid, validate


@dataclass(frozen=True)
class DoorFindings:
    """What GX found: rows that arrived, broken rules with their counts, and sources over their limit.

    `expected` is false where no source of the project brings such rows.
    """

    arrived: int
    broken_rules: dict[str, int]
    sources_over_limit: list[str]
    expected: bool = True


def validate_days(settings: Settings, project: Project, entity: str, days: list[date]) -> list[ValidExtraction]:
    """Check every extraction of an entity that has no result under the present rules. Returns the current results of the days."""
    landed = [extraction for extraction in read_extractions(settings, entity) if extraction.manifest.file is not None]
    unknown = sorted({extraction.manifest.source for extraction in landed} - set(project.sources))
    if unknown:
        raise ConfigurationError(
            f"Landing holds extractions of the source {unknown[0]!r}, which qn.yaml does not declare. The warehouse was not touched. "
            f"Declare it again, or move {settings.landing / entity / unknown[0]} away."
        )
    for extraction in landed:
        if read_valid(settings, project, extraction) is None:
            validate(settings, project, extraction)
    wanted = set(days)
    return [validate(settings, project, extraction) for extraction in current(landed) if extraction.manifest.day in wanted]


def check_door(entity: str, project: Project, results: list[ValidExtraction]) -> DoorFindings:
    """Assert the counts of the days' extractions. Raises CheckBroken when an expectation could not be run."""
    arrived = sum(result.report.arrived for result in results)
    if arrived == 0:
        return DoorFindings(0, {}, [], expected=bool(project.sources_of(entity)))
    violations: dict[str, int] = {}
    for result in results:
        for rule, count in result.report.violations.items():
            violations[rule] = violations.get(rule, 0) + count
    shares = []
    for name in sorted({result.extraction.manifest.source for result in results}):
        reports = [result.report for result in results if result.extraction.manifest.source == name]
        share = sum(report.quarantined for report in reports) / max(1, sum(report.arrived for report in reports))
        shares.append(Bound(f"quarantined share of {name}", share, maximum=project.source(name).max_quarantined))
    findings = check_bounds(f"valid_{entity}", [*none_of(violations), Bound("rows", arrived, minimum=1), *shares])
    failed = [finding.bound for finding in findings if not finding.passed]
    return DoorFindings(
        arrived=arrived,
        broken_rules={bound.name: int(bound.count) for bound in failed if bound.name in violations},
        sources_over_limit=[bound.name.removeprefix("quarantined share of ") for bound in failed if bound in shares],
    )
