"""The words in which contracts are written."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from qn_pipeline.contracts.mojibake import looks_misread

ColumnType = Literal["text", "integer", "boolean", "timestamp", "date"]
Profile = Literal["vietnam", "generic"]

FIRST_DAY = date(2000, 1, 1)
"""No system of a one-stop shop is older, and no row of one speaks of a day before."""
LAST_DAY = date(2099, 12, 31)


class Severity(StrEnum):
    """What a broken rule does: it is told, the row goes to quarantine, or it goes there and the stage stops."""

    WARN = "warn"
    QUARANTINE = "quarantine"
    STOP = "stop"


class Reach(StrEnum):
    """What a rule looks at: the row alone, all rows of the extraction, or other days and entities, too (in the warehouse: core/history_violation)."""

    ROW = "row"
    EXTRACTION = "extraction"
    HISTORY = "history"


@dataclass(frozen=True)
class CodeList:
    """Codes that a column may hold, with their Vietnamese labels; some exist in one profile only."""

    name: str
    labels: dict[str, str]
    generic_labels: dict[str, str] | None = None

    def codes(self, profile: Profile) -> dict[str, str]:
        extra = self.generic_labels if profile == "generic" else None
        return self.labels | (extra or {})


@dataclass(frozen=True)
class Shape:
    """What a text must look like as a whole, as a regular expression (RE2), and what is told of one that does not."""

    pattern: str
    message: str
    severity: Severity = Severity.QUARANTINE
    profile: Profile | None = None


@dataclass(frozen=True)
class Column:
    """One column: timestamps are local and naive in the province's zone, money is whole đồng.

    `sealed`: an identifier of a person, kept only as a keyed HMAC. `volatile`: a change of it alone makes no new version.
    `deadline`: a date without a time of day means the end of that day. `past`: it has happened, so that it cannot lie after what the data speak for.
    `least`, `most`: bounds of a number, or of a date by day, both included; beyond them it is wrong beyond doubt, unless `range_severity` says otherwise.
    `prose`: Vietnamese text that people read. `shape`: what a code must look like.
    """

    name: str
    type: ColumnType
    label: str
    description: str
    nullable: bool = True
    codes: CodeList | None = None
    unit: str | None = None
    sealed: bool = False
    volatile: bool = False
    deadline: bool = False
    past: bool = False
    least: int | date | None = None
    most: int | date | None = None
    range_severity: Severity = Severity.QUARANTINE
    prose: bool = False
    shape: Shape | None = None

    @property
    def personal(self) -> bool:
        """It is about a person; of those, only sealed identifiers are kept."""
        return self.sealed


@dataclass(frozen=True)
class Rule:
    """A named condition. Of a row: `broken_when` is a DuckDB predicate over the contract's columns, true for a bad row.

    `{day_end}` in it stands for the end of the day the extraction speaks for. A rule with a profile holds only there, one that `needs` columns only
    where a source brings them. Of an extraction: no two rows have the same values in `one_row_by`; rows without one of them are not compared.
    Of history: the model core/history_violation finds the rows; here stand only name, severity and message.
    """

    name: str
    column: str
    broken_when: str
    message: str
    severity: Severity = Severity.QUARANTINE
    profile: Profile | None = None
    needs: tuple[str, ...] = ()
    reach: Reach = Reach.ROW
    one_row_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """Two moments, of which the second never comes first; `rule` is broken when it does, and blames the second unless told otherwise."""

    rule: str
    earlier: str
    later: str
    message: str
    severity: Severity = Severity.QUARANTINE
    blames: str | None = None


def one_row_by(name: str, columns: tuple[str, ...], message: str, severity: Severity = Severity.WARN) -> Rule:
    """A rule of the extraction: rows that have the same values in some columns are too many."""
    return Rule(name, columns[0], "", message, severity, reach=Reach.EXTRACTION, one_row_by=columns)


def across_history(name: str, column: str, message: str) -> Rule:
    """A rule across days and entities. It warns: what it holds a row against may be what is wrong."""
    return Rule(name, column, "", message, Severity.WARN, reach=Reach.HISTORY)


@dataclass(frozen=True)
class Contract:
    """What a valid row of an entity is. `key` is completed by the source's system; `follows` is landed after another entity.

    `unit_column` names whose row it is: the unit that its defects are told to, and whose figures it is missing from.
    """

    entity: str
    label: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    orders: tuple[Order, ...] = ()
    version_order: str | None = None
    follows: str | None = None
    unit_column: str | None = None

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def content(self) -> list[str]:
        """The columns whose change makes a new version."""
        return [column.name for column in self.columns if not column.volatile]

    def active_rules(self, profile: Profile, brought: Collection[str] | None = None) -> list[Rule]:
        """The rules that the door asks in a profile of a source that brings some columns (all, if not given).

        Those that follow from columns and orders stand before those written here. Rules of history are not among them.
        """
        own = [rule for rule in self.rules if rule.reach is not Reach.HISTORY]
        rules = [*(rule for column in self.columns for rule in column_rules(column)), *(order_rule(order) for order in self.orders), *own]
        return [rule for rule in rules if rule.profile in (None, profile) and (brought is None or set(rule.needs) <= set(brought))]

    @property
    def history_rules(self) -> list[Rule]:
        """The rules that the warehouse asks."""
        return [rule for rule in self.rules if rule.reach is Reach.HISTORY]


def column_rules(column: Column) -> list[Rule]:
    """What a column's declaration demands: a known code or a readable value, presence, bounds, a shape, text that was read right.

    `raw__<name>` is the source's text, `unknown__<name>` is true when that text has no code.
    """
    name, label = column.name, f"Cột “{column.label}”"
    rules = []
    if column.codes:
        rules.append(Rule(f"{name}_unknown_code", name, f"unknown__{name}", f"{label} có mã không nằm trong danh mục."))
    elif column.type != "text":
        message = f"{label} có giá trị không đọc được theo kiểu {TYPE_LABELS[column.type]} đã khai báo."
        rules.append(Rule(f"{name}_unreadable", name, f"raw__{name} is not null and {name} is null", message))
    if not column.nullable:
        rules.append(Rule(f"{name}_missing", name, f"raw__{name} is null", f"{label} bắt buộc nhưng bị bỏ trống."))
    if column.least is not None or column.most is not None:
        message = f"{label} nằm ngoài khoảng hợp lý ({range_told(column)})."
        rules.append(Rule(f"{name}_out_of_range", name, _out_of_range(column), message, column.range_severity))
    if column.past:
        rules.append(Rule(f"{name}_in_future", name, f"{name} >= {{day_end}}", f"{label} có thời điểm sau ngày mà dữ liệu được gửi."))
    if column.shape:
        shape = column.shape
        broken = f"not regexp_full_match({name}, '{shape.pattern}')"
        rules.append(Rule(f"{name}_format", name, broken, shape.message, shape.severity, shape.profile))
    if column.prose:
        message = f"{label} có chữ bị lỗi phông hoặc sai bảng mã (đọc tệp sai mã ký tự, hoặc nguồn đã lưu sai)."
        rules.append(Rule(f"{name}_mojibake", name, looks_misread(name), message, Severity.WARN))
    return rules


def order_rule(order: Order) -> Rule:
    return Rule(order.rule, order.blames or order.later, f"{order.later} < {order.earlier}", order.message, order.severity)


def _out_of_range(column: Column) -> str:
    beyond = []
    if column.least is not None:
        beyond.append(f"{column.name} < {_bound(column.least)}")
    if column.most is not None:
        # A day is over when the next one begins.
        beyond.append(
            f"{column.name} >= {_bound(column.most)} + interval 1 day" if isinstance(column.most, date) else f"{column.name} > {column.most}"
        )
    return " or ".join(beyond)


def _bound(bound: int | date) -> str:
    return f"date '{bound}'" if isinstance(bound, date) else str(bound)


def range_told(column: Column) -> str:
    """A column's bounds as people read them: từ 0 đến 1.000 đồng."""
    ends = (("từ", column.least), ("đến", column.most))
    told = " ".join(f"{word} {f'{end:%d/%m/%Y}' if isinstance(end, date) else f'{end:,}'.replace(',', '.')}" for word, end in ends if end is not None)
    return f"{told} {column.unit}" if column.unit else told


TYPE_LABELS: dict[ColumnType, str] = {
    "text": "văn bản",
    "integer": "số nguyên",
    "boolean": "có/không",
    "timestamp": "ngày giờ",
    "date": "ngày",
}
