"""Landing a day: each file that belongs to it becomes an extraction, unless the same content is there already."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from qn_pipeline.engine import literal, open_engine, quoted
from qn_pipeline.errors import ConfigurationError, SourceUnavailable
from qn_pipeline.landing import seal
from qn_pipeline.landing.extractions import MANIFEST, ROWS, Extraction, Manifest, current, read_extractions, written_aside
from qn_pipeline.project import Project, Source
from qn_pipeline.settings import Settings
from qn_pipeline.sources.files import SourceFile, columns_of, find_files, missing_columns, read_file, told_columns

log = logging.getLogger(__name__)

CONNECTOR = "files/1"


@dataclass(frozen=True)
class Arrival:
    """A file and the day it is landed for."""

    source: Source
    file: SourceFile
    day: date


def arrivals(project: Project, source: Source, days: list[date]) -> list[Arrival]:
    """The files of a source that belong to the days. A file whose name gives no day belongs to the last of them."""
    dated = [(file, file.day or days[-1]) for file in find_files(project, source)]
    return [Arrival(source, file, day) for file, day in dated if day in set(days)]


def days_with_work(settings: Settings, project: Project, today: date) -> list[date]:
    """The days up to today whose files are not landed yet, or have changed since; today when a file without a day has."""
    landed = {entity: read_extractions(settings, entity) for entity in {source.entity for source in project.sources.values()}}
    days = set()
    for source in project.sources.values():
        for file in find_files(project, source):
            day = file.day or today
            if project.start <= day <= today and _landed_already(landed[source.entity], Arrival(source, file, day), _sha256(file.path), None) is None:
                days.add(day)
    return sorted(days)


def check_arrivals(settings: Settings, project: Project, days: list[date]) -> None:
    """Look at every file that a run would land. Raises ConfigurationError before anything is written."""
    for source in project.sources.values():
        for arrival in arrivals(project, source, days):
            present = columns_of(source, arrival.file)
            missing = missing_columns(source, present) if present is not None else []
            if missing:
                raise ConfigurationError(
                    f"{source.mapping_file} maps the column {missing[0]!r}, which {arrival.file.path} does not have. "
                    f"Nothing was written. Correct the mapping; {told_columns(source, present or [])}."
                )
            if source.mapping.sealed_columns(source.contract):
                settings.seal_secret()


def land_days(settings: Settings, project: Project, entity: str, days: list[date]) -> list[Extraction]:
    """Land the files of an entity that belong to the days. Returns the extractions that now hold them, new or not.

    A day on which a source brought nothing is recorded, too: figures may say so, and a rebuild knows it.
    """
    known = read_extractions(settings, entity)
    result = []
    for source in project.sources_of(entity):
        for arrival in arrivals(project, source, days):
            extraction = _land_file(settings, known, arrival)
            if extraction not in known:
                known.append(extraction)
            result.append(extraction)
        asked = {extraction.manifest.day for extraction in known if extraction.manifest.source == source.name}
        known.extend(_record_nothing(settings, source, sorted(set(days) - asked)))
    return result


def _landed_already(known: list[Extraction], arrival: Arrival, digest: str, key_id: str | None) -> Extraction | None:
    """The current extraction that holds just this content with the columns that the mapping wants, if there is one."""
    source = arrival.source
    wanted = source.mapping.source_columns
    for extraction in reversed(current(known)):
        manifest = extraction.manifest
        if manifest.source == source.name and manifest.file == arrival.file.name and (arrival.file.day is None or manifest.day == arrival.day):
            same = (
                manifest.sha256 == digest
                and set(wanted) <= set(manifest.columns)
                and set(manifest.sealed_columns) >= set(source.mapping.sealed_columns(source.contract))
                and key_id in (None, manifest.key_id)
                and (manifest.system, manifest.delivers, manifest.window_by, manifest.reading) == _telling(source)
            )
            return extraction if same else None
    return None


def _land_file(settings: Settings, known: list[Extraction], arrival: Arrival) -> Extraction:
    source, file = arrival.source, arrival.file
    sealed_columns = source.mapping.sealed_columns(source.contract)
    secret = settings.seal_secret() if sealed_columns else None
    key_id = seal.key_id(secret) if secret else None
    before = file.path.stat()
    digest = _sha256(file.path)
    already = _landed_already(known, arrival, digest, key_id)
    if already is not None:
        log.info("%s of %s is landed already (%s)", file.name, arrival.day, already.manifest.id)
        return already
    older = [e for e in current(known) if e.manifest.source == source.name and e.manifest.day == arrival.day and e.manifest.file == file.name]
    window = file.window(source)
    seq = _next_seq(settings)
    extraction_id = f"{seq:06d}-{digest[:8]}"
    target = _folder(settings, source, arrival.day, extraction_id)
    with open_engine(settings) as con, written_aside(settings, target) as aside:
        read = read_file(con, source, file)
        after = file.path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise SourceUnavailable(f"{file.path} is still being written. Nothing of it was kept. Run its day again when it is complete.")
        if secret:
            seal.prepare(con, secret)
        rows = _write_rows(con, source, sealed_columns, aside / ROWS)
        manifest = Manifest(
            id=extraction_id,
            seq=seq,
            source=source.name,
            system=source.system,
            entity=source.entity,
            day=arrival.day,
            file=file.name,
            delivers=source.delivers,
            window_by=source.window.by if source.window else None,
            window_from=window[0] if window else None,
            window_to=window[1] if window else None,
            extracted_at=_now(),
            rows=rows,
            unreadable=read.unreadable,
            bytes=before.st_size,
            sha256=digest,
            columns=source.mapping.source_columns,
            sealed_columns=sealed_columns,
            dropped_columns=sorted(set(read.columns) - set(source.mapping.source_columns)),
            key_id=key_id,
            supersedes=older[-1].manifest.id if older else None,
            reading=_telling(source)[-1],
            connector=CONNECTOR,
        )
        (aside / MANIFEST).write_text(manifest.model_dump_json(indent=1))
    unknown = sorted(set(manifest.dropped_columns) - set(source.mapping.ignore))
    if unknown:
        log.warning("%s: columns that no mapping names were dropped: %s", file.name, ", ".join(unknown))
    log.info("landed %s for %s: %s rows, %s unreadable", file.name, arrival.day, rows, len(read.unreadable))
    return Extraction(manifest, target)


def _write_rows(con: duckdb.DuckDBPyConnection, source: Source, sealed_columns: list[str], target: Path) -> int:
    kept = "".join(
        f", {seal.sealed(column)} as {quoted(column)}" if column in sealed_columns else f", {quoted(column)}"
        for column in source.mapping.source_columns
    )
    con.execute(f"copy (select row_no{kept} from source_row) to {literal(target)} (format parquet)")
    row = con.execute("select count(*) from source_row").fetchone()
    return int(row[0]) if row else 0


def _record_nothing(settings: Settings, source: Source, days: list[date]) -> list[Extraction]:
    first = _next_seq(settings) if days else 0
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
            extracted_at=_now(),
            connector=CONNECTOR,
        )
        target = _folder(settings, source, day, manifest.id)
        with written_aside(settings, target, durable=False) as aside:
            (aside / MANIFEST).write_text(manifest.model_dump_json(indent=1))
        extractions.append(Extraction(manifest, target))
    return extractions


def _telling(source: Source) -> tuple[str, str, str | None, str]:
    """What of a source's settings decides how its files are read and what they say."""
    return (
        source.system,
        source.delivers,
        source.window.by if source.window else None,
        f"{source.format} {source.delimiter} {source.sheet} {source.header_row}",
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _folder(settings: Settings, source: Source, day: date, extraction_id: str) -> Path:
    return settings.landing / source.entity / source.name / day.isoformat() / extraction_id


def _next_seq(settings: Settings) -> int:
    """The next sequence number, over all entities: the holder of the writer's lock is alone."""
    taken = (int(folder.name.split("-")[0]) for folder in settings.landing.glob("[!.]*/*/*/*"))
    return max(taken, default=0) + 1


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
