"""The other door: what must hold in the marts that were built, before readers see them. Each query counts violations.

All of these stop the publication. Belongs here: what must hold within the marts. Does not: how they differ from those that are published (continuity).
"""

import re

from qn_pipeline.engine import literal
from qn_pipeline.errors import ContractBroken
from qn_pipeline.warehouse.engines import BI_NEXT, MARTS_NEXT, Warehouse, Writing

# What readers are promised.
MARTS = (
    "adjustment",
    "budget_execution",
    "budget_undecided",
    "data_status",
    "database_tracker",
    "database_tracker_history",
    "dossier_disagreement",
    "dossier_worklist",
    "due_date_disagreement",
    "due_date_moved",
    "feedback_worklist",
    "indicator",
    "indicator_comparison",
    "indicator_score",
    "indicator_scorecard",
    "indicator_values",
    "layout",
    "layout_values",
    "on_time_forecast",
    "period",
    "postal_acceptance",
    "postal_acceptance_piece",
    "postal_candidate",
    "postal_contract",
    "postal_missing",
    "postal_reconciliation",
    "postal_unmatched",
    "postal_work",
    "procedure_time",
    "quarantine_row",
    "source_reconciliation",
    "source_reconciliation_dossier",
    "step_time",
    "unit",
)
VIEWS = (
    "data_status",
    "dictionary",
    "dim_channel",
    "dim_database",
    "dim_indicator",
    "dim_period",
    "dim_unit",
    "fact_budget",
    "fact_database_progress",
    "fact_indicator",
    "fact_post_reconciliation",
    "fact_quarantine",
    "fact_score",
    "fact_scorecard",
)
"""What BI tools are promised."""
MONEY = ("estimate", "allotted", "disbursed")
# Three flows of the whole province, over all channels.
PROVINCE = f"""
            select v.indicator, v.period_set, v.grain, v.period_start, v.period_end, v.numerator
            from {MARTS_NEXT}.indicator_values as v inner join staging.stg_run as r on r.province_code = v.unit
            where v.channel = 'all' and v.indicator in ('dossiers_received', 'dossiers_settled', 'dossiers_settled_late')"""
QUERIES = {
    "marts_of_another_run": f"""
        select count(*) from (
            select max(as_of) as as_of from {MARTS_NEXT}.data_status union all select coalesce(max(v.as_of), max(r.as_of))
            from staging.stg_run as r left join {MARTS_NEXT}.indicator_values as v on true
        ) as built inner join staging.stg_run as r on r.as_of <> built.as_of""",
    "figures_doubled": f"""
        select count(*) from (
            select 1 from {MARTS_NEXT}.indicator_values
            group by indicator, period_set, grain, period_end, unit, channel having count(*) > 1
        ) as doubled""",
    "figures_without_unit": f"""
        select count(*) from {MARTS_NEXT}.indicator_values as v
        where not exists (select 1 from {MARTS_NEXT}.unit as u where u.unit = v.unit)""",
    "share_out_of_bounds": f"""
        select count(*) from {MARTS_NEXT}.indicator_values as v inner join {MARTS_NEXT}.indicator as i on i.indicator = v.indicator
        where v.denominator is not null and (v.numerator < 0 or v.numerator > v.denominator) and i.numerator not like 'services%'""",
    "count_negative": f"""
        select count(*) from {MARTS_NEXT}.indicator_values where numerator < 0""",
    # Received and settled as a direct count over dossiers, against the province's years.
    "received_differs": f"""
        select count(*) from (
            select
                (select count(*) from core.fct_dossier as d cross join staging.stg_run as r where d.is_counted and d.state <> 'new' and d.received_at < r.as_of) as direct,
                (select coalesce(sum(v.numerator), 0) from {MARTS_NEXT}.indicator_values as v inner join staging.stg_run as r on r.province_code = v.unit
                 where v.indicator = 'dossiers_received' and v.period_set = 'calendar' and v.grain = 'year' and v.channel = 'all') as told
        ) as sums where direct <> told""",
    "open_differs": f"""
        select count(*) from (
            select
                (select count(*) from core.fct_dossier as d cross join staging.stg_run as r
                 where d.is_counted and d.state in ('running', 'paused') and d.received_at < r.as_of) as direct,
                (select coalesce(sum(v.numerator), 0) from {MARTS_NEXT}.indicator_values as v inner join staging.stg_run as r on r.province_code = v.unit
                 where v.indicator in ('dossiers_running', 'dossiers_paused') and v.period_set = 'calendar' and v.grain = 'month' and v.channel = 'all'
                     and v.period_start = (select max(period_start) from {MARTS_NEXT}.indicator_values where period_set = 'calendar' and grain = 'month')) as told
        ) as sums where direct <> told""",
    # Every dossier is in a unit's figures exactly once, and the province's are the sum of those units'.
    "units_do_not_add_up": f"""
        with whole as ({PROVINCE}),
        direct as (
            select cast(date_trunc('month', day) as date) as period_start, sum(received) as received, sum(settled) as settled, sum(settled_late) as late
            from measures.dossier_daily where role = 'resolving' group by 1
        )
        select count(*) from whole as v left join direct as d on d.period_start = v.period_start
        where v.period_set = 'calendar' and v.grain = 'month' and v.numerator
            <> coalesce(case v.indicator when 'dossiers_received' then d.received when 'dossiers_settled' then d.settled else d.late end, 0)""",
    # The months of a year are its flows, and so is the year to date at the year's newest month.
    "periods_do_not_add_up": f"""
        with whole as ({PROVINCE}),
        part as (
            select y.indicator, y.period_start, y.numerator, sum(case when m.grain = 'month' and m.period_set = 'calendar' then m.numerator end) as added,
                max(case when m.period_set = 'year_to_date' then m.numerator end) as to_date
            from whole as y inner join whole as m on m.indicator = y.indicator and m.period_start between y.period_start and y.period_end
            where y.period_set = 'calendar' and y.grain = 'year'
            group by y.indicator, y.period_start, y.numerator
        )
        select count(*) from part where numerator <> coalesce(added, 0) or numerator <> coalesce(to_date, 0)""",
    # Several systems tell a dossier, and one of them is counted.
    "dossiers_doubled": """
        select count(*) from (select 1 from core.fct_dossier where is_counted group by dossier having count(*) > 1) as doubled""",
    "verdicts_do_not_add_up": f"""
        select count(*) from (
            select sum(case when indicator = 'dossiers_settled' then numerator else -numerator end) as rest
            from {MARTS_NEXT}.indicator_values
            where indicator in ('dossiers_settled', 'dossiers_settled_early', 'dossiers_settled_on_time', 'dossiers_settled_late', 'dossiers_settled_without_due')
            group by period_set, grain, period_end, unit, channel
        ) as settled where rest <> 0""",
    # What adds up in each report layout: carried over and received, and what became of them.
    "layouts_do_not_add_up": f"""
        with member as (
            select i.layout, i.total, i.parts, c.column_code, c.column_code = i.total as is_total
            from staging.stg_layout_identities as i
            inner join staging.stg_layout_columns as c on c.layout = i.layout
            where c.column_code = i.total or strpos(',' || i.parts || ',', ',' || c.column_code || ',') > 0
        )
        select count(*) from (
            select sum(case when m.is_total then v.value end) as told, sum(case when not m.is_total then v.value end) as added
            from member as m inner join {MARTS_NEXT}.layout_values as v on v.layout = m.layout and v.column_code = m.column_code
            group by m.layout, m.total, m.parts, v.period_set, v.grain, v.period_start, v.unit
        ) as identities where told <> added""",
    "points_out_of_bounds": f"""
        select count(*) from {MARTS_NEXT}.indicator_scorecard where points < 0 or points > max_points or (points is null) = (reason is null)""",
    # What readers look things up by, besides the figures' own key; of large marts the years alone: a join that doubles does so in all periods.
    "keys_doubled": f"""
        select
            (select count(*) - count(distinct unit) from {MARTS_NEXT}.unit) + (select count(*) - count(distinct indicator) from {MARTS_NEXT}.indicator)
            + (select count(*) - count(distinct source) from {MARTS_NEXT}.data_status)
            + (select count(*) from (
                select 1 from {MARTS_NEXT}.layout_values where grain = 'year' and period_set = 'calendar'
                group by layout, column_code, period_start, unit having count(*) > 1
            ) as layouts)
            + (select count(*) from (
                select 1 from {MARTS_NEXT}.indicator_scorecard where grain = 'year' group by indicator, period_start, unit having count(*) > 1
            ) as scores)
            + (select count(*) from (
                select 1 from {MARTS_NEXT}.budget_execution group by unit, year, month, kind, source, scope having count(*) > 1
            ) as budgets)""",
    # All channels together are the sum of each.
    "channels_do_not_add_up": f"""
        select count(*) from (
            select
                sum(case when channel = 'all' then numerator end) as told, sum(case when channel <> 'all' then numerator end) as added,
                sum(case when channel = 'all' then denominator end) as told_of, sum(case when channel <> 'all' then denominator end) as added_of
            from {MARTS_NEXT}.indicator_values
            where period_set = 'calendar' and grain = 'month' and indicator in (select indicator from staging.stg_indicators where by_channel)
            group by indicator, period_start, unit
        ) as channels where told <> coalesce(added, 0) or told_of <> coalesce(added_of, 0)""",
    # What a period begins with is what the one before ended with; before the first one there was nothing.
    "opening_is_not_the_closing_before": f"""
        with stock as (
            select
                unit, channel, period_set, grain, period_start, period_end,
                max(case when indicator = 'dossiers_carried_over' then numerator end) as opening,
                sum(case when indicator <> 'dossiers_carried_over' then numerator end) as closing
            from {MARTS_NEXT}.indicator_values
            where indicator in ('dossiers_carried_over', 'dossiers_running', 'dossiers_paused') and grain in ('month', 'quarter', 'year') and period_set <> 'year_to_date'
            group by unit, channel, period_set, grain, period_start, period_end
        ),
        followed as (
            select
                opening, period_start,
                lag(closing) over life as closing_before, lag(period_end) over life as end_before
            from stock
            window life as (partition by unit, channel, period_set, grain order by period_start)
        )
        select count(*) from followed
        where opening <> coalesce(closing_before, 0) or (end_before is not null and end_before + 1 <> period_start)""",
    # Money of a unit is its own lines' and that of the units below it.
    "budgets_do_not_add_up": f"""
        with below as (
            select u.parent as unit, b.year, b.month, b.kind, b.source, b.scope, {", ".join(f"sum(b.{state}) as {state}" for state in MONEY)}
            from {MARTS_NEXT}.budget_execution as b inner join {MARTS_NEXT}.unit as u on u.unit = b.unit
            where b.kind <> 'all' and b.source <> 'all' group by u.parent, b.year, b.month, b.kind, b.source, b.scope
        ),
        own as (
            select unit, year, month, kind, source, scope, {", ".join(f"sum({state}) as {state}" for state in MONEY)}
            from core.budget_cell group by unit, year, month, kind, source, scope
        )
        select count(*)
        from {MARTS_NEXT}.budget_execution as b
        left join below as c on c.unit = b.unit and c.year = b.year and c.month = b.month and c.kind = b.kind and c.source = b.source and c.scope = b.scope
        left join own as o on o.unit = b.unit and o.year = b.year and o.month = b.month and o.kind = b.kind and o.source = b.source and o.scope = b.scope
        where b.kind <> 'all' and b.source <> 'all'
            and ({" or ".join(f"coalesce(b.{s}, 0) <> coalesce(c.{s}, 0) + coalesce(o.{s}, 0)" for s in MONEY)})""",
    # The post's pieces and the contacts of 1022, counted directly.
    "work_differs": f"""
        select count(*) from (
            select
                (select count(*) from core.fct_postal_event) as direct,
                (select coalesce(sum(v.numerator), 0) from {MARTS_NEXT}.indicator_values as v inner join staging.stg_run as r on r.province_code = v.unit
                 where v.indicator in ('post_guided', 'post_received', 'post_digitized', 'post_returned', 'post_failed')
                     and v.period_set = 'calendar' and v.grain = 'year') as told
            union all
            select
                (select count(*) from core.fct_feedback),
                (select coalesce(sum(v.numerator), 0) from {MARTS_NEXT}.indicator_values as v inner join staging.stg_run as r on r.province_code = v.unit
                 where v.indicator in ('inquiries_received', 'complaints_received', 'proposals_received')
                     and v.period_set = 'calendar' and v.grain = 'year')
        ) as sums where direct <> told""",
}
PARENTS = "parents_do_not_add_up"
MESSAGES = {
    "marts_of_another_run": "Bảng số liệu được lập từ một lần chạy khác.",
    "figures_doubled": "Một chỉ tiêu có hai số liệu cho cùng kỳ, đơn vị và kênh.",
    "figures_without_unit": "Số liệu thuộc đơn vị không có trong danh mục đơn vị.",
    "share_out_of_bounds": "Tỷ lệ có tử số âm hoặc lớn hơn mẫu số.",
    "count_negative": "Số đếm là số âm.",
    "received_differs": "Số tiếp nhận của tỉnh khác với số hồ sơ đếm trực tiếp.",
    "open_differs": "Số đang giải quyết và tạm dừng của tỉnh khác với số hồ sơ đếm trực tiếp.",
    "units_do_not_add_up": "Số của tỉnh khác với tổng của các đơn vị.",
    "periods_do_not_add_up": "Số của năm khác với tổng của các tháng.",
    "dossiers_doubled": "Một hồ sơ được tính hai lần.",
    "verdicts_do_not_add_up": "Số đã giải quyết khác với tổng trước hạn, đúng hạn, quá hạn và không có hạn.",
    "layouts_do_not_add_up": "Biểu báo cáo có dòng tổng khác với các cột thành phần.",
    "points_out_of_bounds": "Điểm nằm ngoài thang điểm, hoặc không có điểm mà không nêu lý do.",
    "keys_doubled": "Một khóa tra cứu có nhiều hơn một dòng.",
    "channels_do_not_add_up": "Số của tất cả các kênh khác với tổng của từng kênh.",
    "opening_is_not_the_closing_before": "Số kỳ trước chuyển sang khác với số tồn cuối kỳ trước.",
    "budgets_do_not_add_up": "Kinh phí của đơn vị khác với tổng của chính đơn vị và các đơn vị trực thuộc.",
    "work_differs": "Số việc của bưu điện hoặc số phản ánh, kiến nghị khác với số đếm trực tiếp.",
    PARENTS: "Số của đơn vị khác với tổng của chính đơn vị và các đơn vị trực thuộc.",
}
"""What officials read of each rule."""
# What changes when another unit is looked at: moves between units below one are none of its own, and a procedure of two units is one.
NOT_ADDITIVE = ("transferred_", "services")


def count_violations(warehouse: Warehouse) -> dict[str, int]:
    """How often each thing that must hold does not. Raises ContractBroken when a mart, or a view over them, is not there."""
    with warehouse.writing() as writing:
        for schema, promised, what in ((MARTS_NEXT, MARTS, "mart"), (BI_NEXT, VIEWS, "view for BI")):
            built = {str(row[0]) for row in writing.execute("select table_name from information_schema.tables where table_schema = ?", [schema])}
            missing = sorted(set(promised) - built)
            if missing:
                raise ContractBroken(
                    f"The {what} {missing[0]} was not built. What is published stays as it was. Materialise the marts and bi first (qn run does)."
                )
        counts = {name: int(writing.execute(sql)[0][0]) for name, sql in QUERIES.items()}
        return counts | {PARENTS: int(writing.execute(_parents(writing))[0][0])}


def _parents(writing: Writing) -> str:
    """The query that counts units whose month's figure is not theirs alone and that of the units below them.

    What is theirs alone comes from the daily measures, of all indicators that are sums of those; of the others no unit may have less than those below it.
    """
    columns = {
        str(row[0])
        for row in writing.execute(
            "select column_name from information_schema.columns where table_schema = 'measures' and table_name = 'dossier_daily'"
        )
    }
    flows = sorted(column for column in columns if column not in ("day", "role", "unit", "channel") and not column.endswith("_delta"))
    stocks = sorted(column.removesuffix("_delta") for column in columns if column.endswith("_delta"))
    own, additive = [], []
    for indicator, numerator, counted_by, needs in writing.execute(
        "select indicator, numerator, counted_by, needs from staging.stg_indicators where numerator is not null order by position"
    ):
        tokens = re.findall(r"\w+|[+-]", str(numerator))
        if any(token.startswith(NOT_ADDITIVE) for token in tokens):
            continue
        additive.append(str(indicator))
        terms = [_own_term(token, flows, stocks) for token in tokens]
        if all(terms) and not needs:
            own.append(
                f"select '{indicator}' as indicator, unit, period_start, {' '.join(map(str, terms))} as own from own where role = '{counted_by}'"
            )
    cells = ", ".join([f"sum({flow}) as {flow}" for flow in flows] + [f"sum({stock}_delta) as {stock}" for stock in stocks])
    kept = ", ".join(
        [f"coalesce(c.{flow}, 0) as {flow}" for flow in flows] + [f"sum(coalesce(c.{stock}, 0)) over life as {stock}" for stock in stocks]
    )
    return f"""
        with told as (
            select indicator, unit, period_start, numerator from {MARTS_NEXT}.indicator_values
            where period_set = 'calendar' and grain = 'month' and channel = 'all' and indicator in ({quoted_list(additive)})
        ),
        below as (
            select t.indicator, u.parent as unit, t.period_start, sum(t.numerator) as numerator
            from told as t inner join {MARTS_NEXT}.unit as u on u.unit = t.unit
            where u.parent is not null group by t.indicator, u.parent, t.period_start
        ),
        cell as (
            select unit, role, cast(date_trunc('month', day) as date) as period_start, {cells} from measures.dossier_daily group by 1, 2, 3
        ),
        own as (
            select g.unit, g.role, m.period_start, {kept}
            from (select distinct unit, role from cell) as g cross join (select distinct period_start from told) as m
            left join cell as c on c.unit = g.unit and c.role = g.role and c.period_start = m.period_start
            window life as (partition by g.unit, g.role order by m.period_start rows unbounded preceding)
        ),
        alone as ({" union all ".join(own) or "select indicator, unit, period_start, numerator as own from told where false"})
        select count(*)
        from told as t
        left join below as b on b.indicator = t.indicator and b.unit = t.unit and b.period_start = t.period_start
        left join alone as a on a.indicator = t.indicator and a.unit = t.unit and a.period_start = t.period_start
        where t.numerator < coalesce(b.numerator, 0)
            or (t.indicator in ({quoted_list([query.split("'")[1] for query in own])}) and t.numerator <> coalesce(b.numerator, 0) + coalesce(a.own, 0))"""


def _own_term(token: str, flows: list[str], stocks: list[str]) -> str | None:
    """A term of an indicator's sum over a unit's own months; None for what they do not tell."""
    if token in ("+", "-") or token in flows or token in stocks:
        return token
    parts = [stock for stock in stocks if stock.startswith(f"{token}_")]
    return f"({' + '.join(parts)})" if parts else None


def quoted_list(names: list[str]) -> str:
    return ", ".join(literal(name) for name in names) or "''"
