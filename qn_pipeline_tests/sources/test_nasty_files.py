"""Files that are not what they should be: what is read of them, or the words in which they are refused. No word tells what they hold."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qn_pipeline.contracts.dossiers import DOSSIERS
from qn_pipeline.errors import SourceChanged
from qn_pipeline.project import FileSource
from qn_pipeline.project import Mapping as ColumnsMapping
from qn_pipeline.sources import workbook_guard
from qn_pipeline.sources.encodings import TCVN3
from qn_pipeline.sources.files import SourceFile, columns_of, read_file
from qn_pipeline_tests.sources.workbook_maker import Sheet, make_workbook, repacked

SECRET = "049000000001"
REQUIRED = {"channel": "direct", "status": "4"}
Rows = list[tuple[Any, ...]]


def source_of(suffix: str, columns: list[str], **settings: Any) -> FileSource:
    """A source of dossiers; up to four columns become its texts, the first two are those that every row must have."""
    texts = dict(zip(("code", "procedure", "receiving_unit", "resolving_unit"), columns, strict=False))
    required = {column.name for column in DOSSIERS.columns if not column.nullable} - set(texts)
    rest = {name: {"constant": REQUIRED.get(name, "x")} for name in required}
    mapping = ColumnsMapping.model_validate({"columns": {**texts, **rest}})
    base = {"name": "desk", "entity": "dossiers", "delivers": "changes", "files": f"data/{{day}}{suffix}", "mapping": "m.yaml"}
    return FileSource.model_validate({**base, "_mapping": mapping, **settings})


def read(path: Path, columns: list[str], **settings: Any) -> tuple[Rows, list[int]]:
    source = source_of(path.suffix, columns, **settings)
    with duckdb.connect() as con:
        result = read_file(con, source, SourceFile(path, path.name, None, None))
        wanted = ", ".join(f'"{column}"' for column in columns)
        return con.execute(f"select row_no, {wanted} from source_row order by row_no").fetchall(), result.unreadable


def refusal(path: Path, columns: list[str], **settings: Any) -> str:
    """The words in which a file is refused, which are one line, say that nothing was kept and never what it holds."""
    with pytest.raises(SourceChanged) as refused:
        read(path, columns, **settings)
    told = str(refused.value)
    assert "\n" not in told
    assert "Nothing of it was kept." in told
    assert SECRET not in told
    return told


def tcvn3(text: str) -> bytes:
    back = {letter: byte for byte, letter in TCVN3.items()}
    return bytes(back.get(letter, ord(letter)) for letter in text)


def windows_1258(text: str) -> bytes:
    """Base letters, then the tone as a letter of its own, as Windows writes it."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    apart = []
    for letter in text:
        marks = unicodedata.normalize("NFD", letter)
        tone = next((mark for mark in marks if mark in tones), "")
        apart.append(unicodedata.normalize("NFC", marks.replace(tone, "")) + tone)
    return "".join(apart).encode("cp1258")


TEXT = "a,b\n1,Quảng Nam\n2,đường Lý Tự Trọng\n"
READ = [(2, "1", "Quảng Nam"), (3, "2", "đường Lý Tự Trọng")]

TEXT_FILES = [
    (".csv", b"\xef\xbb\xbfa,b\n1,x\n", {}, [(2, "1", "x")], []),
    (".csv", b"a,b\r1,x\r2,y\r", {}, [(2, "1", "x"), (3, "2", "y")], []),
    (".csv", b"a,b\r\n1,x\n2,y\r\n3,z\r", {}, [(2, "1", "x"), (3, "2", "y"), (4, "3", "z")], []),
    (".csv", b'a,b\r\n1,"x\ny"\n2,z\r\n', {}, [(2, "1", "x\ny"), (3, "2", "z")], []),
    (".csv", b"a,b\n1,x\n\n\n2,y\n\n", {}, [(2, "1", "x"), (5, "2", "y")], []),
    (".csv", b"a,b\n\n1\n2,y\n\n3,z,z\n4,w\n", {}, [(4, "2", "y"), (7, "4", "w")], [3, 6]),
    (".csv", b'a,b\n1,"x\n\ny"\n\n2,z\n', {}, [(2, "1", "x\n\ny"), (4, "2", "z")], []),
    (".csv", b'a,b\n1,"x""y, z"\n', {}, [(2, "1", 'x"y, z')], []),
    (".csv", b'a,b\n1,x"y\n2,z\n', {}, [(2, "1", 'x"y'), (3, "2", "z")], []),
    (".csv", b'"a","b"\n1,x\n', {}, [(2, "1", "x")], []),
    (".csv", b" a , b ,\n1,x,\n", {}, [(2, "1", "x")], []),
    (".csv", b"a,b\n1,x\x00y\n", {}, [(2, "1", "x\x00y")], []),
    (".csv", b"a,b\n1,x\n\x1a", {}, [(2, "1", "x")], [3]),
    (".csv", b"a,b", {}, [], []),
    (".csv", b"a,b\n1\n2,x,y\n3,z\n", {}, [(4, "3", "z")], [2, 3]),
    (".csv", b"a,b\n1," + b"x" * 3_000_000 + b"\n2,y\n", {}, [(3, "2", "y")], [2]),
    (".csv", b"a;b\n1;x,y\n", {"delimiter": ";"}, [(2, "1", "x,y")], []),
    (".csv", b"a\tb\n1\tx\n", {"delimiter": "\t"}, [(2, "1", "x")], []),
    (".csv", b"a,b\n1,\xff\n2,y\n", {}, [(3, "2", "y")], [2]),
    (".csv", TEXT.encode("utf-16"), {"encoding": "utf-16"}, READ, []),
    (".csv", TEXT.encode("utf-16-be"), {"encoding": "utf-16"}, READ, []),
    (".csv", TEXT.replace("\n", "\r\n").encode("utf-16-le"), {"encoding": "utf-16"}, READ, []),
    (".csv", tcvn3(TEXT), {"encoding": "tcvn3"}, READ, []),
    (".jsonl", b'\xef\xbb\xbf{"a":1,"b":"x"}\n', {}, [(1, "1", "x")], []),
    (".jsonl", b'{"a":1,"b":"x"}\r\n{"a":2,"b":"y"}\r\n', {}, [(1, "1", "x"), (2, "2", "y")], []),
    (".jsonl", b'{"a":1,"b":"x"}\r\n{"a":2,"b":"y"}\n', {}, [(1, "1", "x"), (2, "2", "y")], []),
    (".jsonl", b'{"a":1,"b":"x"}\r{"a":2,"b":"y"}\r', {}, [(1, "1", "x"), (2, "2", "y")], []),
    (".jsonl", b'{"a":1,"a":2,"b":"x"}\n', {}, [(1, "1", "x")], []),  # the first of a doubled key
    (
        ".jsonl",
        b'{"a":NaN,"b":1e400}\n{"a":12345678901234567890123,"b":1.10}\n',
        {},
        [(1, "NaN", "1e400"), (2, "12345678901234567890123", "1.1")],
        [],
    ),
    (".jsonl", b'{"a":{"x":1},"b":[1,2]}\n{"a":1,"b":null}\n', {}, [(1, '{"x":1}', "[1,2]"), (2, "1", None)], []),
    (".jsonl", b'{"a":"\\ud800","b":1}\n{"a":"\\ud83d\\ude00","b":2}\n', {}, [(2, "😀", "2")], [1]),
    (".jsonl", b'{"a":1,"b":2}{"a":3,"b":4}\n{"a":5,"b":6}\n', {}, [(2, "5", "6")], [1]),
    (".jsonl", b'{"a":1,"b":"' + b"x" * 21_000_000 + b'"}\n{"a":2,"b":3}\n', {}, [(2, "2", "3")], [1]),
    (".jsonl", b'{"a":' + b"[" * 2000 + b"]" * 2000 + b',"b":2}\n', {}, [(1, "[" * 2000 + "]" * 2000, "2")], []),
    (".jsonl", '{"a":1,"b":"Quảng"}\n'.encode("utf-16"), {"encoding": "utf-16"}, [(1, "1", "Quảng")], []),
    (".jsonl", b"", {}, [], []),
]


@pytest.mark.parametrize(("suffix", "content", "settings", "rows", "unreadable"), TEXT_FILES, ids=lambda value: repr(value)[:40])
def test_a_text_file_gives_the_rows_that_it_has(
    tmp_path: Path, suffix: str, content: bytes, settings: dict[str, Any], rows: Rows, unreadable: list[int]
) -> None:
    path = tmp_path / f"2022-06-01{suffix}"
    path.write_bytes(content)
    assert read(path, ["a", "b"], **settings) == (rows, unreadable)
    assert columns_of(source_of(suffix, ["a", "b"], **settings), SourceFile(path, path.name, None, None)) == (
        None if suffix == ".jsonl" else ["a", "b"]
    )


def test_windows_1258_puts_tones_together_where_validation_does(tmp_path: Path) -> None:
    """The tone comes as a letter of its own; headers are made one form here, cells in validation."""
    path = tmp_path / "x.csv"
    path.write_bytes(windows_1258("mã,tên\n1,đường Lý Tự Trọng\n"))
    rows, _ = read(path, ["mã", "tên"], encoding="windows-1258")
    assert [(row, code, unicodedata.normalize("NFC", text)) for row, code, text in rows] == [(2, "1", "đường Lý Tự Trọng")]


def test_tcvn3_has_each_small_letter_once() -> None:
    letters = [letter for letter in TCVN3.values() if letter.islower()]
    assert len(letters) == len(set(letters)) == 67
    assert all(unicodedata.is_normalized("NFC", letter) for letter in letters)
    # As Latin-1 shows it in many old documents; the letter ư is a soft hyphen there.
    assert "B¶o Th¾ng, M\xadêng Kh\xad¬ng".encode("latin-1") == tcvn3("Bảo Thắng, Mường Khương")


@pytest.mark.parametrize(
    ("suffix", "content", "settings", "told"),
    [
        (".csv", TEXT.encode("utf-16"), {}, "is not UTF-8 text; it looks like utf-16.*or declare encoding: utf-16"),
        (".csv", TEXT.encode("utf-16-le"), {}, "looks like utf-16"),
        (".csv", TEXT.encode("utf-32"), {}, "looks like utf-32.*Save it as UTF-8.$"),
        (".csv", windows_1258("mã,tên\n1,Quảng\n"), {}, "looks like windows-1258"),
        (".csv", windows_1258("a,b\n" + "1,đường\n" * 4), {}, "looks like windows-1258"),
        (".csv", tcvn3("mã,tên\n1,Quảng Nam, đường\n"), {}, "looks like tcvn3"),
        (".csv", TEXT.encode(), {"encoding": "windows-1258"}, "is not windows-1258 text; it looks like utf-8"),
        (".csv", TEXT.encode(), {"encoding": "utf-16"}, "is not utf-16 text; it looks like utf-8"),
        (".csv", b"a,b\n1,2\n", {"encoding": "utf-16"}, "is not utf-16 text; it looks like utf-8"),
        (".csv", TEXT.encode("utf-16-le")[:-1], {"encoding": "utf-16"}, "is not utf-16 text, as qn.yaml says"),
        (".csv", windows_1258(TEXT), {"encoding": "tcvn3"}, "looks like windows-1258"),
        (".csv", tcvn3(TEXT), {"encoding": "windows-1258"}, "looks like tcvn3"),
        (".csv", b"a,b\n1,\xae\xb0\n", {"encoding": "tcvn3"}, "is not tcvn3 text, as qn.yaml says"),
        (".csv", b"", {}, "no header row"),
        (".csv", b"\n\na,b\n1,2\n", {}, "no header row"),
        (".csv", b"a,b,a\n1,2,3\n", {}, "no header row of distinct column names"),
        (".csv", b"a,b,A\n1,2,3\n", {}, "differ in capitals only"),
        (".csv", b"a;b\n1;2\n", {}, "no column 'a'.*may have no header"),
        (".csv", f"{SECRET},x\n".encode(), {}, "none of its 2 columns is mapped"),
        (".csv", f'a,b\n1,"{SECRET}"x\n2,3\n'.encode(), {}, "quotation mark in row 2"),
        (".csv", b"PK\x03\x04" + b"\0" * 40, {}, "is a zip file or workbook, not text"),
        (".csv", b"\x1f\x8b\x08\x00 packed", {}, "is a gzip file"),
        (".csv", b"%PDF-1.7 ...", {}, "is a PDF"),
        (".csv", b" <!DOCTYPE html><html><table>", {}, r"is a web page \(HTML\)"),
        (".csv", workbook_guard.OLE2 + b"\0" * 500, {}, "old Office format"),
        (".jsonl", b'[{"a":1,"b":2},{"a":3,"b":4}]', {}, "no JSON object on a line of its own"),
        (".jsonl", b'{\n "a": 1,\n "b": 2\n}\n', {}, "no JSON object on a line of its own"),
        (".jsonl", f"{{'a': '{SECRET}'}}\n".encode(), {}, "no JSON object on a line of its own"),
        (".jsonl", b"a,b\n1,2\n", {}, "no JSON object on a line of its own"),
        (".jsonl", '{"a":1,"b":"đ"}\n'.encode("utf-16"), {}, "looks like utf-16"),
        (".jsonl", b'{"A":1,"b":2}\n', {}, "no column 'a'"),
        (".parquet", b"", {}, "is not readable as parquet"),
        (".parquet", b"a,b\n1,2\n", {}, "is not readable as parquet"),
        (".parquet", b"PAR1" + SECRET.encode() + b"PAR1", {}, "is not readable as parquet"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_file_of_another_kind_is_refused_in_words(tmp_path: Path, suffix: str, content: bytes, settings: dict[str, Any], told: str) -> None:
    path = tmp_path / f"2022-06-01{suffix}"
    path.write_bytes(content)
    assert re.search(told, refusal(path, ["a", "b"], **settings))


PARQUETS: list[tuple[str, dict[str, Any], Rows]] = [
    ("no rows", {"a": pa.array([], pa.string()), "b": pa.array([], pa.int64())}, []),
    ("numbers", {"a": [Decimal("1.10")], "b": [float("nan")]}, [(1, "1.10", "nan")]),
    ("nested", {"a": [[1, 2]], "b": [{"x": 1}]}, [(1, "[1, 2]", "{'x': 1}")]),
    ("nulls", {"a": [None, "x"], "b": pa.array([None, None])}, [(1, None, None), (2, "x", None)]),
    ("bytes", {"a": [b"x"], "b": ["y"]}, [(1, "x", "y")]),
    ("dictionary", {"a": pa.array(["x", "x"]).dictionary_encode(), "b": [True, False]}, [(1, "x", "true"), (2, "x", "false")]),
]


@pytest.mark.parametrize(("columns", "rows"), [case[1:] for case in PARQUETS], ids=[case[0] for case in PARQUETS])
def test_a_parquet_file_gives_text(tmp_path: Path, columns: dict[str, Any], rows: Rows) -> None:
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet", ["a", "b"]) == (rows, [])


def test_a_parquet_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": ["x"] * 100, "b": ["y"] * 100}), tmp_path / "x.parquet")
    (tmp_path / "x.parquet").write_bytes((tmp_path / "x.parquet").read_bytes()[:-20])
    assert "is not readable as parquet" in refusal(tmp_path / "x.parquet", ["a", "b"])


def test_a_parquet_column_is_known_in_any_unicode_form(tmp_path: Path) -> None:
    pq.write_table(pa.table({unicodedata.normalize("NFD", "mã"): ["x"], "b": ["y"]}), tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet", ["mã", "b"]) == ([(1, "x", "y")], [])


@pytest.mark.parametrize(("suffix", "content"), [(".csv", b"a,b\n1,x\n"), (".jsonl", b'{"a":1,"b":"x"}\n')])
def test_a_row_tells_its_file(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"it's{suffix}"
    path.write_bytes(content)
    ((_, *row),), _ = read(path, ["a", "b", "@file", "@sheet"])
    assert row == ["1", "x", f"it's{suffix}", None]


def test_a_column_of_the_file_comes_before_what_rows_tell_of_it(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a":1,"b":"x","@file":"its own"}\n')
    assert read(path, ["a", "b", "@file"])[0] == [(1, "1", "x", "its own")]


# Workbooks that are none, or unsafe

SHEET = "xl/worksheets/sheet1.xml"


def good(path: Path) -> Path:
    return make_workbook(path, {"S": [["a", "b"], ["1", SECRET]]})


def written(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def zipped(parts: Mapping[str, bytes]) -> Callable[[Path], object]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return written(buffer.getvalue())


def with_parts(**parts: bytes) -> Callable[[Path], object]:
    return lambda path: repacked(good(path), {name.replace("__", "/"): content for name, content in parts.items()})


def changed(part: str, old: bytes, new: bytes) -> Callable[[Path], object]:
    return lambda path: repacked(good(path), replaced={(part, old): new})


def cut_off(path: Path) -> None:
    content = good(path).read_bytes()
    path.write_bytes(content[: len(content) // 2])


def damaged(path: Path) -> None:
    """A byte of the packed sheet is another: its checksum tells."""
    good(path)
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo(SHEET).header_offset + 60
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(content)


def lying_about_its_size(path: Path) -> None:
    """The directory says 10 bytes for a sheet that has more, as a bomb would."""
    good(path)
    content = bytearray(path.read_bytes())
    at = content.rindex(SHEET.encode()) - 46
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(content)


def doubled(path: Path) -> None:
    good(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(SHEET.upper().replace("XL/WORKSHEETS", "xl/worksheets"), b"<worksheet/>")


def with_a_password(path: Path) -> None:
    """Parts whose flag says that they are encrypted."""
    content = bytearray(good(path).read_bytes())
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        content[at + 8] |= 1
        at += 4
    path.write_bytes(content)


BILLION_LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
ENTITIES = "holds XML that declares entities"
ODS = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}
NO_WORKBOOK = "is not an XLSX workbook"

WORKBOOKS = [
    ("empty", written(b""), NO_WORKBOOK),
    ("text", written(b"a,b\n1,2\n"), NO_WORKBOOK),
    ("web page", written(b"<html><body><table><tr><td>a</td></tr></table></body></html>"), r"is a web page \(HTML\) under the name of a workbook"),
    ("web archive", written(b"MIME-Version: 1.0\nContent-Type: multipart/related"), "is a web page"),
    ("XML of 2003", written(b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'), "is an XML file"),
    ("old Excel", written(workbook_guard.OLE2 + b"\0" * 3000), r"old Excel format \(.xls\).*save it as .xlsx"),
    ("encrypted", written(workbook_guard.OLE2 + b"\0" * 9000 + "EncryptedPackage".encode("utf-16-le")), "is protected by a password"),
    ("password of a zip", with_a_password, "is protected by a password"),
    ("PDF", written(b"%PDF-1.4"), "is a PDF"),
    ("OpenDocument", zipped(ODS), "is not an XLSX workbook but an OpenDocument file"),
    ("binary workbook", zipped({"xl/workbook.bin": b"x"}), r"but a binary workbook \(.xlsb\)"),
    ("other zip", zipped({"a.csv": b"a,b"}), "another kind of zip file"),
    ("cut off", cut_off, NO_WORKBOOK),
    ("damaged", damaged, NO_WORKBOOK),
    ("lying size", lying_about_its_size, NO_WORKBOOK),
    ("doubled part", doubled, "holds a part twice"),
    ("packed bomb", with_parts(xl__media__bomb=b"\0" * 11_000_000), "packed more than 200 times"),
    ("many parts", zipped({"xl/workbook.xml": b"<x/>"} | {f"x{n}": b"" for n in range(10_000)}), "holds 10001 parts"),
    ("path upwards", zipped({"xl/workbook.xml": b"<x/>", "xl/../../evil.xml": b"<x/>"}), "leads out of the workbook"),
    ("absolute path", zipped({"xl/workbook.xml": b"<x/>", "/etc/evil.xml": b"<x/>"}), "leads out of the workbook"),
    ("path with a drive", zipped({"xl/workbook.xml": b"<x/>", "C:\\evil.xml": b"<x/>"}), "leads out of the workbook"),
    ("entities in a sheet", changed(SHEET, b"<worksheet", BILLION_LAUGHS[21:-28] + b"<worksheet"), ENTITIES),
    ("entities in strings", changed("xl/sharedStrings.xml", b"<sst", b'<!DOCTYPE sst SYSTEM "file:///etc/passwd"><sst'), ENTITIES),
    ("entities in another part", with_parts(docProps__custom_xml=BILLION_LAUGHS, **{"xl__more.xml": BILLION_LAUGHS}), ENTITIES),
    ("entities in UTF-16", with_parts(**{"xl__more.xml": BILLION_LAUGHS.decode().encode("utf-16")}), ENTITIES),
    ("malformed sheet", changed(SHEET, b"</row>", b""), NO_WORKBOOK),
    ("no such column", changed(SHEET, b'r="B2"', b'r="ZZZZ2"'), NO_WORKBOOK),
    ("no such row", changed(SHEET, b'<row r="2"', b'<row r="99999999"'), NO_WORKBOOK),
    (
        "a stray cell far away",
        lambda path: make_workbook(path, {"S": Sheet([["a", "b"]], far={"XFD1048576": SECRET})}),
        "reach to row 1048576 and column 16384",
    ),
    ("no relations", changed("xl/_rels/workbook.xml.rels", b"worksheets/sheet1.xml", b"worksheets/sheet9.xml"), NO_WORKBOOK),
    ("no sheets", changed("xl/workbook.xml", b'<sheet name="S" sheetId="1" r:id="rId1"/>', b""), "has no sheet with cells"),
    ("empty sheet", lambda path: make_workbook(path, {"S": []}), "no header row"),
    ("a header only in row 2", lambda path: make_workbook(path, {"S": [[], ["a", "b"]]}), "no header row"),
    ("a header of numbers", lambda path: make_workbook(path, {"S": [[1, 1], [2, 3]]}), "no header row of distinct column names"),
    ("no header", lambda path: make_workbook(path, {"S": [[SECRET, "x"]]}), "none of its 2 columns is mapped"),
]


@pytest.mark.parametrize(("make", "told"), [case[1:] for case in WORKBOOKS], ids=[case[0] for case in WORKBOOKS])
def test_a_workbook_that_is_none_or_unsafe_is_refused_in_words(tmp_path: Path, make: Callable[[Path], object], told: str) -> None:
    path = tmp_path / "2022-06-01.xlsx"
    make(path)
    assert re.search(told, refusal(path, ["a", "b"]))


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_guard, "MAX_BYTES", 2_000_000)
    path = repacked(good(tmp_path / "x.xlsx"), {"xl/media/image.png": b"\0" * 2_000_000})
    assert "unpacks to 2 MB" in refusal(path, ["a", "b"])


def test_styled_cells_far_away_and_drawings_that_are_not_well_formed_do_no_harm(tmp_path: Path) -> None:
    far = b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
    path = repacked(good(tmp_path / "x.xlsx"), {"xl/drawings/vmlDrawing1.vml": b"<xml><br></xml>"}, {(SHEET, b"</sheetData>"): far})
    assert read(path, ["a", "b"]) == ([(2, "1", SECRET)], [])


def test_parts_named_in_other_capitals_are_found(tmp_path: Path) -> None:
    path = repacked(good(tmp_path / "x.xlsx"), replaced={("xl/_rels/workbook.xml.rels", b"worksheets/sheet1.xml"): b"Worksheets/Sheet1.xml"})
    assert read(path, ["a", "b"]) == ([(2, "1", SECRET)], [])
