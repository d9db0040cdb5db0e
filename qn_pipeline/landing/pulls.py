"""Pulling a connection: what it is asked for follows from what landing holds, and its rows become an extraction.

A pull of changes adds to those before it and supersedes none. It begins on the last day that was asked for, so that a night without the
source leaves no gap. Rows are sealed before they touch the disk.
"""

import hashlib
import json
import logging
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from qn_pipeline.engine import literal, open_engine, quoted
from qn_pipeline.errors import ConfigurationError
from qn_pipeline.landing.extractions import GONE, MANIFEST, RECONCILIATION, ROWS, Extraction, Manifest, current, read_extractions, written_aside
from qn_pipeline.landing.refreshes import share_of
from qn_pipeline.landing.whole import digests
from qn_pipeline.landing.write import absent_columns, folder_of, next_seq, now, prepare_seal, record_nothing, seal_key_id, telling, write_rows
from qn_pipeline.project import Project, PulledSource
from qn_pipeline.settings import Settings
from qn_pipeline.sources.connections import Question, ask, kept_columns, remembers
from qn_pipeline.sources.objects import read_objects
from qn_pipeline.sources.opencps.listed import FILE_COLUMNS, KEPT, KEPT_DATES, MOMENT, PAYMENT_COLUMNS, Listed, from_landing
from qn_pipeline.sources.pulled import Pull

log = logging.getLogger(__name__)


def days_to_ask(known: list[Extraction], project: Project, source: PulledSource, today: date) -> set[date]:
    """The days since the source was last asked, and today: the open day may be asked for again and again."""
    covered = [e.manifest.covers_to or e.manifest.day for e in known if e.manifest.source == source.name]
    first = max(covered) + timedelta(days=1) if covered else project.start
    return {first + timedelta(days=offset) for offset in range((today - first).days + 1)} | {today}


def land_pull(
    settings: Settings, project: Project, source: PulledSource, known: list[Extraction], days: list[date], is_refresh: bool = False
) -> Extraction:
    """Pull a source for days, and in a refresh a share of the open dossiers one by one. Raises SourceUnavailable or SourceChanged, and then nothing of it was kept."""
    before = [extraction for extraction in known if extraction.manifest.source == source.name]
    question, follows_seq = _question(settings, project, source, before, days)
    share = share_of(source, before, question.known, days[-1]) if is_refresh and remembers(source) else None
    if share:
        question = replace(question, again=share.ids)
    pull = ask(source, settings.connection_secret(source.connection.secret_variable), question)
    pull.rows.extend(_of_other_details(settings, source, before, pull.unchanged))
    digest = hashlib.sha256(b"\n".join(sorted(pull.rows) if source.delivers == "snapshot" else pull.rows)).hexdigest()
    if source.delivers == "snapshot":
        same = _same_snapshot(settings, source, before, digest)
        if same is not None:
            record_nothing(settings, source, [] if days[-1] in {e.manifest.day for e in before} else [days[-1]])
            return same
    extraction = _write(settings, source, before, days[-1], question, pull, digest, follows_seq, share.turn if share else None)
    known.append(extraction)
    return extraction


def _question(settings: Settings, project: Project, source: PulledSource, before: list[Extraction], days: list[date]) -> tuple[Question, int | None]:
    covered = [(e.manifest.covers_from, e.manifest.covers_to) for e in before if e.manifest.covers_from and e.manifest.covers_to]
    last = max((to for _, to in covered), default=None)
    window = (min(days[0], last) if last else days[0]), days[-1]
    since = min([window[0], *(begin for begin, _ in covered)])
    if source.entity == "dossier_actions":
        follow, follows_seq = _dossiers_to_follow(settings, project, source, before)
        return Question(window, since, follow=follow), follows_seq
    if not remembers(source):
        return Question(window, since), None
    remembered = known_dossiers(settings, source, before)
    # The last day of a month may be among nights that the source was away.
    new = (min(days[0], last + timedelta(days=1)) if last else days[0]), days[-1]
    return Question(window, since, _year_to_sweep(new, since) if remembered else None, remembered), None


def _year_to_sweep(new: tuple[date, date], since: date) -> tuple[date, date] | None:
    """When a month has closed it is about to be published: its year, up to its last day."""
    closed = (new[1] + timedelta(days=1)).replace(day=1) - timedelta(days=1)
    return (max(new[0].replace(month=1, day=1), since), closed) if closed >= new[0] else None


def known_dossiers(settings: Settings, source: PulledSource, before: list[Extraction]) -> dict[int, Listed]:
    """The dossiers that landing holds of a source, by the product's id, as the newest pull told them; without those that are gone.

    What was landed with fewer columns than the mapping wants now, or under another key, counts as changed when it is seen again.
    """
    # A source that is pulled now may have come in files before.
    files = [e for e in before if e.rows.exists() and e.manifest.connector == _connector(source)]
    if not files:
        return {}
    key_id = seal_key_id(settings, source)
    whole = {e.manifest.seq for e in files if set(source.mapping.source_columns) <= set(e.manifest.columns) and e.manifest.key_id == key_id}
    with open_engine(settings) as con:
        _tell(con, "told", [(e.manifest.seq, e.rows) for e in files])
        there = {str(name) for name, *_ in con.execute("describe told").fetchall()}
        held = ", ".join(_held(column) if column in there else f"null as {quoted(column)}" for column in KEPT)
        _tell(con, "vanished", [(e.manifest.seq, e.gone) for e in before if e.gone.exists()])
        newest = con.execute(
            f"""select seq, {held} from told
            where not exists (select 1 from vanished as v where v.id = told."dossierId" and v.seq >= told.seq)
            qualify row_number() over (partition by "dossierId" order by seq desc) = 1"""
        ).fetchall()
    known = (from_landing(dict(zip(KEPT, row, strict=True)), unchanged=seq in whole) for seq, *row in newest)
    return {listed.id: listed for listed in known}


def _held(column: str) -> str:
    return f"try_strptime({quoted(column)}, {literal(MOMENT)})" if column in KEPT_DATES else quoted(column)


def _of_other_details(settings: Settings, source: PulledSource, before: list[Extraction], rows: list[bytes]) -> list[bytes]:
    """Of rows that are listed as they were: those whose files or payment are no longer what landing holds."""
    details = [column for column in (*FILE_COLUMNS, *PAYMENT_COLUMNS) if column in source.mapping.source_columns]
    if not rows or not details:
        return []
    with open_engine(settings) as con:
        _tell(con, "told", [(e.manifest.seq, e.rows) for e in before if e.rows.exists() and e.manifest.connector == _connector(source)])
        read_objects(con, details, ["dossierId"], rows)
        differs = " or ".join(f"s.{quoted(column)} is distinct from t.{quoted(column)}" for column in details)
        changed = con.execute(
            f"""select s.row_no from source_row as s
            inner join told as t on t."dossierId" = s."dossierId"
            qualify row_number() over (partition by s.row_no order by t.seq desc) = 1 and ({differs})
            order by 1"""
        ).fetchall()
    return [rows[int(row_no) - 1] for (row_no,) in changed]


def _connector(source: PulledSource) -> str:
    return f"{source.connection.product}/1"


def _tell(con: duckdb.DuckDBPyConnection, view: str, files: list[tuple[int, Path]]) -> None:
    """A view over the rows of extractions, each with its sequence number."""
    if not files:
        con.execute(f"create temp view {view} as select 0 as seq, '' as id where false")
        return
    con.register(f"{view}_file", pa.table({"path": [str(path) for _, path in files], "seq": [seq for seq, _ in files]}))
    paths = ", ".join(literal(path) for _, path in files)
    con.execute(
        f"""create temp view {view} as
        select f.seq, r.* exclude (filename)
        from read_parquet([{paths}], filename = true, union_by_name = true) as r inner join {view}_file as f on f.path = r.filename"""
    )


def _dossiers_to_follow(
    settings: Settings, project: Project, source: PulledSource, before: list[Extraction]
) -> tuple[list[tuple[int, str]], int | None]:
    """The dossiers that were landed since the actions were last pulled, and up to which extraction."""
    names = {s.name for s in project.sources_of("dossiers") if isinstance(s, PulledSource) and s.connection.name == source.connection.name}
    if not names:
        raise ConfigurationError(
            f"sources.{source.name} brings the actions of dossiers, and no source brings the dossiers of {source.connection.name}. Declare it in qn.yaml."
        )
    done = max((e.manifest.follows_seq or 0 for e in before), default=0)
    landed = [e for e in read_extractions(settings, "dossiers") if e.manifest.source in names and e.manifest.connector == _connector(source)]
    newer = [e for e in landed if e.manifest.seq > done and e.rows.exists()]
    if not newer:
        return [], done or None
    with open_engine(settings) as con:
        _tell(con, "told", [(e.manifest.seq, e.rows) for e in newer])
        rows = con.execute('select "dossierId", arg_max("dossierNo", seq) from told group by 1 order by 1').fetchall()
    return [(int(dossier_id), str(code)) for dossier_id, code in rows], max(e.manifest.seq for e in newer)


def _same_snapshot(settings: Settings, source: PulledSource, before: list[Extraction], digest: str) -> Extraction | None:
    """The newest snapshot, when it has just this content with the columns that the mapping wants."""
    newest = next((e for e in reversed(current(before)) if e.manifest.file is not None), None)
    if newest is None:
        return None
    manifest = newest.manifest
    told = (manifest.sha256, manifest.system, manifest.delivers, manifest.window_by, manifest.reading, manifest.key_id)
    same = told == (digest, *telling(source), seal_key_id(settings, source)) and set(source.mapping.source_columns) <= set(manifest.columns)
    return newest if same else None


def _write(
    settings: Settings,
    source: PulledSource,
    before: list[Extraction],
    day: date,
    question: Question,
    pull: Pull,
    digest: str,
    follows_seq: int | None,
    refresh_turn: int | None,
) -> Extraction:
    seq = next_seq(settings)
    extraction_id = f"{seq:06d}-{digest[:8]}"
    target = folder_of(settings, source, day, extraction_id)
    older = [e for e in current(before) if e.manifest.day == day and e.manifest.file is not None] if source.delivers == "snapshot" else []
    kept = kept_columns(source)
    with open_engine(settings) as con, written_aside(settings, target) as aside:
        columns = read_objects(con, source.mapping.source_columns, kept, pull.rows)
        prepare_seal(settings, source, con)
        rows = write_rows(con, source, kept, aside / ROWS)
        if pull.gone:
            pq.write_table(
                pa.table({"code": [gone.code for gone in pull.gone], "id": pa.array([gone.id for gone in pull.gone], pa.string())}), aside / GONE
            )
        if pull.reconciled or pull.found:
            told = {"counters": [asdict(r) for r in pull.reconciled], "dossiers": [asdict(f) for f in pull.found]}
            (aside / RECONCILIATION).write_text(json.dumps(told, default=str, ensure_ascii=False, indent=1), encoding="utf-8")
        system, delivers, _, reading = telling(source)
        manifest = Manifest(
            id=extraction_id,
            seq=seq,
            source=source.name,
            system=system,
            entity=source.entity,
            day=day,
            file=f"{source.connection.product}:{source.connection.name}",
            delivers=delivers,
            # A pull tells what is so when it is made, whatever day it was asked for.
            speaks_for=max([day, *(e.manifest.speaks_for or e.manifest.day for e in before)]),
            covers_from=question.window[0] if source.delivers == "changes" else None,
            covers_to=question.window[1] if source.delivers == "changes" else None,
            follows_seq=follows_seq,
            refresh_turn=refresh_turn,
            extracted_at=now(),
            rows=rows,
            gone=len(pull.gone),
            unreconciled=sum(r.told != r.held_after for r in pull.reconciled),
            bytes=sum(len(row) for row in pull.rows),
            sha256=digest,
            written=digests(aside),
            columns=source.mapping.source_columns,
            sealed_columns=source.sealed_columns,
            dropped_columns=sorted(set(columns) - set(source.mapping.source_columns) - set(kept)),
            absent_columns=absent_columns(source.mapping.source_columns, columns) if rows else [],
            key_id=seal_key_id(settings, source),
            supersedes=older[-1].manifest.id if older else None,
            reading=reading,
            connector=_connector(source),
        )
        (aside / MANIFEST).write_text(manifest.model_dump_json(indent=1))
    log.info("landed %s for %s to %s: %s rows, %s gone", source.name, *question.window, rows, len(pull.gone))
    return Extraction(manifest, target)
