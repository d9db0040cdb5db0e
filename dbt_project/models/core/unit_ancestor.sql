{# Each unit with itself and every unit above it. A loop among parents ends at the depth limit, and a test finds it. #}
with recursive chain as (
    select code as unit, code as ancestor, parent, 0 as depth from {{ ref('dim_unit') }}
    union all
    select c.unit, u.code, u.parent, c.depth + 1
    from chain as c inner join {{ ref('dim_unit') }} as u on u.code = c.parent
    where c.depth < 10
)

select unit, ancestor, cast(depth as bigint) as depth from chain
