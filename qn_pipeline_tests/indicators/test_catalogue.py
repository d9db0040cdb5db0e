"""The catalogue: what it demands of its entries, what a project may change, and the page that shows it."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.indicators import document
from qn_pipeline.indicators.catalogue import Indicator, catalogue, contents, overridden, what_is_counted
from qn_pipeline.indicators.layouts import layouts
from qn_pipeline.indicators.measures import MEASURES

NAMED = {"indicator": "some", "name_vi": "Một chỉ tiêu", "name_en": "Some"}
NO_SOURCE = {"missing_vi": "Chưa có nguồn", "missing_en": "No source yet"}
# QĐ 766 as domain sources give it: its indicators, and the points of each group.
INDEX = {*("1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "3.1", "3.1b", "3.2", "3.3", "3.3b", "3.3c", "3.5a", "3.5b", "3.6", "4.1", "4.2", "4.3", "4.4")}
INDEX |= {"4.5a", "4.5b", "4.6", "5.1", "5.2", "5.3", "5.4"}
POINTS = {"transparency": 18, "progress": 20, "online_services": 12, "online_payment": 10, "digitization": 22, "satisfaction": 18}


def test_the_whole_index_is_there_and_its_points_are_the_groups() -> None:
    assert {indicator.official_code for indicator in catalogue()} - {None} == INDEX
    assert {group.group: group.max_points for group in contents().scoring.groups} == POINTS
    for group, points in POINTS.items():
        assert sum(indicator.points or 0 for indicator in catalogue() if indicator.group == group) == points
    of_2022 = {group.group_of_2022: 0 for group in contents().scoring.groups}
    for group in contents().scoring.groups:
        of_2022[group.group_of_2022] += group.max_points
    assert of_2022 == {"transparency": 18, "progress": 20, "online": 22, "digitization": 22, "satisfaction": 18}


def test_what_is_multiplied_by_a_missing_indicator_is_not_scored() -> None:
    by_code = {indicator.official_code: indicator for indicator in catalogue()}
    assert by_code["1.4"].numerator is None
    assert (by_code["3.3"].numerator, by_code["3.3"].scoring) == ("received_electronic", None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"numerator": "sett1ed"}, "no sum of measures"),
        ({"numerator": "settled * 2"}, "no sum of measures"),
        ({"numerator": "settled + closed"}, "there is no measure 'closed'"),
        ({}, "an indicator without a numerator, or with a source of its own, says in both languages why it is missing"),
        (
            {"numerator": "settled", **NO_SOURCE},
            "an indicator without a numerator, or with a source of its own, says in both languages why it is missing",
        ),
        ({"denominator": "settled", **NO_SOURCE}, "a denominator goes with a numerator"),
        ({"numerator": "settled", "scoring": "linear"}, "scoring goes with points"),
        ({"numerator": "settled", "points": 2, "scoring": "threshold"}, "threshold goes with scoring: threshold"),
        ({"numerator": "settled", "period_sets": ["lunar"]}, "there is no period set 'lunar'"),
        ({"numerator": "settled", "colour": "red"}, "Extra inputs"),
    ],
)
def test_an_entry_that_cannot_be_counted_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Indicator.model_validate(NAMED | wrong)


def test_a_project_changes_points_thresholds_and_where_stopped_ones_belong() -> None:
    # As texts, as qn.yaml gives them.
    changed = {"index_3_1": {"points": "6", "threshold": "70"}, "scoring": {"min_denominator": "5"}, "layouts": {"tien_do": {"stopped": "ended"}}}
    rows = what_is_counted(changed)
    [entry] = [row for row in rows.indicators if row["indicator"] == "index_3_1"]
    assert (entry["points"], entry["threshold"]) == (6, 70)
    assert rows.scoring["min_denominator"] == 5
    sums = {row["column_code"]: row["measures"] for row in rows.layout_columns if row["layout"] == "tien_do"}
    assert "stopped" in str(sums["tongDaXuLy"])
    assert "held" not in str(sums["tongTamDungXuLy"])
    assert what_is_counted() != rows


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"index_9_9": {"points": "6"}}, "catalogue names 'index_9_9', which is no indicator"),
        ({"index_3_1": {"threshold": "many"}}, "catalogue: "),
        ({"layouts": {"bieu_99": {}}}, "catalogue.layouts names 'bieu_99', which is no layout"),
        ({"layouts": {"tien_do": {"stopped": "gone"}}}, "catalogue.layouts: "),
    ],
)
def test_what_a_project_cannot_change_is_told_in_one_line(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as told:
        what_is_counted(wrong)
    assert "Nothing was written" in str(told.value)


def test_an_override_changes_no_other_reading() -> None:
    overridden({"index_2_1": {"points": "1"}})
    assert next(indicator for indicator in catalogue() if indicator.indicator == "index_2_1").points == 20


def test_each_measure_of_an_identity_is_a_column_of_its_layout() -> None:
    for layout in layouts():
        names = {column.column for column in layout.columns}
        assert {name for identity in layout.identities for name in (identity.total, *identity.parts)} <= names
        assert len(names) == len(layout.columns)


def test_the_page_of_the_catalogue_has_not_drifted() -> None:
    assert document.FILE.read_text(encoding="utf-8") == document.render(), "make generate"
    assert len(MEASURES) > 60
    assert Decimal(100) == sum(POINTS.values())
