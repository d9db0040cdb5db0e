"""Great Expectations: passed, failed and broken are three things."""

import pytest

from qn_pipeline.errors import CheckBroken
from qn_pipeline.validation.expectations import Bound, Finding, check_bounds, findings_of, none_of


def test_counts_within_and_out_of_their_bounds() -> None:
    bounds = [*none_of({"good": 0, "bad": 3}), Bound("rows", 5, minimum=1), Bound("no rows", 0, minimum=1), Bound("share", 0.25, maximum=0.2)]
    assert [(finding.bound.name, finding.passed) for finding in check_bounds("suite", bounds)] == [
        ("good", True),
        ("bad", False),
        ("rows", True),
        ("no rows", False),
        ("share", False),
    ]


def test_an_expectation_that_cannot_run_is_broken_and_not_bad_data() -> None:
    """A text among the counts: GX answers success=False, and hides the exception in its result."""
    with pytest.raises(CheckBroken, match=r"suite\.odd could not be run .* nothing is known about the data"):
        check_bounds("suite", [Bound("odd", "three", maximum=0)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "info",
    [
        {"raised_exception": True, "exception_message": "IndexError: list index out of range"},
        {"('column.max', 1)": {"raised_exception": True, "exception_message": "IndexError: list index out of range"}},
    ],
)
def test_both_shapes_of_a_hidden_exception_are_seen(info: dict[str, object]) -> None:
    result = {"expectation_config": {"kwargs": {"column": "rows"}}, "success": False, "exception_info": info}
    with pytest.raises(CheckBroken, match="IndexError"):
        findings_of("suite", [Bound("rows", 1, minimum=1)], [result])


def test_a_result_that_is_missing_is_broken() -> None:
    with pytest.raises(CheckBroken, match="gave no result"):
        findings_of("suite", [Bound("rows", 1, minimum=1)], [])


def test_a_result_without_exception_is_a_finding() -> None:
    bound = Bound("rows", 1, minimum=1)
    result = {"expectation_config": {"kwargs": {"column": "rows"}}, "success": True, "exception_info": {"raised_exception": False}}
    assert findings_of("suite", [bound], [result]) == [Finding(bound, True)]
