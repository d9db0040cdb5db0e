{#
  Each unit with those above it by level, as columns: itself in the column of its own level, the nearest where several units above have a level. A loop among
  parents ends at the depth limit, as in core.unit_ancestor.
#}
with recursive chain as (
    select u.unit, u.unit as ancestor, 0 as distance, u.parent from {{ ref('unit') }} as u
    union all
    select c.unit, u.unit as ancestor, c.distance + 1, u.parent
    from chain as c inner join {{ ref('unit') }} as u on u.unit = c.parent
    where c.distance < 10
),

line as (
    select c.unit, c.distance, u.unit as code, u.name, u.level, row_number() over (partition by c.unit, u.level order by c.distance) as nearness
    from chain as c inner join {{ ref('unit') }} as u on u.unit = c.ancestor
),

placed as (
    select
        unit, max(distance) as depth
        {%- for level in labels('level') if level != 'unknown' %},
        max(case when level = '{{ level }}' and nearness = 1 then code end) as {{ level }},
        max(case when level = '{{ level }}' and nearness = 1 then name end) as {{ level }}_name
        {%- endfor %},
        string_agg(name, ' / ' order by distance desc) as path
    from line group by unit
)

select
    u.unit, u.name, u.level, {{ labelled('u.level', 'level') }} as level_name, u.parent, a.name as parent_name, cast(p.depth as bigint) as depth
    {%- for level in labels('level') if level != 'unknown' %}, p.{{ level }}, p.{{ level }}_name{% endfor %},
    b.code as branch, b.name as branch_name, p.path, u.is_declared
from {{ ref('unit') }} as u
inner join placed as p on p.unit = u.unit
left join {{ ref('unit') }} as a on a.unit = u.parent
left join line as b on b.unit = u.unit and b.distance = p.depth - 1
