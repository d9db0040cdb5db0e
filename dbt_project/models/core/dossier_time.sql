{# Time from reception to result of settled dossiers, in working seconds, less the time in which papers or a payment were awaited. #}
-- depends_on: {{ ref('procedure_left') }}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('dossier_touched') }}") }}
with paused as (
    select p.system, p.code, {{ sum_count('p.seconds') }} as seconds
    from {{ touched_rows(ref('dossier_pause')) }} as p where p.ended_at is not null
    group by p.system, p.code
)

select
    l.system, l.code, l.resolving_unit as unit, l.procedure, l.received_at, l.ended_at, l.ended_at < r.as_of as is_over,
    {{ working_position('l.ended_at', 'e') }} - {{ working_position('l.received_at', 'b') }} - coalesce(p.seconds, 0) as seconds
from {{ ref('life_made') }} as l
cross join {{ ref('stg_run') }} as r
inner join {{ ref('dim_workday') }} as b on b.calendar = l.calendar and b.day = cast(l.received_at as date)
inner join {{ ref('dim_workday') }} as e on e.calendar = l.calendar and e.day = cast(l.ended_at as date)
left join paused as p on p.system = l.system and p.code = l.code
where l.state = 'settled'
