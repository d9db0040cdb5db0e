{#
  Dossiers that are open at as_of, with the working days that are left: 1 means that the limit is spent on the first working day from now on.
  Of one whose clock stands, or that has no due date, no days are known.
#}
select
    s.system, s.code, s.spell, s.unit, s.receiving_unit as desk, s.channel, s.procedure, s.state, s.began_at, s.due_at, s.spent_at, s.local_spent_at,
    s.verdict as standing, s.local_verdict as local_standing, s.state_since,
    e.days_before + case when e.seconds > 0 then 1 else 0 end - n.days_before as days_left
from {{ ref('fct_dossier_spell') }} as s
cross join {{ ref('stg_run') }} as r
left join {{ ref('dim_workday') }} as e on e.calendar = s.calendar and e.day = cast(s.spent_at as date)
left join {{ ref('dim_workday') }} as n on n.calendar = s.calendar and n.day = cast(r.as_of as date)
where s.is_last and s.ended_at is null
