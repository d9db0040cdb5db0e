"""A good row of every entity as a source spells it, and the sources that read such rows: every column of every contract, by its own name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.contracts.model import Column
from qn_pipeline_tests.support import write_project

Row = dict[str, str | None]

GOOD: dict[str, Row] = {
    "dossiers": {
        "code": "000.00.33.H47-220601-0001",
        "procedure": "1.000001",
        "receiving_unit": "000.00.01.H47",
        "resolving_unit": "000.00.33.H47",
        "channel": "online",
        "status": "10",
        "submitted_at": "2022-06-01 07:00:00",
        "received_at": "2022-06-01 08:00:00",
        "due_at": "2022-06-20 08:00:00",
        "limit_hours": "104",
        "ended_at": "2022-06-15 08:00:00",
        "returned_at": "2022-06-16 08:00:00",
        "online_level": "full",
        "components_digitized": "1",
        "components_reused": "0",
        "components_from_store": "false",
        "identity_verified": "1",
        "result_digitized": "true",
        "fee": "50000",
        "online_payment": "local",
        "satisfaction": "good",
        "applicant_kind": "citizen",
        "applicant_id": "ab12",
        "updated_at": "2022-06-16 08:00:00",
    },
    "dossier_actions": {
        "code": "1",
        "dossier": "000.00.33.H47-220601-0001",
        "kind": "processing",
        "happened_at": "2022-06-02 08:00:00",
        "due_at": "2022-06-05 08:00:00",
    },
    "postal_events": {
        "code": "1",
        "kind": "digitize",
        "office": "560000",
        "unit": "000.00.01.H47",
        "dossier_as_typed": "000.00.33.h47 220601 1",
        "scanned": "components",
        "began_at": "2022-06-01 08:00:00",
        "ended_at": "2022-06-01 08:30:00",
        "clerk_id": "nv01",
        "pages": "12",
        "files": "3",
        "signed": "1",
        "outcome": "done",
    },
    "budget_lines": {
        "code": "1",
        "unit": "000.00.12.H47",
        "year": "2022",
        "month": "6",
        "kind": "recurrent",
        "source": "provincial",
        "chapter": "427",
        "category": "314",
        "item": "7050",
        "subitem": "7053",
        "project": "7891234",
        "name": "Mua, bảo trì phần mềm công nghệ thông tin",
        "tag": "Chuyển đổi số",
        "need": "900000000",
        "estimate": "600000000",
        "adjustment": "-50000000",
        "carried_over": "20000000",
        "allotted": "550000000",
        "expected": "300000000",
        "disbursed": "280000000",
        "settled": "270000000",
    },
    "databases": {
        "code": "CSDL-01",
        "name": "Cơ sở dữ liệu đất đai",
        "owner": "000.00.17.H47",
        "basis": "Nghị quyết số 33/NQ-HĐND",
        "procedures": "1.000001; 1.000002",
        "planned_records": "250000",
        "planned_amount": "12000000000",
        "approved_planned": "2021-06-01",
        "procured_planned": "2021-12-01",
        "built_planned": "2022-06-01",
        "migrated_planned": "2023-06-01",
        "connected_planned": "2023-09-01",
        "operated_planned": "2023-12-01",
        "approved_weight": "10",
        "procured_weight": "15",
        "built_weight": "25",
        "migrated_weight": "25",
        "connected_weight": "15",
        "operated_weight": "10",
    },
    "database_reports": {
        "code": "CSDL-01|2022-05",
        "database": "CSDL-01",
        "month": "2022-05-31",
        "records": "120000",
        "amount_spent": "4000000000",
        "approved_actual": "2021-06-10",
        "procured_actual": "2022-01-05",
        "built_actual": "2022-02-01",
        "migrated_actual": "2022-03-01",
        "connected_actual": "2022-04-01",
        "operated_actual": "2022-05-01",
        "expected_finish": "2023-12-31",
    },
    "feedback": {
        "code": "PA-1",
        "kind": "complaint",
        "channel": "Điện thoại",
        "topic": "Đất đai, môi trường",
        "unit": "000.00.33.H47",
        "status": "answered",
        "received_at": "2022-06-01 08:00:00",
        "forwarded_at": "2022-06-02 08:00:00",
        "due_at": "2022-06-20 08:00:00",
        "answered_at": "2022-06-10 08:00:00",
        "satisfied": "1",
        "complained_again": "0",
        "dossier": "000.00.33.H47-220601-0001",
        "updated_at": "2022-06-10 08:00:00",
    },
    "units": {
        "code": "000.00.33.H47",
        "name": "Huyện Nông Sơn",
        "level": "district",
        "parent": "000.00.00.H47",
        "valid_from": "2008-04-08",
        "valid_to": "2024-12-31",
    },
    "procedures": {
        "code": "1.000001",
        "name": "Cấp giấy phép xây dựng nhà ở riêng lẻ",
        "field_code": "L05",
        "field_name": "Quy hoạch, xây dựng",
        "time_limit": "15",
        "limit_unit": "working_day",
        "online_level": "full",
        "has_fee": "1",
        "has_paper_result": "1",
        "valid_from": "2020-01-01",
        "valid_to": "2030-12-31",
    },
    "services": {"code": "1", "unit": "000.00.33.H47", "procedure": "1.000001", "online_level": "partial"},
    "holidays": {
        "code": "30/04/2022",
        "day": "2022-04-30",
        "kind": "worked",
        "name": "Ngày làm bù",
        "unit": "000.00.33.H47",
        "hours": "07:30-11:30,13:00-17:00",
    },
    "work_times": {"code": "1", "hours": "07:30-11:30,13:00-17:00"},
}


def numbered(entity: str, row: Row, number: int) -> Row:
    """The row with a key of its own, where it has one that may be any."""
    code = row["code"]
    if code is None or code != GOOD[entity]["code"] or entity == "work_times":
        return row
    return row | {"code": f"{code.rpartition('-')[0]}-{number:04}" if entity == "dossiers" else f"X{number}"}


def mapping(entity: str) -> dict[str, Any]:
    """Every column by its own name; dates in ISO 8601."""
    return {"columns": {column.name: _origin(column) for column in CONTRACTS[entity].columns}}


def _origin(column: Column) -> str | dict[str, str]:
    return {"from": column.name, "format": "iso8601"} if column.type in ("timestamp", "date") else column.name


def write_sources(folder: Path, entities: Sequence[str] = tuple(CONTRACTS), **settings: Any) -> Path:
    """A project with a source of every entity, whose files are data/<entity>_<day>.csv."""
    return write_project(
        folder,
        {entity: {"entity": entity, "files": f"data/{entity}_{{day}}.csv", "mapping": f"{entity}.yaml"} for entity in entities},
        {f"{entity}.yaml": mapping(entity) for entity in entities},
        **settings,
    )
