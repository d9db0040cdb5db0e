{# Where post offices work: asked where the log of a piece whose code does not settle it names no unit. #}
with office as (
    select distinct office from {{ ref('postal_open') }} where told_unit is null
),

exact as (
    select x.office, x.receiving_unit, x.resolving_unit
    from {{ ref('postal_exact') }} as x inner join office as o on o.office = x.office
    where x.time_fit in ('within', 'near')
)

select p.office, p.told_unit as unit
from {{ ref('postal_piece') }} as p inner join office as o on o.office = p.office
where p.told_unit is not null
union
select office, receiving_unit from exact where receiving_unit is not null
union
select office, resolving_unit from exact
