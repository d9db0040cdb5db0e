"""Reading the quarantine from what is published: cases in groups and one by one, with their trend, and what was decided about rows."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.errors import ConfigurationError
from qn_pipeline.project_quality import TOTAL_DIFFERS, UNREADABLE
from qn_pipeline.sources.workbooks import SHEET_STEP
from qn_pipeline.warehouse.engines import Row, Warehouse

Table = tuple[list[str], list[Row]]
WEEK = timedelta(days=7)


class State(StrEnum):
    """What became of a case; `all` of them."""

    open = "open"
    fixed = "fixed"
    waived = "waived"
    all = "all"


class By(StrEnum):
    """What cases are put together by."""

    source = "source"
    rule = "rule"
    unit = "unit"
    day = "day"


@dataclass(frozen=True)
class Asked:
    """Which cases: None means all. Days are those of a case's newest telling, both included."""

    source: str | None = None
    rule: str | None = None
    unit: str | None = None
    state: State = State.open
    first: date | None = None
    last: date | None = None

    def conditions(self) -> tuple[str, list[object]]:
        """SQL over `q`, and its parameters; the state is left to the caller."""
        wanted = {"q.source = ?": self.source, "q.rule = ?": self.rule, "q.unit = ?": self.unit, "q.day >= ?": self.first, "q.day <= ?": self.last}
        given = {condition: value for condition, value in wanted.items() if value is not None}
        return " and ".join(given) or "true", list(given.values())

    def is_narrow(self) -> bool:
        """Whether it names what makes a list of single cases readable."""
        return self.source is not None or self.rule is not None or self.unit is not None

    def shown(self) -> list[str]:
        """The columns of single cases that a screen shows: without what was asked for, and what the state has nothing in."""
        outcome = {State.open: [], State.fixed: ["fixed_on"], State.waived: ["waiver"], State.all: ["state", "fixed_on", "waiver"]}
        given = {"source": self.source, "rule": self.rule, "unit": self.unit}
        places = [name for name in ("source", "file", "row_no", "row_key", "unit", "rule") if given.get(name) is None]
        return [*places, "severity", *outcome[self.state], "since", "message"]


GROUPS: dict[By | None, tuple[str, ...]] = {
    None: ("source", "severity", "rule"),
    By.source: ("source", "severity"),
    By.rule: ("rule", "severity"),
    By.unit: ("unit", "unit_name", "severity"),
    By.day: ("day", "severity"),
}


def check_rule(rule: str) -> None:
    """Raises ConfigurationError when no contract has the rule."""
    named = {each.name for contract in CONTRACTS.values() for each in (*contract.active_rules("vietnam"), *contract.rules)}
    if rule not in named | {UNREADABLE, TOTAL_DIFFERS}:
        raise ConfigurationError(f"There is no rule {rule!r}. Nothing was written. Leave --rule out to see all of them.")


def grouped(warehouse: Warehouse, asked: Asked, by: By | None) -> Table:
    """Cases by source and rule, or by one thing: how many, told how often, the oldest, and how many began this week, the week before, and were fixed.

    Weeks are the seven days up to the run's last one, and the seven before them.
    """
    _, status = warehouse.read("select max(as_of) from marts.data_status")
    last = (status[0][0] - timedelta(microseconds=1)).date() if status and status[0][0] else date.min + 2 * WEEK
    group = ", ".join(GROUPS[by])
    conditions, values = asked.conditions()
    counted = "true" if asked.state is State.all else f"q.state = '{asked.state}'"
    message = ", min(message) as message" if by in (None, By.rule) else ""
    return warehouse.read(
        f"select {group}, sum(counted) as cases, sum(counted * tellings) as tellings, min(case when counted = 1 then since end) as oldest, "
        "sum(case when since > ? and since <= ? then 1 else 0 end) as new_this_week, sum(case when since > ? and since <= ? then 1 else 0 end) as new_week_before, "
        f"sum(case when fixed_on > ? and fixed_on <= ? then 1 else 0 end) as fixed_this_week{message} "
        f"from (select q.*, u.name as unit_name, case when {counted} then 1 else 0 end as counted from marts.quarantine_row as q "
        f"left join marts.unit as u on u.unit = q.unit where {conditions}) as q "
        f"group by {group} having sum(counted) > 0 order by severity, cases desc, {group}",
        [last - WEEK, last, last - 2 * WEEK, last - WEEK, last - WEEK, last, *values],
    )


CASE_COLUMNS = (
    "day",
    "file",
    "row_no",
    "row_key",
    "unit",
    "severity",
    "rule",
    "column_name",
    "state",
    "since",
    "fixed_on",
    "waiver",
    "tellings",
    "message",
)


def cases(warehouse: Warehouse, asked: Asked) -> Table:
    """Cases one by one, as their newest telling has them; the row as a person finds it."""
    conditions, values = asked.conditions()
    state = "" if asked.state is State.all else f" and q.state = '{asked.state}'"
    columns, rows = warehouse.read(
        f"select q.source, {', '.join(f'q.{name}' for name in CASE_COLUMNS)} from marts.quarantine_row as q where {conditions}{state} "
        "order by q.source, q.day, q.file, q.row_no, q.rule",
        values,
    )
    at = columns.index("row_no")
    return columns, [(*row[:at], located(row[at]), *row[at + 1 :]) for row in rows]


def adjustments(warehouse: Warehouse) -> Table:
    """What was decided in place of what sources told, and whether it still speaks."""
    return warehouse.read(
        "select source, row_key, unit, column_name, value, decided_by, decided_on, reason, file, state from marts.adjustment "
        "order by decided_on, file, row_key, column_name"
    )


def located(row_no: int) -> int | str:
    """A row as a person finds it: of a workbook's second sheet and later ones, the sheet, too."""
    place, row = divmod(row_no, SHEET_STEP)
    return f"{place + 1}. sheet, row {row}" if place else row


@dataclass(frozen=True)
class Case:
    """An open case for those who can correct it."""

    source: str
    entity: str
    file: str | None
    row_no: int
    row_key: str | None
    unit: str | None
    severity: str
    rule: str
    column_name: str | None
    message: str
    since: date
    is_stale: bool


def open_cases(warehouse: Warehouse, first: date | None = None, last: date | None = None) -> list[Case]:
    """All open cases whose newest telling is of those days, in the order in which a person goes through files."""
    conditions, values = Asked(first=first, last=last).conditions()
    _, rows = warehouse.read(
        "select q.source, q.entity, q.file, q.row_no, q.row_key, q.unit, q.severity, q.rule, q.column_name, q.message, q.since, q.is_stale "
        f"from marts.quarantine_row as q where {conditions} and q.state = 'open' order by q.severity, q.source, q.day, q.file, q.row_no, q.rule",
        values,
    )
    return [Case(*row) for row in rows]
