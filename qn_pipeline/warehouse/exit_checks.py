"""The other door: what must hold in the marts that were built, before readers see them. Each query counts violations."""

from qn_pipeline.errors import ContractBroken
from qn_pipeline.warehouse.engines import MARTS_NEXT, Warehouse

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
        select count(*) from (
            select
                sum(case when v.column_code = i.total then v.value end) as told,
                sum(case when strpos(',' || i.parts || ',', ',' || v.column_code || ',') > 0 then v.value end) as added
            from staging.stg_layout_identities as i inner join {MARTS_NEXT}.layout_values as v on v.layout = i.layout
            group by i.layout, i.total, i.parts, v.period_set, v.grain, v.period_start, v.period_end, v.unit
        ) as identities where told <> added""",
    "points_out_of_bounds": f"""
        select count(*) from {MARTS_NEXT}.indicator_scorecard where points < 0 or points > max_points or (points is null) = (reason is null)""",
}


def count_violations(warehouse: Warehouse) -> dict[str, int]:
    """How often each thing that must hold does not. Raises ContractBroken when a mart is not there."""
    with warehouse.writing() as writing:
        built = {str(row[0]) for row in writing.execute("select table_name from information_schema.tables where table_schema = ?", [MARTS_NEXT])}
        missing = sorted(set(MARTS) - built)
        if missing:
            raise ContractBroken(
                f"The mart {missing[0]} was not built. What is published stays as it was. Materialise the marts first (qn run does)."
            )
        return {name: int(writing.execute(sql)[0][0]) for name, sql in QUERIES.items()}
