"""Great Expectations over counts: one row of counts, an expectation a count, and three outcomes kept apart.

GX says `success=False` both for bad data and for an expectation that could not run; the second raises CheckBroken here.
"""

from dataclasses import dataclass
from typing import Any

from qn_pipeline.errors import CheckBroken


@dataclass(frozen=True)
class Bound:
    """A count with the bounds that it must keep."""

    name: str
    count: float
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Finding:
    """What GX says of a bound."""

    bound: Bound
    passed: bool


def none_of(counts: dict[str, int]) -> list[Bound]:
    """Counts of violations, each of which must be zero."""
    return [Bound(name, count, maximum=0) for name, count in counts.items()]


def check_bounds(suite_name: str, bounds: list[Bound]) -> list[Finding]:
    """Assert every bound with GX. Raises CheckBroken when an expectation could not be run."""
    import great_expectations as gx
    import pandas as pd
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.core.expect_column_max_to_be_between import ExpectColumnMaxToBeBetween

    frame = pd.DataFrame({bound.name: [bound.count] for bound in bounds})
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batch = (
        context.data_sources.add_pandas(suite_name)
        .add_dataframe_asset(suite_name)
        .add_batch_definition_whole_dataframe(suite_name)
        .get_batch({"dataframe": frame})
    )
    suite = gx.ExpectationSuite(
        name=suite_name,
        expectations=[ExpectColumnMaxToBeBetween(column=bound.name, min_value=bound.minimum, max_value=bound.maximum) for bound in bounds],
    )
    outcome = batch.validate(suite, result_format="BASIC")
    return findings_of(suite_name, bounds, [result.to_json_dict() for result in outcome.results])


def findings_of(suite_name: str, bounds: list[Bound], results: list[dict[str, Any]]) -> list[Finding]:
    """GX's results against the bounds they answer. Raises CheckBroken when one is missing or hides an exception."""
    by_column = {str(result["expectation_config"]["kwargs"]["column"]): result for result in results}
    findings = []
    for bound in bounds:
        result = by_column.get(bound.name)
        if result is None or _exception(result) is not None:
            reason = _exception(result) if result is not None else "it gave no result"
            raise CheckBroken(
                f"The check {suite_name}.{bound.name} could not be run ({reason}): nothing is known about the data. What follows was not run."
            )
        findings.append(Finding(bound, bool(result["success"])))
    return findings


def _exception(result: dict[str, Any]) -> str | None:
    info = result.get("exception_info") or {}
    # One exception, or one a metric.
    parts = [info] if "raised_exception" in info else [part for part in info.values() if isinstance(part, dict)]
    return next((str(part.get("exception_message")) for part in parts if part.get("raised_exception")), None)
