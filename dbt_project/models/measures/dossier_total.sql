{#
  Running totals since the first dossier, at the end of each block. From a unit's first block on, each has a row, whether something happened in it or
  not. What lies between two bounds is the difference of two totals.
#}
{%- set measures = flow_measures() + stock_measures() -%}
with block_cell as (
    select
        b.block, c.role, c.unit, c.channel
        {%- for measure in measures %}, {{ sum_count('c.' ~ measure) }} as {{ measure }}{% endfor %}
    from {{ ref('dossier_cell') }} as c inner join {{ ref('day_block') }} as b on b.day = c.day
    group by b.block, c.role, c.unit, c.channel
),

kept as (
    select s.role, s.unit, s.channel, b.block
    from (select role, unit, channel, min(block) as first_block from block_cell group by role, unit, channel) as s
    inner join (select distinct block from {{ ref('day_block') }}) as b on b.block >= s.first_block
)

select
    k.block, k.role, k.unit, k.channel
    {%- for measure in measures %}, cast(sum(coalesce(c.{{ measure }}, 0)) over life as bigint) as {{ measure }}{% endfor %}
from kept as k
left join block_cell as c on c.role = k.role and c.unit = k.unit and c.channel = k.channel and c.block = k.block
window life as (partition by k.role, k.unit, k.channel order by k.block rows unbounded preceding)
