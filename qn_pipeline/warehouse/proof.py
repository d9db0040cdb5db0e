"""The proof that what nights keep is what a build from landing would make, on a sample of units.

Each arrow from landing to the marts is gone again for the dossiers of some units, by the ways of a night, and what comes out is held against what is
there. Seeds go by the week: units come by in turn, so that in time all of them are proven. What differs is told, and no build holds any more then.
Nothing that is published changes.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from qn_pipeline.errors import RunFailed
from qn_pipeline.landing.extractions import Extraction, read_extractions
from qn_pipeline.project import Project
from qn_pipeline.settings import Settings
from qn_pipeline.warehouse.changes import KEPT_ENTITIES, NOTED, SCHEMA, forget_build, mark_built, must_be_whole
from qn_pipeline.warehouse.dbt import kept_tables
from qn_pipeline.warehouse.engines import MARTS_NEXT, Warehouse, Writing
from qn_pipeline.warehouse.export import built_digest, export_digest
from qn_pipeline.warehouse.findings import PROOF, Finding, in_list
from qn_pipeline.warehouse.proof_cells import count_again
from qn_pipeline.warehouse.proof_rows import check_again

log = logging.getLogger(__name__)

UNITS = 3
UNITS_NAMED = 20
EXTRACTIONS = 5
DAYS_OF_A_WEEK = 7
# Kept from build to build, and no rows of dossiers: queues that a build empties, and what is counted of lives.
NO_LIVES = {
    *NOTED,
    *("event_left", "procedure_left", "trait_left", "dossier_daily", "procedure_block"),
    *("postal_daily", "postal_served", "postal_volume"),
}
# Where the code of a row is a step's: the column with the dossier's.
CODE_OF_DOSSIER = {"dossier_action_version": "dossier", "fct_dossier_action": "dossier"}
# Rows of which are pieces of the post's work.
OF_PIECES = {"postal_event_version", "postal_piece", "postal_exact", "postal_open", "postal_near", "postal_fault", "fct_postal_event"}


@dataclass
class Proof:
    """What was proven, on which sample, and what differed."""

    units: list[str]
    seed: int
    extractions: int = 0
    dossiers: int = 0
    rows: int = 0
    tables: int = 0
    cells: int = 0
    marts: int = 0
    findings: list[Finding] = field(default_factory=list)

    def __str__(self) -> str:
        named = f"units {', '.join(self.units)}" if len(self.units) <= UNITS_NAMED else f"{len(self.units)} units"
        sample = f"{named} (seed {self.seed})"
        if self.findings:
            return (
                f"What is kept is not what a build from landing makes, for the {sample}: {'. '.join(str(finding) for finding in self.findings)}. "
                "What is published stays as it was; the next build makes everything anew. Run: qn rebuild"
            )
        return (
            f"Proven for the {sample}: {self.extractions} extractions checked again, {self.rows} rows of {self.dossiers} dossiers in {self.tables} tables "
            f"made again, {self.cells} cells counted again, {self.marts} marts built again: all as they were."
        )


def prove(
    settings: Settings,
    project: Project,
    warehouse: Warehouse,
    manifest: Mapping[str, Any],
    build: Callable[[], None],
    units: int = UNITS,
    seed: int | None = None,
) -> Proof:
    """Prove a sample; `build` builds the dbt models as a night does. The writer's lock must be held.

    Raises RunFailed when there is no build to prove, and LandingDamaged when landed rows are not there.
    """
    kept = kept_tables(manifest)
    as_of = _require_built(warehouse, kept)
    week = week_of(as_of) if seed is None else seed
    with warehouse.writing() as writing:
        there = [str(row[0]) for row in writing.execute("select distinct resolving_unit from core.fct_dossier where resolving_unit is not null")]
    if not there:
        raise RunFailed("The warehouse holds no dossier of any unit, so there is nothing to prove. Nothing was written. Run: qn run")
    proof = Proof(units_of_turn(there, units, week), week)
    lives = {table: schema for table, schema in kept.items() if table not in NO_LIVES}
    try:
        with warehouse.writing() as writing:
            _note_dossiers(writing, proof.units)
            told = _telling(writing, proof.units)
        sample = _extractions(settings, told, week)
        proof.extractions = len(sample)
        proof.findings += check_again(settings, project, warehouse, sample)
        proof.cells, cells = count_again(warehouse, proof.units)
        proof.findings += cells
        before = _marts(warehouse)
        with warehouse.writing() as writing:
            proof.dossiers = int(writing.execute(f"select count(*) from {PROOF}.dossier")[0][0])
            proof.tables, proof.rows = len(lives), _note_rows(writing, lives)
            _touch(writing)
        log.info("making %s dossiers of %s units again", proof.dossiers, len(proof.units))
        build()
        with warehouse.writing() as writing:
            proof.findings += _differing_lives(writing, lives)
        after = built_digest(warehouse)
        proof.marts = len(after)
        differing = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        proof.findings += [Finding("cells to marts", f"marts.{name}", None) for name in differing]
    finally:
        with warehouse.writing() as writing:
            writing.execute(f"drop schema if exists {PROOF} cascade")
    if proof.findings:
        forget_build(warehouse)
    else:
        mark_built(warehouse)
    return proof


def week_of(day: date) -> int:
    """A number that each ISO week has, one more than the week before."""
    return (day.toordinal() - 1) // DAYS_OF_A_WEEK


def units_of_turn(units: Sequence[str], how_many: int, turn: int) -> list[str]:
    """The units whose turn it is: in an order without meaning, so many a turn, and round again."""
    mixed = sorted(units, key=_mixed)
    start = turn * how_many % len(mixed)
    return sorted({mixed[(start + offset) % len(mixed)] for offset in range(min(how_many, len(mixed)))})


def _mixed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _require_built(warehouse: Warehouse, kept: Mapping[str, str]) -> date:
    """The day up to which the last build counted. What it has not ended well, or what came after it, is not to be proven."""
    with warehouse.writing() as writing:
        is_there = bool(
            writing.execute("select 1 from information_schema.tables where table_schema = ? and table_name in ('applied', 'touched')", [SCHEMA])
        )
        run = writing.execute(f"select r.as_of from {SCHEMA}.run as r inner join {SCHEMA}.applied as a on a.as_of = r.as_of") if is_there else []
        is_touched = is_there and bool(writing.execute(f"select 1 from {SCHEMA}.touched limit 1"))
    if not run or is_touched or must_be_whole(warehouse, kept):
        raise RunFailed(
            "No build of these models has ended well since the last load, so there is nothing to prove. What is published stays as it was. "
            "Run: qn run, then qn prove"
        )
    as_of: datetime = run[0][0]
    return as_of.date()


def _note_dossiers(writing: Writing, units: Sequence[str]) -> None:
    """The keys of all dossiers that were ever told of the units, of their steps, and of the post's work on them."""
    writing.execute(f"drop schema if exists {PROOF} cascade")
    writing.execute(f"create schema {PROOF}")
    listed = in_list(units)
    writing.execute(
        f"""create table {PROOF}.dossier as
        select system, code, min(unit) as unit
        from (
            select e.system, r.code, r.resolving_unit as unit
            from {SCHEMA}.dossiers as r inner join {SCHEMA}.extractions as e on e.extraction_seq = r.extraction_seq where r.resolving_unit in ({listed})
            union all
            select v.system, v.code, v.resolving_unit from core.fct_dossier_version as v where v.resolving_unit in ({listed})
        ) as told
        group by system, code""",
        [*units, *units],
    )
    writing.execute(
        f"""create table {PROOF}.step as
        select e.system, r.code
        from {SCHEMA}.dossier_actions as r
        inner join {SCHEMA}.extractions as e on e.extraction_seq = r.extraction_seq
        inner join {PROOF}.dossier as d on d.system = e.system and d.code = r.dossier
        union
        select v.system, v.code from core.dossier_action_version as v inner join {PROOF}.dossier as d on d.system = v.system and d.code = v.dossier"""
    )
    writing.execute(
        f"""create table {PROOF}.piece as
        select e.system, e.code, d.unit
        from core.fct_postal_event as e inner join {PROOF}.dossier as d on d.system = e.dossier_system and d.code = e.dossier_code"""
    )


def _telling(writing: Writing, units: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """The extractions with rows of the units' dossiers or steps, good or bad, and the units that each tells of."""
    found: dict[int, set[str]] = {}
    rows = writing.execute(
        f"""select r.extraction_seq, r.resolving_unit from {SCHEMA}.dossiers as r where r.resolving_unit in ({in_list(units)})
        union
        select r.extraction_seq, d.unit
        from {SCHEMA}.dossier_actions as r
        inner join {SCHEMA}.extractions as e on e.extraction_seq = r.extraction_seq
        inner join {PROOF}.dossier as d on d.system = e.system and d.code = r.dossier
        union
        select q.extraction_seq, q.unit
        from {SCHEMA}.quarantine as q inner join {SCHEMA}.extractions as e on e.extraction_seq = q.extraction_seq
        where e.entity in ({in_list(KEPT_ENTITIES)}) and q.unit in ({in_list(units)})""",
        [*units, *KEPT_ENTITIES, *units],
    )
    for seq, unit in rows:
        found.setdefault(int(seq), set()).add(str(unit))
    return {seq: tuple(sorted(of_units)) for seq, of_units in found.items()}


def _extractions(settings: Settings, told: Mapping[int, tuple[str, ...]], seed: int) -> dict[int, tuple[Extraction, tuple[str, ...]]]:
    chosen = sorted(told, key=lambda seq: _mixed(f"{seed} {seq}"))[:EXTRACTIONS]
    return {e.manifest.seq: (e, told[e.manifest.seq]) for e in read_extractions(settings) if e.manifest.seq in chosen}


def _owner(table: str) -> tuple[str, str]:
    """What the rows of a kept table belong to: the table of the sample's keys, and the column with its code."""
    return f"{PROOF}.piece" if table in OF_PIECES else f"{PROOF}.dossier", CODE_OF_DOSSIER.get(table, "code")


def _of_sample(table: str, schema: str) -> str:
    owners, code = _owner(table)
    return f"select t.* from {schema}.{table} as t where exists (select 1 from {owners} as o where o.system = t.system and o.code = t.{code})"


def _note_rows(writing: Writing, lives: Mapping[str, str]) -> int:
    """Keep what the tables hold of the dossiers. Returns how many rows that is."""
    rows = 0
    for table, schema in lives.items():
        writing.execute(f"create table {PROOF}.was_{table} as {_of_sample(table, schema)}")
        rows += int(writing.execute(f"select count(*) from {PROOF}.was_{table}")[0][0])
    return rows


def _touch(writing: Writing) -> None:
    """Note the keys as the loader does, so that they are made again whatever becomes of this run."""
    for entity, keys in zip(KEPT_ENTITIES, ("dossier", "step", "piece"), strict=True):
        writing.execute(f"insert into {SCHEMA}.touched (entity, system, code) select '{entity}', system, code from {PROOF}.{keys}")


def _differing_lives(writing: Writing, lives: Mapping[str, str]) -> list[Finding]:
    findings = []
    for table, schema in sorted(lives.items()):
        owners, code = _owner(table)
        was, now = f"select * from {PROOF}.was_{table}", _of_sample(table, schema)
        # A row that was changed is on both sides. Some dossiers are named; of all of them there may be many.
        rows = writing.execute(
            f"""select d.unit, sum(greatest(c.was, c.now)), min(d.system || ' ' || d.code), max(d.system || ' ' || d.code)
            from (
                select system, code, sum(was) as was, sum(now) as now
                from (
                    select w.system, w.{code} as code, 1 as was, 0 as now from ({was} except all {now}) as w
                    union all
                    select n.system, n.{code}, 0, 1 from ({now} except all {was}) as n
                ) as side
                group by system, code
            ) as c
            inner join {owners} as d on d.system = c.system and d.code = c.code
            group by d.unit order by d.unit"""
        )
        for unit, count, first, last in rows:
            findings.append(Finding("valid to lives", f"{schema}.{table}", int(count), (str(unit),), tuple(dict.fromkeys((str(first), str(last))))))
    return findings


def _marts(warehouse: Warehouse) -> dict[str, str]:
    """The marts of the last build, by name: where they were built, or, when the swap has taken them from there, as readers see them."""
    with warehouse.writing() as writing:
        is_there = bool(writing.execute("select 1 from information_schema.tables where table_schema = ?", [MARTS_NEXT]))
    return built_digest(warehouse) if is_there else export_digest(warehouse)
