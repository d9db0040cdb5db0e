"""Writing an extraction: rows sealed and reduced to what is wanted, and their manifest, aside and then in place.

Belongs here: what files and pulls share. Does not: which rows there are (arrivals, pulls).
"""

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from qn_pipeline.engine import literal, quoted
from qn_pipeline.landing import seal
from qn_pipeline.landing.extractions import MANIFEST, Extraction, Manifest, written_aside
from qn_pipeline.project import AnySource, FileSource
from qn_pipeline.settings import Settings
from qn_pipeline.sources.files import reading_of


def write_rows(con: duckdb.DuckDBPyConnection, source: AnySource, kept: list[str], target: Path) -> int:
    """Copy the table `source_row` to Parquet, identifiers sealed; the connection has the key when there are any. Returns the rows."""
    wanted = list(dict.fromkeys([*source.mapping.source_columns, *kept]))
    columns = "".join(
        f", {seal.sealed(column)} as {quoted(column)}" if column in source.sealed_columns else f", {quoted(column)}" for column in wanted
    )
    con.execute(f"copy (select row_no{columns} from source_row) to {literal(target)} (format parquet)")
    row = con.execute("select count(*) from source_row").fetchone()
    return int(row[0]) if row else 0


def seal_key_id(settings: Settings, source: AnySource) -> str | None:
    """The name of the key that a source's identifiers are sealed with; None when it has none."""
    return seal.key_id(settings.seal_secret()) if source.sealed_columns else None


def prepare_seal(settings: Settings, source: AnySource, con: duckdb.DuckDBPyConnection) -> None:
    if source.sealed_columns:
        seal.prepare(con, settings.seal_secret())


def telling(source: AnySource) -> tuple[str, str, str | None, str]:
    """What of a source's settings decides how it is read and what it says: system, delivers, window, reading."""
    if isinstance(source, FileSource):
        window = source.window.by if source.window else None
        return source.system, source.delivers, window, reading_of(source)
    return source.system, source.delivers, None, source.connection.product


def record_nothing(settings: Settings, source: AnySource, days: list[date]) -> list[Extraction]:
    """Record days on which a source brought nothing: figures may say so, and a rebuild knows it."""
    first = next_seq(settings) if days else 0
    extractions = []
    for seq, day in enumerate(days, start=first):
        manifest = Manifest(
            id=f"{seq:06d}-nothing",
            seq=seq,
            source=source.name,
            system=source.system,
            entity=source.entity,
            day=day,
            file=None,
            delivers="changes",
            extracted_at=now(),
            connector="nothing/1",
        )
        target = folder_of(settings, source, day, manifest.id)
        with written_aside(settings, target, durable=False) as aside:
            (aside / MANIFEST).write_text(manifest.model_dump_json(indent=1))
        extractions.append(Extraction(manifest, target))
    return extractions


def absent_columns(wanted: list[str], present: list[str]) -> list[str]:
    """The wanted columns that are not there; of a path into objects (/a/0/b), that of its first key. What begins with @ is made, not there."""
    return [column for column in wanted if not column.startswith("@") and (column.split("/")[1] if column.startswith("/") else column) not in present]


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def folder_of(settings: Settings, source: AnySource, day: date, extraction_id: str) -> Path:
    return settings.landing / source.entity / source.name / day.isoformat() / extraction_id


def next_seq(settings: Settings) -> int:
    """The next sequence number, over all entities: the holder of the writer's lock is alone."""
    taken = (int(folder.name.split("-")[0]) for folder in settings.landing.glob("[!.]*/*/*/*"))
    return max(taken, default=0) + 1
