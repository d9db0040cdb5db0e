"""Landing days: each source brings what it has for them, and what one source cannot bring stops no other."""

import logging
from dataclasses import dataclass, field
from datetime import date

from qn_pipeline.errors import SourceChanged, SourceUnavailable
from qn_pipeline.landing import arrivals, pulls
from qn_pipeline.landing.extractions import Extraction, read_extractions
from qn_pipeline.landing.write import record_nothing
from qn_pipeline.project import AnySource, FileSource, Project
from qn_pipeline.settings import Settings

log = logging.getLogger(__name__)


@dataclass
class Landed:
    """The extractions that hold the days asked for, new or not, and by source what could not be brought."""

    extractions: list[Extraction] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def days_with_work(settings: Settings, project: Project, today: date) -> list[date]:
    """The days up to today that still wait: for their files to be landed, or for a connection to be asked for them."""
    days: set[date] = set()
    for source in project.sources.values():
        known = read_extractions(settings, source.entity)
        if isinstance(source, FileSource):
            days |= arrivals.days_of_arrivals(known, project, source, today)
        else:
            days |= pulls.days_to_ask(known, project, source, today)
    return sorted(days)


def check_sources(settings: Settings, project: Project, days: list[date]) -> None:
    """Look at what a run needs of each source. Raises ConfigurationError before anything is written."""
    for source in project.sources.values():
        if isinstance(source, FileSource):
            arrivals.check_columns(read_extractions(settings, source.entity), project, source, days)
        else:
            settings.connection_secret(source.connection.secret_variable)
        if source.sealed_columns:
            settings.seal_secret()


def land_days(settings: Settings, project: Project, entity: str, days: list[date], is_refresh: bool = False) -> Landed:
    """Land what the sources of an entity have for the days. A refresh asks connections for a share of the open dossiers, too (refreshes.py).

    A source that is down or brings something unreadable is told in `failed`, with nothing of it kept from there on; the next run
    begins where it stopped.
    """
    landed = Landed()
    known = read_extractions(settings, entity)
    for source in project.sources_of(entity):
        try:
            _land_source(settings, project, source, days, known, landed, is_refresh)
        except (SourceUnavailable, SourceChanged) as error:
            log.warning("%s", error)
            landed.failed[source.name] = str(error)
    return landed


def _land_source(
    settings: Settings, project: Project, source: AnySource, days: list[date], known: list[Extraction], landed: Landed, is_refresh: bool
) -> None:
    if not isinstance(source, FileSource):
        landed.extractions.append(pulls.land_pull(settings, project, source, known, days, is_refresh))
        return
    for arrival in arrivals.arrivals(project, source, days):
        extraction = arrivals.land_file(settings, known, arrival)
        if extraction not in known:
            known.append(extraction)
        landed.extractions.append(extraction)
    asked = {extraction.manifest.day for extraction in known if extraction.manifest.source == source.name}
    known.extend(record_nothing(settings, source, sorted(set(days) - asked)))
