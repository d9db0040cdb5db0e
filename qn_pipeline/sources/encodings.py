"""Text files that are not UTF-8: made UTF-8 before they are read, or refused with the encoding that they likely have."""

import codecs
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from qn_pipeline.errors import SourceChanged

LOOK = 65_536  # bytes that are looked at before a file is believed
BLOCK = 1 << 20
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The font encoding TCVN3 (ABC), where it differs from ASCII. Capitals with a tone are the small letters in a font of capitals (.VnTimeH):
# they come out small. Checked against glibc's TCVN5712-1, whose upper half it is.
_TCVN3 = {
    0xA0: "\N{NO-BREAK SPACE}ĂÂÊÔƠƯĐăâêôơưđ",
    0xB5: "àảãáạ",
    0xBB: "ằẳẵắ",
    0xC6: "ặầẩẫấậè",
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}
TCVN3 = {first + offset: letter for first, letters in _TCVN3.items() for offset, letter in enumerate(letters)}
_TCVN3_TABLE = {byte: ord(TCVN3.get(byte, "\ufffe")) if byte >= 0x80 else byte for byte in range(256)}  # U+FFFE: no letter has this byte


@contextmanager
def as_utf8(con: duckdb.DuckDBPyConnection | None, path: Path, encoding: str) -> Iterator[Path]:
    """The file itself when it is UTF-8, else a copy of it in UTF-8 that vanishes afterwards.

    Raises SourceChanged when its first bytes, or for another encoding any of them, are not of the encoding.
    """
    _refuse_another_kind(path, encoding)
    if encoding == "utf-8":
        yield path
        return
    with _copy(con, path) as copy:
        try:
            with copy.open("wb") as stream:
                for block in _decoded(path.read_bytes(), encoding):
                    stream.write(block.encode("utf-8"))
        except UnicodeError:
            raise SourceChanged(
                f"{path} is not {encoding} text, as qn.yaml says. Nothing of it was kept. Ask for the file again, or correct encoding."
            ) from None
        yield copy


@contextmanager
def one_line_end(con: duckdb.DuckDBPyConnection, text: Path) -> Iterator[Path]:
    """A copy whose lines all end in LF; it vanishes afterwards."""
    with _copy(con, text) as copy:
        copy.write_bytes(text.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
        yield copy


@contextmanager
def _copy(con: duckdb.DuckDBPyConnection | None, path: Path) -> Iterator[Path]:
    """A place for a copy, in the engine's own scratch, which the next run clears of what a killed one left."""
    row = con.execute("select current_setting('temp_directory')").fetchone() if con else None
    scratch = str(row[0]) if row and Path(str(row[0])).is_dir() else None
    with tempfile.TemporaryDirectory(dir=scratch, prefix="text-") as folder:
        yield Path(folder) / path.name


def _decoded(data: bytes, encoding: str) -> Iterator[str]:
    """The text, block by block. Raises UnicodeError."""
    if encoding == "tcvn3":
        for start in range(0, len(data), BLOCK):
            yield codecs.charmap_decode(data[start : start + BLOCK], "strict", _TCVN3_TABLE)[0]
        return
    name = "cp1258"
    if encoding == "utf-16":
        name = "utf-16-be" if _is_big_endian(data[:LOOK]) else "utf-16-le"
        data = data[2:] if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else data
    decoder = codecs.getincrementaldecoder(name)("strict")
    for start in range(0, len(data), BLOCK):
        yield decoder.decode(data[start : start + BLOCK])
    yield decoder.decode(b"", final=True)


def _refuse_another_kind(path: Path, encoding: str) -> None:
    with path.open("rb") as stream:
        head = stream.read(LOOK)
    kind = kind_of(head)
    if kind:
        raise SourceChanged(f"{path} is {kind}, not text. Nothing of it was kept. Ask for the file again, or correct format in qn.yaml.")
    likely = _looks_like(head, lenient=encoding == "utf-8")
    if likely == encoding or not head or (likely is None and encoding != "utf-16"):
        return
    if encoding == "utf-8":
        declare = "" if likely == "utf-32" else f", or declare encoding: {likely} in qn.yaml"
        raise SourceChanged(f"{path} is not UTF-8 text; it looks like {likely}. Nothing of it was kept. Save it as UTF-8{declare}.")
    raise SourceChanged(f"{path} is not {encoding} text; it looks like {likely or 'utf-8'}. Nothing of it was kept. Correct encoding in qn.yaml.")


def kind_of(head: bytes) -> str | None:
    """What the first bytes say that a file is, when it is one of the kinds that come under a wrong name."""
    signs = {
        b"PK\x03\x04": "a zip file or workbook",
        OLE2: "a file of an old Office format",
        b"\x1f\x8b": "a gzip file",
        b"%PDF-": "a PDF",
        b"PAR1": "a Parquet file",
    }
    kind = next((kind for sign, kind in signs.items() if head.startswith(sign)), None)
    text = head[:512].lstrip(b"\xef\xbb\xbf\r\n\t ").lower()
    return "a web page (HTML)" if text.startswith((b"<html", b"<!doctype", b"<table", b"<meta", b"<head", b"mime-version")) else kind


def _looks_like(head: bytes, lenient: bool) -> str | None:
    """The encoding that the first bytes of a text give away; None when they are ASCII or tell nothing. Lenient: UTF-8 may have bad lines."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    zeros = head.count(0)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or (
        zeros > len(head) // 5 and abs(head[::2].count(0) - head[1::2].count(0)) > zeros // 2
    ):
        return "utf-16"
    if head.isascii():
        return None
    lines = [line for line in head.split(b"\n")[: -1 if len(head) == LOOK else None] if line]
    bad = [number for number, line in enumerate(lines) if not _is_utf8(line)]
    if not bad:
        return "utf-8"
    good = sum(not line.isascii() for line in lines) - len(bad)
    if good or (lenient and 0 not in bad and (len(bad) < 3 or len(bad) < len(lines) / 2)):
        return None  # a bad byte further down is a matter of its row
    # Where TCVN3 has its most frequent letters, the code pages have signs that no text holds.
    high = [byte for byte in head if byte >= 0x80]
    return "tcvn3" if sum(0xA1 <= byte <= 0xBF for byte in high) > len(high) / 10 else "windows-1258"


def _is_big_endian(head: bytes) -> bool:
    return not head.startswith(codecs.BOM_UTF16_LE) and (head.startswith(codecs.BOM_UTF16_BE) or head[::2].count(0) > head[1::2].count(0))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
