"""What has changed since the last build of the models that ended well: keys of dossiers and steps that must be made again, or everything.

The loader tells here which extractions come, go or are superseded (touch). The tables of the models are kept from build to build (dbt_project/macros/
touched.sql); they are made anew when there is no such build, when what decides about a row has changed, or when a part of them is missing. A build that
ended well is marked in the loader's own schema, with the instant that it counted up to.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from qn_pipeline.warehouse.builds import rows_change
from qn_pipeline.warehouse.dbt import PROJECT
from qn_pipeline.warehouse.engines import Warehouse, Writing

SCHEMA = "valid"
KEPT_ENTITIES = ("dossiers", "dossier_actions", "postal_events")
"""Entities of whose rows only those touched are made again; the others are small, and made anew each time."""
NOTED = ("dossier_touched", "postal_key_touched", "postal_changed")
"""Kept tables of the models in which what is to be made again stays noted until a build has ended well."""
WINDOWS = ("received_at", "submitted_at", "ended_at")
# Extractions of which one statement asks.
AT_ONCE = 500


def touch(writing: Writing, entity: str, columns: Iterable[str], sequences: Sequence[int]) -> None:
    """Note the keys that extractions tell, correct, or make vanish by not telling them; they must be loaded at the time.

    A file that comes again reaches all keys of its earlier deliveries, a snapshot all keys of its source, a window those dated within it.
    """
    if entity not in KEPT_ENTITIES or not sequences or not is_built(writing):
        return
    for start in range(0, len(sequences), AT_ONCE):
        listed = ", ".join(str(seq) for seq in sequences[start : start + AT_ONCE])
        changed = f"(select * from {SCHEMA}.extractions where extraction_seq in ({listed}) and file is not null)"
        reached = f"""
            (select distinct e.extraction_seq, e.system
            from {SCHEMA}.extractions as e inner join {changed} as c on c.source = e.source and c.entity = e.entity
            where c.delivers = 'snapshot' or (c.file = e.file and (c.day = e.day or (c.is_document and e.is_document))))"""
        parts = [
            f"select e.system, r.{key} as code from {SCHEMA}.{table} as r inner join {reached} as e on e.extraction_seq = r.extraction_seq where r.{key} is not null"
            for table, key in ((entity, "code"), ("quarantine", "row_key"), ("vanished", "row_key"))
        ]
        parts += [
            f"""select e.system, r.code
            from {SCHEMA}.{entity} as r
            inner join {SCHEMA}.extractions as e on e.extraction_seq = r.extraction_seq
            inner join {changed} as c on c.source = e.source and c.delivers = 'window' and c.window_by = '{column}'
            where cast(r.{column} as date) >= c.window_from and cast(r.{column} as date) < c.window_to"""
            for column in WINDOWS
            if column in columns
        ]
        writing.execute(f"insert into {SCHEMA}.touched (entity, system, code) select '{entity}', t.* from ({' union '.join(parts)}) as t")


def forget_all(warehouse: Warehouse) -> None:
    """Empty the loader's schema but for the run's row, so that the next load brings everything, and the next build makes everything."""
    with warehouse.writing() as writing:
        rows_change(writing)
        tables = writing.execute("select table_name from information_schema.tables where table_schema = ? and table_name <> 'run'", [SCHEMA])
        for (table,) in tables:
            writing.execute(f"drop table {SCHEMA}.{table} cascade")


def is_built(writing: Writing) -> bool:
    """Whether the tables of the models hold a build that what was touched can be added to."""
    return bool(writing.execute(f"select 1 from {SCHEMA}.applied"))


def must_be_whole(warehouse: Warehouse, kept: Mapping[str, str]) -> bool:
    """Whether all tables must be made anew. `kept`: the tables that are kept, by name, with their schemas."""
    with warehouse.writing() as writing:
        applied = writing.execute(f"select mark from {SCHEMA}.applied")
        if not applied or applied[0][0] != _mark(writing):
            return True
        there = {
            (str(schema), str(table))
            for schema, table in writing.execute(
                f"select table_schema, table_name from information_schema.tables where table_schema in ({', '.join('?' for _ in set(kept.values()))})",
                sorted(set(kept.values())),
            )
        }
        return any((schema, table) not in there for table, schema in kept.items())


def forget_build(warehouse: Warehouse) -> None:
    """Say that no build holds: until one has ended well, each makes everything anew."""
    with warehouse.writing() as writing:
        rows_change(writing)
        writing.execute(f"delete from {SCHEMA}.applied")


def mark_built(warehouse: Warehouse) -> None:
    """Say that the tables of the models hold all that is loaded: nothing is touched any more."""
    with warehouse.writing() as writing:
        writing.execute(f"delete from {SCHEMA}.applied")
        writing.execute(
            f"insert into {SCHEMA}.applied (as_of, reference, mark) select r.as_of, m.mark, ? from {SCHEMA}.run as r cross join core.reference_mark as m",
            [_mark(writing)],
        )
        writing.execute(f"delete from {SCHEMA}.touched")
        writing.execute(f"delete from {SCHEMA}.loaded")
        for table in NOTED:
            writing.execute(f"delete from core.{table}")


def _mark(writing: Writing) -> str:
    """A hash over what decides about a row of the models besides the rows that are loaded."""
    systems = writing.execute(f"select system, rank, is_copy, due_includes_pauses, deadline_rule from {SCHEMA}.systems order by rank, system")
    blocks = writing.execute(f"select distinct first_day from {SCHEMA}.period_ends order by first_day")
    # What the post is paid for is counted by month, and kept.
    paid = [sorted(map(str, writing.execute(f"select * from {SCHEMA}.{table}"))) for table in ("postal_contracts", "postal_prices")]
    digest = hashlib.sha256(json.dumps([systems, blocks, paid]).encode())
    digest.update(models_hash().encode())
    return digest.hexdigest()[:16]


def models_hash() -> str:
    """A hash over the dbt models and macros: how figures are made of valid rows."""
    digest = hashlib.sha256()
    for path in sorted(_model_files()):
        digest.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _model_files() -> Iterable[Path]:
    return (path for folder in ("models", "macros") for path in (PROJECT / folder).rglob("*.sql"))
