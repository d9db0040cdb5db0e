"""Drift: what a source brings looks otherwise than it did: more rows in quarantine, unknown codes, other columns, more empty cells.

Counts come from reports and manifests; only the codes that a failed rule is about are looked up in the landed rows.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from qn_pipeline.contracts.model import Profile
from qn_pipeline.engine import literal, open_engine
from qn_pipeline.landing.extractions import Manifest
from qn_pipeline.project import AnySource, FileSource
from qn_pipeline.settings import Settings
from qn_pipeline.validation.day_kinds import is_working
from qn_pipeline.validation.mapping import raw_text
from qn_pipeline.validation.robust import Usual, share_jumps, usual
from qn_pipeline.validation.validate import ValidExtraction

QUARANTINE_JUMP, NULLS_JUMP = "quarantine_jump", "nulls_jump"
UNKNOWN_CODES, COLUMNS_NEW, COLUMNS_GONE, COUNTERS_DIFFER = "unknown_codes", "columns_new", "columns_gone", "counters_differ"
RULES = (QUARANTINE_JUMP, NULLS_JUMP, UNKNOWN_CODES, COLUMNS_NEW, COLUMNS_GONE, COUNTERS_DIFFER)

FEWEST, MOST = 4, 20
# Shares that differ by less are nobody's concern.
QUARANTINE_STEP, NULLS_STEP = 0.05, 0.15
SPREADS = 6
# An object need not have every key: one is missed when so many rows should have had it.
MISSED = 12
OBJECTS = ("jsonl",)
TOLD_CODES, TOLD_CHARACTERS = 5, 40
# A row of digits may be somebody's number, whatever column it stands in.
DIGITS = 7
UNKNOWN = "_unknown_code"


@dataclass(frozen=True)
class Drifted:
    """What looks otherwise in a delivery."""

    day: date
    rule: str
    message: str
    count: int = 1


def drift_of(source: AnySource, profile: Profile, results: Sequence[ValidExtraction], days: Collection[date]) -> list[Drifted]:
    """What looks otherwise in a source's deliveries of the days that were asked for; `results` are all that stand, in the order in which they came."""
    found: list[Drifted] = []
    seen: set[str] = set()
    # On days off other people file other things.
    alike: dict[bool, deque[ValidExtraction]] = {working: deque(maxlen=MOST) for working in (True, False)}
    before: ValidExtraction | None = None
    for result in results:
        manifest = result.extraction.manifest
        if not result.report.arrived:
            continue
        earlier = alike[is_working(profile, manifest.day)]
        if manifest.day in days:
            found += [*_shares(source, result, earlier), *_codes(source, result), *_counters(manifest)]
            if before is not None:
                found += _columns(source, result, before, seen, earlier)
        seen |= columns_of(manifest)
        earlier.append(result)
        before = result
    return found


def _shares(source: AnySource, result: ValidExtraction, earlier: Collection[ValidExtraction]) -> Iterator[Drifted]:
    day, report = result.extraction.manifest.day, result.report
    if len(earlier) < FEWEST:
        return
    shares = [(e.report.quarantined, e.report.arrived) for e in earlier]
    before = share_jumps(report.quarantined, report.arrived, shares, QUARANTINE_STEP, SPREADS)
    if before is not None and report.quarantined > before.middle * report.arrived:
        yield Drifted(day, QUARANTINE_JUMP, f"tỷ lệ dòng bị giữ lại {_from_to(before, report.quarantined, report.arrived)}", report.quarantined)
    for name, nulls in report.nulls.items():
        known = _null_shares(earlier, name)
        before = share_jumps(nulls, report.arrived, known, NULLS_STEP, SPREADS) if len(known) >= FEWEST else None
        if before is not None:
            label = source.contract.column(name).label
            yield Drifted(day, NULLS_JUMP, f"tỷ lệ ô trống của cột “{label}” {_from_to(before, nulls, report.arrived)}", nulls)


def _null_shares(earlier: Iterable[ValidExtraction], name: str) -> list[tuple[int, int]]:
    return [(e.report.nulls[name], e.report.arrived) for e in earlier if name in e.report.nulls]


def _from_to(before: Usual, count: int, of: int) -> str:
    share = count / of
    return f"từ khoảng {before.middle:.0%} {'lên' if share > before.middle else 'xuống'} {share:.0%}"


def _codes(source: AnySource, result: ValidExtraction) -> Iterator[Drifted]:
    for rule, count in result.report.violations.items():
        if rule.endswith(UNKNOWN) and count:
            label = source.contract.column(rule.removesuffix(UNKNOWN)).label
            yield Drifted(result.extraction.manifest.day, UNKNOWN_CODES, f"cột “{label}” có mã không nằm trong danh mục", count)


def _columns(
    source: AnySource, result: ValidExtraction, before: ValidExtraction, seen: Collection[str], earlier: Collection[ValidExtraction]
) -> Iterator[Drifted]:
    """What no delivery had is new; what the one before had is gone. Of objects, which need not have every key, what many of them should have is."""
    manifest = result.extraction.manifest
    now, ignored = columns_of(manifest), set(source.mapping.ignore)
    new = sorted(now - set(seen) - ignored)
    gone = sorted(columns_of(before.extraction.manifest) - now - ignored)
    if not isinstance(source, FileSource) or source.format in OBJECTS:
        gone = [column for column in gone if _is_missed(source, column, result.report.arrived, earlier)]
    if new:
        yield Drifted(manifest.day, COLUMNS_NEW, f"có cột mới: {_listed(new)}", len(new))
    if gone:
        yield Drifted(manifest.day, COLUMNS_GONE, f"mất cột: {_listed(gone)}", len(gone))


def _is_missed(source: AnySource, column: str, rows: int, earlier: Collection[ValidExtraction]) -> bool:
    for name, mapping in source.mapping.columns.items():
        known = _null_shares(earlier, name) if mapping.source == column else []
        if known and (1 - usual([nulls / of for nulls, of in known]).middle) * rows >= MISSED:
            return True
    return False


def columns_of(manifest: Manifest) -> set[str]:
    """The columns that a delivery had; those that are made of its file's and sheets' names are not the source's."""
    return {c for c in [*manifest.columns, *manifest.dropped_columns] if not c.startswith("@")} - set(manifest.absent_columns)


def _listed(names: Sequence[str]) -> str:
    told = [name[:TOLD_CHARACTERS] for name in names[:TOLD_CODES]]
    return ", ".join(told) + (f" và {len(names) - len(told)} cột khác" if len(names) > len(told) else "")


def _counters(manifest: Manifest) -> Iterator[Drifted]:
    if manifest.unreconciled:
        yield Drifted(manifest.day, COUNTERS_DIFFER, "số đếm của hệ thống nguồn khác với số dòng đã nhận", manifest.unreconciled)


def unknown_codes(settings: Settings, source: AnySource, results: Iterable[ValidExtraction]) -> dict[str, list[str]]:
    """By column, the most frequent codes that are in no list; nothing of a personal column, and nothing that may be a person's number."""
    failed = {
        (rule.removesuffix(UNKNOWN), result.extraction.rows, result.quarantine)
        for result in results
        for rule, count in result.report.violations.items()
        if rule.endswith(UNKNOWN) and count
    }
    told: dict[str, dict[str, int]] = {}
    with open_engine(settings) as con:
        for name, rows, quarantine in sorted(failed):
            if source.contract.column(name).sealed:
                continue
            raw = raw_text(source.mapping.columns[name])
            found = con.execute(
                f"""select {raw} as code, count(*) from read_parquet({literal(rows)}) as r
                semi join (select row_no from read_parquet({literal(quarantine)}) where rule = '{name}{UNKNOWN}') as q on q.row_no = r.row_no
                group by 1 order by 2 desc, 1 limit {TOLD_CODES}"""
            ).fetchall()
            counts = told.setdefault(name, {})
            for code, count in found:
                if len(code) <= TOLD_CHARACTERS and sum(character.isdigit() for character in code) < DIGITS:
                    counts[code] = counts.get(code, 0) + int(count)
    return {name: sorted(counts, key=lambda code: (-counts[code], code))[:TOLD_CODES] for name, counts in told.items() if counts}
