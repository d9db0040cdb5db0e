"""Points, ratings and ranks on a month that is worked out by hand; what is missing says why; and a new indicator is an entry of the catalogue."""

import os
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from qn_pipeline.indicators import catalogue as catalogue_module
from qn_pipeline.indicators.values import month_table, score_table
from qn_pipeline.warehouse.engines import Row
from qn_pipeline_tests.support import MAPPING, Pipeline, dossier, engine_environment, write_csv, write_project

DAY, JULY = date(2022, 7, 31), date(2022, 7, 1)
PROVINCE = "000.00.00.H47"
# Late ones of so many, of those with a fee so many paid online: two alike, one just under the threshold, one half late and without fees, a small one.
UNITS = {"A": (40, 1, 12), "B": (40, 1, 12), "C": (40, 1, 11), "D": (40, 20, None), "E": (10, 0, 10)}
CODES = {name: f"000.00.1{place}.H47" for place, name in enumerate((*UNITS, "F"))}
# Its own system tells nothing of fees.
COMMUNE = "000.01.19.H47"
NEW = {
    "indicator": "paid_share_of_all",
    "name_vi": "Tỷ lệ thanh toán trực tuyến trên tổng tiếp nhận",
    "name_en": "Paid online of all received",
    "unit": "%",
    "numerator": "received_paid_online",
    "denominator": "received",
    "needs": ["online_payment"],
    "period_sets": ["calendar"],
}


def rows() -> Iterator[dict[str, object]]:
    number = 0
    for name, (count, late, paid) in UNITS.items():
        for place in range(count):
            number += 1
            yield dossier(
                number,
                "2022-07-01 08:00:00",
                unit=CODES[name],
                due="2022-07-20 17:00:00",
                status=9,
                ended="2022-07-25 09:00:00" if place < late else "2022-07-11 09:00:00",
                fee="" if paid is None else 10000,
                paid="none" if paid is None or place >= paid else "local",
            )
    yield dossier(
        number + 1, "2022-06-01 08:00:00", unit=CODES["A"], due="2022-06-10 17:00:00", status=9, ended="2022-06-09 09:00:00", fee="", paid="none"
    )


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    columns: dict[str, Any] = {**MAPPING["columns"], "fee": "fee", "online_payment": "paid"}
    folder = write_project(
        tmp_path_factory.mktemp(f"scores_{request.param}"),
        {
            "onegate": {"files": "data/ho_so_{day}.csv"},
            "other": {"system": "other", "files": "data/xa_{day}.csv", "mapping": "xa.yaml"},
            "units": {"entity": "units", "files": "data/don_vi.csv", "delivers": "snapshot", "mapping": "don_vi.yaml"},
        },
        {"mapping.yaml": {"columns": columns}, "xa.yaml": MAPPING, "don_vi.yaml": {"columns": {name: name for name in ("code", "name", "level")}}},
    )
    write_csv(folder / f"data/ho_so_{DAY}.csv", list(rows()), [*dossier(1), "fee", "paid"])
    write_csv(
        folder / f"data/xa_{DAY}.csv",
        [dossier(900, "2022-07-01 08:00:00", unit=COMMUNE, due="2022-07-20 17:00:00", status=9, ended="2022-07-11 09:00:00")],
    )
    write_csv(
        folder / "data/don_vi.csv",
        [
            *({"code": code, "name": f"Sở {name}", "level": "department"} for name, code in CODES.items()),
            {"code": COMMUNE, "name": "Xã", "level": "commune"},
        ],
        ["code", "name", "level"],
    )
    written = catalogue_module._written()
    with engine_environment(request.param, request), pytest.MonkeyPatch.context() as patch:
        # An entry more, and nothing else.
        patch.setattr(catalogue_module, "_written", lambda: {**written, "indicators": [*written["indicators"], NEW]})
        catalogue_module.contents.cache_clear()
        made = Pipeline(folder, os.environ.get("QN_WAREHOUSE_URL"))
        made.run(DAY, select="*", command="run")
        made.warehouse.publish()
        yield made
    catalogue_module.contents.cache_clear()


@pytest.fixture
def ask(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[Row]]:
    if pipeline.url:
        monkeypatch.setenv("QN_WAREHOUSE_URL", pipeline.url)
    return lambda sql: pipeline.warehouse.read(sql)[1]


def test_points_are_linear_or_have_a_threshold(ask: Callable[[str], list[Row]]) -> None:
    told = {
        (unit, code): (value, points)
        for unit, code, value, points in ask(
            "select unit, official_code, value, points from marts.indicator_scorecard where grain = 'month' and period_start = date '2022-07-01'"
        )
    }
    points = {name: (told[CODES[name], "2.1"][1], told[CODES[name], "3.6"][1]) for name in UNITS}
    assert points == {
        "A": (Decimal("19.50"), Decimal("6.00")),  # 39 of 40; 12 of 40 is the threshold of 30 %
        "B": (Decimal("19.50"), Decimal("6.00")),
        "C": (Decimal("19.50"), Decimal("5.50")),  # 27.5 of 30
        "D": (Decimal("10.00"), None),
        "E": (Decimal("20.00"), Decimal("6.00")),
    }


def test_what_is_missing_says_why_and_is_not_zero(ask: Callable[[str], list[Row]]) -> None:
    told = {
        (unit, code): (reason, points)
        for unit, code, reason, points in ask(
            "select unit, official_code, reason, points from marts.indicator_scorecard where grain = 'month' and period_start = date '2022-07-01'"
        )
    }
    assert told[CODES["A"], "1.1"] == ("no_source", None)
    assert told[COMMUNE, "2.1"] == (None, Decimal("20.00"))
    assert told[COMMUNE, "3.6"] == ("not_told", None)
    assert told[CODES["A"], "4.3"] == ("not_told", None)
    assert told[CODES["A"], "3.1"] == ("not_told", None)
    assert told[CODES["D"], "3.6"] == ("no_cases", None)  # no dossier with a fee
    assert told[CODES["F"], "2.1"] == ("no_cases", None)  # no dossier at all
    assert {points for (unit, _), (_, points) in told.items() if unit == CODES["F"]} == {None}


def test_ratings_and_ranks_are_of_what_could_be_scored(ask: Callable[[str], list[Row]]) -> None:
    told = {
        unit: tuple(rest)
        for unit, *rest in ask(
            "select unit, points, scored_points, share, rating, is_ranked, place_in_class, ranked_in_class from marts.indicator_score"
            " where kind = 'total' and grain = 'month' and period_start = date '2022-07-01' and level = 'department'"
        )
    }
    # 2.1 has 20 points, 3.6 has 6 and 3.5b 2, all of them got where somebody paid online.
    assert told == {
        CODES["A"]: (Decimal("27.50"), 28, Decimal("98.21"), "excellent", True, 1, 4),
        CODES["B"]: (Decimal("27.50"), 28, Decimal("98.21"), "excellent", True, 1, 4),
        CODES["C"]: (Decimal("27.00"), 28, Decimal("96.43"), "excellent", True, 3, 4),
        CODES["D"]: (Decimal("10.00"), 20, Decimal("50.00"), "average", True, 4, 4),
        CODES["E"]: (Decimal("28.00"), 28, Decimal("100.00"), "excellent", False, None, None),  # too few
        CODES["F"]: (None, 0, None, None, False, None, None),
    }


def test_months_before_the_framework_are_for_reference(ask: Callable[[str], list[Row]]) -> None:
    rows = ask("select distinct period_start, for_reference from marts.indicator_score where grain = 'month' order by period_start")
    assert rows == [(date(2022, 6, 1), True), (JULY, False)]


def test_groups_of_six_belong_to_five(ask: Callable[[str], list[Row]]) -> None:
    told: dict[Any, Any] = dict(
        ask(
            "select kind || ' ' || code, points from marts.indicator_score"
            f" where unit = '{CODES['C']}' and grain = 'month' and period_start = date '2022-07-01' and points is not null"
        )
    )
    assert told == {
        "group progress": Decimal("19.50"),
        "group online_payment": Decimal("7.50"),
        "group_of_2022 progress": Decimal("19.50"),
        "group_of_2022 online": Decimal("7.50"),
        "total total": Decimal("27.00"),
    }


def test_an_indicator_more_is_an_entry_of_the_catalogue(ask: Callable[[str], list[Row]]) -> None:
    told: dict[Any, Any] = dict(
        ask(
            "select unit, value from marts.indicator_values where indicator = 'paid_share_of_all' and grain = 'month' and period_start = date '2022-07-01'"
        )
    )
    assert told == {
        **{CODES[name]: Decimal(100 * (paid or 0)) / count for name, (count, _, paid) in UNITS.items()},
        COMMUNE: None,
        PROVINCE: (Decimal(4500) / 171).quantize(Decimal("0.01")),
    }


def test_readers_see_all_indicators_and_why_some_have_no_figure(pipeline: Pipeline, ask: Callable[[str], list[Row]]) -> None:
    columns, rows = month_table(pipeline.warehouse, JULY, unit=CODES["D"])
    notes = {row[columns.index("indicator")]: row[columns.index("note")] for row in rows}
    assert notes["index_2_1"] is None
    assert notes["index_3_6"] == "Không có hồ sơ"
    assert notes["index_4_3"] == "Nguồn không cung cấp"
    assert notes["index_1_1"] == "Chưa có nguồn về quyết định công bố thủ tục"
    _, lines = score_table(pipeline.warehouse, JULY, CODES["D"])
    assert lines[-1][:3] == ("total", "total", "Tổng")
    assert "Trung bình; hạng 4/4" in lines[-1][-1]
    _, ranked = score_table(pipeline.warehouse, JULY)
    assert [row[0] for row in ranked if row[2] == "department"] == [CODES[name] for name in ("A", "B", "C", "D", "E")]
