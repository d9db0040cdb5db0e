{#
  Dossiers that a piece of work may be of, where its code, as typed, does not settle it: those with that code, and those with one like it at the same desk
  about the same day. place 1 has the most points; margin is how far the next one is below.
#}
with settled as (
    select system, code from {{ ref('postal_exact') }} where agrees
),

open_piece as (
    select p.system, p.code, p.work, p.office, p.told_unit, p.typed, p.began_at, p.ended_at, p.outcome
    from {{ ref('postal_piece') }} as p
    left join settled as s on s.system = p.system and s.code = p.code
    where p.typed is not null and s.code is null
),

{# Dossiers that a piece of the same work has without doubt. #}
claimed as (
    select distinct work, dossier_system, dossier_code from {{ ref('postal_exact') }} where agrees and outcome = 'done' and work <> 'guide'
),

{# Where an office works: needed where its log names no unit. #}
office_unit as (
    select office, told_unit as unit from {{ ref('postal_piece') }} where told_unit is not null
    union
    select p.office, d.receiving_unit
    from {{ ref('postal_exact') }} as x
    inner join {{ ref('postal_piece') }} as p on p.system = x.system and p.code = x.code
    inner join {{ ref('fct_dossier') }} as d on d.system = x.dossier_system and d.code = x.dossier_code
    where x.time_fit in ('within', 'near') and d.receiving_unit is not null
    union
    select p.office, d.resolving_unit
    from {{ ref('postal_exact') }} as x
    inner join {{ ref('postal_piece') }} as p on p.system = x.system and p.code = x.code
    inner join {{ ref('fct_dossier') }} as d on d.system = x.dossier_system and d.code = x.dossier_code
    where x.time_fit in ('within', 'near')
),

near as (
    select
        o.system, o.code, o.work, o.office, o.told_unit, o.outcome, d.system as dossier_system, d.code as dossier_code, d.receiving_unit, d.resolving_unit, c.edits,
        {{ postal_time_fit('o', 'd') }} as time_fit, {{ postal_unit_fit('o', 'd') }} as unit_fit
    from open_piece as o
    inner join {{ ref('stg_postal_candidates') }} as c on c.typed = o.typed
    inner join {{ ref('fct_dossier') }} as d on d.code = c.dossier_code and d.is_counted
),

pair as (
    select x.system, x.code, x.work, x.outcome, x.dossier_system, x.dossier_code, cast(null as bigint) as edits, x.time_fit, x.unit_fit
    from {{ ref('postal_exact') }} as x
    inner join open_piece as o on o.system = x.system and o.code = x.code
    union all
    select n.system, n.code, n.work, n.outcome, n.dossier_system, n.dossier_code, n.edits, n.time_fit, n.unit_fit
    from near as n
    where n.time_fit not in ('off', 'before')
        and (
            n.unit_fit = 'agrees'
            or (n.unit_fit = 'untold' and exists (select 1 from office_unit as u where u.office = n.office and u.unit in (n.receiving_unit, n.resolving_unit)))
        )
),

{# To try again what had failed is no second claim. #}
weighed as (
    select p.*, c.dossier_code is not null and p.outcome = 'done' as is_claimed
    from pair as p
    left join claimed as c on c.work = p.work and c.dossier_system = p.dossier_system and c.dossier_code = p.dossier_code
),

scored as (
    select *, {{ postal_points('work', 'time_fit', 'unit_fit', 'edits', 'is_claimed') }} as points from weighed
),

{# What is so far below any match neither is one nor stands against one. #}
possible as (
    select * from scored where edits is null or points > {{ postal_near_points() }} - {{ postal_near_margin() }}
)

select
    *,
    row_number() over (
        partition by system, code
        order by points desc, edits nulls first, {{ binary_order('dossier_system') }}, {{ binary_order('dossier_code') }}
    ) as place,
    points - lead(points) over (
        partition by system, code
        order by points desc, edits nulls first, {{ binary_order('dossier_system') }}, {{ binary_order('dossier_code') }}
    ) as margin
from possible
