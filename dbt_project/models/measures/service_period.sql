{#
  Numbers of procedures by period and unit: what a unit, or those below it, offers (reference, as it is known now; null where no source tells
  it), and distinct procedures with dossiers received in the period.
#}
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

used as (
    select
        p.period_set, p.grain, p.period_start, p.period_end, b.unit, b.procedure,
        max(case when b.received_online > 0 then 1 else 0 end) as online,
        max(case when b.received_with_fee > 0 then 1 else 0 end) as with_fee, max(case when b.received_paid_online > 0 then 1 else 0 end) as paid_online,
        max(case when b.received_online > 0 and o.online_rank > 0 then 1 else 0 end) as offered_online
    from {{ ref('dim_period') }} as p
    inner join {{ ref('procedure_block') }} as b on b.block between p.period_start and p.period_end
    left join offered as o on o.unit = b.unit and o.procedure = b.procedure
    group by p.period_set, p.grain, p.period_start, p.period_end, b.unit, b.procedure
),

counted as (
    select
        period_set, grain, period_start, period_end, unit, count(*) as services_received, {{ sum_count('offered_online') }} as services_with_online_dossiers,
        {{ sum_count('with_fee') }} as services_with_fee_dossiers, {{ sum_count('paid_online') }} as services_paid_online
    from used group by period_set, grain, period_start, period_end, unit
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
