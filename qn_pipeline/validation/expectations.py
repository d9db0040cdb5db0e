"""Great Expectations over counts: one row of counts, an expectation a count, and three outcomes kept apart.

GX says `success=False` both for bad data and for an expectation that could not run, and says `success=True` of a suite in which nothing
was asked. Whatever is not a plain yes or no about the very count that was given raises CheckBroken here.
"""

import logging
import math
from dataclasses import dataclass
from typing import Any

from qn_pipeline.errors import CheckBroken

log = logging.getLogger(__name__)

ROW_COUNT = "expect_table_row_count_to_equal"


@dataclass(frozen=True)
class Bound:
    """A count with the bounds that it must keep; it has one of them at least."""

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
    """Assert every bound with GX, and that there is one row of counts. Raises CheckBroken when any of it could not be run."""
    _check_askable(suite_name, bounds)
    try:
        results, success = _validate(suite_name, bounds)
    except Exception as error:
        # Whatever GX, or its import, stumbled on. Its words may hold values, so they stay in the debug log.
        log.debug("the suite %s stumbled", suite_name, exc_info=True)
        raise _broken(suite_name, f"{type(error).__name__} while it ran") from error
    findings = findings_of(suite_name, bounds, results)
    if success is not all(finding.passed for finding in findings):
        raise _broken(suite_name, f"the suite as a whole says {success}, its expectations say otherwise")
    return findings


def _check_askable(suite_name: str, bounds: list[Bound]) -> None:
    """Raise CheckBroken for what GX would pass, or answer once for two, without a word."""
    if not bounds:
        raise _broken(suite_name, "it has no expectation")
    names = [bound.name for bound in bounds]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise _broken(f"{suite_name}.{doubled}", "it is asked twice")
    for bound in bounds:
        if bound.minimum is None and bound.maximum is None:
            raise _broken(f"{suite_name}.{bound.name}", "it has no bounds")
        if isinstance(bound.count, float) and not math.isfinite(bound.count):
            raise _broken(f"{suite_name}.{bound.name}", "its count is no number")


def _validate(suite_name: str, bounds: list[Bound]) -> tuple[list[dict[str, Any]], bool | None]:
    import great_expectations as gx
    import pandas as pd
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.core.expect_column_max_to_be_between import ExpectColumnMaxToBeBetween
    from great_expectations.expectations.core.expect_table_row_count_to_equal import ExpectTableRowCountToEqual

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
        expectations=[
            # A maximum over no row at all would be no number, and not a bad one.
            ExpectTableRowCountToEqual(value=1),
            *(ExpectColumnMaxToBeBetween(column=bound.name, min_value=bound.minimum, max_value=bound.maximum) for bound in bounds),
        ],
    )
    outcome = batch.validate(suite, result_format="BASIC")
    return [result.to_json_dict() for result in outcome.results], outcome.success


def findings_of(suite_name: str, bounds: list[Bound], results: list[dict[str, Any]]) -> list[Finding]:
    """GX's results against the bounds they answer, in the order of the bounds.

    Raises CheckBroken when one is missing, hides an exception, says neither yes nor no, is of another count than the one given, or was not asked for.
    """
    by_column: dict[str, dict[str, Any]] = {}
    rows = None
    for result in results:
        config = result["expectation_config"]
        if config["type"] == ROW_COUNT:
            rows = result
            continue
        column = str(config["kwargs"].get("column"))
        if column in by_column:
            raise _broken(f"{suite_name}.{column}", "it was answered twice")
        by_column[column] = result
    if not _answer(f"{suite_name}.rows", rows):
        raise _broken(suite_name, "its counts are not one row")
    stranger = next((column for column in by_column if column not in {bound.name for bound in bounds}), None)
    if stranger is not None:
        raise _broken(f"{suite_name}.{stranger}", "nobody asked for it")
    findings = []
    for bound in bounds:
        answer = by_column.get(bound.name)
        passed = _answer(f"{suite_name}.{bound.name}", answer)
        observed = ((answer or {}).get("result") or {}).get("observed_value")
        if isinstance(observed, bool) or not isinstance(observed, int | float) or float(observed) != float(bound.count):
            raise _broken(f"{suite_name}.{bound.name}", "it looked at another count than the one given")
        findings.append(Finding(bound, passed))
    return findings


def _answer(name: str, result: dict[str, Any] | None) -> bool:
    if result is None:
        raise _broken(name, "it gave no result")
    hidden = _exception(result)
    if hidden is not None:
        raise _broken(name, hidden)
    success = result.get("success")
    if not isinstance(success, bool):
        raise _broken(name, "it said neither yes nor no")
    return success


def _exception(result: dict[str, Any]) -> str | None:
    info = result.get("exception_info") or {}
    # One exception, or one a metric.
    parts = [info] if "raised_exception" in info else [part for part in info.values() if isinstance(part, dict)]
    return next((str(part.get("exception_message")) for part in parts if part.get("raised_exception")), None)


def _broken(name: str, reason: str) -> CheckBroken:
    return CheckBroken(f"The check {name} could not be run ({reason}): nothing is known about the data. What follows was not run.")
