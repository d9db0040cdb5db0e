{#
  Numbers of procedures by period and unit: what a unit, or those below it, offers (reference, as it is known now; null where no source tells
  it), and distinct procedures with dossiers received in the period.
#}
{#- What is counted once a period: a procedure with such receptions. -#}
{%- set counts = {
    'services_received': 'b.received > 0',
    'services_with_online_dossiers': 'b.received_online > 0 and o.online_rank > 0',
    'services_with_fee_dossiers': 'b.received_with_fee > 0',
    'services_paid_online': 'b.received_paid_online > 0',
} %}
with offered as (
    select
        a.ancestor as unit, s.procedure, max(s.online_rank) as online_rank, max(case when p.has_fee then 1 else 0 end) as has_fee,
        max(case when p.has_fee is null then 0 else 1 end) as tells_fee
    from {{ ref('dim_service') }} as s
    inner join {{ ref('unit_ancestor') }} as a on a.unit = s.unit
    left join {{ ref('dim_procedure') }} as p on p.code = s.procedure
    group by a.ancestor, s.procedure
),

reference as (
    select
        unit, count(*) as services, {{ sum_count('case when online_rank > 0 then 1 else 0 end') }} as services_online,
        {{ sum_count('case when online_rank = 2 then 1 else 0 end') }} as services_full,
        case when max(tells_fee) = 1 then {{ sum_count('has_fee') }} end as services_with_fee
    from offered group by unit
),

{# In a period, a procedure is counted in its first block there: the last one before lies before the period. #}
used as (
    select
        b.unit, b.block
        {%- for count, condition in counts.items() %},
        coalesce({{ condition }}, false) as is_{{ count }}, max(case when {{ condition }} then b.block end) over earlier as before_{{ count }}
        {%- endfor %}
    from {{ ref('procedure_used') }} as b
    left join offered as o on o.unit = b.unit and o.procedure = b.procedure
    window earlier as (partition by b.unit, b.procedure order by b.block rows between unbounded preceding and 1 preceding)
),

first_used as (
    {%- for count in counts %}
    {{ 'union all' if not loop.first }}
    select '{{ count }}' as count_of, unit, block, before_{{ count }} as block_before, count(*) as procedures
    from used where is_{{ count }} group by unit, block, before_{{ count }}
    {%- endfor %}
),

counted as (
    select
        p.period_set, p.grain, p.period_start, p.period_end, f.unit
        {%- for count in counts %}, {{ sum_count("case when f.count_of = '" ~ count ~ "' then f.procedures else 0 end") }} as {{ count }}{% endfor %}
    from {{ ref('dim_period') }} as p
    inner join first_used as f on f.block between p.period_start and p.period_end and (f.block_before is null or f.block_before < p.period_start)
    group by p.period_set, p.grain, p.period_start, p.period_end, f.unit
)

select
    p.period_set, p.grain, p.period_start, p.period_end, u.code as unit, r.services, r.services_online, r.services_full, r.services_with_fee,
    {# Of online services, those alone count that the unit offers: where nothing tells what it offers, nothing is known. #}
    case when r.services is not null then coalesce(c.services_with_online_dossiers, 0) end as services_with_online_dossiers,
    coalesce(c.services_received, 0) as services_received,
    coalesce(c.services_with_fee_dossiers, 0) as services_with_fee_dossiers, coalesce(c.services_paid_online, 0) as services_paid_online
from {{ ref('dim_period') }} as p
cross join {{ ref('dim_unit') }} as u
left join reference as r on r.unit = u.code
left join counted as c
    on c.period_set = p.period_set and c.grain = p.grain and c.period_start = p.period_start and c.period_end = p.period_end and c.unit = u.code
