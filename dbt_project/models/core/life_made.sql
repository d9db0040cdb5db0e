{#
  Counted dossiers that have been received, and what their lives are told by: actions where there is one, versions otherwise. On a night, those that
  are made again: what lives are made of reads them here.
#}
with acted as (
    select distinct a.system, a.dossier as code from {{ touched_rows(ref('fct_dossier_action'), code='dossier') }} as a
)

select
    d.system, d.code, d.dossier, d.procedure, d.receiving_unit, d.resolving_unit, d.channel, d.status, d.state,
    d.state in ('settled', 'withdrawn', 'stopped', 'refused') as has_ended,
    case d.status when 5 then 'supplement' when 6 then 'payment' end as cause,
    d.received_at, d.ended_at, d.due_at, d.limit_hours, case when a.code is null then 'versions' else 'actions' end as told_by,
    coalesce(c.calendar, '') as calendar, coalesce(d.fee, 0) > 0 as has_fee, coalesce(d.online_payment, 'none') <> 'none' as is_paid_online
from {{ touched_rows(ref('fct_dossier')) }} as d
cross join {{ ref('stg_run') }} as r
left join acted as a on a.system = d.system and a.code = d.code
left join {{ ref('unit_calendar') }} as c on c.unit = d.resolving_unit
where d.is_counted and d.state <> 'new' and d.received_at < r.as_of
