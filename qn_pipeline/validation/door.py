"""The checks at the door for the days of a run: Great Expectations asserts what the one pass has counted."""

from dataclasses import dataclass
from datetime import date

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.landing.extractions import current, read_extractions
from qn_pipeline.project import Project
from qn_pipeline.settings import Settings
from qn_pipeline.validation.expectations import Bound, check_bounds, none_of
from qn_pipeline.validation.validate import ValidExtraction, read_valid, validate

SHARE_OF = "quarantined share of "


@dataclass(frozen=True)
class DoorFindings:
    """What GX found: rows that arrived and all that stand, broken rules with their counts, and deliveries with too many bad rows.

    `expected` is false where no source of the project brings such rows.
    """

    arrived: int
    standing: int
    broken_rules: dict[str, int]
    over_limit: list[str]
    expected: bool = True


def validate_landed(settings: Settings, project: Project, entity: str) -> list[ValidExtraction]:
    """Check every extraction of an entity that has no result under the present rules. Returns all current results."""
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
    return [validate(settings, project, extraction) for extraction in current(landed)]


def check_door(entity: str, project: Project, results: list[ValidExtraction], days: list[date]) -> DoorFindings:
    """Assert the counts of the days' extractions, and the share of bad rows of every one that stands: one that was refused stays refused.

    Raises CheckBroken when an expectation could not be run.
    """
    asked = [result for result in results if result.extraction.manifest.day in set(days)]
    arrived = sum(result.report.arrived for result in asked)
    shares = [_share(project, result) for result in results]
    if not shares:
        return DoorFindings(0, 0, {}, [], expected=bool(project.sources_of(entity)))
    violations: dict[str, int] = {}
    for result in asked:
        for rule, count in result.report.violations.items():
            violations[rule] = violations.get(rule, 0) + count
    findings = check_bounds(f"valid_{entity}", [*none_of(violations), *shares])
    failed = [finding.bound for finding in findings if not finding.passed]
    return DoorFindings(
        arrived=arrived,
        standing=sum(result.report.arrived for result in results),
        broken_rules={bound.name: int(bound.count) for bound in failed if bound.name in violations},
        over_limit=[bound.name.removeprefix(SHARE_OF) for bound in failed if bound in shares],
    )


def _share(project: Project, result: ValidExtraction) -> Bound:
    """The share of an extraction's rows in quarantine; a single bad row is never too many."""
    manifest, report = result.extraction.manifest, result.report
    share = report.quarantined / report.arrived if report.quarantined > 1 else 0.0
    return Bound(f"{SHARE_OF}{manifest.file} ({manifest.id})", share, maximum=project.source(manifest.source).max_quarantined)
