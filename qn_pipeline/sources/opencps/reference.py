"""What an OpenCPS site tells besides its dossiers: their actions, and reference data.

Each gives rows as the product spells them, and what mappings cannot make of them:
  units        with `unitLevel`, told by the first words of the name, which Vietnamese units are named by
  procedures   serviceinfos with `serviceLevel`, the highest of the service's configurations, and `hasResult`, true where a result is described
  services     serviceconfigs as they come
  holidays     as they come
  work_times   with `weekday`, 1 Monday to 7 Sunday (the product counts 1 Sunday to 7 Saturday)
  actions      with the dossier's `dossierNo`
"""

import unicodedata
from collections.abc import Sequence
from typing import Any

import orjson

from qn_pipeline.errors import SourceUnavailable
from qn_pipeline.project import Connection
from qn_pipeline.sources.http import all_of
from qn_pipeline.sources.opencps.client import OpenCps

AGENCIES = "dictcollections/GOVERNMENT_AGENCY/dictitems"
NEVER_EMPTY = ("units", "procedures")
_WEEK = 7
_LEVELS = (
    ("commune", ("ubnd xã", "ubnd phường", "ubnd thị trấn", "ubnd đặc khu", "xã", "phường", "thị trấn", "đặc khu")),
    ("district", ("ubnd huyện", "ubnd thị xã", "ubnd thành phố", "ubnd quận", "huyện", "thị xã", "quận")),
    ("province", ("ubnd tỉnh", "tỉnh", "thành phố")),
    ("desk", ("bộ phận", "trung tâm phục vụ hành chính công")),
)


async def pull_actions(connection: Connection, token: str, dossiers: Sequence[tuple[int, str]]) -> list[bytes]:
    """All actions of some dossiers, given by id and code."""
    async with OpenCps(connection, token) as site:
        actions = await all_of(site.details(dossier_id, "actions") for dossier_id, _ in dossiers)
    return [orjson.dumps({**action, "dossierNo": code}) for (_, code), rows in zip(dossiers, actions, strict=True) for action in rows]


async def pull_reference(connection: Connection, token: str, entity: str) -> list[bytes]:
    """Units, procedures, services, holidays or work times, all of them."""
    async with OpenCps(connection, token) as site:
        match entity:
            case "units":
                rows = [{**row, "unitLevel": unit_level(str(row.get("itemName")))} for row in await site.reference(AGENCIES)]
            case "procedures":
                rows = _with_level(await site.reference("serviceinfos"), await site.reference("serviceconfigs"))
            case "services":
                rows = await site.reference("serviceconfigs")
            case "holidays":
                rows = await site.reference("holidays")
            case "work_times":
                rows = [{**row, "weekday": (int(row["day"]) + _WEEK - 2) % _WEEK + 1} for row in await site.reference("worktimes")]
            case _:
                raise AssertionError(entity)
    if not rows and entity in NEVER_EMPTY:
        raise SourceUnavailable(
            f"{connection.name} shows no {entity} at all. Nothing of this pull was kept, and nothing was deleted. The next run catches up."
        )
    return [orjson.dumps(row) for row in rows]


def _with_level(services: list[dict[str, Any]], configurations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    levels: dict[str, int] = {}
    for configuration in configurations:
        code = str(configuration.get("serviceCode"))
        levels[code] = max(levels.get(code, 0), int(configuration.get("serviceLevel") or 0))
    return [{**service, "serviceLevel": levels.get(str(service.get("serviceCode")), 0), **_result(service)} for service in services]


def _result(service: dict[str, Any]) -> dict[str, str]:
    """Sites that describe no results at all tell nothing of them."""
    return {"hasResult": str(bool(str(service["resultText"] or "").strip())).lower()} if "resultText" in service else {}


def unit_level(name: str) -> str:
    """The contract's level of a unit by its name; what has no district's or commune's name is a department."""
    plain = f"{unicodedata.normalize('NFC', name).casefold()} "
    return next((level for level, beginnings in _LEVELS if plain.startswith(tuple(f"{words} " for words in beginnings))), "department")
