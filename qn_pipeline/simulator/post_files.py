"""The post's log as its offices deliver it: three kinds of offices, each with files of its own form, and how a project reads them.

Belongs here: spelling pieces of work as CSV, JSONL and XLSX, and the sources and mappings of them. Does not: the work itself (post).
A folder holds `data/buu_dien/csv_<day>.csv`, `jsonl_<day>.jsonl` and `xlsx_<day>.xlsx`, each with the work that began that day at all
offices of that kind; a day without work has no file.
"""

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, get_args

from qn_pipeline.simulator.calendar import is_working_day
from qn_pipeline.simulator.post import Outcome, Piece, Scanned, Work
from qn_pipeline.simulator.units import UNITS

Form = Literal["csv", "jsonl", "xlsx"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)
FOLDER: Final = "data/buu_dien"
SYSTEM: Final = "buu_dien"

COLUMNS: Final = (
    *("Mã hồ sơ", "Đơn vị", "Bưu cục", "Nhân viên", "Loại việc", "Đối tượng", "Bắt đầu", "Kết thúc", "Số trang", "Số tệp", "Ký số", "Kết quả"),
)
"""The header of CSV and XLSX."""
_SINCE: Final = date(2022, 1, 1)
_MOMENT = "%d/%m/%Y %H:%M:%S"
_WORK: dict[Work, str] = {"guide": "Hướng dẫn", "receive": "Tiếp nhận", "digitize": "Số hóa", "return": "Trả kết quả"}
_WORK_KEYS: dict[Work, str] = {"guide": "huong_dan", "receive": "tiep_nhan", "digitize": "so_hoa", "return": "tra_ket_qua"}
_SCANNED: dict[Scanned, str] = {"components": "Thành phần", "result": "Kết quả"}
_SCANNED_KEYS: dict[Scanned, str] = {"components": "thanh_phan", "result": "ket_qua"}
_OUTCOMES: dict[Outcome, str] = {"done": "Hoàn thành", "failed": "Lỗi"}
_OUTCOME_KEYS: dict[Outcome, str] = {"done": "hoan_thanh", "failed": "loi"}
_SIGNED = {True: "Có", False: "Không"}


def form_of(office: str) -> Form:
    """What kind of files an office delivers; the provincial centre's is CSV."""
    return FORMS[int(office[2:4]) % len(FORMS)]


def write_day(pieces: Sequence[Piece], folder: Path, day: date) -> list[Path]:
    """The files of the work that began on a day, up to three."""
    written = [(form, [piece for piece in pieces if piece.day == day and form_of(piece.office) == form]) for form in FORMS]
    return [_write(work, folder, day, form) for form, work in written if work]


def corrections(pieces: Sequence[Piece], seed: int, share: float = 0.08) -> list[tuple[date, date, Form]]:
    """Which files come again corrected: the day of coming, one to six days after the day of the file; that day; and the form."""
    rng = random.Random(f"corrections {seed}")  # noqa: S311 -- nothing secret
    found: list[tuple[date, date, Form]] = []
    for day, form in sorted({(piece.day, form_of(piece.office)) for piece in pieces}):
        if rng.random() < share:
            sent = day + timedelta(days=rng.randrange(1, 7))
            while not is_working_day(sent):
                sent += timedelta(days=1)
            found.append((sent, day, form))
    return sorted(found)


def corrected(pieces: Sequence[Piece], day: date, form: Form, seed: int) -> list[Piece]:
    """All work as it stands when a file of a day has been corrected; the others' work is untouched.

    Codes that were wrong or missing are typed right, one piece had the other outcome, and of four or more one never was. The same list if
    there is no work of that day and form.
    """
    rng = random.Random(f"corrected {seed} {day} {form}")  # noqa: S311 -- nothing secret
    places = [place for place, piece in enumerate(pieces) if piece.day == day and form_of(piece.office) == form]
    standing: list[Piece | None] = list(pieces)
    if not places:
        return list(pieces)
    flipped, *left_out = rng.sample(places, 2 if len(places) >= 4 else 1)
    for place in places:
        piece = pieces[place]
        if piece.code is not None and not piece.resolvable:
            piece = replace(piece, typed=piece.code, spelling="exact")
        if place == flipped:
            piece = replace(piece, outcome="failed" if piece.outcome == "done" else "done")
        standing[place] = None if place in left_out else piece
    return [piece for piece in standing if piece is not None]


def write_correction(pieces: Sequence[Piece], folder: Path, day: date, form: Form, seed: int) -> tuple[Path, list[Piece]]:
    """Send a day's file again, corrected, under its old name. The file, and all work as it stands then. Raises ValueError if there is none."""
    standing = corrected(pieces, day, form, seed)
    work = [piece for piece in standing if piece.day == day and form_of(piece.office) == form]
    if not work:
        raise ValueError(f"no {form} office worked on {day}")
    return _write(work, folder, day, form), standing


def sources() -> dict[str, dict[str, Any]]:
    """The settings for `sources` in qn.yaml, by name; one system."""
    labels = {"csv": "Bưu cục gửi tệp CSV", "jsonl": "Bưu cục gửi tệp JSONL", "xlsx": "Bưu cục gửi tệp Excel"}
    return {
        f"{SYSTEM}_{form}": {
            "label": f"Nhật ký bưu điện: {labels[form]} (mô phỏng)",
            "entity": "postal_events",
            "system": SYSTEM,
            "files": f"{FOLDER}/{form}_{{day}}.{form}",
            "delivers": "changes",
            "mapping": _mapping_path(form),
        }
        for form in FORMS
    }


def mappings() -> dict[str, dict[str, Any]]:
    """The mapping files, by their path below the project."""
    return {_mapping_path("csv"): _sheet_mapping(_MOMENT), _mapping_path("jsonl"): _keys_mapping(), _mapping_path("xlsx"): _sheet_mapping("cell")}


def contracts() -> list[dict[str, Any]]:
    """The contracts for `post` in qn.yaml: departments pay for posts, districts for dossiers and pages. The prices are invented."""
    common = {"post": "Bưu điện tỉnh Quảng Nam", "valid_from": _SINCE, "basis": "Quyết định số 2114/QĐ-UBND ngày 12/8/2022 (giá mô phỏng)"}
    desks = {level: [unit.code for unit in UNITS if unit.level == level and unit.valid_on(_SINCE)] for level in ("department", "district")}
    return [
        {
            "name": "Trung tâm và các sở",
            "number": "01/HĐ-MP",
            "desks": desks["department"],
            **common,
            "prices": [{"per": "post_month", "amount": 7_500_000}],
        },
        {
            "name": "Các huyện",
            "number": "02/HĐ-MP",
            "desks": desks["district"],
            **common,
            "prices": [
                {"per": "dossier", "kind": "receive", "amount": 5_000},
                {"per": "dossier", "kind": "return", "amount": 3_000},
                {"per": "page", "kind": "digitize", "amount": 400},
            ],
        },
    ]


def _mapping_path(form: Form) -> str:
    return f"mappings/{SYSTEM}_{form}.yaml"


def _sheet_mapping(moment: str) -> dict[str, Any]:
    return {
        "columns": {
            "code": {"join": ["Bưu cục", "Loại việc", "Mã hồ sơ", "Bắt đầu", "Nhân viên"]},
            "kind": {"from": "Loại việc", "codes": {word: kind for kind, word in _WORK.items()}},
            "office": "Bưu cục",
            "unit": "Đơn vị",
            "dossier_as_typed": "Mã hồ sơ",
            "scanned": {"from": "Đối tượng", "codes": {word: scanned for scanned, word in _SCANNED.items()}},
            "began_at": {"from": "Bắt đầu", "format": moment},
            "ended_at": {"from": "Kết thúc", "format": moment},
            "clerk_id": "Nhân viên",
            "pages": "Số trang",
            "files": "Số tệp",
            "signed": {"from": "Ký số", "codes": {"Có": "true", "Không": "false"}},
            "outcome": {"from": "Kết quả", "codes": {word: outcome for outcome, word in _OUTCOMES.items()}},
        }
    }


def _keys_mapping() -> dict[str, Any]:
    return {
        "columns": {
            "code": {"join": ["ma_buu_cuc", "loai_viec", "ma_ho_so", "thoi_diem_bat_dau", "ma_nhan_vien"]},
            "kind": {"from": "loai_viec", "codes": {word: kind for kind, word in _WORK_KEYS.items()}},
            "office": "ma_buu_cuc",
            "unit": "ma_don_vi",
            "dossier_as_typed": "ma_ho_so",
            "scanned": {"from": "doi_tuong", "codes": {word: scanned for scanned, word in _SCANNED_KEYS.items()}},
            "began_at": {"from": "thoi_diem_bat_dau", "format": "iso8601"},
            "ended_at": {"from": "thoi_diem_ket_thuc", "format": "iso8601"},
            "clerk_id": "ma_nhan_vien",
            "pages": "so_trang",
            "files": "so_tep",
            "signed": "ky_so",
            "outcome": {"from": "trang_thai", "codes": {word: outcome for outcome, word in _OUTCOME_KEYS.items()}},
        }
    }


def _write(work: Sequence[Piece], folder: Path, day: date, form: Form) -> Path:
    path = folder / FOLDER / f"{form}_{day:%Y-%m-%d}.{form}"
    path.parent.mkdir(parents=True, exist_ok=True)
    {"csv": _write_csv, "jsonl": _write_jsonl, "xlsx": _write_xlsx}[form](work, path)
    return path


def _cells(piece: Piece) -> tuple[str | int | datetime | None, ...]:
    """A piece's values by the columns of a sheet; numbers and signatures are of digitizing only."""
    scans = piece.kind == "digitize"
    return (
        *(piece.typed or None, piece.unit, piece.office, piece.clerk, _WORK[piece.kind]),
        *(_SCANNED[piece.scanned] if piece.scanned else None, piece.began_at, piece.ended_at),
        *(piece.pages if scans else None, piece.files if scans else None, None if piece.signed is None else _SIGNED[piece.signed]),
        _OUTCOMES[piece.outcome],
    )


def _write_csv(work: Sequence[Piece], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for piece in work:
            writer.writerow(f"{cell:{_MOMENT}}" if isinstance(cell, datetime) else cell for cell in _cells(piece))


def _write_jsonl(work: Sequence[Piece], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for piece in work:
            scans = piece.kind == "digitize"
            row = {
                "ma_ho_so": piece.typed or None,
                "ma_don_vi": piece.unit,
                "ma_buu_cuc": piece.office,
                "ma_nhan_vien": piece.clerk,
                "loai_viec": _WORK_KEYS[piece.kind],
                "doi_tuong": _SCANNED_KEYS[piece.scanned] if piece.scanned else None,
                "thoi_diem_bat_dau": piece.began_at.isoformat(),
                "thoi_diem_ket_thuc": piece.ended_at.isoformat(),
                "so_trang": piece.pages if scans else None,
                "so_tep": piece.files if scans else None,
                "ky_so": None if piece.signed is None else int(piece.signed),
                "trang_thai": _OUTCOME_KEYS[piece.outcome],
            }
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def _write_xlsx(work: Sequence[Piece], path: Path) -> None:
    # A tool of development: only who writes workbooks needs it.
    from xlsxwriter import Workbook  # type: ignore[import-untyped]  # it has no types

    with Workbook(path) as book:
        # Workbooks of the same work are the same bytes.
        book.set_properties({"created": datetime(2022, 1, 1)})  # noqa: DTZ001 -- local and naive
        sheet = book.add_worksheet("Nhật ký")
        moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
        sheet.write_row(0, 0, COLUMNS)
        for number, piece in enumerate(work, start=1):
            # An office that keeps a workbook fills in the result only when there is none.
            cells = [*_cells(piece)[:-1], _OUTCOMES["failed"] if piece.outcome == "failed" else None]
            for place, cell in enumerate(cells):
                if isinstance(cell, datetime):
                    sheet.write_datetime(number, place, cell, moment)
                elif isinstance(cell, int):
                    sheet.write_number(number, place, cell)
                elif cell is not None:
                    sheet.write_string(number, place, cell)
