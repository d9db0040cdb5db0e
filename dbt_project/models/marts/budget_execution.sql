{#
  Budgets by unit (with those below it), month, kind and source ('all' for all of them), of all money (scope all) and of digital-transformation money
  (digital). Amounts are đồng and cumulative since the year began; a state that no line tells is null, not zero. The plan is estimate + adjustment +
  carried_over. Shares are per cent. `pace` is what a linear year would have disbursed by now; `share_of_all` is digital money in all money, of the same state.
#}
with placed as (
    {%- for kind in ('c.kind', "'all'") %}{% set outer = loop.first %}{% for source in ('c.source', "'all'") %}
    {{ 'union all' if not (outer and loop.first) }}
    select a.ancestor, {{ kind }} as in_kind, {{ source }} as from_source, c.*
    from {{ ref('budget_cell') }} as c inner join {{ ref('unit_ancestor') }} as a on a.unit = c.unit
    {%- endfor %}{% endfor %}
),

added as (
    select
        ancestor as unit, year, month, in_kind as kind, from_source as source, scope,
        count(distinct unit) as units, count(distinct case when reported_month = month then unit end) as units_reported
        {%- for state in money_states() %}, {{ sum_count(state) }} as {{ state }}{% endfor %}
    from placed
    group by ancestor, year, month, in_kind, from_source, scope
),

planned as (
    select
        *,
        case when coalesce(estimate, adjustment, carried_over) is not null
            then coalesce(estimate, 0) + coalesce(adjustment, 0) + coalesce(carried_over, 0) end as plan
    from added
)

select
    p.unit, p.year, p.month, {{ period_start('month', "cast(p.year || '-' || lpad(cast(p.month as varchar), 2, '0') || '-01' as date)") }} as month_start,
    p.kind, p.source, p.scope, p.units, p.units_reported
    {%- for state in money_states() %}, p.{{ state }}{% endfor %}, p.plan,
    {{ per_cent('p.disbursed', 'p.plan') }} as disbursed_share,
    {{ per_cent('p.disbursed', 'p.allotted') }} as disbursed_of_allotted,
    {{ per_cent('p.allotted', 'p.plan') }} as allotted_share,
    {{ per_cent('p.allotted', 'p.need') }} as need_met,
    {{ whole_division('p.plan * p.month', '12') }} as pace,
    p.disbursed - {{ whole_division('p.plan * p.month', '12') }} as ahead_of_pace,
    y.disbursed as last_year_disbursed, {{ per_cent('y.disbursed', 'y.plan') }} as last_year_disbursed_share,
    w.plan as all_plan, w.disbursed as all_disbursed,
    {{ per_cent('p.plan', 'w.plan') }} as plan_share_of_all, {{ per_cent('p.disbursed', 'w.disbursed') }} as disbursed_share_of_all,
    case when p.scope = 'digital' then t.target_hundredths * cast(0.01 as decimal(3, 2)) end as target_share, case when p.scope = 'digital' then t.certainty end as target_certainty
from planned as p
cross join {{ ref('stg_budget_target') }} as t
left join planned as y
    on y.unit = p.unit and y.year = p.year - 1 and y.month = p.month and y.kind = p.kind and y.source = p.source and y.scope = p.scope
left join planned as w
    on w.unit = p.unit and w.year = p.year and w.month = p.month and w.kind = p.kind and w.source = p.source and w.scope = 'all' and p.scope = 'digital'
