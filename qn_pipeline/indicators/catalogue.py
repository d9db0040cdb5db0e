"""The catalogue: which indicators there are, as data."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from qn_pipeline.indicators.period_sets import period_rows
from qn_pipeline.warehouse.loader import Catalogue

FILE = Path(__file__).with_name("catalogue.yaml")


class Indicator(BaseModel):
    """A figure by name: a measure, or a measure as a share of another (in per cent)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    indicator: str
    name_vi: str
    name_en: str
    kind: Literal["flow", "stock"]
    unit: str
    numerator: str
    denominator: str | None = None


@cache
def catalogue() -> tuple[Indicator, ...]:
    """All indicators, in the order in which they are shown."""
    return tuple(Indicator.model_validate(entry) for entry in yaml.safe_load(FILE.read_text(encoding="utf-8")))


def what_is_counted() -> Catalogue:
    """The indicators and the periods, as the warehouse's tables hold them."""
    indicators = [{**indicator.model_dump(), "position": position} for position, indicator in enumerate(catalogue(), start=1)]
    return Catalogue(indicators, period_rows())
