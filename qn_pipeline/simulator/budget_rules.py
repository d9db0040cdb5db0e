"""Which budget lines are digital transformation: an ordered list of rules, as a province would write them down.

Belongs here: the rules and what they decide of a line. Does not: the lines (budgets).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final, Literal, Protocol


class Told(Protocol):
    """What rules look at: codes and texts of a line, empty where it has none."""

    @property
    def chapter(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def item(self) -> str: ...
    @property
    def subitem(self) -> str: ...
    @property
    def project(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def tag(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule matches a line when each condition that it has holds; a condition holds for any of its values. Both days of its validity count."""

    name: str
    decides: Literal["include", "exclude"]
    chapters: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    subitems: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None

    def matches(self, line: Told, day: date) -> bool:
        """Whether it decides of a line on a day."""
        if (self.valid_from is not None and day < self.valid_from) or (self.valid_to is not None and self.valid_to < day):
            return False
        conditions = (
            (self.chapters, line.chapter),
            (self.categories, line.category),
            (self.items, line.item),
            (self.subitems, line.subitem),
            (self.projects, line.project),
            (self.tags, line.tag),
        )
        name = line.name.casefold()
        return all(not wanted or value in wanted for wanted, value in conditions) and (
            not self.keywords or any(keyword.casefold() in name for keyword in self.keywords)
        )


THE_PROJECT: Final = "7938542"
"""The project of the electronic government (decision 1407 of 2022), which is digital whatever a line of it is called."""
LAND_PROJECT: Final = "7941207"

RULES: Final = (
    # Exclusions that narrow what a later rule takes in come first.
    Rule("khong_phai_cntt", "exclude", subitems=("6956",), keywords=("máy photocopy", "máy hủy tài liệu")),
    Rule("luong", "exclude", items=("6000", "6100")),
    Rule("nha_lam_viec", "exclude", items=("9300",), keywords=("nhà làm việc", "trụ sở")),
    Rule("buu_chinh", "exclude", subitems=("6603",), valid_to=date(2024, 9, 30)),
    Rule("du_an", "include", projects=(THE_PROJECT, LAND_PROJECT)),
    Rule("tieu_muc", "include", subitems=("6912", "6956", "7053", "7054")),
    Rule("danh_dau", "include", tags=("CĐS", "Chuyển đổi số")),
    Rule("thue_dich_vu", "include", subitems=("6754", "6799"), keywords=("dịch vụ công nghệ thông tin", "số hóa", "trực tuyến")),
    Rule("tu_khoa", "include", keywords=("chuyển đổi số", "phần mềm", "cơ sở dữ liệu", "an toàn thông tin", "chữ ký số")),
    Rule("khoan_314", "include", categories=("314",), valid_from=date(2024, 7, 1)),
    Rule("chuong_427", "include", chapters=("427",), items=("9350", "9400")),
)


def decide(line: Told, day: date, rules: Sequence[Rule] = RULES) -> bool | None:
    """Whether a line is digital transformation on a day, by the first rule that matches it; None when none does."""
    for rule in rules:
        if rule.matches(line, day):
            return rule.decides == "include"
    return None


def rules(chosen: Sequence[Rule] = RULES) -> list[dict[str, Any]]:
    """The rules as a project's `digital_transformation` section: lists of values, and only the conditions that a rule has."""
    told = []
    for rule in chosen:
        values = {field.name: getattr(rule, field.name) for field in fields(rule)}
        told.append({name: list(value) if isinstance(value, tuple) else value for name, value in values.items() if value not in ((), None)})
    return told
