"""What the post's accepted work of a month comes to, by contract and desk: read from the marts postal_acceptance and postal_acceptance_piece."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.indicators.values import check_unit, status
from qn_pipeline.sources.files import month_after
from qn_pipeline.warehouse.engines import Warehouse


@dataclass(frozen=True)
class Line:
    """A price line: what is paid for, how much of it, and the amount in whole đồng. Days are of a price by the month."""

    line: int
    label: str | None
    per: str
    kind: str | None
    scanned: str | None
    price: int
    quantity: int
    days: int | None
    month_days: int | None
    amount: int


@dataclass(frozen=True)
class Work:
    """A piece of work; reason says why it is not accepted."""

    office: str
    began_at: datetime
    kind: str
    scanned: str | None
    typed: str | None
    dossier: str | None
    pages: int
    files: int
    match: str
    edits: int | None
    reason: str | None


@dataclass(frozen=True)
class Acceptance:
    """A month of a contract at a desk. The period has its first and last day in it."""

    month: date
    desk: str
    desk_name: str
    contract: str
    number: str | None
    post: str
    basis: str
    first_day: date
    last_day: date
    as_of: datetime
    lines: Sequence[Line]
    work: Sequence[Work]

    @property
    def amount(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def accepted(self) -> list[Work]:
        return [piece for piece in self.work if piece.reason is None]

    @property
    def refused(self) -> list[Work]:
        return [piece for piece in self.work if piece.reason is not None]


def acceptances(warehouse: Warehouse, month: date, desk: str | None = None) -> list[Acceptance]:
    """Every desk and contract with work or a price in the month, in order of desk.

    Raises ConfigurationError for an unknown desk, a month that has not ended, or one in which no contract is valid.
    """
    if desk is not None:
        check_unit(warehouse, desk)
    as_of = status(warehouse).as_of
    ends = month_after(month)
    if as_of.date() < ends:
        raise ConfigurationError(f"{month:%Y-%m} has not ended: the last run counted up to {as_of}. Nothing was written. Name an earlier month.")
    rows = warehouse.read(
        """select distinct k.contract, k.number, k.post, k.basis, k.valid_from, k.valid_to, k.position, w.desk, u.name
        from marts.postal_contract as k
        inner join (
            select contract, desk from marts.postal_acceptance where month = ?
            union
            select contract, desk from marts.postal_acceptance_piece where month = ?
        ) as w on w.contract = k.contract and (k.desk is null or k.desk = w.desk)
        left join marts.unit as u on u.unit = w.desk
        where w.desk = ? or ? is null
        order by w.desk, k.position""",
        [month, month, desk, desk],
    )[1]
    if not rows:
        whose = f" with {desk}" if desk else ""
        raise ConfigurationError(
            f"No contract with the post{whose} is valid and used in {month:%Y-%m}. Nothing was written. Declare it in qn.yaml (post.contracts), and run again."
        )
    return [
        Acceptance(
            month=month,
            desk=place,
            desk_name=name or place,
            contract=contract,
            number=number,
            post=post,
            basis=basis,
            first_day=max(month, valid_from),
            last_day=min(ends - timedelta(days=1), valid_to or ends),
            as_of=as_of,
            lines=_lines(warehouse, month, contract, place),
            work=_work(warehouse, month, contract, place),
        )
        for contract, number, post, basis, valid_from, valid_to, _, place, name in rows
    ]


def without_contract(warehouse: Warehouse, month: date) -> tuple[int, int]:
    """How many pieces of a month are under no contract, and at how many desks."""
    rows: list[Any] = warehouse.read(
        "select count(*), count(distinct desk) from marts.postal_acceptance_piece where month = ? and contract is null", [month]
    )[1]
    return int(rows[0][0]), int(rows[0][1])


def _lines(warehouse: Warehouse, month: date, contract: str, desk: str) -> list[Line]:
    columns = "line, label, per, kind, scanned, price, quantity, days, month_days, amount"
    rows = warehouse.read(
        f"select {columns} from marts.postal_acceptance where month = ? and contract = ? and desk = ? and line is not null order by line",
        [month, contract, desk],
    )[1]
    return [Line(*row) for row in rows]


def _work(warehouse: Warehouse, month: date, contract: str, desk: str) -> list[Work]:
    rows = warehouse.read(
        "select office, began_at, kind, scanned, dossier_as_typed, dossier_code, pages, files, match, edits, reason from marts.postal_acceptance_piece "
        "where month = ? and contract = ? and desk = ? order by began_at, office, code",
        [month, contract, desk],
    )[1]
    return [Work(*row) for row in rows]
