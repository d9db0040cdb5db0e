"""The schema `bi` as declared: files that derive from it have not drifted, and what it says of adding up holds for every measure."""

import re
import unicodedata

from qn_pipeline.indicators.catalogue import catalogue
from qn_pipeline.indicators.measures import FAMILIES, FEEDBACK_STOCKS, SERVICES, STOCK_SPLITS, STOCKS
from qn_pipeline.publishing.bi import HOW_TO_SUM, LABELS, VIEWS
from qn_pipeline.publishing.bi_files import comment, render
from qn_pipeline.warehouse import exit_checks
from qn_pipeline.warehouse.dbt import PROJECT

COLUMNS = [(view, column) for view in VIEWS for column in view.columns]


def test_generated_files_are_as_declared() -> None:
    for path, text in render().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} has drifted: make generate"


def test_every_view_is_promised_and_has_its_model() -> None:
    assert sorted(view.name for view in VIEWS) == list(exit_checks.VIEWS)
    assert {path.stem for path in (PROJECT / "models" / "bi").glob("*.sql")} == {view.model for view in VIEWS}


def test_a_ratio_stands_beside_its_numerator_and_denominator() -> None:
    for view, column in COLUMNS:
        names = [other.name for other in view.columns]
        assert set(column.of or ()) <= set(names), (view.name, column.name)
        # What is a share by its name says of what.
        if re.search("share|progress$", column.name) and column.type == "decimal(20,2)" and column.name != "target_share":
            assert column.of, (view.name, column.name)
        assert set(view.key) <= set(names)


def test_every_number_says_how_it_adds_up() -> None:
    ordinal = {"depth", "max_points", "threshold", "position", "year", "quarter", "month"}
    for view, column in COLUMNS:
        if column.type in ("bigint", "decimal(20,2)") and column.name not in ordinal:
            assert column.sums in HOW_TO_SUM, (view.name, column.name)


def test_keys_name_dimensions_that_there_are() -> None:
    dimensions = {view.name: view for view in VIEWS if view.name.startswith("dim_")}
    assert {column.to for _, column in COLUMNS if column.to} == set(dimensions)
    assert all(len(view.key) == 1 for view in dimensions.values()), "BI tools join by one column"


def test_texts_are_vietnamese_in_one_form_and_free_of_what_statements_cannot_hold() -> None:
    texts = [view.label for view in VIEWS] + [comment(column) for _, column in COLUMNS] + [label for of in LABELS.values() for label in of.values()]
    for text in texts:
        assert text == unicodedata.normalize("NFC", text)
        assert "?" not in text, "the warehouse writes parameters so"
    told = [comment(column) for _, column in COLUMNS]
    assert sum(not label.isascii() for label in told) > 0.9 * len(told)


def test_names_of_measures_say_which_are_stocks_and_which_are_distinct() -> None:
    """models/bi/bi_dim_indicator.sql tells them apart by parts of their names."""
    stocks = STOCK_SPLITS | set(STOCKS) | {f"opening_{stock}" for stock in STOCKS} | FEEDBACK_STOCKS | {f"opening_{s}" for s in FEEDBACK_STOCKS}
    for name in frozenset().union(*FAMILIES):
        assert any(part in name for part in (*STOCKS, "petitions_open")) is (name in stocks), name
        assert ("services" in name) is (name in SERVICES), name


def test_directions_are_of_indicators_that_there_are() -> None:
    assert set(LABELS["direction"]) <= {indicator.indicator for indicator in catalogue()}
    assert set(LABELS["direction"].values()) == {"up", "down"}
