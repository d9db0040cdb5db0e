"""The door: an extraction's rows are typed, checked against every rule in one pass, and split into valid rows and quarantine.

The result of an extraction is a folder `valid/<entity>/<extraction>/<fingerprint>` with rows.parquet, quarantine.parquet, arrived.parquet (rows by
unit), report.json and, when rows vanished at the source, gone.parquet, written aside and renamed. The fingerprint covers all that decides about a row,
so a changed mapping or rule makes a new result, and so does a waiver or an adjustment that reaches the extraction.
"""

import hashlib
import json
import logging
import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict

from qn_pipeline.contracts.model import Contract, Rule, Severity
from qn_pipeline.engine import literal, open_engine, quoted
from qn_pipeline.errors import ContractBroken, LandingDamaged
from qn_pipeline.landing.extractions import ROWS, Extraction, written_aside
from qn_pipeline.project import FileSource, Project, Source
from qn_pipeline.project_quality import TOTAL_DIFFERS, UNREADABLE, Waiver
from qn_pipeline.settings import Settings
from qn_pipeline.sources.outline import Finding
from qn_pipeline.validation.adjustments import Adjusted, adjusting, replaced_columns
from qn_pipeline.validation.mapping import mapped_columns, raw_text
from qn_pipeline.validation.waivers import day_of, marks, reaching, unit_sql, waived_bits, waiver_name

log = logging.getLogger(__name__)

QUARANTINE = "quarantine.parquet"
GONE = "gone.parquet"
ARRIVED = "arrived.parquet"
REPORT = "report.json"
UNREADABLE_MESSAGE = "Dòng không đọc được: sai số cột, sai mã ký tự hoặc sai cấu trúc tệp."
# Raise it when the SQL below gives other rows for the same mapping and rules.
METHOD = 5


class Report(BaseModel):
    """What the door found in one extraction. `violations` are those that no waiver covers, `waived` counts the others by waiver.

    `nulls`: of each column, the rows in which it has no value that could be read.
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
    return ValidExtraction(extraction, folder, Report.model_validate_json((folder / REPORT).read_bytes()))


def validate(settings: Settings, project: Project, extraction: Extraction) -> ValidExtraction:
    """Check an extraction, or return the result that is there already.

    Raises LandingDamaged when its landed rows are missing or unreadable, ConfigurationError when its source is unknown.
    """
    existing = read_valid(settings, project, extraction)
    if existing is not None:
        return existing
    source = project.source(extraction.manifest.source)
    mark = fingerprint(project, source, extraction)
    folder = _folder(settings, extraction, mark)
    with open_engine(settings) as con, written_aside(settings, folder) as aside:
        report = _split(con, project, source, extraction, mark, aside)
        (aside / REPORT).write_text(report.model_dump_json(indent=1))
    for older in folder.parent.iterdir():
        if older != folder:
            shutil.rmtree(older, ignore_errors=True)
    log.info("checked %s, %s: %s valid, %s in quarantine", extraction.manifest.source, extraction.manifest.file, report.valid, report.quarantined)
    return ValidExtraction(extraction, folder, report)


def _folder(settings: Settings, extraction: Extraction, mark: str) -> Path:
    return settings.valid / extraction.manifest.entity / extraction.manifest.id / mark


def check_rows(
    con: duckdb.DuckDBPyConnection, project: Project, source: Source, rows_sql: str, day_end: str, adjusted: Adjusted | None = None
) -> list[Rule]:
    """Make the view `checked` over landed rows: row_no, the typed columns, the raw texts, content_hash and one bit a broken rule in `broken`.

    Adjusted values are in place before any rule looks. Returns the rules in the order of their bits.
    """
    contract = source.contract
    rules = contract.active_rules(project.profile, source.mapping.columns)
    raw, typed = mapped_columns(project, source)
    con.execute(
        f"""create or replace temp view typed as
        with texts as (select row_no, {raw} from {rows_sql}),
        told as (select *, {typed} from texts)
        select {replaced_columns(contract, adjusted or {})} from told"""
    )
    conditions = [_doubled(con, rule) if rule.one_row_by else rule.broken_when.replace("{day_end}", day_end) for rule in rules]
    bits = " | ".join(f"(case when {broken} then {1 << bit}::ubigint else 0::ubigint end)" for bit, broken in enumerate(conditions))
    con.execute(
        f"""create or replace temp view checked as
        select *, {_content_hash(contract)} as content_hash, {bits} as broken from typed"""
    )
    return rules


def _doubled(con: duckdb.DuckDBPyConnection, rule: Rule) -> str:
    """A predicate that is true for rows that others of the extraction are like, in the columns of a rule.

    Hashes are counted first: that takes a third of the time of a window over whole rows, and hardly any memory (measured over 1.3 million dossiers:
    0.6 CPU seconds against 1.6, and 400 MB less). What has one hash twice is looked at by its values, so that nothing is taken for a double by chance.
    """
    columns = ", ".join(rule.one_row_by)
    double = "{" + ", ".join(f"'{name}': {name}" for name in rule.one_row_by) + "}"
    told = " and ".join(f"{name} is not null" for name in rule.one_row_by)
    con.execute(f"create or replace temp table suspected as select hash({columns}) as mark from typed group by mark having count(*) > 1")
    if _one_row(con, "select count(*) from suspected") == (0,):
        return "false"
    con.execute(
        f"""create or replace temp table doubled_{rule.name} as
        select {double} as double from typed where hash({columns}) in (select mark from suspected) and {told} group by {columns} having count(*) > 1"""
    )
    return f"{double} in (select double from doubled_{rule.name})"


def _content_hash(contract: Contract) -> str:
    """The same content has the same hash on every machine and engine: text, with marks between columns and for nulls."""
    cells = []
    for name in contract.content:
        column = contract.column(name)
        text = f"epoch_us({name})" if column.type == "timestamp" else name
        cells.append(f"coalesce(cast({text} as varchar), '~')")
    return f"md5(concat_ws(chr(31), {', '.join(cells)}))"


def _split(con: duckdb.DuckDBPyConnection, project: Project, source: Source, extraction: Extraction, mark: str, target: Path) -> Report:
    manifest, contract = extraction.manifest, source.contract
    _read_landed(con, extraction, source.mapping.source_columns)
    day_end = f"timestamp '{_spoken_for(project, source, extraction) + timedelta(days=1)}'"
    adjusted = adjusting(project, source, extraction)
    waivers = reaching(project, source, day_of(manifest))
    rules = check_rows(con, project, source, "landed", day_end, adjusted)
    stopping = sum(1 << bit for bit, rule in enumerate(rules) if rule.severity is not Severity.WARN)
    columns = ", ".join(contract.names)
    con.execute(
        f"""create temp table seen as
        select *, broken & ~waived_bits as counting, {unit_sql(contract)} as unit_of_row
        from (select *, {waived_bits(waivers, rules, contract)} as waived_bits from (select row_no, content_hash, {columns}, broken from checked))"""
    )
    bits = " union all ".join(
        f"select {bit} as bit, {literal(rule.name)} as rule, {literal(rule.severity)} as severity, {literal(rule.column)} as column_name, {literal(rule.message)} as message"
        for bit, rule in enumerate(rules)
    )
    key = contract.key[0]
    version = contract.version_order or "cast(null as timestamp)"
    unreadable = ", ".join(f"({row})" for row in manifest.unreadable) or "(null)"
    con.execute(
        f"""copy (
            select
                row_no, {key} as row_key, {version} as version_at, rule, severity, column_name, message, unit_of_row as unit,
                {waiver_name(waivers, contract)} as waiver
            from (select * from seen where broken <> 0) join ({bits}) on (broken >> bit) & 1 = 1
            union all
            select column0, null, null, '{UNREADABLE}', '{Severity.QUARANTINE}', null, {literal(UNREADABLE_MESSAGE)}, null, null
            from (values {unreadable}) t(column0) where column0 is not null
            {_findings(source, extraction, waivers)}
            order by row_no, rule
        ) to {literal(target / QUARANTINE)} (format parquet)"""
    )
    bad, keyless = _one_row(con, f"select count(*), count(*) filter ({key} is null) from seen where counting & {stopping}::ubigint <> 0")
    adjusted_rows = _adjusted_rows(con, key, adjusted)
    con.execute(
        f"""copy (
            select unit, sum(arrived)::bigint as arrived
            from (
                select unit_of_row as unit, count(*) as arrived from seen group by unit_of_row
                union all
                select null, {len(manifest.unreadable)}
            ) where arrived > 0 group by unit order by unit
        ) to {literal(target / ARRIVED)} (format parquet)"""
    )
    con.execute(
        f"""copy (select * exclude (broken, waived_bits, counting, unit_of_row) from seen where counting & {stopping}::ubigint = 0)
        to {literal(target / ROWS)} (format parquet)"""
    )
    if extraction.gone.exists():
        code = raw_text(source.mapping.columns[key])
        gone = f"select code as {quoted(source.mapping.columns[key].source or key)} from read_parquet({literal(extraction.gone)})"
        con.execute(f"copy (select distinct {code} as row_key from ({gone})) to {literal(target / GONE)} (format parquet)")
    violations = dict.fromkeys((rule.name for rule in rules), 0) | {UNREADABLE: 0}
    if isinstance(source, FileSource) and source.table:
        violations[TOTAL_DIFFERS] = 0
    waived: dict[str, int] = {}
    for rule, waiver, count in con.execute(f"select rule, waiver, count(*) from {literal(target / QUARANTINE)} group by rule, waiver").fetchall():
        if waiver is None:
            violations[str(rule)] = int(count)
        else:
            waived[str(waiver)] = waived.get(str(waiver), 0) + int(count)
    (valid,) = _one_row(con, f"select count(*) from {literal(target / ROWS)}")
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
        complete=arrived > 0 and not manifest.unreadable and keyless == 0,
        waived=dict(sorted(waived.items())),
        adjusted=adjusted_rows,
        nulls=_nulls(con, target / ROWS, contract, stopping),
    )


def _adjusted_rows(con: duckdb.DuckDBPyConnection, key: str, adjusted: Adjusted) -> int:
    if not adjusted:
        return 0
    (rows,) = _one_row(con, f"select count(*) from seen where {key} in ({', '.join(literal(code) for code in adjusted)})")
    return rows


def _nulls(con: duckdb.DuckDBPyConnection, good: Path, contract: Contract, stopping: int) -> dict[str, int]:
    """Nulls by column: of the good rows from the file's footer, so that none is read again."""
    footer = f"select path_in_schema, sum(stats_null_count) from parquet_metadata({literal(good)}) group by path_in_schema"
    counts = {str(name): int(count or 0) for name, count in con.execute(footer).fetchall()}
    lacking = ", ".join(f"count(*) - count({name})" for name in contract.names)
    bad = _one_row(con, f"select {lacking} from seen where counting & {stopping}::ubigint <> 0")
    return {name: counts.get(name, 0) + more for name, more in zip(contract.names, bad, strict=True)}


def _findings(source: Source, extraction: Extraction, waivers: list[Waiver]) -> str:
    """SQL that adds the sums that differ to the quarantine, one row a column of the contract; nothing when there are none."""
    columns: dict[str, list[str]] = {}
    for name, mapping in source.mapping.columns.items():
        if mapping.source and source.contract.column(name).type == "integer":
            columns.setdefault(mapping.source, []).append(name)
    values = ", ".join(
        f"({finding.row_no}, {literal(name)}, {literal(_told(finding))})"
        for finding in extraction.manifest.findings
        for name in columns.get(finding.column, [])
    )
    if not values:
        return ""
    told = f"(values {values}) told(row_no, column_name, message)"
    waiver = next((literal(waiver.name) for waiver in waivers if waiver.rule == TOTAL_DIFFERS), "null")
    return f"union all select row_no, null, null, '{TOTAL_DIFFERS}', '{Severity.WARN}', column_name, message, null, {waiver} from {told}"


def _told(finding: Finding) -> str:
    if finding.told is None:
        return f"Ô {finding.cell}: số tổng không đọc được, các dòng thành phần cộng lại là {_vietnamese(finding.added)} (đơn vị của bảng)."
    return (
        f"Ô {finding.cell}: số tổng là {_vietnamese(finding.told)}, các dòng thành phần cộng lại là {_vietnamese(finding.added)} (đơn vị của bảng)."
    )


def _vietnamese(number: str) -> str:
    """A plain decimal as it is written here: 1.234,5."""
    whole, _, fraction = number.partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    sign = "-" if whole.startswith("-") and not grouped.startswith("-") else ""
    return f"{sign}{grouped}" + (f",{fraction}" if fraction.strip("0") else "")


def _read_landed(con: duckdb.DuckDBPyConnection, extraction: Extraction, wanted: list[str]) -> None:
    manifest = extraction.manifest
    advice = f"The warehouse was not touched. Restore {extraction.folder} from a backup, or remove it and run {manifest.day} again."
    try:
        # An older extraction may lack a column that the mapping names now: nothing is known of it there.
        lacking = "".join(f", cast(null as varchar) as {quoted(column)}" for column in wanted if column not in manifest.columns)
        con.execute(f"create temp view landed as select *{lacking} from read_parquet({literal(extraction.rows)})")
        (rows,) = _one_row(con, "select count(*) from landed")
    except duckdb.Error as error:
        raise LandingDamaged(f"The landed rows of {manifest.file} cannot be read ({type(error).__name__}). {advice}") from None
    if rows != manifest.rows:
        raise LandingDamaged(f"The landed rows of {manifest.file} are {rows}, and its manifest says {manifest.rows}. {advice}")


def _spoken_for(project: Project, source: Source, extraction: Extraction) -> date:
    """The last day that an extraction can speak of: that of its name, or the one on which it was made."""
    if isinstance(source, FileSource) and "{day}" in source.files:
        return extraction.manifest.day
    return datetime.fromisoformat(extraction.manifest.extracted_at).astimezone(project.zone).date()


def _one_row(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    row = con.execute(sql).fetchone()
    assert row is not None
    return tuple(int(value) for value in row)
