"""landing/<entity>: what came from the entity's sources on a day, and whether each of them could be reached."""

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
from qn_pipeline.landing.land import Landed, land_days
from qn_pipeline.orchestration.metadata import OWNERS
from qn_pipeline.orchestration.partitions import REFRESH_TAG, days_of
from qn_pipeline.orchestration.resources import Pipeline, told_as_failure

SOURCES_REACHED = "sources_reached"
RECONCILED = "reconciled_with_source"


def landing_assets(days: DailyPartitionsDefinition) -> list[AssetsDefinition]:
    """One asset an entity."""
    return [_landing_asset(contract, days) for contract in CONTRACTS.values()]


def _landing_asset(contract: Contract, partitions: DailyPartitionsDefinition) -> AssetsDefinition:
    entity = contract.entity
    key = ["landing", entity]

    @asset(
        key=key,
        deps=[["landing", contract.follows]] if contract.follows else [],
        partitions_def=partitions,
        backfill_policy=BackfillPolicy.single_run(),
        group_name="landing",
        kinds={"python", "parquet"},
        owners=OWNERS,
        description=f"{contract.label}: what came from the sources, as immutable extractions. Grain: a row of a delivery. "
        "Identifiers of people are sealed; other columns that no mapping names are dropped. A file belongs to its arrival day; "
        "a connection is asked for the days since it was last asked.",
        check_specs=[
            AssetCheckSpec(SOURCES_REACHED, asset=key, description="Each source brought what it has; one that could not stops no other."),
            AssetCheckSpec(RECONCILED, asset=key, description="The sources' own counters equal what was landed."),
        ],
    )
    def landing(context: AssetExecutionContext, pipeline: Pipeline) -> MaterializeResult:
        with told_as_failure(pipeline):
            landed = land_days(pipeline.settings, pipeline.project, entity, days_of(context), REFRESH_TAG in context.run.tags)
        manifests = [extraction.manifest for extraction in landed.extractions]
        return MaterializeResult(
            metadata={
                "dagster/row_count": sum(manifest.rows for manifest in manifests),
                "from": [manifest.file for manifest in manifests],
                "gone": sum(manifest.gone for manifest in manifests),
                "unreadable_rows": sum(len(manifest.unreadable) for manifest in manifests),
                "dropped_columns": sorted({column for manifest in manifests for column in manifest.dropped_columns}),
            },
            check_results=_checks(landed),
        )

    return landing


def _checks(landed: Landed) -> list[AssetCheckResult]:
    unreconciled = {e.manifest.source: e.manifest.unreconciled for e in landed.extractions if e.manifest.unreconciled}
    return [
        AssetCheckResult(check_name=SOURCES_REACHED, passed=not landed.failed, severity=AssetCheckSeverity.WARN, metadata=dict(landed.failed)),
        AssetCheckResult(check_name=RECONCILED, passed=not unreconciled, severity=AssetCheckSeverity.WARN, metadata=dict(unreconciled)),
    ]
