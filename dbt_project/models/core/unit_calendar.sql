{# The calendar of each unit: of the nearest one above it that has its own, or everybody's. #}
with own as (
    select
        a.unit, a.ancestor as calendar,
        row_number() over (partition by a.unit order by a.depth) as place
    from {{ ref('unit_ancestor') }} as a
    where a.ancestor in (select distinct w.calendar from {{ ref('dim_workday') }} as w)
)

select u.code as unit, coalesce(o.calendar, '') as calendar
from {{ ref('dim_unit') }} as u left join own as o on o.unit = u.code and o.place = 1
