"""The contracts with the post, as qn.yaml says them: which desks, for how long, and what is paid for.

Belongs here: reading and checking them, and their rows in the warehouse. Does not: what they come to (marts/postal_acceptance).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["guide", "receive", "digitize", "return"]
Per = Literal["post_month", "dossier", "piece", "page", "file", "lump_sum"]
PER_TIME: tuple[Per, ...] = ("post_month", "lump_sum")
"""What is paid for by the desk and not by the work, so that desks must be named."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Strict):
    """What one of something costs. What is not given (kind, scanned, desks) is any."""

    per: Per
    amount: int = Field(ge=0, description="đồng")
    label: str | None = Field(default=None, description="the words of the contract; default words of our own")
    kind: Kind | None = None
    scanned: Literal["components", "result"] | None = Field(default=None, description="of digitizing")
    posts: int = Field(default=1, ge=1, description="post_month: workers at each desk")
    desks: list[str] | None = Field(default=None, min_length=1, description="some of the contract's")
    valid_from: date | None = None
    valid_to: date | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Price":
        _check_order(self.valid_from, self.valid_to)
        if self.per in PER_TIME and (self.kind or self.scanned):
            raise ValueError(f"a price per {self.per} is of no kind of work")
        if self.scanned and self.kind != "digitize":
            raise ValueError("scanned goes with kind: digitize")
        if self.posts != 1 and self.per != "post_month":
            raise ValueError("posts goes with per: post_month")
        return self

    def same_work(self, other: "Price") -> bool:
        """Whether one piece of work could be paid for by both on one day."""
        return (
            self.per == other.per
            and _common(self.kind, other.kind)
            and _common(self.scanned, other.scanned)
            and _share(self.desks or (), other.desks or ())
            and _overlap(self.valid_from, self.valid_to, other.valid_from, other.valid_to)
        )


class PostalContract(_Strict):
    """A contract: desks (all, when none is named), its validity with both days in it, and its prices."""

    name: str
    number: str | None = Field(default=None, description="as the contract is cited: 15/HĐ-BĐT")
    post: str = Field(default="Bưu điện tỉnh", description="the other party")
    desks: list[str] = []
    valid_from: date
    valid_to: date | None = None
    basis: str = Field(description="the decision or order that the contract rests on")
    prices: list[Price] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> "PostalContract":
        _check_order(self.valid_from, self.valid_to)
        for price in self.prices:
            stranger = sorted(set(price.desks or ()) - set(self.desks)) if self.desks else []
            if stranger:
                raise ValueError(f"{self.name}: a price names the desk {stranger[0]!r}, which is none of the contract's")
            if price.per in PER_TIME and not (price.desks or self.desks):
                raise ValueError(f"{self.name}: a price per {price.per} needs desks: it is paid for each of them")
            if price.per == "lump_sum" and not (price.valid_to or self.valid_to):
                raise ValueError(f"{self.name}: a lump sum needs valid_to: it is due in that month")
        if any(one.same_work(other) for one, other in combinations(self.prices, 2) if one.per != "lump_sum"):
            raise ValueError(f"{self.name}: two prices are of the same work on the same days, which would be paid twice")
        return self


class Post(_Strict):
    """What is agreed with the post."""

    contracts: list[PostalContract] = []

    @model_validator(mode="after")
    def _distinct(self) -> "Post":
        for one, other in combinations(self.contracts, 2):
            if one.name == other.name:
                raise ValueError(f"two contracts are named {one.name!r}")
            if _share(one.desks, other.desks) and _overlap(one.valid_from, one.valid_to, other.valid_from, other.valid_to):
                raise ValueError(f"the contracts {one.name!r} and {other.name!r} are of one desk on the same days: its work would be paid twice")
        return self


def contract_rows(post: Post) -> list[dict[str, object]]:
    """A row a contract and desk; one without desks has one row without a desk."""
    return [
        {
            "contract": contract.name,
            "desk": desk,
            "position": position,
            "number": contract.number,
            "post": contract.post,
            "basis": contract.basis,
            "valid_from": contract.valid_from,
            "valid_to": contract.valid_to,
        }
        for position, contract in enumerate(post.contracts, start=1)
        for desk in _each(contract.desks)
    ]


def price_rows(post: Post) -> list[dict[str, object]]:
    """A row a price and desk, its validity within that of its contract; `line` counts the prices of a contract from 1."""
    return [
        {
            "contract": contract.name,
            "desk": desk,
            "line": line,
            "label": price.label,
            "per": price.per,
            "kind": price.kind,
            "scanned": price.scanned,
            "price": price.amount,
            "posts": price.posts,
            "valid_from": max(contract.valid_from, price.valid_from or contract.valid_from),
            "valid_to": min((day for day in (contract.valid_to, price.valid_to) if day), default=None),
        }
        for contract in post.contracts
        for line, price in enumerate(contract.prices, start=1)
        for desk in _each(price.desks or contract.desks)
    ]


def _each(desks: Sequence[str]) -> Iterator[str | None]:
    yield from dict.fromkeys(desks) or [None]


def _check_order(first: date | None, last: date | None) -> None:
    if first and last and last < first:
        raise ValueError(f"valid_to {last} is before valid_from {first}")


def _common(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _share(some: Sequence[str], others: Sequence[str]) -> bool:
    return not some or not others or not set(some).isdisjoint(others)


def _overlap(first: date | None, last: date | None, other_first: date | None, other_last: date | None) -> bool:
    return (last is None or other_first is None or other_first <= last) and (other_last is None or first is None or first <= other_last)
