"""published/<thing>: what readers see: the swapped marts, a month's first vintage, and its pages."""

from dagster import AssetExecutionContext, AssetsDefinition, BackfillPolicy, MaterializeResult, MonthlyPartitionsDefinition, asset

from qn_pipeline.errors import ContractBroken
from qn_pipeline.indicators.vintages import first_vintage
from qn_pipeline.orchestration.metadata import OWNERS
from qn_pipeline.orchestration.partitions import days_of
from qn_pipeline.orchestration.resources import Pipeline, told_as_failure
from qn_pipeline.publishing.pages import write_pages
from qn_pipeline.warehouse.exit_checks import MARTS, VIEWS, count_violations


def swap_asset() -> AssetsDefinition:
    """The swap: readers see the marts of this run, all at once."""

    @asset(
        key=["published", "marts"],
        deps=[*(["marts", name] for name in MARTS), *(["bi", f"bi_{name}"] for name in VIEWS)],
        group_name="published",
        kinds={"python", "sql"},
        owners=OWNERS,
        description="The marts as readers see them, and the views of BI tools over them, swapped in at once after the exit checks: copies of the file on DuckDB, the schema on PostgreSQL.",
    )
    def marts(pipeline: Pipeline) -> MaterializeResult:
        with told_as_failure(pipeline):
            # Materialised by hand, past the checks, it makes them itself.
            broken = [] if pipeline.has_passed_exit else [name for name, count in count_violations(pipeline.warehouse).items() if count]
            if broken:
                raise ContractBroken(f"The marts that were built break {', '.join(broken)}. What is published stays as it was. Run the nightly job.")
            pipeline.warehouse.publish()
        return MaterializeResult(metadata={"warehouse": pipeline.warehouse.describe(), "rows": pipeline.warehouse.describe_rows()})

    return marts


def vintage_asset() -> AssetsDefinition:
    """The provisional vintage of the month just closed."""

    @asset(
        key=["published", "vintages"],
        deps=[["published", "marts"]],
        group_name="published",
        kinds={"python", "parquet"},
        owners=OWNERS,
        description="What is published of a month when it has closed: v1, provisional, made once, by the first run that counts to the month's end.",
    )
    def vintages(pipeline: Pipeline) -> MaterializeResult:
        with told_as_failure(pipeline):
            made = first_vintage(pipeline.settings, pipeline.project, pipeline.warehouse, pipeline.now())
        return MaterializeResult(metadata={"vintage": made.name, "figures": made.told.figures} if made else {"vintage": "none to make"})

    return vintages


def pages_asset(months: MonthlyPartitionsDefinition) -> AssetsDefinition:
    """The pages of a month."""

    @asset(
        key=["published", "pages"],
        deps=[["published", "marts"]],
        partitions_def=months,
        backfill_policy=BackfillPolicy.single_run(),
        group_name="published",
        kinds={"python", "html"},
        owners=OWNERS,
        description="A month's page in Vietnamese, readable from disk with no network. A page whose text did not change is left as it is.",
    )
    def pages(context: AssetExecutionContext, pipeline: Pipeline) -> MaterializeResult:
        with told_as_failure(pipeline):
            labels = {source.name: source.label for source in pipeline.project.sources.values()}
            written = write_pages(pipeline.warehouse, pipeline.settings.published, days_of(context), labels)
        return MaterializeResult(metadata={"pages_written": [path.name for path in written]})

    return pages
