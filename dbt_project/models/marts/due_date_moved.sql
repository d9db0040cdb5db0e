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
),

first_told as (
    select system, code, due_at, row_number() over (partition by system, code order by version_no) as place
    from {{ ref('dossier_telling') }} where due_at is not null
)

select
    s.unit, s.system, s.code, f.due_at as first_due_at, b.due_before, s.due_at, m.moves, m.last_moved_by,
    s.state, s.ended_at, s.verdict, s.local_verdict
from moved as m
inner join {{ ref('dossier_due_move') }} as b on b.system = m.system and b.code = m.code and b.version_no = m.first_version
inner join first_told as f on f.system = m.system and f.code = m.code and f.place = 1
inner join {{ ref('fct_dossier_spell') }} as s on s.system = m.system and s.code = m.code and s.is_last
