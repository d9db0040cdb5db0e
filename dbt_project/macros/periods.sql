{#
  Days become periods. Cells hold measures by day, role, unit and channel; their running totals at the end of each block are kept, and a period is
  the difference of two of them. Each family of measures (dossiers, the post, feedback) goes the same way.
#}

{# The last day up to a day on which a block begins that begins on such a day of the month. #}
{% macro block_bound(day, first_day) -%}
    {%- set month = period_start('month', day) -%}
    case when extract(day from {{ day }}) >= {{ first_day }} then {{ add_days(month, first_day ~ ' - 1') }} else {{ add_days(add_months(month, '-1'), first_day ~ ' - 1') }} end
{%- endmacro %}

{# Cells by day as cells by block. #}
{% macro by_block(cells, measures) -%}
    select
        b.block, c.role, c.unit, c.channel
        {%- for measure in measures %}, {{ sum_count('c.' ~ measure) }} as {{ measure }}{% endfor %}
    from {{ cells }} as c inner join {{ ref('day_block') }} as b on b.day = c.day
    group by b.block, c.role, c.unit, c.channel
{%- endmacro %}

{#
  Running totals since the first cell, at the end of each block, of cells by block. From a unit's first block on, each has a row, whether something happened or
  not.
#}
{% macro running_totals(blocks, measures) -%}
with block_cell as (
    {{ blocks }}
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
{%- endmacro %}

{#
  Figures of days: flows are those of the day, a stock is the one at its end, opening stocks those when it began. Days have a row only where something happened.
#}
{% macro by_day(cells, flows, stocks) -%}
select
    'calendar' as period_set, 'day' as grain, day as period_start, day as period_end, role, unit, channel
    {%- for measure in flows %}, {{ measure }}{% endfor %}
    {%- for stock in stocks %},
    cast(sum({{ stock }}) over life as bigint) as {{ stock }}, cast(sum({{ stock }}) over life as bigint) - {{ stock }} as opening_{{ stock }}
    {%- endfor %}
from {{ cells }}
window life as (partition by role, unit, channel order by day rows unbounded preceding)
{%- endmacro %}

{#
  A flow is the sum of a period's days, a stock the one at the period's end, or at as_of within the open one; opening stocks are those when it began.
  Periods have a row from the first with an event on.
#}
{% macro by_period(totals, flows, stocks) -%}
with block as (
    select distinct block from {{ totals }}
),

bounded as (
    select
        p.period_set, p.grain, p.period_start, p.period_end, max(b.block) as last_block,
        max(case when b.block < p.period_start then b.block end) as block_before
    from {{ ref('dim_period') }} as p
    inner join block as b on b.block <= p.period_end
    group by p.period_set, p.grain, p.period_start, p.period_end
)

select
    p.period_set, p.grain, p.period_start, p.period_end, l.role, l.unit, l.channel
    {%- for measure in flows %}, l.{{ measure }} - coalesce(b.{{ measure }}, 0) as {{ measure }}{% endfor %}
    {%- for stock in stocks %}, l.{{ stock }}, coalesce(b.{{ stock }}, 0) as opening_{{ stock }}{% endfor %}
from bounded as p
inner join {{ totals }} as l on l.block = p.last_block
left join {{ totals }} as b on b.block = p.block_before and b.role = l.role and b.unit = l.unit and b.channel = l.channel
{%- endmacro %}
