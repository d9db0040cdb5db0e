"""What landing holds of a pulled source, read from its files, and what is true of it.

Nothing of the pipeline's own reading is used: extractions in the order of their numbers, the newest row of a dossier, less what is gone.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from qn_pipeline.settings import Settings
from qn_pipeline.simulator.app import Shows
from qn_pipeline.simulator.files import national_row
from qn_pipeline.simulator.opencps import actions, dates, dossier_id
from qn_pipeline.simulator.projects import CONNECTION, NATIONAL

PRODUCT_MOMENT, NATIONAL_MOMENT = "%d/%m/%Y %H:%M:%S", "%Y%m%d%H%M%S"


@dataclass(frozen=True)
class Standing:
    """What is compared of a dossier; `status` is of the national list."""

    code: str
    unit: str
    status: str
    received: datetime | None
    due: datetime | None
    released: datetime | None


def true_dossiers(shown: Shows, at: datetime) -> dict[int, Standing]:
    """What a one-stop shop shows at a moment, by the product's id."""
    return {
        dossier_id(row.dossier): Standing(
            row.state.code,
            row.state.unit,
            str(row.state.status),
            _second(row.state.received_at),
            _second(row.state.due_at),
            _second(dates(row).released),
        )
        for row in shown.rows(at)
    }


def held_dossiers(settings: Settings, project: Path, source: str = CONNECTION) -> dict[int, Standing]:
    """What landing holds of an OpenCPS source, by the product's id."""
    codes = _codes((project / "mappings/opencps/dossiers.yaml").read_text(encoding="utf-8"))
    held: dict[int, Standing] = {}
    by_code: dict[str, int] = {}
    for rows, gone in tellings(settings, "dossiers", source):
        told = {int(row["dossierId"]): row for row in rows}
        assert len(told) == len(rows), "a pull tells a dossier once"
        assert not {int(row["id"]) for row in gone if row["id"]} & set(told), "what is told is not gone"
        for row in gone:
            # The warehouse goes by the code, landing by the id.
            by_code.pop(row["code"], None)
            held.pop(int(row["id"] or 0), None)
        for key, row in told.items():
            held[key] = Standing(
                row["dossierNo"],
                row["govAgencyCode"],
                codes[row["statusKey"]],
                *(_moment(row[name], PRODUCT_MOMENT) for name in ("receiveDate", "dueDate", "releaseDate")),
            )
            by_code[row["dossierNo"]] = key
    # Without a code a dossier goes into quarantine.
    assert {*by_code} - {""} == {standing.code for standing in held.values()} - {""}, "by code and by id, the same dossiers stand"
    return held


def true_national(shown: Shows, at: datetime) -> dict[str, tuple[str, ...]]:
    """What the national portal shows at a moment, by code."""
    return {told["MaHoSo"]: _national(told) for told in (national_row(row) for row in shown.rows(at))}


def held_national(settings: Settings) -> dict[str, tuple[str, ...]]:
    """What landing holds of the national portal, by code."""
    return {row["MaHoSo"]: _national(row) for rows, _ in tellings(settings, "dossiers", NATIONAL) for row in rows}


def true_actions(shown: Shows, at: datetime) -> set[tuple[str, str]]:
    """The actions of what a one-stop shop shows at a moment: id and the dossier's code."""
    return {(str(action["dossierActionId"]), row.state.code) for row in shown.rows(at) for action in actions(row.dossier, at)}


def held_actions(settings: Settings) -> set[tuple[str, str]]:
    """The actions that landing holds, each under the code that its dossier had last."""
    newest: dict[str, str] = {}
    for rows, _ in tellings(settings, "dossier_actions", f"{CONNECTION}_dossier_actions"):
        assert len({row["dossierActionId"] for row in rows}) == len(rows), "a pull tells an action once"
        newest |= {row["dossierActionId"]: row["dossierNo"] for row in rows}
    return set(newest.items())


def extractions(settings: Settings, entity: str, source: str) -> list[Path]:
    """The folders of a source's extractions, in the order in which they came."""
    return sorted((settings.landing / entity / source).glob("*/*"), key=lambda folder: folder.name)


def tellings(settings: Settings, entity: str, source: str) -> list[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """The rows and what is gone of each extraction of a source."""
    return [(_rows(folder / "rows.parquet"), _rows(folder / "gone.parquet")) for folder in extractions(settings, entity, source)]


def differing(held: Mapping[Any, Any], true: Mapping[Any, Any]) -> dict[Any, tuple[Any, Any]]:
    """Where two tables differ, so that a failing test shows little."""
    keys: Collection[Any] = {*held, *true}
    return {key: (held.get(key), true.get(key)) for key in keys if held.get(key) != true.get(key)}


@cache
def _codes(mapping: str) -> dict[str, str]:
    """The national status of a site's, by a mapping."""
    return dict(yaml.safe_load(mapping)["columns"]["status"]["codes"])


def _rows(file: Path) -> list[dict[str, Any]]:
    return pq.read_table(file).to_pylist() if file.exists() else []


def _national(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("TrangThaiHoSo", "DonViXuLy", "NgayTiepNhan", "NgayHenTra", "NgayKetThucXuLy", "NgayTra"))


def _moment(text: str | None, form: str) -> datetime | None:
    return datetime.strptime(text, form) if text else None  # noqa: DTZ007 -- local and naive


def _second(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(microsecond=0)
