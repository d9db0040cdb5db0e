"""A figure opened to its rows, worked by hand: who is counted, why, where from, and why others are not."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.indicators.explain import Explanation, explain, grain_of
from qn_pipeline.indicators.explained_dossier import search
from qn_pipeline.indicators.explained_rows import Term, terms_of
from qn_pipeline.publishing.explanation_workbook import write_explanation
from qn_pipeline.publishing.explanations import explained, why
from qn_pipeline_tests.support import Pipeline, dossier, engine_environment, write_csv, write_project

DAY = date(2022, 6, 30)
UNIT, OTHER = "000.00.33.H47", "000.00.99.H47"
EARLY, ON_TIME, LATE, RUNNING, ELSEWHERE, NEW, BAD = (f"000.00.33.H47-220601-{number:04}" for number in range(1, 8))


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    with engine_environment(request.param, request):
        # The province counts its share otherwise than the catalogue that is delivered.
        own = {"index_4_3": {"numerator": "received_online", "needs": []}}
        folder = write_project(tmp_path_factory.mktemp("explain") / "p", {"desk": {"files": "data/desk_{day}.csv"}}, catalogue=own)
        rows = [
            dossier(1, status=9, ended="2022-06-10 09:00:00"),
            dossier(2, status=9, ended="2022-06-20 07:59:59"),
            dossier(3, status=10, ended="2022-06-25 09:00:00", channel="online"),
            dossier(4),
            dossier(5, unit=OTHER, status=9, ended="2022-06-10 09:00:00"),
            dossier(6, status=1) | {"received": ""},
            dossier(7, channel="fax"),
        ]
        write_csv(folder / f"data/desk_{DAY}.csv", rows)
        made = Pipeline(folder)
        made.run(DAY, select="*", command="run")
        made.warehouse.publish()
        made.url = made.settings.warehouse_url.get_secret_value() if made.settings.warehouse_url else None
        yield made


def opened(pipeline: Pipeline, indicator: str = "on_time_share", unit: str | None = UNIT, limit: int | None = None) -> Explanation:
    with pipeline.warehouse.reading_rows() as ask:
        return explain(ask, indicator, "2022-06", unit, "all", "calendar", limit)


def told(explanation: Explanation, place: int) -> dict[str, dict[str, object]]:
    """The rows of a part as they are shown, by dossier."""
    part = explanation.parts[place]
    columns, lines = explained(part.rows, part.name)
    rows = [dict(zip(columns, line, strict=True)) for line in lines]
    return {str(row["dossier"]): row for row in rows}


def test_rows_of_a_share(pipeline: Pipeline) -> None:
    explanation = opened(pipeline)
    assert (explanation.figure.numerator, explanation.figure.denominator) == (2, 3)
    numerator, denominator = (told(explanation, place) for place in (0, 1))
    assert [row["why"] for row in numerator.values()] == [
        "Đã có kết quả lúc 09:00:00 ngày 10/06/2022, trước hạn: hạn 08:00:00 ngày 20/06/2022 (hệ thống ghi)",
        "Đã có kết quả lúc 07:59:59 ngày 20/06/2022, đúng hạn: hạn 08:00:00 ngày 20/06/2022 (hệ thống ghi)",
    ]
    assert [row["why"] for row in denominator.values()][2] == (
        "Đã có kết quả lúc 09:00:00 ngày 25/06/2022, quá hạn: hạn 08:00:00 ngày 20/06/2022 (hệ thống ghi)"
    )
    # The file's lines, its heading being the first.
    assert [row["row_no"] for row in denominator.values()] == [2, 3, 4]
    assert {(row["source"], row["file"], row["told_on"], row["version"]) for row in denominator.values()} == {
        ("desk", f"data/desk_{DAY}.csv", DAY, 1)
    }


def test_the_province_holds_the_units_below_it(pipeline: Pipeline) -> None:
    assert opened(pipeline, unit=None).figure.denominator == 4
    assert opened(pipeline, unit=None).parts[1].rows.count == 4


def test_a_figure_is_opened_as_the_provinces_catalogue_has_it(pipeline: Pipeline) -> None:
    numerator, denominator = opened(pipeline, "index_4_3").parts
    assert (numerator.measures, numerator.rows.total, denominator.rows.total) == ("received_online", 1, 4)
    assert [row["why"] for row in told(opened(pipeline, "index_4_3"), 0).values()] == ["Tiếp nhận lúc 08:00:00 ngày 01/06/2022; nộp trực tuyến"]


def test_a_stock_holds_what_was_open_at_its_moment(pipeline: Pipeline) -> None:
    [row] = told(opened(pipeline, "dossiers_running_past"), 0).values()
    assert row["why"] == ("Đang giải quyết vào cuối kỳ, từ lúc 08:00:01 ngày 20/06/2022, đã quá hạn: hạn 08:00:00 ngày 20/06/2022 (hệ thống ghi)")


def test_a_limit_fetches_less_and_counts_all(pipeline: Pipeline) -> None:
    rows = opened(pipeline, limit=1).parts[1].rows
    assert (len(rows.rows), rows.count, rows.total) == (1, 3, 3)


def test_why_a_dossier_is_not_counted(pipeline: Pipeline) -> None:
    with pipeline.warehouse.reading_rows() as ask:
        figure = explain(ask, "on_time_share", "2022-06", UNIT, "all", "calendar").figure
        said = {code: "\n".join(why(search(ask, figure, code), figure)) for code in (EARLY, LATE, RUNNING, ELSEWHERE, NEW, BAD, "x")}
        online = explain(ask, "on_time_share", "2022-06", UNIT, "online", "calendar").figure
        assert "không tính, vì là kênh Trực tiếp" in "\n".join(why(search(ask, online, EARLY), online))
    assert "Được tính 1 vào tử số.\n" in said[EARLY]
    assert "Không được tính vào tử số.\n" in said[LATE]
    assert "Được tính 1 vào mẫu số.\n" in said[LATE]
    assert "Đã có kết quả (quá hạn) từ 09:00:00 ngày 25/06/2022: không tính, vì không phải điều mà chỉ tiêu đếm" in said[LATE]
    assert "Không được tính vào mẫu số.\n" in said[RUNNING]
    assert f"không tính, vì khi đó thuộc {OTHER}, không thuộc {UNIT}" in said[ELSEWHERE]
    assert said[NEW] == "Hệ thống onegate: hồ sơ chưa có ngày tiếp nhận (trạng thái “Mới đăng ký”), nên đứng ngoài mọi số liệu."
    assert said[BAD].startswith(f"Dòng dữ liệu ở data/desk_{DAY}.csv, dòng 8 vi phạm “")
    assert said[BAD].endswith("chưa sửa): dòng này không được tính.")
    assert said["x"] == "Không hệ thống nào cung cấp hồ sơ x, và không có dòng lỗi nào mang mã này."


def test_a_workbook_holds_the_rows_as_texts_dates_and_numbers(pipeline: Pipeline, tmp_path: Path) -> None:
    write_explanation(opened(pipeline), tmp_path / "giai-trinh.xlsx")
    book = CalamineWorkbook.from_path(tmp_path / "giai-trinh.xlsx")
    assert book.sheet_names == ["Số liệu", "Tử số", "Mẫu số"]
    heading, *rows = book.get_sheet_by_name("Mẫu số").to_python()
    assert sum(row[heading.index("Số tính")] for row in rows) == 3
    assert {row[heading.index("Kênh")] for row in rows} == {"Trực tiếp", "Trực tuyến"}
    assert {row[heading.index("Hạn trả")] for row in rows} == {datetime(2022, 6, 20, 8)}  # noqa: DTZ001 -- local and naive
    assert [path.name for path in tmp_path.iterdir()] == ["giai-trinh.xlsx"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nosuch", "2022-06", UNIT, "all", "calendar"), "There is no indicator 'nosuch'"),
        (("index_1_1", "2022-06", UNIT, "all", "calendar"), "index_1_1 has no figures yet"),
        (("on_time_share", "2022-06", "x", "all", "calendar"), "There is no unit 'x'"),
        (("on_time_share", "2022-06", UNIT, "fax", "calendar"), "on_time_share has no figures for the channel fax"),
        (("on_time_share", "2022-06", UNIT, "all", "lunar"), "on_time_share has no figures for the period set lunar"),
        (("on_time_share", "2022-Q2", UNIT, "all", "year_to_date"), "on_time_share has no figures for year_to_date periods like 2022-Q2"),
        (("on_time_share", "2021-06", UNIT, "all", "calendar"), f"on_time_share has no figure for {UNIT} and 2021-06: nothing that it counts"),
        (("on_time_share", "2022-6", UNIT, "all", "calendar"), "'2022-6' is no period"),
    ],
)
def test_what_there_is_not_is_told(pipeline: Pipeline, words: tuple[str, str, str, str, str], said: str) -> None:
    with pipeline.warehouse.reading_rows() as ask, pytest.raises(ConfigurationError, match=said.replace("(", r"\(")):
        explain(ask, *words)


@pytest.mark.parametrize(
    ("text", "grain", "day"),
    [
        ("2022-11-05", "day", date(2022, 11, 5)),
        ("2022-11", "month", date(2022, 11, 1)),
        ("2022-Q4", "quarter", date(2022, 12, 1)),
        ("2022-H1", "half_year", date(2022, 6, 1)),
        ("2022-9M", "nine_months", date(2022, 9, 1)),
        ("2022", "year", date(2022, 12, 1)),
    ],
)
def test_periods_as_people_write_them(text: str, grain: str, day: date) -> None:
    assert grain_of(text) == (grain, day)


@pytest.mark.parametrize("text", ["", "22", "2022-Q5", "2022-13", "2022-H2", "2022-11-31", "2022-11-5", "abcd"])
def test_what_is_no_period_is_told(text: str) -> None:
    with pytest.raises(ConfigurationError):
        grain_of(text)


def test_terms_of_a_sum() -> None:
    assert terms_of("complaints_received + proposals_received - petitions_unhappy") == [
        Term(1, "complaints_received"),
        Term(1, "proposals_received"),
        Term(-1, "petitions_unhappy"),
    ]
