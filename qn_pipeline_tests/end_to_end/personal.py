"""A search for texts, however they are spelt, in everything that a run leaves behind.

Texts are compared folded: without case, diacritics and line breaks, escapes undone, so that NFC, NFD, ASCII and upper case are one.
Files are searched as they are and, where they are Parquet, DuckDB, SQLite or gzip, unpacked.
"""

import contextlib
import gzip
import html
import re
import sqlite3
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

ANCHOR, CHUNK, TABLE = 8, 1 << 22, 1 << 22
_MARKS = re.compile("[\u0300-\u036f]+")
_SPACES = re.compile(r"\s+")
_UNICODE = re.compile(r"\\+u([0-9a-fA-F]{4})")
_BYTES = re.compile(r"(?:\\+x[0-9a-fA-F]{2})+")


def folded(text: str) -> str:
    """The text in small ASCII letters, as far as it has any."""
    text = _unescaped(text)
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFD", text)).replace("đ", "d").replace("Đ", "d")
    return _SPACES.sub(" ", text.lower())


def _unescaped(text: str) -> str:
    """What JSON, Python, addresses and pages wrote as escapes."""
    if "\\" in text:
        text = _UNICODE.sub(lambda found: chr(int(found[1], 16)), text)
        text = _BYTES.sub(lambda found: bytes.fromhex(re.sub(r"\\+x", "", found[0])).decode("utf-8", "replace"), text)
        text = text.replace("\\n", "\n")
    if "%" in text:
        text = unquote(text)
    return html.unescape(text) if "&" in text else text


class Search:
    """Finds any of many texts in one pass: a rolling hash over their first characters, then a look at the few places that are left."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self._by_start: dict[bytes, list[bytes]] = {}
        for text in {folded(text) for text in wanted}:
            assert len(text) >= ANCHOR, f"too short to be told from others: {text}"
            spelt = text.encode("ascii", "replace")
            self._by_start.setdefault(spelt[:ANCHOR], []).append(spelt)
        self._longest = max(len(text) for texts in self._by_start.values() for text in texts)
        self._table = np.zeros(TABLE, dtype=bool)
        for start in self._by_start:
            self._table[_hashes(np.frombuffer(start, dtype=np.uint8))] = True

    def found_in(self, text: str) -> set[str]:
        """Those of the wanted texts that are in a text, folded."""
        data, found = folded(text).encode("ascii", "replace"), set()
        for first in range(0, len(data), CHUNK):
            chunk = data[first : first + CHUNK + self._longest]
            if len(chunk) >= ANCHOR:
                for place in np.flatnonzero(self._table[_hashes(np.frombuffer(chunk, dtype=np.uint8))]).tolist():
                    candidates = self._by_start.get(chunk[place : place + ANCHOR], ())
                    found.update(text.decode() for text in candidates if chunk.startswith(text, place))
        return found


def _hashes(data: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """One for each place where an anchor may begin."""
    places = len(data) - ANCHOR + 1
    hashes = np.zeros(places, dtype=np.uint32)
    for offset in range(ANCHOR):
        hashes *= np.uint32(0x01000193)
        hashes ^= data[offset : offset + places]
    return hashes % np.uint32(TABLE)


def texts_below(folder: Path, leave_out: Iterable[Path] = ()) -> Iterator[tuple[str, str]]:
    """Name and text of everything that is in the files of a folder; a name ends with what was unpacked."""
    outside = [path.resolve() for path in leave_out]
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not any(path.resolve().is_relative_to(out) for out in outside):
            name = str(path.relative_to(folder))
            yield name, name
            for unpacked, text in texts_of(path):
                yield f"{name}{unpacked}", text


def texts_of(path: Path) -> Iterator[tuple[str, str]]:
    """The bytes of a file as text, and what is packed in it."""
    data = path.read_bytes()
    yield "", data.decode("utf-8", "replace")
    if data.startswith(b"PAR1"):
        yield "#parquet", _cells(pq.read_table(path).to_pydict().values())
    elif data[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as con:
            names = con.execute("select table_schema, table_name from information_schema.tables").fetchall()
            for schema, table in names:
                yield f"#{schema}.{table}", _cells(con.execute(f'select * from "{schema}"."{table}"').fetchall())
    elif data.startswith(b"SQLite format 3"):
        with sqlite3.connect(path) as database:
            for (table,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
                yield f"#{table}", _cells(database.execute(f'select * from "{table}"').fetchall())
    elif data.startswith(b"\x1f\x8b"):
        yield "#gzip", gzip.decompress(data).decode("utf-8", "replace")


def _cells(rows: Iterable[Iterable[Any]]) -> str:
    return "\n".join(_cell(value) for row in rows for value in row if value is not None)


def _cell(value: Any) -> str:
    if not isinstance(value, bytes):
        return str(value)
    with contextlib.suppress(zlib.error):
        value = zlib.decompress(value)
    return value.decode("utf-8", "replace")
