{#
  Every period that a figure may be of: those of all period sets, the days of the calendar up to the last one that is counted, and days and months that
  only other feeds speak of.
#}
with clock as (
    select as_of, cast(as_of - interval '1 second' as date) as today from {{ ref('stg_run') }}
),

named as (
    select d.day from {{ ref('dim_date') }} as d inner join clock as c on d.day <= c.today
    union
    select day from {{ ref('quarantine_row') }}
    union
    select day from {{ ref('database_tracker_history') }}
    union
    select day from {{ ref('postal_reconciliation') }}
),

period as (
    select period_set, grain, period_start, period_end from {{ ref('dim_period') }}
    union
    select 'calendar', 'day', day as period_start, day as period_end from named
    union
    select 'calendar', 'month', month_start, cast(month_start + interval '1 month' - interval '1 day' as date) from {{ ref('budget_execution') }}
)

select p.period_set, p.grain, p.period_start, p.period_end, p.period_end <= c.today as is_closed
from period as p cross join clock as c
