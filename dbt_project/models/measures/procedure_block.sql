{#
  Procedures with receptions, by block, unit and procedure; units count what those below them do.
#}
with received as (
    select
        b.block, e.unit, e.procedure, count(*) as received, sum(case when e.channel = 'online' then 1 else 0 end) as received_online,
        sum(case when e.has_fee then 1 else 0 end) as received_with_fee, sum(case when e.has_fee and e.is_paid_online then 1 else 0 end) as received_paid_online
    from {{ ref('dossier_event') }} as e
    inner join {{ ref('day_block') }} as b on b.day = cast(e.began_at as date)
    where e.is_reception
    group by b.block, e.unit, e.procedure
)

select
    r.block, a.ancestor as unit, r.procedure, {{ sum_count('r.received') }} as received, {{ sum_count('r.received_online') }} as received_online,
    {{ sum_count('r.received_with_fee') }} as received_with_fee, {{ sum_count('r.received_paid_online') }} as received_paid_online
from received as r
inner join {{ ref('unit_ancestor') }} as a on a.unit = r.unit
group by r.block, a.ancestor, r.procedure
