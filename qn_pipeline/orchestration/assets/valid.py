"""valid/<entity>: the rows of landing that keep the entity's contract, and the checks at the door."""

from dagster import (
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
from qn_pipeline.landing.extractions import read_extractions
from qn_pipeline.orchestration.checks import DRIFT, QUARANTINED_SHARE, ROW_RULES, ROWS_ARRIVED, STOP_RULES, VOLUME, door_results
from qn_pipeline.orchestration.metadata import OWNERS, table_schema
from qn_pipeline.orchestration.partitions import days_of
from qn_pipeline.orchestration.resources import Pipeline, told_as_failure
from qn_pipeline.validation.door import check_door, validate_landed


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
            AssetCheckSpec(
                STOP_RULES,
                asset=key,
                blocking=True,
                description="No rule whose severity is stop is broken in what stands, and no snapshot or window has lost its rows.",
            ),
            AssetCheckSpec(VOLUME, asset=key, description="Each source brought about as many rows as on other days of the kind."),
            AssetCheckSpec(DRIFT, asset=key, description="What came looks as it did: columns, codes, empty cells, bad rows, the source's counters."),
        ],
    )
    def valid(context: AssetExecutionContext, pipeline: Pipeline) -> MaterializeResult:
        with told_as_failure(pipeline):
            days = days_of(context)
            extractions = read_extractions(pipeline.settings, entity)
            results = validate_landed(pipeline.settings, pipeline.project, entity, extractions)
            findings = check_door(pipeline.settings, pipeline.project, entity, extractions, results, set(days), pipeline.now().date())
        asked = [result.report for result in results if result.extraction.manifest.day in days]
        return MaterializeResult(
            metadata={"dagster/row_count": sum(report.valid for report in asked), "quarantined_rows": sum(report.quarantined for report in asked)},
            check_results=door_results(findings),
        )

    return valid
