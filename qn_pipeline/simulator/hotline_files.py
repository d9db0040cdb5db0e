"""The 1022 hotline's list as it is delivered: a whole CSV each night, and how a project reads it.

Belongs here: spelling contacts, personal values and all, since real systems send them, and the source and mapping of them. Does not:
contacts (hotline). A folder holds `data/1022/phan_anh_<day>.csv`.
"""

import csv
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from qn_pipeline.simulator.hotline import Contact, ContactKind, ContactRow, Status, rows
from qn_pipeline.simulator.units import UNIT_BY_CODE, UNITS

FOLDER: Final = "data/1022"
SOURCE: Final = "phan_anh_1022"
PERSONAL: Final = ("Họ tên", "Điện thoại", "Nội dung")
"""Columns that tell who somebody is; no mapping wants them."""
COLUMNS: Final = (
    *("Mã phản ánh", "Loại", "Kênh", "Lĩnh vực", *PERSONAL, "Đơn vị xử lý", "Trạng thái", "Thời điểm nhận", "Thời điểm chuyển"),
    *("Hạn xử lý", "Thời điểm trả lời", "Đánh giá", "Phản ánh lại", "Mã hồ sơ", "Cập nhật"),
)
_MOMENT = "%d/%m/%Y %H:%M"
_MAPPING = f"mappings/{SOURCE}.yaml"
_KINDS: dict[ContactKind, str] = {"inquiry": "Hỏi thông tin", "complaint": "Phản ánh", "proposal": "Kiến nghị"}
_STATUSES: dict[Status, str] = {
    "new": "Chờ tiếp nhận",
    "processing": "Đang xử lý",
    "answered": "Đã trả lời",
    "refused": "Từ chối tiếp nhận",
    "forwarded": "Chuyển cơ quan khác",
    "awaiting_supplement": "Chờ bổ sung",
}
_SATISFIED = {None: "", True: "Hài lòng", False: "Không hài lòng"}
_AGAIN = {True: "Có", False: "Không"}


def write_snapshot(contacts: Sequence[Contact], folder: Path, day: date) -> Path:
    """All contacts as the hotline shows them at the end of a day, separated by semicolons, in UTF-8 with a byte order mark."""
    path = folder / FOLDER / f"phan_anh_{day:%Y-%m-%d}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_cells(row) for row in rows(contacts, datetime.combine(day + timedelta(days=1), time())))
    return path


def sources() -> dict[str, dict[str, Any]]:
    """The settings for `sources` in qn.yaml, by name."""
    return {
        SOURCE: {
            "label": "Tổng đài 1022 tỉnh Quảng Nam (mô phỏng)",
            "entity": "feedback",
            "system": "1022",
            "files": f"{FOLDER}/phan_anh_{{day}}.csv",
            "delimiter": ";",
            "delivers": "snapshot",
            "mapping": _MAPPING,
        }
    }


def mappings() -> dict[str, dict[str, Any]]:
    """The mapping files, by their path below the project."""
    columns: dict[str, Any] = {
        "code": "Mã phản ánh",
        "kind": {"from": "Loại", "codes": {word: kind for kind, word in _KINDS.items()}},
        "channel": "Kênh",
        "topic": "Lĩnh vực",
        "unit": {"from": "Đơn vị xử lý", "codes": {unit.name: unit.code for unit in UNITS}},
        "status": {"from": "Trạng thái", "codes": {word: status for status, word in _STATUSES.items()}},
        "received_at": {"from": "Thời điểm nhận", "format": _MOMENT},
        "forwarded_at": {"from": "Thời điểm chuyển", "format": _MOMENT},
        "due_at": {"from": "Hạn xử lý", "format": _MOMENT},
        "answered_at": {"from": "Thời điểm trả lời", "format": _MOMENT},
        "satisfied": {"from": "Đánh giá", "codes": {"Hài lòng": "true", "Không hài lòng": "false"}},
        "complained_again": {"from": "Phản ánh lại", "codes": {"Có": "true", "Không": "false"}},
        "dossier": "Mã hồ sơ",
        "updated_at": {"from": "Cập nhật", "format": _MOMENT},
    }
    return {_MAPPING: {"columns": columns, "ignore": list(PERSONAL)}}


def _cells(row: ContactRow) -> tuple[str, ...]:
    contact, state = row.contact, row.state
    return (
        *(contact.code, _KINDS[contact.kind], contact.channel, contact.topic),
        *(contact.person.name, contact.person.phone, contact.text),
        *(UNIT_BY_CODE[state.unit].name, _STATUSES[state.status]),
        *(_moment(at) for at in (contact.received_at, state.forwarded_at, state.due_at, state.answered_at)),
        *(_SATISFIED[state.satisfied], _AGAIN[state.complained_again], contact.dossier or "", _moment(row.updated_at)),
    )


def _moment(at: datetime | None) -> str:
    return f"{at:{_MOMENT}}" if at else ""
