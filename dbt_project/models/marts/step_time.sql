{#
  Time and lateness of steps by month, unit, desk and kind of step, of all dossiers and of those that several units had (một cửa liên thông):
  steps that were over in the month. Times are working hours; a unit counts what the units below it do.
#}
with step as (
    select
        {{ period_start('month', 's.ended_at') }} as month, a.ancestor as unit, s.desk, s.kind, s.is_inter_agency,
        s.working_seconds, s.is_late
    from {{ ref('dossier_step') }} as s
    inner join {{ ref('unit_ancestor') }} as a on a.unit = s.unit
    cross join {{ ref('stg_run') }} as r
    where s.ended_at < r.as_of
)

select
    s.month, s.unit, u.level, s.desk, s.kind, s.is_inter_agency, count(*) as steps,
    {{ sum_count('case when s.is_late is null then 0 else 1 end') }} as steps_with_due, {{ sum_count('case when s.is_late then 1 else 0 end') }} as late,
    {{ per_cent(sum_count('case when s.is_late then 1 else 0 end'), sum_count('case when s.is_late is null then 0 else 1 end')) }} as late_share,
    cast({{ whole_division(sum_count('s.working_seconds') ~ ' + 18 * count(*)', '36 * count(*)') }} as decimal(18, 0)) * cast(0.01 as decimal(3, 2)) as mean_hours,
    max(s.working_seconds) as longest_seconds
from step as s
inner join {{ ref('dim_unit') }} as u on u.code = s.unit
group by s.month, s.unit, u.level, s.desk, s.kind, s.is_inter_agency
