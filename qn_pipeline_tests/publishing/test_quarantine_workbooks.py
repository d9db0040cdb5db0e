"""The workbooks of what is wrong: each owner gets their rows, a clerk finds the place and what is wrong with it, and no other value is in them."""

import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.project import load_project
from qn_pipeline.publishing.quarantine_workbooks import COLUMNS, Written, write_workbooks
from qn_pipeline_tests.support import MOMENT, Pipeline, dossier, engine_environment, write_csv, write_project

DAY, LATER = date(2022, 6, 28), date(2022, 7, 2)
HALL, DESK, OTHER, ALONE = "000.00.33.H47", "000.01.33.H47", "000.00.34.H47", "000.00.35.H47"
FORMULA = '=HYPERLINK("http://example.vn";"x")'
CONTACTS: list[dict[str, Any]] = [
    {"name": "Sở Tư pháp – Phòng Hành chính", "email": "stp@example.vn", "phone": "0235 1022", "units": [OTHER]},
    {"name": "Văn phòng Sở Xây dựng", "units": [HALL]},
    {"name": "Bưu điện tỉnh", "sources": ["post"]},
]
SOURCES: dict[str, dict[str, Any]] = {
    "shop": {"files": "data/shop_{day}.csv", "label": "Một cửa điện tử", "max_quarantined": 1},
    "book": {"files": "data/book_{day}.xlsx", "label": "Tệp Excel của huyện", "table": {"header": "code", "sheets": ".*"}, "max_quarantined": 1},
    "units": {"entity": "units", "files": "data/units.csv", "delivers": "snapshot", "mapping": "units.yaml"},
    "post": {"entity": "postal_events", "label": "Nhật ký bưu điện", "files": "data/post_{day}.csv", "mapping": "post.yaml", "max_quarantined": 1},
}
MAPPINGS: dict[str, Any] = {
    "units.yaml": {"columns": {"code": "code", "name": "name", "level": {"constant": "department"}, "parent": "parent"}},
    "post.yaml": {
        "columns": {
            **{name: name for name in ("code", "kind", "office", "unit")},
            "dossier_as_typed": "dossier",
            "began_at": {"from": "began", "format": MOMENT},
        }
    },
}


@pytest.fixture(scope="module")
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder = write_project(tmp_path_factory.mktemp("workbooks"), SOURCES, MAPPINGS, contacts=CONTACTS)
    write_csv(
        folder / "data/units.csv",
        [
            {"code": HALL, "name": "Sở Xây dựng", "parent": ""},
            {"code": DESK, "name": "Bộ phận Một cửa", "parent": HALL},
            {"code": OTHER, "name": "Sở Tư pháp", "parent": ""},
            {"code": ALONE, "name": "Sở Y tế", "parent": ""},
        ],
        ["code", "name", "parent"],
    )
    write_csv(folder / f"data/shop_{DAY}.csv", [dossier(1), dossier(2, channel="fax", unit=DESK), dossier(5)])
    write_csv(
        folder / f"data/shop_{LATER}.csv",
        [
            dossier(1, channel="fax"),
            dossier(2, channel="fax", unit=DESK),
            dossier(3, code=FORMULA.replace('"', '""').join('""'), unit=OTHER),
            dossier(4, channel="fax", unit=ALONE),
            dossier(5, ended="2022-06-10 08:00:00", unit=OTHER),
            dossier(6, channel="fax", unit=""),
        ],
    )
    columns = ["code", "procedure", "unit", "channel", "status", "received", "due", "ended", "person"]
    with xlsxwriter.Workbook(str(folder / f"data/book_{LATER}.xlsx")) as workbook:
        for name, row in {"Quý 1": dossier(7), "Quý 2": dossier(8, channel="fax", unit=OTHER)}.items():
            sheet = workbook.add_worksheet(name)
            sheet.write_row(0, 0, columns)
            sheet.write_row(1, 0, [str(row[column]) for column in columns])
    write_csv(
        folder / f"data/post_{DAY}.csv",
        [
            {"code": "1", "kind": "?", "office": "560000", "unit": OTHER, "dossier": "Nguyễn Thị Kín", "began": "2022-06-28 08:00:00"},
            {"code": "2", "kind": "?", "office": "560000", "unit": ALONE, "dossier": "Nguyễn Thị Kín", "began": "2022-06-28 08:00:00"},
        ],
        ["code", "kind", "office", "unit", "dossier", "began"],
    )
    with engine_environment("duckdb", request):
        made = Pipeline(folder)
        assert made.land(DAY, LATER) == {}
        made.check()
        made.load(LATER)
        made.build("+quarantine_row +data_status +indicator_values +unit", command="run")
        made.warehouse.publish()
        yield made


@pytest.fixture
def written(pipeline: Pipeline, tmp_path: Path) -> dict[str, Written]:
    return {workbook.owner: workbook for workbook in write_workbooks(pipeline.warehouse, pipeline.project, tmp_path / "out")}


def sheet(path: Path, name: str) -> list[list[Any]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name).to_python(skip_empty_area=True)


def lines(workbook: Written) -> list[dict[str, Any]]:
    headings, *rows = sheet(workbook.path, "Các dòng cần sửa")
    assert headings == list(COLUMNS)
    return [dict(zip(headings, row, strict=True)) for row in rows]


def test_each_owner_gets_the_rows_of_their_units_and_below_then_of_their_sources(written: dict[str, Written]) -> None:
    keys = {owner: [line["Mã"] for line in lines(workbook)] for owner, workbook in written.items()}
    assert keys == {
        "Sở Tư pháp – Phòng Hành chính": [dossier(8)["code"], "1", FORMULA, dossier(5)["code"]],
        "Văn phòng Sở Xây dựng": [dossier(1)["code"], dossier(2)["code"]],
        "Bưu điện tỉnh": ["2"],
        "Chưa có đầu mối": [dossier(4)["code"], dossier(6)["code"], dossier(6)["code"]],
    }
    assert {owner: (workbook.cases, workbook.has_contact) for owner, workbook in written.items()} == {
        "Sở Tư pháp – Phòng Hành chính": (4, True),
        "Văn phòng Sở Xây dựng": (2, True),
        "Bưu điện tỉnh": (1, True),
        "Chưa có đầu mối": (3, False),
    }
    assert [workbook.path.name for workbook in written.values()] == [
        "can-sua_2022-07-02_so-tu-phap-phong-hanh-chinh.xlsx",
        "can-sua_2022-07-02_van-phong-so-xay-dung.xlsx",
        "can-sua_2022-07-02_buu-dien-tinh.xlsx",
        "can-sua_2022-07-02_chua-co-dau-moi.xlsx",
    ]


def test_a_line_says_where_it_is_and_what_is_wrong(written: dict[str, Written]) -> None:
    of_sheet, of_post, odd, warned = lines(written["Sở Tư pháp – Phòng Hành chính"])
    assert of_sheet == {
        "Nguồn": "Tệp Excel của huyện",
        "Tệp": f"book_{LATER}.xlsx",
        "Dòng": "trang 2, dòng 2",
        "Mã": dossier(8)["code"],
        "Đơn vị": f"{OTHER} – Sở Tư pháp",
        "Cột": "Kênh tiếp nhận",
        "Lỗi": "Cột “Kênh tiếp nhận” có mã không nằm trong danh mục.",
        "Từ ngày": LATER,
        "Mức độ": "Không được tính",
        "Số liệu đang dùng": "Chưa có",
    }
    assert (of_post["Nguồn"], of_post["Dòng"], of_post["Từ ngày"]) == ("Nhật ký bưu điện", 2, DAY)
    assert (odd["Mã"], odd["Dòng"]) == (FORMULA, 4)
    assert (warned["Mức độ"], warned["Số liệu đang dùng"]) == ("Cảnh báo, vẫn được tính", "Dòng này")
    newer, older = lines(written["Văn phòng Sở Xây dựng"])
    assert (newer["Từ ngày"], newer["Số liệu đang dùng"]) == (LATER, "Bản đúng trước đó")
    assert (older["Từ ngày"], older["Tệp"], older["Dòng"]) == (DAY, f"shop_{LATER}.csv", 3), "bad since the first file, told where it is now"
    unreadable = lines(written["Chưa có đầu mối"])[1]
    assert unreadable["Đơn vị"] == "(không đọc được)"


def test_the_first_sheet_says_what_to_do_until_when_and_how_much_there_is(written: dict[str, Written]) -> None:
    told = [[cell for cell in row if cell != ""] for row in sheet(written["Sở Tư pháp – Phòng Hành chính"].path, "Hướng dẫn")]
    assert told[0] == ["Các dòng dữ liệu cần sửa – Tỉnh Quảng Nam"]
    assert ["Đầu mối", "Sở Tư pháp – Phòng Hành chính"] in told
    assert ["Liên hệ", "stp@example.vn, 0235 1022"] in told
    assert ["Tính đến", "hết ngày 02/7/2022"] in told
    assert ["Số lỗi", "4"] in told
    deadline = next(row[1] for row in told if row and row[0] == "Hạn sửa")
    assert deadline.startswith("Để kịp số liệu tháng 7/2022, trình từ ngày 01 đến ngày 05/8/2022, bản đúng phải về trước ngày 01/8/2022.")
    assert ["Một cửa điện tử", "Mã hồ sơ không đúng mẫu của Thông tư 01/2018/TT-VPCP. (Không được tính)", 1] in told
    everything = " ".join(str(cell) for row in told for cell in row)
    assert unicodedata.is_normalized("NFC", everything)
    nobody = " ".join(str(cell) for row in sheet(written["Chưa có đầu mối"].path, "Hướng dẫn") for cell in row)
    assert "chưa thuộc đầu mối nào" in nobody


def test_texts_are_texts_no_formulas_and_nothing_else_of_a_row_is_in_it(written: dict[str, Written]) -> None:
    for workbook in written.values():
        with zipfile.ZipFile(workbook.path) as parts:
            xml = {name: parts.read(name).decode("utf-8") for name in parts.namelist()}
        cells = "".join(text for name, text in xml.items() if "worksheets" in name)
        assert "<f>" not in cells
        assert "hyperlink" not in cells.lower()
        assert "Nguyễn Thị Kín" not in "".join(xml.values()), "what was typed into a cell is nobody's to hand on"
        assert "fax" not in "".join(xml.values())


def test_a_clerk_can_read_it_the_header_stays_and_columns_filter(written: dict[str, Written]) -> None:
    with zipfile.ZipFile(written["Sở Tư pháp – Phòng Hành chính"].path) as parts:
        xml = parts.read("xl/worksheets/sheet2.xml").decode("utf-8")
        styles = parts.read("xl/styles.xml").decode("utf-8")
    assert 'topLeftCell="A2" activePane="bottomLeft" state="frozen"' in xml
    assert '<autoFilter ref="A1:J5"/>' in xml
    widths = [float(width) for width in re.findall(r'<col [^>]*?width="([0-9.]+)"', xml)]
    assert [round(width) for width in widths] == [round(width + 0.71) for width in COLUMNS.values()]
    assert 'formatCode="dd/mm/yyyy"' in styles
    assert 'wrapText="1"' in styles


def test_the_same_cases_give_the_same_bytes_and_nothing_is_left_aside(pipeline: Pipeline, tmp_path: Path) -> None:
    first = [path.path.read_bytes() for path in write_workbooks(pipeline.warehouse, pipeline.project, tmp_path)]
    assert [path.path.read_bytes() for path in write_workbooks(pipeline.warehouse, pipeline.project, tmp_path)] == first
    assert len(list(tmp_path.iterdir())) == 4


def test_qn_quarantine_writes_them_and_tells_whose_nobody_is(pipeline: Pipeline, tmp_path: Path, qn: Callable[..., tuple[int, str, str]]) -> None:
    status, told, _ = qn("quarantine", "--project", str(pipeline.folder), "--workbooks", str(tmp_path / "a" / "b"))
    assert status == 0
    assert told.splitlines()[0].endswith("so-tu-phap-phong-hanh-chinh.xlsx: Sở Tư pháp – Phòng Hành chính, 4 cases")
    assert told.splitlines()[-1] == "3 cases of nobody: name a contact for their sources or units in qn.yaml (contacts)."
    status, told, _ = qn("quarantine", "--project", str(pipeline.folder), "--workbooks", str(tmp_path / "june"), "--month", "2022-06")
    assert [line.partition("xlsx: ")[2] for line in told.splitlines()] == ["Bưu điện tỉnh, 1 case", "Sở Tư pháp – Phòng Hành chính, 1 case"]
    status, told, _ = qn("quarantine", "--project", str(pipeline.folder), "--workbooks", str(tmp_path / "may"), "--month", "2022-05")
    assert (status, told) == (0, "No case is open, so no workbook was written.\n")


@pytest.mark.parametrize(
    ("contacts", "says"),
    [
        ([{"name": "A", "sources": ["post"]}, {"name": "B", "sources": ["post"]}], "the source 'post' belongs to 'A' and to 'B'"),
        ([{"name": "A", "units": [HALL]}, {"name": "B", "units": [HALL]}], f"the unit '{HALL}' belongs to 'A' and to 'B'"),
        ([{"name": "A", "sources": ["pots"]}], "names the unknown source 'pots'"),
        ([{"name": "A"}], "names neither sources nor units"),
        ([{"name": "A", "units": [HALL]}, {"name": "A", "units": [OTHER]}], "'A' is there twice"),
        ([{"sources": ["post"]}], r"contacts\.0\.name: Field required"),
    ],
)
def test_contacts_are_checked(tmp_path: Path, contacts: list[dict[str, Any]], says: str) -> None:
    write_project(tmp_path, SOURCES, MAPPINGS, contacts=contacts)
    with pytest.raises(ConfigurationError, match=says):
        load_project(tmp_path)


def test_dates_are_dates(written: dict[str, Written]) -> None:
    since = lines(written["Bưu điện tỉnh"])[0]["Từ ngày"]
    assert isinstance(since, date)
    assert not isinstance(since, datetime)
