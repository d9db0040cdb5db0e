"""The pages: their figures are the marts' figures, they work from disk with no network, and odd names go through unharmed."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from qn_pipeline.publishing import wording
from qn_pipeline.publishing.pages import COLUMNS, write_pages
from qn_pipeline.warehouse.engines import Warehouse
from qn_pipeline_tests.support import Pipeline, dossier, engine_environment, write_csv, write_project

CHROMIUM = shutil.which("chromium")
NEEDS_CHROMIUM = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not on the PATH (Debian: apt-get install chromium)")
DAY = date(2022, 7, 5)
JUNE, JULY = date(2022, 6, 1), date(2022, 7, 1)
HOSTILE = "<script>alert(1)</script> & “Sở” \u202e=1+1"


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Warehouse, Path]]:
    folder = tmp_path_factory.mktemp("site")
    sources = {
        "desk": {"files": "data/desk_{day}.csv", "label": "Một cửa <điện tử>"},
        "units": {"entity": "units", "files": "data/units_{day}.csv", "delivers": "snapshot", "mapping": "units.yaml"},
    }
    units = {"columns": {"code": "code", "name": "name", "level": {"constant": "department"}}}
    write_project(folder, sources, {"units.yaml": units})
    write_csv(folder / f"data/units_{DAY}.csv", [{"code": "000.00.33.H47", "name": HOSTILE}], ["code", "name"])
    rows = [dossier(number, channel=["direct", "online", "post"][number % 3]) for number in range(1, 1300)]
    rows += [dossier(number, status=9, ended="2022-06-10 09:00:00") for number in range(1300, 1310)]
    rows += [dossier(1310, status=9, ended="2022-06-21 09:00:00"), dossier(1311, received="2022-07-01 08:00:00", due="2022-07-20 08:00:00")]
    write_csv(folder / f"data/desk_{DAY}.csv", rows)
    with engine_environment("duckdb", request):
        pipeline = Pipeline(folder)
        pipeline.run(DAY, select="*")
        pipeline.warehouse.publish()
        labels = {source.name: source.label for source in pipeline.project.sources.values()}
        write_pages(pipeline.warehouse, pipeline.settings.published, [JUNE, JULY, date(2022, 8, 1)], labels)
        yield pipeline.warehouse, pipeline.settings.published / "pages"


def test_every_month_has_a_page_and_the_index_opens_the_newest_with_figures(site: tuple[Warehouse, Path]) -> None:
    assert sorted(path.name for path in site[1].iterdir()) == ["2022-06.html", "2022-07.html", "2022-08.html", "index.html"]
    assert 'Mới nhất: <a href="2022-07.html">tháng 7/2022</a>' in (site[1] / "index.html").read_text()


def test_a_page_is_written_only_when_its_text_has_changed(site: tuple[Warehouse, Path]) -> None:
    warehouse, folder = site
    assert write_pages(warehouse, folder.parent, [JUNE, JULY, date(2022, 8, 1)], {"desk": "Một cửa <điện tử>", "units": "units"}) == []
    changed = write_pages(warehouse, folder.parent, [JUNE], {"desk": "Một cửa <điện tử>", "units": "Danh mục"})
    assert [path.name for path in changed] == ["2022-06.html"]
    write_pages(warehouse, folder.parent, [JUNE], {"desk": "Một cửa <điện tử>", "units": "units"})


def test_an_open_month_and_one_without_figures_say_so(site: tuple[Warehouse, Path]) -> None:
    assert "Tháng chưa kết thúc" in (site[1] / "2022-07.html").read_text()
    assert "Tháng chưa kết thúc" not in (site[1] / "2022-06.html").read_text()
    assert "Chưa có số liệu của tháng 8/2022." in (site[1] / "2022-08.html").read_text()


def test_texts_are_escaped_and_in_one_unicode_form(site: tuple[Warehouse, Path]) -> None:
    import unicodedata

    text = (site[1] / "2022-06.html").read_text()
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "Một cửa &lt;điện tử&gt;" in text
    assert unicodedata.is_normalized("NFC", text)


@NEEDS_CHROMIUM
def test_in_a_browser_the_page_shows_the_marts_figures_from_disk(site: tuple[Warehouse, Path]) -> None:
    from playwright.sync_api import sync_playwright

    warehouse, folder = site
    _, rows = warehouse.read(
        "select unit, indicator, numerator, denominator, value from marts.indicator_values where period_set = 'calendar' and grain = 'month' and period_start = ? and channel = 'all'",
        [JUNE],
    )
    figures = {
        (unit, indicator): wording.number(value if denominator is not None else numerator) for unit, indicator, numerator, denominator, value in rows
    }
    expected = [[figures[unit, indicator] for indicator in COLUMNS] for unit in ("000.00.00.H47", "000.00.33.H47")]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto((folder / "2022-06.html").as_uri())
        lines = page.locator("table").first.locator("tbody tr")
        shown = [lines.nth(i).locator("td").all_inner_texts() for i in range(lines.count())]
        assert shown == expected
        assert shown[0][COLUMNS.index("dossiers_received")] == "1.310"
        assert page.locator("svg[role=img]").count() == 1
        assert page.title() == "Hồ sơ tháng 6/2022 – Tỉnh Quảng Nam"
        page.get_by_text("Tháng 7/2022 →").click()
        assert page.url.endswith("2022-07.html")
        for width in (360, 1280, 3840):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"the page scrolls sideways at {width}"
        browser.close()
    assert said == []
    assert all(url.startswith("file://") for url in asked)
