{# The specialised databases day by day, by what was known at each day's end. #}
select
    {{ day_key('h.day') }} as period_key, h.day, h.day = l.day as is_latest, h.system || '/' || h.code as database_key, h.owner as unit,
    h.status, {{ labelled('h.status', 'database_status') }} as status_name, h.planned_weight, h.actual_weight, h.weights,
    cast(h.planned_progress as decimal(20, 2)) as planned_progress, cast(h.actual_progress as decimal(20, 2)) as actual_progress,
    h.most_records, h.planned_records, cast(h.records_share as decimal(20, 2)) as records_share,
    h.amount_spent, h.planned_amount, cast(h.amount_share as decimal(20, 2)) as amount_share,
    h.days_overdue, cast(h.months_late as decimal(20, 2)) as months_late, h.days_since_report, h.rebaselines, h.operated_planned, h.expected_finish,
    h.finish_from, h.finish_to, h.progress_without_money, h.money_without_progress, h.operated_without_records, h.report_copied, h.progress_fell
from {{ ref('database_tracker_history') }} as h
cross join (select max(day) as day from {{ ref('database_tracker_history') }}) as l
