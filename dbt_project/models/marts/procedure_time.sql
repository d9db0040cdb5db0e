{#
  Time from reception to result by procedure (2.2 of the national index, for information): dossiers whose processing began in the month and
  that are settled, less the time in which papers or a payment were awaited, in working time, in the unit of the procedure's limit.
#}
with paused as (
    select system, code, {{ sum_count('seconds') }} as seconds from {{ ref('dossier_pause') }} where ended_at is not null group by system, code
),

settled as (
    select
        {{ period_start('month', 'l.received_at') }} as month, l.resolving_unit, l.procedure,
        {{ working_position('l.ended_at', 'e') }} - {{ working_position('l.received_at', 'b') }} - coalesce(p.seconds, 0) as seconds
    from {{ ref('dossier_life') }} as l
    inner join {{ ref('dim_workday') }} as b on b.calendar = l.calendar and b.day = cast(l.received_at as date)
    inner join {{ ref('dim_workday') }} as e on e.calendar = l.calendar and e.day = cast(l.ended_at as date)
    left join paused as p on p.system = l.system and p.code = l.code
    cross join {{ ref('stg_run') }} as r
    where l.state = 'settled' and l.ended_at < r.as_of
)

select
    s.month, a.ancestor as unit, s.procedure, p.name as procedure_name, p.time_limit, p.limit_unit, count(*) as dossiers,
    {{ sum_count('s.seconds') }} as working_seconds,
    {# Days of 8 working hours; of procedures whose limit is told in hours, hours. #}
    cast({{ whole_division(
        sum_count('s.seconds') ~ " * 200 + count(*) * (case when max(p.limit_unit) = 'hour' then 3600 else 28800 end)",
        "2 * count(*) * (case when max(p.limit_unit) = 'hour' then 3600 else 28800 end)"
    ) }} as decimal(18, 0)) * cast(0.01 as decimal(3, 2)) as mean_time,
    case when max(p.limit_unit) = 'hour' then 'hour' else 'working_day' end as mean_time_unit
from settled as s
inner join {{ ref('unit_ancestor') }} as a on a.unit = s.resolving_unit
left join {{ ref('dim_procedure') }} as p on p.code = s.procedure
group by s.month, a.ancestor, s.procedure, p.name, p.time_limit, p.limit_unit
