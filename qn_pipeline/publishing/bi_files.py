"""Files that derive from the declaration of the schema `bi`: `python -m qn_pipeline.publishing.bi_files` writes them, a test finds drift.

models/bi/_bi.yml holds each view's contract and comments, macros/labels.sql what codes are called.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from qn_pipeline.publishing.bi import HOW_TO_SUM, LABELS, VIEWS, Column, View
from qn_pipeline.warehouse.dbt import PROJECT

NOTICE = "Written by `make generate` from qn_pipeline/publishing/bi.py: change it there."
PAGE = PROJECT.parent / "docs" / "bi.md"
# The page's tables stand between these two lines; the rest is written by hand.
BEGIN, END = f"<!-- tables: {NOTICE} -->", "<!-- end of tables -->"


def render() -> dict[Path, str]:
    """Each generated file's path and text."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return {
        PROJECT / "models" / "bi" / "_bi.yml": _contracts(),
        PROJECT / "macros" / "labels.sql": _labels(),
        PAGE: f"{before}{BEGIN}\n{_tables()}\n{END}{after}",
    }


def write() -> None:
    for path, text in render().items():
        path.write_text(text, encoding="utf-8")


def _contracts() -> str:
    models = [_model(view) for view in VIEWS]
    return f"# {NOTICE}\n" + yaml.safe_dump({"version": 2, "models": models}, allow_unicode=True, sort_keys=False, width=160)


def _model(view: View) -> dict[str, Any]:
    model: dict[str, Any] = {"name": view.model, "config": {"alias": view.name}, "description": view.label}
    # A dimension is small. Of facts the exit checks and the tests of the marts say the same.
    if view.name.startswith("dim_"):
        model["data_tests"] = [{"keeps": {"name": f"{view.model}_keeps", "arguments": {"filled": list(view.key), "unique": [list(view.key)]}}}]
    return model | {"columns": [_column(column) for column in view.columns]}


def _column(column: Column) -> dict[str, Any]:
    numerator, denominator = column.of or (None, None)
    told = {"label": column.label, "refers_to": column.to, "additivity": column.sums, "numerator": numerator, "denominator": denominator}
    return {
        "name": column.name,
        "data_type": column.type,
        "description": comment(column),
        "config": {"meta": {name: value for name, value in told.items() if value is not None}},
    }


def comment(column: Column) -> str:
    """What the database says of a column."""
    of = f" = {column.of[0]} : {column.of[1]}." if column.of else ""
    return f"{column.label}.{of}{f' {HOW_TO_SUM[column.sums]}' if column.sums else ''}"


def _labels() -> str:
    return (
        f"{{# {NOTICE} #}}\n{{# What codes of a list are called in Vietnamese. #}}\n{{% macro labels(of) -%}}\n"
        f"    {{{{ return({json.dumps(LABELS, ensure_ascii=False)}[of]) }}}}\n{{%- endmacro %}}\n"
    )


def _tables() -> str:
    parts = []
    for view in VIEWS:
        lines = [f"### `bi.{view.name}`", "", view.label, "", "| cột | tên gọi | cách cộng |", "|---|---|---|"]
        lines += [f"| `{column.name}` | {column.label}{_link(column)} | {f'`{column.sums}`' if column.sums else ''} |" for column in view.columns]
        parts.append("\n".join(lines))
    return "\n\n".join(["", *parts, ""])


def _link(column: Column) -> str:
    if column.to:
        return f" → `{column.to}`"
    return f" = `{column.of[0]}` : `{column.of[1]}`" if column.of else ""


if __name__ == "__main__":
    write()
