"""The checks at the door for the days of a run: Great Expectations asserts what the one pass has counted, once an entity and run.

Belongs here: which counts must keep which bounds, and what is told of those that do not. Does not: how a count is made (validate, volume, drift).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.contracts.model import Severity
from qn_pipeline.engine import literal, open_engine
from qn_pipeline.errors import ConfigurationError
from qn_pipeline.landing.extractions import Extraction, current, read_extractions
from qn_pipeline.project import AnySource, Effect, Project
from qn_pipeline.settings import Settings
from qn_pipeline.validation.drift import RULES, UNKNOWN_CODES, drift_of, unknown_codes
from qn_pipeline.validation.expectations import check_bounds, none_of
from qn_pipeline.validation.outcome import BrokenRule, Locator
from qn_pipeline.validation.validate import ValidExtraction, read_valid, validate
from qn_pipeline.validation.volume import TOO_FEW, TOO_MANY, Judged, effect_of, volume_of
from qn_pipeline.validation.waivers import waiver_of

ROWS_TOLD = 10


@dataclass(frozen=True)
class Odd:
    """A source's rows that look odd on a day: by which rule, what follows, and the waiver under which nothing does."""

    source: str
    day: date
    rule: str
    effect: Effect
    message: str
    waiver: str | None = None


@dataclass
class DoorFindings:
    """What GX found: rows that arrived and all that stand, broken rules, deliveries with too many bad rows, and what looks odd.

    `stopping` are rules of severity stop, broken anywhere in what stands. `expected` is false where no source of the project brings such rows.
    """

    arrived: int = 0
    standing: int = 0
    expected: bool = True
    broken_rules: list[BrokenRule] = field(default_factory=list)
    stopping: list[BrokenRule] = field(default_factory=list)
    over_limit: list[str] = field(default_factory=list)
    volume: list[Odd] = field(default_factory=list)
    drift: list[Odd] = field(default_factory=list)
    compared: int = 0
    not_comparable: int = 0

    @property
    def odd(self) -> list[Odd]:
        return [*self.volume, *self.drift]


def validate_landed(settings: Settings, project: Project, entity: str, extractions: Sequence[Extraction] | None = None) -> list[ValidExtraction]:
    """Check every extraction of an entity that has no result under the present rules. Returns all current results, in the order in which they came.

    `extractions` are all of the entity, when the caller has read them already.
    """
    known = read_extractions(settings, entity) if extractions is None else list(extractions)
    landed = [extraction for extraction in known if extraction.manifest.file is not None]
    unknown = sorted({extraction.manifest.source for extraction in landed} - set(project.sources))
    if unknown:
        raise ConfigurationError(
            f"Landing holds extractions of the source {unknown[0]!r}, which qn.yaml does not declare. The warehouse was not touched. "
            f"Declare it again, or move {settings.landing / entity / unknown[0]} away."
        )
    found = {e.manifest.id: read_valid(settings, project, e) for e in landed}
    results = {name: result for name, result in found.items() if result is not None}
    if len(results) < len(found):
        with open_engine(settings) as engine:
            results |= {e.manifest.id: validate(settings, project, e, engine) for e in landed if e.manifest.id not in results}
    return [results[extraction.manifest.id] for extraction in current(landed)]


def check_door(
    settings: Settings,
    project: Project,
    entity: str,
    extractions: Sequence[Extraction],
    results: Sequence[ValidExtraction],
    days: Collection[date],
    today: date,
) -> DoorFindings:
    """Assert the counts of the days' extractions, and of all that stands whatever would stop the stage: what was refused stays refused.

    `extractions` are all of the entity, `results` those of `validate_landed`. Raises CheckBroken when an expectation could not be run.
    """
    asked = [result for result in results if result.extraction.manifest.day in days]
    findings = DoorFindings(
        arrived=sum(result.report.arrived for result in asked),
        standing=sum(result.report.arrived for result in results),
        expected=bool(project.sources_of(entity)),
    )
    sources = project.sources_of(entity)
    if not sources or not extractions:
        return findings
    violations = _violations(asked)
    stops = {rule.name for rule in CONTRACTS[entity].active_rules(project.profile) if rule.severity is Severity.STOP}
    standing = {rule: count for rule, count in _violations(results).items() if rule in stops}
    over_limit = _over_limit(project, results)
    odd: dict[tuple[str, str], list[Odd]] = {}
    for source in sources:
        for one in _odd_of(project, source, extractions, results, days, today, findings):
            odd.setdefault((source.name, one.rule), []).append(one)
    codes = _codes_told(settings, project, asked, odd)
    bounds = {
        "rows": none_of(violations),
        "stopping": none_of({f"standing rows that break {rule}": count for rule, count in standing.items()}),
        "share": none_of({f"deliveries of {source.name} over max_quarantined": len(over_limit.get(source.name, [])) for source in sources}),
        "odd": none_of(
            {
                f"{rule} of {source.name}": sum(one.waiver is None for one in odd.get((source.name, rule), []))
                for source in sources
                for rule in (TOO_FEW, TOO_MANY, *RULES)
            }
        ),
    }
    found = check_bounds(f"valid_{entity}", [bound for part in bounds.values() for bound in part])
    failed = {finding.bound.name for finding in found if not finding.passed}
    findings.broken_rules = _located(settings, asked, violations.keys() & failed)
    findings.stopping = _located(settings, results, {rule for rule in standing if f"standing rows that break {rule}" in failed})
    findings.over_limit = [told for name, told_of in over_limit.items() if f"deliveries of {name} over max_quarantined" in failed for told in told_of]
    for (name, rule), several in odd.items():
        told = [one for one in several if one.waiver is not None or f"{rule} of {name}" in failed]
        if rule in (TOO_FEW, TOO_MANY):
            findings.volume += told
        else:
            findings.drift += [_with_codes(one, codes) for one in told]
    return findings


def _violations(results: Iterable[ValidExtraction]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for result in results:
        for rule, count in result.report.violations.items():
            counts[rule] = counts.get(rule, 0) + count
    return counts


def _over_limit(project: Project, results: Iterable[ValidExtraction]) -> dict[str, list[str]]:
    """By source, the deliveries that stand with a larger share of their rows in quarantine than they may have; a single bad row is never too many."""
    over: dict[str, list[str]] = {}
    for result in results:
        manifest, report = result.extraction.manifest, result.report
        if report.quarantined > 1 and report.quarantined / report.arrived > project.source(manifest.source).max_quarantined:
            over.setdefault(manifest.source, []).append(f"{manifest.file} ({manifest.id})")
    return over


def _odd_of(
    project: Project,
    source: AnySource,
    extractions: Sequence[Extraction],
    results: Sequence[ValidExtraction],
    days: Collection[date],
    today: date,
    findings: DoorFindings,
) -> list[Odd]:
    """What looks odd of a source. Adds what was compared, and what could not be, to the findings."""
    landed = [extraction for extraction in extractions if extraction.manifest.source == source.name]
    accepted = [e.manifest.day for e in landed if waiver_of(project, TOO_FEW, source.name, e.manifest.day)]
    volume = volume_of(source, project.profile, landed, days, today, accepted)
    findings.compared += volume.compared
    findings.not_comparable += len(set(volume.not_comparable) & set(days))
    told = [_odd(project, source, judged.day, judged.rule or "", effect_of(source, judged), _volume_message(judged)) for judged in volume.odd]
    of_source = [result for result in results if result.extraction.manifest.source == source.name]
    drift = drift_of(source, project.profile, of_source, days)
    return told + [_odd(project, source, one.day, one.rule, source.drift.severity, one.message) for one in drift]


def _odd(project: Project, source: AnySource, day: date, rule: str, effect: Effect, message: str) -> Odd:
    return Odd(source.name, day, rule, effect, message, waiver_of(project, rule, source.name, day))


def _volume_message(judged: Judged) -> str:
    came = f"có {judged.rows} dòng" if judged.came else "không nhận được dữ liệu"
    return f"{came}, thường khoảng {judged.usual or 0:.0f} dòng"


def _codes_told(
    settings: Settings, project: Project, asked: Iterable[ValidExtraction], odd: dict[tuple[str, str], list[Odd]]
) -> dict[tuple[str, str], list[str]]:
    """By source and label of a column, the codes that no list has: looked up where there are any."""
    told: dict[tuple[str, str], list[str]] = {}
    results = list(asked)
    for name, rule in odd:
        if rule == UNKNOWN_CODES:
            source = project.source(name)
            of_source = [result for result in results if result.extraction.manifest.source == name]
            for column, codes in unknown_codes(settings, source, of_source).items():
                told[name, f"“{source.contract.column(column).label}”"] = codes
    return told


def _with_codes(odd: Odd, codes: dict[tuple[str, str], list[str]]) -> Odd:
    if odd.rule != UNKNOWN_CODES:
        return odd
    told = next((found for (name, label), found in codes.items() if name == odd.source and label in odd.message), [])
    return Odd(odd.source, odd.day, odd.rule, odd.effect, f"{odd.message}: {', '.join(told)}" if told else odd.message, odd.waiver)


def _located(settings: Settings, results: Sequence[ValidExtraction], rules: Collection[str]) -> list[BrokenRule]:
    """Rules with their counts and, of the rows that break them, where the first ones stand. Rows are read for these rules alone."""
    if not rules:
        return []
    files = {str(r.quarantine): r for r in results if any(r.report.violations.get(rule) for rule in rules)}
    if not files:
        return []
    counts = _violations(results)
    with open_engine(settings) as con:
        rows = con.execute(
            f"""select rule, column_name, severity, message, filename, row_no
            from read_parquet([{", ".join(literal(file) for file in files)}], filename = true)
            where waiver is null and rule in ({", ".join(literal(rule) for rule in sorted(rules))})
            qualify row_number() over (partition by rule order by filename, row_no) <= {ROWS_TOLD}
            order by rule, filename, row_no"""
        ).fetchall()
    broken: dict[str, BrokenRule] = {}
    for rule, column, severity, message, file, row_no in rows:
        manifest = files[file].extraction.manifest
        before = broken.get(rule, BrokenRule(rule, column, message, severity, counts[rule]))
        where = Locator(manifest.source, manifest.file or "", int(row_no))
        broken[rule] = BrokenRule(rule, before.column, before.message, before.severity, before.count, (*before.rows, where))
    return sorted(broken.values(), key=lambda found: (-found.count, found.rule))
