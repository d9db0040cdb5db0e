"""landing/<entity>: what came from the entity's sources on a day."""

from dagster import AssetExecutionContext, AssetsDefinition, BackfillPolicy, DailyPartitionsDefinition, MaterializeResult, asset

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.contracts.model import Contract
from qn_pipeline.landing.land import land_days
from qn_pipeline.orchestration.metadata import OWNERS
from qn_pipeline.orchestration.partitions import days_of
from qn_pipeline.orchestration.resources import Pipeline, told_as_failure


def landing_assets(days: DailyPartitionsDefinition) -> list[AssetsDefinition]:
    """One asset an entity."""
    return [_landing_asset(contract, days) for contract in CONTRACTS.values()]


def _landing_asset(contract: Contract, partitions: DailyPartitionsDefinition) -> AssetsDefinition:
    entity = contract.entity

    @asset(
        key=["landing", entity],
        partitions_def=partitions,
        backfill_policy=BackfillPolicy.single_run(),
        group_name="landing",
        kinds={"python", "parquet"},
        owners=OWNERS,
        description=f"{contract.label}: what came from the sources, as immutable extractions. Grain: a row of a delivered file. "
        "Identifiers of people are sealed; other columns that no mapping names are dropped. A file belongs to its arrival day.",
    )
    def landing(context: AssetExecutionContext, pipeline: Pipeline) -> MaterializeResult:
        with told_as_failure():
            extractions = land_days(pipeline.settings, pipeline.project, entity, days_of(context))
        dropped = sorted({column for extraction in extractions for column in extraction.manifest.dropped_columns})
        return MaterializeResult(
            metadata={
                "dagster/row_count": sum(extraction.manifest.rows for extraction in extractions),
                "files": [extraction.manifest.file for extraction in extractions],
                "unreadable_rows": sum(len(extraction.manifest.unreadable) for extraction in extractions),
                "dropped_columns": dropped,
            }
        )

    return landing
