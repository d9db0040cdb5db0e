"""From landing to valid and into the warehouse: extractions are checked again aside, and what comes out is held against what is stored."""

import shutil
import tempfile
from pathlib import Path

import duckdb

from qn_pipeline.engine import literal, open_engine
from qn_pipeline.errors import RunFailed
from qn_pipeline.landing.extractions import ROWS, Extraction
from qn_pipeline.project import Project
from qn_pipeline.settings import Settings
from qn_pipeline.validation.validate import ARRIVED, GONE, QUARANTINE, ValidExtraction, fingerprint, read_valid, validate
from qn_pipeline.warehouse.changes import SCHEMA
from qn_pipeline.warehouse.engines import Warehouse, Writing
from qn_pipeline.warehouse.findings import EXAMPLES, PROOF, Finding
from qn_pipeline.warehouse.tables import QUARANTINE as QUARANTINE_COLUMNS
from qn_pipeline.warehouse.tables import entity_columns

STAGE = "landing to valid"
# The files of a result, and the column that names what a row is about.
FILES = {ROWS: "code", QUARANTINE: "row_key", ARRIVED: "unit", GONE: "row_key"}


def check_again(
    settings: Settings, project: Project, warehouse: Warehouse, extractions: dict[int, tuple[Extraction, tuple[str, ...]]]
) -> list[Finding]:
    """Findings of extractions, each given with the units that it tells dossiers of. Raises LandingDamaged when landed rows are unreadable,

    RunFailed when the warehouse holds results of other rules than the present ones.
    """
    _require_present_rules(project, warehouse, extractions)
    findings = []
    scratch = Path(tempfile.mkdtemp(prefix="proof-", dir=settings.scratch))
    aside = settings.model_copy(update={"home": scratch})
    try:
        aside.prepare_home()
        for extraction, units in extractions.values():
            again = validate(aside, project, extraction)
            stored = read_valid(settings, project, extraction)
            found = _differing_files(settings, again, stored)
            found |= {f"{SCHEMA}.{table}": rows for table, rows in _differing_tables(warehouse, again).items()}
            name = f"{extraction.manifest.source} {extraction.manifest.day} ({extraction.manifest.id})"
            findings += [Finding(STAGE, f"{where} of {name}", rows, units, keys) for where, (rows, keys) in found.items()]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return findings


def _require_present_rules(project: Project, warehouse: Warehouse, extractions: dict[int, tuple[Extraction, tuple[str, ...]]]) -> None:
    if not extractions:
        return
    listed = ", ".join(str(seq) for seq in extractions)
    with warehouse.writing() as writing:
        loaded: dict[int, str] = dict(
            writing.execute(f"select extraction_seq, fingerprint from {SCHEMA}.extractions where extraction_seq in ({listed})")
        )
    for seq, (extraction, _) in extractions.items():
        if loaded.get(seq) != fingerprint(project, project.source(extraction.manifest.source), extraction):
            raise RunFailed(
                f"The mapping, the rules or a decision that reach {extraction.manifest.source} have changed since the last run, so it cannot be proven. "
                "What is published stays as it was. Run: qn run, then qn prove"
            )


Found = dict[str, tuple[int, tuple[str, ...]]]


def _differing_files(settings: Settings, again: ValidExtraction, stored: ValidExtraction | None) -> Found:
    """By file of the valid stage, how many rows differ, and some of their keys."""
    if stored is None:
        return {f"valid/{again.folder.parent.parent.name}": (again.report.arrived, ())}
    found: Found = {}
    with open_engine(settings) as con:
        for file, key in FILES.items():
            made, kept = again.folder / file, stored.folder / file
            if not made.exists() and not kept.exists():
                continue
            try:
                con.execute(f"create or replace temp view made as select * from read_parquet({literal(made)})")
                con.execute(f"create or replace temp view kept as select * from read_parquet({literal(kept)})")
                rows, keys = _compare(con.execute(_differences("made", "kept", key)).fetchall())
            except duckdb.Error:
                rows, keys = again.report.arrived, ()
            if rows:
                found[f"valid/{file}"] = rows, keys
    # The report says how the same rows were judged. Which bytes they were written in may differ.
    if not found and stored.report.model_copy(update={"written": again.report.written}) != again.report:
        found["valid/report.json"] = (1, ())
    return found


def _differing_tables(warehouse: Warehouse, again: ValidExtraction) -> Found:
    """By table of the loader, how many rows of the extraction differ, and some of their keys."""
    manifest = again.extraction.manifest
    tables = {
        manifest.entity: ([name for name in entity_columns(manifest.entity) if name != "extraction_seq"], again.rows, "code"),
        "quarantine": ([name for name in QUARANTINE_COLUMNS if name != "extraction_seq"], again.quarantine, "row_key"),
    }
    found: Found = {}
    with warehouse.writing() as writing:
        for table, (columns, file, key) in tables.items():
            rows, keys = _compare(_differing_table(writing, table, columns, file, key, manifest.seq))
            if rows:
                found[table] = rows, keys
    return found


def _differing_table(writing: Writing, table: str, columns: list[str], file: Path, key: str, seq: int) -> list[tuple[object, ...]]:
    names = ", ".join(columns)
    loaded = f"(select {names} from {SCHEMA}.{table} where extraction_seq = {seq})"
    writing.execute(f"create table {PROOF}.made as select {names} from {SCHEMA}.{table} where false")
    writing.insert_parquet(f"{PROOF}.made", columns, file, {})
    told = writing.execute(_differences(f"{PROOF}.made", f"{loaded} as loaded", key))
    writing.execute(f"drop table {PROOF}.made")
    return told


def _differences(made: str, kept: str, key: str) -> str:
    """A row a key of which rows differ: how many only one side has, and how many only the other."""
    return f"""
        select cast({key} as varchar) as name, sum(made) as made, sum(kept) as kept
        from (
            select {key}, 1 as made, 0 as kept from (select * from {made} except all select * from {kept}) as m
            union all
            select {key}, 0, 1 from (select * from {kept} except all select * from {made}) as k
        ) as d
        group by {key} order by 1"""


def _compare(rows: list[tuple[object, ...]]) -> tuple[int, tuple[str, ...]]:
    # A row that was changed is on both sides.
    count = sum(max(int(str(made)), int(str(kept))) for _, made, kept in rows)
    return count, tuple(str(name) for name, *_ in rows[:EXAMPLES])
