"""Great Expectations: passed, failed and broken are three things. Every way in which GX can hide that it did not look is met with the real GX."""

import math
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from qn_pipeline.errors import CheckBroken
from qn_pipeline.validation import expectations
from qn_pipeline.validation.expectations import Bound, Finding, check_bounds, findings_of, none_of

ROWS = Bound("rows", 1, minimum=1)


def asked(frame: dict[str, list[Any]], columns: Sequence[str], row_count: bool = True) -> list[dict[str, Any]]:
    """What the real GX answers when it is asked for at least 1 in columns of a frame."""
    import great_expectations as gx
    import pandas as pd
    from great_expectations.expectations.core.expect_column_max_to_be_between import ExpectColumnMaxToBeBetween
    from great_expectations.expectations.core.expect_table_row_count_to_equal import ExpectTableRowCountToEqual

    context = gx.get_context(mode="ephemeral")
    batch = (
        context.data_sources.add_pandas("s")
        .add_dataframe_asset("s")
        .add_batch_definition_whole_dataframe("s")
        .get_batch({"dataframe": pd.DataFrame(frame)})
    )
    wanted: list[Any] = [ExpectTableRowCountToEqual(value=1)] if row_count else []
    wanted += [ExpectColumnMaxToBeBetween(column=column, min_value=1) for column in columns]
    return [result.to_json_dict() for result in batch.validate(gx.ExpectationSuite(name="s", expectations=wanted), result_format="BASIC").results]


def of_rows(results: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer about the column, among those in GX's own order."""
    return next(result for result in results if "column" in result["expectation_config"]["kwargs"])


def test_counts_within_and_out_of_their_bounds() -> None:
    bounds = [*none_of({"good": 0, "bad": 3}), Bound("rows", 5, minimum=1), Bound("no rows", 0, minimum=1), Bound("share", 0.25, maximum=0.2)]
    assert [(finding.bound.name, finding.passed) for finding in check_bounds("suite", bounds)] == [
        ("good", True),
        ("bad", False),
        ("rows", True),
        ("no rows", False),
        ("share", False),
    ]


def test_a_plain_answer_is_a_finding() -> None:
    assert findings_of("suite", [ROWS], asked({"rows": [1]}, ["rows"])) == [Finding(ROWS, True)]


def test_an_expectation_that_stumbles_is_broken_and_not_bad_data() -> None:
    """A text among the counts: GX answers success=False, with one exception in the result."""
    answer = of_rows(asked({"rows": ["one"]}, ["rows"]))
    assert answer["success"] is False
    assert answer["exception_info"]["raised_exception"]
    with pytest.raises(CheckBroken, match=r"suite\.odd could not be run .* nothing is known about the data"):
        check_bounds("suite", [Bound("odd", "three", maximum=0)])  # type: ignore[arg-type]


def test_a_metric_that_stumbles_is_broken() -> None:
    """A column that is not there: GX answers success=False, with an exception a metric."""
    results = asked({"other": [1]}, ["rows"])
    assert "raised_exception" not in of_rows(results)["exception_info"]
    with pytest.raises(CheckBroken, match=r'suite\.rows could not be run .*"rows" in BatchData does not exist'):
        findings_of("suite", [ROWS], results)


def test_neither_yes_nor_no_is_broken() -> None:
    results = asked({"rows": [1]}, ["rows"])
    of_rows(results)["success"] = None
    with pytest.raises(CheckBroken, match="neither yes nor no"):
        findings_of("suite", [ROWS], results)


def test_an_expectation_that_vanished_is_broken() -> None:
    with pytest.raises(CheckBroken, match=r"suite\.rows could not be run \(it gave no result\)"):
        findings_of("suite", [ROWS], asked({"rows": [1]}, []))
    with pytest.raises(CheckBroken, match="gave no result"):
        findings_of("suite", [ROWS], [])


@pytest.mark.parametrize("frame", [{"rows": []}, {"rows": [1, 1]}])
def test_counts_that_are_not_one_row_are_broken(frame: dict[str, list[Any]]) -> None:
    with pytest.raises(CheckBroken, match="not one row"):
        findings_of("suite", [ROWS], asked(frame, ["rows"]))


def test_counts_whose_number_nobody_looked_at_are_broken() -> None:
    with pytest.raises(CheckBroken, match=r"suite\.rows could not be run \(it gave no result\)"):
        findings_of("suite", [ROWS], asked({"rows": [1]}, ["rows"], row_count=False))


def test_a_count_that_is_no_number_is_broken() -> None:
    """GX answers success=False for it, with no exception at all."""
    results = asked({"rows": [math.nan]}, ["rows"])
    assert (of_rows(results)["success"], of_rows(results)["exception_info"]["raised_exception"]) == (False, False)
    with pytest.raises(CheckBroken, match="another count"):
        findings_of("suite", [ROWS], results)
    for count in (math.nan, math.inf):
        with pytest.raises(CheckBroken, match="its count is no number"):
            check_bounds("suite", [Bound("rows", count, minimum=1)])


def test_another_count_than_the_one_given_is_broken() -> None:
    with pytest.raises(CheckBroken, match="another count"):
        findings_of("suite", [ROWS], asked({"rows": [7]}, ["rows"]))


def test_an_answer_that_nobody_asked_for_is_broken() -> None:
    with pytest.raises(CheckBroken, match=r"suite\.others could not be run \(nobody asked for it\)"):
        findings_of("suite", [ROWS], asked({"rows": [1], "others": [1]}, ["rows", "others"]))


def test_what_is_asked_or_answered_twice_is_broken() -> None:
    results = asked({"rows": [1]}, ["rows"])
    with pytest.raises(CheckBroken, match="answered twice"):
        findings_of("suite", [ROWS], [*results, of_rows(results)])
    with pytest.raises(CheckBroken, match=r"suite\.rows could not be run \(it is asked twice\)"):
        check_bounds("suite", [ROWS, Bound("rows", 0, maximum=0)])


def test_a_suite_that_asks_nothing_is_broken() -> None:
    """GX passes a suite without expectations, and an expectation without bounds."""
    with pytest.raises(CheckBroken, match="it has no expectation"):
        check_bounds("suite", [])
    with pytest.raises(CheckBroken, match=r"suite\.rows could not be run \(it has no bounds\)"):
        check_bounds("suite", [Bound("rows", 1)])


def test_a_suite_that_stumbles_as_a_whole_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    from great_expectations.datasource.fluent.interfaces import Batch

    def stumble(*_: object, **__: object) -> None:
        raise RuntimeError("a value of a row")

    monkeypatch.setattr(Batch, "validate", stumble)
    with pytest.raises(CheckBroken, match=r"suite could not be run \(RuntimeError while it ran\)") as caught:
        check_bounds("suite", [ROWS])
    assert "a value of a row" not in str(caught.value)


def test_a_suite_that_contradicts_its_expectations_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expectations, "_validate", lambda *_: (asked({"rows": [1]}, ["rows"]), False))
    with pytest.raises(CheckBroken, match="the suite as a whole says False"):
        check_bounds("suite", [ROWS])


def test_without_great_expectations_nothing_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "great_expectations", None)
    with pytest.raises(CheckBroken, match="ModuleNotFoundError while it ran"):
        check_bounds("suite", [ROWS])
