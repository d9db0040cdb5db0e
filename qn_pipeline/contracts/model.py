"""The words in which contracts are written."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

ColumnType = Literal["text", "integer", "boolean", "timestamp", "date"]
Profile = Literal["vietnam", "generic"]


class Severity(StrEnum):
    """What a broken rule does: it is told, the row goes to quarantine, or it goes there and the stage stops."""

    WARN = "warn"
    QUARANTINE = "quarantine"
    STOP = "stop"


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
class Column:
    """One column: timestamps are local and naive in the province's zone, money is whole đồng.

    `sealed`: an identifier of a person, kept only as a keyed HMAC. `volatile`: a change of it alone makes no new version.
    `deadline`: a date without a time of day means the end of that day.
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


@dataclass(frozen=True)
class Rule:
    """A named condition on one row. `broken_when` is a DuckDB predicate over the contract's columns, true for a bad row.

    `{day_end}` in it stands for the end of the day the extraction speaks for. A rule with a profile holds only there.
    """

    name: str
    column: str
    broken_when: str
    message: str
    severity: Severity = Severity.QUARANTINE
    profile: Profile | None = None


@dataclass(frozen=True)
class Contract:
    """What a valid row of an entity is. `key` is completed by the source's system; `follows` is landed after another entity."""

    entity: str
    label: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    version_order: str | None = None
    follows: str | None = None

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def content(self) -> list[str]:
        """The columns whose change makes a new version."""
        return [column.name for column in self.columns if not column.volatile]

    def active_rules(self, profile: Profile) -> list[Rule]:
        """The rules that hold in a profile: those written here, after those that follow from the columns."""
        own = [rule for rule in self.rules if rule.profile in (None, profile)]
        return [*(rule for column in self.columns for rule in column_rules(column)), *own]


def column_rules(column: Column) -> list[Rule]:
    """What a column's declaration demands: a known code or a readable value, and presence.

    `raw__<name>` is the source's text, `unknown__<name>` is true when that text has no code.
    """
    rules = []
    if column.codes:
        message = f"Cột “{column.label}” có mã không nằm trong danh mục."
        rules.append(Rule(f"{column.name}_unknown_code", column.name, f"unknown__{column.name}", message))
    elif column.type != "text":
        message = f"Cột “{column.label}” có giá trị không đọc được theo kiểu {TYPE_LABELS[column.type]} đã khai báo."
        rules.append(Rule(f"{column.name}_unreadable", column.name, f"raw__{column.name} is not null and {column.name} is null", message))
    if not column.nullable:
        message = f"Cột “{column.label}” bắt buộc nhưng bị bỏ trống."
        rules.append(Rule(f"{column.name}_missing", column.name, f"raw__{column.name} is null", message))
    return rules


TYPE_LABELS: dict[ColumnType, str] = {
    "text": "văn bản",
    "integer": "số nguyên",
    "boolean": "có/không",
    "timestamp": "ngày giờ",
    "date": "ngày",
}
