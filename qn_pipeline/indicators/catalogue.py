"""The catalogue: which indicators there are and how they are scored, as data."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.errors import ConfigurationError
from qn_pipeline.indicators.layouts import layout_rows, layouts
from qn_pipeline.indicators.measures import checked_sum
from qn_pipeline.indicators.period_sets import period_rows, period_sets
from qn_pipeline.warehouse.loader import Catalogue

FILE = Path(__file__).with_name("catalogue.yaml")

Certainty = Literal["source", "derived", "memory", "undetermined"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Indicator(_Entry):
    """A figure by name: a sum of measures, or one as a share of another (in per cent). Without a numerator no source gives it yet."""

    indicator: str = Field(pattern="[a-z][a-z0-9_]*")
    official_code: str | None = Field(default=None, description="its number in QĐ 766")
    name_vi: str
    name_en: str
    group: str | None = Field(default=None, description="the group that its points count in")
    basis: str | None = Field(default=None, description="legal basis, or where the formula is from")
    certainty: Certainty = "derived"
    note: str | None = None
    kind: Literal["flow", "stock"] = Field(default="flow", description="what happened in the period, or what there is at its end")
    unit: str = "hồ sơ"
    numerator: str | None = None
    denominator: str | None = None
    counted_by: Literal["resolving", "receiving"] = Field(
        default="resolving", description="the unit that had the dossier, or the desk that received it"
    )
    points: int | None = Field(default=None, gt=0)
    scoring: Literal["linear", "threshold"] | None = Field(default=None, description="none: shown, not scored")
    threshold: int | None = Field(default=None, gt=0, le=100, description="from this share on, in per cent, all points are given")
    by_channel: bool = False
    by_day: bool = False
    period_sets: list[str] = Field(default_factory=lambda: [cut.period_set for cut in period_sets()])
    needs: list[str] = Field(default_factory=list, description="columns of dossiers, or procedures.<column>, that a source must tell")
    source: str | None = Field(default=None, description="the entity without which there is no figure")
    missing_vi: str | None = Field(default=None, description="why there is no figure, or none where nothing tells the source")
    missing_en: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Indicator":
        checked_sum(*(text for text in (self.numerator, self.denominator) if text is not None))
        if (self.numerator is None or self.source is not None) != (self.missing_vi is not None and self.missing_en is not None):
            raise ValueError("an indicator without a numerator, or with a source of its own, says in both languages why it is missing")
        if self.source is not None and self.source not in CONTRACTS:
            raise ValueError(f"there is no entity {self.source!r}")
        if self.denominator is not None and self.numerator is None:
            raise ValueError("a denominator goes with a numerator")
        if (self.scoring is not None) and self.points is None:
            raise ValueError("scoring goes with points")
        if (self.scoring == "threshold") != (self.threshold is not None):
            raise ValueError("threshold goes with scoring: threshold")
        odd = sorted(set(self.period_sets) - {cut.period_set for cut in period_sets()})
        if odd:
            raise ValueError(f"there is no period set {odd[0]!r}")
        return self


class Group(_Entry):
    """A group of the national index: one of six that points are given in, and the one of 2022 that it belongs to."""

    group: str
    name_vi: str
    name_en: str
    max_points: int
    group_of_2022: str


class Band(_Entry):
    """A rating from a share of the points on, in per cent."""

    rating: str
    name_vi: str
    least: int


class Scoring(_Entry):
    """How points become a rating and a rank."""

    framework: str
    since: date = Field(description="periods that begin before are scored for reference")
    min_denominator: int = Field(ge=0, description="dossiers of 2.1 under which a unit is shown and not ranked")
    certainty: Certainty
    note: str
    groups: list[Group]
    bands: list[Band]


class Contents(_Entry):
    """catalogue.yaml."""

    scoring: Scoring
    indicators: list[Indicator]

    @model_validator(mode="after")
    def _consistent(self) -> "Contents":
        codes = [indicator.indicator for indicator in self.indicators]
        doubled = [code for code in codes if codes.count(code) > 1]
        if doubled:
            raise ValueError(f"{doubled[0]} is there twice")
        groups = {group.group for group in self.scoring.groups}
        odd = [indicator.indicator for indicator in self.indicators if indicator.group is not None and indicator.group not in groups]
        if odd:
            raise ValueError(f"{odd[0]} is in a group that there is not")
        return self


@cache
def _written() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return data


@cache
def contents() -> Contents:
    """The catalogue as it is delivered."""
    return Contents.model_validate(_written())


def catalogue() -> tuple[Indicator, ...]:
    """All indicators, in the order in which they are shown."""
    return tuple(contents().indicators)


def overridden(overrides: Mapping[str, Mapping[str, Any]]) -> Contents:
    """The catalogue with what a project says otherwise: by indicator, or for `scoring`, its fields. Raises ConfigurationError."""
    data = _written()
    known = {str(entry["indicator"]) for entry in data["indicators"]} | {"scoring", "layouts"}
    odd = sorted(set(overrides) - known)
    if odd:
        raise ConfigurationError(f"qn.yaml: catalogue names {odd[0]!r}, which is no indicator. Nothing was written. Correct it.")
    changed = {
        "scoring": {**data["scoring"], **overrides.get("scoring", {})},
        "indicators": [{**entry, **overrides.get(entry["indicator"], {})} for entry in data["indicators"]],
    }
    try:
        return Contents.model_validate(changed)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigurationError(f"qn.yaml: catalogue: {first['msg'].removeprefix('Value error, ')}. Nothing was written. Correct it.") from None


def what_is_counted(overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Catalogue:
    """The indicators, how they are scored, and the periods, as the warehouse's tables hold them."""
    made = overridden(overrides) if overrides else contents()
    indicators = [
        {
            **indicator.model_dump(exclude={"group", "period_sets", "needs"}),
            "group_code": indicator.group,
            "period_sets": ",".join(indicator.period_sets),
            "needs": ",".join(indicator.needs),
            "position": position,
        }
        for position, indicator in enumerate(made.indicators, start=1)
    ]
    scoring = made.scoring
    columns, identities = layout_rows(layouts((overrides or {}).get("layouts")))
    return Catalogue(
        indicators,
        period_rows(),
        columns,
        identities,
        [
            {**group.model_dump(exclude={"group"}), "group_code": group.group, "position": place}
            for place, group in enumerate(scoring.groups, start=1)
        ],
        [band.model_dump() for band in scoring.bands],
        {"framework": scoring.framework, "since": scoring.since, "min_denominator": scoring.min_denominator},
    )
