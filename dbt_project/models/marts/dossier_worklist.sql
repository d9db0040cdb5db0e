{#
  Open dossiers that are overdue or whose limit is spent within five working days, and what each costs: the share of a point of the unit's and of
  the province's 2.1 in this month that is lost with it. `lost` is so already and is lost again in each month in which it stays open; `at_risk` will be.
  The dearest come first, then those that are due first.
#}
with urgent as (
    select
        o.*,
        case
            when o.standing = 'past' then 'overdue' when o.days_left <= 1 then 'due_in_1' when o.days_left <= 3 then 'due_in_3' else 'due_in_5'
        end as urgency
    from {{ ref('dossier_open') }} as o
    where o.standing = 'past' or (o.standing = 'within' and o.days_left <= 5)
),

worth as (
    select max(points) as points from {{ ref('stg_indicators') }} where official_code = '2.1' and points is not null
),

priced as (
    select
        u.*, w.points,
        {{ ten_thousandths('w.points', 's.ended + s.open_dossiers') }} as unit_cost,
        {{ ten_thousandths('w.points', 'p.ended + p.open_dossiers') }} as province_cost
    from urgent as u
    cross join worth as w
    cross join {{ ref('stg_run') }} as r
    left join {{ ref('month_so_far') }} as s on s.unit = u.unit
    left join {{ ref('month_so_far') }} as p on p.unit = r.province_code
)

select
    unit, desk, system, code, procedure, channel, state, state_since, began_at, due_at, spent_at, standing, local_standing, urgency, days_left,
    case when urgency = 'overdue' then 'lost' else 'at_risk' end as cost_kind, unit_cost, province_cost,
    row_number() over (
        order by unit_cost desc nulls last, spent_at nulls first, {{ binary_order('unit') }}, {{ binary_order('system') }}, {{ binary_order('code') }}
    ) as position
from priced
