{#
  Dossiers whose due date a later version moved later while no pause lay between the two: re-appointments, with or without a letter of apology.
  The local reading judges by due_before, the national one by the date that is stated now.
#}
with moved as (
    select
        m.system, m.code, min(m.version_no) as first_version, count(*) as moves, max(m.moved_by) as last_moved_by
    from {{ ref('dossier_due_move') }} as m
    where not m.is_explained
    group by m.system, m.code
)

select
    s.unit, s.system, s.code, b.first_due_at, b.due_before, s.due_at, m.moves, m.last_moved_by,
    s.state, s.ended_at, s.verdict, s.local_verdict
from moved as m
inner join {{ ref('dossier_due_move') }} as b on b.system = m.system and b.code = m.code and b.version_no = m.first_version
inner join {{ ref('fct_dossier_spell') }} as s on s.system = m.system and s.code = m.code and s.is_last
