"""A build of everything in parts that fit the memory: lives of dossiers a part at a time, then what is counted of all of them.

An engine that must sort and join more than its memory holds spills, and is then slower by far than its rows are more. Lives do not hang on each other, so
a part of the dossiers is told to be touched, and made as a night makes what was touched (dbt_project/macros/touched.sql); then the next one is.
Which part a dossier is in holds for one build only.
"""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from qn_pipeline.warehouse.changes import SCHEMA, forget_build
from qn_pipeline.warehouse.dbt import before_lives, kept_tables, lives, queues
from qn_pipeline.warehouse.engines import Warehouse

log = logging.getLogger(__name__)

# Measured: a million rows, and what is made of them, stay within 2 GB (python -m benchmarks.bench 1000000).
ROWS_A_GB = 750_000


def whole_build(warehouse: Warehouse, manifest: Mapping[str, Any], parts: int | None = None) -> Iterator[list[str]]:
    """dbt's arguments for a build of everything, a run at a time; each is to have ended well before the next is asked for.

    `parts`: in how many, when not as the memory limit asks. A build that is killed half-way is begun again.
    """
    forget_build(warehouse)
    parts = parts or _parts(warehouse)
    if parts == 1:
        yield ["build", "--full-refresh"]
        return
    models = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    first = before_lives(manifest)
    # What dossiers were counted as is noted where cells are kept: there are none yet.
    again = lives(manifest) - queues(manifest).keys()
    _drop(warehouse, {table: schema for table, schema in kept_tables(manifest).items() if table in first})
    for part in range(parts):
        log.info("lives of dossiers: part %s of %s", part + 1, parts)
        _touch(warehouse, part, parts)
        yield ["run", "--exclude", " ".join(sorted(models - (again if part else first)))]
    yield ["run", "--full-refresh", "--exclude", " ".join(sorted(first))]
    yield ["build", "--full-refresh", "--exclude", "resource_type:model"]


def _parts(warehouse: Warehouse) -> int:
    with warehouse.writing() as writing:
        rows = writing.execute(f"select (select count(*) from {SCHEMA}.dossiers) + (select count(*) from {SCHEMA}.dossier_actions) / 4")[0][0]
    return 1 + int(rows / (ROWS_A_GB * warehouse.settings.memory_gigabytes))


def _drop(warehouse: Warehouse, tables: Mapping[str, str]) -> None:
    with warehouse.writing() as writing:
        for table, schema in tables.items():
            writing.execute(f"drop table if exists {schema}.{table} cascade")


def _touch(warehouse: Warehouse, part: int, parts: int) -> None:
    """Say that one part of the dossiers, with their steps, is touched, and no other; with the first, all work of the post."""
    with warehouse.writing() as writing:
        writing.execute(f"delete from {SCHEMA}.touched")
        # Units are made of all that names them.
        if not part:
            writing.execute(
                f"""insert into {SCHEMA}.touched (entity, system, code)
                select distinct 'postal_events', e.system, r.code
                from {SCHEMA}.postal_events as r inner join {SCHEMA}.extractions as e on e.extraction_seq = r.extraction_seq"""
            )
        for entity, dossier in (("dossiers", "code"), ("dossier_actions", "dossier")):
            writing.execute(
                f"""insert into {SCHEMA}.touched (entity, system, code)
                select distinct '{entity}', e.system, r.code
                from {SCHEMA}.{entity} as r inner join {SCHEMA}.extractions as e on e.extraction_seq = r.extraction_seq
                where {warehouse.bucket(f"r.{dossier}", parts)} = {part}"""
            )
        if part:
            writing.execute("delete from core.dossier_touched")
