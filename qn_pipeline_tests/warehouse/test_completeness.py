"""How complete a figure is, worked out by hand, and where people read it: the command line and the month's page."""

import csv
import os
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from qn_pipeline.publishing.pages import write_pages
from qn_pipeline.warehouse.exit_checks import count_violations
from qn_pipeline_tests.support import MOMENT, Pipeline, dossier, engine_environment, write_csv, write_project

IN_JUNE, IN_JULY, LAST = date(2022, 6, 28), date(2022, 7, 2), date(2022, 7, 5)
HALL, DESK, OTHER, PROVINCE = "000.00.33.H47", "000.01.33.H47", "000.00.34.H47", "000.00.00.H47"
EVENT = ["code", "kind", "office", "unit", "dossier", "began"]
WAIVER = {"name": "ma-cu", "rule": "code_format", "from": str(IN_JULY), "until": str(IN_JULY), "reason": "Mã cũ", "by": "Sở TT&TT"}


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    sources = {
        "shop": {"files": "data/shop_{day}.csv", "label": "Một cửa điện tử", "max_quarantined": 1},
        "units": {"entity": "units", "files": "data/units.csv", "delivers": "snapshot", "mapping": "units.yaml"},
        "post": {"entity": "postal_events", "files": "data/post_{day}.csv", "mapping": "post.yaml"},
    }
    mappings = {
        "units.yaml": {"columns": {"code": "code", "name": "name", "level": "level", "parent": "parent"}},
        "post.yaml": {
            "columns": {
                **{name: name for name in ("code", "kind", "office", "unit")},
                "dossier_as_typed": "dossier",
                "began_at": {"from": "began", "format": MOMENT},
            }
        },
    }
    folder = write_project(tmp_path_factory.mktemp(f"complete_{request.param}"), sources, mappings, waivers=[WAIVER])
    write_csv(
        folder / "data/units.csv",
        [
            {"code": HALL, "name": "Sở Xây dựng", "level": "department", "parent": ""},
            {"code": DESK, "name": "Bộ phận A", "level": "desk", "parent": HALL},
            {"code": OTHER, "name": "Sở Tư pháp", "level": "department", "parent": ""},
        ],
        ["code", "name", "level", "parent"],
    )
    write_csv(
        folder / f"data/shop_{IN_JUNE}.csv",
        [
            dossier(1, "2022-06-28 07:00:00", due="2022-07-20 08:00:00"),
            dossier(2),
            dossier(3),
            dossier(4, channel="fax"),  # open: figures wait for it
            dossier(5, unit=DESK),
            dossier(6, unit=DESK),
            dossier(7, unit=DESK, channel="fax"),  # fixed in July
            dossier(8, unit=OTHER),
            dossier(9, unit=""),  # of a unit that nobody knows: of the province alone
        ],
    )
    write_csv(
        folder / f"data/shop_{IN_JULY}.csv",
        [
            dossier(7, unit=DESK),
            dossier(2, status=4, ended="2022-06-10 08:00:00"),  # a warning is in the figures
            dossier(10, code="TNMT/10", unit=OTHER),  # waived
        ],
    )
    with (folder / f"data/shop_{IN_JULY}.csv").open("a", encoding="utf-8") as stream:
        stream.write("too,few\n")
    write_csv(
        folder / f"data/post_{IN_JUNE}.csv",
        [
            {"code": place, "kind": kind, "office": "560000", "unit": HALL, "dossier": dossier(2)["code"], "began": "2022-06-28 08:00:00"}
            for place, kind in enumerate(("receive", "?"))
        ],
        EVENT,
    )
    with engine_environment(request.param, request):
        made = Pipeline(folder, os.environ.get("QN_WAREHOUSE_URL"))
        assert made.land(IN_JUNE, IN_JULY) == {}
        made.check()
        made.load(LAST)
        made.build("*", command="run")
        assert {rule: count for rule, count in count_violations(made.warehouse).items() if count} == {}
        made.warehouse.publish()
        yield made


@pytest.fixture
def here(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    if pipeline.url:
        monkeypatch.setenv("QN_WAREHOUSE_URL", pipeline.url)
    return pipeline


def completeness(pipeline: Pipeline, indicator: str, period_set: str, grain: str, first: date) -> dict[str, Decimal | None]:
    _, rows = pipeline.warehouse.read(
        "select unit, completeness from marts.indicator_values where indicator = ? and period_set = ? and grain = ? and period_start = ? and channel = 'all'",
        [indicator, period_set, grain, first],
    )
    return dict(rows)


def shares(hall: str, desk: str, other: str, province: str) -> dict[str, Decimal]:
    return {HALL: Decimal(hall), DESK: Decimal(desk), OTHER: Decimal(other), PROVINCE: Decimal(province)}


# June: 6 of 7 of the hall with its desk, 7 of 9 of the province. July: of the province's 4 one has no unit. Rounded down.
@pytest.mark.parametrize(
    ("period_set", "grain", "first", "expected"),
    [
        ("calendar", "month", date(2022, 6, 1), shares("85.71", "100", "100", "77.77")),
        ("calendar", "month", date(2022, 7, 1), shares("100", "100", "100", "75")),
        ("calendar", "year", date(2022, 1, 1), shares("88.88", "100", "100", "76.92")),
        ("administrative", "month", date(2022, 6, 15), shares("88.88", "100", "100", "76.92")),
        ("calendar", "quarter", date(2022, 4, 1), shares("85.71", "100", "100", "77.77")),
    ],
)
@pytest.mark.parametrize("indicator", ["dossiers_received", "dossiers_running"])
def test_the_share_of_what_arrived_that_figures_do_not_wait_for(
    here: Pipeline, indicator: str, period_set: str, grain: str, first: date, expected: dict[str, Decimal]
) -> None:
    assert completeness(here, indicator, period_set, grain, first) == expected


def test_a_day_and_a_month_in_which_nothing_arrived(here: Pipeline) -> None:
    assert completeness(here, "dossiers_received", "calendar", "day", IN_JUNE) == {HALL: Decimal("85.71"), PROVINCE: Decimal("77.77")}
    assert set(completeness(here, "dossiers_received", "calendar", "day", date(2022, 6, 1)).values()) == {None}


def test_each_figure_has_the_completeness_of_the_rows_behind_it(here: Pipeline) -> None:
    _, ((indicator,),) = here.warehouse.read("select min(indicator) from marts.indicator where numerator like 'work_received%'")
    assert completeness(here, indicator, "calendar", "month", date(2022, 6, 1)) == {HALL: Decimal(50), PROVINCE: Decimal(50)}


def test_a_source_tells_what_is_open_and_what_is_stale(here: Pipeline) -> None:
    _, rows = here.warehouse.read(
        "select source, arrived, valid, quarantined, open_cases, open_warnings, waived_cases, stale_keys from marts.data_status order by source"
    )
    assert rows == [("post", 2, 1, 1, 1, 0, 0, 0), ("shop", 13, 9, 4, 3, 1, 1, 0), ("units", 3, 3, 0, 0, 0, 0, 0)]


def test_qn_indicators_shows_it(here: Pipeline, qn: Callable[..., tuple[int, str, str]]) -> None:
    status, told, _ = qn("indicators", "--project", str(here.folder), "--month", "2022-06", "--unit", HALL, "--format", "csv")
    assert status == 0
    lines = {line["indicator"]: line["completeness"] for line in csv.DictReader(told.splitlines())}
    assert (lines["dossiers_received"], lines["on_time_share"], lines["index_1_1"]) == ("85.71", "85.71", "")


def test_the_page_tells_of_it_where_figures_wait_for_rows(here: Pipeline, tmp_path: Path) -> None:
    write_pages(here.warehouse, tmp_path, [date(2022, 6, 1), date(2022, 7, 1), date(2022, 5, 1)], {})
    june, july, may = ((tmp_path / "pages" / f"2022-{month}.html").read_text(encoding="utf-8") for month in ("06", "07", "05"))
    assert "Số liệu chưa đầy đủ: 77,77 % số dòng hồ sơ nhận trong tháng đã được tính, số còn lại có lỗi chưa sửa." in june
    assert "Số liệu chưa đầy đủ: 75,00 %" in july
    assert june.count('<th scope="col">Độ đầy đủ (%)</th>') == 1
    assert "<td>85,71</td>" in june
    assert "đầy đủ" not in may


def test_qn_quarantine_counts_cases_with_their_trend(here: Pipeline, qn: Callable[..., tuple[int, str, str]]) -> None:
    def ask(*arguments: str) -> list[dict[str, str]]:
        status, told, _ = qn("quarantine", "--project", str(here.folder), "--format", "csv", *arguments)
        assert status == 0
        return list(csv.DictReader(told.splitlines()))

    counted = [
        (line["source"], line["severity"], line["rule"], line["cases"], line["oldest"], line["new_this_week"], line["new_week_before"])
        for line in ask()
    ]
    # The week is 29 June to 5 July.
    assert sorted(counted) == [
        ("post", "quarantine", "kind_unknown_code", "1", "2022-06-28", "0", "1"),
        ("shop", "quarantine", "channel_unknown_code", "1", "2022-06-28", "0", "2"),
        ("shop", "quarantine", "resolving_unit_missing", "1", "2022-06-28", "0", "1"),
        ("shop", "quarantine", "row_unreadable", "1", "2022-07-02", "1", "0"),
        ("shop", "warn", "ended_at_while_running", "1", "2022-07-02", "1", "0"),
    ]
    assert {(line["rule"], line["fixed_this_week"]) for line in ask()} >= {("channel_unknown_code", "1"), ("row_unreadable", "0")}
    assert [(line["unit"], line["cases"]) for line in ask("--by", "unit", "--source", "shop", "--rule", "channel_unknown_code")] == [(HALL, "1")]
    assert {line["day"]: line["cases"] for line in ask("--by", "day", "--state", "all", "--source", "shop") if line["severity"] == "quarantine"} == {
        "2022-06-28": "3",
        "2022-07-02": "2",
    }
    assert [(line["row_key"], line["state"], line["fixed_on"]) for line in ask("--source", "shop", "--state", "fixed")] == [
        (dossier(7)["code"], "fixed", "2022-07-02")
    ]
    assert [(line["row_key"], line["waiver"]) for line in ask("--unit", OTHER, "--state", "waived")] == [("TNMT/10", "ma-cu")]
    assert [line["row_no"] for line in ask("--rule", "row_unreadable")] == ["5"]
    assert [line["source"] for line in ask("--by", "source", "--day", str(IN_JUNE))] == ["shop", "post"]
    assert {line["rule"] for line in ask("--month", "2022-07")} == {"row_unreadable", "ended_at_while_running"}


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("--rule", "no_such"), 2, "There is no rule 'no_such'"),
        (("--source", "no_such"), 2, "has no source 'no_such'"),
        (("--day", "2022-06-28", "--month", "2022-06"), 2, "--day goes without --month"),
        (("--by", "colour"), 2, "Invalid value"),
    ],
)
def test_a_wrong_call_is_told_in_a_line(
    here: Pipeline, qn: Callable[..., tuple[int, str, str]], arguments: tuple[str, ...], status: int, says: str
) -> None:
    got, _, told = qn("quarantine", "--project", str(here.folder), *arguments)
    assert (got, says in told) == (status, True), told


def test_for_people_it_is_a_table(here: Pipeline, qn: Callable[..., tuple[int, str, str]]) -> None:
    told = qn("quarantine", "--project", str(here.folder))[1]
    assert "Quarantine: open cases" in told
    assert "Cột “Kênh tiếp nhận”" in told
    told = qn("quarantine", "--project", str(here.folder), "--source", "shop")[1]
    assert "channel_unknown_code" in told
    assert "ended_at_while_running" in told
    assert qn("quarantine", "--project", str(here.folder), "--unit", "none")[1] == "No case is open.\n"
    assert qn("quarantine", "--project", str(here.folder), "--adjustments")[1] == "Nothing was adjusted.\n"
