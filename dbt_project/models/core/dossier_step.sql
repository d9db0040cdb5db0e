{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('dossier_touched') }}") }}
{#
  Steps of dossiers' handling, one an action, from its moment until the next one or the end, in working time, and late when it lasted beyond
  the due date that the step states. Who had the dossier then is the unit of its life. Dossiers of several units are inter-agency.
#}
with ordered as (
    select
        a.system, a.dossier as code, a.code as step, a.kind, a.happened_at as began_at, a.due_at,
        row_number() over (partition by a.system, a.dossier order by a.happened_at, length(a.code), {{ binary_order('a.code') }}) as place,
        lead(a.happened_at) over (partition by a.system, a.dossier order by a.happened_at, length(a.code), {{ binary_order('a.code') }}) as ended_at
    from {{ touched_rows(ref('fct_dossier_action'), code='dossier') }} as a
    inner join {{ ref('life_made') }} as l on l.system = a.system and l.code = a.dossier
    where a.kind <> 'other'
),

shared as (
    select distinct system, code from {{ ref('dossier_stay') }}
),

placed as (
    select
        o.*, l.calendar, l.receiving_unit, l.channel, r.as_of, coalesce(i.unit, l.resolving_unit) as unit, s.code is not null as is_inter_agency,
        row_number() over (partition by o.system, o.code, o.place order by i.piece desc nulls last) as piece_place
    from ordered as o
    cross join {{ ref('stg_run') }} as r
    inner join {{ ref('life_made') }} as l on l.system = o.system and l.code = o.code
    left join {{ touched_rows(ref('fct_dossier_interval')) }} as i
        on i.system = o.system and i.code = o.code and i.began_at <= o.began_at and (i.ended_at is null or o.began_at < i.ended_at)
    left join shared as s on s.system = o.system and s.code = o.code
    where o.kind not in ('finished', 'returned', 'withdrawn', 'stopped', 'refused')
)

select
    p.system, p.code, p.step, p.place, p.kind, p.unit, p.receiving_unit as desk, p.channel, p.is_inter_agency, p.began_at, p.ended_at, p.due_at,
    {{ working_position('p.ended_at', 'e') }} - {{ working_position('p.began_at', 'b') }} as working_seconds,
    case when p.due_at is not null then coalesce(p.ended_at, p.as_of - interval '1 second') > p.due_at end as is_late
from placed as p
inner join {{ ref('dim_workday') }} as b on b.calendar = p.calendar and b.day = cast(p.began_at as date)
left join {{ ref('dim_workday') }} as e on e.calendar = p.calendar and e.day = cast(p.ended_at as date)
where p.piece_place = 1
