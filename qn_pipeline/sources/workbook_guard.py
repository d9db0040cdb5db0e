"""What must hold of an XLSX file before anything opens it, and what only its XML tells: the cells that hold an error.

A workbook is a zip of XML that an office did not make for us: it may be another kind of file, a bomb, or so sparse that a dense reader
would need all memory. Nothing is followed (external links) and nothing is run (macros).
"""

import logging
import re
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree as ET
from xml.parsers import expat

from qn_pipeline.errors import SourceChanged
from qn_pipeline.sources.encodings import OLE2, kind_of

log = logging.getLogger(__name__)

MAX_BYTES = 200_000_000  # uncompressed, all entries
MAX_ENTRIES = 10_000
MAX_RATIO, RATIO_FROM = 200, 10_000_000
MAX_CELLS = 20_000_000  # of the rectangle that a sheet's values span
CHUNK = 1 << 20
DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)|<\0!\0[DE]\0[ON]\0", re.IGNORECASE)
REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
WORKBOOK = "xl/workbook.xml"
Errors = dict[tuple[int, int], str]


def check_workbook(path: Path) -> dict[str, Errors]:
    """For each sheet's name, its error cells: {(row, column) from 0: "#REF!"}. Raises SourceChanged when the file is unsafe or no workbook."""
    _refuse_other_kinds(path)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_entries(path, archive.infolist())
            names = archive.namelist()
            if WORKBOOK not in (name.lower() for name in names):
                raise SourceChanged(f"{path} is not an XLSX workbook but {_kind(names)}. Nothing of it was kept. Save it as .xlsx.")
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                log.warning("%s holds macros; it was read as data, and nothing of them was run", path)
            parts = {name.lower(): _Scan(path, name).read(archive) for name in names if name.lower().endswith((".xml", ".rels", ".vml"))}
            return {sheet: parts[part] for sheet, part in _sheet_parts(archive).items()}
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError, ValueError, LookupError, ET.ParseError):
        raise SourceChanged(f"{path} is not an XLSX workbook, or was damaged on its way. Nothing of it was kept. Ask for the file again.") from None


def _refuse_other_kinds(path: Path) -> None:
    with path.open("rb") as stream:
        head = stream.read(4096)
        protected = head.startswith(OLE2) and "EncryptedPackage".encode("utf-16-le") in head + stream.read(20_000_000)
    if protected:
        raise SourceChanged(f"{path} is protected by a password. Nothing of it was kept. Save it as .xlsx without a password.")
    kind = (
        "a file of the old Excel format (.xls)" if head.startswith(OLE2) else "an XML file" if head.lstrip().startswith(b"<?xml") else kind_of(head)
    )
    if kind and not head.startswith(b"PK"):
        raise SourceChanged(f"{path} is {kind} under the name of a workbook. Nothing of it was kept. Open it in Excel and save it as .xlsx.")


def _check_entries(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    problem = None
    if len(entries) > MAX_ENTRIES:
        problem = f"holds {len(entries)} parts, and a workbook has a few dozen"
    elif sum(entry.file_size for entry in entries) > MAX_BYTES:
        problem = f"unpacks to {sum(entry.file_size for entry in entries) // 1_000_000} MB, more than the {MAX_BYTES // 1_000_000} MB that are read"
    elif any(entry.file_size > RATIO_FROM and entry.file_size > MAX_RATIO * entry.compress_size for entry in entries):
        problem = f"holds a part that is packed more than {MAX_RATIO} times, as only made-up files are"
    elif len({entry.filename.lower() for entry in entries}) < len(entries):
        problem = "holds a part twice"
    elif any(_leads_out(entry.filename) for entry in entries):
        problem = "holds a part whose path leads out of the workbook"
    if problem:
        raise SourceChanged(f"{path} {problem}. Nothing of it was kept. Open it in Excel and save it as a new .xlsx.")
    if any(entry.flag_bits & 1 for entry in entries):
        raise SourceChanged(f"{path} is protected by a password. Nothing of it was kept. Save it as .xlsx without a password.")


def _leads_out(name: str) -> bool:
    return name.startswith(("/", "\\")) or ":" in name or ".." in PurePosixPath(name.replace("\\", "/")).parts


def _kind(names: list[str]) -> str:
    if "xl/workbook.bin" in names:
        return "a binary workbook (.xlsb)"
    return "an OpenDocument file" if "content.xml" in names else "another kind of zip file"


class _Scan:
    """A part of XML read to its end, which proves its size and checksum, and a sheet's reach.

    The reader behind us takes XML that is not well-formed, and memory for all cells between the first and the last; so nothing gets there that
    a strict parser does not take.
    """

    def __init__(self, path: Path, part: str) -> None:
        self.path, self.part = path, part
        self.errors: Errors = {}
        self.row, self.column = 0, 0  # of the cell that is being read, from 1
        self.last_row, self.last_column = 0, 0  # that hold a value
        self.is_error = False
        self.text: str | None = None  # of an error cell's value, while it is read

    def read(self, archive: zipfile.ZipFile) -> Errors:
        """The part's error cells. Raises SourceChanged, ValueError when it is not well-formed, and as zipfile does."""
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = lambda *_: self._refuse_entities()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        strict = not self.part.lower().endswith(".vml")  # drawings of old are often not well-formed, and are not read
        with archive.open(self.part) as stream:
            tail = b""
            try:
                while chunk := stream.read(CHUNK):
                    if DTD.search(tail + chunk):
                        self._refuse_entities()
                    if strict:
                        parser.Parse(chunk)
                    tail = chunk[-32:]
                if strict:
                    parser.Parse(b"", True)
            except expat.ExpatError as error:
                raise ValueError(self.part) from error
        if self.last_row * self.last_column > MAX_CELLS:
            raise SourceChanged(
                f"{self.path} has a sheet whose cells reach to row {self.last_row} and column {self.last_column}, too far to be a table. "
                "Nothing of it was kept. Delete the stray cells and save it again."
            )
        return self.errors

    def _refuse_entities(self) -> None:
        raise SourceChanged(f"{self.path} holds XML that declares entities, as no workbook does. Nothing of it was kept. Save it as a new .xlsx.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "c" if "r" in attributes:
                reference = REFERENCE.fullmatch(attributes["r"])
                if reference is None:
                    raise ValueError(self.part)
                self.row, self.column = int(reference[2]), column_place(reference[1]) + 1
                self.is_error = attributes.get("t") == "e"
            case "c":
                self.column += 1
                self.is_error = attributes.get("t") == "e"
            case "row":
                self.row, self.column = _number(attributes["r"]) if "r" in attributes else self.row + 1, 0
            case "v" | "is":
                # Styled empty cells, which Excel writes far out, do not count.
                self.last_row, self.last_column = max(self.last_row, self.row), max(self.last_column, self.column)
                self.text = "" if self.is_error else None

    def _characters(self, text: str) -> None:
        if self.text is not None:
            self.text += text

    def _end(self, name: str) -> None:
        if self.text is not None and name.rpartition(":")[2] == "v":
            self.errors[self.row - 1, self.column - 1] = self.text[:20]
            self.text = None


def _number(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,6}", text):
        raise ValueError("no row has this number")
    return int(text)


def column_place(letters: str) -> int:
    """A column's place from 0: A is 0, AA is 26."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of each sheet's name, in small letters: programs differ in them. Raises LookupError when the workbook has no list of them."""
    names = {name.lower(): name for name in archive.namelist()}
    relations = ET.fromstring(archive.read(names["xl/_rels/workbook.xml.rels"]))  # noqa: S314 -- was scanned for a DTD
    targets = {relation.get("Id"): relation.get("Target", "").lower() for relation in relations}
    sheets = [e for e in ET.fromstring(archive.read(names[WORKBOOK])).iter() if e.tag.endswith("}sheet")]  # noqa: S314
    parts = {sheet.get("name", ""): targets[next((value for key, value in sheet.items() if key.endswith("}id")), "")] for sheet in sheets}
    return {name: target.lstrip("/") if target.startswith("/") else f"xl/{target}" for name, target in parts.items()}
