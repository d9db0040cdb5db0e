{#
  All measures of dossiers by block (measures.day_block), role, unit and channel ('all' for all of them); units count what the units below them do. Stocks are what
  the block adds to them.
#}
{%- set measures = flow_measures() + stock_measures() -%}
with own as (
    select
        b.block, d.role, d.unit, d.channel
        {%- for measure in daily_flows() %}, {{ sum_count('d.' ~ measure) }} as {{ measure }}{% endfor %}
        {%- for stock in stock_measures() %}, {{ sum_count('d.' ~ stock ~ '_delta') }} as {{ stock }}{% endfor %}
    from {{ ref('dossier_daily') }} as d inner join {{ ref('day_block') }} as b on b.day = d.day
    group by b.block, d.role, d.unit, d.channel
),

placed as (
    select
        o.block, o.role, a.ancestor as unit, o.channel
        {%- for measure in daily_flows() %}, o.{{ measure }}{% endfor %}, 0 as transferred_in, 0 as transferred_out
        {%- for stock in stock_measures() %}, o.{{ stock }}{% endfor %}
    from own as o inner join {{ ref('unit_ancestor') }} as a on a.unit = o.unit
    union all
    select
        b.block, 'resolving', t.unit, t.channel
        {%- for measure in daily_flows() %}, 0{% endfor %}, t.transferred_in, t.transferred_out
        {%- for stock in stock_measures() %}, 0{% endfor %}
    from {{ ref('transfer_daily') }} as t inner join {{ ref('day_block') }} as b on b.day = t.day
),

by_channel as (
    select block, role, unit, channel{% for measure in measures %}, {{ sum_count(measure) }} as {{ measure }}{% endfor %}
    from placed group by block, role, unit, channel
)

select * from by_channel
union all
select block, role, unit, 'all'{% for measure in measures %}, {{ sum_count(measure) }}{% endfor %}
from by_channel group by block, role, unit
