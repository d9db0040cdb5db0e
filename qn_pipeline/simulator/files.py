"""The province's dossiers as files in the shape of the national synchronisation (MotCua to DVCQG), and a project that reads them.

Belongs here: how a row is spelt, personal values and all, since real systems send them. Does not: what a system shows (lives).
A folder holds `data/ho_so_<day>.jsonl` (or `.json`: a system that calls it so still writes one object a line), `data/don_vi.csv`,
`data/thu_tuc.csv`, `qn.yaml` and `mappings/`.
"""

import csv
import json
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

import yaml

from qn_pipeline.simulator.lives import Row, Shows
from qn_pipeline.simulator.people import Person
from qn_pipeline.simulator.procedures import HOUR, PROCEDURES
from qn_pipeline.simulator.units import PROVINCE_CODE, PROVINCE_NAME, UNITS, Level

Suffix = Literal["jsonl", "json"]
DATA = "data"
_MOMENT = "%Y%m%d%H%M%S"
_CHANNELS = {"direct": "1", "online": "2", "post": "3"}
_PAYMENTS = {"none": "0", "national": "1", "local": "2"}
_KINDS = {"citizen": "1", "enterprise": "2"}
_UNIT_LEVELS: dict[Level, str] = {"department": "Sở", "district": "Huyện", "commune": "Xã"}
_LEVELS = {"none": "Không", "partial": "Một phần", "full": "Toàn trình"}
_UNIT_NAMES = {unit.code: unit.name for unit in UNITS}


def end_of(day: date) -> datetime:
    """The moment at which a day is over."""
    return datetime.combine(day + timedelta(days=1), time())


def write_night(shown: Shows, folder: Path, day: date, since: date | None = None, suffix: Suffix = "jsonl") -> Path:
    """What the system sends at the end of a day: all dossiers, or only those that changed after the end of another day."""
    path = folder / DATA / f"ho_so_{day:%Y-%m-%d}.{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for row in shown.rows(end_of(day)):
            if since is None or row.updated_at >= end_of(since):
                stream.write(json.dumps(national_row(row), ensure_ascii=False) + "\n")
    return path


def write_reference(folder: Path) -> None:
    """The lists of units, all that ever are, and of procedures."""
    _write_csv(
        folder / DATA / "don_vi.csv",
        ("ma", "ten", "cap", "ma_cap_tren", "hieu_luc_tu", "hieu_luc_den"),
        (
            (unit.code, unit.name, _UNIT_LEVELS[unit.level], unit.parent, *(f"{day}" if day else "" for day in (unit.valid_from, unit.valid_to)))
            for unit in UNITS
        ),
    )
    _write_csv(
        folder / DATA / "thu_tuc.csv",
        ("ma", "ten", "ma_linh_vuc", "linh_vuc", "thoi_han", "don_vi_tinh", "muc_do", "co_phi", "ket_qua_giay"),
        (
            (
                *(p.code, p.name, p.field, p.field_name, str(p.limit), "giờ" if p.limit_unit == HOUR else "ngày làm việc", _LEVELS[p.online_level]),
                *(_flag(p.fee > 0), _flag(p.paper_result)),
            )
            for p in PROCEDURES
        ),
    )


def project(folder: Path, start: date, delivers: Literal["snapshot", "changes"] = "snapshot", suffix: Suffix = "jsonl") -> None:
    """A project that reads the folder; as snapshots, dossiers that were deleted or got another code vanish."""
    sources = {
        "mot_cua": {
            "label": "Một cửa điện tử tỉnh Quảng Nam (mô phỏng)",
            "entity": "dossiers",
            "files": f"{DATA}/ho_so_{{day}}.{suffix}",
            "format": "jsonl",
            "delivers": delivers,
            "mapping": "mappings/mot_cua.yaml",
        },
        "don_vi": {
            "label": "Danh mục đơn vị",
            "entity": "units",
            "files": f"{DATA}/don_vi.csv",
            "delivers": "snapshot",
            "mapping": "mappings/don_vi.yaml",
        },
        "thu_tuc": {
            "label": "Danh mục thủ tục hành chính",
            "entity": "procedures",
            "files": f"{DATA}/thu_tuc.csv",
            "delivers": "snapshot",
            "mapping": "mappings/thu_tuc.yaml",
        },
    }
    settings = {
        "province": {"code": PROVINCE_CODE, "name": PROVINCE_NAME},
        "timezone": "Asia/Ho_Chi_Minh",
        "profile": "vietnam",
        "start": start,
        "sources": sources,
    }
    _write_yaml(folder / "qn.yaml", settings)
    _write_yaml(folder / "mappings" / "mot_cua.yaml", _DOSSIERS)
    _write_yaml(folder / "mappings" / "don_vi.yaml", _UNITS)
    _write_yaml(folder / "mappings" / "thu_tuc.yaml", _PROCEDURES)


def national_row(row: Row) -> dict[str, Any]:
    """A dossier as the synchronisation spells it: every value a string, empty where there is none.

    CapNhat, the moment of the last change, is not among the national fields: systems add it for those who read them.
    """
    dossier, state, procedure = row.dossier, row.state, row.dossier.procedure
    person = dossier.person
    enterprise = dossier.applicant_kind == "enterprise"
    summary = f"{procedure.name} của {person.name}"
    return {
        "MaHoSo": state.code,
        "MaTTHC": procedure.code,
        "TenTTHC": procedure.name,
        "MaLinhVuc": procedure.field,
        "TenLinhVuc": procedure.field_name,
        # Desks leave the channel out as often as not: no channel means at the desk.
        "KenhThucHien": "" if state.channel == "direct" and dossier.number % 2 else _CHANNELS[state.channel],
        "ChuHoSo": _company(person) if enterprise else person.name,
        "LoaiDoiTuong": _KINDS[dossier.applicant_kind],
        "MaDoiTuong": person.identifier,
        "ThongTinKhac": f"Người nộp: {person.name}, {person.address}",
        "Email": person.email,
        "Fax": "",
        "SoDienThoai": person.phone,
        "TrichYeuHoSo": summary,
        "NgayTiepNhan": _moment(state.received_at),
        "NgayHenTra": _moment(state.due_at),
        "TrangThaiHoSo": str(state.status),
        "NgayTra": _moment(state.returned_at),
        "ThongTinTra": f"Trả cho {person.name}, điện thoại {person.phone}" if state.returned_at else "",
        "HinhThuc": "1" if dossier.result_by_post else "0",
        "NgayKetThucXuLy": _moment(state.ended_at),
        "DonViXuLy": _UNIT_NAMES[state.unit],
        "GhiChu": summary,
        "NoiNopHoSo": "2",
        "HoSoCoThanhPhanSoHoa": _flag(any(component.digitized for component in dossier.components)),
        "TaiKhoanDuocXacThucVoiVNeID": _flag(state.channel == "online" and dossier.number % 3 == 0),
        "DuocThanhToanTrucTuyen": _PAYMENTS[state.payment],
        "NgayTuChoi": _moment(state.refused_at),
        "NgayNopHoSo": _moment(state.submitted_at),
        "DinhDanhCHS": [{"LoaiDinhDanh": "1", "SoDinhDanh": person.identifier}],
        "DSKetNoiCSDL": [],
        "TaiLieuNop": [_paper(row, place) for place in range(len(dossier.components))],
        "DanhSachLePhi": [_fee(procedure.fee)] if procedure.fee else [],
        "DanhSachHoSoBoSung": [_supplement(row, place) for place in range(len(state.supplements))],
        "DanhSachGiayToKetQua": [_result(row)] if state.ended_at and state.result_digitized else [],
        "CapNhat": _moment(row.updated_at),
    }


def _paper(row: Row, place: int) -> dict[str, str]:
    component = row.dossier.components[place]
    key = f"{row.dossier.number}-{place + 1}"
    return {
        "TepDinhKemId": key if component.digitized else "",
        "TenTepDinhKem": f"{component.name} - {row.dossier.person.name}.pdf" if component.digitized else "",
        "IsDeleted": "False",
        "MaThanhPhanHoSo": f"{row.dossier.procedure.code}.{place + 1:02}",
        "DuongDanTaiTepTin": f"https://motcua.example.vn/tep/{key}" if component.digitized else "",
        "DuocSoHoa": _flag(component.digitized),
        "DuocTaiSuDung": str(component.reused),
        "DuocLayTuKhoDMQG": _flag(component.from_store),
        "MaKetQuaThayThe": f"KQ-{key}" if component.reused == 2 else "",
    }


def _fee(amount: int) -> dict[str, str]:
    return {"TenPhiLePhi": "Lệ phí", "MaPhiLePhi": "LP01", "HinhThucThu": "1", "Gia": str(amount), "LoaiPhiLePhi": "2"}


def _supplement(row: Row, place: int) -> dict[str, Any]:
    supplement = row.state.supplements[place]
    answered = supplement.answered_at is not None
    return {
        "HoSoBoSungId": f"{row.dossier.number}-{place + 1}",
        "NguoiYeuCauBoSung": "Cán bộ thụ lý",
        "NoiDungBoSung": f"Đề nghị {row.dossier.person.name} bổ sung giấy tờ",
        "NgayBoSung": _moment(supplement.requested_at),
        "NguoiTiepNhanBoSung": "Cán bộ một cửa" if answered else "",
        "ThongTinTiepNhan": "",
        "NgayTiepNhanBoSung": _moment(supplement.answered_at),
        "TrangThaiBoSung": _flag(answered),
        "DanhSachGiayToBoSung": [],
        "DanhSachLePhiBoSung": [],
        "NgayHenTraTruoc": _moment(supplement.due_before),
        "NgayHenTraMoi": _moment(supplement.due_after),
    }


def _result(row: Row) -> dict[str, str]:
    key = f"KQ-{row.dossier.number}"
    return {
        "TenGiayTo": f"Kết quả {row.dossier.procedure.name}",
        "MaThanhPhanHoSo": "",
        "GiayToId": key,
        "DuongDanTepTinKetQua": f"https://motcua.example.vn/ket-qua/{key}",
        "MaGiayToKetQua": key,
    }


def _company(person: Person) -> str:
    return f"Công ty TNHH {' '.join(person.name.split()[-2:])}"


def _moment(moment: datetime | None) -> str:
    return f"{moment:{_MOMENT}}" if moment else ""


def _flag(value: bool) -> str:
    return "1" if value else "0"


def _date(column: str) -> dict[str, str]:
    return {"from": column, "format": _MOMENT}


_DOSSIERS: dict[str, Any] = {
    "columns": {
        "code": "MaHoSo",
        "procedure": "MaTTHC",
        "resolving_unit": {"from": "DonViXuLy", "codes": {unit.name: unit.code for unit in UNITS}},
        "channel": {"from": "KenhThucHien", "default": "1", "codes": {code: channel for channel, code in _CHANNELS.items()}},
        "status": "TrangThaiHoSo",
        "submitted_at": _date("NgayNopHoSo"),
        "received_at": _date("NgayTiepNhan"),
        "due_at": _date("NgayHenTra"),
        "ended_at": _date("NgayKetThucXuLy"),
        "returned_at": _date("NgayTra"),
        "components_digitized": "HoSoCoThanhPhanSoHoa",
        "components_reused": "/TaiLieuNop/*/DuocTaiSuDung",
        "components_from_store": "/TaiLieuNop/*/DuocLayTuKhoDMQG",
        "identity_verified": "TaiKhoanDuocXacThucVoiVNeID",
        "result_digitized": "/DanhSachGiayToKetQua/*/DuongDanTepTinKetQua",
        "fee": "/DanhSachLePhi/0/Gia",
        "online_payment": {"from": "DuocThanhToanTrucTuyen", "codes": {code: payment for payment, code in _PAYMENTS.items()}},
        "applicant_kind": {"from": "LoaiDoiTuong", "codes": {code: kind for kind, code in _KINDS.items()}},
        "applicant_id": "/DinhDanhCHS/0/SoDinhDanh",
        "updated_at": _date("CapNhat"),
    },
    "ignore": [
        *("TenTTHC", "MaLinhVuc", "TenLinhVuc", "ChuHoSo", "MaDoiTuong", "ThongTinKhac", "Email", "Fax", "SoDienThoai", "TrichYeuHoSo"),
        *("ThongTinTra", "HinhThuc", "GhiChu", "NoiNopHoSo", "NgayTuChoi", "DinhDanhCHS", "DSKetNoiCSDL"),
        *("TaiLieuNop", "DanhSachLePhi", "DanhSachHoSoBoSung", "DanhSachGiayToKetQua"),
    ],
}
_UNITS: dict[str, Any] = {
    "columns": {
        "code": "ma",
        "name": "ten",
        "level": {"from": "cap", "codes": {label: level for level, label in _UNIT_LEVELS.items()}},
        "parent": "ma_cap_tren",
        "valid_from": {"from": "hieu_luc_tu", "format": "iso8601"},
        "valid_to": {"from": "hieu_luc_den", "format": "iso8601"},
    }
}
_PROCEDURES: dict[str, Any] = {
    "columns": {
        "code": "ma",
        "name": "ten",
        "field_code": "ma_linh_vuc",
        "field_name": "linh_vuc",
        "time_limit": "thoi_han",
        "limit_unit": {"from": "don_vi_tinh", "codes": {"giờ": "hour", "ngày làm việc": "working_day"}},
        "online_level": {"from": "muc_do", "codes": {label: level for level, label in _LEVELS.items()}},
        "has_fee": "co_phi",
        "has_paper_result": "ket_qua_giay",
    }
}


def _write_csv(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _write_yaml(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
