-- depends_on: {{ ref('postal_office_asked') }}
{#
  Dossiers that a piece of work may be of, where its code, as typed, does not settle it: those with that code, and those with one like it at the same desk
  about the same day. place 1 has the most points; margin is how far the next one is below.
#}
with own as (
    select x.*
    from {{ ref('postal_exact') }} as x inner join {{ ref('postal_open') }} as o on o.system = x.system and o.code = x.code
),

near as (
    select
        o.system, o.code, o.work, o.office, o.told_unit, o.outcome, d.system as dossier_system, d.code as dossier_code, d.receiving_unit, d.resolving_unit, c.edits,
        {{ postal_time_fit('o', 'd') }} as time_fit, {{ postal_unit_fit('o', 'd') }} as unit_fit,
        {{ postal_moment('o.work', 'd') }} as moment
    from {{ ref('postal_open') }} as o
    inner join {{ ref('postal_near') }} as c on c.system = o.system and c.code = o.code
    inner join {{ ref('fct_dossier') }} as d on d.system = c.dossier_system and d.code = c.dossier_code
    where not exists (
        select 1 from own as x where x.system = c.system and x.code = c.code and x.dossier_system = c.dossier_system and x.dossier_code = c.dossier_code
    )
),

pair as (
    select x.system, x.code, x.work, x.outcome, x.dossier_system, x.dossier_code, x.desk, cast(null as bigint) as edits, x.time_fit, x.unit_fit, x.moment,
        case when x.fits and x.outcome = 'done' then 1 else 0 end as own_pieces
    from own as x
    union all
    select n.system, n.code, n.work, n.outcome, n.dossier_system, n.dossier_code, coalesce(n.receiving_unit, n.resolving_unit), n.edits, n.time_fit, n.unit_fit, n.moment, 0
    from near as n
    where n.time_fit not in ('off', 'before')
        and (
            n.unit_fit = 'agrees'
            or (n.unit_fit = 'untold' and exists (select 1 from {{ ref('postal_office') }} as u where u.office = n.office and u.unit in (n.receiving_unit, n.resolving_unit)))
        )
),

{# Dossiers for which work was done without doubt of the code, and which. #}
served as (
    select x.work, x.dossier_system, x.dossier_code, count(*) as pieces
    from {{ ref('postal_exact') }} as x
    inner join (select distinct dossier_system, dossier_code from pair) as p on p.dossier_system = x.dossier_system and p.dossier_code = x.dossier_code
    where x.fits and x.outcome = 'done' and x.work <> 'guide'
    group by x.work, x.dossier_system, x.dossier_code
),

served_dossier as (
    select dossier_system, dossier_code, count(*) as works from served group by dossier_system, dossier_code
),

{# To try again what had failed is no second claim. #}
weighed as (
    select
        p.system, p.code, p.work, p.outcome, p.dossier_system, p.dossier_code, p.desk, p.edits, p.time_fit, p.unit_fit, p.moment,
        p.outcome = 'done' and coalesce(c.pieces, 0) > p.own_pieces as is_claimed,
        coalesce(s.works, 0) > case when c.pieces is null then 0 else 1 end as is_served
    from pair as p
    left join served as c on c.work = p.work and c.dossier_system = p.dossier_system and c.dossier_code = p.dossier_code
    left join served_dossier as s on s.dossier_system = p.dossier_system and s.dossier_code = p.dossier_code
),

scored as (
    select *, {{ postal_points('work', 'time_fit', 'unit_fit', 'edits', 'is_claimed', 'is_served') }} as points from weighed
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
