"""What people decide about rows: waivers, adjustments, and who is told of what is wrong. Read by project, which knows the sources.

Belongs here: what those entries may say. Does not: applying them to rows (validation).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from qn_pipeline.contracts.model import Column, Contract, Profile

UNREADABLE = "row_unreadable"
TOTAL_DIFFERS = "total_differs"
OF_EXTRACTIONS = frozenset(
    {
        *("rows_too_few", "rows_too_many"),
        *("quarantine_jump", "nulls_jump", "unknown_codes", "columns_new", "columns_gone", "counters_differ"),
        *("closed_month_changed", "closed_month_fell"),
    }
)
"""Rules about a whole extraction, or about figures, that may be waived for a source and days, or for months."""

Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Waiver(_Strict):
    """Rows that break a rule are counted all the same: of the extractions of some days, and of a source, a unit or keys where these are given."""

    name: Filled
    rule: Filled
    source: str | None = None
    unit: str | None = Field(default=None, description="code of the unit, as the row spells it")
    keys: list[Filled] | None = Field(default=None, min_length=1, description="the rows' keys, as they spell them")
    start: date = Field(alias="from", description="the first day of extractions that it reaches")
    until: date = Field(description="the last one")
    reason: Filled
    by: Filled = Field(description="who decided")

    @model_validator(mode="after")
    def _in_order(self) -> "Waiver":
        if self.until < self.start:
            raise ValueError("until is before from")
        return self

    def reaches(self, source: str | None, day: date) -> bool:
        return self.source in (None, source) and self.start <= day <= self.until


class Contact(_Strict):
    """Who is told of rows: of those of their units, whatever brings them, and of those of their sources whose unit has no contact."""

    name: Filled
    email: str | None = None
    phone: str | None = None
    sources: list[str] = []
    units: list[str] = []

    @model_validator(mode="after")
    def _for_something(self) -> "Contact":
        if not self.sources and not self.units:
            raise ValueError("names neither sources nor units, so it is told of nothing")
        return self


class AdjustedRow(_Strict):
    """What a key's row is to say: values in the contract's own spelling, an empty one for nothing."""

    code: Filled
    day: date | None = Field(default=None, description="only the telling of this day")
    start: date | None = Field(default=None, alias="from", description="only tellings from this day on")
    until: date | None = Field(default=None, description="only tellings up to this day; default the day of the decision")
    set: dict[str, str] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_reach(self) -> "AdjustedRow":
        if self.day and (self.start or self.until):
            raise ValueError("day goes without from and until")
        return self


class Adjustment(_Strict):
    """A decision about rows, a file of the folder `adjustments`. It reaches tellings up to the day on which it was made: later ones speak for themselves."""

    file: str
    decided_by: Filled
    decided_on: date
    reason: Filled
    source: str
    rows: list[AdjustedRow] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> "Adjustment":
        seen = set()
        for row in self.rows:
            first, last = self.reach(row)
            if last < first:
                raise ValueError(f"the row {row.code!r} is to hold from {first} until {last}, which is before")
            told = (row.code, first, last)
            if told in seen:
                raise ValueError(f"the row {row.code!r} is there twice")
            seen.add(told)
        return self

    def reach(self, row: AdjustedRow) -> tuple[date, date]:
        """The first and the last day of the tellings that a row of it reaches."""
        if row.day:
            return row.day, row.day
        return row.start or date.min, row.until or self.decided_on


def check_waivers(waivers: Iterable[Waiver], contracts: Mapping[str, Contract], profile: Profile) -> None:
    """Hold waivers against the contracts of the sources, by source. Raises ValueError with the first thing that is wrong."""
    names: set[str] = set()
    for waiver in waivers:
        where = f"waivers: {waiver.name!r}"
        if waiver.name in names:
            raise ValueError(f"{where} is there twice; rows keep the name of the waiver that let them in")
        names.add(waiver.name)
        if waiver.source is not None and waiver.source not in contracts:
            raise ValueError(f"{where} names the unknown source {waiver.source!r}; the sources are {', '.join(contracts)}")
        reached = [contract for source, contract in contracts.items() if waiver.source in (None, source)]
        _check_rule(where, waiver, reached, profile)
        if waiver.unit is not None and not any(contract.unit_column for contract in reached):
            raise ValueError(f"{where} names a unit, and rows of {waiver.source} have none")


def _check_rule(where: str, waiver: Waiver, contracts: list[Contract], profile: Profile) -> None:
    if waiver.rule in OF_EXTRACTIONS:
        if waiver.unit is not None or waiver.keys is not None:
            raise ValueError(f"{where}: {waiver.rule} is about a whole extraction, so it takes neither unit nor keys")
        return
    known = {rule.name for contract in contracts for rule in (*contract.active_rules(profile), *contract.rules)}
    if waiver.rule == UNREADABLE or any(waiver.rule in _never(contract) for contract in contracts):
        raise ValueError(
            f"{where}: {waiver.rule} cannot be waived: where a key, a required value or a readable value is missing there is nothing to count"
        )
    if waiver.rule == TOTAL_DIFFERS:
        if waiver.unit is not None or waiver.keys is not None:
            raise ValueError(f"{where}: {waiver.rule} is about a cell of a sheet, so it takes neither unit nor keys")
    elif waiver.rule not in known:
        raise ValueError(f"{where} names the rule {waiver.rule!r}, which no contract of its sources has; see qn quarantine for their names")


def _never(contract: Contract) -> set[str]:
    """The rules that say that there is nothing to count."""
    required = {column.name for column in contract.columns if not column.nullable}
    return {
        *(f"{name}_missing" for name in required),
        *(f"{name}_unknown_code" for name in required),
        *(f"{column.name}_unreadable" for column in contract.columns if column.type != "text"),
    }


def check_contacts(contacts: Iterable[Contact], sources: Iterable[str]) -> None:
    """Raises ValueError when a contact names an unknown source, or two are told of the same."""
    known = set(sources)
    told: dict[tuple[str, str], str] = {}
    names: set[str] = set()
    for contact in contacts:
        if contact.name in names:
            raise ValueError(f"contacts: {contact.name!r} is there twice; name all its sources and units in one entry")
        names.add(contact.name)
        for kind, each in [*(("source", name) for name in contact.sources), *(("unit", code) for code in contact.units)]:
            if kind == "source" and each not in known:
                raise ValueError(f"contacts: {contact.name!r} names the unknown source {each!r}; the sources are {', '.join(sorted(known))}")
            other = told.setdefault((kind, each), contact.name)
            if other != contact.name:
                raise ValueError(f"contacts: the {kind} {each!r} belongs to {other!r} and to {contact.name!r}; give it to one of them")


def check_adjustment(adjustment: Adjustment, contracts: Mapping[str, Contract], profile: Profile) -> None:
    """Hold an adjustment against the contract of its source. Raises ValueError with the first thing that is wrong."""
    if adjustment.source not in contracts:
        raise ValueError(f"source: there is no source {adjustment.source!r}; the sources are {', '.join(contracts)}")
    contract = contracts[adjustment.source]
    for place, row in enumerate(adjustment.rows):
        for name, text in row.set.items():
            where = f"rows.{place}.set.{name}"
            if name not in contract.names:
                raise ValueError(f"{where}: {contract.entity} has no such column; its columns: {', '.join(contract.names)}")
            column = contract.column(name)
            if name in contract.key or name == contract.version_order:
                raise ValueError(f"{where}: says which row it is and in what order rows came; that comes from the source alone")
            if column.sealed:
                raise ValueError(f"{where}: is personal, and personal values are written nowhere")
            try:
                value = typed_text(column, text, profile)
            except ValueError as error:
                raise ValueError(f"{where}: {error}") from None
            if value is None and not column.nullable:
                raise ValueError(f"{where}: must have a value")


YEARS = range(1900, 2200)


def typed_text(column: Column, text: str, profile: Profile) -> str | None:
    """A value in the contract's own spelling as text that SQL casts to the column's type; None for an empty one. Raises ValueError, without the value."""
    text = text.strip()
    if not text:
        return None
    if column.codes:
        if text not in column.codes.codes(profile):
            raise ValueError(f"is no code of the contract; its codes: {', '.join(column.codes.codes(profile))}")
        return text
    match column.type:
        case "integer" if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise ValueError("is no whole number; write digits only, money in đồng")
        case "boolean" if text not in ("true", "false"):
            raise ValueError("is neither true nor false")
        case "date" | "timestamp":
            return _moment(column, text)
    return text


def _moment(column: Column, text: str) -> str:
    told = "write a day like 2022-08-31" + (" or a moment like 2022-08-31 16:30:00" if column.type == "timestamp" else "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"is no date; {told}") from None
    whole_day = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is not None
    if moment.tzinfo is not None or moment.year not in YEARS or (column.type == "date" and not whole_day):
        raise ValueError(f"is no date of the province; {told}")
    if column.type == "date":
        return text
    if whole_day and column.deadline:
        moment = datetime.combine(moment.date(), time(23, 59, 59))
    return moment.isoformat(sep=" ")
