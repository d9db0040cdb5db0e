{#
  Procedures with receptions, by block, unit and procedure; units count what those below them do.
#}
with received as (
    select b.block, e.unit, e.procedure, e.channel, e.has_fee, e.is_paid_online, count(*) as dossiers
    from {{ ref('dossier_event') }} as e
    inner join {{ ref('day_block') }} as b on b.day = cast(e.began_at as date)
    where e.is_reception
    group by b.block, e.unit, e.procedure, e.channel, e.has_fee, e.is_paid_online
)

select
    r.block, a.ancestor as unit, r.procedure, {{ sum_count('r.dossiers') }} as received,
    {{ sum_count("case when r.channel = 'online' then r.dossiers else 0 end") }} as received_online,
    {{ sum_count('case when r.has_fee then r.dossiers else 0 end') }} as received_with_fee,
    {{ sum_count('case when r.has_fee and r.is_paid_online then r.dossiers else 0 end') }} as received_paid_online
from received as r
inner join {{ ref('unit_ancestor') }} as a on a.unit = r.unit
group by r.block, a.ancestor, r.procedure
