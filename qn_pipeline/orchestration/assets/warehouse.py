"""warehouse/<table>: the schema `valid`, then the dbt models under their layers, then the checks at the exit."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    Failure,
    MaterializeResult,
    Output,
    multi_asset,
    multi_asset_check,
)
from dagster._core.definitions.asset_checks.asset_checks_definition import AssetChecksDefinition
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.errors import SourceUnavailable
from qn_pipeline.indicators.catalogue import what_is_counted
from qn_pipeline.indicators.periods import logical_instant
from qn_pipeline.landing.extractions import read_extractions
from qn_pipeline.orchestration.checks import CONTINUITY, EXIT_RULES, exit_results
from qn_pipeline.orchestration.metadata import OWNERS, table_schema
from qn_pipeline.orchestration.resources import Pipeline, told_as_failure
from qn_pipeline.validation.expectations import check_bounds, none_of
from qn_pipeline.validation.waivers import waiver_of
from qn_pipeline.warehouse import dbt as dbt_project
from qn_pipeline.warehouse.builds import rows_change
from qn_pipeline.warehouse.changes import mark_built, must_be_whole
from qn_pipeline.warehouse.continuity import CHANGED, FELL, changes_of_closed_months
from qn_pipeline.warehouse.exit_checks import count_violations
from qn_pipeline.warehouse.generated import DESCRIPTIONS
from qn_pipeline.warehouse.loader import load
from qn_pipeline.warehouse.parts import whole_build

MADE_TOGETHER = (
    "The model {model} is made together with all others that hold lives of dossiers, since each makes only what was touched. "
    "The warehouse was not touched. Materialise all dbt models, or run the job nightly or rebuild."
)


def loader_asset() -> AssetsDefinition:
    """The tables of the schema `valid`, written in one transaction."""
    entities = [
        AssetSpec(
            ["warehouse", contract.entity],
            deps=[["valid", contract.entity]],
            group_name="warehouse",
            kinds={"python", "sql"},
            owners=OWNERS,
            metadata={"dagster/column_schema": table_schema(contract)},
            description=f"{contract.label}: valid rows of all extractions, those that were superseded included.",
        )
        for contract in CONTRACTS.values()
    ]
    control = [
        AssetSpec(
            ["warehouse", name],
            deps=[["valid", entity] for entity in CONTRACTS],
            group_name="warehouse",
            kinds={"python", "sql"},
            owners=OWNERS,
            description=description,
        )
        for name, description in DESCRIPTIONS.items()
    ]

    # The name sorts last among the steps of the nightly job: Dagster takes the partitions of a whole run from its last step, and
    # plans a row a day and asset when that one is partitioned (seen in 1.13.27).
    @multi_asset(specs=[*entities, *control], name="warehouse_load")
    def load_valid(context: AssetExecutionContext, pipeline: Pipeline) -> Iterator[MaterializeResult]:
        with told_as_failure(pipeline):
            landed = read_extractions(pipeline.settings)
            if not landed:
                raise SourceUnavailable("No source has brought anything yet, so there is nothing to load. The warehouse was not touched. Run again.")
            last_day = max(extraction.manifest.day for extraction in landed)
            as_of = logical_instant(last_day, pipeline.now())
            warehouse, counted = pipeline.warehouse, what_is_counted(pipeline.project.catalogue)
            loaded = warehouse.again_when_lost(lambda: load(pipeline.settings, pipeline.project, warehouse, as_of, counted))
        for key in sorted(context.selected_asset_keys):
            rows = loaded.rows.get(key.path[-1])
            yield MaterializeResult(asset_key=key, metadata={"as_of": as_of.isoformat()} | ({} if rows is None else {"rows_written": rows}))

    return load_valid


class LayerTranslator(DagsterDbtTranslator):
    """A model is an asset under its layer, and the layer is its group."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return super().get_asset_key(dbt_resource_props)
        return AssetKey([dbt_resource_props["fqn"][1], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return str(dbt_resource_props["fqn"][1])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return (
            str(dbt_resource_props["description"])
            or f"The contract's columns of {dbt_resource_props['name'].removeprefix('stg_')}, names and types only."
        )


class DbtProcess(DbtCliResource):
    """dbt by its command alone: Dagster would import dbt into this process as well, for metadata that is not asked of it (2.6 s a run)."""

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        return None


def dbt_resource() -> DbtCliResource:
    """dbt in a process that ends with its run."""
    return DbtProcess(project_dir=str(dbt_project.PROJECT), profiles_dir=str(dbt_project.PROJECT), dbt_executable=str(dbt_project.EXECUTABLE))


def dbt_models() -> AssetsDefinition:
    """All models and tests of the dbt project. What is kept from build to build is made anew where it must be."""
    manifest = json.loads(dbt_project.ensure_manifest().read_bytes())
    kept, together = dbt_project.kept_tables(manifest), dbt_project.made_together(manifest)

    @dbt_assets(
        manifest=manifest,
        name="dbt",
        dagster_dbt_translator=LayerTranslator(settings=DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True)),
    )
    def models(context: AssetExecutionContext, dbt: DbtCliResource, pipeline: Pipeline) -> Iterator[Any]:
        asked = together & {key.path[-1] for key in context.selected_asset_keys}
        if asked and asked != together:
            raise Failure(description=MADE_TOGETHER.format(model=min(asked)), allow_retries=False)
        if any(key.path[0] not in ("marts", "bi") for key in context.selected_asset_keys):
            with pipeline.warehouse.writing() as writing:
                rows_change(writing)
        variables = dbt_project.environment(pipeline.settings)
        os.environ.update(variables)
        is_whole = bool(asked) and must_be_whole(pipeline.warehouse, kept)
        events: dict[str, Any] = {}
        for arguments in whole_build(pipeline.warehouse, manifest) if is_whole else [["build"]]:
            (pipeline.settings.home / "dbt" / "run_results.json").unlink(missing_ok=True)
            invocation = dbt.cli(["--no-use-colors", *arguments], context=context, target_path=pipeline.settings.home / "dbt", raise_on_error=False)
            # The embedded engine's file is dbt's until it has ended: rows are counted afterwards. A model that several runs made is told of once.
            for place, event in enumerate(invocation.stream()):
                events[event.output_name if isinstance(event, Output) else f"{place} {arguments[0]}"] = event
            if not invocation.is_successful():
                break
        with pipeline.warehouse.writing() as writing:
            for event in events.values():
                node = manifest["nodes"].get(event.metadata["unique_id"].value) if isinstance(event, Output) else None
                if node and node["config"]["materialized"] in ("table", "incremental"):
                    rows = writing.execute(f"select count(*) from {node['schema']}.{node['name']}")
                    yield event.with_metadata({**event.metadata, "dagster/row_count": int(rows[0][0])})
                else:
                    yield event
        if not invocation.is_successful():
            raise Failure(description=dbt_project.failure_line(pipeline.settings, str(invocation.get_error() or "")), allow_retries=False)
        if not context.is_subset:
            mark_built(pipeline.warehouse)

    return models


def exit_checks() -> AssetChecksDefinition:
    """What must hold before readers see the marts, and how they differ from those that readers see now."""
    asset = AssetKey(["marts", "indicator_values"])
    deps = [["marts", "unit"], ["marts", "data_status"], ["core", "fct_dossier"], ["measures", "dossier_daily"]]

    @multi_asset_check(
        specs=[
            AssetCheckSpec(
                EXIT_RULES,
                asset=asset,
                additional_deps=deps,
                blocking=True,
                description="Figures are unique, in bounds, sums of their units, channels and periods, and equal to a direct count; "
                "no large part of a closed month is lost.",
            ),
            AssetCheckSpec(
                CONTINUITY, asset=asset, additional_deps=deps, description="Closed months are as they were published, within the project's tolerance."
            ),
        ],
        name="exit_checks",
    )
    def checks(pipeline: Pipeline) -> Iterator[AssetCheckResult]:
        with told_as_failure(pipeline):
            warehouse = pipeline.warehouse
            counts = warehouse.again_when_lost(lambda: count_violations(warehouse))
            changes = warehouse.again_when_lost(lambda: changes_of_closed_months(warehouse, pipeline.project.continuity))
            held = [change for change in changes or [] if waiver_of(pipeline.project, change.rule, None, change.month) is None]
            of_months = {rule: sum(change.rule == rule for change in held) for rule in (FELL, CHANGED)}
            findings = check_bounds("exit", none_of({**counts, **of_months}))
        results = exit_results(findings, held, len(changes or []) - len(held), is_comparable=changes is not None)
        if all(result.passed for result in results if result.check_name == EXIT_RULES):
            pipeline.pass_exit()
        yield from results

    return checks
