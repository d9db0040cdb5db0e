{#
  Dossiers that are open at as_of, with the working days that are left: 1 means that the limit is spent on the first working day from now on.
  Of one whose clock stands, or that has no due date, no days are known.
#}
select
    s.system, s.code, s.spell, s.unit, l.receiving_unit as desk, l.channel, l.procedure, s.state, s.began_at, s.due_at, s.spent_at, s.local_spent_at,
    s.verdict as standing, s.local_verdict as local_standing, s.state_since,
    e.days_before + case when e.seconds > 0 then 1 else 0 end - n.days_before as days_left
from {{ ref('fct_dossier_spell') }} as s
inner join {{ ref('dossier_life') }} as l on l.system = s.system and l.code = s.code
cross join {{ ref('stg_run') }} as r
left join {{ ref('dim_workday') }} as e on e.calendar = l.calendar and e.day = cast(s.spent_at as date)
left join {{ ref('dim_workday') }} as n on n.calendar = l.calendar and n.day = cast(r.as_of as date)
where s.is_last and s.ended_at is null
