"""A project that pulls the simulated systems over the network, with the mappings that every new project gets.

Belongs here: qn.yaml of the demo and of tests. Does not: projects that read files (files).
"""

import shutil
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from qn_pipeline.simulator.app import USERNAME
from qn_pipeline.simulator.opencps import GROUP_ID, LAND_REGISTRY
from qn_pipeline.simulator.units import PROVINCE_CODE, PROVINCE_NAME, UNITS

CONNECTION, NATIONAL = "mot_cua", "dvcqg"
ENTITIES = ("dossiers", "dossier_actions", "units", "procedures", "services", "holidays", "work_times")
_LABELS = {
    "dossiers": "Một cửa điện tử (mô phỏng): hồ sơ",
    "dossier_actions": "Một cửa điện tử (mô phỏng): bước xử lý",
    "units": "Một cửa điện tử (mô phỏng): đơn vị",
    "procedures": "Một cửa điện tử (mô phỏng): thủ tục",
    "services": "Một cửa điện tử (mô phỏng): dịch vụ công",
    "holidays": "Một cửa điện tử (mô phỏng): ngày nghỉ",
    "work_times": "Một cửa điện tử (mô phỏng): giờ làm việc",
}


def write_project(folder: Path, url: str, start: date, entities: tuple[str, ...] = ENTITIES, national: bool = False, **connection: Any) -> None:
    """A project that pulls an OpenCPS server, and the national portal's copy, too, when asked for; other settings of the connection by name."""
    settings: dict[str, Any] = {
        "province": {"code": PROVINCE_CODE, "name": PROVINCE_NAME},
        "timezone": "Asia/Ho_Chi_Minh",
        "profile": "vietnam",
        "start": start,
        "connections": {
            CONNECTION: {"product": "opencps", "url": f"{url}/o", "group_id": str(GROUP_ID), "systems": ["0", str(LAND_REGISTRY)], **connection}
        },
        "sources": {
            f"{CONNECTION}_{entity}" if entity != "dossiers" else CONNECTION: {
                "label": _LABELS[entity],
                "entity": entity,
                "connection": CONNECTION,
                "mapping": f"mappings/opencps/{entity}.yaml",
            }
            for entity in entities
        },
    }
    with resources.as_file(resources.files("qn_pipeline") / "template" / "mappings") as mappings:
        shutil.copytree(mappings, folder / "mappings", dirs_exist_ok=True)
    if national:
        settings["connections"][NATIONAL] = {"product": "dvcqg", "url": url, "user": USERNAME, "unit": PROVINCE_CODE, **connection}
        settings["sources"][NATIONAL] = {
            "label": "Cổng Dịch vụ công quốc gia (mô phỏng)",
            "entity": "dossiers",
            "connection": NATIONAL,
            "mapping": "mappings/dvcqg.yaml",
        }
        settings["precedence"] = [CONNECTION, NATIONAL]
        settings["copies"] = [NATIONAL]
        _name_units(folder / "mappings" / "dvcqg.yaml")
    (folder / "qn.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _name_units(mapping: Path) -> None:
    """The national portal tells units by their names."""
    told = yaml.safe_load(mapping.read_text(encoding="utf-8"))
    told["columns"]["resolving_unit"] = {"from": "DonViXuLy", "codes": {unit.name: unit.code for unit in UNITS}}
    mapping.write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), encoding="utf-8")
