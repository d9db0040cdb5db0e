"""valid/<entity>: the rows of landing that keep the entity's contract, and the checks at the door."""

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    BackfillPolicy,
    DailyPartitionsDefinition,
    MaterializeResult,
    asset,
)

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.contracts.model import Contract
from qn_pipeline.orchestration.metadata import OWNERS, table_schema
from qn_pipeline.orchestration.partitions import days_of
from qn_pipeline.orchestration.resources import Pipeline, told_as_failure
from qn_pipeline.validation.door import DoorFindings, check_door, validate_landed

ROW_RULES = "row_rules"
ROWS_ARRIVED = "rows_arrived"
QUARANTINED_SHARE = "quarantined_share"


def valid_assets(days: DailyPartitionsDefinition) -> list[AssetsDefinition]:
    """One asset an entity."""
    return [_valid_asset(contract, days) for contract in CONTRACTS.values()]


def _valid_asset(contract: Contract, partitions: DailyPartitionsDefinition) -> AssetsDefinition:
    entity = contract.entity
    key = ["valid", entity]

    @asset(
        key=key,
        deps=[["landing", entity]],
        partitions_def=partitions,
        backfill_policy=BackfillPolicy.single_run(),
        group_name="valid",
        kinds={"python", "parquet", "greatexpectations"},
        owners=OWNERS,
        metadata={"dagster/column_schema": table_schema(contract)},
        description=f"{contract.label}: rows that keep the contract, typed. {contract.description} Bad rows are in quarantine with a reason. "
        "Extractions that a changed mapping or rule reaches are checked anew, whatever their day.",
        check_specs=[
            AssetCheckSpec(ROW_RULES, asset=key, description="Rows that broke a rule; each is told, the bad ones are in quarantine."),
            AssetCheckSpec(ROWS_ARRIVED, asset=key, description="Rows are there: no rule can be broken where there is none."),
            AssetCheckSpec(
                QUARANTINED_SHARE,
                asset=key,
                blocking=True,
                description="No file that stands has a larger share of its rows in quarantine than its source may (max_quarantined).",
            ),
        ],
    )
    def valid(context: AssetExecutionContext, pipeline: Pipeline) -> MaterializeResult:
        with told_as_failure():
            days = days_of(context)
            results = validate_landed(pipeline.settings, pipeline.project, entity)
            findings = check_door(entity, pipeline.project, results, days)
        asked = [result.report for result in results if result.extraction.manifest.day in days]
        return MaterializeResult(
            metadata={"dagster/row_count": sum(report.valid for report in asked), "quarantined_rows": sum(report.quarantined for report in asked)},
            check_results=_results(findings),
        )

    return valid


def _results(findings: DoorFindings) -> list[AssetCheckResult]:
    outcome = "no rows" if findings.arrived == 0 else "checked"
    return [
        AssetCheckResult(
            check_name=ROW_RULES,
            passed=not findings.broken_rules,
            severity=AssetCheckSeverity.WARN,
            metadata={"outcome": outcome, "rows": findings.arrived, **findings.broken_rules},
        ),
        AssetCheckResult(
            check_name=ROWS_ARRIVED,
            passed=findings.standing > 0 or not findings.expected,
            severity=AssetCheckSeverity.WARN,
            metadata={"rows": findings.arrived, "standing": findings.standing},
        ),
        AssetCheckResult(
            check_name=QUARANTINED_SHARE,
            passed=not findings.over_limit,
            severity=AssetCheckSeverity.ERROR,
            metadata={"outcome": outcome, "over_limit": findings.over_limit},
        ),
    ]
