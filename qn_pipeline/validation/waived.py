"""Which waivers of qn.yaml reach what."""

from datetime import date

from qn_pipeline.project import Project, Waiver


def waiver_of(project: Project, rule: str, source: str | None, day: date) -> Waiver | None:
    """The waiver under which a rule does not hold for all of a source on a day; one of single units or keys is none."""
    return next(
        (
            waiver
            for waiver in project.waivers
            if waiver.rule == rule
            and waiver.source in (None, source)
            and waiver.unit is None
            and not waiver.keys
            and waiver.start <= day <= waiver.until
        ),
        None,
    )


def is_waived(project: Project, rule: str, source: str | None, day: date) -> bool:
    return waiver_of(project, rule, source, day) is not None
