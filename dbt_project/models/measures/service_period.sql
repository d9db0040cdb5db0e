{#
  Numbers of procedures by period and unit: what a unit, or those below it, offers (reference, as it is known now; null where no source tells
  it), and distinct procedures with dossiers received in the period.
#}
{%- set counts = {
    'services_received': 'true',
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

{# What is counted once a period: a procedure with such receptions in the block. #}
used as (
    {%- for count, condition in counts.items() %}
    {{ 'union all' if not loop.first }}
    select '{{ count }}' as count_of, b.unit, b.procedure, b.block
    from {{ ref('procedure_block') }} as b
    {%- if 'o.' in condition %} inner join offered as o on o.unit = b.unit and o.procedure = b.procedure{% endif %}
    where {{ condition }}
    {%- endfor %}
),

{# In a period, a procedure is counted in its first block there: the one before which lies before the period. #}
preceded as (
    select count_of, unit, block, lag(block) over (partition by count_of, unit, procedure order by block) as block_before from used
),

first_used as (
    select count_of, unit, block, block_before, count(*) as procedures from preceded group by count_of, unit, block, block_before
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
