"""No personal value of the simulated people is left anywhere: not in files, Dagster's storage, logs or what is printed."""

import contextlib
import gzip
import hashlib
import io
import json
import logging
import sqlite3
import sys
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from qn_pipeline import cli
from qn_pipeline.simulator import opencps
from qn_pipeline.simulator.faults import Fault, FaultKind
from qn_pipeline.simulator.files import end_of, national_row, write_night
from qn_pipeline.simulator.lives import Province, Row
from qn_pipeline.simulator.people import Person, without_diacritics
from qn_pipeline.simulator.projects import CONNECTION, NATIONAL, write_project
from qn_pipeline.simulator.server import Handle, serving
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.systems import NationalCopy
from qn_pipeline_tests.end_to_end.personal import Search, folded, texts_below
from qn_pipeline_tests.support import SEAL_KEY

BACKFILL = date(2022, 1, 1), date(2022, 3, 14)
FAULTY, DOWN = date(2022, 3, 15), date(2022, 3, 16)
CSV_COLUMNS = (
    *("MaHoSo", "MaTTHC", "DonViXuLy", "KenhThucHien", "TrangThaiHoSo", "NgayTiepNhan", "NgayHenTra", "NgayKetThucXuLy"),
    *("ChuHoSo", "MaDoiTuong", "SoDienThoai"),
)
TRANSIENT = [
    Fault(FaultKind.TRUNCATED, on="dossiers", times=2),
    Fault(FaultKind.NOT_JSON, on="dossiers", after=4, times=1),
    Fault(FaultKind.TRUNCATED, on="actions", times=3),
    Fault(FaultKind.NOT_JSON, on="files", times=2),
    Fault(FaultKind.RESET, on="payment", times=2),
    Fault(FaultKind.SERVER_ERROR, on="dossier", times=1),
    Fault(FaultKind.TRUNCATED, on="national", times=2),
    Fault(FaultKind.EXPIRED_TOKEN, on="national", after=3, times=1),
]
LASTING = [Fault(FaultKind.TRUNCATED, on="dossiers", times=None), Fault(FaultKind.NOT_JSON, on="national", times=None)]


@dataclass(frozen=True)
class Careless:
    """A province, or a view of one, some of whose rows break a rule."""

    shown: Province | NationalCopy

    def rows(self, at: datetime) -> Iterator[Row]:
        """What it shows at a moment."""
        for row in self.shown.rows(at):
            state = row.state
            match row.dossier.number % 12:
                case 1 if state.due_at and state.received_at:
                    state = replace(state, due_at=state.received_at - timedelta(days=3))
                case 2 if state.ended_at and state.received_at:
                    state = replace(state, ended_at=state.received_at - timedelta(days=3))
                case 3:
                    state = replace(state, code=f"{state.code[:5]}?{state.code[5:]}")
            yield replace(row, state=state)


@dataclass(frozen=True)
class Left:
    """All that the runs left behind, by name, and the people whose dossiers were shown to them."""

    texts: list[tuple[str, str]]
    people: set[Person]
    codes: set[str]


def write_files(folder: Path, shown: Careless, day: date) -> None:
    """A night's files of an office: whole at first, then with lines that are cut, are no objects or no text."""
    path = write_night(shown, folder, day)
    lines = path.read_bytes().splitlines()
    if day != BACKFILL[1]:
        lines[3] = lines[3][: len(lines[3]) // 2]
        lines[5] = b"[" + lines[5] + b"]"
        lines[7] = lines[7].replace("ễ".encode(), b"\xe1\xbb").replace("ị".encode(), b"\xe1")
    path.write_bytes(b"\n".join(lines) + b"\n")
    rows = [national_row(row) for row in list(shown.rows(end_of(day)))[:20]]
    table = [",".join(f'"{row[column]}"' for column in CSV_COLUMNS) for row in rows]
    header = [",".join(CSV_COLUMNS)]
    if day == BACKFILL[1]:  # a column too many, and too few
        table[2] += ',"' + rows[2]["ChuHoSo"] + '"'
        table[4] = table[4].rpartition(",")[0]
    elif day == FAULTY:  # a quotation mark that does not end
        table[-1] = table[-1][:-1]
    else:  # every row in quarantine
        table = [line.replace("H47", "?", 1) for line in table]
    (folder / "data" / f"so_{day}.csv").write_text("\n".join([*header, *table]) + "\n", encoding="utf-8")


def write_privacy_project(folder: Path, system: Handle, start: date) -> None:
    """The one-stop system and the national portal are pulled, and an office delivers files of both kinds."""
    write_project(folder, system.url, start, national=True, first_wait=0.01, retry_budget=0.5)
    settings = yaml.safe_load((folder / "qn.yaml").read_text(encoding="utf-8"))
    national = yaml.safe_load((folder / "mappings" / "dvcqg.yaml").read_text(encoding="utf-8"))
    table = {
        "columns": {
            name: mapping
            for name, mapping in national["columns"].items()
            if (mapping["from"] if isinstance(mapping, dict) else mapping) in CSV_COLUMNS
        }
        | {"applicant_id": "MaDoiTuong"},
        "ignore": ["ChuHoSo", "SoDienThoai"],
    }
    (folder / "mappings" / "so.yaml").write_text(yaml.safe_dump(table, allow_unicode=True), encoding="utf-8")
    common = {"entity": "dossiers", "delivers": "changes"}
    settings["sources"] |= {
        "van_phong": common | {"files": "data/ho_so_{day}.jsonl", "mapping": "mappings/dvcqg.yaml"},
        "so": common | {"files": "data/so_{day}.csv", "mapping": "mappings/so.yaml", "max_quarantined": 0.9},
    }
    settings |= {"precedence": [CONNECTION, NATIONAL, "van_phong", "so"], "copies": [NATIONAL, "van_phong", "so"]}
    (folder / "qn.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    folder, logged, printed = tmp_path_factory.mktemp("privacy"), io.StringIO(), io.StringIO()
    province = simulate(350, 4, seed=21)
    shown, copy = Careless(province), Careless(NationalCopy(province))
    with serving(shown, end_of(BACKFILL[1]), copy) as system, pytest.MonkeyPatch.context() as patch, _everything_logged(patch, logged):
        for name, value in {"SEAL_KEY": SEAL_KEY, "SECRET_MOT_CUA": system.token, "SECRET_DVCQG": system.password}.items():
            patch.setenv(f"QN_{name}", value)
        write_privacy_project(folder, system, province.start)
        qn = _Qn(folder, patch, printed)
        for (first, last), faults, status in (
            (BACKFILL, [], 0),
            ((FAULTY, FAULTY), TRANSIENT, 1),
            ((DOWN, DOWN), LASTING, 1),
        ):
            write_files(folder, shown, last)
            system.set_clock(end_of(last))
            system.set_faults(faults)
            assert qn("run", "--from", str(first), "--to", str(last), "--verbose") == status, printed.getvalue()[-3000:]
        rows = ["explain", "--indicator", "dossiers_received", "--month", "2022-02", "--format", "csv"]
        for command in (["quarantine"], ["quarantine", "--format", "json"], ["indicators", "--month", "2022-02"], rows, ["doctor"]):
            qn(*command)
        for source in (CONNECTION, NATIONAL, "van_phong", "so"):
            qn("check-source", source, "--verbose")
    moments = [end_of(day) for day in (BACKFILL[1], FAULTY, DOWN)]
    rows = [row for moment in moments for view in (shown, copy) for row in view.rows(moment)]
    texts = [*texts_below(folder, leave_out=[folder / "data"]), ("printed", printed.getvalue()), ("logged", logged.getvalue())]
    return Left(texts, {row.dossier.person for row in rows}, {row.state.code for row in rows})


class _Qn:
    """Runs commands as a shell does, in this process."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, printed: io.StringIO) -> None:
        self._folder, self._patch, self._printed = folder, patch, printed

    def __call__(self, *arguments: str) -> int:
        self._patch.setattr(sys, "argv", ["qn", *arguments, "--project", str(self._folder)])
        with pytest.raises(SystemExit) as stopped, contextlib.redirect_stdout(self._printed), contextlib.redirect_stderr(self._printed):
            cli.main()
        return int(stopped.value.code or 0)


@contextlib.contextmanager
def _everything_logged(patch: pytest.MonkeyPatch, stream: io.StringIO) -> Iterator[None]:
    """Every record of every logger, with its traceback; the command line's own handler goes when it ends."""
    handler, ours, root = logging.StreamHandler(stream), logging.getLogger("qn_pipeline"), logging.getLogger()
    handler.setLevel(logging.DEBUG)
    handlers, state = list(ours.handlers), (root.level, ours.level, ours.propagate)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    ours.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(state[0])
        ours.handlers[:] = handlers
        ours.setLevel(state[1])
        ours.propagate = state[2]


def personal_values(person: Person) -> Iterator[str]:
    """All that a source tells of a person, in the spellings that the folding does not make one, and what would give an identifier away."""
    yield from (person.name, person.identifier, person.phone, person.email, person.address)
    yield without_diacritics(person.name).replace(" ", "")
    yield f"TNHH {' '.join(person.name.split()[-2:])}"
    for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256):
        yield digest(person.identifier.encode()).hexdigest()[:32]


def found(left: Left, wanted: set[str]) -> dict[str, set[str]]:
    search = Search(wanted)
    return {name: there for name, text in left.texts if (there := search.found_in(text))}


def test_nothing_personal_is_left_anywhere(left: Left) -> None:
    assert len(left.people) > 150
    officials = set(opencps._OFFICIALS)
    assert found(left, {value for person in left.people for value in personal_values(person)} | officials) == {}


def test_the_search_looks_where_it_should(left: Left) -> None:
    """What may be kept is found by the same search, in each kind of place."""
    words = {"Sở Tài nguyên và Môi trường", "landing/dossiers", "trying again in", "Published without what"}
    told = found(left, left.codes | words)
    codes = {folded(code) for code in left.codes}
    with_codes = [place for place, there in told.items() if there & codes]
    for sign in ("#parquet", "warehouse.duckdb#valid.dossiers", "warehouse.duckdb#valid.quarantine", "#core.fct_dossier"):
        assert any(sign in place for place in with_codes), sign
    with_words = [place for place, there in told.items() if there - codes]
    for sign in (".html", ".db#event_logs", "printed", "logged"):
        assert any(place.endswith(sign) for place in with_words), sign


def test_the_faults_were_met(left: Left) -> None:
    texts = dict(left.texts)
    for words in (
        "broke off in the middle of an answer",
        "answers with something else than JSON",
        "Traceback (most recent call last)",
        "a quotation mark in row",
        "A check stopped the run: valid/dossiers: quarantined_share",
    ):
        assert words in texts["printed"] + texts["logged"], words
    quarantined = texts[next(name for name in texts if name.endswith("warehouse.duckdb#valid.quarantine"))]
    for rule in ("due_before_received", "ended_before_received", "code_format", "row_unreadable"):
        assert rule in quarantined, rule


# That the search can fail


NAME = "Nguyễn Thị Phượng Thủy"
SPELLINGS: dict[str, Callable[[str], str]] = {
    "nfc": lambda name: unicodedata.normalize("NFC", name),
    "nfd": lambda name: unicodedata.normalize("NFD", name),
    "upper": str.upper,
    "upper_nfd": lambda name: unicodedata.normalize("NFD", name.upper()),
    "plain": without_diacritics,
    "json": lambda name: json.dumps(name),
    "json_in_json": lambda name: json.dumps(json.dumps({"name": name})),
    "repr_of_bytes": lambda name: repr(name.encode()),
    "broken_over_lines": lambda name: name.replace(" ", "\n    ", 1),
}


def _sqlite(path: Path, value: str | bytes) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("create table event_logs (event)")
        database.execute("insert into event_logs values (?)", [value])


def _duckdb(path: Path, text: str) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute("create schema marts; create table marts.t as select [?] as told", [text])


WRITERS: dict[str, Callable[[Path, str], object]] = {
    "text": lambda path, text: path.write_text(f"row 17: {text}; more"),
    "binary": lambda path, text: path.write_bytes(bytes(range(256)) + text.encode() + bytes(range(128, 256))),
    "gzip": lambda path, text: path.write_bytes(gzip.compress(text.encode())),
    "parquet": lambda path, text: pq.write_table(pa.table({"told": [{"text": text}]}), path, compression="zstd"),
    "duckdb": _duckdb,
    "sqlite": _sqlite,
    "sqlite_blob": lambda path, text: _sqlite(path, zlib.compress(text.encode())),
    "name_of_a_file": lambda path, text: (path.parent / text).touch(),
}


@pytest.mark.parametrize(
    ("kind", "spelling"),
    # Names of files are not escaped, and have one line.
    [(kind, spelling) for kind, spelling in product(WRITERS, SPELLINGS) if kind != "name_of_a_file" or spelling in ("nfc", "nfd", "upper", "plain")],
)
def test_a_name_is_found_in_every_spelling_and_place(tmp_path: Path, kind: str, spelling: str) -> None:
    WRITERS[kind](tmp_path / "file", SPELLINGS[spelling](NAME))
    search = Search({NAME, "Nguyễn Thị Phượng Thúy An"})
    assert {text for _, text in texts_below(tmp_path) for text in search.found_in(text)} == {folded(NAME)}


def test_a_text_on_the_border_of_two_pieces_is_found() -> None:
    from qn_pipeline_tests.end_to_end.personal import CHUNK

    search = Search({NAME, "049312000123"})
    for before in range(CHUNK - 30, CHUNK + 2, 5):
        assert search.found_in("x" * before + "049312000123" + NAME) == {folded(NAME), "049312000123"}
    assert search.found_in("x" * (CHUNK + 100)) == search.found_in("short") == set()
