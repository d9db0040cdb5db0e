"""Files that have arrived: which belong to a day, and landing them, unless the same content is there already."""

import logging
from dataclasses import dataclass
from datetime import date

from qn_pipeline.engine import open_engine
from qn_pipeline.errors import ConfigurationError, SourceChanged, SourceUnavailable
from qn_pipeline.landing.extractions import MANIFEST, ROWS, Extraction, Manifest, current, written_aside
from qn_pipeline.landing.whole import digests, sha256_of
from qn_pipeline.landing.write import absent_columns, folder_of, next_seq, now, prepare_seal, seal_key_id, telling, write_rows
from qn_pipeline.project import FileSource, Project
from qn_pipeline.settings import Settings
from qn_pipeline.sources.columns import missing_columns, told_columns
from qn_pipeline.sources.files import SourceFile, columns_of, find_files, read_file

log = logging.getLogger(__name__)

CONNECTOR = "files/1"


@dataclass(frozen=True)
class Arrival:
    """A file and the day it is landed for."""

    source: FileSource
    file: SourceFile
    day: date


def arrivals(project: Project, source: FileSource, days: list[date]) -> list[Arrival]:
    """The files of a source that belong to the days. A file whose name gives no day belongs to the last of them."""
    dated = [(file, file.day or days[-1]) for file in find_files(project, source)]
    return [Arrival(source, file, day) for file, day in dated if day in set(days)]


def days_of_arrivals(known: list[Extraction], project: Project, source: FileSource, today: date) -> set[date]:
    """The days up to today whose files are not landed yet, or have changed since; today when a file without a day has."""
    found = [Arrival(source, file, file.day or today) for file in find_files(project, source)]
    return {a.day for a in found if project.start <= a.day <= today and _landed_already(known, a, sha256_of(a.file.path), None) is None}


def check_columns(known: list[Extraction], project: Project, source: FileSource, days: list[date]) -> None:
    """Look at the header of every file that a run would land anew. Raises ConfigurationError when a mapped column is not there."""
    for arrival in arrivals(project, source, days):
        if _landed_already(known, arrival, sha256_of(arrival.file.path), None) is not None:
            continue
        try:
            present = columns_of(source, arrival.file)
        except (SourceUnavailable, SourceChanged):
            return  # told when it is landed: it stops this source, and no other
        missing = missing_columns(source, present) if present is not None else []
        if missing:
            raise ConfigurationError(
                f"{source.mapping_file} maps the column {missing[0]!r}, which {arrival.file.path} does not have. "
                f"Nothing was written. Correct the mapping; {told_columns(source, present or [])}."
            )


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
                and set(manifest.sealed_columns) >= set(source.sealed_columns)
                and key_id in (None, manifest.key_id)
                and (manifest.system, manifest.delivers, manifest.window_by, manifest.reading) == telling(source)
            )
            return extraction if same else None
    return None


def land_file(settings: Settings, known: list[Extraction], arrival: Arrival) -> Extraction:
    """Land a file, or return the extraction that holds it already. Raises SourceUnavailable or SourceChanged when it cannot be read."""
    source, file = arrival.source, arrival.file
    key_id = seal_key_id(settings, source)
    before = file.path.stat()
    digest = sha256_of(file.path)
    already = _landed_already(known, arrival, digest, key_id)
    if already is not None:
        log.info("%s of %s is landed already (%s)", file.name, arrival.day, already.manifest.id)
        return already
    named = [e for e in current(known) if e.manifest.source == source.name and e.manifest.file == file.name]
    older = [e for e in named if e.manifest.day == arrival.day or (source.is_document and e.manifest.is_document)]
    window = file.window(source)
    seq = next_seq(settings)
    extraction_id = f"{seq:06d}-{digest[:8]}"
    target = folder_of(settings, source, arrival.day, extraction_id)
    with open_engine(settings) as con, written_aside(settings, target) as aside:
        read = read_file(con, source, file)
        after = file.path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise SourceUnavailable(f"{file.path} is still being written. Nothing of it was kept. Run its day again when it is complete.")
        prepare_seal(settings, source, con)
        rows = write_rows(con, source, [], aside / ROWS)
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
            extracted_at=now(),
            rows=rows,
            unreadable=read.unreadable,
            findings=read.findings,
            bytes=before.st_size,
            sha256=digest,
            written=digests(aside),
            columns=source.mapping.source_columns,
            sealed_columns=source.sealed_columns,
            dropped_columns=sorted(set(read.columns) - set(source.mapping.source_columns)),
            # A file without rows shows no keys.
            absent_columns=absent_columns(source.mapping.source_columns, read.columns) if rows else [],
            key_id=key_id,
            is_document=source.is_document,
            supersedes=older[-1].manifest.id if older else None,
            reading=telling(source)[-1],
            connector=CONNECTOR,
        )
        (aside / MANIFEST).write_text(manifest.model_dump_json(indent=1))
    unknown = sorted(set(manifest.dropped_columns) - set(source.mapping.ignore))
    if unknown:
        log.warning("%s: columns that no mapping names were dropped: %s", file.name, ", ".join(unknown))
    if read.findings:
        log.warning("%s: %s sums differ from the lines below them", file.name, len(read.findings))
    log.info("landed %s for %s: %s rows, %s unreadable", file.name, arrival.day, rows, len(read.unreadable))
    return Extraction(manifest, target)
