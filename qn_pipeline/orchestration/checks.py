"""What a check shows in the UI: its outcome, counts, the worst rules, and where their rows stand; never a value of a row."""

from collections.abc import Sequence
from typing import Any

from dagster import AssetCheckResult, AssetCheckSeverity, MetadataValue, TableRecord

from qn_pipeline.contracts.model import Severity
from qn_pipeline.validation.door import DoorFindings, Odd
from qn_pipeline.validation.expectations import Finding
from qn_pipeline.validation.outcome import WORST, BrokenRule, Outcome, worst
from qn_pipeline.warehouse.continuity import CHANGED, FELL, Change
from qn_pipeline.warehouse.exit_checks import MESSAGES

ROW_RULES = "row_rules"
ROWS_ARRIVED = "rows_arrived"
QUARANTINED_SHARE = "quarantined_share"
STOP_RULES = "stop_rules"
VOLUME = "volume"
DRIFT = "drift"
EXIT_RULES = "exit_rules"
CONTINUITY = "continuity"
DOUBTFUL = (VOLUME, DRIFT)
"""Checks that let a run publish, and let it end with status 1."""
ODD_TOLD = 10
FELL_MESSAGE = "Số tiếp nhận hoặc đã giải quyết của một tháng đã khép giảm quá giới hạn so với số đã công bố."


def door_results(findings: DoorFindings) -> list[AssetCheckResult]:
    """The checks of the door."""
    stops = [odd for odd in findings.odd if odd.effect == "stop" and odd.waiver is None]
    return [
        AssetCheckResult(
            check_name=ROW_RULES,
            passed=not findings.broken_rules,
            severity=AssetCheckSeverity.WARN,
            metadata={**_outcome(findings, bool(findings.broken_rules)), "rows": findings.arrived, **rules_told(findings.broken_rules)},
        ),
        AssetCheckResult(
            check_name=ROWS_ARRIVED,
            passed=findings.standing > 0 or not findings.expected,
            severity=AssetCheckSeverity.WARN,
            metadata={
                "outcome": Outcome.PASSED.value if findings.standing else Outcome.NO_ROWS.value,
                "rows": findings.arrived,
                "standing": findings.standing,
            },
        ),
        AssetCheckResult(
            check_name=QUARANTINED_SHARE,
            passed=not findings.over_limit,
            severity=AssetCheckSeverity.ERROR,
            metadata={**_outcome(findings, bool(findings.over_limit)), "over_limit": findings.over_limit},
        ),
        AssetCheckResult(
            check_name=STOP_RULES,
            passed=not findings.stopping and not stops,
            severity=AssetCheckSeverity.ERROR,
            metadata={**_outcome(findings, bool(findings.stopping or stops)), **rules_told(findings.stopping), **_odd_told(stops)},
        ),
        _odd_result(VOLUME, findings.volume, _volume_outcome(findings), {"compared": findings.compared, "not_comparable": findings.not_comparable}),
        _odd_result(DRIFT, findings.drift, _outcome(findings, False)["outcome"], {}),
    ]


def exit_results(findings: Sequence[Finding], changes: Sequence[Change], waived: int, is_comparable: bool) -> list[AssetCheckResult]:
    """The checks of the exit. `changes` are those of closed months that no waiver reaches; not comparable: nothing was published before."""
    failed = {finding.bound.name: int(finding.bound.count) for finding in findings if not finding.passed}
    messages = MESSAGES | {FELL: FELL_MESSAGE}
    broken = [BrokenRule(rule, None, messages[rule], Severity.STOP.value, count) for rule, count in failed.items() if rule != CHANGED]
    told = [change for change in changes if change.rule in failed]
    otherwise = Outcome.PASSED if is_comparable else Outcome.NOT_COMPARABLE
    largest = [TableRecord(_change_told(change)) for change in told[:ODD_TOLD]]
    return [
        AssetCheckResult(
            check_name=EXIT_RULES,
            passed=not broken,
            severity=AssetCheckSeverity.ERROR,
            metadata={"outcome": (Outcome.FAILED if broken else Outcome.PASSED).value, "rules": len(findings) - 1, **rules_told(broken)},
        ),
        AssetCheckResult(
            check_name=CONTINUITY,
            passed=not told,
            severity=AssetCheckSeverity.WARN,
            metadata={
                "outcome": (Outcome.FAILED if told else otherwise).value,
                "changed": len(told),
                "waived": waived,
                "indicators": list(dict.fromkeys(change.indicator for change in told))[:WORST],
                **({"largest": MetadataValue.table(largest)} if largest else {}),
            },
        ),
    ]


def _change_told(change: Change) -> dict[str, str | int | float]:
    now = "" if change.now is None else change.now
    return {
        "indicator": change.indicator,
        "unit": change.unit,
        "month": change.month.strftime("%Y-%m"),
        "before": change.before,
        "now": now,
        "change": f"{change.by:.1%}",
        "rule": change.rule,
    }


def rules_told(broken: Sequence[BrokenRule]) -> dict[str, Any]:
    """Counts by rule, the worst rules, and the first rows of those."""
    if not broken:
        return {}
    top = worst(broken)
    told: dict[str, Any] = {rule.rule: rule.count for rule in broken}
    told["worst"] = MetadataValue.table(
        [TableRecord({"rule": r.rule, "column": r.column or "", "message": r.message, "severity": r.severity, "count": r.count}) for r in top]
    )
    where = [TableRecord({"rule": r.rule, "source": at.source, "file": at.file, "row": at.row}) for r in top for at in r.rows]
    if where:
        told["where"] = MetadataValue.table(where)
    return told


def _outcome(findings: DoorFindings, failed: bool) -> dict[str, str]:
    if failed:
        return {"outcome": Outcome.FAILED.value}
    return {"outcome": (Outcome.PASSED if findings.arrived else Outcome.NO_ROWS).value}


def _volume_outcome(findings: DoorFindings) -> str:
    if findings.compared == 0:
        return (Outcome.NOT_COMPARABLE if findings.not_comparable else Outcome.NO_ROWS).value
    return Outcome.PASSED.value


def _odd_result(name: str, odd: Sequence[Odd], otherwise: str, counts: dict[str, int]) -> AssetCheckResult:
    held = [one for one in odd if one.waiver is None]
    waived = [f"{one.source} {one.day}: {one.rule} ({one.waiver})" for one in odd if one.waiver is not None]
    only_told = all(one.effect == "warn" for one in held)
    return AssetCheckResult(
        check_name=name,
        passed=not held,
        severity=AssetCheckSeverity.WARN if only_told else AssetCheckSeverity.ERROR,
        metadata={"outcome": Outcome.FAILED.value if held else otherwise, **counts, **_odd_told(held), **({"waived": waived} if waived else {})},
    )


def _odd_told(odd: Sequence[Odd]) -> dict[str, Any]:
    """What looks odd, by source, in words."""
    told: dict[str, Any] = {}
    for source in dict.fromkeys(one.source for one in odd):
        words = [f"{one.day}: {one.message} ({one.rule})" for one in odd if one.source == source]
        more = f"; và {len(words) - ODD_TOLD} điểm khác" if len(words) > ODD_TOLD else ""
        told[source] = "; ".join(words[:ODD_TOLD]) + more
    return told
