"""The door: an extraction's rows are typed, checked against every rule in one pass, and split into valid rows and quarantine.

The result of an extraction is a folder `valid/<entity>/<extraction>/<fingerprint>` with rows.parquet, quarantine.parquet, arrived.parquet (rows by
unit), report.json and, when rows vanished at the source, gone.parquet, written aside and renamed. The fingerprint covers all that decides about a row,
so a changed mapping or rule makes a new result, and so does a waiver or an adjustment that reaches the extraction.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict

from qn_pipeline.contracts.model import Contract, Rule, Severity
from qn_pipeline.engine import literal, open_engine, quoted
from qn_pipeline.errors import ContractBroken, LandingDamaged
from qn_pipeline.landing.extractions import ROWS, Extraction, landing_damaged, must_be_whole, written_aside
from qn_pipeline.landing.whole import digests, first_damaged
from qn_pipeline.project import FileSource, Project, Source
from qn_pipeline.project_quality import TOTAL_DIFFERS, UNREADABLE, Waiver
from qn_pipeline.settings import Settings
from qn_pipeline.validation.adjustments import Adjusted, adjusting
from qn_pipeline.validation.checked import check_rows
from qn_pipeline.validation.mapping import raw_text
from qn_pipeline.validation.sums import differing_sums
from qn_pipeline.validation.waivers import day_of, marks, reaching, unit_sql, waived_bits, waiver_name

log = logging.getLogger(__name__)

QUARANTINE = "quarantine.parquet"
GONE = "gone.parquet"
ARRIVED = "arrived.parquet"
REPORT = "report.json"
UNREADABLE_MESSAGE = "Dòng không đọc được: sai số cột, sai mã ký tự hoặc sai cấu trúc tệp."
# Raise it when the SQL below gives other rows for the same mapping and rules.
METHOD = 6
# Of how rows.parquet is written: delta encoding takes less time and place, and columns of many values are not tried as dictionaries for long.
ROWS_WRITTEN = "parquet_version v2, dictionary_size_limit 4096"


class Report(BaseModel):
    """What the door found in one extraction. `violations` are those that no waiver covers, `waived` counts the others by waiver.

    `nulls`: of each column, the rows in which it has no value that could be read. `written`: the hashes of the files beside the report.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    fingerprint: str
    arrived: int
    valid: int
    quarantined: int
    violations: dict[str, int]
    complete: bool
    waived: dict[str, int] = {}
    adjusted: int = 0
    nulls: dict[str, int] = {}
    written: dict[str, str] = {}


@dataclass(frozen=True)
class ValidExtraction:
    """An extraction with its valid rows."""

    extraction: Extraction
    folder: Path
    report: Report

    @property
    def rows(self) -> Path:
        return self.folder / ROWS

    @property
    def quarantine(self) -> Path:
        return self.folder / QUARANTINE

    @property
    def arrived(self) -> Path:
        """Rows that came, good or bad, by unit; null where it cannot be read."""
        return self.folder / ARRIVED

    @property
    def gone(self) -> Path:
        """Keys that the source no longer has; there when any vanished."""
        return self.folder / GONE


def fingerprint(project: Project, source: Source, extraction: Extraction) -> str:
    """A short hash over the contract, its rules, the mapping, the profile and the zone, and the waivers and adjustments that reach the extraction."""
    rules = [
        (rule.name, rule.column, rule.broken_when, rule.one_row_by, rule.severity, rule.message)
        for rule in source.contract.active_rules(project.profile, source.mapping.columns)
    ]
    parts: list[object] = [METHOD, project.profile, project.timezone, repr(source.contract.columns), rules, source.mapping.model_dump(mode="json")]
    parts += [source.contract.unit_column, marks(reaching(project, source, day_of(extraction.manifest))), adjusting(project, source, extraction)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def read_valid(settings: Settings, project: Project, extraction: Extraction) -> ValidExtraction | None:
    """The result that stands for an extraction under the project's present rules, if it is there."""
    source = project.sources.get(extraction.manifest.source)
    if source is None:
        return None
    folder = _folder(settings, extraction, fingerprint(project, source, extraction))
    if not (folder / REPORT).is_file():
        return None
    try:
        return ValidExtraction(extraction, folder, Report.model_validate_json((folder / REPORT).read_bytes()))
    except ValueError:
        log.warning("%s is damaged; the result is made anew from landing", folder / REPORT)
        return None


def drop_damaged(result: ValidExtraction) -> Path | None:
    """Remove a result of which a file is no longer what was written, so that the next check makes it anew. Returns that file."""
    damaged = first_damaged(result.folder, result.report.written)
    if damaged is not None:
        shutil.rmtree(result.folder, ignore_errors=True)
    return damaged


def validate(settings: Settings, project: Project, extraction: Extraction, engine: duckdb.DuckDBPyConnection | None = None) -> ValidExtraction:
    """Check an extraction, or return the result that is there already. `engine` is one that several checks share: opening one takes time.

    Raises LandingDamaged when its landed rows are missing or unreadable, ConfigurationError when its source is unknown.
    """
    existing = read_valid(settings, project, extraction)
    if existing is not None:
        return existing
    source = project.source(extraction.manifest.source)
    mark = fingerprint(project, source, extraction)
    folder = _folder(settings, extraction, mark)
    # A cursor has temporary tables of its own, which end with it.
    with open_engine(settings) if engine is None else engine.cursor() as con, written_aside(settings, folder) as aside:
        report = _split(con, project, source, extraction, mark, aside).model_copy(update={"written": digests(aside)})
        # One that is there all the same is damaged.
        shutil.rmtree(folder, ignore_errors=True)
        (aside / REPORT).write_text(report.model_dump_json(indent=1))
    for older in folder.parent.iterdir():
        if older != folder:
            shutil.rmtree(older, ignore_errors=True)
    log.info("checked %s, %s: %s valid, %s in quarantine", extraction.manifest.source, extraction.manifest.file, report.valid, report.quarantined)
    return ValidExtraction(extraction, folder, report)


def _folder(settings: Settings, extraction: Extraction, mark: str) -> Path:
    return settings.valid / extraction.manifest.entity / extraction.manifest.id / mark


def _split(con: duckdb.DuckDBPyConnection, project: Project, source: Source, extraction: Extraction, mark: str, target: Path) -> Report:
    manifest, contract = extraction.manifest, source.contract
    must_be_whole(extraction)
    _read_landed(con, extraction, source.mapping.source_columns)
    day_end = f"timestamp '{_spoken_for(project, source, extraction) + timedelta(days=1)}'"
    adjusted = adjusting(project, source, extraction)
    waivers = reaching(project, source, day_of(manifest))
    rules = check_rows(con, project, source, "landed", day_end, adjusted)
    stopping = sum(1 << bit for bit, rule in enumerate(rules) if rule.severity is not Severity.WARN)
    is_bad = f"(broken & ~({waived_bits(waivers, rules, contract)})) & {stopping}::ubigint <> 0"
    _write_quarantine(con, source, extraction, rules, waivers, target / QUARANTINE)
    _write_arrived(con, contract, len(manifest.unreadable), target / ARRIVED)
    con.execute(
        f"""copy (select row_no, content_hash, {", ".join(contract.names)} from checked where not ({is_bad}))
        to {literal(target / ROWS)} (format parquet, {ROWS_WRITTEN})"""
    )
    if extraction.gone.exists():
        _write_gone(con, source, extraction, target / GONE)
    violations, waived = _count_broken(con, source, rules, target / QUARANTINE)
    (valid,) = _one_row(con, f"select count(*) from {literal(target / ROWS)}")
    lacking = ", ".join(f"count(*) - count({name})" for name in contract.names)
    bad, *bad_nulls = _one_row(con, f"select count(*), {lacking} from checked where {is_bad}")
    nulls_of_bad = dict(zip(contract.names, bad_nulls, strict=True))
    arrived = manifest.rows + len(manifest.unreadable)
    quarantined = bad + len(manifest.unreadable)
    if valid + quarantined != arrived:
        raise ContractBroken(
            f"Of {arrived} rows of {manifest.file} ({manifest.id}), {valid} are valid and {quarantined} in quarantine: some were lost or doubled. "
            "Nothing was written. Report this as a defect of qn_pipeline."
        )
    return Report(
        fingerprint=mark,
        arrived=arrived,
        valid=valid,
        quarantined=quarantined,
        violations=violations,
        # A row whose key cannot be read may be any row, and an empty file is rather a failure than a province without dossiers:
        # then nothing can be said to be missing.
        complete=arrived > 0 and not manifest.unreadable and nulls_of_bad[contract.key[0]] == 0,
        waived=waived,
        adjusted=_adjusted_rows(con, contract.key[0], adjusted),
        nulls={name: count + nulls_of_bad[name] for name, count in _nulls(con, target / ROWS, contract).items()},
    )


def _write_quarantine(
    con: duckdb.DuckDBPyConnection, source: Source, extraction: Extraction, rules: Sequence[Rule], waivers: Sequence[Waiver], target: Path
) -> None:
    """A row for each rule that a row broke, waived or not, one for each row that could not be read, and one for each sum that differs."""
    contract = source.contract
    version = contract.version_order or "cast(null as timestamp)"
    bits = ", ".join(
        f"({bit}, {literal(rule.name)}, {literal(rule.severity)}, {literal(rule.column)}, {literal(rule.message)})" for bit, rule in enumerate(rules)
    )
    unreadable = ", ".join(f"({row})" for row in extraction.manifest.unreadable) or "(null)"
    con.execute(
        f"""copy (
            select
                row_no, {contract.key[0]} as row_key, {version} as version_at, rule, severity, column_name, message, {unit_sql(contract)} as unit,
                {waiver_name(waivers, contract)} as waiver
            from (select * from checked where broken <> 0) join (values {bits}) told(bit, rule, severity, column_name, message) on (broken >> bit) & 1 = 1
            union all
            select column0, null, null, '{UNREADABLE}', '{Severity.QUARANTINE}', null, {literal(UNREADABLE_MESSAGE)}, null, null
            from (values {unreadable}) t(column0) where column0 is not null
            {differing_sums(source, extraction, waivers)}
            order by row_no, rule
        ) to {literal(target)} (format parquet)"""
    )


def _write_arrived(con: duckdb.DuckDBPyConnection, contract: Contract, unreadable: int, target: Path) -> None:
    con.execute(
        f"""copy (
            select unit, sum(arrived)::bigint as arrived
            from (
                select {unit_sql(contract)} as unit, count(*) as arrived from checked group by all
                union all
                select null, {unreadable}
            ) where arrived > 0 group by unit order by unit
        ) to {literal(target)} (format parquet)"""
    )


def _write_gone(con: duckdb.DuckDBPyConnection, source: Source, extraction: Extraction, target: Path) -> None:
    key = source.contract.key[0]
    mapping = source.mapping.columns[key]
    gone = f"select code as {quoted(mapping.source or key)} from read_parquet({literal(extraction.gone)})"
    con.execute(f"copy (select distinct {raw_text(mapping)} as row_key from ({gone})) to {literal(target)} (format parquet)")


def _count_broken(con: duckdb.DuckDBPyConnection, source: Source, rules: Sequence[Rule], quarantine: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Of what the quarantine says: by rule, what no waiver covers, rules that hold included; by waiver, what it covers."""
    violations = dict.fromkeys((rule.name for rule in rules), 0) | {UNREADABLE: 0}
    if isinstance(source, FileSource) and source.table:
        violations[TOTAL_DIFFERS] = 0
    waived: dict[str, int] = {}
    for rule, waiver, count in con.execute(f"select rule, waiver, count(*) from {literal(quarantine)} group by rule, waiver").fetchall():
        if waiver is None:
            violations[str(rule)] = int(count)
        else:
            waived[str(waiver)] = waived.get(str(waiver), 0) + int(count)
    return violations, dict(sorted(waived.items()))


def _adjusted_rows(con: duckdb.DuckDBPyConnection, key: str, adjusted: Adjusted) -> int:
    if not adjusted:
        return 0
    (rows,) = _one_row(con, f"select count(*) from checked where {key} in ({', '.join(literal(code) for code in adjusted)})")
    return rows


def _nulls(con: duckdb.DuckDBPyConnection, good: Path, contract: Contract) -> dict[str, int]:
    """Nulls by column of the good rows, from their file's footer, so that none is read again."""
    footer = f"select path_in_schema, sum(stats_null_count) from parquet_metadata({literal(good)}) group by path_in_schema"
    counts = {str(name): int(count or 0) for name, count in con.execute(footer).fetchall()}
    return {name: counts.get(name, 0) for name in contract.names}


def _read_landed(con: duckdb.DuckDBPyConnection, extraction: Extraction, wanted: list[str]) -> None:
    manifest = extraction.manifest
    try:
        # An older extraction may lack a column that the mapping names now: nothing is known of it there.
        lacking = "".join(f", cast(null as varchar) as {quoted(column)}" for column in wanted if column not in manifest.columns)
        con.execute(f"create temp view landed as select *{lacking} from read_parquet({literal(extraction.rows)})")
        (rows,) = _one_row(con, "select count(*) from landed")
    except duckdb.Error as error:
        raise LandingDamaged(f"{landing_damaged(extraction, extraction.rows)} ({type(error).__name__})") from None
    if rows != manifest.rows:
        raise LandingDamaged(f"{landing_damaged(extraction, extraction.rows)} (of {manifest.rows} rows, it has {rows})")


def _spoken_for(project: Project, source: Source, extraction: Extraction) -> date:
    """The last day that an extraction can speak of: that of its name, or the one on which it was made."""
    if isinstance(source, FileSource) and "{day}" in source.files:
        return extraction.manifest.day
    return datetime.fromisoformat(extraction.manifest.extracted_at).astimezone(project.zone).date()


def _one_row(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    row = con.execute(sql).fetchone()
    assert row is not None
    return tuple(int(value) for value in row)
