{# Dossiers that moved between units within a spell, for each unit and those above it that have but one of the two below them. #}
with move as (
    select day, from_unit, to_unit, channel, count(*) as dossiers from {{ ref('dossier_transfer') }} group by day, from_unit, to_unit, channel
),

side as (
    select m.day, a.ancestor as unit, m.channel, m.dossiers as transferred_in, 0 as transferred_out
    from move as m
    inner join {{ ref('unit_ancestor') }} as a on a.unit = m.to_unit
    left join {{ ref('unit_ancestor') }} as o on o.unit = m.from_unit and o.ancestor = a.ancestor
    where o.unit is null
    union all
    select m.day, a.ancestor, m.channel, 0, m.dossiers
    from move as m
    inner join {{ ref('unit_ancestor') }} as a on a.unit = m.from_unit
    left join {{ ref('unit_ancestor') }} as o on o.unit = m.to_unit and o.ancestor = a.ancestor
    where o.unit is null
)

select day, unit, channel, {{ sum_count('transferred_in') }} as transferred_in, {{ sum_count('transferred_out') }} as transferred_out
from side group by day, unit, channel
