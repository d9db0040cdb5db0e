"""Readers: the same rows from every format, row numbers as a person sees them, and clear words for a file that is not what it says."""

import unicodedata
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from qn_pipeline.contracts.dossiers import DOSSIERS
from qn_pipeline.errors import ConfigurationError, SourceChanged
from qn_pipeline.project import FileSource, Mapping, Project, load_project
from qn_pipeline.sources.files import find_files, month_after, read_file
from qn_pipeline_tests.support import write_project


def source_of(folder: Path, **settings: Any) -> tuple[Project, FileSource]:
    write_project(folder, {"desk": {"files": "data/{day}.csv"} | settings})
    project = load_project(folder)
    source = project.sources["desk"]
    assert isinstance(source, FileSource)
    return project, source


def read(folder: Path, columns: list[str], **settings: Any) -> tuple[list[tuple[Any, ...]], list[int]]:
    project, source = source_of(folder, **settings)
    mapping = Mapping.model_validate({"columns": dict(zip(DOSSIERS.names, columns, strict=False))})
    source = source.model_copy(update={"mapping": mapping})
    with duckdb.connect() as con:
        result = read_file(con, source, find_files(project, source)[0])
        return con.execute("select * from source_row order by row_no").fetchall(), result.unreadable


def put(folder: Path, name: str, content: bytes) -> None:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "data" / name).write_bytes(content)


def test_csv_keeps_quotes_line_breaks_and_a_byte_order_mark(tmp_path: Path) -> None:
    put(tmp_path, "2022-06-01.csv", '\ufeffmã;tên\r\n1;"a;b"\r\n2;"dòng\nhai"\r\n3;\r\n'.encode())
    rows, unreadable = read(tmp_path, ["mã", "tên"], delimiter=";")
    assert rows == [(2, "1", "a;b"), (3, "2", "dòng\nhai"), (4, "3", None)]
    assert unreadable == []


def test_csv_rows_that_cannot_be_parsed_keep_their_number_and_the_others_theirs(tmp_path: Path) -> None:
    lines = [b"a,b", b"1,x", b"2,x,too many", b"3,x", b"4,\xff\xfe", b"5", b"6,x"]
    put(tmp_path, "2022-06-01.csv", b"\n".join(lines) + b"\n")
    rows, unreadable = read(tmp_path, ["a", "b"])
    assert rows == [(2, "1", "x"), (4, "3", "x"), (7, "6", "x")]
    assert unreadable == [3, 5, 6]


def test_csv_rejects_far_into_a_long_file_are_numbered_right(tmp_path: Path) -> None:
    """More than one buffer of the parallel reader."""
    size, bad = 400_000, {7, 150_001, 399_999}
    lines = [f"{number},{'x' * 80}" + (",more" if number in bad else "") for number in range(2, size + 1)]
    put(tmp_path, "2022-06-01.csv", ("a,b\n" + "\n".join(lines) + "\n").encode())
    rows, unreadable = read(tmp_path, ["a"])
    assert unreadable == sorted(bad)
    assert all(number == int(text) for number, text in rows)
    assert len(rows) == size - 1 - len(bad)


def test_jsonl_reaches_into_objects_and_keeps_malformed_lines_numbers(tmp_path: Path) -> None:
    put(tmp_path, "2022-06-01.jsonl", '{"a": 1, "p": [{"id": "x"}]}\n\n{"a": \n["not an object"]\n{"a": "é", "other": true}\n'.encode())
    rows, unreadable = read(tmp_path, ["a", "/p/0/id"], files="data/{day}.jsonl")
    assert rows == [(1, "1", "x"), (5, "é", None)]
    assert unreadable == [3, 4]


def test_xlsx_gives_dates_in_iso_and_whole_numbers_without_a_fraction(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with xlsxwriter.Workbook(tmp_path / "data" / "2022-06-01.xlsx") as workbook:
        sheet = workbook.add_worksheet("Số liệu")
        sheet.write_row(0, 0, ["Báo cáo tháng 6"])
        sheet.write_row(1, 0, ["mã", "ngày", "số", "có"])
        sheet.write_row(2, 0, ["001", "", 12, True])
        sheet.write_datetime(2, 1, datetime(2022, 6, 1, 8, 30), workbook.add_format({"num_format": "dd/mm/yyyy hh:mm"}))  # noqa: DTZ001
        sheet.write_row(4, 0, ["002", "01/06/2022", 1.5, False])
    rows, _ = read(tmp_path, ["mã", "ngày", "số", "có"], files="data/{day}.xlsx", sheet="Số liệu", header_row=2)
    assert rows == [(3, "001", "2022-06-01 08:30:00", "12", "true"), (5, "002", "01/06/2022", "1.5", "false")]


def test_parquet_gives_text(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"a": [1, None], "t": [datetime(2022, 6, 1, 8), None]}), tmp_path / "data" / "2022-06-01.parquet")  # noqa: DTZ001
    rows, _ = read(tmp_path, ["a", "t"], files="data/{day}.parquet")
    assert rows == [(1, "1", "2022-06-01 08:00:00"), (2, None, None)]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("2022-06-01.csv", "mã\n".encode("utf-16"), "is not UTF-8 text"),
        ("2022-06-01.csv", b"a,a\n1,2\n", "no header row of distinct column names"),
        ("2022-06-01.csv", b"", "no header row"),
        ("2022-06-01.csv", b"b\n1\n", "has no column 'a', which mapping.yaml maps"),
        ("2022-06-01.xlsx", b"this is no workbook", "is not an XLSX workbook"),
        ("2022-06-01.parquet", b"PAR1 and nothing else", "is not readable as parquet"),
        ("2022-06-01.jsonl", b'{"b": 1}\n', "has no column 'a'"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_in_words(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    put(tmp_path, name, content)
    with pytest.raises(SourceChanged, match=told):
        read(tmp_path, ["a"], files=f"data/{{day}}{Path(name).suffix}")


def test_a_quotation_mark_that_does_not_end_refuses_the_file(tmp_path: Path) -> None:
    """The rows after it are inside the quotation: nobody knows how many."""
    put(tmp_path, "2022-06-01.csv", b'a,b\n1,x\n2,"y\n3,z\n')
    with pytest.raises(SourceChanged, match="a quotation mark in row 3 that does not end"):
        read(tmp_path, ["a", "b"])


def test_a_first_row_that_is_no_header_is_not_told(tmp_path: Path) -> None:
    put(tmp_path, "2022-06-01.csv", "Nguyễn Thị Ánh,049088001234\n".encode())
    with pytest.raises(SourceChanged, match="none of its 2 columns is mapped, so it may have no header") as refused:
        read(tmp_path, ["a", "b"])
    assert "049" not in str(refused.value)


def test_an_empty_jsonl_and_one_without_an_optional_key_are_fine(tmp_path: Path) -> None:
    put(tmp_path, "2022-06-01.jsonl", b"")
    assert read(tmp_path, ["a", "b", "c"], files="data/{day}.jsonl") == ([], [])
    put(tmp_path, "2022-06-01.jsonl", b'{"a": 1, "b": 2}\n')
    assert read(tmp_path, ["a", "b", "c"], files="data/{day}.jsonl") == ([(1, "1", "2", None)], [])


def test_column_names_are_the_same_in_any_unicode_form(tmp_path: Path) -> None:
    put(tmp_path, "2022-06-01.csv", (unicodedata.normalize("NFD", "mã") + "\n1\n").encode())
    assert read(tmp_path, ["mã"]) == ([(2, "1")], [])


def test_an_error_of_the_reader_never_quotes_the_row(tmp_path: Path) -> None:
    put(tmp_path, "2022-06-01.parquet", b"PAR1 049000000001 PAR1")
    with pytest.raises(SourceChanged) as refused:
        read(tmp_path, ["a"], files="data/{day}.parquet")
    assert "049000000001" not in str(refused.value)


def test_files_are_found_by_name_with_the_day_and_month_that_it_gives(tmp_path: Path) -> None:
    for name in ("a_2022-05_20220601.csv", "b_2022-05_20220602.csv", "a_2022-5_20220601.csv", "a_2022-05_20220601.csv.bak"):
        put(tmp_path, name, b"a\n")
    project, source = source_of(tmp_path, files="data/*_{month}_{day}.csv")
    found = find_files(project, source)
    assert [(file.name, file.day, file.month) for file in found] == [
        ("data/a_2022-05_20220601.csv", date(2022, 6, 1), date(2022, 5, 1)),
        ("data/b_2022-05_20220602.csv", date(2022, 6, 2), date(2022, 5, 1)),
    ]


def test_a_name_with_an_impossible_day_is_told(tmp_path: Path) -> None:
    put(tmp_path, "2022-02-30.csv", b"a\n")
    project, source = source_of(tmp_path)
    with pytest.raises(SourceChanged, match="2022-02-30, which is no date"):
        find_files(project, source)


def test_a_missing_folder_is_a_matter_of_configuration(tmp_path: Path) -> None:
    project, source = source_of(tmp_path, files="nowhere/{day}.csv")
    with pytest.raises(ConfigurationError, match=r"the folder .*nowhere does not exist"):
        find_files(project, source)


@pytest.mark.parametrize(
    ("day", "after"), [(date(2022, 11, 30), date(2022, 12, 1)), (date(2022, 12, 31), date(2023, 1, 1)), (date(2024, 2, 29), date(2024, 3, 1))]
)
def test_month_after(day: date, after: date) -> None:
    assert month_after(day) == after
