{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('dossier_touched') }}") }}
-- depends_on: {{ ref('dossier_touched') }}
{# Pauses, each with its length in working seconds; an answered one was followed by work or another pause, an open one has no length. #}
with pause as (
    select
        s.system, s.code, s.spell, s.place, s.cause, s.began_at, s.ended_at,
        lead(s.is_end) over (partition by s.system, s.code order by s.place) as before_end,
        s.state
    from {{ ref('dossier_state') }} as s
)

select
    p.system, p.code, p.spell, p.place, p.cause, p.began_at, p.ended_at, p.ended_at is not null and not p.before_end as is_answered,
    {{ working_position('p.began_at', 'b') }} as began_position,
    {{ working_position('p.ended_at', 'e') }} - {{ working_position('p.began_at', 'b') }} as seconds
from pause as p
inner join {{ ref('life_made') }} as l on l.system = p.system and l.code = p.code
inner join {{ ref('dim_workday') }} as b on b.calendar = l.calendar and b.day = cast(p.began_at as date)
left join {{ ref('dim_workday') }} as e on e.calendar = l.calendar and e.day = cast(p.ended_at as date)
where p.state = 'paused'
