"""Period sets: which periods figures are counted for, as data. A figure names its set, since the same month is cut in several ways."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

FILE = Path(__file__).with_name("period_sets.yaml")
MONTHS_OF_A_YEAR = 12

Month = Annotated[int, Field(ge=1, le=MONTHS_OF_A_YEAR)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Grain(_Entry):
    """Periods of one length: those that end in the months `ends`."""

    grain: str
    name_vi: str
    ends: list[Month]
    months: Month | None = None
    since: Literal["year"] | None = None

    @model_validator(mode="after")
    def _one_length(self) -> "Grain":
        if (self.months is None) == (self.since is None):
            raise ValueError("give either months or since")
        return self

    def length(self, end: int) -> int:
        """How many months the period that ends in a month holds."""
        return self.months or end


class PeriodSet(_Entry):
    """A way to cut time."""

    period_set: str
    name_vi: str
    name_en: str
    basis: str
    certainty: Literal["source", "derived", "memory"]
    first_day: int = Field(ge=1, le=28, description="the day on which a month begins; from 2 on, that of the month before")
    grains: list[Grain]


@cache
def period_sets() -> tuple[PeriodSet, ...]:
    """All period sets."""
    return tuple(PeriodSet.model_validate(entry) for entry in yaml.safe_load(FILE.read_text(encoding="utf-8")))


def period_rows() -> list[dict[str, object]]:
    """The periods of a year, as the warehouse's table `valid.period_ends` holds them: one row a set, grain and month of its end.

    A period is shown from its first day on; of those that begin together and end in turn, each from its last month on.
    """
    return [
        {
            "period_set": cut.period_set,
            "grain": grain.grain,
            "end_month": end,
            "months": grain.length(end),
            "months_shown": 1 if grain.since and len(grain.ends) > 1 else grain.length(end),
            "first_day": cut.first_day,
        }
        for cut in period_sets()
        for grain in cut.grains
        for end in grain.ends
    ]
