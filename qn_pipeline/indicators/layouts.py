"""Layouts of reports, as data: what each column of a form is a sum of, and what must add up in it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.indicators.measures import checked_sum

FILE = Path(__file__).with_name("layouts.yaml")
Rows = list[dict[str, object]]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Entry):
    """A column of a form: a sum of measures, or one a choice of where stopped dossiers belong; none has no source yet."""

    column: str = Field(pattern="[a-zA-Z]+")
    label_vi: str
    measures: str | dict[Literal["ended", "paused"], str] | None = None
    needs: list[str] = Field(default_factory=list)

    @field_validator("measures")
    @classmethod
    def _sums(cls, told: str | dict[str, str] | None) -> str | dict[str, str] | None:
        for text in told.values() if isinstance(told, dict) else [told]:
            if text is not None:
                checked_sum(text, "received")  # forms count dossiers
        return told

    def sum_for(self, stopped: str | None) -> str | None:
        """The sum of measures where stopped dossiers are `ended` or `paused`."""
        return self.measures[stopped] if isinstance(self.measures, dict) else self.measures  # type: ignore[index]


class Identity(_Entry):
    """A column that is the sum of others."""

    total: str
    parts: list[str]


class Layout(_Entry):
    """A form: `stopped` says where status 8 belongs in it, among what has ended or what is paused."""

    layout: str = Field(pattern="[a-z0-9_]+")
    name_vi: str
    name_en: str
    basis: str
    certainty: Literal["source", "derived", "memory", "undetermined"]
    counted_by: Literal["resolving", "receiving"] = "resolving"
    stopped: Literal["ended", "paused"] | None = None
    columns: list[Column]
    identities: list[Identity]

    @model_validator(mode="after")
    def _consistent(self) -> "Layout":
        names = [column.column for column in self.columns]
        for identity in self.identities:
            unknown = [name for name in (identity.total, *identity.parts) if name not in names]
            if unknown:
                raise ValueError(f"{self.layout} has no column {unknown[0]!r}")
        if self.stopped is None and any(isinstance(column.measures, dict) for column in self.columns):
            raise ValueError(f"{self.layout} does not say where stopped dossiers belong")
        return self


@cache
def _written() -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return data


def layouts(overrides: Mapping[str, Mapping[str, Any]] | None = None) -> list[Layout]:
    """All layouts, with what a project says otherwise of them by name. Raises ConfigurationError."""
    changed = overrides or {}
    odd = sorted(set(changed) - {str(entry["layout"]) for entry in _written()})
    if odd:
        raise ConfigurationError(f"qn.yaml: catalogue.layouts names {odd[0]!r}, which is no layout. Nothing was written. Correct it.")
    try:
        return [Layout.model_validate({**entry, **changed.get(entry["layout"], {})}) for entry in _written()]
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigurationError(
            f"qn.yaml: catalogue.layouts: {first['msg'].removeprefix('Value error, ')}. Nothing was written. Correct it."
        ) from None


def layout_rows(made: list[Layout]) -> tuple[Rows, Rows]:
    """Columns and identities, as the warehouse's tables `valid.layout_columns` and `valid.layout_identities` hold them."""
    columns: Rows = [
        {
            "layout": layout.layout,
            "column_code": column.column,
            "label_vi": column.label_vi,
            "measures": column.sum_for(layout.stopped),
            "counted_by": layout.counted_by,
            "needs": ",".join(column.needs),
            "position": place,
        }
        for layout in made
        for place, column in enumerate(layout.columns, start=1)
    ]
    identities: Rows = [
        {"layout": layout.layout, "total": identity.total, "parts": ",".join(identity.parts)} for layout in made for identity in layout.identities
    ]
    return columns, identities
