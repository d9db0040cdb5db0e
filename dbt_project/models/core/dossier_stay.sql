{#
  Where dossiers have been that were not always where they are now: one row a unit and time, open at both ends of a life (from_at, to_at null).
#}
with pair as (
    select
        t.system, t.code, t.version_no, t.resolving_unit as to_unit, t.status, t.moment_from, t.moment_to,
        lag(t.resolving_unit) over (partition by t.system, t.code order by t.version_no) as from_unit,
        lag(t.moment_to) over (partition by t.system, t.code order by t.version_no) as before_to
    from {{ ref('dossier_telling') }} as t
),

moved as (
    select p.*, l.told_by, l.received_at, l.resolving_unit
    from pair as p inner join {{ ref('life_made') }} as l on l.system = p.system and l.code = p.code
    where p.from_unit <> p.to_unit
),

dated as (
    select m.system, m.code, m.version_no, m.from_unit, m.resolving_unit, greatest(max(a.happened_at), m.received_at) as moment
    from moved as m
    inner join {{ touched_rows(ref('fct_dossier_action'), code='dossier') }} as a
        on a.system = m.system and a.dossier = m.code and a.kind in ('transferred', 'reopened')
        and a.happened_at > m.before_to and a.happened_at <= m.moment_to
    group by m.system, m.code, m.version_no, m.from_unit, m.resolving_unit, m.received_at
    union all
    select m.system, m.code, m.version_no, m.from_unit, m.resolving_unit, greatest(m.moment_from, m.received_at)
    from moved as m where m.told_by = 'versions' and m.status in (2, 4, 5, 6)
),

ordered as (
    select
        *,
        min(moment) over (partition by system, code order by version_no rows between 1 following and unbounded following) as next_at
    from dated
),

move as (
    select * from ordered where next_at is null or moment < next_at
)

select
    system, code, from_unit as unit,
    lag(moment) over (partition by system, code order by version_no) as from_at, moment as to_at
from move
union all
select system, code, resolving_unit, moment, null
from move where next_at is null
