{#
  Complaints and proposals that are open and overdue, or due within five working days, and what each costs: the share of a point of the unit's and of the
  province's 5.2 in this month, as dossier_worklist has it for 2.1. The dearest come first, then those that are due first.
#}
with month as (
    select {{ period_start('month', "as_of - interval '1 second'") }} as month, as_of, province_code from {{ ref('stg_run') }}
),

waiting as (
    select
        f.*, m.as_of, m.as_of > f.due_at as is_overdue,
        e.days_before + case when e.seconds > 0 then 1 else 0 end - n.days_before as days_left
    from {{ ref('fct_feedback') }} as f
    cross join month as m
    left join {{ ref('unit_calendar') }} as c on c.unit = f.unit
    left join {{ ref('dim_workday') }} as e on e.calendar = coalesce(c.calendar, '') and e.day = cast(f.due_at as date)
    left join {{ ref('dim_workday') }} as n on n.calendar = coalesce(c.calendar, '') and n.day = cast(m.as_of as date)
    where f.is_petition and f.closed_at is null
),

{# What 5.2 of this month is the share of, so far. #}
base as (
    select
        p.unit, p.petitions_answered_in_time + p.petitions_answered_late + p.petitions_open_within + p.petitions_open_past as petitions
    from {{ ref('feedback_period') }} as p
    inner join month as m on m.month = p.period_start
    where p.period_set = 'calendar' and p.grain = 'month'
),

worth as (
    select max(points) as points from {{ ref('stg_indicators') }} where official_code = '5.2' and points is not null
),

priced as (
    select
        w.*, {{ ten_thousandths('o.points', 'u.petitions') }} as unit_cost, {{ ten_thousandths('o.points', 'p.petitions') }} as province_cost
    from waiting as w
    cross join worth as o
    cross join month as m
    left join base as u on u.unit = w.unit
    left join base as p on p.unit = m.province_code
    where w.is_overdue or w.days_left <= 5
)

select
    unit, system, code, kind, channel, topic, received_at, forwarded_at, due_at, due_origin,
    case when is_overdue then 'overdue' when days_left <= 1 then 'due_in_1' when days_left <= 3 then 'due_in_3' else 'due_in_5' end as urgency, days_left,
    case when is_overdue then 'lost' else 'at_risk' end as cost_kind, unit_cost, province_cost,
    row_number() over (
        order by unit_cost desc nulls last, due_at, {{ binary_order('unit') }}, {{ binary_order('system') }}, {{ binary_order('code') }}
    ) as position
from priced
