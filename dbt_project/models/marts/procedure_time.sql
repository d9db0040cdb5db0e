{#
  Time from reception to result by procedure (2.2 of the national index, for information): dossiers whose processing began in the month and
  that are settled, less the time in which papers or a payment were awaited, in working time, in the unit of the procedure's limit.
#}
with settled as (
    {# Blocks begin with each month. #}
    select {{ period_start('month', 'block') }} as month, unit, procedure, settled as dossiers, seconds
    from {{ ref('procedure_block') }} where settled > 0
)

select
    s.month, a.ancestor as unit, s.procedure, p.name as procedure_name, p.time_limit, p.limit_unit, {{ sum_count('s.dossiers') }} as dossiers,
    {{ sum_count('s.seconds') }} as working_seconds,
    {# Days of 8 working hours; of procedures whose limit is told in hours, hours. #}
    cast({{ whole_division(
        sum_count('s.seconds') ~ " * 200 + " ~ sum_count('s.dossiers') ~ " * (case when max(p.limit_unit) = 'hour' then 3600 else 28800 end)",
        "2 * " ~ sum_count('s.dossiers') ~ " * (case when max(p.limit_unit) = 'hour' then 3600 else 28800 end)"
    ) }} as decimal(18, 0)) * cast(0.01 as decimal(3, 2)) as mean_time,
    case when max(p.limit_unit) = 'hour' then 'hour' else 'working_day' end as mean_time_unit
from settled as s
inner join {{ ref('unit_ancestor') }} as a on a.unit = s.unit
left join {{ ref('dim_procedure') }} as p on p.code = s.procedure
group by s.month, a.ancestor, s.procedure, p.name, p.time_limit, p.limit_unit
