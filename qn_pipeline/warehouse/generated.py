"""Files that derive from the contracts, those of the dbt project and the data dictionary: `python -m qn_pipeline.warehouse.generated` writes them, a test finds drift."""

import json
from pathlib import Path
from typing import Any

import yaml

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.contracts.dictionary import dictionary
from qn_pipeline.contracts.model import Column, Contract
from qn_pipeline.warehouse.dbt import PROJECT
from qn_pipeline.warehouse.tables import ROW_COLUMNS, Columns, all_tables

DICTIONARY = PROJECT.parent / "docs" / "data-dictionary.md"
NOTICE = "Written by `make generate` from qn_pipeline/contracts: change it there."
DESCRIPTIONS = {
    "extractions": "Extractions that are loaded, one a row; superseded_seq is the one that took its place.",
    "quarantine": "Broken rules, one row a rule and row.",
    "arrived": "Rows that came, good or bad, one row an extraction and unit as the row spells it.",
    "waivers": "Decisions that rows which break a rule are counted; one row a waiver, or a waiver and key.",
    "adjustments": "Values that were decided in place of what a source told, one row a decision, key and column.",
    "vanished": "Keys that a source said are no more.",
    "reconciled_counters": "Counters of a source that differed from what was held, before and after sweeping.",
    "reconciled_dossiers": "Dossiers that no window had shown, and a sweep found.",
    "systems": "The systems that tell dossiers, the one to believe first.",
    "usual_hours": "Opening hours of weekdays that hold where no source tells any.",
    "usual_days": "Days off and swapped Saturdays of the country that hold where no source tells any.",
    "touched": "Keys of which a delivery since the last build may have changed something.",
    "loaded": "Extractions that were loaded since the last build that ended well.",
    "applied": "One row: the instant that the last build counted up to, and hashes of what it was made with; none before the first one.",
    "configured": "One row: a hash of all that decides besides what was landed; what is published is kept with a configuration of this hash alone.",
    "run": "One row: the run's logical instant and the province.",
    "indicators": "The indicator catalogue; needs and period_sets are lists with commas between.",
    "indicator_groups": "The groups of the national index, and those of 2022 that they belong to.",
    "rating_bands": "Ratings, each from a share of the points on, in per cent.",
    "layout_columns": "Columns of report layouts, each a sum of measures; none has no source yet.",
    "layout_identities": "Which columns of a layout add up to which; parts is a list with commas between.",
    "scoring": "One row: the framework, its first day, and the denominator under which units are not ranked.",
    "budget_rules": "What is digital-transformation money: rules in their order; lists have | between.",
    "budget_keywords": "Words of the rules, one a row.",
    "budget_target": "One row: the share of all spending that digital transformation is to be, in hundredths of a per cent.",
    "postal_contracts": "Contracts with the post, one row a desk; without a desk a contract is of all of them.",
    "postal_prices": "Price lines of those contracts, one row a desk; amounts are whole đồng.",
    "period_ends": "The periods of a year, one row a period set, grain and month of its end.",
}


def render() -> dict[Path, str]:
    """Each generated file's path and text."""
    return {
        PROJECT / "models" / "staging" / "_sources.yml": _sources(),
        PROJECT / "macros" / "contract_columns.sql": _columns_macro(),
        PROJECT / "macros" / "contract_units.sql": _units_macro(),
        PROJECT / "macros" / "history_rules.sql": _history_macro(),
        DICTIONARY: dictionary(CONTRACTS.values()),
    }


def write() -> None:
    for path, text in render().items():
        path.write_text(text, encoding="utf-8")


def _columns_macro() -> str:
    columns = {entity: contract.names for entity, contract in CONTRACTS.items()}
    return (
        f"{{# {NOTICE} #}}\n{{# The columns of an entity's contract, in order. #}}\n{{% macro contract_columns(entity) -%}}\n"
        f"    {{{{ return({json.dumps(columns)}[entity]) }}}}\n{{%- endmacro %}}\n"
    )


def _units_macro() -> str:
    units = {entity: contract.unit_column for entity, contract in CONTRACTS.items()}
    return (
        f"{{# {NOTICE} #}}\n{{# The entities, each with the column that names the unit of a row; none has none. #}}\n{{% macro contract_units() -%}}\n"
        f"    {{{{ return({json.dumps(units).replace('null', 'none')}) }}}}\n{{%- endmacro %}}\n"
    )


def _history_macro() -> str:
    rules = {
        contract.entity: [
            {"name": rule.name, "column": rule.column, "severity": str(rule.severity), "message": rule.message} for rule in contract.history_rules
        ]
        for contract in CONTRACTS.values()
        if contract.history_rules
    }
    return (
        f"{{# {NOTICE} #}}\n{{# The rules across days and entities, by entity. #}}\n{{% macro history_rules() -%}}\n"
        f"    {{{{ return({json.dumps(rules, ensure_ascii=False)}) }}}}\n{{%- endmacro %}}\n"
    )


def _sources() -> str:
    tables: list[dict[str, Any]] = []
    for contract in CONTRACTS.values():
        asset = {"meta": {"dagster": {"asset_key": ["warehouse", contract.entity]}}}
        tables.append(
            {
                "name": contract.entity,
                "description": f"{contract.label}. {contract.description}",
                "config": asset,
                "data_tests": [{"keeps": {"name": f"{contract.entity}_keeps", "arguments": _promises(contract)}}],
                "columns": [_column(c) for c in contract.columns],
            }
        )
    for name, description in DESCRIPTIONS.items():
        asset = {"meta": {"dagster": {"asset_key": ["warehouse", name]}}}
        tables.append({"name": name, "description": description, "config": asset, "columns": _plain(all_tables()[name])})
    document = {"version": 2, "sources": [{"name": "valid", "schema": "valid", "tables": tables}]}
    return f"# {NOTICE}\n" + yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=160)


def _promises(contract: Contract) -> dict[str, Any]:
    """What the loader's table of an entity keeps; codes of all profiles, since the warehouse knows of none."""
    coded = [(column, list(column.codes.codes("generic"))) for column in contract.columns if column.codes]
    return {
        "filled": [*ROW_COLUMNS, *(column.name for column in contract.columns if not column.nullable)],
        "values": {column.name: [int(code) for code in listed] if column.type == "integer" else listed for column, listed in coded},
        "unique": [["extraction_seq", "row_no"]],
        "of": "loaded",
    }


def _column(column: Column) -> dict[str, Any]:
    unit = f" Unit: {column.unit}." if column.unit else ""
    return {"name": column.name, "description": f"{column.label}. {column.description}{unit}"}


def _plain(columns: Columns) -> list[dict[str, Any]]:
    return [{"name": name} for name in columns]


if __name__ == "__main__":
    write()
