"""The loader: valid rows and their quarantine go into the schema `valid`, an extraction at a time, all in one transaction.

Loading what is there already changes nothing; a result under a new fingerprint takes the place of the older one.
"""

import hashlib
import json
import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from qn_pipeline.errors import ConfigurationError, ContractBroken, LandingDamaged
from qn_pipeline.landing.extractions import RECONCILIATION, Extraction, must_be_whole, read_extractions, superseded_by
from qn_pipeline.postal_contracts import contract_rows, price_rows
from qn_pipeline.project import Project
from qn_pipeline.settings import Settings
from qn_pipeline.validation.validate import ValidExtraction, drop_damaged, read_valid
from qn_pipeline.warehouse.builds import rows_change
from qn_pipeline.warehouse.changes import is_built, models_hash, touch
from qn_pipeline.warehouse.decisions import adjustment_rows, waiver_rows
from qn_pipeline.warehouse.engines import Warehouse, Writing
from qn_pipeline.warehouse.mishaps import valid_damaged
from qn_pipeline.warehouse.tables import (
    ADJUSTMENTS,
    BUDGET_KEYWORDS,
    BUDGET_RULES,
    BUDGET_TARGET,
    CONFIGURED,
    EXTRACTIONS,
    INDICATOR_GROUPS,
    INDICATORS,
    LAYOUT_COLUMNS,
    LAYOUT_IDENTITIES,
    LOADED,
    OF_EXTRACTIONS,
    PERIOD_ENDS,
    POSTAL_CONTRACTS,
    POSTAL_PRICES,
    QUARANTINE,
    RATING_BANDS,
    RECONCILED_COUNTER,
    RECONCILED_DOSSIER,
    SCORING,
    SYSTEMS,
    USUAL_DAYS,
    USUAL_HOURS,
    WAIVERS,
    Columns,
    all_tables,
    entity_columns,
)
from qn_pipeline.warehouse.working_calendar import UsualCalendar, usual_calendar

log = logging.getLogger(__name__)

SCHEMA = "valid"
NOTHING = "nothing"
ROWS_A_STATEMENT = 200
# The usual days off that the warehouse knows; deadlines lie ahead.
FIRST_KNOWN_DAY = date(2010, 1, 1)
YEARS_AHEAD = 3


@dataclass(frozen=True)
class Loaded:
    """What a load did: extractions and rows written, by entity."""

    extractions: int
    rows: dict[str, int]


@dataclass(frozen=True)
class Catalogue:
    """What figures there are, as rows: the indicators, the periods of a year, layouts, and how points become a rating."""

    indicators: Sequence[Mapping[str, object]]
    period_ends: Sequence[Mapping[str, object]]
    layout_columns: Sequence[Mapping[str, object]]
    layout_identities: Sequence[Mapping[str, object]]
    indicator_groups: Sequence[Mapping[str, object]]
    rating_bands: Sequence[Mapping[str, object]]
    scoring: Mapping[str, object]


def calendar_of(project: Project, as_of: datetime) -> UsualCalendar:
    """The working calendar that holds where no source tells one, as far as deadlines may lie."""
    return usual_calendar(project.profile, FIRST_KNOWN_DAY, date(as_of.year + YEARS_AHEAD, 12, 31))


def configuration_mark(project: Project, catalogue: Catalogue, usual: UsualCalendar) -> str:
    """A hash of all that decides about figures besides what was landed: qn.yaml with its mappings and decisions, the catalogue, the calendar, the models."""
    decided = [project.model_dump(mode="json", exclude={"directory"}), asdict(catalogue), asdict(usual), models_hash()]
    return hashlib.sha256(json.dumps(decided, sort_keys=True, default=str).encode()).hexdigest()[:16]


def load(
    settings: Settings, project: Project, warehouse: Warehouse, as_of: datetime, catalogue: Catalogue, usual: UsualCalendar | None = None
) -> Loaded:
    """Bring the schema `valid` in line with the valid stage, and set the instant that the models count up to.

    `as_of` is local and naive; an earlier one than the warehouse has is passed over. `usual`: a working calendar of another time. Raises ContractBroken when a count differs,
    ConfigurationError when the warehouse belongs to another home folder.
    """
    extractions = read_extractions(settings)
    results = {extraction.manifest.seq: _result(settings, project, extraction) for extraction in extractions}
    replaced = superseded_by(extractions)
    rows = dict.fromkeys((extraction.manifest.entity for extraction in extractions), 0)
    with warehouse.writing() as writing:
        _prepare_tables(warehouse, writing)
        rows_change(writing)
        held = writing.execute(f"select extraction_seq, extraction_id, fingerprint, superseded_seq from {SCHEMA}.extractions")
        known = {int(seq): ((str(name), str(mark)), gone) for seq, name, mark, gone in held}
        _set_run(settings, project, writing, as_of)
        _replace(writing, "indicators", INDICATORS, catalogue.indicators)
        _replace(writing, "period_ends", PERIOD_ENDS, catalogue.period_ends)
        _replace(writing, "indicator_groups", INDICATOR_GROUPS, catalogue.indicator_groups)
        _replace(writing, "rating_bands", RATING_BANDS, catalogue.rating_bands)
        _replace(writing, "layout_columns", LAYOUT_COLUMNS, catalogue.layout_columns)
        _replace(writing, "layout_identities", LAYOUT_IDENTITIES, catalogue.layout_identities)
        _replace(writing, "scoring", SCORING, [catalogue.scoring])
        _replace(writing, "budget_rules", BUDGET_RULES, _budget_rules(project))
        _replace(writing, "budget_keywords", BUDGET_KEYWORDS, _budget_keywords(project))
        target = project.digital_transformation
        _replace(writing, "budget_target", BUDGET_TARGET, [{"target_hundredths": _hundredths(target.target_share), "certainty": target.certainty}])
        _replace(writing, "waivers", WAIVERS, waiver_rows(project))
        _replace(writing, "adjustments", ADJUSTMENTS, adjustment_rows(project))
        _replace(writing, "postal_contracts", POSTAL_CONTRACTS, contract_rows(project.post))
        _replace(writing, "postal_prices", POSTAL_PRICES, price_rows(project.post))
        _replace(writing, "systems", SYSTEMS, _ranked_systems(project))
        calendar = usual or calendar_of(project, as_of)
        _replace(writing, "configured", CONFIGURED, [{"mark": configuration_mark(project, catalogue, calendar)}])
        _replace(writing, "usual_hours", USUAL_HOURS, calendar.hours)
        _replace(writing, "usual_days", USUAL_DAYS, calendar.days)
        going = list(known.keys() - results.keys())
        going += [e.manifest.seq for e in extractions if e.manifest.seq in known and known[e.manifest.seq][0] != _wanted(e, results)]
        _touch(writing, going)
        for seq in known.keys() - results.keys():
            _forget(writing, seq)
        new, arriving, superseded = [], [], []
        for extraction in extractions:
            seq = extraction.manifest.seq
            result = results[seq]
            wanted = (_wanted(extraction, results), replaced.get(extraction.manifest.id))
            if known.get(seq) == wanted:
                continue
            if seq in known and known[seq][0] == wanted[0]:
                writing.execute(f"update {SCHEMA}.extractions set superseded_seq = ? where extraction_seq = ?", [wanted[1], seq])
                superseded.append(seq)
                continue
            if seq in known:
                _forget(writing, seq)
            if result:
                rows[extraction.manifest.entity] += _insert(writing, result)
            new.append(_extraction_row(extraction, result, wanted[1]))
            arriving.append(seq)
        _append(writing, "extractions", EXTRACTIONS, new)
        _touch(writing, [*superseded, *arriving])
        if is_built(writing):
            _append(writing, "loaded", LOADED, [{"extraction_seq": seq} for seq in arriving])
    log.info("loaded %s extractions, %s rows", len(new), sum(rows.values()))
    return Loaded(len(new), rows)


def _wanted(extraction: Extraction, results: Mapping[int, ValidExtraction | None]) -> tuple[str, str]:
    """What the warehouse is to hold of an extraction: its id, and the fingerprint of its result."""
    result = results[extraction.manifest.seq]
    return extraction.manifest.id, result.report.fingerprint if result else NOTHING


def _touch(writing: Writing, sequences: Sequence[int]) -> None:
    if not sequences or not is_built(writing):
        return
    entities: dict[str, list[int]] = {}
    for entity, seq in writing.execute(f"select entity, extraction_seq from {SCHEMA}.extractions"):
        entities.setdefault(str(entity), []).append(int(seq))
    for entity, held in entities.items():
        touch(writing, entity, entity_columns(entity), sorted(set(held) & set(sequences)))


def _result(settings: Settings, project: Project, extraction: Extraction) -> ValidExtraction | None:
    if extraction.manifest.file is None:
        return None
    result = read_valid(settings, project, extraction)
    if result is None:
        raise ContractBroken(
            f"The extraction {extraction.manifest.id} of {extraction.manifest.source} has no valid rows under the present rules. "
            "The warehouse was not touched. Materialise valid first (qn run does)."
        )
    return result


def _prepare_tables(warehouse: Warehouse, writing: Writing) -> None:
    """Make the tables, and make those again whose declaration has changed."""
    writing.execute(f"create schema if not exists {SCHEMA}")
    existing: dict[str, list[str]] = {}
    for table, column in writing.execute(
        "select table_name, column_name from information_schema.columns where table_schema = ? order by ordinal_position", [SCHEMA]
    ):
        existing.setdefault(str(table), []).append(str(column))
    changed = [name for name, columns in all_tables().items() if name in existing and existing[name] != list(columns)]
    if changed:
        # Valid rows can always be loaded again: a changed shape starts anew.
        for name in existing:
            if name != "run":
                writing.execute(f"drop table {SCHEMA}.{name} cascade")
    for name, columns in all_tables().items():
        writing.execute(warehouse.create_table(f"{SCHEMA}.{name}", columns))


def _set_run(settings: Settings, project: Project, writing: Writing, as_of: datetime) -> None:
    home = _home_id(settings)
    before = writing.execute(f"select as_of, home_id from {SCHEMA}.run")
    if before and before[0][1] != home:
        raise ConfigurationError(
            "The warehouse was filled from another home folder. It was not touched. Set QN_HOME to that folder, or QN_WAREHOUSE_URL to an empty database."
        )
    latest = max([as_of, *(row[0] for row in before)])
    writing.execute(f"delete from {SCHEMA}.run")
    writing.execute(
        f"insert into {SCHEMA}.run (as_of, province_code, province_name, home_id) values (?, ?, ?, ?)",
        [latest, project.province.code, project.province.name, home],
    )


def _home_id(settings: Settings) -> str:
    file = settings.home / "home-id"
    if not file.exists():
        # Aside: an empty one, of a full disk, would be every home's.
        aside = settings.scratch / file.name
        try:
            aside.write_text(uuid.uuid4().hex, encoding="utf-8")
            aside.rename(file)
        finally:
            aside.unlink(missing_ok=True)
    return file.read_text(encoding="utf-8")


def _forget(writing: Writing, seq: int) -> None:
    entities = writing.execute(f"select entity from {SCHEMA}.extractions where extraction_seq = ?", [seq])
    for table in [*(str(row[0]) for row in entities), *OF_EXTRACTIONS]:
        writing.execute(f"delete from {SCHEMA}.{table} where extraction_seq = ?", [seq])


def _insert(writing: Writing, result: ValidExtraction) -> int:
    manifest = result.extraction.manifest
    damaged = drop_damaged(result)
    if damaged is not None:
        raise LandingDamaged(valid_damaged(damaged))
    must_be_whole(result.extraction, [RECONCILIATION])
    columns = [name for name in entity_columns(manifest.entity) if name != "extraction_seq"]
    seq: dict[str, object] = {"extraction_seq": manifest.seq}
    taken = writing.insert_parquet(f"{SCHEMA}.{manifest.entity}", columns, result.rows, seq)
    if taken != result.report.valid:
        raise ContractBroken(f"The warehouse took {taken} of {result.report.valid} rows of {manifest.id}. The load was undone. Run it again.")
    writing.insert_parquet(f"{SCHEMA}.quarantine", [name for name in QUARANTINE if name != "extraction_seq"], result.quarantine, seq)
    writing.insert_parquet(f"{SCHEMA}.arrived", ["unit", "arrived"], result.arrived, seq)
    if result.gone.exists():
        writing.insert_parquet(f"{SCHEMA}.vanished", ["row_key"], result.gone, seq)
    if result.extraction.reconciliation.exists():
        told = json.loads(result.extraction.reconciliation.read_bytes())
        _append(writing, "reconciled_counters", RECONCILED_COUNTER, [{**_dated(row), **seq} for row in told["counters"]])
        _append(writing, "reconciled_dossiers", RECONCILED_DOSSIER, [{**_dated(row), **seq} for row in told["dossiers"]])
    return taken


def _dated(row: dict[str, Any]) -> dict[str, object]:
    return {**row, "month": date.fromisoformat(row["month"])}


def _ranked_systems(project: Project) -> list[dict[str, object]]:
    """The systems that tell dossiers, 1 the one to believe first."""
    systems = project.precedence or list(dict.fromkeys(source.system for source in project.sources_of("dossiers")))
    # A copy that came first would hide the one that is counted.
    systems = sorted(systems, key=lambda system: system in project.copies)
    return [
        {
            "system": system,
            "rank": rank,
            "is_copy": system in project.copies,
            "due_includes_pauses": project.due_includes_pauses(system),
            "deadline_rule": project.deadline_rule,
        }
        for rank, system in enumerate(systems, start=1)
    ]


def _budget_rules(project: Project) -> list[dict[str, object]]:
    """The rules of digital-transformation money, 1 the first that is asked."""
    lists = ("chapters", "categories", "items", "subitems", "projects", "tags")
    return [
        {
            "rule": rule.name,
            "position": position,
            "decides": rule.decides,
            **{name: "|".join(getattr(rule, name)) if getattr(rule, name) is not None else None for name in lists},
            "has_keywords": rule.keywords is not None,
            "valid_from": rule.valid_from,
            "valid_to": rule.valid_to,
        }
        for position, rule in enumerate(project.digital_transformation.rules, start=1)
    ]


def _hundredths(share: Decimal | None) -> int | None:
    return None if share is None else int(share * 100)


def _budget_keywords(project: Project) -> list[dict[str, object]]:
    return [{"rule": rule.name, "word": word} for rule in project.digital_transformation.rules for word in rule.keywords or []]


def _extraction_row(extraction: Extraction, result: ValidExtraction | None, superseded_seq: int | None) -> dict[str, object]:
    manifest = extraction.manifest
    report = result.report if result else None
    return {
        "extraction_seq": manifest.seq,
        "extraction_id": manifest.id,
        "source": manifest.source,
        "system": manifest.system,
        "entity": manifest.entity,
        "day": manifest.speaks_for or manifest.day,
        "file": manifest.file,
        "delivers": manifest.delivers,
        "window_by": manifest.window_by,
        "window_from": manifest.window_from,
        "window_to": manifest.window_to,
        "superseded_seq": superseded_seq,
        "is_file": manifest.connector.startswith("files/"),
        "is_document": manifest.is_document,
        "sha256": manifest.sha256,
        "complete": report.complete if report else False,
        "arrived": report.arrived if report else 0,
        "valid": report.valid if report else 0,
        "quarantined": report.quarantined if report else 0,
        "fingerprint": report.fingerprint if report else NOTHING,
    }


def _replace(writing: Writing, table: str, columns: Columns, rows: Sequence[Mapping[str, object]]) -> None:
    writing.execute(f"delete from {SCHEMA}.{table}")
    _append(writing, table, columns, rows)


def _append(writing: Writing, table: str, columns: Columns, rows: Sequence[Mapping[str, object]]) -> None:
    line = f"({', '.join('?' for _ in columns)})"
    for chunk in batched(rows, ROWS_A_STATEMENT):
        values = [row[column] for row in chunk for column in columns]
        writing.execute(f"insert into {SCHEMA}.{table} ({', '.join(columns)}) values {', '.join(line for _ in chunk)}", values)


def batched(rows: Sequence[Mapping[str, object]], size: int) -> Iterator[Sequence[Mapping[str, object]]]:
    """The rows in pieces of at most `size`."""
    return (rows[start : start + size] for start in range(0, len(rows), size))
