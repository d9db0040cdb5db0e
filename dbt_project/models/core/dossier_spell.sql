{#
  Spells of dossiers, from reception or a re-opening to an end, each with the due date that it is judged by in the national and the local reading.
  A table of its own, so that PostgreSQL knows how many there are.
#}
with spell as (
    select
        s.system, s.code, s.spell, max(s.told_by) as told_by, min(s.began_at) as began_at, max(case when s.is_end then s.began_at end) as ended_at,
        {{ last_of('s.state', 's.place') }} as state, {{ last_of('s.began_at', 's.place') }} as state_since,
        row_number() over (partition by s.system, s.code order by s.spell desc) = 1 as is_last
    from {{ ref('dossier_state') }} as s
    group by s.system, s.code, s.spell
),

{# The newest version that tells the very end of a spell before a re-opening. #}
told as (
    select
        s.system, s.code, s.spell, t.version_no, t.due_at,
        row_number() over (partition by s.system, s.code, s.spell order by t.version_no desc) as place
    from spell as s
    inner join {{ ref('dossier_telling') }} as t
        on t.system = s.system and t.code = s.code and t.ended_at = s.ended_at and t.status in (3, 7, 8, 9, 10)
    where not s.is_last
),

stated as (
    select
        s.*, l.dossier, l.calendar, l.resolving_unit as unit, r.as_of,
        case when t.place is null then l.due_at else t.due_at end as stated_due_at, t.version_no as told_version,
        y.due_includes_pauses,
        case y.deadline_rule when 'minute' then d.minute_due_at else d.next_day_due_at end as recomputed_due_at
    from spell as s
    cross join {{ ref('stg_run') }} as r
    inner join {{ ref('life_made') }} as l on l.system = s.system and l.code = s.code
    left join told as t on t.system = s.system and t.code = s.code and t.spell = s.spell and t.place = 1
    left join {{ ref('stg_systems') }} as y on y.system = s.system
    left join {{ ref('dossier_deadline') }} as d on d.system = s.system and d.code = s.code
),

{# The local reading: the date before the first move that no pause explains. #}
moved as (
    select
        s.system, s.code, s.spell, m.due_before, m.before_to,
        row_number() over (partition by s.system, s.code, s.spell order by m.version_no) as place
    from stated as s
    inner join {{ touched_rows(ref('dossier_due_move')) }} as m
        on m.system = s.system and m.code = s.code and not m.is_explained
        and (s.told_version is null or m.version_no <= s.told_version) and m.due_before < s.stated_due_at
)

select
    s.*,
    coalesce(s.stated_due_at, s.recomputed_due_at) as due_at,
    coalesce(m.due_before, s.stated_due_at, s.recomputed_due_at) as local_due_at,
    m.before_to as local_includes_to,
    case when s.stated_due_at is not null then 'stated' when s.recomputed_due_at is not null then 'recomputed' end as due_origin,
    coalesce(s.due_includes_pauses, true) and s.stated_due_at is not null as includes_pauses
from stated as s
left join moved as m on m.system = s.system and m.code = s.code and m.spell = s.spell and m.place = 1
