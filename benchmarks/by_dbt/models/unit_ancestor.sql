{# Each unit with itself and those above it. #}
with recursive chain as (
    select code as unit, code as ancestor, parent from {{ ref('unit') }}
    union all
    select c.unit, u.code, u.parent from chain as c inner join {{ ref('unit') }} as u on u.code = c.parent
)

select unit, ancestor from chain
