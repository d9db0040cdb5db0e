"""Tables beside the figures, as readers see them: the post's month, budgets, databases, and lists of what is urgent.

Belongs here: reading what is published. Does not: figures by indicator (values), or how any of it is computed (dbt).
"""

from collections.abc import Sequence
from datetime import date

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.indicators.values import LEVELS, Table, check_levels, check_unit, level_order
from qn_pipeline.warehouse.engines import Warehouse

WORKLISTS = {
    "dossiers": (
        "dossier_worklist",
        "position, unit, desk, code, procedure, state, standing, due_at, spent_at, urgency, days_left, cost_kind, unit_cost, province_cost",
    ),
    "feedback": (
        "feedback_worklist",
        "position, unit, code, kind, topic, received_at, due_at, due_origin, urgency, days_left, cost_kind, unit_cost, province_cost",
    ),
}
STATUSES = {
    "done": "Hoàn thành",
    "on_track": "Đúng tiến độ",
    "at_risk": "Có nguy cơ",
    "late": "Chậm tiến độ",
    "no_report": "Không báo cáo",
}
"""Of a specialised database, for readers."""
CHECKS = {
    "progress_without_money": "có tiến độ nhưng chưa chi",
    "money_without_progress": "đã chi nhưng chưa có tiến độ",
    "operated_without_records": "báo đã vận hành nhưng chưa có bản ghi",
    "report_copied": "báo cáo lặp lại tháng trước",
    "progress_fell": "số liệu giảm so với tháng trước",
}
"""What reports of databases contradict."""
_TRACKED = (
    *("code", "name", "owner_name", "status", "planned_progress", "actual_progress", "months_late", "records", "planned_records", "records_share"),
    *("records_a_month", "records_a_month_needed", "amount_spent", "planned_amount", "amount_share", "operated_planned", "first_operated_planned"),
    *("rebaselines", "expected_finish", "finish_from", "finish_to", "finish_method", "reported_month", "days_since_report"),
)


def tracker_table(warehouse: Warehouse, known_at: date | None = None) -> Table:
    """The specialised databases as of a day, by what was known at its end; of the newest day where none is named.

    Raises ConfigurationError for a day after the newest one. Before the first plan was known there are no rows.
    """
    newest = warehouse.read("select max(day) from marts.database_tracker_history")[1][0][0]
    if known_at is not None and newest is not None and known_at > newest:
        raise ConfigurationError(f"{known_at} is not known yet: the last run counted up to {newest}. Nothing was written. Name an earlier day.")
    columns, rows = warehouse.read(
        f"select {', '.join(_TRACKED)}, {', '.join(CHECKS)} from marts.database_tracker_history where day = ? "
        "order by case status when 'late' then 0 when 'no_report' then 1 when 'at_risk' then 2 when 'on_track' then 3 else 4 end, code",
        [known_at or newest],
    )
    told = [
        (*row[: len(_TRACKED)], "; ".join(words for words, found in zip(CHECKS.values(), row[len(_TRACKED) :], strict=True) if found)) for row in rows
    ]
    return [*columns[: len(_TRACKED)], "contradictions"], told


def budget_table(warehouse: Warehouse, month: date, unit: str | None = None) -> Table:
    """Digital-transformation money at a month's end, by unit; of one unit by kind and source, beside all its money. Amounts are đồng.

    Raises ConfigurationError for an unknown unit.
    """
    shown = (
        "b.plan, b.allotted, b.expected, b.disbursed, b.disbursed_share, b.allotted_share, b.need_met, b.ahead_of_pace, b.last_year_disbursed_share, "
        "b.disbursed_share_of_all, b.target_share, b.units_reported, b.units"
    )
    if unit is None:
        return warehouse.read(
            f"select b.unit, u.name as unit_name, {shown} from marts.budget_execution as b inner join marts.unit as u on u.unit = b.unit "
            "where b.month_start = ? and b.kind = 'all' and b.source = 'all' and b.scope = 'digital' "
            f"order by {level_order('u.level')}, b.unit",
            [month],
        )
    check_unit(warehouse, unit)
    return warehouse.read(
        f"select b.scope, b.kind, b.source, {shown} from marts.budget_execution as b where b.month_start = ? and b.unit = ? "
        "order by b.scope desc, b.kind <> 'all', b.kind, b.source <> 'all', b.source",
        [month, unit],
    )


def post_table(warehouse: Warehouse, month: date, unit: str | None = None, levels: Sequence[str] = ()) -> Table:
    """The post's work of a month by unit, of all or some levels; of one unit by post office. Raises ConfigurationError for an unknown unit or level."""
    check_levels(levels)
    asked = list(levels or LEVELS)
    work = "p.guide_count, p.receive_count, p.digitize_count, p.return_count, p.dossiers_touched, p.pages, p.files, p.failed, p.unmatched"
    if unit is None:
        return warehouse.read(
            f"select p.unit, u.name as unit_name, {work} from marts.postal_work as p inner join marts.unit as u on u.unit = p.unit "
            f"where p.month = ? and p.office = 'all' and u.level in ({', '.join('?' for _ in asked)}) order by {level_order('u.level')}, p.unit",
            [month, *asked],
        )
    check_unit(warehouse, unit)
    return warehouse.read(
        f"select p.office, {work} from marts.postal_work as p where p.month = ? and p.unit = ? order by p.office <> 'all', p.office", [month, unit]
    )


def reconciliation_table(warehouse: Warehouse, month: date, unit: str | None = None) -> Table:
    """The post's log of a month against the one-stop shop, by unit (itself alone) and office; of one unit by kind of work.

    `post_without_work` counts dossiers that the shop received by post and the log does not know. Raises ConfigurationError for an unknown unit.
    """
    counted = (
        *("pieces", "exact", "approximate", "ambiguous", "contradicted", "unmatched", "without_code", "claimed_twice", "failed"),
        *("pages_without_files", "files_without_pages", "lag_other_day", "post_without_work"),
    )
    sums = ", ".join(f"cast(sum({name}) as bigint) as {name}" for name in counted)
    keys = "unit, coalesce(office, '') as office" if unit is None else "kind, coalesce(office, '') as office"
    if unit is not None:
        check_unit(warehouse, unit)
    return warehouse.read(
        f"select {keys}, {sums} from marts.postal_reconciliation where cast(date_trunc('month', day) as date) = ? and (unit = ? or ? is null) "
        "group by 1, 2 order by 1, 2",
        [month, unit, unit],
    )


def worklist_table(warehouse: Warehouse, of: str, unit: str | None = None) -> Table:
    """What is overdue or due within five working days, what costs the index most first; of a unit alone, not of those below it.

    Raises ConfigurationError for an unknown unit.
    """
    mart, columns = WORKLISTS[of]
    if unit is not None:
        check_unit(warehouse, unit)
    return warehouse.read(f"select {columns} from marts.{mart} where unit = ? or ? is null order by position", [unit, unit])
